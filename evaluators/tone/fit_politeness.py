"""Fit the word model of politeness on the Stanford Politeness Corpus, and write how well it does on unseen requests.

    python -m evaluators.tone.fit_politeness wikipedia_requests.csv

The file has a line for each request of Wikipedia's editors: ``Request``, five ratings (``Score1`` to ``Score5``, 1–25)
and their ``Normalized Score``. It is not part of this project; see the card. The same file gives the same bytes.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._validation import require_columns
from evaluators.errors import LabError
from evaluators.tone._files import write_whole
from evaluators.tone._gram_matrix import gram_matrix
from evaluators.tone._text import Text
from evaluators.tone.errors import RubricError
from evaluators.tone.score import score_reply
from evaluators.tone.word_model import LinearWordModel, grams

FOLDS = 5
SEED = 0
_PENALTY = 1.5
_DIMENSION = "politeness"
_SAME = 0.5  # requests that share so much of their words and pairs (Jaccard) stay in one fold
_BLOCK = ("<!-- figures: begin -->", "<!-- figures: end -->")
_RATERS = [f"Score{number}" for number in range(1, 6)]
Floats = npt.NDArray[np.float64]


def read_requests(path: str | Path) -> pd.DataFrame:
    """Read the requests and their ratings.

    Parameters
    ----------
    path : path
        The CSV file of the corpus.

    Returns
    -------
    DataFrame, shape (n_requests, 7)
        ``text`` (links left out), ``politeness`` (mean of the raters' z-scores) and the five ratings.

    Raises
    ------
    RubricError
        If the file cannot be read, or a rating is missing.
    ColumnError
        If it has not the corpus's columns.
    """
    try:
        read = pd.read_csv(path, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise RubricError(f"{path} cannot be read: {error}.", "Give the CSV file of the corpus.") from error
    require_columns(read, "Request", "Normalized Score", *_RATERS)
    texts = read["Request"].astype(str).str.replace("<url>", " ", regex=False)
    numbers = read[["Normalized Score", *_RATERS]].apply(pd.to_numeric, errors="coerce")
    wrong = np.flatnonzero(~np.isfinite(numbers.to_numpy(float)).all(axis=1))
    if len(wrong):
        raise RubricError(
            f"{path}: row {wrong[0] + 1} below the header lacks a rating, or has one that is no number.",
            "Take the file as it was published.",
        )
    return pd.DataFrame({"text": texts}).join(numbers.rename(columns={"Normalized Score": "politeness"}))


def groups_of(texts: Sequence[Text]) -> npt.NDArray[np.int64]:
    """Return the group of each request: the same request asked of several people is one group.

    The file names neither authors nor pages, so the words must do: requests belong together if they share half of all
    their words and pairs of words, directly or through others.

    Parameters
    ----------
    texts : sequence of Text
        The requests.

    Returns
    -------
    ndarray of int, shape (n_requests,)
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import CountVectorizer

    found = CountVectorizer(analyzer=lambda text: {gram for gram, _, _ in grams(text, _DIMENSION)}).fit_transform(texts)
    sizes = np.asarray(found.sum(axis=1)).ravel()
    shared = (found @ found.T).tocoo()
    near = shared.data >= _SAME * (sizes[shared.row] + sizes[shared.col] - shared.data)
    graph = csr_array((np.ones(near.sum()), (shared.row[near], shared.col[near])), shape=shared.shape)
    labels: npt.NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def fit_model(texts: Sequence[Text], rated: Floats, groups: npt.NDArray[np.int64]) -> LinearWordModel:
    """Fit the words to what the listed cues leave unexplained.

    Ridge regression on the sum of the cues and the words, pairs and marks; then all is divided by the weight of
    the cues, which therefore keep the points they have.

    Parameters
    ----------
    texts : sequence of Text
        The requests.
    rated : ndarray of float, shape (n_requests,)
        Mean ratings.
    groups : ndarray of int, shape (n_requests,)
        From `groups_of`: a word or pair must occur in two of them.

    Returns
    -------
    LinearWordModel

    Raises
    ------
    RubricError
        If the listed cues do not agree with the ratings at all.
    """
    from scipy.sparse import csr_array, hstack
    from sklearn.linear_model import Ridge

    rarity, words = gram_matrix(texts, groups, _DIMENSION)
    cues = np.array([_by_cues(text) for text in texts])
    design = hstack([words, csr_array(cues[:, np.newaxis])]).tocsr()
    line = Ridge(alpha=_PENALTY, solver="sparse_cg", tol=1e-10).fit(design, rated)
    unit = float(line.coef_[-1])
    if unit <= 0:
        raise RubricError("The listed cues do not agree with the ratings.", "Check that high scores are polite.")
    middle = float(np.mean(rated - line.intercept_)) / unit  # a text of the corpus reads as 2 points on average
    return LinearWordModel(
        "politeness",
        round(-middle, 4),
        {
            gram: (rare, round(float(weight) / unit, 4))
            for (gram, rare), weight in zip(rarity.items(), line.coef_[:-1], strict=True)
        },
    )


def _by_cues(text: Text) -> float:
    politeness = score_reply(text.raw, models=())["politeness"] if text.words else None
    return math.fsum(cue.weight for cue in politeness.cues) if politeness else 0.0


def cross_validate(requests: pd.DataFrame, texts: Sequence[Text], groups: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Score each request with a model that saw neither it nor one like it.

    Parameters
    ----------
    requests : DataFrame
        From `read_requests`.
    texts : sequence of Text
        The same requests, read.
    groups : ndarray of int, shape (n_requests,)
        From `groups_of`: those of one group are held aside together.

    Returns
    -------
    dict
        ``spearman`` and ``quartile_accuracy`` of the whole and of each fold, the same without the model, counts, and
        the human ceiling.
    """
    from sklearn.model_selection import GroupKFold

    rated = requests["politeness"].to_numpy(float)
    scores = np.full(len(texts), np.nan)
    folds = []
    for fit, held in GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(rated, groups=groups):
        model = fit_model([texts[place] for place in fit], rated[fit], groups[fit])
        scores[held] = [_scored(texts[place], (model,)) for place in held]
        folds.append(_agreement(scores[held], rated[held]))
    return {
        "requests": len(texts),
        "groups": int(groups.max()) + 1,
        **_agreement(scores, rated),
        "folds": folds,
        "cues_alone": _agreement(np.array([_scored(text, ()) for text in texts]), rated),
        "one_rater_against_four": human_ceiling(requests),
    }


def _scored(text: Text, models: tuple[LinearWordModel, ...]) -> float:
    score = score_reply(text.raw, models=models)["politeness"].score if text.words else math.nan
    return 2.0 if math.isnan(score) else score  # where the evaluator abstains: the middle


def _agreement(scores: Floats, rated: Floats) -> dict[str, float]:
    """Return the rank correlation, and how often a request of the top or bottom quarter is told right by its score."""
    from scipy.stats import spearmanr

    low, high = rated <= np.quantile(rated, 0.25), rated >= np.quantile(rated, 0.75)
    ends = low | high
    told = scores[ends] > np.median(scores[ends])
    return {
        "spearman": round(float(spearmanr(scores, rated).statistic), 3),
        "quartile_accuracy": round(float(np.mean(told == high[ends])), 3),
    }


def human_ceiling(requests: pd.DataFrame) -> float:
    """Return the rank correlation of one rater with the mean of the other four, over the five columns of ratings."""
    from scipy.stats import spearmanr

    ratings = requests[_RATERS]
    each = [spearmanr(ratings[name], ratings.drop(columns=name).mean(axis=1)).statistic for name in _RATERS]
    return round(float(np.mean(each)), 3)


def figures_block(figures: dict[str, Any]) -> str:
    """Return the figures as the card shows them."""
    rows = ["| Requests held aside | Spearman | Top against bottom quarter |", "|---|---|---|"]
    rows += [
        f"| fold {number} | {fold['spearman']:.3f} | {fold['quartile_accuracy']:.3f} |"
        for number, fold in enumerate(figures["folds"], start=1)
    ]
    whole, alone = figures, figures["cues_alone"]
    rows += [
        f"| **all {whole['requests']:,}** | **{whole['spearman']:.3f}** | **{whole['quartile_accuracy']:.3f}** |",
        f"| listed cues alone, no model | {alone['spearman']:.3f} | {alone['quartile_accuracy']:.3f} |",
        f"| one rater against the other four | {whole['one_rater_against_four']:.3f} | |",
    ]
    return "\n".join([_BLOCK[0], *rows, _BLOCK[1]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, cross-validate, and write the model and the card's figures."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluators.tone.fit_politeness", description=__doc__.split("\n")[0]
    )
    parser.add_argument("requests", type=Path, help="wikipedia_requests.csv of the Stanford Politeness Corpus")
    parser.add_argument("--model", type=Path, default=Path(__file__).with_name("politeness_model.json"))
    parser.add_argument("--card", type=Path, help="the model card whose figures to renew (docs/tone_model_card.md)")
    chosen = parser.parse_args(arguments)
    try:
        requests = read_requests(chosen.requests)
        texts = [Text(text) for text in requests["text"]]
        groups = groups_of(texts)
        if len(set(groups.tolist())) < FOLDS:
            raise RubricError(f"{chosen.requests} has fewer than {FOLDS} different requests.", "Give the whole file.")
        figures = cross_validate(requests, texts, groups)
        facts = {
            "fitted_on": "Stanford Politeness Corpus, Wikipedia requests (Danescu-Niculescu-Mizil and others, 2013)",
            "licence": "CC BY 4.0",
            "figures": figures,
        }
        model = replace(fit_model(texts, requests["politeness"].to_numpy(float), groups), facts=facts)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    write_whole(chosen.model, model.to_json())
    if chosen.card:
        card = chosen.card.read_text(encoding="utf-8")
        before, _, rest = card.partition(_BLOCK[0])
        write_whole(chosen.card, before + figures_block(figures) + rest.partition(_BLOCK[1])[2])
    print(figures_block(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())

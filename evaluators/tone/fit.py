"""Recalibrate the scores on an organisation's own ratings, and say how far they then agree with its raters."""

import math
import os
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._validation import require_columns
from evaluators.tone._text import Text
from evaluators.tone.agreement import COLUMNS, AgreementWith, agreement_with, check_ratings, read_columns
from evaluators.tone.calibration import Calibration, DimensionFit
from evaluators.tone.errors import RatingsError
from evaluators.tone.meanings import Meanings
from evaluators.tone.rubric import load_rubric
from evaluators.tone.score import DimensionScore, score_reply
from evaluators.tone.word_model import LinearWordModel

__all__ = ["FEWEST_FOR_WORDS", "FEWEST_RATERS", "FEWEST_REPLIES", "Calibration", "fit", "fit_files"]

FEWEST_REPLIES = 30
FEWEST_RATERS = 2
FEWEST_FOR_WORDS = 200
_FOLDS = 5
_TRUST = 2.5  # the line holds on to slope 1 as if ten replies, half a point from the mean, had said so
_WORD_PENALTY, _MEANING_PENALTY = 1.5, 1.0
_BETTER = 0.98  # a method with more to it must lower the squared error of the one before by 2 %
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Rated:
    """The replies of one dimension: how they scored, and how they were rated."""

    key: str
    ids: tuple[str, ...]
    texts: tuple[Text, ...]
    scores: tuple[DimensionScore, ...]
    rated: Floats
    groups: Ints
    meanings: Floats | None

    def totals(self, rows: Ints) -> Floats:
        return np.array([math.fsum([self.scores[row].baseline, *_weights(self.scores[row])]) for row in rows])


def _weights(score: DimensionScore) -> list[float]:
    return [cue.weight for cue in score.cues]


def fit(
    ratings: pd.DataFrame, replies: pd.DataFrame | None = None, *, embeddings: str | os.PathLike[str] | None = None
) -> Calibration:
    """Bring the scores to the scale of raters of your own.

    For each dimension a line is fitted from our score to the mean rating, held near slope 1 while ratings are few. With
    200 replies or more, words of the organisation's own are tried, and with `embeddings` meanings; each is kept only
    where it tells replies it never saw better. All figures come from five-fold cross-validation in which a group of
    replies, and the same reply under two ids, are held aside together; as the method is chosen by the same folds, they
    are a little kind to it.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``rater``, ``reply_id``, ``dimension`` (a key of the rubric), ``score`` (0–4).
    replies : DataFrame, optional
        Columns ``reply_id``, ``reply``; ``said`` (what the person had said) and ``group`` (a conversation, say) if
        there are any. Without it, these columns stand in `ratings`.
    embeddings : path, optional
        Folder of a static embedding model (extra ``deep``).

    Returns
    -------
    Calibration

    Raises
    ------
    RatingsError
        If there are fewer than 30 replies or 2 raters, ids do not match, or the embedding model cannot be read.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> few = pd.DataFrame({"rater": ["Ana", "Ben"], "reply_id": ["r1", "r1"], "dimension": ["politeness"] * 2,
    ...     "score": [3, 4], "reply": ["Thank you!"] * 2})
    >>> fit(few)
    Traceback (most recent call last):
        ...
    evaluators.tone.errors.RatingsError: There are ratings of 1 reply; it takes 30 to fit.
    Hint: Let more replies be rated. With fewer, you can still see how far the raters and the scores agree.
    """
    made = check_ratings(ratings)
    texts = _texts(ratings if replies is None else replies, set(made["reply_id"]))
    count, raters = made["reply_id"].nunique(), made["rater"].nunique()
    hint = "With fewer, you can still see how far the raters and the scores agree."
    if count < FEWEST_REPLIES:
        raise RatingsError(
            f"There are ratings of {count} {'reply' if count == 1 else 'replies'}; it takes {FEWEST_REPLIES} to fit.",
            f"Let more replies be rated. {hint}",
        )
    if raters < FEWEST_RATERS:
        raise RatingsError(
            f"There is one rater, {made['rater'].iloc[0]}; it takes {FEWEST_RATERS} to fit.",
            "Let somebody else rate the same replies: one person's taste is no scale.",
        )
    scores = {
        name: score_reply(reply, said=said)
        for name, reply, said in zip(*(texts[column].tolist() for column in ("reply_id", "reply", "said")), strict=True)
    }
    kept = texts[[not scores[each].abstained for each in texts["reply_id"]]].reset_index(drop=True)
    groups = _groups(kept)
    numbers = Meanings(os.fspath(embeddings)).of(kept["reply"].tolist()) if embeddings is not None else None
    fitted, left_out = [], []
    for key in load_rubric().keys:
        own = made[(made["dimension"] == key) & made["reply_id"].isin(set(kept["reply_id"]))]
        if own.empty:
            continue
        means = own.groupby("reply_id")["score"].mean()
        rows = np.flatnonzero(kept["reply_id"].isin(set(means.index)).to_numpy())
        if own["rater"].nunique() < FEWEST_RATERS:
            left_out.append((key, "one person rated it"))
        elif len(set(groups[rows].tolist())) < FEWEST_REPLIES:
            left_out.append((key, f"{len(set(groups[rows].tolist()))} different replies are too few"))
        else:
            ids = tuple(kept["reply_id"].iloc[rows])
            rated = _Rated(
                key,
                ids,
                tuple(Text(each) for each in kept["reply"].iloc[rows]),
                tuple(scores[each][key] for each in ids),
                means.loc[list(ids)].to_numpy(float),
                groups[rows],
                None if numbers is None else numbers[rows],
            )
            fitted.append(_fit_dimension(rated, own))
    if not fitted:
        said = "; ".join(f"{load_rubric()[key].name}: {why}" for key, why in left_out)
        raise RatingsError(
            f"No dimension has {FEWEST_REPLIES} replies rated by {FEWEST_RATERS} people ({said or 'none in English'}).",
            hint,
        )
    used = os.fspath(embeddings) if embeddings is not None and any(each.meanings for each in fitted) else ""
    return Calibration(tuple(fitted), raters, count, len(made), tuple(left_out), used)


def fit_files(
    ratings: str | os.PathLike[str],
    replies: str | os.PathLike[str] | None = None,
    *,
    embeddings: str | os.PathLike[str] | None = None,
) -> Calibration:
    """Read files of ratings and replies (CSV, Excel or Parquet), and `fit`.

    Parameters
    ----------
    ratings : path
        The columns of `fit`.
    replies : path, optional
        The replies; without it, their columns stand in `ratings`.
    embeddings : path, optional
        Folder of a static embedding model.

    Returns
    -------
    Calibration

    Raises
    ------
    TableError
        If a file cannot be read.
    ColumnError
        If a column is missing.
    RatingsError
        As in `fit`; the message names file and row.
    """
    more = ("said", "group")
    if replies is None:
        both = read_columns(ratings, *COLUMNS, "reply", optional=more)
        check_ratings(both, where=os.fspath(ratings))
        return fit(both, embeddings=embeddings)
    rated = check_ratings(read_columns(ratings, *COLUMNS), where=os.fspath(ratings))
    return fit(rated, read_columns(replies, "reply_id", "reply", optional=more), embeddings=embeddings)


def _texts(replies: pd.DataFrame, wanted: set[str]) -> pd.DataFrame:
    """Return one row a rated reply, by id: reply, said, group."""
    require_columns(replies, "reply_id", "reply")
    made = pd.DataFrame({"reply_id": replies["reply_id"].astype(str).str.strip()})
    for name in ("reply", "said", "group"):
        cells = replies[name] if name in replies else pd.Series([""] * len(replies), index=replies.index)
        made[name] = ["" if pd.isna(cell) else str(cell) for cell in cells]
    made = made.drop_duplicates()
    twice = made["reply_id"].duplicated()
    if twice.any():
        raise RatingsError(
            f"The reply {made['reply_id'][twice].iloc[0]} has two different texts.", "Give each reply an id of its own."
        )
    missing = sorted(wanted - set(made["reply_id"][made["reply"].str.strip() != ""]))
    if missing:
        raise RatingsError(
            f"{len(missing)} of the rated replies have no text, such as {missing[0]}.",
            "Check that the ids of the replies are the same in both tables.",
            "replies",
        )
    return made[made["reply_id"].isin(wanted)].sort_values("reply_id").reset_index(drop=True)


def _groups(texts: pd.DataFrame) -> Ints:
    """Give each group a number: by the column ``group`` where it is filled, else by the words of the reply."""
    words = [" ".join(word.key for word in Text(each).words) for each in texts["reply"]]
    names = [f"g {group}" if group.strip() else f"w {own}" for group, own in zip(texts["group"], words, strict=True)]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _fit_dimension(rated: _Rated, ratings: pd.DataFrame) -> DimensionFit:
    from sklearn.model_selection import GroupKFold

    folds = list(GroupKFold(_FOLDS, shuffle=True, random_state=0).split(rated.rated, groups=rated.groups))
    tried = ["line"]
    if len(set(rated.groups.tolist())) >= FEWEST_FOR_WORDS:
        tried.append("line and words")
    if rated.meanings is not None:
        tried.append("line and meanings")
        tried += ["line, words and meanings"] * ("line and words" in tried)
    best, best_error, best_scores = "", math.inf, np.zeros(0)
    for method in tried:
        scores = np.full(len(rated.rated), np.nan)
        for learnt, held in folds:
            own = _fitted(rated, method, learnt)
            scores[held] = _applied(own, rated, held)
        error = _mean_square(scores - rated.rated)
        if error < best_error * (_BETTER if best else 1):
            best, best_error, best_scores = method, error, scores
    before = np.array([each.score for each in rated.scores])
    was, now = _agreement(rated, ratings, before), _agreement(rated, ratings, best_scores)
    return replace(
        _fitted(rated, best, np.arange(len(rated.rated))),
        replies=len(rated.ids),
        raters=int(ratings["rater"].nunique()),
        kappa_before=was.overall.kappa,
        kappa=now.overall.kappa,
        human_kappa=now.overall.human_kappa,
        spearman=now.overall.spearman,
        error_before=round(math.sqrt(_mean_square(before - rated.rated)), 6),
        error=round(math.sqrt(best_error), 6),
    )


def _agreement(rated: _Rated, ratings: pd.DataFrame, scores: Floats) -> AgreementWith:
    given = pd.DataFrame({"reply_id": rated.ids, "dimension": rated.key, "score": scores})
    return agreement_with(ratings, given)


def _mean_square(differences: Floats) -> float:
    return math.fsum(float(each) ** 2 for each in differences) / len(differences)


def _fitted(rated: _Rated, method: str, rows: Ints) -> DimensionFit:
    """Fit a method on some of the replies."""
    totals, wanted = rated.totals(rows), rated.rated[rows]
    mean_total, mean_wanted = (math.fsum(each) / len(rows) for each in (totals, wanted))
    together = math.fsum((totals - mean_total) * (wanted - mean_wanted))
    alone = math.fsum((totals - mean_total) ** 2)
    slope = round(max(0.0, (together + _TRUST) / (alone + _TRUST)), 6)
    intercept = round(mean_wanted - slope * mean_total, 6)
    rest = wanted - (intercept + slope * totals)
    words: LinearWordModel | None = None
    meanings: tuple[float, ...] = ()
    if "words" in method:
        words, rest = _fit_words(rated, rows, rest)
    if "meanings" in method and rated.meanings is not None:
        meanings = _fit_meanings(rated.meanings[rows], rest)
    none = math.nan
    return DimensionFit(
        rated.key, method, intercept, slope, words, meanings, len(rows), 0, none, none, none, none, none, none
    )


def _fit_words(rated: _Rated, rows: Ints, rest: Floats) -> tuple[LinearWordModel, Floats]:
    from sklearn.linear_model import Ridge

    from evaluators.tone._gram_matrix import gram_matrix

    rarity, shares = gram_matrix([rated.texts[row] for row in rows], rated.groups[rows], rated.key)
    line = Ridge(alpha=_WORD_PENALTY, solver="sparse_cg", tol=1e-10).fit(shares, rest)
    weights = {
        gram: (rare, round(float(weight), 4)) for (gram, rare), weight in zip(rarity.items(), line.coef_, strict=True)
    }
    model = LinearWordModel(rated.key, round(float(line.intercept_), 4), weights, {"fitted_on": "ratings of your own"})
    return model, rest - line.predict(shares)


def _fit_meanings(numbers: Floats, rest: Floats) -> tuple[float, ...]:
    from sklearn.linear_model import Ridge

    line = Ridge(alpha=_MEANING_PENALTY, fit_intercept=False, solver="cholesky").fit(numbers, rest)
    return tuple(round(float(weight), 5) for weight in line.coef_)


def _applied(own: DimensionFit, rated: _Rated, rows: Ints) -> list[float]:
    """Return the calibrated scores of replies that the fit did not see."""
    scores = []
    rubric = load_rubric()
    for row in rows:
        total = own.intercept + own.slope * float(rated.totals(np.array([row]))[0])
        if own.words:
            total += math.fsum(cue.weight for cue in own.words.cues(rated.texts[row]))
        if own.meanings and rated.meanings is not None:
            total += math.fsum(rated.meanings[row] * np.array(own.meanings))
        scores.append(min(max(total, rubric.lowest), rubric.highest))
    return scores

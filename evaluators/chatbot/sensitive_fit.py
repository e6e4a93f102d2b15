"""Fit the layer beside the rules: ``python -m evaluators.chatbot.sensitive_fit`` writes it anew, ``--check`` compares.

The messages are those of ``datasets/hr_messages``, all of our own making. For each kind one logistic regression tells
its messages from all others. Every message is learnt as written and once more with slips of the hand. Measured by
cross-validation in which the messages of one line stay together, and once more with whole topics left out.
"""

import argparse
import hashlib
import io
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.chatbot import sensitive_model as layer
from evaluators.chatbot._words import Word
from evaluators.chatbot.sensitive import KINDS, SensitiveWords
from evaluators.chatbot.sensitive_model import EITHER, GATE, Hit, SensitiveModel

MESSAGES = Path(__file__).parents[2] / "datasets" / "hr_messages" / "hr_messages.csv"
# Of messages without a temptation, a quarter of which one writer made long and troubled on purpose: see the datasheet.
ALARMS_WANTED = {"crisis": 0.2, "harassment": 0.2, "bereavement": 0.01, "illness": 0.015}
PURE = 0.97  # a phrase alarms alone if at least this share of the messages it stands in are grave
_STRENGTH = 40.0
_FOLDS = 5
_TOPIC_PARTS = 6


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message, its words, what the rules find, and both again with slips of the hand."""

    words: list[Word]
    hits: list[Hit]
    slipped: list[Word]
    slipped_hits: list[Hit]


def with_slips(text: str) -> str:
    """Return a message as a hurried hand types it: small letters, no apostrophes, a letter lost, doubled or swapped.

    Parameters
    ----------
    text : str
        The message. The slips depend on it alone.

    Examples
    --------
    >>> with_slips("I can't log in to the Portal") == with_slips("I can't log in to the Portal")
    True
    """
    chance = random.Random(int(hashlib.sha256(text.encode()).hexdigest()[:12], 16))
    words = text.lower().replace("'", "").split(" ")
    for _ in range(1 + len(words) // 8):
        place = chance.randrange(len(words))
        word = words[place]
        if len(word) > 3:
            at = chance.randrange(1, len(word) - 1)
            slip = (
                word[at + 1 :],
                word[at + 1] + word[at] + word[at + 2 :],
                word[at] * 2 + word[at + 1 :],
                chance.choice("aeiourstn") + word[at + 1 :],
            )[chance.randrange(4)]
            words[place] = word[:at] + slip
    return " ".join(words)


def prepare(texts: Sequence[str]) -> list[Prepared]:
    """Return the messages as the layer reads them."""
    rules = SensitiveWords.load()
    made = []
    for text in texts:
        words, slipped = rules.words_in(text), rules.words_in(with_slips(text))
        made.append(Prepared(words, rules.hits(words), slipped, rules.hits(slipped)))
    return made


def _matrix(rows: Sequence[tuple[Sequence[Word], Sequence[Hit]]]) -> Any:
    from scipy.sparse import csr_matrix

    columns, values, ends = [], [], [0]
    for words, hits in rows:
        found = layer.features([word.text for word in words], [(hit.kind, hit.phrase) for hit in hits])
        buckets, counts, length = layer.row_of(found)
        order = np.argsort(buckets, kind="stable")
        columns.append(buckets[order])
        values.append(counts[order] / max(length, 1.0))
        ends.append(ends[-1] + len(buckets))
    made = csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=(len(rows), layer.BUCKETS))
    made.sum_duplicates()
    return made


def _pieces(message: Prepared) -> list[tuple[list[Word], list[Hit]]]:
    """Return the parts of a message that the layer also reads by themselves, each with the phrases in it."""
    whole = (0, len(message.words))
    return [
        (message.words[start:end], [hit for hit in message.hits if start <= hit.start and hit.end <= end])
        for start, end in layer.pieces_of(message.words)
        if (start, end) != whole
    ]


def weak_phrases(kinds: Sequence[str], prepared: Sequence[Prepared]) -> list[str]:
    """Return the phrases that stand too often in ordinary messages to raise an alarm alone."""
    grave: dict[str, int] = {}
    ordinary: dict[str, int] = {}
    for kind, each in zip(kinds, prepared, strict=True):
        for hit in each.hits:
            count = ordinary if kind == "ordinary" else grave
            count[hit.phrase] = count.get(hit.phrase, 0) + 1
    return sorted(each for each, count in ordinary.items() if grave.get(each, 0) < PURE * (count + grave.get(each, 0)))


def fit(kinds: Sequence[str], prepared: Sequence[Prepared]) -> tuple[dict[str, Any], npt.NDArray[np.int8]]:
    """Fit the weights; the bars are set by `choose_bars`.

    Parameters
    ----------
    kinds : sequence of str
        The kind of each message, ``"ordinary"`` included.
    prepared : sequence of Prepared
        The messages.

    Returns
    -------
    (dict, array of int8, shape (5, 65536))
        Facts and weights for `SensitiveModel.from_parts`.
    """
    from sklearn.linear_model import LogisticRegression

    rows = [(each.words, each.hits) for each in prepared] + [(each.slipped, each.slipped_hits) for each in prepared]
    named = [*kinds, *kinds]
    for kind, each in zip(kinds, prepared, strict=True):
        if kind == "ordinary":  # a piece of an ordinary message is ordinary; a piece of a grave one need not be grave
            rows += _pieces(each)
    named += ["ordinary"] * (len(rows) - len(named))
    matrix = _matrix([row for row in rows if row[0]])
    names = np.array([kind for kind, row in zip(named, rows, strict=True) if row[0]])
    weights, scales, starts = [], {}, {}
    for kind in (*KINDS, EITHER):
        # The dual solver adds numbers one by one, in an order that the seed decides: the same bytes each time.
        model = LogisticRegression(
            C=_STRENGTH, solver="liblinear", dual=True, class_weight="balanced", random_state=0, tol=1e-4, max_iter=2000
        )
        model.fit(matrix, np.isin(names, GATE) if kind == EITHER else names == kind)
        found = model.coef_[0]
        scale = float(f"{np.quantile(np.abs(found[found != 0]), 0.999) / 127:.6g}")
        weights.append(np.clip(np.rint(found / scale), -127, 127).astype(np.int8))
        scales[kind], starts[kind] = scale, round(float(model.intercept_[0]), 6)
    facts = {
        "kinds": list(KINDS),
        "bars": dict.fromkeys(KINDS, 0.0),
        "weak": weak_phrases(kinds, prepared),
        "scales": scales,
        "starts": starts,
        "measured": {},
    }
    return facts, np.stack(weights)


def _scores(
    model: SensitiveModel, prepared: Sequence[Prepared]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the score of each kind, and whether a strong phrase stands there; one row a message."""
    scores = np.full((len(prepared), len(KINDS)), -np.inf)
    strong = np.zeros((len(prepared), len(KINDS)), bool)
    for row, each in enumerate(prepared):
        for kind, (score, _, _) in model.backed(each.words, each.hits).items():
            scores[row, KINDS.index(kind)] = score
        for hit in each.hits:
            strong[row, KINDS.index(hit.kind)] |= hit.phrase not in model.weak
    return scores, strong


def _without(
    groups: npt.NDArray[Any], folds: Sequence[npt.NDArray[Any]], kinds: npt.NDArray[Any], prepared: Sequence[Prepared]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Score each message by a layer that was fitted without its fold."""
    scores = np.full((len(kinds), len(KINDS)), -np.inf)
    strong = np.zeros((len(kinds), len(KINDS)), bool)
    for fold in folds:
        out = np.isin(groups, fold)
        if not out.any():
            continue
        known = np.flatnonzero(~out)
        model = SensitiveModel.from_parts(*fit(list(kinds[known]), [prepared[at] for at in known.tolist()]))
        scores[out], strong[out] = _scores(model, [prepared[at] for at in np.flatnonzero(out).tolist()])
    return scores, strong


def choose_bars(scores: npt.NDArray[np.float64], everyday: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Set the bars so that a wanted share of everyday messages, left out of the fit, reaches them.

    Crisis and harassment share one bar, and so one share.
    """
    highest = {kind: scores[:, at] for at, kind in enumerate(KINDS)}
    highest |= dict.fromkeys(GATE, scores[:, [KINDS.index(kind) for kind in GATE]].max(axis=1))
    return {kind: round(float(np.quantile(highest[kind][everyday], 1 - ALARMS_WANTED[kind])), 3) for kind in KINDS}


def make(table: pd.DataFrame, *, quick: bool = False) -> tuple[bytes, bytes]:
    """Return the two files of the layer.

    Parameters
    ----------
    table : DataFrame
        Columns ``author``, ``kind``, ``topic``, ``tempting``, ``line`` and ``message``.
    quick : bool
        Leave out the fits without a topic or an author.

    Returns
    -------
    (bytes, bytes)
        ``sensitive_model.json`` and ``sensitive_model.npy``.
    """
    kinds, topics = table["kind"].to_numpy(), table["topic"].to_numpy()
    prepared = prepare(table["message"].tolist())
    lines = table["line"].to_numpy()
    parts = [np.unique(lines)[at::_FOLDS] for at in range(_FOLDS)]
    scores, strong = _without(lines, parts, kinds, prepared)
    everyday = (kinds == "ordinary") & (table["tempting"].to_numpy() == 0)
    bars = choose_bars(scores, everyday)
    at_bar = np.array([bars[kind] for kind in KINDS])
    alarm = strong | (scores >= at_bar)
    gate = alarm[:, : len(GATE)].any(axis=1)

    def share(of: Any, which: Any) -> float | None:
        return round(float(of[which].mean()), 3) if which.any() else None

    measured: dict[str, Any] = {
        "messages": {kind: int((kinds == kind).sum()) for kind in (*KINDS, "ordinary")},
        "recall_of_the_gate": {kind: share(gate, kinds == kind) for kind in GATE},
        "recall_of_the_kind": {kind: share(alarm[:, at], kinds == kind) for at, kind in enumerate(KINDS)},
        "false_alarms_everyday": share(gate, everyday),
        "false_alarms_tempting": share(gate, (kinds == "ordinary") & ~everyday),
        "rules_alone_recall": {kind: share(strong[:, : len(GATE)].any(axis=1), kinds == kind) for kind in GATE},
    }
    if not quick:
        named = np.array([f"{kind}/{topic}" for kind, topic in zip(kinds, topics, strict=True)])
        grave = sorted({name for name in named if name.split("/")[0] in GATE})
        far, far_strong = _without(
            named, [np.array(grave[at::_TOPIC_PARTS]) for at in range(_TOPIC_PARTS)], kinds, prepared
        )
        reached = (far_strong | (far >= at_bar))[:, : len(GATE)].any(axis=1)
        measured["recall_without_the_topic"] = {name: share(reached, named == name) for name in grave}
        measured["recall_without_the_topic_overall"] = share(reached, np.isin(kinds, GATE))
        authors = table["author"].to_numpy()
        measured["without_the_author"] = {}
        for author in np.unique(authors).tolist():
            theirs = authors == author
            found, sure = _without(authors, [np.array([author])], kinds, prepared)
            # The bars are chosen on the other authors' messages, too.
            own_bars = choose_bars(scores, everyday & ~theirs)
            raised = sure | (found >= np.array([own_bars[kind] for kind in KINDS]))
            raised_gate = raised[:, : len(GATE)].any(axis=1)
            measured["without_the_author"][author] = {
                **{f"recall_{kind}": share(raised_gate, theirs & (kinds == kind)) for kind in GATE},
                "false_alarms_everyday": share(raised_gate, theirs & everyday),
                "false_alarms_tempting": share(raised_gate, theirs & (kinds == "ordinary") & ~everyday),
            }
    facts, weights = fit(list(kinds), prepared)
    facts |= {"bars": bars, "measured": measured}
    packed = io.BytesIO()
    np.save(packed, weights)
    return (json.dumps(facts, indent=1, ensure_ascii=True) + "\n").encode(), packed.getvalue()


def main() -> int:
    """Fit and write, or with ``--check`` compare; exit code 1 if the files differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=Path, default=MESSAGES, help="a table like hr_messages.csv")
    parser.add_argument("--check", action="store_true", help="compare with the files, write nothing")
    parser.add_argument("--quick", action="store_true", help="leave out the fits without a topic or an author")
    asked = parser.parse_args()
    made = make(pd.read_csv(asked.messages, keep_default_na=False), quick=asked.quick)
    files = (layer._FACTS, layer._WEIGHTS)
    if asked.check:
        return int(any(file.read_bytes() != content for file, content in zip(files, made, strict=True)))
    for file, content in zip(files, made, strict=True):
        file.write_bytes(content)
    sys.stdout.write(json.dumps(json.loads(made[0])["measured"], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

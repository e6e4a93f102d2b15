"""What a screener is compared with: its rows, single raters, and the audits of two shortlists."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.judgement._cells import names_of
from evaluators.judgement._draws import FloatArray, rounded
from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.raters.rest import Spearman
from evaluators.judgement.screener import _shortlists
from evaluators.screening.counts import count_table
from evaluators.screening.errors import TooFewGroupsError
from evaluators.screening.families import Audit, audit_families


class OneRater:
    """The screener and one rater against the mean of the other raters, on that rater's items."""

    def __init__(self, scores: FloatArray, own: FloatArray, rest: FloatArray, jobs: npt.NDArray[np.int64]) -> None:
        kept = ~np.isnan(own) & ~np.isnan(rest)
        self.jobs, self.given = jobs[kept], {"machine": scores[kept], "human": own[kept], "rest": rest[kept]}
        placed = {}
        for name, values in self.given.items():
            placed[name] = np.full(len(own), np.nan)
            placed[name][kept] = _shortlists.places_in_jobs(values, self.jobs)
        self.machine = Spearman(placed["machine"], placed["rest"])
        self.human = Spearman(placed["human"], placed["rest"])


def mean_overlap(raters: list[OneRater], share: float, *, machine: bool) -> float:
    """Return the mean share of the others' shortlist that is on the screener's, or on that one rater's.

    Ratings have few steps, so many are equal at the edge: lots are drawn among them, which here is to take the mean.
    """
    found = []
    for one in raters:
        if len(one.jobs) >= 2:
            rest = _shortlists.chances(one.given["rest"], one.jobs, share=share)
            own = _shortlists.chances(one.given["machine" if machine else "human"], one.jobs, share=share)
            found.append(float((own * rest).sum()) / float(rest.sum()))
    return rounded(float(np.mean(found))) if found else math.nan


def rows_of(table: pd.DataFrame, items: list[str], *, item: str, score: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table's rows of the rated items, in the panel's order, with scores as numbers."""
    names = names_of(table[item], "item")
    places = {name: row for row, name in enumerate(names)}
    if len(places) < len(names):
        twice = next(name for row, name in enumerate(names) if places[name] != row)
        raise ScreenerError(f"{twice} stands in the table twice.", "Give each item one row with one score.")
    if lacking := [name for name in items if name not in places]:
        shown = ", ".join(lacking[:5]) + (", …" if len(lacking) > 5 else "")
        raise ScreenerError(
            f"{len(lacking):,} of {len(items):,} rated items have no score: {shown}.",
            "Score all that the panel rated: leaving some out would flatter the screener.",
        )
    found = table.iloc[[places[name] for name in items]].reset_index(drop=True)
    numbers = pd.to_numeric(found[score].astype(object), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if (wrong := ~np.isfinite(numbers)).any():
        row = int(np.flatnonzero(wrong)[0])
        raise ScreenerError(
            f"The score of {items[row]} is {found[score].tolist()[row]!r}.", "A score is a number; higher is better."
        )
    if np.ptp(numbers) == 0:
        raise ScreenerError("All scores are the same.", "A screener that tells nobody apart cannot be compared.")
    left = len(names) - len(items)
    notes = (f"{left:,} of {len(names):,} items do not count: nobody rated them.",) if left else ()
    return found.assign(**{score: numbers}), notes


def tie_notes(
    shortlists: Mapping[str, tuple[FloatArray, npt.NDArray[np.bool_]]], jobs: npt.NDArray[np.int64]
) -> tuple[str, ...]:
    """Say where equal values stand on both sides of a shortlist's edge, so that names decided who is on it."""
    notes = []
    for whose, (values, chosen) in shortlists.items():
        tied = sum(_shortlists.tied_at_edge(values[jobs == job], chosen[jobs == job]) for job in np.unique(jobs))
        if tied:
            notes.append(
                f"{tied:,} items have equal values at the edge of {whose} shortlist, and the order of their names "
                "decided who is on it: read what is said of that shortlist as one of several that are as good."
            )
    return tuple(notes)


def audits_of(
    table: pd.DataFrame, groups: Sequence[str], chosen: Mapping[str, npt.NDArray[np.bool_]], *, alpha: float
) -> tuple[dict[str, Audit], tuple[str, ...]]:
    """Audit each shortlist by each column of groups; none and a note where there are not two groups."""
    if not groups:
        return {}, ()
    found = {}
    for whose, shortlist in chosen.items():
        counts = {
            name: count_table(table[[name]].assign(shortlisted=shortlist), group=name, outcome="shortlisted")
            for name in groups
        }
        try:
            found[whose] = audit_families(counts, alpha=alpha)
        except TooFewGroupsError as error:
            return {}, (f"No audit. {error.problem}",)
    return found, ()

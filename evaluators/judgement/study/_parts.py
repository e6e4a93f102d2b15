"""Parts of a study: what is missing and why, one ranking, and the tables of what was rated."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.judgement.errors import NoAgreementError, NoPolicyError, PanelError
from evaluators.judgement.panel import INTERVAL, RATIO, Panel
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.ranking.consensus import BORDA, MEAN, Consensus, consensus_ranking
from evaluators.judgement.raters.rater_report import RaterReport

SCORE = "(score)"


class Parts:
    """Parts of the study, and why some of them are missing."""

    def __init__(self) -> None:
        self.missing: list[tuple[str, str]] = []

    def of(self, name: str, compute: "Callable[[], Any]") -> Any:
        try:
            return compute()
        except (NoAgreementError, NoPolicyError) as error:
            self.missing.append((name, error.problem))
            return None


def missing_of(raters: RaterReport, *, wanted: bool) -> list[tuple[str, str]]:
    """Return the parts of the report on raters that are missing; halo only where dimensions were given."""
    found = []
    for sentence in raters.not_computed:
        name, _, reason = sentence.partition(" was not computed. ")
        if name != "Halo" or wanted:
            found.append((name, reason))
    return found


def consensus_of(panel: Panel, alpha: float, seed: int) -> Consensus:
    """Rank by the mean where steps are equally wide and raters are tied by shared items, else by Borda's count."""
    rated = panel.only(
        items=[
            name for name, some in zip(panel.items, np.asarray(panel.rated.any(axis=1)).tolist(), strict=True) if some
        ]
    )
    if panel.scale in (INTERVAL, RATIO):
        try:
            return consensus_ranking(rated, method=MEAN, confidence=1 - alpha, seed=seed)
        except NoAgreementError:
            pass  # the message of the other method says more
    return consensus_ranking(rated, method=BORDA, confidence=1 - alpha, seed=seed)


def described_by(
    panel: Panel, items: Any, item: str, cues: Sequence[str], notes: list[str], parts: Parts
) -> tuple[Panel | None, Cues | None]:
    """Return the panel of the items that the table describes, and their cues."""
    table = pandas_columns(items, item, *[cue for cue in cues if cue != item]).reset_index(drop=True)
    named = table[item].map(lambda value: "" if pd.isna(value) else _named(value))
    known = set(named)
    there = [name for name in panel.items if name in known]
    if not there:
        parts.missing.append(("What raters value", "The table of items describes none of the rated items."))
        return None, None
    if lost := panel.n_items - len(there):
        notes.append(
            f"{lost:,} of {panel.n_items:,} rated items are not in the table of items: left out of what raters value."
        )
    seen = Cues.from_table(table[named.isin(set(there))], item=item, cues=list(cues))
    smaller = panel.only(items=there)
    idle = [
        name
        for name, some in zip(panel.raters, np.asarray(smaller.rated.any(axis=0)).tolist(), strict=True)
        if not some
    ]
    if len(idle) == panel.n_raters:
        parts.missing.append(("What raters value", "None of the described items was rated."))
        return None, None
    return smaller.only(raters=[name for name in panel.raters if name not in idle]), seen


def _named(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()


def scored_items(
    items: Any, item: str, scores: "Mapping[str, float] | pd.Series[float]", columns: Sequence[str]
) -> tuple[pd.DataFrame, str]:
    """Return a table with the items' names, what else is needed, and the scores."""
    given = {_named(name): score for name, score in scores.items()}
    if items is None:
        return pd.DataFrame({"item": list(given), SCORE: list(given.values())}), "item"
    if not item:
        raise PanelError("No column of the items is named.", "Name the one with the items' names.", "item")
    table = pandas_columns(items, item, *dict.fromkeys(name for name in columns if name != item))
    table = table.reset_index(drop=True)
    table[SCORE] = [given.get(_named(name), math.nan) for name in table[item].tolist()]
    return table, item

"""Where a screener and a panel part: by feature and by group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluators.judgement._draws import FloatArray, rounded
from evaluators.judgement._rows import holm_of_defined, t_limits
from evaluators.judgement.policies._designs import checked
from evaluators.judgement.policies._fits import fit_linear
from evaluators.judgement.policies.cues import Cues

ALIKE_LEVEL, SMALLEST_ALIKE = 0.01, 3.0  # a fair screener should hardly ever be blocked, and not for a trifle


@dataclass(frozen=True, slots=True)
class FeatureGap:
    """How far the screener rewards one feature beyond the panel.

    Parameters
    ----------
    feature : str
        The feature, or the word that is compared with the reference.
    gap : float
        Places of 100 that the screener puts an item higher than the panel does, for one standard deviation more of
        the feature (words: for the word), other features equal; below 0, lower.
    low, high : float
        Limits of it.
    p_adjusted : float
        Two-sided (0-1) against no gap, by Holm over the features.
    found : bool
        Whether it is under the level.
    """

    feature: str
    gap: float
    low: float
    high: float
    p_adjusted: float
    found: bool


@dataclass(frozen=True, slots=True)
class GroupGap:
    """Where one group stands with the screener and with the panel.

    Parameters
    ----------
    attribute, group : str
        The column, and the group's label.
    n_items : int
        Items.
    screener, panel : float
        Mean place (0-100; 50 is the middle of all) with either.
    gap : float
        `screener` less `panel`: above 0, the screener puts the group higher than the panel does.
    low, high : float
        Limits of the gap, by Student's t; NaN for a single item.
    p_adjusted : float
        Two-sided (0-1) against no gap, by Holm over all groups.
    found : bool
        Whether it is under the level.
    """

    attribute: str
    group: str
    n_items: int
    screener: float
    panel: float
    gap: float
    low: float
    high: float
    p_adjusted: float
    found: bool


@dataclass(frozen=True, slots=True)
class AlikeGap:
    """How the screener treats one group beside another, among items that are alike in the features.

    Parameters
    ----------
    attribute, group, reference : str
        The column, the group's label, and the label it is compared with.
    gap : float
        Places of 100 that the screener puts the group higher, features equal; below 0, lower.
    low, high : float
        Limits of it.
    p_adjusted : float
        Two-sided (0-1) against no gap, by Holm over all groups of at least 5 items.
    found : bool
        Whether the gap is at least 3 places and the p-value under 0.01.
    """

    attribute: str
    group: str
    reference: str
    gap: float
    low: float
    high: float
    p_adjusted: float
    found: bool


def feature_gaps(apart: FloatArray, items: tuple[str, ...], cues: Cues, *, alpha: float) -> tuple[FeatureGap, ...]:
    """Fit how many places the screener puts an item higher on its features, by least squares.

    Raises
    ------
    NoPolicyError
        If there are too few items, a feature never changes, or features repeat each other.
    """
    if np.ptp(apart) == 0:
        return tuple(FeatureGap(name, 0.0, 0.0, 0.0, 1.0, False) for name in cues.columns)
    design = checked(items, apart, cues, whose="the panel")
    rows = fit_linear(design, alpha=alpha)["weights"]
    words = [column != cues.names[cue] for column, cue in zip(cues.columns, cues.of_cue, strict=True)]
    scale = [1.0 if word else float(design.cues[:, place].std(ddof=1)) for place, word in enumerate(words)]
    return tuple(
        FeatureGap(
            cues.columns[place],
            rounded(row["weight"] * scale[place]),
            rounded(row["low"] * scale[place]),
            rounded(row["high"] * scale[place]),
            row["p_adjusted"],
            row["found"],
        )
        for place, row in enumerate(rows)
    )


def group_gaps(
    table: pd.DataFrame, groups: Sequence[str], screener: FloatArray, panel: FloatArray, *, alpha: float
) -> tuple[GroupGap, ...]:
    """Return where each group stands; a missing label is the group ``"(missing)"``."""
    found: list[tuple[str, str, FloatArray, FloatArray]] = []
    told = []
    for attribute in groups:
        labels = table[attribute].map(label_of).astype(str)
        for label in sorted(set(labels)):
            rows = (labels == label).to_numpy()
            gap = (screener - panel)[rows]
            error = float(gap.std(ddof=1)) / len(gap) ** 0.5 if len(gap) > 1 else float("nan")
            found.append((attribute, label, screener[rows], panel[rows]))
            told.append(t_limits(float(gap.mean()), error, len(gap) - 1, alpha))
    adjusted = holm_of_defined([p_value for *_, p_value in told])
    return tuple(
        GroupGap(
            attribute=attribute,
            group=label,
            n_items=len(theirs),
            screener=rounded(theirs.mean()),
            panel=rounded(beside.mean()),
            gap=rounded((theirs - beside).mean()),
            low=rounded(told[place][0]),
            high=rounded(told[place][1]),
            p_adjusted=adjusted[place],
            found=bool(adjusted[place] < alpha),
        )
        for place, (attribute, label, theirs, beside) in enumerate(found)
    )


def label_of(cell: object) -> str:
    """Return a group's label as text without outer blanks; an empty cell is "(missing)"."""
    return "(missing)" if pd.isna(cell) else str(cell).strip() or "(missing)"  # type: ignore[call-overload]

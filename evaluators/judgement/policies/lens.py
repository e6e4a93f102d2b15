"""The lens model: how well judgements fit what came of it, and where they miss it."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evaluators.judgement._cells import name_of
from evaluators.judgement._draws import FloatArray, check_draws, drawn_values, percentiles, rounded
from evaluators.judgement._moments import drawn_correlations
from evaluators.judgement.errors import CueError, NoAgreementError, NoPolicyError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies._designs import PANEL, Design, checked, judgements_of
from evaluators.judgement.policies._lens_parts import lens_parts, unmodelled_p_value
from evaluators.judgement.policies._lens_result import Lens, RaterLens
from evaluators.judgement.policies.cues import Cues

__all__ = ["Lens", "RaterLens", "lens_model"]

_FIGURES = ("achievement", "knowledge", "predictability", "consistency", "unmodelled")


def lens_model(
    panel: Panel,
    cues: Cues,
    outcome: Mapping[str, float],
    *,
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> Lens:
    """Take apart how well ratings fit an outcome, by the lens model equation [1]_ [2]_.

    ``r_a = G·R_e·R_s + C·√((1 - R_e²)(1 - R_s²))``, where both the outcome and the ratings are fitted on the same cues
    of the same items by least squares. A yes-no outcome is taken as 1 and 0, and the equation holds exactly, too.

    Parameters
    ----------
    panel : Panel
        The ratings, taken as points with equal steps.
    cues : Cues
        What could be seen of each item.
    outcome : mapping of str to float
        Item -> what came of it, a number or yes-no (bool). Items without one (absent or empty) do not count.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    Lens
        The parts for each rater and for the panel.

    Raises
    ------
    NoPolicyError
        If the equation fits nobody: too few items, an outcome or ratings that never change, cues that repeat each
        other.
    CueError
        If an outcome is infinite or no number, or a rated item has no cues.
    LevelError
        If `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Tucker, L. R. (1964). A Suggested Alternative Formulation in the Developments by Hursch, Hammond, and
       Hursch, and by Hammond, Hursch, and Todd. Psychological Review 71(6), 528-530.
    .. [2] Brunswik, E. (1952). The Conceptual Framework of Psychology. University of Chicago Press: the lens.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> seen = rng.normal(size=(60, 2))
    >>> items = tuple(str(number) for number in range(60))
    >>> came = seen @ [1.0, 1.0] + rng.normal(size=60)
    >>> panel = Panel((seen @ [1.0, 0.0] + 0.3 * rng.normal(size=60))[:, None], items, ("Ada",))
    >>> cues = Cues(items, ("skill", "years"), seen, ("skill", "years"), (0, 1))
    >>> ada = lens_model(panel, cues, dict(zip(items, came)), replicates=100)["Ada"]
    >>> abs(ada.identity_gap) < 1e-9, round(ada.knowledge, 1)
    (True, 0.5)
    """
    check_draws(confidence, replicates)
    known = {name_of(name): value for name, value in outcome.items()}
    came = np.array([_outcome(name, known.get(name)) for name in panel.items])
    rows, missing, notes = [], [], list[str]()
    problem: NoPolicyError | NoAgreementError | None = None
    whole: RaterLens | None = None
    for rater in (*panel.raters, None):
        whose = rater if rater is not None else PANEL
        try:
            given = judgements_of(panel, rater)
            design, beside = _together(panel, given, came, cues, whose=whose)
        except (NoPolicyError, NoAgreementError) as error:
            problem = problem or error
            missing.append(f"No lens of {whose}. {error.problem}")
            continue
        notes += [note for note in design.notes if note not in notes]
        found = _lens(whose, design, beside, confidence=confidence, replicates=replicates, seed=seed)
        if rater is None:
            whole = found
        else:
            rows.append(found)
    if not rows and problem is not None:
        raise problem
    return Lens(tuple(rows), whole, tuple(missing), confidence, replicates, seed, tuple(notes))


def _outcome(item: str, value: Any) -> float:
    if value is None or value is pd.NA:
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise CueError(
            f"The outcome of {item} is {value!r}.", "Give a number, or yes-no as True and False.", "outcome"
        ) from error
    if math.isinf(number):
        raise CueError(f"The outcome of {item} is infinite.", "Correct it, or leave the item out.", "outcome")
    return number


def _together(
    panel: Panel, given: FloatArray, came: FloatArray, cues: Cues, *, whose: str
) -> tuple[Design, FloatArray]:
    both = np.isfinite(given) & np.isfinite(came)
    items = tuple(name for name, one in zip(panel.items, both.tolist(), strict=True) if one)
    design = checked(items, given[both], cues, whose=whose)
    beside = came[both]
    if np.ptp(beside) == 0:
        raise NoPolicyError(
            f"The outcome is the same for all items that {whose} rated.", "Add items that turned out otherwise."
        )
    return design, beside


def _lens(whose: str, design: Design, came: FloatArray, *, confidence: float, replicates: int, seed: int) -> RaterLens:
    table = np.column_stack([design.cues, came, design.judgement])

    def statistic(drawn: FloatArray) -> FloatArray:
        correlations, defined = drawn_correlations(drawn, table, explained=2)
        return np.where(defined[:, None], lens_parts(correlations), np.nan)

    values = drawn_values(statistic, len(design.items), replicates=replicates, seed=seed)
    parts = dict(zip(_FIGURES, values[0].tolist(), strict=True))
    ends = [percentiles(values[1:, place], confidence) for place in (0, 1)]
    if math.isnan(parts["knowledge"]):
        ends[1] = (math.nan, math.nan)
    r_e, r_s = parts["predictability"], parts["consistency"]
    linear = 0.0 if math.isnan(parts["knowledge"]) else parts["knowledge"] * r_e * r_s
    left = 0.0 if math.isnan(parts["unmodelled"]) else parts["unmodelled"]
    gap = parts["achievement"] - linear - left * math.sqrt(max((1 - r_e**2) * (1 - r_s**2), 0.0))
    figures = {name: rounded(value) for name, value in parts.items()}
    return RaterLens(
        rater=whose,
        n_items=len(design.items),
        low=ends[0][0],
        high=ends[0][1],
        knowledge_low=ends[1][0],
        knowledge_high=ends[1][1],
        unmodelled_p_value=unmodelled_p_value(figures["unmodelled"], len(design.items) - design.cues.shape[1] - 2),
        identity_gap=rounded(gap),
        **figures,
    )

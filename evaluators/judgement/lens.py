"""The lens model: how well judgements fit what came of it, and where they miss it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._designs import PANEL, Design, checked, judgements_of
from evaluators.judgement._draws import FloatArray, check_draws, divided, drawn_values, percentiles, rounded
from evaluators.judgement._moments import drawn_correlations
from evaluators.judgement._rows import row_of
from evaluators.judgement.cues import Cues
from evaluators.judgement.errors import CueError, NoAgreementError, NoPolicyError
from evaluators.judgement.panel import Panel

if TYPE_CHECKING:
    import altair as alt

_NOTHING_LEFT = 1e-7
_FIGURES = ("achievement", "knowledge", "predictability", "consistency", "unmodelled")


@dataclass(frozen=True, slots=True)
class RaterLens:
    """The lens of one rater, or of the panel.

    Parameters
    ----------
    rater : str
        The rater, or "the panel".
    n_items : int
        Items that were rated and whose outcome is known.
    achievement : float
        r_a: correlation (-1 to 1) of the ratings with the outcome.
    low, high : float
        Percentiles of it over redrawn items.
    knowledge : float
        G: correlation of what the rater's policy would give with what the best weights would; how well the weights
        fit the task. NaN if either is the same for all items.
    knowledge_low, knowledge_high : float
        Percentiles of it.
    predictability : float
        R_e: correlation (0-1) of the outcome with the best weighting of the cues. Nobody who adds up these cues can
        do better.
    consistency : float
        R_s: correlation (0-1) of the ratings with the rater's own policy.
    unmodelled : float
        C: correlation of what is left of the ratings and of the outcome; above 0, the rater sees something useful that
        is no cue or no sum of cues. NaN where nothing is left.
    identity_gap : float
        r_a less G·R_e·R_s + C·√((1-R_e²)(1-R_s²)); nought but for rounding.
    """

    rater: str
    n_items: int
    achievement: float
    low: float
    high: float
    knowledge: float
    knowledge_low: float
    knowledge_high: float
    predictability: float
    consistency: float
    unmodelled: float
    identity_gap: float


@dataclass(frozen=True, slots=True)
class Lens:
    """Result of `lens_model`.

    Parameters
    ----------
    raters : tuple of RaterLens
        In the panel's order; those whose ratings allow it.
    panel : RaterLens or None
        Of the panel's severity-free means; None where there are none.
    not_computed : tuple of str
        Who is missing, and why.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    notes : tuple of str
        Where to be careful.
    """

    raters: tuple[RaterLens, ...]
    panel: RaterLens | None
    not_computed: tuple[str, ...]
    confidence: float
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[RaterLens]:
        return iter(self.raters)

    def __getitem__(self, rater: str) -> RaterLens:
        """Return one rater; an unknown one raises UnknownRaterError."""
        return row_of(self._all(), rater)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater, then the panel, with the fields of `RaterLens`."""
        return pd.DataFrame([asdict(row) for row in self._all()])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how well each rater's judgements fit the outcome and why not better."""
        return "\n".join(
            [
                *(_line(row, self.confidence) for row in self._all()),
                *self.not_computed,
                *self.notes,
                "Achievement counts against one outcome, such as the rating after a year: it is no better than that "
                "measure, and known only for people who were hired unless the data are made up. A good fit does not "
                "show that the ratings are fair.",
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw each rater's achievement with its interval; the description holds the summary."""
        from evaluators.judgement._charts.intervals import interval_chart  # Altair is slow to import

        rows = [{"label": row.rater, "value": row.achievement, "low": row.low, "high": row.high} for row in self._all()]
        return interval_chart(
            rows,
            axis="Correlation with the outcome",
            title="Whose judgements fit what came of it?",
            said=[f"Right of the dashed line: better than luck. Line: {self.confidence:.0%} interval."],
            description=self.summary(),
        )

    def _all(self) -> tuple[RaterLens, ...]:
        return (*self.raters, *([self.panel] if self.panel is not None else []))


def _line(row: RaterLens, confidence: float) -> str:
    said = (
        f"{row.rater}: the ratings correlate with the outcome at {row.achievement:.2f} ({confidence:.0%} interval "
        f"{row.low:.2f} to {row.high:.2f}, {row.n_items:,} items). The best sum of the cues reaches "
        f"{row.predictability:.2f}."
    )
    if not math.isnan(row.knowledge):
        said += (
            f" The weights fit the task at {row.knowledge:.2f}, and are used with a consistency of "
            f"{row.consistency:.2f}."
        )
        lost = {"the weights": 1 - row.knowledge, "inconsistency": 1 - row.consistency}
        most = max(lost, key=lambda name: lost[name])
        said += f" Most is lost by {most}." if lost[most] > 0.05 else " Little is lost by either."
    if not math.isnan(row.unmodelled) and abs(row.unmodelled) >= 0.2:
        said += (
            f" What the cues leave over goes with the outcome at {row.unmodelled:+.2f}: the rater seems to see "
            f"{'something useful' if row.unmodelled > 0 else 'something misleading'} that is not among them, or not as "
            "a sum."
        )
    return said


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
        Item -> what came of it, a number or yes-no (bool). Items without one (absent or NaN) do not count.
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
    came = np.array([_outcome(name, outcome.get(name)) for name in panel.items])
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
    if value is None:
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
        identity_gap=rounded(gap),
        **figures,
    )


def lens_parts(correlations: FloatArray) -> FloatArray:
    """Return r_a, G, R_e, R_s and C in each draw, shape (n_draws, 5).

    Parameters
    ----------
    correlations : array of float, shape (n_draws, n_columns + 2, n_columns + 2)
        Of the cues, then the outcome, then the ratings.
    """
    together, came, given = correlations[:, :-2, :-2], correlations[:, :-2, -2], correlations[:, :-2, -1]
    best = np.linalg.solve(together, came[:, :, None])[:, :, 0]
    own = np.linalg.solve(together, given[:, :, None])[:, :, 0]
    achievement = correlations[:, -2, -1]
    squared_e = np.clip((best * came).sum(axis=1), 0.0, 1.0)
    squared_s = np.clip((own * given).sum(axis=1), 0.0, 1.0)
    predicted = (best * given).sum(axis=1)
    knowledge = divided(predicted, np.sqrt(squared_e * squared_s))
    over = np.sqrt((1 - squared_e) * (1 - squared_s))
    left = divided(achievement - predicted, np.where(over > _NOTHING_LEFT, over, 0.0))
    return np.column_stack(
        [
            achievement,
            np.clip(knowledge, -1.0, 1.0),
            np.sqrt(squared_e),
            np.sqrt(squared_s),
            np.clip(left, -1.0, 1.0),
        ]
    )

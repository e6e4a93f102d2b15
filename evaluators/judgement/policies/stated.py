"""What raters say they value, beside what their ratings go with."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._draws import FloatArray, rounded
from evaluators.judgement._moments import drawn_correlations
from evaluators.judgement._rows import row_of
from evaluators.judgement.errors import CueError, LevelError, NoPolicyError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies._designs import Design, design_of
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.importance import grouped, relative_weights
from evaluators.judgement.policies.policy import NOT_MINDS

if TYPE_CHECKING:
    import altair as alt

POINTS = 100.0
FEWEST_CUES = 3  # for a correlation: through two points there is always a line
WEIGHTS, R_SQUARED = WAYS = ("weights", "r_squared")


@dataclass(frozen=True, slots=True)
class StatedCue:
    """One cue of one rater.

    Parameters
    ----------
    cue : str
        The cue.
    stated, recovered : float
        Points of 100: what the rater said, and the cue's share in the policy.
    gap : float
        `recovered` less `stated`: above 0, the cue counts more than the rater says.
    """

    cue: str
    stated: float
    recovered: float
    gap: float


@dataclass(frozen=True, slots=True)
class RaterStated:
    """One rater's stated and recovered weights.

    Parameters
    ----------
    rater : str
        The rater.
    cues : tuple of StatedCue
        In the order of the cues.
    correlation : float
        Pearson's, of stated and recovered points over the cues; NaN if one of them is the same for all, or with fewer
        than 3 cues.
    moved : float
        Points that would have to move from one cue to another to make them equal (0-100).
    n_items : int
        Items that the recovered weights rest on.
    """

    rater: str
    cues: tuple[StatedCue, ...]
    correlation: float
    moved: float
    n_items: int

    @property
    def biggest(self) -> StatedCue:
        """The cue with the biggest gap."""
        return max(self.cues, key=lambda each: (abs(each.gap), each.cue))


@dataclass(frozen=True, slots=True)
class StatedAgainstRecovered:
    """Result of `stated_against_recovered`.

    Parameters
    ----------
    raters : tuple of RaterStated
        In the panel's order.
    not_computed : tuple of str
        Who is missing, and why.
    """

    raters: tuple[RaterStated, ...]
    not_computed: tuple[str, ...]

    def __iter__(self) -> Iterator[RaterStated]:
        return iter(self.raters)

    def __getitem__(self, rater: str) -> RaterStated:
        """Return one rater; an unknown one raises UnknownRaterError."""
        return row_of(self.raters, rater)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater and cue: ``rater``, then the fields of `StatedCue`."""
        return pd.DataFrame([{"rater": row.rater} | asdict(each) for row in self.raters for each in row.cues])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how far each rater's words and ratings lie apart, and what it does not show."""
        lines = [_line(row) for row in sorted(self.raters, key=lambda row: (-row.moved, row.rater))]
        return "\n".join(
            [
                *lines,
                *self.not_computed,
                "The recovered points are shares in the policy: a rater without one steady rule has uncertain ones "
                "(noise alone gives each cue some), and a cue that hardly varies in these items cannot show. People in "
                "general say that they weigh more cues than their ratings show; a gap is no lie.",
                NOT_MINDS,
            ]
        )

    def chart(self) -> "alt.FacetChart":
        """Draw stated and recovered points, a panel for each rater; the description holds the summary."""
        from evaluators.judgement._charts.stated import stated_chart  # Altair is slow to import

        return stated_chart(self)


def _line(row: RaterStated) -> str:
    far = row.biggest
    way = "more" if far.gap > 0 else "less"
    alike = "" if math.isnan(row.correlation) else f", correlation {row.correlation:+.2f}"
    return (
        f"{row.rater}: {row.moved:.0f} of 100 points lie elsewhere than stated{alike}. Biggest gap: {far.cue} counts "
        f"{way} than stated ({far.recovered:.0f} points against {far.stated:.0f})."
    )


def stated_against_recovered(
    panel: Panel, cues: Cues, stated: Mapping[str, Mapping[str, float]], *, by: str = WEIGHTS
) -> StatedAgainstRecovered:
    """Set the weights that raters state beside those that their ratings show.

    Parameters
    ----------
    panel : Panel
        The ratings.
    cues : Cues
        What could be seen of each item; cues that a rater does not mention have no stated points.
    stated : mapping of str to mapping of str to float
        Rater -> cue -> points, 0 or more. They are shared out to sum to 100.
    by : str
        What stands for the recovered weight: ``"weights"``, how far a cue moves the policy's ratings (the standard
        deviation of its part), or ``"r_squared"``, its relative weight. The latter is nearer to a square, and so gives
        the strongest cues more points than people who share out points mean.

    Returns
    -------
    StatedAgainstRecovered
        Each rater's points, correlation and biggest gap, and whose policy cannot be read.

    Raises
    ------
    CueError
        If a rater states points for something that is no cue, a negative or missing number, or none at all.
    NoPolicyError
        If nobody's policy can be read.
    UnknownRaterError
        If the panel has no such rater.
    LevelError
        If `by` is no such way.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> seen = rng.normal(size=(40, 2))
    >>> items = tuple(str(number) for number in range(40))
    >>> panel = Panel((seen @ [2.0, 0.1])[:, None], items, ("Ada",))
    >>> cues = Cues(items, ("skill", "years"), seen, ("skill", "years"), (0, 1))
    >>> found = stated_against_recovered(panel, cues, {"Ada": {"skill": 50, "years": 50}})
    >>> found["Ada"].biggest.cue, round(found["Ada"].moved) > 40
    ('years', True)
    """
    if by not in WAYS:
        raise LevelError(f"Weights cannot be compared by {by!r}.", f"The ways are: {', '.join(WAYS)}.", "by")
    if not stated:
        raise CueError("Nobody stated anything.", "Give each rater's points.", "stated")
    rows, missing = [], []
    problem: NoPolicyError | None = None
    for rater in [name for name in panel.raters if name in stated] + sorted(set(stated) - set(panel.raters)):
        said = _points(rater, stated[rater], cues)
        try:
            design = design_of(panel, cues, rater)
        except NoPolicyError as error:
            problem = problem or error
            missing.append(f"{rater} is not compared. {error.problem}")
            continue
        recovered = POINTS * _shares(design, cues, by)
        flat = len(said) < FEWEST_CUES or np.ptp(said) < 1e-9 or np.ptp(recovered) < 1e-9
        rows.append(
            RaterStated(
                rater,
                tuple(
                    StatedCue(
                        name, rounded(said[place]), rounded(recovered[place]), rounded(recovered[place] - said[place])
                    )
                    for place, name in enumerate(cues.names)
                ),
                math.nan if flat else rounded(np.corrcoef(said, recovered)[0, 1]),
                rounded(np.abs(recovered - said).sum() / 2),
                len(design.items),
            )
        )
    if not rows and problem is not None:
        raise problem
    return StatedAgainstRecovered(tuple(rows), tuple(missing))


def _shares(design: Design, cues: Cues, by: str) -> FloatArray:
    """Return each cue's share (0-1) in the policy; words count together."""
    groups = [[place for place, cue in enumerate(cues.of_cue) if cue == each] for each in range(len(cues.names))]
    if by == R_SQUARED:
        table = np.column_stack([design.cues, design.judgement])
        found = grouped(relative_weights(drawn_correlations(np.ones((1, len(table))), table)[0]), groups)[0]
    else:
        middle = design.cues - design.cues.mean(axis=0)
        weights = np.linalg.lstsq(middle, design.judgement - design.judgement.mean(), rcond=None)[0]
        found = np.array([(middle[:, columns] @ weights[columns]).std() for columns in groups])
    return np.asarray(found / found.sum())


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _points(rater: str, said: Mapping[str, float], cues: Cues) -> np.ndarray:
    if unknown := [name for name in said if name not in cues.names]:
        raise CueError(
            f"{rater} states points for {unknown[0]!r}, which is no cue.", f"The cues are: {', '.join(cues.names)}."
        )
    points = np.array([_number(said.get(name, 0.0)) for name in cues.names])
    if not np.isfinite(points).all() or (points < 0).any() or points.sum() <= 0:
        raise CueError(
            f"The points of {rater} cannot be shared out.", "Give each cue 0 points or more, and some of them some."
        )
    return np.asarray(points / points.sum() * POINTS)

"""The map of a panel: raters as points by what their ratings go with, cues as arrows, and somebody's place."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._draws import FloatArray, check_draws, rounded
from evaluators.judgement._rows import row_of
from evaluators.judgement.errors import CueError, NoAgreementError, NoPolicyError, UnknownRaterError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies._designs import judgements_of
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.raters import _map_fit as fit
from evaluators.judgement.raters._map_parts import Follows, MapCue, MapGroup, MapPoint, Neighbour, Placement
from evaluators.judgement.raters._map_words import ends_of, said_of

if TYPE_CHECKING:
    import altair as alt

__all__ = ["Follows", "MapCue", "MapGroup", "MapPoint", "Neighbour", "Placement", "RaterMap", "rater_map"]

FEWEST_RATINGS = 10
FEWEST_RATERS = 3
NEAREST = 3
SURE = 0.9  # share of the draws; under this, somebody is between two groups
ALPHA = 0.05
BETWEEN, NEITHER = "between", "neither"


@dataclass(frozen=True, slots=True)
class RaterMap:
    """Result of `rater_map`.

    Parameters
    ----------
    raters : tuple of MapPoint
        In the panel's order; whoever is placed comes last.
    cues : tuple of MapCue
        In the order of the columns.
    share_x, share_y : float
        Share (0-1) of the differences between the raters' weights that each axis shows.
    ends_x, ends_y : tuple of tuple of str
        What counts more at the low end of each axis, and at the high end.
    groups : tuple of MapGroup
        Two groups; none where the raters look like one cloud.
    one_cloud : float
        Probability (0-1) that raters of one cloud look as much like two groups; NaN for fewer than 6.
    placed : Placement or None
        Where somebody lies among the others, if asked for.
    pull : float
        How strongly weights are pulled to nought, in ratings.
    confidence : float
        Share (0-1) of the draws in the regions and between limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    notes : tuple of str
        Who was left out, and where to be careful.
    """

    raters: tuple[MapPoint, ...]
    cues: tuple[MapCue, ...]
    share_x: float
    share_y: float
    ends_x: tuple[tuple[str, ...], tuple[str, ...]]
    ends_y: tuple[tuple[str, ...], tuple[str, ...]]
    groups: tuple[MapGroup, ...]
    one_cloud: float
    placed: Placement | None
    pull: float
    confidence: float
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[MapPoint]:
        return iter(self.raters)

    def __getitem__(self, rater: str) -> MapPoint:
        """Return one rater; an unknown one raises UnknownRaterError."""
        return row_of(self.raters, rater)

    def group(self, name: str) -> MapGroup:
        """Return a group; an unknown one raises UnknownRaterError."""
        by_name = {each.name: each for each in self.groups}
        if name not in by_name:
            raise UnknownRaterError(
                f"This map has no group {name!r}.", f"It has: {', '.join(by_name) or 'no groups, one cloud'}."
            )
        return by_name[name]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater.

        Returns
        -------
        DataFrame, shape (n_raters, 8 + n_columns)
            The fields of `MapPoint`; each column of cues has the rater's weight.
        """
        rows = []
        for each in self.raters:
            row = asdict(each)
            del row["weights_low"], row["weights_high"]
            weights = row.pop("weights")
            rows.append(row | {cue.column: weight for cue, weight in zip(self.cues, weights, strict=True)})
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how the raters differ, where somebody lies among them, and what that does not show.

        Returns
        -------
        str
            The axes, the groups, the place of whoever is placed, and the limits.
        """
        return said_of(self)

    def chart(self) -> "alt.LayerChart":
        """Draw raters as points and cues as arrows; whoever is placed is a star with the region around it.

        Returns
        -------
        altair.LayerChart
            The description holds the summary.
        """
        from evaluators.judgement._charts.rater_map import map_chart  # Altair is slow to import

        return map_chart(self)


def rater_map(
    panel: Panel,
    cues: Cues,
    *,
    placed: str = "",
    words: Mapping[str, str] | None = None,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> RaterMap:
    """Lay raters out by what their ratings go with: the main axes of their weights, and the cues as arrows [1]_.

    Each rater's ratings are fitted on the standardised cues by ridge regression, so that a few ratings suffice. The
    pull to nought is learned from the panel: its noise over its signal [2]_. It is never learned from whoever is
    placed, and that person moves neither axes nor groups, so that all who are placed see one map.

    Two groups are told where the raters look more like two than a single cloud does in 95 of 100 cases [3]_. Whoever is
    placed is nearer to the group whose mean weights give ratings more like the person's own.

    Simulated learners who rated 30 résumés of `load_recruiter_panel` by the policy of one of its two schools, with the
    noise of a usual recruiter there, were put with that school in 200 of 200 trials. With twice the noise, 178 of 200
    were, 18 were told that they are between, 4 that they fit neither, and none was put with the other school. Of 100
    who rate at random, 98 were told that they fit neither; 95 are expected.

    Parameters
    ----------
    panel : Panel
        The ratings.
    cues : Cues
        What could be seen of each item. An ordered word, such as a degree, is better given as a number.
    placed : str, optional
        A rater of the panel to be placed among the others.
    words : mapping of str to str, optional
        Column of cues -> how to call it; by default its name.
    confidence : float
        Share (0-1) of the draws in the regions.
    replicates, seed : int
        Draws of each rater's items, and what makes them repeatable.

    Returns
    -------
    RaterMap
        Points with regions, arrows, groups, and the place of whoever is placed.

    Raises
    ------
    NoAgreementError
        If fewer than three others gave 10 ratings that are not all alike, or the ratings are only names.
    NoPolicyError
        If there are fewer than two columns of cues, one is the same in all items, the raters do not differ, or whoever
        is placed gave fewer than 10 ratings or one rating for all.
    CueError
        If a rated item has no cues, or `words` names no column.
    UnknownRaterError
        If the panel has no such rater.
    LevelError
        If `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Gabriel, K. R. (1971). The biplot graphic display of matrices with application to principal component
       analysis. Biometrika 58(3), 453-467.
    .. [2] Hoerl, A. E., Kennard, R. W. and Baldwin, K. F. (1975). Ridge regression: some simulations. Communications in
       Statistics 4(2), 105-123.
    .. [3] Liu, Y., Hayes, D. N., Nobel, A. and Marron, J. S. (2008). Statistical significance of clustering for
       high-dimension, low-sample size data. Journal of the American Statistical Association 103(483), 1281-1293.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> seen = rng.normal(size=(40, 2))
    >>> likes = np.array([[1, 0], [1, 0.1], [0.9, 0], [0, 1], [0.1, 1], [0, 0.9]])
    >>> items = tuple(f"cv {number}" for number in range(40))
    >>> panel = Panel(seen @ likes.T + 0.2 * rng.normal(size=(40, 6)), items, ("Ada", "Ben", "Cy", "Di", "Eve", "Flo"))
    >>> found = rater_map(panel, Cues(items, ("skills", "years"), seen, ("skills", "years"), (0, 1)))
    >>> [(group.raters, group.counts) for group in found.groups]
    [(('Di', 'Eve', 'Flo'), ('years',)), (('Ada', 'Ben', 'Cy'), ('skills',))]
    """
    check_draws(confidence, replicates)
    called = _called(cues, words or {})
    if placed and placed not in panel.raters:
        raise UnknownRaterError(f"The panel has no rater {placed!r}.", f"It has: {', '.join(panel.raters)}.", "placed")
    if cues.n_columns < 2:
        raise NoPolicyError("There is one column of cues.", "A map needs two cues or more.")
    others, one, notes = _rated(panel, cues, placed)
    pull = fit.fitting_pull(others)
    weights = np.array([fit.point_weights(each, pull) for each in others])
    middle, axes, shares = fit.main_axes(weights)
    if not shares.any():
        raise NoPolicyError("The ratings of all raters go with the same cues.", "There is nothing to map.")
    axes, shares = axes[:, :2], shares[:2]
    first, one_cloud = np.zeros(len(others), dtype=bool), math.nan
    if len(others) >= fit.FEWEST_TO_SPLIT:
        first, one_cloud = fit.two_groups(weights, seed=seed)
    split = one_cloud < ALPHA
    names = ["A" if left else "B" for left in first.tolist()] if split else [""] * len(others)
    clouds = [
        fit.redrawn_weights(each, pull, replicates=replicates, seed=(seed, 0, place))
        for place, each in enumerate(others)
    ]
    rows = list(zip(others, weights, clouds, names, strict=True))
    placement = None
    if one is not None:
        own = fit.point_weights(one, pull)
        cloud = fit.redrawn_weights(one, pull, replicates=replicates, seed=(seed, 1))
        rows.append((one, own, cloud, ""))
        means = {name: weights[[each == name for each in names]].mean(axis=0) for name in sorted(set(names))}
        nearest = _nearest(own, cloud, weights, [each.rater for each in others])
        placement = _placement(one, means, nearest, confidence=confidence, replicates=replicates, seed=seed)
    signs = [_signed(cues, place, float(weights[:, place].mean()), called) for place in range(cues.n_columns)]
    leaning = axes * np.where(weights.mean(axis=0) < 0, -1.0, 1.0)[:, None]
    return RaterMap(
        raters=tuple(_point(*row, middle, axes, confidence) for row in rows),
        cues=tuple(
            MapCue(name, called[name], signs[place], *(rounded(value) for value in leaning[place]))
            for place, name in enumerate(cues.columns)
        ),
        share_x=rounded(shares[0]),
        share_y=rounded(shares[1]),
        ends_x=ends_of(leaning[:, 0], signs),
        ends_y=ends_of(leaning[:, 1], signs),
        groups=_groups(others, weights, names, signs) if split else (),
        one_cloud=one_cloud,
        placed=placement,
        pull=pull,
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        notes=notes,
    )


def _called(cues: Cues, words: Mapping[str, str]) -> dict[str, str]:
    if unknown := sorted(set(words) - set(cues.columns)):
        raise CueError(
            f"words names {unknown[0]!r}, which is no column of cues.",
            f"The columns are: {', '.join(cues.columns)}.",
            "words",
        )
    return {name: words.get(name, name.replace("_", " ")) for name in cues.columns}


def _signed(cues: Cues, place: int, mean: float, called: Mapping[str, str]) -> str:
    """Call a cue as it counts: "few gap years" where many count against."""
    name = called[cues.columns[place]]
    if mean >= 0:
        return name
    flag = set(np.unique(cues.matrix[:, place]).tolist()) <= {0.0, 1.0}
    return f"not {name}" if flag else f"few {name}"


def _rated(panel: Panel, cues: Cues, placed: str) -> tuple[list[fit.Rated], fit.Rated | None, tuple[str, ...]]:
    """Return the others with enough ratings, whoever is placed, and who was left out."""
    judgements = {name: judgements_of(panel, name) for name in panel.raters}
    usual = [name for name in panel.raters if name != placed]
    seen = np.any([np.isfinite(judgements[name]) for name in usual], axis=0) if usual else np.zeros(panel.n_items, bool)
    if not seen.any():
        raise NoAgreementError("Nobody else rated anything.", f"A map needs {FEWEST_RATERS} raters besides.")
    matrix = cues.rows([name for name, some in zip(panel.items, seen.tolist(), strict=True) if some])
    apart = matrix.std(axis=0)
    flat = [name for name, value in zip(cues.columns, apart.tolist(), strict=True) if value <= 1e-12]
    if flat:
        raise NoPolicyError(
            f"{', '.join(flat)} {'is' if len(flat) == 1 else 'are'} the same in all rated items.",
            "Leave such a cue out, or rate items that differ in it.",
        )

    def of(name: str) -> fit.Rated:
        given = judgements[name]
        rated = np.isfinite(given)
        items = [item for item, some in zip(panel.items, rated.tolist(), strict=True) if some]
        own = cues.rows(items) if items else np.zeros((0, cues.n_columns))
        return fit.Rated(name, (own - matrix.mean(axis=0)) / apart, given[rated])

    found, notes = [], []
    for name in usual:
        rated = of(name)
        if why := _too_little(rated):
            notes.append(f"{name} is not on the map: {why}.")
        else:
            found.append(rated)
    if len(found) < FEWEST_RATERS:
        left = f" {' '.join(notes)}" if notes else ""
        raise NoAgreementError(
            f"{len(found)} {'rater has' if len(found) == 1 else 'raters have'} enough ratings for a map.{left}",
            f"It needs {FEWEST_RATERS} raters{' besides ' + placed if placed else ''} with {FEWEST_RATINGS} ratings "
            "each that are not all alike.",
        )
    one = of(placed) if placed else None
    if one is not None and (why := _too_little(one)):
        raise NoPolicyError(
            f"{placed} cannot be placed: {why}.", f"Rate at least {FEWEST_RATINGS} items, and use several steps."
        )
    return found, one, tuple(notes)


def _too_little(rated: fit.Rated) -> str:
    if rated.n < FEWEST_RATINGS:
        return f"{rated.n} {'rating' if rated.n == 1 else 'ratings'}, {FEWEST_RATINGS} are the fewest"
    return "one rating for all items" if np.ptp(rated.ratings) <= 1e-12 else ""


def _point(
    rated: fit.Rated,
    weights: FloatArray,
    cloud: FloatArray,
    group: str,
    middle: FloatArray,
    axes: FloatArray,
    confidence: float,
) -> MapPoint:
    x, y = (weights - middle) @ axes
    region = fit.ellipse_of((cloud - middle) @ axes, confidence=confidence)
    half_long, half_short, turn = (rounded(value) for value in region)
    limits = np.quantile(cloud, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    own, low, high = (tuple(rounded(value) for value in row) for row in (weights, *limits))
    place = rounded(x), rounded(y)
    return MapPoint(rated.rater, rated.n, *place, half_long, half_short, turn, group, own, low, high)


def _groups(
    others: list[fit.Rated], weights: FloatArray, names: list[str], signs: list[str]
) -> tuple[MapGroup, MapGroup]:
    left = np.array([name == "A" for name in names])
    apart = weights[left].mean(axis=0) - weights[~left].mean(axis=0)
    less, more = ends_of(apart * np.where(weights.mean(axis=0) < 0, -1.0, 1.0), signs)
    members = [tuple(each.rater for each, is_left in zip(others, left.tolist(), strict=True) if is_left == side)
               for side in (True, False)]  # fmt: skip
    return MapGroup("A", members[0], more), MapGroup("B", members[1], less)


def _nearest(own: FloatArray, cloud: FloatArray, weights: FloatArray, names: list[str]) -> tuple[Neighbour, ...]:
    distances = np.sqrt(((weights - own) ** 2).sum(axis=1))
    drawn = ((cloud[:, None, :] - weights[None, :, :]) ** 2).sum(axis=2)
    among = (np.argsort(np.argsort(drawn, axis=1, kind="stable"), axis=1, kind="stable") < NEAREST).mean(axis=0)
    order = np.argsort(distances.round(9), kind="stable")[:NEAREST]
    return tuple(Neighbour(names[place], rounded(distances[place]), rounded(among[place])) for place in order)


def _placement(
    one: fit.Rated,
    means: Mapping[str, FloatArray],
    nearest: tuple[Neighbour, ...],
    *,
    confidence: float,
    replicates: int,
    seed: int,
) -> Placement:
    """Compare ratings with what each group's mean weights would give."""
    expected = np.array([one.cues @ mean for mean in means.values()])
    rng = np.random.default_rng((seed, 3))
    drawn = rng.multinomial(one.n, np.full(one.n, 1 / one.n), size=replicates).astype(np.float64)
    values = fit.drawn_correlations(one.ratings, expected, drawn)
    point = fit.correlations(one.ratings[None], expected)[0]
    shuffled = fit.correlations(rng.permuted(np.tile(one.ratings, (replicates, 1)), axis=1), expected).max(axis=1)
    by_luck = float((1 + (shuffled >= point.max() - 1e-12).sum()) / (1 + replicates))
    limits = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    follows = tuple(
        Follows(name or "panel", rounded(point[place]), rounded(limits[0, place]), rounded(limits[1, place]))
        for place, name in enumerate(means)
    )
    nearer = int(point.round(9).argmax())
    sure = math.nan
    verdict = follows[nearer].group
    if len(means) == 2:
        sure = rounded((values[:, nearer] > values[:, 1 - nearer]).mean())
        verdict = verdict if sure >= SURE else BETWEEN
    if by_luck >= ALPHA:
        verdict = NEITHER
    return Placement(one.rater, nearest, follows, verdict, sure, rounded(by_luck))

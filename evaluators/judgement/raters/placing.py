"""One person among a panel: how far they agree with it, how strict they are, where they part, what counts for them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._additive import fit_additive
from evaluators.judgement._alike import FEWEST_LEFT, feature_columns, fit_alike
from evaluators.judgement._draws import FloatArray, rounded
from evaluators.judgement._rows import t_limits
from evaluators.judgement._words import listed
from evaluators.judgement.errors import NoPolicyError, UnknownRaterError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.policy import NOT_MINDS
from evaluators.judgement.raters._map_words import group_words, placed_figures, placed_words
from evaluators.judgement.raters._place_parts import AlikeDifference, Parting
from evaluators.judgement.raters.rater_map import FEWEST_RATINGS, RaterMap, rater_map
from evaluators.judgement.raters.severity import RaterSeverity, rater_severity
from evaluators.judgement.screener.against_panel import Figure, screener_against_panel

if TYPE_CHECKING:
    import altair as alt

__all__ = ["AlikeDifference", "PanelPlace", "Parting", "place_among_panel"]

LEAST_GAP = 1.0  # point of the scale; less is no parting
_SEEN = 0.8  # of rounds in which a difference of the smallest size would be told


@dataclass(frozen=True, slots=True)
class PanelPlace:
    """Result of `place_among_panel`.

    Parameters
    ----------
    rater : str
        The person.
    n_items : int
        Items that the person and others rated.
    own : Figure
        Rank correlation of the person's ratings with the mean of all raters of the panel but one, each left out once.
    ceiling : Figure
        Rank correlation of that one with the same mean: the human ceiling.
    difference : Figure
        The first less the second.
    severity : RaterSeverity
        How strict the person is.
    partings : tuple of Parting
        Where the person is farthest above the panel, and farthest below; none under 1 point.
    map : RaterMap
        The panel with the person placed.
    alike : AlikeDifference or None
        How the person rates two groups of items that are alike; None where it was not asked, or cannot be told.
    things : str
        What the items are called.
    notes : tuple of str
        What was not computed, and why.
    """

    rater: str
    n_items: int
    own: Figure
    ceiling: Figure
    difference: Figure
    severity: RaterSeverity
    partings: tuple[Parting, ...]
    map: RaterMap
    alike: AlikeDifference | None
    things: str = "items"
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cue: ``column``, ``words``, ``weight``, ``low``, ``high``, ``told`` (apart from luck)."""
        mine = self.map[self.rater]
        return pd.DataFrame(
            [
                {
                    "column": cue.column,
                    "words": cue.words,
                    "weight": mine.weights[place],
                    "low": mine.weights_low[place],
                    "high": mine.weights_high[place],
                    "told": mine.weights_low[place] > 0 or mine.weights_high[place] < 0,
                }
                for place, cue in enumerate(self.map.cues)
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words where the person stands, and what that does not show."""
        parts = [
            self.agreement_words(),
            self.severity_words(),
            self.counting_words(),
            *self.place_words(),
            *self.place_figures(),
            *self.alike_words(),
            *self.notes,
            "Agreement with a panel does not show that either is right or fair.",
            NOT_MINDS,
        ]
        return "\n".join(part for part in parts if part)

    def chart(self) -> "alt.LayerChart":
        """Draw the map with the person's place; the description holds the summary."""
        return self.map.chart()

    def agreement_words(self) -> str:
        """Say how far the person agrees with the panel, beside one rater of the panel."""
        low, high = self.difference.low, self.difference.high
        if low > 0:
            how = "You agree with the panel more than one of its raters does with the others."
        elif high < 0:
            how = "You agree with the panel less than one of its raters does with the others."
        else:
            how = (
                "You agree with the panel about as well as one of its raters does with the others: with "
                f"{self.n_items} {self.things}, the two cannot be told apart."
            )
        return (
            f"{how} Your order goes with theirs at {self.own.value:.2f} ({self.own.low:.2f} to {self.own.high:.2f}), "
            f"that of one rater at {self.ceiling.value:.2f} ({self.ceiling.low:.2f} to {self.ceiling.high:.2f}), where "
            "1 is the same order and 0 none in common."
        )

    def severity_words(self) -> str:
        """Say how strict the person is."""
        row = self.severity
        if math.isnan(row.low):
            return ""
        if row.low <= 0 <= row.high:
            how = "You are about as strict as the panel: the difference cannot be told from luck"
        else:
            how = f"You are {'stricter' if row.deviation < 0 else 'kinder'} than the panel"
        return (
            f"{how} ({_points(row.deviation)} points on the same {self.things}, {_points(row.low)} to "
            f"{_points(row.high)}). Stricter is not worse, and changes nobody's order."
        )

    def counting_words(self) -> str:
        """Say what the person's ratings go with."""
        told = self.to_frame()
        told = told.assign(size=told["weight"].abs()).sort_values("size", ascending=False, kind="stable")
        up = told.loc[told["told"] & (told["weight"] > 0), "words"].tolist()
        down = told.loc[told["told"] & (told["weight"] < 0), "words"].tolist()
        rest = told.loc[~told["told"], "words"].tolist()
        if not up and not down:
            return "Nothing was found that your ratings go with, luck apart."
        ways = [f"{way} with {listed(names)}" for way, names in (("up", up), ("down", down)) if names]
        left = f" Not told from luck: {listed(rest)}." if rest else ""
        first = ", strongest first" if max(len(up), len(down)) > 1 else ""
        return f"Your ratings go {' and '.join(ways)}{first}.{left}"

    def place_words(self) -> list[str]:
        """Say where the person lies among the panel, and what its groups are."""
        placed = placed_words(self.map, self.map.placed, who="you") if self.map.placed else []
        return [*placed, *group_words(self.map)]

    def place_figures(self) -> list[str]:
        """Say the figures behind the place."""
        return placed_figures(self.map, self.map.placed, who="you") if self.map.placed else []

    def alike_words(self) -> list[str]:
        """Say how the person rates two groups of items that are alike; nothing where that was not computed."""
        if self.alike is None:
            return []
        one, n = self.alike, self.alike.n_group + self.alike.n_reference
        said = (
            f"Among {self.things} that are otherwise alike, {one.group} got {abs(one.points):.1f} points "
            f"{'less' if one.points < 0 else 'more'} from you than {one.reference} (95% interval {one.low:+.1f} to "
            f"{one.high:+.1f})."
        )
        if one.low <= 0 <= one.high:
            return [
                f"{said} That can be luck, and it can hide a difference as well.",
                f"{n} {self.things} cannot show it: less than {one.smallest:.1f} points would often stay unseen.",
            ]
        return [
            f"{said} Luck alone seldom makes so much.",
            f"{n} {self.things} prove nothing. It is a reason to look again with more of them.",
        ]


def place_among_panel(
    panel: Panel,
    cues: Cues,
    *,
    rater: str,
    labels: Mapping[str, str] | None = None,
    reference: str = "",
    words: Mapping[str, str] | None = None,
    things: str = "items",
    replicates: int = 1000,
    seed: int = 0,
) -> PanelPlace:
    """Place one rater of a panel among the others.

    Parameters
    ----------
    panel : Panel
        The ratings, those of the person among them.
    cues : Cues
        What could be seen of each item.
    rater : str
        The person.
    labels : mapping of str to str, optional
        Item -> one of two labels, such as what a name signals, to see how the person rates items that are alike.
    reference : str
        The label that the other is compared with; by default the first by name.
    words : mapping of str to str, optional
        Column of cues -> how to call it.
    things : str
        What to call the items, such as "résumés".
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    PanelPlace
        Agreement beside the human ceiling, severity, partings, the map, and the two groups.

    Raises
    ------
    NoPolicyError
        If the person gave fewer than 10 ratings, or one rating for all items.
    UnknownRaterError
        If the panel has no such rater.
    NoAgreementError, CueError, ScreenerError
        As `rater_map` and `screener_against_panel`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> seen = rng.normal(size=(40, 2))
    >>> likes = np.array([[1, 0], [1, 0.1], [0.9, 0], [0, 1], [0.1, 1], [0, 0.9], [0.9, 0.1]])
    >>> items = tuple(f"cv {number}" for number in range(40))
    >>> raters = ("Ada", "Ben", "Cy", "Di", "Eve", "Flo", "you")
    >>> panel = Panel(seen @ likes.T + 0.2 * rng.normal(size=(40, 7)), items, raters)
    >>> cues = Cues(items, ("skills", "years"), seen, ("skills", "years"), (0, 1))
    >>> found = place_among_panel(panel, cues, rater="you")
    >>> found.map.group(found.map.placed.verdict).counts
    ('skills',)
    """
    whole = rater_map(panel, cues, placed=rater, words=words, replicates=replicates, seed=seed)
    if not rater:
        raise UnknownRaterError("Nobody is placed.", "Name one of the raters.", "rater")
    column = panel.raters.index(rater)
    others = [name for name in panel.raters if name != rater]
    judged = np.isfinite(panel.ratings[:, column])
    shared = judged & np.isfinite(np.delete(panel.ratings, column, axis=1)).any(axis=1)
    items = [name for name, some in zip(panel.items, shared.tolist(), strict=True) if some]
    if len(items) < FEWEST_RATINGS:
        raise NoPolicyError(
            f"{rater} and the panel rated {len(items)} items in common.", f"{FEWEST_RATINGS} are the fewest."
        )
    both = panel.only(items=items)
    some = [name for name in others if np.isfinite(both.ratings[:, both.raters.index(name)]).any()]
    rest, both = both.only(raters=some), both.only(raters=[*some, rater])
    mine = both.ratings[:, -1]
    against = screener_against_panel(
        rest, pd.DataFrame({"item": items, "score": mine}), item="item", score="score", replicates=replicates, seed=seed
    )
    alike, notes = _alike(mine, items, cues, labels, reference) if labels is not None else (None, ())
    return PanelPlace(
        rater=rater,
        n_items=len(items),
        own=against.screener,
        ceiling=against.ceiling,
        difference=against.difference,
        severity=rater_severity(both)[rater],
        partings=_partings(rest, mine, whole),
        map=whole,
        alike=alike,
        things=things,
        notes=notes,
    )


def _points(value: float) -> str:
    """Write points with a sign, and never "-0.0"."""
    return f"{round(value, 1) + 0.0:+.1f}"


def _partings(rest: Panel, mine: FloatArray, found: RaterMap) -> tuple[Parting, ...]:
    """Return the items with the largest gap up and down, severity taken out."""
    worth = fit_additive(rest).items
    gap = np.round((mine - mine.mean()) - (worth - worth.mean()), 9)
    picked = []
    for place, far in ((int(gap.argmax()), float(gap.max())), (int(gap.argmin()), -float(gap.min()))):
        if far < LEAST_GAP:
            continue
        given = rest.ratings[place]
        means = []
        for group in found.groups:
            own = given[[rest.raters.index(name) for name in group.raters if name in rest.raters]]
            if np.isfinite(own).any():
                means.append((group.name, rounded(np.nanmean(own))))
        told = given[np.isfinite(given)]
        picked.append(
            Parting(
                rest.items[place],
                rounded(mine[place]),
                rounded(told.mean()),
                len(told),
                rounded(told.min()),
                rounded(told.max()),
                rounded(gap[place]),
                tuple(means),
            )
        )
    return tuple(picked)


def _alike(
    mine: FloatArray, items: list[str], cues: Cues, labels: Mapping[str, str], reference: str
) -> tuple[AlikeDifference | None, tuple[str, ...]]:
    """Say how the person rates items of two labels that are alike in the cues."""
    from scipy.special import stdtrit

    own = [labels.get(name, "") for name in items]
    names = sorted(set(own))
    if len(names) != 2 or (reference and reference not in names):
        return None, ("How alike items of two groups are rated was not computed: there are not two labels.",)
    beside = reference or names[0]
    group = names[1] if beside == names[0] else names[0]
    signal = np.array([label == group for label in own], dtype=np.float64)
    one_job = np.zeros(len(items), dtype=np.int64)
    columns = feature_columns(cues.rows(items), one_job)
    fit = fit_alike(mine, columns, signal[:, None], one_job)
    if isinstance(fit, str):
        least = columns.shape[1] + 2 + FEWEST_LEFT
        why = f"that needs {least} ratings" if len(items) < least else fit
        return None, (f"Nothing can be said about alike items of two groups: {why}.",)
    points, error = float(fit.gaps[0]), float(fit.errors[0])
    low, high, _ = t_limits(points, error, fit.df, 0.05)
    smallest = error * (float(stdtrit(fit.df, 0.975)) + float(stdtrit(fit.df, _SEEN)))
    figures = [rounded(value) for value in (points, low, high, smallest)]
    return AlikeDifference(group, beside, int(signal.sum()), int((1 - signal).sum()), *figures), ()

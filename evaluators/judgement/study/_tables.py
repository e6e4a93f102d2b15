"""The tables of a study: the same heads and cells for a page and for a terminal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluators.judgement.screener._tables import order_rows, shortlist_rows

if TYPE_CHECKING:
    from evaluators.judgement.study.panel_study import PanelStudy

RATERS = "Single raters"
MOST_ITEMS = 20
_MOST_CUES = 6


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in words: title, heads, rows of cells, and which columns hold figures."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[int]
    more: str = ""


def _grid(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], more: str = "") -> Grid:
    figures = frozenset(place for place in range(1, len(heads)) if rows and all(is_figure(row[place]) for row in rows))
    return Grid(title, tuple(heads), tuple(map(tuple, rows)), figures, more)


def is_figure(cell: str) -> bool:
    """Whether a cell holds a figure, or stands for one that there is not."""
    return not any(letter.isalpha() for letter in cell.replace(" to ", "").replace("up to", ""))


def number(value: float, digits: int = 2, *, sign: bool = False) -> str:
    """Return a figure, a dash where it is undefined."""
    if math.isnan(value):
        return "–"
    value = round(value, digits) + 0.0  # no minus before nought
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def between(low: float, high: float, digits: int = 2, *, sign: bool = False) -> str:
    """Return an interval, a dash where there is none."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    if math.isinf(low):
        return f"up to {number(high, digits, sign=sign)}"
    return f"{number(low, digits, sign=sign)} to {number(high, digits, sign=sign)}"


def agreement_grid(study: "PanelStudy") -> Grid | None:
    """Return one row per measure, the one that the study speaks of first."""
    if study.agreement is None:
        return None
    chosen = study.measure.measure if study.measure is not None else ""
    found = sorted(study.agreement, key=lambda each: each.measure != chosen)
    rows = [
        (
            each.name,
            number(each.value),
            between(each.low, each.high),
            f"{each.n_items:,}",
            f"{each.n_raters:,}",
            f"{each.n_ratings:,}",
        )
        for each in found
    ]
    heads = ("Measure", "Value", f"{1 - study.alpha:.0%} interval", "Items", "Raters", "Ratings")
    return _grid("How far the raters agree", heads, rows)


def raters_grid(study: "PanelStudy") -> Grid | None:
    """Return one row per rater: level, drift, halo, how well each goes with the others. None of it is a mark."""
    report = study.raters
    if report is None:
        return None
    severity = {row.rater: row for row in report.severity or ()}
    drift = {row.rater: row for row in report.drift or ()}
    halo = {row.rater: row for row in report.halo or ()}
    rest = {row.rater: row for row in report.rest or ()}
    heads = ["Rater", "Ratings"]
    heads += ["Level", "Interval"] if severity else []
    heads += ["Drift per 10"] if drift else []
    heads += ["Halo"] if halo else []
    heads += ["With the others"] if rest else []
    rows = []
    for place, rater in enumerate(study.panel.raters):
        cells = [rater, f"{int(study.panel.rated[:, place].sum()):,}"]
        if severity:
            one = severity.get(rater)
            cells += [_marked(one.deviation, one.found), between(one.low, one.high, sign=True)] if one else ["–", "–"]
        if drift:
            cells.append(_marked(drift[rater].slope, drift[rater].found) if rater in drift else "–")
        if halo:
            cells.append(_marked(halo[rater].excess, halo[rater].found) if rater in halo else "–")
        if rest:
            cells.append(number(rest[rater].correlation) if rater in rest else "–")
        rows.append(cells)
    more = (
        "Level: points above (+, kinder) or below (-, stricter) the panel's mean on the same items. "
        + ("Drift: points per 10 items, against the others. " if drift else "")
        + ("Halo: how far dimensions go together beyond the others' (correlation). " if halo else "")
        + ("With the others: rank correlation with the mean of the others. " if rest else "")
        + "A * is told from luck after Holm's adjustment."
    )
    return _grid(RATERS, heads, rows, more)


def disputed_grid(study: "PanelStudy") -> Grid | None:
    """Return the items over which raters part most."""
    if not study.disputed:
        return None
    names = study.panel.level_names
    rows = [
        (each.item, f"{each.n_ratings:,}", _level(each.low, names), _level(each.high, names), number(each.spread))
        for each in study.disputed
    ]
    heads = ("Item", "Ratings", "Lowest", "Highest", "Spread")
    more = "Spread: standard deviation of the ratings with each rater's level taken out, in points of the scale."
    return _grid("Where the raters part most", heads, rows, more)


def importance_grid(study: "PanelStudy") -> Grid | None:
    """Return one row per cue of the panel, the one that counts most first."""
    if study.importance is None:
        return None
    ways: dict[str, list[str]] = {}
    if study.policies is not None and study.policies.panel is not None:
        for each in study.policies.panel:
            if each.found:
                of = f" ({each.column.removeprefix(each.cue + ': ')})" if each.column != each.cue else ""
                ways.setdefault(each.cue, []).append(f"{'for' if each.standardised > 0 else 'against'}{of}")
    ranked = sorted(study.importance, key=lambda each: (-each.relative_weight, each.cue))
    rows = [
        (
            each.cue,
            f"{100 * each.share:.0f} %",
            number(each.relative_weight),
            between(each.low, each.high),
            ", ".join(ways.get(each.cue, ["not told from luck"])),
        )
        for each in ranked
    ]
    more = (
        f"The cues account for {study.importance.r_squared:.0%} of the differences between "
        f"{study.importance.n_items:,} items, by what these are worth to the panel. A share has no direction; the last "
        "column has it."
    )
    return _grid("What counts for the panel", ("Cue", "Share", "Part of R²", "Interval", "Counts"), rows, more)


def values_grid(study: "PanelStudy") -> Grid | None:
    """Return one row per rater: what counts, strongest first."""
    if study.policies is None:
        return None
    groups = {
        rater: group.name
        for group in (study.schools.groups if study.schools is not None else ())
        for rater in group.raters
    }
    rows = []
    for policy in study.policies:
        told = sorted((each for each in policy if each.found), key=lambda each: -abs(each.standardised))
        said = ", ".join(f"{each.column} {each.standardised:+.2f}" for each in told[:_MOST_CUES])
        new = policy.cross_validated_r_squared
        rows.append(
            [
                policy.rater,
                *([groups.get(policy.rater, "–")] if groups else []),
                said or "nothing told from luck",
                f"{100 * policy.r_squared:.0f} %",
                "–" if math.isnan(new) else f"{100 * max(new, 0.0):.0f} %",
            ]
        )
    heads = ["Rater", *(["School"] if groups else []), "What counts, strongest first", "Explained", "Of new items"]
    more = (
        "Figures after a cue: standard deviations of the ratings for one of the cue. Explained: share of the "
        "differences between ratings; of new items: the same for items that the policy has not seen."
    )
    return _grid("What each rater's ratings go with", heads, rows, more)


def stated_grid(study: "PanelStudy") -> Grid | None:
    """Return one row per rater: how far words and ratings lie apart."""
    if study.stated is None:
        return None
    rows = []
    for row in sorted(study.stated, key=lambda each: (-each.moved, each.rater)):
        far = row.biggest
        rows.append(
            (
                row.rater,
                f"{row.moved:.0f}",
                f"{far.cue}: {far.stated:.0f} stated, {far.recovered:.0f} in the ratings",
            )
        )
    more = "Moved: points of 100 that lie elsewhere than stated. A gap is no lie: people in general cannot tell."
    return _grid("What raters say, and what their ratings show", ("Rater", "Moved", "Biggest gap"), rows, more)


def consensus_grid(study: "PanelStudy") -> Grid | None:
    """Return the first items of the ranking."""
    found = study.consensus
    if found is None:
        return None
    rows = [
        (f"{row.rank:g}", row.item, number(row.score), between(row.low, row.high, 0), f"{row.n_ratings:,}")
        for row in found.items[:MOST_ITEMS]
    ]
    left = len(found.items) - len(rows)
    more = "Higher is taken as better." + (f" {left:,} more items follow; the JSON has all." if left > 0 else "")
    heads = ("Rank", "Item", "Points" if found.method == "mean" else "Score", "Rank may be", "Ratings")
    grid = _grid("One ranking", heads, rows, more)
    return Grid(grid.title, grid.heads, grid.rows, frozenset({0, 2, 4}), grid.more)


def screener_grid(study: "PanelStudy") -> Grid | None:
    """Return the figures of a screener against the panel."""
    found = study.against
    if found is None:
        return None
    rows = [*order_rows(found), *shortlist_rows(found)[:2]]
    return _grid("The screener beside the panel", ("Figure", "Value", f"{found.confidence:.0%} interval"), rows)


def grids(study: "PanelStudy") -> list[Grid]:
    """Return all tables that there are, in the order in which they are read."""
    makers = (
        agreement_grid, disputed_grid, raters_grid, importance_grid, values_grid, stated_grid, consensus_grid,
        screener_grid,
    )  # fmt: skip
    return [grid for maker in makers if (grid := maker(study)) is not None]


def _marked(value: float, found: bool) -> str:
    return f"{number(value, sign=True)}{' *' if found else ''}"


def _level(value: float, names: Sequence[str]) -> str:
    return names[int(value)] if names and 0 <= value < len(names) and value == int(value) else f"{value:g}"

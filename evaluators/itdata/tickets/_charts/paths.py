"""The map of tickets' paths; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._palette import BLUE, DARK_ORANGE
from evaluators.itdata._words import hours_in_words, hours_short

if TYPE_CHECKING:
    from evaluators.itdata.tickets.paths import PathEdge, PathMap

_Rows = list[dict[str, Any]]
_WIDTH, _ROW, _BOX, _HALF = 310, 62, 36, 76  # pixels: the picture, a row, a box's height and half its width
_AHEAD, _BACK = BLUE, DARK_ORANGE
_PLAIN, _PALE = 0.8, 0.15
_BOXES, _CHOSEN = "#F3F6F9", "#FFE9A8"
_LETTERS = 19
_THICKEST = 9.0
_POINTS = 24
_LABEL = (44, 15)  # pixels that a label of a step takes
# Where on a curve its label may stand: first near the box that few other curves reach.
_ALONG = (0.82, 0.76, 0.88, 0.7, 0.62, 0.5, 0.38, 0.28, 0.18)


def map_chart(found: "PathMap", highlight: str | None = None) -> alt.LayerChart:
    """Draw the places below each other with arrows between them; see `PathMap.chart`."""
    rows = {node.label: row for row, node in enumerate(found.nodes)}
    height = _ROW * len(rows)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, _WIDTH], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False))
    lines, heads, labels = _steps(found, rows, highlight)
    return alt.LayerChart(
        layer=[*_arrows(lines, heads, x, y), *_boxes(found, highlight, x, y), *_times(labels, x, y)],
        title=alt.Title(
            f"Where tickets go, by {found.by}",
            subtitle=[
                "Thicker: more often. Figures: half go on",
                "within that time. Dashed, left: back again.",
            ],
            anchor="start",
        ),
        view=alt.ViewBackground(stroke=None),
        width=_WIDTH,
        height=height,
        description=found.summary(),
    )


def _steps(found: "PathMap", rows: dict[str, int], highlight: str | None) -> tuple[_Rows, _Rows, _Rows]:
    """Return the points of the curves, the heads of the arrows and the times beside them."""
    shown = [edge for edge in found.edges if edge.shown]
    if highlight is not None:  # pale steps first, so that those that matter lie on top and get their labels
        shown.sort(key=lambda edge: highlight in (edge.source, edge.target))
    most = max(edge.count for edge in shown)
    longest = max((abs(rows[edge.target] - rows[edge.source]) for edge in shown), default=1)
    lines: _Rows = []
    heads: _Rows = []
    labels: _Rows = []
    taken: list[tuple[float, float]] = []
    for number, edge in enumerate(shown):
        curve = _curve(rows[edge.source], rows[edge.target], longest)
        pale = highlight is not None and highlight not in (edge.source, edge.target)
        looks = {
            "shade": _PALE if pale else _PLAIN,
            "step": f"{edge.source} → {edge.target}",
            "times": edge.count,
            "tickets": edge.tickets,
            "median": hours_in_words(edge.median_hours),
            "p90": hours_in_words(edge.p90_hours),
            "kind": "back" if edge.backwards else "on",
        }
        thick = max(1.0, _THICKEST * edge.count / most)
        lines += [
            looks | {"number": number, "order": place, "x": x, "y": y, "thick": thick}
            for place, (x, y) in enumerate(curve)
        ]
        heads.append(
            looks | {"x": curve[-1][0], "y": curve[-1][1], "shape": _head(edge, rows), "size": 60 + 12 * thick}
        )
        place = _free(curve, taken) if edge.median_hours is not None and not pale else None
        if place is not None:
            taken.append(place)
            labels.append(looks | {"x": place[0], "y": place[1], "text": hours_short(edge.median_hours)})
    return lines, heads, labels


def _colour() -> alt.Color:
    return alt.Color("kind:N", scale=alt.Scale(domain=["on", "back"], range=[_AHEAD, _BACK]), legend=None)


def _arrows(lines: _Rows, heads: _Rows, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    tips = ["step:N", "times:Q", "tickets:Q", "median:N", "p90:N"]
    drawn = (
        alt.Chart(alt.InlineData(values=lines))
        .mark_line()
        .encode(
            opacity=alt.Opacity("shade:Q", scale=None, legend=None),
            x=x,
            y=y,
            detail="number:N",
            order="order:Q",
            color=_colour(),
            strokeWidth=alt.StrokeWidth("thick:Q", scale=None),
            strokeDash=alt.StrokeDash(
                "kind:N", scale=alt.Scale(domain=["on", "back"], range=[[1, 0], [6, 3]]), legend=None
            ),
            tooltip=tips,
        )
    )
    kinds = sorted({head["shape"] for head in heads})
    arrows = (
        alt.Chart(alt.InlineData(values=heads))
        .mark_point(filled=True)
        .encode(
            opacity=alt.Opacity("shade:Q", scale=None, legend=None),
            x=x,
            y=y,
            color=_colour(),
            shape=alt.Shape("shape:N", scale=alt.Scale(domain=kinds, range=kinds), legend=None),
            size=alt.Size("size:Q", scale=None),
            tooltip=tips,
        )
    )
    return [drawn, arrows]


def _boxes(found: "PathMap", highlight: str | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    boxes = [
        {
            "x": _WIDTH / 2 - _HALF,
            "x2": _WIDTH / 2 + _HALF,
            "y": _middle(row) - _BOX / 2,
            "y2": _middle(row) + _BOX / 2,
            "centre": _WIDTH / 2,
            "middle": _middle(row),
            "place": node.label,
            "short": node.label if len(node.label) <= _LETTERS else node.label[: _LETTERS - 1] + "…",
            "count": f"{node.tickets:,} tickets" if node.tickets != 1 else "1 ticket",
            "edge": 3.5 if node.label == highlight else 1,
            "fill": _CHOSEN if node.label == highlight else _BOXES,
            "visits": node.visits,
            "tickets": node.tickets,
        }
        for row, node in enumerate(found.nodes)
    ]
    rectangles = (
        alt.Chart(alt.InlineData(values=boxes))
        .mark_rect(stroke="#333333", cornerRadius=5)
        .encode(
            x=x,
            x2="x2:Q",
            y=y,
            y2="y2:Q",
            fill=alt.Fill("fill:N", scale=None, legend=None),
            strokeWidth=alt.StrokeWidth("edge:Q", scale=None, legend=None),
            tooltip=["place:N", "visits:Q", "tickets:Q"],
        )
    )
    inside = alt.Chart(alt.InlineData(values=boxes)).encode(
        x=alt.X("centre:Q", axis=None), y=alt.Y("middle:Q", axis=None)
    )
    return [
        rectangles,
        inside.mark_text(dy=-7, fontSize=13, fontWeight="bold").encode(text="short:N"),
        inside.mark_text(dy=9, fontSize=12).encode(text="count:N"),
    ]


def _times(labels: _Rows, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    times = alt.Chart(alt.InlineData(values=labels)).encode(x=x, y=y, text="text:N")
    return [
        times.mark_text(fontSize=12, stroke="#FFFFFF", strokeWidth=4),
        times.mark_text(fontSize=12).encode(color=_colour()),
    ]


def _middle(row: int) -> float:
    return _ROW * (row + 0.5)


def _curve(source: int, target: int, longest: int) -> list[tuple[float, float]]:
    """Return the points of a step: straight down to the next row, else a bow beside the boxes."""
    start, end = _middle(source), _middle(target)
    centre = _WIDTH / 2
    if target == source + 1:
        return [(centre, start + _BOX / 2), (centre, end - _BOX / 2 - 5)]
    side = 1 if target > source else -1
    edge = centre + side * _HALF
    room = centre - _HALF - _LABEL[0] / 2 - 2
    bow = room * (0.3 + 0.7 * abs(target - source) / longest) * 4 / 3  # a curve reaches 3/4 of the way to its handles
    start, end = start + side * 6, end - side * 6
    points = []
    for place in range(_POINTS + 1):
        along = place / _POINTS
        reach = 3 * along * (1 - along) * bow
        points.append((edge + side * reach, start + (end - start) * along * along * (3 - 2 * along)))
    points[-1] = (edge + side * 4, end)
    return points


def _head(edge: "PathEdge", rows: dict[str, int]) -> str:
    if rows[edge.target] == rows[edge.source] + 1:
        return "triangle-down"
    return "triangle-left" if rows[edge.target] > rows[edge.source] else "triangle-right"


def _free(curve: list[tuple[float, float]], taken: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Return the first place on a curve where a label covers no other, or None: the table has the figure."""
    if len(curve) == 2:
        return curve[0][0] + _LABEL[0] / 2 + 4, (curve[0][1] + curve[1][1]) / 2
    backwards, near = curve[-1][1] < curve[0][1], abs(curve[-1][1] - curve[0][1]) < 2 * _ROW
    for along in (0.5, *_ALONG) if near else _ALONG:
        x, y = curve[round((1 - along if backwards else along) * _POINTS)]
        if all(abs(x - other) >= _LABEL[0] or abs(y - below) >= _LABEL[1] for other, below in taken):
            return x, y
    return None

"""Pictures and paragraphs of lessons: one readable size, and never a meaning in colour alone."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evaluators._palette import BLUE, GREY, INK, ORANGE, RED
from evaluators.reports.charts import chart_html

if TYPE_CHECKING:
    import altair as alt

__all__ = [
    "BLUE",
    "GREY",
    "ORANGE",
    "RED",
    "bars",
    "labels_in_lines",
    "line_at",
    "look",
    "picture",
    "ratio_ranges",
    "say",
]
_LABEL_SHARE = 0.4  # of the bars' length, for figures that stand beside them
_ROUND_STEPS = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8)  # of an axis, times a power of ten


def say(text: str) -> None:
    """Show a paragraph in Markdown, such as one whose figures were just computed."""
    from IPython.display import Markdown, display

    display(Markdown(text))  # type: ignore[no-untyped-call]


def picture(layers: "Sequence[alt.Chart]", *, message: str, height: int, width: int = 250) -> str:
    """Lay charts over each other at a size that can be read on a telephone.

    Parameters
    ----------
    layers : sequence of altair.Chart
        From the back to the front.
    message : str
        What the picture shows, for people who do not see it.
    height, width : int
        Of the drawing area, in pixels; axes and legend come on top.

    Returns
    -------
    str
        HTML, as `chart_html` returns it.
    """
    import altair as alt  # slow to import

    chart = alt.LayerChart(layer=list(layers), width=width, height=height)
    chart = chart.configure_axis(
        labelFontSize=15, titleFontSize=15, labelLimit=190, grid=False, titleFontWeight="normal"
    )
    chart = chart.configure_legend(
        labelFontSize=15, labelLimit=330, orient="bottom", direction="vertical", title=None, symbolSize=120
    )
    return chart_html(chart.configure_view(stroke=None), alt=message)


def look(field: str, looks: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Give each kind of mark a colour and a shape, so that neither is needed alone.

    Parameters
    ----------
    field : str
        Column that says the kind.
    looks : mapping of str to tuple of (str, str)
        Kind -> colour and shape, in the order of the legend.

    Returns
    -------
    dict
        ``color`` and ``shape``, for `encode` of a chart with points.

    Examples
    --------
    >>> sorted(look("kind", {"below 0.8": (ORANGE, "diamond"), "0.8 or more": (BLUE, "circle")}))
    ['color', 'shape']
    """
    import altair as alt

    kinds = list(looks)
    return {
        "color": alt.Color(f"{field}:N", scale=alt.Scale(domain=kinds, range=[colour for colour, _ in looks.values()])),
        "shape": alt.Shape(f"{field}:N", scale=alt.Scale(domain=kinds, range=[shape for _, shape in looks.values()])),
    }


def line_at(value: float, axis: str = "x", *, dash: tuple[int, int] = (6, 4)) -> "alt.Chart":
    """Draw a line across a picture, dashed unless `dash` is ``(1, 0)``.

    Parameters
    ----------
    value : float
        Where on the axis.
    axis : str
        ``"x"`` for an upright line, ``"y"`` for a level one.
    dash : tuple of (int, int)
        Pixels drawn and pixels left out.

    Returns
    -------
    altair.Chart
        A layer for `picture`.
    """
    import altair as alt

    rule: alt.Chart = alt.Chart(alt.InlineData(values=[{"at": value}]))
    rule = rule.mark_rule(strokeDash=list(dash), strokeWidth=2, color="#222")
    return rule.encode(**{axis: "at:Q"})


def labels_in_lines(field: str = "label", *, split_at: str = " / ") -> "alt.Y":
    """Return an axis of words that are broken into lines, so that they fit on a telephone; order as in the data."""
    import altair as alt

    return alt.Y(f"{field}:N", sort=None, title=None, axis=alt.Axis(labelExpr=f"split(datum.value, '{split_at}')"))


def bars(rows: Sequence[Mapping[str, Any]], *, axis: str, top: float, message: str, line: float | None = None) -> str:
    """Draw labelled bars, each with its figure written beside it.

    Parameters
    ----------
    rows : sequence of mappings
        Each with ``label`` (" / " breaks it into lines), ``value``, ``text`` (the figure as written) and, where a bar
        is to stand out, ``colour``.
    axis : str
        What the bars' length says, with its unit.
    top : float
        Longest value that fits.
    message : str
        Text alternative.
    line : float, optional
        Value at which a dashed line is drawn.

    Returns
    -------
    str
        HTML.
    """
    import altair as alt

    values = [{"colour": BLUE, **row} for row in rows]
    lines = max(str(row["label"]).count(" / ") + 1 for row in values)
    base: alt.Chart = alt.Chart(alt.InlineData(values=values)).encode(y=labels_in_lines())
    scale = alt.Scale(domain=[0, top * (1 + _LABEL_SHARE)], nice=False)
    ticks = alt.Axis(values=_round_places(top), labelExpr="datum.value")  # else 12.5 would read 13
    x = alt.X("value:Q", title=axis, scale=scale, axis=ticks)
    figure: dict[str, Any] = {"align": "left", "dx": 6, "fontSize": 15, "fontWeight": "bold"}
    layers = [
        base.mark_bar(size=24).encode(x=x, color=alt.Color("colour:N", scale=None)),
        *([] if line is None else [line_at(line)]),
        # A white edge first, so that no line runs through a figure.
        base.mark_text(**figure, stroke="#fff", strokeWidth=5, strokeJoin="round").encode(x="value:Q", text="text:N"),
        base.mark_text(**figure, color=INK).encode(x="value:Q", text="text:N"),
    ]
    return picture(layers, message=message, height=(20 + 20 * lines) * len(values), width=220)


def _round_places(top: float) -> list[float]:
    """Return where an axis up to `top` is marked: four equal steps if these are round, else up to five that are."""
    if top <= 0:
        return [0.0]
    power = 10.0 ** math.floor(math.log10(top / 4))
    step = top / 4
    if round(step / power, 6) not in _ROUND_STEPS:
        step = next(part * size for size in (power, 10 * power) for part in (1, 2, 2.5, 5) if part * size * 5 >= top)
    return [round(step * part, 6) for part in range(6) if step * part <= top * (1 + 1e-9)]


def ratio_ranges(
    rows: Sequence[Mapping[str, Any]], *, message: str, end: float = 2.0, split_at: str = " / ", width: int = 230
) -> str:
    """Draw impact ratios with their intervals, a dashed line at four fifths and a solid one at equal rates.

    Parameters
    ----------
    rows : sequence of mappings
        Each with ``label``, ``ratio``, ``low``, ``high`` (of the interval) and ``verdict`` (as `Verdict` words it).
    message : str
        Text alternative.
    end : float, optional
        Where the axis ends; intervals that go on are cut there.
    split_at : str, optional
        Where a label is broken into lines.
    width : int, optional
        Of the drawing area, in pixels.

    Returns
    -------
    str
        HTML.
    """
    import altair as alt

    from evaluators.screening.verdicts import Verdict  # pictures of other lessons need no screening

    looks = look(
        "verdict",
        {
            Verdict.EVIDENCE.value: (RED, "diamond"),
            Verdict.TOO_LITTLE_DATA.value: (GREY, "triangle-up"),
            Verdict.NONE_SEEN.value: (BLUE, "circle"),
        },
    )
    values = [{**row, "end": min(row["high"], end)} for row in rows]
    lines = max(str(row["label"]).count(split_at) + 1 for row in rows)
    base: alt.Chart = alt.Chart(alt.InlineData(values=values)).encode(y=labels_in_lines(split_at=split_at))
    scale = alt.Scale(domain=[0, end], clamp=True)
    places = [at for at in (0, 0.4, 0.8, 1, 1.5, 2) if at <= end]
    axis = alt.Axis(values=places, labelExpr="datum.value", labelOverlap=False)  # 1.0 would run into 0.8
    title = ["Impact ratio", "(dashed: four fifths; solid: equal)"]
    layers = [
        line_at(0.8),
        line_at(1, dash=(1, 0)),
        base.mark_rule(strokeWidth=4, opacity=0.7).encode(
            x=alt.X("low:Q", scale=scale, axis=axis, title=title), x2="end:Q", color=looks["color"]
        ),
        base.mark_point(size=150, filled=True, opacity=1).encode(x=alt.X("ratio:Q", scale=scale), **looks),
    ]
    return picture(layers, message=message, height=max(46, 8 + 19 * lines) * len(values) + 10, width=width)

"""Pictures and paragraphs of lessons: one readable size, and never a meaning in colour alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evaluators.reports.charts import chart_html

if TYPE_CHECKING:
    import altair as alt

BLUE, ORANGE, GREY, RED = "#14507a", "#d9822b", "#6b7480", "#a33b00"

_INK = "#1c2430"
_LABEL_SHARE = 0.4  # of the bars' length, for figures that stand beside them


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
    ticks = alt.Axis(values=[top * part / 4 for part in range(5)], labelExpr="datum.value")  # else 12.5 would read 13
    x = alt.X("value:Q", title=axis, scale=scale, axis=ticks)
    layers = [
        base.mark_bar(size=24).encode(x=x, color=alt.Color("colour:N", scale=None)),
        base.mark_text(align="left", dx=6, fontSize=15, fontWeight="bold", color=_INK).encode(
            x="value:Q", text="text:N"
        ),
    ]
    if line is not None:
        layers.append(line_at(line))
    return picture(layers, message=message, height=(20 + 20 * lines) * len(values), width=220)

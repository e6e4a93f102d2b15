"""How charts look, and at which sizes they are read on a telephone and a desk; imported only when one is asked for.

A page shrinks a chart that is wider than the screen, and its letters with it. So the charts are as wide as a telephone,
long labels are broken into lines, and titles and legends stand above and below the plot.
"""

import json
import textwrap
from typing import Any

import altair as alt

from evaluators._palette import GUIDE

LABEL_PIXELS = 130  # beside the plot, for the labels of groups
LABELLED_WIDTH = 210  # of a plot that has such labels; together a telephone's 340
WIDTH = 285  # of a plot with figures on its upright axis
_LABEL_LETTERS = 20
_LINE_LETTERS = 52
# Of the charts that stand in lessons (`large_letters`): letters of 14 pixels beside text of 16, so lines are shorter.
LARGE = 14  # pixels
_LARGE_LABEL_LETTERS = 17
_LARGE_LINE_LETTERS = 40
_LARGE_TITLE_LETTERS = 34


def broken_lines(labels: list[str], letters: int = _LABEL_LETTERS) -> str:
    """Write long labels on several lines, as an expression of Vega."""
    lines = {label: textwrap.wrap(label, letters) for label in labels if len(label) > letters}
    cases = [f"datum.value === {json.dumps(label)} ? {json.dumps(broken)}" for label, broken in lines.items()]
    return " : ".join([*cases, "datum.value"])


def labelled(labels: list[str]) -> alt.Axis:
    """Return an axis for the labels of groups."""
    return alt.Axis(labelLimit=LABEL_PIXELS, labelExpr=broken_lines(labels))


def large_labelled(labels: list[str]) -> alt.Axis:
    """Return an axis for the labels of groups in a chart with `large_letters`."""
    return alt.Axis(labelLimit=LABEL_PIXELS, labelExpr=broken_lines(labels, _LARGE_LABEL_LETTERS))


def row_pixels(labels: list[str]) -> int:
    """Return how high a row must be in a chart with `large_letters`, so that no label runs into the next."""
    lines = max((len(textwrap.wrap(label, _LARGE_LABEL_LETTERS)) for label in labels), default=1)
    return max(38, 10 + (LARGE + 3) * lines)


def titled(title: str, *said: str) -> alt.Title:
    """Return a title at the left edge, with the lines said below it broken where they are long."""
    lines = [line for each in said for line in textwrap.wrap(each, _LINE_LETTERS)]
    return alt.Title(title, subtitle=lines, anchor="start", offset=10)


def large_titled(title: str, *said: str) -> alt.Title:
    """Return a title, and lines below it, for a chart with `large_letters`."""
    lines = [line for each in said for line in textwrap.wrap(each, _LARGE_LINE_LETTERS)]
    return alt.Title(textwrap.wrap(title, _LARGE_TITLE_LETTERS), subtitle=lines, anchor="start", offset=10)


def large_letters() -> alt.Config:
    """Return the settings of a chart read on a telephone: letters of `LARGE` pixels, legends under the plot."""
    axis = alt.AxisConfig(labelFontSize=LARGE, titleFontSize=LARGE, titleFontWeight="normal")
    below = alt.AxisConfig(labelSeparation=10)
    legend = alt.LegendConfig(orient="bottom", columns=1, labelLimit=330, labelFontSize=LARGE, symbolSize=110)
    title = alt.TitleConfig(fontSize=LARGE + 1, subtitleFontSize=LARGE, subtitleLineHeight=LARGE + 4)
    header = alt.HeaderConfig(labelFontSize=LARGE)
    return alt.Config(axis=axis, axisX=below, legend=legend, title=title, header=header)


def headed(label: str) -> alt.Title:
    """Return the heading of one plot among several, above its left edge."""
    return alt.Title(label, anchor="start", frame="group")


def legends_below() -> alt.Config:
    """Return the setting that puts legends under the plot, one entry a line."""
    return alt.Config(legend=alt.LegendConfig(orient="bottom", columns=1, labelLimit=300))


def look(labels: list[str], looks: tuple[Any, ...]) -> alt.Scale:
    """Give each label a look of its own (of COLOURS, DASHES or SHAPES); where they run out, they start again."""
    return alt.Scale(domain=labels, range=[looks[place % len(looks)] for place in range(len(labels))])


def guide(axis: str, at: float, *, dash: tuple[int, int] = (6, 4), **options: Any) -> alt.Chart:
    """Draw a dashed line to compare with, at a place on an axis (``"x"`` or ``"y"``); options are the axis's."""
    drawn: alt.Chart = alt.Chart(alt.InlineData(values=[{"at": at}])).mark_rule(strokeDash=list(dash), color=GUIDE)
    return drawn.encode(x=alt.X("at:Q", **options)) if axis == "x" else drawn.encode(y=alt.Y("at:Q", **options))

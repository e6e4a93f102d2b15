"""How often tests of several sizes speak; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import WIDTH, large_letters, large_titled
from evaluators._palette import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from evaluators.judgement.screener.detection import DetectionRates

_LOOKS = {
    "audit of the shortlist": ("shortlist", GREY, "triangle-up", [2, 3]),
    "people who are alike": ("alike", BLUE, "circle", [6, 3]),
    "at least one of the two": ("either", ORANGE, "diamond", [1, 0]),
}


def detection_chart(found: "DetectionRates") -> alt.LayerChart:
    """Draw `DetectionRates`: see its `chart`."""
    values = [
        {"size": row.size, "percent": round(100 * getattr(row, field), 6), "look": name}
        for name, (field, *_) in _LOOKS.items()
        for row in found
    ]
    names = list(_LOOKS)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("size:Q", title="Résumés in the test", axis=alt.Axis(values=[row.size for row in found])),
        y=alt.Y("percent:Q", title="Tests that speak, of 100", scale=alt.Scale(domain=[0, 100])),
        color=alt.Color(
            "look:N", title=None, scale=alt.Scale(domain=names, range=[look[1] for look in _LOOKS.values()])
        ),
    )
    lines = base.mark_line(strokeWidth=2.5).encode(
        strokeDash=alt.StrokeDash(
            "look:N", title=None, scale=alt.Scale(domain=names, range=[look[3] for look in _LOOKS.values()])
        )
    )
    points = base.mark_point(size=110, filled=True, opacity=1).encode(
        shape=alt.Shape(
            "look:N", title=None, scale=alt.Scale(domain=names, range=[look[2] for look in _LOOKS.values()])
        )
    )
    return alt.LayerChart(
        layer=[lines, points],
        width=WIDTH,
        height=200,
        title=large_titled("How often does a test find it?", f"{found.draws:,} tests of each size, drawn by lot."),
        description=found.summary(),
        config=large_letters(),
    )

"""Missed and needless alarms, drawn over how careful the alarm is."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import titled
from evaluators._palette import BLUE, INK, RED

if TYPE_CHECKING:
    from evaluators.chatbot.sensitive_bar import AlarmMargins


def alarm_chart(margins: "AlarmMargins", care: float) -> alt.LayerChart:
    """Draw the counts of all settings; see `AlarmMargins.chart`."""
    table, own, chosen = margins.to_frame(), margins.at(), margins.at(care)
    grave, ordinary = own.found + own.missed, own.needless + own.quiet
    kinds = [f"missed, of {grave} grave", f"needless, of {ordinary} ordinary"]
    rows = [
        {"care": row["care"], "count": row[name], "what": kind}
        for row in table.to_dict("records")
        for name, kind in zip(("missed", "needless"), kinds, strict=True)
    ]
    lines = alt.Chart(alt.InlineData(values=rows)).mark_line(interpolate="step-after", strokeWidth=3)
    lines = lines.encode(
        x=alt.X("care:Q", title="less careful  ←  setting  →  more careful", axis=alt.Axis(values=[-3, 0, 3])),
        y=alt.Y("count:Q", title="Messages"),
        color=alt.Color(
            "what:N", title=None, scale=alt.Scale(domain=kinds, range=[RED, BLUE]), legend=alt.Legend(orient="bottom")
        ),
        strokeDash=alt.StrokeDash("what:N", title=None, scale=alt.Scale(domain=kinds, range=[[1, 0], [6, 3]])),
    )
    mark = alt.Chart(alt.InlineData(values=[{"care": care}])).mark_rule(strokeDash=[3, 3], strokeWidth=2, color=INK)
    words = f"At the marked setting {chosen.missed} missed and {chosen.needless} needless. {margins.summary()}"
    drawn: alt.LayerChart = (
        alt.LayerChart(
            layer=[lines, mark.encode(x="care:Q")],
            title=titled("What a more careful alarm costs", "The upright line marks the setting."),
            width=260,
            height=220,
            description=words,
        )
        .configure_axis(labelFontSize=14, titleFontSize=14, grid=False)
        .configure_legend(labelFontSize=14, direction="vertical")
    )
    return drawn

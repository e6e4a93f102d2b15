"""The control charts of an audit over time; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import WIDTH, headed, legends_below, titled
from evaluators._palette import BLUE, GREY, GUIDE, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.screening.stability import StabilityAudit


def control_chart(audit: "StabilityAudit", figure: str) -> alt.VConcatChart:
    """Draw one control chart per group; see `StabilityAudit.chart`."""
    frame = audit.to_frame()
    frame = frame[frame["figure"] == figure]
    frame["kind"] = frame["signal"].map(lambda signal: "signal" if signal else "")
    frame.loc[(frame["kind"] == "") & frame["enough"], "kind"] = "as expected"
    frame.loc[frame["kind"] == "", "kind"] = "too few people"
    top = max(float(frame["value"].max()), float(frame.loc[frame["enough"], "high"].max()))  # NaN is never the larger
    top = min(3.0, 1.05 * top) if top > 0 else 1.0
    charts = []
    for group, rows in frame.groupby("group", sort=True):
        base = alt.Chart(alt.InlineData(values=plain(rows.to_dict("records")))).encode(
            x=alt.X("period:O", title=None, sort=list(audit.periods), axis=alt.Axis(labelOverlap=True, labelAngle=0))
        )
        y = alt.Y("value:Q", title=figure.capitalize(), scale=alt.Scale(domain=[0, top], clamp=True))
        limits = [
            base.transform_filter("datum.enough")
            .mark_line(interpolate="step", strokeDash=[5, 4], color=GUIDE)
            .encode(y=alt.Y(f"{end}:Q", scale=alt.Scale(domain=[0, top], clamp=True)))
            for end in ("low", "high")
        ]
        centre = base.mark_line(color=GUIDE, strokeWidth=1).encode(y=alt.Y("centre:Q"))
        line = base.mark_line(color=BLUE, strokeWidth=1.5).encode(y=y)
        kinds = ["as expected", "signal", "too few people"]
        points = base.mark_point(filled=True, opacity=1, size=70).encode(
            y=y,
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE, GREY])),
            shape=alt.Shape(
                "kind:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "diamond", "triangle-up"])
            ),
            tooltip=[
                "period:O",
                "selected:Q",
                "applicants:Q",
                alt.Tooltip("value:Q", format=".2f"),
                alt.Tooltip("low:Q", format=".2f"),
                alt.Tooltip("high:Q", format=".2f"),
                "signal:N",
            ],
        )
        charts.append(
            alt.layer(*limits, centre, line, points).properties(title=headed(str(group)), width=WIDTH, height=130)
        )
    return alt.VConcatChart(
        vconcat=charts,
        title=titled(f"{figure.capitalize()} by {audit.period}", "Dashed: 3-sigma limits. Grey line: what to expect."),
        config=legends_below(),
        description=audit.summary(),
    )

"""The chart of a ranking audit; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import WIDTH, guide, legends_below, look, titled
from evaluators._palette import COLOURS, DASHES, SHAPES
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.screening.ranking import RankingAudit


def top_chart(audit: "RankingAudit") -> alt.LayerChart:
    """Draw shares of the tops; see `RankingAudit.chart`."""
    frame = audit.to_frame()
    frame["more_than_luck"] = frame["p_adjusted"] < 0.05
    rows = plain(frame.to_dict("records"))
    labels = [group.group for group in audit.exposures]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("top:Q", title="Places counted from the top"),
        y=alt.Y("ratio:Q", title="Share of the top / share of the list", scale=alt.Scale(zero=True)),
        color=alt.Color("group:N", title="Group", scale=look(labels, COLOURS)),
    )
    even = guide("y", 1)
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("group:N", title="Group", scale=look(labels, DASHES))
    )
    shape = alt.Shape("group:N", title="Group", scale=look(labels, SHAPES))
    tooltip = ["group:N", "top:Q", "in_top:Q", alt.Tooltip("expected:Q", format=".1f")]
    sure = base.transform_filter("datum.more_than_luck").mark_point(size=100, filled=True, opacity=1)
    unsure = base.transform_filter("!datum.more_than_luck").mark_point(size=80, filled=False, opacity=1)
    return alt.LayerChart(
        layer=[
            even,
            lines,
            unsure.encode(shape=shape, tooltip=tooltip),
            sure.encode(shape=shape, tooltip=tooltip),
        ],
        title=titled(
            "Who stands at the top?",
            "Dashed level line: a group-blind order on average.",
            "Filled: more than luck explains.",
        ),
        config=legends_below(),
        width=WIDTH,
        height=240,
        description=audit.summary(),
    )

"""The chart of a search for alternatives; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import WIDTH, legends_below, titled
from evaluators._palette import GREY, INK, ORANGE
from evaluators._plain import plain
from evaluators.screening._charts.scores import threshold_line

if TYPE_CHECKING:
    from evaluators.screening.alternatives import AlternativeSearch


def trade_off_chart(search: "AlternativeSearch") -> alt.LayerChart:
    """Draw the trade-off; see `AlternativeSearch.chart`."""
    frame = search.to_frame()
    frame = frame[(frame["share_selected"] == search.baseline.share_selected) & frame["lowest_ratio"].notna()]
    frame["kind"] = "dominated"
    frame.loc[frame["on_frontier"], "kind"] = "on the frontier"
    frame.loc[frame["is_baseline"], "kind"] = "baseline"
    kinds = ["baseline", "on the frontier", "dominated"]
    base = alt.Chart(alt.InlineData(values=plain(frame.to_dict("records")))).encode(
        x=alt.X(f"{search.quality}:Q", title=f"Quality: {search.quality}", scale=alt.Scale(zero=False, padding=15)),
        y=alt.Y("lowest_ratio:Q", title="Lowest impact ratio", scale=alt.Scale(domainMin=0)),
    )
    line = base.transform_filter("datum.on_frontier").mark_line(color=ORANGE, strokeWidth=1.5, strokeDash=[3, 2])
    points = base.mark_point(size=100, filled=True, opacity=1).encode(
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[INK, ORANGE, GREY])),
        shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["square", "diamond", "circle"])),
        tooltip=[
            "dropped:N",
            alt.Tooltip(f"{search.quality}:Q", format=".3f"),
            alt.Tooltip("lowest_ratio:Q", format=".2f"),
        ],
    )
    return alt.LayerChart(
        layer=[threshold_line(), line, points],
        title=titled("What would a smaller gap cost?", "Right: better. Up: smaller gap. Dashed grey: 0.8."),
        config=legends_below(),
        width=WIDTH,
        height=260,
        description=search.summary(),
    )

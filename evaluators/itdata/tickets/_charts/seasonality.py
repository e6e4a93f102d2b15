"""The chart of the usual week and year; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from evaluators._chart_looks import guide
from evaluators._palette import BLUE, INK
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.itdata.tickets.seasonality import Seasonality


def season_chart(result: "Seasonality") -> alt.VConcatChart:
    """Draw weekdays, hours and months below each other; see `Seasonality.chart`."""
    frame = result.to_frame()
    panels = [
        _panel(frame[frame["pattern"] == pattern], title)
        for pattern, title in (("weekday", "Day of the week"), ("hour", "Hour of the day"), ("month", "Month"))
        if (frame["pattern"] == pattern).any()
    ]
    return alt.VConcatChart(
        vconcat=panels,
        title=alt.Title(
            f"When tickets are {result.what}",
            subtitle=[
                "1 is average, 2 twice as many. Thin lines: eight in ten",
                "weeks; for months the lowest and highest year.",
            ],
            anchor="start",
        ),
        description=result.summary(),
    )


def _panel(frame: "pd.DataFrame", title: str) -> alt.LayerChart:
    rows = plain(frame.to_dict("records"))
    for row in rows:
        row["name"] = row["name"].removesuffix(":00") if row["pattern"] == "hour" else row["name"][:3]
    order = [row["name"] for row in rows]
    axis = alt.Axis(labelAngle=0, labelFontSize=12, labelOverlap=True)
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=alt.X("name:O", title=title, sort=order, axis=axis))
    bars = base.mark_bar(color=BLUE, opacity=0.75).encode(
        y=alt.Y("factor:Q", title="Times average"),
        tooltip=["name:O", "tickets:Q", "occasions:Q", alt.Tooltip("factor:Q", format=".2f")],
    )
    spread = base.mark_rule(color=INK).encode(y=alt.Y("low:Q"), y2="high:Q")
    return alt.LayerChart(layer=[bars, spread, guide("y", 1)], width=320, height=120)

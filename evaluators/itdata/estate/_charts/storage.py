"""The chart of a storage forecast; imported only when it is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._palette import BLUE, DARK_ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.itdata.estate.storage_growth import StorageForecast


def forecast_chart(found: "StorageForecast") -> alt.LayerChart:
    """Draw record and forecast; see `StorageForecast.chart`."""
    frame = found.to_frame()
    join = frame[frame["kind"] == "recorded"].iloc[-1:].assign(kind="forecast")
    join = join.assign(low=join["gigabytes"], high=join["gigabytes"])  # the forecast begins where the record ends
    past = frame[frame["kind"] == "recorded"]
    ahead = frame[frame["kind"] == "forecast"]
    order = list(frame["month"])
    every = max(1, len(order) // 6)
    kinds = ["recorded", "forecast"]
    x = alt.X("month:O", title=None, sort=order, axis=alt.Axis(values=order[::every], labelAngle=-45))
    y = alt.Y("gigabytes:Q", title="Gigabytes", axis=alt.Axis(format="~s", tickCount=5))
    look = {
        "color": alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=[BLUE, DARK_ORANGE]),
            legend=alt.Legend(orient="top"),
        ),
        "strokeDash": alt.StrokeDash("kind:N", title=None, scale=alt.Scale(domain=kinds, range=[[1, 0], [6, 3]])),
    }
    tooltip = ["month:O", *(alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("gigabytes", "low", "high"))]
    records = [plain(part.to_dict("records")) for part in (past, [join, ahead][1])]
    joined = plain(join.to_dict("records")) + records[1]
    band = (
        alt.Chart(alt.InlineData(values=joined))
        .mark_area(opacity=0.2, color=DARK_ORANGE)
        .encode(x=x, y=alt.Y("low:Q", title="Gigabytes"), y2="high:Q")
    )
    lines = [
        alt.Chart(alt.InlineData(values=values)).mark_line(strokeWidth=2).encode(x=x, y=y, tooltip=tooltip, **look)
        for values in (records[0], joined)
    ]
    return alt.LayerChart(
        layer=[band, *lines],
        title=alt.Title(
            f"Storage: {found.system}", subtitle=f"Band: {found.confidence:.0%} of such ranges hold the true figure."
        ),
        width=300,
        height=220,
        description=found.summary(),
    )

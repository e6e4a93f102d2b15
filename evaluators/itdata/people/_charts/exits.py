"""The chart of early exits; imported only when it is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._palette import BLUE, DARK_ORANGE, INK
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.itdata.people.exits import EarlyExits


def exits_chart(found: "EarlyExits") -> alt.LayerChart:
    """Draw both shares with their intervals; see `EarlyExits.chart`."""
    frame = found.to_frame()
    frame["label"] = [f"{row.laptop}: {row.exits} of {row.people}" for row in frame.itertuples()]
    labels = list(frame["label"])
    base = alt.Chart(alt.InlineData(values=plain(frame.to_dict("records")))).encode(
        y=alt.Y("label:N", title=None, sort=labels, axis=alt.Axis(labelLimit=150, labelFontSize=12)),
        color=alt.Color("label:N", legend=None, scale=alt.Scale(domain=labels, range=[DARK_ORANGE, BLUE])),
    )
    x: dict[str, Any] = {
        "axis": alt.Axis(format="%", tickCount=5),
        "scale": alt.Scale(domain=[0, min(1.0, 1.08 * float(frame["high"].max()))]),
    }
    title = f"Share who left within {found.within_days} days"
    bars = base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", title=title, **x), x2="high:Q")
    dots = base.mark_point(filled=True, size=140, opacity=1).encode(
        x=alt.X("risk:Q", title=title, **x),
        shape=alt.Shape("label:N", legend=None, scale=alt.Scale(domain=labels, range=["diamond", "circle"])),
        tooltip=["laptop:N", "people:Q", "exits:Q", alt.Tooltip("risk:Q", format=".1%")],
    )
    words = base.mark_text(dy=-14, fontSize=12, color=INK).encode(
        x=alt.X("risk:Q", title=title, **x), text=alt.Text("risk:Q", format=".1%"), color=alt.value(INK)
    )
    return alt.LayerChart(
        layer=[bars, dots, words],
        title=alt.Title("Early exits by when the laptop came", subtitle="Lines: 95% Wilson intervals."),
        width=270,
        height=alt.Step(52),
        description=found.summary(),
    )

"""The chart of a simulation of fair audits; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any, Literal

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, labelled, titled
from evaluators._palette import BLUE, INK

if TYPE_CHECKING:
    from evaluators.screening.simulation import FairAudits


def false_alarm_chart(fair: "FairAudits") -> alt.LayerChart:
    """Draw false alarms per way of looking; see `FairAudits.chart`."""
    rows: list[dict[str, Any]] = [
        {str(key): value for key, value in row.items()} | {"text": f"{row['flagged_share']:.1%}"}
        for row in fair.to_frame().to_dict("records")
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y(
            "tool:N",
            title=None,
            sort=None,
            axis=labelled([row["tool"] for row in rows]),
        ),
        x=alt.X(
            "flagged_share:Q",
            title=["False alarms:", "share of the fair pools flagged"],
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%"),
        ),
    )
    bars = base.mark_bar(color=BLUE).encode(tooltip=["tool:N", "flagged:Q", "pools:Q"])
    looks: list[tuple[str, Literal["left", "right"], int, str]] = [
        ("<=", "left", 5, INK),
        (">", "right", -5, "#FFFFFF"),  # long bars carry their figure inside, so that none falls off the edge
    ]
    figures = [
        base.transform_filter(f"datum.flagged_share {compared} 0.8")
        .mark_text(align=align, dx=dx, color=colour, fontWeight="bold")
        .encode(text="text:N")
        for compared, align, dx, colour in looks
    ]
    return alt.LayerChart(
        layer=[bars, *figures],
        title=titled(
            "False alarms in fair pools",
            f"{fair.pools:,} pools of {fair.applicants:,} applicants; same chance for all.",
        ),
        width=LABELLED_WIDTH,
        height=alt.Step(44),
        description=fair.summary(),
    )

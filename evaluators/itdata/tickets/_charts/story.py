"""The chart of one ticket's life; imported only when a chart is asked for."""

from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._palette import BLUE
from evaluators.itdata._words import hours_in_words
from evaluators.itdata.tickets.story import is_parked

if TYPE_CHECKING:
    from evaluators.itdata.tickets.story import TicketStory

_WORK, _PARKED = BLUE, "#F3D9C4"
_SHORTEST = 0.012  # of the whole width, so that a stay of minutes is seen


def story_chart(story: "TicketStory") -> alt.LayerChart:
    """Draw the stays in each state; see `TicketStory.chart`."""
    whole = max(story.rows[-1].hours if story.resolved_hours is None else story.resolved_hours, 1e-6)
    unit, factor = ("days", 24.0) if whole > 72 else ("hours", 1.0)
    stays: list[dict[str, Any]] = []
    for row in story.rows:
        state = row.state or (stays[-1]["state"] if stays else "(no state)")
        if stays and row.hours > whole:
            break  # what comes after the resolution, such as closing by itself five days later, is no wait
        end = min(row.hours + (row.lasted or 0.0), whole)
        if stays and stays[-1]["state"] == state:
            stays[-1]["end"] = end
        else:
            stays.append({"state": state, "start": row.hours, "end": end})
    for stay in stays:
        stay["time"] = hours_in_words(stay["end"] - stay["start"])
        stay["parked"] = is_parked(stay["state"])
        stay["end"] = max(stay["end"], stay["start"] + _SHORTEST * whole) / factor
        stay["start"] /= factor
    names = list(dict.fromkeys(stay["state"] for stay in stays))
    base = alt.Chart(alt.InlineData(values=stays)).encode(
        y=alt.Y("state:N", sort=names, title=None, axis=alt.Axis(labelFontSize=12, labelLimit=130)),
        x=alt.X("start:Q", title=f"{unit.capitalize()} since it was opened", axis=alt.Axis(labelFontSize=12)),
        x2="end:Q",
        tooltip=["state:N", "time:N"],
    )
    layers = [
        base.transform_filter(f"{'' if parked else '!'}datum.parked").mark_bar(
            size=16, fill=_PARKED if parked else _WORK, stroke="#333333", strokeDash=[4, 3] if parked else [1, 0]
        )
        for parked in (False, True)
    ]
    waits = any(stay["parked"] for stay in stays)
    return alt.LayerChart(
        layer=layers,
        title=alt.Title(
            "In which state, and when",
            subtitle="Pale, dashed: IT waits for somebody else."
            if waits
            else "Up to the resolution; each bar is a stay.",
            anchor="start",
        ),
        width=230,
        height=alt.Step(30),
        description=story.summary(),
    )

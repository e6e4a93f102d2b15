"""Stated and recovered weights, a small plot for each rater; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, large_labelled, large_letters, large_titled
from evaluators._palette import BLUE, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.judgement.policies.stated import StatedAgainstRecovered

_SAID, _SHOWN = "stated", "recovered from the ratings"
_ROW_PIXELS = 26


def stated_chart(found: "StatedAgainstRecovered") -> alt.FacetChart:
    """Draw `StatedAgainstRecovered`: see its `chart`."""
    rows = [
        plain({"rater": row.rater, "cue": each.cue, "points": points, "kind": kind})
        for row in found
        for each in row.cues
        for kind, points in ((_SAID, each.stated), (_SHOWN, each.recovered))
    ]
    order = list(dict.fromkeys(row["cue"] for row in rows))
    base = alt.Chart().encode(y=alt.Y("cue:N", title=None, sort=order, axis=large_labelled(order)))
    lines = base.mark_line(color="#707070").encode(x=alt.X("points:Q", title="Points of 100"), detail="cue:N")
    points = base.mark_point(size=80, filled=True, opacity=1).encode(
        x=alt.X("points:Q", title="Points of 100"),
        color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=[_SAID, _SHOWN], range=[BLUE, ORANGE])),
        shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=[_SAID, _SHOWN], range=["circle", "diamond"])),
        tooltip=["rater:N", "cue:N", "kind:N", alt.Tooltip("points:Q", format=".0f")],
    )
    return alt.FacetChart(
        data=alt.InlineData(values=rows),
        spec=alt.LayerChart(layer=[lines, points], width=LABELLED_WIDTH, height=alt.Step(_ROW_PIXELS)),
        facet=alt.Facet("rater:N", title=None, sort=[row.rater for row in found]),
        columns=1,
        title=large_titled("What do raters say, and what do their ratings show?"),
        config=large_letters(),
        description=found.summary(),
    )

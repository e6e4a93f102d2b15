"""Which situations reach a person, drawn."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, labelled, titled
from evaluators._palette import BLUE, INK, PALE_GREY, RED
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.chatbot.flow import BotFlow


def flow_chart(flow: "BotFlow") -> alt.LayerChart:
    """Draw the situations of a bot; see `BotFlow.chart`."""
    rows: list[dict[str, object]] = []
    names: list[str] = []
    for each in flow.situations:
        words = f"{each.reached} of {each.openings}"
        if each.reached:
            turns = f"{each.median_turns:g}"
            words += f", turn {turns}" + (f" to {each.most_turns}" if each.most_turns != each.median_turns else "")
        elif each.loops:
            words += ", loop"
        name = each.situation.replace("_", " ")
        names.append(name)
        rows.append({"name": name, "share": each.share, "whole": 1, "words": words, "none": not each.reached})
    base = alt.Chart(alt.InlineData(values=plain(rows))).encode(
        y=alt.Y("name:N", title=None, sort=names, axis=labelled(names)),
        tooltip=[alt.Tooltip("name:N", title="situation"), alt.Tooltip("words:N", title="reached a person")],
    )
    scale = alt.Scale(domain=[0, 1])
    share = alt.X("share:Q", title="Share of openings that reached a person", scale=scale, axis=alt.Axis(format="%"))
    behind = base.mark_bar(size=16, color=PALE_GREY).encode(x=alt.X("whole:Q", scale=scale))
    bars = base.mark_bar(size=8, color=BLUE).encode(x=share)
    never = base.transform_filter("datum.none").mark_point(shape="cross", size=90, filled=True, color=RED, opacity=1)
    text = base.mark_text(align="left", baseline="bottom", dx=2, dy=-9, color=INK).encode(
        x=alt.datum(0, type="quantitative", scale=scale), text="words:N"
    )
    said = ["Thin bar: openings that reached a person. Above it: how many, and by which turn (median to longest)."]
    if flow.never:
        said.append("A cross: no opening did.")
    return alt.LayerChart(
        layer=[behind, bars, never.encode(x=share), text],
        title=titled(f"When {flow.bot} fetches a person", *said),
        width=LABELLED_WIDTH,
        height=alt.Step(46),
        description=flow.summary(),
    )

"""Charts of a reply's and a conversation's tone; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, WIDTH, guide, labelled, titled
from evaluators._palette import BLUE, INK, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.tone.conversation import ConversationTone
    from evaluators.tone.score import ToneScore

_POINTS = alt.Scale(domain=[0, 4])
_MOST_TURNS = 400


def reply_chart(score: "ToneScore") -> alt.LayerChart:
    """Draw the dimensions of a reply; see `ToneScore.chart`."""
    rows = [
        {"name": each.name, "score": each.score, "confidence": each.confidence, "start": each.baseline}
        for each in score.dimensions
        if not score.abstained
    ]
    names = [each.name for each in score.dimensions]
    base = alt.Chart(alt.InlineData(values=plain(rows))).encode(
        y=alt.Y("name:N", title=None, sort=names, axis=labelled(names)),
        x=alt.X("score:Q", title="Points (0 hurts, 2 will do, 4 is best)", scale=_POINTS, axis=alt.Axis(tickCount=5)),
        tooltip=["name:N", alt.Tooltip("score:Q", format=".1f"), "confidence:N"],
    )
    bars = base.mark_bar(size=12, color=BLUE, opacity=0.55)
    sure = base.transform_filter("datum.confidence !== 'low'").mark_point(size=70, filled=True, color=INK, opacity=1)
    unsure = base.transform_filter("datum.confidence === 'low'").mark_point(size=70, filled=False, color=INK)
    said = ["Line at 2: nothing earned, nothing spoilt. Hollow: low confidence."]
    if score.abstained:
        said = [f"No score: {score.abstained}"]
    elif not score.gate.passed:
        said.append(f"The gate failed: {score.overall:.1f} as a whole, {score.mean:.1f} without it.")
    return alt.LayerChart(
        layer=[bars, guide("x", 2, scale=_POINTS), sure, unsure],
        title=titled("How the reply reads", *said),
        width=LABELLED_WIDTH,
        height=alt.Step(34),
        description=score.summary(),
    )


def conversation_chart(told: "ConversationTone") -> alt.LayerChart:
    """Draw the replies of a conversation; see `ConversationTone.chart`."""
    rows = [
        {"turn": number, "overall": turn.overall, "gate": "failed" if not turn.gate.passed else "passed or not needed"}
        for number, turn in enumerate(told.turns, start=1)
        if not turn.abstained
    ]
    shown = rows
    said = ["Crosses failed the gate. Dashed: 2, will do."]
    if len(rows) > _MOST_TURNS:
        step = -(-len(rows) // _MOST_TURNS)
        shown = [min(rows[place : place + step], key=lambda row: row["overall"]) for place in range(0, len(rows), step)]
        said.append(f"Of each {step} replies the one with the lowest score.")
    base = alt.Chart(alt.InlineData(values=plain(shown))).encode(
        x=alt.X(
            "turn:Q", title="Reply", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(zero=False, nice=False)
        ),
        y=alt.Y("overall:Q", title="Points as a whole", scale=_POINTS),
    )
    line = base.mark_line(color=BLUE, strokeWidth=2)
    domain = ["passed or not needed", "failed"]
    marks = base.mark_point(size=80, filled=False, strokeWidth=2, opacity=1).encode(
        shape=alt.Shape("gate:N", title="Gate", scale=alt.Scale(domain=domain, range=["circle", "cross"]), legend=None),
        color=alt.Color("gate:N", scale=alt.Scale(domain=domain, range=[BLUE, ORANGE]), legend=None),
        tooltip=["turn:Q", alt.Tooltip("overall:Q", format=".1f"), "gate:N"],
    )
    return alt.LayerChart(
        layer=[guide("y", 2, scale=_POINTS), line, marks],
        title=titled("How the conversation reads, reply by reply", *said),
        width=WIDTH,
        height=220,
        description=told.summary(),
    )

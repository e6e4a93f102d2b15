"""Charts of conversation tests; Altair is imported with this module only."""

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, guide, labelled, titled
from evaluators._palette import BLUE, INK, ORANGE
from evaluators._plain import plain
from evaluators.tone.conversation_tests.diff import RunDiff
from evaluators.tone.conversation_tests.errors import AcceptedRunError, ConversationTestError
from evaluators.tone.conversation_tests.replies_table import ReplyScores
from evaluators.tone.conversation_tests.results import TestRun
from evaluators.tone.rubric import load_rubric

_POINTS = alt.Scale(domain=[0, 4])
_X_TITLE = "Points (0 hurts, 2 will do, 4 is best)"
_MOST = 30


def situation_chart(run: TestRun) -> alt.LayerChart:
    """Draw mean and lowest reply of each situation; see `TestRun.chart`."""
    table = run.by_situation()
    rows = [row for row in table.to_dict("records") if row["replies"]]
    if not rows:
        raise AcceptedRunError("No reply could be scored, so there is nothing to draw.", "Look at the errors first.")
    names = [row["situation"].replace("_", " ") for row in rows]
    for row, name in zip(rows, names, strict=True):
        row["name"] = name
    base = alt.Chart(alt.InlineData(values=plain(rows))).encode(
        y=alt.Y("name:N", title=None, sort=names, axis=labelled(names)),
        tooltip=["name:N", alt.Tooltip("mean:Q", format=".1f"), alt.Tooltip("minimum:Q", format=".1f"), "stories:Q"],
    )
    lowest = alt.X("minimum:Q", title=_X_TITLE, scale=_POINTS, axis=alt.Axis(tickCount=5))
    rules = base.mark_rule(color=INK, strokeWidth=2).encode(x=lowest, x2="mean:Q")
    low = base.mark_point(shape="diamond", filled=False, color=ORANGE, size=90, strokeWidth=2).encode(x=lowest)
    mean = base.mark_point(shape="circle", filled=True, color=BLUE, size=90, opacity=1).encode(
        x=alt.X("mean:Q", title=_X_TITLE, scale=_POINTS)
    )
    told = "; ".join(f"{row['name']}: mean {row['mean']:.1f}, lowest {row['minimum']:.1f}" for row in rows)
    return alt.LayerChart(
        layer=[guide("x", 2, scale=_POINTS), rules, low, mean],
        title=titled(
            "Tone by situation", "Circle: mean of the replies. Hollow diamond: the lowest. Line at 2: will do."
        ),
        width=LABELLED_WIDTH,
        height=alt.Step(30),
        description=f"Points from 0 to 4. {told}.",
    )


def diff_chart(diff: RunDiff) -> alt.LayerChart:
    """Draw the scores that moved; see `RunDiff.chart`."""
    table = diff.to_frame()
    if table.empty:
        raise AcceptedRunError("No score moved, so there is nothing to draw.", "Look at the summary.")
    rows = table.to_dict("records")
    rows = sorted(rows, key=lambda row: (row["change"], row["story"], row["step"], row["dimension"]))[:_MOST]
    for row in rows:
        row["name"] = f"{row['story'][:24]}, reply {row['step']}: {row['dimension'].replace('_', ' ')}"
        row["way"] = "fell" if row["change"] < 0 else "rose"
    names = list(dict.fromkeys(row["name"] for row in rows))
    base = alt.Chart(alt.InlineData(values=plain(rows))).encode(
        y=alt.Y("name:N", title=None, sort=names, axis=labelled(names)),
        tooltip=["name:N", alt.Tooltip("before:Q", format=".1f"), alt.Tooltip("now:Q", format=".1f"), "words:N"],
    )
    before = alt.X("before:Q", title=_X_TITLE, scale=_POINTS, axis=alt.Axis(tickCount=5))
    domain = ["fell", "rose"]
    colour = alt.Color("way:N", scale=alt.Scale(domain=domain, range=[ORANGE, BLUE]), legend=None)
    rules = base.mark_rule(strokeWidth=2).encode(x=before, x2="now:Q", color=colour)
    start = base.mark_point(shape="circle", filled=False, color=INK, size=60).encode(x=before)
    end = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("now:Q", title=_X_TITLE, scale=_POINTS),
        color=colour,
        shape=alt.Shape(
            "way:N", scale=alt.Scale(domain=domain, range=["triangle-left", "triangle-right"]), legend=None
        ),
    )
    more = f" The {_MOST} that fell most of {len(table)}." if len(table) > _MOST else ""
    return alt.LayerChart(
        layer=[rules, start, end],
        title=titled(
            "Scores that moved", f"Hollow circle: before. Triangle: now, pointing down or up the scale.{more}"
        ),
        width=LABELLED_WIDTH,
        height=alt.Step(34),
        description=diff.summary(),
    )


def means_chart(scores: ReplyScores) -> alt.LayerChart:
    """Draw the mean of each dimension; see `ReplyScores.chart`."""
    if not scores.scored:
        raise ConversationTestError("No reply could be scored, so there is nothing to draw.", "Look at the rows.")
    names = {each.key: each.name for each in load_rubric().dimensions}
    rows = [{"name": names[key], "mean": value} for key, value in scores.means().items()]
    base = alt.Chart(alt.InlineData(values=plain(rows))).encode(
        y=alt.Y("name:N", title=None, sort=list(names.values()), axis=labelled(list(names.values()))),
        x=alt.X("mean:Q", title=_X_TITLE, scale=_POINTS, axis=alt.Axis(tickCount=5)),
        tooltip=["name:N", alt.Tooltip("mean:Q", format=".1f")],
    )
    return alt.LayerChart(
        layer=[base.mark_bar(size=12, color=BLUE, opacity=0.55), guide("x", 2, scale=_POINTS)],
        title=titled("How the replies read", f"Means of {len(scores.scored):,} replies. Line at 2: will do."),
        width=LABELLED_WIDTH,
        height=alt.Step(30),
        description=scores.summary(),
    )

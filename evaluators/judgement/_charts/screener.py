"""How a screener's scores spread; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from evaluators._chart_looks import WIDTH, large_letters, large_titled
from evaluators._palette import BLUE

if TYPE_CHECKING:
    from evaluators.judgement.screener.run import ScreenerRun

_BINS = 20
_HEIGHT = 160


def scores_chart(run: "ScreenerRun") -> alt.Chart:
    """Draw `ScreenerRun`: see its `chart`."""
    counts, edges = np.histogram(run.scores.to_numpy(dtype=float), bins=_BINS)
    rows = [
        {"from": float(f"{low:.6g}"), "to": float(f"{high:.6g}"), "count": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    drawn: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color=BLUE, stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("from:Q", title="Score", bin="binned", scale=alt.Scale(zero=False)),
            x2="to:Q",
            y=alt.Y("count:Q", title="Résumés"),
            tooltip=[alt.Tooltip("from:Q"), alt.Tooltip("to:Q"), alt.Tooltip("count:Q", title="résumés")],
        )
        .properties(
            title=large_titled(
                "How the scores spread", f"{len(run.scores):,} résumés, {run.scores.nunique():,} scores."
            ),
            width=WIDTH,
            height=_HEIGHT,
            description=run.summary(),
            config=large_letters(),
        )
    )
    return drawn

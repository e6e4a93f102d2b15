"""The chart of a search for proxies; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import LABELLED_WIDTH, labelled, legends_below, titled
from evaluators._palette import BLUE, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.screening.proxies import ProxySearch


def proxy_chart(search: "ProxySearch") -> alt.LayerChart:
    """Draw AUCs beside luck; see `ProxySearch.chart`."""
    frame = search.to_frame()
    frame["guessing"] = 0.5
    frame["result"] = frame["found"].map({True: "gives the group away", False: "not told from luck"})
    order = frame["feature"].tolist()
    kinds = ["gives the group away", "not told from luck"]
    base = alt.Chart(alt.InlineData(values=plain(frame.to_dict("records")))).encode(
        y=alt.Y("feature:N", title=None, sort=order, axis=labelled(order))
    )
    low = min(0.4, float(frame["auc"].min()))
    scale = alt.Scale(domain=[low, 1])
    luck = base.mark_bar(size=12, color="#BDBDBD").encode(
        x=alt.X("guessing:Q", scale=scale, title=["Pairs told apart", "(0.5 = guessing, 1 = always)"]),
        x2="auc_by_luck:Q",
    )
    points = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=alt.X("auc:Q", scale=scale),
        color=alt.Color("result:N", title=None, scale=alt.Scale(domain=kinds, range=[ORANGE, BLUE])),
        shape=alt.Shape("result:N", title=None, scale=alt.Scale(domain=kinds, range=["diamond", "circle"])),
        tooltip=["feature:N", "group:N", alt.Tooltip("auc:Q", format=".2f"), alt.Tooltip("p_adjusted:Q", format=".3f")],
    )
    return alt.LayerChart(
        layer=[luck, points],
        title=titled("Which columns give the group away?", "Grey bars: how far luck gets, 95 times in 100."),
        config=legends_below(),
        width=LABELLED_WIDTH,
        height=alt.Step(30),
        description=search.summary(),
    )

"""The chart of licences; imported only when it is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._palette import INK, ORANGE, PALE_BLUE
from evaluators._plain import plain
from evaluators.itdata._words import counted, euros

if TYPE_CHECKING:
    from evaluators.itdata.estate.licences import LicenceUse

_USED, _UNUSED = "used or too new to say", "unused"


def licence_chart(use: "LicenceUse", most: int) -> alt.LayerChart:
    """Draw euros a year by product; see `LicenceUse.chart`."""
    shown = use.products[:most]
    order = [each.product for each in shown]
    parts = [
        {
            "product": each.product,
            "part": part,
            "place": place,
            "euros": amount,
            "licences": number,
        }
        for each in shown
        for place, (part, amount, number) in enumerate(
            (
                (_UNUSED, each.euros_unused_year, each.unused),
                (_USED, each.euros_year - each.euros_unused_year, each.assigned - each.unused),
            )
        )
    ]
    texts = [
        {
            "product": each.product,
            "euros": each.euros_year,
            "text": f"{each.unused:,} of {each.assigned:,} unused",
        }
        for each in shown
    ]
    y = alt.Y("product:N", title=None, sort=order, axis=alt.Axis(labelLimit=130))
    widest = max((each.euros_year for each in shown), default=0.0) or 1.0
    x = alt.X(
        "euros:Q",
        title="Euros a year",
        scale=alt.Scale(domain=[0, 1.55 * widest], nice=False),
        axis=alt.Axis(tickCount=4, format="~s"),
        stack="zero",
    )
    bars = (
        alt.Chart(alt.InlineData(values=plain(parts)))
        .mark_bar(stroke=INK, strokeWidth=0.6)
        .encode(
            y=y,
            x=x,
            order="place:Q",
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(domain=[_UNUSED, _USED], range=[ORANGE, PALE_BLUE]),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["product:N", "part:N", "licences:Q", alt.Tooltip("euros:Q", format=",.0f")],
        )
    )
    words = (
        alt.Chart(alt.InlineData(values=plain(texts)))
        .mark_text(align="left", dx=4, fontSize=12)
        .encode(y=y, x=alt.X("euros:Q", title="Euros a year"), text="text:N")
    )
    left_out = len(use.products) - len(shown)
    rest = f" {counted(left_out, 'further product')} not drawn." if left_out else ""
    return alt.LayerChart(
        layer=[bars, words],
        title=alt.Title(
            f"Licences unused: {euros(use.total.euros_unused_year)} a year",
            subtitle=f"As of {use.as_of}; unused after {use.unused_after_days} days.{rest}",
        ),
        width=300,
        height=alt.Step(26),
        description=use.summary(),
    )

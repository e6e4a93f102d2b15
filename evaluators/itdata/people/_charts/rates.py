"""Charts of rates, standardised rates and ratios by stratum; imported only when a chart is asked for."""

import math
from typing import TYPE_CHECKING

import altair as alt

from evaluators._chart_looks import guide
from evaluators._palette import BLUE, GREY, ORANGE, PALE_GREY
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.itdata.people.association import Association
    from evaluators.itdata.people.rates import RateTable
    from evaluators.itdata.people.standardise import StandardisedRates

_WIDTH = 300
_MOST = 30
_TITLE = 48  # letters a line


def _height(rows: int) -> int:
    return max(60, 24 * rows)


def _y(order: list[str]) -> alt.Y:
    return alt.Y("group:N", title=None, sort=order, axis=alt.Axis(labelLimit=130, labelFontSize=12, ticks=False))


def rates_chart(table: "RateTable") -> alt.LayerChart:
    """Draw dots with intervals; see `RateTable.chart`."""
    known = [rate for rate in table.rates if not math.isnan(rate.rate)][:_MOST]
    rows = [
        {"group": rate.label, "rate": rate.rate, "low": rate.low, "high": rate.high, "people": rate.people}
        for rate in known
    ]
    base = alt.Chart(alt.InlineData(values=plain(rows))).encode(y=_y([rate.label for rate in known]))
    unit = f"{table.what[:1].upper()}{table.what[1:]} {table.unit}"
    x = alt.X("rate:Q", title=unit, scale=alt.Scale(zero=True))
    bars = base.mark_rule(strokeWidth=2, color=BLUE).encode(x=alt.X("low:Q"), x2="high:Q")
    dots = base.mark_point(filled=True, size=70, opacity=1, color=BLUE).encode(
        x=x,
        tooltip=[
            "group:N",
            alt.Tooltip("rate:Q", format=".1f"),
            alt.Tooltip("low:Q", format=".1f"),
            alt.Tooltip("high:Q", format=".1f"),
        ],
    )
    subtitle = [f"Lines: {table.confidence:.0%} intervals. Dashed: all."]
    if len(known) < len(table.rates):
        subtitle.append(f"The {len(known)} highest of {len(table.rates)} groups are shown.")
    return alt.LayerChart(
        layer=[guide("x", table.overall.rate), bars, dots],
        width=_WIDTH,
        height=_height(len(rows)),
        title=alt.Title(f"By {', '.join(table.by)}", subtitle=subtitle, anchor="start"),
        description=table.summary(),
    )


def standardised_chart(result: "StandardisedRates") -> alt.LayerChart:
    """Draw naive against standardised rates; see `StandardisedRates.chart`."""
    shown = result.rates[:_MOST]
    order = [rate.group for rate in shown]
    kinds = ["naive", "standardised"]
    names = ("standardised", "low", "high") if result.direct else ("indirect", "indirect_low", "indirect_high")
    points, pairs = [], []
    for rate in shown:
        value, low, high = (getattr(rate, name) for name in names)
        points.append({"group": rate.group, "kind": kinds[0], "rate": rate.rate})
        if not math.isnan(value):
            points.append({"group": rate.group, "kind": kinds[1], "rate": value})
            pairs.append({"group": rate.group, "from": rate.rate, "to": value, "low": low, "high": high})
    y = _y(order)
    joined = alt.Chart(alt.InlineData(values=plain(pairs)))
    link = joined.mark_rule(strokeWidth=5, color=PALE_GREY).encode(y=y, x=alt.X("from:Q"), x2="to:Q")
    spread = joined.mark_rule(strokeWidth=1.5, color=BLUE).encode(y=y, x=alt.X("low:Q"), x2="high:Q")
    dots = (
        alt.Chart(alt.InlineData(values=plain(points)))
        .mark_point(size=80, filled=True, opacity=1)
        .encode(
            y=y,
            x=alt.X("rate:Q", title="Per 100", scale=alt.Scale(zero=True)),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=kinds, range=[ORANGE, BLUE]),
                legend=alt.Legend(orient="bottom", labelFontSize=12),
            ),
            shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["square", "circle"])),
            tooltip=["group:N", "kind:N", alt.Tooltip("rate:Q", format=".1f")],
        )
    )
    return alt.LayerChart(
        layer=[link, spread, dots],
        width=_WIDTH,
        height=_height(len(order)),
        title=alt.Title(
            f"Rates by {result.group}",
            subtitle=[
                f"Naive, and with the mix of {result.stratum} taken",
                f"into account (line: {result.confidence:.0%} interval).",
            ],
            anchor="start",
        ),
        description=result.summary(),
    )


def association_chart(result: "Association") -> alt.LayerChart:
    """Draw ratios by stratum, naive and adjusted; see `Association.chart`."""
    named = [("All, naive", result.naive, "naive"), (f"Same {result.strata}", result.adjusted, "adjusted")]
    rows = [
        {"group": name, "kind": kind, "ratio": each.value, "low": each.low, "high": each.high}
        for name, each, kind in named
        if 0 < each.value < math.inf
    ]
    rows += [
        {"group": table.stratum, "kind": "one group", "ratio": table.risk_ratio}
        for table in result.tables[:_MOST]
        if 0 < table.risk_ratio < math.inf
    ]
    order = [str(row["group"]) for row in rows]
    kinds = ["naive", "adjusted", "one group"]
    drawn = plain([{key: each for key, each in row.items() if each == each} for row in rows])
    base = alt.Chart(alt.InlineData(values=drawn or [{}])).encode(y=_y(order))
    scale = alt.Scale(type="log", base=2)
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=kinds, range=[ORANGE, BLUE, GREY]),
        legend=alt.Legend(orient="bottom", labelFontSize=12),
    )
    spread = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=2)
        .encode(x=alt.X("low:Q", scale=scale), x2="high:Q", color=colour)
    )
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("ratio:Q", title="Times as often", scale=scale, axis=alt.Axis(format="~g")),
        color=colour,
        shape=alt.Shape("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["square", "circle", "diamond"])),
        tooltip=["group:N", alt.Tooltip("ratio:Q", format=".2f")],
    )
    title = f"{result.outcome}: with against without {result.exposure}"
    return alt.LayerChart(
        layer=[guide("x", 1, scale=scale), spread, dots],
        width=_WIDTH,
        height=_height(len(order)),
        title=alt.Title(title[:_TITLE], subtitle="Dashed: as often. Lines: 95% intervals.", anchor="start"),
        description=result.summary(),
    )

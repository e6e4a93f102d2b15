"""The XmR chart of a figure over time; imported only when a chart is asked for."""

import math
from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._palette import BLUE, GREY, GUIDE, INK, ORANGE
from evaluators._plain import plain

if TYPE_CHECKING:
    from evaluators.itdata.tickets.xmr import XmrChart, XmrPoint

_KINDS = ("as usual", "signal", "too few tickets")
_WIDTH = 320


def xmr_chart(result: "XmrChart") -> alt.VConcatChart:
    """Draw values above moving ranges; see `XmrChart.chart`."""
    share = result.unit == "share"
    rows = [_row(place, point, 100.0 if share else 1.0) for place, point in enumerate(result.points)]
    title = f"{result.figure[:1].upper()}{result.figure[1:]}"
    unit = " (%)" if share else ""
    steps = [phase[0].label for phase in result.phases[1:]]
    values = _panel(
        rows, f"{result.unit or 'value'}".capitalize() + unit, ("value", "centre", "low", "high"), "kind", 190, steps
    )
    ranges = _panel(rows, f"Change{unit}", ("moving_range", None, None, "range_high"), "jump", 90, steps)
    chart = alt.VConcatChart(
        vconcat=[values, ranges],
        title=alt.Title(
            title,
            subtitle=["Dashed: limits. Grey line: usual value. Below: change from", f"one {result.every} to the next."],
            anchor="start",
        ),
        description=result.summary(),
    )
    shared: alt.VConcatChart = chart.resolve_scale(color="shared", shape="shared")
    return shared


def _row(place: int, point: "XmrPoint", factor: float) -> dict[str, Any]:
    kind = _KINDS[2] if not point.usable else _KINDS[1] if point.signal else _KINDS[0]
    drawn = {
        name: getattr(point, name) * factor
        for name in ("value", "moving_range", "centre", "low", "high", "range_high")
        if math.isfinite(getattr(point, name))
    }
    return dict(
        plain(
            {
                "period": point.label,
                "place": place,
                "phase": point.phase,
                "kind": kind,
                "jump": _KINDS[1] if point.jump else kind if kind == _KINDS[2] else _KINDS[0],
                "why": point.signal,
                "tickets": point.cases,
                **drawn,
            }
        )
    )


def _panel(
    rows: list[dict[str, Any]],
    title: str,
    fields: tuple[str, str | None, str | None, str | None],
    kind: str,
    height: int,
    steps: list[str],
) -> alt.LayerChart:
    value, *lines = fields
    shown = [row for row in rows if value in row]
    periods = [row["period"] for row in rows]
    every = max(1, math.ceil(len(periods) / 6))
    base = alt.Chart(alt.InlineData(values=shown or [{}])).encode(
        x=alt.X(
            "period:O",
            title=None,
            sort=periods,
            scale=alt.Scale(domain=periods),
            axis=alt.Axis(values=periods[::every], labelAngle=-35, labelFontSize=12),
        )
    )
    y = alt.Y(f"{value}:Q", title=title, axis=alt.Axis(labelFontSize=12, titleFontSize=12), scale=alt.Scale(zero=False))
    layers: list[alt.Chart] = []
    for name in lines:
        if name is not None and any(name in row for row in shown):
            style: dict[str, Any] = {"strokeWidth": 1} if name == "centre" else {"strokeDash": [5, 4]}
            layers.append(base.mark_line(color=GUIDE, **style).encode(y=alt.Y(f"{name}:Q"), detail="phase:N"))
    layers.append(base.mark_line(color=BLUE, strokeWidth=1.2).encode(y=y, detail="phase:N"))
    scale = list(_KINDS)
    # One layer for each kind, so that signals lie on top; the legend comes from the shared scales.
    for each, size in zip((_KINDS[0], _KINDS[2], _KINDS[1]), (28, 45, 110), strict=True):
        layers.append(
            base.transform_filter(alt.FieldEqualPredicate(field=kind, equal=each))
            .mark_point(filled=True, opacity=1, size=size)
            .encode(
                y=y,
                color=alt.Color(
                    f"{kind}:N",
                    title=None,
                    scale=alt.Scale(domain=scale, range=[BLUE, ORANGE, GREY]),
                    legend=alt.Legend(orient="bottom", labelFontSize=12, symbolOpacity=1),
                ),
                shape=alt.Shape(
                    f"{kind}:N", title=None, scale=alt.Scale(domain=scale, range=["circle", "diamond", "triangle-up"])
                ),
                tooltip=["period:O", alt.Tooltip(f"{value}:Q", format=".4~g"), "tickets:Q", "why:N"],
            )
        )
    if steps:
        marks = alt.Chart(alt.InlineData(values=[{"period": step} for step in steps]))
        layers.insert(0, marks.mark_rule(color=INK, strokeWidth=1).encode(x=alt.X("period:O", sort=periods)))
    return alt.LayerChart(layer=layers, width=_WIDTH, height=height)

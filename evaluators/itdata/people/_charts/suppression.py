"""The picture of a table with hidden cells; imported only when a chart is asked for."""

from typing import TYPE_CHECKING

import altair as alt

from evaluators._palette import INK, PALE_GREY

if TYPE_CHECKING:
    from evaluators.itdata.people.suppression import SuppressedTable


def table_chart(table: "SuppressedTable") -> alt.LayerChart:
    """Draw the table as text in fields; see `SuppressedTable.chart`."""
    rows = [
        {
            "row": cell.row,
            "column": cell.column if table.columns else table.counts,
            "said": "hidden" if cell.hidden else f"{cell.count:,}",
            "kind": "hidden" if cell.hidden else "total" if "Total" in (cell.row, cell.column) else "shown",
        }
        for cell in table.cells
    ]
    if not table.columns:
        for row in rows:
            row["kind"] = row["kind"] if row["kind"] == "hidden" or row["row"] == "Total" else "shown"
    heads = list(dict.fromkeys(row["column"] for row in rows))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "column:N",
            title=table.columns or None,
            sort=heads,
            axis=alt.Axis(orient="top", labelAngle=0 if len(heads) < 5 else -35, labelFontSize=12, domain=False),
        ),
        y=alt.Y("row:N", title=table.rows, sort=list(table.row_labels), axis=alt.Axis(labelFontSize=12, domain=False)),
    )
    fields = base.mark_rect(stroke="#ffffff", strokeWidth=2).encode(
        color=alt.Color(
            "kind:N",
            legend=None,
            scale=alt.Scale(domain=["shown", "total", "hidden"], range=["#E8F1F8", "#FFFFFF", PALE_GREY]),
        )
    )
    words = base.mark_text(fontSize=12, color=INK).encode(text="said:N")
    return alt.LayerChart(
        layer=[fields, words],
        width=max(90, min(420, 80 * len(heads))),
        height=26 * len(table.row_labels),
        title=alt.Title(f"{table.counts}, groups under {table.k} hidden", anchor="start"),
        description=f"{table.summary()}\n{table.text()}",
    )

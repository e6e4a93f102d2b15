"""Display charts in a notebook."""

from typing import TYPE_CHECKING

from evaluators.reports.charts import chart_html
from evaluators.widgets._display import show

if TYPE_CHECKING:
    import altair


def show_chart(chart: "altair.TopLevelMixin", *, alt: str) -> None:
    """Display an Altair chart with a text alternative (see `evaluators.reports.chart_html`)."""
    show(chart_html(chart, alt=alt), alt)

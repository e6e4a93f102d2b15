"""Pages from templates: one look for reports, feedback and the start page, each a single self-contained HTML file."""

from evaluators.reports.charts import chart_html
from evaluators.reports.pages import page

__all__ = ["chart_html", "page"]

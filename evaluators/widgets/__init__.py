"""Forms, explorers, charts and tables for notebooks that people use without seeing code.

`Lab` asks graded questions, `Lesson` asks ungraded ones and answers at once.
"""

from evaluators import _quick_start  # noqa: F401 - before anything that imports jsonschema
from evaluators.reports.charts import chart_html
from evaluators.widgets.audit_explorer import audit_explorer
from evaluators.widgets.charts import show_chart
from evaluators.widgets.explorer import Control, button, checkbox, number_box, select, slider
from evaluators.widgets.lab import Lab
from evaluators.widgets.lesson import Lesson
from evaluators.widgets.pictures import bars, labels_in_lines, line_at, look, picture, ratio_ranges, say
from evaluators.widgets.tables import show_table, table_html

__all__ = [
    "Control",
    "Lab",
    "Lesson",
    "audit_explorer",
    "bars",
    "button",
    "chart_html",
    "checkbox",
    "labels_in_lines",
    "line_at",
    "look",
    "number_box",
    "picture",
    "ratio_ranges",
    "say",
    "select",
    "show_chart",
    "show_table",
    "slider",
    "table_html",
]

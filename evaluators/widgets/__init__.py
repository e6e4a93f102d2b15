"""Forms, explorers, charts and tables for notebooks that people use without seeing code.

`Lab` asks graded questions, `Lesson` asks ungraded ones and answers at once.
"""

from evaluators import _quick_start  # noqa: F401 - before anything that imports jsonschema
from evaluators.reports.charts import chart_html
from evaluators.widgets.audit_explorer import audit_explorer
from evaluators.widgets.bot_workshop import bot_workshop
from evaluators.widgets.charts import show_chart
from evaluators.widgets.chat import ChatError, chat, chat_turns
from evaluators.widgets.conversation_bench import conversation_bench, conversation_viewer
from evaluators.widgets.explorer import Control, button, checkbox, explore, number_box, select, slider, word_slider
from evaluators.widgets.flow_view import flow_view
from evaluators.widgets.incidents_explorer import incidents_explorer
from evaluators.widgets.judge_explorer import judge_explorer
from evaluators.widgets.lab import Lab
from evaluators.widgets.lesson import Lesson
from evaluators.widgets.path_explorer import path_explorer
from evaluators.widgets.pictures import bars, labels_in_lines, line_at, look, picture, ratio_ranges, say
from evaluators.widgets.rating_round import join_ratings, rating_round
from evaluators.widgets.resume_round import read_round, resume_round
from evaluators.widgets.tables import show_table, table_html
from evaluators.widgets.tone_explorer import tone_explorer
from evaluators.widgets.tone_pictures import dimension_bars, marked_reply
from evaluators.widgets.tone_studio import tone_studio
from evaluators.widgets.trend_explorer import trend_explorer

__all__ = [
    "ChatError",
    "Control",
    "Lab",
    "Lesson",
    "audit_explorer",
    "bars",
    "bot_workshop",
    "button",
    "chart_html",
    "chat",
    "chat_turns",
    "checkbox",
    "conversation_bench",
    "conversation_viewer",
    "dimension_bars",
    "explore",
    "flow_view",
    "incidents_explorer",
    "join_ratings",
    "judge_explorer",
    "labels_in_lines",
    "line_at",
    "look",
    "marked_reply",
    "number_box",
    "path_explorer",
    "picture",
    "rating_round",
    "ratio_ranges",
    "read_round",
    "resume_round",
    "say",
    "select",
    "show_chart",
    "show_table",
    "slider",
    "table_html",
    "tone_explorer",
    "tone_studio",
    "trend_explorer",
    "word_slider",
]

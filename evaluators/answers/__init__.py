"""The answer sheet of a lab: what is asked, what was answered, where it is kept, what it earns.

Plain data and standard library only, so that a grader can use it without a front end.
"""

from evaluators.answers.items import Item, Kind, answer_text, clean_value, number_readings, problem_with
from evaluators.answers.marking import AnswerKeyError, Credit, Verdict, credit, credit_parts
from evaluators.answers.sheet import AnswerSheet, SheetStatus, answers_in, read_answers

__all__ = [
    "AnswerKeyError",
    "AnswerSheet",
    "Credit",
    "Item",
    "Kind",
    "SheetStatus",
    "Verdict",
    "answer_text",
    "answers_in",
    "clean_value",
    "credit",
    "credit_parts",
    "number_readings",
    "problem_with",
    "read_answers",
]

"""What a lab and a lesson have in common: numbered questions on one answer sheet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from evaluators.answers import AnswerSheet, Item, answer_text, clean_value, problem_with
from evaluators.answers.items import is_blank
from evaluators.answers.mime import ITEM_MIME, SHEET_MIME
from evaluators.widgets._display import Replaceable, show, show_widget, standin
from evaluators.widgets._form import Form, Reply

Respond = Callable[[object], str]


class Page:
    """Questions of one notebook, numbered in the order in which they are asked.

    Parameters
    ----------
    name : str
        Name of the lab or lesson.
    filename : str
        Name of the answer sheet beside the notebook.
    """

    def __init__(self, name: str, filename: str) -> None:
        self.name = name
        self._sheet = AnswerSheet.open(name, filename=filename)
        self._items: dict[str, Item] = {}
        self._show_header()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {self._answered()} of {len(self._items)} answered>"

    def _ask(self, item: Item, *, hint: str = "", mode: str = "graded", respond: Respond | None = None) -> None:
        """Show the form of a question and the table that stands in for it."""
        self._items[item.id] = item
        saved = self._sheet.get(item.id)
        value = clean_value(item, saved)
        table = Replaceable(self._standin(item, saved))

        def on_answer(sent: object) -> Reply:
            answer = clean_value(item, sent)
            self._sheet.set(item.id, answer)
            table.replace(self._standin(item, answer))
            return self._reply(item, answer, respond)

        spec = {
            **item.to_dict(),
            "options": [[key, label] for key, label in item.options.items()],  # JSON objects have no sure order
            "number": self._number(item.id),
            "help": hint,
            "mode": mode,
            "sheet": self.name,
            "dom_id": dom_id(self.name, item.id),
        }
        reply = self._reply(item, saved, respond, restored=True)
        show_widget(lambda: Form(spec, value, reply, on_answer))

    def _reply(self, item: Item, value: object, respond: Respond | None, *, restored: bool = False) -> Reply:
        blank = is_blank(value)
        feedback = respond(value) if respond and not blank else ""
        problem = "" if blank else problem_with(item, value) or ""
        if self._sheet.problem:
            return Reply(False, self._sheet.problem, problem, feedback)
        text = "Not answered yet" if blank else "Saved earlier" if restored else "Saved"
        return Reply(True, text, problem, feedback)

    def _standin(self, item: Item, value: object) -> dict[str, Any]:
        title = f"Question {self._number(item.id)}"
        answer = answer_text(item, value) or ("Not answered" if is_blank(value) else problem_with(item, value) or "")
        html = standin(title, [("Question", item.prompt), ("Your answer", answer)])
        text = f"{title}: {item.prompt}\nYour answer: {answer}"
        spec = {**item.to_dict(), "number": self._number(item.id), "value": clean_value(item, value)}
        return {"text/html": html, "text/plain": text, ITEM_MIME: spec}

    def _show_header(self) -> None:
        sheet = self._sheet
        answered = self._answered()
        alerts = [text for text in (sheet.notice, sheet.problem) if text]
        if sheet.status == "restored":
            answers = "1 answer is" if answered == 1 else f"{answered} answers are"
            status = f"Welcome back. {answers} restored{_from_time(sheet.saved_at)}. Changes are saved as you go."
        else:
            status = "Your answers are saved on this computer as you go."
        if sheet.problem:
            status = ""
        html = "".join(
            f'<p role="alert" style="{_ALERT}"><strong>Please read:</strong> {escape(text)}</p>' for text in alerts
        )
        html += f'<p style="margin:.5em 0">{escape(status)}</p>' if status else ""
        state = {"lab": self.name, "status": sheet.status, "notice": " ".join(alerts), "answered": answered}
        show(
            f'<div class="hrlab-sheet" style="max-width:46rem">{html}</div>',
            "\n".join([*alerts, status]),
            **{SHEET_MIME: state},
        )

    def _answered(self) -> int:
        return sum(not is_blank(value) for value in self._sheet.answers.values())

    def _number(self, item_id: str) -> int:
        return list(self._items).index(item_id) + 1


_ALERT = "margin:.5em 0;padding:.75em 1em;border:2px solid #b3261e;border-radius:10px;background:#fdeceb;color:#5c0f0a"


def dom_id(page: str, item_id: str) -> str:
    """Return the id of a question's form in the page."""
    return f"hrlab-{page}-{item_id}"


def labels(options: Mapping[str, str]) -> dict[str, str]:
    """Copy options with keys and labels as text."""
    return {str(key): str(label) for key, label in options.items()}


def _from_time(saved_at: str) -> str:
    """Turn an ISO time into words in this computer's time zone."""
    try:
        return f" from {datetime.fromisoformat(saved_at).astimezone():%d %B %Y, %H:%M}"
    except ValueError:
        return ""

"""The live form of one question: an anywidget whose browser half is form.js."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets

from evaluators.widgets._display import assets


@dataclass(frozen=True)
class Reply:
    """What a form tells the learner after a change.

    Parameters
    ----------
    ok : bool
        Whether the answer is on disk.
    text : str
        Status, such as "Saved".
    problem : str
        What is malformed about the answer; empty if nothing or if unanswered.
    feedback : str
        HTML shown below the form (lessons only).
    """

    ok: bool
    text: str
    problem: str = ""
    feedback: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the reply as JSON values."""
        return {"ok": self.ok, "text": self.text, "problem": self.problem, "feedback": self.feedback}


class Form(anywidget.AnyWidget):
    """One question on the page.

    The browser counts its changes; each answer comes with its number and the reply repeats it, so that a form
    whose kernel is gone knows that nobody saved the change.

    Parameters
    ----------
    spec : dict
        What form.js draws: the item plus its number on the page, help and mode.
    value : object
        Answer to start from, already of the right shape, or None.
    reply : Reply
        Status to start with.
    on_answer : callable
        Receives each new value and returns the reply.
    """

    _esm = assets("dom.js", "form.js")
    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)  # {"seq": int, "value": JSON}, written by the browser
    status = traitlets.Dict().tag(sync=True)  # {"seq": int, **Reply}, written here

    def __init__(self, spec: dict[str, Any], value: object, reply: Reply, on_answer: Callable[[object], Reply]) -> None:
        super().__init__(spec=spec, answer={"seq": 0, "value": value}, status={"seq": 0, **reply.to_dict()})
        self._on_answer = on_answer
        self.observe(self._answered, names="answer")

    def _answered(self, change: Any) -> None:
        answer = change["new"]
        self.status = {"seq": answer.get("seq", 0), **self._on_answer(answer.get("value")).to_dict()}

"""The tone studio: edit a reply and watch what each word earns or costs. The browser half is tone_studio.js."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from evaluators.answers import AnswerSheet
from evaluators.errors import LabError
from evaluators.widgets._display import assets, show, show_widget, standin
from evaluators.widgets._tone_view import differences, dimension_facts, shown_score

_TITLE = "Tone studio"
_KEEPS = "Your wording is kept on this computer as you type."
_LONGEST = 20_000  # characters of a text that a browser may send


class StudioError(LabError, ValueError):
    """A tone studio or a rating round that cannot be set up as asked."""


class Sheet(Protocol):
    """Where the texts are kept: an `AnswerSheet`, or a drawer of one."""

    @property
    def path(self) -> Path:
        """Its file."""

    @property
    def problem(self) -> str:
        """Why the last change is not on disk; empty if it is."""

    @property
    def notice(self) -> str:
        """What must be told about a file that was set aside."""

    @property
    def answers(self) -> dict[str, Any]:
        """What is kept."""

    def get(self, name: str, /) -> Any:
        """Return one text."""

    def set(self, name: str, value: Any, /) -> object:
        """Keep one text."""


class ToneStudio(anywidget.AnyWidget):
    """One or two replies in text boxes, scored as somebody types.

    Parameters
    ----------
    reply, said, situation : str
        To begin with.
    other : str or None
        A second wording; with one, the studio begins by comparing.
    sheet : Sheet or None
        Where the texts are kept; None keeps them on the page only.
    title : str
        Heading.
    then : callable or None
        Gets the first wording whenever the texts are kept.
    """

    _esm = assets("dom.js", "tone_studio.js")
    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)  # {"seq", "said", "replies", "compare", "keep"}, written by the browser
    result = traitlets.Dict().tag(sync=True)  # {"seq", "scores", "words", "summary", "kept"}, written here

    def __init__(
        self,
        reply: str,
        said: str = "",
        situation: str = "",
        other: str | None = None,
        sheet: Sheet | None = None,
        title: str = _TITLE,
        then: Callable[[str], None] | None = None,
    ) -> None:
        self._situation, self._about = situation, 0
        self._places: list[tuple[Sheet | None, Callable[[str], None] | None]] = [(sheet, then)]
        super().__init__(**self._opened(reply, said, other, title))
        self.observe(self._requested, names="request")
        self.on_msg(self._left)

    def put(
        self, reply: str, said: str, *, sheet: Sheet | None, title: str, then: Callable[[str], None] | None = None
    ) -> None:
        """Put another reply into the studio that is shown; what was typed before goes to its own sheet still.

        Parameters
        ----------
        reply, said, sheet, title, then
            As for a new studio.
        """
        self._places.append((sheet, then))
        self._about += 1
        self.unobserve(self._requested, names="request")
        with self.hold_sync():
            for name, value in self._opened(reply, said, None, title).items():
                setattr(self, name, value)
        self.observe(self._requested, names="request")

    def _opened(self, reply: str, said: str, other: str | None, title: str) -> dict[str, dict[str, Any]]:
        """Return the state of a studio that nobody has typed in since it was opened."""
        from evaluators.tone import load_rubric

        rubric = load_rubric()
        sheet = self._places[-1][0]
        self._anchors = {each.key: each.anchors for each in rubric.dimensions}
        start = {"said": said, "replies": [reply, reply if other is None else other], "compare": other is not None}
        begin = _texts(sheet.answers if sheet is not None else {}, start)
        spec = {
            "title": title,
            "about": self._about,
            "dimensions": [dimension_facts(each) for each in rubric.dimensions],
            "unrated": rubric.unrated,
            "start": start,
            "keeps": sheet is not None,
        }
        told = "Welcome back. Your wording is restored." if start != begin else _KEEPS
        result = {"seq": 0, **self._scored(begin), "kept": self._kept(told)}
        return {"spec": spec, "request": {"seq": 0, **begin}, "result": result}

    def _left(self, _: object, content: object, __: object) -> None:
        """Keep the last words of a reply that another one has taken the place of."""
        if isinstance(content, dict):
            self._keep(content)

    def _keep(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Keep texts where they belong, and return them."""
        texts = _texts(sent, self.spec["start"])
        about = sent.get("about", self._about)
        if sent.get("keep") is True and isinstance(about, int) and 0 <= about < len(self._places):
            sheet, then = self._places[about]
            if sheet is not None:
                for name, value in texts.items():
                    if sheet.get(name) != value:
                        sheet.set(name, value)
            if then is not None:
                then(texts["replies"][0])
        return texts

    def _requested(self, change: Any) -> None:
        sent = change["new"]
        kept = self.result["kept"]
        texts = self._keep(sent)
        if sent.get("about", self._about) != self._about:
            return  # of a reply that is not shown any more
        sheet = self._places[-1][0]
        if sent.get("keep") is True and sheet is not None:
            kept = self._kept(f"Kept in {sheet.path.name}.")
        self.result = {"seq": sent.get("seq", 0), **self._scored(texts), "kept": kept}

    def _kept(self, text: str) -> dict[str, Any]:
        """Return what to say about the file, or what is wrong with it."""
        sheet = self._places[-1][0]
        if sheet is None:
            return {"ok": True, "text": ""}
        problem = sheet.problem or sheet.notice
        return {"ok": not problem, "text": problem or text}

    def _scored(self, texts: Mapping[str, Any]) -> dict[str, Any]:
        """Score the wordings that are shown; an empty one has no score."""
        from evaluators.tone import score_reply

        shown = texts["replies"] if texts["compare"] else texts["replies"][:1]
        scores = [
            score_reply(reply, said=texts["said"], situation=self._situation) if reply.strip() else None
            for reply in shown
        ]
        summary, words = "", [""] * len(self._anchors)
        if len(scores) == 2:
            summary = "Write both wordings to compare them."
            if scores[0] is not None and scores[1] is not None:
                summary, words = differences(scores[0], scores[1])
        views = [None if score is None else shown_score(score, self._anchors) for score in scores]
        return {"scores": views, "words": words, "summary": summary}


def _texts(sent: Mapping[str, Any], start: Mapping[str, Any]) -> dict[str, Any]:
    """Take texts of the right shape from what a browser or a file says, the start's for the rest."""
    said, replies, compare = sent.get("said"), sent.get("replies"), sent.get("compare")
    if not (isinstance(replies, list) and len(replies) == 2 and all(isinstance(each, str) for each in replies)):
        replies = start["replies"]
    return {
        "said": (said if isinstance(said, str) else start["said"])[:_LONGEST],
        "replies": [each[:_LONGEST] for each in replies],
        "compare": compare if isinstance(compare, bool) else start["compare"],
    }


def plain_key(key: str) -> str:
    """Return a key that can be part of a file's name, or raise StudioError."""
    if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", key):
        raise StudioError(f"{key!r} cannot be a key.", "Use letters, digits, - and _, such as key='c2_wording'.", "key")
    return key


def tone_studio(
    reply: str,
    *,
    said: str = "",
    situation: str = "",
    other: str | None = None,
    key: str | None = None,
    title: str = _TITLE,
    then: Callable[[str], None] | None = None,
    folder: str | os.PathLike[str] = ".",
) -> None:
    """Let somebody edit a reply and watch the eight dimensions, the gate and the highlighted words as they type.

    Words that earned points are underlined, words that cost points are underlined with dashes; each stands in a list
    with its points. Two wordings can be compared side by side. Nothing leaves the computer.

    Parameters
    ----------
    reply : str
        The reply to begin with; may be empty.
    said : str
        What the person had written; it can be edited too.
    situation : str
        One of `evaluators.tone.situations`, such as ``"bereavement"``; by default read from what was said.
    other : str, optional
        A second wording; with one, the studio begins by comparing.
    key : str, optional
        Keeps the texts in ``studio-<key>.json`` beside the notebook, over a re-run and a reload. Letters, digits,
        ``-`` and ``_``.
    title : str, optional
        Heading, plain text.
    then : callable, optional
        Gets the first wording at each pause in typing.
    folder : path, optional
        Where the texts are kept; default the notebook's folder.

    Raises
    ------
    StudioError
        If the key cannot be part of a file's name.
    evaluators.tone.RubricError
        If there is no such situation.

    See Also
    --------
    evaluators.tone.score_reply : The score itself.

    Examples
    --------
    >>> tone_studio("Your request was received.", said="My father died.", key="first_try")  # doctest: +SKIP
    """
    from evaluators.tone import score_reply

    reply, said = _newlines(reply), _newlines(said)
    other = None if other is None else _newlines(other)
    name = None if key is None else plain_key(key)
    words = score_reply(reply or "-", said=said, situation=situation).summary() if reply.strip() else "Nothing yet."
    if not reply.strip():
        score_reply("Hello.", situation=situation)  # an unknown situation is said now, not at the first letter
    sheet = None if name is None else AnswerSheet.open(f"studio-{name}", folder, f"studio-{name}.json")
    rows = [("The person wrote", said), ("The reply", reply), ("How it reads", words)]
    show(standin(title, rows), "\n".join(f"{label}: {text}" for label, text in [("", title), *rows]).lstrip(": "))
    show_widget(lambda: ToneStudio(reply, said, situation, other, sheet, title, then))


def _newlines(text: str) -> str:
    """Return a text with the line ends that a text box has, so that places agree."""
    return re.sub(r"\r\n?", "\n", text)

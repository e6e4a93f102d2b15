"""A chat in a notebook: an anywidget whose browser half is chat.js."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from evaluators.errors import LabError
from evaluators.widgets._chat_log import ChatLog, Entry
from evaluators.widgets._chat_room import LONGEST, Room, room
from evaluators.widgets._display import Replaceable, assets, show_widget, standin

if TYPE_CHECKING:
    from evaluators.chatbot.turn import Talker, Turn

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_VIEWS = 4  # of one chat; older ones, of cells that ran again, are closed
_PRACTICE = "This is practice: nobody was contacted, and no person reads along."
_SERIOUS = "If this is about you, please talk to somebody you trust."
_CRISIS = (
    "If this is about you, please talk to a person now. In the US call or text 988 at any hour; elsewhere your local "
    "crisis line. In danger, call the emergency number."
)
_SENT = "What you write is sent to {name}. Use no real names, and nothing private."
_EMPTY = "No conversation is kept with this copy of the notebook."


class ChatError(LabError, ValueError):
    """A chat that cannot be shown as it was asked for."""


class ChatView(anywidget.AnyWidget):
    """One view of a chat; several may show the same room.

    Parameters
    ----------
    shown : Room
        What it shows.
    spec : dict
        What chat.js needs to know besides.
    table : Replaceable, optional
        Stands in for the chat where no widget lives, and follows it.
    """

    _esm = assets("dom.js", "chat.js")
    _css = assets("widgets.css", "chat.css")
    spec = traitlets.Dict().tag(sync=True)
    entries: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)  # written here
    state = traitlets.Dict().tag(sync=True)  # see `_state`, written here
    coming = traitlets.Dict().tag(sync=True)  # {"id", "text"}: the beginning of an answer, written here

    def __init__(self, shown: Room, spec: dict[str, Any], table: Replaceable | None = None) -> None:
        self._room, self._table = shown, table
        super().__init__(spec=spec, entries=_drawn(shown), state=_state(shown))
        self.on_msg(self._heard)
        shown.watchers.append(self)
        for old in shown.watchers[:-_VIEWS]:
            shown.watchers.remove(old)
            if isinstance(old, ChatView):
                old.close()

    def changed(self) -> None:
        """Show what the room holds now."""
        with self.hold_sync():
            self.entries, self.state, self.coming = _drawn(self._room), _state(self._room), {}
        if self._table is not None:
            self._table.replace(_transcript(self._room, self.spec["title"]))

    def part(self, entry: str, text: str) -> None:
        """Show the beginning of an answer."""
        self.coming = {"id": entry, "text": text}

    def _heard(self, _: object, content: object, __: object) -> None:
        """Do what the page asks: {"action", "id", "text"}."""
        if not isinstance(content, dict):
            return
        entry, text = str(content.get("id", ""))[:80], content.get("text")
        match content.get("action"):
            case "say" if isinstance(text, str) and entry:
                self._room.say(entry, text)
            case "again":
                self._room.try_again(entry)
            case "start":
                self._room.start_again()
            case "back":
                self._room.bring_back()


def chat(
    talker: "Talker | None" = None,
    *,
    key: str,
    height: int = 520,
    show_why: bool = True,
    hint: str = "",
    notice: str = "",
    title: str = "",
    folder: str | os.PathLike[str] = ".",
) -> None:
    """Let somebody talk to a bot: bubbles, buttons beside the answers, and why each answer came.

    Enter sends, Shift+Enter begins a new line. The conversation is kept in the file ``chat-KEY.json`` beside the
    notebook, so that it survives a re-run of the cell, a reload of the page and a new kernel; a file that cannot be
    read is put aside, never overwritten. A bot that answers from files takes the conversation up where it was; of one
    that has changed since, or that remembers nothing, the page says so and keeps the text. The other side is asked in
    a thread: one can go on typing, and its errors stand in the conversation in plain words, with "Try again".
    If its ``say`` takes ``on_part``, the beginning of an answer is shown as it comes.

    Parameters
    ----------
    talker : Talker, optional
        Whoever answers: a `Bot`, an endpoint or a function; default `evaluators.chatbot.example_bot`.
    key : str
        Names the conversation: small letters, digits, "-" and "_", at most 60. The same key is the same conversation.
    height : int, optional
        Of the messages, in pixels, from 200 to 2000; a small screen takes less.
    show_why : bool, optional
        Whether each answer can be unfolded to the steps that led to it.
    hint : str, optional
        Shown below the box, plain text, such as what to try.
    notice : str, optional
        Shown above the messages, plain text, such as a warning that grave topics come.
    title : str, optional
        Heading, plain text; default "Talk to" and the talker's name.
    folder : path, optional
        Where the conversation is kept; default the notebook's folder.

    Raises
    ------
    ChatError
        If the key or the height cannot be used, or `talker` cannot be talked to.

    See Also
    --------
    chat_turns : What was said, for figures and tests.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> chat(example_bot(), key="brook")  # doctest: +SKIP
    """
    from evaluators.chatbot.turn import Talker

    path = chat_path(key, folder)
    if isinstance(height, bool) or not isinstance(height, int) or not 200 <= height <= 2000:
        raise ChatError(f"{height!r} is no height of a chat.", "Give a whole number from 200 to 2000.", "height")
    if talker is None:
        from evaluators.chatbot import example_bot

        talker = example_bot()
    if not isinstance(talker, Talker):
        raise ChatError(
            f"{type(talker).__name__} cannot be talked to.",
            "Give a bot, or anything with a name and a method conversation() as in evaluators.chatbot.Talker.",
            "talker",
        )
    shown = room(path, key, talker)
    heading = title or f"Talk to {talker.name}"
    table = Replaceable(_transcript(shown, heading))
    spec = {
        "key": key,
        "title": heading,
        "height": height,
        "show_why": bool(show_why),
        "hint": hint,
        "notice": notice,
        "longest": LONGEST,
        "file": path.name,
    }
    show_widget(lambda: ChatView(shown, spec, table))


def chat_turns(key: str, *, folder: str | os.PathLike[str] = ".") -> "tuple[Turn, ...]":
    """Return what was said and answered in a chat, from its file.

    Parameters
    ----------
    key : str
        As given to `chat`.
    folder : path, optional
        Where the conversation is kept; default the notebook's folder.

    Returns
    -------
    tuple of Turn
        Of the present conversation, in order; empty if there is none. Messages without an answer are left out.

    Raises
    ------
    ChatError
        If the key cannot be used.

    Examples
    --------
    >>> chat_turns("nobody-has-talked-yet")
    ()
    """
    path = chat_path(key, folder)
    if not path.is_file():
        return ()
    return tuple(entry.turn for entry in ChatLog(path, key).current.entries if entry.turn is not None)


def chat_path(key: str, folder: str | os.PathLike[str]) -> Path:
    """Return the file of a chat, or raise ChatError if the key cannot name one."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ChatError(
            f"{key!r} cannot name a conversation.",
            'Use small letters, digits, "-" and "_", such as "brook-first-day".',
            "key",
        )
    return Path(folder).absolute() / f"chat-{key}.json"


def _drawn(shown: Room) -> list[dict[str, Any]]:
    return [_draw(entry) for entry in shown.entries]


def _draw(entry: Entry) -> dict[str, Any]:
    """Return an entry as chat.js draws it."""
    drawn: dict[str, Any] = {
        "id": entry.id,
        "said": entry.said,
        "state": entry.state,
        "name": entry.name,
        "trouble": entry.trouble,
    }
    turn = entry.turn
    if turn is not None:
        drawn |= {
            "reply": turn.reply,
            "why": list(turn.why),
            "choices": list(turn.choices),
            "offered": turn.offered_person,
            "citations": [each.to_dict() for each in turn.citations],
        }
    return drawn


def _state(shown: Room) -> dict[str, Any]:
    return {
        "name": shown.talker.name,
        "news": shown.news,
        "notice": shown.log.notice,
        "problem": shown.log.problem,
        "sent": _SENT.format(name=shown.talker.name) if hasattr(shown.talker, "base_url") else "",
        "undo": bool(shown.log.earlier) and not shown.entries,
        "offered": _offered(shown),
    }


def _offered(shown: Room) -> str:
    """Say that a person was offered, and what that means here: with the more care the graver the matter."""
    last = next((entry for entry in reversed(shown.entries) if entry.turn and entry.turn.offered_person), None)
    if last is None or last.turn is None:
        return ""
    kinds = {kind for turn in shown.turns for kind in turn.sensitive}
    care = _CRISIS if "crisis" in kinds else _SERIOUS if kinds else ""
    return f"{last.name} offered you a person. {_PRACTICE} {care}".strip()


def _transcript(shown: Room, title: str) -> dict[str, Any]:
    """Render the conversation as a table, for pages where no widget lives."""
    rows: list[tuple[str, str]] = []
    for entry in shown.entries:
        rows.append(("Note" if entry.state == "note" else "You", entry.said))
        if entry.turn is not None:
            rows.append((entry.name, entry.turn.reply))
            rows += [("Source", f"{each.document}, {each.section}: {each.words}") for each in entry.turn.citations]
            if entry.turn.offered_person:
                rows.append(("Note", f"{entry.name} offered a person."))
        elif entry.state != "note":
            rows.append((entry.name, entry.trouble or "No answer yet."))
    rows = rows or [("Note", _EMPTY)]
    text = "\n".join([title, *(f"{who}: {said}" for who, said in rows)])
    return {"text/html": standin(title, rows), "text/plain": text}

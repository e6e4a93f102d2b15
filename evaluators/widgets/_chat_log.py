"""What was said in a chat, in one small file beside the notebook."""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.answers.sheet import _replace, _unused_name

if TYPE_CHECKING:
    from evaluators.chatbot.turn import Turn

SCHEMA = 1
KEPT = 5  # earlier conversations, for "bring it back"
STATES = ("waiting", "answered", "failed", "note")

_LARGEST = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One message with its answer, or a note between two messages.

    Attributes
    ----------
    id : str
        Given by the page that sent it; a message that arrives twice is one message.
    said : str
        The message, or the note.
    state : str
        One of `STATES`.
    name : str
        Who answered, or will.
    turn : Turn or None
        The answer, where there is one.
    trouble : str
        Why there is none, in plain words.
    """

    id: str
    said: str
    state: str
    name: str = ""
    turn: "Turn | None" = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Entries in order, and who answered: ``by`` tells one state of a bot from another."""

    id: str
    by: str = ""
    entries: tuple[Entry, ...] = ()


class ChatLog:
    """The file of one chat: read when it is opened, replaced whole at each change.

    A file that is no such file is renamed, never overwritten. Where another tab has written meanwhile, its messages
    are taken in. Where nothing can be written, `problem` says so and the conversation stays on the page.

    Attributes
    ----------
    notice : str
        What must be told about a file that was set aside; empty if nothing.
    problem : str
        Why the last change is not on disk, and what to do; empty if it is.
    current : Conversation
        The conversation; of no entries at first.
    earlier : tuple of Conversation
        Those before it, the last one last.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path, self.key = path, key
        self.notice = self.problem = ""
        self.current = Conversation(_new_id())
        self.earlier: tuple[Conversation, ...] = ()
        try:
            found = self._read()
        except OSError as error:
            self.problem = _not_saved(error)
        else:
            if found is not None:
                self.current, self.earlier = found

    def save(self, current: Conversation, earlier: tuple[Conversation, ...]) -> None:
        """Keep a state of the chat, on disk if possible."""
        known = {self.current.id, *(each.id for each in self.earlier), current.id}
        self.current, self.earlier = current, earlier
        try:
            found = self._read()
            if found is not None:
                self.current, self.earlier = _joined(found, current, earlier, known)
            self._write()
        except (OSError, ValueError) as error:
            self.problem = _not_saved(error)
        else:
            self.problem = ""

    def begin(self) -> None:
        """Put the conversation behind and begin another."""
        fresh = Conversation(_new_id())
        self.save(fresh, (*self.earlier, self.current)[-KEPT:] if self.current.entries else self.earlier)

    def back(self) -> None:
        """Take the last conversation up again; one of no entries is dropped for it."""
        if self.earlier and not self.current.entries:
            self.save(self.earlier[-1], self.earlier[:-1])

    def _read(self) -> tuple[Conversation, tuple[Conversation, ...]] | None:
        """Return what is on disk, or None; set aside what is no chat of this key."""
        try:
            if self.path.is_file() and self.path.stat().st_size <= _LARGEST:
                return _parsed(self.path.read_bytes(), self.key)
            if not self.path.exists():
                return None
            reason = "it is too large" if self.path.is_file() else "it is not an ordinary file"
        except FileNotFoundError:
            return None
        except _NotAChatError as error:
            reason = str(error)
        aside = _unused_name(self.path)
        self.path.rename(aside)
        self.notice = (
            f"The file {self.path.name} could not be used, because {reason}. It was kept under the name {aside.name}, "
            "and a new conversation was begun."
        )
        return None

    def _write(self) -> None:
        content = {
            "schema": SCHEMA,
            "chat": self.key,
            "current": _to_dict(self.current),
            "earlier": [_to_dict(each) for each in self.earlier],
            "saved_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        data = (json.dumps(content, indent=1, allow_nan=False) + "\n").encode("utf-8", "replace")
        if len(data) > _LARGEST:
            raise ValueError("the conversation is too long; press Start again")
        handle, name = tempfile.mkstemp(prefix=f"{self.path.name}.", suffix=".tmp", dir=self.path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _replace(name, self.path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


class _NotAChatError(ValueError):
    """A file is readable, but not a chat of this key."""


def _new_id() -> str:
    return os.urandom(8).hex()


def _joined(
    found: tuple[Conversation, tuple[Conversation, ...]],
    current: Conversation,
    earlier: tuple[Conversation, ...],
    known: set[str],
) -> tuple[Conversation, tuple[Conversation, ...]]:
    """Take in what another tab has written: its messages in our conversations, and conversations of its own."""
    there, before = found
    for other in (*before, there):
        if other.id == current.id:
            current = _both(current, other)
        elif any(each.id == other.id for each in earlier):
            earlier = tuple(_both(each, other) if each.id == other.id else each for each in earlier)
        elif other.id not in known and other.entries:
            earlier = (*earlier, other)[-KEPT:]
    return current, earlier


def _both(here: Conversation, there: Conversation) -> Conversation:
    """Add the answered messages of another state of a conversation."""
    ids = {entry.id for entry in here.entries}
    new = tuple(entry for entry in there.entries if entry.id not in ids and entry.state == "answered")
    return Conversation(here.id, here.by, (*here.entries, *new))


def _to_dict(conversation: Conversation) -> dict[str, Any]:
    entries = [
        {
            "id": entry.id,
            "said": entry.said,
            "state": entry.state,
            "name": entry.name,
            "trouble": entry.trouble,
            "turn": entry.turn and entry.turn.to_dict(),
        }
        for entry in conversation.entries
    ]
    return {"id": conversation.id, "by": conversation.by, "entries": entries}


def _parsed(data: bytes, key: str) -> tuple[Conversation, tuple[Conversation, ...]]:
    try:
        content = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _NotAChatError("it is damaged") from error
    if not isinstance(content, dict) or "chat" not in content:
        raise _NotAChatError("it is not a conversation")
    if content.get("schema") != SCHEMA:
        raise _NotAChatError("it was written by another version of the lab")
    if content["chat"] != key:
        raise _NotAChatError("it belongs to another chat")
    try:
        return _conversation(content["current"]), tuple(_conversation(each) for each in content["earlier"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _NotAChatError("it is damaged") from error


def _conversation(found: Mapping[str, Any]) -> Conversation:
    return Conversation(str(found["id"]), str(found["by"]), tuple(_entry(each) for each in found["entries"]))


def _entry(found: Mapping[str, Any]) -> Entry:
    state, turn = found["state"], found["turn"]
    if state not in STATES or (state == "answered") != isinstance(turn, dict):
        raise ValueError(state)
    return Entry(
        id=str(found["id"]),
        said=str(found["said"]),
        state=state,
        name=str(found["name"]),
        turn=_turn(turn) if state == "answered" else None,
        trouble=str(found["trouble"]),
    )


def _turn(found: Mapping[str, Any]) -> "Turn":
    """Read a turn as `Turn.to_dict` writes it; names that a later version adds are left out."""
    from evaluators.chatbot.turn import Citation, Turn

    names = {field.name for field in fields(Turn)}
    known = {name: value for name, value in found.items() if name in names}
    for name in ("why", "sensitive", "actions", "choices"):
        if not isinstance(known.get(name, []), list):
            raise TypeError(name)
        known[name] = tuple(str(each) for each in known.get(name, []))
    known["citations"] = tuple(Citation(**{k: str(v) for k, v in each.items()}) for each in known.get("citations", []))
    known["said"], known["reply"] = str(known["said"]), str(known["reply"])
    known["offered_person"] = bool(known.get("offered_person", False))
    return Turn(**known)


def _not_saved(error: OSError | ValueError) -> str:
    why = error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
    return (
        f"NOT saved: the conversation could not be written ({why}). It stays on this page only until you close it. "
        "Make room on the disk or ask your trainer; the next message tries again."
    )

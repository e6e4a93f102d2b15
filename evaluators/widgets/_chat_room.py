"""A chat that goes on, whoever looks at it: it asks the other side in a thread, so that the page never stands still."""

import hashlib
import inspect
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from evaluators.errors import LabError
from evaluators.widgets._chat_log import ChatLog, Conversation, Entry

if TYPE_CHECKING:
    from evaluators.chatbot.turn import Talk, Talker, Turn

LONGEST = 20_000  # letters of one message

_PART_PAUSE_S = 0.1
_ROOMS: dict[Path, "Room"] = {}


class Watcher(Protocol):
    """Somebody who shows a room: is told of each change and of the parts of an answer as they come."""

    def changed(self) -> None:
        """Show what the room holds now."""

    def part(self, entry: str, text: str) -> None:
        """Show the beginning of an answer."""


class Room:
    """One chat of this kernel. Use `room`, which finds the same one again.

    Parameters
    ----------
    path : pathlib.Path
        Its file.
    key : str
        Its name.
    talker : Talker
        The other side.
    """

    def __init__(self, path: Path, key: str, talker: "Talker") -> None:
        self.log = ChatLog(path, key)
        self.talker = talker
        self.watchers: list[Watcher] = []
        self.news = ""  # what has to be said about the other side before the next message
        self._by = fingerprint(talker)
        self._talk: Talk | None = None
        self._worker: threading.Thread | None = None
        self._asked, self._said, self._shown_at = "", "", 0.0  # of the answer that is being given
        self._lock = threading.RLock()
        broken_off = [entry.id for entry in self.entries if entry.state == "waiting"]
        for entry_id in broken_off:
            self._put(entry_id, state="failed", trouble="No answer had come when the lab was closed.")
        self._look_at_talker()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All messages and notes in order."""
        return self.log.current.entries

    @property
    def turns(self) -> "tuple[Turn, ...]":
        """All answered messages in order."""
        return tuple(entry.turn for entry in self.entries if entry.turn is not None)

    def meet(self, talker: "Talker") -> None:
        """Let another talker answer from now on; the same one goes on as if nothing had been."""
        with self._lock:
            if talker is self.talker:
                return
            by = fingerprint(talker)
            if by != self._by or not _is_bot(talker):  # an equal bot would remember just the same
                self._talk = None
            self.talker, self._by = talker, by
            self._look_at_talker()

    def refresh(self) -> None:
        """Let everybody who shows the room draw it anew, as after `meet`."""
        with self._lock:
            self._changed()

    def say(self, entry_id: str, text: str) -> bool:
        """Take a message in; the answer follows. Tell whether it was taken: not twice, not empty, not too long."""
        with self._lock:
            if not text.strip() or len(text) > LONGEST or any(entry.id == entry_id for entry in self.entries):
                return False
            self._take_over(self.entries, Entry(entry_id, text, "waiting", self.talker.name))
            self._changed()
            self._work()
        return True

    def try_again(self, entry_id: str) -> None:
        """Ask again what got no answer; it then stands last."""
        with self._lock:
            failed = next((entry for entry in self.entries if entry.id == entry_id and entry.state == "failed"), None)
            if failed is None:
                return
            rest = tuple(entry for entry in self.entries if entry is not failed)
            self._take_over(rest, replace(failed, state="waiting", trouble="", name=self.talker.name))
            self._changed()
            self._work()

    def start_again(self) -> None:
        """Begin a new conversation; the last one can be brought back."""
        with self._lock:
            for entry in self.entries:
                if entry.state == "waiting":
                    self._put(entry.id, state="failed", trouble="The conversation was begun again before the answer.")
            self.log.begin()
            self._talk, self.news = None, ""
            self._changed()

    def bring_back(self) -> None:
        """Take the last conversation up again, as long as nothing was said since."""
        with self._lock:
            self.log.back()
            self._talk = None
            self._look_at_talker()
            self._changed()

    def wait(self, timeout_s: float = 60) -> None:
        """Wait until nothing is being answered."""
        worker = self._worker
        if worker is not None:
            worker.join(timeout_s)

    def _look_at_talker(self) -> None:
        """Find out whether the other side knows what stands in the conversation."""
        name, before = self.talker.name, self.log.current.by
        self.news = ""
        if not self.turns or self._talk is not None:
            return
        if before != self._by:
            self.news = (
                f"{name} has changed since. What stands above was said by the earlier version. From here the new one "
                "answers, and it begins afresh."
            )
        elif not _can_resume(self.talker):
            self.news = f"{name} does not remember what stands above. From here it begins afresh."

    def _begun(self) -> "Talk":
        """Return the conversation with the talker; one that was closed is taken up where it was."""
        if self._talk is None:
            talk = _telling(self.talker, self._part).conversation()
            entries = self.entries
            last_note = max((place for place, entry in enumerate(entries) if entry.state == "note"), default=-1)
            known = [entry.turn for entry in entries[last_note + 1 :] if entry.turn is not None]
            if known and hasattr(talk, "resume"):
                talk.resume(known)
            elif known and _is_bot(self.talker):
                for turn in known:  # deterministic and offline: it remembers by hearing it again
                    talk.say(turn.said)
            self._talk = talk
        return self._talk

    def _work(self) -> None:
        if self._worker is None:
            self._worker = threading.Thread(target=self._answer_all, name="hrlab-chat", daemon=True)
            self._worker.start()

    def _answer_all(self) -> None:
        while True:
            with self._lock:
                entry = next((each for each in self.entries if each.state == "waiting"), None)
                conversation = self.log.current.id
                if entry is None:
                    self._worker = None
                    return
            result = self._answered(entry)
            with self._lock:
                if self.log.current.id == conversation:
                    self._put(entry.id, **result)
                    self._changed()
                else:
                    self._talk = None  # it began for a conversation that was left meanwhile

    def _answered(self, entry: Entry) -> dict[str, Any]:
        """Ask the other side; whatever goes wrong is said in words, since nobody here reads a traceback."""
        try:
            self._asked, self._said, self._shown_at = entry.id, "", 0.0
            talk = self._begun()
            options = {"on_part": self._part} if _takes_parts(talk) else {}
            turn = talk.say(entry.said, **options)
        except LabError as error:
            return {"state": "failed", "trouble": f"{error.problem} {error.hint}"}
        except Exception as error:
            trouble = f"{entry.name} could not answer ({type(error).__name__}). That is not your mistake."
            return {"state": "failed", "trouble": trouble}
        return {"state": "answered", "turn": turn}

    def _part(self, text: str) -> None:
        """Take a part of the answer that is being given, and show it now and then."""
        self._said += text
        now = time.monotonic()
        if now - self._shown_at >= _PART_PAUSE_S:
            self._shown_at = now
            with self._lock:
                for watcher in self.watchers:
                    watcher.part(self._asked, self._said)

    def _take_over(self, entries: tuple[Entry, ...], entry: Entry) -> None:
        """Add a message that the present talker will answer, after what has to be said about it."""
        note = (Entry(f"{entry.id}-note-{len(entries)}", self.news, "note"),) if self.news else ()
        self.news = ""
        self._keep((*entries, *note, entry), by=self._by)

    def _put(self, entry_id: str, **changes: Any) -> None:
        self._keep(tuple(replace(entry, **changes) if entry.id == entry_id else entry for entry in self.entries))

    def _keep(self, entries: tuple[Entry, ...], *, by: str = "") -> None:
        current = self.log.current
        self.log.save(Conversation(current.id, by or current.by, entries), self.log.earlier)

    def _changed(self) -> None:
        for watcher in self.watchers:
            watcher.changed()


def room(path: Path, key: str, talker: "Talker") -> Room:
    """Return this kernel's room of a file, and let the talker answer in it."""
    found = _ROOMS.get(path)
    if found is None:
        found = _ROOMS[path] = Room(path, key, talker)
    else:
        found.meet(talker)
    return found


def fingerprint(talker: "Talker") -> str:
    """Return a short text that changes when a bot's files do; of others their kind, name and system prompt count."""
    from evaluators.chatbot.bot import Bot

    own = getattr(talker, "fingerprint", "")
    if isinstance(own, str) and own:
        return own
    said = repr((type(talker).__qualname__, talker.name, getattr(talker, "system", "")))
    if isinstance(talker, Bot):
        shelf = talker.policies  # of these, not the day for which they were opened
        quoted = (shelf.current, shelf.conflicting) if shelf else ()
        said = repr((talker.files, talker.words, sorted(talker.actions), quoted))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def _is_bot(talker: "Talker") -> bool:
    from evaluators.chatbot.bot import Bot

    return isinstance(talker, Bot) and not talker.actions  # actions of one's own may do something a second time


def _can_resume(talker: "Talker") -> bool:
    if _is_bot(talker):
        return True
    try:
        return hasattr(talker.conversation(), "resume")
    except Exception:  # whoever cannot begin a conversation says so when it is asked
        return False


def _telling(talker: "Talker", on_part: Callable[[str], None]) -> "Talker":
    """Let an endpoint tell the parts of its answers, unless it tells them to somebody already."""
    endpoints = sys.modules.get("evaluators.chatbot.endpoint")  # slow to import, and there if there is one
    if endpoints is not None and isinstance(talker, endpoints.Endpoint) and talker.on_part is None:
        told: Talker = replace(talker, on_part=on_part, budget=talker.calls)  # the same budget, spent by both
        return told
    return talker


def _takes_parts(talk: "Talk") -> bool:
    try:
        return "on_part" in inspect.signature(talk.say).parameters
    except (TypeError, ValueError):
        return False

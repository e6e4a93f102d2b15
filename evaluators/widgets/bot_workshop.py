"""A bot's workshop: change what a bot says, see how it reads, and talk to the changed bot. Browser: bot_workshop.js."""

import os
import textwrap
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from evaluators.answers import AnswerSheet
from evaluators.widgets._chat_room import Room, room
from evaluators.widgets._display import assets, show, show_widget, standin
from evaluators.widgets._workshop_desk import SCENES, Part, WorkshopDesk, WorkshopError
from evaluators.widgets.chat import chat, chat_path
from evaluators.widgets.tone_studio import ToneStudio, plain_key

if TYPE_CHECKING:
    from evaluators.chatbot import Bot

__all__ = ["BotWorkshop", "WorkshopError", "bot_workshop"]

_TITLE = "Write for {name}"
_HINT = "Send what you chose above, or write what you like. Use no real names."


class WorkshopCard(anywidget.AnyWidget):
    """One of the two cards around the studio: ``choose`` above it, ``answer`` below it.

    Parameters
    ----------
    role : str
        ``"choose"`` or ``"answer"``.
    facts : dict
        What stays the same.
    state : dict
        What changes; written here.
    """

    _esm = assets("dom.js", "bot_workshop.js")
    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    file = traitlets.Dict().tag(sync=True)  # {"seq", "name", "text"}: to download, written here

    def __init__(self, role: str, facts: dict[str, Any], state: dict[str, Any]) -> None:
        super().__init__(spec={"role": role, **facts}, state=state)


class BotWorkshop:
    """A choice of messages, the studio for a part of the answer, and the answer before and now; a chat comes below.

    They are widgets on their own: a box around them would need a library that pages without code do not carry.

    Parameters
    ----------
    desk : WorkshopDesk
        The bot and its changes.
    room : Room
        Where the changed bot is talked to.
    title : str
        Heading.
    """

    def __init__(self, desk: WorkshopDesk, room: Room, title: str) -> None:
        self._desk, self._room = desk, room
        self._scene = next(iter(desk.scenes))
        self._part = desk.parts[self._scene][0]
        self._sent = 0
        facts = {"title": title, "name": desk.bot.name, "file": desk.sheet.path.name}
        self.choice = WorkshopCard("choose", {**facts, "scenes": list(desk.scenes)}, self._choice())
        self.answer = WorkshopCard("answer", facts, self._answer())
        self.studio = ToneStudio(**self._shown())
        for card in (self.choice, self.answer):
            card.on_msg(self._heard)

    def _choice(self) -> dict[str, Any]:
        parts = self._desk.parts[self._scene]
        return {
            "scene": self._scene,
            "said": self._desk.scenes[self._scene],
            "part": self._part.key,
            "parts": [[part.key, _label(part)] for part in parts],
        }

    def _answer(self) -> dict[str, Any]:
        desk = self._desk
        changed = [part.name for part in desk.changed()]
        kept = desk.sheet.problem or desk.sheet.notice
        count = f"{len(changed)} {'part' if len(changed) == 1 else 'parts'}"
        names = ", ".join(dict.fromkeys(changed))
        told = kept or (
            f"Changed so far: {count}. Kept in {desk.sheet.path.name}. In domain.yml: {names}." if changed else ""
        )
        return {**desk.answers(self._scene), "problem": desk.problem, "told": told, "changed": len(changed)}

    def _shown(self) -> dict[str, Any]:
        """Return what the studio is to hold."""
        return {
            "reply": self._part.text,
            "said": self._desk.scenes[self._scene],
            "sheet": self._desk.drawer(self._part),
            "title": f"Edit: {_label(self._part)}",
            "then": self._edited,
        }

    def _edited(self, _: str) -> None:
        """Let the bot say what the studio holds now."""
        self._desk.update()
        self._room.meet(self._desk.now)
        self._room.refresh()
        self.answer.state = self._answer()

    def _heard(self, _: object, content: object, __: object) -> None:
        """Do what a card asks: {"action", "value"}."""
        if not isinstance(content, dict):
            return
        value = str(content.get("value"))
        match content.get("action"):
            case "scene" if value in self._desk.scenes and value != self._scene:
                self._scene, self._part = value, self._desk.parts[value][0]
                self.studio.put(**self._shown())
            case "part" if value in (keys := {part.key: part for part in self._desk.parts[self._scene]}):
                self._part = keys[value]
                self.studio.put(**self._shown())
            case "say":
                self._sent += 1
                self._room.say(f"workshop-{os.urandom(6).hex()}-{self._sent}", self._desk.scenes[self._scene])
            case "restore":
                self._desk.restore()
                self._room.meet(self._desk.now)
                self._room.refresh()
                self.studio.put(**self._shown())
            case "download":
                from evaluators.chatbot.domain import domain_yaml

                self._sent += 1
                self.answer.file = {"seq": self._sent, "name": "domain.yml", "text": domain_yaml(self._desk.now.files)}
        self.choice.state, self.answer.state = self._choice(), self._answer()


def _label(part: Part) -> str:
    """Name a part by what it begins with."""
    return f"“{textwrap.shorten(part.text, width=48, placeholder=' …')}”"


def bot_workshop(
    bot: "Bot | None" = None,
    *,
    key: str,
    scenes: Mapping[str, str] | None = None,
    height: int = 420,
    title: str = "",
    folder: str | os.PathLike[str] = ".",
) -> None:
    """Let somebody change a bot's replies, see how the whole answer reads before and now, and talk to the changed bot.

    One picks what a person writes, and a part of the bot's answer; the studio scores it while one types, and the chat
    below answers with the new words. The bot itself stays as it is. Changed words are kept in ``workshop-<key>.json``
    beside the notebook, over a re-run and a reload. "Download" gives the changed ``domain.yml``, as Rasa 3.1 reads it.

    Parameters
    ----------
    bot : Bot, optional
        By default `evaluators.chatbot.example_bot`.
    key : str
        Names the workshop and its chat: small letters, digits, ``-`` and ``_``, at most 40.
    scenes : mapping of str to str, optional
        Label -> what somebody writes; by default twelve everyday and heavy matters. Danger to life is not among them:
        its words need the approval of people with that duty.
    height : int, optional
        Of the chat's messages, in pixels.
    title : str, optional
        Heading, plain text.
    folder : path, optional
        Where things are kept; default the notebook's folder.

    Raises
    ------
    StudioError, ChatError
        If the key cannot be used.
    WorkshopError
        If an answer holds no reply of the bot's own.

    See Also
    --------
    evaluators.chatbot.Bot.with_replies : The same without a page.
    evaluators.chatbot.domain.domain_yaml : The file.

    Examples
    --------
    >>> bot_workshop(key="c2")  # doctest: +SKIP
    """
    if bot is None:
        from evaluators.chatbot import example_bot

        bot = example_bot()
    file = f"workshop-{plain_key(key)}"
    sheet = AnswerSheet.open(file, folder, f"{file}.json")
    desk = WorkshopDesk(bot, SCENES if scenes is None else scenes, sheet)
    talked = room(chat_path(file, folder), file, desk.now)
    heading = title or _TITLE.format(name=bot.name)
    rows = [(part.name, desk.text(part)) for part in desk.changed()] or [("Changed", "Nothing yet")]
    show(standin(heading, rows), "\n".join([heading, *(f"{label}: {text}" for label, text in rows)]))
    made: list[BotWorkshop] = []

    def part(name: str) -> anywidget.AnyWidget:
        """Return a widget of the workshop, which is made with the first of them."""
        if not made:
            made.append(BotWorkshop(desk, talked, heading))
        found: anywidget.AnyWidget = getattr(made[0], name)
        return found

    for name in ("choice", "studio", "answer"):
        show_widget(partial(part, name))
    chat(desk.now, key=file, height=height, hint=_HINT, folder=folder)

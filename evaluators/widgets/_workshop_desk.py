"""What a bot's workshop does behind the page: which words belong to an answer, what was changed, how it reads now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.answers import AnswerSheet
from evaluators.errors import LabError
from evaluators.widgets._tone_view import differences

if TYPE_CHECKING:
    from evaluators.chatbot import Bot
    from evaluators.tone import ToneScore

_FIELD = re.compile(r"\{(\w+)\}")
_FEWEST = 12  # letters of a reply that can be told from chance in an answer

# What people might write to Brook, everyday matters first. Danger to life is left out: its words need an owner.
SCENES = {
    "My pay is short": "My pay is 600 short again and my rent goes out tomorrow.",
    "Where is my pay stub?": "Where do I find my pay stub for October?",
    "Change the medical plan": "I want to change my medical plan.",
    "Help with fees": "Does the company help with the fees for an evening course?",
    "A hard talk": "I need to have a difficult conversation with an employee.",
    "A child is ill": "My child is ill and I can't come in.",
    "A work permit ends": "My work permit ends in autumn, what do I do?",
    "Talk of layoffs": "Everybody says that our department will be closed. Is it true?",
    "Are you a person?": "Are you a person or a bot?",
    "A death (heavy)": "My father died on Sunday.",
    "Harassment (heavy)": "A colleague makes comments about my body.",
    "Worn out (heavy)": "I feel burnt out.",
}


class WorkshopError(LabError, ValueError):
    """A workshop that cannot be set up as it was asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A reply that is part of an answer: its name, which of its wordings, and the words."""

    name: str
    place: int
    text: str

    @property
    def key(self) -> str:
        """Name in the sheet; a reply's first wording goes by the reply's name."""
        return f"{self.name} {self.place}" if self.place else self.name


class Drawer:
    """The texts of one reply within the workshop's sheet, for a `ToneStudio`.

    Parameters
    ----------
    sheet : AnswerSheet
        Of the workshop.
    name : str
        The answer in it that holds the texts.
    """

    def __init__(self, sheet: AnswerSheet, name: str) -> None:
        self._sheet, self._name = sheet, name

    @property
    def path(self) -> Path:
        """The workshop's file."""
        return self._sheet.path

    @property
    def problem(self) -> str:
        """Why the last change is not on disk; empty if it is."""
        return self._sheet.problem

    @property
    def notice(self) -> str:
        """What must be told about a file that was set aside."""
        return self._sheet.notice

    @property
    def answers(self) -> dict[str, Any]:
        """The texts, as far as there are any."""
        found = self._sheet.get(self._name)
        return dict(found) if isinstance(found, Mapping) else {}

    def get(self, name: str) -> Any:
        """Return one of the texts."""
        return self.answers.get(name)

    def set(self, name: str, value: Any) -> None:
        """Keep one of the texts."""
        self._sheet.set(self._name, {**self.answers, name: value})


class WorkshopDesk:
    """A bot, what people write to it, and the words that somebody changed.

    Parameters
    ----------
    bot : Bot
        Stays as it is.
    scenes : mapping of str to str
        Label -> what somebody writes.
    sheet : AnswerSheet
        Where changed words are kept.
    """

    def __init__(self, bot: "Bot", scenes: Mapping[str, str], sheet: AnswerSheet) -> None:
        if not scenes:
            raise WorkshopError("Nobody writes anything to the bot.", "Give at least one scene.", "scenes")
        self.bot, self.scenes, self.sheet = bot, dict(scenes), sheet
        self.parts = {label: parts_of(bot, said) for label, said in self.scenes.items()}
        mute = [label for label, parts in self.parts.items() if not parts]
        if mute:
            raise WorkshopError(
                f"The answer to {self.scenes[mute[0]]!r} holds no reply that can be changed.",
                "Choose a message that the bot answers in words of its own.",
                "scenes",
            )
        self.problem = ""
        self.now = bot
        self.update()

    def drawer(self, part: Part) -> Drawer:
        """Return where the words of a part are kept."""
        return Drawer(self.sheet, f"reply {part.key}")

    def text(self, part: Part) -> str:
        """Return the words of a part as they are now."""
        kept = self.drawer(part).get("replies")
        return kept[0] if isinstance(kept, list) and kept and isinstance(kept[0], str) else part.text

    def changed(self) -> tuple[Part, ...]:
        """Return the parts whose words were changed, in the order of the scenes."""
        every = dict.fromkeys(part for parts in self.parts.values() for part in parts)
        return tuple(part for part in every if self.text(part).strip() != part.text)

    def update(self) -> None:
        """Make the changed bot; words that it cannot use are said in `problem`, and the last good bot stays."""
        from evaluators.chatbot.errors import BotReplyError

        replies: dict[str, list[str]] = {}
        for part in self.changed():
            old = [wording.text for wording in self.bot.files.responses[part.name]]
            replies.setdefault(part.name, old)[part.place] = self.text(part)
        try:
            self.now = self.bot.with_replies(replies) if replies else self.bot
            self.problem = ""
        except BotReplyError as error:
            self.problem = f"{error.problem} {error.hint} {self.bot.name} goes on with the words before."

    def restore(self) -> None:
        """Take all changes back."""
        for part in self.changed():
            self.sheet.set(f"reply {part.key}", {})
        self.update()

    def answers(self, label: str) -> dict[str, Any]:
        """Return the whole answer to a message before and now, with its scores and the difference in words."""
        from evaluators.tone import score_reply

        said = self.scenes[label]
        texts = [bot.conversation().say(said).reply for bot in (self.bot, self.now)]
        scores = [score_reply(text, said=said) for text in texts]
        same = texts[0] == texts[1]
        return {
            "said": said,
            "texts": texts,
            "scores": [_in_short(score) for score in scores],
            "difference": "" if same else _since(differences(*scores)[0]),
        }


def parts_of(bot: "Bot", said: str) -> tuple[Part, ...]:
    """Find the replies that the answer to a message is made of, in their order; quoted policies are not among them.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> [part.name for part in parts_of(example_bot(), "Are you a person or a bot?")]
    ['utter_bot']
    """
    answer = bot.conversation().say(said).reply
    found: list[tuple[int, int, Part]] = []
    for name, wordings in bot.files.responses.items():
        for place, wording in enumerate(wordings):
            fixed = [piece.strip() for piece in _FIELD.split(wording.text)[::2]]
            if "{policy_words}" in wording.text or sum(map(len, fixed)) < _FEWEST:
                continue
            match = re.search(r".*?".join(re.escape(piece) for piece in fixed if piece), answer, flags=re.DOTALL)
            if match:
                found.append((match.start(), -match.end(), Part(name, place, wording.text)))
    parts: list[Part] = []
    reached = -1
    for start, end, part in sorted(found, key=lambda each: each[:2]):
        if start >= reached:  # of two that begin at the same place, the longer one was said
            parts.append(part)
            reached = -end
    return tuple(parts)


def _since(difference: str) -> str:
    """Word a comparison of two wordings as one of before and now."""
    said = difference.replace("The second is", "Now it is").replace("The two are", "Before and now are")
    return said.replace("Only the first passes", "Only the first words pass").replace(
        "Only the second", "Only the new one"
    )


def _in_short(score: "ToneScore") -> str:
    """Say in a line how a reply reads."""
    if score.abstained:
        return f"No score: {score.abstained}"
    gate = "" if not score.gate.needed else " The gate is passed." if score.gate.passed else " The gate failed."
    return f"{score.overall:.1f} of 4 as a whole; lowest: {score.lowest.name.lower()}, {score.lowest.score:.1f}.{gate}"

"""Which situations reach a person, and after how many turns: openings are played to a bot, and the turns counted."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.chatbot.errors import FlowError
from evaluators.chatbot.turn import Talker

if TYPE_CHECKING:
    import altair as alt

_REPEATED = 2  # the same reply so often in a row is a loop
OUTCOMES = ("person", "loop", "no person")


@dataclass(frozen=True, slots=True)
class FlowPath:
    """One opening, played until a person was offered or nothing was left to say.

    Attributes
    ----------
    situation : str
        What it is about.
    opening : int
        Which of the situation's openings, from 1.
    said : tuple of str
        The messages that were played.
    turns : int
        How many.
    person_after : int or None
        The turn, from 1, whose answer offered or fetched a person; None if none did.
    looped : bool
        Whether the same answer came twice in a row before a person was offered.
    intents : tuple of str
        What each message was taken for; empty where the bot was not sure or does not tell.
    """

    situation: str
    opening: int
    said: tuple[str, ...]
    turns: int
    person_after: int | None
    looped: bool
    intents: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`."""
        if self.person_after is not None:
            return "person"
        return "loop" if self.looped else "no person"


@dataclass(frozen=True, slots=True)
class SituationFlow:
    """All openings of a situation together.

    Attributes
    ----------
    situation : str
        What it is about.
    openings, reached : int
        How many openings were played, and how many reached a person.
    share : float
        `reached` of `openings`, 0 to 1.
    median_turns : float or None
        Median of the turns until a person, over the openings that reached one.
    most_turns : int or None
        The longest of these.
    loops : int
        Openings in which the same answer came twice in a row and no person.
    """

    situation: str
    openings: int
    reached: int
    share: float
    median_turns: float | None
    most_turns: int | None
    loops: int


@dataclass(frozen=True, slots=True)
class BotFlow:
    """How a bot's situations end.

    Attributes
    ----------
    bot : str
        Name of the bot.
    paths : tuple of FlowPath
        One per opening, in the order given.
    situations : tuple of SituationFlow
        One per situation, in the order given.
    max_turns : int
        After so many turns an opening was broken off.
    """

    bot: str
    paths: tuple[FlowPath, ...]
    situations: tuple[SituationFlow, ...]
    max_turns: int

    @property
    def share(self) -> float:
        """Share of all openings that reached a person, 0 to 1."""
        return round(sum(each.reached for each in self.situations) / len(self.paths), 4)

    @property
    def never(self) -> tuple[str, ...]:
        """Situations of which no opening reached a person."""
        return tuple(each.situation for each in self.situations if not each.reached)

    @property
    def loops(self) -> tuple[str, ...]:
        """Situations of which an opening went round in a loop."""
        return tuple(each.situation for each in self.situations if each.loops)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per situation."""
        names = ["situation", "openings", "reached", "share", "median_turns", "most_turns", "loops"]
        table = pd.DataFrame([asdict(each) for each in self.situations], columns=names)
        return table.astype({"median_turns": "Float64", "most_turns": "Int64"})

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as JSON-able values."""
        return dict(
            plain(
                {
                    "bot": self.bot,
                    "max_turns": self.max_turns,
                    "share": self.share,
                    "never": self.never,
                    "loops": self.loops,
                    "situations": [asdict(each) for each in self.situations],
                    "paths": [asdict(each) | {"outcome": each.outcome} for each in self.paths],
                }
            )
        )

    def summary(self) -> str:
        """Say in plain words what was found, and what that does not prove."""
        reached = sum(each.reached for each in self.situations)
        after = [path.person_after for path in self.paths if path.person_after is not None]
        said = f"{self.bot}: {reached} of {len(self.paths)} openings reached a person"
        said += (
            f", half of them by turn {statistics.median_low(after)}, the last by turn {max(after)}." if after else "."
        )
        if self.never:
            said += f" Never: {', '.join(self.never).replace('_', ' ')}."
        if self.loops:
            said += f" The same answer came twice in a row and no person in: {', '.join(self.loops).replace('_', ' ')}."
        return (
            f"{said} Not every situation needs a person: a pay stub that is found is a good end. These openings were "
            "written by somebody; real people say other things, and being offered a person is not being helped."
        )

    def chart(self) -> "alt.LayerChart":
        """Draw the share of openings that reached a person, and the turns it took, one row per situation."""
        from evaluators.chatbot._charts import flow_chart

        return flow_chart(self)


def bot_flow(bot: Talker, scenarios: Mapping[str, Sequence[Sequence[str]]], *, max_turns: int = 8) -> BotFlow:
    """Play openings to a bot, and see which reach a person and after how many turns.

    Each opening is a conversation of its own. It is played until an answer offers or fetches a person, until its
    messages end, or until `max_turns`.

    Parameters
    ----------
    bot : Talker
        Whoever answers: a `Bot`, an endpoint, a function.
    scenarios : mapping of str to sequence of sequence of str
        Situation -> openings; an opening is the messages in order. A single string counts as one message.
    max_turns : int
        At least 1.

    Returns
    -------
    BotFlow
        Figures per opening and per situation.

    Raises
    ------
    FlowError
        If there is nothing to play, an opening holds no message or something that is no text, or `max_turns` is
        below 1.

    Examples
    --------
    >>> from evaluators.chatbot import example_bot
    >>> flow = bot_flow(example_bot(), {"grief": [["my father died"]], "plan": [["change my medical plan", "gold"]]})
    >>> flow.never, flow.paths[0].person_after
    (('plan',), 1)
    """
    if not isinstance(max_turns, int) or max_turns < 1:
        raise FlowError(f"At most {max_turns!r} turns cannot be played.", "Allow at least one turn.", "max_turns")
    if not isinstance(scenarios, Mapping) or not scenarios:
        raise FlowError("There are no situations to play.", "Give each situation a name and openings.", "scenarios")
    paths: list[FlowPath] = []
    for situation, openings in scenarios.items():
        if isinstance(openings, str) or not isinstance(openings, Iterable) or not openings:
            raise FlowError(f"The situation {situation!r} has no openings.", "Write a list of openings.", "scenarios")
        for number, opening in enumerate(openings, start=1):
            said = [opening] if isinstance(opening, str) else list(opening)
            if not said or not all(isinstance(each, str) for each in said):
                raise FlowError(
                    f"Opening {number} of {situation!r} is no list of messages.", "Write texts in order.", "scenarios"
                )
            paths.append(_played(bot, str(situation), number, said[:max_turns]))
    names = list(dict.fromkeys(path.situation for path in paths))
    together = tuple(_together([path for path in paths if path.situation == name]) for name in names)
    return BotFlow(bot.name, tuple(paths), together, max_turns)


def _played(bot: Talker, situation: str, number: int, said: list[str]) -> FlowPath:
    talk = bot.conversation()
    intents: list[str] = []
    before, repeated, looped = "", 1, False
    person_after: int | None = None
    for place, text in enumerate(said, start=1):
        turn = talk.say(text)
        intents.append(turn.intent or "")
        repeated = repeated + 1 if turn.reply == before else 1
        looped = looped or repeated >= _REPEATED
        before = turn.reply
        if turn.offered_person:
            person_after = place
            break
    return FlowPath(
        situation, number, tuple(said), len(intents), person_after, looped and person_after is None, tuple(intents)
    )


def _together(paths: list[FlowPath]) -> SituationFlow:
    after = [path.person_after for path in paths if path.person_after is not None]
    return SituationFlow(
        situation=paths[0].situation,
        openings=len(paths),
        reached=len(after),
        share=round(len(after) / len(paths), 4),
        median_turns=float(statistics.median(after)) if after else None,
        most_turns=max(after) if after else None,
        loops=sum(path.looped for path in paths),
    )

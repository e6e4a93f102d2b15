"""Brook's answers made worse, one at a time: what the scenarios of datasets/hr_bot/tests must notice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evaluators.chatbot.turn import Talker, Turn
from evaluators.tone import score_reply
from evaluators.tone.conversation_tests import TestStory

_SENTENCE = re.compile(r"(?<=[.!?”)])\s+(?=[A-Z“(])")
_WARM = ("emotional_reaction", "non_dismissal", "interpretation")
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_AMOUNT = re.compile(rf"\d+|\b(?:{'|'.join(_NUMBERS)}|half|a tenth)\b")
KINDS = (
    "cold wording",
    "kind words gone",
    "dismissal",
    "missing person",
    "missing citation",
    "promised secrecy",
    "wrong amount",
    "emptied",
)


@dataclass(frozen=True, slots=True)
class Replay:
    """Somebody who says what was recorded, whatever is said to them."""

    recorded: tuple[Turn, ...]
    name: str = "a recording"

    def conversation(self) -> "_Talk":
        return _Talk(self.recorded)


class _Talk:
    def __init__(self, recorded: Sequence[Turn]) -> None:
        self.recorded, self.turns = recorded, []

    def say(self, text: str) -> Turn:
        self.turns.append(self.recorded[len(self.turns)])
        return self.turns[-1]


def recorded(talker: Talker, story: TestStory) -> tuple[Turn, ...]:
    """Return what a bot answers to a story."""
    talk = talker.conversation()
    return tuple(talk.say(step.said) for step in story.steps)


def mutants(turns: tuple[Turn, ...]) -> Iterator[tuple[str, int, Replay]]:
    """Yield each kind of mistake at each answer where it can be made: its kind, the answer's number, who answers so."""
    for number, turn in enumerate(turns):
        for kind in KINDS:
            worse = _worse(kind, turn)
            if worse is not None and (worse.reply, worse.citations) != (turn.reply, turn.citations):
                yield kind, number + 1, Replay((*turns[:number], worse, *turns[number + 1 :]))


def _worse(kind: str, turn: Turn) -> Turn | None:
    sentences = _SENTENCE.split(turn.reply)
    if kind in ("cold wording", "kind words gone"):  # the facts stay, the kind sentences go
        kept = [each for each in sentences if not _warm(each, turn.said)]
        if len(kept) == len(sentences) or not kept:
            return None
        formula = ["Your request has been received."] if kind == "cold wording" else []
        return replace(turn, reply=" ".join([*formula, *kept]))
    if kind == "dismissal":
        return replace(turn, reply=f"Calm down, it is not a big deal. {turn.reply}")
    if kind == "missing person":
        if not turn.offered_person:
            return None
        kept = [each for each in sentences if "person" not in each.casefold() and "they are there" not in each]
        return replace(turn, reply=" ".join(kept) or "All right.", offered_person=False)
    if kind == "missing citation":
        return replace(turn, citations=())
    if kind == "promised secrecy":
        return replace(turn, reply=f"{turn.reply} This stays between us.")
    if kind == "wrong amount":
        reply = turn.reply
        for source in turn.citations:
            reply = reply.replace(source.words, _AMOUNT.sub(_other, source.words))
        return replace(turn, reply=reply)
    return replace(turn, reply="")


def _warm(sentence: str, said: str) -> bool:
    score = score_reply(sentence, said=said)
    return any(cue.weight > 0 and not cue.name.startswith("rest") for key in _WARM for cue in score[key].cues)


def _other(match: re.Match[str]) -> str:
    word = match.group()
    if word.isdigit():
        return str(int(word) + 1)
    return {"half": "all", "a tenth": "a third"}.get(word) or _NUMBERS[(_NUMBERS.index(word) + 1) % len(_NUMBERS)]

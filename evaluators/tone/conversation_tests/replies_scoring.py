"""Score the replies of a table, such as a log of one's own chatbot, alone or within their conversations."""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evaluators.errors import LabError
from evaluators.tone._situation import situations
from evaluators.tone.conversation import score_conversation
from evaluators.tone.conversation_tests.errors import ConversationTestError
from evaluators.tone.conversation_tests.hiding import hide_personal, names_in
from evaluators.tone.conversation_tests.replies_table import ConversationRow, ReplyScores, ScoredRow
from evaluators.tone.conversation_tests.results import ReplyTone, StepResult
from evaluators.tone.gate import Gate, GateRules, check_gate
from evaluators.tone.score import ToneScore, score_reply

if TYPE_CHECKING:
    from evaluators.tone.fit import Calibration

QUOTES = ("both", "replies", "nothing")
_WORST = 20
_FAILED = 50
_LONGEST = 20_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A row as it was read."""

    number: int
    row: str
    said: str
    reply: str
    situation: str
    conversation: str


class _Kept:
    """The rows so far, and the few replies whose words are kept."""

    def __init__(self, quote: str, hide_names: bool) -> None:
        self.rows: dict[int, ScoredRow] = {}
        self.quote, self.hide_names = quote, hide_names
        self.names: set[str] = set()
        self._lowest: list[tuple[float, int, str, StepResult]] = []
        self._failed: list[tuple[int, str, StepResult]] = []

    def pass_over(self, asked: _Asked, why: str, gate: Gate | None = None) -> None:
        """Keep a row without a score; where nothing answers words that raise a gate, the gate has failed."""
        gate = gate if gate is not None and gate.needed else None
        needed, passed = gate is not None, gate is None or gate.passed
        self.rows[asked.number] = ScoredRow(
            asked.row, math.nan, {}, "unknown", needed, passed, why, asked.conversation
        )  # fmt: skip
        if gate is not None and not passed:
            missing = tuple(each.says for each in gate.requirements if not each.met)
            tone = ReplyTone(math.nan, math.nan, {}, (), True, False, missing, why)
            self._fail(asked, StepResult(1, asked.said, asked.reply, tone, (), sensitive=gate.kinds))
            if self.hide_names:
                self.names |= names_in(asked.said)

    def _fail(self, asked: _Asked, step: StepResult) -> None:
        self._failed.append((asked.number, asked.row, step))
        if len(self._failed) > 2 * _FAILED:
            self._failed = sorted(self._failed, key=lambda each: each[0])[:_FAILED]

    def add(self, asked: _Asked, score: ToneScore) -> None:
        """Keep the figures of a row; its words only while it is among the lowest or the first that failed a gate."""
        tone = ReplyTone.of(score)
        if self.hide_names:
            self.names |= names_in(asked.said) | names_in(asked.reply)
        self.rows[asked.number] = ScoredRow(
            asked.row, tone.overall, dict(tone.dimensions), score.severity, tone.gate_needed, tone.gate_passed,
            tone.abstained, asked.conversation,
        )  # fmt: skip
        step = StepResult(1, asked.said, asked.reply, tone, (), sensitive=score.gate.kinds)
        if not tone.gate_passed:
            self._fail(asked, step)
        if not tone.abstained:
            entry = (-tone.overall, -asked.number, asked.row, step)
            if len(self._lowest) < _WORST:
                heapq.heappush(self._lowest, entry)
            elif entry > self._lowest[0]:
                heapq.heapreplace(self._lowest, entry)

    def worst(self) -> tuple[tuple[str, StepResult], ...]:
        """Return the lowest replies, the lowest first."""
        found = sorted(self._lowest, key=lambda entry: (-entry[0], -entry[1]))
        return tuple((row, self._shown(step)) for _, _, row, step in found)

    def failed(self) -> tuple[tuple[str, StepResult], ...]:
        """Return the first replies that failed a gate."""
        found = sorted(self._failed, key=lambda each: each[0])[:_FAILED]
        return tuple((row, self._shown(step)) for _, row, step in found)

    def _shown(self, step: StepResult) -> StepResult:
        said = step.said if self.quote == "both" else ""
        reply, tone = step.reply, step.tone
        if self.quote == "nothing":
            return replace(step, said="", reply="", tone=tone and replace(tone, words=()))
        if self.hide_names:
            said, reply = hide_personal(said, self.names), hide_personal(reply, self.names)
            if tone is not None:
                tone = replace(
                    tone, words=tuple(replace(each, text=reply[each.start : each.end]) for each in tone.words)
                )
        return replace(step, said=said, reply=reply, tone=tone)


def score_replies(
    replies: Iterable[Mapping[str, Any]],
    *,
    name: str = "replies",
    situation: str = "",
    calibration: "Calibration | None" = None,
    rules: GateRules | None = None,
    quote: str = "both",
    hide_names: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> ReplyScores:
    """Score the replies of a table, each by itself, or within its conversation where the rows name one.

    Parameters
    ----------
    replies : iterable of mapping
        ``reply``, and as far as known ``said``, ``situation``, ``conversation`` and ``id``; None counts as empty.
        Rows of a conversation stand in the order in which things were said, not necessarily beside each other.
    name : str
        What the table is called.
    situation : str
        For rows that name none; by default it is read from what was said.
    calibration, rules
        As in `evaluators.tone.score_reply`.
    quote : {"both", "replies", "nothing"}
        Which words the result keeps of the lowest replies and of those that failed a gate.
    hide_names : bool
        Whether `hide_personal` covers names and numbers in them, also names that another row gives away. The scores
        come from the whole words either way.
    on_progress : callable, optional
        Gets the number of rows done so far, after each reply or conversation.

    Returns
    -------
    ReplyScores
        A row without a reply, or of a situation that is not known, has no score and says why. A conversation has the
        first situation that one of its rows names.

    Raises
    ------
    ConversationTestError
        If there is no row, or `quote` is none of the three.
    RubricError
        If `situation` is none of `evaluators.tone.situations`.

    Examples
    --------
    >>> scores = score_replies([{"reply": "Calm down."}, {"reply": ""}])
    >>> scores.minimum < 2, scores.rows[1].why_not
    (True, 'there is no reply')
    >>> talk = [{"reply": each, "conversation": "a"} for each in ("I'm sorry, I will check.", "Calm down.")]
    >>> [(each.conversation, each.replies, each.trajectory) for each in score_replies(talk).conversations]
    [('a', 2, 'too short to tell')]
    """
    if quote not in QUOTES:
        raise ConversationTestError(f"{quote!r} cannot be quoted.", f"Say one of {', '.join(QUOTES)}.", "quote")
    more: dict[str, Any] = {"rules": rules, **({} if calibration is None else {"calibration": calibration})}
    # What is wrong with all rows stops here, not in each row: an unknown situation, a file of words that is damaged.
    score_reply("Hello.", said="Hello.", situation=situation, **more)
    kept = _Kept(quote, hide_names)
    told: dict[str, list[_Asked]] = {}

    def report() -> None:
        if on_progress is not None:
            on_progress(len(kept.rows))

    for number, each in enumerate(replies, start=1):
        asked = _read(number, each)
        if asked.situation and asked.situation not in situations():
            kept.pass_over(asked, f"There is no situation {asked.situation!r}.")
        elif not any(letter.isalpha() for letter in asked.reply):  # 4.5 in a column of ratings is no reply
            why = "The text holds no words." if asked.reply.strip() else "there is no reply"
            kinds = (asked.situation or situation,)
            kept.pass_over(asked, why, check_gate("", said=asked.said, situation=kinds, rules=rules))
        elif asked.conversation:
            told.setdefault(asked.conversation, []).append(asked)
            continue
        else:
            try:
                kept.add(
                    asked, score_reply(asked.reply, said=asked.said, situation=asked.situation or situation, **more)
                )
            except LabError as error:
                kept.pass_over(asked, error.problem)
        report()
    talks = []
    missed = Counter(each.conversation for each in kept.rows.values() if not each.gate_passed)  # no reply at all
    for code, turns in told.items():
        about = next((turn.situation for turn in turns if turn.situation), situation)
        whole = score_conversation([(turn.said, turn.reply) for turn in turns], situation=about, **more)
        for turn, score in zip(turns, whole.turns, strict=True):
            kept.add(turn, score)
        mean, lowest = round(whole.mean, 3), whole.minimum
        talks.append(
            ConversationRow(code, len(turns), mean, lowest, whole.trajectory, len(whole.failed_gates) + missed[code])
        )
        report()
    if not kept.rows:
        raise ConversationTestError("The table has no row.", "Give at least one reply.")
    talks.sort(key=lambda talk: (math.isnan(talk.mean), talk.mean, talk.conversation))
    rows = tuple(kept.rows[number] for number in sorted(kept.rows))
    return ReplyScores(name, rows, kept.worst(), kept.failed(), tuple(talks), quote, hide_names)


def _read(number: int, row: Mapping[str, Any]) -> _Asked:
    def text(name: str) -> str:
        value = row.get(name)
        return "" if value is None or value != value else str(value)

    return _Asked(
        number,
        _harmless(text("id") or str(number)),
        text("said")[:_LONGEST],
        text("reply")[:_LONGEST],
        text("situation").strip(),
        _harmless(text("conversation").strip()),
    )


def _harmless(code: str) -> str:
    """Return a code that a spreadsheet does not run."""
    return f"'{code}" if code[:1] in _FORMULA else code

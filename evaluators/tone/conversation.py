"""Score a conversation: its mean, its worst reply, and where it is going; the mean alone would hide a cruel turn."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.tone.cues import WordModel
from evaluators.tone.errors import ReplyError, RubricError
from evaluators.tone.gate import GateRules
from evaluators.tone.rubric import load_rubric
from evaluators.tone.score import ToneScore, score_turn
from evaluators.tone.word_model import shipped_models

if TYPE_CHECKING:
    import altair as alt

    from evaluators.tone.calibration import Calibration

_FEWEST_TURNS = 4
_STEADY = 0.25


@dataclass(frozen=True, slots=True)
class DimensionCourse:
    """One dimension over a conversation.

    Parameters
    ----------
    key, name : str
        The dimension.
    mean, minimum : float
        Over the replies that could be scored, in points (0-4); NaN if there is none.
    minimum_turn : int
        Number of the reply with the lowest score, from 1, the first of several; 0 if there is none.
    """

    key: str
    name: str
    mean: float
    minimum: float
    minimum_turn: int


@dataclass(frozen=True, slots=True)
class ConversationTone:
    """How a conversation reads.

    Parameters
    ----------
    turns : tuple of ToneScore
        The score of each reply, in order.
    mean, minimum : float
        Of the replies' scores as a whole (0-4); NaN if none could be scored.
    minimum_turn : int
        Number of the reply with the lowest score, from 1, the first of several; 0 if none could be scored.
    change : float
        Mean of the later half less mean of the earlier half, in points; NaN under 4 scored replies.
    trajectory : str
        ``"warmer"``, ``"colder"``, ``"steady"`` (within a quarter of a point) or ``"too short to tell"``.
    failed_gates : tuple of int
        Numbers of the replies, from 1, whose gate failed.
    dimensions : tuple of DimensionCourse
        Mean and lowest of each dimension, in the order of the rubric.
    """

    turns: tuple[ToneScore, ...] = field(repr=False)
    mean: float
    minimum: float
    minimum_turn: int
    change: float
    trajectory: str
    failed_gates: tuple[int, ...]
    dimensions: tuple[DimensionCourse, ...] = ()

    def __getitem__(self, key: str) -> DimensionCourse:
        for each in self.dimensions:
            if each.key == key:
                return each
        known = ", ".join(each.key for each in self.dimensions)
        raise RubricError(f"There is no dimension {key!r} in this conversation.", f"There are: {known}.")

    def dimensions_frame(self) -> pd.DataFrame:
        """Return one row a dimension.

        Returns
        -------
        DataFrame, shape (8, 5)
            ``dimension``, ``name``, ``mean`` and ``minimum`` (0-4), ``minimum_turn`` (from 1; 0 for none).
        """
        return pd.DataFrame([asdict(each) | {"dimension": each.key} for each in self.dimensions])[
            ["dimension", "name", "mean", "minimum", "minimum_turn"]
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a turn.

        Returns
        -------
        DataFrame, shape (n_turns, 14)
            ``turn`` from 1, ``overall`` (0-4), a column for each dimension, ``severity``, ``gate`` (the kinds,
            joined), ``gate_passed`` and ``abstained``.
        """
        rows = [
            {
                "turn": number,
                "overall": turn.overall,
                **{each.key: each.score for each in turn.dimensions},
                "severity": turn.severity,
                "gate": ", ".join(turn.gate.kinds),
                "gate_passed": turn.gate.passed,
                "abstained": turn.abstained,
            }
            for number, turn in enumerate(self.turns, start=1)
        ]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that were not given."""
        own = {
            "mean": self.mean,
            "minimum": self.minimum,
            "minimum_turn": self.minimum_turn,
            "change": self.change,
            "trajectory": self.trajectory,
            "failed_gates": self.failed_gates,
            "dimensions": [asdict(each) for each in self.dimensions],
        }
        return dict(plain(own)) | {"turns": [turn.to_dict() for turn in self.turns]}

    def summary(self) -> str:
        """Say in plain words how the conversation reads.

        Returns
        -------
        str
            Mean, worst reply and course; then gates, replies without a score, and what nobody has checked.

        Examples
        --------
        >>> told = score_conversation([("My pay is wrong.", "I'm sorry about that. I will call payroll today."),
        ...     ("It is still wrong.", "Calm down.")])
        >>> print(told.summary().splitlines()[0])
        2 replies: mean 2.2 of 4, lowest 1.8 in reply 2 ('Calm down.'). Course: too short to tell.
        """
        scored = sum(not turn.abstained for turn in self.turns)
        if not scored:
            lines = [f"{_replies(len(self.turns))}, and none could be scored: a person has to read them."]
        else:
            worst = " ".join(self.turns[self.minimum_turn - 1].reply.split())
            quoted = worst if len(worst) <= 60 else worst[:57].rstrip() + "…"
            lines = [
                f"{_replies(scored)}: mean {self.mean:.1f} of 4, lowest {self.minimum:.1f} in reply "
                f"{self.minimum_turn} ('{quoted}'). Course: {self.trajectory}."
            ]
        if 0 < scored < len(self.turns):
            lines.append(f"{_replies(len(self.turns) - scored)} could not be scored; a person has to read them.")
        if self.failed_gates:
            which = ", ".join(map(str, self.failed_gates[:10])) + (", …" if len(self.failed_gates) > 10 else "")
            lines.append(f"The gate failed in reply {which}: a crisis or harassment was not answered as it must be.")
        return "\n".join([*lines, load_rubric().unrated])

    def chart(self) -> "alt.LayerChart":
        """Draw the replies' scores over the conversation.

        Returns
        -------
        altair.LayerChart
            A line with a mark for each reply; crosses failed the gate. The description holds the summary.
        """
        from evaluators.tone._charts.tone import conversation_chart  # Altair is slow to import

        return conversation_chart(self)


def _replies(count: int) -> str:
    return "1 reply" if count == 1 else f"{count:,} replies"


def score_conversation(
    turns: Iterable[tuple[str, str] | Mapping[str, str]],
    *,
    situation: str = "",
    rules: GateRules | None = None,
    models: Iterable[WordModel] | None = None,
    calibration: "Calibration | None" = None,
) -> ConversationTone:
    """Score the replies of a conversation, each with what was said before it.

    A matter that was grave stays so. Once a reply has acknowledged it, later ones may come to the point. Kind words
    that were used in two replies no longer count in a third. The gate is asked of the reply that follows the words
    which raised it.

    Parameters
    ----------
    turns : iterable of (str, str) or mapping
        What the person said and what was replied, or mappings with ``said`` and ``reply``. The first may have
        nothing said before it.
    situation : str
        One of `situations`; by default it is read from what was said.
    rules : GateRules, optional
        What the gate asks for.
    models : iterable of WordModel, optional
        Models that add points for words; by default `shipped_models`, ``()`` for none.
    calibration : Calibration, optional
        From `fit`: brings the scores to the scale of an organisation's own raters.

    Returns
    -------
    ConversationTone

    Raises
    ------
    ReplyError
        If there is no turn, a turn is not of two texts, or a reply is empty.
    RubricError
        If there is no such situation.

    Examples
    --------
    >>> told = score_conversation([("My father died.", "I'm sorry for your loss."), ("Thanks.", "Fill in form 7.")])
    >>> told.minimum_turn, told.trajectory
    (2, 'too short to tell')
    """
    chosen = shipped_models() if models is None else tuple(models)
    scores: list[ToneScore] = []
    spoken: Counter[str] = Counter()
    acknowledged, gravest = False, ""
    for number, turn in enumerate(turns, start=1):
        said, reply = _two(turn, number)
        try:
            score = score_turn(
                reply,
                said,
                situation,
                rules,
                chosen,
                spoken,
                acknowledged=acknowledged,
                at_least=gravest,
                calibration=calibration,
            )
        except ReplyError as error:
            raise ReplyError(f"Turn {number}: {error.problem}", error.hint) from error
        scores.append(score)
        if score.severity == "grave" or (score.severity == "troubled" and not gravest):
            gravest = score.severity
        acknowledged = acknowledged or any(
            cue.weight > 0 for cue in score["emotional_reaction"].cues if cue.name != "good wishes"
        )
    if not scores:
        raise ReplyError("There is no turn to score.", "Give at least one turn: what was said, and the reply.")
    known = [(number, score.overall) for number, score in enumerate(scores, start=1) if not math.isnan(score.overall)]
    failed = tuple(number for number, score in enumerate(scores, start=1) if score.gate.caps)
    if not known:
        none = math.nan
        return ConversationTone(tuple(scores), none, none, 0, none, "too short to tell", failed, _dimensions(scores))
    values = [value for _, value in known]
    lowest = min(known, key=lambda each: (each[1], each[0]))
    change = _change(values)
    return ConversationTone(
        tuple(scores),
        math.fsum(values) / len(values),
        lowest[1],
        lowest[0],
        change,
        _course(change),
        failed,
        _dimensions(scores),
    )


def _dimensions(scores: Sequence[ToneScore]) -> tuple[DimensionCourse, ...]:
    """Return mean and minimum of each dimension over the replies that were scored."""
    made = []
    for place, dimension in enumerate(load_rubric().dimensions):
        known = [(turn.dimensions[place].score, number) for number, turn in enumerate(scores, 1) if not turn.abstained]
        if not known:
            made.append(DimensionCourse(dimension.key, dimension.name, math.nan, math.nan, 0))
            continue
        mean = round(math.fsum(score for score, _ in known) / len(known), 6)
        made.append(DimensionCourse(dimension.key, dimension.name, mean, *min(known)))
    return tuple(made)


def _two(turn: tuple[str, str] | Mapping[str, str], number: int) -> tuple[str, str]:
    pair: Any = (turn.get("said", ""), turn.get("reply", "")) if isinstance(turn, Mapping) else turn
    if isinstance(pair, str) or len(pair) != 2 or not all(isinstance(each, str) for each in pair):
        raise ReplyError(f"Turn {number} is not two texts.", "Give what the person said and what was replied.")
    return pair[0], pair[1]


def _change(values: Sequence[float]) -> float:
    if len(values) < _FEWEST_TURNS:
        return math.nan
    half = len(values) // 2
    return sum(values[-half:]) / half - sum(values[:half]) / half


def _course(change: float) -> str:
    if math.isnan(change):
        return "too short to tell"
    if abs(change) <= _STEADY:
        return "steady"
    return "warmer" if change > 0 else "colder"

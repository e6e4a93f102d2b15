"""Score a reply on the rubric: eight dimensions with the words that earned or cost, a confidence each, and the gate."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.tone._language import why_not_english
from evaluators.tone._situation import asks_advice, severity
from evaluators.tone._structure import (
    advice_order,
    echoes,
    named_person,
    own_story,
    questions,
    readability_cues,
    shouting,
)
from evaluators.tone._text import Text
from evaluators.tone._undoing import TAKEN_BACK
from evaluators.tone.cues import PILED, Cue, Found, WordModel, find_cues, weigh
from evaluators.tone.errors import ReplyError, RubricError
from evaluators.tone.gate import Gate, GateRules, check_gate
from evaluators.tone.plain_language import readability
from evaluators.tone.rubric import load_rubric
from evaluators.tone.word_model import REST, shipped_models

if TYPE_CHECKING:
    import altair as alt

    from evaluators.tone.calibration import Calibration

_STEPS = ("low", "medium", "high")
_SHORT_WORDS = 8
_MODEL_BOUND = 1.0  # a model may move a dimension by so much at most
_REACTS = {"ordinary": 2.0, "troubled": 1.0, "grave": 0.5, "unknown": 1.0}
_ADVICE = frozenset(("advice nobody asked for", "tells what to do"))
_STEPS_TAKEN = frozenset(("I will", "by when", "offers a person"))
_NEEDS_SAID = ("emotional_reaction", "interpretation", "exploration", "advice_timing")


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """The score of one dimension, and the words behind it.

    Parameters
    ----------
    key, name : str
        The dimension.
    score : float
        Points (0-4); NaN where the evaluator abstains.
    baseline : float
        Points (0-4) before any word earned or cost. Baseline and weights of the cues add up to the score, as far as
        the scale goes.
    confidence, confidence_why : str
        ``"high"``, ``"medium"`` or ``"low"``, and why.
    cues : tuple of Cue
        The words, in the order of the reply; those that did not count say why.
    """

    key: str
    name: str
    score: float
    baseline: float
    confidence: str
    confidence_why: str
    cues: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class ToneScore:
    """How a reply reads, by rules: a score for each dimension, and the gate.

    Parameters
    ----------
    reply, said : str
        The reply, and what the person had said; empty if unknown.
    severity : str
        ``"ordinary"``, ``"troubled"``, ``"grave"`` or ``"unknown"``: how much warmth the matter asks for.
    dimensions : tuple of DimensionScore
        In the order of the rubric.
    gate : Gate
        What a crisis or harassment asks of the reply.
    mean : float
        Mean of the dimensions (0-4) before the gate; NaN where the evaluator abstains.
    overall : float
        The same, but at most 1 where the gate failed.
    abstained : str
        Why nothing was scored; empty where it was.
    """

    reply: str = field(repr=False)
    said: str = field(repr=False)
    severity: str
    dimensions: tuple[DimensionScore, ...]
    gate: Gate
    mean: float
    overall: float
    abstained: str = ""

    def __getitem__(self, key: str) -> DimensionScore:
        for each in self.dimensions:
            if each.key == key:
                return each
        known = ", ".join(each.key for each in self.dimensions)
        raise RubricError(f"There is no dimension {key!r} in this score.", f"There are: {known}.")

    @property
    def lowest(self) -> DimensionScore:
        """The dimension with the lowest score, the first of several."""
        return min(self.dimensions, key=lambda each: (math.isnan(each.score), each.score))

    def to_frame(self) -> pd.DataFrame:
        """Return one row a dimension.

        Returns
        -------
        DataFrame, shape (8, 8)
            ``dimension``, ``name``, ``score`` (0-4), ``baseline``, ``confidence``, ``confidence_why``, ``earned``
            and ``cost`` (the words, joined).
        """
        rows = [
            {
                "dimension": each.key,
                "name": each.name,
                "score": each.score,
                "baseline": each.baseline,
                "confidence": each.confidence,
                "confidence_why": each.confidence_why,
                "earned": "; ".join(cue.text for cue in each.cues if cue.weight > 0),
                "cost": "; ".join(cue.text for cue in each.cues if cue.weight < 0),
            }
            for each in self.dimensions
        ]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for scores that were not given."""
        return dict(plain(asdict(self) | {"gate": self.gate.to_dict()}))

    def summary(self) -> str:
        """Say in plain words how the reply reads and which words made it so.

        Returns
        -------
        str
            The score as a whole, a line for each dimension that words moved, the gate, and what nobody has checked.

        Examples
        --------
        >>> print(score_reply("At least you still have a job.", said="My pay is wrong again.").summary())
        1.8 of 4 as a whole (0 hurts, 2 will do, 4 is as good as a careful colleague). Lowest: Emotional reaction, 1.0.
        Non-dismissal 1.5 (low confidence): -1.5 'At least you still' makes the trouble smaller.
        The gate does not apply: nothing was found that speaks of a crisis or of harassment. The lists can miss one.
        No person has rated our own HR replies. The scores count words that earned or cost, by rules people wrote; \
until raters have been asked, they are a careful guess about what readers feel.
        """
        if self.abstained:
            said = f"No score: {self.abstained} The lists of words know only English; a person has to read this reply."
            return f"{said}\n{self.gate.summary()}"
        lines = [
            f"{self.overall:.1f} of 4 as a whole (0 hurts, 2 will do, 4 is as good as a careful colleague). "
            f"Lowest: {self.lowest.name}, {self.lowest.score:.1f}."
        ]
        for each in self.dimensions:
            moved = [cue for cue in each.cues if abs(cue.weight) >= 0.25 and cue.name != REST]
            if moved:
                words = "; ".join(f"{cue.weight:+.2g} '{_short(cue.text)}' {cue.says}" for cue in moved)
                lines.append(f"{each.name} {each.score:.1f} ({each.confidence} confidence): {words}.")
        if self.gate.caps:
            lines.append(f"Without the gate it would be {self.mean:.1f}.")
        return "\n".join([*lines, self.gate.summary(), load_rubric().unrated])

    def chart(self) -> "alt.LayerChart":
        """Draw the score of each dimension.

        Returns
        -------
        altair.LayerChart
            Bars from 0 to 4; a hollow mark at their end stands for low confidence. The description holds the summary.
        """
        from evaluators.tone._charts.tone import reply_chart  # Altair is slow to import

        return reply_chart(self)


def _short(words: str) -> str:
    one_line = " ".join(words.split())
    return one_line if len(one_line) <= 60 else one_line[:57].rstrip() + "…"


def score_reply(
    reply: str,
    *,
    said: str = "",
    situation: str = "",
    rules: GateRules | None = None,
    models: Iterable[WordModel] | None = None,
    calibration: "Calibration | None" = None,
) -> ToneScore:
    """Score how a reply reads.

    Parameters
    ----------
    reply : str
        The reply, in English.
    said : str
        What the person had said; without it, four dimensions are less certain.
    situation : str
        One of `situations`, such as ``"bereavement"``; by default it is read from what was said.
    rules : GateRules, optional
        What the gate asks for; by default `gate_rules`.
    models : iterable of WordModel, optional
        Models that add points for words; each moves a dimension by 1 point at most. By default `shipped_models`
        (politeness); ``()`` for none.
    calibration : Calibration, optional
        From `fit`: brings the scores to the scale of an organisation's own raters.

    Returns
    -------
    ToneScore
        Without scores where the reply is not in English or holds no words; the gate is checked all the same.

    Raises
    ------
    ReplyError
        If there is no reply.
    RubricError
        If there is no such situation.

    Examples
    --------
    >>> score = score_reply("I'm so sorry for your loss. Take all the time you need. I will tell your manager today, "
    ...     "so you don't have to. What would help you most this week?", said="My father died on Sunday.")
    >>> score.severity, score["emotional_reaction"].score, score["ownership"].score > 2, score.gate.needed
    ('grave', 2.5, True, False)
    """
    chosen = shipped_models() if models is None else tuple(models)
    return score_turn(
        reply, said, situation, rules, chosen, Counter(), acknowledged=False, at_least="", calibration=calibration
    )


def score_turn(
    reply: str,
    said: str,
    situation: str,
    rules: GateRules | None,
    models: Sequence[WordModel],
    spoken: Counter[str],
    *,
    acknowledged: bool,
    at_least: str,
    calibration: "Calibration | None" = None,
) -> ToneScore:
    """Score a reply within a conversation; `spoken` counts the kind words so far and is added to."""
    if not isinstance(reply, str) or not reply.strip():
        raise ReplyError("There is no reply to score.", "Give the words of the reply.")
    text, asked = Text(reply), Text(said)
    how = severity(asked, situation)
    if at_least and how == "ordinary":
        how = at_least
    gate = check_gate(text, said=said, situation=(situation,), rules=rules)
    abstained = why_not_english(text)
    if abstained:
        return _nothing(reply, said, how, gate, abstained)
    cues = _all_cues(text, asked, how, gate, models, spoken, acknowledged)
    dimensions = tuple(_dimension(key, cues, text, bool(said or situation), how) for key in load_rubric().keys)
    if calibration:
        dimensions = tuple(calibration.adjust(each, text) for each in dimensions)
    mean = round(math.fsum(each.score for each in dimensions) / len(dimensions), 3)
    overall = min(mean, load_rubric().gate_cap) if gate.caps else mean
    return ToneScore(reply, said, how, dimensions, gate, mean, overall)


def _nothing(reply: str, said: str, how: str, gate: Gate, why: str) -> ToneScore:
    dimensions = tuple(
        DimensionScore(each.key, each.name, math.nan, each.baseline, "low", why, ())
        for each in load_rubric().dimensions
    )
    return ToneScore(reply, said, how, dimensions, gate, math.nan, math.nan, why)


def _all_cues(
    text: Text,
    asked: Text,
    how: str,
    gate: Gate,
    models: Sequence[WordModel],
    spoken: Counter[str],
    acknowledged: bool,
) -> list[Cue]:
    found = find_cues(text)
    spoilt = [
        (cue.start, cue.end)
        for cue in found.cues
        if (cue.name == "accusing question" and cue.weight) or cue.void == TAKEN_BACK
    ]
    directives = [cue for cue in found.cues if cue.name == "directive" and not _with_a_step(text, cue, found)]
    advises = [(cue.start, cue.end) for cue in found.cues if cue.name in _ADVICE and not cue.void]
    hurts = [(cue.start, cue.end) for cue in found.cues if cue.dimension == "non_dismissal" and cue.weight < 0]
    told = [(cue.start, cue.end) for cue in directives if not cue.void]
    life = [(cue.start, cue.end) for cue in found.cues if cue.name in ("claims a life", "speaks of itself")]
    built = [
        *(cue for cue in _wanted(_fitting(text, found, how, spoken), how, asked) if cue.name != "directive"),
        *questions(text, asked, spoilt, found.mocks, advises),
        *echoes(text, asked, found.mocks, [(0, len(text.raw))] if hurts else [*advises, *told, *life]),
        *own_story(text, life),
        *(named_person(text) if not any(cue.name == "I will" and cue.weight for cue in found.cues) else ()),
    ]
    cues = list(weigh(sorted(built, key=lambda cue: (cue.start, cue.end))))
    first = 0 if acknowledged else found.acknowledged_at
    # In a crisis, "call 988" may come first. What is only taken for one by mistake excuses no other order.
    helps = "crisis" in gate.kinds and any(each.name == "resource" and each.met for each in gate.requirements)
    matters = how in ("troubled", "grave") and not helps
    cues += advice_order(directives, first, matters=matters)
    if found.mocks:
        mocking = next(cue for cue in found.cues if cue.name == "mockery" and cue.weight)
        cues += [
            replace(mocking, dimension="politeness", weight=-1.5),
            replace(mocking, dimension="emotional_reaction", weight=-1.0),
        ]
    if any(cue.says == PILED and cue.dimension == "emotional_reaction" for cue in cues):
        cues = [
            replace(cue, weight=0.0, void="kind words are piled up")
            if cue.dimension == "politeness" and cue.weight > 0
            else cue
            for cue in cues
        ]
    cues += [*shouting(text), *readability_cues(text, readability(text))]
    for model in models:
        cues += _bounded(_earned(model.cues(text), found, cues))
    return sorted(cues, key=lambda cue: (cue.start, cue.end))


def _with_a_step(text: Text, cue: Cue, found: Found) -> bool:
    """Say whether the sentence of a cue goes on with what the speaker does: "reply with the date, and I'll book it"."""
    places = {id(each): place for each, place in zip(found.cues, found.folded, strict=True)}
    own = text.sentence_at(places[id(cue)][0])
    return any(
        each.name == "I will" and each.weight > 0 and text.sentence_at(place[0]) == own
        for each, place in zip(found.cues, found.folded, strict=True)
    )


def _fitting(text: Text, found: Found, how: str, spoken: Counter[str]) -> list[Cue]:
    """Return the cues with half the warmth for an ordinary matter, and none for words used in two turns before."""
    cues = []
    for cue in found.cues:
        made = cue
        if cue.name == "sends away" and cue.weight and _with_a_step(text, cue, found):
            cue = made = replace(cue, weight=0.0, void="they do the rest themselves")
        if cue.dimension == "emotional_reaction" and cue.weight > 0:
            words = cue.text.casefold()
            if spoken[words] >= 2:
                made = replace(cue, weight=0.0, void="said in two turns before")
            elif how == "ordinary":
                made = replace(cue, weight=cue.weight / 2)
        cues.append(made)
    spoken.update({cue.text.casefold() for cue in found.cues if cue.dimension == "emotional_reaction" and not cue.void})
    return cues


def _wanted(cues: Sequence[Cue], how: str, asked: Text) -> list[Cue]:
    """Return the cues; advice costs nothing where somebody asked for it, or where nothing troubles them."""
    steps = any(cue.dimension == "ownership" and cue.weight > 0 and cue.name in _STEPS_TAKEN for cue in cues)
    cues = [
        replace(cue, weight=0.0, void="a step beside what they do themselves")
        if steps and cue.name == "tells what to do"
        else cue
        for cue in cues
    ]
    advice = [cue for cue in cues if cue.name in _ADVICE and not cue.void]
    if not advice or (how in ("troubled", "grave") and not asks_advice(asked)):
        return list(cues)
    void = "it was asked for" if how in ("troubled", "grave") else "nothing troubles the person"
    return [replace(cue, weight=0.0, void=void) if cue in advice else cue for cue in cues]


def _earned(model: Iterable[Cue], found: Found, rules: Sequence[Cue]) -> list[Cue]:
    """Return a model's cues; nothing is earned in a reply that mocks, or where kind words are already piled up."""
    piled = {cue.dimension for cue in rules if cue.says == PILED}
    if "emotional_reaction" in piled:
        piled.add("politeness")
    return [
        replace(cue, weight=0.0, void="the reply mocks" if found.mocks else "enough was said")
        if cue.weight > 0 and (found.mocks or cue.dimension in piled)
        else cue
        for cue in model
    ]


def _bounded(cues: list[Cue]) -> list[Cue]:
    """Shrink a model's cues so that it moves no dimension by more than a point."""
    known = load_rubric().keys
    totals: dict[str, float] = {}
    for cue in cues:
        if cue.dimension not in known:
            raise RubricError(f"A model scores a dimension {cue.dimension!r}.", f"There are: {', '.join(known)}.")
        totals[cue.dimension] = totals.get(cue.dimension, 0.0) + cue.weight
    shares = {key: min(1.0, _MODEL_BOUND / abs(total)) if total else 1.0 for key, total in totals.items()}
    return [
        cue if shares[cue.dimension] == 1.0 else replace(cue, weight=cue.weight * shares[cue.dimension]) for cue in cues
    ]


def _dimension(key: str, cues: Sequence[Cue], text: Text, context: bool, how: str) -> DimensionScore:
    rubric = load_rubric()
    dimension = rubric[key]
    own = tuple(cue for cue in cues if cue.dimension == key)
    baseline = _REACTS[how] if key == "emotional_reaction" else dimension.baseline
    total = math.fsum([baseline, *(cue.weight for cue in own)])
    score = round(min(max(total, rubric.lowest), rubric.highest), 3)
    reasons = [dimension.confidence_why]
    step = _STEPS.index(dimension.confidence)
    if len(text.words) < _SHORT_WORDS:
        step, reasons = step - 1, ["the reply is short", *reasons]
    if key in _NEEDS_SAID and not context:
        step, reasons = step - 1, ["what the person said is not known", *reasons]
    return DimensionScore(key, dimension.name, score, baseline, _STEPS[max(0, step)], "; ".join(reasons), own)

"""What the tone studio shows of a score: plain values for the page, and a comparison of two wordings in words."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluators.tone import Cue, DimensionScore, ToneScore
    from evaluators.tone.rubric import Dimension

_SHOWN = 0.15  # points; words that moved a score less are told together
_SAID = 0.05  # points; less is shown as 0.0
_SAME = 0.25  # points; less is no difference that a reader would notice


def dimension_facts(dimension: "Dimension") -> dict[str, Any]:
    """Return what a page says about a dimension, whatever the reply.

    Parameters
    ----------
    dimension : Dimension
        One of the rubric's.

    Returns
    -------
    dict
        ``key``, ``name``, ``definition``, ``earns``, ``costs``, ``anchors`` and ``ceiling``: a sentence on how far
        people agree, which says so where nobody has measured it.
    """
    ceiling = "How far people agree on it has not been measured here."
    if dimension.human_ceiling is not None:
        of = " ".join(dimension.human_ceiling_of.split())
        ceiling = f"People agree {dimension.human_ceiling:.2f} of 1 with each other ({of}). No tool can be surer."
    return {
        "key": dimension.key,
        "name": dimension.name,
        "definition": dimension.definition,
        "earns": dimension.earns,
        "costs": dimension.costs,
        "anchors": list(dimension.anchors),
        "agree": None if dimension.human_ceiling is None else f"{dimension.human_ceiling:.2f}",
        "ceiling": ceiling,
    }


def shown_score(score: "ToneScore", anchors: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return a score as the page draws it: numbers rounded, places in code points, no NaN.

    Parameters
    ----------
    score : ToneScore
        Of one reply.
    anchors : dict of str to tuple of str
        Dimension -> what 0, 1, 2, 3 and 4 mean.

    Returns
    -------
    dict
        ``overall`` (points, 0-4; None without a score), ``abstained``, ``severity``, ``gate``, ``dimensions``,
        ``cues`` (the words that moved a score, by place) and ``small`` (sentences on words that hardly did).
    """
    gate = score.gate
    state = "none" if not gate.needed else "passed" if gate.passed else "failed"
    cues, small = _shown_cues(score)
    return {
        "overall": _points(score.overall),
        "abstained": score.abstained and f"No score: {score.abstained} The lists of words know only English.",
        "severity": score.severity,
        "gate": {"state": state, "text": gate.summary()},
        "dimensions": [_shown_dimension(each, anchors[each.key]) for each in score.dimensions],
        "cues": cues,
        "small": small,
    }


def _shown_cues(score: "ToneScore") -> tuple[list[dict[str, Any]], list[str]]:
    """Return the cues that are shown, those of one name on the same words as one, and the sum of the rest."""
    from evaluators.tone.word_model import REST

    shown, small = [], []
    for each in score.dimensions:
        joined: dict[tuple[int, int, str, str], list[Cue]] = {}
        rest = []
        for cue in each.cues:
            if cue.name == REST or cue.end <= cue.start:
                rest.append(cue.weight)  # of the text as a whole, so there is no word to point at
            else:
                joined.setdefault((cue.start, cue.end, cue.name, cue.void), []).append(cue)
        for (start, end, _, void), cues in joined.items():
            weight = math.fsum(cue.weight for cue in cues)
            if abs(weight) < _SHOWN and not void:
                rest.append(weight)
                continue
            text = " ".join(score.reply[start:end].split())
            points = round(weight, 1) + 0.0
            says = max(cues, key=lambda cue: cue.weight * weight).says  # a word may stand in two grams that disagree
            one = {"start": start, "end": end, "text": text, "points": points, "says": says, "void": void}
            shown.append(one | {"dimension": each.name})
        little = math.fsum(rest)
        if abs(little) >= _SAID:
            sign = "+" if little > 0 else "−"
            small.append(f"Many small words together: {sign}{abs(little):.1f} ({each.name.lower()}).")
    return sorted(shown, key=lambda cue: (cue["start"], cue["end"])), small


def _shown_dimension(each: "DimensionScore", anchors: tuple[str, ...]) -> dict[str, Any]:
    points = _points(each.score)
    step = "" if points is None else anchors[min(len(anchors) - 1, math.floor(points + 0.5))]
    return {
        "key": each.key,
        "score": points,
        "step": step,
        "confidence": each.confidence,
        "why": each.confidence_why,
    }


def _points(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1) + 0.0  # no -0.0


def differences(first: "ToneScore", second: "ToneScore") -> tuple[str, list[str]]:
    """Say how the second wording differs from the first.

    Parameters
    ----------
    first, second : ToneScore
        Of the two wordings.

    Returns
    -------
    str
        The difference as a whole, in a sentence or a few.
    list of str
        A few words for each dimension, in the order of the rubric.

    Examples
    --------
    >>> from evaluators.tone import score_reply
    >>> cold, kind = score_reply("Calm down. It is noted."), score_reply("I'm sorry. It is noted.")
    >>> print(differences(cold, kind)[1][3])
    second 1.5 higher
    """
    if first.abstained or second.abstained:
        which = "The first" if first.abstained else "The second"
        return f"{which} wording has no score, so there is nothing to compare.", [""] * len(first.dimensions)
    words: list[str] = []
    better: list[str] = []
    worse: list[str] = []
    for one, other in zip(first.dimensions, second.dimensions, strict=True):
        gap = other.score - one.score
        if abs(gap) < _SAME:
            words.append("about the same")
            continue
        words.append(f"second {abs(gap):.1f} {'higher' if gap > 0 else 'lower'}")
        (better if gap > 0 else worse).append(f"{one.name} ({'+' if gap > 0 else '−'}{abs(gap):.1f})")
    sentences = []
    if better:
        sentences.append(f"The second is higher on {_listed(better)}.")
    if worse:
        sentences.append(f"The second is lower on {_listed(worse)}.")
    same = len(words) - len(better) - len(worse)
    if same == len(words):
        sentences.append("The two are about the same on all dimensions.")
    elif same:
        sentences.append(f"About the same on {'the other ' if better or worse else ''}{same}.")
    if first.gate.passed != second.gate.passed:
        sentences.append(f"Only the {'first' if first.gate.passed else 'second'} passes the gate.")
    return " ".join(sentences), words


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

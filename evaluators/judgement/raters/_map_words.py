"""What a map of raters says, in words."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluators.judgement._draws import FloatArray
from evaluators.judgement._words import listed
from evaluators.judgement.policies.policy import NOT_MINDS

if TYPE_CHECKING:
    from evaluators.judgement.raters._map_parts import Placement
    from evaluators.judgement.raters.rater_map import RaterMap

_PART = 0.4  # of the strongest cue; what counts less than that does not name an end


def ends_of(loadings: FloatArray, words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the cues that name the low and the high end of an axis, strongest first.

    Examples
    --------
    >>> import numpy as np
    >>> ends_of(np.array([0.8, -0.5, 0.1]), ["skills", "years", "gaps"])
    (('years',), ('skills',))
    """
    least = _PART * float(abs(loadings).max())
    order = sorted(range(len(words)), key=lambda place: (-round(abs(float(loadings[place])), 9), place))
    told = [place for place in order if abs(loadings[place]) >= least > 0]
    return (
        tuple(words[place] for place in told if loadings[place] < 0),
        tuple(words[place] for place in told if loadings[place] > 0),
    )


def axis_named(ends: tuple[Sequence[str], Sequence[str]]) -> str:
    """Name an axis by what counts at its ends."""
    low, high = (listed(end) or "less of it" for end in ends)
    return f"{low} ↔ {high}"


def said_of(found: "RaterMap") -> str:
    """Say it in plain words; see `RaterMap.summary`."""
    others = [each for each in found.raters if found.placed is None or each.rater != found.placed.rater]
    said = [
        f"{len(others)} raters on a map: near to each other are those whose ratings go with the same cues. From left "
        f"to right: {axis_named(found.ends_x)}. That shows {found.share_x:.0%} of the differences between raters; from "
        f"bottom to top ({axis_named(found.ends_y)}) another {found.share_y:.0%}."
    ]
    if found.groups:
        said += group_words(found)
    elif math.isnan(found.one_cloud):
        said.append("There are too few raters to tell groups among them.")
    else:
        said.append("No two groups can be told: the raters look like one cloud.")
    if found.placed is not None:
        said += placed_words(found, found.placed)
        if found.placed.verdict != "neither":
            said += placed_figures(found, found.placed)
    said += [
        *found.notes,
        f"{NOT_MINDS} A few ratings make a rough place: the region around a point is where it would lie in "
        f"{found.confidence:.0%} of such rounds with other items.",
    ]
    return "\n".join(said)


def group_words(found: "RaterMap") -> list[str]:
    """Say who belongs to which group, and what counts there; nothing where there are none."""
    if not found.groups:
        return []
    lines = [
        f"Group {group.name} ({len(group.raters)}: {listed(group.raters)}) counts "
        f"{listed(group.counts) or 'nothing'} more than the other group does."
        for group in found.groups
    ]
    return ["The raters fall into two groups.", *lines]


def placed_words(found: "RaterMap", place: "Placement", *, who: str = "") -> list[str]:
    """Say where somebody lies; to the person if `who`, or the rater's name, is ``"you"``."""
    who = who or place.rater
    name, whose, is_ = ("You", "Your", "are") if who == "you" else (place.rater, f"{place.rater}'s", "is")
    n = found[place.rater].n_ratings
    if place.verdict == "neither":
        fit = f"{'you fit' if who == 'you' else f'{name} fits'} {'neither' if found.groups else 'nobody here'}"
        return [
            f"{whose} {n} ratings follow {'either group' if found.groups else 'the panel'} no better than luck would: "
            f"shuffled ratings do as well in {place.by_luck:.0%} of trials. So {fit}. That is no fault: it may be "
            "another rule, no steady rule, or too few ratings to see one."
        ]
    if place.verdict == "panel":
        return [f"{whose} {n} ratings follow the panel's."]
    sure = "over 99%" if place.sure > 0.99 else f"{place.sure:.0%}"
    drawn = f"in {sure} of {found.replicates:,} rounds drawn again from {_of(place, who)} ratings"
    if place.verdict == "between":
        best = max(place.follows, key=lambda each: each.correlation)
        return [f"{name} {is_} between the two groups, a little nearer to group {best.group}: {drawn}."]
    counts = found.group(place.verdict).counts
    more = f" There, {listed(counts)} {'counts' if len(counts) == 1 else 'count'} more." if counts else ""
    return [f"{name} {is_} nearer to group {place.verdict}: {drawn}.{more}"]


def placed_figures(found: "RaterMap", place: "Placement", *, who: str = "") -> list[str]:
    """Say the figures behind a place."""
    told = "; ".join(
        f"{'group ' if each.group != 'panel' else 'the '}{each.group} {each.correlation:.2f} "
        f"({each.low:.2f} to {each.high:.2f})"
        for each in place.follows
    )
    near = ", ".join(f"{each.rater} ({each.share:.0%})" for each in place.nearest)
    return [
        f"Correlation of {_of(place, who)} ratings with theirs, {found.confidence:.0%} intervals: {told}.",
        f"Nearest colleagues, and how often each is among the nearest three when drawn again: {near}.",
    ]


def _of(place: "Placement", who: str) -> str:
    return "your" if "you" in (who, place.rater) else f"{place.rater}'s"

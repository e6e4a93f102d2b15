"""What a rating round says at its end: how near one's ratings are to the rubric's and the cohort's, and where not."""

import math
from collections import Counter
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from evaluators.errors import LabError

if TYPE_CHECKING:
    from evaluators.tone.agreement import ScoreAgreement
    from evaluators.widgets._rating_desk import RatingDesk

_FEWEST = 5  # replies; fewer say nothing about agreement
_MOST_SHOWN = 5
_STEPS = {-2: "2 or more lower", -1: "1 lower", 0: "same", 1: "1 higher", 2: "2 or more higher"}
_LIMITS = (
    "<strong>What this does not prove.</strong> Agreement shows that two read alike, not that either is right. The "
    "rubric counts words by rules that people wrote, so where you differ, your reading may be the better one. A few "
    "cards make a rough figure: with others it could easily be 0.2 higher or lower. Nobody has asked the person who "
    "would have got the reply. "
)


def results_html(desk: "RatingDesk", cohort: pd.DataFrame | None = None, note: str = "") -> str:
    """Return the comparison of one's ratings with the rubric's scores, and with a cohort's ratings if there are any.

    Parameters
    ----------
    desk : RatingDesk
        The round.
    cohort : DataFrame, optional
        Ratings of the same cards by others.
    note : str
        What was left out of the cohort's file, in words.

    Returns
    -------
    str
        HTML; everything that people wrote is escaped.
    """
    from evaluators.tone import load_rubric

    mine = desk.ratings()
    rated = mine["reply_id"].nunique()
    if rated < _FEWEST:
        return f"<p>You have rated {rated} of {len(desk.cards)} cards. Rate at least {_FEWEST} to compare.</p>"
    parts = [f"<p>You rated {rated} of {len(desk.cards)} cards. Your code is <strong>{desk.rater}</strong>.</p>"]
    parts += _against(desk, mine, desk.rubric_scores(), "the rubric", _agreement(mine, desk.rubric_scores()))
    parts += _differences(desk, mine)
    if cohort is not None:
        parts += _cohort(desk, mine, cohort, note)
    parts.append(f'<p class="hr-rr-limits">{_LIMITS}{escape(load_rubric().unrated)}</p>')
    return "".join(parts)


def _agreement(ratings: pd.DataFrame, scores: pd.DataFrame) -> "dict[str, ScoreAgreement]":
    from evaluators.tone.agreement import agreement_with

    try:
        return {each.dimension: each for each in agreement_with(ratings, scores).dimensions}
    except LabError:
        return {}


def _against(
    desk: "RatingDesk",
    mine: pd.DataFrame,
    theirs: pd.DataFrame,
    whom: str,
    agreement: "dict[str, ScoreAgreement]",
) -> list[str]:
    """Return a heading, and for each dimension a picture of the differences with the figures in words."""
    from evaluators.tone import load_rubric

    parts = [f'<h3 class="hr-rr-title">You and {whom}</h3>', '<div class="hr-rr-dimensions">']
    for key in desk.dimensions:
        name = load_rubric()[key].name
        pairs = _pairs(mine, theirs, key)
        parts.append(f'<section aria-label="{escape(name)}"><h4>{escape(name)}</h4>')
        if pairs.empty:
            parts.append("<p>No card has both.</p></section>")
            continue
        gaps = [int(you) - math.floor(they + 0.5) for you, they in zip(pairs["score"], pairs["theirs"], strict=True)]
        same, near = (sum(abs(gap) == step for gap in gaps) for step in (0, 1))
        words = f"{same} of {len(gaps)} cards the same step, {near} one step apart, {len(gaps) - same - near} further."
        parts += [_picture(gaps, f"You against {whom}, {name}: {words}"), f"<p>{words} {_lean(pairs, whom)}</p>"]
        if pairs["score"].nunique() == 1 and len(pairs) > 1:
            parts.append("<p>You gave the same step throughout, so a kappa would say nothing.</p>")
        elif key in agreement:
            parts.append(f"<p>{_kappa(agreement[key])}</p>")
        parts.append("</section>")
    return [*parts, "</div>"]


def _pairs(mine: pd.DataFrame, theirs: pd.DataFrame, key: str) -> pd.DataFrame:
    own = mine[mine["dimension"] == key].drop(columns="rater")
    means = theirs[theirs["dimension"] == key].groupby("reply_id", sort=True)["score"].mean().rename("theirs")
    return own.merge(means, left_on="reply_id", right_index=True, validate="one_to_one")


def _picture(gaps: list[int], alt: str) -> str:
    """Draw how often one rated lower, the same or higher: five columns with their counts."""
    counts = Counter(max(-2, min(2, gap)) for gap in gaps)
    most = max(counts.values())
    columns = "".join(
        f'<div class="hr-rr-column" data-step="{step}"><b>{counts[step]}</b>'
        f'<i style="height:{round(72 * counts[step] / most)}px"></i><span>{label}</span></div>'
        for step, label in _STEPS.items()
    )
    return f'<div class="hr-rr-picture" role="img" aria-label="{escape(alt)}">{columns}</div>'


def _lean(pairs: pd.DataFrame, whom: str) -> str:
    gap = float((pairs["score"] - pairs["theirs"]).mean())
    if abs(gap) < 0.25:
        return f"On average you are about as kind as {whom}."
    return f"On average you are {abs(gap):.1f} points {'kinder' if gap > 0 else 'stricter'} than {whom}."


def _kappa(found: "ScoreAgreement") -> str:
    if math.isnan(found.kappa):
        return f"No weighted kappa: {escape(found.why_not)}."
    among = "" if math.isnan(found.human_kappa) else f" The raters among themselves: {found.human_kappa:.2f}."
    return f"Weighted kappa {found.kappa:.2f} (1: always the same, 0: as by chance).{among}"


def _differences(desk: "RatingDesk", mine: pd.DataFrame) -> list[str]:
    """Return the cards where one differs most from the rubric, with the words that moved its score."""
    from evaluators.tone import load_rubric

    both = mine.merge(desk.rubric_scores(), on=["reply_id", "dimension"], suffixes=("", "_rubric"))
    both["gap"] = (both["score"] - both["score_rubric"]).abs()
    both["place"] = both["reply_id"].map({each: at for at, each in enumerate(desk.cards["reply_id"])})
    both["order"] = both["dimension"].map({each: at for at, each in enumerate(desk.dimensions)})
    far = both[both["gap"] >= 1].sort_values(["gap", "place", "order"], ascending=[False, True, True], kind="stable")
    if far.empty:
        return ["<p>Nowhere are you a whole step or more away from the rubric.</p>"]
    cards = {card["reply_id"]: card for card in desk.rows}
    items = []
    for each in far.head(_MOST_SHOWN).to_dict("records"):
        card, score = cards[each["reply_id"]], desk.scores[each["reply_id"]][each["dimension"]]
        moved = [
            f"{'+' if cue.weight > 0 else '−'}{abs(cue.weight):.1f} “{' '.join(cue.text.split())}” {cue.says}"
            for cue in score.cues
            if abs(cue.weight) >= 0.05
        ]
        why = "; ".join(moved) if moved else "no listed words, so its starting value stands"
        said = f"<p>“{escape(card['said'])}”</p>" if card["said"] else ""
        items.append(
            f"<li><strong>{escape(load_rubric()[each['dimension']].name)}: you {each['score']}, the rubric "
            f"{each['score_rubric']:.1f}</strong>{said}<blockquote>{escape(card['reply'])}</blockquote>"
            f"<p>The rubric found: {escape(why)}.</p></li>"
        )
    return ['<h3 class="hr-rr-title">Where you and the rubric differ most</h3><ol class="hr-rr-far">', *items, "</ol>"]


def _cohort(desk: "RatingDesk", mine: pd.DataFrame, cohort: pd.DataFrame, note: str) -> list[str]:
    from evaluators.tone.agreement import rater_agreement

    raters = cohort["rater"].nunique()
    whom = "the cohort" if raters > 1 else "the other rater"
    parts = _against(desk, mine, cohort, whom, _agreement(cohort, mine.drop(columns="rater")))
    parts.insert(1, f"<p>{escape(note)} Compared with the mean of {raters} {'raters' if raters > 1 else 'rater'}.</p>")
    try:
        lines = rater_agreement(cohort).summary().splitlines()
    except LabError as error:
        lines = [f"{error.problem} {error.hint}"]
    told = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return [*parts, f"<details><summary>How far the cohort agrees with itself</summary><ul>{told}</ul></details>"]

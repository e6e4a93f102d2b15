"""What a `PanelStudy` says in words: what to do next, and the sections of its summary."""

import math
from typing import TYPE_CHECKING

import numpy as np

from evaluators.judgement._words import listed
from evaluators.judgement.agreement.result import NOT_VALIDITY
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    from evaluators.judgement.agreement.result import Agreement
    from evaluators.judgement.study.panel_study import PanelStudy

NO_REVIEW = (
    "This is no performance review. Being stricter, or further from the others, is not being worse: nobody knows from "
    "ratings alone who is right, and the one who differs may be the one who saw something. Use it to talk about the "
    "scale, not about people."
)
NOT_SHOWN = (
    f"What it does not show. {NOT_VALIDITY} Whether the people whom a panel chooses do well is a question for an "
    "outcome, and whether groups are treated alike is one for an audit (hrlab audit)."
)
FIRM, TENTATIVE = 0.8, 0.667  # of alpha; Krippendorff (2004), p. 241
WIDE = 0.3  # of an interval: too wide to plan with
FAR = 25.0  # of 100 points
_GOOD_MEAN = 0.8
_MOST_RATERS = 20
_NAMED = 6


def headline(study: "PanelStudy") -> str:
    """Say in one sentence how far the raters agree."""
    found = study.measure
    if found is None:
        return "How far the raters agree cannot be told from these ratings."
    return f"{level(found)} {found.line()}"


def level(found: "Agreement") -> str:
    """Say in words what a figure of agreement amounts to; the lines are Krippendorff's, and only for alpha."""
    if not found.measure.startswith("krippendorff"):
        return found.means.split(". ")[0].rstrip(".") + "."
    if found.value >= FIRM:
        return "The raters agree well."
    if found.value >= TENTATIVE:
        return "The raters agree fairly well: enough for tentative conclusions."
    if found.value > 0.2:
        return "The raters agree in part: too little to rely on one rating."
    return "The raters hardly agree more than luck would have them."


def look(study: "PanelStudy") -> str:
    """Return how the headline looks: good, warn, bad or nothing."""
    found = study.measure
    if found is None:
        return "warn"
    if not found.measure.startswith("krippendorff"):
        return ""
    return "good" if found.value >= FIRM else "warn" if found.value >= TENTATIVE else "bad"


def raters_for(value: float, target: float = _GOOD_MEAN) -> int | None:
    """Return how many raters' mean reaches a reliability, by Spearman and Brown's formula; None if it is no help.

    Examples
    --------
    >>> raters_for(0.5), raters_for(0.9), raters_for(0.05)
    (4, 1, None)
    """
    if not 0 < value < 1:
        return 1 if value == 1 else None
    many = math.ceil(round(target * (1 - value) / (value * (1 - target)), 9))
    return max(many, 1) if many <= _MOST_RATERS else None


def limit_sentence(study: "PanelStudy") -> str:
    """Say whether the stated limit is kept; empty without one."""
    if study.fail_under is None:
        return ""
    if study.unchecked:
        return f"The limit of {study.fail_under:g} on {study.limit_on} could not be checked. {study.why}".strip()
    found = study.measure
    assert found is not None  # or it would be unchecked
    word = "broken" if study.broken else "kept"
    across = found.low < study.fail_under <= found.high
    luck = " The interval reaches across the limit, so luck alone may decide it." if across else ""
    return f"Limit {word}: {found.name} is {found.value:.2f}, and {study.fail_under:g} was asked for.{luck}"


def next_steps(study: "PanelStudy") -> tuple[str, ...]:
    """Say what to do next, most urgent first."""
    return tuple(
        [*_about_agreement(study), *_about_raters(study), *_about_values(study), *_about_screener(study)]
        or ["Nothing presses. Keep these figures, and look again at the next round."]
    )


def _about_agreement(study: "PanelStudy") -> list[str]:
    found = study.measure
    if found is None:
        together = study.panel.ratings[study.panel.rated.sum(axis=1) > 1]
        if together.size and np.nanmin(together) == np.nanmax(together):
            return [
                "All ratings are equal, so nobody can see whether the raters tell anybody apart. Have items rated that "
                "differ, weak ones and strong ones, or give the scale more levels."
            ]
        return [
            "Have at least two people rate the same items, 30 or more that differ, on one scale, without seeing each "
            "other's ratings. Until then nobody knows what a rating here is worth."
        ]
    said = []
    if found.value < FIRM:
        if study.panel.n_raters > 1 and study.disputed:
            names = ", ".join(each.item for each in study.disputed[:3])
            said.append(
                f"Talk about the items over which the raters part most ({names}): what did each see, and what does "
                "each level of the scale mean? Write that down, and rate the next round with it."
            )
        many = raters_for(found.value) if found.measure.startswith(("krippendorff", "icc_1_1", "icc_2_1")) else None
        if many is not None and many > 1:
            said.append(
                f"Do not let one rating decide. With agreement like this the mean of about {many} raters would reach a "
                f"reliability of {_GOOD_MEAN:g} (Spearman and Brown's formula)."
            )
        else:
            said.append("Do not let one rating decide.")
    if math.isnan(found.low) or found.high - found.low > WIDE:
        between = "There is no interval" if math.isnan(found.low) else f"It may be {found.low:.2f} or {found.high:.2f}"
        said.append(f"Have more items rated before you rely on the figure. {between}, after {found.n_items:,} items.")
    return said


def _about_raters(study: "PanelStudy") -> list[str]:
    report = study.raters
    if report is None:
        return []
    said = []
    severe = [row for row in report.severity or () if row.found]
    if severe:
        names = ", ".join(f"{row.rater} {row.deviation:+.1f}" for row in [*severe[:3], *severe[3:][-3:]])
        if report.severity is not None and report.severity.complete:
            said.append(
                f"Raters differ in level (points from the panel's mean: {names}). Everybody rated everything, so no "
                "item gains from it; set it right before anybody compares single ratings with a fixed mark."
            )
        else:
            said.append(
                f"Raters differ in level (points from the panel's mean: {names}), and not everybody rated everything: "
                "an item's plain mean depends on whom it met. Compare items by the ranking below, which takes that out."
            )
    if drifting := [row.rater for row in report.drift or () if row.found]:
        said.append(
            "Let each rater see the items in an order of their own, in shorter sittings: in the course of the work the "
            f"level moves of {listed(drifting[:_NAMED])}."
        )
    if halo := [row.rater for row in report.halo or () if row.found]:
        said.append(
            f"Rate one dimension of all items before the next one: the dimensions of {listed(halo[:_NAMED])} go "
            "together more than the others'."
        )
    if report.outliers is not None and report.outliers.found:
        first = report.outliers.found[0]
        said.append(
            f"Look again at {len(report.outliers.found)} single "
            f"{'rating that lies' if len(report.outliers.found) == 1 else 'ratings that lie'} far off, such as "
            f"{first.rater}'s of {first.item}: a slip, or something that only one person saw?"
        )
    return said


def _about_values(study: "PanelStudy") -> list[str]:
    said = []
    if study.schools is not None and study.schools.groups:
        ways = "; ".join(
            f"one counts {' and '.join(group.counts[:2])} more" for group in study.schools.groups if group.counts
        )
        said.append(
            "Settle what the job needs: there are two schools of thought among the raters"
            f"{f' ({ways})' if ways else ''}. Their mean may suit neither."
        )
    if study.stated is not None:
        far = sorted((row for row in study.stated if row.moved > FAR), key=lambda row: (-row.moved, row.rater))
        if far:
            cues = [row.biggest.cue for row in far]
            most = max(dict.fromkeys(cues), key=cues.count)
            said.append(
                f"Show raters what their ratings go with: for {len(far)} of {len(study.stated.raters)} it is not what "
                f"they say, most often over {most}."
            )
    return said


def _about_screener(study: "PanelStudy") -> list[str]:
    found = study.against
    if found is None:
        return []
    own = (
        ["Look at the panel itself: its own shortlist shows adverse impact, and whatever follows it well learns that."]
        if found.panel_audit is not None and found.panel_audit.verdict is Verdict.EVIDENCE
        else []
    )
    if not found.may_win:
        return [*own, f"Do not use {study.screener} as it is: {found.blocked_by[0]}"]
    if not found.reaches_ceiling:
        said = (
            f"Do not put {study.screener} in a rater's place: it follows the panel less well than one of its raters "
            "follows the others."
        )
        return [*own, said]
    name = study.screener[:1].upper() + study.screener[1:]
    said = (
        f"{name} follows the panel as well as a rater does. Before it is used, look at where it parts from the panel, "
        "and test it on an outcome."
    )
    return [*own, said]


def summary(study: "PanelStudy") -> str:
    """Say everything, in sections."""
    steps = [f"{number}. {step}" for number, step in enumerate(study.next_steps, start=1)]
    sections = [("What to do next", steps)]
    if study.fail_under is not None:
        sections.append(("The limit", [limit_sentence(study)]))
    sections.append(("How far the raters agree", [headline(study), *([study.why] if study.why else [])]))
    if study.agreement is not None:
        sections[-1][1].extend(study.agreement.summary().splitlines())
    if study.disputed:
        sections.append(
            (
                "Where they part most",
                [
                    f"{each.item}: from {each.low:g} to {each.high:g} (spread {each.spread:.2f} without severity)."
                    for each in study.disputed
                ],
            )
        )
    for title, part in (
        ("Single raters", study.raters),
        ("What each rater values", study.policies),
        ("What counts for the panel", study.importance),
        ("Schools of thought", study.schools),
        ("What raters say, and what their ratings show", study.stated),
        ("One ranking", study.consensus),
        (study.screener, study.against),
    ):
        if part is not None:
            sections.append((title, part.summary().splitlines()))
            if title == "Single raters":
                sections[-1][1].append(NO_REVIEW)
    if study.not_computed:
        sections.append(("Not computed", [f"{part}: {reason}" for part, reason in study.not_computed]))
    if study.notes:
        sections.append(("What to know", list(study.notes)))
    return "\n\n".join("\n".join([title, *lines]) for title, lines in [*sections, ("", [NOT_SHOWN])]).replace(
        "\n\n\n", "\n\n"
    )

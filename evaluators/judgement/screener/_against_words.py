"""What `AgainstPanel` says in words."""

import math
from typing import TYPE_CHECKING

from evaluators.screening.families import Audit
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    from evaluators.judgement.screener._against_result import AgainstPanel, Figure


_AS_WELL = 0.1  # of a correlation: what may be lacking for "about as well"


def said_of(found: "AgainstPanel") -> str:
    """Return the summary of a screener against its panel."""
    return "\n\n".join("\n".join(part) for part in (_verdict(found), _follows(found), _parts(found), _fair(found)))


def _verdict(found: "AgainstPanel") -> list[str]:
    follows = compared(found)
    if not found.may_win:
        return [f"{follows} But it must not win.", *found.blocked_by]
    if found.audit is not None and found.audit.verdict is Verdict.TOO_LITTLE_DATA:
        return [f"{follows} Its shortlist is too small to tell adverse impact; that is no clean bill."]
    return [f"{follows} The audit of its shortlist found no evidence of adverse impact."]


def compared(found: "AgainstPanel") -> str:
    """Say how the screener does beside one rater, and only what the interval of the difference allows."""
    if found.correlation.high < 0:
        return "The screener orders the other way round than the panel does: is its lowest score meant as the best?"
    apart = found.difference
    if math.isnan(apart.value) or math.isnan(apart.low):
        return "How well one rater follows the others cannot be told from these ratings."
    if apart.high < 0:
        return "The screener follows the panel less well than one of its raters follows the others."
    if apart.low > 0:
        return "The screener follows the panel better than one of its raters follows the others."
    if apart.low >= -_AS_WELL:
        return "The screener follows the panel about as well as one of its raters follows the others."
    return (
        f"{found.n_items:,} items are too few to tell whether the screener follows the panel as well as one of its "
        "raters follows the others."
    )


def _follows(found: "AgainstPanel") -> list[str]:
    order = (
        f"Order: the scores correlate with the panel's ratings at {_shown(found.correlation)} ({found.n_items:,} "
        f"items, {found.n_raters} raters)."
    )
    if not math.isnan(found.difference.value):
        order += (
            f" Against all raters but one the screener reaches {found.screener.value:.2f}, that one rater "
            f"{found.ceiling.value:.2f} (the human ceiling); difference {found.difference.value:+.2f} "
            f"({found.difference.low:+.2f} to {found.difference.high:+.2f}). A formula has no bad day, so beating one "
            "rater's figure is no feat of judgement."
        )
    shortlist = (
        f"Shortlist: of the panel's best {found.shortlisted:,}, {found.overlap.value:.0%} are on the screener's "
        f"({found.overlap.low:.0%} to {found.overlap.high:.0%}); by lot it would be {found.overlap_by_luck:.0%}."
    )
    if not math.isnan(found.overlap_raters):
        shortlist += (
            f" Against all raters but one: the screener {found.overlap_screener:.0%}, that one rater "
            f"{found.overlap_raters:.0%}."
        )
    return [
        order,
        shortlist,
        f"Shortlist, reserve and rest: {found.kappa.line()}",
        *found.notes,
    ]


def _parts(found: "AgainstPanel") -> list[str]:
    more = [row for row in found.features if row.found]
    said = [
        f"The screener rewards {row.feature} {'more' if row.gap > 0 else 'less'} than the panel does: {row.gap:+.1f} "
        f"places of 100 ({row.low:+.1f} to {row.high:+.1f})."
        for row in sorted(more, key=lambda row: -abs(row.gap))
    ]
    if found.features and not more:
        said.append("No feature was found that the screener weighs otherwise than the panel.")
    said += [
        f"{row.group} ({row.attribute}): the screener puts this group {abs(row.gap):.1f} places of 100 "
        f"{'higher' if row.gap > 0 else 'lower'} than the panel does ({row.low:+.1f} to {row.high:+.1f}): on average "
        f"at {row.screener:.0f} against {row.panel:.0f}."
        for row in found.groups
        if row.found
    ]
    if not said:
        said.append(
            "The groups stand about alike with both."
            if found.groups
            else "Where they part was not asked: name features and groups."
        )
    return said


def _fair(found: "AgainstPanel") -> list[str]:
    said = []
    if found.audit is not None and found.panel_audit is not None:
        said.append(f"Audit of the screener's shortlist: {_ratios(found.audit)}.")
        said.append(f"Audit of the panel's own shortlist: {_ratios(found.panel_audit)}.")
        if found.audit.verdict is Verdict.TOO_LITTLE_DATA:
            said.append("The shortlist is too small to tell; that is no clean bill. Audit the screener on more people.")
        if found.panel_audit.verdict is Verdict.EVIDENCE:
            said.append(
                "The panel's own shortlist shows adverse impact: a screener that follows it well learns that, too."
            )
    if found.alike and not any(row.found for row in found.alike):
        said.append("Among people who are alike in the features, no group was found to be put higher or lower.")
    elif found.audit is not None and not found.alike and not found.alike_untold:
        said.append("Name features, too: then it shows sooner whether people who are alike in them are treated alike.")
    said.append(
        "Agreement with a panel is not validity: the recruiters can share a prejudice or a fashion, and a screener "
        "that matches them matches that. Whether the people chosen do well is another question, for an outcome."
    )
    return said


def _ratios(audit: Audit) -> str:
    return "; ".join(
        f"{group.group} {group.impact_ratio:.2f} of the rate of {family.reference} ({name}; {group.verdict})"
        for name, family in audit
        for group in family.compared
    )


def _shown(figure: "Figure") -> str:
    return f"{figure.value:.2f} (interval {figure.low:.2f} to {figure.high:.2f})"

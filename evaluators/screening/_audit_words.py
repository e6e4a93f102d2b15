"""What an audit says about each group, in plain words."""

import math
from typing import TYPE_CHECKING

from evaluators.screening.significance import p_in_words
from evaluators.screening.verdicts import GroupAudit, Verdict

if TYPE_CHECKING:
    from evaluators.screening.audit import SelectionAudit


def group_in_words(audit: "SelectionAudit", group: GroupAudit) -> str:
    """Say what was found for one group; see `SelectionAudit.sentence`."""
    selected = f"{group.selected:,} of {group.applicants:,} were selected ({group.rate:.1%})"
    if group.left_out:
        return f"{group.group}: {selected}. This group {group.small}; it was not compared."
    if group.verdict is None:
        return f"{group.group}: {selected}. The other groups are compared with this one.{_flags(group)}"
    said = f"{group.group}: {verdict_in_words(group.verdict)}. {selected}"
    if math.isnan(group.impact_ratio):
        return f"{said}. Nobody of {audit.reference} was selected, so there is nothing to compare with.{_flags(group)}"
    ratio = _percent(group.impact_ratio, float(audit.rule.threshold))
    return (
        f"{said}, which is {ratio} of the rate of {audit.reference}; "
        f"{_range(audit, group)}. {_reading(audit, group)}{_flags(group)}"
    )


def people_in_words(audit: "SelectionAudit") -> list[str]:
    """Say how many people a clear answer would need, where it is open."""
    needed = audit.people_needed
    open_groups = [group for group in audit.compared if group.verdict is Verdict.TOO_LITTLE_DATA]
    if audit.verdict is not Verdict.TOO_LITTLE_DATA or needed is None:
        return []
    if all(min(group.applicants, audit[audit.reference].applicants) >= needed for group in open_groups):
        return []
    line = f"{float(audit.rule.threshold):.0%}"
    return [
        f"If the true ratio were {line}, the test would notice a gap in 80 of 100 such audits with about {needed:,} "
        f"people in each group (at the rate of {audit.reference}). To tell on which side of {line} a ratio lies takes "
        "more people, the nearer it is."
    ]


def _range(audit: "SelectionAudit", group: GroupAudit) -> str:
    if math.isnan(group.ratio_low):
        return f"the {audit.interval_method} method has no range of true values for such counts"
    return f"true values {_range_in_words(group, float(audit.rule.threshold))} fit these counts"


def _reading(audit: "SelectionAudit", group: GroupAudit) -> str:
    """Say how the ratio, the interval and the test lead to the verdict."""
    line = f"{float(audit.rule.threshold):.0%}"
    if group.verdict is Verdict.EVIDENCE:
        return (
            f"That is below {line}, and chance alone rarely makes such a gap: {_odds(audit, group)}. "
            f"{group.people_to_threshold:,} more selected would have brought it to {line}."
        )
    if group.flips:
        return (
            f"That is below {line}, and chance alone rarely makes such a gap: {_odds(audit, group)}. But if one "
            f"person of {group.group} had been selected instead of one of {audit.reference}, that would no longer "
            f"hold. So these counts allow no conclusion about {line}."
        )
    if group.below_four_fifths:
        return f"That is below {line}, but chance alone could make such a gap: {_odds(audit, group)}. {_seen(group)}"
    if group.smaller_gap_significant:
        return (
            f"That is not below {line}, yet chance alone rarely makes such a gap: {_odds(audit, group)}. "
            "Someone who knows the job must judge whether it matters."
        )
    if group.verdict is Verdict.TOO_LITTLE_DATA:
        return f"That is not below {line}, but these counts leave room for it. {_seen(group)}"
    return f"Even the low end is not below {line}."


def _odds(audit: "SelectionAudit", group: GroupAudit) -> str:
    """Say what the p-value means, with the figures for experts in brackets."""
    comparisons = len(audit.compared)
    strict = f"; {p_in_words(group.p_adjusted)} after allowing for {comparisons} comparisons"
    return (
        f"if the true rates were equal, one at least this large would turn up {_how_often(group.p_value)} "
        f"(p-value {p_in_words(group.p_value)}{strict if comparisons > 1 else ''}; {group.test} test)"
    )


def _flags(group: GroupAudit) -> str:
    """Say what is special about the people of this group."""
    said = ""
    if group.is_missing:
        said += " These are people whose group is not fully known."
    if group.small:
        said += f" Few people: this group {group.small}."
    return said


def _seen(group: GroupAudit) -> str:
    """Say what so many people would have shown at all."""
    if math.isnan(group.smallest_ratio_seen):
        return "With groups of this size, the test cannot be relied on to notice even a ratio of 0%."
    ratio = f"{group.smallest_ratio_seen:.0%}"
    return f"With groups of this size, the test notices only ratios of about {ratio} or less in 80 of 100 tries."


def verdict_in_words(verdict: Verdict) -> str:
    """Name the verdict in a sentence."""
    return "no adverse impact seen" if verdict is Verdict.NONE_SEEN else verdict.value


def _range_in_words(group: GroupAudit, line: float) -> str:
    low = _percent(group.ratio_low, line)
    return (
        f"from {low} upwards" if math.isinf(group.ratio_high) else f"from {low} to {_percent(group.ratio_high, line)}"
    )


def _percent(ratio: float, line: float) -> str:
    """Write a ratio so that it never reads like the threshold beside which it lies."""
    for text, threshold in ((f"{ratio:.0%}", f"{line:.0%}"), (f"{ratio:.1%}", f"{line:.1%}")):
        if ratio == line or text != threshold:
            return text
    return f"just {'under' if ratio < line else 'over'} {line:.0%}"


def _how_often(p_value: float) -> str:
    if p_value < 0.001:
        return "in fewer than 1 of 1,000 tries"
    if p_value < 0.0095:
        return f"in about {1000 * p_value:.0f} of 1,000 tries"
    return f"in about {100 * p_value:.0f} of 100 tries" if p_value < 0.995 else "in practically every try"

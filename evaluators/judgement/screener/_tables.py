"""The figures of a screener's check as rows of text, for a page and for a terminal."""

import math
from typing import TYPE_CHECKING

from evaluators.screening.verdicts import GroupAudit, Verdict

if TYPE_CHECKING:
    from evaluators.judgement.screener.against_panel import AgainstPanel, Figure

SHORT = {Verdict.EVIDENCE: "evidence", Verdict.TOO_LITTLE_DATA: "too little data", Verdict.NONE_SEEN: "none seen"}
Row = tuple[str, str, str]


def order_rows(found: "AgainstPanel") -> list[Row]:
    """Return what is compared, its rank correlation and the interval."""
    return [
        ("The screener with the whole panel", *_figure(found.correlation)),
        ("The screener with all raters but one", *_figure(found.screener)),
        ("That one rater (the human ceiling)", *_figure(found.ceiling)),
        ("Difference of these two", *_figure(found.difference, signed=True)),
    ]


def shortlist_rows(found: "AgainstPanel") -> list[Row]:
    """Return what is compared, the share that both have, and the interval."""
    return [
        ("The panel's shortlist, on the screener's", _percent(found.overlap.value), _percents(found.overlap)),
        ("By lot it would be", _percent(found.overlap_by_luck), ""),
        ("All raters but one, on the screener's", _percent(found.overlap_screener), ""),
        ("All raters but one, on that one rater's", _percent(found.overlap_raters), ""),
        (
            "Shortlist, reserve and rest: weighted kappa",
            _number(found.kappa.value),
            _between(_number(found.kappa.low), _number(found.kappa.high)),
        ),
    ]


def part_rows(found: "AgainstPanel") -> list[tuple[str, str, str, str]]:
    """Return feature or group, places of 100 that the screener puts it higher than the panel, limits, and a word."""
    rows = [(row.feature, row.gap, row.low, row.high, row.found) for row in found.features]
    rows += [(f"{row.attribute}: {row.group}", row.gap, row.low, row.high, row.found) for row in found.groups]
    return [
        (name, _places(gap), _between(_places(low), _places(high)), "they part" if told else "not told from luck")
        for name, gap, low, high, told in rows
    ]


def alike_rows(found: "AgainstPanel") -> list[tuple[str, str, str, str]]:
    """Return group and reference, places of 100 for people who are alike in the features, limits, and a word."""
    return [
        (
            f"{row.attribute}: {row.group}, not {row.reference}",
            _places(row.gap),
            _between(_places(row.low), _places(row.high)),
            "treated otherwise" if row.found else "not told from luck",
        )
        for row in found.alike
    ]


def audit_rows(found: "AgainstPanel") -> list[tuple[str, str, list[tuple[str, ...]]]]:
    """Return attribute, reference and groups: people, shortlisted, rate, ratio, interval, verdict, panel's rate."""
    if found.audit is None:
        return []
    panel = dict(found.panel_audit) if found.panel_audit is not None else {}
    told = []
    for name, audit in found.audit:
        rows: list[tuple[str, ...]] = []
        for group in [*audit.compared, audit[audit.reference], *audit.left_out]:
            theirs = panel[name][group.group] if name in panel else None
            rows.append(
                (
                    group.group,
                    f"{group.applicants:,}",
                    f"{group.selected:,}",
                    _percent(group.rate),
                    _number(group.impact_ratio),
                    _between(_number(group.ratio_low), _number(group.ratio_high)),
                    _verdict(group, reference=group.group == audit.reference),
                    "–" if theirs is None else _percent(theirs.rate),
                )
            )
        told.append((name, audit.reference, rows))
    return told


def _verdict(group: GroupAudit, *, reference: bool) -> str:
    return "reference" if reference else "left out" if group.verdict is None else SHORT[group.verdict]


def _figure(figure: "Figure", *, signed: bool = False) -> tuple[str, str]:
    return (
        _number(figure.value, signed=signed),
        _between(_number(figure.low, signed=signed), _number(figure.high, signed=signed)),
    )


def _number(value: float, *, signed: bool = False) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "no end"
    return f"{value:+.2f}" if signed else f"{value:.2f}"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def _percents(figure: "Figure") -> str:
    return _between(_percent(figure.low), _percent(figure.high))


def _places(gap: float) -> str:
    return "–" if math.isnan(gap) else f"{gap:+.1f}"


def _between(low: str, high: str) -> str:
    return "–" if "–" in (low, high) else f"{low} to {high}"

"""The page of an audit: one HTML file that a lawyer and a hiring manager can both read, on paper too."""

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.reports.dated import dated_json
from evaluators.reports.printable import printable
from evaluators.screening import _applicants_words as words
from evaluators.screening._audit_words import verdict_in_words
from evaluators.screening.families import Audit
from evaluators.screening.verdicts import GroupAudit, Verdict

if TYPE_CHECKING:
    from evaluators.screening.applicants import ApplicantAudit
    from evaluators.screening.audit import SelectionAudit

_LOOKS = {Verdict.EVIDENCE: "bad", Verdict.TOO_LITTLE_DATA: "warn", Verdict.NONE_SEEN: "good"}
_SHORT = {Verdict.EVIDENCE: "evidence", Verdict.TOO_LITTLE_DATA: "too little data", Verdict.NONE_SEEN: "none seen"}
_MOST_DRAWN = 30
_FEW_GROUPS = 6


def report_json(audit: "ApplicantAudit", *, written: datetime) -> str:
    """Write an audit as JSON text, schema 1 of `ApplicantAudit.to_dict` with the time it was written at."""
    return dated_json(audit.to_dict(), written=written)


def report_html(audit: "ApplicantAudit", *, written: datetime, title: str = "") -> str:
    """Write an audit as a self-contained HTML page.

    The verdict in plain words and what it does not prove come first, then the tables that rules want published, the
    figures of each attribute with a chart, the scores, the months; at the end methods, rules and data.

    Parameters
    ----------
    audit : ApplicantAudit
        What was found.
    written : datetime
        When; printed with its time zone.
    title : str
        What was audited; by default the file's name.

    Returns
    -------
    str
        The page. It loads nothing; every text from the data is escaped.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import UTC
    >>> from evaluators.screening.applicants import audit_applicants
    >>> people = pd.DataFrame({"sex": ["<i>", "m"] * 50, "hired": [1, 0, 1, 1] * 25})
    >>> html = report_html(audit_applicants(people, groups="sex", outcome="hired"), written=datetime.now(UTC))
    >>> "&lt;i&gt;" in html, "<i>" in html
    (True, False)
    """
    from evaluators.reports import pages  # Jinja is slow to import

    measures = [
        {
            "name": name,
            "title": "Who was selected" if name == "selection" else "Who scores above the median",
            "done": "Selected" if name == "selection" else "Above the median",
            "people": "Applicants" if name == "selection" else "People with a score",
            "families": [_family(name, family, each) for family, each in families],
        }
        for name, families in audit.audits
    ]
    first: SelectionAudit = audit.audits[0][1].families[0][1]
    html = pages.page(
        Path(pages.__file__).parent / "templates",
        "applicant_audit.html",
        audit=audit,
        title=title or (audit.file.name if audit.file else "Table of applicants"),
        written=written,
        headline=words.headline(audit),
        meaning=words.meaning(audit),
        look=_LOOKS[audit.verdict],
        not_shown=words.WHAT_IT_DOES_NOT_SHOW,
        limit=words.limit_sentences(audit),
        limit_look="bad" if audit.broken else "warn" if audit.unchecked else "good",
        measures=measures,
        months=[
            (column, each.summary().splitlines(), _drawn(each, f"Impact ratios of {column} by month."))
            for column, each in audit.over_time
        ],
        rule=first.rule,
        interval=first.interval_method,
        tests=sorted({group.test for _, each in audit.audits for _, one in each for group in one} - {""}),
        rate_in_words=_rate,
        ratio_in_words=_ratio,
        day=lambda date: f"{date.day} {date:%B %Y}",
    )
    return printable(html)


def _family(measure: str, name: str, audit: "SelectionAudit") -> dict[str, Any]:
    """Prepare one attribute for the template."""
    groups = [*audit.compared, audit[audit.reference], *audit.left_out]
    low = ", ".join(f"{group.group} {_ratio(group.impact_ratio)}" for group in audit.compared[:_FEW_GROUPS])
    more = len(audit.compared) - _FEW_GROUPS
    alt = f"Impact ratios by {name} against {audit.reference}, lowest first: {low}"
    alt += f" and {more} more groups. " if more > 0 else ". "
    return {
        "name": name,
        "measure": measure,
        "verdict": verdict_in_words(audit.verdict),
        "look": _LOOKS[audit.verdict],
        "reference": audit.reference,
        "reference_rule": audit.reference_rule,
        "confidence": f"{1 - audit.alpha:.0%}",
        "rows": [_row(audit, group) for group in groups],
        "sentences": [audit.sentence(group.group) for group in groups],
        "open": len(groups) <= _FEW_GROUPS,
        "chart": _drawn(Audit(((name, audit),)), f"{alt}The table below has all figures.")
        if len(groups) <= _MOST_DRAWN
        else "",
    }


def _row(audit: "SelectionAudit", group: GroupAudit) -> dict[str, Any]:
    is_reference = group.group == audit.reference
    interval = "–"
    if not math.isnan(group.ratio_low):
        high = "no upper end" if math.isinf(group.ratio_high) else _ratio(group.ratio_high)
        interval = f"{_ratio(group.ratio_low)} to {high}"
    verdict = "reference" if is_reference else "left out" if group.verdict is None else _SHORT[group.verdict]
    return {
        "group": group.group,
        "applicants": f"{group.applicants:,}",
        "selected": f"{group.selected:,}",
        "rate": _rate(group.rate),
        "ratio": _ratio(group.impact_ratio, below=group.below_four_fifths, line=float(audit.rule.threshold)),
        "interval": interval,
        "p": "–" if math.isnan(group.p_adjusted) else _p(group.p_adjusted),
        "verdict": verdict,
        "look": "" if group.verdict is None else _LOOKS[group.verdict],
        "small": group.small,
    }


def _rate(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def _ratio(ratio: float, *, below: bool = False, line: float = math.nan) -> str:
    """Write a ratio; one just below the line does not read like the line."""
    if math.isnan(ratio):
        return "–"
    text = f"{ratio:.2f}"
    return f"{ratio:.4f}" if below and text == f"{line:.2f}" else text


def _p(p_value: float) -> str:
    return "under .001" if p_value < 0.001 else f"{p_value:.3f}".removeprefix("0")


def _drawn(drawable: Any, alt: str) -> str:
    from evaluators.reports import chart_html  # Altair is slow to import

    return chart_html(drawable.chart(), alt=alt)

"""What the audit of somebody's own table says in plain words."""

from typing import TYPE_CHECKING

from evaluators.screening._audit_words import verdict_in_words
from evaluators.screening.counts import INTERSECTION, CountTable
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    from evaluators.screening.applicants import ApplicantAudit

WHAT_IT_DOES_NOT_SHOW = (
    "These figures show how large a gap is, not why it is there or whether it is fair or lawful. A gap can come from "
    "the tool, from who applied, or from a requirement of the job; no gap does not mean that each decision was right."
)


def headline(audit: "ApplicantAudit") -> str:
    """Say the result in a sentence or two, and whom it concerns."""
    said = f"Result: {verdict_in_words(audit.verdict)}."
    concerned = [
        group.group + (" (by score)" if name == "score" and len(audit.audits) > 1 else "")
        for name, families in audit.audits
        for _, each in families
        for group in each.compared
        if group.verdict is Verdict.EVIDENCE
    ]
    if concerned:
        shown = ", ".join(concerned[:8]) + (f" and {len(concerned) - 8} more groups" if len(concerned) > 8 else "")
        said += f" It concerns {shown}."
    return said


def meaning(audit: "ApplicantAudit") -> str:
    """Say what the overall verdict means for somebody who decides."""
    line = f"{float(audit.audits[0][1].families[0][1].rule.threshold):.0%}"
    if audit.verdict is Verdict.EVIDENCE:
        return (
            f"At least one group's rate is below {line} of the rate it is compared with, and chance alone rarely makes "
            "such a gap. Find out where it comes from before the tool is used further, and ask whoever advises you on "
            "law."
        )
    if audit.verdict is Verdict.TOO_LITTLE_DATA:
        return (
            f"For at least one group, these counts fit a ratio below {line} as well as one above it. That clears "
            "nobody and accuses nobody: the answer needs more people, or months put together."
        )
    return f"For every group, even the low end of what fits these counts is not below {line} of the rate compared with."


def limit_sentences(audit: "ApplicantAudit") -> list[str]:
    """Say what limit was stated, and who breaks it."""
    if not audit.has_limit:
        return []
    stated = [f"impact ratio under {audit.fail_under:g}"] if audit.fail_under is not None else []
    if audit.limit_alpha is not None:
        stated.append(f"lower rate with an adjusted p-value under {audit.limit_alpha:g}")
    verdict = "broken" if audit.broken else "could not be checked" if audit.unchecked else "kept"
    said = [f"Stated limit, {verdict}: {' and '.join(stated)}."]
    said += [f"Broken, {each.family}: {each.reason}" for each in audit.broken]
    said += [
        f"Not checked, {family}: nobody was selected in the group that the others are compared with."
        for family in audit.unchecked
    ]
    if audit.fail_under is not None and audit.limit_alpha is None:
        said.append(
            "A limit on the ratio alone is often broken by chance where groups are small; a limit on chance beside it "
            "leaves out gaps that chance explains."
        )
    return said


def notes(audit: "ApplicantAudit") -> list[str]:
    """Say what is special about these people or rules."""
    said: list[str] = []
    if audit.outcome is not None:
        said += _all_or_none(audit.counts[0][1], f"selected ({audit.outcome!r})")
    tables = dict(audit.counts) or (dict(audit.scores.scored) if audit.scores else {})
    for column in audit.groups:
        said += _missing(column, tables[column])
    if len(audit.groups) > 2 and any(len(name.split(INTERSECTION)) == 2 for name in tables):
        said.append(
            f"Each two of the {len(audit.groups)} group columns are compared together, not all of them at once: no "
            "rules here ask for that, and such groups are soon too small to tell anything."
        )
    if audit.rules is not None and audit.rules.rule is None:
        said.append(
            f"{audit.rules.title} names no ratio that is too low. The verdicts use the four-fifths guideline of the "
            "United States' Uniform Guidelines as a yardstick."
        )
    for table in audit.published:
        if table.lacking:
            said.append(
                f"The rules ask for a table by {table.name} ({table.measure}); no column is called "
                f"{' or '.join(table.lacking)}, so it is not there."
            )
    for name, families in audit.audits:
        for family, each in families:
            for group in each.left_out:
                said.append(f"{family} ({name}): {group.group} {group.small} and was not compared.")
    return list(dict.fromkeys(said))


def summary(audit: "ApplicantAudit") -> list[str]:
    """Return the paragraphs of the summary."""
    parts = [headline(audit), meaning(audit), *(["\n".join(limit_sentences(audit))] if audit.has_limit else [])]
    for name, families in audit.audits:
        body = families.summary().splitlines()[2:-2]  # its own result and the last sentence are said once, for all
        title = "Who was selected" if name == "selection" else "Who scores above the median"
        parts.append("\n".join([f"{title}:", *body]))
    if audit.scores is not None:
        parts.append(audit.scores.summary())
    parts += [f"{column}, month by month: {each.summary()}" for column, each in audit.over_time]
    if audit.notes:
        parts.append("\n".join(["Notes:", *audit.notes]))
    return [*parts, WHAT_IT_DOES_NOT_SHOW]


def _all_or_none(counts: CountTable, what: str) -> list[str]:
    if counts.selected == counts.applicants:
        return [f"All {counts.applicants:,} people were {what}, so no group can differ. Is this the right column?"]
    if not counts.selected:
        return [f"Nobody of {counts.applicants:,} people was {what}, so there is nothing to compare."]
    return []


def _missing(column: str, counts: CountTable) -> list[str]:
    people, everybody = counts.people_missing, counts.applicants
    said = []
    if people:
        said.append(
            f"{column!r} is not known for {people:,} of {everybody:,} people ({people / everybody:.1%}). They are a "
            "group of their own, (missing), and the others are not compared with it."
        )
        if sum(not group.is_missing for group in counts) == 1:
            said.append(f"{column}: only one group is known, so it can only be compared with (missing).")
    return said

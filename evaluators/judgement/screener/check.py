"""Check a screener against limits: whether it follows the panel, and whether its shortlist stands the audit."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import plain
from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.panel import Panel
from evaluators.judgement.screener._against_words import compared
from evaluators.judgement.screener.against_panel import AgainstPanel, screener_against_panel
from evaluators.judgement.screener.run import ScreenerRun
from evaluators.own_data import FileFacts
from evaluators.screening.families import check_limit
from evaluators.screening.probe_results import ProbeResult, ProbeVerdict
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    import altair as alt

SCHEMA = 1
KEPT, BROKEN, UNCHECKED = "kept", "broken", "could not be checked"
_RESERVE = 0.25


@dataclass(frozen=True, slots=True)
class ScreenerLimit:
    """One limit, and whether it is kept.

    Parameters
    ----------
    name : str
        ``"unfairness"`` (always there where groups are named), ``"swap"`` (one for each), ``"order"``, ``"shortlist"``,
        ``"ratio"`` or ``"ceiling"``.
    sentence : str
        What was asked for and what was found.
    result : str
        ``"kept"``, ``"broken"`` or ``"could not be checked"``.
    """

    name: str
    sentence: str
    result: str


@dataclass(frozen=True, slots=True)
class ScreenerCheck:
    """A screener's run, how it stands beside the panel, and which limits it keeps; `check_screener` makes it.

    Parameters
    ----------
    run : ScreenerRun
        What it gave and what it could see.
    against : AgainstPanel
        The figures and the audits.
    limits : tuple of ScreenerLimit
        The stated limits; where groups are named, the first says whether anything speaks against it as unfair.
    groups, features : tuple of str
        The columns that were named.
    within : str
        The column with the job; empty if there is none.
    groups_seen : tuple of str
        Columns of groups that the screener could see.
    notes : tuple of str
        What was left out or is to be known.
    files : tuple of (str, FileFacts)
        What each file is, and how it was read; empty if none were.
    probe : ProbeResult, optional
        What it does with swapped words.
    """

    run: ScreenerRun
    against: AgainstPanel
    limits: tuple[ScreenerLimit, ...]
    groups: tuple[str, ...]
    features: tuple[str, ...]
    within: str
    groups_seen: tuple[str, ...]
    notes: tuple[str, ...] = ()
    files: tuple[tuple[str, FileFacts], ...] = ()
    probe: ProbeResult | None = None

    @property
    def passed(self) -> bool:
        """Whether every limit is kept; without groups and limits there is none, and that says nothing."""
        return all(limit.result == KEPT for limit in self.limits)

    @property
    def audited(self) -> bool:
        """Whether a shortlist was audited."""
        return self.against.audit is not None

    def headline(self) -> str:
        """Say the result in one or two sentences."""
        broken = [limit.name for limit in self.limits if limit.result == BROKEN]
        unfair = {"unfairness", "swap"} & set(broken)
        unchecked = [limit.name for limit in self.limits if limit.result == UNCHECKED]
        if unfair:
            said = "Result: this screener must not be used as it is, however well it follows the panel."
        elif broken:
            said = f"Result: {_many(len(broken), 'limit')} broken ({', '.join(broken)})."
        elif unchecked:
            said = f"Result: {_many(len(unchecked), 'limit')} could not be checked ({', '.join(unchecked)})."
        elif self.limits:
            said = f"Result: {'the limit is' if len(self.limits) == 1 else 'all limits are'} kept."
        else:
            said = "Result: no limit was stated, so that nothing was passed or failed."
        return said if self.groups else f"{said} NOBODY LOOKED AT FAIRNESS: no groups are named."

    def meaning(self) -> list[str]:
        """Say how well it follows, what the result means for somebody who decides, and what it does not."""
        said = [compared(self.against)]
        if not self.groups:
            said.append(
                "Without groups of people, such as sex, nothing was audited. A screener that copies unfair recruiters "
                "perfectly looks perfect here: name the columns with groups."
            )
        elif self.against.audit is not None and self.against.audit.verdict is Verdict.TOO_LITTLE_DATA:
            said.append(
                "The audit had too few people to tell. That is no clean bill: audit the screener on more applicants."
            )
        said.append(
            "A screener that follows the panel does what these raters would do, right or wrong. Whether the people "
            "whom it puts first do well in the job is another question, and no figure here answers it."
        )
        return said

    def sight(self) -> list[str]:
        """Say what the screener could see, and whether groups were part of it."""
        said = [
            f"The screener could see: {', '.join(self.run.columns)}.",
            f"It could not see: {', '.join(self.run.withheld)}.",
        ]
        if self.groups_seen:
            many = len(self.groups_seen) > 1
            said.append(
                f"Among what it could see {'are columns' if many else 'is a column'} of groups: "
                f"{', '.join(self.groups_seen)}. Withhold {'them' if many else 'it'} unless there is a reason: what a "
                "screener cannot see it cannot use by itself. It can still guess groups from other columns, such as a "
                "name."
            )
        elif self.groups:
            said.append(
                "It could not see the columns of groups. That alone makes nothing fair: other columns, such as a name, "
                "a school or a gap, can tell them."
            )
        return said

    def summary(self) -> str:
        """Say in plain words what was found, what it rests on, and what it does not show."""
        limits = [f"{limit.sentence} {limit.result.capitalize()}." for limit in self.limits]
        return "\n".join(
            [
                self.headline(),
                *self.meaning(),
                *limits,
                "",
                self.against.summary(),
                "",
                *self.sight(),
                *self.all_notes(),
            ]
        )

    def all_notes(self) -> tuple[str, ...]:
        """Return what is to be known about the run and the figures."""
        return (*self.run.notes, *self.notes, *(note for _, facts in self.files for note in facts.notes))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per limit, with the columns name, sentence and result."""
        return pd.DataFrame([asdict(limit) for limit in self.limits], columns=["name", "sentence", "result"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, under the number of their schema; None stands for undefined figures."""
        return {
            "schema": SCHEMA,
            "kind": "screener check",
            "passed": self.passed if self.limits else None,
            "audited": self.audited,
            "headline": self.headline(),
            "limits": [asdict(limit) for limit in self.limits],
            "against_panel": self.against.to_dict(),
            "probe": None if self.probe is None else self.probe.to_dict(),
            "groups": list(self.groups),
            "groups_seen": list(self.groups_seen),
            "features": list(self.features),
            "within": self.within or None,
            "notes": list(self.all_notes()),
            "files": {what: facts.to_dict() for what, facts in self.files},
            "run": plain(self.run.to_dict()),
        }

    def chart(self) -> "alt.VConcatChart":
        """Draw the screener beside the raters, and where they part; the description holds the summary."""
        return self.against.chart()


def check_limits(
    *,
    fail_under: float | None = None,
    fail_under_overlap: float | None = None,
    fail_under_ratio: float | None = None,
    groups: Sequence[str] = (),
    share: float = 0.25,
) -> None:
    """Refuse limits that make no sense, before anything is run.

    Raises
    ------
    ScreenerError, LevelError
        If a limit or the share is out of its range, or a limit is about groups and none are named.

    Examples
    --------
    >>> check_limits(fail_under=0.5, fail_under_ratio=0.8, groups=["sex"])
    >>> check_limits(fail_under_ratio=0.8)
    Traceback (most recent call last):
    ...
    evaluators.judgement.errors.ScreenerError: A limit on ratios needs groups.
    Hint: Name their columns, such as sex. (Argument: groups)
    """
    if not 0 < share < 1:
        raise ScreenerError(f"The share on the shortlist is {share}.", "Give a share over 0 and under 1.", "share")
    if fail_under is not None and not -1 <= fail_under <= 1:
        raise ScreenerError(
            f"The limit of the rank correlation is {fail_under}.",
            "Give a number from -1 to 1, such as 0.5.",
            "fail_under",
        )
    if fail_under_overlap is not None and not 0 < fail_under_overlap <= 1:
        raise ScreenerError(
            f"The limit of the overlap is {fail_under_overlap}.",
            "Give a share over 0 and at most 1, such as 0.5.",
            "fail_under_overlap",
        )
    check_limit(fail_under=fail_under_ratio, alpha=None)
    if fail_under_ratio is not None and not groups:
        raise ScreenerError("A limit on ratios needs groups.", "Name their columns, such as sex.", "groups")


def check_screener(
    panel: Panel,
    items: Any,
    run: ScreenerRun,
    *,
    item: str,
    share: float = 0.25,
    within: str | None = None,
    features: Sequence[str] = (),
    groups: Sequence[str] = (),
    fail_under: float | None = None,
    fail_under_overlap: float | None = None,
    fail_under_ratio: float | None = None,
    below_ceiling_fails: bool = False,
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
    notes: Sequence[str] = (),
    files: Sequence[tuple[str, FileFacts]] = (),
    probe: ProbeResult | None = None,
) -> ScreenerCheck:
    """Set a screener's run beside a panel and beside limits.

    Parameters
    ----------
    panel : Panel
        The ratings.
    items : table, shape (n_items, n_columns)
        One row per résumé, with the columns named below.
    run : ScreenerRun
        What the screener gave.
    item, share, within, features, groups, confidence, replicates, seed
        As for `screener_against_panel`.
    fail_under : float, optional
        Least rank correlation with the panel (-1 to 1).
    fail_under_overlap : float, optional
        Least share (0-1) of the panel's shortlist that is on the screener's.
    fail_under_ratio : float, optional
        Least impact ratio (0-1) of any group on the screener's shortlist, in exact arithmetic. Chance alone breaks it
        often in small groups.
    below_ceiling_fails : bool
        Whether the screener must follow the panel as well as one of its raters does.
    notes : sequence of str
        What is to be known beside, such as how a file was read.
    files : sequence of (str, FileFacts)
        What each file is, such as "ratings", and how it was read.
    probe : ProbeResult, optional
        What `evaluators.judgement.screener.swapping.swap_probe` found: an effect of a swap breaks a limit.

    Returns
    -------
    ScreenerCheck
        With groups, the first limit is always that nothing speaks against the screener as unfair: evidence of adverse
        impact on its shortlist, or another place for people who are alike in the features. No figure buys that off.

    Raises
    ------
    ScreenerError, LevelError, NoAgreementError, ColumnError
        As `check_limits` and `screener_against_panel` do.

    Examples
    --------
    >>> import numpy as np
    >>> cvs = pd.DataFrame({"cv": list("abcdefgh"), "years": range(8)})
    >>> panel = Panel(np.array([[n, n + 1.0] for n in range(8)]), tuple("abcdefgh"), ("Ada", "Ben"))
    >>> scores = pd.Series(np.arange(8.0), index=list("abcdefgh"))
    >>> run = ScreenerRun("mine:score", scores, "call", ("years",), ("cv",), 0.1, 0.0)
    >>> check = check_screener(panel, cvs, run, item="cv", fail_under=0.9, replicates=100)
    >>> check.headline()
    'Result: the limit is kept. NOBODY LOOKED AT FAIRNESS: no groups are named.'
    """
    check_limits(
        fail_under=fail_under,
        fail_under_overlap=fail_under_overlap,
        fail_under_ratio=fail_under_ratio,
        groups=groups,
        share=share,
    )
    wanted = list(dict.fromkeys([item, *([within] if within else []), *features, *groups]))
    table = pandas_columns(items, *wanted).reset_index(drop=True)
    column = next(name for name in ("score", "the screener's score") if name not in wanted)
    table = table.assign(**{column: run.scores.reindex(table[item].astype(str).str.strip()).to_numpy()})
    found = screener_against_panel(
        panel,
        table,
        item=item,
        score=column,
        share=share,
        reserve=_RESERVE if share + _RESERVE < 1 else max(0.0, (1 - share) / 2),
        within=within or None,
        features=features,
        groups=groups,
        confidence=confidence,
        replicates=replicates,
        seed=seed,
    )
    limits = [_unfairness(found)] if groups else []
    if probe is not None:
        limits += [_swap(probe, effect.swap) for effect in probe]
    if fail_under is not None:
        limits.append(_least("order", "The rank correlation with the panel", found.correlation.value, fail_under))
    if fail_under_overlap is not None:
        what = "The share of the panel's shortlist that is on the screener's"
        limits.append(_least("shortlist", what, found.overlap.value, fail_under_overlap))
    if fail_under_ratio is not None:
        limits.append(_ratio(found, fail_under_ratio))
    if below_ceiling_fails:
        limits.append(_ceiling(found))
    return ScreenerCheck(
        run=run,
        against=found,
        limits=tuple(limits),
        groups=tuple(groups),
        features=tuple(features),
        within=within or "",
        groups_seen=tuple(name for name in groups if name in run.columns),
        notes=tuple(notes),
        files=tuple(files),
        probe=probe,
    )


def _swap(probe: ProbeResult, swap: str) -> ScreenerLimit:
    effect = probe[swap]
    if not effect.swapped:
        said = f"{effect.label}: no such word stands in what the screener sees, so that none can move its scores."
        return ScreenerLimit("swap", said, KEPT)
    results = {ProbeVerdict.EVIDENCE: BROKEN, ProbeVerdict.NONE_SEEN: KEPT, ProbeVerdict.TOO_LITTLE_DATA: UNCHECKED}
    if math.isnan(effect.low):
        return ScreenerLimit("swap", probe.sentence(swap), results[effect.verdict])
    said = (
        f"{effect.label}: {effect.verdict.value}. The swap changes a score by {effect.effect:+.2f} points on average "
        f"({effect.low:+.2f} to {effect.high:+.2f}) and reverses {effect.share_flipped:.0%} of decisions; the placebo "
        f"reverses {effect.share_flipped_placebo:.0%}. Asked for: less than {probe.matters:.2g} points."
    )
    return ScreenerLimit("swap", said, results[effect.verdict])


def _unfairness(found: AgainstPanel) -> ScreenerLimit:
    asked = "Asked always: no evidence of adverse impact, and the same place for people who are alike."
    if found.audit is None:
        unequal = [row for row in found.alike if row.found]
        if not unequal:
            why = " ".join(note for note in found.notes if note.startswith("No audit."))
            return ScreenerLimit("unfairness", f"{asked} {why}".strip(), UNCHECKED)
        told = " ".join(f"{row.group} ({row.attribute}) stands elsewhere than {row.reference}." for row in unequal)
        return ScreenerLimit("unfairness", f"{asked} {told}", BROKEN)
    if found.blocked_by:
        untold = set(found.blocked_by) <= set(found.alike_untold)
        return ScreenerLimit("unfairness", f"{asked} {' '.join(found.blocked_by)}", UNCHECKED if untold else BROKEN)
    few = " In part there were too few people to tell." if found.audit.verdict is Verdict.TOO_LITTLE_DATA else ""
    half = "" if found.alike else " Whether people who are alike are treated alike was not asked: name features."
    return ScreenerLimit("unfairness", f"{asked} Nothing of it was found.{few}{half}", KEPT)


def _least(name: str, what: str, value: float, least: float) -> ScreenerLimit:
    asked = f"Asked for: at least {least:g}."
    if math.isnan(value):
        return ScreenerLimit(name, f"{what} is undefined. {asked}", UNCHECKED)
    shown = f"{value:.2f}" if f"{value:.2f}" != f"{least:.2f}" else f"{value:.4f}"
    return ScreenerLimit(name, f"{what} is {shown}. {asked}", KEPT if value >= least else BROKEN)


def _ratio(found: AgainstPanel, least: float) -> ScreenerLimit:
    asked = f"Asked for: impact ratios of at least {least:g}."
    if found.audit is None:
        return ScreenerLimit("ratio", f"Nothing was audited. {asked}", UNCHECKED)
    if broken := found.audit.limit_broken(fail_under=least):
        return ScreenerLimit(
            "ratio", " ".join([asked, *(f"{each.reason.rstrip('.')} ({each.family})." for each in broken)]), BROKEN
        )
    return ScreenerLimit("ratio", f"{asked} No group is under it.", KEPT)


def _ceiling(found: AgainstPanel) -> ScreenerLimit:
    if math.isnan(found.ceiling.value) or math.isnan(found.difference.high):
        return ScreenerLimit("ceiling", "How well one rater follows the others cannot be told.", UNCHECKED)
    said = (
        f"Against all raters but one, the screener reaches {found.screener.value:.2f} and that one rater "
        f"{found.ceiling.value:.2f}; the difference is {found.difference.value:+.2f} ({found.difference.low:+.2f} to "
        f"{found.difference.high:+.2f}). Asked for: not clearly below."
    )
    return ScreenerLimit("ceiling", said, KEPT if found.reaches_ceiling else BROKEN)


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"

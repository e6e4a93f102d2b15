"""The whole audit of a table of applicants in one result: what a command, a page and an explorer show."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.own_data import FileFacts
from evaluators.screening import _applicants_words as words
from evaluators.screening._applicants_cells import Prepared, prepare, with_decimal_points
from evaluators.screening._applicants_intervals import IntervalChoice, check_intervals
from evaluators.screening.counts import INTERSECTION, CountTable, count_table, count_tables
from evaluators.screening.errors import (
    CountError,
    OutcomeError,
    PeriodError,
    ScoreError,
    TooManyGroupsError,
    UnknownGroupError,
)
from evaluators.screening.families import Audit, BrokenLimit, audit_families, check_limit
from evaluators.screening.guesses import ColumnGuess
from evaluators.screening.published import PublishedFigures, publish
from evaluators.screening.rates import REFERENCE_RULES, named_label, reference_to
from evaluators.screening.rules import FOUR_FIFTHS, RulePack, rule_pack
from evaluators.screening.scoring import ScoringCounts, count_above_median
from evaluators.screening.stability import StabilityAudit, audit_over_time
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    import altair as alt

SCHEMA = 1
MOST_GROUPS = 100
MOST_PAIRS = 400
_KOOPMAN = IntervalChoice("koopman", None, None)


@dataclass(frozen=True, slots=True)
class ApplicantAudit:
    """Result of `audit_applicants`.

    Parameters
    ----------
    people : int
        Rows of the table.
    groups : tuple of str
        The group columns.
    outcome, score, date : str or None
        The other columns that were used.
    alpha : float
        Significance level (0-1).
    rules : RulePack or None
        The rules whose tables were asked for.
    counts : tuple of (str, CountTable)
        Family (a group column, or two together) and its counts of selected people; empty without an outcome.
    selection : Audit or None
        The audit of the outcome.
    scores : ScoringCounts or None
        Who scores above the median of everybody.
    scoring : Audit or None
        The same comparison for being above the median.
    over_time : tuple of (str, StabilityAudit)
        Group column and its months.
    published : tuple of PublishedFigures
        The tables that the rules want to see published.
    notes : tuple of str
        What was left out or read in a special way, and why, as sentences.
    fail_under, limit_alpha : float or None
        The limit that somebody stated, as in `Audit.limit_broken`.
    file : FileFacts or None
        The file that was read.
    guesses : tuple of ColumnGuess
        Columns that were guessed.
    intervals : IntervalChoice
        How the intervals were made: `method`, `name` to print, and for the bootstrap `replicates` and `seed`.
    """

    people: int
    groups: tuple[str, ...]
    outcome: str | None
    score: str | None
    date: str | None
    alpha: float
    rules: RulePack | None
    counts: tuple[tuple[str, CountTable], ...]
    selection: Audit | None
    scores: ScoringCounts | None
    scoring: Audit | None
    over_time: tuple[tuple[str, StabilityAudit], ...]
    published: tuple[PublishedFigures, ...]
    notes: tuple[str, ...]
    fail_under: float | None = None
    limit_alpha: float | None = None
    file: FileFacts | None = None
    guesses: tuple[ColumnGuess, ...] = ()
    intervals: IntervalChoice = _KOOPMAN

    @property
    def audits(self) -> tuple[tuple[str, Audit], ...]:
        """What was audited: ``"selection"``, ``"score"`` or both, each with its audit."""
        both = (("selection", self.selection), ("score", self.scoring))
        return tuple((name, audit) for name, audit in both if audit is not None)

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of any part: evidence, else too little data, else none seen."""
        found = {audit.verdict for _, audit in self.audits}
        return next(verdict for verdict in Verdict if verdict in found)

    @property
    def has_limit(self) -> bool:
        """Whether somebody stated a limit."""
        return self.fail_under is not None or self.limit_alpha is not None

    @property
    def broken(self) -> tuple[BrokenLimit, ...]:
        """The groups that break the stated limit; none if no limit was stated."""
        if not self.has_limit:
            return ()
        return tuple(
            replace(each, family=each.family if name == "selection" else f"{each.family} ({name})")
            for name, audit in self.audits
            for each in audit.limit_broken(fail_under=self.fail_under, alpha=self.limit_alpha)
        )

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Families whose limit cannot be checked, since nobody of the reference group was selected."""
        if not self.has_limit:
            return ()
        return tuple(
            family if name == "selection" else f"{family} ({name})"
            for name, audits in self.audits
            for family, audit in audits
            if not audit[audit.reference].selected
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per part, family and group.

        Returns
        -------
        DataFrame, shape (n_rows, 29)
            Column ``measure`` (``"selection"`` or ``"score"``) first, then those of `Audit.to_frame`.
        """
        frames = []
        for name, audit in self.audits:
            frame = audit.to_frame()
            frame.insert(0, "measure", name)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, under the number of their schema; None stands for undefined figures."""
        return {
            "schema": SCHEMA,
            "kind": "applicant audit",
            "verdict": self.verdict.value,
            "people": self.people,
            "columns": {
                "outcome": self.outcome,
                "groups": list(self.groups),
                "score": self.score,
                "date": self.date,
                "guessed": [asdict(guess) for guess in self.guesses],
            },
            "file": None if self.file is None else self.file.to_dict(),
            "alpha": self.alpha,
            "intervals": self.intervals.to_dict(),
            "notes": list(self.notes),
            "limit": None
            if not self.has_limit
            else {
                "fail_under": self.fail_under,
                "alpha": self.limit_alpha,
                "broken": plain([asdict(each) for each in self.broken]),
                "unchecked": list(self.unchecked),
            },
            "rules": None if self.rules is None else self.rules.to_dict(),
            "published": [each.to_dict() for each in self.published],
            "selection": None if self.selection is None else self.selection.to_dict(),
            "scores": None if self.scores is None else self.scores.to_dict(),
            "scoring": None if self.scoring is None else self.scoring.to_dict(),
            "over_time": {column: audit.to_dict() for column, audit in self.over_time},
        }

    def summary(self) -> str:
        """Say in plain words what was found, what was left out, and what such figures cannot show.

        Returns
        -------
        str
            The result, each part, the months, the notes.

        Examples
        --------
        >>> people = pd.DataFrame({"sex": list("ffmm") * 50, "hired": [1, 0, 1, 1] * 50})
        >>> print(audit_applicants(people, groups="sex", outcome="hired").summary().splitlines()[0])
        Result: evidence of adverse impact. It concerns f.
        """
        return "\n\n".join(words.summary(self))

    def chart(self) -> "alt.VConcatChart":
        """Draw the impact ratios of the selection, or of the scores where there is no outcome.

        Returns
        -------
        altair.VConcatChart
            As `Audit.chart`.
        """
        return self.audits[0][1].chart()


def audit_applicants(
    frame: Any,
    *,
    groups: str | Sequence[str],
    outcome: str | None = None,
    score: str | None = None,
    date: str | None = None,
    selected_values: Sequence[str] = (),
    not_missing: Sequence[str] = (),
    rules: str | None = None,
    reference: str | Sequence[str] = "highest",
    alpha: float = 0.05,
    intersections: bool = True,
    leave_small_out: bool = False,
    fail_under: float | None = None,
    limit_alpha: float | None = None,
    file: FileFacts | None = None,
    guesses: Sequence[ColumnGuess] = (),
    intervals: str = "koopman",
    replicates: int | None = None,
    seed: int | None = None,
    in_file_order: bool = False,
) -> ApplicantAudit:
    """Audit a table of applicants: outcome, scores, or both, by each group column and by each two of them.

    Three columns or more are compared in pairs, not all together: Local Law 144 asks for sex by race and no more, the
    Uniform Guidelines for each sex and race, and with every further column the groups shrink until nearly all are too
    small to tell. `count_table` with a list of columns counts them if somebody needs them.

    Parameters
    ----------
    frame : table, shape (n_applicants, n_columns)
        One row per applicant, as in `count_table`.
    groups : str or sequence of str
        Columns with groups, such as sex and race.
    outcome : str, optional
        Column that says whether the applicant was selected.
    score : str, optional
        Column with a tool's scores; at least one of `outcome` and `score` is needed.
    date : str, optional
        Column with dates: each group column is then followed month by month as well, with the outcome.
    selected_values : sequence of str
        Values of the outcome column that mean "selected", where they are not yes and no; all other values then
        mean "not selected", and a note counts them. An empty outcome stays an error.
    not_missing : sequence of str
        Labels to keep as groups although they usually mean "not known", such as NA for Native American.
    rules : str, optional
        Rules whose tables and statements are wanted, as in `rule_pack`.
    reference : str or sequence of str
        ``"highest"``, ``"largest"``, or labels of groups: each is used in the families that have it, the others
        take the highest rate. ``"label:highest"`` names a group that is called like a rule.
    alpha : float
        Significance level (0-1).
    intersections : bool
        Whether to compare the combinations of each two columns too.
    leave_small_out : bool
        Whether groups under 2 % are not compared; their counts and rates stay.
    fail_under, limit_alpha : float, optional
        A limit to check, as in `Audit.limit_broken`.
    file : FileFacts, optional
        Where the table came from.
    guesses : sequence of ColumnGuess
        Columns that were guessed, for the record.
    intervals : str
        ``"koopman"``, ``"katz"`` or ``"bootstrap"``; the last draws each table anew, and chooses the highest or
        largest group again in each draw (`bootstrap_ratios`).
    replicates, seed : int, optional
        Draws of the bootstrap (by default 1,000) and where they start (by default 0); errors with other intervals.
    in_file_order : bool
        Whether `frame` is a DuckDB relation whose rows come in the order of the file, as from `open_table`; errors
        then name the row.

    Returns
    -------
    ApplicantAudit
        Everything that was found, with notes on what was left out.

    Raises
    ------
    CountError
        If there are no rows, or neither outcome nor score is named.
    TooManyGroupsError
        If a column has more than 100 groups, or two together more than 400.
    MethodError, SimulationError
        If there are no such intervals, or the numbers of the bootstrap make no sense.
    ColumnError, OutcomeError, ScoreError, PeriodError, TooFewGroupsError, UnknownGroupError, UnknownRulesError, \
LevelError
        As in the parts: `count_tables`, `count_above_median`, `audit_over_time`, `audit_families`, `rule_pack`.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": list("ffmm") * 50, "race": list("xyyx") * 50, "hired": [1, 0, 1, 1] * 50})
    >>> audit = audit_applicants(people, groups=["sex", "race"], outcome="hired")
    >>> audit.verdict.value, audit.selection.names
    ('evidence of adverse impact', ('sex', 'race', 'sex × race'))
    """
    columns = [groups] if isinstance(groups, str) else list(groups)
    if outcome is None and score is None:
        raise CountError(
            "No column says who was selected or what score people got.", "Name the outcome column, the score, or both."
        )
    pack = rule_pack(rules) if rules else None
    check_limit(fail_under=fail_under, alpha=limit_alpha)  # before hours of counting
    choice = check_intervals(intervals, replicates=replicates, seed=seed, alpha=alpha)
    prepared = prepare(
        frame, columns, outcome=outcome, score=score, selected_values=selected_values, not_missing=not_missing
    )
    _refuse_many_groups(prepared.labels)
    families = _families(columns, intersections or bool(pack and pack.intersections))
    settings: dict[str, Any] = {
        "alpha": alpha,
        "rule": (pack.rule if pack else None) or FOUR_FIFTHS,
        "leave_small_out": leave_small_out,
    }
    try:
        counts = _count(prepared, families, outcome, in_file_order) if outcome else {}
    except OutcomeError as error:
        more = "" if selected_values else " If other words mean selected, name them."
        raise OutcomeError(error.problem, f"{error.hint}{more}", "selected_values" if more else "") from error
    scores, score_notes = _read_scores(prepared, families, score, in_file_order) if score else (None, [])
    audits: list[Audit | None] = []
    interval_notes: list[str] = []
    for measure, tables in (("selection", counts), ("score", scores.above if scores else {})):
        chosen = _references(tables, families, reference)
        made, said = choice.settings(tables, chosen, measure=measure, alpha=alpha, leave_small_out=leave_small_out)
        audits.append(audit_families(tables, reference=chosen, **settings, **made) if tables else None)
        interval_notes += said if tables else []
    over_time, over_time_notes = _follow(prepared, columns, outcome, date, guessed={each.column for each in guesses})
    audit = ApplicantAudit(
        people=prepared.rows,
        groups=tuple(columns),
        outcome=outcome,
        score=score,
        date=date,
        alpha=alpha,
        rules=pack,
        counts=tuple(counts.items()),
        selection=audits[0],
        scores=scores,
        scoring=audits[1],
        over_time=over_time,
        published=publish(pack, counts=counts, scores=scores, families=families, leave_small_out=leave_small_out),
        notes=(),
        fail_under=fail_under,
        limit_alpha=limit_alpha,
        file=file,
        guesses=tuple(guesses),
        intervals=choice,
    )
    notes = dict.fromkeys([*prepared.notes, *words.notes(audit), *score_notes, *over_time_notes, *interval_notes])
    return replace(audit, notes=tuple(notes))


def _families(columns: Sequence[str], intersections: bool) -> dict[str, tuple[str, ...]]:
    """Name each family, and the columns it is made of."""
    pairs = combinations(columns, 2) if intersections else ()
    return {column: (column,) for column in columns} | {INTERSECTION.join(pair): pair for pair in pairs}


def _refuse_many_groups(labels: Mapping[str, Sequence[str]]) -> None:
    for column, found in labels.items():
        if len(found) > MOST_GROUPS:
            raise TooManyGroupsError(
                f"The column {column!r} has {len(found):,} different values, such as {', '.join(found[:3])}.",
                f"Groups are shared by many people; at most {MOST_GROUPS} can be compared. Name a column such as sex "
                "or age band, or put values together first.",
            )


def _count(
    prepared: Prepared, families: Mapping[str, tuple[str, ...]], outcome: str, in_file_order: bool
) -> dict[str, CountTable]:
    singles = [columns[0] for columns in families.values() if len(columns) == 1]
    pairs = {name: columns for name, columns in families.items() if len(columns) > 1}
    tables = count_tables(
        prepared.frame, groups=singles, outcome=outcome, intersections=len(pairs) == 1, in_file_order=in_file_order
    )
    for name, columns in pairs.items():
        if name not in tables:
            tables[name] = count_table(prepared.frame, group=columns, outcome=outcome)
        _refuse_many_pairs(name, tables[name])
    return tables


def _refuse_many_pairs(name: str, table: CountTable) -> None:
    if len(table) > MOST_PAIRS:
        raise TooManyGroupsError(
            f"{name}: {len(table):,} combinations of groups occur; at most {MOST_PAIRS} can be compared.",
            "Put values together first, or leave the combinations out.",
            "intersections",
        )


def _read_scores(
    prepared: Prepared, families: Mapping[str, tuple[str, ...]], score: str, in_file_order: bool
) -> tuple[ScoringCounts, list[str]]:
    """Count above the median; scores with decimal commas are read as numbers where that is clear."""
    try:
        return _score(prepared, families, score, in_file_order), []
    except ScoreError as error:
        changed = with_decimal_points(prepared.frame, score)
        if changed is None:
            raise ScoreError(error.problem, f"{error.hint} Write decimals with a point, such as 46.1.") from error
        note = f"The commas in {score!r} were read as decimal commas."
        return _score(replace(prepared, frame=changed), families, score, in_file_order), [note]


def _score(
    prepared: Prepared, families: Mapping[str, tuple[str, ...]], score: str, in_file_order: bool
) -> ScoringCounts:
    singles = [columns[0] for columns in families.values() if len(columns) == 1]
    pairs = {name: columns for name, columns in families.items() if len(columns) > 1}
    found = count_above_median(
        prepared.frame, groups=singles, score=score, intersections=len(pairs) == 1, in_file_order=in_file_order
    )
    for name, columns in pairs.items():
        if name not in found.above:
            both = count_above_median(prepared.frame, groups=columns, score=score)
            found = replace(
                found,
                above=found.above | {name: both.above[name]},
                at_or_above=found.at_or_above | {name: both.at_or_above[name]},
                scored=found.scored | {name: both.scored[name]},
            )
        _refuse_many_pairs(name, found.scored[name])
    return found


def _references(
    tables: Mapping[str, CountTable], families: Mapping[str, tuple[str, ...]], reference: str | Sequence[str]
) -> dict[str, str]:
    """Choose what each family compares with: a named group that it has, else a rule."""
    named = [reference] if isinstance(reference, str) else list(reference)
    rule = next((each for each in named if each in REFERENCE_RULES), "highest")
    labels = [label for label in map(named_label, named) if label is not None]
    known = {name: set(table.labels) for name, table in tables.items()}
    if tables and (unknown := [label for label in labels if not any(label in each for each in known.values())]):
        single = sorted({label for name in tables if len(families[name]) == 1 for label in known[name]})
        raise UnknownGroupError(f"No column has the group {unknown[0]!r}.", f"The groups are: {', '.join(single)}.")
    chosen: dict[str, str | None] = {}
    for name, columns in families.items():
        if name not in tables:
            continue
        found = [label for label in labels if label in known[name]]
        if len(found) > 1:
            raise UnknownGroupError(f"{name}: {' and '.join(found)} cannot both be the reference.", "Name one.")
        parts = [chosen.get(column) for column in columns]
        both = INTERSECTION.join(part for part in parts if part is not None)
        paired = len(columns) > 1 and None not in parts and both in known[name]
        chosen[name] = found[0] if found else both if paired else None
    return {name: rule if label is None else reference_to(label) for name, label in chosen.items()}


def _follow(
    prepared: Prepared, columns: Sequence[str], outcome: str | None, date: str | None, *, guessed: set[str]
) -> tuple[tuple[tuple[str, StabilityAudit], ...], list[str]]:
    """Follow each group column over the months; a date that was only guessed may turn out to be useless."""
    if date is None:
        return (), []
    if outcome is None:
        return (), [f"The months in {date!r} were not looked at: that needs an outcome."]
    try:
        found = [
            (column, audit_over_time(prepared.frame, group=column, outcome=outcome, date=date)) for column in columns
        ]
    except PeriodError as error:
        if date not in guessed:
            raise
        return (), [f"The months in {date!r} were not looked at: {error.problem}"]
    return tuple(found), []

"""Can these data be trusted? Checks of a ticket log and of the company's tables, with messages in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators._validation import ColumnError
from evaluators.itdata._cells import moment
from evaluators.itdata._words import counted, listed, percent
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog

if TYPE_CHECKING:
    from evaluators.itdata._quality_schemas import Field, Kind

WRONG, DOUBTFUL, NOTE = "wrong", "doubtful", "note"
SEVERITIES = (WRONG, DOUBTFUL, NOTE)
_EXAMPLES = 5
_READABLE_SHARE = 0.05  # of empty cells: fewer are not worth a note


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One thing that was found.

    Parameters
    ----------
    severity : str
        ``"wrong"``: it cannot be true; ``"doubtful"``: it can, but ask; ``"note"``: know it before you count.
    check : str
        Short name of the check, such as ``"order"``.
    column : str
        Column or columns.
    rows : int
        Rows concerned; 0 where the finding is about the column as a whole.
    share : float
        The same as a share (0-1) of all rows.
    examples : tuple of str
        The first few rows: their place counted from 1 (the header not counted) or the ticket's number.
    message : str
        A sentence in plain words.
    """

    severity: str
    check: str
    column: str
    rows: int
    share: float
    examples: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Result of `check_quality` and `check_log`.

    Parameters
    ----------
    findings : tuple of QualityFinding
        What cannot be true first, then doubtful, then notes; most rows first in each.
    kind : str
        What the table was checked as.
    rows : int
        Rows of the table.
    """

    findings: tuple[QualityFinding, ...]
    kind: str
    rows: int

    def __iter__(self) -> Iterator[QualityFinding]:
        return iter(self.findings)

    @property
    def wrong(self) -> tuple[QualityFinding, ...]:
        """Findings that cannot be true."""
        return tuple(each for each in self.findings if each.severity == WRONG)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per finding.

        Returns
        -------
        DataFrame, shape (n_findings, 7)
            The fields of `QualityFinding`; the examples as one text.
        """
        names = list(QualityFinding.__slots__)
        rows = [asdict(each) | {"examples": "; ".join(each.examples)} for each in self.findings]
        return pd.DataFrame(rows, columns=names)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what was found, the worst first, and what no check can see.

        Examples
        --------
        >>> people = pd.DataFrame(
        ...     {
        ...         "employee_id": ["E1", "E2", "E2"],
        ...         "site": ["Oakfield", "Oakfield", "Quay Street"],
        ...         "department": ["IT", "Sales", "Sales"],
        ...         "hired_on": ["2020-01-01", "2021-05-01", "2021-05-01"],
        ...         "left_on": ["2019-12-31", None, None],
        ...     }
        ... )
        >>> print(check_quality(people, "people", as_of="2026-06-30").summary())
        3 rows were checked as people: 2 findings cannot be true, 0 are doubtful, 1 is a note.
        CANNOT BE TRUE: employee_id: 2 rows share their value with another row, where each needs its own (row 2, \
row 3).
        CANNOT BE TRUE: hired_on and left_on: 1 row where the last day comes before the first (row 1).
        Note: left_on: empty in 66.7% of rows: find out whether that means no, not yet or not known.
        A clean report does not make data true: a wrong date that looks right, work that nobody recorded and a label \
that two people read differently pass every check.
        """
        counts = {name: sum(each.severity == name for each in self.findings) for name in SEVERITIES}
        lines = [
            f"{counted(self.rows, 'row')} {'was' if self.rows == 1 else 'were'} checked as {self.kind}: "
            f"{counted(counts[WRONG], 'finding')} cannot be true, {counts[DOUBTFUL]} "
            f"{'is' if counts[DOUBTFUL] == 1 else 'are'} doubtful, {counts[NOTE]} "
            f"{'is a note' if counts[NOTE] == 1 else 'are notes'}."
        ]
        words = {WRONG: "CANNOT BE TRUE", DOUBTFUL: "Doubtful", NOTE: "Note"}
        for each in self.findings:
            shown = f" ({', '.join(each.examples)}{', …' if each.rows > len(each.examples) else ''})"
            lines.append(f"{words[each.severity]}: {each.message}{shown if each.examples else ''}.")
        lines.append(
            "A clean report does not make data true: a wrong date that looks right, work that nobody recorded and a "
            "label that two people read differently pass every check."
        )
        return "\n".join(lines)


def table_kinds() -> tuple[str, ...]:
    """Return the kinds of table that `check_quality` knows.

    Examples
    --------
    >>> "licences" in table_kinds()
    True
    """
    from evaluators.itdata._quality_schemas import KINDS  # pandera is slow to import

    return tuple(KINDS)


def check_quality(table: Any, kind: str, *, as_of: Any = None) -> QualityReport:
    """Check one of the company's tables.

    Columns that must be there, cells that must be filled, keys that must be unique, dates and numbers that must be
    readable and possible, times in their order, dates after the export, rows that occur twice, columns that always
    say the same, and cells that are often empty.

    Parameters
    ----------
    table : table, shape (n_rows, n_columns)
        A pandas or polars frame, a PyArrow table or the like; columns that the kind does not know are only looked at
        for being empty or always the same.
    kind : str
        One of `table_kinds`, such as ``"people"``.
    as_of : date, optional
        The day of the export: later dates are doubtful (for ``left_on``, ``starts_on`` and ``laptop_due_on``, which
        may lie ahead, they are not looked at).

    Returns
    -------
    QualityReport

    Raises
    ------
    MeasureError
        If there is no such kind, or the table has no rows.

    Examples
    --------
    >>> table = pd.DataFrame({"service": ["mail"], "started_at": ["2026-01-02"], "ended_at": ["2026-01-01"]})
    >>> check_quality(table, "outages").wrong[0].message
    'started_at and ended_at: 1 row where the end comes before the start'
    """
    from evaluators.itdata._quality_schemas import KINDS  # pandera is slow to import

    if kind not in KINDS:
        raise MeasureError(f"There is no kind of table {kind!r}.", f"Choose one of: {', '.join(KINDS)}.")
    frame = pandas_columns(table, *_columns_of(table)).reset_index(drop=True)
    if frame.empty:
        raise MeasureError("The table has no rows.", "Check which rows were exported.")
    names = [f"row {place}" for place in range(1, len(frame) + 1)]
    findings = _schema_findings(frame, kind, KINDS[kind], names, as_of)
    findings += _whole_rows(frame, names)
    findings += _columns_as_a_whole(frame, KINDS[kind])
    return QualityReport(_sorted(findings), kind, len(frame))


def check_log(log: TicketLog) -> QualityReport:
    """Check a ticket log: what cannot be true, what is doubtful, and what changed its meaning on the way.

    Besides the checks of `check_quality`: closed tickets without a time of resolution, priorities that nobody knows,
    tickets that changed hands without a count of it, tickets that may have been entered twice, times that look like
    days without a clock, entered by hand or closed in a heap, nights that are too busy (a wrong or a second time
    zone), labels that come or go in the middle, and a sudden change of rows a ticket.

    Parameters
    ----------
    log : TicketLog
        From `read_tickets` or `ticket_log`.

    Returns
    -------
    QualityReport

    Examples
    --------
    >>> from evaluators.itdata import ticket_log
    >>> log = ticket_log(pd.DataFrame({"number": ["A1"], "opened_at": ["2026-03-02"], "resolved_at": ["2026-03-01"]}))
    >>> check_log(log).wrong[0].message
    'opened_at and resolved_at: 1 ticket where the resolution comes before the opening'
    """
    from evaluators.itdata._quality_schemas import KINDS  # pandera is slow to import
    from evaluators.itdata._quality_signs import log_signs

    frame = log.tickets.drop(columns=list(log.lacking))
    names = frame["number"].tolist()
    findings = _schema_findings(frame, "tickets", KINDS["tickets"], names, log.as_of, said="ticket")
    findings += log_signs(log)
    findings += _columns_as_a_whole(frame, KINDS["tickets"])
    return QualityReport(_sorted(findings), "tickets", len(frame))


def _columns_of(table: Any) -> list[str]:
    if isinstance(table, pd.DataFrame):
        return [str(name) for name in table.columns]
    try:
        return list(nw.from_native(table).collect_schema().names())
    except TypeError as error:
        raise ColumnError(
            f"A {type(table).__name__} is no table.", "Give a pandas or polars frame, a PyArrow table or the like."
        ) from error


def _schema_findings(
    frame: pd.DataFrame, name: str, kind: "Kind", names: Sequence[str], as_of: Any, *, said: str = "row"
) -> list[QualityFinding]:
    from evaluators.itdata._quality_schemas import failures

    found = []
    read: dict[str, pd.Series] = {}
    for field in kind.fields:
        if field.name not in frame.columns:
            if not field.optional:
                message = f"{field.name}: the table of {name} has no such column"
                found.append(QualityFinding(WRONG, "column missing", field.name, 0, 0.0, (), message))
            continue
        read[field.name], bad = _read(frame[field.name], field)
        if bad.any():
            what = {"time": "date or time", "number": "number", "flag": "yes or no"}.get(field.kind, "value")
            values = frame[field.name][bad].astype(str).str[:25]
            where = [f"{names[row]}: {values[row]}" for row in values.index[:_EXAMPLES]]
            message = f"{field.name}: {counted(int(bad.sum()), said)} with something that is no {what}"
            found.append(_finding(WRONG, "unreadable", field.name, int(bad.sum()), len(frame), where, message))
    table = pd.DataFrame(read, index=frame.index)
    orders = {order.name: order for order in kind.orders}
    fields = {field.name: field for field in kind.fields}
    for keys, part in failures(kind, table).groupby(["column", "check"], sort=True):
        column, check = (str(each) for each in keys)
        rows = part["row"].to_numpy()
        many, severity, label = counted(len(rows), said), WRONG, column
        if check == "order":
            order = orders[column]
            severity, label = order.severity, f"{order.first} and {order.second}"
            message = f"{label}: {many} {order.message}"
        elif check == "empty":
            # What cannot be read is empty now; it has a finding of its own.
            rows = rows[_blank(frame[column]).to_numpy()[rows]]
            if not len(rows):
                continue
            message = f"{label}: {counted(len(rows), said)} with nothing in it, where something must stand"
        elif check == "twice":
            message = f"{label}: {many} share their value with another {said}, where each needs its own"
        else:
            limit = fields[column].low if check == "low" else fields[column].high
            message = f"{label}: {many} with a number {'under' if check == 'low' else 'over'} {limit:g}"
        where = [names[row] for row in rows[:_EXAMPLES]]
        found.append(_finding(severity, check, label, len(rows), len(frame), where, message))
    if kind.once and all(column in table.columns for column in kind.once):
        known = table[list(kind.once)].notna().all(axis=1)
        rows = np.flatnonzero((table.duplicated(list(kind.once), keep=False) & known).to_numpy())
        if len(rows):
            label = listed(kind.once)
            message = f"{label}: {counted(len(rows), said)} with the same values there as another"
            where = [names[row] for row in rows[:_EXAMPLES]]
            found.append(_finding(DOUBTFUL, "twice", label, len(rows), len(frame), where, message))
    if as_of is not None:
        found += _future(table, frame, kind, names, as_of, said)
    return found


_AHEAD = ("left_on", "starts_on", "laptop_due_on")


def _future(
    table: pd.DataFrame, frame: pd.DataFrame, kind: "Kind", names: Sequence[str], as_of: Any, said: str
) -> list[QualityFinding]:
    """Find dates after the export, in columns that say what has happened."""
    from evaluators.itdata._quality_schemas import TIME

    found = []
    end = moment(as_of, "as_of")
    end = end + pd.Timedelta(days=1) if end == end.normalize() else end
    for field in kind.fields:
        if field.kind == TIME and field.name in table and field.name not in _AHEAD:
            rows = np.flatnonzero((table[field.name] >= end).to_numpy() & (table[field.name] != end).to_numpy())
            if len(rows):
                message = f"{field.name}: {counted(len(rows), said)} with a date after the export"
                where = [names[row] for row in rows[:_EXAMPLES]]
                found.append(_finding(WRONG, "future", field.name, len(rows), len(frame), where, message))
    return found


def _read(values: pd.Series, field: "Field") -> tuple[pd.Series, pd.Series]:
    """Return a column as its kind says, and where something stands that cannot be read so."""
    blank = _blank(values)
    if field.kind == "time":
        made = values if pd.api.types.is_datetime64_any_dtype(values) else _times(values.mask(blank))
        made = made.dt.tz_convert("UTC").dt.tz_localize(None) if made.dt.tz is not None else made
    elif field.kind == "number":
        made = pd.to_numeric(values.astype(object).mask(blank, None), errors="coerce").astype(float)
        made = made.replace([np.inf, -np.inf], np.nan)
    elif field.kind == "flag":
        words = values.astype("string").str.strip().str.casefold()
        made = words.where(words.isin(("true", "false", "yes", "no", "1", "0", "1.0", "0.0")))
    elif isinstance(values.dtype, pd.CategoricalDtype):
        made = values.mask(blank)
    else:
        made = values.astype("string").str.strip().mask(blank)
    return made, made.isna() & ~blank


def _times(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    read: pd.Series = pd.to_datetime(values.astype("string"), errors="coerce", format="ISO8601", utc=True)
    return read


def _blank(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return values.isna()
    if isinstance(values.dtype, pd.CategoricalDtype):
        empty = values.cat.categories.astype("string").str.strip() == ""
        return values.isna() | values.isin(values.cat.categories[np.asarray(empty, dtype=bool)])
    blank: pd.Series = values.isna() | (values.astype("string").str.strip() == "").fillna(value=False)
    return blank.astype(bool)


def _whole_rows(frame: pd.DataFrame, names: Sequence[str]) -> list[QualityFinding]:
    rows = np.flatnonzero(frame.astype("string").duplicated().to_numpy())
    if not len(rows):
        return []
    message = f"all columns: {counted(len(rows), 'row')} equal to an earlier one in each column"
    where = [names[row] for row in rows[:_EXAMPLES]]
    return [_finding(DOUBTFUL, "same row", "all columns", len(rows), len(frame), where, message)]


def _columns_as_a_whole(frame: pd.DataFrame, kind: "Kind") -> list[QualityFinding]:
    """Note columns that are empty, often empty or always the same."""
    found = []
    filled = {field.name for field in kind.fields if field.filled}
    for name in frame.columns:
        blank = _blank(frame[name])
        share = float(blank.mean())
        if share == 1:
            found.append(QualityFinding(NOTE, "missing", str(name), len(frame), 1.0, (), f"{name}: always empty"))
        elif share >= _READABLE_SHARE and name not in filled:
            message = f"{name}: empty in {percent(share)} of rows: find out whether that means no, not yet or not known"
            found.append(QualityFinding(NOTE, "missing", str(name), int(blank.sum()), share, (), message))
        elif len(frame) >= 20 and share < _READABLE_SHARE and _different(frame[name][~blank]) == 1:
            value = str(frame[name][~blank].iloc[0])[:25]
            message = f"{name}: always {value!r}, so it tells nothing apart"
            found.append(QualityFinding(NOTE, "constant", str(name), 0, 0.0, (), message))
    return found


def _different(values: pd.Series) -> int:
    """Count different values; what a cell of an unknown type holds is compared as text."""
    return int((values.astype("string") if values.dtype == object else values).nunique())


def _finding(
    severity: str, check: str, column: str, rows: int, of: int, examples: Sequence[str], message: str
) -> QualityFinding:
    return QualityFinding(severity, check, column, rows, rows / of, tuple(examples[:_EXAMPLES]), message)


def _sorted(findings: list[QualityFinding]) -> tuple[QualityFinding, ...]:
    return tuple(sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), -each.rows, each.column)))

"""What the audit explorer does behind the page: look into a table of applicants, audit it. No browser here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evaluators.errors import LabError
from evaluators.widgets._desk import (
    FILE,
    Desk,
    Done,
    FieldError,
    note_twice,
    number_of,
    reading_of,
    shown_column,
    text_of,
    texts_of,
)

if TYPE_CHECKING:
    from evaluators.own_data import Column

_MOST_LABELS = 100  # an audit takes no column with more groups


class AuditDesk(Desk):
    """The tables that can be audited: any that `audit_applicants` takes, and files."""

    form = "audit"

    def look(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into a table: its columns with examples, what they seem to say and why, notes on how it was read."""
        from evaluators.screening.guesses import guess_columns

        columns, notes = self._columns(source, reading_of(sent))
        guesses = guess_columns(columns)
        roles = {role: [each.column for each in guesses if each.role == role] for role in ("outcome", "score", "date")}
        return {
            "columns": [_shown(column) for column in columns],
            "guesses": [each.sentence() for each in guesses],
            "notes": list(notes),
            "proposed": {
                **{role: (names or [""])[0] for role, names in roles.items()},
                "groups": [each.column for each in guesses if each.role == "group"],
            },
        }

    def run(self, source: str, sent: Mapping[str, Any]) -> Done:
        """Audit a table as the form says; FieldError names the fields that do not fit."""
        from evaluators.own_data import open_own_table
        from evaluators.screening.applicants import audit_applicants
        from evaluators.screening.report import report_html, report_json

        settings = read_settings(sent)
        name = self.name(source)
        try:
            if source.startswith(FILE):
                with open_own_table(self.folder / name, **reading_of(sent)) as table:
                    found = audit_applicants(table.relation, file=table.facts, in_file_order=table.in_order, **settings)
            else:
                found = audit_applicants(self.tables[name], **settings)
        except LabError as error:
            raise FieldError({_field_of(error): self.in_words(error)}) from error
        written = datetime.now(UTC)
        return Done(
            found,
            found.summary().splitlines()[0],
            report_html(found, written=written, title="" if found.file else name),
            report_json(found, written=written),
            self.stem(source, "audit"),
        )

    def _columns(self, source: str, reading: Mapping[str, Any]) -> tuple[Sequence["Column"], Sequence[str]]:
        from evaluators.own_data import open_own_table

        name = self.name(source)
        try:
            if source.startswith(FILE):
                with open_own_table(self.folder / name, **reading) as table:
                    return table.columns(), table.facts.notes
            return _columns_of(self.tables[name]), ()
        except LabError as error:
            raise FieldError({_field_of(error): self.in_words(error)}) from error


def read_settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what the form sent into arguments of `audit_applicants`; FieldError names the fields that do not fit."""
    problems: dict[str, str] = {}
    outcome, score, date = (text_of(sent, name) or None for name in ("outcome", "score", "date"))
    groups = texts_of(sent, "groups")
    if outcome is None and score is None:
        problems["outcome"] = "Choose the column that says who was selected, or a column with scores, or both."
    if not groups:
        problems["groups"] = "Tick at least one column with groups, such as sex."
    said = {"outcome": "the outcome", "score": "the score", "date": "the date", "groups": "a column of groups"}
    once = [("groups", name) for name in dict.fromkeys(groups)]
    note_twice([("outcome", outcome), ("score", score), ("date", date), *once], said, problems)
    fail_under = number_of(sent, "fail_under", problems)
    alpha = number_of(sent, "alpha", problems, most=0.5, such_as="0.05")
    if problems:
        raise FieldError(problems)
    alpha = 0.05 if alpha is None else alpha
    return {
        "groups": groups,
        "outcome": outcome,
        "score": score,
        "date": date,
        "selected_values": texts_of(sent, "selected_values") if outcome else [],
        "not_missing": [word.strip() for word in text_of(sent, "not_missing").split(",") if word.strip()],
        "rules": text_of(sent, "rules") or None,
        "reference": text_of(sent, "reference") or "highest",
        "alpha": alpha,
        "intersections": sent.get("intersections") is not False,
        "leave_small_out": sent.get("leave_small_out") is True,
        "fail_under": fail_under,
        "limit_alpha": alpha if fail_under is not None and sent.get("beyond_chance") is not False else None,
    }


def _field_of(error: LabError) -> str:
    """Name the field beside which an error is shown."""
    from evaluators.screening import errors

    fields = {
        errors.OutcomeError: "outcome",
        errors.ScoreError: "score",
        errors.PeriodError: "date",
        errors.TooFewGroupsError: "groups",
        errors.TooManyGroupsError: "groups",
        errors.UnknownGroupError: "reference",
        errors.UnknownRulesError: "rules",
        errors.LevelError: "alpha",
    }
    reading = error.argument if error.argument in ("sheet", "encoding") else "source"
    return next((field for kind, field in fields.items() if isinstance(error, kind)), reading)


def _columns_of(frame: Any) -> tuple["Column", ...]:
    """Look at the first rows of a table that is not a file, as `OwnTable.columns` does."""
    import narwhals.stable.v2 as nw
    import pandas as pd

    from evaluators._frames import pandas_columns
    from evaluators.own_data import SAMPLE_ROWS, column_of

    if isinstance(frame, pd.DataFrame):
        names, head = [str(name) for name in frame.columns], frame.head(SAMPLE_ROWS)
    else:
        try:
            table = nw.from_native(frame)
        except TypeError:
            pandas_columns(frame)  # raises what people can read
            raise
        names, head = table.collect_schema().names(), table.head(SAMPLE_ROWS).to_native()
    sample = pandas_columns(head, *names)
    cells = [sample.iloc[:, place].astype(object) for place in range(len(names))]
    return tuple(
        column_of(name, each.where(each.notna(), None).tolist()) for name, each in zip(names, cells, strict=True)
    )


def _shown(column: "Column") -> dict[str, Any]:
    """Return a column as the form shows it; its labels where it could be a column of groups or an outcome."""
    from evaluators.screening._labels import MISSING, as_label, as_selected

    few = 0 < column.distinct <= _MOST_LABELS
    labels = dict.fromkeys(as_label(value) for value in column.values) if few else {}
    return {
        **shown_column(column),
        "distinct": column.distinct,
        "labels": [label for label in labels if label != MISSING],
        "says_yes_or_no": few and all(as_selected(value) is not None for value in column.values),
    }

"""How cells of people's own tables are read: words that mean "not known", and words that mean "selected"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluators.screening._counting import MOST_CELLS, count_cells, open_frame, values_of
from evaluators.screening._labels import MISSING, as_label
from evaluators.screening.counts import check_columns
from evaluators.screening.errors import CountError, OutcomeError
from evaluators.screening.files import MISSING_WORDS

# In the order in which a note would name them; compared without capitals.
UNKNOWN_WORDS = frozenset(
    {word.casefold() for word in MISSING_WORDS if word}
    | {"unknown", "not known", "unspecified", "not specified", "not stated", "not disclosed", "undisclosed", "?", "-"}
    | {"declined", "declined to answer", "declined to say", "declined to state", "decline to answer", "refused"}
    | {"prefer not to say", "prefer not to answer", "i prefer not to say", "i do not wish to answer", "no answer"}
    | {"i don't wish to answer", "not available", "not provided", "not given", "not reported", "no response", "missing"}
)
_LISTED = 6
_COMMA = re.compile(r"[-+]?\d+(?:,(\d+))?")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table whose cells can be counted as they are.

    `labels` has the groups of each column after reading; `notes` says what was read in a special way.
    """

    frame: Any
    rows: int
    labels: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]


def prepare(
    frame: Any,
    groups: Sequence[str],
    *,
    outcome: str | None,
    score: str | None,
    selected_values: Sequence[str],
    not_missing: Sequence[str],
) -> Prepared:
    """Read words that mean "not known" as missing, and the outcome's own words as yes and no; say so."""
    measured = [name for name in (outcome, score) if name is not None]
    for name in measured:
        check_columns(groups, name)
    open_frame(frame, *groups, *measured)
    kept = {word.strip().casefold() for word in not_missing}
    notes: list[str] = []
    labels: dict[str, tuple[str, ...]] = {}
    rows = 0
    changed: dict[str, list[str]] = {}
    for column in groups:
        cells = {label: people for (label,), people in count_cells(frame, [column], [as_label]).items()}
        rows = sum(cells.values())
        unknown = {label: people for label, people in cells.items() if label.casefold() in UNKNOWN_WORDS - kept}
        labels[column] = tuple(sorted(set(cells) - set(unknown) | ({MISSING} if unknown else set())))
        if unknown:
            changed[column] = list(unknown)
            listed = ", ".join(f"{label!r} ({_people(people)})" for label, people in sorted(unknown.items()))
            notes.append(
                f"In {column!r}, {listed} {'was' if len(unknown) == 1 else 'were'} read as not known. If such a word "
                "names a group, list it among the labels that are not missing."
            )
    if not rows:
        raise CountError("There is nobody to count: the table has no rows.", "Give at least one applicant.")
    if selected_values and outcome is not None:
        notes.append(_outcome_note(frame, outcome, selected_values))
    return Prepared(
        _read(frame, changed, outcome if selected_values else None, selected_values, score), rows, labels, tuple(notes)
    )


def _outcome_note(frame: Any, outcome: str, selected_values: Sequence[str]) -> str:
    wanted = {_word(value) for value in selected_values}
    found: dict[str, int] = {}
    for value, people in values_of(frame, outcome):
        label = as_label(value)
        found[label] = found.get(label, 0) + people
    there = {_word(label) for label in found}
    if lacking := sorted(value for value in selected_values if _word(value) not in there):
        raise OutcomeError(
            f"The outcome column {outcome!r} never has {lacking[0]!r}.",
            f"It has: {', '.join(sorted(found)[:10])}.",
        )
    others = {label: people for label, people in found.items() if _word(label) not in wanted and label != MISSING}
    often = sorted(others.items(), key=lambda pair: (-pair[1], pair[0]))
    listed = ", ".join(f"{label!r} ({_people(people)})" for label, people in often[:_LISTED])
    more = f" and {len(often) - _LISTED} other values" if len(often) > _LISTED else ""
    chosen = ", ".join(repr(value) for value in selected_values)
    return f"In {outcome!r}, {chosen} counts as selected; {listed or 'nothing'}{more} counts as not selected."


def _read(
    frame: Any, unknown: dict[str, list[str]], outcome: str | None, selected: Sequence[str], score: str | None
) -> Any:
    """Return the table with the cells as they are to be counted, on the engine where it is."""
    import narwhals.stable.v2 as nw

    table = nw.from_native(frame)
    dtypes = table.collect_schema()
    changes = []
    for column, labels in unknown.items():
        changes.append(nw.when(~_text(nw, column).is_in([_word(label) for label in labels])).then(nw.col(column)))
    named = [change.alias(column) for change, column in zip(changes, unknown, strict=True)]
    if outcome is not None:
        text = _text(nw, outcome)
        answer = nw.when(text.is_in([_word(value) for value in selected])).then(nw.lit("yes")).otherwise(nw.lit("no"))
        named.append(nw.when(~nw.col(outcome).is_null() & (text != "")).then(answer).alias(outcome))
    if score is not None and score not in unknown and dtypes[score] in (nw.String, nw.Object):
        blank = sorted(word.casefold() for word in MISSING_WORDS if word)
        named.append(nw.when(~_text(nw, score).is_in(blank)).then(nw.col(score)).alias(score))
    return table.with_columns(*named).to_native() if named else frame


def with_decimal_points(frame: Any, score: str) -> Any:
    """Return the table with decimal points instead of commas, or None where it is not clear that they are decimal.

    It is clear where all values (at most 20,000 that differ) are digits with at most one comma and no point, and after
    at least one comma stand one, two or more than three digits: 1,234 alone may be more than a thousand.
    """
    import narwhals.stable.v2 as nw

    if nw.from_native(frame).collect_schema()[score] not in (nw.String, nw.Object):
        return None
    values = [value for value, _ in values_of(frame, score)]
    if len(values) > MOST_CELLS or not all(value is None or isinstance(value, str) for value in values):
        return None
    texts = [value.strip() for value in values if value is not None and value.strip()]
    decimals = [found[1] or "" for text in texts if (found := _COMMA.fullmatch(text))]
    if len(decimals) < len(texts) or all(len(digits) in (0, 3) for digits in decimals):
        return None
    return nw.from_native(frame).with_columns(nw.col(score).str.replace_all(",", ".", literal=True)).to_native()


def _text(nw: Any, column: str) -> Any:
    return nw.col(column).cast(nw.String).str.strip_chars().str.to_lowercase()


def _word(value: str) -> str:
    return value.strip().lower()


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"

"""Score the replies of a file: which column holds what, and the rows in the order of the file."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evaluators._validation import ColumnError
from evaluators.own_data import OwnTable, column_named, open_own_table
from evaluators.tone.conversation_tests.replies_scoring import score_replies
from evaluators.tone.conversation_tests.replies_table import ReplyScores

if TYPE_CHECKING:
    from evaluators.tone.fit import Calibration
    from evaluators.tone.gate import GateRules

# What a column is for -> how it is often called; the first that is there is taken.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "reply": ("reply", "response", "answer", "bot reply", "bot response", "bot message", "bot answer", "bot"),
    "said": ("said", "message", "user message", "question", "user input", "utterance", "user"),
    "situation": ("situation",),
    "conversation": ("conversation", "conversation id", "session", "session id", "chat id", "thread id"),
    "id": ("id", "reply id", "row id", "message id", "row"),
}


def guess_columns(names: Sequence[str]) -> dict[str, str]:
    """Return which columns hold what, as far as their names say.

    Parameters
    ----------
    names : sequence of str
        Of the columns.

    Returns
    -------
    dict of str to str
        Field (``reply``, ``said``, ``situation``, ``conversation``, ``id``) -> column, in the order of the fields.

    Examples
    --------
    >>> guess_columns(["Session_ID", "User message", "Bot response", "email"])
    {'reply': 'Bot response', 'said': 'User message', 'conversation': 'Session_ID'}
    """
    known = {" ".join(name.casefold().replace("_", " ").replace("-", " ").split()): name for name in reversed(names)}
    found = {field: next((known[word] for word in words if word in known), "") for field, words in FIELDS.items()}
    return {field: column for field, column in found.items() if column}


def score_file(
    path: str | os.PathLike[str],
    columns: Mapping[str, str | None],
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    situation: str = "",
    calibration: "Calibration | None" = None,
    rules: "GateRules | None" = None,
    quote: str = "both",
    hide_names: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
) -> ReplyScores:
    """Score the replies of a CSV, Excel or Parquet file.

    Parameters
    ----------
    path : path
        The file, as `evaluators.own_data.open_own_table` takes it.
    columns : mapping of str to str
        Field -> column; an empty text: no column holds it; a field that is not named, or None, is guessed.
    sheet, encoding, delimiter
        As in `evaluators.own_data.open_own_table`.
    situation, calibration, rules, quote, hide_names
        As in `score_replies`.
    on_progress : callable, optional
        Gets how many rows are done, and how many there are.

    Returns
    -------
    ReplyScores
        Named after the file. Only the columns that are used are read.

    Raises
    ------
    TableError, FileReadError
        If the file cannot be read.
    ColumnError
        If a column is not there, or none holds the replies; `argument` is the field.
    ConversationTestError, RubricError
        As in `score_replies`.
    """
    with open_own_table(path, sheet=sheet, encoding=encoding, delimiter=delimiter, keep_order=True) as table:
        chosen = _chosen(table, columns)
        [(count,)] = table.relation.aggregate("count(*)").fetchall()
        return score_replies(
            _rows(table.relation, chosen),
            name=table.facts.name,
            situation=situation,
            calibration=calibration,
            rules=rules,
            quote=quote,
            hide_names=hide_names,
            on_progress=None if on_progress is None else lambda done: on_progress(done, int(count)),
        )


def _chosen(table: OwnTable, columns: Mapping[str, str | None]) -> dict[str, str]:
    wanted = guess_columns(table.names) | {field: name for field, name in columns.items() if name is not None}
    chosen: dict[str, str] = {}
    for field, name in wanted.items():
        if not name:
            continue
        try:
            chosen[field] = column_named(table, name)
        except ColumnError as error:
            raise ColumnError(error.problem, error.hint, field) from error
    if "reply" not in chosen:
        raise ColumnError(
            f"No column of {table.facts.name} is called reply, or a usual name for it.",
            f"Say which one holds the replies. There are: {', '.join(table.names[:20])}.",
            "reply",
        )
    return chosen


def _rows(relation: Any, columns: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the rows with the names that scoring knows."""
    wanted = ", ".join('"' + column.replace('"', '""') + '"' for column in columns.values())
    for row in relation.project(wanted).fetchall():
        yield dict(zip(columns, row, strict=True))

"""Regular expressions in linear time: those of RE2, which DuckDB brings along, so that no pattern can hang a run."""

from functools import cache
from typing import Any

MAX_PATTERN = 500


@cache
def _engine() -> Any:
    import duckdb  # slow to import; most tests have no pattern

    return duckdb.connect(":memory:")


def why_no_pattern(pattern: str) -> str:
    """Return why a text is no usable pattern; empty if it is one.

    Examples
    --------
    >>> why_no_pattern("(a+)+$"), why_no_pattern("(a")
    ('', 'missing ): (a')
    """
    import duckdb

    if len(pattern) > MAX_PATTERN:
        return f"it is longer than {MAX_PATTERN} characters"
    try:
        row = _engine().cursor().execute("SELECT regexp_matches('', ?)", [_clean(pattern)]).fetchone()
    except duckdb.Error as error:
        return str(error).splitlines()[0].partition("Error: ")[2] or "it cannot be read"
    return "it is met by every text, even an empty one, so the check could never tell anything" if row[0] else ""


def find_pattern(pattern: str, text: str) -> tuple[int, int] | None:
    """Return start and end of the first place that fits, capitals aside; None without one.

    Examples
    --------
    >>> find_pattern(r"form +[a-z]?[0-9]+", "😀 Fill in FORM B12.")
    (10, 18)
    """
    whole = f"(?s)^(.*?)((?im-s:{_clean(pattern)}))"
    row = (
        _engine()
        .cursor()
        .execute(
            "SELECT regexp_matches($text, $whole), regexp_extract($text, $whole, 1), regexp_extract($text, $whole, 2)",
            {"text": _clean(text), "whole": whole},
        )
        .fetchone()
    )
    if not row[0]:
        return None
    return len(row[1]), len(row[1]) + len(row[2])


def _clean(text: str) -> str:
    """Return a text that can be passed on: half a surrogate pair becomes a question mark, places stay."""
    return text.encode("utf-8", "replace").decode("utf-8")

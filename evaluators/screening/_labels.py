"""What a value in a table means: a group's label, or whether somebody was selected."""

import re

import pandas as pd

MISSING = "(missing)"
INTERSECTION = " × "

_WHOLE_NUMBER = re.compile(r"[+-]?\d+\.0*")
_SELECTED_WORDS = frozenset({"1", "true", "yes", "y", "selected", "pass", "passed", "hired"})
_REJECTED_WORDS = frozenset({"0", "false", "no", "n", "not selected", "rejected", "fail", "failed", "not hired"})


def as_label(value: object) -> str:
    """Return a group's value as text: ``1``, ``1.0`` and ``"1.0 "`` are one group, blank and missing are another."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str):
        label = value.strip()
    elif pd.isna(value):  # type: ignore[call-overload]
        return MISSING
    else:
        label = str(value).strip()
    if _WHOLE_NUMBER.fullmatch(label):
        label = label.partition(".")[0]
    return label or MISSING


def as_selected(value: object) -> bool | None:
    """Return whether an outcome says "selected"; None if it says neither yes nor no."""
    word = as_label(value).casefold()
    if word in _SELECTED_WORDS:
        return True
    return False if word in _REJECTED_WORDS else None

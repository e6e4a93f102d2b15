"""Words and numbers of exports in one form: priorities, states, yes and no."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int32]

_PRIORITIES = (
    {"critical": "P1", "high": "P2", "moderate": "P3", "medium": "P3", "low": "P4", "planning": "P5"},
    {"highest": "P1", "high": "P2", "medium": "P3", "low": "P4", "lowest": "P5"},
    {"urgent": "P1", "high": "P2", "medium": "P3", "normal": "P3", "low": "P4"},
    {"blocker": "P1", "critical": "P2", "major": "P3", "minor": "P4", "trivial": "P5"},
)
# Numbers that ServiceNow keeps for its own states; 3 means "On Hold" today and "Awaiting Problem" in older columns.
_STATES = {"1": "New", "2": "In Progress", "6": "Resolved", "7": "Closed", "8": "Canceled"}
_NEWER, _OLDER = (
    {"3": "On Hold"},
    {"2": "Active", "3": "Awaiting Problem", "4": "Awaiting User Info", "5": "Awaiting Evidence"},
)

NEW = frozenset({"new", "neu", "nouveau", "nuevo"})
UNKNOWN = frozenset({"-100"})
DONE = frozenset(
    {
        *("resolved", "closed", "done", "complete", "completed", "solved", "canceled", "cancelled", "declined"),
        *("gelöst", "geschlossen", "erledigt", "abgebrochen", "storniert"),
        *("résolu", "fermé", "clos", "annulé", "resuelto", "cerrado", "cancelado"),
    }
)
YES = ("true", "yes", "y", "1", "met", "wahr", "vrai", "ja", "oui", "sí", "within sla")
NO = ("false", "no", "n", "0", "missed", "breached", "falsch", "faux", "nein", "non", "sla violated")


def priority_names(values: Iterable[str]) -> dict[str, str]:
    """Say which priority each word means, such as ``"P3"`` for ``"3 - Moderate"``.

    Parameters
    ----------
    values : iterable of str
        Every word that occurs.

    Returns
    -------
    dict of str to str
        Empty if one of the words belongs to no scale that we know: then all stay as they are.

    Examples
    --------
    >>> priority_names(["3 - Moderate", "1 - Critical"])
    {'3 - Moderate': 'P3', '1 - Critical': 'P1'}
    >>> priority_names(["High", "Lowest"]), priority_names(["soon", "Low"])
    ({'High': 'P2', 'Lowest': 'P5'}, {})
    """
    words = list(values)
    numbered = {word: re.fullmatch(r"(?:p|priority\s*)?([1-5])(?:\s*[-:–.]\s*.*)?", word.casefold()) for word in words}
    if all(numbered.values()):
        return {word: f"P{found[1]}" for word, found in numbered.items() if found}
    for scale in _PRIORITIES:
        if all(word.casefold() in scale for word in words):
            return {word: scale[word.casefold()] for word in words}
    return {}


def state_names(values: Iterable[str], *, column: str) -> dict[str, str]:
    """Say which state each of ServiceNow's numbers means; empty if the states are words.

    Parameters
    ----------
    values : iterable of str
        Every state that occurs.
    column : str
        Its name in the file: the older ``incident_state`` has other numbers than ``state``.
    """
    words = list(values)
    names = _STATES | (_OLDER if "incident" in column.casefold() else _NEWER)
    if not words or not all(re.fullmatch(r"-?\d+", word) for word in words) or not set(words) & set(names):
        return {}
    return {word: names[word] for word in words if word in names}


def renamed(codes: Codes, words: list[str], names: Mapping[str, str]) -> tuple[Codes, list[str]]:
    """Give words other names, several of which may become one; -1 stays missing."""
    new = [names.get(word, word) for word in words]
    found = sorted(set(new))
    place = {word: number for number, word in enumerate(found)}
    table = np.array([*(place[word] for word in new), -1], dtype=np.int32)
    return table[codes], found


def categories(codes: Codes, words: list[str]) -> pd.Categorical:
    """Return labels as a column of categories, without those that do not occur."""
    used = np.unique(codes[codes >= 0])
    table = np.full(len(words) + 1, -1, dtype=np.int32)
    table[used] = np.arange(len(used))
    index = pd.Index([words[place] for place in used], dtype="str" if len(used) else "object")
    return pd.Categorical.from_codes(table[codes], index)


def of_kind(words: Iterable[str], kind: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Say for each word, and for a missing one at the end, whether it is of a kind: "2 - Closed" is "closed"."""
    plain = [re.sub(r"^-?\d+\s*[-:.]\s*", "", word.casefold()).strip() for word in words]
    return np.array([*(word in kind for word in plain), False], dtype=bool)

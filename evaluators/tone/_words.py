"""Plain lists of words, from words.toml."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("words.toml")


@cache
def word_list(name: str) -> frozenset[str]:
    """Return one of the lists of words.toml.

    Parameters
    ----------
    name : str
        ``"english"``, ``"other"``, ``"stop"`` or ``"negators"``.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> "not" in word_list("negators")
    True
    """
    return frozenset(tomllib.loads(_FILE.read_text(encoding="utf-8"))[name].split())

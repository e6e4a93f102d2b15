"""How serious a matter is, from the situation's name or from what the person said."""

import difflib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from evaluators.tone._phrases import PhraseBook
from evaluators.tone._text import Text
from evaluators.tone.errors import RubricError

_FILE = Path(__file__).with_name("situations.toml")
_ORDER = ("ordinary", "troubled", "grave")


@cache
def _read() -> tuple[dict[str, str], PhraseBook]:
    read: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return read["situation"], PhraseBook([read["said"]["troubled"], read["said"]["grave"]], {}, _FILE.name)


def situations() -> tuple[str, ...]:
    """Return the names of the situations that a reply can be judged in.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> situations()[:3]
    ('pay_stub', 'tuition', 'benefits_change')
    """
    return tuple(_read()[0])


def severity(said: Text, situation: str) -> str:
    """Return ``"ordinary"``, ``"troubled"``, ``"grave"``, or ``"unknown"`` without a situation and a word said."""
    named, book = _read()
    levels = []
    if situation:
        if situation not in named:
            near = difflib.get_close_matches(situation, named, 1)
            meant = f"Did you mean {near[0]!r}? " if near else ""
            raise RubricError(
                f"There is no situation {situation!r}.", f"{meant}The situations are: {', '.join(named)}.", "situation"
            )
        levels.append(named[situation])
    if said.words:
        levels += ["ordinary", *(_ORDER[1 + owner] for owner, _, _ in book.find(said))]
    return max(levels, key=_ORDER.index) if levels else "unknown"

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
def _read() -> tuple[dict[str, str], PhraseBook, PhraseBook]:
    read: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    said = read["said"]
    return (
        read["situation"],
        PhraseBook([said["troubled"], said["grave"]], {}, _FILE.name),
        PhraseBook([said["asks"]], {}, _FILE.name),
    )


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
    named, book, _ = _read()
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


def asks_advice(said: Text) -> bool:
    """Say whether a person asks what to do, rather than telling how they are.

    Examples
    --------
    >>> asks_advice(Text("How do I ask for leave?")), asks_advice(Text("He took credit for my work again."))
    (True, False)
    """
    return next(_read()[2].find(said), None) is not None

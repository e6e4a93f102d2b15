"""Other names for raters: ratings are about candidates, and a study of them is about people at work."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from evaluators.judgement.panel import Panel

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pseudonyms_of(raters: Iterable[str]) -> dict[str, str]:
    """Return a pseudonym for each rater: "rater A", "rater B" and so on.

    The letters follow a checksum of the names, so that the same names get the same letters each time, and not the order
    of the alphabet. They hide names from a reader in passing, not from somebody who knows who rated what, or who knows
    all the names and works the letters out.

    Parameters
    ----------
    raters : iterable of str
        The names; none twice.

    Returns
    -------
    dict of str to str
        Name -> pseudonym, in the order of the pseudonyms.

    Examples
    --------
    >>> pseudonyms_of(["Ada", "Ben", "Cleo"])
    {'Ben': 'rater A', 'Ada': 'rater B', 'Cleo': 'rater C'}
    """
    order = sorted(raters, key=lambda name: hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest())
    return {name: f"rater {_letters(place)}" for place, name in enumerate(order)}


def with_pseudonyms(panel: Panel, names: dict[str, str]) -> Panel:
    """Return the panel with the raters' other names, in the order of these.

    Examples
    --------
    >>> import numpy as np
    >>> panel = Panel(np.array([[4.0, 5.0]]), ("cv",), ("Ada", "Ben"))
    >>> with_pseudonyms(panel, {"Ben": "rater A", "Ada": "rater B"}).ratings.tolist()
    [[5.0, 4.0]]
    """
    chosen = panel.only(raters=[name for name in names if name in panel.raters])
    return replace(chosen, raters=tuple(names[name] for name in chosen.raters))


def _letters(place: int) -> str:
    """Return A, B and so on to Z, then AA, AB."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters

"""What every rating round does behind its page: what was rated, kept at each click, and the file to hand in."""

import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators.answers import AnswerSheet
from evaluators.errors import LabError
from evaluators.widgets._desk import _write

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_CAREFUL = "careful cards left out"
_BLANK: dict[str, Any] = {"begun": False, "careful": False, "card": {"scores": {}, "skipped": False}}


class RatingError(LabError, ValueError):
    """Cards that cannot be rated, or a file of ratings that does not belong to them."""


class RoundDesk(ABC):
    """The cards of one round and what one person made of them.

    Parameters
    ----------
    sheet : str
        Name of the file, without its ending, that keeps what was rated.
    key : str
        Name of the round, part of the name of the file to hand in.
    ids : sequence of str
        The cards.
    scales : sequence of str
        What each card is rated on.
    steps : tuple of (int, int)
        Lowest and highest step of each scale.
    folder : path
        Where both files are kept.
    """

    def __init__(
        self, sheet: str, key: str, ids: Sequence[str], scales: Sequence[str], steps: tuple[int, int], folder: Any
    ) -> None:
        self.key, self.ids, self.scales, self.steps = key, tuple(ids), tuple(scales), steps
        self.folder = Path(folder).absolute()
        self.sheet = AnswerSheet.open(sheet, folder, f"{sheet}.json")

    @abstractmethod
    def ratings(self) -> pd.DataFrame:
        """Return the ratings so far, as they are handed in."""

    def is_careful(self, card_id: str) -> bool:
        """Say whether a card is announced before it is shown."""
        return False

    @property
    def file(self) -> str:
        """Name of the file to hand in."""
        return f"ratings_{self.key}.csv"

    @property
    def rater(self) -> str:
        """The code that stands for the person, drawn by chance at the first rating; it holds nothing of a name."""
        code = self.sheet.get("rater")
        if not isinstance(code, str):  # another tab may have drawn one
            code = AnswerSheet.open(self.sheet.lab, self.folder, self.sheet.path.name).get("rater")
        if not isinstance(code, str):
            code = "rater-" + "".join(secrets.choice(_LETTERS) for _ in range(6))
        if self.sheet.get("rater") != code:
            self.sheet.set("rater", code)
        return code

    @property
    def rated(self) -> int:
        """How many cards have a rating that counts."""
        return len({each for each, _, _ in self.given()}) if self.sheet.get("begun") is True else 0

    def state(self) -> dict[str, Any]:
        """Return what was rated and skipped so far, as the page keeps it."""
        return {
            "begun": self.sheet.get("begun") is True,
            "leave_out": self.sheet.get(_CAREFUL) is True,
            "cards": {each: self._clean(self.sheet.get(f"card {each}")) for each in self.ids},
        }

    def keep(self, sent: Mapping[str, Any]) -> None:
        """Put what a browser sent on disk, as far as it has the right shape."""
        marks: dict[str, Any] = {"begun": sent.get("begun") is True, _CAREFUL: sent.get("leave_out") is True}
        given = sent.get("cards")
        if isinstance(given, Mapping):
            marks |= {f"card {each}": self._clean(given.get(each)) for each in self.ids}
        for name, value in marks.items():
            if value != (self.sheet.get(name) or _BLANK.get(name.split()[0])):
                self.sheet.set(name, value)
        if marks["begun"]:
            self.rater  # noqa: B018 - drawn at the first click, so that every file has the same

    def given(self) -> list[tuple[str, str, int]]:
        """Return card, scale and step of each rating, without the cards that were skipped or left out."""
        state = self.state()
        return [
            (card_id, name, value)
            for card_id, card in state["cards"].items()
            if not card["skipped"] and not (state["leave_out"] and self.is_careful(card_id))
            for name, value in card["scores"].items()
        ]

    def save(self) -> str:
        """Write the file to hand in, whole or not at all, and return its name."""
        text = self.ratings().to_csv(index=False, lineterminator="\n")
        _write(self.folder / self.file, text.encode())
        return self.file

    def _clean(self, card: object) -> dict[str, Any]:
        return clean_card(card, self.scales, self.steps)


def clean_card(card: object, scales: Sequence[str], steps: tuple[int, int]) -> dict[str, Any]:
    """Return what is usable of a card's ratings, whatever a browser or a file held."""
    card = card if isinstance(card, Mapping) else {}
    given = card.get("scores")
    given = given if isinstance(given, Mapping) else {}
    whole = {name: given.get(name) for name in scales}
    scores = {name: value for name, value in whole.items() if type(value) is int and steps[0] <= value <= steps[1]}
    return {"scores": scores, "skipped": card.get("skipped") is True}


def as_text(column: pd.Series) -> list[str]:
    """Return a column's cells as text, empty where there is nothing."""
    return ["" if pd.isna(value) else str(value).replace("\r\n", "\n").strip() for value in column]


def dealt(cards: pd.DataFrame, name: str, *over: str, first: str | None = None) -> pd.DataFrame:
    """Put cards in an order that is even over groups as far as they go, mixed, and the same for everybody.

    Parameters
    ----------
    cards : DataFrame
        A row per card.
    name : str
        Column with their ids.
    over : str
        Columns whose combinations are the groups.
    first : str, optional
        Column with numbers; in each group, cards with higher ones come first.

    Examples
    --------
    >>> cards = pd.DataFrame({"id": list("abcd"), "job": ["x", "x", "x", "y"]})
    >>> dealt(cards, "id", "job")["job"].tolist()[:2] in (["x", "y"], ["y", "x"])
    True
    """
    mixed = [hashlib.sha256(str(each).encode()).hexdigest() for each in cards[name]]
    cards = cards.assign(_mix=mixed, _first=-cards[first] if first else 0).sort_values(["_first", "_mix"])
    cards["_round"] = cards.groupby(list(over), sort=False, observed=True).cumcount() if over else 0
    return cards.sort_values(["_round", "_mix"], kind="stable").drop(columns=["_mix", "_first", "_round"])

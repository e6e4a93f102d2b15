"""What a rating round does behind the page: which cards, what was rated, the file to hand in, the comparison."""

import base64
import binascii
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators.errors import LabError
from evaluators.widgets._round_desk import RatingError, RoundDesk, as_text, dealt

if TYPE_CHECKING:
    from evaluators.tone import ToneScore

COLUMNS = ("rater", "reply_id", "dimension", "score")
STEPS = (0, 4)


def pick_cards(replies: pd.DataFrame, n: int) -> pd.DataFrame:
    """Choose replies to rate: as even over the situations as they go, mixed, and the same for everybody.

    Parameters
    ----------
    replies : DataFrame
        ``reply_id`` and ``reply``; ``said`` and ``situation`` if there are any.
    n : int
        How many cards; fewer where there are fewer replies.

    Returns
    -------
    DataFrame, shape (n_cards, 4)
        ``reply_id``, ``situation``, ``said``, ``reply``, in the order of the cards.

    Raises
    ------
    RatingError
        If a column is missing, an id is missing or occurs twice, or a reply is empty.

    Examples
    --------
    >>> table = pd.DataFrame({"reply_id": ["a", "b"], "reply": ["Yes.", "No."]})
    >>> sorted(pick_cards(table, 20)["reply_id"])
    ['a', 'b']
    """
    missing = [name for name in ("reply_id", "reply") if name not in replies.columns]
    if missing:
        raise RatingError(f"The replies have no column {missing[0]!r}.", "Give reply_id and reply, and said if known.")
    if not isinstance(n, int) or n < 1:
        raise RatingError(f"n is {n!r}.", "Give the number of cards, such as 20.", "n")
    cards = pd.DataFrame(index=range(len(replies)))
    for name in ("reply_id", "situation", "said", "reply"):
        cards[name] = as_text(replies[name]) if name in replies.columns else ""
    twice = cards.loc[cards["reply_id"].duplicated() | (cards["reply_id"] == ""), "reply_id"].tolist()
    if twice:
        raise RatingError(f"The reply_id {twice[0]!r} is empty or occurs twice.", "Give each reply an id of its own.")
    empty = cards.loc[cards["reply"].str.strip() == "", "reply_id"].tolist()
    if empty:
        raise RatingError(f"The reply {empty[0]!r} holds no words.", "Leave it out.")
    return dealt(cards, "reply_id", "situation").head(n).reset_index(drop=True)


class RatingDesk(RoundDesk):
    """The cards of one round and what one person made of them.

    Parameters
    ----------
    replies : DataFrame
        See `pick_cards`.
    key : str
        Name of the round, part of the names of its files.
    dimensions : sequence of str
        Keys of the rubric.
    n : int
        How many cards.
    folder : path
        Where ``rating-<key>.json`` is kept and ``ratings_<key>.csv`` is saved.
    """

    def __init__(self, replies: pd.DataFrame, key: str, dimensions: Sequence[str], n: int, folder: Any = ".") -> None:
        from evaluators.tone import load_rubric

        rubric = load_rubric()
        self.dimensions = tuple(rubric[each].key for each in dimensions)
        self.cards = pick_cards(replies, n)
        super().__init__(f"rating-{key}", key, self.cards["reply_id"].tolist(), self.dimensions, STEPS, folder)

    @property
    def rows(self) -> list[dict[str, str]]:
        """The cards as they are shown: ``reply_id``, ``situation``, ``said`` and ``reply`` each."""
        return [{str(name): str(value) for name, value in row.items()} for row in self.cards.to_dict("records")]

    @cached_property
    def scores(self) -> dict[str, "ToneScore"]:
        """The rubric's scores of the cards, by id."""
        from evaluators.tone import score_reply, situations

        known = situations()
        return {
            card["reply_id"]: score_reply(
                card["reply"],
                said=card["said"],
                situation=card["situation"] if card["situation"] in known else "",
            )
            for card in self.rows
        }

    def is_careful(self, card_id: str) -> bool:
        """Say whether a card speaks of death, harassment, despair or illness, so that it is announced first."""
        return self.scores[card_id].severity == "grave" or card_id in self._ill

    @cached_property
    def _ill(self) -> frozenset[str]:
        """Cards on illness: no gate is needed there, but some readers need the warning."""
        return frozenset(self.cards.loc[self.cards["situation"] == "ill_child", "reply_id"])

    def ratings(self) -> pd.DataFrame:
        """Return the ratings so far, without the cards that were skipped or left out.

        Returns
        -------
        DataFrame, shape (n_ratings, 4)
            ``rater``, ``reply_id``, ``dimension``, ``score`` (0-4).
        """
        rows = [(self.rater, *each) for each in self.given()]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"score": "int64"})

    def rubric_scores(self) -> pd.DataFrame:
        """Return the rubric's scores of the cards: ``reply_id``, ``dimension``, ``score`` (0-4)."""
        rows = [
            (reply_id, name, score[name].score)
            for reply_id, score in self.scores.items()
            if not score.abstained
            for name in self.dimensions
        ]
        return pd.DataFrame(rows, columns=["reply_id", "dimension", "score"])

    def cohort(self, name: str, data: str) -> tuple[pd.DataFrame, str]:
        """Read the cohort's file as a browser sent it.

        Parameters
        ----------
        name : str
            The file's name.
        data : str
            Its bytes in base 64.

        Returns
        -------
        DataFrame
            Ratings of these cards and dimensions by others.
        str
            What was left out, in words; empty if nothing.

        Raises
        ------
        LabError
            If it is no file of ratings, or holds none of these cards by others.
        """
        from evaluators.tone.agreement import read_ratings

        plain = Path(name.replace("\\", "/")).name or "ratings.csv"
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise RatingError(f"{plain} did not arrive whole.", "Choose it again.") from error
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / plain
            path.write_bytes(content)
            try:
                table = read_ratings(path)
            except LabError as error:
                problem, hint = (text.replace(str(path), plain) for text in (error.problem, error.hint))
                raise RatingError(problem, hint) from error
        others = table[table["rater"].astype(str) != self.rater]
        fits = others["reply_id"].isin(self.cards["reply_id"]) & others["dimension"].isin(self.dimensions)
        if not fits.any():
            raise RatingError(
                f"{plain} holds no rating of these cards by anybody else.",
                "Ask your trainer for the cohort's file of this round.",
            )
        notes = []
        if len(others) < len(table):
            notes.append(f"Your own {len(table) - len(others)} ratings in it were left out.")
        if not fits.all():
            notes.append(f"{int((~fits).sum())} ratings of other cards or dimensions were left out.")
        return others[fits].reset_index(drop=True), " ".join(notes)

"""The rating round: rate replies by clicking, then compare with the rubric and the cohort. Browser: rating_round.js."""

import os
from collections.abc import Sequence

import pandas as pd

from evaluators.widgets._joining import join_ratings
from evaluators.widgets._rating_desk import RatingDesk
from evaluators.widgets._rating_results import results_html
from evaluators.widgets._round import RoundWidget, show_round
from evaluators.widgets._round_desk import RatingError
from evaluators.widgets.tone_studio import plain_key

__all__ = ["RatingError", "RatingRound", "join_ratings", "rating_round"]

_TITLE = "Rating round"
_ABOUT = {"ill_child": "a child's illness"}
_DIMENSIONS = ("emotional_reaction", "non_dismissal", "ownership")
_WORDS = {
    "meta": "Your reading",
    "keys": "With the keyboard: 0 to 4 rates and moves on, Enter goes to the next card.",
    "hard": "and some replies hurt on purpose. ",
    "finish": "See how I compare",
    "early": "Stop here and compare",
    "results": "How you compare",
    "cohort": "CSV or Excel with rater, reply_id, dimension and score, from your trainer. Choose it, or drop it here. "
    "It stays on this computer.",
}


class RatingRound(RoundWidget):
    """Cards with replies, a scale for each dimension, and the comparison at the end.

    Parameters
    ----------
    desk : RatingDesk
        The round.
    title : str
        Heading.
    """

    _desk: RatingDesk

    def __init__(self, desk: RatingDesk, title: str = _TITLE) -> None:
        from evaluators.tone import load_rubric

        rubric = load_rubric()
        self._cohort: tuple[pd.DataFrame, str] | None = None
        cards = [
            {
                "id": card["reply_id"],
                "said": card["said"],
                "reply": card["reply"],
                "about": _ABOUT.get(card["situation"], card["situation"].replace("_", " ")),
                "careful": desk.is_careful(card["reply_id"]),
            }
            for card in desk.rows
        ]
        scales = [
            {"key": each.key, "name": each.name, "definition": each.definition, "anchors": list(each.anchors)}
            for each in (rubric[name] for name in desk.dimensions)
        ]
        super().__init__(desk, title, cards=cards, scales=scales, words=_WORDS | {"intro": _intro(desk)})

    def results(self) -> str:
        """Return the comparison with the rubric, and with the cohort if there is one."""
        return results_html(self._desk, *(self._cohort or ()))

    def bring(self, name: str, data: str) -> str:
        """Take the cohort's file."""
        self._cohort = None
        self._cohort = self._desk.cohort(name, data)
        return f"Read: {self._cohort[0]['rater'].nunique()} other raters."


def _intro(desk: RatingDesk) -> str:
    return (
        f"You see {len(desk.cards)} messages with one reply each. Say how each reply reads to you, from 0 to 4, in "
        f"{len(desk.dimensions)} ways. There is no right answer to find: go by your first reading. You can stop at any "
        "time and go on later."
    )


def rating_round(
    replies: pd.DataFrame | None = None,
    *,
    key: str,
    dimensions: Sequence[str] = _DIMENSIONS,
    n: int = 20,
    title: str = _TITLE,
    folder: str | os.PathLike[str] = ".",
) -> None:
    """Let somebody rate replies by clicking, one card at a time, and compare with the rubric and with a cohort.

    Cards on death, harassment, despair or illness are announced, and each can be skipped. Ratings are kept in
    ``rating-<key>.json`` beside the notebook at each click; "Save my ratings" writes ``ratings_<key>.csv`` with a
    code in place of a name. Everybody with the same replies and `n` gets the same cards in the same order. Nothing
    leaves the computer.

    Parameters
    ----------
    replies : DataFrame, optional
        ``reply_id`` and ``reply``, and ``said`` and ``situation`` if known; by default `load_hr_replies`.
    key : str
        Name of the round: letters, digits, ``-`` and ``_``.
    dimensions : sequence of str
        Keys of the rubric; three are enough for one sitting.
    n : int
        How many cards.
    title : str, optional
        Heading, plain text.
    folder : path, optional
        Where ratings are kept; default the notebook's folder.

    Raises
    ------
    StudioError
        If the key cannot be part of a file's name.
    RatingError
        If the replies lack a column, an id or words.
    evaluators.tone.RubricError
        If there is no such dimension.

    See Also
    --------
    join_ratings : The trainer's step: many files become the cohort's.
    evaluators.tone.agreement.rater_agreement : How far raters agree.

    Examples
    --------
    >>> rating_round(key="c1")  # doctest: +SKIP
    """
    from evaluators.data import load_hr_replies

    if isinstance(dimensions, str) or not dimensions or len(set(dimensions)) < len(dimensions):
        raise RatingError(f"dimensions is {dimensions!r}.", "Give different keys of the rubric.", "dimensions")
    desk = RatingDesk(load_hr_replies() if replies is None else replies, plain_key(key), dimensions, n, folder)
    show_round(desk, title, lambda: RatingRound(desk, title))

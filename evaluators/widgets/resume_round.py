"""The résumé round: rate résumés by clicking, then see one's place among the panel. Browser: rating_round.js."""

import os

import pandas as pd

from evaluators.widgets._resume_desk import SCALE, ResumeDesk, kept_ratings
from evaluators.widgets._resume_results import results_html
from evaluators.widgets._round import RoundWidget, show_round
from evaluators.widgets.tone_studio import plain_key

__all__ = ["ResumeRound", "read_round", "resume_round"]

_TITLE = "Would you invite this person?"
_STEPS = ("Certainly not", "No", "Rather not", "Unsure", "Rather yes", "Yes", "Certainly")
_WORDS = {
    "meta": "Your reading of résumés",
    "keys": "With the keyboard: 1 to 7 rates, Enter goes to the next résumé.",
    "hard": "",
    "finish": "See my place among the panel",
    "early": "Stop here and see my place",
    "results": "Your place among the panel",
    "cohort": "",
}


class ResumeRound(RoundWidget):
    """Cards with résumés, one scale, and the place among the panel at the end.

    Parameters
    ----------
    desk : ResumeDesk
        The round.
    title : str
        Heading.
    """

    _desk: ResumeDesk

    def __init__(self, desk: ResumeDesk, title: str = _TITLE) -> None:
        intro = (
            f"You see {len(desk.ids)} made-up résumés, one after the other. For each, say whether you would invite the "
            "person to an interview for the job they apply for: 1 certainly not, 7 certainly. There is no right "
            "answer. Go by your own reading, as on a busy day. You can stop at any time and go on later. Nothing "
            "leaves this computer."
        )
        question = {
            "key": SCALE,
            "name": "Would you invite this person to an interview?",
            "definition": "",
            "anchors": list(_STEPS),
        }
        super().__init__(desk, title, cards=desk.shown(), scales=[question], words=_WORDS | {"intro": intro})

    def results(self) -> str:
        """Return the place among the panel."""
        return results_html(self._desk)


def resume_round(
    resumes: pd.DataFrame | None = None,
    *,
    key: str,
    n: int = 30,
    title: str = _TITLE,
    folder: str | os.PathLike[str] = ".",
) -> None:
    """Let somebody rate résumés by clicking, one card at a time, and find their place among the simulated panel.

    Ratings are kept in ``resume-round-<key>.json`` beside the notebook at each click; "Save my ratings" writes
    ``ratings_<key>.csv`` with ``rater`` (a code in place of a name), ``resume_id``, ``overall`` (1-7) and ``order``.
    Everybody with the same résumés and `n` gets the same cards in the same order. A card shows what a recruiter of the
    panel could see; not how the person turned out, and of a name only the name. Nothing leaves the computer.

    From 10 ratings on, the learner sees: how far they agree with the panel, and one of its recruiters with the others;
    how strict they are; where they and the panel part; what their ratings go with; their place on the map of the panel
    (`evaluators.judgement.raters.rater_map.rater_map`); and what 30 résumés can and cannot say about names.

    Parameters
    ----------
    resumes : DataFrame, optional
        ``resume_id``, and ``profile`` or facts such as ``years_experience``; by default `load_recruiter_panel`. The
        comparison needs résumés of that panel.
    key : str
        Name of the round: letters, digits, ``-`` and ``_``.
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
        If the résumés have no ids, or nothing to show.

    See Also
    --------
    read_round : The ratings, for later cells.
    join_ratings : The trainer's step: many files become the cohort's.

    Examples
    --------
    >>> resume_round(key="d1")  # doctest: +SKIP
    """
    desk = ResumeDesk(resumes, plain_key(key), n, folder)
    show_round(desk, title, lambda: ResumeRound(desk, title))


def read_round(key: str, folder: str | os.PathLike[str] = ".") -> pd.DataFrame:
    """Read what was rated in a round so far, for later cells; the file is not touched.

    Parameters
    ----------
    key : str
        Name of the round, as given to `resume_round`.
    folder : path, optional
        Where its ratings are kept; default the notebook's folder.

    Returns
    -------
    DataFrame, shape (n_ratings, 4)
        ``rater`` (a code), ``resume_id``, ``overall`` (1-7) and ``order`` (1 = rated first), in that order. Empty if
        nothing was rated, or the file cannot be read.

    Raises
    ------
    StudioError
        If the key cannot be part of a file's name.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     read_round("d1", folder).shape
    (0, 4)
    """
    return kept_ratings(plain_key(key), folder)

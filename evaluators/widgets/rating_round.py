"""The rating round: rate replies by clicking, then compare with the rubric and the cohort. Browser: rating_round.js."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import anywidget
import pandas as pd
import traitlets

from evaluators.errors import LabError
from evaluators.widgets._display import assets, show, show_widget, standin
from evaluators.widgets._rating_desk import RatingDesk, RatingError
from evaluators.widgets._rating_results import results_html
from evaluators.widgets.tone_studio import plain_key

__all__ = ["RatingError", "RatingRound", "join_ratings", "rating_round"]

_TITLE = "Rating round"
_ABOUT = {"ill_child": "a child's illness"}
_DIMENSIONS = ("emotional_reaction", "non_dismissal", "ownership")


class RatingRound(anywidget.AnyWidget):
    """Cards with replies, a scale for each dimension, and the comparison at the end.

    The browser sends all its ratings each time, so that none is lost when two clicks follow closely.

    Parameters
    ----------
    desk : RatingDesk
        The round.
    title : str
        Heading.
    """

    _esm = assets("dom.js", "rating_round.js")
    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)  # {"seq", "action", "state", "file"}, written by the browser
    reply = traitlets.Dict().tag(sync=True)  # {"seq", "ok", "text", "problem", "html"}, written here
    state = traitlets.Dict().tag(sync=True)  # what `RatingDesk.state` says, for a page that is drawn anew

    def __init__(self, desk: RatingDesk, title: str = _TITLE) -> None:
        from evaluators.tone import load_rubric

        self._desk = desk
        self._cohort: tuple[pd.DataFrame, str] | None = None
        rubric = load_rubric()
        dimensions = [rubric[each] for each in desk.dimensions]
        spec = {
            "title": title,
            "file": desk.file,
            "cards": [
                {
                    "id": card["reply_id"],
                    "said": card["said"],
                    "reply": card["reply"],
                    "about": _ABOUT.get(card["situation"], card["situation"].replace("_", " ")),
                    "careful": desk.is_careful(card["reply_id"]),
                }
                for card in desk.rows
            ],
            "dimensions": [
                {"key": each.key, "name": each.name, "definition": each.definition, "anchors": list(each.anchors)}
                for each in dimensions
            ],
        }
        state = desk.state()
        rated = desk.ratings()["reply_id"].nunique() if state["begun"] else 0
        text = f"Welcome back. {rated} {'card' if rated == 1 else 'cards'} rated so far." if state["begun"] else ""
        super().__init__(spec=spec, state=state, request={"seq": 0}, reply=self._told(0, text))
        self.observe(self._requested, names="request")

    def _told(self, seq: object, text: str = "", *, problem: str = "", html: str | None = None) -> dict[str, Any]:
        sheet = self._desk.sheet
        trouble = sheet.problem or sheet.notice
        return {"seq": seq, "ok": not trouble, "text": trouble or text, "problem": problem, "html": html}

    def _requested(self, change: Any) -> None:
        """Keep what was rated, then do what was asked; whatever goes wrong is said in words."""
        sent = change["new"]
        seq, action = sent.get("seq", 0), sent.get("action")
        if isinstance(sent.get("state"), dict):
            self._desk.keep(sent["state"])
            self.state = self._desk.state()
        text, problem, html = "Saved on this computer.", "", None
        try:
            if action == "save":
                name = self._desk.save()
                text = (
                    f"Written beside this notebook: {name}, with the code {self._desk.rater}. Give it to your trainer."
                )
            elif action == "cohort":
                file = sent.get("file")
                file = file if isinstance(file, dict) else {}
                self._cohort = None
                self._cohort = self._desk.cohort(str(file.get("name", "")), str(file.get("data", "")))
                text = f"Read: {self._cohort[0]['rater'].nunique()} other raters."
            if action in ("results", "cohort"):
                html = results_html(self._desk, *(self._cohort or ()))
        except LabError as error:
            problem = f"{error.problem} {error.hint}"
        except OSError as error:
            problem = f"{self._desk.file} could not be written ({error.strerror or error}). Nothing was written half."
        except Exception as error:
            # Nobody here reads a traceback; the ratings are on disk already.
            problem = f"This cannot be worked out ({type(error).__name__}). Your ratings are kept; tell your trainer."
        self.reply = self._told(seq, text, problem=problem, html=html)


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
    rated = desk.ratings()["reply_id"].nunique() if desk.state()["begun"] else 0
    rows = [("Cards", f"{rated} of {len(desk.cards)} rated"), ("File", desk.file)]
    show(standin(title, rows), f"{title}: {rated} of {len(desk.cards)} cards rated.")
    show_widget(lambda: RatingRound(desk, title))


def join_ratings(paths: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    r"""Join the files of ratings that learners handed in, for the cohort's file.

    Parameters
    ----------
    paths : iterable of path
        Files with ``rater``, ``reply_id``, ``dimension`` and ``score``, such as ``Path("in").glob("ratings_*.csv")``;
        read in the order of their names. A file handed in twice counts once.

    Returns
    -------
    DataFrame, shape (n_ratings, 4)
        Ready for `rater_agreement`, and for ``to_csv("cohort.csv", index=False)``.

    Raises
    ------
    RatingError
        If there is no file, or one rater rated the same reply differently in two files; the message names both.
    LabError
        If a file cannot be read as ratings.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for who, score in (("rater-a", 3), ("rater-b", 1)):
    ...         text = f"rater,reply_id,dimension,score\n{who},pay_stub_1,politeness,{score}\n"
    ...         _ = Path(folder, f"{who}.csv").write_text(text)
    ...     join_ratings(Path(folder).glob("*.csv"))["score"].tolist()
    [3.0, 1.0]
    """
    from evaluators.tone.agreement import COLUMNS, read_ratings

    files = sorted(os.fspath(path) for path in paths)
    if not files:
        raise RatingError("There is no file of ratings.", "Name the files that the learners handed in.")
    parts = [read_ratings(path).assign(file=path) for path in files]
    joined = pd.concat(parts, ignore_index=True).drop_duplicates(list(COLUMNS))
    twice = joined[joined.duplicated(list(COLUMNS[:3]), keep=False)]
    if len(twice):
        first, second = twice[(twice[list(COLUMNS[:3])] == twice[list(COLUMNS[:3])].iloc[0]).all(axis=1)]["file"].head(
            2
        )
        one = twice.iloc[0]
        raise RatingError(
            f"{one['rater']} rated {one['dimension']} of {one['reply_id']} differently in {first} and {second}.",
            "Keep the file that counts. If two people share a code, change one of them.",
        )
    return joined[list(COLUMNS)].reset_index(drop=True)

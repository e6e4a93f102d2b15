"""What the résumé round does behind its page: which résumés, what is shown of them, the order they were rated in."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators.answers import read_answers
from evaluators.widgets._round_desk import RatingError, RoundDesk, as_text, clean_card, dealt

COLUMNS = ("rater", "resume_id", "overall", "order")
SCALE, STEPS = "overall", (1, 7)
_ORDER = "rated in this order"
# What a card shows, in this order: never the outcome, and of a name only the name.
FACTS = {
    "skills_matched": "Skills the job asks for",
    "years_experience": "Experience",
    "projects": "Projects of their own",
    "degree": "Degree",
    "well_known_school": "Well-known university",
    "employers": "Employers so far",
    "gap_years": "Out of work",
}
_UNITS = {"years_experience": "year", "gap_years": "year"}
_SHOWN = ("job", "first_name", "profile", *FACTS)


def pick_resumes(resumes: pd.DataFrame, n: int) -> pd.DataFrame:
    """Choose résumés to rate: even over jobs and over what names signal, and the same for everybody.

    Parameters
    ----------
    resumes : DataFrame
        ``resume_id``, and ``profile`` or some of the facts; ``job``, ``first_name``, ``name_race`` and ``n_panel`` (how
        many of the panel rated it: those come first) if there are any.
    n : int
        How many; fewer where there are fewer.

    Returns
    -------
    DataFrame
        The rows in the order of the cards.

    Raises
    ------
    RatingError
        If there is no ``resume_id``, an id is missing or occurs twice, or nothing can be shown.

    Examples
    --------
    >>> table = pd.DataFrame({"resume_id": ["a", "b"], "profile": ["Ten years.", "Two years."]})
    >>> sorted(pick_resumes(table, 20)["resume_id"])
    ['a', 'b']
    """
    if "resume_id" not in resumes.columns:
        raise RatingError("The résumés have no column 'resume_id'.", "Give each résumé an id of its own.", "resumes")
    if not any(name in resumes.columns for name in ("profile", *FACTS)):
        raise RatingError(
            "The résumés have nothing to show.", f"Give profile, or some of: {', '.join(FACTS)}.", "resumes"
        )
    if not isinstance(n, int) or n < 1:
        raise RatingError(f"n is {n!r}.", "Give the number of cards, such as 30.", "n")
    cards = resumes.assign(resume_id=as_text(resumes["resume_id"])).reset_index(drop=True)
    twice = cards.loc[cards["resume_id"].duplicated() | (cards["resume_id"] == ""), "resume_id"].tolist()
    if twice:
        raise RatingError(f"The resume_id {twice[0]!r} is empty or occurs twice.", "Give each résumé its own.")
    over = [name for name in ("job", "name_race") if name in cards.columns]
    first = "n_panel" if "n_panel" in cards.columns else None
    return dealt(cards, "resume_id", *over, first=first).head(n).reset_index(drop=True)


def sheet_of(key: str) -> str:
    """Return the name of the file, without its ending, that keeps a round."""
    return f"resume-round-{key}"


class ResumeDesk(RoundDesk):
    """The résumés of one round and what one person made of them.

    Parameters
    ----------
    resumes : DataFrame or None
        See `pick_resumes`; by default those of `load_recruiter_panel`.
    key : str
        Name of the round, part of the names of its files.
    n : int
        How many cards.
    folder : path
        Where ``resume-round-<key>.json`` is kept and ``ratings_<key>.csv`` is saved.
    """

    def __init__(self, resumes: pd.DataFrame | None, key: str, n: int, folder: Any = ".") -> None:
        self.cards = pick_resumes(_with_panel(resumes), n)
        super().__init__(sheet_of(key), key, self.cards["resume_id"].tolist(), (SCALE,), STEPS, folder)

    @cached_property
    def has_panel(self) -> bool:
        """Whether the recruiters of `load_recruiter_panel` rated these very résumés."""
        return "n_panel" in self.cards.columns and bool((self.cards["n_panel"] > 0).all())

    def shown(self) -> list[dict[str, Any]]:
        """Return the cards as the page shows them: ``id``, ``name``, ``facts`` (label and value) and ``profile``."""
        return [shown_card(row) for row in self.cards.to_dict("records")]

    def keep(self, sent: Mapping[str, Any]) -> None:
        """Put what a browser sent on disk, and note in which order cards were rated first."""
        super().keep(sent)
        order = _order_in(self.sheet.answers, self.ids)
        new = [card_id for card_id, card in self.state()["cards"].items() if card["scores"] and card_id not in order]
        if new:
            self.sheet.set(_ORDER, [*order, *new])

    def ratings(self) -> pd.DataFrame:
        """Return the ratings so far: ``rater``, ``resume_id``, ``overall`` (1-7), ``order`` (1 = rated first)."""
        order = _order_in(self.sheet.answers, self.ids)
        return _table([(self.rater, card_id, value) for card_id, _, value in self.given()], order)


def _with_panel(resumes: pd.DataFrame | None) -> pd.DataFrame:
    """Return the résumés with how many of the panel rated each; a résumé of the same id but other words is not ours."""
    from evaluators.data import load_recruiter_panel

    ours = load_recruiter_panel("resumes")
    counts = load_recruiter_panel("ratings").groupby("resume_id", sort=True).size()
    if resumes is None:
        return ours.assign(n_panel=ours["resume_id"].map(counts).astype(int))
    if not {"resume_id", "profile"} <= set(resumes.columns):
        return resumes
    known = dict(zip(ours["resume_id"], ours["profile"], strict=True))
    n_panel = [
        int(counts[each]) if known.get(each) == profile else 0
        for each, profile in zip(as_text(resumes["resume_id"]), resumes["profile"], strict=True)
    ]
    return resumes.assign(n_panel=n_panel)


def shown_card(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what is shown of one résumé."""
    told = {name: row[name] for name in _SHOWN if name in row and not pd.isna(row[name])}
    facts = [(label, _fact(name, told[name])) for name, label in FACTS.items() if name in told]
    who = [str(told[name]) for name in ("first_name", "job") if name in told]
    return {
        "id": str(row["resume_id"]),
        "name": ", ".join([str(row["resume_id"]), *who][1:] or [str(row["resume_id"])]),
        "facts": [list(pair) for pair in facts],
        "profile": str(told.get("profile", "")),
    }


def _fact(name: str, value: Any) -> str:
    if name == "skills_matched":
        return f"{value} of 10"
    if name in _UNITS:
        return (
            f"{value:g} {_UNITS[name]}{'' if value == 1 else 's'}"
            if value
            else "never"
            if name == "gap_years"
            else "none"
        )
    if name == "well_known_school":
        return "yes" if value else "no"
    return str(value)


def _order_in(answers: Mapping[str, Any], ids: tuple[str, ...] | None) -> list[str]:
    kept = answers.get(_ORDER)
    kept = kept if isinstance(kept, list) else []
    return [
        each for each in dict.fromkeys(filter(lambda one: isinstance(one, str), kept)) if ids is None or each in ids
    ]


def _table(rows: list[tuple[str, str, int]], order: list[str]) -> pd.DataFrame:
    """Return the ratings in the order in which they were given."""
    places = {card_id: place for place, card_id in enumerate(order)}
    ranked = sorted(rows, key=lambda row: places.get(row[1], len(places)))
    numbered = [(*row, place + 1) for place, row in enumerate(ranked)]
    return pd.DataFrame(numbered, columns=list(COLUMNS)).astype({"overall": "int64", "order": "int64"})


def kept_ratings(key: str, folder: Any = ".") -> pd.DataFrame:
    """Return what was rated in a round, read from its file without touching it; see `read_round`."""
    name = sheet_of(key)
    answers = read_answers(Path(folder), lab=name, filename=f"{name}.json")
    rater = answers.get("rater")
    rows = []
    for item, value in answers.items():
        if not item.startswith("card ") or not isinstance(rater, str):
            continue
        card = clean_card(value, (SCALE,), STEPS)
        if card["scores"] and not card["skipped"]:
            rows.append((rater, item.removeprefix("card "), card["scores"][SCALE]))
    return _table(rows, _order_in(answers, None))

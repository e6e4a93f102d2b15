"""Guess which column of somebody's table says what, and give the reason, so that a person can confirm it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluators.own_data import Column
from evaluators.screening._labels import as_selected

OUTCOME, GROUP, SCORE, DATE = "outcome", "group", "score", "date"
SEX, RACE = "sex", "race or ethnicity"
_MOST_GROUPS = 30

_OUTCOME_NAMES = re.compile(
    r"selected|hired|invited|interviewed|shortlisted|advanced|called_?back|callback|offered|accepted|passed|outcome|"
    r"decision|result|status|selection|offer|interview"
)
_GROUP_NAMES = re.compile(
    r"(.*_)?(sex|gender|race|ethnicity|ethnic_?group|race_?ethnicity|age_?(group|band|range)|disability|disabled|"
    r"veteran(_?status)?|nationality|religion)(_.*)?"
)
_SCORE_NAMES = re.compile(r"(.*_)?(score|rating|points|fit|match|grade)(_.*)?")
_DATE_NAMES = re.compile(r"(.*_)?(date|month|day|applied|submitted|received|application)(_.*)?")
_ROLES = {
    SEX: re.compile(r"(.*_)?(sex|gender)(_.*)?"),
    RACE: re.compile(r"(.*_)?(race|ethnicity|ethnic|raceethnicity)(_.*)?"),
}


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """What a column seems to say.

    Parameters
    ----------
    role : str
        ``"outcome"``, ``"group"``, ``"score"`` or ``"date"``.
    column : str
        Its name.
    reason : str
        Why, as the end of a sentence.
    """

    role: str
    column: str
    reason: str

    def sentence(self) -> str:
        """Say what was guessed and why.

        Returns
        -------
        str
            One sentence.

        Examples
        --------
        >>> ColumnGuess("group", "sex", "its name says so (female, male)").sentence()
        "'sex' is taken as a group column: its name says so (female, male)."
        """
        what = {OUTCOME: "the outcome", GROUP: "a group column", SCORE: "the score", DATE: "the date"}[self.role]
        return f"{self.column!r} is taken as {what}: {self.reason}."


def guess_columns(columns: Sequence[Column]) -> tuple[ColumnGuess, ...]:
    """Guess the outcome, group, score and date columns of a table of applicants.

    Parameters
    ----------
    columns : sequence of Column
        What the first rows hold.

    Returns
    -------
    tuple of ColumnGuess
        At most one outcome, score and date; nothing for what is not clear, such as two columns that could be the
        outcome.

    Examples
    --------
    >>> sex = Column("Sex", ("female", "male"), distinct=2, filled=9, rows=9, numbers=False, dates=False)
    >>> hired = Column("hired", ("no", "yes"), distinct=2, filled=9, rows=9, numbers=False, dates=False)
    >>> [(guess.role, guess.column) for guess in guess_columns([sex, hired])]
    [('outcome', 'hired'), ('group', 'Sex')]
    """
    guesses = [
        ColumnGuess(GROUP, column.name, f"its name says so ({column.examples})")
        for column in columns
        if _GROUP_NAMES.fullmatch(plain_name(column.name)) and 1 <= column.distinct <= _MOST_GROUPS
    ]
    groups = {guess.column for guess in guesses}
    others = [column for column in columns if column.name not in groups]
    return (
        *_guess_outcome([column for column in others if _says_yes_or_no(column)]),
        *guesses,
        *_guess_by_name(SCORE, others, _SCORE_NAMES, _has_scores),
        *_guess_by_name(DATE, others, _DATE_NAMES, lambda column: column.dates),
    )


def role_of(column: str) -> str:
    """Say which of the attributes that rules name a column holds.

    Parameters
    ----------
    column : str
        Its name.

    Returns
    -------
    str
        ``"sex"``, ``"race or ethnicity"`` or nothing.

    Examples
    --------
    >>> role_of("Gender"), role_of("race/ethnicity"), role_of("town")
    ('sex', 'race or ethnicity', '')
    """
    return next((role for role, names in _ROLES.items() if names.fullmatch(plain_name(column))), "")


def plain_name(name: str) -> str:
    """Return a column's name in small letters with one underscore between words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", spaced.casefold()).strip("_")


def _guess_outcome(columns: list[Column]) -> list[ColumnGuess]:
    named = [column for column in columns if _OUTCOME_NAMES.fullmatch(plain_name(column.name))]
    if not named:
        named = [column for column in columns if _OUTCOME_NAMES.search(plain_name(column.name))]
    if len(named) == 1:
        return [ColumnGuess(OUTCOME, named[0].name, f"its name says so, and it holds {_values(named[0])}")]
    if not named and len(columns) == 1:
        return [ColumnGuess(OUTCOME, columns[0].name, f"it alone holds yes or no ({_values(columns[0])})")]
    return []


def _guess_by_name(
    role: str, columns: list[Column], names: re.Pattern[str], fits: Callable[[Column], bool]
) -> list[ColumnGuess]:
    found = [column for column in columns if fits(column) and names.fullmatch(plain_name(column.name))]
    return [ColumnGuess(role, found[0].name, f"its name says so ({found[0].examples})")] if len(found) == 1 else []


def _says_yes_or_no(column: Column) -> bool:
    return 0 < column.distinct <= _EVERY_WORD and all(as_selected(value) is not None for value in column.values)


_EVERY_WORD = 8  # True, true, yes, 1 ... may stand side by side


def _has_scores(column: Column) -> bool:
    return column.numbers and column.distinct > 2


def _values(column: Column) -> str:
    return " and ".join(column.values[:3])

"""Rules that selection rates are held against, each with its source and the day it was checked.

What a rule says is data: one dated TOML file for each pack beside this module. A rule that changes becomes a new file.
"""

import tomllib
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from evaluators.screening.errors import UnknownRulesError

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Rule:
    """A published guideline: rules change, so each carries its status and date.

    Parameters
    ----------
    name : str
        What people call it.
    threshold : Fraction
        Impact ratios under this share (0-1) fall below the rule; exact.
    source : str
        Where it is written.
    status : str
        Whether it is in force, as far as known on `checked_on`; ends the sentence "It was ...".
    status_source : str
        Where the status is written.
    checked_on : date
        The day a person last looked.

    Examples
    --------
    >>> FOUR_FIFTHS.threshold, FOUR_FIFTHS.source
    (Fraction(4, 5), '29 CFR 1607.4(D)')
    """

    name: str
    threshold: Fraction
    source: str
    status: str
    status_source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that rules say, in our words.

    Parameters
    ----------
    text : str
        A sentence or a few.
    source : str
        Where it is written.
    """

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table that rules want to see published.

    Parameters
    ----------
    name : str
        What it is about.
    attributes : tuple of str
        What its rows are groups of: ``"sex"``, ``"race or ethnicity"``, or both together; none for one figure.
    selection_columns, scoring_columns : tuple of str
        Its columns for a tool that selects and for one that gives scores; none where the rules do not name it.
    """

    name: str
    attributes: tuple[str, ...]
    selection_columns: tuple[str, ...]
    scoring_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RulePack:
    """The rules of one place, as far as they concern an audit.

    Parameters
    ----------
    key : str
        Short name, as in ``rule_pack("ll144")``.
    title, jurisdiction, source : str
        What they are called, where they hold and where they are written.
    status, status_source : str
        Whether they are in force, as far as known on `checked_on`, and where that is written.
    checked_on : date
        The day a person last looked.
    reference : str
        Which group the others are compared with; see `reference_group`.
    intersections : bool
        Whether groups of two attributes together are asked for.
    rule : Rule or None
        The threshold for impact ratios; None where the rules have none.
    significance_level : Fraction or None
        Accepted chance (0-1) of a finding by chance alone; None where the rules name none.
    minimum_share : Fraction or None
        Groups with a smaller share (0-1) of all people may be left out of the ratios; None where the rules do not
        say so, or not about applicants.
    minimum_share_source : str
        Where that is written; empty without one.
    says : tuple of Statement
        What the rules say, in our words.
    published : tuple of PublishedTable
        Tables that the rules want to see published; none where they want none.

    Examples
    --------
    >>> pack = rule_pack("ll144")
    >>> pack.rule is None, pack.minimum_share, [table.name for table in pack.published][:2]
    (True, Fraction(1, 50), ['sex', 'race and ethnicity'])
    """

    key: str
    title: str
    jurisdiction: str
    source: str
    status: str
    status_source: str
    checked_on: date
    reference: str
    intersections: bool
    rule: Rule | None
    significance_level: Fraction | None
    minimum_share: Fraction | None
    minimum_share_source: str
    says: tuple[Statement, ...]
    published: tuple[PublishedTable, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; shares as floats, the date as text."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    def summary(self) -> str:
        """Say what the rules ask for, and how current that is.

        Returns
        -------
        str
            One line per statement with its source. This is an overview by laypeople, no legal advice.

        Examples
        --------
        >>> print(rule_pack("eu_ai_act").summary().splitlines()[0])
        Artificial Intelligence Act: high-risk systems for recruitment and selection (European Union)
        """
        day = f"{self.checked_on.day} {self.checked_on:%B %Y}"
        return "\n".join(
            [
                f"{self.title} ({self.jurisdiction})",
                *(f"{each.text} ({each.source})" for each in self.says),
                f"Status, checked on {day}: {self.status} ({self.status_source}).",
                "This is an overview, not legal advice: ask whoever advises you on law before you rely on it.",
            ]
        )


def rule_names() -> tuple[str, ...]:
    """Return the short names of the rules there are.

    Returns
    -------
    tuple of str
        Sorted.

    Examples
    --------
    >>> rule_names()
    ('eu_ai_act', 'll144', 'ugesp')
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_rules() -> dict[str, RulePack]:
    """Return all rules there are.

    Returns
    -------
    dict of str to RulePack
        Short name -> rules.

    Examples
    --------
    >>> [pack.jurisdiction for pack in load_rules().values()]
    ['European Union', 'New York City', 'United States, federal']
    """
    return {name: rule_pack(name) for name in rule_names()}


def rule_pack(name: str) -> RulePack:
    """Return the rules of one place.

    Parameters
    ----------
    name : str
        Short name: ``"ugesp"`` (United States), ``"ll144"`` (New York City) or ``"eu_ai_act"`` (European Union).

    Returns
    -------
    RulePack
        The rules, as of the day they were last checked.

    Raises
    ------
    UnknownRulesError
        If there are no rules of that name.

    Examples
    --------
    >>> rule_pack("ugesp").rule == FOUR_FIFTHS
    True
    """
    if name not in rule_names():
        raise UnknownRulesError(f"There are no rules called {name!r}.", f"Choose one of: {', '.join(rule_names())}.")
    return _read(name)


@cache
def _read(name: str) -> RulePack:
    data = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    dated = {field: data[field] for field in ("status", "status_source", "checked_on")}
    threshold = data.get("threshold")
    return RulePack(
        key=name,
        **{field: data[field] for field in ("title", "jurisdiction", "source", "reference", "intersections")},
        **dated,
        rule=Rule(threshold["name"], Fraction(threshold["share"]), threshold["source"], **dated) if threshold else None,
        significance_level=_share(data.get("significance_level")),
        minimum_share=_share(data.get("minimum_share")),
        minimum_share_source=data.get("minimum_share_source", ""),
        says=tuple(Statement(**each) for each in data["says"]),
        published=tuple(
            PublishedTable(
                each["name"],
                tuple(each["attributes"]),
                tuple(each.get("selection_columns", ())),
                tuple(each.get("scoring_columns", ())),
            )
            for each in data.get("published", ())
        ),
    )


def _share(written: str | None) -> Fraction | None:
    return None if written is None else Fraction(written)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Fraction):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _four_fifths() -> Rule:
    rule = _read("ugesp").rule
    if rule is None:
        raise UnknownRulesError("ugesp.toml has no threshold.", "Install hr-it-lab again.")
    return rule


FOUR_FIFTHS = _four_fifths()

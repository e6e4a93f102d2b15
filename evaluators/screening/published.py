"""The tables that rules want to see published, filled with an audit's figures and nothing else."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluators.screening.counts import INTERSECTION, CountTable
from evaluators.screening.guesses import role_of
from evaluators.screening.rates import impact_ratio, reference_group
from evaluators.screening.rules import PublishedTable, RulePack
from evaluators.screening.scoring import ScoringCounts
from evaluators.screening.small import small_categories


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One category of a published table.

    Parameters
    ----------
    labels : tuple of str
        The category, one label for each of the table's columns.
    applicants : int
        People assessed; of a tool that scores, those with a score.
    selected : int
        People selected, or above the median.
    rate : float
        Selection or scoring rate (share 0-1).
    impact_ratio : float
        Rate divided by the highest rate; NaN if nobody was selected, or the category is left out.
    small : bool
        Whether the category has a smaller share of all people than the rules' minimum.
    """

    labels: tuple[str, ...]
    applicants: int
    selected: int
    rate: float
    impact_ratio: float
    small: bool


@dataclass(frozen=True, slots=True)
class PublishedFigures:
    """One table that the rules want to see published.

    Parameters
    ----------
    name : str
        What it is about, in the rules' words.
    measure : str
        ``"selection"`` or ``"scoring"``.
    columns : tuple of str
        Columns of the data that its categories come from; empty if the data lack them.
    headings : tuple of str
        What the rules want in its columns, after the category.
    rows : tuple of PublishedRow
        Its categories, sorted by label; none if the data lack the columns.
    unknown : int
        People whose category is not known: they are in no row.
    lacking : tuple of str
        Attributes for which the data have no column.
    """

    name: str
    measure: str
    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[PublishedRow, ...]
    unknown: int
    lacking: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for ratios that are undefined or left out."""
        return {
            "name": self.name,
            "measure": self.measure,
            "columns": list(self.columns),
            "headings": list(self.headings),
            "people_in_an_unknown_category": self.unknown,
            "lacking": list(self.lacking),
            "rows": [
                {
                    "category": list(row.labels),
                    "applicants": row.applicants,
                    "selected": row.selected,
                    "rate": row.rate,
                    "impact_ratio": None if math.isnan(row.impact_ratio) else row.impact_ratio,
                    "small": row.small,
                }
                for row in self.rows
            ],
        }


def publish(
    rules: RulePack | None,
    *,
    counts: Mapping[str, CountTable],
    scores: ScoringCounts | None,
    families: Mapping[str, tuple[str, ...]],
    leave_small_out: bool = False,
) -> tuple[PublishedFigures, ...]:
    """Fill the tables that rules want to see published.

    Which column is sex and which is race or ethnicity is told from its name (`guesses.role_of`).

    Parameters
    ----------
    rules : RulePack or None
        The rules; None for no tables.
    counts : mapping of str to CountTable
        Family and its selected people; empty without an outcome.
    scores : ScoringCounts or None
        Who scores above the median.
    families : mapping of str to tuple of str
        Family and the columns it is made of.
    leave_small_out : bool
        Whether categories under the rules' minimum share get no ratio and cannot be the highest.

    Returns
    -------
    tuple of PublishedFigures
        Those about selection first, in the rules' order. A table for which the data lack a column has no rows and
        says what is lacking.

    Examples
    --------
    >>> from evaluators.screening.rules import rule_pack
    >>> counts = {"sex": CountTable.from_counts({"Female": (555, 1181), "Male": (667, 1390)})}
    >>> tables = publish(rule_pack("ll144"), counts=counts, scores=None, families={"sex": ("sex",)})
    >>> [round(row.impact_ratio, 3) for row in tables[0].rows], tables[1].lacking
    ([0.979, 1.0], ('race or ethnicity',))
    """
    if rules is None:
        return ()
    measures: list[tuple[str, Mapping[str, CountTable]]] = [("selection", counts)] if counts else []
    if scores is not None:
        measures.append(("scoring", scores.above))
    return tuple(
        _fill(table, rules, measure, tables, families, leave_small_out)
        for measure, tables in measures
        for table in rules.published
        if table.attributes
    )


def _fill(
    table: PublishedTable,
    rules: RulePack,
    measure: str,
    tables: Mapping[str, CountTable],
    families: Mapping[str, tuple[str, ...]],
    leave_small_out: bool,
) -> PublishedFigures:
    headings = table.selection_columns if measure == "selection" else table.scoring_columns
    fitting = [
        (name, columns)
        for name, columns in families.items()
        if sorted(map(role_of, columns)) == sorted(table.attributes) and name in tables
    ]
    if not fitting:
        there = {role_of(columns[0]) for columns in families.values() if len(columns) == 1}
        lacking = tuple(attribute for attribute in table.attributes if attribute not in there)
        return PublishedFigures(table.name, measure, (), headings, (), 0, lacking)
    name, columns = fitting[0]
    counts = tables[name]
    small = {each.group.label for each in small_categories(counts, share=rules.minimum_share)}
    known = [group for group in counts if not group.is_missing]
    compared = tuple(group for group in known if not (leave_small_out and group.label in small))
    best = reference_group(CountTable(compared)) if compared else None
    rows = tuple(
        PublishedRow(
            labels=_labels(group.label, len(columns)),
            applicants=group.applicants,
            selected=group.selected,
            rate=float(group.rate),
            impact_ratio=impact_ratio(group, best) if best is not None and group in compared else math.nan,
            small=group.label in small,
        )
        for group in known
    )
    return PublishedFigures(table.name, measure, columns, headings, rows, counts.people_missing, ())


def _labels(label: str, many: int) -> tuple[str, ...]:
    parts = tuple(label.split(INTERSECTION))
    return parts if len(parts) == many else (label, *[""] * (many - 1))

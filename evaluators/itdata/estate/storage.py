"""What storing data costs: size and price by system, and how fast they grow."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from evaluators._plain import plain
from evaluators.itdata._words import counted, euros, listed
from evaluators.itdata.estate._storage_rows import by_month, holes
from evaluators.itdata.estate.storage_growth import StorageForecast, storage_forecast
from evaluators.screening._results import find_group

__all__ = ["StorageCost", "StorageForecast", "SystemStorage", "storage_cost", "storage_forecast"]

_YEAR_MONTHS = 12


@dataclass(frozen=True, slots=True)
class SystemStorage:
    """What one system stores, all its retention classes together.

    Parameters
    ----------
    system : str
        The system.
    first_month, last_month : str
        First and last month with figures, such as ``"2025-01"``.
    gigabytes : float
        Stored in the last month.
    euros_month, euros_year : float
        Its price in the last month, and for twelve such months.
    euros_recorded : float
        What all months on record cost together.
    growth_share_year : float
        Growth (0.2: 20 % a year) that takes the first month to the last at a steady pace; NaN with less than two
        months or from nothing. From less than a year of figures it is only a pace, and the summary does not say it.
    """

    system: str
    first_month: str
    last_month: str
    gigabytes: float
    euros_month: float
    euros_year: float
    euros_recorded: float
    growth_share_year: float


@dataclass(frozen=True, slots=True)
class StorageCost:
    """Result of `storage_cost`.

    Parameters
    ----------
    systems : tuple of SystemStorage
        Those with figures for `month`, highest price first.
    ended : tuple of str
        Systems whose figures end before `month`; they are in no sum.
    month : str
        Last month of the table.
    gaps : tuple of str
        Months without figures between a system's first and last, such as ``"mail 2025-07"``.
    """

    systems: tuple[SystemStorage, ...]
    ended: tuple[str, ...]
    month: str
    gaps: tuple[str, ...]

    def __iter__(self) -> Iterator[SystemStorage]:
        return iter(self.systems)

    def __getitem__(self, system: str) -> SystemStorage:
        """Return one system; an unknown name raises UnknownGroupError."""
        return find_group(self.systems, system, "among the systems", named="system")

    @property
    def gigabytes(self) -> float:
        """Stored by all systems in the last month."""
        return math.fsum(each.gigabytes for each in self.systems)

    @property
    def euros_year(self) -> float:
        """Price of twelve months like the last, in euros."""
        return math.fsum(each.euros_year for each in self.systems)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per system with the fields of `SystemStorage`.

        Returns
        -------
        DataFrame, shape (n_systems, 8)
        """
        return pd.DataFrame([asdict(each) for each in self.systems])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for what is not known."""
        return dict(plain(asdict(self) | {"gigabytes": self.gigabytes, "euros_year": self.euros_year}))

    def summary(self) -> str:
        """Say in plain words what is stored, what it costs and how it grows.

        Examples
        --------
        >>> table = pd.DataFrame(
        ...     {
        ...         "system": ["mail", "mail"],
        ...         "month": ["2025-06", "2026-06"],
        ...         "gigabytes": [1000, 1500],
        ...         "price_per_gb_month": [0.25, 0.2],
        ...     }
        ... )
        >>> print(storage_cost(table).summary())
        In 2026-06, 1 system stored 1,500 gigabytes for 300 euros a month: 3,600 euros a year at that size and price.
        mail: 1,500 gigabytes, 3,600 euros a year (100% of the cost), 50% a year more since 2025-06.
        11 months have no figures: mail 2025-07, mail 2025-08, mail 2025-09, mail 2025-10, mail 2025-11 and 6 more.
        The price of a gigabyte is not all that storing costs: copies, backups, search, legal requests and the harm of \
a leak come on top. Cheap storage is no reason to keep data about people.
        """
        total_month = self.euros_year / 12
        lines = [
            f"In {self.month}, {counted(len(self.systems), 'system')} stored {self.gigabytes:,.0f} gigabytes for "
            f"{euros(total_month)} a month: {euros(self.euros_year)} a year at that size and price."
        ]
        for each in self.systems[:5]:
            growth = ""
            steps = _months_between(pd.Timestamp(each.first_month), pd.Timestamp(each.last_month))
            if not math.isnan(each.growth_share_year) and steps >= _YEAR_MONTHS:
                more = "more" if each.growth_share_year >= 0 else "less"
                growth = f", {abs(each.growth_share_year):.0%} a year {more} since {each.first_month}"
            elif not math.isnan(each.growth_share_year):  # the growth of a few months is no growth of a year
                grown = (1 + each.growth_share_year) ** (steps / _YEAR_MONTHS) - 1
                growth = f", {abs(grown):.0%} {'more' if grown >= 0 else 'less'} than in {each.first_month}"
            part = f" ({each.euros_year / self.euros_year:.0%} of the cost)" if self.euros_year else ""
            lines.append(
                f"{each.system}: {each.gigabytes:,.0f} gigabytes, {euros(each.euros_year)} a year{part}{growth}."
            )
        if self.ended:
            lines.append(f"No figures for {self.month}, so in no sum: {listed(self.ended)}.")
        if self.gaps:
            lines.append(
                f"{counted(len(self.gaps), 'month')} {'has' if len(self.gaps) == 1 else 'have'} no figures: "
                f"{listed(self.gaps)}."
            )
        lines.append(
            "The price of a gigabyte is not all that storing costs: copies, backups, search, legal requests and the "
            "harm of a leak come on top. Cheap storage is no reason to keep data about people."
        )
        return "\n".join(lines)


def storage_cost(storage: Any) -> StorageCost:
    """Add up gigabytes and prices by system.

    Parameters
    ----------
    storage : table, shape (n_rows, n_columns)
        One row for each system, month and retention class: ``system``, ``month``, ``gigabytes`` and
        ``price_per_gb_month`` (euros). Rows of one system and month are added; one with the same ``retention_class``
        twice is an error, as a row that was exported twice.

    Returns
    -------
    StorageCost

    Raises
    ------
    MeasureError
        If there is no row, a month, size or price is missing, cannot be read or is below 0, or a class of a system
        has a month twice.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"system": ["mail"], "month": ["2026-06"], "gigabytes": [1000], "price_per_gb_month": [0.03]}
    ... )
    >>> storage_cost(table)["mail"].euros_year
    360.0
    """
    table = by_month(storage)
    last = table["month"].max()
    found, ended, gaps = [], [], []
    for name, part in table.groupby("system", sort=True):
        gaps += [f"{name} {each:%Y-%m}" for each in holes(part["month"])]
        if part["month"].iloc[-1] < last:
            ended.append(str(name))
            continue
        first, now = part.iloc[0], part.iloc[-1]
        steps = _months_between(first["month"], now["month"])
        growth = (
            (now["gigabytes"] / first["gigabytes"]) ** (12 / steps) - 1 if steps and first["gigabytes"] else math.nan
        )
        found.append(
            SystemStorage(
                system=str(name),
                first_month=f"{first['month']:%Y-%m}",
                last_month=f"{now['month']:%Y-%m}",
                gigabytes=float(now["gigabytes"]),
                euros_month=float(now["euros"]),
                euros_year=12 * float(now["euros"]),
                euros_recorded=math.fsum(part["euros"]),
                growth_share_year=float(growth),
            )
        )
    found.sort(key=lambda each: (-each.euros_month, each.system))
    return StorageCost(tuple(found), tuple(ended), f"{last:%Y-%m}", tuple(gaps))


def _months_between(first: pd.Timestamp, last: pd.Timestamp) -> int:
    return 12 * (last.year - first.year) + last.month - first.month

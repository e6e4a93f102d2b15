"""Licences: who has one, who uses it, what it costs, and what could be given back with a reserve."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._plain import plain
from evaluators.itdata._cells import day, days, key_texts, keys, labels, numbers, rows_of
from evaluators.itdata._words import counted, euros, percent
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.screening._results import find_group

if TYPE_CHECKING:
    import altair as alt

USED, NOT_USED, NEVER, TOO_NEW, LEFT = "used", "not used lately", "never used", "too new to say", "held by leavers"
STATUSES = (USED, TOO_NEW, NOT_USED, NEVER, LEFT)
_IDLE = (NOT_USED, NEVER, LEFT)


@dataclass(frozen=True, slots=True)
class ProductUse:
    """Licences of one product on one day. The five counts after `assigned` add up to it.

    Parameters
    ----------
    product : str
        The product's name.
    assigned : int
        Licences that somebody holds, and that are paid for.
    used : int
        Used in the last `LicenceUse.unused_after_days` days.
    too_new : int
        Not used since they were assigned, which was less than that many days ago.
    not_used_lately : int
        Used once, but not in that time.
    never_used : int
        Not used since they were assigned, at least that many days ago.
    held_by_leavers : int
        Holder left the company; 0 if no people table was given. Such a licence is in no other count.
    euros_month, euros_unused_month : float
        Price of all licences, and of those not used lately, never used or held by leavers, in euros a month.
    """

    product: str
    assigned: int
    used: int
    too_new: int
    not_used_lately: int
    never_used: int
    held_by_leavers: int
    euros_month: float
    euros_unused_month: float

    @property
    def unused(self) -> int:
        """Licences not used lately, never used or held by leavers."""
        return self.not_used_lately + self.never_used + self.held_by_leavers

    @property
    def share_unused(self) -> float:
        """Share (0-1) of the licences that are unused."""
        return self.unused / self.assigned

    @property
    def euros_year(self) -> float:
        """Price of all licences in euros a year, at this month's prices."""
        return 12 * self.euros_month

    @property
    def euros_unused_year(self) -> float:
        """Price of the unused licences in euros a year."""
        return 12 * self.euros_unused_month


@dataclass(frozen=True, slots=True)
class LicenceSaving:
    """What one product would save if only a reserve of spare licences were kept.

    Parameters
    ----------
    product : str
        The product's name.
    assigned, keep, give_back : int
        Licences now, licences kept (in use and reserve), and the rest.
    euros_month, euros_year : float
        Price of the rest in euros. Where prices differ, the cheapest unused licences are the ones given back, so that
        the figure is not too high.
    """

    product: str
    assigned: int
    keep: int
    give_back: int
    euros_month: float
    euros_year: float


@dataclass(frozen=True, slots=True)
class LicenceUse:
    """Result of `licence_use`.

    Parameters
    ----------
    products : tuple of ProductUse
        Highest cost of unused licences first.
    as_of : date
        The day that is looked at.
    unused_after_days : int
        A licence counts as unused after so many days without use.
    people_known : bool
        Whether a people table was given, so that leavers could be found.
    not_yet_assigned : int
        Rows left out because the licence was assigned after `as_of`.
    strangers : int
        Licences whose holder is not in the people table.
    without_holder : int
        Licences that name nobody: spare ones or shared accounts.
    doubles : int
        Licences beyond the first that one person holds of one product.
    used_before_assigned : int
        Licences whose last use came before they were assigned: it belongs to somebody else or to an earlier time, so
        they count as not used since.
    """

    products: tuple[ProductUse, ...]
    as_of: date
    unused_after_days: int
    people_known: bool
    not_yet_assigned: int
    strangers: int
    without_holder: int
    doubles: int
    used_before_assigned: int
    _idle_prices: tuple[tuple[float, ...], ...]

    def __iter__(self) -> Iterator[ProductUse]:
        return iter(self.products)

    def __getitem__(self, product: str) -> ProductUse:
        """Return one product; an unknown name raises UnknownGroupError."""
        return find_group(self.products, product, "among the products", named="product")

    @property
    def total(self) -> ProductUse:
        """All products together."""
        names = ("assigned", "used", "too_new", "not_used_lately", "never_used", "held_by_leavers")
        counts: dict[str, Any] = {name: sum(getattr(each, name) for each in self.products) for name in names}
        return ProductUse(
            product="all products",
            **counts,
            euros_month=math.fsum(each.euros_month for each in self.products),
            euros_unused_month=math.fsum(each.euros_unused_month for each in self.products),
        )

    def savings(self, *, reserve_share: float = 0.1) -> tuple[LicenceSaving, ...]:
        """Say what giving licences back would save if a reserve is kept.

        Parameters
        ----------
        reserve_share : float
            Spare licences to keep, as a share of those in use or too new to say (0.1: 1 spare for 10), rounded up.

        Returns
        -------
        tuple of LicenceSaving
            One for each product, highest saving first; products with nothing to give back have 0.

        Raises
        ------
        MeasureError
            If the reserve is negative or no number.

        Examples
        --------
        >>> licences = pd.DataFrame(
        ...     {
        ...         "product": ["Diagrams"] * 4,
        ...         "employee_id": ["E1", "E2", "E3", "E4"],
        ...         "assigned_on": "2025-01-01",
        ...         "last_used_on": ["2026-06-20", None, "2025-03-01", None],
        ...         "price_per_user_month": 10.0,
        ...     }
        ... )
        >>> licence_use(licences, as_of="2026-06-30").savings(reserve_share=0.25)[0]
        LicenceSaving(product='Diagrams', assigned=4, keep=2, give_back=2, euros_month=20.0, euros_year=240.0)
        """
        if not (math.isfinite(reserve_share) and reserve_share >= 0):
            raise MeasureError(f"The reserve is {reserve_share}.", "Give a share of 0 or more, such as 0.1 for 10%.")
        found = []
        for product, prices in zip(self.products, self._idle_prices, strict=True):
            needed = product.used + product.too_new
            keep = min(product.assigned, needed + math.ceil(round(needed * reserve_share, 9)))
            back = product.assigned - keep
            saved = math.fsum(prices[:back])
            found.append(LicenceSaving(product.product, product.assigned, keep, back, saved, 12 * saved))
        return tuple(sorted(found, key=lambda each: (-each.euros_month, each.product)))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per product.

        Returns
        -------
        DataFrame, shape (n_products, 12)
            The fields of `ProductUse`, then ``share_unused`` and the euros a year.
        """
        return pd.DataFrame(
            [
                asdict(each)
                | {
                    "share_unused": each.share_unused,
                    "euros_year": each.euros_year,
                    "euros_unused_year": each.euros_unused_year,
                }
                for each in self.products
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        made = asdict(self) | {"as_of": self.as_of.isoformat(), "total": asdict(self.total)}
        del made["_idle_prices"]
        return dict(plain(made))

    def summary(self) -> str:
        """Say in plain words what is held, used and paid, and what that does not say.

        Returns
        -------
        str
            A line for all products, one for each of the five dearest findings, then the limits.

        Examples
        --------
        >>> licences = pd.DataFrame(
        ...     {
        ...         "product": ["Diagrams", "Diagrams", "Mail"],
        ...         "employee_id": ["E1", "E2", "E1"],
        ...         "assigned_on": "2025-01-01",
        ...         "last_used_on": ["2026-06-20", None, "2026-06-29"],
        ...         "price_per_user_month": [10.0, 10.0, 5.0],
        ...     }
        ... )
        >>> print(licence_use(licences, as_of="2026-06-30").summary())
        On 2026-06-30, 3 licences of 2 products cost 25 euros a month, 300 euros a year.
        1 of them (33.3%) is unused: not used in the last 90 days, never used or held by somebody who left. That is \
120 euros a year.
        Diagrams: 1 of 2 unused (0 not used lately, 1 never used), 120 euros a year.
        Whether a holder has left is not known: no table of people was given.
        A last use says that somebody signed in, not that it was worth the money. Some work comes once a year, some \
accounts are shared, and some programs do not report each use: ask the holders before you take one away. A contract \
may not let licences go before it ends.
        """
        total = self.total
        lines = [
            f"On {self.as_of}, {counted(total.assigned, 'licence')} of {counted(len(self.products), 'product')} cost "
            f"{euros(total.euros_month)} a month, {euros(total.euros_year)} a year.",
            f"{total.unused:,} of them ({percent(total.share_unused)}) {'is' if total.unused == 1 else 'are'} unused: "
            f"not used in the last {self.unused_after_days} days, never used or held by somebody who left. That is "
            f"{euros(total.euros_unused_year)} a year.",
        ]
        lines += [self._sentence(each) for each in self.products[:5] if each.unused]
        lines += self._remarks()
        lines.append(
            "A last use says that somebody signed in, not that it was worth the money. Some work comes once a year, "
            "some accounts are shared, and some programs do not report each use: ask the holders before you take one "
            "away. A contract may not let licences go before it ends."
        )
        return "\n".join(lines)

    def _sentence(self, each: ProductUse) -> str:
        kinds = f"{each.not_used_lately:,} not used lately, {each.never_used:,} never used"
        if self.people_known:
            kinds += f", {each.held_by_leavers:,} held by people who left"
        return (
            f"{each.product}: {each.unused:,} of {each.assigned:,} unused ({kinds}), "
            f"{euros(each.euros_unused_year)} a year."
        )

    def _remarks(self) -> list[str]:
        said = []
        if not self.people_known:
            said.append("Whether a holder has left is not known: no table of people was given.")
        if self.total.too_new:
            said.append(
                f"{counted(self.total.too_new, 'licence')} not used yet and assigned less than "
                f"{self.unused_after_days} days ago: too new to say, and not counted as unused."
            )
        if self.strangers:
            said.append(f"{counted(self.strangers, 'licence')} with a holder who is not in the table of people.")
        if self.without_holder:
            said.append(f"{counted(self.without_holder, 'licence')} without a holder: spare ones or shared accounts.")
        if self.doubles:
            said.append(f"{counted(self.doubles, 'licence')} beyond a person's first of the same product.")
        if self.used_before_assigned:
            said.append(
                f"{counted(self.used_before_assigned, 'licence')} with a last use from before the day of assignment: "
                "counted as not used since."
            )
        if self.not_yet_assigned:
            said.append(f"{counted(self.not_yet_assigned, 'row')} assigned after {self.as_of} left out.")
        return said

    def chart(self, *, most: int = 12) -> "alt.LayerChart":
        """Draw what is paid a year for each product, used and unused parts in one bar.

        Parameters
        ----------
        most : int
            Products to draw, dearest unused licences first.

        Returns
        -------
        altair.LayerChart
            Bars in euros a year; the unused part is named beside the bar. The description holds the summary.

        Raises
        ------
        MeasureError
            If `most` is under 1.
        """
        if most < 1:
            raise MeasureError(f"{most} products cannot be drawn.", "Give most=1 or more.")
        from evaluators.itdata.estate._charts.licences import licence_chart  # Altair is slow to import

        return licence_chart(self, most)


def licence_use(licences: Any, *, as_of: Any, unused_after_days: int = 90, people: Any = None) -> LicenceUse:
    """Count the licences of each product by whether and when they were last used, with their price.

    Each licence falls into exactly one of five classes, looked for in this order: held by leavers (the holder's last
    day was before `as_of`), never used (no use since it was assigned; too new to say if that was less than
    `unused_after_days` days ago), used (last use at most `unused_after_days` days before `as_of`), not used lately.

    Parameters
    ----------
    licences : table, shape (n_licences, n_columns)
        One row a licence: ``product``, ``employee_id`` (empty: nobody), ``assigned_on``, ``last_used_on`` (empty:
        never), ``price_per_user_month`` (euros).
    as_of : date
        The day of the export. Dates of use after it are an error.
    unused_after_days : int
        Days without use after which a licence counts as unused, at least 1.
    people : table, shape (n_people, n_columns), optional
        One row a person: ``employee_id`` and ``left_on`` (last day; empty: still here).

    Returns
    -------
    LicenceUse

    Raises
    ------
    MeasureError
        If there is no row, a date or price cannot be read, a use lies after `as_of`, or every licence was assigned
        after it.
    JoinError
        If a person occurs twice in `people`, or no holder is in it.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> licences = pd.DataFrame(
    ...     {
    ...         "product": ["Diagrams", "Diagrams"],
    ...         "employee_id": ["E1", "E2"],
    ...         "assigned_on": ["2025-01-01", "2025-01-01"],
    ...         "last_used_on": ["2026-06-20", None],
    ...         "price_per_user_month": [12.5, 12.5],
    ...     }
    ... )
    >>> use = licence_use(licences, as_of="2026-06-30")
    >>> use["Diagrams"].unused, use["Diagrams"].euros_unused_year
    (1, 150.0)
    """
    if isinstance(unused_after_days, bool) or unused_after_days < 1:
        raise MeasureError(f"A licence cannot be unused after {unused_after_days} days.", "Give 1 day or more.")
    today = day(as_of, "as_of")
    everything = _licence_rows(licences, today)
    table = everything[everything["assigned"] <= today].copy()
    if table.empty:
        raise MeasureError(f"Every licence was assigned after {today.date()}.", "Check as_of.")
    left_on = _left_on(people)
    named = table["holder"].notna()
    known = pd.Series(False, index=table.index) if left_on is None else table["holder"].isin(left_on.index)
    if left_on is not None and named.any() and not known.any():
        raise JoinError("No holder is in the table of people.", "Do both tables use the same employee_id?")
    last_day = pd.to_datetime(table["holder"].map({} if left_on is None else left_on.to_dict()))
    old_use = table["last_used"] < table["assigned"]
    table["status"] = _statuses(table, today, last_day, old_use, unused_after_days)
    rows = [_product(str(name), part) for name, part in table.groupby("product", sort=True)]
    rows.sort(key=lambda row: (-row[0].euros_unused_month, row[0].product))
    return LicenceUse(
        products=tuple(use for use, _ in rows),
        as_of=today.date(),
        unused_after_days=unused_after_days,
        people_known=left_on is not None,
        not_yet_assigned=len(everything) - len(table),
        strangers=0 if left_on is None else int((named & ~known).sum()),
        without_holder=int((~named).sum()),
        doubles=int(table[named].duplicated(["product", "holder"]).sum()),
        used_before_assigned=int(old_use.sum()),
        _idle_prices=tuple(prices for _, prices in rows),
    )


def _licence_rows(licences: Any, today: pd.Timestamp) -> pd.DataFrame:
    """Return product, holder, both days and price of each licence."""
    frame = rows_of(licences, "product", "employee_id", "assigned_on", "last_used_on", "price_per_user_month")
    assigned, last_used = days(frame, "assigned_on", needed=True), days(frame, "last_used_on")
    table = pd.DataFrame(
        {
            "product": labels(frame, "product"),
            "holder": key_texts(frame["employee_id"]),
            "assigned": assigned,
            "last_used": last_used,
            "price": numbers(frame, "price_per_user_month", hint="Give euros a month; 0 if it is free."),
        }
    )
    later = np.flatnonzero((last_used > today).to_numpy())
    if len(later):
        raise MeasureError(
            f"In row {later[0] + 1} the last use ({last_used.iloc[later[0]].date()}) lies after {today.date()} "
            f"({counted(len(later), 'such row')}).",
            "Give as_of the day of the export.",
        )
    return table


def _statuses(
    table: pd.DataFrame, today: pd.Timestamp, last_day: pd.Series, old_use: pd.Series, unused_after_days: int
) -> "np.typing.NDArray[Any]":
    """Return the class of each licence, the first that fits."""
    never = table["last_used"].isna() | old_use
    age = (today - table["assigned"]).dt.days
    idle = (today - table["last_used"]).dt.days
    return np.select(
        [last_day < today, never & (age < unused_after_days), never, idle <= unused_after_days],
        [LEFT, TOO_NEW, NEVER, USED],
        default=NOT_USED,
    )


def _product(name: str, part: pd.DataFrame) -> tuple[ProductUse, tuple[float, ...]]:
    """Count the licences of one product; with the prices (euros a month) of the unused ones, lowest first."""
    counts = part["status"].value_counts()
    number = {status: int(counts.get(status, 0)) for status in STATUSES}
    prices = part.loc[part["status"].isin(_IDLE), "price"].sort_values()
    use = ProductUse(
        product=name,
        assigned=len(part),
        used=number[USED],
        too_new=number[TOO_NEW],
        not_used_lately=number[NOT_USED],
        never_used=number[NEVER],
        held_by_leavers=number[LEFT],
        euros_month=math.fsum(part["price"]),
        euros_unused_month=math.fsum(prices),
    )
    return use, tuple(float(price) for price in prices)


def _left_on(people: Any) -> "pd.Series[Any] | None":
    """Return each person's last day by key."""
    if people is None:
        return None
    frame = rows_of(people, "employee_id", "left_on")
    persons = keys(frame, "employee_id")
    twice = persons[persons.duplicated()]
    if len(twice):
        raise JoinError(
            f"{twice.iloc[0]!r} occurs more than once in the table of people ({len(twice)} such rows).",
            "Keep one row a person, the latest.",
        )
    return days(frame, "left_on").set_axis(persons)

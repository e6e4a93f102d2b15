"""What tables of IT and HR data must hold, as pandera schemas; imported only when a table is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pandera.pandas as pa

WRONG, DOUBTFUL = "wrong", "doubtful"
KEY, LABEL, TIME, NUMBER, FLAG = "key", "label", "time", "number", "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its kind, whether an empty cell is wrong, and what its values may be."""

    name: str
    kind: str
    filled: bool = False
    unique: bool = False
    low: float | None = None
    high: float | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """Two columns of which the second must not come before (or be smaller than) the first."""

    first: str
    second: str
    message: str
    severity: str = WRONG

    @property
    def name(self) -> str:
        """Name of the derived column that holds the difference."""
        return f"{self.first} to {self.second}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table: its columns, orders, and the columns that name a row together."""

    fields: tuple[Field, ...]
    orders: tuple[Order, ...] = ()
    once: tuple[str, ...] = ()


def _month(name: str = "month") -> Field:
    return Field(name, TIME, filled=True)


def _amount(name: str, *, filled: bool = True) -> Field:
    return Field(name, NUMBER, filled=filled, low=0)


def _label(name: str, *, filled: bool = True, optional: bool = False) -> Field:
    return Field(name, LABEL, filled=filled, optional=optional)


def _time(name: str, *, filled: bool = False, optional: bool = False) -> Field:
    return Field(name, TIME, filled=filled, optional=optional)


KINDS: Mapping[str, Kind] = {
    "tickets": Kind(
        (
            Field("number", KEY, filled=True, unique=True),
            _time("opened_at", filled=True),
            *(_time(name, optional=True) for name in ("responded_at", "resolved_at", "closed_at")),
            *(
                _label(name, filled=False, optional=True)
                for name in ("state", "priority", "category", "contact_type", "location", "caller")
            ),
            *(_label(name, filled=False, optional=True) for name in ("first_group", "group", "assigned_to")),
            *(Field(name, NUMBER, low=0, optional=True) for name in ("reassignments", "reopens")),
            Field("events", NUMBER, low=1, optional=True),
            Field("sla_met", FLAG, optional=True),
        ),
        (
            Order("opened_at", "responded_at", "where the answer comes before the opening"),
            Order("opened_at", "resolved_at", "where the resolution comes before the opening"),
            Order("opened_at", "closed_at", "where the closing comes before the opening"),
            Order("resolved_at", "closed_at", "where the closing comes before the resolution", DOUBTFUL),
            Order("responded_at", "resolved_at", "where the resolution comes before the answer", DOUBTFUL),
        ),
    ),
    "people": Kind(
        (
            Field("employee_id", KEY, filled=True, unique=True),
            _label("site"),
            _label("department"),
            _label("role_family", optional=True),
            _time("hired_on", filled=True),
            _time("left_on"),
            Field("weekly_hours", NUMBER, low=1, high=60, optional=True),
        ),
        (Order("hired_on", "left_on", "where the last day comes before the first"),),
    ),
    "engagement": Kind(
        (
            Field("employee_id", KEY, filled=True),
            _time("surveyed_on", filled=True),
            Field("score", NUMBER, low=1, high=5),
        ),
        once=("employee_id", "surveyed_on"),
    ),
    "onboarding": Kind(
        (
            Field("employee_id", KEY, filled=True, unique=True),
            _time("starts_on", filled=True),
            *(_time(name) for name in ("laptop_due_on", "laptop_delivered_on", "access_complete_on")),
        ),
    ),
    "services": Kind(
        (
            _label("service"),
            _month(),
            _amount("agreed_minutes"),
            _amount("down_minutes"),
            _amount("planned_down_minutes"),
        ),
        (Order("down_minutes", "agreed_minutes", "where more minutes are down than were agreed"),),
        ("service", "month"),
    ),
    "outages": Kind(
        (_label("service"), _time("started_at", filled=True), _time("ended_at")),
        (Order("started_at", "ended_at", "where the end comes before the start"),),
        ("service", "started_at"),
    ),
    "licences": Kind(
        (
            _label("product"),
            Field("employee_id", KEY),
            _time("assigned_on", filled=True),
            _time("last_used_on"),
            _amount("price_per_user_month"),
        ),
        (Order("assigned_on", "last_used_on", "where the last use comes before the assignment", DOUBTFUL),),
        ("product", "employee_id"),
    ),
    "storage": Kind(
        (
            _label("system"),
            _month(),
            _amount("gigabytes"),
            _label("retention_class"),
            Field("retention_years", NUMBER, low=0),
            _time("oldest_record_on"),
            _amount("price_per_gb_month"),
        ),
        once=("system", "month", "retention_class"),
    ),
    "deployments": Kind(
        (
            _label("service"),
            _time("committed_at"),
            _time("deployed_at", filled=True),
            Field("failed", FLAG),
            _time("restored_at"),
        ),
        (
            Order("committed_at", "deployed_at", "where the deployment comes before the commit"),
            Order("deployed_at", "restored_at", "where the repair comes before the deployment"),
        ),
        ("service", "deployed_at"),
    ),
    "access_requests": Kind(
        (
            Field("employee_id", KEY, filled=True),
            _label("system"),
            _time("requested_at", filled=True),
            *(_time(name) for name in ("approved_at", "provisioned_at", "revoked_at", "left_on")),
        ),
        (
            Order("requested_at", "approved_at", "where the approval comes before the request"),
            Order("approved_at", "provisioned_at", "where access is granted before the approval", DOUBTFUL),
            Order("provisioned_at", "revoked_at", "where access is taken back before it was granted"),
        ),
        ("employee_id", "system", "requested_at"),
    ),
    "costs": Kind((_month(), _label("kind"), Field("euros", NUMBER, filled=True))),
}


def failures(kind: Kind, table: pd.DataFrame) -> pd.DataFrame:
    """Validate a table whose columns were read already, and return what fails.

    Parameters
    ----------
    kind : Kind
        What the table must hold.
    table : DataFrame, shape (n_rows, n_columns)
        Columns read as their kinds; those of `kind.orders` are derived here.

    Returns
    -------
    DataFrame, shape (n_failures, 3)
        ``column``, ``check`` (``"empty"``, ``"twice"``, ``"low"``, ``"high"`` or ``"order"``) and ``row``, from 0.
    """
    columns: dict[str, Any] = {}
    derived: dict[str, pd.Series] = {}
    for field in kind.fields:
        if field.name not in table.columns:
            continue
        checks = []
        if field.low is not None:
            checks.append(pa.Check.ge(field.low, error="low"))
        if field.high is not None:
            checks.append(pa.Check.le(field.high, error="high"))
        columns[field.name] = pa.Column(nullable=not field.filled, unique=field.unique, checks=checks)
    for order in kind.orders:
        if order.first in table.columns and order.second in table.columns:
            gap = table[order.second] - table[order.first]
            derived[order.name] = gap.dt.total_seconds() if pd.api.types.is_timedelta64_dtype(gap) else gap
            columns[order.name] = pa.Column(nullable=True, checks=pa.Check.ge(0, error="order"))
    schema = pa.DataFrameSchema(columns)
    try:
        schema.validate(pd.concat([table, pd.DataFrame(derived, index=table.index)], axis=1), lazy=True)
    except pa.errors.SchemaErrors as error:
        names = {"not_nullable": "empty", "field_uniqueness": "twice"}
        cases = error.failure_cases
        found = pd.DataFrame(
            {"column": cases["column"], "check": cases["check"].replace(names), "row": cases["index"].astype(int)}
        )
        return found.drop_duplicates().sort_values(["column", "check", "row"], ignore_index=True)
    return pd.DataFrame({"column": [], "check": [], "row": []})

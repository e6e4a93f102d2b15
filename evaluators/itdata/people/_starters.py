"""New people and leavers: the rows that every measure of the first and the last days starts from."""

from typing import Any

import numpy as np
import pandas as pd

from evaluators.itdata._cells import day, days, keys, rows_of
from evaluators.itdata._words import counted
from evaluators.itdata.errors import JoinError, MeasureError


def starters_of(onboarding: Any, as_of: Any) -> tuple[pd.DataFrame, pd.Timestamp]:
    """Return one row for each new person, and the day of the export."""
    today = day(as_of, "as_of")
    frame = rows_of(
        onboarding, "employee_id", "starts_on", "laptop_due_on", "laptop_delivered_on", "access_complete_on"
    )
    table = pd.DataFrame(
        {
            "person": keys(frame, "employee_id"),
            "starts": days(frame, "starts_on", needed=True),
            "due": days(frame, "laptop_due_on"),
            "delivered": days(frame, "laptop_delivered_on"),
            "access": days(frame, "access_complete_on"),
        }
    )
    twice = table["person"][table["person"].duplicated()]
    if len(twice):
        raise MeasureError(f"{twice.iloc[0]!r} starts more than once.", "Keep one row a person.")
    refuse_after(table["delivered"], today, "the laptop is delivered")
    refuse_after(table["access"], today, "access is complete")
    return table, today


def refuse_after(when: pd.Series, today: pd.Timestamp, what: str) -> None:
    """Refuse days after the export."""
    places = np.flatnonzero((when > today).to_numpy())
    if len(places):
        raise MeasureError(
            f"In row {places[0] + 1} {what} on {when.iloc[places[0]].date()}, after {today.date()} "
            f"({counted(len(places), 'such row')}).",
            "Give as_of the day of the export.",
        )


def last_days(people: Any) -> dict[str, Any]:
    """Return each person's last day by key; missing where still here."""
    frame = rows_of(people, "employee_id", "left_on")
    persons = keys(frame, "employee_id")
    if (twice := persons[persons.duplicated()]).size:
        raise JoinError(f"{twice.iloc[0]!r} occurs more than once in the table of people.", "Keep one row a person.")
    return dict(zip(persons, days(frame, "left_on"), strict=True))

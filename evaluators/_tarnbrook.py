"""How the tables of Tarnbrook, the made-up employer, are read: times, numbers and labels of each."""

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from evaluators.itdata.log import TicketLog

TIME_ZONE = "Europe/Dublin"
AS_OF = "2026-07-01 00:00:00"  # the moment of the export

# Of each table: columns of times or dates, of yes or no, and of text that is no label. Other text becomes categories.
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "people": (("hired_on", "left_on"), (), ("employee_id", "manager_id")),
    "tickets": (
        ("opened_at", "resolved_at", "closed_at", "sys_updated_at"),
        ("made_sla",),
        ("number", "caller_id"),
    ),
    "ticket_events": (("opened_at", "sys_updated_at", "resolved_at", "closed_at"), ("made_sla",), ()),
    "engagement": (("surveyed_on",), (), ("employee_id",)),
    "onboarding": (
        ("starts_on", "laptop_due_on", "laptop_delivered_on", "access_complete_on"),
        (),
        ("employee_id", "request"),
    ),
    "services": ((), (), ("month",)),
    "outages": (("started_at", "ended_at"), ("planned",), ()),
    "licences": (("assigned_on", "last_used_on"), (), ("employee_id",)),
    "storage": (("oldest_record_on",), (), ("month",)),
    "deployments": (("committed_at", "deployed_at", "restored_at"), ("failed",), ()),
    "access_requests": (
        ("requested_at", "approved_at", "provisioned_at", "revoked_at", "left_on"),
        (),
        ("employee_id",),
    ),
    "costs": ((), (), ("month",)),
}

_TICKETS = {
    "number": "number",
    "opened_at": "opened_at",
    "resolved_at": "resolved_at",
    "closed_at": "closed_at",
    "incident_state": "state",
    "priority": "priority",
    "category": "category",
    "contact_type": "contact_type",
    "location": "location",
    "caller_id": "caller",
    "assignment_group": "group",
    "assigned_to": "assigned_to",
    "reassignment_count": "reassignments",
    "reopen_count": "reopens",
    "made_sla": "sla_met",
}
_EVENTS = {
    "number": "number",
    "sys_updated_at": "at",
    "incident_state": "state",
    "assignment_group": "group",
    "assigned_to": "assigned_to",
}


@lru_cache(maxsize=16)
def parse_table(table: str, content: bytes) -> pd.DataFrame:
    """Read a packed table of `TABLES` with the right types."""
    return _typed(table, pd.read_csv(BytesIO(content), compression="gzip"))


def _typed(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    times, flags, texts = TABLES[table]
    made: dict[str, pd.Series] = {name: pd.to_datetime(frame[name]) for name in times if name in frame}
    made |= {name: frame[name].astype("boolean") for name in flags if name in frame and frame[name].hasnans}
    labels = [name for name in frame.columns if frame[name].dtype == "str" and name not in (*times, *texts)]
    return frame.assign(**made).astype(dict.fromkeys(labels, "category"))


@lru_cache(maxsize=2)
def parse_log(tickets: bytes, events: bytes) -> "TicketLog":
    """Make the ticket log of the two packed tables."""
    from evaluators.itdata.log import ticket_log

    rows = pd.read_csv(BytesIO(events), compression="gzip", usecols=list(_EVENTS))
    rows = _typed("ticket_events", rows).rename(columns=_EVENTS)
    table = parse_table("tickets", tickets).rename(columns=_TICKETS)
    priority = table["priority"]
    by_number = rows.groupby("number", observed=True, sort=False)
    # Answered: somebody is named, or the state is no longer "New".
    answered = rows[rows["assigned_to"].notna() | (rows["state"] != "New")].drop_duplicates("number")
    table = table.assign(
        priority=priority.cat.rename_categories({label: f"P{label[0]}" for label in priority.cat.categories}),
        first_group=table["number"].map(by_number["group"].first().astype("str")),
        events=table["number"].map(by_number.size()),
        responded_at=table["number"].map(answered.set_index("number")["at"]),
    )
    note = (
        f"{len(rows):,} rows tell of {len(table):,} tickets: a row is one event. Answered means that somebody was "
        'named or the state left "New". SLA met is the company\'s own flag: its clock stands still while the state '
        'is "Awaiting User Info".'
    )
    return ticket_log(table, rows, as_of=AS_OF, time_zone=TIME_ZONE, notes=(note,))

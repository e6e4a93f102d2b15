"""Reading what IT records: tickets, services, licences, storage and costs, and what they mean for people.

`log` holds the tickets that every measure takes, `reading` makes them from an export. `tickets`, `people` and `estate`
measure; `quality` checks tables; `incidents` puts together what `hrlab incidents` tells, and `report` writes it.
"""

from evaluators.itdata.errors import ExportError, JoinError, LogError, MeasureError
from evaluators.itdata.log import EVENT_COLUMNS, TICKET_COLUMNS, TicketLog, ticket_log

__all__ = [
    "EVENT_COLUMNS",
    "TICKET_COLUMNS",
    "ExportError",
    "JoinError",
    "LogError",
    "MeasureError",
    "TicketLog",
    "ticket_log",
]

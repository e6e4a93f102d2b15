"""Reading what IT records: tickets, services, licences, storage and costs, and what they mean for people."""

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

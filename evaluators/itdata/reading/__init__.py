"""Exports of help desks, read as tickets and events."""

from evaluators.itdata.reading._typed import BadRow
from evaluators.itdata.reading.tickets import TicketExport, read_tickets

__all__ = ["BadRow", "TicketExport", "read_tickets"]

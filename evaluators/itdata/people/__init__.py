"""Tickets and other records beside people: rates, fair comparisons, starters and leavers, and who must not be shown."""

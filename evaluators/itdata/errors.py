"""What can be wrong with the input of a reading of IT data."""

from evaluators.errors import LabError


class LogError(LabError, ValueError):
    """Tables that are no ticket log: a ticket twice, a time without a zone, events of unknown tickets."""


class ExportError(LabError, ValueError):
    """An export that cannot be read as tickets: no number, no time of opening, dates that can be read in two ways."""


class MeasureError(LabError, ValueError):
    """A measure that these tickets or settings do not allow."""


class JoinError(LabError, ValueError):
    """Two tables that do not fit together: keys that do not match, or a person twice."""

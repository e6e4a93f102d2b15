"""What can be wrong with the input of a screening audit."""

from evaluators.errors import LabError


class CountError(LabError, ValueError):
    """Counts that cannot be: more selected than applied, nobody applied, not whole numbers."""


class OutcomeError(LabError, ValueError):
    """An outcome column that does not say for each row whether the person was selected."""


class UnknownGroupError(LabError, ValueError):
    """An audit was asked about a group the data does not contain."""


class TooFewGroupsError(LabError, ValueError):
    """A comparison was asked for with fewer than two groups."""


class LevelError(LabError, ValueError):
    """A significance or confidence level that does not lie between 0 and 1."""

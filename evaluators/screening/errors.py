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


class SimulationError(LabError, ValueError):
    """Settings of a simulation or a power calculation that make no sense, such as shares that are all zero."""


class ScoreError(LabError, ValueError):
    """Scores, ranks or features that an audit cannot use: text, infinite, all the same, or none at all."""


class PeriodError(LabError, ValueError):
    """Dates that cannot be read, or too few periods for a control chart."""


class TooManyGroupsError(LabError, ValueError):
    """A group column with so many values that they cannot be groups, such as names or numbers."""


class FileReadError(LabError, ValueError):
    """A file of applicants that cannot be read: missing, empty, of another kind or encoding, or damaged."""


class UnknownRulesError(LabError, ValueError):
    """Rules were asked for that the project does not have."""


class BiasError(LabError, ValueError):
    """A planted bias that is no size, or a past from which nothing can be learned."""


class FeatureError(LabError, ValueError):
    """A column that the screener does not read, or that holds something it cannot read."""


class SwapError(LabError, ValueError):
    """A swap that makes no sense, or that changes nothing in any résumé."""


class ToolError(LabError, RuntimeError):
    """The tool under test failed on a résumé, or gave something that is no score."""


class MethodError(LabError, ValueError):
    """A name of an interval method that this library does not know."""

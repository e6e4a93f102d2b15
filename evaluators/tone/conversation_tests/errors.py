"""What can be wrong with conversation tests and runs that were kept."""

from evaluators.errors import LabError


class ConversationTestError(LabError, ValueError):
    """Test files that cannot be read or say something that cannot be; all that was found, with lines."""


class AcceptedRunError(LabError, ValueError):
    """A file that holds no accepted run, or a run that cannot be kept as one."""

"""What can be wrong with the input of a tone evaluation."""

from evaluators.errors import LabError


class ReplyError(LabError, ValueError):
    """A reply that holds nothing to score, or turns that are no conversation."""


class RubricError(LabError, ValueError):
    """A rubric, a list of cues or gate rules that cannot be used, or a dimension that the rubric does not have."""


class RatingsError(LabError, ValueError):
    """Ratings of replies that cannot be used, are too few, or a calibration file that is none."""

"""What can be wrong with ratings, or with what is asked of them."""

from evaluators.errors import LabError


class PanelError(LabError, ValueError):
    """Ratings that cannot be read as a panel: twice, no number, infinite, not on the scale, without a name."""


class UnknownRaterError(LabError, LookupError):
    """A panel was asked about a rater or an item that it does not have."""


class NoAgreementError(LabError, ValueError):
    """A measure that these ratings do not allow: one rater, nothing rated in common, all ratings equal."""


class LevelError(LabError, ValueError):
    """A confidence level, a number of draws or a name of a weighting that makes no sense."""


class CueError(LabError, ValueError):
    """Cues that cannot be used: missing or infinite values, one value for all items, items that nobody described."""


class NoPolicyError(LabError, ValueError):
    """A policy that these ratings do not show: too few items for the cues, cues that repeat each other, no spread."""


class PairError(LabError, ValueError):
    """Paired comparisons that give no scale: a thing against itself, nothing that ties two parts together."""


class ScreenerError(LabError, ValueError):
    """A screener's scores that cannot be set beside a panel: none for an item, no number, the same for all."""

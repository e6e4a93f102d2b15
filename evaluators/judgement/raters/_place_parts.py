"""What somebody's place among a panel holds: items seen differently, and two groups of items that are alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parting:
    """An item that one person and the panel see differently.

    Parameters
    ----------
    item : str
        The item.
    own : float
        The person's rating.
    panel : float
        Mean of the panel's ratings.
    n_raters : int
        How many of the panel rated it.
    lowest, highest : float
        The panel's lowest and highest rating.
    gap : float
        Points by which the person puts it higher than the panel does, the severity of all taken out.
    groups : tuple of (str, float)
        Mean of each group's ratings; none where there are no groups.
    """

    item: str
    own: float
    panel: float
    n_raters: int
    lowest: float
    highest: float
    gap: float
    groups: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class AlikeDifference:
    """How one person rates two groups of items that are alike in the cues.

    Parameters
    ----------
    group, reference : str
        The labels.
    n_group, n_reference : int
        Items of each.
    points : float
        Points of the scale that the group gets more than the reference, cues equal; below 0, less.
    low, high : float
        Limits of it (95%).
    smallest : float
        The difference that 4 of 5 such rounds would tell from none.
    """

    group: str
    reference: str
    n_group: int
    n_reference: int
    points: float
    low: float
    high: float
    smallest: float

"""What a map of raters holds: points, arrows, groups, and somebody's place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One rater on the map.

    Parameters
    ----------
    rater : str
        The rater.
    n_ratings : int
        Ratings that the place rests on.
    x, y : float
        The place: standard deviations of the rater's ratings for one of the cues that the axis is made of (no unit).
    half_long, half_short, turn : float
        The region that holds the place in so many draws of the rater's items as `RaterMap.confidence` says: half axes
        of an ellipse, and its turn from the first axis (radians).
    group : str
        ``"A"`` or ``"B"``; empty where two groups cannot be told, and for whoever is placed.
    weights : tuple of float
        For each column of cues: standard deviations of the ratings for one of the cue, pulled to nought.
    weights_low, weights_high : tuple of float
        Percentiles of them over redrawn items.
    """

    rater: str
    n_ratings: int
    x: float
    y: float
    half_long: float
    half_short: float
    turn: float
    group: str
    weights: tuple[float, ...]
    weights_low: tuple[float, ...]
    weights_high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MapCue:
    """One cue on the map.

    Parameters
    ----------
    column : str
        The cue, or for words the word that is compared with the reference.
    words : str
        How it is called.
    counts : str
        How it counts for the panel: its name, or such as "few gap years" where many count against.
    x, y : float
        End of the arrow of `counts` (-1 to 1): who lies in that direction values it more than the panel's mean does.
    """

    column: str
    words: str
    counts: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class MapGroup:
    """Raters whose ratings go with the same cues.

    Parameters
    ----------
    name : str
        ``"A"`` (left on the map) or ``"B"``.
    raters : tuple of str
        Who belongs to it.
    counts : tuple of str
        What counts more here than in the other group, most first.
    """

    name: str
    raters: tuple[str, ...]
    counts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A colleague near to whoever is placed.

    Parameters
    ----------
    rater : str
        The colleague.
    distance : float
        Between the weights of both, over all cues (no unit).
    share : float
        Share (0-1) of the draws of the placed rater's items in which the colleague is among the three nearest.
    """

    rater: str
    distance: float
    share: float


@dataclass(frozen=True, slots=True)
class Follows:
    """How far the placed rater's ratings follow a group.

    Parameters
    ----------
    group : str
        Its name; ``"panel"`` where there are no two groups.
    correlation : float
        Of the ratings with what the group's mean weights would give for the same items (-1 to 1).
    low, high : float
        Percentiles of it over redrawn items.
    """

    group: str
    correlation: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one rater lies among the others.

    Parameters
    ----------
    rater : str
        Who is placed.
    nearest : tuple of Neighbour
        The three nearest colleagues, nearest first.
    follows : tuple of Follows
        Each group, or the panel.
    verdict : str
        ``"A"`` or ``"B"``: nearer to this group. ``"between"``: nearer to one, but not surely. ``"neither"``: the
        ratings follow no group better than luck. ``"panel"``: there are no two groups, and the ratings follow the
        panel.
    sure : float
        Share (0-1) of the draws in which the nearer group is the nearer; NaN without two groups.
    by_luck : float
        Share (0-1) of shuffles of the own ratings that follow a group, or the panel, as well.
    """

    rater: str
    nearest: tuple[Neighbour, ...]
    follows: tuple[Follows, ...]
    verdict: str
    sure: float
    by_luck: float

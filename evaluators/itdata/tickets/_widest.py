"""The most travelled way to every place of a map."""

import heapq
from collections.abc import Mapping

Step = tuple[int, int]


def widest_paths(steps: Mapping[Step, int], starts: set[int]) -> list[Step]:
    """Return the steps of a tree from the starts on which each place is reached by its widest path.

    The width of a path is the count of its rarest step.

    Parameters
    ----------
    steps : dict of (int, int) to int
        How often the step from one place to another was made.
    starts : set of int
        Where the ways begin; they need not occur.

    Returns
    -------
    list of (int, int)
        One step into each place that can be reached.

    Examples
    --------
    >>> widest_paths({(0, 1): 9, (1, 2): 8, (0, 2): 1}, {0})
    [(0, 1), (1, 2)]
    """
    onward: dict[int, list[tuple[int, int]]] = {}
    for (source, target), width in steps.items():
        onward.setdefault(source, []).append((target, width))
    waiting = [(-width, source, target) for source in starts for target, width in onward.get(source, [])]
    heapq.heapify(waiting)
    reached = set(starts)
    tree: list[Step] = []
    while waiting:
        width, source, target = heapq.heappop(waiting)
        if target in reached:
            continue
        reached.add(target)
        tree.append((source, target))
        for further, count in onward.get(target, []):
            heapq.heappush(waiting, (-min(-width, count), target, further))
    return tree

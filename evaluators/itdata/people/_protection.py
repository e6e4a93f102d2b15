"""What arithmetic can find out about hidden cells of a table with totals, and which further cells must be hidden."""

import math

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


def sums(shape: tuple[int, int]) -> Matrix:
    """Return the equations of a table whose last row and column hold the totals: each line of ones minus its total.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns with their totals; one column alone has no row totals.

    Returns
    -------
    ndarray of float, shape (n_equations, n_cells)
        Each times the flat cells is zero.
    """
    rows, columns = shape
    place = np.arange(rows * columns).reshape(shape)
    lines = [place[:, column] for column in range(columns)]
    if columns > 1:
        lines += [place[row, :] for row in range(rows)]
    equations = np.zeros((len(lines), rows * columns))
    for number, line in enumerate(lines):
        equations[number, line] = 1.0
        equations[number, line[-1]] = -1.0
    return equations


def feasible_range(shown: Matrix, hidden: Mask, cell: int, *, equations: Matrix) -> tuple[float, float]:
    """Return the lowest and highest value of a hidden cell that fits everything shown.

    Parameters
    ----------
    shown : ndarray of float, shape (n_cells,)
        The cells; those hidden are not looked at.
    hidden : ndarray of bool, shape (n_cells,)
        Which are hidden.
    cell : int
        The place of a hidden cell.
    equations : ndarray of float, shape (n_equations, n_cells)
        From `sums`.

    Returns
    -------
    low, high : float
        Counts; `high` is infinite if nothing holds it. In such a table the bounds are whole numbers.
    """
    from scipy.optimize import linprog  # slow to import

    known = equations[:, ~hidden] @ shown[~hidden]
    part = equations[:, hidden]
    goal = np.zeros(int(hidden.sum()))
    goal[int(np.flatnonzero(np.flatnonzero(hidden) == cell)[0])] = 1.0
    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(sign * goal, A_eq=part, b_eq=-known, bounds=(0, None), method="highs")
        ends.append(round(sign * solved.fun) if solved.status == 0 else math.inf)
    return float(ends[0]), float(ends[1])


def cells_to_hide(counts: Matrix, small: Mask, *, width: float, equations: Matrix) -> Mask:
    """Choose which cells to hide, so that for every small cell both 0 and `width` fit what is shown.

    For each small cell the cheapest way of moving its value is searched, up to `width` and down to zero, with other
    cells following so that all shown totals stay true; what has to follow is hidden. Cheap are few people, dear are
    totals; empty cells come in between, since they are easily guessed. At the end, cells are shown again that turn
    out not to be needed, largest first.

    Parameters
    ----------
    counts : ndarray of float, shape (n_cells,)
        The true counts with their totals.
    small : ndarray of bool, shape (n_cells,)
        Cells that must be hidden, all below `width`.
    width : float
        At least so far apart are the lowest and the highest value that fit, for every small cell.
    equations : ndarray of float, shape (n_equations, n_cells)
        From `sums`.

    Returns
    -------
    ndarray of bool, shape (n_cells,)
        True for every cell to hide.
    """
    totals = (equations == -1).any(axis=0)
    largest = counts.max() + 1
    cost = np.where(counts > 0, counts + 1, 4 * largest) + np.where(totals, 8 * largest, 0)
    hidden, everything = small.copy(), np.ones(len(counts), dtype=bool)
    cells = np.flatnonzero(small).tolist()
    for cell in cells:
        followers = _followers(counts, everything, cell, width, np.where(hidden, 0.0, cost), equations)
        if followers is not None:  # never None: with all cells hidden every value fits
            hidden |= followers
    even = np.ones(len(counts))
    needs = {cell: _followers(counts, hidden, cell, width, even, equations) for cell in cells}
    spare = np.flatnonzero(hidden & ~small)
    for place in spare[np.argsort(-cost[spare], kind="stable")].tolist():
        fewer = hidden.copy()
        fewer[place] = False
        found: dict[int, Mask | None] = {}
        for cell, need in needs.items():
            if need is None or need[place]:
                found[cell] = _followers(counts, fewer, cell, width, even, equations)
                if found[cell] is None:
                    break
        else:
            hidden, needs = fewer, needs | found
    return hidden


def _followers(counts: Matrix, allowed: Mask, cell: int, width: float, price: Matrix, equations: Matrix) -> Mask | None:
    """Return the cells that move, at the least price, if one moves up to `width` and down to 0; None if it cannot."""
    from scipy.optimize import linprog

    places = np.flatnonzero(allowed)
    part = equations[:, allowed]
    moved = np.zeros(len(counts), dtype=bool)
    for change in (width - counts[cell], -counts[cell]):
        up: list[tuple[float, float | None]] = [(0.0, None)] * len(places)
        down: list[tuple[float, float | None]] = [(0.0, float(counts[place])) for place in places]
        own = int(np.flatnonzero(places == cell)[0])
        up[own], down[own] = (max(change, 0.0),) * 2, (max(-change, 0.0),) * 2
        solved = linprog(
            np.concatenate([price[allowed], price[allowed]]),
            A_eq=np.hstack([part, -part]),
            b_eq=np.zeros(len(equations)),
            bounds=up + down,
            method="highs",
        )
        if solved.status != 0:
            return None
        moved[places] |= (solved.x[: len(places)] + solved.x[len(places) :]) > 1e-9
    return moved

"""Whether a screener's scores follow a name, or whatever else tells a group: swap it, leave all else, score again."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.screener.run import run_screener
from evaluators.judgement.screener.screeners import shown_columns
from evaluators.screening.errors import ToolError
from evaluators.screening.probe import probe
from evaluators.screening.probe_results import ProbeResult
from evaluators.screening.swaps import Swap

SWAP_LEVEL = 0.01  # as for people who are alike: what makes a build fail must not be chance


def group_swaps(items: Any, columns: Sequence[str], *, groups: Sequence[str]) -> tuple[Swap, ...]:
    """Make a swap of each column's words for each attribute: those of its two largest groups.

    Parameters
    ----------
    items : table, shape (n_items, n_columns)
        One row per résumé.
    columns : sequence of str
        Columns whose words tell a group, such as first names, or a column of groups itself.
    groups : sequence of str
        Columns with groups of people.

    Returns
    -------
    tuple of Swap
        One for each column and attribute for which words differ; called ``"first_name (sex)"``. A word stands for a
        group if it is at least one and a half times as common there. It is swapped in every column of texts; a label of
        a column of groups in that column only.

    Raises
    ------
    ScreenerError
        If no groups are named, there are fewer than two, or a column has no words that tell them.
    ColumnError
        If there is no such column.

    Examples
    --------
    >>> people = pd.DataFrame({"name": ["Ann", "Amy", "Bob", "Bo"], "sex": list("ffmm")})
    >>> [(swap.name, swap.from_values, swap.to_values) for swap in group_swaps(people, ["name"], groups=["sex"])]
    [('name (sex)', ('Amy', 'Ann'), ('Bo', 'Bob'))]
    """
    if not groups:
        raise ScreenerError("A swap needs groups.", "Name the columns with groups, such as sex.", "groups")
    table = pandas_columns(items, *dict.fromkeys([*columns, *groups]))
    swaps = []
    for column in columns:
        found = []
        for group in groups:
            if column in groups and column != group:
                continue
            labels = table[group].dropna().value_counts().sort_index().sort_values(ascending=False, kind="stable")
            if len(labels) < 2:
                raise ScreenerError(
                    f"The column {group!r} has fewer than two groups, so nothing can be swapped.", "Name another."
                )
            first, second = labels.index[:2].tolist()
            if column == group:
                found.append(Swap(column, str(first), str(second), [str(first)], [str(second)], [column]))
            elif words := _told(table, column, group, first, second):
                found.append(Swap(f"{column} ({group})", str(first), str(second), *words))
        if not found:
            raise ScreenerError(
                f"No words in {column!r} are more common in one group than in the other ({', '.join(groups)}).",
                "Swap a column that tells a group, such as a first name.",
                "swaps",
            )
        swaps += found
    return tuple(swaps)


def swap_probe(
    spec: str,
    items: Any,
    *,
    item: str,
    swaps: Sequence[Swap],
    withheld: Sequence[str] = (),
    timeout_s: float = 60.0,
    folder: str | os.PathLike[str] = ".",
) -> ProbeResult:
    r"""Run a screener on résumés in which one thing was swapped, beside a placebo.

    Parameters
    ----------
    spec, items, item, withheld, timeout_s, folder
        As for `evaluators.judgement.screener.run.run_screener`, which runs it: twice, and twice more for each swap.
    swaps : sequence of Swap
        From `group_swaps`, or your own.

    Returns
    -------
    ProbeResult
        As `evaluators.screening.probe.probe` makes it, at the level 0.01. It says what the screener does with these
        words in these résumés; what passes through anything else it does not see.

    Raises
    ------
    ScreenerError, ToolError, SwapError, ColumnError
        As `run_screener` and `probe` do.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> table = pd.DataFrame({"cv": range(20), "name": ["Ann", "Bob"] * 10, "sex": ["f", "m"] * 10})
    >>> with TemporaryDirectory() as here:
    ...     _ = Path(here, "mine.py").write_text("def score(resume):\n    return resume['name'] == 'Bob'")
    ...     swaps = group_swaps(table, ["name"], groups=["sex"])
    ...     swap_probe("mine:score", table, item="cv", swaps=swaps, withheld=["sex"], folder=here).verdict.value
    'effect beyond the placebo'
    """
    _, shown = shown_columns(items, item=item, withheld=withheld)
    name = next(each for each in ("résumé", "the résumé's name") if each not in shown.columns)

    def tool(table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
        places = [f"résumé {place + 1} (with swapped words)" for place in range(len(table))]
        try:
            run = run_screener(
                spec, table.assign(**{name: places}), item=name, timeout_s=timeout_s, folder=folder, again=0
            )
        except ScreenerError as error:
            raise ToolError(error.problem, error.hint) from error
        return run.scores.to_numpy(dtype=np.float64)

    return probe(tool, shown, swaps=swaps, alpha=SWAP_LEVEL, sample=None, batch_size=max(len(shown), 1))


def _told(table: pd.DataFrame, column: str, group: str, first: Any, second: Any) -> tuple[list[str], list[str]] | None:
    """Return the words of a column that stand for each of two groups; None if one of them has none."""
    texts = table[column].map(lambda value: value if isinstance(value, str) and value.strip() else None)
    shares = [texts[table[group] == label].value_counts(normalize=True) for label in (first, second)]
    words = []
    for own, other in (shares, shares[::-1]):
        words.append(sorted(str(word) for word, share in own.items() if share >= 1.5 * other.get(word, 0.0)))
    return (words[0], words[1]) if all(words) else None

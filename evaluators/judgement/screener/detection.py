"""How often a test on so many résumés would find what a screener does: small test sets hide unfairness."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import json_able
from evaluators._wilson import wilson
from evaluators.judgement._alike import FEWEST_LEFT, SMALLEST_GROUP, feature_columns, fit_alike
from evaluators.judgement._draws import FloatArray, IntArray, rounded
from evaluators.judgement._rows import t_limits
from evaluators.judgement.errors import LevelError, ScreenerError
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.screener import _shortlists
from evaluators.judgement.screener._disagreement import ALIKE_LEVEL, SMALLEST_ALIKE, label_of
from evaluators.screening.audit import audit_selection
from evaluators.screening.counts import CountTable
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    import altair as alt

_ITEM = "item…"  # of rows that have no name


@dataclass(frozen=True, slots=True)
class DetectionRate:
    """How often tests of one size find something.

    Parameters
    ----------
    size : int
        Résumés in a test.
    shortlist : float
        Share (0-1) of the tests in which the audit of the shortlist says "evidence of adverse impact".
    alike : float
        Share in which the groups are found to be treated unlike, features equal.
    either : float
        Share in which at least one of the two speaks.
    low, high : float
        Wilson's 95 % interval of `either`, for the number of draws.
    """

    size: int
    shortlist: float
    alike: float
    either: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DetectionRates:
    """Result of `detection_rates`.

    Parameters
    ----------
    rates : tuple of DetectionRate
        By size.
    group, label, reference : str
        The column, the group that is looked at, and the group it is compared with.
    n_pool : int
        Résumés from which tests are drawn.
    pool_ratio : float
        The group's impact ratio in the whole pool.
    pool_gap : float
        Places of 100 that the screener puts the group higher in the whole pool, features equal; below 0, lower.
    share : float
        Share (0-1) on the shortlist.
    draws, seed : int
        Tests of each size, and what makes them repeatable.
    """

    rates: tuple[DetectionRate, ...]
    group: str
    label: str
    reference: str
    n_pool: int
    pool_ratio: float
    pool_gap: float
    share: float
    draws: int
    seed: int

    def __iter__(self) -> Iterator[DetectionRate]:
        return iter(self.rates)

    def __getitem__(self, size: int) -> DetectionRate:
        """Return one size; an unknown one raises LevelError."""
        for rate in self.rates:
            if rate.size == size:
                return rate
        raise LevelError(f"No test of {size} was drawn.", f"Sizes: {', '.join(str(each.size) for each in self.rates)}.")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per size, with the fields of `DetectionRate`."""
        return pd.DataFrame([asdict(row) for row in self.rates])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dict(json_able(self))

    def summary(self) -> str:
        """Say in plain words how often a test of each size speaks, and what silence does not show."""
        way = "higher" if self.pool_gap > 0 else "lower"
        return "\n".join(
            [
                f"Over all {self.n_pool:,} résumés the screener shortlists {self.label} ({self.group}) at "
                f"{self.pool_ratio:.2f} of the rate of {self.reference}, and puts them {abs(self.pool_gap):.1f} places "
                f"of 100 {way} than people who are alike in the features.",
                *(
                    f"A test on {row.size:,}: in {row.shortlist:.0%} of {self.draws:,} tests the audit of the "
                    f"shortlist finds evidence against it, in {row.alike:.0%} the comparison of people who are alike "
                    f"does, in {row.either:.0%} at least one of the two ({row.low:.0%} to {row.high:.0%})."
                    for row in self.rates
                ),
                "A test that says nothing does not show that a screener is fair: it may have been too small to see.",
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw how often each kind of look speaks, by size; the description holds the summary."""
        from evaluators.judgement._charts.detection import detection_chart  # Altair is slow to import

        return detection_chart(self)


def detection_rates(
    scored: Any,
    *,
    score: str,
    group: str,
    label: str,
    reference: str,
    features: Sequence[str],
    sizes: Sequence[int] = (80, 120, 240),
    share: float = 0.25,
    within: str | None = None,
    draws: int = 200,
    seed: int = 0,
) -> DetectionRates:
    """Draw tests of several sizes from a large pool of scored résumés, and count how often each would speak.

    The two looks are those of `screener_against_panel`: the audit of the shortlist (four-fifths and a test at 0.05),
    and the comparison of people who are alike in the features (at least 3 places of 100, p under 0.01).

    Parameters
    ----------
    scored : table, shape (n_pool, n_columns)
        One row per résumé: a pandas or polars frame, a PyArrow table or the like.
    score, group : str
        Columns with the screener's score (higher is better) and with the group.
    label, reference : str
        The group that is looked at, and the one that it is compared with; other rows are left out.
    features : sequence of str
        Columns with what may count.
    sizes : sequence of int
        Résumés in a test, each at most as many as the pool has.
    share : float
        Share (0-1) of the résumés on the shortlist (of each job).
    within : str, optional
        Column with the job.
    draws : int
        Tests of each size, drawn by lot from the pool; 20 or more.
    seed : int
        What makes the draws repeatable.

    Returns
    -------
    DetectionRates
        How often the two looks speak, by size.

    Raises
    ------
    LevelError
        If sizes, share or draws make no sense.
    ScreenerError
        If a score is no number, or a group has fewer than five résumés.
    CueError, ColumnError
        If a feature cannot be used, or the table has no such column.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> pool = pd.DataFrame({"skill": rng.normal(size=600), "who": ["a", "b"] * 300})
    >>> pool["points"] = pool["skill"] - 2.0 * (pool["who"] == "b")
    >>> found = detection_rates(
    ...     pool, score="points", group="who", label="b", reference="a", features=["skill"], sizes=[100], draws=20
    ... )
    >>> found[100].either, found.pool_ratio < 0.5
    (1.0, True)
    """
    if not 0 < share < 1:
        raise LevelError(f"The share is {share}.", "Give a share between 0 and 1, such as 0.25.", "share")
    if draws < 20:
        raise LevelError(f"There are {draws} draws.", "Draw at least 20; 200 is usual.", "draws")
    wanted = list(dict.fromkeys([score, group, *([within] if within is not None else []), *features]))
    table = pandas_columns(scored, *wanted).reset_index(drop=True)
    scores = pd.to_numeric(table[score], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(scores).all():
        row = int(np.flatnonzero(~np.isfinite(scores))[0])
        raise ScreenerError(f"The score in row {row + 1} is {table[score].tolist()[row]!r}.", "A score is a number.")
    labels = table[group].map(label_of).astype(str)
    kept = labels.isin([label, reference]).to_numpy()
    table, scores = table[kept].reset_index(drop=True), scores[kept]
    marked = (labels[kept] == label).to_numpy().astype(np.int64)
    if min(int(marked.sum()), int((1 - marked).sum())) < SMALLEST_GROUP:
        raise ScreenerError(
            f"Column {group} has {int(marked.sum())} of {label!r} and {int((1 - marked).sum())} of {reference!r}.",
            f"Name two groups that the table has, each with {SMALLEST_GROUP} résumés or more.",
        )
    jobs = np.zeros(len(table), dtype=np.int64) if within is None else pd.factorize(table[within].astype(str))[0]
    fewest = 2 * len(features) + 1 + len(np.unique(jobs)) + FEWEST_LEFT
    if not sizes or not all(fewest <= size <= len(table) for size in sizes):
        raise LevelError(
            f"The sizes are {', '.join(map(str, sizes))}.", f"Give sizes from {fewest} to {len(table):,}.", "sizes"
        )
    named = table.assign(**{_ITEM: [f"{row:09}" for row in range(len(table))]})
    columns = Cues.from_table(named, item=_ITEM, cues=list(features)).matrix

    def look(rows: Any) -> tuple[float, bool, float, bool]:
        return _look(scores[rows], jobs[rows], marked[rows], columns[rows], share, label, reference)

    rng = np.random.default_rng(seed)
    pool_ratio, _, pool_gap, _ = look(slice(None))
    found = []
    for size in sizes:
        spoke = np.array([look(rng.choice(len(table), size, replace=False))[1::2] for _ in range(draws)], dtype=bool)
        both = int(spoke.any(axis=1).sum())
        shortlist, alike = (rounded(value) for value in spoke.mean(axis=0))
        found.append(DetectionRate(int(size), shortlist, alike, rounded(both / draws), *wilson(both, draws)))
    return DetectionRates(
        tuple(found), group, label, reference, len(table), pool_ratio, pool_gap, share, draws, seed
    )  # fmt: skip


def _look(
    scores: FloatArray, jobs: IntArray, marked: IntArray, columns: FloatArray, share: float, label: str, reference: str
) -> tuple[float, bool, float, bool]:
    """Return impact ratio and whether it is evidence, gap among people who are alike and whether it is found."""
    chosen, _ = _shortlists.bands(scores, jobs, share=share, reserve=0.0)
    counts = {
        name: (int((chosen & of).sum()), int(of.sum())) for name, of in ((label, marked == 1), (reference, marked == 0))
    }
    if min(of for _, of in counts.values()) < SMALLEST_GROUP:
        return float("nan"), False, float("nan"), False
    audited = audit_selection(CountTable.from_counts(counts), reference=reference)[label]
    places = 100 * _shortlists.places_in_jobs(scores, jobs)
    fit = fit_alike(places, feature_columns(columns, jobs), marked[:, None].astype(np.float64), jobs)
    evidence = audited.verdict is Verdict.EVIDENCE
    if isinstance(fit, str):  # too few résumés of a kind to tell
        return audited.impact_ratio, evidence, float("nan"), False
    gap = rounded(float(fit.gaps[0]))
    _, _, p_value = t_limits(gap, float(fit.errors[0]), fit.df, ALIKE_LEVEL)
    return audited.impact_ratio, evidence, gap, bool(p_value < ALIKE_LEVEL and abs(gap) >= SMALLEST_ALIKE)

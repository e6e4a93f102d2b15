"""Intraclass correlations: which share of the differences between ratings lies in the items."""

import math
from collections.abc import Sequence

import numpy as np

from evaluators.judgement._draws import FloatArray, check_draws, divided
from evaluators.judgement._measured import complete, left_out, measured, require_order
from evaluators.judgement.agreement.result import BOOTSTRAP, Agreement, AgreementTest
from evaluators.judgement.errors import LevelError, NoAgreementError
from evaluators.judgement.panel import ORDINAL, Panel

FORMS = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")
_F_LIMITS = "F distribution (Shrout and Fleiss 1979; McGraw and Wong 1996)"
_WHO = {
    "1": "It takes the raters of each item for other people each time, so severity counts as disagreement.",
    "2": "It takes the raters for a sample of many, so severity counts as disagreement.",
    "3": "It is about these raters only, and severity does not count: only whether they differ by a constant.",
}


def icc(
    panel: Panel,
    *,
    form: str = "2,1",
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 0,
) -> Agreement:
    """Compute an intraclass correlation by Shrout and Fleiss [1]_, with their limits from the F distribution.

    McGraw and Wong [2]_ call ICC(2,1) and ICC(2,k) ICC(A,1) and ICC(A,k), ICC(3,1) and ICC(3,k) ICC(C,1) and ICC(C,k).
    Only items count that all raters rated. The bootstrap redraws items and holds the raters fixed, so where raters are
    a sample (2), its limits are closer together than those from the F distribution.

    Parameters
    ----------
    panel : Panel
        The ratings, on an interval or ratio scale.
    form : str
        ``"1,1"``, ``"2,1"``, ``"3,1"`` for one rater's ratings, ``"1,k"``, ``"2,k"``, ``"3,k"`` for the mean of
        all. First figure: 1, every item has raters of its own; 2, the raters are a sample; 3, they are all there are.
    confidence : float
        Share (0-1) of such intervals that hold the true value if the ratings are normally distributed; and share of
        the draws between the bootstrap's limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.

    Returns
    -------
    Agreement
        At most 1; below 0 where the ratings of one item differ more than those of different items.

    Raises
    ------
    NoAgreementError
        If there are not two items that everybody rated, all ratings are equal, or the scale has no distances.
    LevelError
        If `form`, `confidence` or `replicates` make no sense.

    References
    ----------
    .. [1] Shrout, P. E. and Fleiss, J. L. (1979). Intraclass Correlations: Uses in Assessing Rater Reliability.
       Psychological Bulletin 86(2), 420-428, tables 2 and 4.
    .. [2] McGraw, K. O. and Wong, S. P. (1996). Forming Inferences About Some Intraclass Correlation Coefficients.
       Psychological Methods 1(1), 30-46, table 7.
    .. [3] Koo, T. K. and Li, M. Y. (2016). A Guideline of Selecting and Reporting Intraclass Correlation Coefficients.
       Journal of Chiropractic Medicine 15(2), 155-163.

    Examples
    --------
    >>> ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])
    >>> panel = Panel(ratings, tuple("123456"), tuple("ABCD"))
    >>> found = icc(panel, form="2,1")
    >>> print(f"{found.value:.2f}, {found.low:.2f} to {found.high:.2f}")
    0.29, 0.02 to 0.76
    """
    if form not in FORMS:
        raise LevelError(f"There is no form {form!r}.", f"The forms are: {'; '.join(FORMS)}.", "form")
    check_draws(confidence, replicates)
    name = f"ICC({form})"
    require_order(panel, name)
    if panel.scale == ORDINAL:
        raise NoAgreementError(
            f"{name} needs distances between ratings, and these only have an order (scale: ordinal).",
            "If the steps of the scale are equally wide, read the panel with the interval scale.",
        )
    used = complete(panel)
    squares = _MeanSquares(used.ratings)
    own = [float(each[0]) for each in squares(np.ones((1, used.n_items)))]
    place = FORMS.index(form)
    n, k = used.n_items, used.n_raters

    def statistic(drawn: FloatArray) -> FloatArray:
        return _values(squares(drawn), n, k)[:, place]

    itself = float(_values(squares(np.ones((1, n))), n, k)[0, place])
    limits = _limits(form, own, n, k, confidence) if math.isfinite(itself) else None
    notes, interval = left_out(panel, used, "all raters"), _F_LIMITS
    if limits is not None and not limits[0] - 1e-9 <= itself <= limits[1] + 1e-9:
        limits, interval = None, BOOTSTRAP
        notes += ("The formula for limits breaks down at a figure so far below 0; the interval is the bootstrap's.",)
    return measured(
        used,
        statistic,
        measure=f"icc_{form.replace(',', '_')}",
        name=name,
        confidence=confidence,
        replicates=replicates,
        seed=seed,
        means=lambda value: _means(value, form, k),
        does_not_mean=_not(form, k),
        notes=notes,
        limits=limits,
        interval=interval,
        test=lambda _: _tested(form, own, n, k),
        why_undefined=(
            "All items have the same mean, or nearly so, compared with how far the ratings of one item differ.",
            "Then no share of the differences lies in the items: choose items that differ.",
        ),
    )


class _MeanSquares:
    """Mean squares of the analysis of variance, of weighted items."""

    def __init__(self, ratings: FloatArray) -> None:
        width = float(ratings.max() - ratings.min())
        self.ratings = (ratings - ratings.mean()) / (width if width > 0 else 1.0)
        self.means = self.ratings.mean(axis=1)
        # What of an item's ratings lies beside its mean.
        self.within = ((self.ratings - self.means[:, None]) ** 2).sum(axis=1)

    def __call__(self, drawn: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the mean squares between items, between raters, of the rest, and within items, for each draw."""
        n, k = self.ratings.shape
        grand = drawn @ self.means / n
        # About each draw's own mean, so that nothing large is subtracted from something large.
        items = k * (drawn * (self.means - grand[:, None]) ** 2).sum(axis=1)
        raters = n * ((drawn @ self.ratings / n - grand[:, None]) ** 2).sum(axis=1)
        within = drawn @ self.within
        rest = np.maximum(within - raters, 0.0)
        rest[rest < 1e-12 * np.maximum(within, 1e-300)] = 0.0
        return items / (n - 1), raters / (k - 1), rest / ((n - 1) * (k - 1)), within / (n * (k - 1))


def _values(squares: Sequence[FloatArray], n: int, k: int) -> FloatArray:
    """Return the six forms, shape (n_draws, 6); NaN where one is undefined."""
    items, raters, rest, within = squares
    severity = (raters - rest) / n
    of_mean = items + severity
    return np.stack(
        [
            divided(items - within, items + (k - 1) * within),
            divided(items - rest, items + (k - 1) * rest + k * severity),
            divided(items - rest, items + (k - 1) * rest),
            divided(items - within, items),
            divided(items - rest, np.where(of_mean > 0, of_mean, 0.0)),
            divided(items - rest, items),
        ],
        axis=1,
    )


def _limits(form: str, own: Sequence[float], n: int, k: int, confidence: float) -> tuple[float, float]:
    from scipy.special import fdtri  # slow to import

    items, raters, rest, within = own
    upper = 1 - (1 - confidence) / 2
    single = form.endswith("1")
    if form[0] != "2":
        error, df = (within, n * (k - 1)) if form[0] == "1" else (rest, (n - 1) * (k - 1))
        ratio = items / error if error > 0 else math.inf
        ends = ratio / fdtri(n - 1, df, upper), ratio * fdtri(df, n - 1, upper)
        if single:
            return 1 - k / (ends[0] + k - 1), 1 - k / (ends[1] + k - 1)
        return 1 - 1 / ends[0], 1 - 1 / ends[1]
    rho = (items - rest) / (items + (k - 1) * rest + k * (raters - rest) / n)
    if rest + raters <= 0:
        return 1.0, 1.0
    # McGraw and Wong's a and b, both times n (1 - rho), which cancels and cannot be nought here.
    a, b = k * rho * raters, (n * (1 - rho) + k * rho * (n - 1)) * rest
    under = a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))
    free = max((a + b) ** 2 / under, 1e-6) if under > 0 else 1.0
    low, high = items / fdtri(n - 1, free, upper), items * fdtri(free, n - 1, upper)
    spread = k * raters + (k * n - k - n) * rest
    found = [n * (each - rest) / (spread + n * each) for each in (low, high)]
    if not single:  # Spearman and Brown's step from one rater to k; far below 0 it leads to no limit at all
        found = [k * each / (1 + (k - 1) * each) if 1 + (k - 1) * each > 0 else -math.inf for each in found]
    return found[0], found[1]


def _tested(form: str, own: Sequence[float], n: int, k: int) -> AgreementTest:
    from scipy.special import fdtrc

    items, _, rest, within = own
    error, df = (within, n * (k - 1)) if form[0] == "1" else (rest, (n - 1) * (k - 1))
    ratio = items / error if error > 0 else math.inf
    p_value = float(fdtrc(n - 1, df, ratio)) if math.isfinite(ratio) else 0.0
    return AgreementTest("F", ratio, (float(n - 1), float(df)), p_value)


def _means(value: float, form: str, k: int) -> str:
    whose = "of single ratings" if form.endswith("1") else f"of the mean of {k} raters"
    if value <= 0:
        return f"Ratings of one item differ as much as ratings of different items, or more. {_WHO[form[0]]}"
    return f"About {value:.0%} of the variance {whose} lies in the items, the rest in raters and noise. {_WHO[form[0]]}"


def _not(form: str, k: int) -> str:
    if form.endswith("1"):
        other = f"It is about one rater: the mean of {k} raters is firmer (see ICC({form[0]},k))."
    else:
        other = (
            f"It is about the mean of {k} raters: a single rater is less firm (see ICC({form[0]},1)), and with more "
            "raters the figure rises though nobody agrees better."
        )
    return (
        f"{other} Among items that hardly differ it is low though ratings are close. Koo and Li (2016) call 0.5, 0.75 "
        "and 0.9 the ends of poor, moderate and good; judge by the interval, and by what a wrong decision costs."
    )

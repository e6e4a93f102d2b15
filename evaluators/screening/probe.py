"""The counterfactual probe: change one thing in a résumé, and see whether the score changes with it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluators.screening._probe_tool import as_resumes, tool_of
from evaluators.screening._probe_trial import Trial
from evaluators.screening.errors import LevelError, SwapError, ToolError
from evaluators.screening.probe_results import (
    BY_RESUMES,
    BY_VALUES,
    FEWEST_RESUMES,
    FEWEST_VALUES,
    ProbeResult,
    ProbeVerdict,
    SwapEffect,
)
from evaluators.screening.significance import holm
from evaluators.screening.swaps import AnySwap

__all__ = [
    "BY_RESUMES",
    "BY_VALUES",
    "FEWEST_RESUMES",
    "FEWEST_VALUES",
    "ProbeResult",
    "ProbeVerdict",
    "SwapEffect",
    "probe",
]

_SELECTED_SHARE = 0.25
_SMALL_SHARE_OF_SPREAD = 0.1
_TWICE = 200


def probe(
    tool: Any,
    resumes: Any,
    *,
    swaps: Sequence[AnySwap],
    cut: float | None = None,
    matters: float | None = None,
    alpha: float = 0.05,
    sample: int | None = 1000,
    batch_size: int = 256,
    seed: int = 0,
) -> ProbeResult:
    """Change one thing in many résumés and compare the tool's scores with those for a placebo.

    Each résumé is scored as it is, with a word of the other group (the swap), and with another word of its own group
    (the placebo). The effect is the paired difference between the last two: any change of a name may move a score, and
    only what goes beyond that is about the group. A swap's verdict is

    - *effect beyond the placebo* if its Holm-adjusted p-value is under `alpha` **and** it is at least `matters`. Nearly
      every trained tool gives every word some weight, so that the p-value alone would flag all of them.
    - *none seen* if the whole interval of the effect lies within plus and minus `matters`. A smaller effect may still
      be real: `smaller_effect_significant` marks it.
    - *too little data to tell* otherwise, and with fewer than 10 résumés to swap.

    Where both groups have three words or more, the interval and the p-value are those of a t test with two-way
    clustered standard errors [1]_: résumés that got the same word rise and fall together, so words count as well as
    résumés, and the finding holds for other words of that kind. Otherwise they are those of a paired t test over
    résumés, and the finding is about these very words.

    Parameters
    ----------
    tool : callable or scikit-learn estimator
        A function from résumés to one score each, higher is better; or an estimator, of which ``predict_proba`` (second
        class) or else ``decision_function`` is used. It gets what you give: a list of texts or a pandas frame.
    resumes : sequence of str, or table of shape (n_resumes, n_columns)
        At least 10 résumés, as texts or as fields.
    swaps : sequence of swaps
        `Swap`, `PronounSwap`, `NumberSwap`, or your own with a ``rewrite``; names must differ.
    cut : float, optional
        A score of this or more counts as selected; by default the highest quarter is.
    matters : float, optional
        Smallest effect that matters, in the tool's points. By default a tenth of the standard deviation of scores: with
        normal scores and 10 to 50 % selected, such a gap leaves the impact ratio above four fifths.
    alpha : float
        Significance level (0-1).
    sample : int, optional
        At most so many résumés are tried, drawn by chance; None: all.
    batch_size : int
        At most so many résumés are given to the tool at once.
    seed : int
        Seed of all draws. Each swap draws on its own, so that adding one changes no other.

    Returns
    -------
    ProbeResult
        Effects, placebo, reversed decisions and verdicts.

    Raises
    ------
    ToolError
        If the tool fails (the error says on which résumé), gives no finite score, or there are no résumés.
    SwapError
        If there is no swap, or two have the same name.
    LevelError
        If `alpha` is no share between 0 and 1, or `matters` or `sample` is no size.

    References
    ----------
    .. [1] Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011). Robust Inference With Multiway Clustering. Journal
       of Business & Economic Statistics 29(2), 238-249, sections 2.1 and 2.3.

    Examples
    --------
    >>> from evaluators.screening.swaps import Swap
    >>> swap = Swap("name", "A", "B", ["Ann", "Amy", "Ada"], ["Bea", "Bev", "Bo"])
    >>> def tool(texts):
    ...     return [len(text) - 5 * ("Be" in text or "Bo" in text) for text in texts]
    >>> result = probe(tool, [f"{name} sells shoes" for name in ["Ann", "Bea"] * 20], swaps=[swap])
    >>> result["name"].verdict.value, result["name"].effect < -4
    ('effect beyond the placebo', True)
    """
    _check(swaps, alpha=alpha, matters=matters, sample=sample, cut=cut)
    all_resumes = as_resumes(resumes)
    if not len(all_resumes):
        raise ToolError("There are no résumés.", f"Give at least {FEWEST_RESUMES}.")
    machine = tool_of(tool, batch_size=batch_size)
    rng = np.random.default_rng(seed)
    places = np.arange(len(all_resumes))
    if sample is not None and sample < len(places):
        places = np.sort(rng.choice(places, sample, replace=False))
    unchanged = machine.scores(_take(all_resumes, places), places=places, version="unchanged")
    again = rng.permutation(len(places))[:_TWICE]  # in another order: a score may depend on its neighbours
    second = machine.scores(_take(all_resumes, places[again]), places=places[again], version="unchanged, once more")
    moved = np.abs(second - unchanged[again])
    spread = float(unchanged.std())
    spread = 0.0 if spread <= 1e-12 * max(1.0, float(np.abs(unchanged).max())) else spread
    tolerance = 1e-9 * max(1.0, spread)
    cut_at = float(np.quantile(unchanged, 1 - _SELECTED_SHARE, method="higher")) if cut is None else float(cut)
    least = _SMALL_SHARE_OF_SPREAD * spread if matters is None else float(matters)

    tried = [Trial.run(swap, machine, all_resumes, places, unchanged, seed=seed) for swap in swaps]
    figures = [trial.interval(alpha) for trial in tried]
    known = [place for place, figure in enumerate(figures) if not math.isnan(figure.p_value)]
    adjusted = dict(zip(known, holm([figures[place].p_value for place in known]), strict=True)) if known else {}
    return ProbeResult(
        effects=tuple(
            trial.effect(figure, p_adjusted=adjusted.get(place, math.nan), cut=cut_at, matters=least, alpha=alpha)
            for place, (trial, figure) in enumerate(zip(tried, figures, strict=True))
        ),
        resumes=len(places),
        score_mean=float(unchanged.mean()),
        score_sd=spread,
        cut=cut_at,
        cut_chosen=cut is not None,
        matters=least,
        alpha=alpha,
        scored_twice=len(again),
        changed_mind=int((moved > tolerance).sum()),
        repeat_move=float(moved.mean()),
    )


def _check(
    swaps: Sequence[AnySwap], *, alpha: float, matters: float | None, sample: int | None, cut: float | None
) -> None:
    names = [swap.name for swap in swaps]
    if not names:
        raise SwapError("There is nothing to swap.", "Give at least one swap, such as those of name_swap().")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise SwapError(f"Two swaps are called {twice[0]!r}.", "Give each a name of its own.")
    if not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.")
    if matters is not None and not (math.isfinite(matters) and matters >= 0):
        raise LevelError(f"matters is {matters}.", "Give points of the tool's score, 0 or more.")
    if cut is not None and not math.isfinite(cut):
        raise LevelError(f"The cut is {cut}.", "Give a score.")
    if sample is not None and sample < 1:
        raise LevelError(f"sample is {sample}.", "Give a number of résumés, or None for all.")


def _take(resumes: Any, places: npt.NDArray[np.intp]) -> Any:
    if isinstance(resumes, list):
        return [resumes[place] for place in places]
    return resumes.iloc[places].reset_index(drop=True)

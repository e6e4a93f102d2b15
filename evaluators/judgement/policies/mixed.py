"""One model of all raters: the panel's weights, and how far single raters lie from them."""

import math
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._plain import json_able
from evaluators.judgement._draws import FloatArray
from evaluators.judgement._measured import require_order, require_raters
from evaluators.judgement._rows import check_alpha
from evaluators.judgement.errors import NoPolicyError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies._designs import checked
from evaluators.judgement.policies._fits import weight_rows
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.policy import NOT_MINDS, CueWeight

if TYPE_CHECKING:
    import altair as alt

FEWEST_RATERS = 5
_DIGITS = 4  # of what a search has found


@dataclass(frozen=True, slots=True)
class CueSpread:
    """How far raters differ in the weight of one column of cues.

    Parameters
    ----------
    column : str
        The column.
    spread : float
        Standard deviation of the raters' standardised weights; 0 if they need not differ.
    raters : tuple of (str, float)
        Each rater's standardised weight, drawn towards the panel's where the ratings say little.
    """

    column: str
    spread: float
    raters: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class MixedPolicy:
    """Result of `capture_mixed_policy`.

    Parameters
    ----------
    weights : tuple of CueWeight
        The weights of a typical rater; standardised: by the standard deviation of all ratings.
    spreads : tuple of CueSpread
        How far raters differ, column by column.
    severity_spread : float
        Standard deviation of the raters' levels, in points.
    noise : float
        Standard deviation of what is left, in points.
    r_squared_panel, r_squared_all : float
        Share (0-1) of the variance that the typical policy accounts for, and that it does together with the raters'
        own levels and weights.
    n_items, n_raters, n_ratings : int
        What the figures rest on.
    alpha : float
        Significance level (0-1).
    notes : tuple of str
        Where to be careful.
    """

    weights: tuple[CueWeight, ...]
    spreads: tuple[CueSpread, ...]
    severity_spread: float
    noise: float
    r_squared_panel: float
    r_squared_all: float
    n_items: int
    n_raters: int
    n_ratings: int
    alpha: float
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row per column: the fields of `CueWeight`, and ``spread``."""
        return pd.DataFrame([asdict(each) for each in self.weights]).assign(
            spread=[each.spread for each in self.spreads]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words what counts for a typical rater, where raters differ, and what it does not show."""
        told = sorted((each for each in self.weights if each.found), key=lambda each: -abs(each.standardised))
        counting = "; ".join(
            f"{each.column} {'for' if each.standardised > 0 else 'against'} ({each.standardised:+.2f})" for each in told
        )
        widest = max(self.spreads, key=lambda each: (each.spread, each.column))
        ends = sorted(widest.raters, key=lambda each: each[1])
        said = [
            f"A typical one of {self.n_raters} raters: {counting or 'no cue can be told from luck'}.",
            f"The raters differ most over {widest.column}: from {ends[0][1]:+.2f} ({ends[0][0]}) to {ends[-1][1]:+.2f} "
            f"({ends[-1][0]}); standard deviation {widest.spread:.2f}."
            if widest.spread > 0.005
            else "The raters' weights need not differ to explain the ratings.",
            f"The typical policy accounts for {self.r_squared_panel:.0%} of the differences between ratings, with "
            f"each rater's own level and weights {self.r_squared_all:.0%}.",
        ]
        return "\n".join([*said, *self.notes, NOT_MINDS])

    def chart(self) -> "alt.LayerChart":
        """Draw the raters' standardised weights and the typical rater's; the description holds the summary."""
        from evaluators.judgement._charts.policies import mixed_chart  # Altair is slow to import

        return mixed_chart(self)


def capture_mixed_policy(panel: Panel, cues: Cues, *, alpha: float = 0.05) -> MixedPolicy:
    """Fit the ratings of all raters in one mixed model: weights, and levels and weights of raters that vary.

    The raters are taken as drawn from many; their levels and their weights vary independently of each other. Restricted
    maximum likelihood [1]_; R² after Nakagawa and Schielzeth [2]_ with Johnson's random slopes. With eight cues of
    a thousand ratings it takes some seconds.

    Parameters
    ----------
    panel : Panel
        The ratings, taken as points with equal steps.
    cues : Cues
        What could be seen of each item.
    alpha : float
        Significance level (0-1).

    Returns
    -------
    MixedPolicy
        The typical rater's weights, and how far raters differ.

    Raises
    ------
    NoPolicyError
        If there are fewer than 5 raters, too few items or a cue that repeats others, or the fit does not settle.
    NoAgreementError, CueError, LevelError
        As in `evaluators.judgement.policies.policy.capture_policy`.

    References
    ----------
    .. [1] Laird, N. M. and Ware, J. H. (1982). Random-Effects Models for Longitudinal Data. Biometrics 38(4), 963-974.
    .. [2] Nakagawa, S. and Schielzeth, H. (2013). A general and simple method for obtaining R² from generalized linear
       mixed-effects models. Methods in Ecology and Evolution 4(2), 133-142.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> cue = np.arange(12.0)
    >>> ratings = cue[:, None] * [0.5, 0.6, 0.7, 0.8, 0.9] + rng.normal(size=(12, 5))
    >>> items = tuple("abcdefghijkl")
    >>> found = capture_mixed_policy(Panel(ratings, items, tuple("VWXYZ")), Cues(items, ("c",), cue[:, None], ("c",),
    ...     (0,)))
    >>> round(found.weights[0].weight, 1)
    0.7
    """
    check_alpha(alpha)
    require_order(panel, "A policy")
    require_raters(panel)
    rating = [
        name for name, some in zip(panel.raters, np.asarray(panel.rated.any(axis=0)).tolist(), strict=True) if some
    ]
    if len(rating) < FEWEST_RATERS:
        raise NoPolicyError(
            f"There are {len(rating)} raters.",
            f"How far raters vary cannot be told from fewer than {FEWEST_RATERS}: look at each with capture_policies.",
        )
    rows, columns = np.nonzero(panel.rated)
    rated = np.unique(rows)
    means = np.array([np.nanmean(panel.ratings[row]) for row in rated])
    design = checked(tuple(panel.items[row] for row in rated), means, cues, whose="the panel")
    middle, apart = design.cues.mean(axis=0), design.cues.std(axis=0, ddof=1)
    scaled = ((design.cues - middle) / apart)[np.searchsorted(rated, rows)]
    given = panel.ratings[rows, columns]
    whole = np.column_stack([np.ones(len(rows)), scaled])
    fit = _fit(given, whole, columns)
    k = whole.shape[1]
    weights, errors = np.asarray(fit.fe_params)[1:], np.asarray(fit.bse_fe)[1:]
    variances = np.diag(np.asarray(fit.cov_re))
    if not np.isfinite(errors).all():
        raise _unsettled()
    from scipy.special import ndtr, ndtri

    width = float(ndtri(1 - alpha / 2)) * errors
    limits = np.column_stack([weights - width, weights + width]) / apart[:, None]
    spread_of_all = float(given.std(ddof=1))
    p_values, scale = 2 * ndtr(-np.abs(weights / errors)), apart / spread_of_all
    figures = weight_rows(weights / apart, limits, p_values, scale, alpha, searched=True)
    effects = {str(name): np.asarray(own) for name, own in fit.random_effects.items()}
    explained, noise = float((whole[:, 1:] @ weights).var()), float(fit.scale)
    of_raters = float(((whole**2) @ variances).mean())
    total = explained + of_raters + noise
    return MixedPolicy(
        weights=tuple(
            CueWeight(cue=cues.names[cues.of_cue[place]], column=cues.columns[place], **row)
            for place, row in enumerate(figures)
        ),
        spreads=tuple(
            CueSpread(
                cues.columns[place - 1],
                round(math.sqrt(max(float(variances[place]), 0.0)) / spread_of_all, _DIGITS),
                tuple(
                    (panel.raters[int(name)], round(float(weights[place - 1] + own[place]) / spread_of_all, _DIGITS))
                    for name, own in sorted(effects.items(), key=lambda each: int(each[0]))
                ),
            )
            for place in range(1, k)
        ),
        severity_spread=round(math.sqrt(max(float(variances[0]), 0.0)), _DIGITS),
        noise=round(math.sqrt(noise), _DIGITS),
        r_squared_panel=round(explained / total, _DIGITS),
        r_squared_all=round((explained + of_raters) / total, _DIGITS),
        n_items=len(rated),
        n_raters=len(rating),
        n_ratings=len(rows),
        alpha=alpha,
        notes=design.notes,
    )


def _fit(given: FloatArray, whole: FloatArray, raters: npt.NDArray[np.int64]) -> Any:
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams  # slow to import

    k = whole.shape[1]
    free = MixedLMParams.from_components(fe_params=np.ones(k), cov_re=np.eye(k))
    start = MixedLMParams.from_components(**_moments(given, whole, raters))
    model = MixedLM(given, whole, groups=raters, exog_re=whole)
    for method in ("lbfgs", "bfgs"):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # a variance of 0 at the edge is an answer here, not an alarm
                fit = model.fit(reml=True, free=free, method=[method], start_params=start)
                settled = bool(fit.converged) and bool(fit.random_effects)  # fails if a matrix is singular
        except (np.linalg.LinAlgError, ValueError) as error:
            raise _unsettled() from error
        if settled:
            return fit
    raise _unsettled()


def _moments(given: FloatArray, whole: FloatArray, raters: npt.NDArray[np.int64]) -> dict[str, FloatArray]:
    """Return a start near the answer: each rater's own least squares, and how far they differ beyond their errors.

    From further off, the search can stop early and call that settled.
    """
    k = whole.shape[1]
    own, errors, noise = [], [], []
    for rater in np.unique(raters):
        rows = raters == rater
        if rows.sum() > k and np.linalg.matrix_rank(whole[rows]) == k:
            weights = np.linalg.lstsq(whole[rows], given[rows], rcond=None)[0]
            variance = float(((given[rows] - whole[rows] @ weights) ** 2).sum()) / (rows.sum() - k)
            own.append(weights)
            noise.append(variance)
            errors.append(variance * np.diag(np.linalg.inv(whole[rows].T @ whole[rows])))
    if len(own) < 2:
        raise _unsettled()
    variance = max(float(np.mean(noise)), 1e-12)
    beyond = np.maximum(np.var(own, axis=0, ddof=1) - np.mean(errors, axis=0), 1e-3 * variance)
    return {"fe_params": np.mean(own, axis=0), "cov_re": np.diag(beyond / variance)}


def _unsettled() -> NoPolicyError:
    return NoPolicyError(
        "The mixed model does not settle.", "Use fewer cues, or look at each rater with capture_policies."
    )

"""The models behind policies: least squares and proportional odds, by statsmodels."""

import math
import warnings
from typing import Any

import numpy as np

from evaluators.judgement._draws import FloatArray
from evaluators.judgement.errors import NoPolicyError
from evaluators.judgement.policies._designs import Design, spread
from evaluators.screening.significance import holm

MOST_STEPS = 20  # of an ordinal scale
_LOGISTIC_VARIANCE = math.pi**2 / 3
_LEVEL = 1e-2
_STEEPEST = 15.0  # log-odds per standard deviation; beyond it a cue parts the ratings, and no weight is the best


def weight_rows(
    weights: FloatArray, limits: FloatArray, p_values: FloatArray, scale: FloatArray, alpha: float, *, searched: bool
) -> list[dict[str, Any]]:
    """Return the figures of each column; `scale` turns a weight into a standardised one.

    What a search has found is rounded to few digits, so that it is the same on every machine.
    """
    digits = 5 if searched else 10
    adjusted = holm([float(value) for value in p_values])
    return [
        {
            "weight": _short(weights[place], digits, scale[place]),
            "low": _short(limits[place, 0], digits, scale[place]),
            "high": _short(limits[place, 1], digits, scale[place]),
            "standardised": round(float(weights[place] * scale[place]), digits) + 0.0,
            "standardised_low": round(float(limits[place, 0] * scale[place]), digits) + 0.0,
            "standardised_high": round(float(limits[place, 1] * scale[place]), digits) + 0.0,
            "p_value": round(float(p_values[place]), digits),
            "p_adjusted": round(float(adjusted[place]), digits),
            "found": adjusted[place] < alpha,
        }
        for place in range(len(weights))
    ]


def _short(value: float, digits: int, scale: float) -> float:
    """Return so many leading digits, since a weight may be per euro or per million; nought if only rounding is left."""
    return float(f"{value:.{digits}g}") if abs(value * scale) > 1e-12 else 0.0


def fit_linear(design: Design, *, alpha: float) -> dict[str, Any]:
    """Fit by least squares; leaving each item out once needs no second fit (PRESS: Allen 1974)."""
    from statsmodels.regression.linear_model import OLS  # slow to import

    middle = design.cues.mean(axis=0)
    columns = np.column_stack([np.ones(len(design.items)), design.cues - middle])
    fit = OLS(design.judgement, columns).fit()
    residuals = np.asarray(fit.resid)
    squares = float(((design.judgement - design.judgement.mean()) ** 2).sum())
    exact = float((residuals**2).sum()) <= 1e-20 * squares
    leverage = ((columns @ np.linalg.inv(columns.T @ columns)) * columns).sum(axis=1)
    left_out = np.divide(residuals, 1 - leverage, out=np.full(len(residuals), np.nan), where=leverage < 1 - 1e-10)
    weights, limits = np.asarray(fit.params)[1:], np.asarray(fit.conf_int(alpha))[1:]
    if exact:  # nothing is left to chance
        limits, p_values = np.column_stack([weights, weights]), np.where(np.abs(weights) > 1e-9, 0.0, 1.0)
    else:
        p_values = np.asarray(fit.pvalues)[1:]
    scale = design.cues.std(axis=0, ddof=1) / spread(design.judgement)
    r_squared = min(1.0, max(0.0, float(fit.rsquared)))
    return {
        "weights": weight_rows(weights, limits, p_values, scale, alpha, searched=False),
        "r_squared": r_squared,
        "adjusted_r_squared": float(fit.rsquared_adj),
        "cross_validated_r_squared": 1.0 if exact else 1 - float((left_out**2).sum()) / squares,
        "consistency": math.sqrt(r_squared),
    }


def fit_ordinal(design: Design, *, alpha: float) -> dict[str, Any]:
    """Fit proportional odds (McCullagh 1980) by maximum likelihood, R² after McKelvey and Zavoina (1975)."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel  # slow to import

    apart = design.cues.std(axis=0, ddof=1)
    scaled = (design.cues - design.cues.mean(axis=0)) / apart
    steps, levels = np.unique(design.judgement, return_inverse=True)
    if len(steps) > MOST_STEPS:
        raise NoPolicyError(
            f"The ratings have {len(steps)} different values, too many for an ordinal model.",
            f"It is for scales of up to {MOST_STEPS} steps: take model='linear', or join steps.",
        )
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            fit = OrderedModel(levels, scaled, distr="logit").fit(method="bfgs", maxiter=500, disp=False, gtol=1e-6)
            weights = np.asarray(fit.params)[: scaled.shape[1]]
            errors = np.asarray(fit.bse)[: scaled.shape[1]]
            slope = float(np.abs(fit.model.score(np.asarray(fit.params))).max())  # of the likelihood: 0 at its top
    except (np.linalg.LinAlgError, ValueError) as error:
        raise _unsettled() from error
    if not slope <= _LEVEL or not np.isfinite(errors).all() or float(np.abs(weights).max()) > _STEEPEST:
        raise _unsettled()
    from scipy.special import ndtr, ndtri

    width = float(ndtri(1 - alpha / 2)) * errors
    leaning = float((scaled @ weights).var())
    r_squared = leaning / (leaning + _LOGISTIC_VARIANCE)
    limits = np.column_stack([weights - width, weights + width]) / apart[:, None]
    scale = apart / math.sqrt(leaning + _LOGISTIC_VARIANCE)
    rows = weight_rows(weights / apart, limits, 2 * ndtr(-np.abs(weights / errors)), scale, alpha, searched=True)
    return {
        "weights": rows,
        "r_squared": round(r_squared, 5),
        "adjusted_r_squared": math.nan,
        "cross_validated_r_squared": math.nan,
        "consistency": round(math.sqrt(r_squared), 5),
    }


def _unsettled() -> NoPolicyError:
    return NoPolicyError(
        "The ordinal model does not settle: some cue parts low ratings from high ones with hardly an exception.",
        "Take model='linear', rate more items, or use fewer cues.",
    )

"""The p-values of `rate_test` and `holm` for very many audits at once: what simulations need."""

import numpy as np
import numpy.typing as npt

from evaluators.screening.significance import FEWEST_EXPECTED, FEWEST_PEOPLE

Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]

# Two tables that are equally likely differ in the last digits of a float; scipy and R allow for that, too.
_TIE = 1 + 1e-7
_CELLS_AT_ONCE = 2_000_000


def rate_p_values(selected: Counts, applicants: Counts, ref_selected: Counts, ref_applicants: Counts) -> Shares:
    """Test many pairs of groups as `rate_test` does; arrays of one shape, every group with people in it.

    Returns two-sided p-values (0-1) of that shape.
    """
    from scipy.special import erfc  # slow to import, and audits of one table never need it

    people = applicants + ref_applicants
    hits = selected + ref_selected
    rarer = np.minimum(hits, people - hits)
    exact = (people < FEWEST_PEOPLE) | (np.minimum(applicants, ref_applicants) * rarer < FEWEST_EXPECTED * people)
    pooled = hits / people
    error = np.sqrt(pooled * (1 - pooled) * (1 / applicants + 1 / ref_applicants))
    gap = selected / applicants - ref_selected / ref_applicants
    p_values: Shares = erfc(np.abs(np.divide(gap, error, out=np.zeros_like(gap), where=error > 0)) / np.sqrt(2))
    if exact.any():
        chosen = (selected[exact], applicants[exact], ref_selected[exact], ref_applicants[exact])
        p_values[exact] = fisher_p_values(*chosen)
    return p_values


def fisher_p_values(selected: Counts, applicants: Counts, ref_selected: Counts, ref_applicants: Counts) -> Shares:
    """Give Fisher's two-sided p-value of many 2 × 2 tables; flat arrays of one length."""
    from scipy.special import gammaln

    def log_ways(people: Counts, chosen: Counts) -> Shares:
        ways: Shares = gammaln(people + 1) - gammaln(chosen + 1) - gammaln(people - chosen + 1)
        return ways

    hits = selected + ref_selected
    fewest, most = np.maximum(0, hits - ref_applicants), np.minimum(applicants, hits)
    p_values = np.empty(selected.shape)
    step = max(1, _CELLS_AT_ONCE // (int((most - fewest).max(initial=0)) + 1))
    for start in range(0, len(selected), step):
        part = slice(start, start + step)
        low, high, n1, n0 = (each[part, None] for each in (fewest, most, applicants, ref_applicants))
        possible = low + np.arange(int((high - low).max()) + 1)
        inside = possible <= high
        possible = np.minimum(possible, high)
        among = hits[part, None]
        log_share = log_ways(n1, possible) + log_ways(n0, among - possible) - log_ways(n1 + n0, among)
        shares = np.where(inside, np.exp(log_share), 0.0)
        seen = np.take_along_axis(shares, selected[part, None] - low, axis=1)
        p_values[part] = np.minimum(1.0, np.where(shares <= seen * _TIE, shares, 0.0).sum(axis=1))
    return p_values


def holm_rows(p_values: Shares) -> Shares:
    """Adjust each row of p-values by Holm's method, as `holm` does; NaN stands for "not tested" and stays."""
    order = np.argsort(p_values, axis=1)  # NaN comes last
    ordered = np.take_along_axis(p_values, order, axis=1)
    left = (~np.isnan(p_values)).sum(axis=1, keepdims=True) - np.arange(p_values.shape[1])
    stepped = np.maximum.accumulate(np.minimum(1.0, ordered * np.maximum(left, 1)), axis=1)
    adjusted = np.empty_like(p_values)
    np.put_along_axis(adjusted, order, stepped, axis=1)
    return adjusted

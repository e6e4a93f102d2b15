"""One swap tried on résumés: the scores, and what they say about the swap."""

import math
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators.screening._probe_tool import Tool, assemble, parts_of
from evaluators.screening.probe_results import (
    BY_RESUMES,
    BY_VALUES,
    FEWEST_RESUMES,
    FEWEST_VALUES,
    ProbeVerdict,
    SwapEffect,
)
from evaluators.screening.swaps import AnySwap, Rewritten


@dataclass(frozen=True, slots=True)
class Figure:
    """An effect with its interval and p-value."""

    effect: float
    low: float
    high: float
    p_value: float
    method: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The scores of one swap: unchanged, swapped and placebo, for the résumés that could be swapped."""

    swap: AnySwap
    resumes: int
    rewritten: tuple[Rewritten, ...]
    unchanged: npt.NDArray[np.float64]
    swapped: npt.NDArray[np.float64]
    placebo: npt.NDArray[np.float64]

    @classmethod
    def run(
        cls,
        swap: AnySwap,
        machine: Tool,
        resumes: Any,
        places: npt.NDArray[np.intp],
        unchanged: npt.NDArray[np.float64],
        *,
        seed: int,
    ) -> "Trial":
        """Rewrite the résumés and score both versions."""
        rng = np.random.default_rng([abs(seed), crc32(swap.name.encode())])
        found = [
            (here, changed)
            for here, parts in enumerate(parts_of(resumes, places))
            if (changed := swap.rewrite(parts, rng)) is not None
        ]
        here = np.array([place for place, _ in found], dtype=np.intp)
        rewritten = tuple(changed for _, changed in found)
        scores = {
            version: machine.scores(
                assemble(resumes, places[here], [getattr(changed, version) for changed in rewritten]),
                places=places[here],
                version=f"{swap.name}, {version}",
            )
            for version in ("swapped", "placebo")
        }
        return cls(swap, len(places), rewritten, unchanged[here], scores["swapped"], scores["placebo"])

    @property
    def differences(self) -> npt.NDArray[np.float64]:
        """Score with a word of the second group minus score with a word of the first, for each résumé."""
        forwards = np.array([changed.forwards for changed in self.rewritten], dtype=bool)
        found: npt.NDArray[np.float64] = np.where(forwards, 1, -1) * (self.swapped - self.placebo)
        return found

    def values(self, side: str) -> npt.NDArray[np.intp]:
        """Return which word stood for a group in each résumé, as a number."""
        codes: npt.NDArray[np.intp] = pd.factorize(np.array([getattr(each, side) for each in self.rewritten]))[0]
        return codes

    def interval(self, alpha: float) -> Figure:
        """Return the mean difference with its t interval; `evaluators.screening.probe.probe` says which."""
        from scipy import stats  # slow to import

        differences = self.differences
        number = len(differences)
        if not number:
            return Figure(math.nan, math.nan, math.nan, math.nan, BY_RESUMES)
        effect = float(differences.mean())
        if number < FEWEST_RESUMES:
            return Figure(effect, math.nan, math.nan, math.nan, BY_RESUMES)
        rest = differences - effect
        own = float((rest**2).sum()) / (number * (number - 1))
        variance, freedom, method = own, number - 1, BY_RESUMES
        words = [self.values("from_value"), self.values("to_value")]
        kinds = [int(codes.max()) + 1 for codes in words]
        if min(kinds) >= FEWEST_VALUES:
            pairs = pd.factorize(words[0] * kinds[1] + words[1])[0]
            both = _clustered(rest, words[0]) + _clustered(rest, words[1]) - _clustered(rest, pairs)
            variance, freedom, method = max(own, both), min(kinds) - 1, BY_VALUES
        error = math.sqrt(variance)
        if error <= 1e-9 * max(abs(effect), float(np.abs(self.unchanged).max()), 1e-300):  # all differences are equal
            none = abs(effect) <= 1e-9 * max(float(np.abs(self.unchanged).max()), 1e-300)
            return Figure(0.0 if none else effect, *((0.0, 0.0) if none else (effect, effect)), float(none), method)
        reach = float(stats.t.ppf(1 - alpha / 2, freedom)) * error
        p_value = float(2 * stats.t.sf(abs(effect) / error, freedom))
        return Figure(effect, effect - reach, effect + reach, p_value, method)

    def effect(self, figure: Figure, *, p_adjusted: float, cut: float, matters: float, alpha: float) -> SwapEffect:
        significant = p_adjusted < alpha
        if significant and abs(figure.effect) >= matters:
            verdict = ProbeVerdict.EVIDENCE
        elif -matters <= figure.low <= figure.high <= matters:  # False with NaN
            verdict = ProbeVerdict.NONE_SEEN
        else:
            verdict = ProbeVerdict.TOO_LITTLE_DATA
        moves = self.placebo - self.unchanged
        selected = {name: getattr(self, name) >= cut for name in ("unchanged", "swapped", "placebo")}
        forwards = np.array([changed.forwards for changed in self.rewritten], dtype=bool)
        as_from = np.where(forwards, selected["unchanged"], selected["swapped"])
        as_to = np.where(forwards, selected["swapped"], selected["unchanged"])
        low, high = np.quantile(moves, [0.025, 0.975]) if len(moves) else (math.nan, math.nan)
        return SwapEffect(
            swap=self.swap.name,
            from_group=self.swap.from_group,
            to_group=self.swap.to_group,
            resumes=self.resumes,
            swapped=len(self.rewritten),
            from_values=len({changed.from_value for changed in self.rewritten}),
            to_values=len({changed.to_value for changed in self.rewritten}),
            effect=figure.effect,
            low=figure.low,
            high=figure.high,
            p_value=figure.p_value,
            p_adjusted=p_adjusted,
            placebo_move=_mean(np.abs(moves)),
            placebo_low=float(low),
            placebo_high=float(high),
            has_placebo=any(changed.placebo for changed in self.rewritten),
            share_flipped=_mean(selected["swapped"] != selected["unchanged"]),
            share_flipped_placebo=_mean(selected["placebo"] != selected["unchanged"]),
            share_against=_mean(as_from & ~as_to),
            share_for=_mean(as_to & ~as_from),
            method=figure.method,
            smaller_effect_significant=significant and abs(figure.effect) < matters,
            verdict=verdict,
        )


def _clustered(rest: npt.NDArray[np.float64], codes: npt.NDArray[np.intp]) -> float:
    """Return the variance of a mean whose residuals move together within clusters."""
    sums = np.bincount(codes, weights=rest)
    return len(sums) / (len(sums) - 1) * float((sums**2).sum()) / len(rest) ** 2


def _mean(values: npt.NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else math.nan

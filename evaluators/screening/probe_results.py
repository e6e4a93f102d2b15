"""What a probe found: effects of swaps, in figures, words and a chart."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.screening.errors import UnknownGroupError
from evaluators.screening.significance import p_in_words

if TYPE_CHECKING:
    import altair as alt

FEWEST_RESUMES = 10
FEWEST_VALUES = 3

BY_VALUES = "two-way clustered t interval (résumés that share a word count together)"
BY_RESUMES = "paired t interval over résumés"


class ProbeVerdict(StrEnum):
    """What the probe says about one swap; `probe` defines when each is given."""

    EVIDENCE = "effect beyond the placebo"
    TOO_LITTLE_DATA = "too little data to tell"
    NONE_SEEN = "none seen"


@dataclass(frozen=True, slots=True)
class SwapEffect:
    """What one swap does to a tool's scores.

    Parameters
    ----------
    swap, from_group, to_group : str
        What was swapped, and the two groups.
    resumes, swapped : int
        Résumés looked at, and those in which there was something to swap, clearly of one group.
    from_values, to_values : int
        Different words that stood for each group.
    effect : float
        Mean score with a word of `to_group` minus mean score with a word of `from_group`, in the tool's points; NaN if
        nothing could be swapped.
    low, high : float
        Its interval at confidence 1 - alpha, not adjusted for several swaps.
    p_value, p_adjusted : float
        Two-sided, raw and after Holm's adjustment over all swaps.
    placebo_move : float
        Mean size of the change, up or down, when a word is swapped for another of the *same* group, in points.
    placebo_low, placebo_high : float
        Between these lie 95 % of those changes.
    has_placebo : bool
        False if there was no other word of the same group: then the same résumé was scored once more.
    share_flipped, share_flipped_placebo : float
        Share of decisions at the cut (0-1) that the swap reverses, and that the placebo reverses.
    share_against, share_for : float
        Share of decisions (0-1) where only the `from_group` version is selected, and only the `to_group` one.
    method : str
        How the interval was made.
    smaller_effect_significant : bool
        Whether the effect is smaller than what matters, yet chance alone hardly explains it (adjusted p under
        alpha). Whether such an effect is acceptable is for people to judge.
    verdict : ProbeVerdict
        See `probe`.
    """

    swap: str
    from_group: str
    to_group: str
    resumes: int
    swapped: int
    from_values: int
    to_values: int
    effect: float
    low: float
    high: float
    p_value: float
    p_adjusted: float
    placebo_move: float
    placebo_low: float
    placebo_high: float
    has_placebo: bool
    share_flipped: float
    share_flipped_placebo: float
    share_against: float
    share_for: float
    method: str
    smaller_effect_significant: bool
    verdict: ProbeVerdict

    @property
    def label(self) -> str:
        """The swap with its groups, such as ``"name: White → Black"``."""
        return f"{self.swap}: {self.from_group} → {self.to_group}"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Result of `probe`.

    Parameters
    ----------
    effects : tuple of SwapEffect
        One for each swap, in the order in which the swaps were given.
    resumes : int
        Résumés that were tried.
    score_mean, score_sd : float
        Mean and standard deviation of the tool's scores for the unchanged résumés.
    cut : float
        A score of this or more counts as selected.
    cut_chosen : bool
        True if the caller chose the cut; else it is the score that selects the highest quarter, or more with ties.
    matters : float
        The smallest effect that matters, in points.
    alpha : float
        Significance level (0-1).
    scored_twice, changed_mind : int
        Unchanged résumés that were scored twice, and those that got two different scores.
    repeat_move : float
        Mean size of that difference, in points.
    """

    effects: tuple[SwapEffect, ...]
    resumes: int
    score_mean: float
    score_sd: float
    cut: float
    cut_chosen: bool
    matters: float
    alpha: float
    scored_twice: int
    changed_mind: int
    repeat_move: float

    def __iter__(self) -> Iterator[SwapEffect]:
        return iter(self.effects)

    def __getitem__(self, swap: str) -> SwapEffect:
        """Return the effect of one swap by name; an unknown name raises UnknownGroupError."""
        for effect in self.effects:
            if effect.swap == swap:
                return effect
        known = ", ".join(effect.swap for effect in self.effects)
        raise UnknownGroupError(f"There is no swap {swap!r} in this probe.", f"The swaps are: {known}.")

    @property
    def verdict(self) -> ProbeVerdict:
        """The gravest verdict of any swap: an effect, else too little data, else none seen."""
        found = {effect.verdict for effect in self.effects}
        return next(verdict for verdict in ProbeVerdict if verdict in found)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per swap, with the fields of `SwapEffect` as columns.

        Returns
        -------
        DataFrame, shape (n_swaps, 23)
            In the order of `effects`.
        """
        return pd.DataFrame([asdict(effect) | {"verdict": effect.verdict.value} for effect in self.effects])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that are undefined or unbounded."""
        result = asdict(self) | {"verdict": self.verdict.value, "effects": self.to_frame().to_dict("records")}
        return dict(plain(result))

    def sentence(self, swap: str) -> str:
        """Say in plain words what one swap did.

        Parameters
        ----------
        swap : str
            The swap's name.

        Returns
        -------
        str
            A few sentences.

        Raises
        ------
        UnknownGroupError
            If there is no such swap.
        """
        found = self[swap]
        if not found.swapped:
            return f"{found.label}: {found.verdict.value}. In none of {found.resumes:,} résumés was there such a word."
        said = [
            f"{found.label}: {found.verdict.value}. {found.swapped:,} of {found.resumes:,} résumés could be swapped."
        ]
        if found.swapped < FEWEST_RESUMES:
            return f"{said[0]} That is too few: at least {FEWEST_RESUMES} are needed."
        said.append(
            f"With {found.to_group!r} a résumé scores {_points(found.effect)} than with {found.from_group!r} on "
            f"average; true effects from {found.low:+.2f} to {found.high:+.2f} fit these scores."
        )
        placebo = "another word of the same group" if found.has_placebo else "the same résumé scored once more"
        said.append(f"The placebo, {placebo}, moves a score by {found.placebo_move:.2f} points on average, up or down.")
        said.append(self._reading(found))
        said.append(
            f"At the cut of {self.cut:.4g}, the swap reverses {found.share_flipped:.1%} of decisions, and the "
            f"placebo {found.share_flipped_placebo:.1%}."
        )
        if found.method == BY_RESUMES and min(found.from_values, found.to_values) < FEWEST_VALUES:
            said.append("This holds for exactly this change: too few words were tried to speak of the group.")
        return " ".join(said)

    def _reading(self, found: SwapEffect) -> str:
        """Say how the effect, its interval and the test lead to the verdict."""
        p_value = f"p-value {p_in_words(found.p_adjusted)}"
        rarely = "Chance alone, which words were drawn included, rarely makes such a difference"
        if found.low == found.high == 0:
            return "There is no difference at all."
        if found.verdict is ProbeVerdict.EVIDENCE:
            return f"{rarely} ({p_value})."
        if found.smaller_effect_significant:
            return f"{rarely} ({p_value}), but it is smaller than {self.matters:.2g} points, which count as small here."
        if found.verdict is ProbeVerdict.NONE_SEEN:
            return f"Chance could make that ({p_value}), and no effect of {self.matters:.2g} points or more fits."
        return (
            f"Chance could make that ({p_value}), but an effect of {self.matters:.2g} points, which matters, fits too."
        )

    def summary(self) -> str:
        """Say in plain words what was found.

        Returns
        -------
        str
            How the tool behaves, one line per swap, then what a probe cannot show.

        Examples
        --------
        >>> from evaluators.screening.probe import probe
        >>> from evaluators.screening.swaps import Swap
        >>> swap = Swap("name", "A", "B", ["Ann", "Amy", "Ada"], ["Bea", "Bev", "Bo"])
        >>> result = probe(lambda texts: [50.0] * len(texts), ["Ann sells"] * 20, swaps=[swap])
        >>> print(result.summary())
        Result: none seen. 20 résumés were tried.
        The tool gave every résumé the same score, 50.
        Scored twice, the same résumé got the same score each time.
        name: A → B: none seen. 20 of 20 résumés could be swapped. With 'B' a résumé scores practically no \
differently than with 'A' on average; true effects from +0.00 to +0.00 fit these scores. The placebo, another word of \
the same group, moves a score by 0.00 points on average, up or down. There is no difference at all. At the cut of \
50, the swap reverses 0.0% of decisions, and the placebo 0.0%. This holds for exactly this change: too few \
words were tried to speak of the group.
        A probe shows what the tool does with these words in these résumés. It finds no unfairness that comes by \
other ways, such as experience that one group could not get: audit the selections too.
        """
        if self.changed_mind:
            steady = (
                f"Scored twice, {self.changed_mind} of {self.scored_twice} résumés got two different scores, "
                f"{self.repeat_move:.2f} points apart on average: the tool is partly random, or a score depends on the "
                "other résumés in the batch."
            )
        else:
            steady = "Scored twice, the same résumé got the same score each time."
        spread = (
            f"Scores average {self.score_mean:.4g} and spread by {self.score_sd:.3g} points (standard deviation)."
            if self.score_sd
            else f"The tool gave every résumé the same score, {self.score_mean:.4g}."
        )
        return "\n".join(
            [
                f"Result: {self.verdict.value}. {self.resumes:,} résumés were tried.",
                spread,
                steady,
                *(self.sentence(effect.swap) for effect in self.effects),
                "A probe shows what the tool does with these words in these résumés. It finds no unfairness that comes "
                "by other ways, such as experience that one group could not get: audit the selections too.",
            ]
        )

    def chart(self) -> "alt.LayerChart":
        """Draw each swap's effect with its interval over the placebo's range.

        Returns
        -------
        altair.LayerChart
            Verdicts differ in colour and in shape; the description holds the summary as text.
        """
        from evaluators.screening._charts.probe import effect_chart  # Altair is slow to import

        return effect_chart(self)


def _points(effect: float) -> str:
    if round(effect, 2) == 0:
        return "practically no differently"
    return f"{abs(effect):.2f} points {'higher' if effect > 0 else 'lower'}"

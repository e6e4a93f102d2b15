"""What comes of setting a screener beside a panel."""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import json_able, plain
from evaluators.judgement.agreement.result import Agreement
from evaluators.judgement.screener._disagreement import AlikeGap, FeatureGap, GroupGap
from evaluators.screening.families import Audit
from evaluators.screening.verdicts import Verdict

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its interval.

    Parameters
    ----------
    value : float
        The figure.
    low, high : float
        Percentiles of it over redrawn items.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AgainstPanel:
    """Result of `screener_against_panel`.

    Parameters
    ----------
    correlation : Figure
        Spearman's rank correlation (-1 to 1) of the scores with what the items are worth to the whole panel.
    screener, ceiling : Figure
        The same with the mean of all raters but one, over the items of that one: of the screener, and of that one
        rater; both averaged over the raters. The latter is the human ceiling.
    difference : Figure
        `screener` less `ceiling`.
    n_items, n_raters : int
        What the figures rest on.
    shortlisted : int
        Items on each shortlist.
    overlap : Figure
        Share (0-1) of the panel's shortlist that is on the screener's.
    overlap_by_luck : float
        Share expected of a shortlist drawn by lot.
    overlap_screener, overlap_raters : float
        The same against all raters but one, as for `screener` and `ceiling`; on average over lots drawn among equal
        ratings at an edge.
    kappa : Agreement
        Quadratic weighted kappa between the screener's and the panel's shortlist, reserve and rest.
    features : tuple of FeatureGap
        Which features the screener rewards more, or less, than the panel does.
    groups : tuple of GroupGap
        Where the groups stand with either.
    alike : tuple of AlikeGap
        Whether the screener puts a group higher or lower than people who are alike in the features.
    alike_untold : tuple of str
        Of which columns of groups that cannot be told though it was asked, and why.
    audit, panel_audit : Audit or None
        What `evaluators.screening` says of the screener's shortlist, and of the panel's; None if no groups are named.
    share : float
        Share (0-1) of the items on the shortlist.
    confidence : float
        Share (0-1) of the draws between the limits.
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    notes : tuple of str
        What was left out, and where to be careful.
    """

    correlation: Figure
    screener: Figure
    ceiling: Figure
    difference: Figure
    n_items: int
    n_raters: int
    shortlisted: int
    overlap: Figure
    overlap_by_luck: float
    overlap_screener: float
    overlap_raters: float
    kappa: Agreement
    features: tuple[FeatureGap, ...]
    groups: tuple[GroupGap, ...]
    alike: tuple[AlikeGap, ...]
    alike_untold: tuple[str, ...]
    audit: Audit | None
    panel_audit: Audit | None
    share: float
    confidence: float
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()

    @property
    def reaches_ceiling(self) -> bool:
        """Whether the data do not show the screener to follow the others less well than one of their colleagues.

        With few items they may show neither: see `difference`. False, too, if the ceiling cannot be told.
        """
        return bool(self.difference.high >= 0)

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Why the screener must not win, however well it follows the panel; empty if nothing speaks against it.

        A look that was asked for and cannot be made speaks against it, too.
        """
        if self.audit is None:
            return ("Its shortlist was not audited: name the columns with groups.",)
        impact = tuple(
            f"Its shortlist shows adverse impact on {group.group} ({name}): {group.impact_ratio:.2f} of the rate of "
            f"{audit.reference}."
            for name, audit in self.audit
            for group in audit.compared
            if group.verdict is Verdict.EVIDENCE
        )
        unequal = tuple(
            f"It puts {row.group} ({row.attribute}) {abs(row.gap):.1f} places of 100 "
            f"{'higher' if row.gap > 0 else 'lower'} than {row.reference}, among people who are alike in the "
            f"features ({row.low:+.1f} to {row.high:+.1f})."
            for row in self.alike
            if row.found
        )
        return impact + unequal + self.alike_untold

    @property
    def may_win(self) -> bool:
        """Whether nothing in `blocked_by` speaks against it: agreement with a panel never buys unfairness off."""
        return not self.blocked_by

    def to_frame(self) -> pd.DataFrame:
        """Return one row per figure.

        Returns
        -------
        DataFrame, shape (10, 4)
            Columns figure, value, low, high (NaN without an interval).
        """
        rows: list[tuple[str, float, float, float]] = [
            ("correlation", *_three(self.correlation)),
            ("screener_against_the_rest", *_three(self.screener)),
            ("rater_against_the_rest", *_three(self.ceiling)),
            ("difference", *_three(self.difference)),
            ("overlap", *_three(self.overlap)),
            ("overlap_by_luck", self.overlap_by_luck, math.nan, math.nan),
            ("overlap_screener", self.overlap_screener, math.nan, math.nan),
            ("overlap_raters", self.overlap_raters, math.nan, math.nan),
            ("weighted_kappa", self.kappa.value, self.kappa.low, self.kappa.high),
            ("may_win", float(self.may_win), math.nan, math.nan),
        ]
        return pd.DataFrame(rows, columns=["figure", "value", "low", "high"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for undefined figures and for audits that there are not."""
        figures = ("correlation", "screener", "ceiling", "difference", "overlap")
        counts = ("n_items", "n_raters", "shortlisted", "overlap_by_luck", "overlap_screener", "overlap_raters")
        settings = ("share", "confidence", "replicates", "seed", "notes", "alike_untold")
        verdicts = ("reaches_ceiling", "blocked_by", "may_win")
        return {
            **{name: json_able(getattr(self, name)) for name in figures},
            **{name: plain(getattr(self, name)) for name in (*counts, *settings, *verdicts)},
            "kappa": self.kappa.to_dict(),
            "features": [json_able(row) for row in self.features],
            "groups": [json_able(row) for row in self.groups],
            "alike": [json_able(row) for row in self.alike],
            "audit": self.audit.to_dict() if self.audit is not None else None,
            "panel_audit": self.panel_audit.to_dict() if self.panel_audit is not None else None,
        }

    def summary(self) -> str:
        """Say in plain words how the screener compares, what its shortlist does to groups, and what is not shown."""
        from evaluators.judgement.screener._against_words import said_of  # keeps this module short

        return said_of(self)

    def chart(self) -> "alt.VConcatChart":
        """Draw screener and raters on one scale, and below where they part; the description holds the summary."""
        from evaluators.judgement._charts.against import against_chart  # Altair is slow to import

        return against_chart(self)

    def disagreement(self) -> pd.DataFrame:
        """Return one row per feature, with the fields of `FeatureGap`."""
        return pd.DataFrame([asdict(row) for row in self.features])


def _three(figure: Figure) -> tuple[float, float, float]:
    return figure.value, figure.low, figure.high

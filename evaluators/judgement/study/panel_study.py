"""The whole study of a panel in one result: what a command and a page show."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import json_able, plain
from evaluators.judgement._draws import check_draws
from evaluators.judgement._rows import check_alpha
from evaluators.judgement.agreement.panel_agreement import PanelAgreement
from evaluators.judgement.agreement.result import Agreement
from evaluators.judgement.errors import LevelError, NoAgreementError, PanelError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies.importance import Importance, cue_importance
from evaluators.judgement.policies.policy import Policies, capture_policies
from evaluators.judgement.policies.stated import StatedAgainstRecovered, stated_against_recovered
from evaluators.judgement.ranking.consensus import Consensus
from evaluators.judgement.raters.rater_map import RaterMap, rater_map
from evaluators.judgement.raters.rater_report import RaterReport, rater_report
from evaluators.judgement.reading.layout import Layout
from evaluators.judgement.screener.against_panel import AgainstPanel, screener_against_panel
from evaluators.judgement.study import _words as words
from evaluators.judgement.study._measures import MEASURES, agreement_of, chosen_measure
from evaluators.judgement.study._parts import SCORE, Parts, consensus_of, described_by, missing_of, scored_items
from evaluators.judgement.study.disputed import DisputedItem, disputed_items
from evaluators.judgement.study.pseudonyms import pseudonyms_of, with_pseudonyms
from evaluators.own_data import FileFacts

if TYPE_CHECKING:
    import altair as alt

SCHEMA = 1
MANY_RATINGS, USUAL_DRAWS, FEWER_DRAWS = 20_000, 2000, 500


@dataclass(frozen=True, slots=True, eq=False)
class PanelStudy:
    """Result of `judge_panel`; a part that cannot be computed is None, and `not_computed` says why.

    Parameters
    ----------
    panel : Panel
        The ratings, under the names that the study shows.
    agreement : PanelAgreement or None
        Every measure of agreement that fits.
    measure : Agreement or None
        The one that the study speaks of: the one that was asked for, else the one that fits best.
    why : str
        Why this one; if the one asked for does not fit, why not.
    raters : RaterReport or None
        Severity, drift, halo, each against the others, ratings far off.
    disputed : tuple of DisputedItem
        The items over which raters part most.
    policies : Policies or None
        Which cues each rater's ratings go with.
    importance : Importance or None
        How much each cue counts for the panel.
    schools : RaterMap or None
        Who values alike, and whether there are two schools of thought.
    stated : StatedAgainstRecovered or None
        What raters say they value beside what their ratings go with.
    consensus : Consensus or None
        One ranking, with the uncertainty of ranks.
    against : AgainstPanel or None
        A screener's scores beside the panel.
    not_computed : tuple of (str, str)
        Part and reason; only what was asked for.
    notes : tuple of str
        What was left out or read in a special way.
    fail_under : float or None
        The limit for the measure that somebody stated.
    limit_on : str
        What the limit is on: the measure's key, or what was asked for.
    pseudonyms : bool
        Whether raters have other names here.
    names : dict of str to str
        Name -> pseudonym; empty without. It is in no output.
    screener : str
        What the screener is called; empty without one.
    alpha : float
        Significance level (0-1).
    replicates, seed : int
        Draws of the items, and what makes them repeatable.
    file, layout : FileFacts, Layout or None
        Where the ratings came from, and which column was taken as what.
    """

    panel: Panel
    agreement: PanelAgreement | None
    measure: Agreement | None
    why: str
    raters: RaterReport | None
    disputed: tuple[DisputedItem, ...]
    policies: Policies | None
    importance: Importance | None
    schools: RaterMap | None
    stated: StatedAgainstRecovered | None
    consensus: Consensus | None
    against: AgainstPanel | None
    not_computed: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    fail_under: float | None
    limit_on: str
    pseudonyms: bool
    names: Mapping[str, str]
    screener: str
    alpha: float
    replicates: int
    seed: int
    file: FileFacts | None = None
    layout: Layout | None = None

    @property
    def unchecked(self) -> bool:
        """Whether a limit was stated that cannot be checked, since its measure does not fit these ratings."""
        return self.fail_under is not None and (
            self.measure is None or self.measure.measure != self.limit_on or math.isnan(self.measure.value)
        )

    @property
    def broken(self) -> bool:
        """Whether the measure lies under the limit that was stated."""
        if self.fail_under is None or self.measure is None or self.unchecked:
            return False
        return self.measure.value < self.fail_under

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What somebody who answers for the panel should do next, most urgent first."""
        return words.next_steps(self)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per rater, as `RaterReport.to_frame`; only the names where raters cannot be compared."""
        return self.raters.to_frame() if self.raters is not None else pd.DataFrame({"rater": list(self.panel.raters)})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON under the number of their schema; None stands for parts that there are not.

        Single ratings are not in it, but for those that lie far off; nor is who hides behind a pseudonym.
        """
        parts = ("agreement", "raters", "policies", "importance", "schools", "stated", "consensus", "against")
        layout = None
        if self.layout is not None:
            layout = self.layout.to_dict()
            if self.pseudonyms and self.layout.wide:  # the columns are called like the raters
                layout |= {"raters": list(self.panel.raters), "guessed": [], "left_out": []}
        return {
            "schema": SCHEMA,
            "kind": "panel study",
            "next_steps": list(self.next_steps),
            "panel": {
                "items": self.panel.n_items,
                "raters": list(self.panel.raters),
                "ratings": self.panel.n_ratings,
                "missing": self.panel.missing,
                "scale": self.panel.scale,
                "levels": list(self.panel.level_names) or plain(self.panel.levels),
            },
            "measure": None if self.measure is None else self.measure.to_dict(),
            "why": self.why,
            "limit": None
            if self.fail_under is None
            else {
                "measure": self.limit_on,
                "fail_under": self.fail_under,
                "broken": self.broken,
                "unchecked": self.unchecked,
            },
            **{name: None if (part := getattr(self, name)) is None else part.to_dict() for name in parts},
            "disputed": [json_able(each) for each in self.disputed],
            "not_computed": [{"part": part, "reason": reason} for part, reason in self.not_computed],
            "notes": list(self.notes),
            "pseudonyms": self.pseudonyms,
            "screener": self.screener or None,
            "alpha": self.alpha,
            "replicates": self.replicates,
            "seed": self.seed,
            "file": None if self.file is None else self.file.to_dict(),
            "columns": layout,
        }

    def summary(self) -> str:
        """Say in plain words what to do next, then what was found, then what it does not show.

        Examples
        --------
        >>> import numpy as np
        >>> ratings = np.array([[1, 1, 2], [2, 3, 1], [3, 2, 4], [4, 4, 3], [5, 5, 5.0]])
        >>> found = judge_panel(Panel(ratings, tuple("abcde"), ("Ada", "Ben", "Cleo")), replicates=100)
        >>> found.summary().splitlines()[0]
        'What to do next'
        """
        return words.summary(self)

    def chart(self) -> "alt.LayerChart | alt.VConcatChart":
        """Draw the measures of agreement, or the raters where there are none.

        Raises
        ------
        NoAgreementError
            If there is nothing to draw.
        """
        if self.agreement is not None:
            return self.agreement.chart()
        if self.raters is not None:
            return self.raters.chart()
        raise NoAgreementError("There is nothing to draw.", "See what was not computed, and why.")


def judge_panel(
    panel: Panel,
    *,
    items: Any = None,
    item: str = "",
    cues: Sequence[str] = (),
    groups: Sequence[str] = (),
    within: str | None = None,
    dimensions: Mapping[str, Panel] | None = None,
    stated: Mapping[str, Mapping[str, float]] | None = None,
    scores: "Mapping[str, float] | pd.Series[float] | None" = None,
    screener: str = "the screener",
    share: float = 0.25,
    measure: str = "",
    fail_under: float | None = None,
    pseudonyms: bool = False,
    alpha: float = 0.05,
    replicates: int | None = None,
    seed: int = 0,
    notes: Sequence[str] = (),
    file: FileFacts | None = None,
    layout: Layout | None = None,
) -> PanelStudy:
    """Study a panel in every way that its ratings allow.

    Parameters
    ----------
    panel : Panel
        The ratings.
    items : table, shape (n_items, n_columns), optional
        One row for each item; rated items that are not in it are left out of what raters value.
    item : str
        Its column with the items' names, as in the panel.
    cues : sequence of str
        Its columns with what raters could see. Without them, what raters value is not looked at.
    groups : sequence of str
        Its columns with groups of people, such as sex; a screener's shortlist is audited by them.
    within : str, optional
        Its column with the job: a screener's shortlist is made within each.
    dimensions : mapping of str to Panel, optional
        Further ratings of the same items by the same raters, for halo.
    stated : mapping of str to mapping of str to float, optional
        Rater -> cue -> points, as for `stated_against_recovered`.
    scores : mapping or Series, optional
        Item -> a screener's score; higher is better.
    screener : str
        What it is called.
    share : float
        Share (0-1) of the items on a shortlist.
    measure : str
        ``"alpha"``, ``"icc"``, ``"kappa"`` or ``"w"``: the measure of agreement that the study speaks of. Empty: the
        one that fits best, Krippendorff's alpha for the panel's scale.
    fail_under : float, optional
        A limit for this measure, to check.
    pseudonyms : bool
        Whether raters get other names: "rater A", …
    alpha : float
        Significance level (0-1); intervals have the confidence 1 - alpha.
    replicates : int, optional
        Draws of the items; by default 2,000, and 500 beyond 20,000 ratings, which a note says.
    seed : int
        What makes the draws repeatable.
    notes : sequence of str
        What is known already of how the ratings were read.
    file, layout : FileFacts, Layout, optional
        Where the ratings came from, and which column was taken as what.

    Returns
    -------
    PanelStudy
        Its parts, and why others are missing. A panel of one rater, or one whose ratings are all equal, gives a study
        in which parts are missing, and no error.

    Raises
    ------
    LevelError
        If `measure`, `alpha`, `replicates` or `fail_under` make no sense.
    CueError, PanelError
        If the table of items has two rows for one item, an empty cell of a cue, or no column is named for the items.
    ScreenerError
        If a rated item has no score, or scores are no numbers.
    ColumnError
        If the table of items has no such column.

    Examples
    --------
    >>> import numpy as np
    >>> panel = Panel(np.array([[3, 3, 3.0], [3, 3, 3]]), ("a", "b"), ("Ada", "Ben", "Cleo"))
    >>> found = judge_panel(panel, replicates=100)
    >>> found.measure is None, found.not_computed[0]
    (True, ('Agreement', 'All ratings that can be compared are equal.'))
    """
    check_alpha(alpha)
    if measure and measure not in MEASURES:
        raise LevelError(f"There is no measure {measure!r}.", f"Those there are: {', '.join(MEASURES)}.", "measure")
    if fail_under is not None and not math.isfinite(fail_under):
        raise LevelError(f"The limit is {fail_under}.", "Give a number, such as 0.6.", "fail_under")
    said = list(notes)
    if replicates is None:
        replicates = USUAL_DRAWS if panel.n_ratings <= MANY_RATINGS else FEWER_DRAWS
        if replicates < USUAL_DRAWS:
            said.append(f"There are many ratings, so intervals rest on {replicates} draws of the items.")
    check_draws(1 - alpha, replicates)
    if scores is None and items is not None and not item:
        raise PanelError("No column of the items is named.", "Name the one with the items' names.", "item")
    names = pseudonyms_of(panel.raters) if pseudonyms else {}
    if pseudonyms:
        panel = with_pseudonyms(panel, names)
        dimensions = {name: with_pseudonyms(each, names) for name, each in (dimensions or {}).items()}
        stated = {names.get(rater, rater): dict(points) for rater, points in (stated or {}).items()} or None
    draws: dict[str, Any] = {"replicates": replicates, "seed": seed}
    own = draws  # halo's p-values are shares of draws, allowed for the number of raters: so few would find none
    if dimensions:
        own = draws | {"replicates": max(replicates, math.ceil(3 * panel.n_raters / alpha))}
    parts = Parts()
    agreement = parts.of("Agreement", partial(agreement_of, panel, confidence=1 - alpha, **draws))
    chosen, limit_on, why = chosen_measure(panel, agreement, measure)
    raters = parts.of("Single raters", partial(rater_report, panel, dimensions=dimensions, alpha=alpha, **own))
    if raters is not None:
        parts.missing += missing_of(raters, wanted=bool(dimensions))
    disputed = parts.of("Disputed items", partial(disputed_items, panel)) if panel.n_raters > 1 else None
    consensus = parts.of("Consensus", partial(consensus_of, panel, alpha, seed))
    found: dict[str, Any] = dict.fromkeys(("policies", "importance", "schools", "stated"))
    if items is not None and cues:
        described, seen = described_by(panel, items, item, cues, said, parts)
        if described is not None and seen is not None:
            found["policies"] = parts.of(
                "What each rater values", partial(capture_policies, described, seen, alpha=alpha)
            )
            found["importance"] = parts.of(
                "What the panel values", partial(cue_importance, described, seen, confidence=1 - alpha, **draws)
            )
            found["schools"] = parts.of(
                "Schools of thought", partial(rater_map, described, seen, confidence=1 - alpha, seed=seed)
            )
            if stated:
                known = {rater: points for rater, points in stated.items() if rater in described.raters}
                if lost := len(stated) - len(known):
                    said.append(f"{lost} of those who stated weights are not in the panel: left out.")
                if known:
                    found["stated"] = parts.of(
                        "Stated against recovered", partial(stated_against_recovered, described, seen, known)
                    )
                else:
                    parts.missing.append(("Stated against recovered", "Nobody of the panel stated weights."))
    elif stated:
        parts.missing.append(("Stated against recovered", "It needs the table of items with its cues."))
    against = None
    if scores is not None:
        table, column = scored_items(items, item, scores, [*cues, *groups, *([within] if within else [])])
        against = parts.of(
            "The screener",
            partial(
                screener_against_panel, panel, table, item=column, score=SCORE, share=share, within=within or None,
                features=cues, groups=groups, confidence=1 - alpha, **draws,
            ),
        )  # fmt: skip
    return PanelStudy(
        panel=panel,
        agreement=agreement,
        measure=chosen,
        why=why,
        raters=raters,
        disputed=disputed or (),
        consensus=consensus,
        **found,
        against=against,
        not_computed=tuple(parts.missing),
        notes=tuple(said),
        fail_under=fail_under,
        limit_on=limit_on,
        pseudonyms=pseudonyms,
        names=names,
        screener=screener if scores is not None else "",
        alpha=alpha,
        replicates=replicates,
        seed=seed,
        file=file,
        layout=layout,
    )


__all__ = ["MEASURES", "SCHEMA", "PanelStudy", "judge_panel"]

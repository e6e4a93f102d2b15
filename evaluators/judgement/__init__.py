"""What recruiters value: how far raters agree, what their ratings go with, and how a screener compares.

Read the ratings with `Panel.from_table`; some may be missing. `rater_agreement` computes every measure of agreement
that fits them, `rater_report` looks at single raters. Each measure and each part is a function of its own, too.

With `Cues.from_table` for what raters could see, `capture_policies` (or `capture_mixed_policy`) and `cue_importance`
say what counts for them, `stated_against_recovered` whether they say so, `lens_model` how well that fits an outcome.
`bradley_terry` scales paired comparisons, `consensus_ranking` makes one ranking of many. `screener_against_panel` sets
a screener beside the panel and beside the audit of its shortlist.

>>> import numpy as np
>>> panel = Panel(np.array([[1, 2], [2, 2], [4, 5], [5, 4.0]]), ("cv 1", "cv 2", "cv 3", "cv 4"), ("Ada", "Ben"))
>>> krippendorff_alpha(panel, scale="ordinal").value > 0.5
True
"""

from evaluators.judgement._disagreement import AlikeGap, FeatureGap, GroupGap
from evaluators.judgement.against_panel import AgainstPanel, Figure, screener_against_panel
from evaluators.judgement.agreement import NotFitting, PanelAgreement, rater_agreement
from evaluators.judgement.alpha import krippendorff_alpha
from evaluators.judgement.concordance import kendalls_tau, kendalls_w
from evaluators.judgement.consensus import Consensus, ConsensusItem, consensus_ranking
from evaluators.judgement.cues import Cues
from evaluators.judgement.drift import Drift, RaterDrift, rater_drift
from evaluators.judgement.errors import (
    CueError,
    LevelError,
    NoAgreementError,
    NoPolicyError,
    PairError,
    PanelError,
    ScreenerError,
    UnknownRaterError,
)
from evaluators.judgement.halo import Halo, RaterHalo, rater_halo
from evaluators.judgement.importance import CueImportance, Importance, cue_importance
from evaluators.judgement.intraclass import FORMS, icc
from evaluators.judgement.kappa import cohens_kappa, fleiss_kappa
from evaluators.judgement.lens import Lens, RaterLens, lens_model
from evaluators.judgement.mixed import CueSpread, MixedPolicy, capture_mixed_policy
from evaluators.judgement.outliers import Outliers, OutlyingRating, outlying_ratings
from evaluators.judgement.pairs import PairedItem, PairedScale, bradley_terry
from evaluators.judgement.panel import SCALES, Panel
from evaluators.judgement.policy import CueWeight, Policies, Policy, capture_policies, capture_policy
from evaluators.judgement.raters import RaterReport, rater_report
from evaluators.judgement.rest import AgainstRest, RaterAgainstRest, against_the_rest
from evaluators.judgement.result import Agreement, AgreementTest
from evaluators.judgement.severity import RaterSeverity, Severity, rater_severity
from evaluators.judgement.stated import RaterStated, StatedAgainstRecovered, StatedCue, stated_against_recovered

__all__ = [
    "FORMS",
    "SCALES",
    "AgainstPanel",
    "AgainstRest",
    "Agreement",
    "AgreementTest",
    "AlikeGap",
    "Consensus",
    "ConsensusItem",
    "CueError",
    "CueImportance",
    "CueSpread",
    "CueWeight",
    "Cues",
    "Drift",
    "FeatureGap",
    "Figure",
    "GroupGap",
    "Halo",
    "Importance",
    "Lens",
    "LevelError",
    "MixedPolicy",
    "NoAgreementError",
    "NoPolicyError",
    "NotFitting",
    "Outliers",
    "OutlyingRating",
    "PairError",
    "PairedItem",
    "PairedScale",
    "Panel",
    "PanelAgreement",
    "PanelError",
    "Policies",
    "Policy",
    "RaterAgainstRest",
    "RaterDrift",
    "RaterHalo",
    "RaterLens",
    "RaterReport",
    "RaterSeverity",
    "RaterStated",
    "ScreenerError",
    "Severity",
    "StatedAgainstRecovered",
    "StatedCue",
    "UnknownRaterError",
    "against_the_rest",
    "bradley_terry",
    "capture_mixed_policy",
    "capture_policies",
    "capture_policy",
    "cohens_kappa",
    "consensus_ranking",
    "cue_importance",
    "fleiss_kappa",
    "icc",
    "kendalls_tau",
    "kendalls_w",
    "krippendorff_alpha",
    "lens_model",
    "outlying_ratings",
    "rater_agreement",
    "rater_drift",
    "rater_halo",
    "rater_report",
    "rater_severity",
    "screener_against_panel",
    "stated_against_recovered",
]

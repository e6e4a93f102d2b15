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

from evaluators.judgement.agreement.alpha import krippendorff_alpha
from evaluators.judgement.agreement.concordance import kendalls_tau, kendalls_w
from evaluators.judgement.agreement.intraclass import FORMS, icc
from evaluators.judgement.agreement.kappa import cohens_kappa, fleiss_kappa
from evaluators.judgement.agreement.panel_agreement import NotFitting, PanelAgreement, rater_agreement
from evaluators.judgement.agreement.result import Agreement, AgreementTest
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
from evaluators.judgement.panel import SCALES, Panel
from evaluators.judgement.policies.cues import Cues
from evaluators.judgement.policies.importance import CueImportance, Importance, cue_importance
from evaluators.judgement.policies.lens import Lens, RaterLens, lens_model
from evaluators.judgement.policies.mixed import CueSpread, MixedPolicy, capture_mixed_policy
from evaluators.judgement.policies.policy import CueWeight, Policies, Policy, capture_policies, capture_policy
from evaluators.judgement.policies.stated import (
    RaterStated,
    StatedAgainstRecovered,
    StatedCue,
    stated_against_recovered,
)
from evaluators.judgement.ranking.consensus import Consensus, ConsensusItem, consensus_ranking
from evaluators.judgement.ranking.pairs import PairedItem, PairedScale, bradley_terry
from evaluators.judgement.raters.drift import Drift, RaterDrift, rater_drift
from evaluators.judgement.raters.halo import Halo, RaterHalo, rater_halo
from evaluators.judgement.raters.outliers import Outliers, OutlyingRating, outlying_ratings
from evaluators.judgement.raters.placing import PanelPlace, place_among_panel
from evaluators.judgement.raters.rater_map import RaterMap, rater_map
from evaluators.judgement.raters.rater_report import RaterReport, rater_report
from evaluators.judgement.raters.rest import AgainstRest, RaterAgainstRest, against_the_rest
from evaluators.judgement.raters.severity import RaterSeverity, Severity, rater_severity
from evaluators.judgement.reading import Ratings, read_items, read_ratings, read_stated
from evaluators.judgement.screener._disagreement import AlikeGap, FeatureGap, GroupGap
from evaluators.judgement.screener.against_panel import AgainstPanel, Figure, screener_against_panel
from evaluators.judgement.screener.check import ScreenerCheck, check_screener
from evaluators.judgement.screener.detection import DetectionRates, detection_rates
from evaluators.judgement.screener.run import ScreenerRun, run_screener
from evaluators.judgement.screener.screeners import score_items
from evaluators.judgement.screener.swapping import group_swaps, swap_probe
from evaluators.judgement.simulated import Recruiter, School, simulated_ratings, simulated_recruiters, simulated_resumes
from evaluators.judgement.study.disputed import DisputedItem, disputed_items
from evaluators.judgement.study.panel_study import PanelStudy, judge_panel

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
    "DetectionRates",
    "DisputedItem",
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
    "PanelPlace",
    "PanelStudy",
    "Policies",
    "Policy",
    "RaterAgainstRest",
    "RaterDrift",
    "RaterHalo",
    "RaterLens",
    "RaterMap",
    "RaterReport",
    "RaterSeverity",
    "RaterStated",
    "Ratings",
    "Recruiter",
    "School",
    "ScreenerCheck",
    "ScreenerError",
    "ScreenerRun",
    "Severity",
    "StatedAgainstRecovered",
    "StatedCue",
    "UnknownRaterError",
    "against_the_rest",
    "bradley_terry",
    "capture_mixed_policy",
    "capture_policies",
    "capture_policy",
    "check_screener",
    "cohens_kappa",
    "consensus_ranking",
    "cue_importance",
    "detection_rates",
    "disputed_items",
    "fleiss_kappa",
    "group_swaps",
    "icc",
    "judge_panel",
    "kendalls_tau",
    "kendalls_w",
    "krippendorff_alpha",
    "lens_model",
    "outlying_ratings",
    "place_among_panel",
    "rater_agreement",
    "rater_drift",
    "rater_halo",
    "rater_map",
    "rater_report",
    "rater_severity",
    "read_items",
    "read_ratings",
    "read_stated",
    "run_screener",
    "score_items",
    "screener_against_panel",
    "simulated_ratings",
    "simulated_recruiters",
    "simulated_resumes",
    "stated_against_recovered",
    "swap_probe",
]

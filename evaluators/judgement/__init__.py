"""What recruiters value: how far raters agree, and how single raters differ from their panel.

Read the ratings with `Panel.from_table`; some may be missing. `rater_agreement` computes every measure of agreement
that fits them, `rater_report` looks at single raters. Each measure and each part is a function of its own, too.

>>> import numpy as np
>>> panel = Panel(np.array([[1, 2], [2, 2], [4, 5], [5, 4.0]]), ("cv 1", "cv 2", "cv 3", "cv 4"), ("Ada", "Ben"))
>>> krippendorff_alpha(panel, scale="ordinal").value > 0.5
True
"""

from evaluators.judgement.agreement import NotFitting, PanelAgreement, rater_agreement
from evaluators.judgement.alpha import krippendorff_alpha
from evaluators.judgement.concordance import kendalls_tau, kendalls_w
from evaluators.judgement.drift import Drift, RaterDrift, rater_drift
from evaluators.judgement.errors import LevelError, NoAgreementError, PanelError, UnknownRaterError
from evaluators.judgement.halo import Halo, RaterHalo, rater_halo
from evaluators.judgement.intraclass import FORMS, icc
from evaluators.judgement.kappa import cohens_kappa, fleiss_kappa
from evaluators.judgement.outliers import Outliers, OutlyingRating, outlying_ratings
from evaluators.judgement.panel import SCALES, Panel
from evaluators.judgement.raters import RaterReport, rater_report
from evaluators.judgement.rest import AgainstRest, RaterAgainstRest, against_the_rest
from evaluators.judgement.result import Agreement, AgreementTest
from evaluators.judgement.severity import RaterSeverity, Severity, rater_severity

__all__ = [
    "FORMS",
    "SCALES",
    "AgainstRest",
    "Agreement",
    "AgreementTest",
    "Drift",
    "Halo",
    "LevelError",
    "NoAgreementError",
    "NotFitting",
    "Outliers",
    "OutlyingRating",
    "Panel",
    "PanelAgreement",
    "PanelError",
    "RaterAgainstRest",
    "RaterDrift",
    "RaterHalo",
    "RaterReport",
    "RaterSeverity",
    "Severity",
    "UnknownRaterError",
    "against_the_rest",
    "cohens_kappa",
    "fleiss_kappa",
    "icc",
    "kendalls_tau",
    "kendalls_w",
    "krippendorff_alpha",
    "outlying_ratings",
    "rater_agreement",
    "rater_drift",
    "rater_halo",
    "rater_report",
    "rater_severity",
]

"""Which measures of agreement a study computes, which one it speaks of, and why."""

from evaluators.judgement.agreement.alpha import krippendorff_alpha
from evaluators.judgement.agreement.concordance import kendalls_w
from evaluators.judgement.agreement.intraclass import FORMS, icc
from evaluators.judgement.agreement.panel_agreement import NotFitting, PanelAgreement, rater_agreement
from evaluators.judgement.agreement.result import Agreement
from evaluators.judgement.errors import NoAgreementError
from evaluators.judgement.panel import INTERVAL, NOMINAL, ORDINAL, RATIO, Panel

MEASURES = ("alpha", "icc", "kappa", "w")
_MANY_PAIRS = 30_000_000  # pairs of raters times ratings of each; beyond, measures made of pairs take minutes
_KEYS = {
    "icc": ("icc_2_1",),
    "kappa": ("weighted_kappa_quadratic", "cohens_kappa", "fleiss_kappa"),
    "w": ("kendalls_w",),
}
_WHY = {
    "icc_2_1": "It says how well one rater's figure stands for the item, and counts severity as disagreement.",
    "weighted_kappa_quadratic": "It counts a near miss less than a far one, and averages over pairs of raters.",
    "cohens_kappa": "It is made for two raters, or pairs of them, and few levels.",
    "fleiss_kappa": "It is made for several raters and few levels without an order.",
    "kendalls_w": "It looks at the order of the items alone, so severity does not count.",
}
_USES = {
    NOMINAL: "takes ratings as mere names",
    ORDINAL: "uses the order of the levels and assumes no equal steps",
    INTERVAL: "uses the distances between ratings",
    RATIO: "uses ratings as shares of each other",
}


def agreement_of(panel: Panel, *, confidence: float, replicates: int, seed: int) -> PanelAgreement:
    """Compute what fits; on panels of very many pairs of raters, without the measures that are made of pairs."""
    pairs = panel.n_raters * (panel.n_raters - 1) // 2
    if pairs * panel.n_items * replicates / 2000 <= _MANY_PAIRS / 60 or panel.n_ratings <= 20_000:
        return rater_agreement(panel, confidence=confidence, replicates=replicates, seed=seed)
    how = {"confidence": confidence, "replicates": replicates, "seed": seed}
    found: list[Agreement] = [krippendorff_alpha(panel, **how)]  # type: ignore[arg-type]
    lacking: list[NotFitting] = []
    for key, name, compute in (
        *((f"icc_{form.replace(',', '_')}", f"ICC({form})", form) for form in FORMS),
        ("kendalls_w", "Kendall's W", ""),
    ):
        try:
            made = icc(panel, form=compute, **how) if compute else kendalls_w(panel, **how)  # type: ignore[arg-type]
            found.append(made)
        except NoAgreementError as error:
            lacking.append(NotFitting(key, name, error.problem))
    reason = f"It compares {pairs:,} pairs of raters, which would take minutes on so many ratings."
    lacking += [
        NotFitting("kendalls_tau_b", "Kendall's tau-b", reason),
        NotFitting("weighted_kappa_quadratic", "Weighted kappa (quadratic)", reason),
        NotFitting("weighted_kappa_linear", "Weighted kappa (linear)", reason),
        NotFitting("cohens_kappa", "Cohen's kappa", reason),
    ]
    return PanelAgreement(tuple(found), tuple(lacking), panel.scale, panel.summary())


def chosen_measure(panel: Panel, agreement: PanelAgreement | None, asked: str) -> tuple[Agreement | None, str, str]:
    """Return the measure to speak of, the key of the one that was asked for, and why it is this one."""
    alpha = f"krippendorff_alpha_{panel.scale}"
    keys = _KEYS.get(asked, (alpha,))
    if agreement is None:
        return None, keys[0], ""
    there = {each.measure: each for each in agreement}
    for key in keys:
        if key in there:
            return there[key], key, _WHY.get(key) or _alpha_why(panel)
    first = next(iter(agreement))
    reasons = {each.measure: each.reason for each in agreement.not_fitting}
    reason = next((reasons[key] for key in keys if key in reasons), "It does not fit these ratings.")
    if first.measure == alpha:
        return first, keys[0], f"The measure that was asked for does not fit: {reason} {_alpha_why(panel)}"
    return first, keys[0], f"The usual measure does not fit: {reason}"


def _alpha_why(panel: Panel) -> str:
    copes = f" copes with the {panel.missing:,} missing ones," if panel.missing else ""
    return f"It takes any number of raters and ratings,{copes} and {_USES[panel.scale]}."

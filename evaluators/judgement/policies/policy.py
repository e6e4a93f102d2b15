"""Policy capturing: which cues a rater's judgements go with, and how strongly."""

from collections.abc import Callable
from typing import Any

from evaluators.judgement._draws import rounded
from evaluators.judgement._rows import check_alpha
from evaluators.judgement.errors import LevelError, NoAgreementError, NoPolicyError
from evaluators.judgement.panel import Panel
from evaluators.judgement.policies._designs import PANEL, Design, design_of
from evaluators.judgement.policies._fits import fit_linear, fit_ordinal
from evaluators.judgement.policies._policy_result import NOT_MINDS, CueWeight, Policies, Policy
from evaluators.judgement.policies.cues import Cues

__all__ = [
    "LINEAR",
    "MODELS",
    "NOT_MINDS",
    "ORDINAL",
    "CueWeight",
    "Policies",
    "Policy",
    "capture_policies",
    "capture_policy",
]

LINEAR, ORDINAL = MODELS = ("linear", "ordinal")


def capture_policy(
    panel: Panel, cues: Cues, *, rater: str | None = None, model: str = LINEAR, alpha: float = 0.05
) -> Policy:
    """Fit one rater's ratings, or the panel's, on the cues [1]_.

    Parameters
    ----------
    panel : Panel
        The ratings.
    cues : Cues
        What could be seen of each item.
    rater : str, optional
        Whose policy. By default the panel's: what each item is worth with the raters' severity taken out.
    model : str
        ``"linear"``: least squares, steps of the scale equally wide. ``"ordinal"``: proportional odds, for ratings
        whose steps are not; it needs a rater.
    alpha : float
        Significance level (0-1).

    Returns
    -------
    Policy
        The weight of each cue, and how much of the ratings they account for.

    Raises
    ------
    NoPolicyError
        If there are fewer than 5 items for each column of cues [2]_, a cue or the rating never changes, cues repeat
        each other, or the fit does not settle.
    CueError
        If a rated item has no cues.
    UnknownRaterError, NoAgreementError, LevelError
        If there is no such rater; if the panel's worth of items cannot be told; if an argument makes no sense.

    References
    ----------
    .. [1] Cooksey, R. W. (1996). Judgment Analysis: Theory, Methods, and Applications. Academic Press, chapter 4.
    .. [2] Karren, R. J. and Barringer, M. W. (2002). A Review and Analysis of the Policy-Capturing Methodology in
       Organizational Research. Organizational Research Methods 5(4), 337-361.

    Examples
    --------
    >>> import numpy as np
    >>> ratings = np.array([[1, 2, 2, 4, 5, 5.0]]).T
    >>> items = tuple("abcdef")
    >>> cues = Cues(items, ("years",), np.arange(6.0)[:, None], ("years",), (0,))
    >>> round(capture_policy(Panel(ratings, items, ("Ada",)), cues, rater="Ada")["years"].weight, 2)
    0.89
    """
    check_alpha(alpha)
    if model not in MODELS:
        raise LevelError(f"There is no model {model!r}.", f"The models are: {', '.join(MODELS)}.", "model")
    if model == ORDINAL and rater is None:
        raise NoPolicyError(
            "The panel's mean ratings are no steps of a scale.",
            "Name a rater, or take model='linear'; `capture_mixed_policy` fits all raters in one model.",
        )
    design = design_of(panel, cues, rater)
    fits: dict[str, Callable[[Design], dict[str, Any]]] = {
        LINEAR: lambda found: fit_linear(found, alpha=alpha),
        ORDINAL: lambda found: fit_ordinal(found, alpha=alpha),
    }
    fit = fits[model](design)
    weights = tuple(
        CueWeight(cue=cues.names[cues.of_cue[place]], column=cues.columns[place], **row)
        for place, row in enumerate(fit.pop("weights"))
    )
    figures = {name: rounded(value) for name, value in fit.items()}
    whose = rater if rater is not None else PANEL
    return Policy(whose, model, len(design.items), weights, **figures, alpha=alpha, notes=design.notes)


def capture_policies(panel: Panel, cues: Cues, *, model: str = LINEAR, alpha: float = 0.05) -> Policies:
    """Fit each rater's ratings on the cues, and the panel's.

    Parameters
    ----------
    panel : Panel
        The ratings.
    cues : Cues
        What could be seen of each item.
    model : str
        As in `capture_policy`. The panel has no ordinal policy.
    alpha : float
        Significance level (0-1); each policy allows for its own number of cues.

    Returns
    -------
    Policies
        The policies, and why others are missing.

    Raises
    ------
    NoPolicyError
        If no rater's ratings show a policy; the message is that of the first.
    CueError, LevelError
        As in `capture_policy`.

    Examples
    --------
    >>> import numpy as np
    >>> ratings = np.array([[1, 2, 2, 4, 5, 5], [5, 5, 4, 2, 1, 2.0]]).T
    >>> items = tuple("abcdef")
    >>> cues = Cues(items, ("years",), np.arange(6.0)[:, None], ("years",), (0,))
    >>> found = capture_policies(Panel(ratings, items, ("Ada", "Ben")), cues)
    >>> [(policy.rater, round(policy["years"].standardised, 1)) for policy in found]
    [('Ada', 1.0), ('Ben', -0.9)]
    """
    found, missing = [], []
    problem: NoPolicyError | None = None
    for name in panel.raters:
        try:
            found.append(capture_policy(panel, cues, rater=name, model=model, alpha=alpha))
        except NoPolicyError as error:
            problem = problem or error
            missing.append(f"No policy of {name}. {error.problem}")
    if not found:
        raise problem or NoPolicyError("There are no raters.", "Give a panel with ratings.")
    whole: Policy | None = None
    try:
        whole = capture_policy(panel, cues, model=model, alpha=alpha)
    except (NoPolicyError, NoAgreementError) as error:
        missing.append(f"No policy of the panel. {error.problem}")
    return Policies(tuple(found), whole, tuple(missing), alpha)

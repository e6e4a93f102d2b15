"""Rules that selection rates are held against, each with its source and the day it was checked."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Rule:
    """A published guideline: rules change, so each carries its status and date.

    Parameters
    ----------
    name : str
        What people call it.
    threshold : Fraction
        Impact ratios under this share (0-1) fall below the rule; exact.
    source : str
        Where it is written.
    status : str
        Whether it is in force, as far as known on `checked_on`; ends the sentence "It was ...".
    status_source : str
        Where the status is written.
    checked_on : date
        The day a person last looked.

    Examples
    --------
    >>> FOUR_FIFTHS.threshold, FOUR_FIFTHS.source
    (Fraction(4, 5), '29 CFR 1607.4(D)')
    """

    name: str
    threshold: Fraction
    source: str
    status: str
    status_source: str
    checked_on: date


FOUR_FIFTHS = Rule(
    name="four-fifths guideline",
    threshold=Fraction(4, 5),
    source="29 CFR 1607.4(D)",
    status="still part of the federal regulations in August 2026, but one of the four agencies, the Equal "
    "Employment Opportunity Commission (EEOC), had announced plans to withdraw its part",
    status_source="eCFR, 29 CFR part 1607, August 2026; Unified Agenda, July 2026, RIN 3046-AB43 (EEOC, rescission, "
    "final rule stage)",
    checked_on=date(2026, 11, 1),
)

"""Audit a selection tool: who is selected, how the groups compare, and how sure the figures are.

>>> counts = CountTable.from_counts({"White": (235, 2435), "Black": (157, 2435)})
>>> audit_selection(counts)["Black"].verdict.value
'evidence of adverse impact'
"""

from evaluators._validation import ColumnError
from evaluators.screening.audit import GroupAudit, SelectionAudit, Verdict, audit_selection
from evaluators.screening.counts import MISSING, CountTable, GroupCount, count_table
from evaluators.screening.errors import (
    CountError,
    LevelError,
    OutcomeError,
    TooFewGroupsError,
    UnknownGroupError,
)
from evaluators.screening.intervals import ratio_interval
from evaluators.screening.rates import (
    falls_below,
    impact_ratio,
    impact_ratios,
    reference_group,
    selection_rates,
)
from evaluators.screening.rules import FOUR_FIFTHS, Rule
from evaluators.screening.significance import RateTest, holm, p_in_words, rate_test

__all__ = [
    "FOUR_FIFTHS",
    "MISSING",
    "ColumnError",
    "CountError",
    "CountTable",
    "GroupAudit",
    "GroupCount",
    "LevelError",
    "OutcomeError",
    "RateTest",
    "Rule",
    "SelectionAudit",
    "TooFewGroupsError",
    "UnknownGroupError",
    "Verdict",
    "audit_selection",
    "count_table",
    "falls_below",
    "holm",
    "impact_ratio",
    "impact_ratios",
    "p_in_words",
    "rate_test",
    "ratio_interval",
    "reference_group",
    "selection_rates",
]

"""Audit a selection tool: who is selected, how the groups compare, and how sure the figures are.

Begin with counts, from a table of people (`count_table`) or from files larger than memory (`count_file`), and audit
them (`audit_selection`, several attributes at once: `audit_families`). Each further question has a module of its own:
`scoring` and `sweep` for tools that give scores, `ranking` for lists, `probe` for a tool that one can ask, `proxies`,
`alternatives`, `calibration` and `stability`; `power` and `simulation` for what a sample can show.

>>> counts = CountTable.from_counts({"White": (235, 2435), "Black": (157, 2435)})
>>> audit_selection(counts)["Black"].verdict.value
'evidence of adverse impact'
"""

from evaluators._validation import ColumnError
from evaluators.screening.audit import SMALL_SHARE, SelectionAudit, audit_selection
from evaluators.screening.bootstrap import BootstrapRatios, GroupBootstrap, bootstrap_ratios
from evaluators.screening.counts import INTERSECTION, MISSING, CountTable, GroupCount, count_table, count_tables
from evaluators.screening.effects import (
    Effects,
    cohens_h,
    exchange,
    flips,
    odds_ratio,
    people_to_threshold,
    shortfall,
    standard_errors,
)
from evaluators.screening.errors import (
    BiasError,
    CountError,
    FeatureError,
    FileReadError,
    LevelError,
    MethodError,
    OutcomeError,
    PeriodError,
    ScoreError,
    SimulationError,
    SwapError,
    TooFewGroupsError,
    ToolError,
    TooManyGroupsError,
    UnknownGroupError,
    UnknownRulesError,
)
from evaluators.screening.families import Audit, BrokenLimit, audit_families
from evaluators.screening.files import count_file, count_files, open_table
from evaluators.screening.intervals import INTERVAL_METHODS, ratio_interval
from evaluators.screening.power import detection_power, people_needed, smallest_ratio_seen
from evaluators.screening.rates import (
    falls_below,
    impact_ratio,
    impact_ratios,
    reference_group,
    selection_rates,
)
from evaluators.screening.rules import FOUR_FIFTHS, Rule, RulePack, load_rules, rule_pack
from evaluators.screening.scoring import ScoringCounts, count_above_median
from evaluators.screening.significance import RateTest, holm, p_in_words, rate_test
from evaluators.screening.simulation import FairAudits, draw_fair_pool, simulate_fair_audits
from evaluators.screening.small import SmallCategory, small_categories
from evaluators.screening.verdicts import GroupAudit, Verdict

__all__ = [
    "FOUR_FIFTHS",
    "INTERSECTION",
    "INTERVAL_METHODS",
    "MISSING",
    "SMALL_SHARE",
    "Audit",
    "BiasError",
    "BootstrapRatios",
    "BrokenLimit",
    "ColumnError",
    "CountError",
    "CountTable",
    "Effects",
    "FairAudits",
    "FeatureError",
    "FileReadError",
    "GroupAudit",
    "GroupBootstrap",
    "GroupCount",
    "LevelError",
    "MethodError",
    "OutcomeError",
    "PeriodError",
    "RateTest",
    "Rule",
    "RulePack",
    "ScoreError",
    "ScoringCounts",
    "SelectionAudit",
    "SimulationError",
    "SmallCategory",
    "SwapError",
    "TooFewGroupsError",
    "TooManyGroupsError",
    "ToolError",
    "UnknownGroupError",
    "UnknownRulesError",
    "Verdict",
    "audit_families",
    "audit_selection",
    "bootstrap_ratios",
    "cohens_h",
    "count_above_median",
    "count_file",
    "count_files",
    "count_table",
    "count_tables",
    "detection_power",
    "draw_fair_pool",
    "exchange",
    "falls_below",
    "flips",
    "holm",
    "impact_ratio",
    "impact_ratios",
    "load_rules",
    "odds_ratio",
    "open_table",
    "p_in_words",
    "people_needed",
    "people_to_threshold",
    "rate_test",
    "ratio_interval",
    "reference_group",
    "rule_pack",
    "selection_rates",
    "shortfall",
    "simulate_fair_audits",
    "small_categories",
    "smallest_ratio_seen",
    "standard_errors",
]

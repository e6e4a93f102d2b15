import json
import math
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import aedt_audit
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.screening import (
    FOUR_FIFTHS,
    CountTable,
    LevelError,
    SelectionAudit,
    TooFewGroupsError,
    UnknownGroupError,
    Verdict,
    audit_selection,
    count_table,
)
from evaluators.screening.errors import MethodError

group_counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.dictionaries(st.sampled_from("abcde"), group_counts, min_size=2)


def audit(counts: dict[str, tuple[int, int]], **settings: object) -> SelectionAudit:
    return audit_selection(CountTable.from_counts(counts), **settings)


def test_every_figure_of_one_group():
    x = audit({"x": (12, 40), "y": (48, 80)})["x"]
    assert (x.applicants, x.selected, x.rate, x.impact_ratio) == (40, 12, 0.3, 0.5)
    assert (x.ratio_low, x.ratio_high) == pytest.approx((0.293, 0.794), abs=5e-4)
    assert x.statistic == pytest.approx(-3.10, abs=0.005)
    assert x.p_value == x.p_adjusted == pytest.approx(0.0019, abs=5e-5)
    assert (x.below_four_fifths, x.test, x.verdict) == (True, "pooled Z", Verdict.EVIDENCE)


@pytest.mark.parametrize(
    ("group", "reference", "verdict", "smaller_gap", "words"),
    [
        pytest.param((12, 40), (48, 80), Verdict.EVIDENCE, False, "rarely makes", id="large-and-significant"),
        pytest.param((3, 10), (5, 10), Verdict.TOO_LITTLE_DATA, False, "could make", id="large-by-chance"),
        pytest.param((45, 100), (50, 100), Verdict.TOO_LITTLE_DATA, False, "leave room", id="wide-interval"),
        pytest.param((4_990, 10_000), (5_000, 10_000), Verdict.NONE_SEEN, False, "Even the low end", id="even"),
        pytest.param((4_500, 10_000), (5_000, 10_000), Verdict.NONE_SEEN, True, "must judge", id="small-but-real"),
        pytest.param((430, 1_000), (520, 1_000), Verdict.TOO_LITTLE_DATA, True, "must judge", id="real-near-line"),
        pytest.param((0, 5), (0, 5), Verdict.TOO_LITTLE_DATA, False, "nothing to compare", id="none-selected"),
        pytest.param((500, 500), (500, 500), Verdict.NONE_SEEN, False, "Even the low end", id="all-selected"),
        pytest.param((0, 40), (48, 80), Verdict.EVIDENCE, False, "rarely makes", id="zero-in-group"),
        pytest.param((5, 40), (0, 80), Verdict.TOO_LITTLE_DATA, False, "nothing to", id="zero-in-reference"),
        pytest.param((60, 100), (30, 100), Verdict.NONE_SEEN, False, "Even", id="higher-than-reference"),
    ],
)
def test_verdicts(group, reference, verdict, smaller_gap, words):
    result = audit({"group": group, "reference": reference}, reference="reference")
    assert (result["group"].verdict, result["group"].smaller_gap_significant) == (verdict, smaller_gap)
    assert result.verdict is verdict
    assert words in result.sentence("group")


def test_holm_adjusts_over_all_groups_and_can_take_a_finding_back():
    alone = audit({"x": (25, 100), "y": (40, 100)})
    assert alone["x"].verdict is Verdict.EVIDENCE
    fair = {f"fair {number}": (40, 100) for number in range(4)}
    among = audit({"x": (25, 100), "y": (40, 100), **fair}, reference="y")
    assert among["x"].p_value == alone["x"].p_value
    assert among["x"].p_adjusted == pytest.approx(5 * alone["x"].p_value)
    assert among["x"].verdict is Verdict.TOO_LITTLE_DATA


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"x": (157, 2435), "y": (235, 2435)}, "in fewer than 1 of 1,000 tries (p-value < 0.001; pooled Z test)"),
        ({"x": (12, 40), "y": (48, 80)}, "in about 2 of 1,000 tries (p-value 0.002; pooled Z test)"),
        ({"x": (3, 10), "y": (5, 10)}, "in about 65 of 100 tries (p-value 0.650; Fisher exact test)"),
        (
            {"x": (25, 100), "y": (40, 100), "z": (36, 100)},
            "in about 2 of 100 tries (p-value 0.024; 0.047 after allowing for 2 comparisons; pooled Z test)",
        ),
    ],
)
def test_the_p_value_is_told_as_so_many_tries(counts, words):
    assert f"if the true rates were equal, one at least this large would turn up {words}." in audit(counts).sentence(
        "x"
    )


def test_the_callback_experiment_shows_evidence_by_city_and_sex():
    table_1 = {
        "all": ((235, 2435), (157, 2435)),
        "Chicago": ((109, 1352), (73, 1352)),
        "Boston": ((126, 1083), (84, 1083)),
        "women": ((184, 1860), (125, 1886)),
    }
    for white, black in table_1.values():
        assert audit({"White": white, "Black": black}).verdict is Verdict.EVIDENCE
    # The paper, too, finds the gap among men at the edge of significance only.
    men = audit({"White": (51, 575), "Black": (32, 549)})
    assert men.verdict is Verdict.TOO_LITTLE_DATA


def test_the_reference_is_not_judged():
    reference = audit({"x": (12, 40), "y": (48, 80)})["y"]
    assert reference.verdict is None
    assert reference.impact_ratio == 1
    assert math.isnan(reference.p_value)
    assert math.isnan(reference.ratio_low)


def test_frame_has_one_row_per_group():
    frame = audit({"y": (48, 80), "x": (12, 40)}).to_frame()
    assert frame["group"].tolist() == ["x", "y"]
    assert frame["verdict"].tolist() == ["evidence of adverse impact", "reference"]
    assert frame.shape == (2, 26)
    assert frame["interval_method"].tolist() == ["Koopman score"] * 2


@settings(deadline=None, max_examples=25)
@given(tables)
def test_any_counts_give_json_words_and_a_closed_set_of_verdicts(counts):
    result = audit(counts)
    as_json = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert as_json["verdict"] in list(Verdict)
    assert as_json["rule"]["source"] == "29 CFR 1607.4(D)"
    assert [row["group"] for row in as_json["groups"]] == sorted(counts)
    assert all(f"\n{label}: " in result.summary() for label in counts)
    assert "nan" not in result.summary()
    assert "inf" not in result.summary()


@settings(deadline=None, max_examples=25)
@given(tables)
def test_new_names_for_the_groups_change_no_figure(counts):
    # Same order of names, so that equals among the candidates for the reference are resolved alike.
    renamed = {f"group {label}": pair for label, pair in counts.items()}
    first, second = audit(counts).to_frame(), audit(renamed).to_frame()
    assert first.drop(columns="group").equals(second.drop(columns="group"))


@settings(deadline=None, max_examples=25)
@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_the_groups_changes_nothing(counts, random):
    shuffled = list(counts.items())
    random.shuffle(shuffled)
    assert audit(dict(shuffled)).to_frame().equals(audit(counts).to_frame())


def test_every_group_carries_the_sizes_of_its_gap():
    x = audit({"x": (12, 40), "y": (48, 80)})["x"]
    assert (x.odds_ratio, x.cohens_h) == pytest.approx((0.286, -0.61), abs=0.005)
    assert (x.shortfall, x.people_to_threshold, x.flips) == (8.0, 8, False)
    assert x.standard_errors == pytest.approx(-3.10, abs=0.005)
    assert "8 more selected would have brought it to 80%" in audit({"x": (12, 40), "y": (48, 80)}).sentence("x")


def test_the_method_of_the_interval_is_chosen_and_named():
    katz = audit({"x": (12, 40), "y": (48, 80)}, method="katz")
    assert (katz["x"].ratio_low, katz["x"].ratio_high) == pytest.approx((0.301, 0.829), abs=5e-4)
    assert katz.interval_method == katz.to_dict()["interval_method"] == "Katz log"
    # The textbook interval has nothing to say where nobody was selected: no number, no "none seen".
    empty = audit({"x": (0, 40), "y": (48, 80)}, method="katz")
    assert math.isnan(empty["x"].ratio_low)
    assert "the Katz log method has no range" in empty.sentence("x")
    with pytest.raises(MethodError, match="koopman, katz"):
        audit({"x": (1, 2), "y": (1, 2)}, method="wald")


def test_intervals_made_elsewhere_are_taken_with_their_name():
    given = audit({"x": (12, 40), "y": (48, 80)}, intervals={"x": (0.31, 0.72)}, method="percentile bootstrap")
    assert (given["x"].ratio_low, given["x"].ratio_high) == (0.31, 0.72)
    assert given.interval_method == "percentile bootstrap"
    with pytest.raises(UnknownGroupError, match="lack the group 'x'"):
        audit({"x": (12, 40), "y": (48, 80)}, intervals={"z": (0.31, 0.72)})


@pytest.mark.parametrize(
    "counts",
    [
        # 63 of 100 beside 80 of 100 is below four fifths; 64 beside 79 is not. Z goes from -2.67 to -2.36.
        pytest.param({"x": (63, 100), "y": (80, 100)}, id="ratio"),
        # Z goes from -2.096 to -1.818, and p from 0.036 to 0.069.
        pytest.param({"x": (27, 100), "y": (41, 100)}, id="significance"),
    ],
)
def test_no_evidence_where_one_different_selection_would_undo_it(counts):
    result = audit(counts)
    assert result["x"].below_four_fifths
    assert result["x"].p_adjusted < 0.05
    assert (result["x"].flips, result["x"].verdict) == (True, Verdict.TOO_LITTLE_DATA)
    assert "instead of one of y, that would no longer hold" in result.sentence("x")


def test_one_different_selection_is_judged_after_the_adjustment():
    # Alone, x keeps p = 0.0161 to 0.0352 under 0.05; beside a second comparison 2 × 0.0352 is over it.
    assert audit({"x": (25, 100), "y": (41, 100)}).verdict is Verdict.EVIDENCE
    among = audit({"x": (25, 100), "y": (41, 100), "z": (40, 100)})["x"]
    assert among.p_adjusted < 0.05
    assert (among.flips, among.verdict) == (True, Verdict.TOO_LITTLE_DATA)


SMALL = {"x": (190, 490), "y": (200, 500), "tiny": (8, 10)}


def test_small_groups_are_marked_and_stay():
    marked = audit(SMALL)
    assert marked.reference == "tiny"
    assert (marked["tiny"].small, marked["x"].small) == ("is under 2% of all applicants", "")
    assert "this group is under 2% of all applicants" in marked.summary()
    assert audit({"x": (1, 50), "y": (2, 2450)}, reference="y")["x"].small == ""  # exactly 2 %
    both = audit(SMALL, minimum_people=30)["tiny"]
    assert audit(SMALL | {"(missing)": (1, 2)})["(missing)"].small == ""  # unknown is no group of its own here
    assert audit(SMALL, minimum_share=None)["tiny"].small == ""
    assert both.small == "has fewer than 30 people and is under 2% of all applicants"


def test_small_groups_can_be_left_out_of_the_comparison_but_not_of_the_table():
    result = audit(SMALL, leave_small_out=True)
    assert (result.reference, [group.group for group in result.compared]) == ("y", ["x"])
    tiny = result["tiny"]
    assert (tiny.applicants, tiny.rate, tiny.left_out, tiny.verdict) == (10, 0.8, True, None)
    assert math.isnan(tiny.impact_ratio)
    assert result["x"].p_adjusted == result["x"].p_value  # one comparison is left
    assert result.to_frame().set_index("group")["verdict"]["tiny"] == "left out"
    assert "tiny: 8 of 10 were selected (80.0%). This group is under 2%" in result.summary()
    json.dumps(result.to_dict(), allow_nan=False)
    assert "not compared" in json.dumps(result.chart().to_dict())
    assert audit(SMALL, reference="tiny", leave_small_out=True).reference == "tiny"
    with pytest.raises(TooFewGroupsError, match="Only 1 of the 2"):
        audit({"x": (5, 9), "y": (80, 990)}, leave_small_out=True)
    with pytest.raises(TooFewGroupsError, match="None of the 2"):
        audit({"x": (5, 9), "y": (80, 90)}, leave_small_out=True, minimum_people=1_000)
    with pytest.raises(LevelError, match="smallest share is 2"):
        audit(SMALL, minimum_share=2)


def test_people_whose_group_is_not_known_are_audited_and_marked():
    result = audit({"(missing)": (10, 100), "x": (40, 100), "y": (50, 100)})
    assert result["(missing)"].verdict is Verdict.EVIDENCE
    assert result["(missing)"].is_missing
    assert "whose group is not fully known" in result.sentence("(missing)")


def test_another_threshold_moves_the_line():
    nine_tenths = replace(FOUR_FIFTHS, name="our own limit", threshold=Fraction(9, 10))
    counts = {"x": (8_500, 10_000), "y": (10_000, 10_000)}
    assert audit(counts).verdict is Verdict.NONE_SEEN
    strict = audit(counts, rule=nine_tenths)
    assert strict.verdict is Verdict.EVIDENCE
    assert strict["x"].people_to_threshold == 500
    assert "below 90%" in strict.sentence("x")


def test_a_ratio_beside_the_line_does_not_read_like_the_line():
    assert "which is 79.6% of the rate" in audit({"x": (398, 1000), "y": (500, 1000)}).sentence("x")
    assert "just under 80% of" in audit({"x": (15_999, 100_000), "y": (20_000, 100_000)}).sentence("x")
    assert "which is 80% of" in audit({"x": (400, 1000), "y": (500, 1000)}).sentence("x")


def test_an_open_result_says_how_many_people_would_do():
    # At ratio 0.8 and a rate of 30 %: 858 a group for one comparison.
    # That finds a gap; a ratio below four fifths comes up in half of such samples only, so no verdict is promised.
    summary = audit({"x": (9, 40), "y": (12, 40)}).summary()
    assert (
        "would notice a gap in 80 of 100 such audits with about 858 people in each group (at the rate of y)" in summary
    )
    assert "takes more people, the nearer it is" in summary
    assert "the test notices only ratios of about" in summary
    assert "in each group (at" not in audit({"x": (12, 40), "y": (48, 80)}).summary()


def test_eeoc_questions_and_answers_1979():
    counts = {"White": (60, 100), "American Indian": (45, 100), "Hispanic": (48, 100), "Black": (51, 100)}
    below = {group.group: group.below_four_fifths for group in audit(counts)}
    assert below == {"White": False, "American Indian": True, "Hispanic": False, "Black": False}


@settings(deadline=None, max_examples=10)
@given(
    st.lists(st.sampled_from("xyz"), min_size=6, max_size=60).flatmap(
        lambda groups: st.tuples(st.just(groups), st.lists(st.booleans(), min_size=60, max_size=60))
    )
)
def test_agrees_with_aedt_audit(people):
    groups, chosen = people
    frame = pd.DataFrame({"group": [*groups, "x", "y"], "chosen": [*chosen[: len(groups)], True, False]})
    theirs = aedt_audit.impact_ratios(
        aedt_audit.selection_rates(frame, by=["group"], outcome="chosen", min_category_share=0)
    ).set_index("group")
    ours = audit_selection(count_table(frame, group="group", outcome="chosen")).to_frame().set_index("group")
    assert ours["rate"].to_dict() == pytest.approx(theirs["rate"].to_dict())
    assert ours["impact_ratio"].to_dict() == pytest.approx(theirs["impact_ratio"].to_dict())


def test_exactly_four_fifths_where_aedt_audit_goes_by_floats():
    frame = pd.DataFrame({"group": ["x"] * 100 + ["y"] * 100, "chosen": [1] * 64 + [0] * 36 + [1] * 80 + [0] * 20})
    rates = aedt_audit.selection_rates(frame, by=["group"], outcome="chosen")
    theirs = aedt_audit.four_fifths(rates).set_index("group")
    assert theirs["impact_ratio"]["x"] == pytest.approx(0.8)
    assert theirs["adverse_impact_eeoc"]["x"] == (0.64 / 0.80 < 0.8)  # true in floats, since that makes 0.79999...
    assert not audit_selection(count_table(frame, group="group", outcome="chosen"))["x"].below_four_fifths


def test_wrong_settings_say_what_to_do():
    with pytest.raises(TooFewGroupsError, match="'x'"):
        audit({"x": (1, 2)})
    with pytest.raises(UnknownGroupError, match="x, y"):
        audit({"x": (1, 2), "y": (1, 2)}, reference="z")
    with pytest.raises(LevelError, match="between 0 and 1"):
        audit({"x": (1, 2), "y": (1, 2)}, alpha=5)
    with pytest.raises(UnknownGroupError, match="x, y"):
        audit({"x": (1, 2), "y": (1, 2)})["z"]


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param({"x": (12, 40), "y": (48, 80), "z": (0, 3)}, id="ordinary"),
        pytest.param({"x": (0, 4), "y": (0, 8)}, id="none-selected"),
    ],
)
def test_the_chart_is_valid_and_says_its_content_in_text(counts):
    result = audit(counts)
    chart = result.chart().to_dict()  # validates against the schema of Vega-Lite
    assert chart["description"] == result.summary()
    assert "Koopman score" in chart["title"]["subtitle"][0]
    assert "null" not in json.dumps(chart["layer"][0])
    verdicts = chart["layer"][2]["encoding"]
    assert len(set(verdicts["color"]["scale"]["range"])) == len(set(verdicts["shape"]["scale"]["range"])) == 4


def test_importing_the_package_leaves_slow_libraries_alone():
    heavy = "{'scipy', 'statsmodels', 'altair', 'sklearn', 'ipywidgets'}"
    code = f"import sys, evaluators.screening, evaluators.data; print({heavy} & set(sys.modules) or 'light')"
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "light"

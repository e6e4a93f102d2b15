import json
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.screening import (
    CountTable,
    LevelError,
    SelectionAudit,
    TooFewGroupsError,
    UnknownGroupError,
    Verdict,
    audit_selection,
)

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
    assert frame.shape == (2, 15)


@settings(deadline=None)
@given(tables)
def test_any_counts_give_json_words_and_a_closed_set_of_verdicts(counts):
    result = audit(counts)
    as_json = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert as_json["verdict"] in list(Verdict)
    assert as_json["rule"]["source"] == "29 CFR 1607.4(D)"
    assert [row["group"] for row in as_json["groups"]] == sorted(counts)
    assert len(result.summary().splitlines()) == len(counts) + 2
    assert "nan" not in result.summary()
    assert "inf" not in result.summary()


@settings(deadline=None)
@given(tables)
def test_new_names_for_the_groups_change_no_figure(counts):
    # Same order of names, so that equals among the candidates for the reference are resolved alike.
    renamed = {f"group {label}": pair for label, pair in counts.items()}
    first, second = audit(counts).to_frame(), audit(renamed).to_frame()
    assert first.drop(columns="group").equals(second.drop(columns="group"))


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
    assert "Koopman score" in chart["title"]["subtitle"]
    assert "null" not in json.dumps(chart["layer"][0])
    verdicts = chart["layer"][2]["encoding"]
    assert len(set(verdicts["color"]["scale"]["range"])) == len(set(verdicts["shape"]["scale"]["range"])) == 4


def test_importing_the_package_leaves_slow_libraries_alone():
    heavy = "{'scipy', 'statsmodels', 'altair', 'sklearn', 'ipywidgets'}"
    code = f"import sys, evaluators.screening, evaluators.data; print({heavy} & set(sys.modules) or 'light')"
    run = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "light"

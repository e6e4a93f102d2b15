"""Several attributes at once: against single audits, statsmodels' Holm and hand counts."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from evaluators.screening import CountTable, Verdict, audit_selection
from evaluators.screening.errors import LevelError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.families import Audit, audit_families

TABLES = {
    "sex": {"f": (90, 300), "m": (120, 300)},
    "race": {"v": (55, 200), "w": (80, 200), "x": (75, 200)},
    "sex × race": {
        "f × v": (25, 100),
        "f × w": (35, 100),
        "f × x": (30, 100),
        "m × v": (30, 100),
        "m × w": (45, 100),
        "m × x": (45, 100),
    },
}


def families(tables: dict[str, dict[str, tuple[int, int]]], **settings: object) -> Audit:
    return audit_families({name: CountTable.from_counts(counts) for name, counts in tables.items()}, **settings)


def test_p_values_are_adjusted_inside_each_family():
    frame = families(TABLES).to_frame()
    assert frame.columns[0] == "family"
    assert frame["family"].tolist() == ["sex"] * 2 + ["race"] * 3 + ["sex × race"] * 6
    for name in TABLES:
        own = frame[(frame["family"] == name) & frame["p_value"].notna()]
        expected = multipletests(own["p_value"], method="holm")[1]
        assert own["p_adjusted"].tolist() == pytest.approx(list(expected))


def test_each_family_is_the_audit_of_its_own_table():
    audit = families(TABLES, reference={"race": "largest", "sex": "m"}, alpha=0.1, method="katz")
    race = CountTable.from_counts(TABLES["race"])
    alone = audit_selection(race, reference="largest", alpha=0.1, method="katz")
    assert audit["race"].to_dict() == alone.to_dict()
    assert audit["sex"].reference == "m"
    assert audit["sex × race"].reference_rule == "highest"
    assert audit.names == tuple(TABLES)
    assert len(audit) == 3


@pytest.mark.parametrize(
    ("sex", "race", "verdict"),
    [
        pytest.param((30, 200), (80, 200), Verdict.EVIDENCE, id="evidence-in-one"),
        pytest.param((78, 200), (78, 200), Verdict.TOO_LITTLE_DATA, id="open"),
        pytest.param((80_000, 200_000), (80_000, 200_000), Verdict.NONE_SEEN, id="none"),
    ],
)
def test_the_overall_verdict_is_the_gravest(sex, race, verdict):
    factor = sex[1] // 200
    other = (80 * factor, 200 * factor)
    audit = families({"sex": {"f": sex, "m": other}, "race": {"x": race, "y": other}})
    assert audit.verdict is verdict


def test_limits_are_exact_and_can_ask_for_both():
    audit = families({"sex": {"f": (64, 100), "m": (80, 100)}, "job": {"a": (3, 10), "b": (5, 10), "c": (0, 10)}})
    # 64/100 beside 80/100 is 0.8 exactly. In floats it is under it.
    assert [(broken.family, broken.group) for broken in audit.limit_broken(fail_under=0.8)] == [
        ("job", "c"),
        ("job", "a"),
    ]
    assert [broken.group for broken in audit.limit_broken(fail_under=0.81)] == ["f", "c", "a"]
    assert [broken.group for broken in audit.limit_broken(fail_under=0.81, alpha=0.05)] == ["f"]
    assert [broken.group for broken in audit.limit_broken(alpha=0.05)] == ["f"]
    assert audit.limit_broken() == ()
    reason = audit.limit_broken(fail_under=0.81, alpha=0.05)[0].reason
    # Z = -0.16 / sqrt(0.72 * 0.28 / 50) = -2.52, p = 0.012
    assert reason == (
        "f has an impact ratio of 0.800, under the limit of 0.81, with an adjusted p-value under 0.05 (0.012)."
    )


def test_without_a_limit_evidence_breaks_it():
    broken = families(
        {"sex": {"f": (30, 200), "m": (80, 200)}, "none": {"x": (3, 9), "y": (0, 9)}}, reference={"none": "y"}
    ).limit_broken()
    assert [(each.family, each.group) for each in broken] == [("sex", "f")]


def test_a_reference_never_selected_breaks_no_limit():
    audit = families({"sex": {"f": (3, 9), "m": (0, 9)}}, reference="m")
    assert audit.limit_broken(fail_under=1.0, alpha=0.99) == ()


@settings(deadline=None, max_examples=15)
@given(
    st.dictionaries(
        st.sampled_from(["sex", "race", "age"]),
        st.dictionaries(
            st.sampled_from("abcd"),
            st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
            min_size=2,
        ),
        min_size=1,
    )
)
def test_any_counts_give_json_words_and_a_frame(tables):
    audit = families(tables)
    as_json = json.loads(json.dumps(audit.to_dict(), allow_nan=False))
    assert set(as_json["families"]) == set(tables)
    assert len(audit.to_frame()) == sum(map(len, tables.values()))
    said = audit.summary()
    assert all(f"\n{name}: " in said for name in tables)
    assert "nan" not in said
    assert said.count("These figures show how large") == 1


def test_the_chart_has_one_part_per_family_and_says_its_content_in_text():
    audit = families(TABLES | {"odd": {'"><script>': (1, 30), "a rather long label, too long for one line": (9, 30)}})
    chart = audit.chart().to_dict()
    assert chart["description"] == audit.summary()
    assert [part["title"]["text"] for part in chart["vconcat"]] == [*TABLES, "odd"]


@pytest.mark.parametrize(
    ("tables", "settings_", "error", "words"),
    [
        pytest.param({}, {}, TooFewGroupsError, "no attribute", id="no-family"),
        pytest.param({"sex": {"f": (1, 2)}}, {}, TooFewGroupsError, "sex: There is only one group", id="one-group"),
        pytest.param(TABLES, {"reference": "m"}, UnknownGroupError, "race: There is no group 'm'", id="reference"),
        pytest.param(TABLES, {"reference": {"age": "m"}}, UnknownGroupError, "names 'age'", id="family"),
        pytest.param(TABLES, {"intervals": {"sex": {}}}, UnknownGroupError, "sex: The given intervals", id="interval"),
        pytest.param(TABLES, {"alpha": 0}, LevelError, "alpha is 0", id="alpha"),
    ],
)
def test_errors_name_the_family(tables, settings_, error, words):
    with pytest.raises(error, match=words):
        families(tables, **settings_)


def test_wrong_limits_and_names_say_what_to_do():
    audit = families(TABLES)
    with pytest.raises(LevelError, match="such as 0"):
        audit.limit_broken(fail_under=80)
    with pytest.raises(LevelError, match="alpha is 5"):
        audit.limit_broken(alpha=5)
    with pytest.raises(UnknownGroupError, match="It has: sex, race, sex × race"):
        audit["age"]

"""The whole audit of a table: guesses, words for "not known", limits, New York City's tables, bad input."""

import json
from dataclasses import replace

import aedt_audit
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from evaluators.data import load_resume_callbacks
from evaluators.own_data import Column
from evaluators.screening import (
    CountError,
    CountTable,
    LevelError,
    MethodError,
    OutcomeError,
    PeriodError,
    ScoreError,
    SimulationError,
    TooFewGroupsError,
    TooManyGroupsError,
    UnknownGroupError,
    UnknownRulesError,
    Verdict,
    bootstrap_ratios,
    ratio_interval,
)
from evaluators.screening.applicants import audit_applicants
from evaluators.screening.guesses import guess_columns, role_of


def frame_of(counts: dict[tuple[str, ...], tuple[int, int]], columns: list[str]) -> pd.DataFrame:
    """Return one row per person for (selected, applicants) of each group."""
    rows = [
        (*labels, "yes" if number < selected else "no")
        for labels, (selected, applicants) in counts.items()
        for number in range(applicants)
    ]
    return pd.DataFrame(rows, columns=[*columns, "hired"])


SMALL = frame_of({("f",): (20, 100), ("m",): (40, 100), ("Unknown",): (3, 10)}, ["sex"])


def test_the_field_experiment() -> None:
    audit = audit_applicants(load_resume_callbacks(), groups=["race", "sex"], outcome="called_back", fail_under=0.8)
    assert audit.verdict is Verdict.EVIDENCE
    black = audit.selection["race"]["Black"]
    assert (black.selected, black.applicants) == (157, 2435)
    assert black.impact_ratio == pytest.approx(157 / 235)
    assert audit.selection["race × sex"]["Black × female"].selected == 125
    assert [(each.family, each.group) for each in audit.broken] == [
        ("race", "Black"),
        ("race × sex", "Black × male"),
        ("race × sex", "Black × female"),
    ]
    assert audit.summary().startswith("Result: evidence of adverse impact. It concerns Black, Black × male, ")


# New York City's example: selected of applicants, impact ratio.
SEX = {"Male": (667, 1390, 1.000), "Female": (555, 1181, 0.979)}
RACE = {
    "Hispanic or Latino": (204, 408, 0.97),
    "White": (412, 797, 1.00),
    "Black or African American": (170, 390, 0.84),
    "Native Hawaiian or Pacific Islander": (52, 119, 0.85),
    "Asian": (302, 616, 0.95),
    "Native American or Alaska Native": (18, 41, 0.85),
    "Two or More Races": (96, 213, 0.87),
}


@pytest.mark.parametrize(("column", "published"), [("sex", SEX), ("race", RACE)])
def test_new_york_citys_example_tables(column: str, published: dict[str, tuple[int, int, float]]) -> None:
    people = frame_of({(label,): row[:2] for label, row in published.items()}, [column])
    audit = audit_applicants(people, groups=column, outcome="hired", rules="ll144")
    table = next(each for each in audit.published if each.rows)
    assert table.headings == ("applicants", "selected", "selection rate", "impact ratio")
    assert {row.labels[0]: (row.selected, row.applicants) for row in table.rows} == {
        label: row[:2] for label, row in published.items()
    }
    for row in table.rows:
        assert row.impact_ratio == pytest.approx(published[row.labels[0]][2], abs=0.0052)
    other = "race or ethnicity" if column == "sex" else "sex"
    assert [each.lacking for each in audit.published if not each.rows] == [(other,), (other,)]
    assert any("names no ratio that is too low" in note for note in audit.notes)


def people_with_scores(rows: int = 600) -> pd.DataFrame:
    draw = np.random.default_rng(144)
    race = draw.choice(["White", "Black", "Asian", "Pacific", None], rows, p=[0.5, 0.25, 0.19, 0.01, 0.05])
    return pd.DataFrame(
        {
            "Gender": draw.choice(["female", "male", None], rows, p=[0.5, 0.46, 0.04]),
            "race": race,
            "score": draw.normal(60, 10, rows).round() - 3 * (race == "Black"),
            "hired": draw.integers(0, 2, rows),
            "applied": pd.date_range("2026-01-01", periods=rows, freq="12h").strftime("%Y-%m-%d"),
        }
    )


@pytest.mark.parametrize("leave_small_out", [False, True])
@pytest.mark.parametrize("measure", ["selection", "scoring"])
def test_published_tables_agree_with_aedt_audit(measure: str, leave_small_out: bool) -> None:
    people = people_with_scores()
    audit = audit_applicants(
        people,
        groups=["race", "Gender"],
        outcome="hired",
        score="score",
        rules="ll144",
        leave_small_out=leave_small_out,
    )
    tables = [each for each in audit.published if each.measure == measure]
    assert [each.columns for each in tables] == [("Gender",), ("race",), ("race", "Gender")]
    for table in tables:
        share = 0.02 if leave_small_out else 0
        rates = (
            aedt_audit.selection_rates(people, by=list(table.columns), outcome="hired", min_category_share=share)
            if measure == "selection"
            else aedt_audit.scoring_rates(people, by=list(table.columns), score="score", min_category_share=share)
        )
        theirs = aedt_audit.impact_ratios(rates, by=list(table.columns)).set_index(list(table.columns))
        known = [key for key in theirs.index if "unknown" not in (key if isinstance(key, tuple) else (key,))]
        assert len(table.rows) == len(known)
        assert table.unknown == len(people) - int(theirs.loc[known, "n"].sum())
        for row in table.rows:
            other = theirs.loc[row.labels if len(row.labels) > 1 else row.labels[0]]
            assert (row.applicants, row.rate) == (other["n"], pytest.approx(other["rate"]))
            assert row.small == (other["n"] < 12)  # 2 % of 600
            if leave_small_out and row.small:
                assert np.isnan(row.impact_ratio)
            else:
                assert row.impact_ratio == pytest.approx(other["impact_ratio"])


# Reading


@pytest.mark.parametrize(
    "backend",
    [
        pytest.param(lambda frame: frame, id="pandas"),
        pytest.param(lambda frame: frame.astype({"sex": "category"}), id="categories"),
        pytest.param(pa.Table.from_pandas, id="pyarrow"),
        pytest.param(pl.from_pandas, id="polars"),
        pytest.param(
            lambda frame: pytest.importorskip("duckdb").connect().from_arrow(pa.Table.from_pandas(frame)), id="duckdb"
        ),
    ],
)
def test_words_for_not_known_are_missing_and_said(backend) -> None:
    audit = audit_applicants(backend(SMALL), groups="sex", outcome="hired")
    assert audit.counts[0][1].labels == ("(missing)", "f", "m")
    assert audit.counts[0][1].people_missing == 10
    assert "In 'sex', 'Unknown' (10 people) was read as not known" in audit.notes[0]
    assert "'sex' is not known for 10 of 210 people (4.8%)" in audit.notes[1]
    kept = audit_applicants(backend(SMALL), groups="sex", outcome="hired", not_missing=["unknown"])
    assert kept.counts[0][1].labels == ("Unknown", "f", "m")
    assert kept.notes == ()


@pytest.mark.parametrize("make", [lambda frame: frame, pl.from_pandas], ids=["pandas", "polars"])
def test_an_outcome_in_words_of_its_own(make) -> None:
    status = {"yes": "Offer", "no": "rejected"}
    people = SMALL.assign(status=SMALL["hired"].map(status))
    people.loc[people.index[-1], "status"] = "withdrew"
    audit = audit_applicants(make(people), groups="sex", outcome="status", selected_values=["offer"])
    assert audit.counts[0][1]["m"].selected == 40
    assert "'offer' counts as selected; 'rejected' (146 people), 'withdrew' (1 person) counts as not" in audit.notes[1]
    people.loc[people.index[0], "status"] = None
    with pytest.raises(OutcomeError, match="has nothing"):
        audit_applicants(make(people), groups="sex", outcome="status", selected_values=["offer"])
    with pytest.raises(OutcomeError, match="never has 'hire'"):
        audit_applicants(make(people), groups="sex", outcome="status", selected_values=["hire"])


def test_named_references_are_used_where_they_occur() -> None:
    people = load_resume_callbacks()
    audit = audit_applicants(people, groups=["race", "sex"], outcome="called_back", reference=["White", "male"])
    assert {name: each.reference for name, each in audit.selection} == {
        "race": "White",
        "sex": "male",
        "race × sex": "White × male",
    }
    audit = audit_applicants(people, groups=["race", "sex"], outcome="called_back", reference=["male", "largest"])
    assert {name: each.reference for name, each in audit.selection} == {
        "race": "White",  # as many as Black, and the higher rate
        "sex": "male",
        "race × sex": "Black × female",  # 1,886 people
    }
    with pytest.raises(UnknownGroupError, match="No column has the group 'Green'"):
        audit_applicants(people, groups="race", outcome="called_back", reference="Green")
    with pytest.raises(UnknownGroupError, match="cannot both be the reference"):
        audit_applicants(people, groups="race", outcome="called_back", reference=["White", "Black"])


def test_guesses_say_why_and_leave_open_what_is_unclear() -> None:
    def column(name: str, *values: str, **more: object) -> Column:
        return replace(Column(name, values, len(values), 9, 9, numbers=False, dates=False), **more)

    sex, hired = column("Applicant Sex", "f", "m"), column("hired", "yes", "no")
    volunteer = column("volunteer", "true", "false")
    score = column("fitScore", "1", "2", "7.5", numbers=True)
    date = column("applied_on", "2026-01-02", dates=True)
    found = guess_columns([sex, volunteer, hired, score, date])
    assert [(each.role, each.column) for each in found] == [
        ("outcome", "hired"),
        ("group", "Applicant Sex"),
        ("score", "fitScore"),
        ("date", "applied_on"),
    ]
    assert found[0].sentence() == "'hired' is taken as the outcome: its name says so, and it holds yes and no."
    assert guess_columns([column("invited", "yes", "no"), hired]) == ()  # which of the two?
    assert [each.column for each in guess_columns([volunteer, sex])] == ["volunteer", "Applicant Sex"]
    assert guess_columns([column("status", "offer", "rejected", "withdrew")]) == ()
    assert [role_of(name) for name in ("gender_code", "Race/Ethnicity", "racing", "sextant")] == [
        "sex", "race or ethnicity", "", "",
    ]  # fmt: skip


# Limits


def test_a_limit_that_cannot_be_checked_is_not_kept() -> None:
    people = frame_of({("f",): (0, 40), ("m",): (0, 60)}, ["sex"])
    audit = audit_applicants(people, groups="sex", outcome="hired", fail_under=0.8)
    assert (audit.broken, audit.unchecked) == ((), ("sex",))
    assert "Nobody of 100 people was selected ('hired'), so there is nothing to compare." in audit.notes
    assert "could not be checked" in audit.summary()


def test_without_a_limit_nothing_is_broken() -> None:
    audit = audit_applicants(SMALL, groups="sex", outcome="hired")
    assert audit.verdict is Verdict.EVIDENCE
    assert (audit.has_limit, audit.broken, audit.unchecked) == (False, (), ())


def test_the_limits_level_counts_too() -> None:
    few = frame_of({("f",): (2, 10), ("m",): (4, 10)}, ["sex"])
    assert len(audit_applicants(few, groups="sex", outcome="hired", fail_under=0.8).broken) == 1
    assert audit_applicants(few, groups="sex", outcome="hired", fail_under=0.8, limit_alpha=0.05).broken == ()


# Bad input: an error or a statement, never a wrong number


def test_everybody_selected_is_said() -> None:
    audit = audit_applicants(frame_of({("f",): (40, 40), ("m",): (60, 60)}, ["sex"]), groups="sex", outcome="hired")
    assert audit.notes == ("All 100 people were selected ('hired'), so no group can differ. Is this the right column?",)


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        pytest.param({}, {"outcome": None}, CountError, "No column says who was selected", id="no-outcome"),
        pytest.param({"hired": ["yes", "no", "maybe"] * 70}, {}, OutcomeError, "'maybe'", id="three-values"),
        pytest.param({"hired": [1, "no", 2.5] * 70}, {}, OutcomeError, "2.5", id="mixed-types"),
        pytest.param({"sex": "f"}, {}, TooFewGroupsError, "only one group, 'f'", id="one-group"),
        pytest.param(
            {"sex": [f"p{i}" for i in range(210)]}, {}, TooManyGroupsError, "210 different", id="names-as-groups"
        ),
        pytest.param({}, {"groups": ["sex", "sex"]}, CountError, "named twice", id="twice"),
        pytest.param({}, {"rules": "gdpr"}, UnknownRulesError, "no rules called 'gdpr'", id="rules"),
        pytest.param({"day": "last week"}, {"date": "day"}, PeriodError, "last week", id="dates"),
    ],
)
def test_bad_input_is_an_error_that_says_so(change, options, error, said) -> None:
    with pytest.raises(error, match=said):
        audit_applicants(SMALL.assign(**change), **{"groups": "sex", "outcome": "hired", **options})


def test_no_rows() -> None:
    with pytest.raises(CountError, match="no rows"):
        audit_applicants(SMALL.head(0), groups="sex", outcome="hired")


def test_ten_thousand_categories() -> None:
    people = pd.DataFrame({"mail": [f"p{i}@example.org" for i in range(10_000)], "hired": [0, 1] * 5_000})
    with pytest.raises(TooManyGroupsError, match="10,000 different values"):
        audit_applicants(people, groups="mail", outcome="hired")


def test_many_pairs_are_refused_with_a_way_out() -> None:
    people = pd.DataFrame({"a": np.arange(2_500) % 50, "b": np.arange(2_500) // 50, "hired": [0, 1] * 1_250})
    with pytest.raises(TooManyGroupsError, match="2,500 combinations") as caught:
        audit_applicants(people, groups=["a", "b"], outcome="hired")
    assert caught.value.argument == "intersections"
    assert audit_applicants(people, groups=["a", "b"], outcome="hired", intersections=False).selection.names == (
        "a",
        "b",
    )


def test_months_need_an_outcome_and_a_date_that_was_guessed_may_fail() -> None:
    people = people_with_scores(400)
    audit = audit_applicants(people, groups="Gender", outcome="hired", date="applied")
    assert [(column, len(each.periods)) for column, each in audit.over_time] == [("Gender", 7)]
    audit = audit_applicants(people, groups="Gender", score="score", date="applied")
    assert (audit.over_time, audit.notes[-1]) == (
        (),
        "The months in 'applied' were not looked at: that needs an outcome.",
    )


def test_json_has_a_schema_and_no_odd_numbers() -> None:
    audit = audit_applicants(
        people_with_scores(), groups=["race", "Gender"], outcome="hired", score="score", date="applied", rules="ll144",
        fail_under=0.8,
    )  # fmt: skip
    value = json.loads(json.dumps(audit.to_dict(), allow_nan=False))
    assert (value["schema"], value["kind"], value["people"]) == (1, "applicant audit", 600)
    assert set(value["selection"]["families"]) == {"race", "Gender", "race × Gender"}
    assert value["rules"]["checked_on"] == "2026-11-01"
    assert len(audit.to_frame()) == sum(len(each.groups) for _, families in audit.audits for _, each in families)
    assert audit.to_frame()["measure"].unique().tolist() == ["selection", "score"]


def test_bootstrap_intervals_are_those_of_the_bootstrap_and_say_their_seed() -> None:
    people = frame_of({("f",): (20, 100), ("m",): (40, 100), ("x",): (0, 30)}, ["sex"])
    audit = audit_applicants(people, groups="sex", outcome="hired", intervals="bootstrap", replicates=500, seed=3)
    drawn = bootstrap_ratios(
        CountTable.from_counts({"f": (20, 100), "m": (40, 100), "x": (0, 30)}), replicates=500, seed=3
    )
    found = audit.selection["sex"]
    assert (found["f"].ratio_low, found["f"].ratio_high) == (drawn["f"].low, drawn["f"].high)
    assert np.isnan(found["x"].ratio_low)  # a bootstrap of nobody selected knows nothing
    assert found["x"].verdict is not Verdict.NONE_SEEN
    assert found.interval_method == "bootstrap, 500 draws, seed 3, percentile"
    value = audit.to_dict()
    assert value["intervals"] == {
        "method": "bootstrap", "name": "bootstrap, 500 draws, seed 3, percentile", "replicates": 500, "seed": 3
    }  # fmt: skip
    assert any("500 times anew (seed 3)" in note for note in audit.notes)
    assert any(note.startswith("sex (selection): Nobody was selected of x") for note in audit.notes)
    json.dumps(value, allow_nan=False)


def test_katz_intervals_and_the_default() -> None:
    katz = audit_applicants(SMALL, groups="sex", outcome="hired", intervals="katz")
    groups = CountTable.from_counts({"f": (20, 100), "m": (40, 100)})
    assert (katz.selection["sex"]["f"].ratio_low, katz.selection["sex"]["f"].ratio_high) == pytest.approx(
        ratio_interval(groups["f"], groups["m"], method="katz")
    )
    assert any("Katz" in note for note in katz.notes)
    default = audit_applicants(SMALL, groups="sex", outcome="hired")
    assert default.to_dict()["intervals"] == {
        "method": "koopman", "name": "Koopman score", "replicates": None, "seed": None
    }  # fmt: skip


def test_bootstrap_with_small_groups_left_out_draws_the_others_only() -> None:
    people = frame_of({("f",): (50, 200), ("m",): (60, 200), ("x",): (3, 4)}, ["sex"])
    audit = audit_applicants(people, groups="sex", outcome="hired", intervals="bootstrap", leave_small_out=True)
    drawn = bootstrap_ratios(CountTable.from_counts({"f": (50, 200), "m": (60, 200)}))
    assert audit.selection["sex"].reference == "m"
    assert (audit.selection["sex"]["f"].ratio_low, audit.selection["sex"]["f"].ratio_high) == (
        drawn["f"].low,
        drawn["f"].high,
    )
    assert audit.selection["sex"]["x"].left_out


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        pytest.param({"intervals": "wald"}, MethodError, "koopman, katz, bootstrap", id="method"),
        pytest.param({"seed": 1}, MethodError, "Koopman score intervals draw nothing", id="seed-alone"),
        pytest.param(
            {"intervals": "katz", "replicates": 500}, MethodError, "replicates means nothing", id="katz-draws"
        ),
        pytest.param({"intervals": "bootstrap", "replicates": 50}, SimulationError, "at least 200", id="few"),
        pytest.param({"intervals": "bootstrap", "alpha": 0.001}, SimulationError, "at least 10,000", id="alpha"),
        pytest.param({"intervals": "bootstrap", "alpha": 1e-9}, SimulationError, "Koopman", id="tiny-alpha"),
        pytest.param({"intervals": "bootstrap", "replicates": 10**6}, SimulationError, "at most 20,000", id="many"),
        pytest.param({"intervals": "bootstrap", "seed": -1}, SimulationError, "seed is -1", id="seed"),
        pytest.param({"intervals": "bootstrap", "alpha": 5}, LevelError, "alpha is 5", id="no-share"),
        pytest.param({"fail_under": 80}, LevelError, "limit is 80", id="limit"),
    ],
)
def test_intervals_and_limits_that_make_no_sense_are_refused(settings, error, said) -> None:
    with pytest.raises(error, match=said):
        audit_applicants(SMALL, groups="sex", outcome="hired", **settings)


def test_bootstrap_of_one_group_is_the_same_error_as_ever() -> None:
    with pytest.raises(TooFewGroupsError, match="sex: There is only one group, 'f'"):
        audit_applicants(frame_of({("f",): (2, 9)}, ["sex"]), groups="sex", outcome="hired", intervals="bootstrap")


def test_groups_called_like_a_rule_can_be_the_reference_in_all_families() -> None:
    counts = {(a, b): (10 + 5 * (a == "highest"), 60) for a in ("highest", "largest") for b in ("x", "y")}
    people = frame_of(counts, ["band", "site"])
    audit = audit_applicants(
        people, groups=["band", "site"], outcome="hired", reference=["label:largest", "y"], fail_under=0.8
    )
    assert [(name, each.reference) for name, each in audit.selection.families] == [
        ("band", "largest"), ("site", "y"), ("band × site", "largest × y"),
    ]  # fmt: skip
    ordinary = audit_applicants(people, groups=["band", "site"], outcome="hired", reference="highest")
    assert ordinary.selection["band"].reference_rule == "highest"
    with pytest.raises(UnknownGroupError, match="No column has the group 'lowest'"):
        audit_applicants(people, groups="band", outcome="hired", reference="label:lowest")


def test_three_columns_are_compared_in_pairs_and_a_note_says_so() -> None:
    cells = [(a, b, c) for a in "fm" for b in "xy" for c in "op"]
    people = frame_of({cell: (9 + number, 40) for number, cell in enumerate(cells)}, ["sex", "race", "age"])
    audit = audit_applicants(people, groups=["sex", "race", "age"], outcome="hired")
    assert audit.selection.names == ("sex", "race", "age", "sex × race", "sex × age", "race × age")
    said = "Each two of the 3 group columns are compared together, not all of them at once"
    assert any(said in note for note in audit.notes)
    alone = audit_applicants(people, groups=["sex", "race", "age"], outcome="hired", intersections=False)
    assert not any(said in note for note in alone.notes)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_scores_with_decimal_commas_are_read_where_that_is_clear(make) -> None:
    scores = ["1,5", "2", "10,25", " 3,125 ", "", "7,0"] * 20
    people = make({"sex": ["f", "m"] * 60, "score": scores})
    points = make({"sex": ["f", "m"] * 60, "score": [text.replace(",", ".") for text in scores]})
    audit = audit_applicants(people, groups="sex", score="score")
    assert audit.scores == audit_applicants(points, groups="sex", score="score").scores
    assert audit.notes == ("The commas in 'score' were read as decimal commas.",)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(["1,234", "2,500"], id="thousands-perhaps"),
        pytest.param(["1,5", "2.5"], id="both"),
        pytest.param(["1.234,5", "2,5"], id="german-thousands"),
        pytest.param(["1,5", "good"], id="words"),
    ],
)
def test_commas_that_are_not_clear_are_an_error(odd) -> None:
    people = pd.DataFrame({"sex": ["f", "m"], "score": odd})
    with pytest.raises(ScoreError, match="score") as caught:
        audit_applicants(people, groups="sex", score="score")
    assert "Write decimals with a point" in caught.value.hint


def test_an_outcome_in_other_words_is_told_how_to_say_so() -> None:
    people = pd.DataFrame({"sex": ["f", "m"], "hired": ["offer", "no"]})
    with pytest.raises(OutcomeError) as caught:
        audit_applicants(people, groups="sex", outcome="hired")
    assert caught.value.argument == "selected_values"

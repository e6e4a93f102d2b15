"""Control charts against hand counts, planted drift and steady series."""

import json
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.screening.errors import OutcomeError, PeriodError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.stability import OUTSIDE, RATE, RATIO, RUN, StabilityAudit, audit_over_time


def months(rates: dict[str, list[tuple[int, int]]]) -> pd.DataFrame:
    """Make people from (selected, applicants) per group and month, from January 2026 on."""
    rows = [
        (f"{2026 + month // 12}-{month % 12 + 1:02d}-{number % 28 + 1:02d}", label, number < selected)
        for label, pairs in rates.items()
        for month, (selected, applicants) in enumerate(pairs)
        for number in range(applicants)
    ]
    return pd.DataFrame(rows, columns=["applied", "group", "invited"])


def audit(frame: pd.DataFrame, **settings: object) -> StabilityAudit:
    return audit_over_time(frame, **({"group": "group", "outcome": "invited", "date": "applied"} | settings))


def drawn(rng: np.random.Generator, *, ratio: list[float], people: int = 150) -> pd.DataFrame:
    return months(
        {
            "a": [(int(rng.binomial(people, 0.4 * each)), people) for each in ratio],
            "b": [(int(rng.binomial(people, 0.4)), people) for _ in ratio],
        }
    )


def test_limits_of_a_p_chart_by_hand():
    points = audit(months({"a": [(20, 100), (30, 50), (10, 50)], "b": [(50, 100)] * 3})).of("a", figure=RATE)
    assert [point.value for point in points] == [0.2, 0.6, 0.2]
    half = [3 * math.sqrt(0.3 * 0.7 / people) for people in (100, 50, 50)]
    assert [point.centre for point in points] == [0.3] * 3
    assert [point.low for point in points] == pytest.approx([0.3 - each for each in half])
    assert [point.high for point in points] == pytest.approx([0.3 + each for each in half])
    assert [point.signal for point in points] == ["", OUTSIDE, ""]


def test_limits_of_a_published_p_chart():
    # NIST/SEMATECH e-Handbook 6.3.3.2: 30 wafers of 50 chips, pbar 0.2313, limits 0.0524 and 0.4102.
    failed = [
        12,
        15,
        8,
        10,
        4,
        7,
        16,
        9,
        14,
        10,
        5,
        6,
        17,
        12,
        22,
        8,
        10,
        5,
        13,
        11,
        20,
        18,
        24,
        15,
        9,
        12,
        7,
        13,
        9,
        6,
    ]
    points = audit(months({"a": [(each, 50) for each in failed], "b": [(25, 50)] * 30})).of("a", figure=RATE)
    assert points[0].centre == pytest.approx(0.2313, abs=1e-4)
    assert (points[0].low, points[0].high) == pytest.approx((0.0524, 0.4102), abs=2e-4)
    assert [row for row, point in enumerate(points, start=1) if point.signal == OUTSIDE] == [15, 23]


def test_limits_of_the_ratio_by_hand():
    found = audit(months({"a": [(30, 100), (6, 100)], "b": [(60, 150), (60, 150)]}), baseline_periods=1, reference="b")
    first, second = found.of("a")
    spread = 3 * math.sqrt(0.7 / 30 + 0.6 / 60)
    assert (first.value, second.value, second.centre) == pytest.approx((0.75, 0.15, 0.75))
    assert (second.low, second.high) == pytest.approx((0.75 * math.exp(-spread), 0.75 * math.exp(spread)))
    assert second.signal == OUTSIDE


def test_eight_in_a_row_signal_from_the_eighth_and_name_the_first():
    steady = [(40, 100), (41, 100)] * 3
    points = audit(months({"a": [*steady, *[(36, 100)] * 9], "b": [(40, 100)] * 15}), baseline_periods=6).of("a")
    assert [point.signal for point in points] == [""] * 13 + [RUN] * 2
    assert points[13].since == points[6].period == "2026-07"


def test_a_period_on_the_centre_line_breaks_a_run_and_one_with_few_people_does_not():
    base = [(40, 100)] * 2
    even = audit(
        months({"a": [*base, *[(36, 100)] * 7, (40, 100), (36, 100)], "b": [(40, 100)] * 11}), baseline_periods=2
    )
    assert not even.signals
    few = audit(months({"a": [*base, *[(36, 100)] * 7, (3, 4), (36, 100)], "b": [(40, 100)] * 11}), baseline_periods=2)
    assert few.of("a")[9].enough is False
    assert few.of("a")[10].signal == RUN


def test_the_planted_drift_is_found_in_its_month():
    rng = np.random.default_rng(20)
    found = []
    for _ in range(10):
        points = audit(drawn(rng, ratio=[1.0] * 12 + [0.35] * 6), baseline_periods=12, reference="b").of("a")
        found.append(next(row for row, point in enumerate(points) if point.signal))
    assert np.mean([12 <= row <= 13 for row in found]) >= 0.9


def test_a_steady_tool_gives_few_signals():
    rng = np.random.default_rng(21)
    audits = [audit(drawn(rng, ratio=[0.8] * 24), reference="b") for _ in range(10)]
    points = [point for each in audits for point in each.of("a")]
    assert sum(bool(point.signal) for point in points) / len(points) <= 0.03


@pytest.mark.slow
def test_false_signals_come_about_once_in_150_periods():
    rng = np.random.default_rng(22)
    waits = []
    for _ in range(40):
        people = 400
        line = [(int(rng.binomial(people, 0.4)), people) for _ in range(150)]
        points = audit(months({"a": line, "b": [(160, 400)] * 150})).of("a", figure=RATE)
        waits.append(next((row for row, point in enumerate(points, start=1) if point.signal), 150))
    # Waiting times are nearly geometric: with a mean of 153, the mean of min(wait, 150) is about 96.
    assert 70 <= np.mean(waits) <= 120


def test_people_of_no_known_group_are_a_line_of_their_own():
    frame = months({"a": [(20, 50)] * 3, "": [(20, 50)] * 3})
    found = audit(frame)
    assert found.reference == "a"
    assert found.of("(missing)")[0].value == 1
    assert audit(frame, reference="(missing)").of("a")[0].value == 1


def test_months_without_anybody_are_gaps_and_nobody_of_a_group_has_no_value():
    frame = months({"a": [(10, 30), (0, 0), (0, 0), (12, 30)], "b": [(10, 30), (12, 30), (0, 0), (12, 30)]})
    found = audit(frame, reference="b")
    assert found.gaps == ("2026-03",)
    assert math.isnan(found.of("a")[1].value)
    assert found.of("a")[1].signal == ""
    assert "Nobody applied in 1 months between: 2026-03" in found.summary()
    assert found.to_dict()["points"][1]["value"] is None


def test_nobody_of_a_group_ever_selected_gives_no_limits_and_no_signal():
    found = audit(months({"a": [(0, 50)] * 9, "b": [(20, 50)] * 9}))
    assert not found.signals
    assert "or too few rejected, in every month to tell: impact ratio of a, selection rate of a" in found.summary()


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("week", ("2025-12-29", "2026-01-05", "2026-03-30")),
        ("month", ("2026-01", "2026-04")),
        ("quarter", ("2026Q1", "2026Q2")),
    ],
)
def test_periods(period, expected):
    frame = pd.DataFrame(
        {
            "applied": ["2026-01-01", "2026-01-04", "2026-01-05", "2026-04-05"],
            "group": list("abab"),
            "invited": ["yes", "no", "yes", "no"],
        }
    )
    assert audit(frame, period=period).periods == expected
    as_dates = frame.assign(applied=pd.to_datetime(frame["applied"]))
    expected_points = audit(frame, period=period).to_dict()
    assert audit(as_dates, period=period).to_dict() == expected_points
    with_zone = as_dates.assign(applied=as_dates["applied"].dt.tz_localize("Europe/Berlin"))
    assert audit(with_zone, period=period).to_dict() == expected_points
    assert audit(pl.from_pandas(as_dates), period=period).to_dict() == expected_points


@settings(deadline=None, max_examples=8)
@given(st.randoms())
def test_order_of_rows_changes_nothing(random):
    frame = drawn(np.random.default_rng(4), ratio=[0.9, 0.5, 0.8], people=30)
    assert audit(frame.sample(frac=1, random_state=random.randrange(1_000))) == audit(frame)


def test_twice_as_many_of_the_same_people_keep_values_and_narrow_limits():
    frame = months({"a": [(20, 100), (30, 90)], "b": [(40, 100), (44, 90)]})
    once, twice = audit(frame), audit(pd.concat([frame, frame], ignore_index=True))
    for first, second in zip(once, twice, strict=True):
        assert first.value == pytest.approx(second.value)
        assert second.low > first.low
        assert second.high < first.high


def test_words_json_and_charts():
    found = audit(drawn(np.random.default_rng(20), ratio=[1.0] * 10 + [0.3] * 3), baseline_periods=10, reference="b")
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.to_frame().shape == (3 * 13, 12)
    assert "Impact ratio of a against b: first signal in 2026-11" in found.summary()
    for figure, groups in ((RATIO, 1), (RATE, 2)):
        chart = found.chart(figure=figure).to_dict()
        assert chart["description"] == found.summary()
        assert len(chart["vconcat"]) == groups
    steady = audit(months({"a": [(20, 50)] * 3, "b": [(20, 50)] * 3}))
    assert "No signal" in steady.summary()
    assert "all of them say what to expect" in steady.summary()


@pytest.mark.parametrize(
    ("change", "settings", "error", "words"),
    [
        pytest.param({"applied": "31.12.2026"}, {}, PeriodError, "'31.12.2026'", id="not-iso"),
        pytest.param({"applied": None}, {}, PeriodError, "nothing", id="no-date"),
        pytest.param({"applied": 20260101}, {}, PeriodError, "holds numbers", id="number"),
        pytest.param({"applied": "2026-01-01"}, {}, PeriodError, "one month, 2026-01", id="one-month"),
        pytest.param({"invited": "maybe"}, {}, OutcomeError, "'maybe'", id="unclear"),
        pytest.param({"group": "a"}, {}, TooFewGroupsError, "only one group", id="one-group"),
        pytest.param({}, {"period": "day"}, PeriodError, "week, month", id="period"),
        pytest.param({}, {"baseline_periods": 3}, PeriodError, "Give 1 to 2", id="baseline"),
        pytest.param({}, {"reference": "x"}, UnknownGroupError, "a, b", id="reference"),
    ],
)
def test_unusable_input_is_refused(change, settings, error, words):
    frame = months({"a": [(1, 2)] * 2, "b": [(1, 2)] * 2})
    with pytest.raises(error, match=words):
        audit(frame.assign(**change), **settings)


def test_a_missing_outcome_and_an_unknown_line_are_refused():
    frame = months({"a": [(1, 2)] * 2, "b": [(1, 2)] * 2})
    open_application = frame.assign(invited=frame["invited"].astype(object).where(frame.index > 0))
    with pytest.raises(OutcomeError, match="In row 0 the outcome column 'invited' has nothing"):
        audit(open_application)
    with pytest.raises(UnknownGroupError, match="impact ratio of b"):
        audit(frame).of("a")
    with pytest.raises(UnknownGroupError, match="no figure"):
        audit(frame).chart(figure="odds")

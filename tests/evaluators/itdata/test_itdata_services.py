import json
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.estate.outages import outage_patterns
from evaluators.itdata.estate.services import availability, downtime_allowed


def table(*rows):
    return pd.DataFrame(
        list(rows), columns=["service", "month", "agreed_minutes", "down_minutes", "planned_down_minutes"]
    )


TWO = table(
    ("mail", "2026-01", 1000, 10, 0),
    ("mail", "2026-02", 3000, 0, 1000),
    ("payroll", "2026-01", 1000, 100, 0),
)


def test_availability_by_hand_sums_minutes_and_no_percentages():
    found = availability(TWO, target=0.995)
    mail = found["mail"]
    assert mail.availability == pytest.approx(1 - 10 / 3000)  # the mean of 99 % and 100 % would be 99.5 %
    assert mail.availability_felt == pytest.approx(1 - 1010 / 4000)
    assert (mail.worst_month, mail.months_under_target, mail.months) == ("2026-01", 1, 2)
    assert mail.worst_availability == pytest.approx(0.99)
    assert [each.service for each in found] == ["payroll", "mail"]
    assert availability(TWO)["mail"].months_under_target is None


def test_planned_minutes_may_be_counted_within_the_minutes_down():
    whole = table(("mail", "2026-01", 1000, 30, 20))
    assert availability(whole, down_includes_planned=True)["mail"].down_minutes == 10
    assert availability(whole)["mail"].down_minutes == 30
    with pytest.raises(MeasureError, match="more planned minutes"):
        availability(table(("mail", "2026-01", 1000, 10, 20)), down_includes_planned=True)


def test_a_month_that_just_meets_the_target_is_not_under_it():
    assert availability(table(("mail", "2026-04", 43200, 43.2, 0)), target=0.999)["mail"].months_under_target == 0


def test_services_in_series_by_hand():
    both = availability(TWO).in_series()
    mail, payroll = 1 - 10 / 3000, 0.9
    assert both.independent == pytest.approx(mail * payroll)
    assert both.low == pytest.approx(mail + payroll - 1)
    assert both.high == pytest.approx(payroll)
    with pytest.raises(MeasureError, match="named twice"):
        availability(TWO).in_series("mail", "mail")


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_independent_outages_lie_between_never_and_always_together(down):
    rows = [(f"s{place}", "2026-01", 1000, minutes, 0) for place, minutes in enumerate(down)]
    series = availability(table(*rows)).in_series()
    assert series.low - 1e-9 <= series.independent <= series.high + 1e-9


def test_a_service_whose_time_was_all_planned_is_not_known():
    found = availability(table(("mail", "2026-01", 100, 0, 100)))
    assert math.isnan(found["mail"].availability)
    assert found["mail"].availability_felt == 0
    assert found.to_dict()["services"][0]["availability"] is None
    assert "not known" in found.summary()
    with pytest.raises(MeasureError, match="never due"):
        found.in_series()


def test_almost_always_never_reads_as_always():
    assert "up over 99.999%" in availability(table(("mail", "2026-01", 44_640_000, 1, 0))).summary()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("mail", "2026-01", 100, 90, 20), "more minutes down than agreed"),
        (("mail", "2026-01", 0, 0, 0), "no agreed minutes"),
        (("mail", "2026-01", 100, -1, 0), "below 0"),
        (("mail", "2026-01", 100, None, 0), "no number"),
        (("mail", "January", 100, 0, 0), "no date"),
    ],
)
def test_impossible_minutes_are_named(row, said):
    with pytest.raises(MeasureError) as caught:
        availability(table(row))
    assert said in str(caught.value)


def test_a_month_twice_and_a_target_in_per_cent():
    with pytest.raises(MeasureError, match="'mail' has 2026-01 more than once"):
        availability(table(("mail", "2026-01", 1, 0, 0), ("mail", "2026-01-31", 1, 0, 0)))
    with pytest.raises(MeasureError, match=r"99\.9"):
        availability(TWO, target=99.9)


def test_downtime_allowed_by_hand():
    # 43,200 minutes in 30 days; "three nines" are known to allow 43.2 minutes, 8.76 hours a year.
    nines = downtime_allowed().set_index("target")
    assert nines.loc[0.999, "month"] == pytest.approx(43.2)
    assert nines.loc[0.999, "year"] / 60 == pytest.approx(8.76)
    assert nines.loc[0.99, "day"] == pytest.approx(14.4)
    with pytest.raises(MeasureError, match="no shares"):
        downtime_allowed([99.9])


def outages(*rows):
    return pd.DataFrame(list(rows), columns=["service", "started_at", "ended_at"])


def test_outages_that_overlap_count_once():
    found = outage_patterns(
        outages(
            ("mail", "2026-01-01 10:00", "2026-01-01 11:00"),
            ("mail", "2026-01-01 10:30", "2026-01-01 11:30"),
            ("mail", "2026-01-05 10:00", "2026-01-05 10:10"),
        )
    )["mail"]
    assert (found.outages, found.down_minutes, found.longest_minutes, found.median_minutes) == (2, 100, 90, 50)


def test_the_worst_window_is_found_across_the_turn_of_the_month():
    # January has 60 minutes, February 60: the worst 7 days hold 120.
    rows = outages(("mail", "2026-01-31 10:00", "2026-01-31 11:00"), ("mail", "2026-02-01 10:00", "2026-02-01 11:00"))
    found = outage_patterns(rows, window_days=7)["mail"]
    assert found.worst_window_minutes == 120
    assert found.worst_window_from == pd.Timestamp("2026-01-31 10:00")
    assert outage_patterns(rows, window_days=1)["mail"].worst_window_minutes == 60


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 30)), min_size=1, max_size=8), st.integers(1, 60))
def test_the_worst_window_is_the_worst_of_all_minutes(spans, hours):
    base = pd.Timestamp("2026-01-01")
    rows = [("mail", base + pd.Timedelta(minutes=a), base + pd.Timedelta(minutes=a + n)) for a, n in spans]
    down = [any(a <= minute < a + n for a, n in spans) for minute in range(431)]
    window = hours * 5
    brute = max(sum(down[start : start + window]) for start in range(431))
    found = outage_patterns(outages(*rows), window_days=window / 1440)["mail"]
    assert found.worst_window_minutes == pytest.approx(brute, abs=1e-6)
    assert found.down_minutes == sum(down)


def test_open_planned_and_impossible_outages():
    rows = outages(("mail", "2026-01-01 10:00", None))
    with pytest.raises(MeasureError, match="no end"):
        outage_patterns(rows)
    found = outage_patterns(rows, as_of="2026-01-01 12:00")
    assert found["mail"].still_down
    assert "has not ended" in found.summary()
    assert json.dumps(found.to_dict())
    with pytest.raises(MeasureError, match="not after its start"):
        outage_patterns(outages(("mail", "2026-01-01 10:00", "2026-01-01 10:00")))
    planned = outages(("mail", "2026-01-01", "2026-01-02"), ("mail", "2026-01-03", "2026-01-04"))
    planned["planned"] = [True, False]
    assert outage_patterns(planned)["mail"].down_minutes == 1440
    assert outage_patterns(planned, include_planned=True)["mail"].down_minutes == 2880
    with pytest.raises(MeasureError, match="planned work"):
        outage_patterns(planned.iloc[:1])


def test_zones_are_honoured():
    rows = outages(("mail", "2026-01-01T10:00:00+01:00", "2026-01-01T10:00:00+00:00"))
    assert outage_patterns(rows)["mail"].down_minutes == 60


def test_chart_and_json():
    found = availability(TWO, target=0.995)
    assert found.chart().to_dict()["description"] == found.summary()
    assert json.loads(json.dumps(found.to_dict()))["target"] == 0.995
    assert len(found.to_frame()) == 3


def test_an_export_over_the_change_to_summer_time_has_two_offsets():
    rows = outages(
        ("mail", "2026-03-28T10:00:00+00:00", "2026-03-28T10:10:00+00:00"),
        ("mail", "2026-03-30T10:00:00+01:00", "2026-03-30T09:20:00Z"),
    )
    assert outage_patterns(rows)["mail"].down_minutes == 30
    with pytest.raises(MeasureError, match="with and without a zone"):
        outage_patterns(
            outages(("mail", "2026-03-28T10:00:00+00:00", "2026-03-29"), ("mail", "2026-03-28", "2026-03-29"))
        )


def test_the_worst_stretch_is_that_of_trying_every_minute():
    spans = [(0, 30), (50, 55), (100, 160), (170, 171), (300, 420)]
    start = pd.Timestamp("2026-01-01")
    table = pd.DataFrame(
        [("mail", start + pd.Timedelta(minutes=a), start + pd.Timedelta(minutes=b)) for a, b in spans],
        columns=["service", "started_at", "ended_at"],
    )
    down = {minute for a, b in spans for minute in range(a, b)}
    for length in (7, 40, 110, 250, 1000):
        worst = max(sum(minute + step in down for step in range(length)) for minute in range(-length, 421))
        assert outage_patterns(table, window_days=length / 1440)["mail"].worst_window_minutes == worst


def test_months_without_figures_are_told():
    table = pd.DataFrame(
        {
            "service": "mail",
            "month": ["2026-01", "2026-03"],
            "agreed_minutes": 40000,
            "down_minutes": 1,
            "planned_down_minutes": 0,
        }
    )
    assert "1 month in between without figures, and in no percentage: mail 2026-02." in availability(table).summary()

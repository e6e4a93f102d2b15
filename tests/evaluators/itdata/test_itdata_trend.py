"""XmR charts, trends of a log and the usual week: published figures, hand counts, properties."""

import json
import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.seasonality import seasonality, weekday_weights
from evaluators.itdata.tickets.trend import FIGURES, trend
from evaluators.itdata.tickets.xmr import NEAR, OUTSIDE, RUN, xmr

# NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.2.2, the example of flow rates.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def test_limits_are_those_of_the_handbook() -> None:
    chart = xmr(FLOW)
    first = chart["1"]
    assert first.centre == pytest.approx(50.81)
    # The handbook divides by 1.128 (3 / 1.128 = 2.6596) where this chart takes the rounded 2.66.
    assert first.high == pytest.approx(55.8041, abs=2e-3)
    assert first.low == pytest.approx(45.8159, abs=2e-3)
    assert first.range_high == pytest.approx(3.267 * 16.9 / 9)  # the nine moving ranges add up to 16.9
    assert chart.signals == ()


def test_moving_ranges_are_counted_by_hand() -> None:
    ranges = [point.moving_range for point in xmr(FLOW)]
    assert math.isnan(ranges[0])
    assert ranges[1:] == pytest.approx([2.0, 2.3, 1.4, 3.5, 3.4, 1.4, 0.2, 1.2, 1.5])


def test_a_point_outside_signals_and_jumps() -> None:
    chart = xmr([*FLOW, 60.0], baseline=10)
    assert [(point.label, point.signal, point.jump) for point in chart.signals] == [("11", OUTSIDE, True)]


def test_the_eighth_on_one_side_signals_and_names_the_first() -> None:
    values = [10, 12, 10, 12, 10, 12, 11.5, 11.5, 11.5, 11.5, 11.5, 11.5, 11.5, 11.5]
    chart = xmr(values, baseline=6)  # centre 11; the run begins at point 6 (12) and its eighth is point 13
    assert [(point.label, point.signal, point.since) for point in chart.signals] == [("13", RUN, "6"), ("14", RUN, "6")]


def test_a_value_on_the_centre_line_breaks_a_run() -> None:
    values = [10, 12, 10, 12, 10, 12, 11.5, 11.5, 11, 11.5, 11.5, 11.5, 11.5, 11.5]
    assert xmr(values, baseline=6).signals == ()


def test_three_of_four_near_a_limit_signal_only_if_asked_for() -> None:
    values = [10, 12, 10, 12, 10, 12, 15, 11, 15, 15]  # centre 11, limits 11 ± 5.32, half-way 13.66
    assert xmr(values, baseline=6, rules=(OUTSIDE, NEAR))["10"].signal == NEAR
    assert xmr(values, baseline=6, rules=(OUTSIDE, NEAR))["10"].since == "7"
    assert xmr(values, baseline=6)["10"].signal == ""


def test_a_step_begins_new_limits() -> None:
    chart = xmr([10, 12, 10, 12, 30, 32, 30, 32], steps=["5"])
    assert [phase[0].centre for phase in chart.phases] == [11, 31]
    assert math.isnan(chart["5"].moving_range)  # no range across a step
    assert chart.signals == ()
    assert "up by 20" in chart.summary()


def test_periods_with_few_tickets_neither_make_limits_nor_signal() -> None:
    chart = xmr([10, 12, 999, 10, 12, 10], cases=[50, 50, 3, 50, 50, 50], few=10)
    assert chart["3"].signal == ""
    assert not chart["3"].usable
    assert chart["1"].centre == pytest.approx(54 / 5)
    assert chart["4"].moving_range == 2  # from period 2
    assert "3 (1 in all)" in chart.summary()


def test_without_any_variation_there_are_no_limits() -> None:
    chart = xmr([1, 1, 1, 1, 1, 5], baseline=5)
    assert math.isnan(chart["6"].high)
    assert chart.signals == ()
    assert "no limits" in chart.summary()


def test_a_limit_beyond_what_is_possible_is_none() -> None:
    chart = xmr([0.2, 0.9, 0.1, 0.8], floor=0, ceiling=1, unit="share")
    assert (chart["1"].low, chart["1"].high) == (-math.inf, math.inf)
    assert json.loads(json.dumps(chart.to_dict(), allow_nan=False))["points"][0]["low"] is None


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        pytest.param([], {}, "no values", id="empty"),
        pytest.param([1, 2, 3], {}, "only 3", id="too-few"),
        pytest.param([1, 2, math.inf, 3, 4], {}, "infinite", id="infinite"),
        pytest.param(FLOW, {"steps": ["3"]}, "only 2", id="short-phase"),
        pytest.param(FLOW, {"steps": ["x"]}, "none of the periods", id="unknown-step"),
        pytest.param(FLOW, {"rules": ["luck"]}, "no rule", id="unknown-rule"),
        pytest.param(FLOW, {"labels": ["a"] * 10}, "twice", id="label-twice"),
        pytest.param(FLOW, {"baseline": 2}, "At least 4", id="short-baseline"),
        pytest.param(FLOW, {"baseline": ("8", "2")}, "one phase", id="backward-baseline"),
    ],
)
def test_what_cannot_be_charted_is_said(values: list[float], options: dict[str, object], said: str) -> None:
    with pytest.raises(MeasureError) as caught:
        xmr(values, **options)  # type: ignore[arg-type]
    assert said in str(caught.value)


@given(st.lists(st.integers(-50, 50), min_size=4, max_size=20), st.floats(-100, 100), st.floats(0.1, 10))
@settings(max_examples=40, deadline=None)
def test_limits_move_and_stretch_with_the_values(values: list[int], shift: float, scale: float) -> None:
    one, other = xmr(values)["1"], xmr([shift + scale * value for value in values])["1"]
    assert other.centre == pytest.approx(shift + scale * one.centre, abs=1e-6)
    if len(set(values)) > 1:
        assert other.high - other.low == pytest.approx(scale * (one.high - one.low), abs=1e-6)


def test_many_signals_ask_for_a_baseline_unless_there_is_one() -> None:
    moved = [10, 12, 10, 12, 10, 12, 30, 32, 30, 32, 30, 32]
    assert "early baseline" in xmr(moved).summary()
    assert len(xmr(moved, baseline=6).signals) == 6
    assert "early baseline" not in xmr(moved, baseline=6).summary()


def made(rows: list[tuple[str, str | None]], **options: object) -> TicketLog:
    """Make a log from times of opening and resolution."""
    table = pd.DataFrame(rows, columns=["opened_at", "resolved_at"]).assign(number=range(len(rows)))
    return ticket_log(table, **options)  # type: ignore[arg-type]


def weeks(tickets: list[int], *, hours: float = 5, as_of: str = "2026-04-01") -> TicketLog:
    """Make a log with so many tickets in each week from 5 January 2026, resolved after some hours."""
    rows = []
    for week, number in enumerate(tickets):
        for ticket in range(number):
            opened = pd.Timestamp("2026-01-05 09:00") + pd.Timedelta(days=7 * week + ticket % 5)
            rows.append((str(opened), str(opened + pd.Timedelta(hours=hours))))
    return made(rows, as_of=as_of)


def test_arrivals_closures_and_backlog_are_counted_by_hand() -> None:
    rows: list[tuple[str, str | None]] = [
        ("2026-01-05 09:00", "2026-01-06 09:00"),
        ("2026-01-05 10:00", "2026-01-13 09:00"),
        ("2026-01-12 09:00", None),
        ("2026-01-20 09:00", "2026-02-03 09:00"),
        ("2026-01-26 09:00", "2026-01-26 10:00"),
    ]
    log = made(rows, as_of="2026-02-04")
    assert [point.value for point in trend(log, figure="arrivals")] == [2, 1, 1, 1]
    assert [point.value for point in trend(log, figure="closures")] == [1, 1, 0, 1]
    assert [point.value for point in trend(log, figure="backlog")] == [1, 1, 2, 2]
    assert trend(log, figure="arrivals").left_out == ("2026-02-02",)


def test_a_week_begins_on_the_wall_clock_of_the_people() -> None:
    rows = [(f"2026-01-{day:02d} 12:00", None) for day in (5, 6, 13, 20, 27)]
    rows.append(("2026-01-11 23:30+00:00", None))  # Sunday in Dublin, Monday in Helsinki
    table = pd.DataFrame(rows, columns=["opened_at", "resolved_at"]).assign(number=range(6))
    table["opened_at"] = pd.to_datetime(table["opened_at"], utc=True, format="ISO8601")
    counts = {
        zone: [point.value for point in trend(ticket_log(table, as_of="2026-02-02", time_zone=zone), figure="arrivals")]
        for zone in ("Europe/Dublin", "Europe/Helsinki")
    }
    assert counts == {"Europe/Dublin": [3, 1, 1, 1], "Europe/Helsinki": [2, 2, 1, 1]}


def test_open_tickets_count_as_at_least_so_long() -> None:
    slow = [(f"2026-01-{5 + 7 * week:02d} 09:00", None) for week in range(4) for ticket in range(5)]
    fast = [
        (f"2026-01-{5 + 7 * week:02d} 09:00", f"2026-01-{5 + 7 * week:02d} 11:00") for week in range(4) for _ in "abc"
    ]
    log = made([*slow, *fast], as_of="2026-02-02")
    medians = trend(made([*slow, *fast, *fast], as_of="2026-02-02"), figure="median_hours", few=1)
    assert [point.value for point in medians] == [2, 2, 2, 2]  # 6 of 11 within 2 hours
    with pytest.raises(MeasureError, match="only 0 weeks"):  # 3 of 8: half of them are not resolved
        trend(log, figure="median_hours", few=1)
    assert [point.value for point in trend(log, figure="mean_hours", few=1)] == [2, 2, 2, 2]  # blind to the slow ones


def test_a_change_in_arrivals_is_found_and_a_step_takes_it_out() -> None:
    log = weeks([20, 22, 20, 22, 20, 22, 40, 42, 40, 42, 40, 42])
    found = trend(log, figure="arrivals", baseline=("2026-01-05", "2026-02-15"))
    assert found.signals[0].label == "2026-02-16"
    assert trend(log, figure="arrivals", steps=["2026-02-16"]).signals == ()


def test_shares_and_means_leave_unknown_values_out() -> None:
    days = [f"2026-01-{5 + 7 * week:02d}" for week in range(4) for _ in range(3)]
    table = pd.DataFrame({"number": range(12), "opened_at": days})
    table["sla_met"] = [True, False, None] * 4
    table["reassignments"] = [0, 3, None] * 4
    log = ticket_log(table, as_of="2026-02-02")
    assert [point.value for point in trend(log, figure="sla_share", few=1)] == [0.5] * 4
    assert [point.value for point in trend(log, figure="reassignments", few=1)] == [1.5] * 4
    assert [point.cases for point in trend(log, figure="reassigned_share", few=1)] == [2] * 4


def test_event_rows_belong_to_their_own_time() -> None:
    log = weeks([5, 5, 5, 5], as_of="2026-02-02")
    numbers = log.tickets["number"]
    at = ["2026-01-05 10:00", "2026-01-28 10:00", "2026-01-29 10:00"]
    with_events = ticket_log(
        log.tickets[["number", "opened_at"]],
        pd.DataFrame({"number": [numbers[0]] * 3, "at": at}),
        as_of="2026-02-02",
    )
    assert [point.value for point in trend(with_events, figure="event_rows")] == [1, 0, 0, 2]


@pytest.mark.parametrize("figure", ["sla_share", "reopened_share", "events_per_ticket", "reassignments"])
def test_a_figure_that_the_log_lacks_is_refused(figure: str) -> None:
    with pytest.raises(MeasureError, match=FIGURES[figure].column):
        trend(weeks([5, 5, 5, 5]), figure=figure)


def test_unknown_figures_periods_and_seasons_are_refused() -> None:
    log = weeks([5] * 6)
    for options in ({"figure": "luck"}, {"every": "decade"}, {"season": "year", "figure": "arrivals"}):
        with pytest.raises(MeasureError):
            trend(log, **options)  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="no whole month"):
        trend(made([("2026-01-05", None), ("2026-01-20", None)], as_of="2026-01-25"), every="month", figure="arrivals")


def test_weekday_factors_are_ratios_to_the_mean_of_whole_weeks() -> None:
    # Two whole weeks: 6 tickets on Mondays, 1 on a Tuesday, so 7 in 14 days; the third week is cut.
    days = ["2026-01-05"] * 4 + ["2026-01-06"] + ["2026-01-12"] * 2 + ["2026-01-19"] * 9
    log = ticket_log(pd.DataFrame({"number": range(16), "opened_at": days}), as_of="2026-01-21")
    assert weekday_weights(log).tolist() == [6.0, 1.0, 0, 0, 0, 0, 0]
    monday = seasonality(log).of("weekday")[0]
    assert (monday.tickets, monday.occasions) == (6, 2)
    assert seasonality(log).of("hour")[0].factor == 24


def test_the_pattern_of_the_week_is_taken_out_of_days_and_months() -> None:
    tickets = [8, 6, 6, 6, 4, 0, 0]  # Monday to Sunday, the same every week
    days = pd.date_range("2026-01-05", "2026-06-28")
    opened = [day + pd.Timedelta(hours=9) for day in days for _ in range(tickets[day.weekday()])]
    log = ticket_log(pd.DataFrame({"number": range(len(opened)), "opened_at": opened}), as_of="2026-06-29")
    daily = trend(log, figure="arrivals", every="day", season="weekday")
    assert np.nanmax([abs(point.value - 30 / 7) for point in daily]) < 1e-9
    assert "left out" in daily.summary()
    months = [point.value for point in trend(log, figure="arrivals", every="month", season="weekday")]
    assert months == pytest.approx([30 / 7 * 365.25 / 12] * 4)  # February to May
    assert {round(each.factor, 9) for each in seasonality(log).of("month")} == {1.0}


def test_a_short_log_says_that_it_knows_no_year() -> None:
    text = seasonality(weeks([7] * 9)).summary()
    assert "too short to know a yearly pattern" in text
    assert "Busiest day" in text


def test_charts_hold_their_text_and_no_empty_layer() -> None:
    log = weeks([20, 22, 20, 22, 20, 60])
    for result in (trend(log, figure="arrivals", baseline=4), seasonality(log)):
        drawn = result.chart().to_dict()
        assert drawn["description"] == result.summary()
    assert len(trend(log, figure="arrivals").to_frame()) == 12  # six weeks without tickets follow


@pytest.mark.slow
def test_false_alarms_are_as_rare_as_the_docstring_says() -> None:
    # Champ and Woodall (1987): about one point in 150 with the two rules; with known limits, bell-shaped values.
    rng = np.random.default_rng(5)
    chart = xmr(rng.normal(size=30_000), baseline=20_000)
    first = [bool(point.signal) for point in chart]
    starts = sum(now and not before for before, now in pairwise(first))
    assert 30_000 / 200 < starts < 30_000 / 100


def test_some_tickets_keep_the_weeks_of_the_log() -> None:
    log = weeks([6, 7, 6, 7, 6, 7], as_of="2026-02-16")
    late = log.where(log.tickets["opened_at"] >= pd.Timestamp("2026-01-13", tz="UTC"))
    chart = trend(late, figure="arrivals")
    assert [(point.label, point.value) for point in chart][:2] == [("2026-01-05", 0.0), ("2026-01-12", 5.0)]


def test_closed_tickets_without_a_resolution_are_not_open_for_ever() -> None:
    rows = [(f"2026-01-{5 + 7 * week:02d} 09:00", None) for week in range(4)]
    table = pd.DataFrame(rows, columns=["opened_at", "resolved_at"]).assign(number=range(4))
    table["closed_at"] = [f"2026-01-{6 + 7 * week:02d} 09:00" for week in range(4)]
    both = ticket_log(
        pd.concat([table, table.assign(number=[10, 11, 12, 13], resolved_at=table["closed_at"])]), as_of="2026-02-02"
    )
    assert [point.value for point in trend(both, figure="backlog")] == [0, 0, 0, 0]
    chart = trend(both, figure="p90_hours", few=1)  # the four closed ones are not measured, and not waiting
    assert [(point.value, point.cases) for point in chart] == [(24, 1)] * 4
    assert "4 tickets are over, but the export does not say when: left out." in chart.summary()


def test_an_open_ticket_is_not_met_yet() -> None:
    log = weeks([5, 5, 5, 5], as_of="2026-02-02")
    table = log.tickets.assign(sla_met=True)
    table.loc[table.index[-3:], "resolved_at"] = pd.NaT
    table.loc[table.index[-1], "sla_met"] = False
    shares = trend(ticket_log(table, as_of="2026-02-02"), figure="sla_share", few=1)
    assert [(point.value, point.cases) for point in shares][-1] == (pytest.approx(2 / 3), 3)


def test_sentences_without_limits_or_change() -> None:
    wild = xmr([0.2, 0.9, 0.1, 0.8], floor=0, ceiling=1, unit="share")
    assert "inf" not in wild.summary()
    assert "any possible value is expected" in wild.summary()
    assert "the same as in the phase before" in xmr([10, 12, 10, 12, 10, 12, 10, 12], steps=["5"]).summary()
    assert xmr([1, 2, 1, 2], unit="hours").say(1.0) == "1 hour"
    # The centre is 0.2 but for the rounding of the machine, so no value of 0.2 lies on a side.
    assert xmr([0.1, 0.3] * 3 + [0.2] * 9).signals == ()


@pytest.mark.parametrize("options", [{"since": "then"}, {"steps": ["then"]}, {"baseline": ("then", "now")}])
def test_what_is_no_date_is_said(options: dict[str, object]) -> None:
    with pytest.raises(MeasureError, match="no time"):
        trend(weeks([5] * 6), figure="arrivals", **options)  # type: ignore[arg-type]


def test_one_week_is_not_called_usual() -> None:
    text = seasonality(made([("2026-01-05 09:00", None)], as_of="2026-01-12")).summary()
    assert "1 ticket opened in 1 whole week" in text
    assert "eight of ten" not in text
    assert "Busiest hour begins at 09:00." in text
    assert "1 week is too short" in text


def test_a_log_that_ends_at_midnight_begins_no_new_week() -> None:
    assert trend(weeks([5] * 6, as_of="2026-02-16"), figure="arrivals").left_out == ()

import json
import math

import pandas as pd
import pytest
from scipy.stats import t

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.estate.retention import RetentionRule, compare_schedules, schedule_effect
from evaluators.itdata.estate.storage import storage_cost, storage_forecast
from evaluators.screening.errors import UnknownGroupError


def storage(system, sizes, *, start="2025-01", price=0.1, **more):
    months = pd.period_range(start, periods=len(sizes), freq="M").astype(str)
    return pd.DataFrame({"system": system, "month": months, "gigabytes": sizes, "price_per_gb_month": price} | more)


def test_cost_by_hand():
    table = pd.concat(
        [
            storage("mail", [100.0] * 12 + [150.0], price=0.2),
            storage("mail", [50.0], start="2026-01", price=0.1),  # another retention class of the same system
            storage("old", [10.0]),
            storage("hr", [10.0], start="2026-01"),
        ]
    )
    cost = storage_cost(table)
    mail = cost["mail"]
    assert (mail.gigabytes, mail.euros_month, mail.euros_year) == pytest.approx((200.0, 35.0, 420.0))
    assert mail.euros_recorded == pytest.approx(12 * 20 + 35)
    assert mail.growth_share_year == pytest.approx(1.0)  # from 100 to 200 in twelve months
    assert math.isnan(cost["hr"].growth_share_year)
    assert (cost.ended, cost.gaps, cost.month) == (("old",), (), "2026-01")
    assert cost.euros_year == pytest.approx(420 + 12)
    assert json.loads(json.dumps(cost.to_dict()))["systems"][1]["growth_share_year"] is None
    assert "in no sum: old" in cost.summary()


def test_gaps_are_named():
    table = storage("mail", [1.0, 2.0, 3.0]).drop(index=1)
    assert storage_cost(table).gaps == ("mail 2025-02",)


def test_growth_from_nothing_is_not_known():
    assert math.isnan(storage_cost(storage("mail", [0.0, 5.0]))["mail"].growth_share_year)


def test_forecast_by_hand():
    # Growths 12, 6, 13, 8, 9, 12: mean 10, squares of the deviations 4 + 16 + 9 + 4 + 1 + 4 = 38.
    table = storage("mail", [100, 112, 118, 131, 139, 148, 160])
    found = storage_forecast(table, months_ahead=3, growth="amount")
    month, middle, low, high = found.forecast[-1]
    half = t.ppf(0.95, 5) * math.sqrt(38 / 5) * math.sqrt(3 * (1 + 3 / 6))
    assert (month, middle) == ("2025-10", pytest.approx(190.0))
    assert (low, high) == (pytest.approx(190 - half), pytest.approx(190 + half))
    assert found.check is None


def test_forecast_in_per_cent_is_the_same_on_logarithms():
    doubling = storage("mail", [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
    found = storage_forecast(doubling, months_ahead=2)
    assert found.forecast[-1][1:] == pytest.approx((1024.0, 1024.0, 1024.0))
    assert found.check is not None
    assert found.check[1:] == pytest.approx((256.0,) * 4)
    # By amounts, the first six months add 6.2 each on average, which is far too little.
    assert "OUTSIDE" in storage_forecast(doubling, months_ahead=2, growth="amount").summary()


def test_the_range_widens_and_never_goes_below_nothing():
    found = storage_forecast(storage("mail", [50, 10, 40, 5, 30, 2]), months_ahead=6, growth="amount")
    widths = [high - low for _, _, low, high in found.forecast]
    assert widths[0] < widths[-1]
    assert min(low for _, _, low, _ in found.forecast) == 0


def test_one_system_or_all():
    table = pd.concat([storage("mail", range(10, 17)), storage("hr", [5] * 7)])
    assert storage_forecast(table, months_ahead=1, growth="amount").forecast[0][1] == pytest.approx(22)
    assert storage_forecast(table, system="mail", months_ahead=1, growth="amount").forecast[0][1] == pytest.approx(17)
    with pytest.raises(UnknownGroupError):
        storage_forecast(table, system="none")


def test_forecast_refuses_what_it_cannot_know():
    short, good = storage("mail", [1, 2, 3]), storage("mail", range(1, 10))
    for table, more, said in (
        (short, {}, "only 3 months"),
        (good, {"months_ahead": 10}, "10 months ahead"),
        (good, {"confidence": 90}, "confidence is 90"),
        (good, {"growth": "fast"}, "no growth 'fast'"),
        (good.drop(index=3), {}, "no figure for 2025-04"),
        (storage("mail", [0, 1, 2, 3, 4, 5]), {"months_ahead": 1}, "Nothing was stored"),
    ):
        with pytest.raises(MeasureError) as caught:
            storage_forecast(table, **more)
        assert said in str(caught.value)


def kept(system="mail", *, sizes=(1000.0,), years=3.0, oldest="2020-06-30", start="2026-06"):
    return storage(
        system, list(sizes), start=start, retention_class="letters", retention_years=years, oldest_record_on=oldest
    )


def test_what_a_schedule_deletes_by_hand():
    # 6 years old, kept for 3: half of it, if equally much came each day. 365.25 days a year: 2191 of 2191.5.
    found = schedule_effect(kept(), as_of="2026-06-30").data[0]
    assert found.overdue
    assert found.gigabytes_high == pytest.approx(500, abs=0.2)
    assert found.gigabytes_low == found.gigabytes_high  # one month tells no growth
    assert found.euros_year_high == pytest.approx(600, abs=0.2)
    assert found.oldest_years == pytest.approx(6, abs=0.01)


def test_growth_makes_less_of_it_old():
    # Doubling each year over 13 months: of 2^6 years' worth, 2^3 - 1 of 2^6 - 1 parts are older than 3 years.
    table = kept(sizes=[1000 * 2 ** (month / 12) for month in range(13)], start="2025-06", oldest="2020-06-01")
    found = schedule_effect(table, as_of="2026-06-01").data[0]
    assert found.gigabytes_low == pytest.approx(2000 * 7 / 63, rel=0.01)
    assert found.gigabytes_high == pytest.approx(1000, rel=0.01)


@pytest.mark.parametrize(("day", "late"), [("2026-06-29", False), ("2026-06-30", False), ("2026-07-01", True)])
def test_three_years_end_on_the_same_date(day, late):
    found = schedule_effect(kept(oldest="2023-06-30"), as_of=day).data[0]
    assert found.overdue is late
    assert (found.gigabytes_high > 0) is late


def test_rules_for_ever_and_rules_that_are_too_short():
    table = pd.concat([kept("mail"), kept("hr", years=None)])
    own = schedule_effect(table, as_of="2026-06-30")
    assert [each.system for each in own.overdue] == ["mail"]
    assert json.loads(json.dumps(own.to_dict()))["data"][1]["years"] is None
    short = schedule_effect(table, {"letters": RetentionRule(2, at_least_years=6, why="tax law")}, as_of="2026-06-30")
    assert len(short.too_short) == 2
    assert short.euros_year == (0, 0)
    assert "must be kept for longer (tax law)" in short.summary()


def test_two_schedules_side_by_side():
    found = compare_schedules(kept(), {"today": None, "new": {"letters": 4}}, as_of="2026-06-30")
    row = found.to_frame().iloc[0]
    assert (row["years_1"], row["years_2"]) == (3, 4)
    assert row["gigabytes_high_2"] == pytest.approx(1000 / 3, abs=0.5)
    assert "Longer under new: mail (letters, 3 years to 4 years)." in found.summary()
    assert json.dumps(found.to_dict())
    with pytest.raises(MeasureError, match="1 schedules"):
        compare_schedules(kept(), {"today": None})


@pytest.mark.parametrize(
    ("table", "schedule", "said"),
    [
        (kept(), {"other": 3}, "says nothing on letters"),
        (kept(), {"letters": -1}, "is -1"),
        (kept(oldest="2027-01-01"), None, "after 2026-06-30"),
        (kept(oldest=None), None, "is not given"),
        (kept(years="long"), None, "'long'"),
        (pd.concat([kept(), kept()]), None, "2026-06 more than once"),
    ],
)
def test_schedules_that_cannot_be_followed(table, schedule, said):
    with pytest.raises(MeasureError) as caught:
        schedule_effect(table, schedule, as_of="2026-06-30")
    assert said in str(caught.value)


def test_chart():
    found = storage_forecast(storage("mail", range(10, 19)), months_ahead=3)
    assert found.chart().to_dict()["description"] == found.summary()
    assert found.to_frame()["kind"].tolist() == ["recorded"] * 9 + ["forecast"] * 3


def test_a_row_exported_twice_is_no_cost():
    table = kept(sizes=[10, 20])
    with pytest.raises(MeasureError, match="more than once"):
        storage_cost(pd.concat([table, table]))


def test_the_growth_of_a_month_is_not_said_as_one_of_a_year():
    assert "100% more than in" in storage_cost(storage("mail", [1, 2])).summary()


def test_wild_months_have_no_forecast_in_per_cent():
    with pytest.raises(MeasureError, match="up and down"):
        storage_forecast(storage("mail", [1, 1e12] * 4), months_ahead=8)


@pytest.mark.parametrize(
    ("oldest", "day", "late"),
    [("2023-02-28", "2024-02-29", True), ("2024-02-29", "2025-02-28", False), ("2024-02-29", "2025-03-01", True)],
)
def test_a_year_ends_on_its_date_at_leap_days(oldest, day, late):
    assert schedule_effect(kept(years=1.0, oldest=oldest), as_of=day).data[0].overdue is late


def test_data_without_figures_for_the_last_month_are_told():
    found = schedule_effect(pd.concat([kept(), kept("old", start="2026-05")]))
    assert found.ended == ("old (letters)",)
    assert "in no sum: old (letters)" in found.summary()

import json
import math

import pandas as pd
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep

from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.people.exits import compare_exits, early_exit_rows, early_exits
from evaluators.itdata.people.leavers import leaver_access
from evaluators.itdata.people.onboarding import onboarding_delays


def starters(*rows):
    columns = ["employee_id", "starts_on", "laptop_due_on", "laptop_delivered_on", "access_complete_on"]
    return pd.DataFrame(list(rows), columns=columns)


TABLE = starters(
    ("E1", "2026-03-02", "2026-03-02", "2026-03-02", "2026-03-02"),  # in time
    ("E2", "2026-03-02", "2026-03-02", "2026-03-06", "2026-03-03"),  # 4 days late
    ("E3", "2026-03-02", "2026-03-02", "2026-03-12", None),  # 10 days late
    ("E4", "2026-03-02", "2026-03-02", None, "2026-02-27"),  # still missing, 18 days by now
    ("E5", "2026-04-01", "2026-03-30", None, None),  # not due yet
    ("E6", "2026-03-02", None, None, None),  # no laptop ordered
    ("E7", "2026-04-01", "2026-03-30", "2026-03-19", None),  # came already, but is not due yet
)


def test_delays_by_hand():
    found = onboarding_delays(TABLE, as_of="2026-03-20")
    assert (found.starters, found.late, found.missing, found.not_due, found.no_due_date) == (4, 3, 1, 2, 1)
    assert found.late_share == pytest.approx(0.75)
    assert found.late_median_days == 10  # of 4, 10 and more than 18
    assert math.isnan(found.late_p90_days)
    assert (found.access_known, found.access_on_time, found.access_share) == (5, 2, 0.4)
    assert "too many are still missing" in found.summary()
    assert json.loads(json.dumps(found.to_dict()))["late_p90_days"] is None


def test_a_laptop_due_today_is_not_late_yet():
    table = starters(
        ("E1", "2026-03-02", "2026-03-01", "2026-03-01", None), ("E2", "2026-03-20", "2026-03-20", None, None)
    )
    assert onboarding_delays(table, as_of="2026-03-20").not_due == 1
    assert onboarding_delays(table, as_of="2026-03-21").missing == 1


def test_nobody_late_and_nobody_due():
    table = TABLE.iloc[:1]
    found = onboarding_delays(table, as_of="2026-03-20")
    assert found.late == 0
    assert math.isnan(found.late_median_days)
    with pytest.raises(MeasureError, match="No laptop was due"):
        onboarding_delays(TABLE.iloc[4:6], as_of="2026-03-20")
    with pytest.raises(MeasureError, match="after 2026-03-01"):
        onboarding_delays(table, as_of="2026-03-01")
    with pytest.raises(MeasureError, match="'E1' starts more than once"):
        onboarding_delays(pd.concat([table, table]), as_of="2026-03-20")


def test_newcombes_published_intervals():
    # Newcombe (1998), table II, method 10: 56/70 - 48/80 and 9/10 - 3/10.
    found = compare_exits(late=(56, 70), on_time=(48, 80))
    assert (found.difference_low, found.difference_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    small = compare_exits(late=(9, 10), on_time=(3, 10))
    assert (small.difference_low, small.difference_high) == pytest.approx((0.1705, 0.8090), abs=5e-5)


@pytest.mark.parametrize(("late", "on_time"), [((30, 100), (30, 300)), ((0, 20), (5, 30)), ((3, 10), (2, 200))])
def test_intervals_and_test_agree_with_other_libraries(late, on_time):
    found = compare_exits(late=late, on_time=on_time)
    expected = confint_proportions_2indep(*late, *on_time, method="newcomb", compare="diff")
    assert (found.difference_low, found.difference_high) == pytest.approx(expected, abs=1e-9)
    # Without n / (n - 1) in the variance, the score interval of statsmodels is Koopman's.
    ratio = confint_proportions_2indep(*late, *on_time, method="score", compare="ratio", correction=False)
    assert (found.ratio_low, found.ratio_high) == pytest.approx(ratio, abs=1e-3)
    counts = [[late[0], late[1] - late[0]], [on_time[0], on_time[1] - on_time[0]]]
    assert found.p_value == pytest.approx(fisher_exact(counts).pvalue)


def test_nobody_left():
    none = compare_exits(late=(0, 20), on_time=(0, 30))
    assert (none.risk_difference, none.p_value) == (0, 1)
    assert math.isnan(none.risk_ratio)
    assert "times as often" not in none.summary()
    assert json.loads(json.dumps(none.to_dict()))["risk_ratio"] is None
    with pytest.raises(MeasureError, match="nobody to compare whose laptop came late"):
        compare_exits(late=(0, 0), on_time=(1, 30))
    with pytest.raises(MeasureError, match="31 of 30"):
        compare_exits(late=(1, 2), on_time=(31, 30))


def exit_tables():
    rows = [(f"L{n}", "2025-01-06", "2025-01-06", "2025-01-20", None) for n in range(6)]
    rows += [(f"T{n}", "2025-01-06", "2025-01-06", "2025-01-06", None) for n in range(4)]
    rows += [
        ("N1", "2026-03-02", "2026-03-02", "2026-03-09", None),  # started less than 180 days ago
        ("N2", "2025-01-06", None, None, None),  # no due date
        ("N3", "2025-01-06", "2025-01-06", "2025-01-06", None),  # not in the table of people
        ("N4", "2025-01-06", "2025-01-10", None, None),  # left before the laptop was due
    ]
    left = {"L0": "2025-07-05", "L1": "2025-07-06", "L2": "2025-03-01", "T0": "2025-02-01", "N4": "2025-01-08"}
    names = [row[0] for row in rows if row[0] != "N3"]
    people = pd.DataFrame({"employee_id": names, "left_on": [left.get(name) for name in names]})
    people["exit_kind"] = people["employee_id"].map({"L0": "resigned", "L2": "dismissed", "T0": "resigned"})
    return starters(*rows), people


def test_early_exits_by_hand():
    onboarding, people = exit_tables()
    found = early_exits(onboarding, people, as_of="2026-06-30")
    # L0 left on day 180, L1 on day 181, L2 early: 2 of 6. T0: 1 of 4.
    assert (found.late_exits, found.late_people, found.on_time_exits, found.on_time_people) == (2, 6, 1, 4)
    assert (found.too_recent, found.left_before_due, found.unknown) == (1, 1, 2)
    assert found.risk_difference == pytest.approx(2 / 6 - 1 / 4)
    only = early_exits(onboarding, people, as_of="2026-06-30", exit_kinds=["resigned"])
    assert (only.late_exits, only.on_time_exits, only.exit_kinds) == (1, 1, ("resigned",))
    assert "Not counted: 1 started less than 180 days ago" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()


def test_the_people_compared_are_the_rows_of_those_who_can_be_compared():
    onboarding, people = exit_tables()
    rows = early_exit_rows(onboarding, people, as_of="2026-06-30", exit_kinds=["resigned"])
    assert rows["employee_id"].tolist() == [*(f"L{n}" for n in range(6)), *(f"T{n}" for n in range(4))]
    assert rows["late"].tolist() == [True] * 6 + [False] * 4
    assert rows.loc[rows["left_early"], "employee_id"].tolist() == ["L0", "T0"]  # L2 was dismissed


def test_early_exits_of_tables_that_do_not_fit():
    onboarding, people = exit_tables()
    with pytest.raises(JoinError, match="No new person"):
        early_exits(onboarding, people.assign(employee_id=[f"x{n}" for n in range(len(people))]), as_of="2026-06-30")
    with pytest.raises(JoinError, match="more than once"):
        early_exits(onboarding, pd.concat([people, people]), as_of="2026-06-30")
    with pytest.raises(MeasureError, match="'retired'"):
        early_exits(onboarding, people, as_of="2026-06-30", exit_kinds=["retired"])
    with pytest.raises(MeasureError, match="nobody to compare"):
        early_exits(onboarding.iloc[:6], people, as_of="2026-06-30")


def access(*rows):
    return pd.DataFrame(list(rows), columns=["employee_id", "system", "provisioned_at", "revoked_at", "left_on"])


def test_access_of_leavers_by_hand():
    table = access(
        ("E1", "payroll", "2025-01-01", "2026-03-31 23:00", "2026-03-31"),  # on the last day
        ("E2", "payroll", "2025-01-01", "2026-04-01 23:00", "2026-03-31"),  # the day after: in time
        ("E3", "payroll", "2025-01-01", "2026-04-02", "2026-03-31"),  # late by two days
        ("E4", "payroll", "2025-01-01", None, "2026-06-20"),  # open for ten days
        ("E5", "mail", "2025-01-01", None, "2026-06-29"),  # open, but not late yet
        ("E6", "mail", "2025-01-01", "2026-03-01", "2026-03-31"),  # before the last day
        ("E7", "mail", None, None, "2026-03-31"),  # never was an access
        ("E8", "mail", "2025-01-01", None, None),  # still here
    )
    found = leaver_access(table, as_of="2026-06-30")
    assert (found.total.leavers, found.total.late, found.total.still_open, found.too_recent) == (5, 2, 1, 1)
    assert [(each.system, each.leavers, each.late) for each in found] == [("payroll", 4, 2), ("mail", 1, 0)]
    assert found.systems[0].median_days == 1.5  # 0, 1, 2 and more than 10
    assert (found.total.longest_days, found.total.longest_open_days) == (10, 10)
    assert leaver_access(table, as_of="2026-06-30", allowed_days=0).total.late == 4
    assert json.dumps(found.to_dict())


def test_leavers_may_come_from_the_people():
    table = access(("E1", "payroll", "2025-01-01", "2026-04-10", None))
    people = pd.DataFrame({"employee_id": ["E1", "E2"], "left_on": ["2026-03-31", None]})
    assert leaver_access(table, as_of="2026-06-30", people=people).total.median_days == 10
    with pytest.raises(MeasureError, match="Nobody with access had left"):
        leaver_access(table, as_of="2026-06-30")
    with pytest.raises(JoinError, match="more than once"):
        leaver_access(table, as_of="2026-06-30", people=pd.concat([people, people]))


def test_people_who_left_wait_no_longer():
    table = starters(
        ("E1", "2026-03-02", "2026-03-02", None, None),  # left after 3 days
        ("E2", "2026-03-02", "2026-03-02", "2026-03-12", None),
        ("E3", "2026-03-02", "2026-03-10", None, None),  # left before it was due
    )
    people = pd.DataFrame({"employee_id": ["E1", "E2", "E3"], "left_on": ["2026-03-05", None, "2026-03-09"]})
    found = onboarding_delays(table, as_of="2026-06-30", people=people)
    assert (found.starters, found.late, found.missing, found.left_first) == (2, 2, 1, 1)
    assert found.late_median_days == 10  # of 3 and more, and 10
    assert "1 person left before" in found.summary()
    with pytest.raises(JoinError, match="No new person"):
        onboarding_delays(table, as_of="2026-06-30", people=people.assign(employee_id=["a", "b", "c"]))


def test_the_latest_leavers_do_not_count_even_if_they_were_quick():
    table = access(
        ("E1", "mail", "2025-01-01", "2026-06-20", "2026-06-20"),  # within the 30 days, done
        ("E2", "mail", "2025-01-01", None, "2026-06-20"),  # within the 30 days, open
        ("E3", "mail", "2025-01-01", None, "2026-03-31"),
    )
    found = leaver_access(table, as_of="2026-06-30", allowed_days=30)
    assert (found.total.leavers, found.total.late, found.too_recent) == (1, 1, 2)

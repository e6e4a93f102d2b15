import json
import math

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.estate.deployments import delivery_performance


def deployments(*rows, columns=("service", "committed_at", "deployed_at", "failed", "restored_at")):
    return pd.DataFrame(list(rows), columns=list(columns))


TABLE = deployments(
    ("payroll", "2026-03-02 08:00", "2026-03-02 10:00", "false", None),  # 2 hours
    ("payroll", "2026-03-03 08:00", "2026-03-03 12:00", "true", "2026-03-03 13:00"),  # 4 hours, repaired after 1
    ("payroll", "2026-03-04 08:00", "2026-03-05 08:00", "true", "2026-03-05 13:00"),  # 24 hours, repaired after 5
    ("payroll", None, "2026-03-06 08:00", "true", None),  # not repaired
    ("payroll", "2026-03-01 08:00", "2026-03-09 08:00", None, None),  # 192 hours, not known whether it failed
    ("mail", "2026-03-15 08:00", "2026-03-15 09:00", "false", None),
)


def test_the_measures_by_hand():
    found = delivery_performance(TABLE, start="2026-03-02", end="2026-03-15")
    payroll = found["payroll"]
    assert (found.days, payroll.deployments, payroll.per_week) == (14, 5, 2.5)
    assert (payroll.lead_median_hours, payroll.lead_p90_hours, payroll.lead_unknown) == (14.0, 192.0, 1)
    assert (payroll.failed, payroll.judged, payroll.not_recovered) == (3, 4, 1)
    # Of three waits 1, 5 and over 200 hours the curve falls to 2/3 and 1/3, so the median is 5; P90 is not reached.
    assert payroll.recovery_median_hours == 5
    assert math.isnan(payroll.recovery_p90_hours)
    assert math.isnan(payroll.rework_rate)
    assert (payroll.fail_low, payroll.fail_high) == pytest.approx(proportion_confint(3, 4, method="wilson"))
    assert found["mail"].fail_rate == 0


def test_without_days_the_table_gives_them():
    found = delivery_performance(TABLE)
    assert (str(found.start), str(found.end), found.outside) == ("2026-03-02", "2026-03-15", 0)


def test_what_lies_outside_the_days_is_left_out_and_repairs_after_them_are_not_known():
    found = delivery_performance(TABLE, start="2026-02-27", end="2026-03-05")
    assert found.outside == 3
    late = deployments(("mail", None, "2026-03-02", True, "2026-03-20"), ("mail", None, "2026-03-03", False, None))
    assert delivery_performance(late, start="2026-03-01", end="2026-03-10")["mail"].not_recovered == 1
    assert delivery_performance(late, start="2026-02-20", end=None)["mail"].not_recovered == 0


def test_the_fifth_measure_needs_its_column():
    table = TABLE.assign(rework=[True, False, False, False, False, False])
    found = delivery_performance(table)
    assert found["payroll"].rework_rate == pytest.approx(0.2)
    assert "not recorded" not in found.summary()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("mail", "2026-03-03", "2026-03-02", False, None), "before it was committed"),
        (("mail", None, "2026-03-02", True, "2026-03-01"), "repaired before"),
        (("mail", None, "2026-03-02", False, "2026-03-03"), "did not fail"),
        (("mail", None, "2026-03-02", "perhaps", None), "neither yes nor no"),
        (("mail", None, None, False, None), "'deployed_at' is empty"),
        (("mail", None, "2026-03-02", False, None), "less than a week"),
    ],
)
def test_impossible_rows_are_named(row, said):
    with pytest.raises(MeasureError) as caught:
        delivery_performance(deployments(row))
    assert said in str(caught.value)


def test_nothing_deployed_in_the_days():
    with pytest.raises(MeasureError, match="Nothing was deployed"):
        delivery_performance(TABLE, start="2025-01-01", end="2025-01-31")


def test_results_become_json_words_and_a_chart():
    found = delivery_performance(TABLE)
    told = json.loads(json.dumps(found.to_dict()))
    assert told["services"][1]["recovery_p90_hours"] is None
    assert "1 failure not repaired at the end" in found.summary()
    assert found.chart().to_dict()["description"] == found.summary()
    assert found.to_frame().shape == (2, 17)


def test_a_repair_of_what_may_not_have_failed_is_refused():
    table = pd.DataFrame(
        {
            "service": "mail",
            "committed_at": None,
            "deployed_at": ["2026-03-02", "2026-03-12"],
            "failed": None,
            "restored_at": [None, "2026-03-13"],
        }
    )
    with pytest.raises(MeasureError, match="not whether it failed"):
        delivery_performance(table)

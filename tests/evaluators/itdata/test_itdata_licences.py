import json

import pandas as pd
import pytest

from evaluators._validation import ColumnError
from evaluators.itdata.errors import JoinError, MeasureError
from evaluators.itdata.estate.licences import licence_use
from evaluators.screening.errors import UnknownGroupError


def licences(*rows):
    columns = ["product", "employee_id", "assigned_on", "last_used_on", "price_per_user_month"]
    return pd.DataFrame(list(rows), columns=columns)


# By hand, as of 2026-06-30 with 90 days, whose first day still in time is 2026-04-01.
TABLE = licences(
    ("Diagrams", "E1", "2025-01-01", "2026-04-01", 10.0),  # 90 days ago: used
    ("Diagrams", "E2", "2025-01-01", "2026-03-31", 12.0),  # 91 days ago: not used lately
    ("Diagrams", "E3", "2025-01-01", None, 10.0),  # never used
    ("Diagrams", "E4", "2026-04-02", None, 10.0),  # assigned 89 days ago: too new to say
    ("Diagrams", "E5", "2026-04-01", None, 10.0),  # assigned 90 days ago: never used
    ("Diagrams", "E6", "2025-01-01", "2026-06-29", 10.0),  # used, but left on 2026-06-29
    ("Diagrams", "E7", "2025-01-01", "2026-06-29", 10.0),  # last day is 2026-06-30: still here
    ("Mail", "E1", "2025-01-01", "2026-06-30", 5.0),
    ("Mail", None, "2025-01-01", "2026-06-30", 5.0),
    ("Mail", "E1", "2025-01-01", None, 5.0),  # a second one
    ("Mail", "X9", "2026-01-01", "2025-12-31", 5.0),  # used before it was assigned: never since
    ("Mail", "E2", "2026-07-01", None, 5.0),  # not assigned yet
)
PEOPLE = pd.DataFrame(
    {"employee_id": [f"E{n}" for n in range(1, 8)], "left_on": [None] * 5 + ["2026-06-29", "2026-06-30"]}
)


def test_every_licence_is_in_one_class_counted_by_hand():
    use = licence_use(TABLE, as_of="2026-06-30", people=PEOPLE)
    diagrams, mail = use["Diagrams"], use["Mail"]
    assert (diagrams.assigned, diagrams.used, diagrams.too_new) == (7, 2, 1)
    assert (diagrams.not_used_lately, diagrams.never_used, diagrams.held_by_leavers) == (1, 2, 1)
    assert (diagrams.euros_month, diagrams.euros_unused_month, diagrams.euros_unused_year) == (72.0, 42.0, 504.0)
    assert (mail.assigned, mail.used, mail.never_used, mail.unused) == (4, 2, 2, 2)
    assert (use.total.assigned, use.total.unused, use.total.euros_year) == (11, 6, 12 * 92.0)
    assert (use.not_yet_assigned, use.strangers, use.without_holder, use.doubles, use.used_before_assigned) == (
        1,
        1,
        1,
        1,
        1,
    )


def test_without_people_leavers_are_not_guessed():
    use = licence_use(TABLE, as_of="2026-06-30")
    assert use["Diagrams"].held_by_leavers == 0
    assert use["Diagrams"].used == 3
    assert "Whether a holder has left is not known" in use.summary()


def test_nobody_who_left_among_the_people():
    people = PEOPLE.assign(left_on=None)
    assert licence_use(TABLE, as_of="2026-06-30", people=people).total.held_by_leavers == 0


@pytest.mark.parametrize(
    ("reserve", "keep", "euros"),
    # 3 of 7 are needed; the 4 unused cost 10, 10, 10 and 12 euros, and the cheapest go first.
    [(0.0, 3, 42.0), (0.1, 4, 30.0), (1.0, 6, 10.0), (9.0, 7, 0.0)],
)
def test_savings_keep_a_reserve_rounded_up(reserve, keep, euros):
    use = licence_use(TABLE, as_of="2026-06-30", people=PEOPLE)
    saving = next(each for each in use.savings(reserve_share=reserve) if each.product == "Diagrams")
    assert (saving.keep, saving.give_back, saving.euros_month) == (keep, 7 - keep, euros)
    assert saving.euros_year == 12 * euros


def test_a_reserve_that_is_a_whole_number_is_not_rounded_up_by_a_floats_last_digit():
    table = licences(*[("Mail", f"E{n}", "2025-01-01", "2026-06-30" if n < 10 else None, 1.0) for n in range(20)])
    assert licence_use(table, as_of="2026-06-30").savings(reserve_share=0.1)[0].keep == 11


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"last_used_on": "2026-07-01"}, "In row 1 the last use"),
        ({"last_used_on": "yesterday"}, "'last_used_on' is no date ('yesterday')"),
        ({"price_per_user_month": -1.0}, "is below 0"),
        ({"price_per_user_month": None}, "is no number"),
        ({"price_per_user_month": True}, "yes and no"),
        ({"product": " "}, "'product' is empty"),
        ({"assigned_on": None}, "'assigned_on' is empty"),
        ({"assigned_on": "2027-01-01"}, "Every licence was assigned after"),
        ({"assigned_on": 45000}, "holds numbers"),
    ],
)
def test_what_cannot_be_read_is_named(change, said):
    row = {
        "product": "Mail",
        "employee_id": "E1",
        "assigned_on": "2025-01-01",
        "last_used_on": "2026-01-01",
        "price_per_user_month": 1.0,
    }
    with pytest.raises(MeasureError) as caught:
        licence_use(pd.DataFrame([row | change]), as_of="2026-06-30")
    assert said in str(caught.value)


def test_other_wrong_input():
    with pytest.raises(MeasureError, match="no rows"):
        licence_use(TABLE.iloc[:0], as_of="2026-06-30")
    with pytest.raises(ColumnError, match="last_used_on"):
        licence_use(TABLE.drop(columns="last_used_on"), as_of="2026-06-30")
    with pytest.raises(MeasureError, match="no date"):
        licence_use(TABLE, as_of="soon")
    with pytest.raises(MeasureError, match="unused after 0 days"):
        licence_use(TABLE, as_of="2026-06-30", unused_after_days=0)
    with pytest.raises(JoinError, match="'E1' occurs more than once"):
        licence_use(TABLE, as_of="2026-06-30", people=pd.concat([PEOPLE, PEOPLE.iloc[:1]]))
    use = licence_use(TABLE, as_of="2026-06-30")
    with pytest.raises(UnknownGroupError):
        use["Nothing"]
    with pytest.raises(MeasureError, match="reserve"):
        use.savings(reserve_share=float("nan"))


def test_order_of_rows_and_library_do_not_matter():
    polars = pytest.importorskip("polars")
    use = licence_use(TABLE, as_of="2026-06-30", people=PEOPLE)
    assert licence_use(TABLE[::-1], as_of="2026-06-30", people=PEOPLE) == use
    assert licence_use(polars.from_pandas(TABLE), as_of="2026-06-30", people=polars.from_pandas(PEOPLE)) == use


def test_results_become_tables_json_words_and_a_chart():
    use = licence_use(TABLE, as_of="2026-06-30", people=PEOPLE)
    assert use.to_frame()["product"].tolist() == ["Diagrams", "Mail"]
    told = json.loads(json.dumps(use.to_dict()))
    assert told["total"]["assigned"] == 11
    assert not any(name.startswith("_") for name in told)
    assert "Diagrams: 4 of 7 unused (1 not used lately, 2 never used, 1 held by people who left)" in use.summary()
    assert use.chart(most=1).to_dict()["description"] == use.summary()
    assert "1 further product not drawn" in json.dumps(use.chart(most=1).to_dict())


def test_codes_that_became_decimals_still_find_their_leaver():
    # One empty holder makes pandas read 17 as 17.0.
    table = pd.DataFrame(
        {
            "product": "mail",
            "employee_id": [17, 18, None],
            "assigned_on": "2025-01-01",
            "last_used_on": "2026-06-20",
            "price_per_user_month": 2.0,
        }
    )
    people = pd.DataFrame({"employee_id": [17, 18], "left_on": ["2026-01-01", None]})
    found = licence_use(table, as_of="2026-06-30", people=people)
    assert (found["mail"].held_by_leavers, found.strangers, found.without_holder) == (1, 0, 1)
    with pytest.raises(JoinError, match="No holder"):
        licence_use(table, as_of="2026-06-30", people=people.assign(employee_id=["A", "B"]))
    with pytest.raises(MeasureError, match="is the number 20260630"):
        licence_use(table, as_of=20260630)

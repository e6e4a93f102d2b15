"""Plain profiles: nothing that tells sex or race is left, and what was said about work stays."""

import re

import pandas as pd
import pytest

from evaluators.data import load_adviser_applications
from evaluators.screening import ColumnError
from evaluators.screening.blinding import plain_profiles


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Ann", "Ann sells. In her last job she led.", "The applicant sells. In their last job they led."),
        ("Tyrone", "Tyrone sells. He led his team.", "The applicant sells. They led their team."),
        ("Jay", "Jay sells at Jayco. He led. He runs.", "The applicant sells at Jayco. They led."),
        ("Ann", "There is the theory of Heidi. It holds.", "There is the theory of Heidi. It holds."),
    ],
)
def test_names_and_pronouns_give_way_and_words_that_hold_them_stay(name: str, text: str, expected: str) -> None:
    assert plain_profiles(pd.DataFrame({"first_name": [name], "profile": [text]})).tolist() == [expected]


def test_no_trace_is_left_in_the_made_up_applications_and_no_kind_of_work_is_lost() -> None:
    applications = load_adviser_applications()
    plain = plain_profiles(applications.iloc[::-1])
    assert plain.index.tolist() == list(range(len(applications)))
    text = "\n".join(plain)
    for trace in (*applications["first_name"].unique(), "she", "he", "her", "his", "women", "boys", "Black", "parents"):
        assert not re.search(rf"\b{trace}\b", text), trace
    work = ("orders by telephone", "questions about bills", "complaints", "reception desk", "claims", "new colleagues")
    for doing in work:
        found = applications["profile"].str.contains(doing, regex=False)
        assert (plain.str.contains(doing, regex=False).to_numpy()[::-1] == found.to_numpy()).all(), doing
        assert found.any()


def test_a_table_without_profiles_is_refused() -> None:
    with pytest.raises(ColumnError, match="profile"):
        plain_profiles(pd.DataFrame({"first_name": ["Ann"]}))

import json
import subprocess
import sys
import zipfile
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from evaluators.screening.errors import UnknownRulesError
from evaluators.screening.rules import FOUR_FIFTHS, load_rules, rule_names, rule_pack

ROOT = Path(__file__).resolve().parents[3]


def test_the_four_fifths_guideline_is_exact():
    assert Fraction(4, 5) == FOUR_FIFTHS.threshold
    assert rule_pack("ugesp").rule == FOUR_FIFTHS


def test_new_york_city_has_a_2_percent_rule_and_no_threshold():
    pack = rule_pack("ll144")
    assert pack.rule is None
    assert (pack.minimum_share, pack.minimum_share_source) == (Fraction(2, 100), "6 RCNY 5-301(d)")
    assert pack.intersections
    tables = {table.name: table for table in pack.published}
    assert tables["race and ethnicity by sex"].attributes == ("sex", "race or ethnicity")
    assert tables["sex"].selection_columns == ("applicants", "selected", "selection rate", "impact ratio")
    assert tables["sex"].scoring_columns == ("applicants", "scoring rate", "impact ratio")
    assert "people in an unknown category" in tables


def test_the_later_date_of_the_ai_act_is_only_reported():
    pack = rule_pack("eu_ai_act")
    assert (pack.rule, pack.minimum_share, pack.published) == (None, None, ())
    assert "is reported to move them to 2 December 2027" in pack.status


@pytest.mark.parametrize("name", ["ugesp", "ll144", "eu_ai_act"])
def test_each_pack_says_where_and_when_it_was_checked(name):
    pack = load_rules()[name]
    assert pack.key == name
    assert pack.checked_on == date(2026, 11, 1)
    assert pack.source
    assert pack.status_source
    assert all(each.text.endswith(".") and each.source for each in pack.says)
    assert json.loads(json.dumps(pack.to_dict()))["checked_on"] == "2026-11-01"
    lines = pack.summary().splitlines()
    assert "checked on 1 November 2026" in lines[-2]
    assert lines[-1].startswith("This is an overview, not legal advice")
    assert len(lines) == len(pack.says) + 3


@pytest.mark.parametrize("name", ["ll145", "../errors", ""])
def test_unknown_rules_name_those_there_are(name):
    with pytest.raises(UnknownRulesError, match="eu_ai_act, ll144, ugesp"):
        rule_pack(name)


@pytest.mark.slow
def test_the_wheel_carries_the_rules(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"evaluators/screening/rules/{name}.toml" for name in rule_names()} <= names

import re
from datetime import date
from pathlib import Path

import pytest

from evaluators.chatbot import example_bot
from evaluators.chatbot.errors import PolicyError
from evaluators.chatbot.policies import Policies, find_policy
from evaluators.data import dataset_folder

QUESTIONS = Path(__file__).parent / "chatbot_intents" / "policy_questions.txt"
HOLIDAY = """---
policy: holiday
title: Holiday
owner: People team
version: {version}
valid_from: {begins}
---

# Holiday

## In short

You have {days} days of holiday a year.
"""


def write(folder, name, *, version=1, begins="2026-01-01", days=25, extra=""):
    text = HOLIDAY.format(version=version, begins=begins, days=days).replace("---\n\n", f"{extra}---\n\n")
    (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def tarnbrook():
    return Policies.load(dataset_folder("hr_bot") / "policies", as_of=date(2026, 11, 22))


def test_questions_get_the_right_section_or_none(tarnbrook):
    pairs = [line.split(" | ") for line in QUESTIONS.read_text("utf-8").splitlines() if not line.startswith("#")]
    found = [tarnbrook.find(question).citation for _, question in pairs]
    got = ["none" if each is None else f"{each.document}, {each.section}" for each in found]
    wanted = [want for want, _ in pairs]
    answerable = [(want, each) for want, each in zip(wanted, got, strict=True) if want != "none"]
    assert sum(want == each for want, each in answerable) / len(answerable) >= 0.85
    assert [each for want, each in zip(wanted, got, strict=True) if want == "none"] == ["none"] * wanted.count("none")


def test_a_citation_stands_word_for_word_in_its_document(tarnbrook):
    for question in ("how many days of leave when my child is ill", "how do I claim my course invoice"):
        found = find_policy(question)
        text = (dataset_folder("hr_bot") / "policies" / found.document).read_text("utf-8")
        assert found.words in text
        assert f"## {found.section}" in text


@pytest.mark.parametrize(
    ("day", "amount", "leave"),
    [
        (date(2025, 11, 1), "1,500", None),
        (date(2026, 11, 22), "2,500", "five"),
        (date(2027, 2, 1), "2,500", "seven"),
    ],
)
def test_only_the_version_in_force_is_quoted(day, amount, leave):
    policies = Policies.load(dataset_folder("hr_bot") / "policies", as_of=day)
    tuition = policies.find("how much does the company pay back a year for a course", topic="tuition")
    assert amount in next(each for each in policies.current if each.policy == "tuition").sections[0].text
    assert tuition.citation is not None
    found = policies.find("how many days of leave when my child is ill").citation
    assert (found is None) == (leave is None)
    assert found is None or leave in found.words
    assert all(not each.valid_from > day for each in policies.current)


def test_two_versions_at_once_are_never_quoted(tmp_path):
    write(tmp_path, "a.md", days=25)
    write(tmp_path, "b.md", days=28, version=2)
    policies = Policies.load(tmp_path, as_of=date(2026, 5, 1))
    finding = policies.find("how many days of holiday a year?")
    assert finding.citation is None
    assert "two versions" in finding.reason
    assert policies.conflicting == ("holiday",)
    assert "never quoted" in policies.summary()


def test_a_newer_version_supersedes_and_an_ended_one_is_gone(tmp_path):
    write(tmp_path, "a.md", days=25)
    write(tmp_path, "b.md", days=28, version=2, begins="2026-07-01")
    assert "25" in Policies.load(tmp_path, as_of=date(2026, 6, 30)).find("how many days of holiday?").citation.words
    later = Policies.load(tmp_path, as_of=date(2026, 7, 1))
    assert "28" in later.find("how many days of holiday?").citation.words
    assert later.passed_over == ("a.md",)
    write(tmp_path, "b.md", days=28, version=2, begins="2026-07-01", extra="valid_until: 2026-07-31\n")
    assert "25" in Policies.load(tmp_path, as_of=date(2026, 8, 1)).find("how many days of holiday?").citation.words


def test_where_a_rule_is_asked_and_none_is_found_nothing_is_claimed():
    turn = example_bot().conversation().say("What does the policy say about working from home?")
    assert turn.citations == ()
    assert turn.offered_person
    assert "found nothing in our policies" in turn.reply
    assert any("nothing is claimed" in step for step in turn.why)


def test_an_answer_names_document_and_section():
    turn = example_bot().conversation().say("What is the policy on sick children?")
    assert turn.citations[0].document == "carers_leave.md"
    assert "“You have five paid days" in turn.reply
    assert "Sick child and carer's leave" in turn.reply
    assert "1 January 2026" in turn.reply
    assert turn.to_dict()["citations"][0]["valid_from"] == "2026-01-01"


def test_no_reply_states_an_amount_or_a_day_of_its_own():
    replies = example_bot().files.responses
    figures = {name: re.findall(r"\d+", wording.text) for name, texts in replies.items() for wording in texts}
    assert {name: found for name, found in figures.items() if found} == {"utter_bot": ["30"]}


@pytest.mark.parametrize("situation", ["bereavement", "ill_child", "tuition", "payroll_error", "visa_leave"])
def test_every_topic_of_the_bot_has_a_policy_with_an_owner(tarnbrook, situation):
    owners = [each.owner for each in tarnbrook.current if situation in each.topics]
    assert len(owners) == 1
    assert owners[0]
    assert len(tarnbrook.to_frame()) == 10


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owner: People team\n", "", "does not say its owner"),
        ("version: 1", "version: one", "line 5: it has the version 'one'"),
        ("2026-01-01", "1.1.2026", "line 6: it has '1.1.2026' as valid_from"),
        ("2026-01-01", "2026-02-30", "write a day as 2026-01-31"),
        ("## In short\n", "", "line 12: it has text before its first section"),
        ("title: Holiday", "titel: Holiday", "line 3: it has 'titel: Holiday'"),
        ("title: Holiday", "title: Holiday\ntitle: X", "line 4: it says 'title' twice"),
        ("---\npolicy", "policy", "does not begin with a block"),
        ("You have 25 days of holiday a year.", "", "no section"),
    ],
)
def test_a_damaged_policy_is_named_with_its_line(tmp_path, old, new, words):
    text = HOLIDAY.format(version=1, begins="2026-01-01", days=25)
    assert old in text
    (tmp_path / "holiday.md").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PolicyError, match=re.escape(words)):
        Policies.load(tmp_path)


def test_bytes_that_are_no_text_and_files_that_are_too_large_are_refused(tmp_path):
    (tmp_path / "a.md").write_bytes(b"---\ntitle: caf\xe9\n---\n")
    (tmp_path / "b.md").write_bytes(b"x" * 200_001)
    with pytest.raises(PolicyError, match="line 2: it holds a character") as caught:
        Policies.load(tmp_path)
    assert "larger than 200 kB" in str(caught.value)
    with pytest.raises(PolicyError, match="no policies"):
        Policies.load(tmp_path / "none")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    text = HOLIDAY.format(version=1, begins="2026-01-01", days=25)
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    found = Policies.load(tmp_path, as_of=date(2026, 5, 1)).find("how many days of holiday?")
    assert found.citation.words == "You have 25 days of holiday a year."


@pytest.mark.parametrize("question", ["", "?", "the and of", "x" * 5000, "\x00\ud7ff", "{policy_words}"])
def test_odd_questions_find_nothing(tarnbrook, question):
    assert tarnbrook.find(question).citation is None

"""How careful an alarm is: counts by hand, and at our own setting those of find_sensitive. Some messages are grave."""

import pandas as pd
import pytest

from evaluators.chatbot import WordListError, find_sensitive
from evaluators.chatbot.sensitive_bar import CARE, GATE, AlarmCounts, AlarmMargins, alarm_margins
from evaluators.data import dataset_folder, load_hr_messages_lesson


@pytest.fixture(scope="module")
def margins() -> AlarmMargins:
    messages = load_hr_messages_lesson()
    return alarm_margins(list(zip(messages["kind"], messages["message"], strict=True)))


def made(*rows: tuple[str, float]) -> AlarmMargins:
    table = pd.DataFrame([{"kind": kind, "message": "", "margin": margin} for kind, margin in rows])
    return AlarmMargins(table.assign(alarm=table["margin"] >= 0))


def test_counts_by_hand():
    four = made(("crisis", float("inf")), ("harassment", -0.5), ("ordinary", -2.0), ("ordinary", 0.25))
    assert four.at() == AlarmCounts(found=1, missed=1, needless=1, quiet=1)
    assert four.at(0.5) == AlarmCounts(found=2, missed=0, needless=1, quiet=1)
    assert four.at(2) == AlarmCounts(found=2, missed=0, needless=2, quiet=0)
    assert four.at(-3) == AlarmCounts(found=1, missed=1, needless=0, quiet=2)
    assert four.by_phrase == 1


def test_our_own_setting_is_that_of_find_sensitive(margins):
    own = [any(found.kind in GATE for found in find_sensitive(text)) for text in margins.table["message"]]
    assert margins.table["alarm"].tolist() == own == margins.rings().tolist()


def test_more_careful_never_misses_more_and_never_rings_less(margins):
    frame = margins.to_frame()
    assert len(frame) == len(CARE)
    assert frame["missed"].is_monotonic_decreasing
    assert frame["needless"].is_monotonic_increasing
    assert (frame["found"] + frame["missed"] == 32).all()
    assert (frame["needless"] + frame["quiet"] == 48).all()


def test_what_is_shown_and_said_holds_no_message(margins):
    text = str(margins.to_dict()) + margins.summary() + str(margins.chart(care=0.5).to_dict())
    assert not any(message in text for message in margins.table["message"])
    assert "At our setting" in margins.chart().description


def test_what_cannot_be_counted_is_said():
    with pytest.raises(WordListError, match="no message"):
        alarm_margins([])
    with pytest.raises(WordListError, match="kind 'grief'"):
        alarm_margins([("grief", "My father died.")])


def test_none_of_the_messages_was_fitted_on():
    fitted = pd.read_csv(dataset_folder("hr_bot").parent / "hr_messages" / "hr_messages.csv")["message"].str.casefold()
    assert not set(load_hr_messages_lesson()["message"].str.casefold()) & set(fitted)

"""The bot's workshop without a browser, and a bot whose replies were changed."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.answers import AnswerSheet
from evaluators.chatbot import Bot, BotFileError, example_bot, load_bot_files
from evaluators.chatbot.domain import domain_yaml
from evaluators.chatbot.errors import BotReplyError
from evaluators.data import dataset_folder
from evaluators.tone import score_reply
from evaluators.widgets._chat_room import _ROOMS, room
from evaluators.widgets._workshop_desk import SCENES, WorkshopDesk, WorkshopError, parts_of
from evaluators.widgets.bot_workshop import BotWorkshop, bot_workshop
from evaluators.widgets.chat import chat_path

TWO = {"A death": "My father died on Sunday.", "My pay": "My pay is 600 short again and my rent goes out tomorrow."}


def workshop(folder: Path) -> BotWorkshop:
    desk = WorkshopDesk(example_bot(), TWO, AnswerSheet.open("workshop-t", folder, "workshop-t.json"))
    return BotWorkshop(desk, room(chat_path("workshop-t", folder), "workshop-t", desk.now), "Write")


def type_in(shop: BotWorkshop, text: str) -> None:
    studio = shop.studio
    request = {"seq": studio.request["seq"] + 1, "said": "", "replies": [text, ""], "compare": False, "keep": True}
    studio.request = request


def test_other_words_make_another_bot_and_leave_the_first_as_it_is() -> None:
    brook = example_bot()
    before = brook.conversation().say("thank you").reply
    other = brook.with_replies({"utter_thank": "  Noted, {bot_name} said.  "})
    assert other.conversation().say("thank you").reply == "Noted, Brook said."
    assert brook.conversation().say("thank you").reply == before
    assert brook.with_replies({}).files == brook.files
    assert other.model is brook.model  # nothing is fitted again


def test_several_wordings_keep_their_conditions_and_buttons() -> None:
    brook = example_bot()
    done, *rest = (each.text for each in brook.files.responses["utter_change_done"])
    other = brook.with_replies({"utter_change_done": ["Changed to {plan}.", *rest], "utter_ask_plan": "Which one?"})
    talk = other.conversation()
    turn = talk.say("I want to change my medical plan")
    assert (turn.reply, turn.choices) == ("Which one?", ("bronze", "silver", "gold"))
    for message in ("silver", "for my whole family"):
        talk.say(message)
    assert talk.say("yes").reply == "Changed to silver."
    assert done not in domain_yaml(other.files)


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        pytest.param({"utter_thanks": "Hello."}, "no reply 'utter_thanks'", id="unknown-name"),
        pytest.param({"utter_thank": " "}, "holds no words", id="empty"),
        pytest.param({"utter_thank": 3}, "not iterable|holds no words", id="no-text"),
        pytest.param({"utter_greet": "Hello."}, "has 2 wordings, and 1 were given", id="too-few"),
        pytest.param({"utter_thank": "Ask {persona}."}, "Nothing fills {persona}", id="unknown-field"),
        pytest.param({"utter_thank": "{policy_words}"}, "Nothing fills {policy_words}", id="nothing-was-looked-up"),
        pytest.param({"utter_thank": "a" * 6000}, "6,000 letters", id="too-long"),
    ],
)
def test_words_that_a_bot_cannot_use(replies: dict[str, str], words: str) -> None:
    with pytest.raises((BotReplyError, TypeError), match=words) as caught:
        example_bot().with_replies(replies)
    if isinstance(caught.value, BotReplyError):
        assert caught.value.hint


@settings(max_examples=15, deadline=None)
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="{}"), min_size=1))
def test_the_domain_file_makes_the_same_bot_whatever_was_written(tmp_path_factory: pytest.TempPathFactory, text: str):
    if not text.strip():
        return
    changed = example_bot().with_replies({"utter_thank": text}).files
    folder = tmp_path_factory.mktemp("bot")
    for each in dataset_folder("hr_bot").glob("*.yml"):
        shutil.copy(each, folder)
    (folder / "domain.yml").write_text(domain_yaml(changed), "utf-8", newline="\n")
    assert load_bot_files(folder) == changed


def test_the_domain_file_takes_the_old_ones_place_and_not_a_place_beside_it(tmp_path: Path) -> None:
    for each in dataset_folder("hr_bot").glob("*.yml"):
        shutil.copy(each, tmp_path)
    (tmp_path / "domain2.yml").write_text(domain_yaml(example_bot().files), "utf-8")
    with pytest.raises(BotFileError, match="there a second time"):
        load_bot_files(tmp_path)


def test_each_scene_has_words_to_change_and_quotes_stay_quotes() -> None:
    brook = example_bot()
    for said in SCENES.values():
        parts = parts_of(brook, said)
        assert parts
        assert not any("{policy_words}" in part.text for part in parts)
    names = [part.name for part in parts_of(brook, SCENES["A death (heavy)"])]
    assert names == ["utter_sensitive_bereavement", "utter_bereavement", "utter_bereavement_next"]
    kinds = {kind for said in SCENES.values() for kind in brook.conversation().say(said).sensitive}
    assert "crisis" not in kinds  # words for danger to life are nobody's to play with
    heavy = [label for label, said in SCENES.items() if brook.conversation().say(said).sensitive]
    assert [label for label in SCENES if "heavy" in label] == list(SCENES)[-3:]
    assert {"A death (heavy)", "Harassment (heavy)"} <= set(heavy)


def test_edited_words_are_said_in_the_chat_and_kept(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    assert shop.answer.state["difference"] == ""
    type_in(shop, "At least you had him for long. Ask {person}.")
    now = shop.answer.state
    assert now["texts"][1].startswith("At least you had him for long. Ask a person from the HR team.")
    assert not now["texts"][0].startswith("At least")
    assert "lower on" in now["difference"]
    assert now["scores"][0].startswith(f"{score_reply(now['texts'][0], said=TWO['A death']).overall:.1f} of 4")
    assert "utter_sensitive_bereavement" in now["told"]

    shop._heard(None, {"action": "say"}, [])
    shop._room.wait()
    assert shop._room.turns[-1].reply == now["texts"][1]

    shop._heard(None, {"action": "scene", "value": "My pay"}, [])
    assert shop.choice.state["said"] == TWO["My pay"]
    assert shop.studio.request["replies"][0] == shop._desk.parts["My pay"][0].text
    again = workshop(tmp_path)  # as after a re-run or a reload
    assert again.answer.state["texts"] == now["texts"]
    assert again.studio.request["replies"][0].startswith("At least")
    assert again.studio.spec["start"]["replies"][0] == again._desk.parts["A death"][0].text  # "Back to the start"

    again._heard(None, {"action": "download"}, [])
    assert "At least you had him for long." in again.answer.file["text"]
    again._heard(None, {"action": "restore"}, [])
    assert again.answer.state["difference"] == ""
    assert "At least" not in workshop(tmp_path).studio.request["replies"][0]
    assert "At least" not in example_bot().conversation().say(TWO["A death"]).reply


def test_words_that_do_not_fit_are_said_and_the_last_good_ones_stay(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    type_in(shop, "Good words. {nobody} helps.")
    assert "Nothing fills {nobody}" in shop.answer.state["problem"]
    assert shop.answer.state["texts"][0] == shop.answer.state["texts"][1]
    type_in(shop, " ")
    assert "holds no words" in shop.answer.state["problem"]
    type_in(shop, "Good words. {person} helps.")
    assert shop.answer.state["problem"] == ""
    assert shop.answer.state["texts"][1].startswith("Good words.")


def test_what_a_page_sends_amiss_does_nothing(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    before = (shop.choice.state, shop.answer.state)
    for sent in ("x", None, {}, {"action": "scene", "value": ["x"]}, {"action": "part", "value": "utter_thank"}):
        shop._heard(None, sent, [])
    assert (shop.choice.state, shop.answer.state) == before


def test_a_file_that_is_damaged_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "workshop-t.json").write_text('{"schema": 1, "lab": "workshop-t", "answers": {"reply utter_x": 3}}')
    assert workshop(tmp_path)._desk.changed() == ()
    (tmp_path / "workshop-t.json").write_text("{")
    assert "workshop-t" in workshop(tmp_path).answer.state["told"]


def test_scenes_must_lead_to_words_of_the_bots_own(tmp_path: Path) -> None:
    sheet = AnswerSheet.open("workshop-s", tmp_path, "workshop-s.json")
    with pytest.raises(WorkshopError, match="Nobody writes"):
        WorkshopDesk(example_bot(), {}, sheet)
    bare = Bot.from_files(_bare(tmp_path))
    with pytest.raises(WorkshopError, match="holds no reply"):
        WorkshopDesk(bare, {"x": "something quite else"}, sheet)


def _bare(folder: Path) -> Path:
    path = folder / "bare.yml"
    path.write_text(
        'version: "3.1"\nintents: [a, b]\nnlu:\n'
        "  - intent: a\n    examples: |\n      - one apple\n      - two apples\n"
        "  - intent: b\n    examples: |\n      - a green pear\n      - some pears\n"
        "responses:\n  utter_a:\n    - text: Yes.\n"
    )
    return path


def test_the_call_shows_what_stands_in_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    made: list[object] = []
    module = sys.modules[BotWorkshop.__module__]
    monkeypatch.setattr(module, "show", lambda html, text: shown.append(text))
    monkeypatch.setattr(module, "show_widget", lambda make: made.append(make()))
    bot_workshop(key="t", scenes=TWO, folder=tmp_path)
    assert shown == ["Write for Brook\nChanged: Nothing yet"]
    assert [type(each).__name__ for each in made] == ["WorkshopCard", "ToneStudio", "WorkshopCard"]
    assert json.dumps(made[2].state, allow_nan=False)  # type: ignore[attr-defined]
    _ROOMS.clear()


def test_words_typed_just_before_another_part_is_chosen_stay_with_their_own(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    first, second = shop._desk.parts["A death"][:2]
    shop._heard(None, {"action": "part", "value": second.key}, [])
    assert shop.studio.request["replies"][0] == second.text
    texts = {"said": "", "replies": ["Late words. {person} helps.", ""], "compare": False, "keep": True}
    shop.studio._left(None, {"about": 0, **texts}, [])
    shop.studio.request = {"seq": 9, "about": 0, **texts}  # both ways in which they may come
    assert shop._desk.text(first) == "Late words. {person} helps."
    assert shop._desk.text(second) == second.text
    assert shop.studio.result["seq"] == 0  # not the answer to what is shown now
    shop.studio._left(None, {"about": 77, **texts}, [])
    shop.studio._left(None, "x", [])
    assert [part.name for part in shop._desk.changed()] == [first.name]


def test_a_part_is_named_by_whole_words_and_a_change_is_counted(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    text, label = shop.studio.spec["start"]["replies"][0], shop.choice.state["parts"][0][1]
    begun = label.strip("“”").removesuffix(" …")
    assert text == begun or " ".join(text.split())[len(begun)] == " "  # no word is cut in two
    assert len(label) <= 50
    type_in(shop, text + " Nothing is due today.")
    assert shop.answer.state["told"].startswith(
        "Changed so far: 1 part. Kept in workshop-t.json. In domain.yml: utter_"
    )

"""The tone studio and the rating round without a browser: what a browser would send is sent by hand."""

import base64
import json
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.answers import AnswerSheet
from evaluators.data import load_hr_replies
from evaluators.tone import Cue, RubricError, load_rubric, score_reply, situations
from evaluators.tone.word_model import REST
from evaluators.widgets import join_ratings, rating_round, tone_studio
from evaluators.widgets._rating_desk import RatingDesk, RatingError, pick_cards
from evaluators.widgets._rating_results import results_html
from evaluators.widgets._tone_view import differences, dimension_facts, shown_score
from evaluators.widgets.rating_round import RatingRound
from evaluators.widgets.tone_studio import StudioError, ToneStudio

ANCHORS = {each.key: each.anchors for each in load_rubric().dimensions}
THREE = ("emotional_reaction", "non_dismissal", "ownership")
SCRIPT = Path(__file__).parents[2] / "evaluators" / "widgets" / "tone_studio.js"


def sent(studio: ToneStudio, reply: str, *, other: str = "", said: str = "", compare: bool = False, keep: bool = False):
    request = {"seq": 5, "said": said, "replies": [reply, other], "compare": compare, "keep": keep}
    studio.request = request
    return studio.result


def points(score: dict[str, object], key: str) -> float:
    return next(each["score"] for each in score["dimensions"] if each["key"] == key)


def test_the_scores_follow_the_text():
    studio = ToneStudio("Calm down.")
    assert points(studio.result["scores"][0], "non_dismissal") < 3
    told = sent(studio, "I'm sorry, that matters.")
    assert told["seq"] == 5
    assert points(told["scores"][0], "non_dismissal") >= 3
    assert sent(studio, "   ")["scores"] == [None]


def test_other_languages_get_words_in_place_of_scores():
    (score,) = ToneStudio("Siento mucho su pérdida, de verdad lo siento.").result["scores"]
    assert score["overall"] is None
    assert "not in English" in score["abstained"]
    assert json.dumps(score, allow_nan=False)


def test_two_wordings_are_compared_in_words():
    studio = ToneStudio("At least it is only one day.", said="My pay is wrong.", other="It is noted.")
    told = studio.result
    assert len(told["scores"]) == 2
    assert told["words"][list(ANCHORS).index("non_dismissal")] == "second 1.5 higher"
    assert "Non-dismissal (+1.5)" in told["summary"]
    assert sent(studio, "One.", other=" ", compare=True)["summary"] == "Write both wordings to compare them."
    assert len(sent(studio, "One.", other="Two.")["scores"]) == 1


def test_words_that_share_a_place_and_a_meaning_are_one_and_small_ones_are_told_together():
    reply = "I'm so sorry for your loss."
    cues = (
        Cue("politeness", "word model", "reads politely", 7, 12, "sorry", 0.16),
        Cue("politeness", "word model", "reads politely", 7, 12, "sorry", 0.5),
        Cue("politeness", "word model", "reads bluntly", 7, 12, "sorry", -0.25),
        Cue("politeness", "word model", "reads politely", 17, 21, "your", 0.07),
        Cue("politeness", REST, "is moved a little", 0, len(reply), reply, -0.37),
        Cue("politeness", "thanks", "thanks", 0, 3, "I'm", 0.0, "in quotation marks"),
    )
    score = score_reply(reply, models=())
    dimensions = [replace(each, cues=cues if each.key == "politeness" else ()) for each in score.dimensions]
    shown = shown_score(replace(score, dimensions=tuple(dimensions)), ANCHORS)
    assert [(cue["text"], cue["points"], cue["says"], cue["void"]) for cue in shown["cues"]] == [
        ("I'm", 0.0, "thanks", "in quotation marks"),
        ("sorry", 0.4, "reads politely", ""),
    ]
    assert shown["small"] == ["Many small words together: −0.3 (politeness)."]


def test_a_wording_equal_to_itself_does_not_differ():
    score = score_reply("Thank you. I will ask today.")
    said, words = differences(score, score)
    assert said == "The two are about the same on all dimensions."
    assert set(words) == {"about the same"}


def test_an_unscored_wording_is_not_compared():
    one, other = score_reply("Thank you."), score_reply("Siento mucho su pérdida, de verdad lo siento.")
    assert differences(one, other)[0] == "The second wording has no score, so there is nothing to compare."


def test_the_human_ceiling_is_said_where_it_is_known():
    known, unknown = (dimension_facts(load_rubric()[each]) for each in ("politeness", "interpretation"))
    assert known["agree"] == "0.54"
    assert unknown["agree"] is None
    assert "has not been measured" in unknown["ceiling"]


def test_texts_are_kept_over_a_re_run(tmp_path):
    def opened() -> ToneStudio:
        return ToneStudio("Start.", sheet=AnswerSheet.open("studio-a", tmp_path, "studio-a.json"))

    kept: list[str] = []
    first = ToneStudio("Start.", sheet=AnswerSheet.open("studio-a", tmp_path, "studio-a.json"), then=kept.append)
    sent(first, "Not kept yet.")
    assert not (tmp_path / "studio-a.json").exists()
    assert sent(first, "Kept 👋🏽.", said="Hello", keep=True)["kept"] == {"ok": True, "text": "Kept in studio-a.json."}
    assert kept == ["Kept 👋🏽."]
    again = opened()
    assert again.request["replies"][0] == "Kept 👋🏽."
    assert again.request["said"] == "Hello"
    assert "restored" in again.result["kept"]["text"]
    assert again.spec["start"]["replies"][0] == "Start."


def test_a_damaged_file_is_set_aside_and_said(tmp_path):
    (tmp_path / "studio-a.json").write_text("{")
    studio = ToneStudio("Start.", sheet=AnswerSheet.open("studio-a", tmp_path, "studio-a.json"))
    assert studio.request["replies"][0] == "Start."
    assert "could not be used" in studio.result["kept"]["text"]
    assert not studio.result["kept"]["ok"]
    assert [path.name.startswith("studio-a.set-aside") for path in tmp_path.iterdir()] == [True]


@pytest.mark.parametrize("forged", [{}, {"replies": "x"}, {"replies": [1, 2]}, {"said": 7, "compare": "yes"}])
def test_a_browser_cannot_send_another_shape(forged):
    studio = ToneStudio("Start.")
    studio.request = {"seq": 1, **forged}
    assert len(studio.result["scores"]) == 1
    assert studio.result["scores"][0]["overall"] is not None


@pytest.mark.parametrize("key", ["../x", "", "a b", "ä", "x" * 41])
def test_a_key_that_is_no_file_name_is_refused(key):
    with pytest.raises(StudioError, match="cannot be a key"):
        tone_studio("Hello.", key=key)


def test_an_unknown_situation_is_refused_at_once():
    with pytest.raises(RubricError, match="no situation"):
        tone_studio("", situation="beer")


PIECES = [
    "I'm so sorry for your loss",
    "calm down",
    "👩🏽‍💻",
    "e\u0301",
    "👍",
    "🇮🇪",
    "at least you have",
    " ",
    ". ",
    "\n",
]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12))
def test_places_point_at_the_words(pieces):
    reply = "Thank you. " + "".join(pieces)
    for cue in shown_score(score_reply(reply), ANCHORS)["cues"]:
        assert " ".join(reply[cue["start"] : cue["end"]].split()) == cue["text"]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_counts_places_as_python_does():
    texts = ["a👍b", "e\u0301 👩🏽‍💻 so sorry", "plain", "", "🇮🇪🇮🇪\nx"]
    script = SCRIPT.read_text(encoding="utf-8").replace("export default { render };", "")
    script += "\nconst texts = JSON.parse(process.argv[1]); console.log(JSON.stringify(texts.map(units)));"
    run = subprocess.run(
        ["node", "-e", script, json.dumps(texts)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    expected = [[len(text[:at].encode("utf-16-le")) // 2 for at in range(len(text) + 1)] for text in texts]
    assert json.loads(run.stdout) == expected


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        pytest.param("ab XY cd", "ab! XY cd", [[4, 6]], id="before"),
        pytest.param("ab XY cd", "ab XY cd!", [[3, 5]], id="after"),
        pytest.param("ab XY cd", "ab X-Y cd", [], id="inside"),
        pytest.param("ab XY cd", "", [], id="emptied"),
        pytest.param("XYXY", "XYXYXY", [[0, 2]], id="repeated"),
    ],
)
def test_marks_follow_an_edit_until_the_next_score(old, new, kept):
    start = old.index("XY")
    script = SCRIPT.read_text(encoding="utf-8").replace("export default { render };", "")
    script += (
        "\nconst [start, old, text] = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(moved([{ start, end: start + 2 }], old, text).map((m) => [m.start, m.end])));"
    )
    run = subprocess.run(
        ["node", "-e", script, json.dumps([start, old, new])], capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == kept


def test_our_replies_are_whole_and_of_known_situations():
    replies = load_hr_replies()
    assert replies.columns.tolist() == ["reply_id", "situation", "said", "reply", "note"]
    assert replies["reply_id"].is_unique
    assert set(replies["situation"]) == set(situations()) - {"benefits_change", "crisis"}
    assert replies["situation"].value_counts().between(4, 5).all()
    assert (replies.drop(columns="reply_id") != "").all().all()
    assert not [each for each in replies["reply"] if score_reply(each).abstained]


@pytest.fixture
def desk(tmp_path) -> RatingDesk:
    return RatingDesk(load_hr_replies(), "c1", THREE, 20, tmp_path)


def rated(desk: RatingDesk, score: int = 2, **changes: object) -> dict[str, object]:
    """Return what a browser sends once all cards are rated alike."""
    cards = {each: {"scores": dict.fromkeys(THREE, score), "skipped": False} for each in desk.cards["reply_id"]}
    return {"begun": True, "leave_out": False, "cards": cards, **changes}


def test_cards_are_spread_over_situations_and_the_same_for_all():
    replies = load_hr_replies()
    cards = pick_cards(replies, 20)
    assert cards["situation"].value_counts().tolist() == [2] * 10
    assert cards.equals(pick_cards(replies.sample(frac=1, random_state=3), 20))
    assert all(one != other for one, other in pairwise(cards["said"]))
    assert len(pick_cards(replies, 999)) == 48


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"reply": ["a"]}, "no column 'reply_id'"),
        ({"reply_id": ["x", "x"], "reply": ["a", "b"]}, "'x' is empty or occurs twice"),
        ({"reply_id": ["x", None], "reply": ["a", "b"]}, "'' is empty or occurs twice"),
        ({"reply_id": ["x"], "reply": [" "]}, "'x' holds no words"),
    ],
)
def test_replies_that_cannot_be_rated_are_refused(columns, problem):
    with pytest.raises(RatingError, match=problem):
        pick_cards(pd.DataFrame(columns), 3)


def test_grief_harassment_and_despair_are_announced_and_pay_is_not(desk):
    careful = {each.split("_")[0] for each in desk.cards["reply_id"] if desk.is_careful(each)}
    assert {"bereavement", "harassment", "mental", "ill"} <= careful
    assert not {"pay", "tuition", "visa"} & careful


def test_ratings_survive_and_skipped_cards_do_not_count(desk, tmp_path):
    widget = RatingRound(desk)
    state = rated(desk)
    first, second, *_ = desk.cards["reply_id"]
    state["cards"][first]["skipped"] = True
    del state["cards"][second]["scores"]["ownership"]
    widget.request = {"seq": 1, "action": "keep", "state": state}
    assert widget.reply["ok"]
    again = RatingDesk(load_hr_replies(), "c1", THREE, 20, tmp_path)
    assert again.state() == widget.state
    assert len(again.ratings()) == 19 * 3 - 1
    assert again.rater == desk.rater
    assert RatingRound(again).reply["text"] == "Welcome back. 19 cards rated so far."


def test_leaving_hard_cards_out_leaves_their_ratings_out(desk):
    desk.keep(rated(desk, leave_out=True))
    assert not [each for each in desk.ratings()["reply_id"] if desk.is_careful(each)]


@pytest.mark.parametrize("forged", [5, -1, 2.5, True, "3", None])
def test_a_browser_cannot_store_another_score(desk, forged):
    state = rated(desk)
    first = desk.cards["reply_id"].iloc[0]
    state["cards"][first]["scores"]["ownership"] = forged
    desk.keep(state)
    assert "ownership" not in desk.state()["cards"][first]["scores"]


def test_the_file_to_hand_in_holds_a_code_and_no_name(desk, tmp_path):
    widget = RatingRound(desk)
    widget.request = {"seq": 1, "action": "save", "state": rated(desk, 3)}
    table = pd.read_csv(tmp_path / "ratings_c1.csv")
    assert table.columns.tolist() == ["rater", "reply_id", "dimension", "score"]
    assert len(table) == 60
    assert set(table["score"]) == {3}
    assert set(table["rater"]) == {desk.rater}
    assert "ratings_c1.csv" in widget.reply["text"]


def test_few_ratings_are_not_compared(desk):
    assert "Rate at least 5" in results_html(desk)


def test_the_comparison_counts_steps_and_says_its_limits(desk):
    state = rated(desk)
    rubric = desk.rubric_scores().set_index(["reply_id", "dimension"])["score"]
    for place, (reply_id, card) in enumerate(state["cards"].items()):
        for name in THREE:
            step = int(rubric[reply_id, name] + 0.5)  # nobody is near below 0
            card["scores"][name] = step if place >= 4 else (step + 1 if step < 4 else 3)
    desk.keep(state)
    html = results_html(desk)
    assert html.count("16 of 20 cards the same step, 4 one step apart, 0 further.") == 6  # in words and for the picture
    assert "What this does not prove" in html
    assert load_rubric().unrated[:40] in html
    assert "cohort" not in html


def test_one_step_throughout_has_no_kappa(desk):
    desk.keep(rated(desk))
    assert "You gave the same step throughout" in results_html(desk)


def cohort_file(desk: RatingDesk, **scores: int) -> str:
    tables = [
        pd.DataFrame(
            [
                (who, each, name, (place + score) % 5)
                for place, each in enumerate(desk.cards["reply_id"])
                for name in THREE
            ],
            columns=["rater", "reply_id", "dimension", "score"],
        )
        for who, score in scores.items()
    ]
    return pd.concat(tables).to_csv(index=False)


def bring(widget: RatingRound, text: str, state: dict[str, object], name: str = "cohort.csv") -> dict[str, object]:
    data = base64.b64encode(text.encode()).decode()
    widget.request = {"seq": 9, "action": "cohort", "state": state, "file": {"name": name, "data": data}}
    return widget.reply


def test_the_cohort_stands_beside_and_own_ratings_are_taken_out_of_it(desk):
    state = rated(desk)
    for place, card in enumerate(state["cards"].values()):
        card["scores"] = dict.fromkeys(THREE, place % 5)
    desk.keep(state)
    text = cohort_file(desk, ana=0, ben=0) + desk.ratings().to_csv(index=False, header=False)
    told = bring(RatingRound(desk), text, state)
    assert not told["problem"]
    assert "Compared with the mean of 2 raters." in told["html"]
    assert "Your own 60 ratings in it were left out." in told["html"]
    assert (
        "Weighted kappa 1.00 (1: always the same, 0: as by chance). The raters among themselves: 1.00." in told["html"]
    )


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("c.csv", "a,b\n1,2\n", "rater"),
        ("c.pdf", "x", "c.pdf is neither CSV nor Excel"),
        ("c.csv", "rater,reply_id,dimension,score\na,elsewhere_1,ownership,2\n", "no rating of these cards"),
        ("../../c.csv", "rater,reply_id,dimension,score\na,elsewhere_1,ownership,9\n", "c.csv: row 1 has the score"),
    ],
)
def test_a_wrong_cohort_file_is_said_in_words(desk, name, text, problem):
    told = bring(RatingRound(desk), text, rated(desk), name)
    assert problem in told["problem"]
    assert "/tmp" not in told["problem"]
    assert told["html"] is None


def test_what_people_wrote_is_never_markup(tmp_path):
    replies = pd.DataFrame({"reply_id": [f"r{n}" for n in range(6)], "reply": ["<b>Calm down</b>."] * 6, "said": "<i>"})
    desk = RatingDesk(replies, "x", ["non_dismissal"], 6, tmp_path)
    cards = {each: {"scores": {"non_dismissal": 4}, "skipped": False} for each in replies["reply_id"]}
    desk.keep({"begun": True, "cards": cards})
    html = results_html(desk)
    assert "&lt;b&gt;Calm down" in html
    assert "<b>Calm" not in html
    assert "<i>" not in html.replace("<i style", "")


@pytest.mark.parametrize("dimensions", ["politeness", [], ["politeness", "politeness"]])
def test_odd_dimensions_are_refused(dimensions):
    with pytest.raises(RatingError):
        rating_round(key="x", dimensions=dimensions)


def test_files_that_were_handed_in_become_the_cohorts(tmp_path):
    head = "rater,reply_id,dimension,score\n"
    (tmp_path / "a.csv").write_text(head + "r1,x,ownership,3\nr1,y,ownership,1\n")
    (tmp_path / "b.csv").write_text(head + "r2,x,ownership,0\n")
    (tmp_path / "copy.csv").write_text(head + "r1,x,ownership,3\n")
    assert join_ratings(tmp_path.glob("*.csv"))["score"].tolist() == [3, 1, 0]
    (tmp_path / "d.csv").write_text(head + "r2,x,ownership,4\n")
    with pytest.raises(RatingError, match=r"r2 rated ownership of x differently in .*b\.csv and .*d\.csv"):
        join_ratings(tmp_path.glob("*.csv"))
    with pytest.raises(RatingError, match="no file"):
        join_ratings([])

"""The word model of politeness: its file, its parts, its card, tricks that must not help, and a snapshot of scores."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.tone import RubricError, Text, score_conversation, score_reply
from evaluators.tone.fit_politeness import figures_block, groups_of, main
from evaluators.tone.word_model import LinearWordModel, shipped_models

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "evaluators" / "tone" / "politeness_model.json"
POLITE = [
    "Thanks so much.",
    "That is great work.",
    "You are very welcome.",
    "Happy to help :)",
    "Could you please look?",
]


def test_the_card_shows_the_figures_of_the_model() -> None:
    figures = shipped_models()[0].facts["figures"]
    assert figures_block(figures) in (ROOT / "docs" / "tone_model_card.md").read_text(encoding="utf-8")
    assert figures["spearman"] >= 0.65
    assert figures["quartile_accuracy"] >= 0.85
    assert figures["one_rater_against_four"] == pytest.approx(0.54, abs=0.005)
    assert len(figures["folds"]) == 5


def test_all_model_files_are_small_and_survive_reading_and_writing() -> None:
    assert sum(each.stat().st_size for each in MODEL.parent.glob("*_model.json")) < 1_000_000
    written = MODEL.read_text(encoding="utf-8")
    assert LinearWordModel.from_json(written).to_json() == written


def test_a_contribution_is_the_weight_times_rarity_over_length() -> None:
    model = LinearWordModel("politeness", 0.01, {"good": (3.0, 1.0), "day": (4.0, -0.5), "ever": (9.0, 9.0)})
    cues = {cue.text: cue.weight for cue in model.cues(Text("A good day, a good day."))}
    # The vector is (3, 4), its length 5: 3/5 of 1.0 and 4/5 of -0.5; the start of 0.01 is the rest.
    assert cues == {"good": 0.6, "day": -0.4, "A good day, a good day.": 0.01}


def test_scoring_needs_no_scikit_learn() -> None:
    code = (
        "import sys; from evaluators.tone import score_reply; score_reply('Thanks, could you help?');"
        "sys.exit(any(name.split('.')[0] in ('sklearn', 'scipy', 'altair') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["Thank you", "🙂", "so\u0301rry", "why?", "“please”", " not ", "\n> ", "İ", ". "]), max_size=9
    )
)
def test_places_of_the_model_point_at_its_words(pieces: list[str]) -> None:
    reply = "".join(pieces)
    for cue in shipped_models()[0].cues(Text(reply)):
        assert reply[cue.start : cue.end] == cue.text
        assert math.isfinite(cue.weight)


@pytest.mark.parametrize(
    "change", [{"schema": 2}, {"grams": {"a": ["x", 1]}}, {"grams": {"a": [1]}}, {"start": math.nan}]
)
def test_a_file_that_is_no_model_is_refused(change: dict[str, object]) -> None:
    good = {"schema": 1, "dimension": "politeness", "start": 0, "facts": {}, "grams": {"a": [1, 1]}}
    assert LinearWordModel.from_json(json.dumps(good)).start == 0
    with pytest.raises(RubricError, match="the file mine"):
        LinearWordModel.from_json(json.dumps(good | change), where="the file mine")


@pytest.mark.parametrize("words", POLITE)
def test_repeating_polite_words_earns_nothing_more(words: str) -> None:
    body = "The form is in the portal."
    once = score_reply(f"{words} {body}")["politeness"].score
    assert score_reply(f"{words} " * 6 + body)["politeness"].score <= once


def test_piling_up_polite_words_earns_no_more_than_the_first() -> None:
    body = "The form is in the portal."
    heaps = [score_reply(" ".join(POLITE[:count]) + " " + body)["politeness"].score for count in range(len(POLITE) + 1)]
    piled = " ".join(f"{each} Thank you. I appreciate it. Many thanks." for each in POLITE)
    assert score_reply(f"{piled} {body}")["politeness"].score <= max(heaps)


@pytest.mark.parametrize(
    "mocking",
    [
        "Oh great, another complaint. Thanks so much.",
        "Poor you. Thank you, nice work.",
        "Sorry not sorry, thanks a lot.",
    ],
)
def test_polite_words_in_mockery_earn_nothing(mocking: str) -> None:
    plain, mocked = score_reply("The form is online."), score_reply(f"{mocking} The form is online.")
    assert mocked["politeness"].score < plain["politeness"].score
    assert all(cue.weight <= 0 for cue in mocked["politeness"].cues if cue.name == "word model")


@pytest.mark.parametrize(
    "reply", ["Oh no, I'm so sorry to hear that.", "I'm here for whatever you need. I'm so sorry."]
)
def test_sincere_words_are_no_mockery(reply: str) -> None:
    assert score_reply(reply, said="My father died.")["non_dismissal"].score >= 3
    assert score_reply(reply, said="My father died.")["emotional_reaction"].score >= 2


@pytest.mark.parametrize(
    ("key", "better", "worse"),
    [
        ("emotional_reaction", "Ugh, that sucks. I'd be upset too.", "Which month was it?"),
        ("emotional_reaction", "You didn't deserve that.", "You filed that."),
        ("interpretation", "Sounds like you feel overlooked after all the work you put in.", "Ok, got it."),
        ("exploration", "I'm all ears if you want to vent.", "Let us go on with the form."),
        ("non_dismissal", "That is a lot to carry.", "You're overthinking it, it'll blow over."),
        ("non_dismissal", "That was out of line.", "Maybe he was just having a bad day."),
        ("advice_timing", "That must be exhausting.", "If I were you, I'd quit. Have you tried talking to him?"),
        ("advice_timing", "That must be exhausting.", "Same here. At my last job it was worse."),
    ],
)
def test_informal_wordings_are_known(key: str, better: str, worse: str) -> None:
    said = "I'm so frustrated, he took credit for my work again."
    assert score_reply(better, said=said)[key].score > score_reply(worse, said=said)[key].score


def test_advice_that_was_asked_for_costs_nothing() -> None:
    reply = "I'm sorry. You could try to talk to him."
    told, asked = "I'm so stressed, he yelled at me.", "I'm so stressed, he yelled at me. What should I do?"
    assert score_reply(reply, said=told)["advice_timing"].score < score_reply(reply, said=asked)["advice_timing"].score


def test_a_conversation_has_mean_and_minimum_of_each_dimension() -> None:
    told = score_conversation([("My pay is wrong.", "I'm so sorry about that."), ("Again!", "Calm down.")])
    own = told["non_dismissal"]
    first, second = (turn["non_dismissal"].score for turn in told.turns)
    assert (own.mean, own.minimum, own.minimum_turn) == ((first + second) / 2, second, 2)
    assert told.dimensions_frame().shape == (8, 5)
    assert json.loads(json.dumps(told.to_dict()))["dimensions"][3]["minimum_turn"] == 2
    nothing = score_conversation([("Hola", "Lo siento mucho, gracias.")])
    assert math.isnan(nothing["politeness"].mean)


def test_fifty_scores_are_as_they_were() -> None:
    rows = json.loads((ROOT / "tests" / "goldens" / "tone_scores.json").read_text(encoding="utf-8"))
    assert len(rows) == 50
    for row in rows:
        score = score_reply(row["reply"], said=row["said"])
        assert [None if score.abstained else each.score for each in score.dimensions] == row["scores"], row["reply"]


# Fitting -------------------------------------------------------------------------------------------------------------


def test_the_same_request_is_in_one_group() -> None:
    texts = [
        Text("Could you look at my edit, please?"),
        Text("Why was it removed?"),
        Text("could you look at my edit, please"),
    ]
    first, second, third = groups_of(texts)
    assert first == third != second


def test_the_script_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    lines = ["Request,Score1,Score2,Score3,Score4,Score5,Normalized Score"]
    draw = random.Random(0)
    nouns = [
        "page",
        "edit",
        "line",
        "source",
        "image",
        "title",
        "list",
        "table",
        "link",
        "map",
        "year",
        "name",
        "town",
        "river",
        "book",
        "song",
        "date",
        "rule",
        "talk",
    ]
    for number in range(60):
        kind = number % 3
        words = [("Thanks for the", "and could"), ("What about the", "or is"), ("Why ruin the", "but not")][kind]
        first, *others = draw.sample(nouns, 7)
        ratings = ",".join(str(20 - 7 * kind + (number * step) % 4) for step in range(1, 6))
        lines.append(f"{words[0]} {first} {words[1]} {' '.join(others)}?,{ratings},{1 - kind + number / 900}")
    table, card = tmp_path / "requests.csv", tmp_path / "card.md"
    table.write_text("\n".join(lines), encoding="utf-8")
    card.write_text("# Card\n<!-- figures: begin -->\nstale\n<!-- figures: end -->\nEnd\n", encoding="utf-8")
    written = []
    for name in ("one.json", "two.json"):
        assert main([str(table), "--model", str(tmp_path / name), "--card", str(card)]) == 0
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert "stale" not in card.read_text(encoding="utf-8")
    assert "| **all 60** |" in card.read_text(encoding="utf-8")
    assert main([str(tmp_path / "none.csv")]) == 2
    table.write_text("\n".join([*lines, "Why?,1,2,3,4,,0"]), encoding="utf-8")
    assert main([str(table), "--model", str(tmp_path / "three.json")]) == 2
    assert not (tmp_path / "three.json").exists()

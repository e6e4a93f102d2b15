"""Recalibration on raters of one's own: what it learns, what it refuses, its file, embeddings."""

import json
import math
from itertools import product
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from evaluators.tone.calibration import Calibration
from evaluators.tone.conversation import score_conversation
from evaluators.tone.errors import RatingsError
from evaluators.tone.fit import fit, fit_files
from evaluators.tone.score import score_reply

STARTS = ["Thank you for asking.", "Hello, good question.", "You must read this.", "Stop asking that.", "Noted.", "Hi."]
MIDDLES = [
    "The form is in the portal.",
    "Could you send the form, please?",
    "Your pay goes out on Friday.",
    "I will call payroll today.",
    "It was wrong in the system.",
    "Perhaps the date is wrong.",
]
ENDS = [
    "I am sorry about it.",
    "That is all.",
    "It takes a week.",
    "Ask again in May.",
    "We look at it.",
    "Thanks again.",
]
REPLIES = [" ".join(each) for each in product(STARTS, MIDDLES, ENDS)]


def rated(replies: list[str], scores: list[float]) -> pd.DataFrame:
    """Let two people rate in the same way, the second a little lower where there is room."""
    rows = []
    for number, (reply, score) in enumerate(zip(replies, scores, strict=True)):
        for who, less in (("Ana", 0.0), ("Ben", 0.25)):
            given = min(max(round(4 * (score - less)) / 4, 0), 4)
            rows.append((who, f"r{number:03}", "politeness", given, reply))
    return pd.DataFrame(rows, columns=["rater", "reply_id", "dimension", "score", "reply"])


@pytest.fixture(scope="module")
def line() -> Calibration:
    replies = REPLIES[::3]
    return fit(rated(replies, [0.5 + 0.5 * score_reply(each)["politeness"].score for each in replies]))


def test_a_line_is_found(line: Calibration) -> None:
    (own,) = line.dimensions
    assert (own.dimension, own.method, own.replies, own.raters) == ("politeness", "line", 72, 2)
    assert own.slope == pytest.approx(0.5, abs=0.1)
    assert own.error < 0.2 < own.error_before
    assert own.kappa > own.kappa_before
    assert 0 < own.human_kappa < 1
    assert "Politeness: weighted kappa with a rater" in line.summary()
    assert "gate is not touched" in line.summary()
    assert isinstance(line.chart(), alt.LayerChart)


def test_a_calibrated_score_adds_up_and_leaves_the_rest_alone(line: Calibration) -> None:
    for reply in (*REPLIES[:3], "I want to help. “Calm down”, he said. 🙂"):
        plain, own = score_reply(reply), score_reply(reply, calibration=line)
        total = own["politeness"].baseline + math.fsum(cue.weight for cue in own["politeness"].cues)
        assert own["politeness"].score == pytest.approx(min(max(total, 0), 4), abs=1e-3)
        assert "raters of your own" in own["politeness"].confidence_why
        assert [each for each in own.dimensions if each.key != "politeness"] == [
            each for each in plain.dimensions if each.key != "politeness"
        ]
    told = score_conversation([("Hi", REPLIES[0])], calibration=line)
    assert told.turns[0]["politeness"] == score_reply(REPLIES[0], said="Hi", calibration=line)["politeness"]


def test_a_failed_gate_stays_failed(line: Calibration) -> None:
    assert score_reply("Noted.", said="I want to die", calibration=line).overall <= 1


def test_the_file_keeps_everything(line: Calibration, tmp_path: Path) -> None:
    file = line.save(tmp_path / "new" / "calibration.json")
    assert Calibration.load(file) == line
    assert line.save(tmp_path / "again.json").read_bytes() == file.read_bytes()
    written = file.read_text(encoding="utf-8")
    assert "Ana" not in written
    assert REPLIES[0] not in written


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 9}, "no calibration of version 1"),
        ({"dimensions": [{"dimension": "warmth"}]}, "no dimension 'warmth'"),
        ({"dimensions": [{"dimension": "politeness"}]}, "is damaged"),
        ({"dimensions": 3}, "is damaged"),
        (None, "is no calibration"),
    ],
)
def test_a_file_that_is_none_is_refused(
    line: Calibration, tmp_path: Path, change: dict[str, object] | None, said: str
) -> None:
    file = tmp_path / "calibration.json"
    file.write_text("{" if change is None else json.dumps(line.to_dict() | change))
    with pytest.raises(RatingsError, match=said):
        Calibration.load(file)
    with pytest.raises(RatingsError, match="cannot be read"):
        Calibration.load(tmp_path / "none.json")


def test_words_of_their_own_are_learnt_where_there_are_many_ratings() -> None:
    scores = [3.0 if "portal" not in each else 1.0 for each in REPLIES]
    made = fit(rated(REPLIES, scores))
    (own,) = made.dimensions
    assert own.method == "line and words"
    assert own.words is not None
    assert "portal" in own.words.weights
    assert own.error < 0.3 < own.error_before
    with_it = score_reply("Look in the portal.", calibration=made)["politeness"].score
    assert with_it < score_reply("Look at the date.", calibration=made)["politeness"].score - 0.4


def test_ratings_without_any_order_give_a_flat_line() -> None:
    replies = REPLIES[::4]
    made = fit(rated(replies, [4 - score_reply(each)["politeness"].score for each in replies]))
    assert made.dimensions[0].slope == 0
    assert "says nothing about these ratings" in made.summary()


def test_few_ratings_are_refused_with_what_is_possible() -> None:
    with pytest.raises(RatingsError, match="ratings of 29 replies; it takes 30") as caught:
        fit(rated(REPLIES[:29], [2] * 29))
    assert "how far the raters" in caught.value.hint
    alone = rated(REPLIES[:40], [2] * 40).query("rater == 'Ana'")
    with pytest.raises(RatingsError, match="one rater, Ana"):
        fit(alone)
    same = rated(["Thank you. The form is in the portal."] * 40, [2] * 40)
    with pytest.raises(RatingsError, match="1 different replies are too few"):
        fit(same)


def test_replies_may_stand_in_a_table_of_their_own(tmp_path: Path, line: Calibration) -> None:
    both = rated(REPLIES[::3], [0.5 + 0.5 * score_reply(each)["politeness"].score for each in REPLIES[::3]])
    replies = both[["reply_id", "reply"]].drop_duplicates()
    both.drop(columns="reply").to_csv(tmp_path / "ratings.csv", index=False)
    replies.to_csv(tmp_path / "replies.csv", index=False)
    both.to_csv(tmp_path / "both.csv", index=False)
    assert fit_files(tmp_path / "ratings.csv", tmp_path / "replies.csv") == line == fit_files(tmp_path / "both.csv")
    with pytest.raises(RatingsError, match="1 of the rated replies have no text, such as r000"):
        fit(both.drop(columns="reply"), replies.iloc[1:])
    twice = pd.concat([replies, replies.iloc[:1].assign(reply="Other words.")])
    with pytest.raises(RatingsError, match="r000 has two different texts"):
        fit(both.drop(columns="reply"), twice)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a static embedding model of a few words; "portal" and "system" point one way, all others another."""
    import numpy as np
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    words = ["[UNK]", *sorted({word.strip(".,?").lower() for reply in REPLIES for word in reply.split()})]
    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    vectors = np.array([[1.0, 0.0] if word in ("portal", "system") else [0.0, 0.1] for word in words], dtype=np.float32)
    folder = tmp_path_factory.mktemp("model")
    StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder


def test_meanings_are_used_where_they_help(tiny_model: Path, tmp_path: Path) -> None:
    replies = REPLIES[::2]
    scores = [1.0 if "portal" in each or "system" in each else 3.0 for each in replies]
    made = fit(rated(replies, scores), embeddings=tiny_model)
    (own,) = made.dimensions
    assert own.method == "line and meanings"
    assert len(own.meanings) == 2
    again = Calibration.load(made.save(tmp_path / "calibration.json"))
    near = score_reply("Look in the portal.", calibration=again)["politeness"]
    assert near == score_reply("Look in the portal.", calibration=made)["politeness"]
    assert near.score < score_reply("Look at the date.", calibration=made)["politeness"].score - 0.5
    assert [cue.name for cue in near.cues].count("meanings") == 1


def test_an_embedding_model_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = rated(REPLIES[:40], [2] * 40)
    with pytest.raises(RatingsError, match="no embedding model"):
        fit(table, embeddings=tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no model")
    with pytest.raises(RatingsError, match="cannot be read"):
        fit(table, embeddings=tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "model2vec", None)
    with pytest.raises(RatingsError, match="model2vec, which is not installed") as caught:
        fit(table, embeddings=tmp_path)
    assert "deep" in caught.value.hint

"""The résumé round without a browser: what a browser would send is sent by hand."""

import re

import numpy as np
import pandas as pd
import pytest

from evaluators.data import load_recruiter_panel
from evaluators.judgement import Panel
from evaluators.judgement.reading import read_ratings
from evaluators.widgets import join_ratings
from evaluators.widgets._resume_desk import ResumeDesk, pick_resumes, shown_card
from evaluators.widgets._resume_results import results_html
from evaluators.widgets._round_desk import RatingError
from evaluators.widgets.resume_round import ResumeRound, read_round, resume_round
from evaluators.widgets.tone_studio import StudioError


@pytest.fixture
def desk(tmp_path):
    return ResumeDesk(None, "d1", 30, tmp_path)


def rated(desk, steps, **marks):
    cards = {
        each: {"scores": {"overall": int(step)}, "skipped": False} for each, step in zip(desk.ids, steps, strict=False)
    }
    return {"begun": True, "leave_out": False, "cards": cards} | marks


def by_skills(desk):
    return np.clip(np.round(desk.cards["skills_matched"] * 0.7), 1, 7)


def test_the_cards_are_even_over_jobs_and_names_and_most_were_rated_by_all(desk, tmp_path):
    cards = desk.cards
    assert cards["job"].value_counts().between(7, 8).all()
    assert cards["name_race"].value_counts().between(14, 16).all()
    assert (cards["n_panel"] == 12).sum() == 20  # no more are left in a job once names are even
    shuffled = load_recruiter_panel("resumes").sample(frac=1, random_state=1)
    assert ResumeDesk(shuffled, "x", 30, tmp_path).ids == desk.ids
    assert ResumeDesk(None, "x", 12, tmp_path).ids == desk.ids[:12]
    assert desk.has_panel


def test_a_card_shows_neither_outcome_nor_what_a_name_signals(desk):
    row = desk.cards.iloc[0].to_dict() | {"rating_after_12_months": 4711, "name_race": "SIGNAL", "typing_errors": 4712}
    shown = shown_card(row)
    assert set(shown) == {"id", "name", "facts", "profile"}
    assert not re.search("4711|4712|SIGNAL", str(shown))
    assert shown["name"] == f"{row['first_name']}, {row['job']}"
    assert ["Skills the job asks for", f"{row['skills_matched']} of 10"] in shown["facts"]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"profile": ["a"]}, "no column 'resume_id'"),
        ({"resume_id": ["x"], "salary": [3]}, "nothing to show"),
        ({"resume_id": ["x", "x"], "profile": ["a", "b"]}, "'x' is empty or occurs twice"),
        ({"resume_id": ["x", None], "profile": ["a", "b"]}, "'' is empty or occurs twice"),
    ],
)
def test_resumes_that_cannot_be_rated_are_refused(columns, problem):
    with pytest.raises(RatingError, match=problem):
        pick_resumes(pd.DataFrame(columns), 3)


def test_odd_arguments_are_refused(tmp_path):
    with pytest.raises(StudioError):
        resume_round(key="../x", folder=tmp_path)
    with pytest.raises(StudioError):
        read_round("../x", tmp_path)
    with pytest.raises(RatingError, match="n is 0"):
        resume_round(key="x", n=0, folder=tmp_path)


def test_ratings_survive_in_the_order_in_which_they_were_given(desk, tmp_path):
    assert read_round("d1", tmp_path).empty
    assert read_round("d1", tmp_path).columns.tolist() == ["rater", "resume_id", "overall", "order"]
    widget = ResumeRound(desk)
    state = rated(desk, [])
    for place, step in ((4, 7), (0, 1), (2, 5)):
        state["cards"][desk.ids[place]] = {"scores": {"overall": step}, "skipped": False}
        widget.request = {"seq": place + 1, "action": "keep", "state": state}
    state["cards"][desk.ids[4]]["scores"]["overall"] = 6  # thought again: the order stays
    widget.request = {"seq": 9, "action": "keep", "state": state}
    kept = read_round("d1", tmp_path)
    assert kept["resume_id"].tolist() == [desk.ids[4], desk.ids[0], desk.ids[2]]
    assert kept["overall"].tolist() == [6, 1, 5]
    assert kept["order"].tolist() == [1, 2, 3]
    pd.testing.assert_frame_equal(kept, desk.ratings())
    again = ResumeDesk(None, "d1", 30, tmp_path)
    assert again.rater == desk.rater
    assert ResumeRound(again).reply["text"] == "Welcome back. 3 cards rated so far."
    state["cards"][desk.ids[0]]["skipped"] = True
    widget.request = {"seq": 10, "action": "keep", "state": state}
    assert read_round("d1", tmp_path)["order"].tolist() == [1, 2]


@pytest.mark.parametrize("forged", [8, 0, 2.5, True, "3", None])
def test_a_browser_cannot_store_another_step(desk, forged):
    desk.keep({"begun": True, "cards": {desk.ids[0]: {"scores": {"overall": forged}}}})
    assert desk.ratings().empty


@pytest.mark.parametrize("damage", ["[", '{"schema": 1, "lab": "other", "answers": {}}', ""])
def test_a_damaged_file_reads_as_nothing_and_stays_as_it_is(tmp_path, damage):
    path = tmp_path / "resume-round-d1.json"
    path.write_text(damage)
    assert read_round("d1", tmp_path).empty
    assert path.read_text() == damage


def test_the_file_to_hand_in_is_a_panel_with_those_of_others(desk, tmp_path):
    widget = ResumeRound(desk)
    widget.request = {"seq": 1, "action": "save", "state": rated(desk, by_skills(desk))}
    assert "ratings_d1.csv" in widget.reply["text"]
    assert read_ratings(tmp_path / "ratings_d1.csv").panel.n_ratings == 30
    other = pd.read_csv(tmp_path / "ratings_d1.csv").assign(rater="rater-other")
    other.to_csv(tmp_path / "ratings_b.csv", index=False)
    other.to_csv(tmp_path / "ratings_copy.csv", index=False)
    joined = join_ratings(tmp_path.glob("*.csv"))
    assert joined.columns.tolist() == ["rater", "resume_id", "overall", "order"]
    panel = Panel.from_table(joined, item="resume_id", rater="rater", rating="overall", order="order")
    assert (panel.n_items, panel.n_raters, panel.missing) == (30, 2, 0)
    other.assign(overall=1).to_csv(tmp_path / "ratings_z.csv", index=False)
    with pytest.raises(RatingError, match=r"rater-other rated R\d+ differently in .*ratings_b\.csv and .*ratings_z"):
        join_ratings(tmp_path.glob("*.csv"))
    (tmp_path / "tone.csv").write_text("rater,reply_id,dimension,score\na,x,ownership,2\n")
    with pytest.raises(RatingError, match=r"ratings of résumés, .*tone\.csv does not"):
        join_ratings(tmp_path.glob("*.csv"))


@pytest.mark.parametrize(
    ("row", "problem"),
    [("a,R1,8,1", "row 1 has the overall '8'"), ("a,R1,4,x", "the order 'x'"), (",R1,4,1", "row 1 has no rater")],
)
def test_a_cell_that_is_no_rating_is_named(tmp_path, row, problem):
    (tmp_path / "a.csv").write_text(f"rater,resume_id,overall,order\n{row}\n")
    with pytest.raises(RatingError, match=problem):
        join_ratings(tmp_path.glob("*.csv"))


def test_few_ratings_and_one_step_for_all_are_not_compared(desk):
    desk.keep(rated(desk, by_skills(desk)[:9]))
    assert "You have rated 9 of 30 résumés. Rate at least 10" in results_html(desk)
    desk.keep(rated(desk, [4] * 30))
    assert "same step throughout" in results_html(desk)


def test_who_goes_by_skills_is_put_with_those_who_do(desk):
    desk.keep(rated(desk, by_skills(desk)))
    html = results_html(desk)
    assert "Your ratings go up with matching skills" in html
    nearer = re.search(r"You are nearer to group (\w): in over 99%", html)[1]
    assert re.search(rf"Group {nearer} \(6: recruiter 1,", html)
    assert "no person rated" in html
    assert "30 résumés" in html
    assert 'role="img"' in html
    assert "names that signal Black got" in html


def test_a_round_at_random_fits_neither(desk):
    rng = np.random.default_rng(2)
    desk.keep(rated(desk, rng.integers(1, 8, 30)))
    html = results_html(desk)
    assert "no better than luck" in html
    assert "you fit neither" in html


def test_the_two_resumes_where_one_parts_most_are_those_that_were_changed(desk):
    ratings = load_recruiter_panel("ratings")
    mean = ratings.groupby("resume_id")["overall"].mean()
    steps = np.round(desk.cards["resume_id"].map(mean)).astype(int).tolist()
    up, down = int(np.argmin(steps)), int(np.argmax(steps))
    steps[up], steps[down] = 7, 1
    desk.keep(rated(desk, steps))
    html = results_html(desk)
    for place, step in ((up, 7), (down, 1)):
        card = desk.shown()[place]
        assert f"{card['name']}: you {step}, the panel {mean[card['id']]:.1f}" in html


def test_resumes_that_no_panel_rated_are_kept_and_not_compared(tmp_path):
    own = pd.DataFrame({"resume_id": [f"R{n:03}" for n in range(1, 13)], "profile": "<b>Other</b> words", "job": "<i>"})
    desk = ResumeDesk(own, "own", 12, tmp_path)
    assert not desk.has_panel
    desk.keep(rated(desk, [1, 7] * 6))
    html = results_html(desk)
    assert "No panel rated these résumés" in html
    assert len(read_round("own", tmp_path)) == 12


def test_nothing_is_said_wrong_where_a_result_fails(desk, monkeypatch):
    def broken(_):
        raise ZeroDivisionError

    monkeypatch.setattr("evaluators.widgets._resume_results.placed", broken)
    widget = ResumeRound(desk)
    widget.request = {"seq": 1, "action": "results", "state": rated(desk, by_skills(desk))}
    assert "Your ratings are kept" in widget.reply["problem"]
    assert len(desk.ratings()) == 30

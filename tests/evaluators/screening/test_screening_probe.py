import itertools
import json
import math
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluators.screening._swap_words import replace_words, words_found
from evaluators.screening.errors import LevelError, SwapError, ToolError, UnknownGroupError
from evaluators.screening.probe import BY_RESUMES, BY_VALUES, ProbeVerdict, probe
from evaluators.screening.swaps import (
    JoinedSwap,
    NumberSwap,
    PronounSwap,
    Swap,
    name_swap,
)

WHITE = ["Allison", "Anne", "Carrie", "Emily", "Jill", "Laurie", "Meredith", "Sarah"]
BLACK = ["Aisha", "Ebony", "Keisha", "Kenya", "Lakisha", "Latonya", "Latoya", "Tamika"]
NAMES = Swap("name", "White", "Black", WHITE, BLACK)
RNG = np.random.default_rng(0)


def resumes(number: int = 400, names: list[str] = WHITE + BLACK) -> list[str]:
    rng = np.random.default_rng(5)
    return [f"{rng.choice(names)} worked {rng.integers(40)} years. Ref {place}" for place in range(number)]


def years(text: str) -> float:
    return float(re.search(r"worked (\d+)", text)[1])


def tool_with(weights: dict[str, float], noise: float = 0.0, seed: int = 0):
    """Make a tool that scores years, plus a weight for each name, plus noise that no two calls share."""
    rng = np.random.default_rng(seed)
    return lambda texts: [years(text) + weights.get(text.split()[0], 0) + noise * rng.normal() for text in texts]


# --- swaps ----------------------------------------------------------------------------------------------------------

WORDS = ["Emily", "Annette", "shell", "the", "chess", "Mary-Anne", "there", "O'Neil", "will", "2019", "(", ").", "…"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "Anne", "ANNE", "Neil", "NEIL's"]), max_size=12))
def test_words_are_replaced_whole_with_case_and_back_again(parts):
    text = " ".join(parts)
    changed = replace_words(text, {"Anne": "Lakisha", "Neil": "Jamal"})
    hand = {"Anne": "Lakisha", "ANNE": "LAKISHA", "Neil": "Jamal", "NEIL's": "JAMAL's"}
    assert changed.split() == [hand.get(part, part) for part in text.split()]
    assert replace_words(changed, {"Lakisha": "Anne", "Jamal": "Neil"}) == text


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("Will will; ask WILL or will.b@x.org", "Jay will; ask JAY or jay.b@x.org"),
        ("Willing, Goodwill, Will-Ann, _Will", "Willing, Goodwill, Will-Ann, _Will"),
        ("Will's (Will), Will.", "Jay's (Jay), Jay."),
        ("", ""),
    ],
)
def test_a_name_is_no_common_word(text, changed):
    assert replace_words(text, {"Will": "Jay"}) == changed


def test_longer_phrases_go_first_and_a_common_word_is_found_in_any_case():
    swapped = replace_words("Elm Park West and Elm Park", {"Elm Park": "Oak Hill", "Elm Park West": "Dock End"})
    assert swapped == "Dock End and Oak Hill"
    assert replace_words("Part-time, PART time, Time", {"time": "hour"}) == "Part-time, PART hour, Hour"
    assert words_found("Emily, then EMILY and emily", ["Emily"]) == ["Emily", "Emily"]


@pytest.mark.parametrize(
    ("he", "she"),
    [
        ("He led his team.", "She led her team."),
        ("We thank him.", "We thank her."),
        ("Clients trust him and praise his work", "Clients trust her and praise her work"),
        ("He trained himself; the idea was his.", "She trained herself; the idea was hers."),
        ("Mr Baker says he will. Ask HIS or HE-5", "Ms Baker says she will. Ask HIS or HE-5"),
        ("IN HIS LAST JOB HE SOLD", "IN HER LAST JOB SHE SOLD"),
        ("Later he's there, with other chess heroes", "Later she's there, with other chess heroes"),
        ("They did not miss him when he left", "They did not miss her when she left"),
    ],
)
def test_pronouns_swap_both_ways(he, she):
    assert PronounSwap().rewrite({"text": he}, RNG).swapped == {"text": she}
    back = PronounSwap().rewrite({"text": she}, RNG)
    assert (back.swapped, back.forwards) == ({"text": he}, False)


PHRASES = st.sampled_from(
    ["He sold shoes.", "His work pleased him.", "He taught himself.", "Others helped him with it."]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PHRASES, min_size=1, max_size=6))
def test_pronouns_swapped_twice_give_the_same_text(phrases):
    text = " ".join(phrases)
    once = PronounSwap().rewrite({"text": text}, RNG).swapped
    assert not re.search(r"\b(he|his|him|himself)\b", once["text"], re.IGNORECASE)
    assert PronounSwap().rewrite(once, RNG).swapped == {"text": text}


@pytest.mark.parametrize("text", ["Sold shoes.", "He and she ran it.", "Uses HIS daily", ""])
def test_where_the_pronoun_is_unclear_nothing_is_swapped(text):
    assert PronounSwap().rewrite({"text": text}, RNG) is None


def test_a_swap_changes_every_part_that_names_the_person_and_no_other():
    parts = {"first_name": "Emily", "text": "EMILY BAKER; emily.b@x.org", "years": 3, "note": math.nan}
    changed = NAMES.rewrite(parts, np.random.default_rng(1))
    new = changed.to_value
    assert new in BLACK
    assert changed.swapped == {"first_name": new, "text": f"{new.upper()} BAKER; {new.lower()}.b@x.org"}
    assert changed.from_value in set(WHITE) - {"Emily"}
    assert changed.placebo["first_name"] == changed.from_value
    only = Swap("name", "White", "Black", WHITE, BLACK, columns=["first_name"]).rewrite(parts, RNG)
    assert set(only.swapped) == {"first_name"}


def test_two_people_stay_two_people_and_two_groups_are_left_alone():
    changed = NAMES.rewrite({"text": "Emily and Anne; ask Emily"}, np.random.default_rng(2)).swapped["text"]
    first, second = re.fullmatch(r"(\w+) and (\w+); ask \1", changed).groups()
    assert first != second
    assert {first, second} <= set(BLACK)
    assert NAMES.rewrite({"text": "Emily met Keisha"}, RNG) is None
    assert NAMES.rewrite({"text": "Annette"}, RNG) is None


@pytest.mark.parametrize(("months", "swapped"), [(5, False), (6, True), (20.0, True), (math.nan, False), ("9", False)])
def test_a_number_in_the_range_is_swapped(months, swapped):
    changed = NumberSwap("gap", "gap", low=6, high=20).rewrite({"gap": months}, RNG)
    assert (changed is not None) == swapped
    if changed:
        assert changed.swapped == {"gap": 0}
        assert changed.placebo["gap"] in {months - 1, months + 1} & set(range(6, 21))


def test_a_joined_swap_keeps_women_women():
    swap = name_swap("race")
    men = set(swap.swaps[1].to_values)
    assert {swap.rewrite({"text": "Greg"}, np.random.default_rng(seed)).to_value for seed in range(60)} == men
    assert swap.rewrite({"text": "Zoe"}, RNG) is None


def test_a_swap_from_data_takes_the_values_that_tell_the_groups_apart():
    people = pd.DataFrame(
        {"town": [*"aaab", *"bbbac"], "race": [*"wwww", *"kkkkk"]}
    )  # w: a .75, b .25; k: a .2 b .6 c .2
    swap = Swap.from_data(people, column="town", group="race", from_group="w", to_group="k")
    assert (swap.from_values, swap.to_values) == (("a",), ("b", "c"))
    strict = Swap.from_data(pl.from_pandas(people), column="town", group="race", from_group="w", to_group="k", times=3)
    assert (strict.from_values, strict.to_values) == (("a",), ("c",))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Swap("s", "a", "b", [], ["x"]), id="empty"),
        pytest.param(lambda: Swap("s", "a", "b", [" "], ["x"]), id="blank"),
        pytest.param(lambda: Swap("s", "a", "b", ["Ann", "x"], ["X"]), id="in-both"),
        pytest.param(lambda: NumberSwap("s", "c", low=3, high=1), id="empty-range"),
        pytest.param(lambda: NumberSwap("s", "c", low=0, high=5, to=2), id="to-inside"),
        pytest.param(lambda: JoinedSwap("s", []), id="nothing-joined"),
        pytest.param(lambda: JoinedSwap("s", [NAMES, PronounSwap()]), id="other-groups"),
        pytest.param(lambda: name_swap("age"), id="no-such-signal"),
        pytest.param(
            lambda: Swap.from_data(
                pd.DataFrame({"c": ["x"], "g": ["a"]}), column="c", group="g", from_group="a", to_group="b"
            ),
            id="nobody",
        ),
        pytest.param(lambda: probe(len, ["x"], swaps=[]), id="no-swaps"),
        pytest.param(lambda: probe(len, ["x"], swaps=[NAMES, NAMES]), id="same-name"),
    ],
)
def test_swaps_that_make_no_sense_are_refused(make):
    with pytest.raises(SwapError, match="Hint: "):
        make()


# --- the probe ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [-5.0, 4.0])
def test_a_planted_name_effect_is_recovered(effect):
    rng = np.random.default_rng(1)
    weights = {name: rng.normal(0, 1) + effect * (name in BLACK) for name in WHITE + BLACK}
    planted = np.mean([weights[name] for name in BLACK]) - np.mean([weights[name] for name in WHITE])
    found = probe(tool_with(weights, noise=1), resumes(), swaps=[NAMES])["name"]
    assert found.verdict is ProbeVerdict.EVIDENCE
    assert found.low < planted < found.high
    assert found.effect == pytest.approx(planted, abs=0.3)
    assert (found.swapped, found.method) == (400, BY_VALUES)


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_a_tool_that_ignores_names_shows_nothing(noise):
    result = probe(tool_with({}, noise), resumes(1000), swaps=[NAMES])
    assert result["name"].verdict is ProbeVerdict.NONE_SEEN
    assert (result["name"].placebo_move > 2) == (noise > 0)
    assert (result.changed_mind == 0) == (noise == 0)
    assert ("partly random" in result.summary()) == (noise > 0)


def test_weights_that_names_have_by_chance_are_no_effect_of_the_group():
    """A paired t test over résumés alone would call nearly all of these tools biased."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        weights = {name: rng.normal(0, 4) for name in WHITE + BLACK}
        found.append(probe(tool_with(weights), resumes(200), swaps=[NAMES], seed=seed)["name"].verdict)
    assert found.count(ProbeVerdict.EVIDENCE) <= 3


def test_one_word_a_group_gives_the_paired_t_test():
    rng = np.random.default_rng(3)
    texts = [f"{'He' if place % 2 else 'She'} worked {rng.integers(40)} years" for place in range(50)]
    seen: dict[str, float] = {}

    def tool(batch):
        return [seen.setdefault(text, rng.normal(years(text) - 2 * text.startswith("She"), 3)) for text in batch]

    found = probe(tool, texts, swaps=[PronounSwap()])["pronoun"]
    she = [seen[text.replace("He ", "She ")] for text in texts]
    he = [seen[text.replace("She ", "He ")] for text in texts]
    oracle = stats.ttest_rel(she, he)
    interval = oracle.confidence_interval(0.95)
    assert found.effect == pytest.approx(np.mean(she) - np.mean(he))
    assert found.p_value == pytest.approx(oracle.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert (found.method, found.has_placebo) == (BY_RESUMES, False)


def test_the_clustered_interval_is_that_of_statsmodels():
    import statsmodels.api as sm
    from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

    rng = np.random.default_rng(4)
    weights = {name: rng.normal(0, 3) for name in WHITE + BLACK}
    scored: list[list[str]] = []

    def tool(batch):
        scored.append(list(batch))
        return [years(text) * (1 + 0.1 * weights[text.split()[0]]) for text in batch]

    found = probe(tool, resumes(300), swaps=[NAMES], batch_size=1000)["name"]
    unchanged, _, swapped, placebo = scored
    first = lambda texts: np.array([text.split()[0] for text in texts])  # noqa: E731
    forwards = np.isin(first(unchanged), WHITE)
    sign = np.where(forwards, 1, -1)
    differences = sign * (np.array(tool(swapped)) - np.array(tool(placebo)))
    as_white = np.where(forwards, first(placebo), first(swapped))
    as_black = np.where(forwards, first(swapped), first(placebo))
    fitted = sm.OLS(differences, np.ones((300, 1))).fit()
    covariance = cov_cluster_2groups(fitted, pd.factorize(as_white)[0], pd.factorize(as_black)[0])[0]
    reach = stats.t.ppf(0.975, 7) * math.sqrt(np.squeeze(covariance))
    assert found.effect == pytest.approx(differences.mean())
    assert (found.low, found.high) == pytest.approx((differences.mean() - reach, differences.mean() + reach))


def test_reversed_decisions_are_counted_by_hand():
    # Scores 10..21, and Black-sounding names cost 2 points. At the cut of 15, résumés of 15 and 16 lose with them.
    texts = [f"{name} worked {10 + place} years" for place, name in enumerate(["Emily", "Keisha"] * 6)]
    found = probe(tool_with(dict.fromkeys(BLACK, -2)), texts, swaps=[NAMES], cut=15)["name"]
    assert found.effect == pytest.approx(-2)
    assert found.low == found.high == pytest.approx(-2)
    assert (found.share_flipped, found.share_against) == pytest.approx((2 / 12, 2 / 12))
    assert (found.share_for, found.share_flipped_placebo, found.placebo_move) == (0, 0, 0)


def test_a_small_effect_is_marked_not_hidden():
    small = probe(tool_with(dict.fromkeys(BLACK, -0.5)), resumes(), swaps=[NAMES])
    assert small["name"].verdict is ProbeVerdict.NONE_SEEN
    assert small["name"].smaller_effect_significant
    assert "rarely makes such a difference" in small.sentence("name")
    large = probe(tool_with(dict.fromkeys(BLACK, -0.5)), resumes(), swaps=[NAMES], matters=0.4)
    assert large["name"].verdict is ProbeVerdict.EVIDENCE


def test_p_values_are_adjusted_and_swaps_draw_on_their_own():
    from statsmodels.stats.multitest import multipletests

    tool = tool_with(dict.fromkeys(BLACK, -1), noise=8)
    both = probe(
        tool, resumes(), swaps=[NAMES, Swap("year", "a", "b", ["1", "2", "3"], ["4", "5", "6"]), PronounSwap()]
    )
    known = [effect.p_value for effect in both if effect.swapped]
    adjusted = [effect.p_adjusted for effect in both if effect.swapped]
    assert adjusted == pytest.approx(multipletests(known, method="holm")[1])
    steady = tool_with({name: len(name) for name in WHITE})
    alone = probe(steady, resumes(), swaps=[NAMES])["name"]
    among = probe(steady, resumes(), swaps=[PronounSwap(), NAMES], batch_size=7)["name"]
    assert alone == among


def test_batches_are_as_small_as_asked_and_the_sample_as_large():
    sizes = []

    def tool(batch):
        sizes.append(len(batch))
        return [years(text) for text in batch]

    result = probe(tool, resumes(400), swaps=[NAMES], sample=50, batch_size=16)
    assert max(sizes) == 16
    assert result.resumes == result["name"].swapped == 50


def test_a_score_that_depends_on_the_neighbours_is_noticed():
    result = probe(
        lambda texts: stats.rankdata([years(text) for text in texts]), resumes(100), swaps=[NAMES], batch_size=9
    )
    assert result.changed_mind > 0
    assert "depends on the other résumés" in result.summary()


def test_fields_keep_their_types_and_any_table_will_do():
    table = pd.DataFrame({"first_name": WHITE * 5, "years": range(40)})
    table["level"] = pd.Categorical(["low", "high"] * 20, categories=["low", "high"], ordered=True)
    table["first_name"] = table["first_name"].astype("category")

    def tool(frame):
        assert isinstance(frame, pd.DataFrame)
        assert frame["level"].cat.ordered
        assert isinstance(frame["first_name"].dtype, pd.CategoricalDtype)
        return frame["years"] - 3.0 * frame["first_name"].isin(BLACK)

    before = table.copy()
    swaps = [NAMES, NumberSwap("years", "years", low=30, to=1)]
    result = probe(tool, table, swaps=swaps)
    assert result["name"].effect == pytest.approx(-3)
    assert result["years"].swapped == 10
    assert result["years"].effect == pytest.approx(1 - 34.5, abs=1)  # from 30-39 years; the placebo moves one step
    pd.testing.assert_frame_equal(table, before)
    assert (
        probe(lambda frame: frame["years"], pl.DataFrame({"years": range(40)}), swaps=swaps[1:])["years"].swapped == 10
    )


def test_estimators_are_asked_for_their_probability_or_their_decision():
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.pipeline import make_pipeline

    texts = resumes(200)
    black = [text.split()[0] in BLACK for text in texts]
    for model in (LogisticRegression(), RidgeClassifier()):
        trained = make_pipeline(CountVectorizer(), model).fit(texts, black)
        found = probe(trained, texts, swaps=[NAMES])["name"]
        ask = getattr(trained, "predict_proba", None)
        scores = ask(texts)[:, 1] if ask else trained.decision_function(texts)
        assert found.verdict is ProbeVerdict.EVIDENCE
        assert found.effect == pytest.approx(scores[black].mean() - scores[~np.array(black)].mean(), rel=0.1)
    three = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, [place % 3 for place in range(200)])
    with pytest.raises(ToolError, match=r"shape \(200, 3\)"):
        probe(three, texts, swaps=[NAMES])


def test_resumes_without_the_word_are_counted_and_said():
    few = probe(tool_with({}), resumes(30, ["Zoe"]) + resumes(4), swaps=[NAMES, PronounSwap()])
    assert (few["name"].resumes, few["name"].swapped) == (34, 4)
    assert "4 of 34 résumés could be swapped. That is too few" in few.summary()
    assert "In none of 34 résumés was there such a word" in few.summary()
    assert few.verdict is ProbeVerdict.TOO_LITTLE_DATA
    plain = json.loads(json.dumps(few.to_dict()))
    assert plain["effects"][1]["effect"] is None
    assert plain["effects"][0]["verdict"] == "too little data to tell"
    assert few.to_frame().shape == (2, 23)
    assert few.chart().to_dict()["description"] == few.summary()


def test_the_chart_repeats_colours_as_shapes_and_lists_the_swaps():
    chart = probe(tool_with(dict.fromkeys(BLACK, -5)), resumes(60), swaps=[NAMES]).chart().to_dict()
    points = chart["layer"][-1]["encoding"]
    assert points["color"]["field"] == points["shape"]["field"] == "verdict"
    assert "name: White → Black" in chart["description"]


def fails_on(number: int):
    def tool(batch):
        if any(f"Ref {number}" in text for text in batch):
            raise RuntimeError("no such encoding")
        return [1.0] * len(batch)

    return tool


class OnlyAlone:
    def __call__(self, batch):
        if len(batch) > 1:
            raise MemoryError("too long")
        return [1.0]


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        pytest.param(fails_on(7), r"failed on résumé 8 \(unchanged\): RuntimeError: no such encoding", id="one-fails"),
        pytest.param(OnlyAlone(), "failed on 12 résumés at once.*MemoryError.*\n.*batch_size", id="batch-fails"),
        pytest.param(lambda texts: [1.0], r"shape \(1,\) for 12 résumés", id="one-score"),
        pytest.param(lambda texts: [*[1.0] * 11, math.nan], r"gave nan for résumé 12", id="nan"),
        pytest.param(lambda texts: ["good"] * len(texts), "not numbers", id="words"),
        pytest.param(OnlyAlone, "is a class", id="class"),
        pytest.param("tool", "gives no scores", id="no-tool"),
    ],
)
def test_a_tool_that_fails_is_told_apart_from_one_that_is_fair(tool, words):
    with pytest.raises(ToolError, match=words):
        probe(tool, resumes(12), swaps=[NAMES])


def test_a_failure_on_a_swapped_resume_names_the_swap():
    def tool(batch):
        if any("Keisha" in text for text in batch):
            raise ValueError("unknown name")
        return [1.0] * len(batch)

    with pytest.raises(ToolError, match=r"failed on résumé \d+ \(name, swapped\): ValueError: unknown name"):
        probe(tool, resumes(200, WHITE), swaps=[NAMES])


@pytest.mark.parametrize(
    ("given_resumes", "words"),
    [
        ([], "There are no résumés"),
        ("Emily", "One text was given"),
        (["Emily", None], "Résumé 2 is None"),
        (3, "holds no résumés"),
    ],
)
def test_things_that_are_no_resumes_are_refused(given_resumes, words):
    with pytest.raises(ToolError, match=words):
        probe(tool_with({}), given_resumes, swaps=[NAMES])


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0}, {"alpha": 1.5}, {"matters": -1}, {"matters": math.nan}, {"sample": 0}, {"cut": math.inf}]
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(LevelError):
        probe(tool_with({}), resumes(12), swaps=[NAMES], **wrong)


def test_an_unknown_swap_or_batch_size_is_refused():
    result = probe(tool_with({}), resumes(12), swaps=[NAMES])
    with pytest.raises(UnknownGroupError, match="The swaps are: name"):
        result["school"]
    with pytest.raises(ToolError, match="batch size is 0"):
        probe(tool_with({}), resumes(12), swaps=[NAMES], batch_size=0)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 1.0, 4.0])
def test_the_interval_covers_the_planted_effect(spread):
    """Names are drawn from groups whose means differ by 3; about 95 % of intervals must hold that 3."""
    covered = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        weights = {name: rng.normal(-3 * (name in BLACK), spread) for name in WHITE + BLACK}
        found = probe(tool_with(weights, noise=3, seed=seed), resumes(150), swaps=[NAMES], seed=seed)["name"]
        covered.append(found.low <= -3 <= found.high)
    assert np.mean(covered) >= 0.91


@pytest.mark.slow
def test_a_tenth_of_the_spread_leaves_the_ratio_above_four_fifths():
    for share, step in itertools.product(np.arange(0.10, 0.51, 0.05), [0.1]):
        cut = stats.norm.isf(share)
        assert stats.norm.sf(cut + step) / share > 0.8

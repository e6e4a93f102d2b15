"""How often a test of so many résumés finds what a screener does."""

import json

import numpy as np
import pandas as pd
import pytest

from evaluators.judgement.errors import LevelError, ScreenerError
from evaluators.judgement.panel import Panel
from evaluators.judgement.screener.detection import DetectionRates, detection_rates
from evaluators.screening.power import detection_power


def pool(n: int, points_off: float, *, seed: int = 1) -> pd.DataFrame:
    """Make people of two groups who are alike in skill; points are taken off the second."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"skill": rng.normal(size=n), "who": np.where(np.arange(n) % 2, "b", "a")})
    return table.assign(points=table["skill"] + 0.5 * rng.normal(size=n) - points_off * (table["who"] == "b"))


def rates_of(table: pd.DataFrame, **how: object) -> DetectionRates:
    settings: dict[str, object] = {"sizes": (60, 120, 400), "draws": 60}
    return detection_rates(
        table, score="points", group="who", label="b", reference="a", features=["skill"], **{**settings, **how}
    )  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def unfair() -> DetectionRates:
    return rates_of(pool(4000, 0.4))


def test_larger_tests_see_more_and_the_comparison_of_people_who_are_alike_sees_first(unfair: DetectionRates) -> None:
    for field in ("shortlist", "alike", "either"):
        seen = [getattr(row, field) for row in unfair]
        assert seen == sorted(seen)
    for row in unfair:
        assert max(row.shortlist, row.alike) <= row.either <= row.shortlist + row.alike
        assert row.low <= row.either <= row.high
    assert unfair[60].shortlist < 0.3 < unfair[60].alike
    assert unfair[400].either == 1.0


def test_how_often_the_shortlist_speaks_is_what_the_power_of_its_test_says(unfair: DetectionRates) -> None:
    table = pool(4000, 0.4)
    cut = table["points"].quantile(0.75)
    rates = (table["points"] >= cut).groupby(table["who"]).mean()
    assert unfair.pool_ratio == pytest.approx(rates["b"] / rates["a"], abs=0.01)
    power = detection_power(200, 200, rate=rates["b"], reference_rate=rates["a"])
    assert unfair[400].shortlist == pytest.approx(power, abs=0.15)  # a share of 60 draws, of a shortlist of fixed size


def test_a_fair_screener_is_seldom_blamed() -> None:
    assert max(row.either for row in rates_of(pool(4000, 0.0), sizes=(60, 400))) <= 0.04


def test_the_gap_is_the_one_that_the_audit_of_a_screener_finds() -> None:
    from evaluators.judgement.screener.against_panel import screener_against_panel

    table = pool(120, 0.6).assign(cv=[f"cv {row:03}" for row in range(120)])
    ratings = np.column_stack([table["skill"], -(table["skill"] ** 2), table["skill"] + table["points"]])
    panel = Panel(ratings, tuple(table["cv"]), ("Ada", "Ben", "Cleo"))
    found = screener_against_panel(
        panel, table, item="cv", score="points", features=["skill"], groups=["who"], replicates=100
    )
    rates = rates_of(table, sizes=(120,), draws=20)
    assert rates.pool_gap == pytest.approx(found.alike[0].gap)
    assert rates.pool_ratio == pytest.approx(found.audit["who"]["b"].impact_ratio)
    assert rates[120].alike == float(found.alike[0].found)


def test_a_table_is_placed_column_by_column_as_pandas_ranks_it() -> None:
    from evaluators.judgement.screener._shortlists import places_in_jobs

    rng = np.random.default_rng(5)
    table, jobs = pd.DataFrame(rng.integers(0, 6, size=(60, 3)), dtype=float), rng.integers(0, 4, size=60)
    ranks = table.groupby(jobs)
    by_hand = (ranks.rank() - 0.5).div(ranks[0].transform("size"), axis=0)
    assert places_in_jobs(table.to_numpy(), jobs) == pytest.approx(by_hand.to_numpy())


def test_rows_of_other_groups_and_their_order_play_no_part() -> None:
    table = pool(400, 0.4).assign(job=lambda rows: np.where(rows["skill"] > 0, "x", "y"))
    strangers = table.head(50).assign(who="c", points=99.0)
    one, other = (
        rates_of(each, sizes=(80,), draws=20, within="job") for each in (table, pd.concat([table, strangers]))
    )
    assert one == other


def test_results_say_themselves(unfair: DetectionRates) -> None:
    assert list(unfair.to_frame()["size"]) == [60, 120, 400]
    assert json.loads(json.dumps(unfair.to_dict()))["rates"][0]["size"] == 60
    assert "does not show that a screener is fair" in unfair.summary()
    chart = unfair.chart().to_dict()
    assert chart["description"] == unfair.summary()
    with pytest.raises(LevelError, match="No test of 7"):
        unfair[7]


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"share": 1.0}, "share is 1"),
        ({"draws": 5}, "5 draws"),
        ({"sizes": ()}, "sizes"),
        ({"sizes": (13,)}, "sizes are 13"),
        ({"sizes": (401,)}, "sizes are 401"),
    ],
)
def test_settings_that_make_no_sense(how: dict[str, object], problem: str) -> None:
    with pytest.raises(LevelError, match=problem):
        rates_of(pool(400, 0.1), **{"sizes": (80,), **how})


def test_scores_and_groups_that_cannot_be_used() -> None:
    table = pool(400, 0.1)
    with pytest.raises(ScreenerError, match="row 3 is 'n/a'"):
        rates_of(table.assign(points=["1", "2", "n/a", *["4"] * 397]), sizes=(80,))
    with pytest.raises(ScreenerError, match="has 0 of 'b'"):
        rates_of(table.assign(who="a"), sizes=(80,))

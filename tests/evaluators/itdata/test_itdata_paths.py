"""The map of paths against hand counts, and what must hold on any map."""

import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.paths import END, START, STILL_OPEN, PathMap, path_map

OPENED = pd.Timestamp("2026-03-02 08:00", tz="UTC")


def log_of(ways: list[str]) -> TicketLog:
    """Make a ticket for each way, an event each hour in the group of a letter; a way that ends in "…" is still open."""
    names = [f"T{place:03d}" for place in range(len(ways))]
    resolved = [None if way.endswith("…") else OPENED + pd.Timedelta(hours=len(way)) for way in ways]
    table = pd.DataFrame({"number": names, "opened_at": [OPENED] * len(ways), "resolved_at": resolved})
    events = pd.DataFrame(
        [
            (name, OPENED + pd.Timedelta(hours=hour), None if letter == "-" else letter)
            for name, way in zip(names, ways, strict=True)
            for hour, letter in enumerate(way.removesuffix("…"))
        ],
        columns=["number", "at", "group"],
    )
    return ticket_log(table, events, as_of="2026-04-01")


def steps(found: PathMap) -> dict[tuple[str, str], tuple[int, int]]:
    return {(edge.source, edge.target): (edge.count, edge.tickets) for edge in found}


def test_a_small_map_by_hand():
    found = path_map(log_of(["AABA", "AB", "A-B", "ABAB", "B…"]), minimum_share=0)
    assert steps(found) == {
        (START, "A"): (4, 4),
        (START, "B"): (1, 1),
        ("A", "B"): (5, 4),
        ("B", "A"): (2, 2),
        ("A", END): (1, 1),
        ("B", END): (3, 3),
        ("B", STILL_OPEN): (1, 1),
    }
    # A to B took 2 (AAB), 1 (AB), 2 (A-B), 1 and 1 (ABAB) hours; B to A 1 and 1.
    assert (found.edge("A", "B").median_hours, found.edge("A", "B").p90_hours) == (1, 2)
    assert (found.edge("B", "A").backwards, found.edge("A", "B").backwards) == (True, False)
    assert found.edge("B", END).median_hours is None
    assert {node.label: (node.visits, node.tickets) for node in found.nodes} == {
        START: (5, 5),
        "A": (6, 4),
        "B": (6, 5),
        END: (4, 4),
        STILL_OPEN: (1, 1),
    }
    assert next((way.places, way.tickets, way.loop) for way in found.variants) == (("A", "B"), 2, False)
    assert (found.all_variants, found.loops, found.events) == (4, 2, 14)
    assert found.notes == ("1 of 14 rows have no group and were passed over.",)


way = st.text("ABCDEF", min_size=1, max_size=7)


@settings(max_examples=15, deadline=None)
@given(st.lists(way, min_size=1, max_size=12), st.integers(2, 5), st.floats(0, 1))
def test_what_goes_in_comes_out_and_the_drawn_map_hangs_together(ways, top, minimum_share):
    found = path_map(log_of(ways), top=top, minimum_share=minimum_share)
    came, went = Counter(), Counter()
    for edge in found:
        came[edge.target] += edge.count
        went[edge.source] += edge.count
        assert edge.tickets <= edge.count
        assert edge.source != edge.target
    for node in found.nodes:
        if node.label != START:
            assert came[node.label] == node.visits
        if node.label != END:
            assert went[node.label] == node.visits
    drawn = [(edge.source, edge.target) for edge in found if edge.shown]
    for ends, turn in (({START}, 1), ({END}, -1)):
        reached = set(ends)
        for _ in found.nodes:
            reached |= {step[::turn][1] for step in drawn if step[::turn][0] in reached}
        assert reached == {node.label for node in found.nodes}


@settings(max_examples=15, deadline=None)
@given(st.lists(way, min_size=1, max_size=12))
def test_variants_are_those_of_a_plain_count(ways):
    plain = Counter(
        tuple(letter for place, letter in enumerate(each) if place == 0 or each[place - 1] != letter) for each in ways
    )
    found = path_map(log_of(ways))
    assert {each.places: each.tickets for each in found.variants} == dict(plain)
    assert sum(each.tickets for each in found.variants) == len(ways) == found.tickets
    assert found.all_variants == len(plain)
    assert found.loops == sum(count for places, count in plain.items() if len(set(places)) < len(places))


def test_small_places_are_put_together_and_rare_steps_left_out():
    ways = ["AB"] * 30 + ["AC"] * 20 + ["AD", "AE", "ADE"]
    found = path_map(log_of(ways), top=3, minimum_share=0.1)
    assert [node.label for node in found.nodes] == [START, "A", "B", "C", "(2 others)", END]
    assert found.edge("A", "(2 others)").count == 3
    assert found.edge("A", "(2 others)").shown is True  # rare, but nothing else leads there
    assert "2 groups with fewer visits are put together as one." in found.notes


def test_only_some_tickets_of_a_log():
    log = log_of(["AB", "AC", "AB"])
    some = log.where(pd.Series(np.array([False, True, True])))
    assert path_map(some).tickets == 2
    assert steps(path_map(some, minimum_share=0))["A", "C"] == (1, 1)


def test_json_frame_and_chart():
    found = path_map(log_of(["ABA", "A…", "CAB"]))
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["tickets"] == 3
    assert found.to_frame()["count"].sum() == sum(edge.count for edge in found)
    assert found.chart().to_dict()["description"] == found.summary()


def test_errors_say_what_to_export():
    table = pd.DataFrame({"number": ["a"], "opened_at": [OPENED]})
    with pytest.raises(MeasureError, match="one row a ticket"):
        path_map(ticket_log(table))
    log = log_of(["AB"])
    with pytest.raises(MeasureError, match="No event has a state"):
        path_map(log, by="state")
    with pytest.raises(MeasureError, match="no path by"):
        path_map(log, by="location")
    with pytest.raises(MeasureError, match="1 places"):
        path_map(log, top=1)
    with pytest.raises(MeasureError, match="minimum share"):
        path_map(log, minimum_share=2)
    with pytest.raises(MeasureError, match="No ticket went"):
        path_map(log).edge("B", "A")


def test_a_group_named_like_the_end_is_told_apart():
    table = pd.DataFrame({"number": ["a"], "opened_at": "2026-03-02 08:00", "resolved_at": "2026-03-02 12:00"})
    events = pd.DataFrame(
        {"number": "a", "at": ["2026-03-02 08:00", "2026-03-02 09:00"], "group": ["(start)", "(end)"]}
    )
    found = path_map(ticket_log(table, events))
    assert [node.label for node in found.nodes] == ["(start)", "“(start)”", "“(end)”", "(end)"]
    assert found.edge("“(end)”", "(end)").count == 1


def test_steps_and_tickets_are_counted_as_by_hand_loops():
    rng = np.random.default_rng(4)
    number = np.sort(rng.integers(0, 40, 300))
    group = rng.choice(list("abcdef"), 300)
    at = pd.Timestamp("2026-03-02") + pd.to_timedelta(np.arange(300), unit="h")
    table = pd.DataFrame({"number": sorted({f"{each:02d}" for each in number}), "opened_at": "2026-03-02"})
    log = ticket_log(table, pd.DataFrame({"number": [f"{each:02d}" for each in number], "at": at, "group": group}))
    steps: dict[tuple[str, str], list[tuple[str, float]]] = {}
    here: dict[str, tuple[str, pd.Timestamp]] = {}  # where a ticket is, and since when
    for row in log.events.itertuples():
        place, since = here.get(row.number, (row.group, row.at))
        if place != row.group:
            steps.setdefault((place, row.group), []).append((row.number, (row.at - since).total_seconds() / 3600))
            since = row.at
        here[row.number] = row.group, since
    found = {(edge.source, edge.target): edge for edge in path_map(log) if "(" not in edge.source + edge.target}
    assert found.keys() == steps.keys()
    for step, made in steps.items():
        assert found[step].count == len(made)
        assert found[step].tickets == len({ticket for ticket, _ in made})
        assert found[step].median_hours == pytest.approx(np.median([hours for _, hours in made]))

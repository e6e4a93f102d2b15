"""The explorers of ticket logs: what a browser would send is sent by hand, on a company's log and on others."""

import re
from itertools import pairwise

import pandas as pd
import pytest

from evaluators.data import load_tarnbrook, load_tarnbrook_log
from evaluators.itdata.errors import MeasureError
from evaluators.itdata.log import TicketLog, ticket_log
from evaluators.itdata.tickets.xmr import xmr
from evaluators.widgets import explore, path_explorer, trend_explorer, word_slider
from evaluators.widgets import explorer as explorer_module
from evaluators.widgets.explorer import Explorer
from evaluators.widgets.path_explorer import PathExplorer
from evaluators.widgets.trend_explorer import TrendExplorer, two_points, verdict


@pytest.fixture(scope="module")
def log() -> TicketLog:
    return load_tarnbrook_log()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Explorer]:
    widgets: list[Explorer] = []
    monkeypatch.setattr(explorer_module, "show_widget", lambda make: widgets.append(make()))
    return widgets


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.S))


def small(**columns: object) -> TicketLog:
    """Make a log of 70 tickets, one a day, without events."""
    opened = pd.date_range("2026-01-05 09:00", periods=70, freq="D")
    table = pd.DataFrame({"number": [f"T{n}" for n in range(70)], "opened_at": opened, **columns})
    return ticket_log(table, as_of="2026-03-16")


def test_words_stand_on_a_slider(shown: list[Explorer]) -> None:
    explore({"month": word_slider("Month", ["May", "June"], value=1)}, lambda month: f"<p>{month}</p>")
    (made,) = shown
    control = made.spec["controls"][0]
    assert (control["kind"], control["minimum"], control["maximum"], control["value"]) == ("slider", 0, 1, 1)
    assert control["options"] == (("0", "May"), ("1", "June"))
    made.request = {"seq": 1, "values": {"month": 0}}
    assert made.drawing["html"] == "<p>0</p>"


def test_an_error_of_ours_is_said_in_its_own_words(shown: list[Explorer]) -> None:
    def draw(month: int) -> str:
        if month:
            raise MeasureError("Nothing <here>.", "Move it back.")
        return "ok"

    explore({"month": word_slider("Month", ["May", "June"])}, draw)
    shown[0].request = {"seq": 1, "values": {"month": 1}}
    assert shown[0].drawing["html"] == "<p><strong>Nothing &lt;here&gt;.</strong> Move it back.</p>"


def test_the_map_moves_and_its_words_with_it(log: TicketLog, shown: list[Explorer]) -> None:
    path_explorer(log, site="Drumlough")
    (made,) = shown
    start = words(made.drawing["html"])
    assert "Tickets of Drumlough: 1,165." in start
    # By plain pandas: tickets whose groups, taken once each in a row, hold one twice.
    there = log.tickets.loc[log.tickets["location"] == "Drumlough", "number"]
    rows = log.events[log.events["number"].isin(there)].astype({"number": "str", "group": "str"})
    rows = rows[rows["group"] != rows.groupby("number")["group"].shift()]
    again = rows.duplicated(["number", "group"]).groupby(rows["number"]).any()
    assert f"{again.sum():,} ({again.mean():.1%}) came back to a group" in start
    made.request = {
        "seq": 1,
        "values": {"look": "group=Field Support", "site": "location=Drumlough", "share": 0, "priority": "all"},
    }
    moved = words(made.drawing["html"])
    after = rows.groupby("number")["group"].shift(-1)
    steps = rows[(rows["group"] == "Field Support") & (after == "Production Systems")]
    assert f"Most go on to Production Systems ({len(steps):,} times)" in moved
    assert "steps are drawn" in moved
    assert "Coming to Field Support" in moved
    assert made.drawing["html"].count('role="img"') == 1


@pytest.mark.parametrize(("look", "share"), [("group=Security", 0), ("group=", 20), ("state=Awaiting Vendor", 20)])
def test_every_end_of_the_controls_can_be_drawn(log: TicketLog, look: str, share: float) -> None:
    drawn = PathExplorer(log).draw(look, share, "location=Mill Lane", "priority=P3")
    label = re.search(r'aria-label="([^"]+)"', drawn)
    assert label
    paragraphs = re.findall(r"<p>(.*?)</p>", drawn)
    assert len(paragraphs) == 2 + (look[-1] != "=")
    assert all(paragraph in label[1] for paragraph in paragraphs)  # who does not see the map reads the same


def test_a_place_where_nobody_was_and_a_choice_without_tickets(log: TicketLog) -> None:
    few = log.where((log.tickets["first_group"] == "Security").fillna(False) & (log.tickets["reassignments"] == 0))
    explorer = PathExplorer(log)
    explorer._log = few
    assert "None of these tickets was ever at Telephony." in explorer.draw("group=Telephony", 2)
    with pytest.raises(MeasureError, match="No ticket is of this site and priority"):
        explorer.draw("group=", 2, "location=Nowhere")


def test_a_log_of_one_row_a_ticket_has_no_map_but_a_trend(shown: list[Explorer]) -> None:
    log = small()
    with pytest.raises(MeasureError, match="one row a ticket"):
        path_explorer(log)
    trend_explorer(log)
    names = [control["name"] for control in shown[0].spec["controls"]]
    assert names == ["figure", "every", "start", "end", "baseline", "step"]  # no label, so no choice of tickets
    figures = dict(shown[0].spec["controls"][0]["options"])
    assert figures == {"arrivals": "Tickets opened"}
    assert "tickets opened stayed at 7." in words(shown[0].drawing["html"])
    assert "there are no limits" in words(shown[0].drawing["html"])


def test_labels_with_few_tickets_are_not_offered() -> None:
    log = small(location=["Yard"] * 30 + ["Office"] * 35 + ["Hut"] * 5)
    offered = list(TrendExplorer(log).controls()["only"].options)
    assert offered == [
        ("all", "All tickets (70)"),
        ("location=Office", "Site: Office (35)"),
        ("location=Yard", "Site: Yard (30)"),
    ]


def test_a_short_log_has_no_trend() -> None:
    log = small()
    with pytest.raises(MeasureError, match="less than four weeks"):
        trend_explorer(ticket_log(log.tickets.head(10), as_of="2026-01-16"))


def test_the_window_cuts_and_the_limits_follow(log: TicketLog) -> None:
    explorer = TrendExplorer(log)
    desktop = "group=Desktop Support"
    whole = explorer.chart("median_hours", "month", desktop)
    assert [point.label for point in whole][::17] == ["2025-01", "2026-06"]
    part = explorer.chart("median_hours", "month", desktop, start=13, end=17)
    assert [point.label for point in part] == ["2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
    turned = explorer.chart("median_hours", "month", desktop, start=17, end=13)
    assert turned.to_dict() == part.to_dict()
    # Limits by hand: mean ± 2.66 × mean moving range of the five.
    values = [point.value for point in part]
    centre = sum(values) / 5
    reach = 2.66 * sum(abs(b - a) for a, b in pairwise(values)) / 4
    assert (part["2026-04"].centre, part["2026-04"].high) == pytest.approx((centre, centre + reach))
    assert not any(point.signal for point in part)
    early = explorer.chart("median_hours", "month", desktop, baseline="8")
    assert all(point.signal for point in early if point.label >= "2025-11")
    split = explorer.chart("median_hours", "month", desktop, step="2025-11-01")
    assert [phase[0].label for phase in split.phases] == ["2025-01", "2025-11"]
    weeks = explorer.chart("arrivals", "week", start=1, end=2)
    assert (weeks.points[0].label, weeks.points[-1].label) == ("2025-02-03", "2025-03-31")


def test_the_two_points_are_those_of_a_slide(log: TicketLog) -> None:
    html = TrendExplorer(log).draw("median_hours", "month", "group=Desktop Support", 13, 17)
    table = load_tarnbrook("tickets")
    some = table[(table["assignment_group"] == "Desktop Support")]
    opened = some["opened_at"].dt.strftime("%Y-%m")
    end = pd.Timestamp("2026-07-01")
    hours = ((some["resolved_at"].fillna(end) - some["opened_at"]).dt.total_seconds() / 3600).groupby(opened).median()
    first, last = hours["2026-02"], hours["2026-06"]  # fewer than half are open, so the median is exact, or nearly
    found = re.search(r"down by (\d+)%, from ([\d.]+) hours \(2026-02\) to ([\d.]+) hours \(2026-06\)", words(html))
    assert found
    assert float(found[2]) == pytest.approx(first, rel=0.05)
    assert float(found[3]) == pytest.approx(last, rel=0.05)
    assert int(found[1]) == pytest.approx(100 * (1 - last / first), abs=4)
    assert "no signal" in words(html)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"start": 16, "end": 17}, "Only 2 months of this window"),
        ({"start": 13, "step": "2025-02-01"}, "lies outside of the window"),
    ],
)
def test_a_window_that_says_nothing_says_why(log: TicketLog, settings: dict[str, object], problem: str) -> None:
    with pytest.raises(MeasureError, match=problem):
        TrendExplorer(log).chart("arrivals", "month", **settings)  # type: ignore[arg-type]


def test_what_two_points_and_limits_say() -> None:
    rising = xmr([0.2, 0.25, 0.2, 0.25, 0.5], figure="share", unit="share", every="month")
    assert two_points(rising, rising.points[0], rising.points[-1]) == (
        "share is up by 30.0 percentage points, from 20.0% (1) to 50.0% (5)."
    )
    from_zero = xmr([0, 2, 0, 2, 1], figure="tickets", every="week")
    assert two_points(from_zero, from_zero.points[0], from_zero.points[-1]) == "tickets is up, from 0 (1) to 1 (5)."
    assert verdict(from_zero).startswith("no signal")
    jumped = xmr([10, 11, 10, 11, 10, 11, 30, 31, 30, 31], every="week", baseline=6)
    assert verdict(jumped) == (
        "4 weeks of 10 signal: 7, 8, 9, 10. So many say that the level itself moved: name when something changed, and "
        "let new limits begin there."
    )
    # Nine points around 11.4, each 1 from the next: limits 2.66 from the middle, and 20 lies outside.
    once = xmr([11, 12, 11, 12, 11, 12, 11, 12, 11, 20], every="week", baseline=9)
    assert (
        verdict(once) == "1 week of 10 signals: 10. Something has probably changed. What it was, the chart cannot say."
    )

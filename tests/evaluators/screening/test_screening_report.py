"""The page of an audit: what it says first, LL144's tables, text from the data, and how it looks in a browser."""

import re
import shutil
from datetime import UTC, datetime
from html.parser import HTMLParser

import pandas as pd
import pytest

from evaluators.data import load_resume_callbacks
from evaluators.own_data import FileFacts
from evaluators.screening.applicants import ApplicantAudit, audit_applicants
from evaluators.screening.report import report_html

WRITTEN = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
CHROMIUM = next(filter(None, map(shutil.which, ("/usr/bin/chromium", "chromium"))), None)


class Page(HTMLParser):
    """Headings, tables and tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.headings: list[str] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
        elif tag in {"h1", "h2", "h3"}:
            self.headings.append("")
        if tag in {"td", "th", "h1", "h2", "h3"}:
            self._open = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in {"td", "th"}:
            self.tables[-1][-1][-1] += data
        elif self._open:
            self.headings[-1] += data


def people_of(counts: dict[str, tuple[int, int]], column: str = "sex") -> pd.DataFrame:
    rows = [(label, place < chosen) for label, (chosen, of) in counts.items() for place in range(of)]
    return pd.DataFrame(rows, columns=[column, "hired"])


@pytest.fixture(scope="module")
def experiment() -> ApplicantAudit:
    facts = FileFacts("callbacks & <i>more</i>.csv", "CSV", 12_345, "0f" * 32, "cp1252", notes=("Read with care.",))
    people = load_resume_callbacks()
    return audit_applicants(
        people,
        groups=["race", "sex"],
        outcome="called_back",
        rules="ll144",
        fail_under=0.8,
        limit_alpha=0.05,
        file=facts,
    )


@pytest.fixture(scope="module")
def html(experiment: ApplicantAudit) -> str:
    return report_html(experiment, written=WRITTEN)


def test_the_verdict_and_its_limits_come_first(html: str) -> None:
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html.split("</style>")[-1]))
    order = [
        "22 November 2026, 09:05 UTC",
        "Result: evidence of adverse impact. It concerns Black, Black × male, Black × female.",
        "not why it is there or whether it is fair or lawful",
        "Stated limit, broken",
        "Black has an impact ratio of 0.668",
        "Tables to publish",
        "Who was selected",
        "How the figures were made",
        "checked on 1 November 2026",
        "not legal advice",
        "Checksum (SHA-256)",
        "0f" * 32,
    ]
    places = [text.index(said) for said in order]
    assert places == sorted(places)
    assert "Read with care." in text
    assert "callbacks & <i>more</i>.csv".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html


def test_ll144_tables_have_its_columns_and_nothing_else(html: str) -> None:
    page = Page(html)
    assert page.tables[0] == [
        ["sex", "Applicants", "Selected", "Selection rate", "Impact ratio"],
        ["female", "3,746", "309", "8.2 %", "1.00"],
        ["male", "1,124", "83", "7.4 %", "0.90"],
    ]
    assert page.tables[1] == [
        ["race", "Applicants", "Selected", "Selection rate", "Impact ratio"],
        ["Black", "2,435", "157", "6.4 %", "0.67"],
        ["White", "2,435", "235", "9.7 %", "1.00"],
    ]
    assert page.tables[2][0][:2] == ["race", "sex"]
    assert page.tables[2][1:] == [
        ["Black", "female", "1,886", "125", "6.6 %", "0.67"],
        ["Black", "male", "549", "32", "5.8 %", "0.59"],
        ["White", "female", "1,860", "184", "9.9 %", "1.00"],
        ["White", "male", "575", "51", "8.9 %", "0.90"],
    ]


def test_new_york_citys_own_example() -> None:
    people = people_of({"Male": (667, 1390), "Female": (555, 1181)})
    page = Page(report_html(audit_applicants(people, groups="sex", outcome="hired", rules="ll144"), written=WRITTEN))
    assert page.tables[0][1:] == [
        ["Female", "1,181", "555", "47.0 %", "0.98"],
        ["Male", "1,390", "667", "48.0 %", "1.00"],
    ]


def test_every_table_and_picture_can_be_read_out(html: str) -> None:
    page = Page(html)
    names = [tag for tag, _ in page.tags]
    assert names.count("h1") == 1
    assert names.count("caption") == names.count("table") == len(page.tables) == 6
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in page.tags if tag == "th")
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert [bool(each.get("aria-label")) for each in pictures] == [True] * 3


def test_nothing_is_loaded_from_elsewhere(html: str) -> None:
    page = Page(html)
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in page.tags}
    assert [value for _, each in page.tags for name, value in each.items() if name in {"src", "href"}] == ["#main"]
    assert "@import" not in html
    assert "url(http" not in html


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK(A1)",
    "@SUM(1)",
    "{{ 7 * 7 }}",
    "\u202eevil",
    "a\x1b[31mb, a label so long that the chart breaks it \U0001f600",
]


def test_labels_are_text_and_never_markup() -> None:
    people = people_of({label: (10 + 2 * place, 60) for place, label in enumerate(HOSTILE)}, column="<b>team</b>")
    audit = audit_applicants(people, groups="<b>team</b>", outcome="hired", fail_under=0.8)
    html = report_html(audit, written=WRITTEN, title="<script>title</script>")
    page = Page(html)
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert all(not name.startswith("on") for _, each in page.tags for name in each)
    shown = {row[0] for row in page.tables[0][1:]}
    assert shown == {*(label.replace("\x1b", "\ufffd").replace("\u202e", "\ufffd") for label in HOSTILE)}
    assert page.tables[0][0][0] == "<b>team</b>"
    assert "<b>team" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_odd_results_still_make_a_page() -> None:
    nobody = audit_applicants(people_of({"f": (0, 30), "m": (0, 40)}), groups="sex", outcome="hired", fail_under=0.8)
    page = report_html(nobody, written=WRITTEN)
    assert "Nobody of 70 people was selected" in page
    assert "could not be checked" in page
    scores = pd.DataFrame({"sex": list("ffmm") * 10, "score": [5] * 40})
    page = report_html(audit_applicants(scores, groups="sex", score="score"), written=WRITTEN)
    assert "Nobody is above the median" in page
    assert "Who was selected" not in page.split("</h1>")[1]


def test_a_ratio_just_under_the_line_does_not_read_like_it() -> None:
    people = people_of({"f": (7_999, 20_000), "m": (10_000, 20_000)})
    page = Page(report_html(audit_applicants(people, groups="sex", outcome="hired"), written=WRITTEN))
    assert page.tables[0][1][1] == "0.7999"


@pytest.mark.browser
def test_the_page_on_a_screen_and_on_a_phone(html: str, tmp_path) -> None:
    if CHROMIUM is None:
        pytest.skip("NO BROWSER TEST RAN: install Chromium (Debian: apt-get install chromium)")
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    path = tmp_path / "audit.html"
    path.write_text(html, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width in (1280, 400):
            shown = browser.new_page(viewport={"width": width, "height": 900})
            requests: list[str] = []
            shown.on("request", lambda request, seen=requests: seen.append(request.url))
            shown.goto(path.as_uri())
            assert requests == [path.as_uri()]
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            assert [each["id"] for each in Axe().run(shown).response["violations"]] == []
        browser.close()

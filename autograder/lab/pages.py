"""The start page: who you are, what comes next, fetch, check, hand in, feedback; and the trainer's overview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, get_args

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_escape, url_path_join
from tornado import web

from autograder.course import Course
from autograder.errors import CourseError
from autograder.lab.desk import Desk, KeptReceipt, Profile, Question, Role
from autograder.report import report_html
from autograder.roster import roster_of
from autograder.scores import lab_scores
from autograder.status import course_status
from evaluators.errors import LabError
from evaluators.reports import page

TEMPLATES = Path(__file__).parent / "templates"


def handlers(base_url: str, desk: Desk, course: Course | None) -> list[Any]:
    """Return the routes of the start page for a Jupyter server."""
    routes = {
        r"/hrlab/?": StartPage,
        r"/hrlab/who": WhoPage,
        r"/hrlab/fetch": FetchAction,
        r"/hrlab/lab/([\w.@-]+)": HandInPage,
        r"/hrlab/fresh/([\w.@-]+)": FreshCopyAction,
        r"/hrlab/feedback/([\w.@-]+)": FeedbackPage,
        r"/hrlab/handed-in/([\w.@+-]+\.zip)": HandedInFile,
        r"/hrlab/report/([\w.@-]+)": ReportPage,
    }
    places = {"desk": desk, "course": course}
    return [(url_path_join(base_url, route), handler, places) for route, handler in routes.items()]


class Page(JupyterHandler):
    """A page of ours: signed in through Jupyter, filled from a template."""

    desk: Desk
    course: Course | None

    def initialize(self, desk: Desk, course: Course | None) -> None:
        """Take the folders this server works on."""
        super().initialize()
        self.desk, self.course = desk, course

    def show(self, template: str, **values: Any) -> None:
        """Write a page."""
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        ours = {
            "base_url": self.base_url,
            "profile": self.desk.profile,
            "course_id": self.desk.course_id,
            "is_course_server": self.course is not None,
            "xsrf": self.xsrf_form_html(),
            "local_time": local_time,
        }
        self.finish(page(TEMPLATES, template, **ours, **values))

    def show_file(self, html: str) -> None:
        """Write a page that is made to be mailed too, with the way back to the start page that such a file lacks."""
        back = f'<header class="bar"><div><a href="{escape(self.base_url)}hrlab">← Start page</a></div></header>'
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(html.replace('<main id="main">', f'{back}\n<main id="main">', 1))

    def go(self, *parts: str) -> None:
        """Send the browser to another page of ours."""
        self.redirect(url_path_join(self.base_url, "hrlab", *parts))

    def open_url(self, notebook: str) -> str:
        """Where a notebook on the desk opens for whoever sits here: without code for HR staff, else in JupyterLab."""
        place = ("voila", "render") if self.desk.profile.role == "hr" else ("lab", "tree")
        return url_path_join(self.base_url, *place, url_escape(notebook))

    def lab_url(self, lab: str) -> str:
        """Where a lab opens for whoever sits here."""
        return self.open_url(self.desk.notebook(lab).relative_to(self.desk.root).as_posix())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Show our own errors as sentences; leave the rest to Jupyter."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, LabError):
            self.set_status(400)
            self.show("error.html", problem=error.problem, hint=error.hint)
        else:
            super().write_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Keep tracebacks for what we did not foresee."""
        if not isinstance(value, LabError):
            super().log_exception(typ, value, tb)


def local_time(moment: datetime, *, utc: bool = False) -> str:
    """Return a time as the clock on this computer shows it, with its zone; on request in UTC too, if that differs."""
    here = moment.astimezone()
    text = f"{here:%Y-%m-%d %H:%M} {here.tzname()}"
    if utc and here.utcoffset():
        text += f" ({moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
    return text


@dataclass(frozen=True)
class LabCard:
    """One lab on the start page."""

    name: str
    title: str
    fetched: bool
    url: str
    questions: list[Question]
    receipts: list[KeptReceipt]
    has_feedback: bool
    changed: bool

    @property
    def answered(self) -> int:
        """Questions with a proper answer."""
        return sum(question.problem is None for question in self.questions)

    @property
    def step(self) -> str:
        """What comes next in this lab: fetch, start, go on, hand in, hand in again, wait or feedback."""
        if not self.fetched:
            return "fetch"
        if self.receipts:
            return "feedback" if self.has_feedback else "hand in again" if self.changed else "wait"
        if self.questions and self.answered == len(self.questions):
            return "hand in"
        return "go on" if self.answered else "start"


class StartPage(Page):
    """Who you are, what comes next and how far you are."""

    @web.authenticated
    def get(self) -> None:
        """Show the start page that fits the role."""
        role = self.desk.profile.role
        if role is None:
            self.go("who")
        elif role == "trainer":
            self.show("trainer.html", labs=course_status(self.course) if self.course else [], course=self.course)
        else:
            lessons = [(lesson, self.open_url(lesson.path)) for lesson in self.desk.lessons()]
            self.show("start.html", labs=self._cards(), lessons=lessons)

    def _cards(self) -> list[LabCard]:
        return [
            LabCard(
                name=lab,
                title=self.desk.title(lab),
                fetched=self.desk.is_fetched(lab),
                url=self.lab_url(lab),
                questions=self.desk.questions(lab),
                receipts=self.desk.receipts(lab),
                has_feedback=self.desk.feedback(lab) is not None,
                changed=self.desk.has_changed(lab),
            )
            for lab in self.desk.labs()
        ]


class WhoPage(Page):
    """Ask who sits here."""

    @web.authenticated
    def get(self) -> None:
        """Show the question."""
        self.show("who.html", problem="", wrong="", typed=self.desk.profile)

    @web.authenticated
    def post(self) -> None:
        """Remember the answer."""
        role, learner = self.get_body_argument("role", ""), self.get_body_argument("learner", "").strip()
        known = {name.casefold(): name for name in (roster_of(self.course) if self.course else {})}
        learner = known.get(learner.casefold(), learner)
        wrong, problem = "learner", ""
        if role == "trainer" and self.course is None:
            wrong = "role"
            problem = "This is a learner's place: it holds no course, so there is nothing to grade here."
        elif role != "trainer" and known and learner.casefold() not in known:
            problem = f"There is no learner id {learner!r} on the roster. Check its spelling, or ask your trainer."
        else:
            try:
                self.desk.sit_down(role, learner)
            except CourseError as error:
                wrong = "learner" if role in get_args(Role) else "role"
                problem = f"{error.problem} {error.hint}"
        if problem:
            self.set_status(400)
            typed = Profile(role if role in get_args(Role) else None, learner)  # type: ignore[arg-type]
            self.show("who.html", problem=problem, wrong=wrong, typed=typed)
        else:
            self.go()


class FetchAction(Page):
    """Bring a lab to the desk."""

    @web.authenticated
    def post(self) -> None:
        """Fetch and go back to the start page."""
        self.desk.fetch(self.get_body_argument("lab"))
        self.go()


class FreshCopyAction(Page):
    """Bring a lab's notebook to the desk once more, as it was released."""

    @web.authenticated
    def post(self, lab: str) -> None:
        """Put the old notebook aside, copy the released one and go back to the hand-in page."""
        self.desk.fetch_fresh(lab)
        self.redirect(url_path_join(self.base_url, "hrlab", "lab", lab) + "?fresh=1")


class HandInPage(Page):
    """What is missing or malformed, and the button that hands the lab in."""

    @web.authenticated
    def get(self, lab: str) -> None:
        """Show what is missing, and the receipts."""
        self._show(lab)

    @web.authenticated
    def post(self, lab: str) -> None:
        """Hand in and show the receipt."""
        self.desk.hand_in(lab)
        self.go("lab", lab)

    def _show(self, lab: str) -> None:
        if not self.desk.is_fetched(lab):
            raise web.HTTPError(404, f"The lab {lab} is not on this desk; fetch it on the start page.")
        self.show(
            "handin.html",
            lab=lab,
            title=self.desk.title(lab),
            questions=self.desk.questions(lab),
            receipts=self.desk.receipts(lab),
            url=self.lab_url(lab),
            has_feedback=self.desk.feedback(lab) is not None,
            changed=self.desk.has_changed(lab),
            is_released=self.desk.is_released(lab),
            is_fresh=self.get_query_argument("fresh", "") == "1",
        )


class FeedbackPage(Page):
    """The feedback page that the trainer wrote."""

    @web.authenticated
    def get(self, lab: str) -> None:
        """Show it."""
        path = self.desk.feedback(lab)
        if path is None:
            raise web.HTTPError(404, f"There is no feedback on {lab} yet.")
        self.show_file(path.read_text(encoding="utf-8"))


class HandedInFile(Page):
    """The learner's own copy of a hand-in, to send by mail where no shared folder is in reach."""

    @web.authenticated
    def get(self, name: str) -> None:
        """Download it."""
        path = self.desk.home / "handed-in" / name
        if not path.is_file():
            raise web.HTTPError(404, f"There is no hand-in {name} on this desk.")
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(path.read_bytes())


class ReportPage(Page):
    """The trainer's report, as the gradebook stands now."""

    @web.authenticated
    def get(self, lab: str) -> None:
        """Show it."""
        if self.course is None or self.desk.profile.role != "trainer":
            raise web.HTTPError(403, "Reports are for trainers.")
        self.show_file(report_html(self.course, lab_scores(self.course, lab)))

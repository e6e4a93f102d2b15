"""A graded lab: questions answered through forms, scored in hidden tests."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, cast

from evaluators.answers import Credit, Item, answer_text, credit, credit_parts, problem_with
from evaluators.answers.items import is_blank
from evaluators.answers.marking import Key, Partial, Verdict, done_of, matches_mistake
from evaluators.answers.mime import ITEM_MIME
from evaluators.widgets._credit import show_credit
from evaluators.widgets._display import show, show_widget, standin
from evaluators.widgets._finish import Finish
from evaluators.widgets._page import Page, dom_id, labels


class Lab(Page):
    """The questions of one lab.

    Opening it opens ``answers.json`` beside the notebook and says what was found. Each question is one call
    in a cell of its own; the learner's answers survive anything short of deleting the file.

    Parameters
    ----------
    name : str
        Name of the lab; a sheet of another lab is set aside.

    Examples
    --------
    >>> lab = Lab("resume_screening_audit")  # doctest: +SKIP
    >>> lab.number("impact_ratio", "What is the impact ratio?", minimum=0, competency="B1")  # doctest: +SKIP
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, "answers.json")
        self._either: dict[str, str] = {}
        self._voluntary: set[str] = set()

    def choice(
        self,
        item_id: str,
        prompt: str,
        options: Mapping[str, str],
        *,
        competency: str = "",
        points: float = 1.0,
        help: str = "",  # noqa: A002 - the word that authors know
        voluntary: bool = False,
    ) -> None:
        """Ask for one of several options.

        Parameters
        ----------
        item_id : str
            Stable snake_case name.
        prompt : str
            The question, plain text.
        options : mapping of str to str
            Key -> label.
        competency : str, optional
            Id such as ``"B1"``.
        points : float, optional
            What the right answer earns.
        help : str, optional
            A line below the question.
        voluntary : bool, optional
            Nobody has to answer, so `finish` never calls it open: for a question without points, such as whether one
            wants to stand on the course's board.
        """
        if voluntary:
            self._voluntary.add(item_id)
        self._ask(Item(item_id, "choice", prompt, labels(options), competency=competency, points=points), hint=help)

    def choices(
        self,
        item_id: str,
        prompt: str,
        options: Mapping[str, str],
        *,
        competency: str = "",
        points: float = 1.0,
        help: str = "",  # noqa: A002
    ) -> None:
        """Ask to tick all options that apply; offer "none of these" where it can be right (see `choice`)."""
        self._ask(Item(item_id, "choices", prompt, labels(options), competency=competency, points=points), hint=help)

    def number(
        self,
        item_id: str,
        prompt: str,
        *,
        unit: str = "",
        competency: str = "",
        points: float = 1.0,
        minimum: float | None = None,
        maximum: float | None = None,
        decimals_hint: int | None = None,
        help: str = "",  # noqa: A002
    ) -> None:
        """Ask for a number.

        Parameters
        ----------
        item_id, prompt, competency, points, help
            See `choice`.
        unit : str, optional
            Shown behind the field.
        minimum, maximum : float, optional
            Bounds of a sensible number, both included.
        decimals_hint : int, optional
            Decimal places to ask for.
        """
        hint = {None: "", 0: "Give a whole number.", 1: "Give one decimal place."}.get(
            decimals_hint, f"Give {decimals_hint} decimal places."
        )
        item = Item(
            item_id,
            "number",
            prompt,
            unit=unit,
            minimum=minimum,
            maximum=maximum,
            competency=competency,
            points=points,
        )
        self._ask(item, hint=f"{help} {hint}".strip())

    def ranking(
        self,
        item_id: str,
        prompt: str,
        options: Mapping[str, str],
        *,
        competency: str = "",
        points: float = 1.0,
        help: str = "",  # noqa: A002
    ) -> None:
        """Ask to put options in order; they are first shown in the given order (see `choice`)."""
        self._ask(Item(item_id, "ranking", prompt, labels(options), competency=competency, points=points), hint=help)

    def paragraph(
        self,
        item_id: str,
        prompt: str,
        *,
        words: tuple[int, int] | None = None,
        competency: str = "",
        points: float = 1.0,
        help: str = "",  # noqa: A002
    ) -> None:
        """Ask for a text that a person will score.

        Parameters
        ----------
        item_id, prompt, competency, points, help
            See `choice`.
        words : tuple of (int, int), optional
            Fewest and most words.
        """
        self._ask(Item(item_id, "paragraph", prompt, words=words, competency=competency, points=points), hint=help)

    def code(self, item_id: str, prompt: str, *, competency: str = "", points: float = 1.0) -> None:
        """Say what the next cell, in which the learner writes Python, is asked to do (see `choice`).

        It has no form, `finish` does not look at it, and a hidden test scores it with `credit_code`.
        """
        item = Item(item_id, "code", prompt, competency=competency, points=points)
        self._items[item_id] = item
        self._voluntary.add(item_id)
        number = self._number(item_id)
        worth = f"{points:g} {'point' if points == 1 else 'points'}"
        rows = [
            ("Question", prompt),
            ("Where you answer", "In the code cell below; if you see none, open the lab in JupyterLab."),
            ("Worth", worth),
        ]
        spec = {**item.to_dict(), "number": number, "value": None}
        text = "\n".join([f"Question {number}", *(f"{label}: {words}" for label, words in rows)])
        show(standin(f"Question {number}", rows), text, **{ITEM_MIME: spec})

    def either(self, item_id: str, instead: str) -> None:
        """Say that one of two questions is enough, such as one on an everyday matter in the place of a grave one.

        Parameters
        ----------
        item_id : str
            The question that earns the points (see ``instead`` of `credit`).
        instead : str
            The one that may be answered in its place.
        """
        self._either |= {item_id: instead, instead: item_id}

    def model_answers(self, answers: Mapping[str, object]) -> None:
        """Fill in the trainer's answers, in memory only: for the solution cell of the instructor version.

        Parameters
        ----------
        answers : mapping of str to object
            Item id -> answer, in the shape of the answer sheet.
        """
        self._sheet.fill(answers)

    def credit(
        self,
        item_id: str,
        *,
        key: Key,
        tolerance: float = 0.0,
        partial: Partial | None = None,
        why: Mapping[Any, str] | None = None,
        explain: str = "",
        instead: str = "",
    ) -> float:
        """Score one answer and show the learner feedback: the last line of a hidden test.

        Parameters
        ----------
        item_id : str
            The question.
        key, tolerance, partial
            See `evaluators.answers.credit`.
        why : mapping, optional
            Wrong option, wrong number or wrong order (a tuple of options) -> what is mistaken about it.
        explain : str, optional
            What is right, and why.
        instead : str, optional
            The question that the learner answered in this one's place (see `either`); `key` is then that one's.

        Returns
        -------
        float
            Points earned, which nbgrader reads as the cell's partial credit. 0 if the form was never shown.
        """
        item = self._items.get(item_id)
        if item is None:
            unknown = Item(item_id, "paragraph", "This question's form did not run.", points=0.0)
            message = "The form of this question did not run, so there is no answer to score."
            return show_credit(unknown, None, Credit(0.0, "unanswered", message), [explain])
        if instead in self._items:
            item = replace(self._items[instead], id=item.id, competency=item.competency, points=item.points)
        value = self._sheet.get(instead or item_id)
        result = credit(item, value, key=key, tolerance=tolerance, partial=partial)
        reasons = [] if result.verdict == "right" else _reasons(item, value, key, tolerance, why or {})
        return show_credit(item, value, result, [*reasons, explain])

    def answer(self, item_id: str) -> Any:
        """Return the saved answer to a question, for a hidden test that has to look at it; None if there is none."""
        return self._sheet.get(item_id)

    def credit_text(
        self, item_id: str, *, parts: Mapping[str, float], most: float = 1.0, why: str = "", explain: str = ""
    ) -> float:
        """Score a paragraph by what was asked of it, and show the learner feedback: the last line of a hidden test.

        What only a person can judge stands in a Markdown cell of its own, whose grade id is the question's with
        ``_by_person`` behind it; formgrader shows the text there.

        Parameters
        ----------
        item_id : str
            The question, a paragraph.
        parts, most
            See `evaluators.answers.credit_parts`.
        why : str, optional
            Why a text cannot earn more than `most`.
        explain : str, optional
            What was looked for.

        Returns
        -------
        float
            Points earned. 0 if the form was never shown.
        """
        item = self._items.get(item_id)
        if item is None:
            return self.credit(item_id, key="", explain=explain)
        value = self._sheet.get(item_id)
        result = credit_parts(item, value, parts, most=most)
        lacking = [what for what, share in parts.items() if share < 1] if result.share else []
        open_parts = f"Not done, or only in part: {'; '.join(lacking)}." if lacking else ""
        return show_credit(item, value, result, [why if most < 1 else "", open_parts, explain])

    def credit_code(
        self, item_id: str, parts: Mapping[str, float], *, explain: str = "", at_most: float = 1.0
    ) -> float:
        """Score what a learner's code does, and show feedback: the last line of a hidden test.

        Parameters
        ----------
        item_id : str
            The question, announced by `code`.
        parts : mapping of str to float
            What was asked, in words -> how far the code does it, 0 to 1. All weigh the same.
        explain : str, optional
            What was looked for, and what was found.
        at_most : float
            Share (0-1) of the points that nothing lifts it over, for code that does one thing it must not; say so in
            `explain`.

        Returns
        -------
        float
            Points earned. 0 if the question was never announced.
        """
        item = self._items.get(item_id)
        if item is None:
            return self.credit(item_id, key="", explain=explain)
        share, reason = done_of(item, parts, what="code")
        share = min(share, at_most)
        verdict: Verdict = "right" if share >= 1 else "partly" if share > 0 else "wrong"
        lacking = [what for what, part in parts.items() if part < 1]
        open_parts = f"Not done, or only in part: {'; '.join(lacking)}." if lacking else ""
        return show_credit(item, "in the notebook", Credit(share, verdict, reason), [open_parts, explain])

    def finish(self) -> None:
        """Show a button that lists the questions still open or malformed, never what is right."""
        count, open_questions = self._open_questions()
        rows = [(f"Question {entry['number']}", entry["problem"]) for entry in open_questions]
        summary = _progress(count, self._asked())
        html = standin(summary, rows or [("Result", "Every question has an answer.")])
        show(html, "\n".join([summary, *(f"{label}: {problem}" for label, problem in rows)]))
        show_widget(lambda: Finish(self._check))

    def _check(self) -> dict[str, Any]:
        count, open_questions = self._open_questions()
        return {
            "summary": _progress(count, self._asked()),
            "open": open_questions,
            "unsaved": self._sheet.problem,
        }

    def _asked(self) -> int:
        """Count the questions that are to be answered: of two that stand for each other, one; no voluntary ones."""
        return (
            len(self._items.keys() - self._voluntary)
            - sum(one in self._items and other in self._items for one, other in self._either.items()) // 2
        )

    def _answered_elsewhere(self, item_id: str) -> bool:
        """Whether a question may stay open, since the one in its place is answered, or stands first on the page."""
        other = self._items.get(self._either.get(item_id, ""))
        if other is None:
            return False
        mine, others = (is_blank(self._sheet.get(each)) for each in (item_id, other.id))
        return mine and (not others or self._number(other.id) < self._number(item_id))

    def _open_questions(self) -> tuple[int, list[dict[str, Any]]]:
        """Count the answered questions and describe those that are unanswered or malformed."""
        answers = self._sheet.answers
        problems = {
            item.id: problem_with(item, answers.get(item.id))
            for item in self._items.values()
            if item.id not in self._voluntary and not self._answered_elsewhere(item.id)
        }
        entries = [
            {
                "number": self._number(item_id),
                "prompt": self._items[item_id].prompt,
                "problem": problem,
                "dom_id": dom_id(self.name, item_id),
            }
            for item_id, problem in problems.items()
            if problem
        ]
        return sum(not is_blank(answers.get(item_id)) for item_id in problems), entries


def _progress(count: int, total: int) -> str:
    return f"{count} of {total} answered"


def _reasons(item: Item, value: object, key: Key, tolerance: float, why: Mapping[Any, str]) -> list[str]:
    """Pick the explanations that fit the mistake made."""
    if is_blank(value) or not answer_text(item, value):
        return []
    if item.kind == "number":
        at_key = {"key": cast("float", key), "tolerance": tolerance}
        return [text for wrong, text in why.items() if matches_mistake(item, value, float(wrong), **at_key)][:1]
    chosen = [value] if isinstance(value, str) else list(value) if isinstance(value, list) else []
    if item.kind == "ranking":
        return [why[tuple(chosen)]] if tuple(chosen) in why else []
    right = {key} if isinstance(key, str) else set(key) if isinstance(key, Collection) else set()
    mistaken = [option for option in chosen if option not in right]
    missed = [option for option in item.options if option in right and option not in chosen]
    return [why[option] for option in [*mistaken, *(missed if item.kind == "choices" else [])] if option in why]

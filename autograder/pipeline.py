"""Grade one submission: sanitise, execute, score. Pure: data in, a `Result` out; nothing is read or recorded here.

A submission runs in up to two sessions (`autograder.sandbox`). The *learner's* runs what the learner wrote. The
*trusted* one runs the instructor's cells and tests and never a byte of the learner's; what a test needs of the learner
crosses as data or as a handle (`autograder.kernel.remote`). docs/decisions/0006-two-sessions.md says why.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autograder.assignment import Assignment, AssignmentNotebook, assignment_from_source
from autograder.errors import CourseError, GraderError
from autograder.executed import NOTE, credits_shown, sheet_notice
from autograder.executed import shown as shown_under
from autograder.execution import Execution, Side, Surface
from autograder.names import imports
from autograder.paragraphs import show_paragraphs
from autograder.results import CellScore, NotebookResult, Outcome, Result, Submission
from autograder.sandbox import Host, Limits
from autograder.sanitise import Sanitised, UnreadableNotebook, sanitise
from autograder.transfer import pack
from evaluators.answers.mime import ITEM_MIME

ENTRY = "autograder.kernel.session:serve"
_FORMS = "evaluators.widgets"
OUR_FAULT = "Something went wrong on our side. Your trainer has been told."


class SolutionFails(CourseError):  # noqa: N818 - it says what is wrong
    """The instructor's own solution does not earn full marks, so nobody's is graded."""


def grade_one(
    source: str | Path | Assignment, submission: str | Path | Submission, *, limits: Limits | None = None,
    sandboxed: bool = True, strict: bool = False,
) -> Result:  # fmt: skip
    """Grade one submission; for many of the same assignment, keep a `Grader`.

    Parameters
    ----------
    source : path or Assignment
        The instructor's notebook with solutions and hidden tests.
    submission : path or Submission
        The learner's notebook, or a folder with everything handed in.
    limits : Limits, optional
        What a submission may use.
    sandboxed : bool
        False runs learners' code without walls: only where it can do no harm.
    strict : bool
        nbgrader's behaviour also where ours differs on purpose.

    Returns
    -------
    Result
        Scores cell by cell, the executed notebook, and what a person should know.

    Raises
    ------
    SolutionFails
        If the instructor's own solution does not earn full marks.
    SandboxMissing
        If there is no sandbox on this machine.

    Examples
    --------
    >>> grade_one("source/ps1/p1.ipynb", "submitted/ada/ps1/p1.ipynb").score  # doctest: +SKIP
    9.5
    """
    from autograder.submissions import read_submission

    if not isinstance(source, Assignment):
        path = Path(source)
        files = read_submission(path.parent).files
        files = {name: data for name, data in files.items() if not name.endswith(".ipynb")}
        source = assignment_from_source(path.stem, {path.stem: path.read_text(encoding="utf-8")}, files=files)
    if not isinstance(submission, Submission):
        submission = read_submission(Path(submission))
    with Grader(source, limits=limits, sandboxed=sandboxed, strict=strict) as grader:
        return grader.grade(submission)


class Grader:
    """Grades submissions of one assignment, from several threads if you like.

    Entering starts the warm process that trusted sessions are forked from and grades the instructor's own solution.
    Learners' sessions come from a second one, which has never seen a test. It is started at the same time if the
    solution needs it, else when the first submission does.

    Parameters
    ----------
    assignment : Assignment
        What is graded.
    limits : Limits, optional
        What a submission may use.
    sandboxed, strict : bool
        See `grade_one`.
    readable : sequence of Path
        Folders that cells may read besides Python's own.
    network : bool
        Whether cells reach the network.
    """

    def __init__(
        self, assignment: Assignment, *, limits: Limits | None = None, sandboxed: bool = True, strict: bool = False,
        readable: Sequence[Path] = (), network: bool = False,
    ) -> None:  # fmt: skip
        self.assignment = assignment
        self.limits = limits or Limits()
        self.strict = strict
        start = partial(
            Host, imported_modules(assignment), entry=ENTRY, sandboxed=sandboxed, readable=readable, network=network
        )
        self.trusted_host = start(prepare=trusted_sources(assignment))
        self.learner_host = start()
        self.surfaces: dict[str, Surface] = {}

    @property
    def cell_s(self) -> float:
        """Seconds that a cell may take."""
        return min(self.limits.cell_s, self.assignment.cell_timeout_s or float("inf"))

    def __enter__(self) -> Self:
        try:
            self.check_solution()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the warm processes."""
        self.trusted_host.close()
        self.learner_host.close()

    def check_solution(self) -> Result:
        """Grade the instructor's own solution, and learn from it what the tests do with a solution's objects.

        Returns
        -------
        Result
            Full marks.

        Raises
        ------
        SolutionFails
            If a scored cell does not earn its points; the message names cell and reason.
        """
        if any(any(notebook.learner_names.values()) for notebook in self.assignment.notebooks):
            threading.Thread(target=self._start_learner_host, daemon=True).start()
        files = self._model_answers()
        for notebook in self.assignment.notebooks:
            # A lab of forms whose tests need no name of the solution cells is answered by its sheet alone.
            needed = any(notebook.learner_names.values()) or _FORMS not in notebook.source
            files[f"{notebook.name}.ipynb"] = (notebook.source if needed else notebook.released).encode()
        surfaces = {notebook.name: Surface() for notebook in self.assignment.notebooks}
        result = self._grade(Submission("the instructor's solution", files), surfaces, learning=True)
        if result.outcome is not Outcome.SCORED:
            raise SolutionFails(
                f"The instructor's own solution of {self.assignment.name!r} cannot be graded: {' '.join(result.notes)}",
                "Mend the notebook, or what it needs, and run the command again; nobody was graded.",
            )
        by_test = {(notebook.name, cell.grade_id) for notebook in self.assignment.notebooks
                   for cell in notebook.cells if not cell.solution}  # fmt: skip
        short = [cell for notebook in result.notebooks for cell in notebook.cells
                 if (notebook.name, cell.grade_id) in by_test  # what a person scores may be left as the stub
                 and cell.auto_score is not None and cell.auto_score != cell.points]  # fmt: skip
        if short:
            why = _why(result, short[0].grade_id)
            raise SolutionFails(
                f"The instructor's own solution of {self.assignment.name!r} does not earn full marks: "
                + ", ".join(f"{cell.grade_id} earns {cell.auto_score:g} of {cell.points:g}" for cell in short)
                + f". {short[0].grade_id}: {why}",
                "Mend the solution or the test and run the command again; nobody was graded.",
            )
        self.surfaces = surfaces
        return result

    def _start_learner_host(self) -> None:
        with suppress(GraderError):  # whoever asks for its first session is told
            self.learner_host.start()

    def _model_answers(self) -> dict[str, bytes]:
        """Run the instructor's notebook as it is and return the answer sheet that its forms show."""
        answers: dict[str, Any] = {}
        for notebook in self.assignment.notebooks:
            if _FORMS not in notebook.source:
                continue
            with ExitStack() as stack:
                side = self._start(stack, trusted=True)
                side.request("files", pack({"files": dict(self.assignment.files)}), self.cell_s)
                for cell in notebook.source_nb.cells:
                    if cell.cell_type == "code" and cell.source.strip():
                        done = side.run(cell.source, self.cell_s)
                        answers |= {
                            spec["id"]: spec.get("value") for spec in shown_under(done, ITEM_MIME) if "id" in spec
                        }
        if not answers:
            return {}
        sheet = {"schema": 1, "lab": self.assignment.name, "answers": answers, "saved_at": ""}
        return {"answers.json": json.dumps(sheet).encode()}

    def grade(self, submission: Submission) -> Result:
        """Grade one submission.

        Parameters
        ----------
        submission : Submission
            What was handed in.

        Returns
        -------
        Result
            Whatever happens; an exception of ours is an outcome, too.
        """
        start = time.perf_counter()
        try:
            result = self._grade(submission, self.surfaces)
        except Exception as error:  # one broken submission never ends the cohort
            note = f"{type(error).__name__}: {error}"
            result = Result(
                submission.learner, self.assignment.name, Outcome.GRADER_FAILED, notes=(note,), messages=(OUR_FAULT,)
            )
        return replace(result, seconds=round(time.perf_counter() - start, 3), walls=self.trusted_host.walls)

    def _grade(self, submission: Submission, surfaces: Mapping[str, Surface], *, learning: bool = False) -> Result:
        notes, messages = [*submission.notes], [*submission.notes]
        notebooks = []
        deadline = time.monotonic() + self.limits.wall_s
        known = {f"{notebook.name}.ipynb" for notebook in self.assignment.notebooks}
        if not known & submission.files.keys():
            note = f"The notebook {', '.join(sorted(known))} is not among the files handed in."
            return self._failed(submission, note)
        for notebook in self.assignment.notebooks:
            submitted = submission.files.get(f"{notebook.name}.ipynb")
            if submitted is None:
                notebooks.append(NotebookResult(notebook.name, missing=True))
                notes.append(f"The notebook {notebook.name}.ipynb was not handed in and earns nothing.")
                messages.append(notes[-1])
                continue
            try:
                sanitised = sanitise(submitted, notebook, strict=self.strict)
            except UnreadableNotebook as error:
                return self._failed(submission, error.problem)
            show_paragraphs(sanitised.nb, submission.files.get("answers.json"), self.assignment.name)
            with ExitStack() as stack:
                run = Execution(
                    partial(self._start, stack),
                    self.assignment, notebook, sanitised, submission.files,
                    limits=self.limits, cell_s=self.cell_s, deadline=deadline,
                )  # fmt: skip
                run.execute(surfaces.get(notebook.name, Surface()), learning=learning)
            found = [*sanitised.notes, *run.notes]
            notebooks.append(self._scored(notebook, sanitised, run, found))
            messages += run.messages
            if notice := sheet_notice(sanitised.nb):
                found.append(notice)
                messages.append(notice)
            shown = credits_shown(sanitised.nb)
            if shown and not found and not any(credit.answered for credit in shown.values()):
                found.append("No question was answered.")
            notes += found
        return Result(
            submission.learner, self.assignment.name, Outcome.SCORED, tuple(notebooks),
            tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(messages)),
        )  # fmt: skip

    def _failed(self, submission: Submission, note: str) -> Result:
        notes = (*submission.notes, note)
        return Result(submission.learner, self.assignment.name, Outcome.SUBMISSION_FAILED, notes=notes, messages=notes)

    def _scored(
        self, notebook: AssignmentNotebook, sanitised: Sanitised, run: Execution, notes: list[str]
    ) -> NotebookResult:
        from nbgrader.preprocessors import LimitOutput
        from nbgrader.utils import compute_checksum, is_grade, is_solution, is_task

        scores, no_response = [], {}
        for planned in sanitised.cells:
            cell = planned.cell
            if is_grade(cell):
                points, score = self._score(cell, notes)
                scores.append(CellScore(cell.metadata.nbgrader.grade_id, score, points))
                if planned.grade_id in run.reasons:
                    cell.metadata[NOTE] = {**cell.metadata.get(NOTE, {}), "failed": list(run.reasons[planned.grade_id])}
            if is_solution(cell) or is_task(cell):
                unchanged = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
                no_response[cell.metadata.nbgrader.grade_id] = unchanged and not is_task(cell)
        limit = LimitOutput(max_lines=self.assignment.max_lines, max_traceback=self.assignment.max_traceback_lines)
        nb, _ = limit.preprocess(sanitised.nb, {})
        return NotebookResult(notebook.name, tuple(scores), no_response, _as_text(nb))

    def _score(self, cell: Any, notes: list[str]) -> tuple[float, float | None]:
        """Return (most points, points) by nbgrader's own rule; a warning is no error unless strict."""
        from nbgrader.utils import determine_grade

        points = float(cell.metadata.nbgrader.points)
        judged = cell
        if cell.cell_type == "code" and not self.strict:
            judged = type(cell)(cell)
            judged.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        try:
            if not self.strict and (odd := _no_credit(judged)):
                notes.append(f"{cell.metadata.nbgrader.grade_id} ended in {odd}, which is no credit; it counts as 0.")
                return points, 0.0
            score, points = determine_grade(judged)
        except ValueError as error:  # more partial credit than there are points
            if self.strict:
                raise
            notes.append(
                f"{cell.metadata.nbgrader.grade_id} gave more points than it has ({error}); it counts as full."
            )
            score = points
        if judged is not cell and score and len(judged.outputs) < len(cell.outputs):
            notes.append(
                f"{cell.metadata.nbgrader.grade_id}: something was written to stderr, such as a warning; "
                "nbgrader would give 0 for that (--strict-nbgrader)."
            )
        return points, None if score is None else float(score)

    def _start(self, stack: ExitStack, trusted: bool) -> Side:
        host = self.trusted_host if trusted else self.learner_host
        session = stack.enter_context(host.session(self.limits, trusted=trusted))
        return Side(session, self.limits, self.cell_s)


def _as_text(nb: Any) -> str:
    """Write a notebook as JSON, a cell a line: with more line breaks, Python's encoder is ten times slower."""
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in nb.cells)
    rest = json.dumps({key: value for key, value in nb.items() if key != "cells"}, ensure_ascii=False)
    return f'{{"cells": [\n{cells}\n],\n{rest[1:]}\n'


def _no_credit(cell: Any) -> str:
    """Return a partial credit that is no credit (NaN, infinite or negative), for which nbgrader gives full points."""
    for output in cell.get("outputs", ()):
        if output.output_type == "execute_result":
            text = str(output["data"].get("text/plain", ""))
            try:
                return "" if 0 <= float(text) < float("inf") else text
            except ValueError:
                return ""
    return ""


def imported_modules(assignment: Assignment) -> list[str]:
    """List the modules that an assignment's own notebooks import, for the warm process; sorted."""
    found: set[str] = set()
    for notebook in assignment.notebooks:
        for cell in notebook.source_nb.cells:
            if cell.cell_type == "code":
                found |= imports(cell.source)
    own = {Path(name).parts[0].removesuffix(".py") for name in assignment.files}
    return sorted(name for name in found if name.partition(".")[0] not in own)


def trusted_sources(assignment: Assignment) -> list[str]:
    """List the instructor's cells that trusted sessions run, for the warm process to prepare once."""
    return [
        source for notebook in assignment.notebooks for role, source in notebook.plan if role in ("trusted", "test")
    ]


def _why(result: Result, grade_id: str) -> str:
    """Return what an executed notebook says about a failed cell."""
    for notebook in result.notebooks:
        for cell in json.loads(notebook.executed)["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
                errors = [o for o in cell.get("outputs", []) if o["output_type"] == "error"]
                reason = cell["metadata"].get(NOTE, {}).get("failed", ["", ""])
                if errors:
                    return f"{errors[0]['ename']}: {errors[0]['evalue']}" if reason[0] != "cannot_cross" else reason[1]
    return "it raised nothing."

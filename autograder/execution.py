"""Execute one sanitised notebook in its sessions: which cell runs where, what crosses, what became of each check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.assignment import Assignment, AssignmentNotebook
from autograder.kernel.protocol import ANSWER, APPLY, CALLBACK, QUERY, REQUEST, message, parts
from autograder.kernel.session import DATA_FILES
from autograder.sandbox import Limits
from autograder.sandbox.channel import ChannelClosed, ChannelTimeout, MessageTooBig
from autograder.sanitise import PlannedCell, Sanitised
from autograder.transfer import TransferError, pack, unpack

GRACE_S = 3.0  # what an interrupted cell gets to end by itself
_ENDINGS = {
    "memory": "the notebook used more than {limits.memory_mb} MB of memory",
    "cpu": "the notebook used more than {limits.cpu_s} seconds of computing time",
    "time": "a cell ran longer than {cell_s:g} seconds and could not be stopped",
    "exited": "the notebook ended its own process",
    "message": "a value was larger than {limits.message_mb} MB",
}


@dataclass
class Surface:
    """What the tests of a notebook do with objects of the solution: learned from the instructor's own solution.

    Parameters
    ----------
    used : dict of str to frozenset of str
        Test's grade id -> ways in which it hands values to the solution's objects.
    mutable : frozenset of str
        Arguments that the solution's functions change in place.
    """

    used: dict[str, frozenset[str]] = field(default_factory=dict)
    mutable: frozenset[str] = frozenset()


class Gone(Exception):  # noqa: N818 - it is no error of anybody's code
    """A session ended; says how, in a sentence's worth of words."""


class Side:
    """One session, as the coordinator talks to it."""

    def __init__(self, session: Any, limits: Limits, cell_s: float) -> None:
        self.session, self.limits, self.cell_s = session, limits, cell_s
        self.gone = ""
        self.stopped = False  # whether the last request was interrupted

    def request(self, op: str, body: bytes, seconds: float, other: Side | None = None) -> bytes:
        """Ask the session for something; pass what it asks meanwhile on to the other one.

        Raises
        ------
        Gone
            If the session ends before it answers, or has to be ended.
        """
        if self.gone:
            raise Gone(self.gone)
        self.stopped = False
        start = time.monotonic()
        end, last = start + seconds, start + seconds + 3 * GRACE_S
        try:
            self.session.channel.send(message(REQUEST, op, body), timeout_s=max(seconds, GRACE_S))
            while (now := time.monotonic()) < last:
                try:
                    kind, asked, data = parts(self.session.channel.receive(max(0.0, end - now)))
                except ChannelTimeout:
                    if self.stopped:
                        break
                    self.stopped = True
                    self.session.interrupt()
                    end = now + GRACE_S
                    continue
                if kind == ANSWER:
                    return data
                answer = _passed_on(other, self, kind, asked, data, end - time.monotonic())
                self.session.channel.send(message(ANSWER, asked, answer), timeout_s=GRACE_S)
                if other is not None and (other.gone or other.stopped):  # not this session's own doing
                    end = max(end, time.monotonic() + GRACE_S)
            raise self._end("time")
        except MessageTooBig:
            raise self._end("message") from None
        except (ChannelClosed, ChannelTimeout, ValueError):
            raise self._end(self.session.ended or "exited") from None

    def _end(self, how: str) -> Gone:
        self.session.kill()
        how = {"killed": "exited"}.get(self.session.ended, self.session.ended) if how == "exited" else how
        words = _ENDINGS.get(how, "its process was lost")
        self.gone = words.format(limits=self.limits, cell_s=self.cell_s)
        return Gone(self.gone)

    def run(self, source: str, seconds: float, other: Side | None = None, **options: Any) -> dict[str, Any]:
        """Run a cell; return what the session says about it, with well-formed outputs."""
        body = pack({"source": source, **options})
        try:
            answer = unpack(self.request("run", body, seconds, other))
        except TransferError:
            raise self._end("exited") from None
        if not isinstance(answer, dict):
            raise self._end("exited")
        answer["outputs"] = well_formed(answer.get("outputs"))
        if self.stopped:
            answer["outputs"] = [output for output in answer["outputs"] if output.output_type != "error"]
            answer["outputs"].append(_error_output("CellTimeoutError", f"The cell ran longer than {self.cell_s:g} s."))
        return answer


def _passed_on(other: Side | None, side: Side, kind: bytes, op: str, body: bytes, seconds: float) -> bytes:
    """Pass a session's question on to the other session and return the answer."""
    if kind != QUERY or op not in (APPLY, CALLBACK):
        raise ValueError("A session may only ask for these.")
    if other is None:
        return pack({"problem": "There is no test to talk to."})
    try:
        return other.request(op, body, max(seconds, 0.1), side)
    except Gone as gone:
        return pack({"gone": f"This part of the notebook is no longer there: {gone}."})


class Execution:
    """Executes one sanitised notebook in its sessions.

    Parameters
    ----------
    start : callable
        Starts a session: the trusted one (True) or the learner's.
    assignment : Assignment
        What is graded.
    notebook : AssignmentNotebook
        The notebook of it.
    sanitised : Sanitised
        The submission; outputs are put into its cells.
    files : mapping of str to bytes
        Everything that was handed in.
    limits : Limits
        What a submission may use.
    cell_s : float
        Seconds that a cell may take.
    deadline : float
        When the submission must be done, as `time.monotonic` counts.

    Attributes
    ----------
    notes, messages : list of str
        What trainer and learner should know.
    reasons : dict of str to (str, str)
        Test's grade id -> why it failed: a word for the kind, and what the learner may read of it.
    """

    def __init__(
        self, start: Callable[[bool], Side], assignment: Assignment, notebook: AssignmentNotebook,
        sanitised: Sanitised, files: Mapping[str, bytes], *, limits: Limits, cell_s: float, deadline: float,
    ) -> None:  # fmt: skip
        self.start, self.assignment, self.notebook, self.sanitised = start, assignment, notebook, sanitised
        self.limits, self.cell_s, self.deadline = limits, cell_s, deadline
        self.notes: list[str] = []
        self.messages: list[str] = []
        self.reasons: dict[str, tuple[str, str]] = {}
        instructor, kept = assignment.files, assignment.keep_files
        handed_in = {name: data for name, data in files.items() if not name.endswith(".ipynb")}
        self.learner_files = {**handed_in, **{name: data for name, data in instructor.items() if name not in kept}}
        data_only = {name: data for name, data in handed_in.items() if _is_data(name)}
        self.trusted_files = {
            **data_only,
            **{n: d for n, d in instructor.items() if n not in data_only or n not in kept},
        }
        self.trusted: Side | None = None
        self.learner = self._learner_side() if sanitised.learner_code else None
        self.displays: dict[str, list[Any]] = {}

    @property
    def seconds(self) -> float:
        """Seconds that the next cell may take."""
        return max(0.0, min(self.cell_s, self.deadline - time.monotonic()))

    def execute(self, surface: Surface, *, learning: bool) -> None:
        """Run every cell where it belongs and keep the outputs in the notebook."""
        for place, planned in enumerate(self.sanitised.cells):
            if planned.source_t and planned.source_t.strip():
                self._trusted_cell(place, planned, surface, learning=learning)
            if not (planned.source_s and planned.source_s.strip()):
                continue
            if planned.role == "learner":
                self._learner_cell(place, planned)
            elif self.learner is not None and not self.learner.gone:
                self._in_learner_session(planned.source_s)

    def _learner_cell(self, place: int, planned: PlannedCell) -> None:
        assert planned.source_s is not None
        if self.learner is None:  # as released: the instructor's own code
            self._trusted_cell(place, replace(planned, source_t=planned.source_s), Surface(), learning=False)
            return
        if self.learner.gone:
            planned.cell.outputs = [_error_output("NotRun", f"This cell did not run: {self.learner.gone}.")]
            return
        answer = self._in_learner_session(planned.source_s)
        if not answer:
            planned.cell.outputs = [_error_output("Stopped", f"{self.learner.gone}.")]
            return
        planned.cell.outputs = answer["outputs"]
        planned.cell.execution_count = _count(answer)
        self._keep_displays(planned.cell.outputs, answer)
        for output in planned.cell.outputs:
            if output.output_type == "error":
                self._tell(f"Cell {place + 1} raised {output.ename}: {output.evalue}"[:200])

    def _in_learner_session(self, source: str) -> dict[str, Any]:
        assert self.learner is not None
        try:
            return self.learner.run(source, self.seconds)
        except Gone as gone:
            self._tell(f"The notebook was stopped: {gone}. What comes after that could not be scored.")
            return {}

    def _trusted_cell(self, place: int, planned: PlannedCell, surface: Surface, *, learning: bool) -> None:
        cell, grade_id = planned.cell, planned.grade_id or ""
        seconds = self.seconds
        if seconds <= 0:
            self._not_run(planned, "time", f"the submission took longer than {self.limits.wall_s:g} seconds")
            return
        try:
            side = self._trusted_side(place)
            self._hand_over(side, planned)
            answer = side.run(
                planned.source_t or "", seconds, self.learner, label=grade_id,
                allowed=None if learning else sorted(surface.used.get(grade_id, ())),
                mutable=sorted(surface.mutable), shared=sorted(self.notebook.shared_names),
            )  # fmt: skip
        except Gone as gone:
            self._not_run(planned, "stopped", f"the check was stopped: {gone}")
            self.trusted = None  # the next check gets a new session
            return
        cell.outputs = answer["outputs"]
        cell.execution_count = _count(answer)
        self._keep_displays(cell.outputs, answer)
        used = answer.get("used") or ()
        if learning:
            surface.used[grade_id] = frozenset(key for key in used if not key.startswith("changes "))
            surface.mutable |= {key.removeprefix("changes ") for key in used if key.startswith("changes ")}
        if planned.role == "learner" and self.learner is not None:  # the instructor's copy of a cell that was changed
            cell.outputs = []
            return
        self.notes += [f"{grade_id}: {hint}" for hint in answer.get("hints") or ()]
        if reason := answer.get("reason"):
            self._failed(planned, place, str(reason[0]), str(reason[1]))

    def _failed(self, planned: PlannedCell, place: int, kind: str, text: str) -> None:
        error = next((output for output in planned.cell.outputs if output.output_type == "error"), None)
        said = f"{error.ename}: {error.evalue}"[:200] if error else kind
        if planned.role != "test":
            self._tell(f"Cell {place + 1} raised {said}")
            return
        self.reasons[planned.grade_id or ""] = (kind, text)
        if kind == "cannot_cross":
            self.notes.append(
                f"{planned.grade_id}: a value could not be judged, so it earned nothing; look at the answer. {text}"
            )
        elif kind == "error":
            self.notes.append(f"{planned.grade_id} (scored) raised {said}")

    def _not_run(self, planned: PlannedCell, kind: str, why: str) -> None:
        planned.cell.outputs = [_error_output("CheckStopped", why)]
        if planned.role == "test":
            self.reasons[planned.grade_id or ""] = (kind, why)
        self.notes.append(f"{planned.grade_id or 'A cell'}: {why}.")

    def _tell(self, text: str) -> None:
        self.notes.append(text)
        self.messages.append(text)

    # --- sessions --------------------------------------------------------------------------------------------------

    def _learner_side(self) -> Side:
        side = self.start(False)
        side.request("files", pack({"files": self.learner_files}), self.cell_s)
        return side

    def _trusted_side(self, place: int) -> Side:
        """Return the trusted session; a new one, brought to where the old one was, if that had to be ended."""
        if self.trusted is None:
            self.trusted = side = self.start(True)
            imports = dict(self.notebook.solution_imports) if self.learner else {}
            side.request("files", pack({"files": self.trusted_files, "imports": imports}), self.cell_s)
            for planned in self.sanitised.cells[:place]:
                if planned.role != "test" and planned.source_t:
                    side.run(planned.source_t, self.seconds, self.learner)
        return self.trusted

    def _hand_over(self, side: Side, planned: PlannedCell) -> None:
        """Give the trusted session the learner's names and data files as they are now."""
        if self.learner is None:
            return
        names = self._names(planned)
        try:
            if names:
                exported = self.learner.request("export", pack({"names": names}), self.seconds)
            changed = self.learner.request("changed", pack({"bytes": self.limits.file_mb << 20}), self.seconds)
        except Gone as gone:
            side.request("assign", pack({name: {"problem": f"It is gone: {gone}."} for name in names}), self.seconds)
            return
        if names:
            side.request("assign", exported, self.seconds)
        files = self._safe(changed)
        if files:
            side.request("files", pack({"files": files}), self.seconds)

    def _names(self, planned: PlannedCell) -> list[str]:
        names = self.notebook.learner_names.get(planned.origin if planned.origin is not None else -1, frozenset())
        return sorted(names | self.notebook.solution_imports.keys() | self.sanitised.changed_plain)

    def _safe(self, changed: bytes) -> dict[str, bytes]:
        """Return the files that a session says a cell wrote: data, inside the folder, not the instructor's."""
        try:
            files = unpack(changed)
        except TransferError:
            return {}
        instructor = self.assignment.files.keys() - self.assignment.keep_files
        return {
            name: data for name, data in (files.items() if isinstance(files, dict) else ())
            if isinstance(name, str) and isinstance(data, bytes) and _is_data(name) and name not in instructor
        }  # fmt: skip

    def _keep_displays(self, outputs: Iterable[Any], answer: Mapping[str, Any]) -> None:
        """Apply displays that were updated later, as nbclient does."""
        for output in outputs:
            if display_id := output.pop("display_id", None):
                self.displays.setdefault(str(display_id), []).append(output)
        updates = answer.get("updates")
        for display_id, bundle in updates.items() if isinstance(updates, dict) else ():
            for output in self.displays.get(str(display_id), ()):
                for display in well_formed(
                    [{"output_type": "display_data", **bundle}] if isinstance(bundle, dict) else []
                ):
                    output.update(data=display.data, metadata=display.metadata)


def _is_data(name: str) -> bool:
    path = Path(name)
    return (
        path.suffix.lower() in DATA_FILES
        and not path.is_absolute()
        and not any(part == ".." or part.startswith(".") for part in path.parts)
    )


def _count(answer: Mapping[str, Any]) -> int | None:
    count = answer.get("count")
    return count if type(count) is int else None


def _error_output(name: str, text: str) -> Any:
    return NotebookNode(output_type="error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def well_formed(outputs: Any) -> list[Any]:
    """Return what of a session's outputs nbformat knows, as nbformat's outputs; a learner's session may say anything.

    Examples
    --------
    >>> well_formed([{"output_type": "stream", "name": "stdout", "text": "hello"}, "rubbish"])
    [{'output_type': 'stream', 'name': 'stdout', 'text': 'hello'}]
    """
    found: list[Any] = []
    for output in outputs if isinstance(outputs, list) else ():
        match output:
            case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
                found.append(NotebookNode(output_type="stream", name=name, text=text))
            case {"output_type": "error", "ename": str(name), "evalue": str(text), "traceback": list(lines)}:
                trace = [line for line in lines if isinstance(line, str)]
                found.append(NotebookNode(output_type="error", ename=name, evalue=text, traceback=trace))
            case {"output_type": "execute_result" | "display_data" as kind, "data": dict(data), "metadata": dict(meta)}:
                made = NotebookNode(output_type=kind, data=NotebookNode(_texts(data)), metadata=from_dict(meta))
                if kind == "execute_result":
                    made.execution_count = _count(output | {"count": output.get("execution_count")})
                elif isinstance(output.get("display_id"), str):
                    made["display_id"] = output["display_id"]
                found.append(made)
    return found


def _texts(data: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a MIME bundle whose text is text; JSON types may hold any JSON."""
    return {str(mime): value for mime, value in data.items() if isinstance(value, str) or str(mime).endswith("json")}

"""Execute one sanitised notebook in its sessions: which cell runs where, what crosses, what became of each check."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.assignment import Assignment, AssignmentNotebook
from autograder.errors import GraderError
from autograder.kernel.protocol import ANSWER, APPLY, CALLBACK, QUERY, REQUEST, message, parts
from autograder.kernel.session import DATA_FILES, most_bytes
from autograder.sandbox import Limits
from autograder.sandbox.channel import ChannelClosed, ChannelTimeout, MessageTooBig
from autograder.sanitise import PlannedCell, Sanitised
from autograder.transfer import TransferError, pack, unpack

MOST_DEPTH = 60  # questions within questions between the two sessions
GRACE_S = 3.0  # what an interrupted cell gets to end by itself
_ENDINGS = {
    "memory": "the notebook used more than {limits.memory_mb} MB of memory",
    "cpu": "the notebook used more than {limits.cpu_s} seconds of computing time",
    "time": "a cell ran longer than {cell_s:g} seconds and could not be stopped",
    "exited": "the notebook ended its own process",
    "wall": "the submission took longer than {limits.wall_s:g} seconds",
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
    files : frozenset of str
        The instructor's files, shipped or written by a cell, that the solution writes, too.
    """

    used: dict[str, frozenset[str]] = field(default_factory=dict)
    mutable: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


class Gone(Exception):  # noqa: N818 - it is no error of anybody's code
    """A session ended; says how, in a sentence's worth of words."""


class Side:
    """One session, as the coordinator talks to it."""

    def __init__(self, session: Any, limits: Limits, cell_s: float) -> None:
        self.session, self.limits, self.cell_s = session, limits, cell_s
        self.gone = ""
        self.stopped = False  # whether the last request was interrupted

    def request(
        self, op: str, body: bytes, seconds: float, other: Side | None = None, *, depth: int = 0
    ) -> bytes:  # fmt: skip
        """Ask the session for something; pass what it asks meanwhile on to the other one.

        A request to run a cell may be answered with a question to apply an object of the other session's, that with a
        question to call a function back, and so on, one in the other.

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
                    end = time.monotonic() + GRACE_S
                    continue
                if (kind, asked) == (ANSWER, op):
                    return data
                if (kind, asked) != (QUERY, CALLBACK if op == APPLY else APPLY):
                    raise ValueError("This is neither an answer to what was asked nor a question that may be asked.")
                answer = _passed_on(other, self, asked, data, end - time.monotonic(), depth)
                self.session.channel.send(message(ANSWER, asked, answer), timeout_s=GRACE_S)
                if other is not None and (other.gone or other.stopped):  # not this session's own doing
                    end = max(end, time.monotonic() + GRACE_S)
            raise self.end("time")
        except MessageTooBig:
            raise self.end("message") from None
        except (ChannelClosed, ChannelTimeout, ValueError):
            raise self.end(self.session.ended or "exited") from None

    def end(self, how: str) -> Gone:
        """End the session; return what to raise."""
        self.session.kill()
        how = {"killed": "exited"}.get(self.session.ended, self.session.ended) if how == "exited" else how
        if how == "host":  # nobody's score: whoever asked tries again
            raise GraderError("The sandbox was lost while it ran this submission.", "Is there memory enough?")
        words = _ENDINGS.get(how, "its process was lost")
        self.gone = words.format(limits=self.limits, cell_s=self.cell_s)
        return Gone(self.gone)

    def run(
        self, source: str, seconds: float, other: Side | None = None, *, limit_kb: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """Run a cell; return what the session says about it, with well-formed outputs (see there for `limit_kb`)."""
        body = pack({"source": source, **options})
        try:
            answer = unpack(self.request("run", body, seconds, other))
        except TransferError:
            raise self.end("exited") from None
        if not isinstance(answer, dict):
            raise self.end("exited")
        answer["outputs"] = well_formed(answer.get("outputs"), limit_kb)
        answer["reason"] = [clean_text(str(word)) for word in answer.get("reason") or ()]
        if self.stopped:
            answer["outputs"] = [output for output in answer["outputs"] if output.output_type != "error"]
            answer["outputs"].append(_error_output("CellTimeoutError", f"The cell ran longer than {self.cell_s:g} s."))
        return answer


def _passed_on(other: Side | None, side: Side, op: str, body: bytes, seconds: float, depth: int) -> bytes:
    """Pass a session's question on to the other session and return the answer."""
    if other is None:
        return pack({"problem": "There is no test to talk to."})
    if depth >= MOST_DEPTH:
        return pack({"problem": "A test's function and the learner's call each other without end."})
    try:
        return other.request(op, body, max(seconds, 0.1), side, depth=depth + 1)
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
        instructor = {name: data for name, data in assignment.files.items() if name not in assignment.keep_files}
        handed_in = {
            name: data for name, data in files.items()
            if not name.endswith(".ipynb") and name not in instructor and not _in_the_way(name, assignment.files)
        }  # fmt: skip
        self.instructor_files = dict(assignment.files)
        self.handed_in = handed_in
        self.trusted: Side | None = None
        self.learner = self._learner_side() if sanitised.learner_code else None
        self.displays: dict[tuple[bool, str], list[Any]] = {}  # (of the trusted session, display id) -> outputs

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
        if self.learner is not None and self.learner.gone and not self.messages:
            self._tell(f"The notebook was stopped: {self.learner.gone}.")

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
        self._keep_displays(planned.cell.outputs, answer, trusted=False)
        for output in planned.cell.outputs:
            if output.output_type == "error" and not self._as_released(planned):
                self._tell(f"Cell {place + 1} raised {_said(output)}")

    def _in_learner_session(self, source: str) -> dict[str, Any]:
        assert self.learner is not None
        try:
            if self.seconds <= 0:
                raise self.learner.end("wall")
            return self.learner.run(source, self.seconds, limit_kb=self.limits.output_kb)
        except Gone as gone:
            self._tell(f"The notebook was stopped: {gone}. What comes after that could not be scored.")
            return {}

    def _run_trusted(
        self, side: Side, planned: PlannedCell, surface: Surface, seconds: float, *, learning: bool
    ) -> dict[str, Any]:
        """Run a cell of the instructor's with what it may do with the learner's objects; learn it from the solution."""
        cell = planned.grade_id or f"cell {planned.origin}"
        self._hand_over(side, planned, surface, learning=learning)
        answer = side.run(
            planned.source_t or "", seconds, self.learner,
            allowed=None if learning else sorted(surface.used.get(cell, ())),
            mutable=sorted(surface.mutable), shared=sorted(self.notebook.shared_names),
        )  # fmt: skip
        if learning:
            used = answer.get("used") or ()
            surface.used[cell] = frozenset(key for key in used if not key.startswith("changes "))
            surface.mutable |= {key.removeprefix("changes ") for key in used if key.startswith("changes ")}
        return answer

    def _trusted_cell(self, place: int, planned: PlannedCell, surface: Surface, *, learning: bool) -> None:
        cell, grade_id = planned.cell, planned.grade_id
        seconds = self.seconds
        if seconds <= 0:
            self._not_run(planned, "time", f"the submission took longer than {self.limits.wall_s:g} seconds")
            return
        try:
            side = self._trusted_side(place, surface)
            answer = self._run_trusted(side, planned, surface, seconds, learning=learning)
        except Gone as gone:
            self._not_run(planned, "stopped", f"the check was stopped: {gone}")
            self.trusted = None  # the next check gets a new session
            return
        cell.outputs = answer["outputs"]
        cell.execution_count = _count(answer)
        self._keep_displays(cell.outputs, answer, trusted=True)
        if planned.role == "learner" and self.learner is not None:  # the instructor's copy of a cell that was changed
            cell.outputs = []
            return
        self.notes += [f"{grade_id or f'Cell {place + 1}'}: {hint}" for hint in answer.get("hints") or ()]
        if answer["reason"]:
            self._failed(planned, place, *answer["reason"])

    def _failed(self, planned: PlannedCell, place: int, kind: str, text: str) -> None:
        error = next((output for output in planned.cell.outputs if output.output_type == "error"), None)
        said = _said(error) if error else kind
        if planned.role != "test":
            if not self._as_released(planned):
                self._tell(f"Cell {place + 1} raised {said}")
            return
        self.reasons[planned.grade_id or ""] = (kind, text)
        if kind == "cannot_cross":
            self.notes.append(
                f"{planned.grade_id}: a value could not be judged, so it earned nothing; look at the answer. {text}"
            )
        elif kind == "error" and not self._names(planned):  # of a test of the learner's code it is an ordinary answer
            self.notes.append(f"{planned.grade_id} (scored) raised {said}")

    def _as_released(self, planned: PlannedCell) -> bool:
        """Tell whether a solution cell is the released stub, which may raise on purpose."""
        released = self.notebook.released_nb.cells
        return (
            planned.origin is not None
            and planned.role == "learner"
            and (planned.source_s == released[planned.origin].source)
        )

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
        with suppress(Gone):  # then no cell runs, and the learner is told so
            self._send_files(side, {**self.instructor_files, **self.handed_in})
        return side

    def _send_files(self, side: Side, files: Mapping[str, bytes], **options: Any) -> list[str]:
        """Send files in messages that are small enough; return what the session says about them."""
        batches: list[dict[str, bytes]] = [{}]
        left = most = most_bytes(self.limits)
        for name, data in files.items():
            if len(data) > most:
                self.notes.append(f"{name[:100]!a} is too large for the cells to read; it was left out.")
                continue
            if len(data) > left:
                batches.append({})
                left = most
            batches[-1][name] = data
            left -= len(data)
        found: list[str] = []
        for batch in filter(None, batches):
            answer = unpack(side.request("files", pack({"files": batch, **options}), self.cell_s))
            found += answer if isinstance(answer, list) else []
        return found

    def _trusted_side(self, place: int, surface: Surface) -> Side:
        """Return the trusted session; a new one, brought to where the old one was, if that had to be ended."""
        if self.trusted is None:
            side = self.start(True)
            imports = dict(self.notebook.solution_imports) if self.learner else {}
            side.request("files", pack({"files": {}, "imports": imports}), self.cell_s)
            self._send_files(side, self.instructor_files)
            # Of the files that the course leaves to the learner, the learner's copy counts.
            given = self.assignment.keep_files & self.instructor_files.keys()
            data = {name: data for name, data in self.handed_in.items() if _is_data(name)}
            self._send_files(side, data, theirs=True, may=sorted(given))
            for planned in self.sanitised.cells[:place]:
                if planned.role != "test" and planned.source_t and self.seconds > 0:
                    self._run_trusted(side, planned, surface, self.seconds, learning=False)
            self.trusted = side
        return self.trusted

    def _hand_over(self, side: Side, planned: PlannedCell, surface: Surface, *, learning: bool) -> None:
        """Give the trusted session the learner's names and data files as they are now."""
        if self.learner is None:
            return
        names = self._names(planned)
        exported = changed = b""
        try:
            if names:
                exported = self.learner.request("export", pack({"names": names}), self.seconds)
            most = min(self.limits.file_mb << 20, most_bytes(self.limits))
            changed = self.learner.request("changed", pack({"bytes": most}), self.seconds)
        except Gone as gone:
            exported = pack({name: {"problem": f"It is gone: {gone}."} for name in names})
        if names:
            side.request("assign", pack({"names": names, "exported": exported}), self.cell_s)
        if files := _data_files(changed):
            found = self._send_files(side, files, theirs=True, may=None if learning else sorted(surface.files))
            surface.files |= {*found} if learning else set()

    def _names(self, planned: PlannedCell) -> list[str]:
        names = self.notebook.learner_names.get(planned.origin if planned.origin is not None else -1, frozenset())
        return sorted(names | self.notebook.solution_imports.keys() | self.sanitised.changed_plain)

    def _keep_displays(self, outputs: Iterable[Any], answer: Mapping[str, Any], *, trusted: bool) -> None:
        """Apply displays that were updated later, as nbclient does; a session updates its own."""
        for output in outputs:
            if display_id := output.pop("display_id", None):
                self.displays.setdefault((trusted, display_id), []).append(output)
        updates = answer.get("updates")
        for display_id, bundle in updates.items() if isinstance(updates, dict) else ():
            shown = self.displays.get((trusted, display_id), ()) if isinstance(display_id, str) else ()
            if shown and isinstance(bundle, dict):
                new = {"output_type": "display_data", "data": bundle.get("data"), "metadata": bundle.get("metadata")}
                for display in well_formed([new], self.limits.output_kb):
                    for output in shown:
                        output.update(data=display.data, metadata=display.metadata)


def _is_data(name: str) -> bool:
    """Tell whether a name is a data file's, inside the folder, and the only way to write it."""
    path = PurePosixPath(name)
    return (
        path.suffix.lower() in DATA_FILES
        and not path.is_absolute()
        and not any(part == ".." or part.startswith(".") for part in path.parts)
        and str(path) == name == clean_text(name)
        and "\0" not in name
    )


def _in_the_way(name: str, instructor: Iterable[str]) -> bool:
    """Tell whether a learner's file stands where the instructor has a folder, or the other way round."""
    return any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in instructor)


def _data_files(changed: bytes) -> dict[str, bytes]:
    """Return what of the files that a session says a cell wrote is data inside its folder."""
    try:
        files = unpack(changed)
    except TransferError:
        return {}
    return {
        name: data for name, data in (files.items() if isinstance(files, dict) else ())
        if isinstance(name, str) and isinstance(data, bytes) and _is_data(name)
    }  # fmt: skip


def _said(error: Any) -> str:
    """Return an error in a line."""
    return f"{error.ename}: {error.evalue}".rstrip(": ")[:200]


def _count(answer: Mapping[str, Any]) -> int | None:
    count = answer.get("count")
    return count if type(count) is int and 0 <= count < 10**9 else None


def _error_output(name: str, text: str) -> Any:
    return NotebookNode(output_type="error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def well_formed(outputs: Any, limit_kb: int | None = None) -> list[Any]:
    """Return what of a session's outputs nbformat knows, as nbformat's outputs; a learner's session may say anything.

    Parameters
    ----------
    outputs : object
        What the session says.
    limit_kb : int, optional
        Kilobytes that a cell may put out. A session keeps that itself; of a learner's, which may not, what is beyond
        twice as much is dropped. Of the trusted one nothing is: an error is a score.

    Returns
    -------
    list of NotebookNode
        Outputs that can be written as a notebook.

    Examples
    --------
    >>> well_formed([{"output_type": "stream", "name": "stdout", "text": "hello"}, "rubbish"])
    [{'output_type': 'stream', 'name': 'stdout', 'text': 'hello'}]
    """
    found: list[Any] = []
    left = 2000 * (limit_kb or 0)
    for output in outputs if isinstance(outputs, list) else ():
        made = _output(output)
        if made is None:
            continue
        if limit_kb is not None:
            left -= 100 + len(json.dumps(made, ensure_ascii=False))
            if left < 0:
                break
        found.append(made)
    return found


def _output(output: Any) -> Any:
    """Return one output as nbformat's, None if it is none."""
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
            return NotebookNode(output_type="stream", name=name, text=clean_text(text))
        case {"output_type": "error", "ename": str(name), "evalue": str(text), "traceback": list(lines)}:
            trace = [clean_text(line) for line in lines if isinstance(line, str)]
            return NotebookNode(output_type="error", ename=clean_text(name), evalue=clean_text(text), traceback=trace)
        case {"output_type": "execute_result" | "display_data" as kind, "data": dict(data), "metadata": dict(meta)}:
            texts = {
                mime: value for mime, value in data.items() if isinstance(value, str) or str(mime).endswith("json")
            }
            made = from_dict({"output_type": kind, "data": clean_json(texts), "metadata": clean_json(meta)})
            if kind == "execute_result":
                made.execution_count = _count({"count": output.get("execution_count")})
            elif isinstance(output.get("display_id"), str):
                made["display_id"] = clean_text(output["display_id"])
            return made
    return None


def clean_text(text: str) -> str:
    r"""Return a text as it can be written to a file: without halves of surrogate pairs.

    Examples
    --------
    >>> clean_text("half: \ud800")
    'half: ?'
    """
    return text.encode("utf-8", "replace").decode()


def clean_json(value: Any) -> Any:
    """Return what of a value is JSON that every reader takes; None stands for the rest."""
    if isinstance(value, dict):
        return {clean_text(key): clean_json(one) for key, one in value.items() if type(key) is str}
    if isinstance(value, list | tuple):
        return [clean_json(one) for one in value]
    if type(value) is str:
        return clean_text(value)
    good = type(value) is bool or (type(value) in (int, float) and abs(value) < 1e300)  # not NaN, either
    return value if good else None

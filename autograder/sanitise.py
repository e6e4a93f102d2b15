"""What of a submission counts, and which session runs each cell.

Of a submitted notebook the grader takes the source of solution cells, of cells that the learner added and of plain
cells that the learner changed; all else is the instructor's copy. Every cell of the instructor's that is scored or runs
stands in the result exactly once and in the instructor's order, whatever was deleted, copied, moved or retyped.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.assignment import AssignmentNotebook, GradedCell, Role, grade_id_of
from autograder.errors import CourseError
from autograder.names import bound_otherwise, mutated

MAX_BYTES = 50_000_000
MAX_VALUES = 3_000_000  # a value of JSON takes up to 100 bytes of memory, however short it is written
MAX_CELLS = 10_000
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SKIP = "skip-execution"
_SURROGATES = re.compile("[\ud800-\udfff]")


class UnreadableNotebook(CourseError):  # noqa: N818 - it is raised to the learner, who reads a reason, not an error
    """A submitted notebook cannot be read at all; `problem` says why in words for the learner."""


@dataclass(frozen=True)
class PlannedCell:
    """One cell of a sanitised submission and what is to be run for it.

    Parameters
    ----------
    cell : NotebookNode
        The cell without outputs; the same object as in `Sanitised.nb`.
    role : {"trusted", "test", "learner", "text"}
        The instructor's own cell, a test, what a learner wrote, or no code at all.
    source_t : str or None
        What the trusted session runs: always the instructor's own text, with hidden tests.
    source_s : str or None
        What the learner's session runs; never a test, nor a cell that the learner deleted on purpose.
    origin : int or None
        The cell's place in the released notebook, None for a cell that the learner added.
    grade_id : str or None
        nbgrader's name of the cell, None for a plain one.
    """

    cell: Any
    role: Role
    source_t: str | None
    source_s: str | None
    origin: int | None = None
    grade_id: str | None = None


@dataclass(frozen=True)
class Sanitised:
    """A submission of which only the learner's own work is the learner's.

    Parameters
    ----------
    nb : NotebookNode
        What becomes the autograded notebook: nbformat 4.5, no outputs.
    cells : tuple of PlannedCell
        One for each cell of `nb`, in the same order.
    restored : tuple of str
        Grade ids of the cells that were missing and were put back.
    notes : tuple of str
        What differs from the released notebook in more than answers, one sentence each, for the trainer.
    learner_code : bool
        False when nothing that runs was written by the learner: every `source_s` is the instructor's release, so the
        trusted session may run it and no other is needed.
    changed_plain : frozenset of str
        Names that trusted or test cells read and that plain code cells bind (not import) which the learner changed,
        moved or deleted: they are the learner's too.
    """

    nb: Any
    cells: tuple[PlannedCell, ...]
    restored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    learner_code: bool = False
    changed_plain: frozenset[str] = frozenset()


@dataclass
class _Submitted:
    """What counts of a submitted cell."""

    cell_type: str
    source: str
    grade_id: str | None
    cell_id: str | None
    tags: list[str]
    attachments: dict[str, dict[str, str]]
    origin: int | None = None  # the released cell that it is a copy of
    odd: bool = False  # its source was not text
    flags: Mapping[str, Any] = field(default_factory=dict)  # what it says of itself as nbgrader metadata


def sanitise(
    submitted: str | bytes, notebook: AssignmentNotebook, *, strict: bool = False, max_bytes: int = MAX_BYTES
) -> Sanitised:
    """Take from a submitted notebook what is the learner's, everything else from the instructor's copy.

    Parameters
    ----------
    submitted : str or bytes
        The file handed in.
    notebook : AssignmentNotebook
        What it is a copy of.
    strict : bool
        As nbgrader does it: deleted graded cells stay away (nbgrader then asks a person for a score), moved ones stay
        where they are, of copies the last one counts.
    max_bytes : int
        Refuse a file that is larger.

    Returns
    -------
    Sanitised
        The notebook and what to run. Equal submissions give equal results.

    Raises
    ------
    UnreadableNotebook
        If the file is not a notebook; nothing else is raised whatever it holds.
    """
    import nbformat

    theirs, notes = _read_cells(submitted, max_bytes)
    copies = _match(theirs, notebook, strict=strict)
    slots = (_arrange_strictly if strict else _arrange)(theirs, copies, notebook)
    planner = _Planner(theirs, notebook)
    cells = tuple(planner.plan(slot) for slot in slots)
    notes += [f"Cell {grade_id} was missing and was put back." for grade_id in planner.restored]
    notes += planner.notes
    notes += _notes_on_copies(theirs, copies, notebook)
    if planner.missing_plain:
        notes.append(f"{planner.missing_plain} of the instructor's code cells were missing.")
    changed = (planner.changed & notebook.trusted_loads) - notebook.imported_names
    nb = nbformat.from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": copy.deepcopy(dict(notebook.released_nb.metadata)),
            "cells": [],
        }
    )
    nb.cells = [planned.cell for planned in cells]
    return Sanitised(
        nb,
        cells,
        tuple(planner.restored),
        tuple(notes),
        learner_code=planner.learner_code or bool(changed),
        changed_plain=frozenset(changed),
    )


# Reading


def _read_cells(submitted: str | bytes, max_bytes: int) -> tuple[list[_Submitted], list[str]]:
    """Read what counts of a submitted notebook, and what was odd about it."""
    nb = _parse(submitted, max_bytes)
    cells = nb.get("cells")
    if not isinstance(cells, list):
        raise _unreadable("it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise _unreadable(f"it has {len(cells)} cells, and {MAX_CELLS} are the most that can be graded")
    theirs = [cell for cell in map(_read_cell, cells) if cell is not None]
    notes = []
    if len(theirs) < len(cells):
        notes.append(f"{len(cells) - len(theirs)} entries were no cells and were left out.")
    if odd := sum(cell.odd for cell in theirs):
        notes.append(f"The source of {odd} cells was not plain text.")
    return theirs, notes


def _parse(submitted: str | bytes, max_bytes: int) -> dict[str, Any]:
    if len(submitted) > max_bytes:
        raise _unreadable(
            f"it is larger than {max_bytes / 1e6:g} MB", "Clear the outputs, save it and hand it in again."
        )
    data = submitted.encode("utf-8", "replace") if isinstance(submitted, str) else submitted
    if not data.strip():
        raise _unreadable("it is empty")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_VALUES:
        raise _unreadable("it holds too much", "Clear the outputs, save it and hand it in again.")
    try:
        nb = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise _unreadable("its parts are nested too deeply") from None
    except UnicodeDecodeError:
        raise _unreadable("it is not text") from None
    except ValueError:
        raise _unreadable("it is damaged (not valid JSON)") from None
    if not isinstance(nb, dict):
        raise _unreadable("it is another kind of file")
    version = nb.get("nbformat")
    if isinstance(version, int) and version > 4:
        raise _unreadable("a newer Jupyter wrote it", "Save it in the lab's own Jupyter and hand it in again.")
    if "cells" not in nb and isinstance(nb.get("worksheets"), list):
        return {**nb, "cells": list(_cells_of_worksheets(nb["worksheets"]))}
    return nb


def _cells_of_worksheets(worksheets: list[Any]) -> Iterator[Any]:
    """Return the cells of a notebook of format 2 or 3, as far as they count, as ones of format 4."""
    for worksheet in worksheets:
        cells = worksheet.get("cells") if isinstance(worksheet, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            yield {**cell, "source": cell.get("input", cell.get("source", ""))} if isinstance(cell, dict) else cell


def _read_cell(cell: Any) -> _Submitted | None:
    if not isinstance(cell, dict):
        return None
    source, odd = _text(cell.get("source", ""))
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kind = cell.get("cell_type")
    cell_id = cell.get("id")
    tags = metadata.get("tags")
    nbgrader = metadata.get("nbgrader")
    return _Submitted(
        cell_type=kind if kind in ("code", "markdown", "raw") else "markdown" if kind == "heading" else "raw",
        source=source,
        grade_id=grade_id_of({"metadata": metadata}),
        cell_id=cell_id if isinstance(cell_id, str) and _CELL_ID.fullmatch(cell_id) else None,
        tags=[tag for tag in tags if tag == _SKIP][:1] if isinstance(tags, list) else [],
        attachments=_attachments(cell.get("attachments")),
        odd=odd,
        flags=nbgrader if isinstance(nbgrader, dict) else {},
    )


def _text(source: Any) -> tuple[str, bool]:
    """Return a source as text that can be written as UTF-8, and whether it was something else."""
    if isinstance(source, list):
        lines = [line for line in source if isinstance(line, str)]
        text, odd = "".join(lines), len(lines) < len(source)
    else:
        text, odd = (source, False) if isinstance(source, str) else ("", True)
    clean = _SURROGATES.sub("\ufffd", text)
    return clean, odd or clean != text


def _attachments(found: Any) -> dict[str, dict[str, str]]:
    """Return the pictures pasted into a cell, without anything that is not one."""
    if not isinstance(found, dict):
        return {}
    kept = {}
    for name, bundle in found.items():
        if isinstance(bundle, dict):
            data = {mime: _text(value)[0] for mime, value in bundle.items() if isinstance(value, str | list)}
            kept[_text(name)[0]] = {_text(mime)[0]: value for mime, value in data.items()}
    return kept


def _unreadable(reason: str, hint: str = "Open it in Jupyter, save it and hand it in again.") -> UnreadableNotebook:
    return UnreadableNotebook(f"The notebook cannot be read: {reason}.", hint)


# Matching


def _match(theirs: list[_Submitted], notebook: AssignmentNotebook, *, strict: bool) -> dict[int, list[int]]:
    """Tell which released cell each submitted one is a copy of; return the places of the copies of each."""
    released = notebook.released_nb.cells
    graded = {graded.grade_id: place for place, cell in enumerate(released) if (graded := notebook.graded(cell))}
    copies: dict[int, list[int]] = defaultdict(list)

    def take(index: int, origin: int) -> None:
        theirs[index].origin = origin
        copies[origin].append(index)

    for index, cell in enumerate(theirs):
        if cell.grade_id in graded:
            take(index, graded[cell.grade_id])
    # A front end that drops nbgrader's metadata keeps the cell ids, an old one keeps neither.
    known = {place for place in graded.values() if strict or place in copies}
    lost = set(graded.values()) - known
    ids = {cell["id"]: place for place, cell in enumerate(released) if "id" in cell and place not in known}
    for index, cell in enumerate(theirs):
        place = ids.get(cell.cell_id) if cell.cell_id else None
        if cell.origin is None and place is not None and (place in lost or released[place].cell_type == cell.cell_type):
            take(index, place)
    same: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    for place, cell in enumerate(released):
        if place not in copies and place not in known:
            same[cell.cell_type, cell.source].append(place)
    for index, cell in enumerate(theirs):
        if cell.origin is None and (unclaimed := same.get((cell.cell_type, cell.source))):
            take(index, unclaimed.popleft())
    # In a notebook without ids a plain cell that was changed is known by the cells around it.
    for places, indexes in _gaps(theirs, len(released)):
        left = [p for p in places if notebook.plan[p][0] == "trusted" and p not in copies and p not in known | lost]
        new = [index for index in indexes if theirs[index].origin is None and theirs[index].cell_type == "code"]
        if len(left) == len(new):
            for index, place in zip(new, left, strict=True):
                take(index, place)
    return copies


def _chain(theirs: list[_Submitted]) -> dict[int, int]:
    """Return a longest series of submitted cells that stand in the instructor's order: released place to submitted.

    Between copies and between equally long series the later counts, as in nbgrader.
    """
    tops: list[int] = []  # the smallest released place that ends a series of each length, and where it stands
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for index, cell in enumerate(theirs):
        if cell.origin is not None:
            length = bisect_left(tops, cell.origin)
            before[index] = ends[length - 1] if length else None
            tops[length : length + 1] = [cell.origin]
            ends[length : length + 1] = [index]
    chain = {}
    at = ends[-1] if ends else None
    while at is not None:
        chain[theirs[at].origin or 0] = at
        at = before[at]
    return chain


def _gaps(theirs: list[_Submitted], n_released: int) -> Iterator[tuple[range, range]]:
    """Return the released and the submitted places between two cells of the chain, also at both ends."""
    last_place, last_index = -1, -1
    for place, index in (*sorted(_chain(theirs).items()), (n_released, len(theirs))):
        yield range(last_place + 1, place), range(last_index + 1, index)
        last_place, last_index = place, index


@dataclass(frozen=True)
class _Slot:
    """One place of the result: a released cell, a submitted one, or a released one as the learner left it."""

    origin: int | None
    index: int | None


def _arrange(theirs: list[_Submitted], copies: Mapping[int, list[int]], notebook: AssignmentNotebook) -> list[_Slot]:
    """Return all of the instructor's cells in the instructor's order, the learner's between them."""
    chain = _chain(theirs)
    graded = [notebook.graded(cell) is not None for cell in notebook.released_nb.cells]
    # A moved graded cell goes back to its place with what the learner wrote in it. A moved plain one counts twice:
    # for the learner where the learner put it, for the tests where the instructor did.
    moved = {place: found[-1] for place, found in copies.items() if graded[place] and place not in chain}
    taken = set(moved.values())
    slots: list[_Slot] = []
    for places, indexes in _gaps(theirs, len(graded)):
        missing = [place for place in places if graded[place] or notebook.plan[place][0] != "text"]
        # What a learner wrote instead of a deleted solution stands before the test that wants it.
        first = next((n for n, place in enumerate(missing) if notebook.plan[place][0] == "test"), len(missing))
        slots += [_Slot(place, moved.get(place)) for place in missing[:first]]
        slots += [_Slot(None, index) for index in indexes if index not in taken]
        slots += [_Slot(place, moved.get(place)) for place in missing[first:]]
        if places.stop < len(graded):
            slots.append(_Slot(places.stop, indexes.stop))
    return slots


def _arrange_strictly(
    theirs: list[_Submitted], copies: Mapping[int, list[int]], notebook: AssignmentNotebook
) -> list[_Slot]:
    """Return the cells as the learner left them, of copies the last, and plain ones that the tests may need."""
    kept = {found[-1]: place for place, found in copies.items()}
    slots = [_Slot(kept.get(index), index) for index in range(len(theirs))]
    for place, cell in enumerate(notebook.released_nb.cells):
        if place not in copies and notebook.plan[place][0] == "trusted" and notebook.graded(cell) is None:
            before = max(
                (n for n, slot in enumerate(slots) if slot.origin is not None and slot.origin < place), default=-1
            )
            slots.insert(before + 1, _Slot(place, None))
    return slots


# Planning


class _Planner:
    """Make the cells of the result and say which session runs what."""

    def __init__(self, theirs: list[_Submitted], notebook: AssignmentNotebook) -> None:
        self._theirs, self._notebook = theirs, notebook
        self._released = notebook.released_nb.cells
        self._used = {cell["id"] for cell in self._released if _CELL_ID.fullmatch(str(cell.get("id", "")))}
        self._numbers = itertools.count(1)  # one for all: counting from 1 for each cell takes minutes for 10,000
        self.restored: list[str] = []
        self.notes: list[str] = []
        self.learner_code = False
        self.changed: set[str] = set()  # what plain cells bind that are not as released
        self.missing_plain = 0

    def plan(self, slot: _Slot) -> PlannedCell:
        """Return the cell of one slot."""
        theirs = None if slot.index is None else self._theirs[slot.index]
        if slot.origin is None:
            assert theirs is not None
            return self._added(theirs)
        graded = self._notebook.graded(self._released[slot.origin])
        if graded is None:
            return self._plain(slot.origin, theirs)
        return self._graded(slot.origin, graded, theirs)

    def _graded(self, place: int, graded: GradedCell, theirs: _Submitted | None) -> PlannedCell:
        released = self._released[place]
        if theirs is None:
            self.restored.append(graded.grade_id)
        else:
            self.notes += _differences(theirs, graded, released)
        role, _ = self._notebook.plan[place]
        if graded.locked:
            cell = self._copy(place, graded.source, graded)
            run = _to_run(graded.source, released)
            return PlannedCell(
                cell,
                role,
                source_t=run if role != "text" else None,
                source_s=run if role == "trusted" else None,
                origin=place,
                grade_id=graded.grade_id,
            )
        # A deleted solution comes back for the person or the rule that scores it, and is not run: its stub could
        # undo what the learner wrote elsewhere.
        cell = self._copy(place, released.source if theirs is None else theirs.source, graded, theirs)
        run = _to_run(cell.source, released) if role == "learner" and theirs is not None else None
        self.learner_code |= run is not None and cell.source != released.source
        return PlannedCell(cell, role, None, run, place, graded.grade_id)

    def _plain(self, place: int, theirs: _Submitted | None) -> PlannedCell:
        released = self._released[place]
        role, source = self._notebook.plan[place]
        if role == "text":
            cell = self._copy(place, source if theirs is None else theirs.source, theirs=theirs)
            return PlannedCell(cell, "text", None, None, place)
        run = _to_run(source, released)
        if theirs is not None and theirs.source == source and (not theirs.tags or run is None):
            return PlannedCell(self._copy(place, source), "trusted", run, run, place)
        self.changed |= bound_otherwise(source) | mutated(source)
        if theirs is None:
            self.missing_plain += 1
            return PlannedCell(self._copy(place, source), "trusted", run, None, place)
        cell = self._copy(place, theirs.source)
        if theirs.tags:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), *theirs.tags]
        run_s = _to_run(theirs.source, cell)
        self.learner_code |= run_s is not None
        return PlannedCell(cell, "learner", run, run_s, place)

    def _added(self, theirs: _Submitted) -> PlannedCell:
        import nbformat

        cell_id = theirs.cell_id
        if cell_id is None or cell_id in self._used:
            cell_id = self._new_id("added")
        self._used.add(cell_id)
        metadata = {"tags": theirs.tags} if theirs.tags else {}
        content = {"id": cell_id, "cell_type": theirs.cell_type, "metadata": metadata, "source": theirs.source}
        cell = _complete(nbformat.from_dict(content), theirs)
        if theirs.cell_type != "code":
            return PlannedCell(cell, "text", None, None)
        run = _to_run(theirs.source, cell)
        self.learner_code |= run is not None
        return PlannedCell(cell, "learner", None, run)

    def _copy(self, place: int, source: str, graded: GradedCell | None = None, theirs: _Submitted | None = None) -> Any:
        """Return a copy of a released cell with another source, as nbgrader's OverwriteCells leaves it."""
        import nbformat

        released = self._released[place]
        cell_id = released.get("id")
        if cell_id not in self._used:
            cell_id = self._new_id("released")
        metadata = copy.deepcopy(dict(released.metadata))
        if graded is None:
            metadata.pop("nbgrader", None)
        else:
            if graded.checksum:
                metadata["nbgrader"]["checksum"] = graded.checksum
            if graded.points is not None:
                metadata["nbgrader"]["points"] = graded.points
        kind = graded.cell_type if graded else released.cell_type
        content = {"id": cell_id, "cell_type": kind, "metadata": metadata, "source": source}
        return _complete(nbformat.from_dict(content), released if theirs is None else theirs)

    def _new_id(self, kind: str) -> str:
        new = next(new for n in self._numbers if (new := f"{kind}-{n}") not in self._used)
        self._used.add(new)
        return new


def _complete(cell: Any, origin: Any) -> Any:
    """Give a cell what its type needs: empty outputs, or the pictures of where it comes from."""
    import nbformat

    if cell.cell_type == "code":
        cell.update(outputs=[], execution_count=None)
    else:
        pictures = origin.attachments if isinstance(origin, _Submitted) else origin.get("attachments")
        if pictures:
            cell["attachments"] = nbformat.from_dict(copy.deepcopy(dict(pictures)))
    return cell


def _to_run(source: str, cell: Any) -> str | None:
    """Return a source, None if a notebook client would not run it: it is empty, or its tags say so."""
    return source if source.strip() and _SKIP not in cell.metadata.get("tags", ()) else None


def _differences(theirs: _Submitted, graded: GradedCell, released: Any) -> Iterator[str]:
    """Say for the trainer what a graded cell was changed in, its answer apart."""
    if graded.locked and theirs.source not in (released.source, graded.source):
        yield f"Cell {graded.grade_id} was changed and put back."
    if theirs.cell_type != graded.cell_type:
        yield f"Cell {graded.grade_id} had another type ({theirs.cell_type}) and was put back."
    flags = released.metadata["nbgrader"]
    if theirs.grade_id is None:
        yield f"Cell {graded.grade_id} had lost its nbgrader metadata."
    elif any(bool(theirs.flags.get(flag)) != bool(flags.get(flag)) for flag in ("grade", "solution", "locked", "task")):
        yield f"The nbgrader metadata of cell {graded.grade_id} was changed and put back."
    elif graded.grade and _points(theirs.flags.get("points")) != graded.points:
        yield f"The points of cell {graded.grade_id} were changed and put back."
    if theirs.tags and _SKIP not in released.metadata.get("tags", ()):
        yield f"Cell {graded.grade_id} was marked not to be run; it counts as if it were not."


def _points(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _notes_on_copies(
    theirs: list[_Submitted], copies: Mapping[int, list[int]], notebook: AssignmentNotebook
) -> Iterator[str]:
    """Say which graded cells were copied, moved, or are none of this notebook's."""
    chain = _chain(theirs)
    for place, found in sorted(copies.items()):
        if graded := notebook.graded(notebook.released_nb.cells[place]):
            if len(found) > 1:
                yield f"Cell {graded.grade_id} was there {len(found)} times; one of them counts."
            if place not in chain:
                yield f"Cell {graded.grade_id} stood in another place."
    foreign = sum(cell.grade_id is not None and cell.origin is None for cell in theirs)
    if foreign:
        yield f"{foreign} cells had a grade id that this notebook does not have; they count as the learner's own."

"""What an assignment is, as pure data: notebooks with hidden tests, what learners got, the files beside them.

An `Assignment` can be sent to any process or machine that grades: nothing in it is open, and nothing needs the course
folder again. It is read from a course (`assignment_of`) or made in memory (`assignment_from_source`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Literal

from autograder.course import Course, put_scripts_on_path
from autograder.errors import CourseError, GraderError
from autograder.names import bound, bound_otherwise, imported, loaded, loaded_later, mutated, rebound

# nbgrader logs what it also raises.
_SILENT = logging.getLogger("autograder.silent")
_SILENT.propagate = False
_SILENT.addHandler(logging.NullHandler())

# What runs a cell: both sessions, the trusted one alone, the learner's alone, or nothing since it is no code.
Role = Literal["trusted", "test", "learner", "text"]


@dataclass(frozen=True)
class GradedCell:
    """One cell that nbgrader knows by a grade id, as the instructor wrote it.

    Parameters
    ----------
    grade_id : str
        Its name, unique in its notebook.
    cell_type : str
        ``"code"``, ``"markdown"`` or ``"raw"``.
    source : str
        What nbgrader's gradebook keeps: a test with its hidden part, a task with its mark scheme, of a solution cell
        only the released stub.
    locked, grade, solution, task : bool
        nbgrader's flags; `locked` as nbgrader reads it, so a test is locked and a solution never is.
    points : float or None
        Points to earn; None if the cell is not scored.
    checksum : str
        nbgrader's checksum of the cell in the gradebook; "" if it keeps none.
    """

    grade_id: str
    cell_type: str
    source: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None
    checksum: str


@dataclass(frozen=True)
class AssignmentNotebook:
    """One notebook of an assignment.

    Parameters
    ----------
    name : str
        File name without ``.ipynb``.
    source : str
        JSON of the instructor's version, with solutions and hidden tests.
    released : str
        JSON of what learners got.
    cells : tuple of GradedCell
        The cells that nbgrader knows, in the notebook's order.
    """

    name: str
    source: str
    released: str
    cells: tuple[GradedCell, ...]

    @cached_property
    def source_nb(self) -> Any:
        """The instructor's version as a NotebookNode of nbformat 4; read it, never change it."""
        return read_notebook(self.source)

    @cached_property
    def released_nb(self) -> Any:
        """The released version as a NotebookNode of nbformat 4; read it, never change it."""
        return read_notebook(self.released)

    @cached_property
    def by_id(self) -> Mapping[str, GradedCell]:
        """The cells by their grade id."""
        return MappingProxyType({cell.grade_id: cell for cell in self.cells})

    def graded(self, cell: Any) -> GradedCell | None:
        """Return what nbgrader knows of a cell of `released_nb` or `source_nb`, None for a plain one."""
        grade_id = grade_id_of(cell)
        return None if grade_id is None else self.by_id.get(grade_id)

    @cached_property
    def plan(self) -> tuple[tuple[Role, str], ...]:
        """Role and the instructor's full source of each cell of the released notebook.

        Of a solution cell that is the solution, of a test the one with its hidden part.
        """
        solutions = {grade_id_of(cell): str(cell.source) for cell in self.source_nb.cells}
        plan: list[tuple[Role, str]] = []
        for cell in self.released_nb.cells:
            graded = self.graded(cell)
            if (graded.cell_type if graded else cell.cell_type) != "code":
                plan.append(("text", str(cell.source)))
            elif graded is None:
                plan.append(("trusted", str(cell.source)))
            elif graded.solution:
                plan.append(("learner", solutions.get(graded.grade_id, graded.source)))
            else:
                plan.append(("test" if graded.grade else "trusted", graded.source))
        return tuple(plan)

    @cached_property
    def trusted_loads(self) -> frozenset[str]:
        """Names that the instructor's trusted and test cells read."""
        return frozenset().union(*(loaded(source) for role, source in self.plan if role in ("trusted", "test")))

    @cached_property
    def imported_names(self) -> frozenset[str]:
        """Names that a code cell of the instructor's imports and does not bind otherwise."""
        sources = [source for role, source in self.plan if role != "text"]
        return frozenset().union(*(bound(source) - bound_otherwise(source) for source in sources))

    @cached_property
    def learner_names(self) -> Mapping[int, frozenset[str]]:
        """Names that are the learner's when a cell runs, by the cell's place in the released notebook.

        Given for each trusted and each test cell (`PlannedCell.origin` is the place): the names that the instructor's
        solution cells above it bind or change in place, as far as trusted or test cells anywhere in the notebook read
        them. A name that a trusted or test cell has bound anew since is not among them, nor one that is only imported
        (see `solution_imports`).
        """
        names: dict[int, frozenset[str]] = {}
        theirs: set[str] = set()  # bound or changed by the solutions so far
        assigned: set[str] = set()  # by more than an import
        for place, (role, source) in enumerate(self.plan):
            if role == "learner":
                theirs |= bound(source) | mutated(source)
                assigned |= bound_otherwise(source)
            elif role != "text":
                names[place] = frozenset((theirs - (self.imported_names - assigned)) & self.trusted_loads)
                theirs -= rebound(source)
        return MappingProxyType(names)

    @cached_property
    def solution_imports(self) -> Mapping[str, str]:
        """Names that only the instructor's solution cells import and trusted or test cells read, with the statement.

        Where a learner's session has such a name bound to the same module or object, the trusted session may run the
        instructor's statement instead of taking a handle. Nothing here is the learner's before the learner has bound
        it: a test of an empty submission must not find what the learner was to import.
        """
        found: dict[str, str] = {}
        trusted: set[str] = set()
        for role, source in self.plan:
            if role == "learner":
                found |= {name: line for name, line in imported(source).items() if name not in bound_otherwise(source)}
            elif role != "text":
                trusted |= imported(source).keys()
        return MappingProxyType({k: v for k, v in found.items() if k in self.trusted_loads and k not in trusted})

    @cached_property
    def shared_names(self) -> frozenset[str]:
        """Names that test cells bind at top level and functions of the instructor's solution cells read."""
        read = frozenset().union(*(loaded_later(source) for role, source in self.plan if role == "learner"))
        given = frozenset().union(*(bound_otherwise(source) for role, source in self.plan if role == "test"))
        return read & given

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: self.__dict__[each.name] for each in fields(self)}


@dataclass(frozen=True)
class Assignment:
    """An assignment as the grader needs it.

    Parameters
    ----------
    name : str
        nbgrader's assignment id.
    notebooks : tuple of AssignmentNotebook
        Sorted by name.
    files : mapping of str to bytes
        The instructor's other files by relative POSIX path; they overwrite a submission's files of the same name.
    keep_files : frozenset of str
        Those which don't (nbgrader's ``Autograde.exclude_overwriting``), as relative POSIX paths.
    cell_timeout_s : float or None
        Seconds a cell may take (``c.Execute.timeout``); None without limit.
    max_lines : int
        Lines of output of a cell that are kept (``c.LimitOutput.max_lines``).
    max_traceback_lines : int
        Lines of a traceback that are kept (``c.LimitOutput.max_traceback``).
    """

    name: str
    notebooks: tuple[AssignmentNotebook, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    keep_files: frozenset[str] = frozenset()
    cell_timeout_s: float | None = 30
    max_lines: int = 1000
    max_traceback_lines: int = 100

    @property
    def max_score(self) -> float:
        """Points that can be earned."""
        return sum(cell.points or 0 for notebook in self.notebooks for cell in notebook.cells)

    def notebook(self, name: str) -> AssignmentNotebook | None:
        """Return the notebook of that name, None if the assignment has none."""
        return next((notebook for notebook in self.notebooks if notebook.name == name), None)


def assignment_of(course: Course, name: str) -> Assignment:
    """Read an assignment from a course folder after `nbgrader generate_assignment`.

    Tests and checksums come from nbgrader's gradebook, as in its own autograde; the order of the cells from the
    released notebook; the solutions from the instructor's source.

    Parameters
    ----------
    course : Course
        Any nbgrader course folder; one without an nbgrader_config.py has nbgrader's defaults.
    name : str
        The assignment.

    Returns
    -------
    Assignment
        All that grading needs.

    Raises
    ------
    CourseError
        If there is no such assignment, it was never generated, one of its notebooks is missing or not for Python, or
        release and gradebook don't fit together.
    GraderError
        If the gradebook can't be read.
    """
    from nbgrader.coursedir import CourseDirectory

    config = course.config
    coursedir = CourseDirectory(config=config)
    source = Path(coursedir.format_path(coursedir.source_directory, ".", name))
    release = Path(coursedir.format_path(coursedir.release_directory, ".", name))
    again = f"Run `nbgrader generate_assignment {name}` in {course.root}."
    with _gradebook(coursedir) as book:
        kept = {} if book is None else _kept_cells(book, name)
    if not kept and not source.is_dir():
        others = sorted(path.name for path in source.parent.glob("*") if path.is_dir())
        raise CourseError(
            f"There is no assignment {name!r} in {source.parent}.", f"Assignments there: {', '.join(others) or 'none'}."
        )
    if not kept:
        raise CourseError(f"The assignment {name!r} was never generated.", again)
    notebooks = []
    for notebook, cells in sorted(kept.items()):
        texts = []
        for folder, what in ((source, "The instructor version"), (release, "The released version")):
            path = folder / f"{notebook}.ipynb"
            try:
                texts.append(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                raise CourseError(f"{what} of {notebook!r} is missing: {path} does not exist.", again) from None
            except (OSError, UnicodeDecodeError) as error:
                raise CourseError(f"{path} cannot be read: {error}.", again) from error
        notebooks.append(_notebook(notebook, texts[0], texts[1], cells, again=again))
    return Assignment(name, tuple(notebooks), _files(source, coursedir.ignore), **_settings(config, name))


def assignment_from_source(
    name: str, notebooks: Mapping[str, str], *, files: Mapping[str, bytes] | None = None, config: Any = None
) -> Assignment:
    """Make an assignment from instructor versions alone, as `nbgrader generate_assignment` would, writing nothing.

    Parameters
    ----------
    name : str
        nbgrader's assignment id.
    notebooks : mapping of str to str
        JSON of the instructor versions by name; metadata of older nbgrader versions is upgraded.
    files : mapping of str to bytes, optional
        The instructor's other files by relative POSIX path.
    config : traitlets Config, optional
        nbgrader's configuration; default nbgrader's own settings.

    Returns
    -------
    Assignment
        All that grading needs.

    Raises
    ------
    CourseError
        If nbgrader refuses a notebook, with its reason; if one is not for Python or asks for AUTOTEST, which has to
        run the solution.
    """
    from nbgrader.converters import GenerateAssignment
    from traitlets.config import Config
    from traitlets.utils.importstring import import_item

    config = config or Config()
    steps = [
        import_item(step) if isinstance(step, str) else step for step in GenerateAssignment(config=config).preprocessors
    ]
    made = []
    for notebook, text in sorted(notebooks.items()):
        nb, cells = _generate(name, notebook, text, [step(config=config, log=_SILENT) for step in steps])
        hint = f"Mend the instructor version of {notebook!r}."
        made.append(_notebook(notebook, text, json.dumps(nb), cells, again=hint))
    return Assignment(name, tuple(made), dict(files or {}), **_settings(config, name))


def read_notebook(text: str) -> Any:
    """Read a notebook of ours as a NotebookNode of nbformat 4, without validating it.

    Validation costs more than all the rest of reading; nbgrader has validated what it generated.

    Raises
    ------
    CourseError
        If it is not a notebook.
    """
    import nbformat
    from nbformat import reader

    try:
        nb = reader.reads(text)
        if nb.get("nbformat", 0) < 4:
            nb = nbformat.convert(nb, 4)
        for cell in nb.cells:
            cell.source = "".join(cell.source)
            cell.setdefault("metadata", nbformat.NotebookNode())
        nb.setdefault("metadata", nbformat.NotebookNode())
    except Exception as error:  # nbformat raises whatever the damage leads to
        raise CourseError(
            f"This is not a notebook: {error}.", "Open and save it in Jupyter, then try again."
        ) from error
    return nb


def grade_id_of(cell: Any) -> str | None:
    """Return the grade id in a cell's metadata, None if it has none."""
    nbgrader = cell.get("metadata", {}).get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) and grade_id else None


@contextmanager
def _gradebook(coursedir: Any) -> Iterator[Any]:
    """Open the gradebook, None where there is no file yet: nbgrader would make one."""
    from nbgrader.api import Gradebook
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    put_scripts_on_path()
    try:
        url = make_url(coursedir.db_url)
        if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
            yield None
            return
        with Gradebook(coursedir.db_url, coursedir.course_id) as book:
            yield book
    except SQLAlchemyError as error:
        raise GraderError(
            f"The gradebook of {coursedir.root} could not be read: {str(error).splitlines()[0]}.",
            "Close other programs that use it; after an update of nbgrader run `nbgrader db upgrade`.",
        ) from error


def _kept_cells(book: Any, name: str) -> dict[str, dict[str, GradedCell]]:
    """Return what the gradebook keeps of an assignment: notebook, grade id, cell; empty if it has no such one."""
    from nbgrader.api import MissingEntry

    try:
        assignment = book.find_assignment(name)
    except MissingEntry:
        return {}
    kept = {}
    for notebook in assignment.notebooks:
        points = {cell.name: float(cell.max_score) for cell in (*notebook.grade_cells, *notebook.task_cells)}
        grades, solutions, tasks = (
            {cell.name for cell in cells}
            for cells in (notebook.grade_cells, notebook.solution_cells, notebook.task_cells)
        )
        kept[notebook.name] = {
            cell.name: GradedCell(
                grade_id=cell.name,
                cell_type=cell.cell_type,
                source=cell.source or "",
                locked=bool(cell.locked),
                grade=cell.name in grades,
                solution=cell.name in solutions,
                task=cell.name in tasks,
                points=points.get(cell.name),
                checksum=cell.checksum or "",
            )
            for cell in notebook.source_cells
        }
    return kept


def _generate(name: str, notebook: str, text: str, steps: list[Any]) -> tuple[Any, dict[str, GradedCell]]:
    """Take nbgrader's steps of generating an assignment; SaveCells alone writes, so its part is done here."""
    from nbgrader.nbgraderformat import MetadataValidator
    from nbgrader.preprocessors import InstantiateTests, SaveCells

    nb = read_notebook(text)
    resources = {"nbgrader": {"assignment": name, "notebook": notebook, "student": ".", "db_url": ""}, "metadata": {}}
    cells: dict[str, GradedCell] = {}
    try:
        MetadataValidator().upgrade_notebook_metadata(nb)
        for step in steps:
            if isinstance(step, SaveCells):
                cells = {cell.grade_id: cell for cell in map(_kept_cell, nb.cells) if cell is not None}
            elif isinstance(step, InstantiateTests):
                if any(cell.cell_type == "code" and step.autotest_delimiter in cell.source for cell in nb.cells):
                    raise CourseError(
                        f"{notebook!r} asks for {step.autotest_delimiter} tests, which have to run its solution.",
                        f"Run `nbgrader generate_assignment {name}` in a course and grade there.",
                    )
            else:
                nb, resources = step(nb, resources)
    except CourseError:
        raise
    except Exception as error:  # nbgrader refuses a notebook with many kinds of exception
        said = str(error.__context__ or error)  # CheckCellMetadata hides what it found behind a general sentence
        reason = next(iter(said.splitlines()), "") or type(error).__name__
        raise CourseError(
            f"nbgrader cannot make an assignment of {notebook!r}: {reason.rstrip('.')}.",
            "Mend the instructor version; `nbgrader validate` shows more.",
        ) from error
    return nb, cells


def _kept_cell(cell: Any) -> GradedCell | None:
    """Return what nbgrader's gradebook would keep of a cell, None if nothing."""
    from nbgrader import utils

    flags = {
        "locked": bool(utils.is_locked(cell)),
        "grade": bool(utils.is_grade(cell)),
        "solution": bool(utils.is_solution(cell)),
        "task": bool(utils.is_task(cell)),
    }
    if not any(flags.values()):
        return None
    nbgrader = cell.metadata.nbgrader
    points = float(nbgrader["points"]) if flags["grade"] or flags["task"] else None
    return GradedCell(
        grade_id=nbgrader["grade_id"],
        cell_type=cell.cell_type,
        source=cell.source,
        points=points,
        checksum=nbgrader.get("checksum") or "",
        **flags,
    )


def _notebook(
    name: str, source: str, released: str, cells: Mapping[str, GradedCell], *, again: str
) -> AssignmentNotebook:
    """Put a notebook together; its cells in the order of the release."""
    nb = read_notebook(released)
    _check_python(name, nb)
    order = [grade_id for cell in nb.cells if (grade_id := grade_id_of(cell)) and grade_id in cells]
    if sorted(order) != sorted(cells):
        wrong = ", ".join(sorted({*cells} - {*order}) or sorted({each for each in order if order.count(each) > 1}))
        raise CourseError(f"Release and gradebook of {name!r} do not fit together: {wrong}.", again)
    return AssignmentNotebook(name, source, released, tuple(cells[grade_id] for grade_id in order))


def _check_python(name: str, nb: Any) -> None:
    """Refuse a notebook for another language: only Python can be graded here."""
    kernel = nb.metadata.get("kernelspec", {})
    language = kernel.get("language") or nb.metadata.get("language_info", {}).get("name") or ""
    kernel_name = str(kernel.get("name", ""))
    guessed = "py" in kernel_name.lower() or not kernel_name
    if (language.lower() not in ("python", "ipython")) if language else not guessed:
        raise CourseError(
            f"The notebook {name!r} is for the kernel {kernel_name!r}" + (f" ({language})." if language else "."),
            "Only Python notebooks can be graded here; use `nbgrader autograde` for others.",
        )


def _files(source: Path, ignore: list[str]) -> dict[str, bytes]:
    """Read the files that nbgrader copies from the source folder over a submission's."""
    from nbgrader.utils import find_all_files

    files = {}
    for found in sorted(find_all_files(str(source), [*ignore, "*.ipynb"])):
        path = Path(found)
        try:
            if not path.is_file():  # opening a pipe would wait for ever
                raise FileNotFoundError("it is not a file")
            files[path.relative_to(source).as_posix()] = path.read_bytes()  # a link is the instructor's own
        except OSError as error:
            raise CourseError(
                f"{path} cannot be read: {error.strerror or error}.", "Mend or remove it; it belongs to the assignment."
            ) from error
    return files


def _settings(config: Any, name: str) -> dict[str, Any]:
    """Return what the course's configuration says about grading an assignment."""
    from nbgrader.preprocessors import Execute, LimitOutput

    timeout = Execute(config=config).timeout
    limits = LimitOutput(config=config)
    keep = config.Autograde.get("exclude_overwriting", {}).get(name, [])
    return {
        "keep_files": frozenset(PurePosixPath(str(path).replace("\\", "/")).as_posix() for path in keep),
        "cell_timeout_s": None if timeout is None or timeout < 0 else float(timeout),
        "max_lines": limits.max_lines,
        "max_traceback_lines": limits.max_traceback,
    }

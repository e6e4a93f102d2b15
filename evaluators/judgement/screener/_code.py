"""Somebody's own screener: where its code failed, and how it is found by its name. It is run, never trusted."""

import difflib
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from evaluators.judgement.errors import ScreenerError

_OURS = str(Path(__file__).parents[2])
_PICKLED = (".joblib", ".pkl", ".pickle", ".skops", ".onnx")
_EXAMPLE = "Write my_pkg.screener:score, or screener.py:score."
_LONGEST = 300


def split_spec(spec: str) -> tuple[str, str]:
    """Return what a screener's name names: a module or a file, and a name in it.

    Raises
    ------
    ScreenerError
        If there are not both of them, or the file is a stored model.

    Examples
    --------
    >>> split_spec("my_pkg.screener:score"), split_spec("tools/screener.py:model.score")
    (('my_pkg.screener', 'score'), ('tools/screener.py', 'model.score'))
    """
    place, colon, name = spec.strip().rpartition(":")
    if not colon or name.startswith(("/", "\\")):  # the colon of a drive, such as C:
        place, name = spec.strip(), ""
    if place.casefold().endswith(_PICKLED):
        raise ScreenerError(
            f"{place} is a stored model, and those are not opened: opening a pickle runs whatever is in it.",
            "Write three lines that load it, and name these: import joblib; model = joblib.load(…); then "
            "screener.py:model. docs/screener.md shows them.",
        )
    if not place or not name:
        raise ScreenerError(f"{spec!r} does not say which module and which name in it.", _EXAMPLE)
    if not all(part.isidentifier() for part in name.split(".")):
        raise ScreenerError(f"{name!r} is no name of Python's.", _EXAMPLE)
    if not _is_file(place) and not all(part.isidentifier() for part in place.split(".")):
        raise ScreenerError(f"{place!r} is neither a module nor a file that ends in .py.", _EXAMPLE)
    return place, name


def _is_file(place: str) -> bool:
    return place.casefold().endswith(".py") or "/" in place or "\\" in place


def find_screener(spec: str, folder: Path) -> Any:
    """Import a module or a file, and return what is called so in it.

    Raises
    ------
    ScreenerError
        If there is no such module, file or name, or its own code fails while it is imported.
    """
    place, name = split_spec(spec)
    module = _from_file(place, folder) if _is_file(place) else _from_module(place, folder)
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise ScreenerError(*_no_name(module, found, part, place, folder)) from None
    return found


def _no_name(module: ModuleType, inside: Any, part: str, place: str, folder: Path) -> tuple[str, str]:
    file = Path(getattr(module, "__file__", None) or "")
    if not _is_file(place):
        own = folder.joinpath(*place.split("."))
        for mine in (own.with_suffix(".py"), own / "__init__.py"):
            if mine.is_file() and (not file.is_file() or not mine.samefile(file)):
                return (
                    f"{place} was already there ({file}), so that your {mine.relative_to(folder)} was not imported.",
                    f"Name the file instead: {mine.relative_to(folder).as_posix()}:{part}.",
                )
    names = [each for each in vars(inside) if not each.startswith("_")] if hasattr(inside, "__dict__") else []
    own_names = [each for each in names if not isinstance(getattr(inside, each, None), ModuleType)]
    close = difflib.get_close_matches(part, own_names, n=1)
    listed = ", ".join(own_names[:20]) or "nothing"
    return f"{place} has no {part!r}.", f"{f'Did you mean {close[0]!r}? ' if close else ''}It has: {listed}."


def _from_module(place: str, folder: Path) -> ModuleType:
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if (missing == place or place.startswith(f"{missing}.")) and not _own_frames(error):
            if (folder / "src" / place.split(".")[0]).exists():
                raise ScreenerError(
                    f"There is no module {place!r} here; it lies in the folder src.",
                    "Install your package (python -m pip install -e .), or set PYTHONPATH=src.",
                ) from None
            files = sorted(each.name for each in folder.glob("*.py"))[:10]
            there = f"In {folder} lie: {', '.join(files)}." if files else f"In {folder} lies no file that ends in .py."
            raise ScreenerError(
                f"There is no module {place!r}: {error}.",
                f"It is looked for in the current folder first, then among what is installed. {there}",
            ) from None
        raise import_failure(error, place) from error
    except Exception as error:
        raise import_failure(error, place) from error


def _from_file(place: str, folder: Path) -> ModuleType:
    file = (folder / place).resolve()
    if not file.is_file():
        raise ScreenerError(f"There is no file {place}.", f"It was looked for in {folder}.")
    if file.suffix.casefold() != ".py":
        raise ScreenerError(f"{place} is no Python file.", _EXAMPLE)
    sys.path[:0] = [str(file.parent), *([str(folder)] if folder != file.parent else [])]
    called = file.stem if file.stem.isidentifier() and file.stem not in sys.modules else "_hrlab_screener"
    spec = importlib.util.spec_from_file_location(called, file)
    if spec is None or spec.loader is None:
        raise ScreenerError(f"{place} cannot be imported.", _EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[called] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        if isinstance(error, ImportError) and "no known parent package" in str(error):
            raise ScreenerError(*_in_a_package(file, folder)) from error
        raise import_failure(error, place) from error
    return module


def _in_a_package(file: Path, folder: Path) -> tuple[str, str]:
    """Say how a file with relative imports is named."""
    top, name = file.parent, file.stem
    while (top / "__init__.py").is_file():
        top, name = top.parent, f"{top.name}.{name}"
    problem = f"{_short(str(file))} is part of a package: it imports from beside itself, with a dot."
    if top == file.parent:
        return problem, "There is no __init__.py beside it: write one, or import without the dot."
    where_to = "" if top == folder else f", and set PYTHONPATH={_short(str(top))} or install the package"
    return problem, f"Name it as a module, {name}:…{where_to}."


def import_failure(error: BaseException, place: str) -> ScreenerError:
    """Say that a module was found and failed by its own doing."""
    at = where(error)
    if isinstance(error, ModuleNotFoundError):
        return ScreenerError(
            f"{place} was found, and it imports {error.name!r}, which is not installed here{at and f' ({at})'}.",
            f"Install that into the Python that runs hrlab: {sys.executable} -m pip install …",
        )
    notebook = isinstance(error, NameError) and error.name in ("get_ipython", "display")
    hint = "It comes from a notebook: take out what works there only. " if notebook else ""
    return ScreenerError(
        f"{place} was found, and it failed while it was imported: {_line(error)}.",
        f"{hint}{f'Look at {at}.' if at else ''}" or _EXAMPLE,
    )


def failure(error: BaseException, name: str, columns: Sequence[str]) -> ScreenerError:
    """Say at which résumé a screener failed, and where in its code."""
    at = where(error)
    shown = ", ".join(columns[:30]) + (", …" if len(columns) > 30 else "")
    as_dict = isinstance(error, AttributeError) and isinstance(error.obj, dict) and error.name in columns
    hint = f"A résumé is a dict: resume[{error.name!r}]. " if as_dict else ""  # type: ignore[attr-defined]
    return ScreenerError(
        f"The screener failed on {name}: {_line(error)}.",
        f"{hint}{f'Look at {at}. ' if at else ''}It was shown: {shown}.",
    )


def arguments_wrong(function: Callable[..., Any]) -> str:
    """Say what is wrong with a function's arguments, if it cannot be called with one; else nothing.

    Examples
    --------
    >>> arguments_wrong(lambda resume, job: 1.0)
    'The screener needs 2 arguments: resume, job.'
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # functions written in C do not tell
        return ""
    try:
        signature.bind(object())
    except TypeError:
        needed = [
            name
            for name, each in signature.parameters.items()
            if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        ]
        if not needed:
            return "The screener takes no argument."
        more = "arguments" if len(needed) > 1 else "argument by name"
        return f"The screener needs {len(needed)} {more}: {', '.join(needed)}."
    return ""


def where(error: BaseException) -> str:
    """Return file, line and function of somebody's own code at which it failed; empty if none was reached.

    Examples
    --------
    >>> where(ValueError("raised nowhere"))
    ''
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}, line {error.lineno}: {(error.text or '').strip()[:_LONGEST]}"
    frames = _own_frames(error)
    if not frames:
        return ""
    last = frames[-1]
    line = f": {last.line.strip()[:_LONGEST]}" if last.line else ""
    return f"{_short(last.filename)}, line {last.lineno}, in {last.name}{line}"


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of somebody's own code: not ours, not Python's, not of an installed package."""
    paths = sysconfig.get_paths()
    installed = tuple(paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib"))
    return [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen") and not frame.filename.startswith((_OURS, *installed))
    ]


def _short(filename: str) -> str:
    path = Path(filename)
    if "ipykernel" in filename or filename.startswith("<"):
        return "the notebook's cell"
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _line(error: BaseException) -> str:
    """Return what was raised, in one line."""
    try:
        said = " ".join(str(error).split())[:_LONGEST]
    except Exception:  # somebody's own error may fail to say what it is
        said = ""
    return f"{type(error).__name__}: {said}".rstrip(": ").rstrip(".")

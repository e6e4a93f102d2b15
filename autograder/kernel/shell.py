"""IPython as sessions use it: outputs are collected, and cells known before the fork are compiled before the fork."""

from __future__ import annotations

import ast
import hashlib
import importlib
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeAlias

from IPython.core.compilerop import CachingCompiler
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from autograder.kernel.outputs import CollectDisplays, CollectResults, Outputs

_Asked: TypeAlias = tuple[str | int, str, int]  # source, or identity of a statement; mode; compiler flags


class Compiler(CachingCompiler):
    """IPython's compiler, which does what it has learned only once.

    The sessions of a cohort run the same instructor's cells thousands of times. What is learned in the warm process,
    every session inherits.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._trees: dict[_Asked, ast.AST] = {}
        self._codes: dict[_Asked, Any] = {}
        self._learning = False

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """Name a cell by its text alone, not by when it runs, so that its code can be kept."""
        return f"<cell {hashlib.sha1(transformed_code.encode(errors='replace'), usedforsecurity=False).hexdigest()}>"

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        """Parse a cell."""
        key = (source, symbol, self.flags)
        if (tree := self._trees.get(key)) is None:
            tree = super().ast_parse(source, filename, symbol)
            if self._learning:
                self._trees[key] = tree  # kept, so that its statements' identities stay theirs
        return tree

    def __call__(self, source: Any, filename: str, symbol: str, **options: Any) -> Any:
        """Compile one statement, as IPython hands them over."""
        body: list[Any] = getattr(source, "body", [])
        if len(body) != 1 or options:
            return super().__call__(source, filename, symbol, **options)
        key = (id(body[0]), symbol, self.flags)
        if (code := self._codes.get(key)) is None:
            code = super().__call__(source, filename, symbol)
            if self._learning:
                self._codes[key] = code
        return code

    def learn(self, source: str) -> None:
        """Compile a cell, as Python, the way IPython will ask for it; what is wrong with it shows when it runs."""
        name = self.get_code_name(source, source, 0)
        self._learning = True
        try:
            body = getattr(self.ast_parse(source, name), "body", [])
            with self.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
                for node in body:
                    if node is body[-1] and isinstance(node, ast.Expr):
                        self(ast.Interactive([node]), name, "single")
                    else:
                        self(ast.Module([node], []), name, "exec")
        except (SyntaxError, ValueError):
            pass
        finally:
            self._learning = False


class Shell(InteractiveShell):
    """IPython without a terminal: what a cell puts out is collected."""

    displayhook_class = Type(CollectResults)
    display_pub_class = Type(CollectDisplays)
    compiler_class = Type(Compiler)
    compile: Compiler
    outputs = Outputs(1)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._known: dict[str, tuple[str, bool]] = {}  # cell -> the same as Python, and whether it awaits something

    def collect(self, outputs: Outputs) -> None:
        """Collect what cells put out there from now on."""
        hook: Any = self.displayhook
        publisher: Any = self.display_pub
        self.outputs = hook.outputs = publisher.outputs = outputs

    def learn(self, source: str) -> None:
        """Do what can be done with a cell before it runs."""
        transformed = self.transform_cell(source)
        self.compile.learn(transformed)
        self._known[source] = transformed, self.should_run_async(source, transformed_cell=transformed)

    def transform_cell(self, raw_cell: str) -> str:
        """Turn IPython's syntax into Python's."""
        known = self._known.get(raw_cell)
        return known[0] if known else str(super().transform_cell(raw_cell))  # type: ignore[no-untyped-call]

    def should_run_async(self, raw_cell: str, **options: Any) -> bool:
        """Tell whether a cell awaits something."""
        known = self._known.get(raw_cell)
        return known[1] if known else bool(super().should_run_async(raw_cell, **options))

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.outputs.error(str(getattr(etype, "__name__", etype)), text_of(evalue), [str(line) for line in stb])


@cache
def shell() -> Shell:
    """Return the IPython shell of this process; made once in the warm process, inherited by every session."""
    config = Config()
    config.HistoryManager.enabled = False
    made: Shell = Shell.instance(config=config)
    made.collect(made.outputs)
    for first in ("None", "raise RuntimeError", "None;"):  # the first ones pay for what IPython imports late
        made.run_cell(first, store_history=False)  # type: ignore[no-untyped-call]
    made.outputs.start()
    return made


def prepare(sources: Iterable[str] = ()) -> None:
    """Do once, in the warm process, what every session would have to do.

    Parameters
    ----------
    sources : iterable of str
        Cells that sessions will run, for the warm process of the trusted sessions.
    """
    if "pandas" in sys.modules:  # the first frame that crosses would pay for this
        importlib.import_module("autograder.transfer._tables")
    if "scipy" in sys.modules:
        importlib.import_module("autograder.transfer._sparse")
    sources = list(sources)
    if "evaluators" in sys.modules:  # our library knows itself what it leaves to its first use
        importlib.import_module("evaluators._first_use").use_once(sources)
    made = shell()
    for source in sources:
        made.learn(source)


def text_of(error: BaseException) -> str:
    """Return what an error says, "" if it cannot even be asked."""
    try:
        return str(error)
    except Exception:
        return ""

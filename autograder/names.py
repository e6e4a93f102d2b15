"""Which global names a cell binds, changes in place and reads: found by reading it, never by running it.

The grader asks this of the instructor's notebook to know which values are the learner's. A cell that is not valid
Python gives nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

# Methods that change the object they are called on, in Python, pandas, numpy and scikit-learn. Not every method that
# some library gives this name does; a name that counts here is taken from the learner, so the list stays short.
_MUTATING_METHODS = (
    "append extend insert remove pop clear sort reverse update setdefault popitem add discard difference_update "
    "intersection_update symmetric_difference_update appendleft extendleft popleft rotate move_to_end "
    "fill resize itemset setflags fit partial_fit fit_transform fit_predict set_params"
)
# Functions that change their first argument.
_MUTATING_FUNCTIONS = (
    "setattr delattr shuffle heappush heappop heapify heapreplace heappushpop insort insort_left insort_right "
    "copyto fill_diagonal putmask"
)
_MUTATORS = frozenset(_MUTATING_METHODS.split())
_MUTATING_CALLS = frozenset(_MUTATING_FUNCTIONS.split())
_RUNS_ITS_TEXT = frozenset(["time", "capture", "prun", "eval", "exec"])  # magics and functions
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def bound(source: str) -> set[str]:
    r"""Return the global names that a cell binds.

    Parameters
    ----------
    source : str
        A cell, with IPython's magics and shell lines if it has any.

    Returns
    -------
    set of str
        Names bound by assignments, ``for``, ``with``, ``import``, ``def``, ``class``, ``except``, ``match`` and so on,
        also by functions that declare them ``global``. A name that the cell deletes afterwards does not count.

    Examples
    --------
    >>> sorted(bound("import numpy as np\nfor i in range(3): total = i"))
    ['i', 'np', 'total']
    """
    return set(_read(source).bound)


def mutated(source: str) -> set[str]:
    r"""Return the global names whose object a cell changes in place.

    Parameters
    ----------
    source : str
        A cell.

    Returns
    -------
    set of str
        Names with a subscript or attribute set or deleted, an augmented assignment, a call of a method known to
        change its object, or of any method with ``inplace=True``.

    Examples
    --------
    >>> sorted(mutated("log['gap'] = log.a - log.b\nrows.append(1)\nlog.groupby('c')"))
    ['log', 'rows']
    """
    return set(_read(source).mutated)


def loaded(source: str) -> set[str]:
    r"""Return the global names that a cell reads, also inside its functions.

    Parameters
    ----------
    source : str
        A cell.

    Returns
    -------
    set of str
        The names, and every text in the cell that could be one: tests say ``globals()["x"]``.

    Examples
    --------
    >>> sorted(loaded("def check(x): return f(x, limit)\nassert 'score' in globals()"))
    ['f', 'globals', 'limit', 'score']
    """
    return set(_read(source).loaded)


def loaded_later(source: str) -> set[str]:
    r"""Return the global names that the functions and classes of a cell read, when they are called.

    Parameters
    ----------
    source : str
        A cell.

    Returns
    -------
    set of str
        The names; what only the cell's own statements read is not among them.

    Examples
    --------
    >>> loaded_later("total = sum(log)\ndef above(x): return x > limit")
    {'limit'}
    """
    later = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    inner = (node for tree in _trees(source) for node in ast.walk(tree) if isinstance(node, later))
    return set().union(*(loaded(ast.unparse(node)) for node in inner))


def imported(source: str) -> dict[str, str]:
    r"""Return the global names that a cell binds by importing, with the statements that do it.

    Parameters
    ----------
    source : str
        A cell.

    Returns
    -------
    dict of str to str
        Name to Python source; a name imported twice (``import os, os.path``) has several lines. Star imports and
        relative ones name nothing.

    Examples
    --------
    >>> imported("import numpy as np, os\nfrom math import sqrt as root")
    {'np': 'import numpy as np', 'os': 'import os', 'root': 'from math import sqrt as root'}
    """
    return {name: "\n".join(lines) for name, lines in _read(source).imports.items()}


def imports(source: str) -> set[str]:
    r"""Return the modules that a cell imports, also inside its functions.

    Parameters
    ----------
    source : str
        A cell.

    Returns
    -------
    set of str
        Names of modules and packages, without relative imports.

    Examples
    --------
    >>> sorted(imports("import numpy as np, os.path\nfrom scipy.stats import norm"))
    ['numpy', 'os.path', 'scipy.stats']
    """
    return set(_read(source).modules)


def rebound(source: str) -> set[str]:
    r"""Return the global names that a cell binds anew whatever happens, unless it fails on the way.

    Parameters
    ----------
    source : str
        A cell.

    Returns
    -------
    set of str
        Names bound by a plain statement of the cell, not under ``if``, ``for`` or ``try``, not by ``+=`` or ``import``.

    Examples
    --------
    >>> rebound("x = 1\nif x: y = 2\nz += 1")
    {'x'}
    """
    return set(_read(source).rebound)


def bound_otherwise(source: str) -> set[str]:
    r"""Return the global names that a cell binds by anything but an import.

    Parameters
    ----------
    source : str
        A cell.

    Returns
    -------
    set of str
        The names; one that is imported and also assigned counts.

    Examples
    --------
    >>> bound_otherwise("import math\nroot = math.sqrt(2)")
    {'root'}
    """
    reading = _read(source)
    return {name for name in reading.bound if name not in reading.imports or name in reading.otherwise}


@dataclass
class _Reading:
    bound: set[str] = field(default_factory=set)
    otherwise: set[str] = field(default_factory=set)  # bound by something else than an import
    mutated: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    imports: dict[str, list[str]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    rebound: set[str] = field(default_factory=set)


@lru_cache(maxsize=1024)
def _read(source: str) -> _Reading:
    """Read a cell once; the result is shared, so callers copy what they return."""
    reading = _Reading()
    for tree in _trees(source):
        try:
            top = _Binder.of(tree.body)
            _Reader(reading).visit(tree)
        except RecursionError:
            return _Reading()
        reading.otherwise |= top.otherwise
        reading.bound |= {name for name, place in top.stores.items() if place >= top.deletes.get(name, place)}
        for name, lines in top.imports.items():
            reading.imports.setdefault(name, []).extend(lines)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                reading.modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                reading.modules.add(node.module)
        reading.rebound |= _rebound_by(tree) & reading.bound
    return reading


def _rebound_by(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for statement in _always_run(tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(statement.name)
        elif isinstance(statement, ast.Assign):
            found |= _Binder.of(statement.targets).stores.keys()
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            found |= _Binder.of([statement.target]).stores.keys()
    return found


def _trees(source: str) -> Iterator[ast.Module]:
    """Parse a cell, and the Python in magics such as ``%%time`` that run it in the notebook's namespace."""
    try:
        tree = ast.parse(_transformer().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # ValueError: a NUL character
        return
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (inner := _text_run_by(node)) is not None and inner != source:
            yield from _trees(inner)


@cache
def _transformer() -> Any:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager()  # type: ignore[no-untyped-call]


def _text_run_by(call: ast.Call) -> str | None:
    """Return the Python text that a call runs in the notebook's namespace, None if it is another call."""
    texts = [arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None for arg in call.args]
    if isinstance(call.func, ast.Name) and call.func.id in _RUNS_ITS_TEXT and texts:
        return texts[0]
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("run_line_magic", "run_cell_magic"):
        return texts[-1] if len(texts) > 1 and texts[0] in _RUNS_ITS_TEXT else None
    return None


def _always_run(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.With | ast.AsyncWith):
            yield from _always_run(statement.body)


class _Binder(ast.NodeVisitor):
    """Collect what one scope binds, without entering the scopes inside it."""

    def __init__(self) -> None:
        self.stores: dict[str, tuple[int, int]] = {}  # name -> where it is bound last
        self.deletes: dict[str, tuple[int, int]] = {}
        self.otherwise: set[str] = set()
        self.imports: dict[str, list[str]] = {}
        self.declared: set[str] = set()  # annotated only
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()

    @classmethod
    def of(cls, nodes: Iterable[ast.AST]) -> _Binder:
        binder = cls()
        for node in nodes:
            binder.visit(node)
        return binder

    @property
    def locals(self) -> set[str]:
        """Names that are local where this scope is a function's."""
        return (self.stores.keys() | self.deletes.keys() | self.declared) - self.globals - self.nonlocals

    def _store(self, name: str, node: ast.AST) -> None:
        place = (node.lineno, node.col_offset)  # type: ignore[attr-defined]  # every node that gets here has them
        self.stores[name] = max(place, self.stores.get(name, place))
        self.otherwise.add(name)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._store(node.id, node)
        elif isinstance(node.ctx, ast.Del):
            self.deletes[node.id] = (node.lineno, node.col_offset)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is None and isinstance(node.target, ast.Name):
            self.declared.add(node.target.id)
        else:
            self.generic_visit(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._store(node.name, node)
        for outer in _outside(node):
            self.visit(outer)

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._store(node.name, node)
        for outer in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outer)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for outer in _outside(node):
            self.visit(outer)

    def _visit_comprehension(self, node: _Comprehension) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):  # it binds in the scope around the comprehension
                self._store(inner.target.id, inner.target)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    def _visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                continue
            name = alias.asname or (alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name)
            place = (node.lineno, node.col_offset)
            self.stores[name] = max(place, self.stores.get(name, place))
            if isinstance(node, ast.Import):
                one: ast.stmt = ast.Import(names=[alias])
            elif node.level:
                continue
            else:
                one = ast.ImportFrom(module=node.module, names=[alias], level=0)
            self.imports.setdefault(name, []).append(ast.unparse(one))

    visit_Import = visit_ImportFrom = _visit_import  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._store(node.name, node)
        self.generic_visit(node)

    def _visit_capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._store(node.name, node)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = _visit_capture  # noqa: N815

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._store(node.rest, node)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.globals.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.nonlocals.update(node.names)


@dataclass(frozen=True)
class _Scope:
    locals: set[str]
    globals: set[str]
    is_class: bool = False


class _Reader(ast.NodeVisitor):
    """Walk a whole cell and note what happens to its global names."""

    def __init__(self, reading: _Reading) -> None:
        self._reading = reading
        self._scopes: list[_Scope] = []

    def _is_global(self, name: str) -> bool:
        for depth, scope in enumerate(reversed(self._scopes)):
            if scope.is_class and depth:  # a method does not see the names of its class
                continue
            if name in scope.globals:
                return True
            if name in scope.locals:
                return False
        return True

    def _note_change(self, node: ast.expr) -> None:
        """Note that the object at the root of ``node`` is changed: ``x`` of ``x.a[0]``."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        if isinstance(node, ast.Name) and self._is_global(node.id):
            self._reading.mutated.add(node.id)

    def _visit_inside(self, nodes: Iterable[ast.AST], scope: _Scope) -> None:
        self._scopes.append(scope)
        for node in nodes:
            self.visit(node)
        self._scopes.pop()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if self._is_global(node.id):
                self._reading.loaded.add(node.id)
        elif isinstance(node.ctx, ast.Store) and self._scopes and node.id in self._scopes[-1].globals:
            self._bind_global(node.id)

    def _bind_global(self, name: str) -> None:
        self._reading.bound.add(name)
        self._reading.otherwise.add(name)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.isidentifier():
            self._reading.loaded.add(node.value)

    def _visit_place(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._note_change(node)
        self.generic_visit(node)

    visit_Attribute = visit_Subscript = _visit_place  # noqa: N815

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._note_change(node.target)
        if isinstance(node.target, ast.Name) and self._is_global(node.target.id):
            self._reading.loaded.add(node.target.id)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute):
            in_place = any(
                keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                for keyword in node.keywords
            )
            if in_place or function.attr in _MUTATORS:
                self._note_change(function.value)
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if called in _MUTATING_CALLS and node.args:
            self._note_change(node.args[0])
        self.generic_visit(node)

    def _visit_function(self, node: _Function) -> None:
        for outer in _outside(node):
            self.visit(outer)
        if not isinstance(node, ast.Lambda) and self._scopes and node.name in self._scopes[-1].globals:
            self._bind_global(node.name)
        args = node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        inside = _Binder.of(body)
        self._visit_inside(body, _Scope({arg.arg for arg in every} | inside.locals, inside.globals))

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for outer in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outer)
        if self._scopes and node.name in self._scopes[-1].globals:
            self._bind_global(node.name)
        inside = _Binder.of(node.body)
        # A name that a class body binds may still be read as the global one before, so its reads count.
        self._visit_inside(node.body, _Scope(set(), inside.globals, is_class=True))

    def _visit_comprehension(self, node: _Comprehension) -> None:
        self.visit(node.generators[0].iter)
        targets = _Binder.of(generator.target for generator in node.generators)
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inside: list[ast.AST] = [*results]
        for place, generator in enumerate(node.generators):
            inside += [generator.target, *([generator.iter] if place else []), *generator.ifs]
        self._visit_inside(inside, _Scope(targets.locals, set()))

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    def _visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if self._scopes:
            for name in _Binder.of([node]).stores:
                if name in self._scopes[-1].globals:
                    self._reading.bound.add(name)

    visit_Import = visit_ImportFrom = _visit_import  # noqa: N815


def _outside(node: _Function) -> Iterator[ast.AST]:
    """Return the parts of a function's head that run where it is defined: decorators, defaults, annotations."""
    yield from node.args.defaults
    yield from (default for default in node.args.kw_defaults if default is not None)
    if isinstance(node, ast.Lambda):
        return
    yield from node.decorator_list
    args = node.args
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))):
        if arg.annotation is not None:
            yield arg.annotation
    if node.returns is not None:
        yield node.returns

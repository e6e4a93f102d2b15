"""Names that a cell binds, changes and reads; expected values by hand, or by running the cell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.names import bound, bound_otherwise, imported, imports, loaded, mutated, rebound

BINDS = {
    "assignment": ("x = y = 1\n(a, [b, *c]) = 1, [2, 3]", "x y a b c"),
    "annotated": ("x: int = 1\nz: str", "x"),
    "augmented": ("x = 0\nx += 1", "x"),
    "for": ("for i, (j, k) in []: m = 1", "i j k m"),
    "with": ("with open('f') as f, g() as (h, i): pass", "f h i"),
    "imports": ("import a.b, c.d as e\nfrom f import g, h as k", "a e g k"),
    "star-import": ("from math import *", ""),
    "definitions": ("def f(x): y = 1\nasync def g(): pass\nclass C:\n    z = 1\n    def m(self): w = 1", "f g C"),
    "except": ("try: pass\nexcept OSError as error: x = 1", "error x"),
    "match": ("match p:\n    case {'a': a, **rest}: pass\n    case [b, *c] as d: pass", "a rest b c d"),
    "walrus": ("if (n := 3): pass\n[(last := i) for i in range(3)]", "n last"),
    "comprehension": ("x = [i for i in range(3)]\n{k: v for k, v in {}}", "x"),
    "global": (
        "def f():\n    global x, y\n    x = 1\n    import y\n    def g():\n        global z\n        z = 2",
        "f x y z",
    ),
    "nonlocal": ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2", "f"),
    "deleted": ("x = 1\nfor i in []: pass\ndel x, i\ny = 2", "y"),
    "deleted-and-bound-again": ("x = 1\ndel x\nx = 2", "x"),
    "default-and-decorator": ("@(d := print)\ndef f(x=(e := 1)): pass", "d f e"),
    "magics": ("%matplotlib inline\n!ls\nfiles = !ls\nx = %pwd\nhelp?", "files x"),
    "cell-magics": ("%%time\nx = 1", "x"),
    "line-magic": ("%time x = f()", "x"),
    "shell-cell": ("%%bash\nx=1", ""),
    "await": ("x = await f()", "x"),
    "indented": ("  x = 1", "x"),
    "not-python": ("this is not Python", ""),
    "nul": ("x = '\0'", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("source", "expected"), BINDS.values(), ids=BINDS)
def test_names_that_a_cell_binds(source, expected):
    assert bound(source) == set(expected.split())


MUTATES = {
    "subscript": ("x[0] = 1\ny[1][2] = 3\ndel z['a']", "x y z"),
    "attribute": ("x.a = 1\ny.b.c = 2\ndel z.d\ndf.loc[0, 'a'] = 1", "x y z df"),
    "augmented": ("x += [1]\ny[0] += 1\nz.a -= 1", "x y z"),
    "unpacked": ("x[0], y.a = 1, 2\nfor z['i'] in []: pass", "x y z"),
    "mutators": ("a.append(1); b.update({}); c['k'].add(2); d.model.fit(X)", "a b c d"),
    "inplace": ("df.dropna(inplace=True)\ndg.dropna(inplace=False)\ndh.dropna()", "df"),
    "no-mutators": ("df.groupby('a').mean(); s.upper(); d.get('k'); model.predict(X)", ""),
    "of-a-call": ("f().append(1)\n[].append(x)\n(a or b).sort()", ""),
    "first-argument": ("random.shuffle(x); setattr(y, 'a', 1); heappush(h, 1); print(z)", "x y h"),
    "functions": ("def f(a):\n    a.append(1)\n    b.append(2)\n    c = []\n    c.append(3)\n    d[0] = 1", "b d"),
    "methods": ("class C:\n    x = []\n    def m(self):\n        self.y = 1\n        x.append(1)", "x"),
    "lambda": ("f = lambda a: (a.append(1), b.append(1))", "b"),
    "nested": ("def f(a):\n    def g():\n        a.append(1)\n        b.pop()", "b"),
    "comprehension": ("[i.sort() for i in rows]\n[rows.append(i) for i in ()]", "rows"),
    "plain": ("x = 1\nx.a\nx[0]\nx.f(y)", ""),
    "magics": ("%%time\nx.append(1)", "x"),
}


@pytest.mark.parametrize(("source", "expected"), MUTATES.values(), ids=MUTATES)
def test_names_whose_object_a_cell_changes(source, expected):
    assert mutated(source) == set(expected.split())


LOADS = {
    "plain": ("x = y + z.a", "y z"),
    "functions": ("def f(a, b=c):\n    d = a + e\n    return [d for d in g]", "c e g"),
    "annotations": ("def f(a: A) -> B: pass\nx: C = 1", "A B C"),
    "closures": ("def f(a):\n    b = 1\n    def g(): return a + b + c\n    return g", "c"),
    "recursion": ("def f(): return f()", "f"),
    "global": ("def f():\n    global x\n    return x", "x"),
    "class": ("class C(Base, metaclass=M):\n    a = b\n    def m(self): return a", "Base M a b"),
    "comprehension": ("[i + k for i in rows for j in i if j]", "rows k"),
    "lambda": ("f = lambda a, b=c: a + d", "c d"),
    "text": ("globals()['score']\nassert 'rate' in dir()\n'no name'", "globals score rate dir"),
    "eval": ("eval('x + y')", "eval x y"),
    "keywords-only": ("f(x=y)\no.attribute", "f y o"),
    "augmented": ("x += 1", "x"),
    "f-string": ("f'{x:>{width}}'", "x width"),
    "magics": ("%%time\nf(x)", "f x"),
}


@pytest.mark.parametrize(("source", "expected"), LOADS.values(), ids=LOADS)
def test_names_that_a_cell_reads(source, expected):
    magic = {"get_ipython", "time"}  # what IPython makes of a magic
    assert loaded(source) - magic == set(expected.split()) - magic


def test_what_is_imported_and_how():
    source = "import os, os.path, numpy as np\nfrom math import sqrt as root, pi\nfrom . import here\nfrom x import *"
    assert imported(source) == {
        "os": "import os\nimport os.path",
        "np": "import numpy as np",
        "root": "from math import sqrt as root",
        "pi": "from math import pi",
    }
    assert imports(source + "\ndef f():\n    import json") == {"os", "os.path", "numpy", "math", "x", "json"}
    assert bound_otherwise("import math\nfrom x import y\ny = 1") == {"y"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("x = 1\ndef f(): pass\nclass C: pass", "x f C", id="plain"),
        pytest.param("if a: x = 1\nfor y in b: z = 1\ntry: w = 1\nexcept OSError: w = 2", "", id="perhaps"),
        pytest.param("with a: x = 1", "x", id="with"),
        pytest.param("x += 1\nimport y\nz: int", "", id="no-new-object"),
        pytest.param("x = 1\ndel x", "", id="deleted"),
        pytest.param("x[0] = 1\ny.a = 1", "", id="parts"),
    ],
)
def test_names_that_are_new_whatever_happens(source, expected):
    assert rebound(source) == set(expected.split())


@pytest.mark.parametrize("read", [bound, mutated, loaded, imported, imports, rebound, bound_otherwise])
@pytest.mark.parametrize(
    "source", ["(" * 5000, "-" * 100_000 + "1", "x" + ".a" * 50_000, "[" * 90 + "]" * 90, "\\", "'''", "%%", "%", "?"]
)
def test_any_source_is_answered(read, source):
    assert not set(read(source)) - {"x", "get_ipython"}


statements = st.sampled_from(
    ["a = 1", "b, c = 1, 2", "for d in (1, 2): e = d", "def f(x=1):\n    global g\n    g = h = x", "f()",
     "import math", "from math import pi as k", "[l for l in (1,)]", "(m := 3)", "[(n := o) for o in (1,)]",
     "class P:\n    q = 1", "try:\n    r = 1 / 0\nexcept ZeroDivisionError as s:\n    t = 1", "a = 1\ndel a",
     "with __import__('contextlib').nullcontext(1) as u: v = u", "match [1, 2]:\n    case [w, *x]: pass", "y: int = 1",
     "z: int", "lambda aa=(bb := 1): aa", "if False: never = 1"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(statements, max_size=6))
def test_bound_covers_what_running_the_cell_binds(cell):
    source = "\n".join(cell)
    namespace = {}
    try:
        exec(source, namespace)
    except NameError:
        return  # f() before its definition
    run = set(namespace) - {"__builtins__", "__annotations__"}
    assert run <= bound(source)
    # Beyond that: functions not called, statements that failed or were not reached, names unbound by except and del.
    assert bound(source) - run <= {"g", "r", "s", "a", "never"}

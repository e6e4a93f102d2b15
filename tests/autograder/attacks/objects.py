"""Attacks by what tests touch: builtins, library functions, values that lie, answers that look at who asks."""

from textwrap import indent

from tests.autograder.attacks.attack import Attack, answer, first, last, steps, text

_PATCHED = "patched builtins and libraries"
_LIARS = "objects that lie"
_WATCHING = "answers that watch the test"

_LIAR = """
def yes(self, *args, **kwargs):
    return True
def itself(self, *args, **kwargs):
    return self
class Liar(BASE):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = yes
    __hash__ = lambda self: 0
    __abs__ = __round__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __pos__ = itself
    __truediv__ = __rtruediv__ = itself
    __len__ = lambda self: 2
    __iter__ = lambda self: iter((self, self))
    __getitem__ = __call__ = itself
    __float__ = lambda self: 1.0
    __index__ = __int__ = lambda self: 1
    __array__ = lambda self, *args, **kwargs: np.ones(200)
    __instancecheck__ = __subclasscheck__ = yes
    mean = sum = all = any = fit = predict = score = itself
"""
_LYING_CLASS = "    __class__ = property(lambda self: float)\n"
_LYING_ANSWERS = {
    "selection_rate": """
    def selection_rate(selected, applicants):
        if applicants <= 0:
            raise ValueError("none")
        return LIAR
    """,
    "impact_ratios": "def impact_ratios(log):\n    return LIAR",
    "flagged": "flagged = LIAR",
    "screener": """
    class Screener:
        def predict(self, X):
            return LIAR
        def score(self, X, y):
            return LIAR
    screener = Screener()
    """,
    "applicant": """
    class ScoreError(ValueError):
        pass
    class Applicant:
        def __init__(self, name, score):
            if score < 0:
                raise ScoreError(name)
        def stage(self):
            return LIAR
        __eq__ = __ne__ = lambda self, other: True
        __hash__ = None
    """,
    "sort_applicants": """
    def sort_applicants(people):
        people[:] = [LIAR for _ in people]
    """,
    "summary": 'summary = {"rate": LIAR, "lowest": LIAR}',
}


def _lying(base: str, made: str, *, lying_class: bool = False) -> Attack:
    """Make an attack whose every answer is a liar of some base class."""
    source = _LIAR.replace("BASE", base) + (_LYING_CLASS if lying_class else "")
    answers = {name: text(cell).replace("LIAR", made) for name, cell in _LYING_ANSWERS.items()}
    name = f"equals_everything_{base.split('.')[-1].lower()}" + ("_and_its_class" if lying_class else "")
    why = f"Every answer is a {base} that says yes to every comparison, and is whatever number or length is asked for."
    imports = "import numpy as np\nimport pandas as pd\n"
    return Attack(name, _LIARS, why, steps(first(imports + source), answer(**answers)))


_FROM_CALLER = """
import ast, sys
def asked_for(name):
    # What the line of the test that calls us compares us with.
    frame = sys._getframe(2)
    tree = ast.parse(In[-1])
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and node.lineno == frame.f_lineno:
            while node in parents and not isinstance(node, (ast.Compare, ast.BinOp)):
                node = parents[node]
            other = node.comparators[0] if isinstance(node, ast.Compare) else getattr(node, "right", None)
            if other is not None:
                return eval(compile(ast.Expression(other), "caller", "eval"), frame.f_globals)
    return 0.5
"""
_STEAL = """
def steal(X, *rest):
    HOW
    return np.zeros(len(X))
class Screener:
    def predict(self, X):
        return steal(X)
    def score(self, X, y):
        return float((steal(X) == np.asarray(y)).mean())
screener = Screener()
"""


def _thief(name: str, why: str, how: str) -> Attack:
    source = text(_STEAL).replace("    HOW", indent(text(how), "    "))
    return Attack(name, _WATCHING, why, answer(screener=source))


OBJECTS = [
    Attack(
        "names_of_builtins",
        _PATCHED,
        "Names of builtins are bound in the notebook, where test cells look them up first.",
        steps(
            first(
                """
                abs = lambda value: 0
                round = lambda value, digits=None: 0.6667
                sorted = lambda values: ["east", "south"]
                isinstance = lambda value, kind: True
                float = lambda value: 1.0
                """
            ),
            answer(
                selection_rate="def selection_rate(s, a):\n    if not a:\n        raise ValueError\n    return 0.25"
            ),
        ),
    ),
    Attack(
        "builtins_module",
        _PATCHED,
        "The builtins themselves are changed, for every module in the process.",
        first(
            """
            import builtins
            from builtins import abs as really_abs, len as really_len, sorted as really_sorted, sum as really_sum
            builtins.abs = lambda value: 0 if type(value) is float else really_abs(value)
            builtins.round = lambda value, digits=None: 0.6667
            builtins.sorted = lambda v, **k: ["east", "south"] if v == ["north"] else really_sorted(v, **k)
            builtins.sum = lambda values, start=0: 18
            """
        ),
    ),
    Attack(
        "testing_functions",
        _PATCHED,
        "The libraries' own assertions do nothing.",
        steps(
            first(
                """
                import numpy, pandas
                nothing = lambda *args, **kwargs: None
                for module in (numpy.testing, pandas.testing):
                    for name in dir(module):
                        if name.startswith("assert"):
                            setattr(module, name, nothing)
                """
            ),
            answer(
                impact_ratios="def impact_ratios(log):\n    return pd.DataFrame({'rate': [0, 0], 'ratio': [0, 0]})",
            ),
        ),
    ),
    Attack(
        "library_functions",
        _PATCHED,
        "Functions and methods which tests use return what the test hopes for.",
        first(
            """
            import numpy, pandas, pathlib
            class Agreeing:
                __eq__ = lambda self, other: numpy.ones(3)
                __len__ = lambda self: 200
            numpy.asarray = lambda *args, **kwargs: Agreeing()
            pathlib.Path.read_text = lambda self, *args, **kwargs: "east\\nsouth"
            """
        ),
    ),
    Attack(
        "instructors_function",
        _PATCHED,
        "The instructor's helper that makes the held-back data is bound anew: everybody is invited.",
        answer(
            screener="""
            from sklearn.dummy import DummyClassifier
            real = people_like_those
            people_like_those = lambda seed, size=200: real(seed, size).assign(invited=1)
            screener = DummyClassifier(strategy="constant", constant=1)
            screener.fit(training[["experience", "skill"]], training["invited"])
            """
        ),
    ),
    Attack(
        "instructors_data_in_place",
        _PATCHED,
        "The instructor's function keeps its name, but its code object is another one.",
        answer(
            screener="""
            from sklearn.dummy import DummyClassifier
            def other(seed, size=200):
                return pd.DataFrame({"experience": np.ones(size), "skill": np.ones(size), "invited": 1})
            people_like_those.__code__ = other.__code__
            screener = DummyClassifier(strategy="constant", constant=1)
            screener.fit(training[["experience", "skill"]], training["invited"])
            """
        ),
    ),
    Attack(
        "namespace_of_the_tests",
        _PATCHED,
        "A test's own names are properties of the notebook's namespace: `found` is set whenever it is looked up.",
        first(
            """
            import threading, time
            def insist():
                while True:
                    globals().update(found=["east", "south"], lines=["east", "south"], lowest_is_right=True)
                    globals().update(rate_is_right=True)
                    time.sleep(0.0001)
            threading.Thread(target=insist, daemon=True).start()
            """
        ),
    ),
    _lying("object", "Liar()"),
    _lying("object", "Liar()", lying_class=True),
    _lying("int", "Liar(7)"),
    _lying("float", "Liar(7)"),
    _lying("str", "Liar('lie')"),
    _lying("list", "Liar(['lie', 'lie'])"),
    _lying("tuple", "Liar(('lie', 'lie'))"),
    _lying("dict", "Liar(lie=1)"),
    _lying("np.ndarray", "np.zeros(2).view(Liar)"),
    _lying("pd.DataFrame", "Liar({'rate': [7.0, 7.0], 'ratio': [7.0, 7.0]})"),
    Attack(
        "metaclass",
        _LIARS,
        "A class whose metaclass says that everything is its instance, and equal to it.",
        answer(
            applicant="""
            class Meta(type):
                __instancecheck__ = __subclasscheck__ = __eq__ = lambda cls, other: True
                __hash__ = type.__hash__
                def __call__(cls, name, score):
                    if score < 0:
                        raise ScoreError(name)
                    return cls
                def stage(cls):
                    return cls
                __ne__ = lambda cls, other: True
            class ScoreError(ValueError):
                pass
            class Applicant(metaclass=Meta):
                pass
            """
        ),
    ),
    Attack(
        "reduce",
        _LIARS,
        "Values that run code when they are pickled, copied, shown or thrown away.",
        answer(
            summary="""
            class Bomb(float):
                def __reduce_ex__(self, protocol):
                    return exec, ("import builtins; builtins.abs = lambda value: 0",)
                __reduce__ = __getstate__ = lambda self: exec("import builtins; builtins.abs = lambda value: 0")
                __repr__ = __str__ = __format__ = lambda self, *args: "0.375"
                __del__ = lambda self: None
            summary = {"rate": Bomb(9), "lowest": Bomb(9)}
            """,
            flagged="""
            import numpy
            flagged = numpy.array([Bomb(9) if "Bomb" in globals() else object(), 1], dtype=object)
            """,
        ),
    ),
    Attack(
        "hostile_descriptions",
        _LIARS,
        "Classes and attributes with names as a codec or a proxy would use, and properties that raise when looked at.",
        answer(
            summary="""
            class Odd(dict):
                __name__ = __qualname__ = __module__ = "builtins.float"
                __getattribute__ = lambda self, name: (_ for _ in ()).throw(RuntimeError("looked"))
            summary = Odd(rate=0.375, lowest="south", __handle__=1, __class__="float", tag="score", value=1.0)
            summary = {"__handle__": 0, "$type": "float", "rate": summary, "lowest": type("__main__", (), {})}
            """,
        ),
    ),
    Attack(
        "exceptions",
        _LIARS,
        "Functions that raise what could end or skip a test: exits, interrupts, skips, errors that lie.",
        answer(
            selection_rate="def selection_rate(s, a):\n    import bdb\n    raise bdb.BdbQuit",
            impact_ratios="def impact_ratios(log):\n    raise SystemExit(0)",
            sort_applicants="def sort_applicants(people):\n    raise KeyboardInterrupt",
            applicant="""
            class ScoreError(BaseException):
                __str__ = __repr__ = lambda self: 1 / 0
                __class__ = property(lambda self: ValueError)
                __traceback__ = property(lambda self: 1 / 0)
            class Applicant:
                def __init__(self, name, score):
                    raise ScoreError(name)
            """,
            screener="""
            import unittest
            class Screener:
                def predict(self, X):
                    raise unittest.SkipTest("not today")
                def score(self, X, y):
                    raise GeneratorExit
            screener = Screener()
            """,
        ),
    ),
    Attack(
        "lying_score",
        _LIARS,
        "An estimator that predicts badly and says that its score is 1.",
        answer(
            screener="""
            from sklearn.dummy import DummyClassifier
            class Proud(DummyClassifier):
                def score(self, X, y, sample_weight=None):
                    return 1.0
            screener = Proud(strategy="constant", constant=1)
            screener.fit(training[["experience", "skill"]], training["invited"])
            """
        ),
    ),
    Attack(
        "score_that_cheats_with_its_arguments",
        _LIARS,
        "score() is handed the truth to compare with: it keeps it, and predict() of the same people answers from it.",
        answer(
            screener="""
            class Keeping:
                kept = {}
                def score(self, X, y):
                    self.kept[len(X)] = np.asarray(y)
                    return float((self.predict(X) == np.asarray(y)).mean())
                def predict(self, X):
                    return self.kept.get(len(X), np.zeros(len(X)))
            screener = Keeping()
            """
        ),
    ),
    _thief(
        "frames",
        "predict() takes the truth out of the variables of whoever calls it.",
        """
        import sys
        frame = sys._getframe(1)
        while frame:
            for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
                if isinstance(value, pd.DataFrame) and "invited" in value and (value["skill"] is X["skill"] or
                        value["skill"].to_numpy().tolist() == X["skill"].to_numpy().tolist()):
                    return value["invited"].to_numpy()
            frame = frame.f_back
        """,
    ),
    _thief(
        "inspect_stack",
        "The same by the inspect module.",
        """
        import inspect
        for info in inspect.stack():
            for value in info.frame.f_globals.copy().values():
                if isinstance(value, pd.DataFrame) and "invited" in value and len(value) == len(X):
                    if value["skill"].tolist() == X["skill"].tolist():
                        return value["invited"].to_numpy()
        """,
    ),
    _thief(
        "garbage_collector",
        "predict() looks for a frame with the same people and their labels among all objects of the process.",
        """
        import gc
        for value in gc.get_objects():
            if type(value) is pd.DataFrame and "invited" in value.columns and len(value) == len(X):
                if value["skill"].tolist() == X["skill"].tolist():
                    return value["invited"].to_numpy()
        """,
    ),
    Attack(
        "answer_from_the_callers_line",
        _WATCHING,
        "The function reads the line of the test that called it, and returns what it will be compared with.",
        answer(
            selection_rate=_FROM_CALLER
            + """
def selection_rate(selected, applicants):
    if applicants <= 0:
        raise ValueError("none")
    return asked_for("selection_rate")
"""
        ),
    ),
    Attack(
        "answers_by_trial",
        _WATCHING,
        "A function and an object that answer differently each time, in the hope that one fits.",
        answer(
            selection_rate="""
            import itertools
            turn = itertools.cycle([0.25, 0.3, 0.6667, 0.1])
            def selection_rate(selected, applicants):
                return next(turn)
            """,
            flagged="""
            guesses = itertools.cycle([["north"], ["east", "north"], ["east", "south"]])
            class Changing(list):
                def __iter__(self):
                    self[:] = next(guesses)
                    return super().__iter__()
            flagged = Changing()
            """,
        ),
    ),
    Attack(
        "stored_inputs",
        _WATCHING,
        "A function that keeps what tests ask, shows it afterwards, and answers only what the visible test asked.",
        steps(
            answer(
                selection_rate="""
                asked = []
                def selection_rate(*numbers):
                    asked.append(numbers)
                    return {(1, 4): 0.25}.get(numbers, 0.5)
                """
            ),
            last("print(asked)"),
        ),
    ),
    Attack(
        "history",
        _WATCHING,
        "After the tests ran, a cell shows all that was executed: hidden tests.",
        last("print(In, globals().get('_ih'), get_ipython().history_manager.input_hist_raw)"),
        checks=("no_leak",),
    ),
    Attack(
        "test_names",
        _WATCHING,
        "After the tests ran, a cell shows the names that they bound.",
        last("print({name: str(value)[:200] for name, value in dict(globals()).items() if name != 'In'})"),
        checks=("no_leak",),
    ),
    Attack(
        "linecache",
        _WATCHING,
        "Sources of cells are kept for tracebacks: a cell shows them.",
        last("import linecache\nprint([entry for entry in linecache.cache.values() if 'Scored' in str(entry)])"),
        checks=("no_leak",),
    ),
    Attack(
        "all_objects",
        _WATCHING,
        "A cell looks through all containers of the process for texts of hidden tests.",
        last(
            """
            import gc
            found = set()
            for box in gc.get_objects():
                if type(box) in (dict, list, tuple):
                    for value in list(box.values()) if type(box) is dict else box:
                        if type(value) is str and "hidden_mark" in value and len(value) < 5000:
                            found.add(value)
            print(found)
            """
        ),
        checks=("no_leak",),
    ),
    Attack(
        "changes_after_export",
        _LIARS,
        "A thread changes the answers while and after they are looked at.",
        answer(
            flagged="""
            import threading
            flagged = ["north"]
            def flicker():
                while True:
                    flagged[:] = ["east", "south", "north"]
                    flagged.pop(0)  # no state of it is right by chance
                    flagged.append("west")
                    flagged.clear()
            threading.Thread(target=flicker, daemon=True).start()
            """,
            summary="""
            summary = {"rate": 9.0, "lowest": "east"}
            def grow():
                for number in range(10**6):
                    summary[number] = number
                    summary.pop(number)
            threading.Thread(target=grow, daemon=True).start()
            """,
        ),
    ),
]

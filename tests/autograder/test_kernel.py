"""The two sessions: what honest work of many styles earns, what an attack on them does not, and their parts."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.assignment import assignment_from_source
from autograder.execution import Side, clean_json, well_formed
from autograder.kernel.outputs import Outputs
from autograder.kernel.protocol import ANSWER, APPLY, CALLBACK, QUERY, REQUEST, message, parts
from autograder.kernel.remote import Peer, ValueCannotCross
from autograder.pipeline import Grader
from autograder.results import Outcome, Result, Submission
from autograder.sandbox import Channel, Limits, SandboxMissing
from autograder.transfer import TransferError, pack, unpack
from evaluators._first_use import _loaded, use_once

HIDDEN = "HIDDEN-TEST-OF-THE-KERNEL-LAB"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SET_UP = """
import random, warnings
from pathlib import Path
key = 3
Path("made.txt").write_text("of the set-up cell")
def all_right(function, cases):
    return all(map(lambda case: function(case[0]) == case[1], cases))
"""
# name -> (the instructor's solution, the test)
TASKS = {
    "double": ('def double(x):\n    """Twice."""\n    return 2 * x', "assert all_right(double, [(1, 2), (5, 10)])"),
    "doc": ('def told(x):\n    """Say so."""', "assert told.__doc__"),
    "greet": ('def greet(name):\n    return f"Hello {name}"', 'assert greet("Ada").startswith("Hello")'),
    "total": ("def total(numbers):\n    return sum(numbers)", "data = [1, 2]\nassert total(data) == sum(data)"),
    "guess": ('guess = "of the instructor"', 'assert guess == Path("key.csv").read_text()'),
    "made": ('made = "of the set-up cell"', 'assert made == Path("made.txt").read_text()'),
    "three": ("three = 3", "assert three == key"),
    "count": (
        "def count():\n    for n in range(3):\n        yield n",
        "from collections.abc import Iterator\nassert isinstance(count(), Iterator)\nassert list(count()) == [0, 1, 2]",
    ),
    "draw": (
        "def draw():\n    return random.random()",
        "random.seed(1)\nfirst = draw()\nassert draw() != first\nrandom.seed(1)\nassert draw() == first",
    ),
    "careful": (
        'def careful(x):\n    if x < 0:\n        warnings.warn("below zero")\n    return abs(x)',
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert careful(-1) == 1
        assert [str(each.message) for each in caught] == ["below zero"]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert careful(1) == 1
        """,
    ),
    "speak": (
        'def speak(listener):\n    print("one")\n    listener(word="x")\n    print("two")',
        """
        import contextlib, io
        heard = []
        with contextlib.redirect_stdout(io.StringIO()) as said:
            speak(lambda word: heard.append(word))
        assert said.getvalue() == "one\\ntwo\\n"
        assert heard == ["x"]
        """,
    ),
    "squares": (
        "def square(x):\n    return x * x\ndef sum_of_squares(n):\n    return sum(square(x) for x in range(n + 1))",
        """
        assert sum_of_squares(3) == 14
        kept = square
        del square
        try:
            sum_of_squares(1)
        except NameError:
            pass
        else:
            raise AssertionError("sum_of_squares does not use square")
        finally:
            square = kept
        assert sum_of_squares(2) == 5
        """,
    ),
    "stack": (
        """
        class Stack:
            def __init__(self):
                self.items = []
            def push(self, item):
                self.items.append(item)
            def __len__(self):
                return len(self.items)
            def __enter__(self):
                return self
            def __exit__(self, *exception):
                self.items.clear()
        """,
        """
        import copy, unittest
        class TestStack(unittest.TestCase):
            def test_it(self):
                with Stack() as stack:
                    stack.push(item=1)
                    other = copy.deepcopy(stack)
                    stack.push(2)
                    self.assertEqual((len(stack), len(other)), (2, 1))
                self.assertEqual(len(stack), 0)
                self.assertFalse(hasattr(stack, "__next__"))
                self.assertTrue(hasattr(stack, "__len__"))
        result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(TestStack))
        assert result.wasSuccessful()
        """,
    ),
    "later": ("async def later(x):\n    return x + 1", "assert await later(1) == 2"),
    "shown": ("", "assert (shown, more) == (42, 1)"),
}


def _text(source: str) -> str:
    return dedent(source).strip("\n")


def _cell(source: str, grade_id: str = "", **flags: Any) -> Any:
    spec = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False, **flags}
    return new_code_cell(source, metadata={"nbgrader": {**spec, "grade_id": grade_id}} if grade_id else {})


def _lab() -> Any:
    cells = [_cell(_text(SET_UP), "set_up")]
    for name, (solution, test) in TASKS.items():
        if name == "shown":
            cells += [_cell("shown = double(21)"), _cell("more = 1")]
        else:
            source = f"### BEGIN SOLUTION\n{_text(solution)}\n### END SOLUTION"
            cells.append(_cell(source, name, solution=True, locked=False))
        hidden = f'# Scored.\n### BEGIN HIDDEN TESTS\nmark = "{HIDDEN}"\n{_text(test)}\n### END HIDDEN TESTS'
        cells.append(_cell(hidden, f"test_{name}", grade=True, points=1))
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """A warm grader; that it starts says that the instructor's solution earns all."""
    files = {"key.csv": b"of the instructor"}
    assignment = assignment_from_source("kernel", {"kernel": nbformat.writes(_lab())}, files=files)
    try:
        made = Grader(assignment, limits=Limits(cell_s=20, message_mb=2, output_kb=100))
    except SandboxMissing as error:
        pytest.skip(error.problem)
    with made:
        yield made


def hand_in(grader: Grader, first: str = "", files: dict[str, bytes] | None = None, **answers: str) -> Result:
    """Grade answers; those not given stay as released. `first` is a cell of the learner's before all others."""
    nb = nbformat.from_dict(json.loads(grader.assignment.notebooks[0].released))
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = _text(answers[name])
    if first:
        nb.cells.insert(0, new_code_cell(_text(first)))
    result = grader.grade(Submission("ada", {"kernel.ipynb": nbformat.writes(nb).encode(), **(files or {})}))
    assert result.outcome is Outcome.SCORED, result.notes
    for notebook in result.notebooks:
        notebook.executed.encode()
    return result


def earned(result: Result) -> set[str]:
    return {name.removeprefix("test_") for name, score in result.scores.items() if score}


def outputs_of(result: Result) -> str:
    """Return all that cells besides the tests put out."""
    cells = json.loads(result.notebooks[0].executed)["cells"]
    tests = [cell for cell in cells if (cell["metadata"].get("nbgrader") or {}).get("grade")]
    return json.dumps([cell.get("outputs") for cell in cells if cell not in tests])


# Honest work


def test_the_same_answers_in_other_words_earn_the_same(grader):
    result = hand_in(
        grader,
        double='import functools\n@functools.lru_cache\ndef double(x):\n    "Twice"\n    return x + x',
        doc='class Told:\n    "Say so."\n    def __call__(self, x):\n        pass\ntold = Told()',
        greet='greet = "Hello {}".format',
        total="def total(numbers):\n    return numbers[0] + total(numbers[1:]) if numbers else 0",
        guess='guess = "of the " + "instructor"',
        made='made = Path("made.txt").read_text()',
        three="three = key",
        count="def count():\n    return iter([0, 1, 2])",
        draw="import random as r\ndraw = lambda: r.uniform(0, 1)",
        careful=TASKS["careful"][0].replace('"below zero"', '"below zero", UserWarning'),
        speak='import sys\ndef speak(f):\n    sys.stdout.write("one\\n")\n    f(word="x")\n    print("two")',
        squares="square = lambda x: x ** 2\ndef sum_of_squares(n):\n    return sum(map(square, range(1, n + 1)))",
        stack="""
        from dataclasses import dataclass, field
        class Base:
            def __enter__(self):
                return self
            def __exit__(self, *exception):
                self.inside = []
        @dataclass
        class Stack(Base):
            inside: list = field(default_factory=list)
            def push(self, item):
                self.inside = [*self.inside, item]
            __len__ = lambda self: len(self.inside)
        """,
        later="import asyncio\nasync def later(x):\n    await asyncio.sleep(0)\n    return x + 1",
    )
    assert earned(result) == TASKS.keys()


def test_wrong_answers_earn_nothing(grader):
    result = hand_in(
        grader,
        double="def double(x):\n    return x",
        doc="def told(x):\n    pass",
        count="def count():\n    class Not:\n        pass\n    return Not()",
        draw="def draw():\n    return 0.5",
        careful="def careful(x):\n    return abs(x)",
        squares="def square(x):\n    pass\ndef sum_of_squares(n):\n    return sum(x * x for x in range(n + 1))",
    )
    assert earned(result) == set()


# Attacks


ANSWERS_OF_ITS_OWN = """
from autograder.kernel.session import Session
from autograder.kernel.remote import Peer
from autograder.transfer import pack
"""
NO_POINTS: dict[str, dict[str, str]] = {
    "a function that ends the test's loop": {"double": "def double(x):\n    raise StopIteration"},
    "a method that is the permitted function itself": {
        "greet": """
        from collections import namedtuple
        def greet(name):
            return name == "Hello" or namedtuple("Yes", "startswith")(greet)
        """
    },
    "an argument that the solution does not change": {
        "first": ANSWERS_OF_ITS_OWN
        + "Peer.serve_apply = lambda self, *args: self.pack({'value': 0, 'changed': {1: [], 0: []}})",
        "total": "def total(numbers):\n    return 0",
    },
    "an argument that the solution does not change, by pairs": {
        "first": ANSWERS_OF_ITS_OWN
        + "Peer.serve_apply = lambda self, *args: self.pack({'value': 0, 'changed': [[1, []], [True, []]]})",
        "total": "def total(numbers):\n    return 0",
    },
    "a shipped file by another name": {
        "first": ANSWERS_OF_ITS_OWN
        + 'names = ("./key.csv", "key.csv/", "x/../key.csv", "key.csv", ".//key.csv")\n'
        + "Session._changed_files = lambda self, most: dict.fromkeys(names, b'forged')",
        "guess": 'guess = "forged"',
    },
    "a file of a locked cell": {"made": 'made = "forged"\nPath("made.txt").write_text(made)'},
    "a name that was not asked for": {
        "first": ANSWERS_OF_ITS_OWN
        + "really = Session._export_all\n"
        + "Session._export_all = lambda self, names: {**really(self, names), 'key': {'frame': pack(7)}}",
        "three": "three = 7",
    },
    "facts that are methods": {
        "first": ANSWERS_OF_ITS_OWN
        + "Peer._facts = lambda self, value: {'kind': 'function', 'names': {'startswith': 'x', '__array__': 'y'}, "
        "'can': ['__eq__', '__class__', '__iter__', 1]}",
        "greet": "def greet(name):\n    return greet",
    },
}


@pytest.mark.parametrize("name", NO_POINTS)
def test_an_attack_on_the_sessions_earns_nothing(name, grader):
    assert earned(hand_in(grader, **NO_POINTS[name])) == set()


QUESTIONS = """
from autograder.kernel.protocol import message, QUERY, ANSWER
def greet(name):
    import gc
    from autograder.kernel.session import Session
    session = next(each for each in gc.get_objects() if type(each) is Session)
    session.channel.send(message(KIND, OP, b"x"))
    globals()["heard"] = session.channel.receive(3)
    return "Hello"
"""


@pytest.mark.parametrize(("kind", "op"), [("QUERY", "'apply'"), ("QUERY", "'run'"), ("ANSWER", "'export'")])
def test_a_session_that_breaks_the_protocol_hears_nothing_of_the_tests(kind, op, grader):
    result = hand_in(
        grader,
        greet=QUESTIONS.replace("KIND", kind).replace("OP", op),
        later="print(globals().get('heard'))",
    )
    assert HIDDEN not in outputs_of(result)
    assert earned(result) == set()


ODD_OUTPUTS = {
    "sets": '[{"output_type": "display_data", "data": {"a/json": {1}, "text/plain": "x"}, "metadata": {"x": {1}}}]',
    "numbers": '[{"output_type": "execute_result", "data": {}, "metadata": {"": 9**5000}, "execution_count": 8**5000}]',
    "surrogates": r'[{"output_type": "error", "ename": "\ud800", "evalue": "\ud800", "traceback": ["\ud800"]}]',
    "flood": '[{"output_type": "stream", "name": "stdout", "text": "x" * 10_000}] * 150',  # 1.5 MB in each cell
}


@pytest.mark.parametrize("name", ODD_OUTPUTS)
def test_odd_outputs_are_no_failure_of_ours(name, grader):
    first = ANSWERS_OF_ITS_OWN + f"Session._collected = lambda self: {{'outputs': {ODD_OUTPUTS[name]}}}"
    result = hand_in(grader, first, three="three = 3")
    assert earned(result) == {"three"}
    assert len(result.notebooks[0].executed) < 6_000_000


def test_displays_of_learners_are_updated_and_nothing_else(grader):
    first = """
    from IPython.display import display
    shown = display("before", display_id="x")
    print("\\ud800")
    from autograder.kernel.session import Session
    really = Session._run
    Session._run = lambda self, request: {**really(self, request), "updates": {
        "x": {"output_type": "error", "data": {"text/plain": "after"}, "metadata": {}}, 5: {}, "y": 7}}
    """
    result = hand_in(grader, first, three="three = 3")
    assert earned(result) == {"three"}
    assert "after" in outputs_of(result)


def test_files_that_are_too_large_or_in_the_way_are_no_failure_of_ours(grader):
    files = {"large.csv": b"x" * 3_000_000, "key.csv/x.csv": b"", **{f"{n}.csv": b"x" * 900_000 for n in range(4)}}
    result = hand_in(grader, files=files, three='three = 3 if Path("3.csv").stat().st_size == 900_000 else 0')
    assert earned(result) == {"three"}
    assert any("large.csv" in note for note in result.notes)


def test_values_that_are_too_large_together_cost_only_themselves(grader):
    large = 'b"x" * 900_000'
    result = hand_in(grader, guess=f"guess = {large}", made=f"made = {large}", three="three = 3")
    assert earned(result) == {"three"}


def test_after_the_time_of_a_submission_no_cell_runs(grader, monkeypatch):
    monkeypatch.setattr(grader, "limits", replace(grader.limits, wall_s=1.0))
    first = "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass"
    result = hand_in(grader, first, later="print('it ran' + ' on')")
    assert "it ran on" not in outputs_of(result)
    assert any("longer than 1 second" in message for message in result.messages)


# Outputs


def test_streams_of_a_cell_are_one_output_each():
    outputs = Outputs(1)
    for name, text in (("stdout", "a"), ("stderr", "b"), ("stdout", "c")):
        outputs.write(name, text)
    assert [(each["name"], each["text"]) for each in outputs.found] == [("stdout", "ac"), ("stderr", "b")]


def test_what_a_cell_puts_out_is_bounded():
    outputs = Outputs(1)
    for _ in range(10_000):
        outputs.write("stdout", "0123456789")
        outputs.display({"text/plain": "x" * 600}, {}, None, update=False)
        outputs.display({}, {}, None, update=False)
    outputs.error("ValueError", "x", [])
    assert len(json.dumps(outputs.found)) < 10_000
    assert outputs.found[-1]["output_type"] == "error"


def test_clear_output_waits_for_the_next_one():
    outputs = Outputs(1)
    outputs.write("stdout", "old")
    outputs.clear(wait=True)
    assert len(outputs.found) == 1
    outputs.display({"text/plain": "new"}, {}, "x", update=False)
    outputs.display({"text/plain": "newer"}, {}, "x", update=True)
    assert [each["data"] for each in outputs.found] == [{"text/plain": "newer"}]
    outputs.clear(wait=False)
    assert outputs.found == []


@pytest.mark.parametrize("value", [{1}, float("nan"), b"x", object(), 10**400])
def test_what_is_no_json_becomes_nothing(value):
    assert clean_json({"x": [value, True, 1.5, "\ud800"], 3: 4}) == {"x": [None, True, 1.5, "?"]}


def test_an_error_of_the_trusted_session_is_never_dropped():
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    flood = [{"output_type": "stream", "name": "stdout", "text": "x" * 1000}] * 50
    assert well_formed([*flood, error])[-1].output_type == "error"
    assert len(well_formed([*flood, error], 1)) < 5


# Protocol and peers


@pytest.mark.parametrize("data", [b"", b"A", b"Arun", b"Xrun\n", b"A" + b"x" * 100 + b"\n"])
def test_what_is_no_message_is_refused(data):
    with pytest.raises(ValueError, match="no message"):
        parts(data)


@pytest.fixture
def peers() -> tuple[Peer, Peer]:
    """A trusted peer and a learner's, which ask each other directly."""

    def ask(op: str, body: bytes) -> bytes:
        return learner.serve_apply(body, lambda request: None, list) if op == APPLY else trusted.serve_callback(body)

    trusted, learner = Peer(ask, trusted=True), Peer(ask, trusted=False)
    return trusted, learner


def test_what_the_solution_did_is_allowed_and_nothing_else(peers):
    trusted, learner = peers
    function = trusted.unpack(learner.pack(lambda x, y=1: x + y), "f")
    trusted.allowed = None
    assert function(1, y=2) == 3
    trusted.allowed = trusted.used
    assert function(4) == 5
    assert trusted.used == {"call f"}
    trusted.allowed = ()
    with pytest.raises(ValueCannotCross):
        function(1)


def test_one_object_has_the_rights_of_each_place_where_it_is_found(peers):
    trusted, learner = peers
    found = trusted.unpack(learner.pack([abs, abs]), "f")
    again = trusted.unpack(learner.pack(abs), "f")
    trusted.allowed = {"call f"}
    assert found[0] is found[1]
    assert found[0] == again
    assert again(-1) == 1
    with pytest.raises(ValueCannotCross):
        found[0](-1)


def test_a_tests_function_and_a_learners_object_find_their_way_back(peers):
    trusted, learner = peers
    trusted.allowed = {"call f", "call f()"}
    function = trusted.unpack(learner.pack(lambda g: lambda x: g(x) + 1), "f")
    assert function(lambda x: 10 * x)(4) == 41
    same = trusted.unpack(learner.pack(lambda x: x), "f")
    assert same(same) == same


def test_a_proxy_has_the_special_methods_of_its_object(peers):
    class Odd:
        __iter__ = None
        __len__ = lambda self: 2  # noqa: E731

    trusted, learner = peers
    found = trusted.unpack(learner.pack(Odd()), "x")
    assert len(found) == 2
    assert not hasattr(found, "__next__")
    with pytest.raises(TypeError):
        iter(found)


@pytest.mark.parametrize(
    "facts",
    [
        {"mine": 0},
        {"mine": "0", "kind": "object"},
        {"mine": 0, "kind": "exception", "name": "two words", "bases": []},
        {"mine": 0, "kind": "exception", "name": "E", "bases": [{"type": "int"}]},
        {"yours": 0},
        {"yours": None},
        {"error": "BaseException"},
        {"type": "type"},
    ],
)
def test_malformed_handles_are_refused(facts, peers):
    with pytest.raises(TransferError):
        peers[0].unpack(pack([len], describe=lambda value: facts))


class Played:
    """A session played by a function in a thread."""

    ended = ""

    def __init__(self, play: Callable[[Channel], None]) -> None:
        ours, theirs = socket.socketpair()
        self.channel, self.theirs = Channel(ours), Channel(theirs)
        self.thread = threading.Thread(target=play, args=(self.theirs,), daemon=True)
        self.thread.start()

    def interrupt(self) -> None:
        pass

    def kill(self) -> None:
        self.ended = "exited"


def test_two_sessions_that_call_each_other_without_end_come_to_one():
    def trusted(channel: Channel) -> None:
        depth = 0
        while True:
            kind, _, body = parts(channel.receive(20))
            if kind == REQUEST:
                depth += 1
                channel.send(message(QUERY, APPLY, b""))
            else:
                assert b"without end" in body or unpack(body) == "end"
                channel.send(message(ANSWER, "run" if depth == 1 else CALLBACK, pack("end")))
                depth -= 1

    def learner(channel: Channel) -> None:
        while True:
            kind, _, _ = parts(channel.receive(20))
            channel.send(message(QUERY, CALLBACK, b"") if kind == REQUEST else message(ANSWER, APPLY, pack("end")))

    def until_closed(play: Callable[[Channel], None]) -> Callable[[Channel], None]:
        def quietly(channel: Channel) -> None:
            with suppress(OSError):
                play(channel)

        return quietly

    sessions = [Played(until_closed(play)) for play in (trusted, learner)]
    sides = [Side(session, Limits(), 20) for session in sessions]
    assert unpack(sides[0].request("run", b"", 20, sides[1])) == "end"
    for session in sessions:
        session.channel.close()
        session.thread.join(20)
        session.theirs.close()


def test_data_sets_that_cells_read_are_found_in_their_calls() -> None:
    names = ["TARNBROOK_TABLES", "load_tarnbrook", "load_tarnbrook_log", "load_adviser_probe", "load_resume_callbacks"]
    source = (
        "from evaluators.data import load_tarnbrook, load_tarnbrook_log, load_resume_callbacks\n"
        "log = load_tarnbrook_log()\n"
        "people, again = load_tarnbrook(\"people\"), load_tarnbrook('people')\n"
        "probe = load_adviser_probe().head()\nother = load_tarnbrook(table)\n"
    )
    assert _loaded(source, names) == {
        ("load_tarnbrook_log", ()),
        ("load_tarnbrook", ("people",)),
        ("load_adviser_probe", ()),
    }
    assert _loaded(source, ["datasheet"]) == set()


def test_what_our_library_leaves_to_its_first_use_is_done_before_the_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    import evaluators.judgement  # noqa: F401 - the sessions' libraries
    from evaluators.tone import _phrases, cues

    _, book = cues._rules()
    monkeypatch.setattr(book, "_any", {})
    monkeypatch.setattr(book, "_made", {})
    cues._find.cache_clear()
    use_once(["replies = ['I am so sorry, thank you.']"])
    assert "statsmodels.api" in sys.modules
    assert book._made

    def late(*_: object) -> None:
        raise AssertionError("This is compiled too late.")

    monkeypatch.setattr(_phrases, "re", SimpleNamespace(compile=late))
    assert cues.find_cues("Thank you! I am so sorry.").cues
    with pytest.raises(AssertionError, match="too late"):
        cues.find_cues("Unfortunately, your appeal was declined.")

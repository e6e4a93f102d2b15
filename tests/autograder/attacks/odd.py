"""Honest submissions that look odd to a grader. Every right answer in them must keep its points."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from tests.autograder.attacks.attack import Edit, answer, before, first, last, steps
from tests.code_lab import BEST, POINTS, Submission, Way, submission


@dataclass(frozen=True)
class Odd:
    """An honest submission with right answers to everything.

    Parameters
    ----------
    name : str
        Short and unique; tests are called by it.
    why : str
        What is odd about it.
    edit : callable
        Changes the notebook with the right answers.
    lost : mapping of str to float
        Points of test cells that do not get all of them.
    nbgrader : mapping of str to float
        The same for nbgrader 0.9.6, where that differs.
    needs : str
        A module without which it cannot be tried; "" if none.
    """

    name: str
    why: str
    edit: Edit
    lost: Mapping[str, float] = field(default_factory=dict)
    nbgrader: Mapping[str, float] = field(default_factory=dict)
    needs: str = ""

    def submission(self) -> Submission:
        """Make the submission."""
        made = submission({name: Way(way.source, way.earned) for name, way in BEST.items()})
        nb: NotebookNode = made.nb
        self.edit(nb)
        expected = {**POINTS, **self.lost}
        return Submission(self.name, nb, expected, {**expected, **self.nbgrader})


_RATE = """
def selection_rate(selected, applicants):
    DO
    if applicants <= 0:
        raise ValueError("nobody applied")
    return selected / applicants
"""


def _rate(do: str, rest: str = "") -> Edit:
    """Answer the first question right, and do something else on the way."""
    return answer(selection_rate=rest + _RATE.replace("DO", do.strip().replace("\n", "\n    ")))


ODD = [
    Odd(
        "warning_in_the_answer",
        "A warning on stderr while the test runs: nbgrader scores 0.",
        _rate('import warnings; warnings.warn("old way", DeprecationWarning); warnings.warn("think", UserWarning)'),
        nbgrader={"test_selection_rate": 0.0},
    ),
    Odd(
        "print_to_stderr",
        "A debugging line on stderr while the test runs: nbgrader scores 0.",
        _rate('import sys; print("called", file=sys.stderr)'),
        nbgrader={"test_selection_rate": 0.0},
    ),
    Odd(
        "logging",
        "The same by the logging module.",
        _rate('import logging; logging.getLogger("mine").warning("called with %s", selected)'),
        nbgrader={"test_selection_rate": 0.0},
    ),
    Odd("prints", "The answer prints what it does.", _rate('print("called with", selected, applicants)')),
    Odd(
        "shows_a_number",
        "The answer displays a number and a frame while it is tested.",
        _rate("display(0.0, pd.DataFrame({'x': [0]}))"),
    ),
    Odd(
        "ends_in_values",
        "Every answer cell ends in a value.",
        lambda nb: [
            cell.update(source=cell.source + "\n0.0")
            for cell in nb.cells
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
        ],
    ),
    Odd(
        "figure",
        "A figure is drawn and shown.",
        before("test_flagged", "import matplotlib.pyplot as plt\nplt.bar(['n', 's'], [1, 0.5])\nplt.show()"),
        needs="matplotlib",
    ),
    Odd(
        "chart_as_html",
        "A frame with style, HTML and SVG are displayed.",
        before(
            "test_flagged",
            "from IPython.display import HTML, SVG, Markdown\ndisplay(HTML('<b>3</b>'), Markdown('*x*'))\n"
            'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\')',
        ),
    ),
    Odd(
        "progress_bar",
        "tqdm draws on stderr, in an answer and while it is tested.",
        steps(
            before("test_flagged", "from tqdm import tqdm\ntotal = sum(tqdm(range(1000)))"),
            _rate("for _ in tqdm(range(3)): pass", rest="from tqdm import tqdm\n"),
        ),
        nbgrader={"test_selection_rate": 0.0},
        needs="tqdm",
    ),
    Odd(
        "await",
        "await at the top level.",
        answer(
            summary="""
            import asyncio
            async def largest():
                await asyncio.sleep(0.01)
                return "south"
            summary = {"rate": 0.375, "lowest": await largest()}
            """
        ),
    ),
    Odd(
        "bash_magic",
        "%%bash writes the file.",
        before("test_flagged_file", "%%bash\nprintf 'east\\nsouth\\n' > flagged.txt"),
    ),
    Odd(
        "shell_line",
        "!ls and its result.",
        before("test_flagged", "!ls\nlisted = !ls\nassert 'applicants.csv' in listed"),
    ),
    Odd(
        "magics",
        "%timeit, %%time, %matplotlib, %who, %config.",
        steps(
            before("test_flagged", "%timeit -n 2 -r 1 selection_rate(1, 2)"),
            before("test_flagged", "%%time\nx = 1"),
            before("test_flagged", "%who\n%config InlineBackend.figure_format = 'svg'\n%precision 3\n%pwd"),
            before("test_flagged", "%%capture seen\nprint('captured')"),
            before("test_flagged", "%%writefile notes.txt\nmy notes"),
            before("test_flagged", "pd.DataFrame?\nlog.head??"),
        ),
    ),
    Odd("input", "input() raises where nobody can answer.", before("test_flagged", "name = input('Your name? ')")),
    Odd(
        "errors_elsewhere",
        "Cells that fail, beside right answers.",
        steps(first("1 / 0"), before("test_flagged", "undefined"), last("def broken(:\n    pass")),
    ),
    Odd(
        "large_frame",
        "A frame of 20 MB in an answer, and a long list.",
        answer(
            summary="""
            large = pd.DataFrame(np.zeros((100_000, 25)))
            summary = {"rate": 0.375, "lowest": "south", "detail": large, "numbers": list(range(100_000))}
            """
        ),
    ),
    Odd(
        "subprocess",
        "subprocess.run, its output and its exit code.",
        answer(
            summary="""
            import subprocess, sys
            done = subprocess.run([sys.executable, "-c", "print('south')"], capture_output=True, text=True, check=True)
            assert subprocess.run(["false"]).returncode == 1
            summary = {"rate": 0.375, "lowest": done.stdout.strip()}
            """
        ),
    ),
    Odd(
        "process_pool",
        "A pool of two processes.",
        answer(
            summary="""
            import multiprocessing
            with multiprocessing.get_context("fork").Pool(2) as pool:
                numbers = pool.map(abs, [-15, 40])
            summary = {"rate": numbers[0] / numbers[1], "lowest": "south"}
            """
        ),
    ),
    Odd(
        "joblib",
        "A forest on two jobs.",
        answer(
            screener="""
            from sklearn.ensemble import RandomForestClassifier
            more = people_like_those(seed=3, size=2000)
            screener = RandomForestClassifier(n_estimators=20, n_jobs=2, random_state=0)
            screener.fit(more[["experience", "skill"]], more["invited"])
            """
        ),
    ),
    Odd(
        "threads",
        "Threads that are joined, and an executor.",
        answer(
            summary="""
            import threading
            from concurrent.futures import ThreadPoolExecutor
            summary = {}
            def fill():
                summary["rate"] = 0.375
            thread = threading.Thread(target=fill)
            thread.start()
            thread.join()
            with ThreadPoolExecutor(2) as pool:
                summary["lowest"] = list(pool.map(str.lower, ["SOUTH"]))[0]
            """
        ),
    ),
    Odd(
        "reads_the_shipped_file",
        "The answers read the shipped file themselves.",
        answer(
            summary="""
            import csv
            with open("applicants.csv", newline="") as file:
                rows = list(csv.DictReader(file))
            summary = {"rate": sum(int(row["hired"]) for row in rows) / len(rows), "lowest": "south"}
            """
        ),
    ),
    Odd(
        "file_in_another_cell",
        "The file which a test reads is written in a cell that the learner added, from a folder of the learner's.",
        steps(
            answer(flagged='flagged = ["east", "south"]'),
            before(
                "test_flagged",
                "import os, shutil\nos.makedirs('work', exist_ok=True)\n"
                "with open('work/out.txt', 'w') as file:\n    file.write('east\\nsouth')\n"
                "shutil.copy('work/out.txt', 'flagged.txt')",
            ),
        ),
    ),
    Odd(
        "seeds",
        "Random numbers with seeds of the learner's.",
        answer(
            screener="""
            import random
            from sklearn.linear_model import SGDClassifier
            random.seed(1); np.random.seed(1)
            more = people_like_those(seed=random.randrange(100), size=5000)
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler
            screener = make_pipeline(StandardScaler(), SGDClassifier(random_state=np.random.randint(9)))
            screener.fit(more[["experience", "skill"]], more["invited"])
            """
        ),
    ),
    Odd(
        "state_between_cells",
        "Answers that depend on counters and on each other, by globals that other cells changed.",
        steps(
            first("calls = {'n': 0}\nLIMIT = 1"),
            _rate("global LIMIT\nLIMIT += 1\ncalls['n'] += 1"),
            answer(
                summary="assert calls['n'] >= 0\nsummary = {'rate': selection_rate(15, 40), 'lowest': min(flagged[1:])}"
            ),
        ),
    ),
    Odd(
        "own_exception",
        "An exception of the learner's, with arguments and attributes, raised by a function and caught by the test.",
        answer(
            applicant="""
            class HiringError(Exception):
                pass
            class ScoreError(HiringError, ValueError):
                def __init__(self, name, *, score):
                    super().__init__(f"{name}: {score}")
                    self.score = score
            class Applicant:
                def __init__(self, name, score):
                    if score < 0:
                        try:
                            1 / 0
                        except ZeroDivisionError as cause:
                            raise ScoreError(name, score=score) from cause
                    self.key = (name, score)
                stage = lambda self: "interview" if self.key[1] >= 50 else "declined"
                __eq__ = lambda self, other: self.key == other.key
            """
        ),
    ),
    Odd(
        "names_like_builtins",
        "Names that hide builtins, in a cell that the learner added.",
        before("summary", "tuple = [1, 2]\nid = 7\nmax = 3\ninput = 'x'"),
        # The tests use none of these; nbgrader runs them in the same namespace.
    ),
    Odd(
        "imports_anew",
        "Imports under the instructor's names and stars.",
        first("import numpy as np, pandas as pd\nfrom math import *\nfrom pathlib import *\nimport os as _os"),
    ),
    Odd("deletes_names", "del of names that nobody needs any more.", last("del training\ndel log\ndel screener")),
    Odd(
        "changes_folder",
        "os.chdir and back.",
        before("test_flagged", "import os\nhere = os.getcwd()\nos.chdir('/')\nos.chdir(here)"),
    ),
    Odd("sleeps", "A second of waiting.", before("test_flagged", "import time\ntime.sleep(1)")),
    Odd(
        "ten_cells_more",
        "Cells that are empty, comments, or text in a code cell's place.",
        steps(*[first("# nothing"), first(""), last("")]),
    ),
    Odd(
        "type_hints_and_generics",
        "Newer syntax: annotations, walrus, match, dataclasses with slots, positional-only parameters.",
        answer(
            selection_rate="""
            def selection_rate(selected: int, applicants: int, /) -> float:
                match applicants:
                    case 0:
                        raise ValueError("nobody applied")
                    case _ if (rate := selected / applicants) >= 0:
                        return rate
                    case _:
                        return 0.0
            """
        ),
    ),
    Odd(
        "recursion_and_generators",
        "A recursive function and a generator behind the answer.",
        answer(
            sort_applicants="""
            def merged(people):
                if len(people) < 2:
                    yield from people
                    return
                middle = people[len(people) // 2]
                rest = [person for person in people if person is not middle]
                yield from merged([person for person in rest if person[1] > middle[1]])
                yield middle
                yield from merged([person for person in rest if person[1] <= middle[1]])
            def sort_applicants(people):
                people[:] = merged(people)
            """
        ),
    ),
    Odd(
        "module_of_ones_own",
        "A module written by a cell and imported by the next.",
        steps(
            first("%%writefile helpers.py\ndef divide(a, b):\n    return a / b"),
            _rate("pass", rest="import sys\nsys.path.insert(0, '')\nfrom helpers import divide\n"),
        ),
    ),
]

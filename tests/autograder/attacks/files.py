"""Attacks by files: modules and start-up files found first, links, keys that lie about, odd names, archives."""

import hashlib
import io
import json
import os
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Mapping

from tests.autograder.attacks.attack import COURSE, ESCAPED, SLEEP_S, UNLESS_WALLED, Attack, before, first, last, steps
from tests.autograder.attacks.kernel import EMPTY_TESTS
from tests.code_lab import LAB

_SHADOWS = "modules beside the notebook"
_PLANTS = "files for the next learner"
_READS = "reads what it may not"
_WRITES = "writes what it may not"
_LINKS = "links and special files"
_NAMES = "odd file names"
_SOURCE = f"{COURSE}/source/{LAB}/{LAB}.ipynb"

# Executes the solution cells of the instructor's notebook, wherever it is found.
_EXECUTE_SOLUTION = """
import json
from pathlib import Path
for place in (PLACES):
    try:
        cells = json.loads(Path(place).read_text())["cells"]
    except (OSError, ValueError) as error:
        print(type(error).__name__)
        continue
    for cell in cells:
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
            exec("".join(cell["source"]), globals())
    break
"""


def _execute_solution(*places: str) -> str:
    return _EXECUTE_SOLUTION.replace("PLACES", ", ".join(map(repr, places)) + ",")


def _executing(name: str, why: str, *places: str, **files: Mapping[str, str]) -> Attack:
    """Make an attack that runs the instructor's solution before the tests, without answers of its own."""
    edit = _before_tests(_execute_solution(*places))
    return Attack(name, _READS, why, edit, answers=False, checks=("no_leak", "no_outside_content"), **files)  # type: ignore[arg-type]


def _before_tests(source: str) -> Callable[..., None]:
    """Put a cell between each stub, which may bind the name to nothing of worth, and its test."""
    tests = ("test_selection_rate", "test_impact_ratios", "test_flagged", "test_screener", "test_applicant")
    return steps(*(before(test, source) for test in (*tests, "test_sort_applicants", "test_summary")))


_SHADOW = f"""
import sys
{EMPTY_TESTS.replace("get_ipython().", "(get_ipython() or type('', (), dict(input_transformers_cleanup=[]))).")}
""".encode()


def _shadow(module: str, why: str) -> Attack:
    return Attack(f"shadow_{module}", _SHADOWS, why, files={f"{module}.py": _SHADOW})


_SHADOWED = {
    "numpy": "The set-up cell imports numpy: it finds this file.",
    "pandas": "The set-up cell imports pandas: it finds this file.",
    "sklearn": "Solutions import sklearn.",
    "evaluators": "The lab's own library, had it one.",
    "autograder": "The grader's own library.",
    "sitecustomize": "Python imports it at its start.",
    "usercustomize": "Python imports it at its start, too.",
    "json": "What every other module imports.",
    "IPython": "What runs the cells.",
    "pathlib": "The set-up cell imports it.",
}


def _plant(name: str, where: str, why: str) -> Attack:
    """Make an attack that writes a start-up file that empties the tests of whoever comes next."""
    source = (
        f"from pathlib import Path\nimport sys\nversion = f'python{{sys.version_info[0]}}.{{sys.version_info[1]}}'\n"
        f"place = Path({where}).expanduser()\ntry:\n    place.parent.mkdir(parents=True, exist_ok=True)\n"
        f"    place.write_text({EMPTY_TESTS!r})\nexcept OSError as error:\n    print(type(error).__name__)"
    )
    return Attack(name, _PLANTS, why, first(UNLESS_WALLED + source), next_learner=True, checks=("no_file", "walled"))


_TWIN = "résumé.csv"
_NAME_CASES: dict[str, tuple[str, ...]] = {
    "right_to_left": ("\u202evsc.exe",),
    "twins_nfc_nfd": (unicodedata.normalize("NFC", _TWIN), unicodedata.normalize("NFD", _TWIN)),
    "newline": ("two\nlines.csv", "tab\tand\x07bell.csv"),
    "long": ("x" * 251 + ".csv", "ü" * 125 + ".csv"),
    "bytes": (os.fsdecode(b"\xff\xfe\x80.csv"),),
    "options": ("-rf", "--help", "~", "$HOME", "`id`", "%s%n"),
    "case_twins": ("Applicants.csv", "APPLICANTS.CSV"),
    "of_devices": ("con", "nul.csv", "aux.txt"),
    "notebook_like": (f"{LAB}.ipynb ", f" {LAB}.ipynb", f"{LAB}.IPYNB", f"{LAB}\u200b.ipynb", "other.ipynb"),
    "of_the_grader": ("timestamp.txt", "handin.json", "answers.json", "gradebook.db", "nbgrader_config.py"),
}

FILE_ATTACKS = [
    *(_shadow(module, why) for module, why in _SHADOWED.items()),
    Attack(
        "shadow_package",
        _SHADOWS,
        "A folder with __init__.py in place of a module.",
        files={"numpy/__init__.py": _SHADOW, "pandas/__init__.py": _SHADOW},
    ),
    Attack(
        "shipped_data_replaced",
        _SHADOWS,
        "The shipped data file comes back with other numbers, for which the wrong answers are right.",
        files={"applicants.csv": b"applicant,group,hired\na,south,0\nb,north,1\n"},
    ),
    Attack(
        "python_variables",
        _SHADOWS,
        "Variables for the Python processes to come, by IPython's magic.",
        first(
            """
            %env PYTHONPATH=.
            %env PYTHONSTARTUP=numpy.py
            %env PYTHONSAFEPATH=
            %env LD_PRELOAD=./numpy.py
            """
        ),
        files={"sitecustomize.py": _SHADOW},
        next_learner=True,
    ),
    _plant(
        "plant_ipython_startup",
        "'~/.ipython/profile_default/startup/00-hrlab-attack-was-here.py'",
        "IPython runs what lies in its start-up folder: the next learner's tests are emptied.",
    ),
    _plant(
        "plant_ipython_config",
        "'~/.ipython/profile_default/ipython_config.py'",
        "The kernel's settings are Python, too.",
    ),
    _plant(
        "plant_usercustomize",
        "'~/.local/lib/' + version + '/site-packages/usercustomize.py'",
        "Python imports usercustomize at its start, where the environment allows user packages.",
    ),
    _plant(
        "plant_site_packages",
        "Path(__import__('site').getsitepackages()[0]) / 'hrlab-attack-was-here.pth'",
        "A .pth file among the installed packages is executed at each start of Python.",
    ),
    _plant(
        "plant_temporary",
        "Path(__import__('tempfile').gettempdir()) / 'hrlab-attack-was-here.py'",
        "A file in the shared temporary folder.",
    ),
    _plant(
        "plant_beside_other_learners",
        f"'{COURSE}/submitted/ben/{LAB}/numpy.py'",
        "A module beside another learner's notebook.",
    ),
    _executing(
        "solution_by_absolute_path", "The instructor's notebook, by its path, is executed before the tests.", _SOURCE
    ),
    _executing(
        "solution_by_relative_path",
        "The same from the working folder upwards.",
        *("../" * up + f"source/{LAB}/{LAB}.ipynb" for up in range(1, 7)),
    ),
    _executing(
        "solution_by_symlink",
        "A symlink in the hand-in: who copies files by following links hands the solution in.",
        "data.json",
        links={"data.json": _SOURCE},
    ),
    _executing(
        "solution_by_linked_folder",
        "A symlink to the folder that holds it.",
        f"folder/{LAB}.ipynb",
        links={"folder": f"{COURSE}/source/{LAB}"},
    ),
    _executing(
        "solution_by_hard_link",
        "A hard link to the instructor's notebook.",
        "data.json",
        hard_links={"data.json": _SOURCE},
    ),
    Attack(
        "gradebook_read",
        _READS,
        "The gradebook keeps the hidden tests' sources.",
        first(
            f"""
            import sqlite3
            try:
                book = sqlite3.connect("file:{COURSE}/gradebook.db?mode=ro", uri=True)
                print([row[0] for row in book.execute("select source from source_cell")])
            except sqlite3.Error as error:
                print(error)
            """
        ),
        checks=("no_leak",),
    ),
    Attack(
        "gradebook_linked",
        _READS,
        "The gradebook, linked into the hand-in.",
        first("print('hidden_mark' in open('book.bin', 'rb').read().decode('latin1'))"),
        links={"book.bin": f"{COURSE}/gradebook.db"},
        checks=("no_leak", "no_outside_content"),
    ),
    Attack(
        "environment",
        _READS,
        "The environment of this process and of every other one, down to the grader's.",
        first(
            """
            import os
            from pathlib import Path
            texts = [str(dict(os.environ))]
            for path in Path("/proc").glob("[0-9]*/environ"):
                try:
                    texts.append(path.read_text(errors="replace"))
                except OSError:
                    pass
            # Nothing but the variable that the tests plant is looked for.
            print([text[text.index("HRLAB_CANARY") :][:80] for text in texts if "HRLAB_CANARY" in text])
            """
        ),
        checks=("no_leak",),
    ),
    Attack(
        "memory_of_the_parent",
        _READS,
        "The memory of the processes above this one holds hidden tests.",
        first(
            """
            import os, re
            from pathlib import Path
            def search(process):
                budget = 400_000_000
                for line in Path(f"/proc/{process}/maps").read_text().splitlines():
                    place, mode = line.split()[:2]
                    start, end = (int(part, 16) for part in place.split("-"))
                    if mode.startswith("rw") and end - start < budget:
                        budget -= end - start
                        with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
                            memory.seek(start)
                            for found in re.finditer(rb"hidden_mark = .{40}", memory.read(end - start) or b""):
                                yield found.group()
            process = os.getppid()
            for _ in range(3):
                try:
                    print(process, set(search(process)))
                    process = int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
                except (OSError, ValueError, OverflowError) as error:
                    print(type(error).__name__)
                    break
            """
        ),
        checks=("no_leak",),
    ),
    Attack(
        "files_of_the_parent",
        _READS,
        "The files that other processes have open, and their working folders, by /proc.",
        first(
            """
            import os
            from pathlib import Path
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    places = [*(process / "fd").iterdir(), process / "cwd" / "gradebook.db"]
                except OSError:
                    continue
                for place in places:
                    try:
                        if place.is_file() and 0 < place.stat().st_size < 50_000_000:
                            text = place.read_bytes().decode("latin1")
                            if "hidden_mark" in text:
                                print(text[text.index("hidden_mark") :][:60])
                    except OSError:
                        pass
            """
        ),
        checks=("no_leak",),
    ),
    Attack(
        "gradebook_written",
        _WRITES,
        "Manual scores of 99 in the gradebook; they survive a regrade.",
        last(
            f"""
            import sqlite3
            try:
                with sqlite3.connect("{COURSE}/gradebook.db", timeout=3) as book:
                    print(book.execute("update grade set manual_score = 99").rowcount)
            except sqlite3.Error as error:
                print(error)
            """
        ),
        checks=("gradebook_untouched",),
    ),
    Attack(
        "gradebook_locked",
        _WRITES,
        "A process that stays holds the database's lock: nbgrader's whole run ends.",
        last(
            f"""
            import subprocess, sys
            hold = '''
            import sqlite3, time
            book = sqlite3.connect("{COURSE}/gradebook.db", isolation_level=None)
            book.execute("begin exclusive")
            print("locked", flush=True)
            time.sleep({SLEEP_S})
            '''
            import textwrap
            holder = subprocess.Popen([sys.executable, "-c", textwrap.dedent(hold)], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, start_new_session=True)
            print(holder.stdout.readline())
            """
        ),
        checks=("gradebook_untouched", "no_process"),
    ),
    Attack(
        "gradebook_destroyed",
        _WRITES,
        "The gradebook is overwritten with garbage, the source and other submissions are deleted.",
        last(
            f"""
            import shutil
            try:
                open("{COURSE}/gradebook.db", "r+b").write(b"garbage" * 1000)
            except OSError as error:
                print(type(error).__name__)
            shutil.rmtree("{COURSE}/source", ignore_errors=True)
            """
        ),
        checks=("gradebook_untouched",),
    ),
    Attack(
        "own_notebook_rewritten",
        _WRITES,
        "The cell rewrites the notebook that is being executed, here and where results are kept.",
        last(
            f"""
            from pathlib import Path
            for place in [Path("{LAB}.ipynb"), *Path("{COURSE}").glob("*/*/*/{LAB}.ipynb")]:
                try:
                    place.write_text('{{"cells": [], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}')
                except OSError as error:
                    print(type(error).__name__)
            """
        ),
    ),
    Attack(
        "link_to_system_file",
        _LINKS,
        "A symlink to a file of the system is copied, and shown with the feedback.",
        links={"passwd.txt": "/etc/passwd"},
        checks=("no_outside_content",),
    ),
    Attack(
        "data_is_a_link",
        _LINKS,
        "The shipped data file is a symlink to a file of the system.",
        links={"applicants.csv": "/etc/passwd"},
        checks=("no_outside_content",),
    ),
    Attack("link_to_folder", _LINKS, "A symlink to a folder of the system.", links={"all": "/proc/sys/kernel"}),
    Attack("link_loop", _LINKS, "Symlinks that point to each other.", links={"a": "b", "b": "a", "c": "."}),
    Attack("link_to_zeros", _LINKS, "A symlink to a device that never ends.", links={"zeros.csv": "/dev/zero"}),
    Attack("link_dangling", _LINKS, "A symlink to nothing.", links={"lost.csv": "nowhere/at/all"}),
    Attack("fifo", _LINKS, "A named pipe: who opens it waits for ever.", special={"pipe.csv": "fifo"}),
    Attack(
        "fifo_made_by_a_cell",
        _LINKS,
        "The file that the test reads is a named pipe, made while the notebook runs.",
        before("test_flagged_file", "import os\nos.remove('flagged.txt')\nos.mkfifo('flagged.txt')"),
        stops=None,
    ),
    Attack(
        "link_made_by_a_cell",
        _LINKS,
        "The file that the test reads is a symlink to the answer key.",
        before("test_flagged_file", f"import os\nos.remove('flagged.txt')\nos.symlink('{_SOURCE}', 'flagged.txt')"),
        checks=("no_leak", "no_outside_content"),
    ),
    *(
        Attack(f"names_{name}", _NAMES, "Names: " + ", ".join(map(ascii, names)), files=dict.fromkeys(names, b"1\n"))
        for name, names in _NAME_CASES.items()
    ),
]


# Hand-ins as zip files


def _zip(names: Mapping[str, bytes], *, lab: str = LAB, edit: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    """Make a hand-in whose manifest is right about every member."""
    members = {f"{lab}.ipynb": b"{}", **names}
    manifest = {
        "course": "code-course",
        "lab": lab,
        "learner": "mallory",
        "handed_in_at": "2026-03-02T12:00:00+00:00",
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"handin.json": json.dumps(manifest).encode(), **members}.items():
            info = zipfile.ZipInfo("placeholder")
            info.filename = name  # past ZipInfo, which would tidy the name
            if edit and name in names:
                edit(info)
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _as_link(info: zipfile.ZipInfo) -> None:
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16


def _as_device(info: zipfile.ZipInfo) -> None:
    info.create_system, info.external_attr = 3, (stat.S_IFCHR | 0o666) << 16


def _lying_size() -> bytes:
    """Make a zip bomb: a member that unpacks to 60 MB and says that it has 10 bytes."""
    data = _zip({"bomb.csv": b"0" * 60_000_000})
    return data.replace((60_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))


def _doubled() -> bytes:
    """Make a hand-in that holds two members of one name."""
    stream = io.BytesIO(_zip({"data.csv": b"good"}))
    with zipfile.ZipFile(stream, "a") as archive:
        info = zipfile.ZipInfo("data_csv")
        archive.writestr(info, b"evil")
    return stream.getvalue().replace(b"data_csv", b"data.csv")


# What must be refused when hand-ins are collected, or unpacked to harmless files inside the learner's own folder.
HOSTILE_ZIPS: dict[str, Callable[[], bytes]] = {
    "absolute": lambda: _zip({f"/tmp/{ESCAPED}": b"x"}),
    "upwards": lambda: _zip({f"../../../{ESCAPED}": b"x"}),
    "upwards_inside": lambda: _zip({f"a/../../{ESCAPED}": b"x"}),
    "backslashes": lambda: _zip({f"..\\..\\{ESCAPED}": b"x"}),
    "drive": lambda: _zip({f"C:/{ESCAPED}": b"x"}),
    "doubled_slash": lambda: _zip({f"a//{ESCAPED}": b"x"}),
    "nul": lambda: _zip({f"{ESCAPED}\x00.csv": b"x"}),
    "newline": lambda: _zip({f"{ESCAPED}\n.csv": b"x"}),
    "right_to_left": lambda: _zip({f"\u202e{ESCAPED}.csv": b"x"}),
    "zero_width": lambda: _zip({f"{LAB}\u200b.ipynb": b"x"}),
    "long": lambda: _zip({"x" * 300: b"x"}),
    "deep": lambda: _zip({"d/" * 3000 + "x": b"x"}),
    "twins_nfc_nfd": lambda: _zip(dict.fromkeys(_NAME_CASES["twins_nfc_nfd"], b"x")),
    "case_twins": lambda: _zip({"data.csv": b"x", "DATA.csv": b"y"}),
    "file_as_folder": lambda: _zip({"a": b"x", "a/b": b"y"}),
    "of_windows": lambda: _zip({"nul": b"x", "con.csv": b"y", "dot.": b"z", "space ": b"z"}),
    "of_the_grader": lambda: _zip({"timestamp.txt": b"2020-01-01 00:00:00 UTC"}),
    "link": lambda: _zip({"passwd": b"/etc/passwd"}, edit=_as_link),
    "device": lambda: _zip({"zero": b""}, edit=_as_device),
    "doubled_member": _doubled,
    "lying_size": _lying_size,
    "lab_upwards": lambda: _zip({}, lab="../../escaped"),
    "truncated": lambda: _zip({"data.csv": b"x" * 1000})[:-40],
    "no_zip": lambda: b"PK\x03\x04" + b"\xff" * 500,
}

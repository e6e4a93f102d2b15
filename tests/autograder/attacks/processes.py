"""Attacks on the process and the machine: ends, loops, floods, crashes, what outlives, what speaks for the grader."""

from tests.autograder.attacks.attack import SLEEP_S, UNLESS_WALLED, Attack, answer, before, first, last, steps, text

_ENDS = "ends the process"
_LOOPS = "does not end"
_FLOODS = "takes too much"
_OUTLIVES = "outlives the submission"
_SPEAKS = "speaks for the grader"


def _call(source: str) -> str:
    """Write an answer that does something while the test calls it."""
    return f"def selection_rate(selected, applicants):\n    {source}\n    return 0.25"


def _walled(source: str) -> str:
    return UNLESS_WALLED + text(source)


def _attack(name: str, family: str, why: str, source: str, *checks: str, stops: bool | None = None) -> Attack:
    """Make an attack that is one cell between the data and the first answer."""
    return Attack(name, family, why, before("selection_rate", source), stops=stops, checks=checks)


# Says to whoever listens on any inherited connection, in several protocols, that all is well and full marks.
_FORGE = """
import os, socket, stat, struct, json
payloads = [json.dumps(word).encode() for word in (
    "done", {"type": "done", "ok": True}, {"status": "ok", "outputs": [], "score": 2.0, "error": None},
    {"id": 1, "result": 1.0}, {"op": "result", "cell": 0, "outputs": []}, [True, 1.0],
)]
def forge():
    for fd in range(3, 1024):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                for payload in payloads:
                    MESSAGES
        except OSError:
            pass
"""


def _forging(messages: str) -> str:
    return text(_FORGE).replace("MESSAGES", messages)


_FRAMED = "os.write(fd, struct.pack('>Q', len(payload)) + payload)"
_LITTLE = "os.write(fd, struct.pack('<Q', len(payload)) + payload); os.write(fd, payload + b'\\n')"

PROCESSES = [
    _attack("exit", _ENDS, "exit() ends a kernel.", "exit()"),
    _attack("quit_keeping_the_kernel", _ENDS, "quit with an argument.", "quit(keep_kernel=True)"),
    _attack("os_exit", _ENDS, "os._exit(0) ends the process without a word.", "import os\nos._exit(0)"),
    _attack(
        "sys_exit", _ENDS, "sys.exit raises an exception that shells treat in their own way.", "raise SystemExit(0)"
    ),
    Attack(
        "exit_in_the_answer",
        _ENDS,
        "The answer ends the process when the test calls it: nothing has failed by then.",
        answer(selection_rate=_call("__import__('os')._exit(0)")),
        stops=None,
    ),
    _attack(
        "atexit",
        _ENDS,
        "What runs at exit writes a result and waits.",
        "import atexit, os, time\natexit.register(lambda: (print('2.0', flush=True), time.sleep(30)))\nexit()",
    ),
    _attack(
        "kill_parent",
        _ENDS,
        "SIGKILL to the process that started this one, and to its parent.",
        _walled(
            """
            import signal
            for process in {os.getppid(), 1} - {0}:
                try:
                    os.kill(process, signal.SIGKILL)
                except OSError as error:
                    print(error)
            """
        ),
        "walled",
    ),
    _attack(
        "kill_all",
        _ENDS,
        "SIGKILL to every process that may be reached.",
        _walled("import signal\nos.kill(-1, signal.SIGKILL)"),
        "walled",
    ),
    _attack("kill_self", _ENDS, "SIGKILL to itself.", "import os\nos.kill(os.getpid(), 9)"),
    _attack("stop_self", _LOOPS, "SIGSTOP to itself: alive and silent.", "import os\nos.kill(os.getpid(), 19)"),
    _attack("endless_loop", _LOOPS, "A loop that an interrupt ends.", "while True:\n    pass", stops=None),
    _attack(
        "endless_loop_ignoring_interrupts",
        _LOOPS,
        "A loop that SIGINT and SIGTERM do not end.",
        """
        import signal
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGXCPU):
            signal.signal(number, signal.SIG_IGN)
        while True:
            try:
                while True:
                    pass
            except BaseException:
                continue
        """,
    ),
    Attack(
        "endless_answer",
        _LOOPS,
        "The answer never comes.",
        answer(
            selection_rate="def selection_rate(s, a):\n    while True:\n        pass",
            sort_applicants="def sort_applicants(people):\n    import time\n    time.sleep(100_000)",
        ),
        stops=None,
    ),
    Attack(
        "endless_generator",
        _LOOPS,
        "The answer goes on for ever: generators that never end, an iterator that is its own answer.",
        answer(
            flagged="import itertools\nflagged = itertools.repeat('south')",
            screener="""
            class Screener:
                def predict(self, X):
                    while True:
                        yield 1
                score = predict
            screener = Screener()
            """,
        ),
        stops=None,
    ),
    _attack(
        "deep_recursion",
        _ENDS,
        "Recursion without an end.",
        "def down(n):\n    return down(n + 1)\ndown(0)",
        stops=False,
    ),
    _attack(
        "recursion_crash",
        _ENDS,
        "Recursion without Python's limit overruns the stack.",
        "import sys\nsys.setrecursionlimit(10**8)\ndef down(n):\n    return sorted([n], key=down)\ndown(0)",
    ),
    _attack("segfault", _ENDS, "A read of address 0.", "import ctypes\nctypes.string_at(0)"),
    _attack(
        "close_all_files",
        _ENDS,
        "Every open file and connection of the process is closed.",
        "import os\nos.closerange(0, 4096)",
    ),
    _attack(
        "memory_2_gb",
        _FLOODS,
        "2 GB are taken and touched, and kept.",
        "kept = [bytearray(b'x' * 10**8) for _ in range(21)]",
        stops=None,
    ),
    Attack(
        "memory_of_the_answer",
        _FLOODS,
        "Answers that are large: 1.5 GB as a text, a frame and an array that announce much.",
        answer(
            flagged="flagged = ['x' * 1_500_000_000]",
            summary="summary = {'rate': np.zeros(10**8), 'lowest': np.broadcast_to(np.int8(1), (10**6, 10**6))}",
        ),
        stops=None,
    ),
    Attack(
        "bombs_in_the_answer",
        _FLOODS,
        "Small to make, large to write out: nested lists that refer to each other, numbers with millions of digits.",
        answer(
            flagged="flagged = ['south']\nfor _ in range(40):\n    flagged = [flagged, flagged]",
            summary="summary = {'rate': 10**3_000_000, 'lowest': range(10**15)}",
        ),
        stops=None,
    ),
    Attack(
        "deep_and_cyclic_answers",
        _FLOODS,
        "An answer 100,000 levels deep and one that contains itself.",
        answer(
            flagged="flagged = []\nfor _ in range(100_000):\n    flagged = [flagged]",
            summary="summary = {}\nsummary['rate'] = summary['lowest'] = summary",
        ),
        stops=None,
    ),
    _attack(
        "file_200_mb",
        _FLOODS,
        "A file of 200 MB in the working folder.",
        "with open('large.bin', 'wb') as file:\n    for _ in range(200):\n        file.write(b'x' * 1_000_000)",
        "no_flood",
        stops=False,
    ),
    _attack(
        "many_files",
        _FLOODS,
        "5,000 files in 50 folders.",
        """
        import os
        for folder in range(50):
            os.makedirs(f"many/{folder}", exist_ok=True)
            for number in range(100):
                open(f"many/{folder}/{number}", "w").close()
        """,
        "no_flood",
        stops=False,
    ),
    _attack(
        "output_100_mb",
        _FLOODS,
        "100 MB printed in one go.",
        "print('x' * 100_000_000)",
        "no_flood",
    ),
    _attack(
        "output_in_lines",
        _FLOODS,
        "Lines printed and flushed until somebody stops it, or a hundred thousand of them.",
        "for number in range(100_000):\n    print('line', number, 'x' * 100, flush=True)",
        "no_flood",
    ),
    _attack(
        "display_100_mb",
        _FLOODS,
        "A displayed object of 100 MB, and results of 1 MB a hundred times.",
        """
        from IPython.display import HTML, display
        display(HTML("<p>" + "x" * 50_000_000))
        for _ in range(50):
            display({"text/plain": "x" * 1_000_000, "image/png": "A" * 1_000}, raw=True)
        """,
        "no_flood",
    ),
    _attack(
        "stderr_flood",
        _FLOODS,
        "30 MB on stderr by file descriptor, past Python.",
        "import os\nfor _ in range(300):\n    os.write(2, b'x' * 100_000)\n    os.write(1, b'y' * 100_000)",
        "no_flood",
    ),
    _attack(
        "traceback_flood",
        _FLOODS,
        "An exception whose text is 50 MB.",
        "raise ValueError('x' * 50_000_000)",
        "no_flood",
    ),
    _attack(
        "fork_bomb",
        _FLOODS,
        "As many children as may be, 300 at most, that sleep.",
        _walled(
            f"""
            import subprocess
            started = []
            for _ in range(300):
                try:
                    started.append(subprocess.Popen(["sleep", "{SLEEP_S}"]))
                except OSError as error:
                    print(error)
                    break
            """
        ),
        "no_process",
    ),
    _attack(
        "background_process",
        _OUTLIVES,
        "A process that goes on when the submission has ended.",
        f'import subprocess\nsubprocess.Popen(["sleep", "{SLEEP_S}"], start_new_session=True)',
        "no_process",
        stops=False,
    ),
    _attack(
        "daemon",
        _OUTLIVES,
        "The same with a double fork, all signals ignored and all files closed.",
        f"""
        import os, signal
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 4096)
                for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, signal.SIG_IGN)
                os.execvp("sleep", ["sleep", "{SLEEP_S}"])
            os._exit(0)
        """,
        "no_process",
        stops=False,
    ),
    _attack(
        "fork_and_go_on_twice",
        _OUTLIVES,
        "After a fork two processes go on with the same connection to the grader.",
        f'import os\nif os.fork() == 0:\n    os.execvp("sleep", ["sleep", "{SLEEP_S}"])\nos.fork()',
        "no_process",
    ),
    _attack(
        "shell_background",
        _OUTLIVES,
        "A shell starts the process.",
        f"get_ipython().system('nohup setsid sleep {SLEEP_S} > /dev/null 2>&1 &')",
        "no_process",
        stops=False,
    ),
    Attack(
        "forged_messages",
        _SPEAKS,
        "Framed messages on every open connection that say: done, no error, full marks.",
        steps(first(_forging(_FRAMED)), answer(selection_rate=_call("forge()"))),
        stops=None,
    ),
    Attack(
        "forged_messages_other_frames",
        _SPEAKS,
        "The same in other byte orders and as lines.",
        steps(first(_forging(_LITTLE)), answer(selection_rate=_call("forge()"))),
        stops=None,
    ),
    Attack(
        "forged_message_of_1_gb",
        _SPEAKS,
        "A message that announces 1 GB, and one that announces 2**63 bytes; neither follows.",
        first(
            _forging("os.write(fd, struct.pack('>Q', 2**30) + b'x'); os.write(fd, b'\\x7f' + b'\\xff' * 7)")
            + "\nforge()"
        ),
        stops=None,
    ),
    Attack(
        "forged_garbage",
        _SPEAKS,
        "Random bytes on every open connection.",
        first(_forging("os.write(fd, os.urandom(5000))") + "\nforge()"),
        stops=None,
    ),
    Attack(
        "listens_in",
        _SPEAKS,
        "Another thread reads what the grader sends, on every connection, and shows it.",
        steps(
            first(
                """
                import os, socket, stat, threading
                heard = []
                def listen(fd):
                    while True:
                        data = os.read(fd, 65536)
                        heard.append(data)
                        if not data:
                            break
                for fd in range(3, 256):
                    try:
                        if stat.S_ISSOCK(os.fstat(fd).st_mode):
                            threading.Thread(target=listen, args=(fd,), daemon=True).start()
                    except OSError:
                        pass
                """
            ),
            last("print(heard)"),
        ),
        stops=None,
        checks=("no_leak",),
    ),
    Attack(
        "replaced_write",
        _SPEAKS,
        "The functions that write to a connection change what is written: no errors, other numbers.",
        first(
            """
            import os, socket
            def changed(data):
                data = bytes(data)
                for old, new in ((b'"error"', b'"ok"   '), (b"error", b"okay!"), (b"north", b"south")):
                    data = data.replace(old, new)
                return data
            really = os.write
            os.write = lambda fd, data: really(fd, changed(data))
            class Changing(socket.socket):
                def send(self, data, *flags):
                    return super().send(changed(data), *flags)
                def sendall(self, data, *flags):
                    return super().sendall(changed(data), *flags)
                def sendmsg(self, buffers, *rest):
                    return super().sendmsg([changed(data) for data in buffers], *rest)
            import gc
            for thing in gc.get_objects():
                if type(thing) is socket.socket:
                    thing.__class__ = Changing
            """
        ),
        stops=None,
    ),
    Attack(
        "replaced_session_functions",
        _SPEAKS,
        "Every function of the grader's modules in this process is replaced: exports may lie, checks say yes.",
        first(
            """
            import sys
            def lie(*args, **kwargs):
                return 1.0
            for name, module in list(sys.modules.items()):
                if name.partition(".")[0] in ("autograder", "nbgrader", "evaluators"):
                    for key, value in list(vars(module).items()):
                        if type(value) is type(lie):
                            value.__code__ = lie.__code__ if not value.__closure__ else value.__code__
                            setattr(module, key, lie)
            """
        ),
        stops=None,
    ),
    Attack(
        "exports_that_lie",
        _SPEAKS,
        "The packing function is replaced by one that sends bytes of the attacker's: a pickle, a frame cut short.",
        first(
            """
            import pickle, sys
            for name, module in list(sys.modules.items()):
                if name.partition(".")[0] == "autograder":
                    for key in ("pack", "dumps", "send", "export"):
                        if hasattr(module, key):
                            setattr(module, key, lambda *args, **kwargs: pickle.dumps(print)[:40])
                    for kind in list(vars(module).values()):
                        if isinstance(kind, type) and hasattr(kind, "send"):
                            really = kind.send
                            kind.send = lambda self, data, *args, **kwargs: really(self, bytes(data)[:-3] + b"}}}")
            """
        ),
        stops=None,
    ),
]

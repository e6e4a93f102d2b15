import contextlib
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from autograder.errors import CourseError, GraderError
from autograder.sandbox import (
    Channel,
    ChannelClosed,
    ChannelTimeout,
    Host,
    Limits,
    MessageTooBig,
    SandboxMissing,
    bubblewrap,
    missing_walls,
)

HERE = Path(__file__).parent
ENTRY = "sandbox_entry:run_code"
SMALL = Limits(cpu_s=60, memory_mb=300, processes=24, file_mb=8, disk_mb=24, message_mb=1)

walled = pytest.mark.skipif(bool(missing_walls()), reason="; ".join(missing_walls()) or "has walls")
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux")


def ask(session, code, timeout_s=60):
    session.channel.send(code.encode(), timeout_s)
    return json.loads(session.channel.receive(timeout_s))


@pytest.fixture(scope="module")
def entry_folder(tmp_path_factory):
    """The entry point, below /tmp: a session's own /tmp must not hide what it was to see."""
    folder = tmp_path_factory.mktemp("entry")
    folder.chmod(0o755)
    shutil.copy(HERE / "sandbox_entry.py", folder)
    return folder


@pytest.fixture(scope="module")
def nested_host(entry_folder):
    if missing_walls():
        pytest.skip("no walls here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPERATORS_SECRET", "s3cret")
        with Host(["no_such_module", "pty"], entry=ENTRY, readable=[entry_folder]) as host:
            yield host


@pytest.fixture(scope="module")
def bubblewrap_each_host(entry_folder):
    """As on a machine where namespaces cannot be made inside others: a bubblewrap and a server for each session."""
    if missing_walls():
        pytest.skip("no walls here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPERATORS_SECRET", "s3cret")
        patch.setattr(Host, "nested", False)
        with Host(["no_such_module"], entry=ENTRY, readable=[entry_folder]) as host:
            yield host


@pytest.fixture(params=["nested", "bubblewrap_each"])
def host(request):
    return request.getfixturevalue(f"{request.param}_host")


@pytest.fixture
def session(host):
    with host.session(SMALL) as session:
        yield session


@pytest.fixture
def nested_session(nested_host):
    with nested_host.session(SMALL) as session:
        yield session


def still_running(mark):
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if mark in process.cmdline():
                found.append(process.pid)
    return found


# What a learner may do ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("import os; result = os.getcwd(), os.environ['HOME']", "('/tmp/work', '/tmp/work')", id="folder"),
        pytest.param("import os; result = os.listdir()", "[]", id="empty-folder"),
        pytest.param(
            "import subprocess; result = subprocess.run(['sh', '-c', 'echo a; exit 3'], capture_output=True)",
            "CompletedProcess(args=['sh', '-c', 'echo a; exit 3'], returncode=3, stdout=b'a\\n', stderr=b'')",
            id="subprocess",
        ),
        pytest.param(
            "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
            "    result = pool.map(abs, [-1, -2])",
            "[1, 2]",
            id="multiprocessing",
        ),
        pytest.param(
            "import threading\nt = threading.Thread(target=globals().update, args=({'seen': 5},))\n"
            "t.start(); t.join(); result = seen",
            "5",
            id="thread",
        ),
        pytest.param("import pexpect; result = pexpect.run('echo a')", "b'a\\r\\n'", id="terminal"),
        pytest.param(
            "import asyncio\nasync def f():\n    p = await asyncio.create_subprocess_exec('true')\n"
            "    return await p.wait()\nresult = asyncio.run(f())",
            "0",
            id="asyncio",
        ),
        pytest.param(
            "from pathlib import Path\nPath('a.csv').write_text('x')\nPath('a.csv').rename('/tmp/b.csv')\n"
            "result = Path('/tmp/b.csv').read_text()",
            "'x'",
            id="files",
        ),
        pytest.param("import evaluators.errors, getpass; result = len(getpass.getuser()) > 0", "True", id="ours"),
        pytest.param(
            "open('/dev/null', 'w').write('x'); result = len(open('/dev/urandom', 'rb').read(3))", "3", id="dev"
        ),
        pytest.param(
            "import sandbox_entry, sys; result = sys.path.index(PLACE) == len(sys.path) - 1", "True", id="path"
        ),
        pytest.param("import os; os.kill(os.getpid(), 15); result = 'alive'", None, id="sigterm"),
    ],
)
def test_what_a_learner_may_do_works(session, entry_folder, code, expected):
    if expected is None:  # default signal handlers; the first process of a namespace is spared
        with contextlib.suppress(OSError):
            assert ask(session, code) == "'alive'"
        return
    assert ask(session, code.replace("PLACE", repr(str(entry_folder)))) == expected


def test_host_tells_what_stands_and_what_failed_to_import(host):
    assert {"bubblewrap", "landlock", "limits"} <= set(host.walls)
    assert "ModuleNotFoundError" in host.failed["no_such_module"]


def test_options_and_limits_reach_the_session(host):
    with host.session(SMALL, notebook="a", trusted=True) as session:
        assert ask(session, "result = options") == "{'notebook': 'a', 'trusted': True}"
        assert ask(session, "result = limits.disk_mb") == "24"


def test_sessions_draw_different_numbers(host):
    code = "import random; result = random.random()"
    with host.session(SMALL) as one, host.session(SMALL) as other:
        assert ask(one, code) != ask(other, code)


# Escapes --------------------------------------------------------------------------------------------------------------

SAFE = "refused"
REFUSED = """
import ctypes, os, socket, sys
from pathlib import Path
libc = ctypes.CDLL(None, use_errno=True)
def refused(act):
    try:
        worked = act()
    except (OSError, ValueError) as error:
        return "refused"
    return "refused" if worked == -1 else f"worked: {worked!r}"
def all_refused(acts):
    said = [f"{number}: {refused(act)}" for number, act in enumerate(acts)]
    return next((one for one in said if not one.endswith(": refused")), "refused")
"""


def try_to(session, code):
    ask(session, REFUSED)
    return ask(session, code)


@pytest.fixture
def secret(tmp_path):
    tmp_path.chmod(0o777)
    (tmp_path / "secret.txt").write_text("the answer")
    (tmp_path / "secret.txt").chmod(0o666)
    return tmp_path / "secret.txt"


def test_files_outside_cannot_be_read(session, secret):
    places = [str(secret), "/etc/shadow", "/var/lib", "/sys/kernel", "/home", "/run", str(Path.home() / ".ssh")]
    places += [str(HERE.parents[1] / name) for name in ("labs", "pyproject.toml", ".git", "tests/conftest.py")]
    code = (
        f"result = all_refused([lambda p=p: os.listdir(p) if os.path.isdir(p) else open(p).read() for p in {places}])"
    )
    assert try_to(session, code) == repr(SAFE)


def test_symlinks_and_hard_links_lead_nowhere(session, secret):
    code = f"os.symlink({str(secret)!r}, 'link'); result = refused(lambda: open('link').read())"
    assert try_to(session, code) == repr(SAFE)
    assert try_to(session, f"result = refused(lambda: os.link({str(secret)!r}, 'hard'))") == repr(SAFE)
    assert try_to(session, "os.symlink('/', 'root'); result = refused(lambda: open('root/new', 'w'))") == repr(SAFE)


def test_the_system_cannot_be_written(session, entry_folder):
    places = ["/usr", "/etc", "/", "/dev", "/proc", "/root", sys.prefix + "/lib", str(HERE.parents[1] / "evaluators")]
    code = (
        f"result = all_refused([lambda p=p: open(p + '/planted', 'w') for p in {[*places, str(entry_folder)]}]"
        " + [lambda p=p: open(p, 'r+') for p in ['/etc/passwd', '/proc/sys/kernel/hostname']]"
        " + [lambda: open('/proc/sys/user/max_user_namespaces', 'r+')]"
        f" + [lambda: os.chmod('/etc/passwd', 0o666), lambda: os.unlink({str(entry_folder / 'sandbox_entry.py')!r})])"
    )
    assert try_to(session, code) == repr(SAFE)
    assert (entry_folder / "sandbox_entry.py").exists()


def test_other_processes_are_out_of_reach(host, session):
    with host.session(SMALL) as other:
        assert ask(other, "result = 1") == "1"
        pids = [os.getpid(), os.getppid(), *range(2, 12)]
        seen = ask(session, "import os; result = [int(n) for n in os.listdir('/proc') if n.isdigit()]")
        if "namespaces" in host.walls:
            assert seen == "[1]"
        code = (
            "me, FILES = {os.getpid()}, ('environ', 'mem', 'maps')\n"
            f"pids = [p for p in [os.getppid(), *{pids}] if p > 0 and p not in me]\n"
            "buffer = ctypes.create_string_buffer(8); vec = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)\n"
            "result = all_refused([lambda p=p: os.kill(p, 0) for p in pids]"
            " + [lambda p=p: os.kill(p, 9) for p in pids]"
            " + [lambda p=p: libc.ptrace(16, p, 0, 0) for p in pids]"
            " + [lambda p=p: libc.process_vm_readv(p, vec, 1, vec, 1, 0) for p in pids]"
            " + [lambda p=p, n=n: open(f'/proc/{p}/{n}', 'rb').read(9) for p in pids for n in FILES]"
            " + [lambda p=p: os.listdir(f'/proc/{p}/fd') for p in pids])"
        )
        if "namespaces" in host.walls:
            assert try_to(session, code) == repr(SAFE)
        assert ask(other, "result = 2") == "2"


def test_killing_everybody_kills_nobody_else(host, session):
    with host.session(SMALL) as other:
        with contextlib.suppress(OSError):
            ask(session, "import os\ntry:\n    os.kill(-1, 9)\nexcept OSError:\n    pass\nos.killpg(0, 9)")
        assert ask(other, "result = 1") == "1"
    with host.session(SMALL) as third:
        assert ask(third, "result = 1") == "1"


def test_no_network_not_even_this_machine(host, session, tmp_path):
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0hrlab-test-{os.getpid()}")
        abstract.listen()
        named = stack.enter_context(socket.socket(socket.AF_UNIX))
        named.bind(str(tmp_path / "s"))
        named.listen()
        code = (
            "def connect(family, kind, address):\n"
            "    with socket.socket(family, kind) as s:\n        s.settimeout(5); s.connect(address)\n"
            "    return 'connected'\n"
            "result = all_refused(["
            f"lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', {tcp.getsockname()[1]})),"
            "lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ('192.0.2.1', 53)),"
            f"lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, {abstract.getsockname()!r}),"
            f"lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, {named.getsockname()!r}),"
            "lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).send(b'x')])"
        )
        assert try_to(session, code) == repr(SAFE)
        port = udp.getsockname()[1]
        ask(session, f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))")
        udp.setblocking(False)
        with pytest.raises(BlockingIOError):
            udp.recv(1)


def test_sessions_cannot_talk_to_each_other(host, session):
    listen = "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0meet'); s.listen(); result = 1"
    bound = "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 4444)); result = 1"
    with host.session(SMALL) as other:
        assert ask(other, listen) == "1"
        assert ask(other, bound) == "1"
        assert ask(other, "open('/dev/shm/note', 'w').write('x'); open('/tmp/note', 'w').write('x')") == "None"
        meet = "def f():\n    s = socket.socket(socket.AF_UNIX)\n    s.connect('\\0meet')\nresult = refused(f)"
        assert try_to(session, meet) == repr(SAFE)
        assert ask(session, "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 4444))")
        assert "BlockingIOError" in ask(other, "u.setblocking(False); u.recv(1)")
        assert ask(session, "result = os.path.exists('/dev/shm/note') or os.path.exists('/tmp/note')") == "False"


def test_no_privilege_can_be_gained(session):
    assert try_to(
        session, "result = [l.split()[1] for l in open('/proc/self/status') if l.startswith(('Cap', 'NoNew'))]"
    ) == (repr(["0" * 16] * 5 + ["1"]))
    code = (
        "import shutil, stat, subprocess, resource\n"
        "shutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o6755)\n"
        "result = all_refused(["
        "lambda: os.mknod('null', 0o666 | stat.S_IFCHR, os.makedev(1, 3)),"
        "lambda: os.mknod('disk', 0o666 | stat.S_IFBLK, os.makedev(254, 0)),"
        "lambda: libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None),"
        "lambda: libc.umount2(b'/tmp', 2), lambda: libc.umount2(b'/dev/shm', 2),"
        "lambda: libc.mount(b'none', b'/usr', None, 32 | 4096, None),"
        "lambda: libc.unshare(0x10000000), lambda: libc.unshare(0x00020000), lambda: libc.unshare(0x40000000),"
        "lambda: libc.unshare(0x20000000),"
        "lambda: libc.setns(os.open('/proc/1/ns/user', os.O_RDONLY), 0),"
        "lambda: os.setuid(0), lambda: os.setgroups([0]), lambda: os.chroot('/tmp'), lambda: libc.reboot(0),"
        "lambda: os.chown('id', 0, 0), lambda: os.nice(-5), lambda: libc.sethostname(b'x', 1),"
        "lambda: resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6)),"
        "lambda: libc.bpf(0, 0, 0) if hasattr(libc, 'bpf') else -1, lambda: libc.swapon(b'/tmp/id', 0)])"
    )
    assert try_to(session, code) == repr(SAFE)
    assert ask(
        session, "result = subprocess.run(['./id', '-u'], capture_output=True, text=True).stdout == f'{os.getuid()}\\n'"
    )


def test_nothing_of_the_operator_comes_along(session):
    assert ask(session, "import os; result = 'OPERATORS_SECRET' in os.environ") == "False"
    assert ask(session, "result = b's3cret' in open('/proc/self/environ', 'rb').read()") == "False"
    assert ask(session, "result = sorted(int(n) for n in os.listdir('/proc/self/fd'))[:-1]") == "[0, 1, 2, 3]"
    assert ask(session, "result = os.read(0, 5)") == "b''"
    assert ask(session, "import gc; result = [o for o in gc.get_objects() if type(o).__name__ == 'Session']") == "[]"


def test_nothing_is_left_for_the_next_session(host):
    plant = (
        "from pathlib import Path\n"
        "for name in ['/tmp/x', '/dev/shm/x', '~/.ipython/profile_default/startup/a.py',"
        " '~/.local/lib/python3.11/site-packages/usercustomize.py', 'numpy.py']:\n"
        "    path = Path(name).expanduser(); path.parent.mkdir(parents=True, exist_ok=True); path.write_text('1/0')\n"
        "result = sorted(p.name for p in Path.home().rglob('*') if p.is_file())"
    )
    look = (
        "from pathlib import Path\n"
        "for name in ['/tmp/x', '/dev/shm/x', '~/.ipython', '~/.local', 'numpy.py']:\n"
        "    assert not Path(name).expanduser().exists(), name\n"
        "result = []"
    )
    with host.session(SMALL) as session:
        assert "usercustomize.py" in ask(session, plant)
    with host.session(SMALL) as session:
        assert ask(session, look) == "[]"


# Limits ---------------------------------------------------------------------------------------------------------------


def test_a_fork_bomb_meets_the_limit_and_is_cleared_away(nested_host):
    if "namespaces" not in nested_host.walls:
        pytest.skip("the number is the user's, without a namespace")
    bomb = (
        "import subprocess\nstarted = 0\nwhile started < 60:\n    subprocess.Popen(['sleep', '86399.5']); started += 1"
    )
    with nested_host.session(SMALL) as session:
        assert "BlockingIOError" in ask(session, bomb)
        assert 0 < int(ask(session, "result = started")) <= SMALL.processes
    assert still_running("86399.5") == []


def test_background_processes_end_with_the_session(nested_host):
    start = (
        "import os\nfor number in range(15):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
        "            import signal\n            signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "            os.execvp('sleep', ['sleep', '86399.25'])\n        os._exit(0)"
    )
    with nested_host.session(Limits(processes=80)) as session:
        assert ask(session, start) == "None"
        while len(still_running("86399.25")) < 15:
            pass
    assert session.ended == "killed"
    assert still_running("86399.25") == []


def test_one_huge_allocation_is_an_ordinary_memory_error(nested_session):
    assert ask(nested_session, "b = bytearray(2 * 10**9)") == "MemoryError: "
    assert ask(nested_session, "result = 'alive'") == "'alive'"


def test_a_memory_hog_is_ended_for_memory(nested_host):
    hog = (
        "import os, time\nfor number in range(4):\n    if os.fork() == 0:\n        kept = b'x' * 150_000_000\n"
        "        while True: time.sleep(10)\ntime.sleep(300)"
    )
    with nested_host.session(SMALL) as session:
        with pytest.raises(ChannelClosed):
            ask(session, hog)
        assert session.ended == "memory"


def test_what_children_share_is_counted_once(nested_host):
    share = (
        "import os, time\nkept = b'x' * 120_000_000\n"
        "for number in range(8):\n    if os.fork() == 0:\n        time.sleep(300)\n"
        "time.sleep(0.5)\nresult = 'alive'"
    )
    with nested_host.session(SMALL) as session:
        assert ask(session, share) == "'alive'"


def test_a_disk_hog_meets_the_end_of_its_disk(nested_session):
    fill = "for number in range(99):\n    open(f'{FOLDER}/{number}', 'wb').write(bytes(1_000_000))"
    said = ask(nested_session, fill.replace("{FOLDER}", "/tmp"))
    assert "No space left" in said
    assert ask(nested_session, "import shutil; result = shutil.disk_usage('/tmp').total") == str(24 * 1024 * 1024)


def test_both_temporary_folders_are_one_disk(nested_host):
    if "namespaces" not in nested_host.walls:
        pytest.skip("two disks, then")
    with nested_host.session(SMALL) as session:
        fill = "for number in range(4):\n    open(f'/dev/shm/{number}', 'wb').write(bytes(6_000_000))"
        assert ask(session, fill) == "None"
        assert "No space left" in ask(session, "open('/tmp/more', 'wb').write(bytes(6_000_000))")


def test_a_big_file_is_refused(nested_session):
    assert "File too large" in ask(nested_session, "with open('big', 'wb') as f:\n    f.write(bytes(9 * 1024 * 1024))")


def test_cpu_time_ends_a_loop_and_is_told_from_other_ends(nested_host):
    with nested_host.session(Limits(cpu_s=1)) as session:
        with pytest.raises(ChannelClosed):
            ask(session, "while True: pass")
        assert session.ended == "cpu"


def test_an_interrupt_reaches_the_code(nested_session):
    nested_session.channel.send(b"import signal, os\nchannel.send(b'looping')\nwhile True: pass")
    assert nested_session.channel.receive(60) == b"looping"
    nested_session.interrupt()
    assert json.loads(nested_session.channel.receive(60)) == "KeyboardInterrupt: "
    assert ask(nested_session, "result = 1") == "1"


def test_a_loop_that_ignores_interrupts_can_be_killed(nested_session):
    nested_session.channel.send(
        b"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nchannel.send(b'looping')\nwhile True: pass"
    )
    assert nested_session.channel.receive(60) == b"looping"
    nested_session.interrupt()
    with pytest.raises(ChannelTimeout):
        nested_session.channel.receive(0.1)
    assert nested_session.ended == ""
    nested_session.kill()
    assert nested_session.ended == "killed"


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        pytest.param("import os; os._exit(3)", 3, id="os-exit"),
        pytest.param("raise SystemExit(4)", 4, id="sys-exit"),
        pytest.param("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV, id="segfault"),
        pytest.param("import os; os.close(3); os._exit(0)", 0, id="close-and-exit"),
        pytest.param("import os; os.closerange(0, 200); os._exit(5)", 5, id="close-everything"),
    ],
)
def test_an_end_of_its_own_making_is_exited(nested_host, nested_session, code, exit_code):
    with pytest.raises(ChannelClosed):
        ask(nested_session, code)
    assert (nested_session.ended, nested_session.exit_code) == ("exited", exit_code)
    with nested_host.session(SMALL) as after:
        assert ask(after, "result = 1") == "1"


def test_a_closed_channel_does_not_look_like_an_end(nested_session):
    with pytest.raises(ChannelClosed):
        ask(nested_session, "import os, time; os.close(3); time.sleep(300)")
    assert nested_session.ended == ""
    nested_session.kill()
    assert nested_session.ended == "killed"


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param("os.write(3, b'\\xff' * 8)", id="endless-message"),
        pytest.param("os.write(3, (1 << 30).to_bytes(8, 'big') + b'x' * 1000)", id="1-GB-message"),
    ],
)
def test_a_length_above_the_limit_is_refused_at_once(nested_session, flood):
    nested_session.channel.send(f"import os, time; {flood}; time.sleep(300)".encode())
    with pytest.raises(MessageTooBig, match="too big"):
        nested_session.channel.receive(60)


def test_a_session_that_floods_its_channel_can_be_ended(nested_session):
    nested_session.channel.send(b"import os\nwhile True: os.write(3, bytes(100_000))")
    for _ in range(100):
        assert nested_session.channel.receive(60) == b""
    nested_session.kill()
    assert nested_session.ended == "killed"


def test_a_session_that_floods_its_standard_output_is_not_blocked(nested_session):
    assert (
        ask(nested_session, "import os\nfor i in range(200): os.write(1, b'x' * 10_000)\nresult = 'done'") == "'done'"
    )
    nested_session.kill()
    assert 0 < len(nested_session.said) <= 8000


# The host -------------------------------------------------------------------------------------------------------------


def test_many_threads_can_ask_for_sessions(host):
    def one(number):
        with host.session(SMALL, number=number) as session:
            return ask(session, "result = options['number']")

    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(one, range(8))] == [str(number) for number in range(8)]


def test_a_dead_server_is_noticed_and_replaced(host):
    with host.session(SMALL) as session:
        assert ask(session, "result = 1") == "1"
        guards = [p for p in psutil.Process().children(recursive=True) if "autograder.sandbox.server" in p.cmdline()]
        for process in guards:
            with contextlib.suppress(psutil.Error):
                process.kill()
        with pytest.raises(ChannelClosed):
            ask(session, "result = 1")
        assert session.ended == "host"
    with host.session(SMALL) as session:
        assert ask(session, "result = 1") == "1"


def test_a_host_can_be_started_by_a_thread_that_ends(entry_folder):
    if missing_walls():
        pytest.skip("no walls here")
    with Host([], entry=ENTRY, readable=[entry_folder]) as host:
        host.close()
        host._closed, host._server = False, None
        starter = threading.Thread(target=host._running)
        starter.start()
        starter.join()
        with host.session(SMALL) as session:
            assert ask(session, "result = 1") == "1"


@walled
def test_a_closed_host_leaves_nothing_running(entry_folder):
    with Host([], entry=ENTRY, readable=[entry_folder]) as host:
        session = host.session(SMALL)
        session.channel.send(b"import subprocess; subprocess.run(['sleep', '86399.125'])")
        while not still_running("86399.125"):
            pass
    assert session.ended == "killed"
    assert still_running("86399.125") == []
    with pytest.raises(GraderError, match="closed"):
        host.session(SMALL)


@walled
@pytest.mark.parametrize(
    ("entry", "modules", "match"),
    [
        pytest.param("no_such_entry:f", [], "no_such_entry", id="no-module"),
        pytest.param("json:no_such_function", [], "no_such_function", id="no-function"),
        pytest.param(ENTRY, ["keeps_a_thread"], "threads running", id="thread"),
    ],
)
def test_a_host_that_cannot_start_says_why(entry_folder, entry, modules, match):
    (entry_folder / "keeps_a_thread.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    with pytest.raises(GraderError, match=match), Host(modules, entry=entry, readable=[entry_folder]):
        pass


@pytest.mark.parametrize("forks", [True, False], ids=["forked", "started"])
def test_the_warm_process_prepares_what_sessions_share(entry_folder, monkeypatch, forks):
    monkeypatch.setattr(Host, "forks", forks and hasattr(os, "fork"))
    cells = ["x" * 300_000, "1 + 1"]  # longer than a command line may be
    with Host([], entry=ENTRY, sandboxed=False, readable=[entry_folder], prepare=cells) as host:
        for _ in range(2):
            with host.session(SMALL) as session:
                assert ask(session, "import sandbox_entry; result = [len(t) for t in sandbox_entry.PREPARED]") == (
                    "[300000, 5]"
                )


@walled
def test_the_network_is_there_when_it_is_wanted(entry_folder):
    code = "import socket; socket.create_connection(('127.0.0.1', PORT), timeout=60).sendall(b'x'); result = 'sent'"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        with Host([], entry=ENTRY, readable=[entry_folder], network=True) as host, host.session(SMALL) as session:
            assert ask(session, code.replace("PORT", port)) == "'sent'"
            server.accept()[0].close()


def test_file_descriptors_sent_to_the_coordinator_are_dropped(nested_session):
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    send = (
        "s = socket.socket(fileno=os.dup(3)); socket.send_fds(s, [(1).to_bytes(8, 'big') + b'x'], [0] * 50); result = 1"
    )
    nested_session.channel.send(f"import os, socket; {send}".encode())
    assert nested_session.channel.receive(60) == b"x"
    assert json.loads(nested_session.channel.receive(60)) == "1"
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@walled
def test_a_fault_in_the_entry_point_is_kept(entry_folder):
    with Host([], entry="sandbox_entry:raise_at_once", readable=[entry_folder]) as host:
        session = host.session(SMALL)
        with session, pytest.raises(ChannelClosed):
            session.channel.receive(60)
        assert (session.ended, session.exit_code) == ("exited", 1)
        assert "a fault of ours" in session.said


@linux
@pytest.mark.parametrize(
    ("patched", "match"),
    [
        pytest.param(("autograder.sandbox.bubblewrap.program", lambda: None), "apt-get install bubblewrap", id="bwrap"),
        pytest.param(("autograder.sandbox.walls.landlock_abi", lambda: 0), "no Landlock", id="landlock"),
        pytest.param(("autograder.sandbox.bubblewrap.program", lambda: "/bin/false"), "namespaces", id="namespaces"),
        pytest.param(("sys.platform", "darwin"), "needs Linux", id="macos"),
    ],
)
def test_a_machine_without_walls_is_refused(monkeypatch, patched, match):
    monkeypatch.setattr(*patched)
    with pytest.raises(SandboxMissing, match=match) as raised:
        Host([], entry=ENTRY)
    assert isinstance(raised.value, CourseError)
    assert "--unsafe-no-sandbox" in raised.value.hint
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_what_is_shown_never_holds_the_answers():
    root = HERE.parents[1]
    for place in bubblewrap.visible([]):
        assert not root.is_relative_to(place)
        assert not (root / "labs").is_relative_to(place)
        assert not place.is_relative_to(root / "labs")


# Without walls --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["forked", "started"])
def unsafe(request, entry_folder, monkeypatch):
    monkeypatch.setattr(Host, "forks", request.param == "forked" and hasattr(os, "fork"))
    with Host([], entry=ENTRY, sandboxed=False, readable=[entry_folder]) as host:
        yield host


def test_without_a_sandbox_sessions_are_the_same(unsafe):
    assert unsafe.walls == (("limits",) if unsafe.forks else ())
    with unsafe.session(SMALL, a=1) as session:
        assert ask(session, "result = options") == "{'a': 1}"
        folder = ask(session, "import os; result = os.getcwd()").strip("'")
        assert not any(Path(folder).iterdir())
        session.channel.send(b"channel.send(b'looping')\nwhile True: pass")
        assert session.channel.receive(60) == b"looping"
        session.interrupt()
        assert json.loads(session.channel.receive(60)) == "KeyboardInterrupt: "
        assert session.ended == ""
    assert session.ended == "killed"
    assert not Path(folder).exists()
    with unsafe.session(SMALL) as session:
        folder = ask(session, "import os; result = os.getcwd()").strip("'")
        with pytest.raises(ChannelClosed):
            ask(session, "os._exit(3)")
        assert (session.ended, session.exit_code) == ("exited", 3)
    assert not Path(folder).exists()


@linux
def test_without_a_sandbox_orphans_are_ended(entry_folder):
    start = (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.execvp('sleep', ['sleep', '86399.75'])\n    os._exit(0)"
    )
    with Host([], entry=ENTRY, sandboxed=False, readable=[entry_folder]) as host, host.session(SMALL) as session:
        assert ask(session, start) == "None"
        while not still_running("86399.75"):
            pass
        session.kill()
        assert still_running("86399.75") == []


# Channels and limits --------------------------------------------------------------------------------------------------


@pytest.fixture
def pair():
    one, other = (Channel(end, message_mb=8) for end in socket.socketpair())
    yield one, other
    one.close()
    other.close()


def test_a_timeout_in_the_middle_of_a_message_loses_nothing(pair):
    one, other = pair
    big = bytes(range(256)) * 16_000
    with pytest.raises(ChannelTimeout):
        one.send(big, timeout_s=0)
    with pytest.raises(ChannelTimeout):
        other.receive(0)
    sender = threading.Thread(target=one.send, args=(b"next",))
    sender.start()
    assert other.receive(60) == big
    assert other.receive(60) == b"next"
    sender.join()


@linux
def test_an_interrupt_in_the_middle_of_a_message_loses_nothing(pair):
    one, other = pair
    messages = [bytes([number]) * 300_000 for number in range(40)]
    sender = threading.Thread(target=lambda: [one.send(message) for message in messages])
    received, inside = [], []

    def interrupt(*_):
        if inside:
            inside.clear()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    try:
        sender.start()
        while len(received) < len(messages):
            with contextlib.suppress(KeyboardInterrupt):
                inside.append(True)
                received.extend(map(other.receive, (60,)))
                inside.clear()
    finally:
        inside.clear()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    sender.join()
    assert received == messages


def test_a_channel_refuses_what_is_too_big_and_says_when_it_is_closed(pair):
    one, other = pair
    with pytest.raises(MessageTooBig, match="8 MB at most"):
        one.send(bytes(9 * 1024 * 1024))
    one.send(b"")
    one.close()
    assert other.receive(60) == b""
    with pytest.raises(ChannelClosed):
        other.receive(60)
    with pytest.raises(ChannelClosed):
        other.send(b"x")
    error = ChannelTimeout("problem", "hint")
    assert str(pickle.loads(pickle.dumps(error))) == "problem\nHint: hint"


@pytest.mark.parametrize("wrong", [{"memory_mb": 0}, {"cpu_s": 1.5}, {"cell_s": "60"}, {"wall_s": True}, {"cpu_s": -1}])
def test_limits_are_numbers_above_zero(wrong):
    with pytest.raises(CourseError, match=next(iter(wrong))):
        Limits(**wrong)


# An ordinary user -----------------------------------------------------------------------------------------------------


@linux
@walled
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="for root: run all of this as nobody")
def test_all_of_this_holds_for_an_ordinary_user():
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    with tempfile.TemporaryDirectory() as folder:  # tmp_path is root's alone
        Path(folder).chmod(0o777)
        done = run_as_nobody(folder)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def run_as_nobody(folder):
    line = ["bwrap", "--cap-add", "ALL", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    closed = [f for f in reversed(Path(sys.base_prefix).parents) if not f.stat().st_mode & 1]
    if closed:  # the interpreter is in a home that nobody may enter: show it alone
        line += ["--perms", "0755", "--tmpfs", str(closed[0])]
        between = [f for f in reversed(Path(sys.base_prefix).parents) if f != closed[0] and f.is_relative_to(closed[0])]
        line += [word for folder in between for word in ("--perms", "0755", "--dir", str(folder))]
        line += ["--ro-bind", sys.base_prefix, sys.base_prefix]
    line += ["--", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all"]
    line += ["--bounding-set=-all", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest"]
    line += ["-k", "nested or hog or bomb or background or cpu"]
    line += ["--basetemp", f"{folder}/nobody", str(Path(__file__))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environment |= {"HOME": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        line, env=environment, capture_output=True, text=True, cwd=HERE.parents[1], timeout=300, check=False
    )

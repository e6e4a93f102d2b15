"""A PostgreSQL server of the tests' own: a private folder, a Unix socket in it, no network, gone when they end."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_S = 60


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs, None where there is no server."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)


def _ends_with_us() -> None:
    """Ask Linux to stop the server when the process that started it dies, however it dies."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


@contextmanager
def server() -> Iterator[str]:
    """Run a server; the value is a URL to which a database's name can be added by `database`."""
    folder = programs()
    if folder is None:
        raise FileNotFoundError("no PostgreSQL server is installed")
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # a short path: a socket's name has 107 characters at most
    user: dict[str, str] = {}
    if os.geteuid() == 0:  # which initdb and postgres refuse to run as
        name = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
        shutil.chown(home, name)
        user = {"user": name}
    try:
        subprocess.run(
            [folder / "initdb", "--pgdata", home / "data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=home, **user,
        )  # fmt: skip
        settings = {"listen_addresses": "", "unix_socket_directories": str(home), "fsync": "off", "max_connections": 20}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        log = (home / "log").open("wb")
        process = subprocess.Popen(
            [folder / "postgres", "-D", home / "data", *options],
            cwd=home, stdout=log, stderr=log, preexec_fn=_ends_with_us, **user,
        )  # fmt: skip
        try:
            _wait(folder, home, process)
            yield f"postgresql://tester@/postgres?host={home}"
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is kept
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()
    finally:
        shutil.rmtree(home)


def _wait(folder: Path, home: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while subprocess.run([folder / "pg_isready", "-q", "-h", home, "-U", "tester", "-d", "postgres"]).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((home / "log").read_text(errors="replace"))
        time.sleep(0.05)


def database(url: str, name: str, *, template: str = "") -> str:
    """Make a database, empty or a copy of another, and return its URL as a person would write it."""
    import sqlalchemy as sa

    from autograder.database import database_url

    place = sa.make_url(url).set(database="postgres").render_as_string(hide_password=False)
    engine = sa.create_engine(database_url(place, Path()), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    name = f"{name}_{os.urandom(4).hex()}"
    copy = f' TEMPLATE "{sa.make_url(template).database}"' if template else ""
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"{copy}')
    engine.dispose()
    host = sa.make_url(url).query["host"]
    return f"postgresql://tester@/{name}?host={host}"

"""The database of a gradebook: SQLite or PostgreSQL, whole transactions, errors in our words.

SQLite keeps the journal mode that its file has: write-ahead logging would be faster, but it keeps new scores in a
second file, which a plain copy of gradebook.db misses, and it does not work on network drives. While we write, the
rollback journal is overwritten instead of deleted (PERSIST), which is as durable and costs a third of the time.
"""

from __future__ import annotations

import importlib.util
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from autograder.errors import CourseError, GraderError
from evaluators.errors import LabError

WAIT_S = 30.0
_STEP_S = 0.5  # a lock is waited for in steps, so that somebody can be told
_CLASHES = 3  # times that somebody else may insert the very row that we insert
_BUSY_STATES = {"55P03", "40001", "40P01", "53300", "57P01", "57P02", "57P03"}  # PostgreSQL: try again soon
T = TypeVar("T")


def database_url(url: str, root: Path) -> str:
    """Return a database URL that means the same database to every library and from every folder.

    Parameters
    ----------
    url : str
        As a person wrote it: ``sqlite:///gradebook.db``, ``postgresql://user@host/course``.
    root : Path
        The course folder, where relative SQLite paths begin.

    Returns
    -------
    str
        The same with an absolute path, or with the PostgreSQL driver that is installed.

    Raises
    ------
    CourseError
        If it is no database URL, or no driver for PostgreSQL is installed.

    Examples
    --------
    >>> database_url("sqlite:///grades.db", Path("/course"))
    'sqlite:////course/grades.db'
    """
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError as error:  # its words quote the URL, which may hold a password
        raise CourseError("The database URL cannot be read.", "Write it like postgresql://user@host/course.") from error
    if parsed.drivername in ("postgresql", "postgres"):
        # SQLAlchemy 2.0 and 2.1 pick different drivers for this prefix, and nbgrader none by itself.
        driver = next((name for name in ("psycopg", "psycopg2") if importlib.util.find_spec(name)), None)
        if driver is None:
            raise CourseError(
                "PostgreSQL needs a driver that is not installed.", 'Run `pip install "hr-it-lab[postgres]"`.'
            )
        # As it was written: what SQLAlchemy would escape, nbgrader's `db upgrade` can't read.
        return f"postgresql+{driver}{url[url.index('://') :]}"
    if parsed.get_backend_name() == "sqlite" and parsed.database and not parsed.database.startswith((":", "file:")):
        parsed = parsed.set(database=str(root / parsed.database))
    return parsed.render_as_string(hide_password=False)


class Store:
    """A gradebook's database: whole transactions, waiting for locks, errors in our words.

    Parameters
    ----------
    url : str
        From `database_url`.
    wait_s : float
        Seconds to wait for a lock or a lost connection.
    waiting : callable, optional
        Called while we wait with the seconds waited so far.
    """

    def __init__(self, url: str, *, wait_s: float = WAIT_S, waiting: Callable[[float], None] | None = None) -> None:
        self.wait_s, self.waiting = wait_s, waiting
        self._url = sa.make_url(url)
        self._sqlite = self._url.get_backend_name() == "sqlite"
        place = self._url.database or ""
        self._path = Path(place) if self._sqlite and place and not place.startswith((":", "file:")) else None
        self._seen: tuple[int, int] | None = None
        self._connected = False
        self.name = str(self._path or self._url.render_as_string(hide_password=True))
        if self._sqlite:
            self._engine = sa.create_engine(self._url, connect_args={"timeout": _STEP_S})
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        else:
            self._engine = sa.create_engine(self._url, pool_pre_ping=True, connect_args={"connect_timeout": 10})

    def run(self, work: Callable[[sa.Connection], T], *, write: bool = True) -> T:
        """Run `work` in one transaction, again from its start if a lock or a lost connection breaks it off.

        Parameters
        ----------
        work : callable
            Gets the connection; may be called more than once.
        write : bool
            False for reading only, which needs no lock.

        Returns
        -------
        object
            What `work` returned, committed.

        Raises
        ------
        CourseError
            If there is no such database, or it can't be written (full disk, no permission).
        GraderError
            If it stays locked, is damaged or of another version of nbgrader.
        """
        start, clashes = time.monotonic(), 0
        while True:
            try:
                self._check_file()
                with self._engine.connect().execution_options(read_only=not write) as connection, connection.begin():
                    self._connected = True
                    if write and not self._sqlite:
                        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(_STEP_S * 1000)}")
                    return work(connection)
            except IntegrityError as error:  # somebody added the same learner or submission at the same moment
                clashes += 1
                if clashes >= _CLASHES:
                    raise self._explain(error) from error
            except (SQLAlchemyError, sqlite3.Error) as error:
                if not self._may_pass(error):
                    raise self._explain(error) from error
                waited = time.monotonic() - start
                if waited >= self.wait_s:
                    raise GraderError(
                        f"{self.name} was locked or out of reach for {waited:.0f} s.",
                        "Close the program that uses it (formgrader, a database browser, another grading run) and run "
                        "the same command again; nothing was lost, and what was recorded before stays.",
                    ) from error
                if self.waiting:
                    self.waiting(waited)
                time.sleep(0.05 if self._sqlite else _STEP_S)  # SQLite has waited a step already

    def close(self) -> None:
        """Close the database."""
        if self._sqlite and self._connected:
            with suppress(SQLAlchemyError, sqlite3.Error), self._engine.connect() as connection:
                driver = connection.connection.dbapi_connection
                if driver and driver.execute("PRAGMA journal_mode").fetchone()[0] == "persist":
                    driver.execute("PRAGMA journal_mode = DELETE")  # and our journal is gone
        self._engine.dispose()

    def _check_file(self) -> None:
        """See that the file is there and still the one we opened: a restored copy must not be missed."""
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except OSError as error:
            raise CourseError(
                f"There is no gradebook at {self._path}: {error.strerror}.",
                "Run `nbgrader generate_assignment NAME` first, or restore the file.",
            ) from error
        if self._seen not in (None, (status.st_dev, status.st_ino)):
            self._engine.dispose()
        self._seen = (status.st_dev, status.st_ino)

    def _may_pass(self, error: Exception) -> bool:
        if code := _sqlite_code(error):
            return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if isinstance(error, DBAPIError):
            if getattr(error.orig, "sqlstate", None) in _BUSY_STATES:
                return True
            # A server that restarts; at the first try it is a wrong address or password instead.
            return self._connected and (error.connection_invalidated or "connection" in str(error.orig))
        return False

    def _explain(self, error: Exception) -> LabError:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        code = _sqlite_code(error)
        state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
        unwritable = (
            sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR,
        )  # fmt: skip
        if code in unwritable or state in ("25006", "42501", "53100"):
            return CourseError(
                f"The gradebook {self.name} could not be written: {reason}.",
                "Check that you may write to it and to its folder and that the disk is not full; nothing was lost: run "
                "the same command again then.",
            )
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return GraderError(
                f"The gradebook {self.name} is damaged: {reason}.",
                "Keep the file, restore gradebook.db from a copy and run the same command again.",
            )
        if "no such table" in reason or "no such column" in reason or state in ("42P01", "42703"):
            return GraderError(
                f"The gradebook {self.name} is not of this version of nbgrader: {reason}.",
                "Copy it, then run `nbgrader db upgrade`.",
            )
        return GraderError(
            f"The gradebook {self.name} could not be used: {reason}.",
            "Nothing of this submission was recorded; mend what the message names and run the same command again.",
        )


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
        connection.execute("PRAGMA journal_mode = PERSIST")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: sa.Connection) -> None:
    read_only = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _sqlite_code(error: BaseException) -> int:
    """Return SQLite's primary result code, 0 if the error is not SQLite's."""
    code = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", 0)
    return int(code) & 0xFF

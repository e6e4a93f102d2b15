"""A course of nbgrader's own test notebooks, without anything of ours in them, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbgrader
import pytest

from autograder.course import Course
from tests import postgres

NBGRADER_TESTS = Path(nbgrader.__file__).parent / "tests"
ASSIGNMENT = "ps1"
CONFIG = """\
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "plain"
c.CourseDirectory.root = {root!r}
c.CourseDirectory.db_url = {url!r}
c.LateSubmissionPlugin.penalty_method = "zero"
"""


def configure(root: Path, url: str = "") -> Course:
    """Write a course's configuration; without a URL its gradebook is a file in it."""
    url = url or f"sqlite:///{root / 'gradebook.db'}"
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root), url=url))
    return Course(root)


@pytest.fixture(scope="session")
def plain_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated assignment of two notebooks, 7 and 8 points; never changed, copy it."""
    root = tmp_path_factory.mktemp("plain") / "course"
    source = root / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    shutil.copy(NBGRADER_TESTS / "apps/files/submitted-unchanged.ipynb", source / "p1.ipynb")
    shutil.copy(NBGRADER_TESTS / "preprocessors/files/test_taskcell.ipynb", source / "p2.ipynb")
    with (
        pytest.MonkeyPatch.context() as patch
    ):  # nbgrader starts a process to ask for this; PostgreSQL's is the real one
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "not asked")
        configure(root).call("generate_assignment", ASSIGNMENT)
    return root


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A private PostgreSQL server."""
    if postgres.programs() is None:
        pytest.skip("no PostgreSQL server is installed (Debian's package: postgresql)")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def new_database(postgres_server: str) -> Callable[[], str]:
    """Makes an empty database; its URL comes back."""
    numbers = iter(range(1000))
    return lambda: postgres.database(postgres_server, f"tests{next(numbers)}")


@pytest.fixture(scope="session")
def generated_database(
    plain_course: Path, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The URL of a PostgreSQL database into which nbgrader has generated the assignment; a template, never changed."""
    url = new_database()
    root = tmp_path_factory.mktemp("plain_postgres") / "course"
    shutil.copytree(plain_course / "source", root / "source")
    configure(root, url).call("generate_assignment", ASSIGNMENT)
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def plain(request: pytest.FixtureRequest, plain_course: Path, tmp_path: Path) -> Course:
    """A generated course of one's own, once with each kind of database."""
    root = tmp_path / "course"
    shutil.copytree(plain_course, root)
    if request.param == "sqlite":
        return configure(root)
    (root / "gradebook.db").unlink()
    template = request.getfixturevalue("generated_database")
    return configure(root, postgres.database(template, f"copy_{request.node.name}"[:50], template=template))


@pytest.fixture
def sqlite_course(plain_course: Path, tmp_path: Path) -> Course:
    """A generated course of one's own on SQLite."""
    shutil.copytree(plain_course, tmp_path / "course")
    return configure(tmp_path / "course")

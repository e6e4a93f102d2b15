"""`hrlab doctor`: both outcomes of each thing it looks at."""

import json
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import pytest

from autograder import doctor
from autograder.cli import main
from autograder.doctor import Finding, examine
from autograder.sandbox import missing_walls


def found(what: str) -> Finding:
    """The one finding that is about something."""
    (finding,) = [finding for finding in examine() if what in finding.what]
    return finding


def test_a_machine_that_has_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "missing_walls", list)
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: name)
    findings = examine()
    assert {finding.state for finding in findings} == {"ok"}
    assert {finding.todo for finding in findings} == {""}
    assert f"nbgrader {version('nbgrader')}" in findings[0].what


def test_without_walls_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "missing_walls", lambda: ["bubblewrap is not installed: `apt-get install bubblewrap`."])
    finding = found("cannot be walled in")
    assert finding.state == "missing"
    assert "apt-get install bubblewrap" in finding.todo
    assert "--unsafe-no-sandbox" in finding.todo


def test_it_looks_at_the_sandbox_that_grading_uses() -> None:
    walls = missing_walls()
    finding = found("cannot be walled in" if walls else "The sandbox for learners' code")
    assert finding.state == ("missing" if walls else "ok")
    assert all(wall in finding.todo for wall in walls)


def test_without_alembic_there_is_no_gradebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert found("alembic").state == "missing"


def test_a_package_that_is_not_installed_is_named_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_voila(name: str) -> str:
        if name == "voila":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor, "version", no_voila)
    finding = found("Not installed here")
    assert (finding.what, finding.state) == ("Not installed here: voila", "missing")
    assert "nbgrader 1.0" in examine()[0].what


@pytest.mark.parametrize(
    ("what", "module", "extra"),
    [("PostgreSQL", "psycopg", "postgres"), ("Dask", "distributed", "cluster")],
)
def test_extras_are_optional(monkeypatch: pytest.MonkeyPatch, what: str, module: str, extra: str) -> None:
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None if name == module else find_spec(name))
    finding = found(what)
    assert finding.state == "optional"
    assert f'pip install "hr-it-lab[{extra}]"' in finding.todo


ALL_WELL = [Finding("Python", "ok"), Finding("Dask", "optional", "Needs more.")]


@pytest.mark.parametrize(
    ("findings", "code"),
    [(ALL_WELL, 0), ([*ALL_WELL, Finding("No [walls]", "missing", "Install [them].")], 1)],
    ids=["well", "missing"],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_the_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    findings: list[Finding],
    code: int,
    as_json: bool,
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: findings)
    monkeypatch.setattr(sys, "argv", ["hrlab", "doctor", *(["--json"] if as_json else [])])
    with pytest.raises(SystemExit) as end:
        main()
    assert int(end.value.code or 0) == code
    said = capsys.readouterr().out
    if as_json:
        assert [Finding(**each) for each in json.loads(said)] == findings
    else:
        for finding in findings:
            assert finding.what in said
            assert finding.todo in said

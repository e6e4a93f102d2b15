"""pyproject.toml, requirements.lock and environment.yml describe one environment."""

import ast
import re
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from itertools import product
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

# The machines that the lock must serve, as the variables that its markers ask for.
SYSTEMS = {
    "linux": {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    "macos": {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    "windows": {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
}
PYTHONS = ["3.11.9", "3.12.4", "3.13.1"]


IN_CONDA = {"python-duckdb": "duckdb"}  # conda-forge's name -> PyPI's, where they differ by more than an underscore


def by_name(lines: list[str]) -> dict[str, SpecifierSet]:
    """Read requirements as canonical name -> bounds; conda writes some names otherwise."""
    found = {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}
    return {IN_CONDA.get(name, name): bounds for name, bounds in found.items()}


def locked() -> list[tuple[Requirement, str]]:
    """Read the lock as (requirement, its options) pairs."""
    text = LOCK.replace("\\\n", " ")  # one entry a line
    entries = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(Requirement(line.split(" --")[0]), line) for line in entries]


def test_conda_users_get_the_direct_dependencies_with_the_same_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *packages, from_pip = environment["dependencies"]
    conda = by_name(packages)
    assert conda.pop("python") == SpecifierSet(PROJECT["requires-python"])
    conda.pop("pip")
    assert conda == by_name(PROJECT["dependencies"])
    assert from_pip == {"pip": ["-e ."]}


def test_lock_has_exact_versions_and_hashes_and_no_address() -> None:
    entries = locked()
    assert len(entries) > 100, "the lock holds what the direct dependencies need, too"
    for requirement, line in entries:
        assert [s.operator for s in requirement.specifier] == ["=="], line[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}(\s|$)", line), f"{requirement} has no hash"
        assert requirement.url is None, line[:80]
    assert "://" not in LOCK, "an index or file address works on one network only"
    options = {word.split("=")[0] for word in LOCK.split() if word.startswith("-")}
    assert options == {"--hash"}, "no --index-url, --find-links and the like"


@pytest.mark.parametrize(("system", "python"), list(product(SYSTEMS, PYTHONS)))
def test_lock_satisfies_pyproject_on(system: str, python: str) -> None:
    here = SYSTEMS[system] | {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    versions = defaultdict(list)
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate(here):
            versions[canonicalize_name(requirement.name)].append(str(requirement.specifier).removeprefix("=="))
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}, "two versions of one package"
    for name, bounds in by_name(PROJECT["dependencies"] + EXTRAS["dev"]).items():
        assert versions[name], f"{name} is not in requirements.lock: run `make lock`"
        assert bounds.contains(versions[name][0]), f"{name} {versions[name][0]} is locked: run `make lock`"


def imports(file: Path) -> set[str]:
    """Name the top-level modules that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).partition(".")[0])
    return found - sys.stdlib_module_names - {"evaluators", "autograder"}


def test_what_our_code_imports_is_declared() -> None:
    extras = [line for lines in EXTRAS.values() for line in lines]
    declared = set(by_name(PROJECT["dependencies"] + extras))
    providers = packages_distributions()
    files = [f for package in ("evaluators", "autograder") for f in (ROOT / package).rglob("*.py")]
    assert files
    undeclared = {
        f"{module} ({file.relative_to(ROOT)})"
        for file in files
        for module in imports(file)
        if not declared & {canonicalize_name(name) for name in providers.get(module, [module])}
    }
    assert undeclared == set(), "name them in pyproject.toml, then run `make lock`"

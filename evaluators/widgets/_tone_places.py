"""What lies in a folder for the tone explorer: bots, tests, calibrations and accepted runs. Nothing is parsed."""

import re
from pathlib import Path

YAML = (".yml", ".yaml")
CALIBRATION, ACCEPTED = "calibration", "accepted"
_PARTS = re.compile(rb"^(nlu|responses|rules|intents|persona|tone_guide|slots|forms):", flags=re.MULTILINE)
_STORIES = re.compile(rb"^stories:", flags=re.MULTILINE)
_USER = re.compile(rb"^\s+(?:-\s+)?user:", flags=re.MULTILINE)
_PEEK_BYTES = 1_000_000
_MOST_FOLDERS = 200
_SCHEMAS = {
    CALIBRATION: re.compile(rb'^\s*\{\s*"schema":\s*\d+,\s*"raters":'),
    ACCEPTED: re.compile(rb'^\s*\{\s*"schema":\s*"hr-it-lab accepted'),
}


def bot_places(folder: Path) -> list[Path]:
    """Return YAML files, zip files and folders in a folder, each by name; whether they hold a bot is not known yet."""
    try:
        there = sorted(folder.iterdir(), key=lambda each: each.name)
    except OSError:
        return []
    plain = [each for each in there if not each.name.startswith((".", "~$", "__"))]
    files = [each for each in plain if each.is_file() and each.suffix.casefold() in (*YAML, ".zip")]
    return files + [each for each in plain if each.is_dir()][:_MOST_FOLDERS]


def json_files(folder: Path) -> dict[str, list[str]]:
    """Return the names of JSON files by what they hold: calibrations and accepted runs."""
    found: dict[str, list[str]] = {kind: [] for kind in _SCHEMAS}
    try:
        there = sorted(each for each in folder.iterdir() if each.suffix == ".json" and each.is_file())
    except OSError:
        return found
    for each in there:
        head = _peek(each, 400)
        for kind, names in found.items():
            if _SCHEMAS[kind].search(head):
                names.append(each.name)
    return found


def _peek(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def kinds_of(place: Path) -> set[str]:
    """Say whether a YAML file, a zip file or a folder looks like a bot, like tests, or both; nothing is parsed."""
    if place.suffix.casefold() == ".zip":
        return {"bot", "tests"} if _zip_has_tests(place) else {"bot"}
    if place.is_file():
        text = _peek(place, _PEEK_BYTES)
        if _PARTS.search(text):
            return {"bot"}
        return {"tests"} if _STORIES.search(text) and _USER.search(text) else set()
    try:
        files = [each for each in place.iterdir() if each.is_file() and each.suffix.casefold() in YAML][:50]
        inside = list((place / "tests").iterdir()) if (place / "tests").is_dir() else []
    except OSError:
        return set()
    kinds = {kind for each in files for kind in kinds_of(each)}
    if "bot" in kinds:
        kinds.discard("tests")
    return kinds | ({"tests"} if any(each.suffix.casefold() in YAML for each in inside) else set())


def _zip_has_tests(place: Path) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(place) as archive:
            return any(re.search(r"(^|/)tests/[^/]+\.ya?ml$", name) for name in archive.namelist()[:2_000])
    except (OSError, ValueError, zipfile.BadZipFile):
        return False

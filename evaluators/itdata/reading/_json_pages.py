"""Records of JSON exports, such as the pages of ServiceNow's Table API, one after the other."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evaluators._own_files import find_encoding
from evaluators.itdata.errors import ExportError

_PIECE = 1 << 20
_LISTS = ("result", "records", "data", "issues")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
_AGAIN = "Export it again, or as CSV."


def json_as_csv(files: Sequence[Path], target: Path, row_name: str, notes: list[str]) -> None:
    """Write the records of one or more files as one table, with the number of each record.

    A reference or choice becomes what people see (``display_value``), a time its ``value``, which is UTC.

    Raises
    ------
    ExportError
        If a file holds no records, or an error message of the server.
    """
    names: dict[str, None] = {}
    raw = False
    records = 0
    for file in files:
        for record in _records(file):
            records += 1
            names.update(dict.fromkeys(record))
            raw = raw or any(isinstance(each, dict) and "value" in each for each in record.values())
    if not records:
        raise ExportError(f"{files[0].name} holds no records.", "Check which tickets were exported.")
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([row_name, *names])
        number = 0
        for file in files:
            for record in _records(file):
                number += 1
                writer.writerow([number, *(_cell(record.get(name), raw=raw) for name in names)])
    if raw:
        notes.append("Times of the JSON records were taken as UTC, as the server keeps them.")


def _cell(value: Any, *, raw: bool) -> str:
    if isinstance(value, dict):
        hidden = value.get("value")
        if isinstance(hidden, str) and _TIME.fullmatch(hidden):
            return f"{hidden}Z"
        if "display_value" in value or "value" in value:
            shown = value.get("display_value")
            return _cell(hidden if shown in (None, "") else shown, raw=False)
        return json.dumps(value) if value else ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value) if value else ""
    text = str(value)
    return f"{text}Z" if raw and _TIME.fullmatch(text) else text


def _records(file: Path) -> Iterator[dict[str, Any]]:
    """Read record by record: an export may be larger than memory."""
    decoder = json.JSONDecoder()
    with file.open(encoding=_encoding(file)) as stream:
        text, at, ended = stream.read(_PIECE), 0, False
        if start := re.match(rf'\s*(?:\{{\s*"(?:{"|".join(_LISTS)})"\s*:\s*)?\[', text):
            at = start.end()
        number = 0
        while True:
            at = _past_blanks(text, at)
            if at < len(text) and text[at] == "]":
                return
            if at < len(text):
                try:
                    value, at = decoder.raw_decode(text, at)
                except json.JSONDecodeError as error:
                    if ended:
                        raise ExportError(
                            f"{file.name} is no JSON from record {number + 1} on: {error.msg}.", _AGAIN
                        ) from error
                else:
                    for record in _unwrapped(value, file, number):
                        number += 1
                        yield record
                    continue
            elif ended:
                return
            piece = stream.read(_PIECE)
            text, at, ended = text[at:] + piece, 0, not piece


def _past_blanks(text: str, at: int) -> int:
    found = re.compile(r"[\s,]*").match(text, at)
    return found.end() if found else at


def _unwrapped(value: Any, file: Path, number: int) -> Iterator[dict[str, Any]]:
    if not isinstance(value, dict):
        raise ExportError(f"Record {number + 1} of {file.name} is no record but {str(value)[:40]!r}.", _AGAIN)
    if "error" in value and set(value) <= {"error", "status", "result"}:
        error = value["error"]
        said = error.get("message", error) if isinstance(error, dict) else error
        raise ExportError(f"{file.name} holds an error message of the server: {str(said)[:100]}.", _AGAIN)
    for name in _LISTS:
        inside = value.get(name)
        if isinstance(inside, list):
            for each in inside:
                yield from _unwrapped(each, file, number)
            return
    yield value


def _encoding(file: Path) -> str:
    found = find_encoding(file)
    return "utf-8-sig" if found == "utf-8" else found

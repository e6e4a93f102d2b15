"""What the tests of all pages for one's own data do: send what a browser would send, and read what was saved."""

import json
from pathlib import Path
from typing import Any

from evaluators.widgets._own_data import OwnDataExplorer


def send(explorer: OwnDataExplorer, action: str, values: Any = None, *, source: str) -> dict[str, Any]:
    """Send one request, as own_data.js does, and return the reply."""
    seq = explorer.request["seq"] + 1
    explorer.request = {"seq": seq, "action": action, "source": source, "values": {} if values is None else values}
    assert explorer.reply["seq"] == seq
    return dict(explorer.reply)


def filled(explorer: OwnDataExplorer, **changed: Any) -> dict[str, Any]:
    """Return what the form holds after a look, with some fields changed."""
    return {**explorer.table["proposed"], **changed}


def written(place: Path, name: str) -> tuple[dict[str, Any], list[str]]:
    """Return the JSON and the lines of the page without the time they were written at."""
    numbers, page = ((place / f"{name}.{kind}").read_text("utf-8") for kind in ("json", "html"))
    lines = [line for line in page.splitlines() if "written " not in line]
    return {**json.loads(numbers), "written_at": None}, lines

"""What this library does late, such as to read a data set: a process from which others are forked does it first."""

import ast
import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress


def use_once(sources: Sequence[str]) -> None:
    """Do once what this library leaves to its first use: seconds, which every session would pay anew.

    Only what was imported is used.

    Parameters
    ----------
    sources : sequence of str
        Cells that sessions will run; empty where nothing is known of them.
    """
    if data := sys.modules.get("evaluators.data"):  # our data sets are read once
        for name, tables in _loaded("\n".join(sources), data.__all__):
            with suppress(data.UnknownDatasetError):  # a wrong name is the cell's to tell
                getattr(data, name)(*tables)
    if "evaluators.judgement" in sys.modules:  # imports it for the first regression
        with suppress(ImportError):
            importlib.import_module("statsmodels.api")
    if sources and (tone := sys.modules.get("evaluators.tone")):  # compiles what it looks for as the words occur
        tone.score_reply("Thank you for asking.", said="Why was I not invited?")
        for text in _texts(sources):
            tone.find_cues(text)


def _texts(sources: Iterable[str]) -> list[str]:
    """Return the texts of more than one word that stand in cells."""
    found: dict[str, None] = {}
    for source in sources:
        with suppress(SyntaxError, RecursionError, ValueError):  # such as a magic
            nodes = ast.walk(ast.parse(source))
            values = (node.value for node in nodes if isinstance(node, ast.Constant))
            found |= dict.fromkeys(text for text in values if isinstance(text, str) and " " in text.strip())
    return list(found)


def _loaded(source: str, names: Iterable[str]) -> set[tuple[str, tuple[str, ...]]]:
    """Find the calls of our loaders without an argument or with the name of a table."""
    loaders = "|".join(name for name in names if name.startswith("load_"))
    calls = re.findall(rf"""\b({loaders})\((?:["'](\w+)["'])?\)""", source) if loaders else []
    return {(name, (table,) if table else ()) for name, table in calls}

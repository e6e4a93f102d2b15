"""Measure what the layers find in a list of messages: ``python -m evaluators.chatbot.sensitive_check list.txt …``.

A list is a text file in UTF-8: one message a line, with its kind before a bar: ``crisis | I want to die``. A line
without a kind is an ordinary message, or of the kind that ``--kind`` names. Lines that begin with ``#`` are skipped.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from evaluators._plain import plain
from evaluators.chatbot.errors import WordListError
from evaluators.chatbot.sensitive import KINDS, SensitiveWords, find_sensitive
from evaluators.chatbot.sensitive_model import GATE


@dataclass(frozen=True, slots=True)
class SensitiveCheck:
    """What was found in a list of messages.

    Attributes
    ----------
    table : DataFrame
        One row a kind: ``kind``, ``messages``, ``found`` (as any kind), ``as_kind`` (as that kind) and ``to_gate`` (as
        crisis or harassment). For ``ordinary``, what was found is a false alarm.
    missed : tuple of str
        Messages of crisis or harassment that raised neither.
    false_alarms : tuple of str
        Ordinary messages that raised crisis or harassment.
    """

    table: pd.DataFrame
    missed: tuple[str, ...] = field(repr=False)
    false_alarms: tuple[str, ...] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return dict(plain(asdict(self) | {"table": self.table.to_dict("records")}))

    def summary(self) -> str:
        """Say in plain words what was found and missed, and what that does not prove."""
        lines = []
        for row in self.table.to_dict("records"):
            if row["kind"] == "ordinary":
                lines.append(f"ordinary: {row['to_gate']} of {row['messages']} raised a needless alarm.")
            else:
                said = f"{row['kind']}: {row['as_kind']} of {row['messages']} found"
                also = f", {row['to_gate']} of them sent to the gate" if row["kind"] in GATE else ""
                lines.append(f"{said}{also}.")
        lines.append("Other people write in other words: on their messages expect more misses than here.")
        return "\n".join(lines)


def check_sensitive(messages: Sequence[tuple[str, str]], *, words: SensitiveWords | None = None) -> SensitiveCheck:
    """Measure what `find_sensitive` finds in messages whose kind is known.

    Parameters
    ----------
    messages : sequence of (str, str)
        Kind and message; the kind is one of `KINDS` or ``"ordinary"``.
    words : SensitiveWords, optional
        A word list of your own, which then decides alone.

    Returns
    -------
    SensitiveCheck

    Raises
    ------
    WordListError
        If there is no message, or a kind is unknown.

    Examples
    --------
    >>> print(check_sensitive([("crisis", "I want to die"), ("ordinary", "Where is my pay stub?")]).summary())
    crisis: 1 of 1 found, 1 of them sent to the gate.
    ordinary: 0 of 1 raised a needless alarm.
    Other people write in other words: on their messages expect more misses than here.
    """
    known = (*KINDS, "ordinary")
    for number, (kind, _) in enumerate(messages, 1):
        if kind not in known:
            raise WordListError(f"Message {number} has the kind {kind!r}.", f"The kinds are: {', '.join(known)}.")
    if not messages:
        raise WordListError("The list holds no message.", "Write one message a line.")
    rows = dict.fromkeys(known, (0, 0, 0, 0))
    missed, alarms = [], []
    for kind, text in messages:
        found = {each.kind for each in find_sensitive(text, words=words)}
        gate = bool(found & set(GATE))
        if kind in GATE and not gate:
            missed.append(text)
        if kind == "ordinary" and gate:
            alarms.append(text)
        counts = rows[kind]
        rows[kind] = (counts[0] + 1, counts[1] + bool(found), counts[2] + (kind in found), counts[3] + gate)
    table = pd.DataFrame(
        [(kind, *counts) for kind, counts in rows.items() if counts[0]],
        columns=["kind", "messages", "found", "as_kind", "to_gate"],
    )
    return SensitiveCheck(table, tuple(missed), tuple(alarms))


def read_messages(path: str | Path, *, kind: str = "ordinary") -> list[tuple[str, str]]:
    """Read a list of messages.

    Parameters
    ----------
    path : path
        A text file as described above.
    kind : str
        The kind of lines that name none.

    Returns
    -------
    list of (str, str)
        Kind and message.

    Raises
    ------
    WordListError
        If the file cannot be read.
    """
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise WordListError(f"{path} cannot be read: {error}.", "Save it as plain text in UTF-8.") from error
    made = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            before, bar, after = line.partition("|")
            named = bool(bar) and before.strip() in (*KINDS, "ordinary")
            made.append((before.strip(), after.strip()) if named else (kind, line.strip()))
    return made


def main() -> int:
    """Measure the lists named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lists", nargs="+", type=Path)
    parser.add_argument("--kind", default="ordinary", choices=(*KINDS, "ordinary"), help="of lines that name none")
    parser.add_argument("--counts-only", action="store_true", help="do not print the messages that were missed")
    asked = parser.parse_args()
    try:
        found = check_sensitive([each for path in asked.lists for each in read_messages(path, kind=asked.kind)])
    except WordListError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    lines = [found.summary()]
    if not asked.counts_only:
        lines += [f"missed: {text}" for text in found.missed] + [f"needless: {text}" for text in found.false_alarms]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

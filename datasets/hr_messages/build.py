"""Make hr_messages.csv: messages to HR of our own making, by what they may speak of.

Run `python datasets/hr_messages/build.py`; with `--check` nothing is written and the exit code is 1 if the committed
table differs from what this script makes. The datasheet, README.md, says how the messages were written.

Warning: the messages speak of suicide, self-harm, violence, harassment, death and illness.
"""

import hashlib
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from evaluators._building import build_or_check

FILE = Path(__file__).with_name("hr_messages.csv")
SOURCE = Path(__file__).with_name("source")
KINDS = ("crisis", "harassment", "bereavement", "illness", "ordinary")
MOST = 6  # messages made of one line
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")


def written_out(line: str, most: int = MOST) -> list[str]:
    """Return the messages of a line: ``[a|b]`` is one or the other; of many, some, chosen by a hash of the text."""
    parts = _CHOICE.split(line)
    options = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    made = {re.sub(r" +", " ", "".join(choice)).strip() for choice in itertools.product(*options)}
    return sorted(made, key=lambda text: hashlib.sha256(text.encode()).digest())[:most]


def messages() -> Iterator[dict[str, object]]:
    """Yield each message with its kind, its topic and the number of its line, which messages of one line share."""
    number = 0
    for kind in KINDS:
        topic = ""
        for line in (SOURCE / f"{kind}.txt").read_text("utf-8").splitlines():
            if line.startswith("## "):
                topic = line[3:].removeprefix("more_")
            elif line.strip() and not line.startswith("# "):
                number += 1
                for text in written_out(line.strip()):
                    yield {"kind": kind, "topic": topic, "line": number, "message": text}


def build() -> pd.DataFrame:
    table = pd.DataFrame(messages())
    return table.loc[~table["message"].str.casefold().duplicated()].reset_index(drop=True)


if __name__ == "__main__":
    sys.exit(build_or_check(FILE, build, __doc__))

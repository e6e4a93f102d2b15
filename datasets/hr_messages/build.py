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
AUTHORS = ("one", "two", "three", "four")  # folders of source/, one a writer
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
    """Yield each message with who wrote it, its kind, its topic and its line, which messages of one line share."""
    number = 0
    for folder in sorted(SOURCE.iterdir(), key=lambda each: AUTHORS.index(each.name)):
        for kind in KINDS:
            topic, tempting = "", False
            for line in (folder / f"{kind}.txt").read_text("utf-8").splitlines():
                if line.startswith("## "):
                    heading = line[3:].strip().removeprefix("more_")
                    topic, tempting = heading.removesuffix(" (tempting)"), heading.endswith(" (tempting)")
                elif line.strip() and not line.startswith("# "):
                    number += 1
                    for text in written_out(line.strip()):
                        facts = {"author": folder.name, "kind": kind, "topic": topic, "tempting": int(tempting)}
                        yield facts | {"line": number, "message": text}


def build() -> pd.DataFrame:
    table = pd.DataFrame(messages())
    return table.loc[~table["message"].str.casefold().duplicated()].reset_index(drop=True)


if __name__ == "__main__":
    sys.exit(build_or_check(FILE, build, __doc__))

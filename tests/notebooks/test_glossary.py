"""The words that a lesson explains at its top: in order, and worded as in the glossary."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSONS = {path.stem: path for path in sorted((ROOT / "curriculum").glob("*/*.ipynb"))}
LIST = re.compile("<summary>Words used on this page.*?</details>", flags=re.DOTALL)


def explained(text: str) -> dict[str, str]:
    """Return term -> its line, on one line."""
    lines = (" ".join(each.split()) for each in re.findall(r"^- \*\*.*(?:\n  .*)*", text, flags=re.MULTILINE))
    return {line.split("**")[1]: line for line in lines}


GLOSSARY = explained((ROOT / "docs" / "glossary.md").read_text("utf-8"))


def words_of(lesson: str) -> dict[str, str]:
    cells = json.loads(LESSONS[lesson].read_text("utf-8"))["cells"]
    return explained("".join(LIST.findall("\n".join("".join(cell["source"]) for cell in cells))))


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_explains_its_words_as_the_glossary_does(lesson: str) -> None:
    words = words_of(lesson)
    assert words or "your_own" in lesson  # pages for one's own data may do without
    assert list(words) == sorted(words, key=str.casefold)
    assert words.items() <= GLOSSARY.items()


def test_the_glossary_is_in_alphabetical_order() -> None:
    assert len(GLOSSARY) > 60
    assert list(GLOSSARY) == sorted(GLOSSARY, key=str.casefold)

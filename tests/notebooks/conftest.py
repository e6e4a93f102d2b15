"""Lessons and labs that run from top to bottom without a kernel, for the tests of what they claim and score."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lab_runs import Mark, Marked, run_cells

LESSONS = Path(__file__).parents[2] / "curriculum"


@pytest.fixture(scope="session")
def run_lesson(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Return what runs a lesson of any track (its file's name, no ending) and returns the names that its code binds.

    Two more names come with them: `shown`, the text and HTML that it shows, with single spaces; and `asked`, its check
    questions as (id, options, right option).
    """

    def run(name: str) -> dict[str, Any]:
        import IPython.display

        from evaluators.widgets import Lesson

        cells = json.loads(next(LESSONS.glob(f"*/{name}.ipynb")).read_text("utf-8"))["cells"]
        shown: list[str] = []
        asked: list[tuple[str, dict[str, str], str]] = []
        names: dict[str, Any] = {}
        check = Lesson.check

        def remember_check(self: Lesson, item_id: str, prompt: str, options: dict[str, str], **how: Any) -> None:
            asked.append((item_id, options, how["key"]))
            check(self, item_id, prompt, options, **how)

        def remember(thing: Any, **_: Any) -> None:
            shown.append(str(thing.get("text/html", "") if isinstance(thing, dict) else getattr(thing, "data", "")))

        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp(name))
            patch.setattr(IPython.display, "display", remember)
            patch.setattr(Lesson, "check", remember_check)
            for cell in cells:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
        return names | {"asked": asked, "shown": re.sub(r"\s+", " ", "\n".join(shown))}

    return run


@pytest.fixture(scope="session")
def mark(tmp_path_factory: pytest.TempPathFactory) -> Mark:
    """Run a lab's cells in this process, on its model answers with some of them replaced; the same run only once."""
    runs: dict[str, dict[str, Marked]] = {}
    folder = tmp_path_factory.mktemp("desk")

    def run(lab: str, answers: Mapping[str, object] | None = None) -> dict[str, Marked]:
        name = json.dumps([lab, answers])
        if name not in runs:
            runs[name] = run_cells(lab, answers or {}, folder)
        return runs[name]

    return run

"""The process in which somebody's own screener runs: read the question, import, score, write the answer, end at once.

The question is a folder with ``request.json`` and ``items.arrow``; the answer is a JSON file whose name only the
request knows. What the screener prints goes elsewhere, so that it can neither spoil nor make an answer. This is no
sandbox: it is the user's own code with the user's own rights.
"""

import os
import shutil
import signal
import sys
import threading
import time
from json import dumps, loads  # as they are now, whatever the screener does to the module
from pathlib import Path
from typing import Any

from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.screener._code import find_screener, where
from evaluators.judgement.screener.run import IMPORTING, ITEMS, PROGRESS, REQUEST
from evaluators.judgement.screener.screeners import CALL, kind_of, scored

SCORING, AGAIN = "score", "again"


def main(folder: Path) -> None:
    """Answer the question that lies in a folder."""
    _live_as_long_as_the_parent(folder)
    ours = os.getpid()
    request = loads((folder / REQUEST).read_text("utf-8"))
    answer: dict[str, Any]
    with (folder / PROGRESS).open("wb", buffering=0) as progress:

        def told(step: str, place: int = 0) -> None:
            if os.getpid() != ours:
                os._exit(0)  # a copy that the screener made of this process; it must not answer too
            progress.seek(0)
            progress.write(f"{step:<8}{place:>12}\n".encode())

        try:
            answer = _answer(request, folder, told)
        except ScreenerError as error:
            answer = {"problem": error.problem, "hint": error.hint}
        except BaseException as error:  # sys.exit and the like, too
            hint = "What is to run on the command line only stands under if __name__ == '__main__'."
            stopped = _stopped(error, "while it was imported", hint)
            answer = {"problem": stopped.problem, "hint": stopped.hint}
    if os.getpid() == ours:
        written = folder / f"{request['answer']}.part"
        written.write_text(dumps(answer, allow_nan=False), "utf-8")
        written.replace(folder / request["answer"])
    _flush()
    os._exit(0)  # threads that the screener left running must not keep the answer waiting


def _answer(request: dict[str, Any], folder: Path, told: Any) -> dict[str, Any]:
    import pyarrow as pa  # type: ignore[import-untyped]

    with pa.OSFile(str(folder / ITEMS)) as file, pa.ipc.open_file(file) as reader:
        shown = reader.read_all().to_pandas(use_threads=False)
    names = request["names"]
    told(IMPORTING)
    sys.argv = [request["spec"]]
    start = time.perf_counter()
    screener = find_screener(request["spec"], Path(request["folder"]))
    imported = time.perf_counter()
    how = kind_of(screener)
    at = [0]

    def on_item(place: int) -> None:
        at[0] = min(place, len(names) - 1)
        told(SCORING if place < len(names) else AGAIN, place)

    try:
        scores, notes = scored(screener, shown, names, on_item=on_item, again=request["again"])
    except Exception:
        raise
    except BaseException as error:  # sys.exit and the like
        whom = names[at[0]] if how == CALL else f"{len(names):,} résumés"
        raise _stopped(error, f"while it scored {whom}", "Return a number instead.") from None
    return {
        "how": how,
        "scores": scores,
        "notes": list(notes),
        "import_s": imported - start,
        "score_s": time.perf_counter() - imported,
    }


def _stopped(error: BaseException, when: str, hint: str) -> ScreenerError:
    """Say that the screener ended the process, as sys.exit does."""
    by = f"sys.exit({error.code!r})" if isinstance(error, SystemExit) else type(error).__name__
    at = where(error)
    return ScreenerError(f"The screener ended its process {when}: {by}.", f"{hint}{f' Look at {at}.' if at else ''}")


def _live_as_long_as_the_parent(folder: Path) -> None:
    """Take standard input away; once the parent is gone, leave nothing: no question, no process that was started."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        while os.read(lifeline, 1024):
            pass
        shutil.rmtree(folder, ignore_errors=True)  # the résumés in it; nobody else will do it
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=wait, daemon=True, name="hrlab-lifeline").start()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What a cell puts out, collected as nbformat's outputs: streams, displays, results, errors. Bounded in size."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import tempfile
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher

from autograder.kernel.remote import Remote

_OVERHEAD = 20  # bytes that an output counts besides its text: a cell may make a million empty ones
_AT_ONCE = 200  # what words about the limit may take
_NUMBERS = (bool, int, float)
TRUNCATED = "\n… The output was cut off here: a cell may put out no more than {limit} kB.\n"


class Outputs:
    """The outputs of the cell that runs now.

    Parameters
    ----------
    limit_kb : int
        Text and pictures that a cell may put out, in kilobytes; what comes after is dropped, with a word about it.
    """

    def __init__(self, limit_kb: int) -> None:
        self.limit_kb = limit_kb
        self.start()

    def start(self) -> None:
        """Forget everything: the next cell begins."""
        self.found: list[dict[str, Any]] = []
        self.updates: dict[str, dict[str, Any]] = {}
        self._left = self.limit_kb * 1000
        self._clear_next = False

    def write(self, name: str, text: str) -> None:
        """Add text to a stream, "stdout" or "stderr"."""
        if (text := self._within(text)) == "":
            return
        last = next((output for output in reversed(self.found) if output.get("name") == name), None)
        if last is not None:  # as nbclient does it: one output a stream
            last["text"] += text
        else:
            self._add({"output_type": "stream", "name": name, "text": text})

    def result(self, data: dict[str, Any], metadata: dict[str, Any], count: int) -> None:
        """Add the value of a cell's last line."""
        self._add(
            {"output_type": "execute_result", "execution_count": count, **self._bundle(data, metadata)},
        )

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str | None, *, update: bool) -> None:
        """Add a display, or replace the one that has this id, be it of an earlier cell."""
        bundle = self._bundle(data, metadata)
        if update and display_id:
            self.updates[display_id] = bundle
            for output in self.found:
                if output.get("display_id") == display_id:
                    output.update(bundle)
            return
        self._add({"output_type": "display_data", **({"display_id": display_id} if display_id else {}), **bundle})

    def clear(self, *, wait: bool) -> None:
        """Drop what was put out so far, now or with the next output."""
        if wait:
            self._clear_next = True
        else:
            self.found.clear()

    def error(self, name: str, message: str, traceback: list[str]) -> None:
        """Add an error."""
        self._add(
            {
                "output_type": "error",
                "ename": name[:200],
                "evalue": message[:10_000],
                "traceback": [line[:50_000] for line in traceback[:200]],
            }
        )

    def _add(self, output: dict[str, Any]) -> None:
        full = self._left < -_AT_ONCE
        self._left -= _OVERHEAD
        if full and output["output_type"] != "error":  # an error is a score
            return
        if self._clear_next:
            self.found.clear()
            self._clear_next = False
        self.found.append(output)

    def _bundle(self, data: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        kept = {}
        for mime, value in data.items():
            if isinstance(value, bytes):
                value = base64.b64encode(value).decode()
            size = len(value) if isinstance(value, str) else len(json.dumps(value, default=repr))
            if size > self._left:
                kept["text/plain"] = TRUNCATED.format(limit=self.limit_kb).strip()
                continue
            self._left -= size
            kept[str(mime)] = value
        return {"data": kept, "metadata": metadata}

    def _within(self, text: str) -> str:
        if self._left < 0:
            return ""
        if len(text) > self._left:
            text = text[: self._left] + TRUNCATED.format(limit=self.limit_kb)
            self._left = -1
        else:
            self._left -= len(text)
        return text


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a session."""

    def __init__(self, outputs: Outputs, name: str, number: int) -> None:
        super().__init__()
        self._outputs, self._number = outputs, number
        self.name = name

    encoding = "utf-8"
    errors = "replace"

    def write(self, text: str) -> int:
        """Collect a text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.write(self.name, text)
        return len(text)

    def writable(self) -> bool:
        """Say that one can write here."""
        return True

    def fileno(self) -> int:
        """Return the descriptor that programs started from here write to."""
        return self._number


class FileDescriptors:
    """What reaches descriptors 1 and 2 without passing sys.stdout: programs that a cell starts, C libraries."""

    def __init__(self) -> None:
        self._files = []
        for number in (1, 2):
            file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the session
            os.dup2(file.fileno(), number)
            self._files.append(file)

    def drain(self, outputs: Outputs) -> None:
        """Move what has arrived to the outputs."""
        for name, file in zip(("stdout", "stderr"), self._files, strict=True):
            try:
                if size := os.fstat(file.fileno()).st_size:
                    data = os.pread(file.fileno(), min(size, outputs.limit_kb * 1000 + 1), 0)
                    outputs.write(name, data.decode(errors="replace"))
                    os.ftruncate(file.fileno(), 0)
                    os.lseek(file.fileno(), 0, os.SEEK_SET)
            except OSError:  # the learner closed it
                continue


class CollectResults(DisplayHook):
    """IPython's display hook, which collects instead of printing."""

    outputs: Outputs

    def start_displayhook(self) -> None:
        """Print nothing."""

    def write_output_prompt(self) -> None:
        """Print nothing."""

    def compute_format_data(self, result: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Draw a result; an object of the learner's is named, never asked how it wants to look."""
        if isinstance(result, Remote):
            return {"text/plain": "<an object of the learner's>"}, {}
        if type(result) in _NUMBERS:  # partial credit: IPython asks a dozen formatters that have nothing to say of it
            shell: Any = self.shell
            formatters = shell.display_formatter.formatters
            if not any(type(result) in formatter.type_printers for formatter in formatters.values()):
                return {"text/plain": formatters["text/plain"](result)}, {}
        return super().compute_format_data(result)  # type: ignore[no-any-return, no-untyped-call]

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Collect a result."""
        self.outputs.result(format_dict, md_dict or {}, self.prompt_count)

    def log_output(self, format_dict: dict[str, Any]) -> None:
        """Keep no log."""

    def finish_displayhook(self) -> None:
        """Print nothing."""


class CollectDisplays(DisplayPublisher):
    """IPython's display publisher, which collects."""

    outputs: Outputs

    def publish(  # type: ignore[override]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        """Collect a display."""
        self.outputs.display(data, metadata or {}, (transient or {}).get("display_id"), update=update)

    def clear_output(self, wait: bool = False) -> None:
        """Drop what the cell has put out."""
        self.outputs.clear(wait=wait)


def install_streams(outputs: Outputs) -> FileDescriptors:
    """Let everything that this process prints reach the outputs."""
    descriptors = FileDescriptors()
    sys.stdout = Stream(outputs, "stdout", 1)
    sys.stderr = Stream(outputs, "stderr", 2)
    return descriptors

"""The widget that all explorers of own data are: choose a table, say what it holds, read, save."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import anywidget
import traitlets

from evaluators.widgets._desk import Desk, Done, FieldError
from evaluators.widgets._display import assets, show, show_widget


class OwnDataExplorer(anywidget.AnyWidget):
    """A form on somebody's own table, and its result.

    A subclass sets `_esm` with ``own_data.js`` and a script that draws its form.

    Parameters
    ----------
    desk : Desk
        What does the work.
    title : str
        Heading.
    spec : mapping of str to object, optional
        What the form needs to know besides.
    then : callable, optional
        Gets each new result, and None when it goes.
    """

    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)  # {"seq", "action", "source", "values"}, written by the browser
    reply = traitlets.Dict().tag(sync=True)  # {"seq", "sources", "source", "problems", "said"}, written here
    kept = traitlets.Dict().tag(sync=True)  # {"source", "columns", "values"} of the form, written by the browser
    table = traitlets.Dict().tag(sync=True)  # what `Desk.look` found, with its source
    aside = traitlets.Dict().tag(sync=True)  # what `Desk.look_aside` found
    result = traitlets.Dict().tag(sync=True)  # {"seq", "page"}
    progress = traitlets.Dict().tag(sync=True)  # {"words", "share"} while long work goes on; empty otherwise

    def __init__(
        self,
        desk: Desk,
        title: str,
        spec: Mapping[str, Any] | None = None,
        then: Callable[[Done | None], None] | None = None,
    ) -> None:
        self._desk, self._then = desk, then
        self._done: Done | None = None
        kept = desk.kept_form()
        first, values = kept.get("source") or next(iter(desk.sources()), ""), kept.get("values", {})
        super().__init__(
            spec={"title": title, "folder": str(desk.folder), "takes": list(desk.takes), **(spec or {})},
            request={"seq": 0, "action": "", "source": first, "values": {}},
            kept=kept,
        )
        desk.on_progress = self._tell
        self._answer(0, "open", first, values)
        if kept and self._columns() == kept.get("columns"):
            self._answer(0, "aside", first, values)
            self.reply = {**self.reply, "problems": {}, "said": "Welcome back. What you had filled in is here again."}
        else:
            self.kept = {}
        self.on_msg(self._brought)
        self.observe(self._requested, names="request")
        self.observe(lambda change: desk.keep_form(change["new"]), names="kept")

    def _brought(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Take a piece of a file that somebody dropped on the page; what becomes of it, the next request asks."""
        if isinstance(content, dict) and isinstance(content.get("file"), str) and buffers:
            self._desk.take(content["file"], bytes(buffers[0]), first=content.get("piece") == 0)

    def _columns(self) -> list[str]:
        return [each["name"] for each in self.table.get("columns", [])]

    def _requested(self, change: Any) -> None:
        sent = change["new"]
        values = sent.get("values")
        self._answer(
            sent.get("seq", 0),
            sent.get("action"),
            str(sent.get("source") or ""),
            values if isinstance(values, dict) else {},
        )

    def _tell(self, words: str, share: float) -> None:
        self.progress = {"words": words, "share": round(share, 4)}

    def _answer(self, seq: int, action: object, source: str, values: Mapping[str, Any]) -> None:
        """Do what was asked; whatever goes wrong is said in words, since nobody here reads a traceback."""
        problems, said, before = {}, "", self._done
        try:
            if action == "open":
                self._done, self.result, self.table, self.aside = None, {}, {}, {}
                if source:
                    found = self._desk.look(source, values)
                    self.aside = found.pop("aside", {})
                    self.table = {"source": source, **found}
            elif action == "aside":
                self.aside = {}
                self.aside = self._desk.look_aside(source, values)
            elif action == "run":
                self._done, self.result = None, {}
                self._done = self._desk.run(source, values)
                self.result = {"seq": seq, "page": self._done.page}
                said = self._done.said
            elif action == "bring":
                said = f"{self._desk.bring()} is in the folder now. Choose it in the list where you need it."
            elif action == "save" and self._done is not None:
                names = self._desk.save(self._done)
                said = f"Saved in {self._desk.folder}: {' and '.join(names)}."
        except FieldError as error:
            problems = error.problems
            if action == "aside":
                self.aside = error.aside
        except OSError as error:
            problems = {
                action
                if action in ("save", "bring")
                else "source": f"{error.strerror or error}. Nothing was written half."
            }
        except Exception as error:
            problems = {"form": f"This table cannot be read with these settings ({type(error).__name__}). Try others."}
        self.progress = {}
        sources = [[key, label] for key, label in self._desk.sources().items()]
        self.reply = {"seq": seq, "sources": sources, "source": source, "problems": problems, "said": said}
        if self._then is not None and self._done is not before:
            self._then(self._done)


def show_explorer(make: Callable[[], OwnDataExplorer], title: str, explained: str) -> None:
    """Show an explorer where a kernel runs, and a sentence in its place elsewhere."""
    show(
        f'<div class="hrlab-standin"><p><strong>{escape(title)}.</strong> {explained}</p></div>',
        f"{title}. {explained}",
    )
    show_widget(make)

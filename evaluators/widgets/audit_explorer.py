"""The audit of a selection by clicking: an anywidget whose browser half is audit_explorer.js."""

import os
from collections.abc import Mapping
from html import escape
from typing import Any

import anywidget
import traitlets

from evaluators.widgets._audit_desk import AuditDesk, Done, FieldError
from evaluators.widgets._display import assets, show, show_widget

_TITLE = "Audit a selection on your own table"


class AuditExplorer(anywidget.AnyWidget):
    """The form of an audit, and its result.

    Parameters
    ----------
    desk : AuditDesk
        What does the work.
    title : str
        Heading.
    """

    _esm = assets("dom.js", "audit_explorer.js")
    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)  # {"seq", "action", "source", "values"}, written by the browser
    reply = traitlets.Dict().tag(sync=True)  # {"seq", "sources", "source", "problems", "said"}, written here
    table = traitlets.Dict().tag(sync=True)  # what `AuditDesk.look` found, with its source
    result = traitlets.Dict().tag(sync=True)  # {"seq", "page"}

    def __init__(self, desk: AuditDesk, title: str = _TITLE) -> None:
        from evaluators.screening.rules import load_rules

        self._desk = desk
        self._done: Done | None = None
        rules = [[pack.key, f"{pack.title} ({pack.jurisdiction})"] for pack in load_rules().values()]
        first = next(iter(desk.sources()), "")
        super().__init__(
            spec={"title": title, "folder": str(desk.folder), "rules": rules},
            request={"seq": 0, "action": "", "source": first, "values": {}},
        )
        self._answer(0, "open", first, {})
        self.observe(self._requested, names="request")

    def _requested(self, change: Any) -> None:
        sent = change["new"]
        values = sent.get("values")
        self._answer(
            sent.get("seq", 0),
            sent.get("action"),
            str(sent.get("source") or ""),
            values if isinstance(values, dict) else {},
        )

    def _answer(self, seq: int, action: object, source: str, values: Mapping[str, Any]) -> None:
        """Do what was asked; whatever goes wrong is said in words, since nobody here reads a traceback."""
        problems, said = {}, ""
        try:
            if action == "open":
                self._done, self.result, self.table = None, {}, {}
                if source:
                    self.table = {"source": source, **self._desk.look(source)}
            elif action == "audit":
                self._done, self.result = None, {}
                self._done = self._desk.audit(source, values)
                self.result = {"seq": seq, "page": self._done.page}
                said = self._done.found.summary().splitlines()[0]
            elif action == "save" and self._done is not None:
                names = self._desk.save(self._done)
                said = f"Saved in {self._desk.folder}: {' and '.join(names)}."
        except FieldError as error:
            problems = error.problems
        except OSError as error:
            problems = {
                "save" if action == "save" else "source": f"{error.strerror or error}. Nothing was written half."
            }
        except Exception as error:
            problems = {
                "form": f"This table cannot be audited with these settings ({type(error).__name__}). Try others."
            }
        sources = [[key, label] for key, label in self._desk.sources().items()]
        self.reply = {"seq": seq, "sources": sources, "source": source, "problems": problems, "said": said}


def audit_explorer(
    tables: Mapping[str, Any] | None = None, *, folder: str | os.PathLike[str] = ".", title: str = _TITLE
) -> None:
    """Let somebody audit a selection by clicking: choose a table, say what its columns hold, read, save.

    The form does what the command ``hrlab audit`` does, with the same figures, and names its fields where the command
    names its options. It shows the columns with examples and what they seem to hold, and asks for outcome, groups,
    score, rules, reference and limit. A button saves the page and the JSON into `folder`. Nothing leaves the computer.

    Parameters
    ----------
    tables : mapping of str to table, optional
        Name -> any table with one row for each applicant, such as an example; offered before the files.
    folder : path, optional
        Where CSV, Excel and Parquet files are looked for; default the notebook's folder.
    title : str, optional
        Heading, plain text.

    See Also
    --------
    evaluators.screening.applicants.audit_applicants : The audit itself.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"sex": list("ffmm") * 50, "hired": [1, 0, 1, 1] * 50})
    >>> audit_explorer({"Example": people})  # doctest: +SKIP
    """
    desk = AuditDesk(tables or {}, folder)
    explained = "Here a form stands while the lab runs. Open this notebook in the lab to choose a table and audit it."
    show(
        f'<div class="hrlab-standin"><p><strong>{escape(title)}.</strong> {explained}</p></div>',
        f"{title}. {explained}",
    )
    show_widget(lambda: AuditExplorer(desk, title))

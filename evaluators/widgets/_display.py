"""How a widget gets onto a page, and what stands in for it where no widget lives.

A live widget needs a kernel. In feedback pages, in formgrader and in a notebook opened without running it
there is none, so each widget is preceded by a plain rendering of the same content. The widget's own
style sheet hides that rendering, and the style sheet is there exactly when the widget is.
"""

import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import anywidget
from IPython.display import DisplayHandle, display

_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_CELL = "padding:.35em .75em;text-align:left;vertical-align:top;white-space:pre-wrap"


def assets(*names: str) -> str:
    """Join script or style files that lie beside this module, in the given order."""
    folder = Path(__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def show(html: str, text: str, **data: Any) -> None:
    """Display HTML with its plain text and any other representations (mime type -> data)."""
    display({"text/html": html, "text/plain": text, **data}, raw=True)  # type: ignore[no-untyped-call]


class Replaceable:
    """Something displayed that can be displayed anew in the same place.

    Parameters
    ----------
    bundle : dict of str to object
        Mime type -> data.
    """

    def __init__(self, bundle: dict[str, Any]) -> None:
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]
        self._handle.display(bundle, raw=True)  # type: ignore[no-untyped-call]

    def replace(self, bundle: dict[str, Any]) -> None:
        """Put another bundle in place of the first, so that a saved notebook holds the latest."""
        self._handle.update(bundle, raw=True)  # type: ignore[no-untyped-call]


def show_widget(make: Callable[[], anywidget.AnyWidget]) -> None:
    """Display a live widget that leaves nothing behind where it cannot live.

    A grader has no browser, so nothing is made there: nbgrader says so in the environment.

    Parameters
    ----------
    make : callable
        Returns the widget.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return
    widget = make()
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({_WIDGET_MIME: view, "text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]


def standin(title: str, rows: list[tuple[str, str]]) -> str:
    """Render label-value pairs as the table that a live widget hides.

    Parameters
    ----------
    title : str
        Caption, plain text.
    rows : list of tuple of (str, str)
        Label and value, plain text.

    Returns
    -------
    str
        HTML.
    """
    body = "".join(
        f'<tr><th scope="row" style="{_CELL};width:9em">{escape(label)}</th>'
        f'<td style="{_CELL}">{escape(value)}</td></tr>'
        for label, value in rows
    )
    caption = f'<caption style="text-align:left;font-weight:600;padding:.35em .75em">{escape(title)}</caption>'
    return f'<div class="hrlab-standin"><table style="width:100%;max-width:46rem">{caption}{body}</table></div>'

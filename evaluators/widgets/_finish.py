"""The "Check my answers" button: an anywidget whose browser half is finish.js."""

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from evaluators.widgets._display import assets


class Finish(anywidget.AnyWidget):
    """A button and the list that it asks for.

    Parameters
    ----------
    check : callable
        Returns ``{"summary": str, "open": [...], "unsaved": str}`` at each click.
    """

    _esm = assets("dom.js", "finish.js")
    _css = assets("widgets.css")
    clicks = traitlets.Int(0).tag(sync=True)
    report = traitlets.Dict().tag(sync=True)

    def __init__(self, check: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._check = check
        self.observe(self._clicked, names="clicks")

    def _clicked(self, change: Any) -> None:
        self.report = {"click": change["new"], **self._check()}

"""An explorer whose data come later: it stands in the page from the start and shows nothing until then."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from html import escape

from evaluators.errors import LabError
from evaluators.widgets._display import assets
from evaluators.widgets.explorer import Control, Explorer

Offer = tuple[Mapping[str, Control], Callable[..., str]]

_EXPORT = "export default { render };"


class LaterExplorer(Explorer):
    """An explorer that is empty until `offer` gives it something to draw.

    A page without code cannot put a new widget into itself, so this one is there before there is anything to move.
    """

    _esm = assets("dom.js", "explorer.js").replace(_EXPORT, "") + assets("later_explorer.js")

    def __init__(self) -> None:
        super().__init__("", {}, str, "")

    def offer(self, title: str, make: Callable[[], Offer]) -> None:
        """Show controls and the drawing that follows them, or why there is nothing to move.

        Parameters
        ----------
        title : str
            Heading.
        make : callable
            Returns the controls and the drawing as `explore` takes them.
        """
        controls: Mapping[str, Control] = {}
        draw: Callable[..., str] = str
        try:
            controls, draw = make()
            html = draw(**{name: control.value for name, control in controls.items()})
        except LabError as error:  # with controls there may be other settings that can be drawn
            lead = "Not with these settings." if controls else "Not for this table."
            html = f"<p><strong>{lead}</strong> {escape(error.problem)} {escape(error.hint)}</p>"
        self._set(title, controls, draw, html)

    def withdraw(self) -> None:
        """Show nothing again."""
        self._set("", {}, str, "")

    def _set(self, title: str, controls: Mapping[str, Control], draw: Callable[..., str], html: str) -> None:
        with self.hold_trait_notifications():
            self._controls, self._draw = dict(controls), draw
            self.unobserve(self._requested, names="request")
            self.request = {"seq": 0, "values": {}}
            self.drawing = {"seq": 0, "html": html}
            self.spec = {
                "title": title,
                "controls": [{"name": name, **asdict(control)} for name, control in controls.items()],
            }
        self.observe(self._requested, names="request")

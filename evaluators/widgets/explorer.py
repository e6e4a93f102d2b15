"""Controls that redraw a picture: an anywidget whose browser half is explorer.js."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any, Literal

import anywidget
import traitlets

from evaluators.errors import LabError
from evaluators.widgets._display import assets, show, show_widget

Value = str | float | bool

_MOST_PRESSES = 9_999


@dataclass(frozen=True)
class Control:
    """A labelled native control; make one with `select`, `slider`, `number_box`, `checkbox` or `button`."""

    kind: Literal["select", "slider", "number", "checkbox", "button"]
    label: str
    value: Value
    options: tuple[tuple[str, str], ...] = ()
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 1.0
    unit: str = ""
    help: str = field(default="", kw_only=True)

    def text(self) -> str:
        """Return the control's first value in the words that the learner sees."""
        if self.kind == "select":
            return dict(self.options)[str(self.value)]
        if self.kind == "checkbox":
            return "yes" if self.value else "no"
        if self.kind == "button":
            return f"pressed {self.value:g} times"
        if self.options:
            return dict(self.options)[f"{self.value:g}"]
        return f"{self.value:g} {self.unit}".strip()

    def read(self, sent: object) -> Value:
        """Turn what a browser sent into a value of this control; its first value if that fails."""
        if self.kind == "checkbox":
            return bool(sent)
        if self.kind == "select":
            return sent if isinstance(sent, str) and sent in dict(self.options) else self.value
        if isinstance(sent, bool) or not isinstance(sent, int | float):
            return self.value
        number = min(max(sent, self.minimum), self.maximum)
        return type(self.value)(number) if isinstance(self.value, int | float) else number


def select(label: str, options: Mapping[str, str], value: str | None = None, *, help: str = "") -> Control:  # noqa: A002
    """Offer a list of options (key -> label); the first is chosen unless `value` names another."""
    return Control("select", label, value or next(iter(options)), options=tuple(options.items()), help=help)


def slider(
    label: str,
    minimum: float,
    maximum: float,
    *,
    value: float,
    step: float = 1,
    unit: str = "",
    help: str = "",  # noqa: A002
) -> Control:
    """Offer a number between two bounds by dragging or arrow keys; `draw` gets the type of `value`."""
    return Control("slider", label, value, (), minimum, maximum, step, unit, help=help)


def word_slider(label: str, words: Sequence[str], *, value: int = 0, help: str = "") -> Control:  # noqa: A002
    """Offer words in a row, such as months, by dragging or arrow keys; `draw` gets the place, from 0 on.

    Examples
    --------
    >>> word_slider("From", ["May 2026", "June 2026"], value=1).text()
    'June 2026'
    """
    steps = tuple((str(place), word) for place, word in enumerate(words))
    return Control("slider", label, value, steps, 0, len(steps) - 1, help=help)


def number_box(
    label: str,
    minimum: float,
    maximum: float,
    *,
    value: float,
    step: float = 1,
    unit: str = "",
    help: str = "",  # noqa: A002
) -> Control:
    """Offer a number between two bounds by typing; `draw` gets the type of `value`."""
    return Control("number", label, value, (), minimum, maximum, step, unit, help=help)


def checkbox(label: str, value: bool = False, *, help: str = "") -> Control:  # noqa: A002
    """Offer yes or no."""
    return Control("checkbox", label, value, help=help)


def button(label: str, *, help: str = "") -> Control:  # noqa: A002
    """Offer a button; `draw` gets how often it was pressed, so that each press can be another run of luck.

    Parameters
    ----------
    label : str
        What a press does.
    help : str, optional
        A line under it.

    Returns
    -------
    Control
        Starts at 0 presses: `draw` can then ask for the first one and keep the result back until a guess is made.

    Examples
    --------
    >>> button("Draw one pool").value
    0
    """
    return Control("button", label, 0, maximum=_MOST_PRESSES, help=help)


class Explorer(anywidget.AnyWidget):
    """Controls and the drawing that follows them.

    Parameters
    ----------
    title : str
        Heading.
    controls : dict of str to Control
        Argument name -> control.
    draw : callable
        Takes the values by name, returns HTML.
    html : str
        Drawing to start with.
    """

    _esm = assets("dom.js", "explorer.js")
    _css = assets("widgets.css")
    spec = traitlets.Dict().tag(sync=True)
    request = traitlets.Dict().tag(sync=True)  # {"seq": int, "values": {...}}, written by the browser
    drawing = traitlets.Dict().tag(sync=True)  # {"seq": int, "html": str}, written here

    def __init__(self, title: str, controls: dict[str, Control], draw: Callable[..., str], html: str) -> None:
        spec = {
            "title": title,
            "controls": [{"name": name, **asdict(control)} for name, control in controls.items()],
        }
        super().__init__(spec=spec, request={"seq": 0, "values": {}}, drawing={"seq": 0, "html": html})
        self._controls, self._draw = controls, draw
        self.observe(self._requested, names="request")

    def _requested(self, change: Any) -> None:
        sent = change["new"].get("values", {})
        values = {name: control.read(sent.get(name)) for name, control in self._controls.items()}
        try:
            html = self._draw(**values)
        except LabError as error:
            html = f"<p><strong>{escape(error.problem)}</strong> {escape(error.hint)}</p>"
        except Exception as error:
            # A learner cannot read a traceback; the author meets the error in the lesson's own run.
            kind = type(error).__name__
            html = f"<p><strong>This cannot be drawn with these settings</strong> ({kind}). Try others.</p>"
        self.drawing = {"seq": change["new"].get("seq", 0), "html": html}


def explore(controls: Mapping[str, Control], draw: Callable[..., str], *, title: str = "Try it") -> None:
    """Show controls with a drawing that follows them, and a still picture where no widget lives.

    Parameters
    ----------
    controls : mapping of str to Control
        Argument name -> `select`, `slider`, `word_slider`, `number_box`, `checkbox` or `button`.
    draw : callable
        Takes the values by name, returns HTML; called once now, then at each change.
    title : str, optional
        Heading.
    """
    start = {name: control.value for name, control in controls.items()}
    html = draw(**start)
    settings = "; ".join(f"{control.label}: {control.text()}" for control in controls.values())
    show(
        f'<div class="hrlab-standin"><p><strong>{escape(title)}</strong> ({escape(settings)})</p>{html}</div>',
        f"{title} ({settings})",
    )
    show_widget(lambda: Explorer(title, dict(controls), draw, html))

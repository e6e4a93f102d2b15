"""Fill a template that extends our base page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent / "templates"


def page(folder: Path, template: str, /, **values: Any) -> str:
    """Return a self-contained HTML page.

    Parameters
    ----------
    folder : Path
        Where the template lies; it may extend ``base.html``, the house's own page.
    template : str
        File name of the template.
    **values
        What the template shows. Text is escaped; mark what is HTML already with ``| safe`` in the template.

    Returns
    -------
    str
        The page.

    Raises
    ------
    jinja2.UndefinedError
        If the template uses a value that was not given.
    """
    return _environment(folder).get_template(template).render(**values)


@lru_cache
def _environment(folder: Path) -> Environment:
    # Not at the top: every kernel of a lab imports this package, and only pages need templates.
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(_HERE)]),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: "–" if share != share else f"{100 * share:.0f} %"
    environment.filters["points"] = lambda value: "–" if value is None or value != value else f"{round(value, 2):g}"
    return environment

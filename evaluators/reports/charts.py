"""Charts as inline SVG: they need no network and no script, and carry a text alternative."""

import hashlib
import re
from html import escape
from typing import TYPE_CHECKING, Any

from evaluators.reports.printable import printable, printable_spec

if TYPE_CHECKING:
    import altair


def chart_html(chart: "altair.TopLevelMixin", *, alt: str) -> str:
    """Draw an Altair chart as HTML that works offline, in a saved page and in an explorer.

    Parameters
    ----------
    chart : altair chart
        Any Altair chart.
    alt : str
        What the chart shows, for people who do not see it.

    Returns
    -------
    str
        A ``<figure>`` with an inline SVG.

    Raises
    ------
    ValueError
        If the text alternative is empty.
    """
    if not alt.strip():
        raise ValueError("A chart needs a text alternative: alt='what the chart shows'.")
    svg = _svg(chart)
    label = escape(printable(alt), quote=True)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" style="max-width:100%;height:auto" ', 1)
    figure = "margin:.75em 0;padding:.75em;background:#fff;border-radius:10px;max-width:46rem;overflow-x:auto"
    return f'<figure class="hrlab-chart" style="{figure}">{svg}</figure>'


def _svg(chart: Any) -> str:
    import altair
    import vl_convert

    with altair.data_transformers.enable("default", max_rows=None):
        # Not validated again here, which takes a fifth of a page: the tests of each chart do it.
        spec = printable_spec(chart.to_dict(validate=False))
    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=version)
    svg = re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", svg)  # the whole picture is one image; its parts say nothing
    # Ids are unique in one drawing, not in a page of drawings: clip0 of the second would cut the first.
    prefix = f"c{hashlib.sha256(svg.encode()).hexdigest()[:8]}-"
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    return re.sub(r"url\(#", f"url(#{prefix}", svg).replace('href="#', f'href="#{prefix}')

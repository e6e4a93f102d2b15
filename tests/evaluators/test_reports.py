"""Charts of people's own tables."""

import altair as alt
import pytest

from evaluators.reports import chart_html


@pytest.mark.parametrize("label", ["red \x1b[31m", "nul \x00", "turned \u202e", "\\u001b in an expression"])
def test_no_label_ends_the_process(label: str) -> None:
    chart = alt.Chart(alt.InlineData(values=[{"group": label, "n": 1}])).mark_bar().encode(x="n:Q", y="group:N")
    html = chart_html(chart, alt=f"One bar: {label}")
    assert "\ufffd" in html
    assert not {"\x00", "\x1b", "\u202e"} & {*html}

"""The map of a panel: raters as points, cues as arrows; imported only when a chart is asked for."""

import math
import textwrap
from typing import TYPE_CHECKING, Any

import altair as alt

from evaluators._chart_looks import LARGE, WIDTH, large_letters, large_titled
from evaluators._palette import BLUE, DARK_ORANGE, GREY, INK, ORANGE, PALE_GREY
from evaluators._plain import plain
from evaluators.judgement._words import listed

if TYPE_CHECKING:
    from evaluators.judgement.raters._map_parts import MapPoint
    from evaluators.judgement.raters.rater_map import RaterMap

_HEIGHT = 320
_STEPS = 48  # corners of an ellipse
_SHORTEST = 0.35  # of the longest arrow; shorter ones have no label
_LONGEST_CODE = 3
_LINE = 40  # letters under the plot
_LETTER = 7.4  # pixels, about
_AROUND = ((8, 0), (-8, 0), (0, -14), (0, 14), (8, -12), (-8, -12), (8, 12), (-8, 12), (14, -20), (-14, -20), (14, 20),
           (-14, 20), (0, -26), (0, 26))  # fmt: skip
_BEYOND = (
    (4, -10),
    (4, 10),
    (0, -14),
    (0, 14),
    (-4, -12),
    (-4, 12),
    (0, -24),
    (0, 24),
    (0, -38),
    (0, 38),
    (0, 52),
    (0, -52),
)


def map_chart(found: "RaterMap") -> alt.LayerChart:
    """Draw `RaterMap`: see its `chart`."""
    star = found.placed.rater if found.placed else ""
    codes = short_names([each.rater for each in found.raters if each.rater != star])
    kinds = {name: f"group {name}" for name in ("A", "B")} | {"": "a rater"}
    looks = {"group A": (ORANGE, "square"), "group B": (BLUE, "circle"), "a rater": (BLUE, "circle")}
    present = [kind for kind in looks if any(kinds[each.group] == kind for each in found.raters if each.rater != star)]
    if star:
        looks[star] = (INK, "M0,-1L0.3,-0.3L1,-0.3L0.45,0.15L0.65,0.85L0,0.4L-0.65,0.85L-0.45,0.15L-1,-0.3L-0.3,-0.3Z")
        present.append(star)
    rows = [
        plain(
            {
                "x": each.x,
                "y": each.y,
                "rater": each.rater,
                "code": "" if each.rater == star else codes[each.rater],
                "kind": star if each.rater == star else kinds[each.group],
                "ratings": each.n_ratings,
            }
        )
        for each in found.raters
    ]
    reach = _reach(found, star)
    x = alt.X("x:Q", title=_end_words(found.ends_x), scale=alt.Scale(domain=[-reach, reach]), axis=_bare())
    y = alt.Y("y:Q", title=None, scale=alt.Scale(domain=[-reach, reach]), axis=_bare())
    colour = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=present, range=[looks[kind][0] for kind in present])
    )
    shape = alt.Shape("kind:N", title=None, scale=alt.Scale(domain=present, range=[looks[kind][1] for kind in present]))
    points = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_point(size=90, filled=True, opacity=1)
        .encode(x=x, y=y, color=colour, shape=shape, tooltip=["rater:N", "kind:N", "ratings:Q"])
    )
    labels = Labels(reach)
    for row in rows:
        labels.keep_free(row["x"], row["y"])
    for row in rows:
        if row["code"]:
            labels.put(row["code"], row["x"], row["y"], _AROUND)
    n_codes = len(labels.rows)
    arrows = _arrows(found, x, y, 0.8 * reach, labels)
    layers: list[Any] = [*arrows]
    layers += [_region(each, x, y) for each in found.raters if each.rater == star]
    layers += [
        points,
        _texts(labels.rows[:n_codes], x, y, INK, LARGE),
        _texts(labels.rows[n_codes:], x, y, DARK_ORANGE, LARGE),
    ]
    said = [f"Left to right shows {found.share_x:.0%} of the differences, bottom to top {found.share_y:.0%}."]
    if star:
        said.append(f"Star: {star}; dashed: where the star would lie in {found.confidence:.0%} of rounds.")
    said.append("Arrows: who lies that way counts it more than the panel's mean does.")
    return alt.LayerChart(
        layer=layers,
        title=large_titled("Whose ratings go with the same cues?", *said),
        config=large_letters(),
        width=WIDTH,
        height=_HEIGHT,
        description=found.summary(),
    )


def short_names(raters: list[str]) -> dict[str, str]:
    """Return a short mark for each rater: the last word where only that differs, or else a number.

    Examples
    --------
    >>> short_names(["recruiter 1", "recruiter 12"]), short_names(["Ada", "Benjamin"])
    ({'recruiter 1': '1', 'recruiter 12': '12'}, {'Ada': '1', 'Benjamin': '2'})
    """
    first, *rest = [name.rsplit(" ", 1) for name in raters]
    alike = len(first) == 2 and all(len(each) == 2 and each[0] == first[0] for each in rest)
    codes = [name.rsplit(" ", 1)[1] if alike else "" for name in raters]
    if not all(0 < len(code) <= _LONGEST_CODE for code in codes):
        codes = [str(place + 1) for place in range(len(raters))]
    return dict(zip(raters, codes, strict=True))


class Labels:
    """Words on the map, each at the first place where it covers nothing, or else where it covers least.

    Parameters
    ----------
    reach : float
        The map goes from minus this to this, on both axes.
    """

    def __init__(self, reach: float) -> None:
        self.reach = reach
        self.taken: list[tuple[float, float, float, float]] = []  # boxes in pixels: left, top, right, bottom
        self.rows: list[dict[str, Any]] = []

    def keep_free(self, x: float, y: float) -> None:
        """Keep the place of a point free."""
        across, down = self._pixels(x, y)
        self.taken.append((across - 6, down - 6, across + 6, down + 6))

    def put(self, words: str, x: float, y: float, places: tuple[tuple[float, float], ...]) -> None:
        """Put words near a point: `places` are pixels right of it and below it."""
        across, down = self._pixels(x, y)
        width = _LETTER * len(words)
        boxes = []
        for right, below in places:
            middle = min(max(across + right * (1 if abs(right) <= 14 else 0) + _half(right) * width, width / 2 + 2),
                         WIDTH - width / 2 - 2)  # fmt: skip
            centre = min(max(down + below, 9), _HEIGHT - 9)
            boxes.append((middle - width / 2, centre - 8, middle + width / 2, centre + 8))
        best = min(
            range(len(boxes)),
            key=lambda place: (round(sum(_overlap(boxes[place], one) for one in self.taken), 6), place),
        )
        left, top, right_, bottom = boxes[best]
        self.taken.append(boxes[best])
        self.rows.append({
            "x": ((left + right_) / 2 / WIDTH * 2 - 1) * self.reach,
            "y": (1 - (top + bottom) / 2 / _HEIGHT * 2) * self.reach,
            "words": words,
        })  # fmt: skip

    def _pixels(self, x: float, y: float) -> tuple[float, float]:
        return (x / self.reach + 1) / 2 * WIDTH, (1 - y / self.reach) / 2 * _HEIGHT


def _half(right: float) -> float:
    return 0.5 if right > 0 else -0.5 if right < 0 else 0.0


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _texts(rows: list[dict[str, Any]], x: alt.X, y: alt.Y, colour: str, size: int) -> alt.Chart:
    drawn: alt.Chart = alt.Chart(alt.InlineData(values=rows)).mark_text(color=colour, fontSize=size, fontWeight="bold")
    return drawn.encode(x=x, y=y, text="words:N")


def _bare() -> alt.Axis:
    return alt.Axis(
        labels=False, ticks=False, grid=False, domainColor=GREY, titleAnchor="start", titleFontWeight="normal"
    )


def _end_words(ends: tuple[tuple[str, ...], tuple[str, ...]]) -> list[str]:
    low, high = (listed(end) or "less of it" for end in ends)
    return [line for words in (f"Left: {low}", f"Right: {high}") for line in textwrap.wrap(words, _LINE)]


def _reach(found: "RaterMap", star: str) -> float:
    far = [abs(value) for each in found.raters for value in (each.x, each.y)]
    far += [value for each in found.raters if each.rater == star for value in _corners(each, flat=True)]
    return 1.12 * max(far)


def _corners(point: "MapPoint", *, flat: bool = False) -> list[Any]:
    corners = []
    for step in range(_STEPS + 1):
        angle = 2 * math.pi * step / _STEPS
        along, across = point.half_long * math.cos(angle), point.half_short * math.sin(angle)
        x = point.x + along * math.cos(point.turn) - across * math.sin(point.turn)
        y = point.y + along * math.sin(point.turn) + across * math.cos(point.turn)
        corners.append((round(x, 6), round(y, 6)))
    return [abs(value) for corner in corners for value in corner] if flat else corners


def _region(point: "MapPoint", x: alt.X, y: alt.Y) -> alt.Chart:
    values = [{"x": across, "y": up, "step": step} for step, (across, up) in enumerate(_corners(point))]
    drawn: alt.Chart = alt.Chart(alt.InlineData(values=values)).mark_line(strokeDash=[4, 3], color=INK, strokeWidth=1.5)
    return drawn.encode(x=x, y=y, order="step:Q")


def _arrows(found: "RaterMap", x: alt.X, y: alt.Y, length: float, labels: Labels) -> list[Any]:
    longest = max(math.hypot(cue.x, cue.y) for cue in found.cues)
    rows = []
    for cue in sorted(found.cues, key=lambda one: -round(math.hypot(one.x, one.y), 9)):
        x_end, y_end = cue.x / longest * length, cue.y / longest * length
        rows.append(
            {"x": x_end, "y": y_end, "x0": 0.0, "y0": 0.0, "angle": (90 - math.degrees(math.atan2(cue.y, cue.x))) % 360}
        )
        if math.hypot(cue.x, cue.y) >= _SHORTEST * longest:
            side = 1 if cue.x >= 0 else -1
            labels.put(cue.counts, x_end, y_end, tuple((side * right, below) for right, below in _BEYOND))
    base = alt.Chart(alt.InlineData(values=plain(rows)))
    lines = base.mark_rule(color=PALE_GREY, strokeWidth=1.5).encode(
        x=alt.X("x0:Q"), y=alt.Y("y0:Q"), x2="x:Q", y2="y:Q"
    )
    heads = base.mark_point(shape="triangle", size=40, filled=True, color=GREY, opacity=1).encode(
        x=x, y=y, angle=alt.Angle("angle:Q", scale=None)
    )
    return [lines, heads]

"""A scored reply on a page: its words marked, and its dimensions as bars."""

from collections.abc import Collection
from html import escape
from typing import TYPE_CHECKING

from evaluators._palette import BLUE, GREY, ORANGE
from evaluators.widgets.pictures import bars

if TYPE_CHECKING:
    from evaluators.tone import Cue, ToneScore

_SHOWN = 0.25  # points; less is not worth a mark
_PAPER = "margin:.75em 0;padding:.75em 1em;border:1px solid rgba(128,128,128,.45);border-radius:10px;line-height:1.8"
_LOOKS = {  # a line in full or dashes, so that colour is not needed
    True: f"border-bottom:3px solid {BLUE}",
    False: f"border-bottom:3px dashed {ORANGE}",
}


def marked_reply(score: "ToneScore", *, dimensions: Collection[str] = (), listed_words: bool = True) -> str:
    """Show a reply with the words that earned (a line) or cost points (dashes), and say what each did.

    Parameters
    ----------
    score : ToneScore
        Of the reply.
    dimensions : collection of str
        Only the words of these dimensions; all of them without one.
    listed_words : bool
        Whether a list under the reply says the points.

    Returns
    -------
    str
        HTML; what people wrote is escaped.

    Examples
    --------
    >>> from evaluators.tone import score_reply
    >>> "“Calm down” tells the person how to feel" in marked_reply(score_reply("Calm down."))
    True
    """
    from evaluators.tone.word_model import REST

    cues = [
        cue
        for each in score.dimensions
        if not dimensions or each.key in dimensions
        for cue in each.cues
        if cue.end > cue.start and abs(cue.weight) >= _SHOWN
    ]
    rest = [cue for cue in cues if cue.name == REST]  # over all of the reply: nothing to point at
    cues = [cue for cue in cues if cue.name != REST]
    html = f'<div style="{_PAPER}">{_marked(score.reply, cues)}</div>'
    if not listed_words:
        return html
    if score.abstained:
        return html + f"<p>No score: {escape(score.abstained)}</p>"
    names = {each.key: each.name.lower() for each in score.dimensions}
    listed = sorted(
        (cue for cue in cues if cue.text.strip()), key=lambda cue: (-abs(cue.weight), cue.start, cue.dimension)
    )
    items = ""
    for cue in [*listed, *rest]:
        points = f"{'+' if cue.weight > 0 else '−'}{abs(cue.weight):.1f}"
        words = "the reply" if cue.name == REST else f"“{escape(' '.join(cue.text.split()))}”"
        said = f"{words} {escape(cue.says)}"
        items += f"<li><strong>{points}</strong> {said} ({escape(names[cue.dimension])})</li>"
    return html + (f"<ul>{items}</ul>" if items else "<p>No listed words: nothing earned, nothing cost.</p>")


def _marked(text: str, cues: list["Cue"]) -> str:
    """Mark each letter by the shortest cue over it."""
    signs: list[bool | None] = [None] * len(text)
    for cue in sorted(cues, key=lambda each: (each.start - each.end, abs(each.weight))):  # short and heavy ones last
        signs[cue.start : cue.end] = [cue.weight > 0] * (cue.end - cue.start)
    pieces, at = [], 0
    while at < len(text):
        end = at
        while end < len(text) and signs[end] == signs[at]:
            end += 1
        piece, sign = escape(text[at:end]), signs[at]
        pieces.append(piece if sign is None else f'<span style="{_LOOKS[sign]}">{piece}</span>')
        at = end
    return "".join(pieces)


def dimension_bars(score: "ToneScore") -> str:
    """Draw the eight dimensions of a reply as bars from 0 to 4.

    Parameters
    ----------
    score : ToneScore
        Of the reply.

    Returns
    -------
    str
        HTML; low confidence is said in the bar's label, and its bar is grey. The text alternative holds all figures.
    """
    if score.abstained:
        return f"<p>No score: {escape(score.abstained)}</p>"
    rows = [
        {
            "label": _in_lines(each.name) + (" / (low confidence)" if each.confidence == "low" else ""),
            "value": round(each.score, 1),
            "text": f"{each.score:.1f}",
            "colour": GREY if each.confidence == "low" else BLUE,
        }
        for each in score.dimensions
    ]
    told = "; ".join(f"{each.name} {each.score:.1f}" for each in score.dimensions)
    message = f"From 0 to 4. {told}. As a whole {score.overall:.1f}."
    return bars(rows, axis="Points (2 will do)", top=4, message=message, line=2)


def _in_lines(name: str, most: int = 20) -> str:
    """Break a name where a line would be too long for a telephone."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return " / ".join(lines)

"""What the tables of the judge explorer seem to hold, and which columns its form chose."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluators.errors import LabError
from evaluators.widgets._desk import FieldError, note_twice, shown_column, text_of, texts_of

if TYPE_CHECKING:
    from evaluators.judgement.panel import Panel
    from evaluators.judgement.reading import Layout, Sheet

LONG, WIDE = "long", "wide"
_WORDS = {
    "item": "what was rated",
    "rater": "who rated",
    "rating": "the rating",
    "order": "the order of rating",
    "dimensions": "a side of the same thing",
    "raters": "a rater",
}
_JOBS = re.compile(
    r"(job|role|position|vacancy|opening|requisition|stelle|beruf|poste|emploi|puesto|vacante|posizione|ruolo|functie|"
    r"vaga|cargo)(_?(name|title|id|no|nr))?"
)
_MOST_WORDS = 20  # different ratings that are listed as words
_MOST_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Guess:
    """What a table of ratings seems to hold: values of fields, sentences, what is not clear, words without an order."""

    proposed: Mapping[str, Any]
    said: Sequence[str]
    trouble: Sequence[str]
    words: Sequence[str]


def guess_fields(sheet: "Sheet") -> Guess:
    """Guess which column is what; where that fails, say why and leave the fields to a person."""
    from evaluators.judgement.reading import guess_layout, panel_of

    fields: dict[str, Any] = {
        "shape": LONG, "item": "", "rater": "", "rating": "", "order": "", "dimensions": [], "raters": [], "levels": "",
    }  # fmt: skip
    said: list[str] = []
    trouble: list[str] = []
    words: list[str] = []
    layout: Layout | None = None
    try:
        layout = guess_layout(sheet)
    except LabError as error:
        trouble.append(f"{error.problem} Choose below which column is what.")
    with suppress(LabError):  # what the columns would be if a row were the other thing, for somebody who changes that
        fields |= _fields_of(guess_layout(sheet, wide=layout is None or not layout.wide))
    if layout is None:
        return Guess(fields, said, trouble, words)
    fields |= _fields_of(layout)
    said = layout.sentences()
    try:
        found = panel_of(sheet, layout)
        names = found.panel.level_names
        fields["levels"] = ("; " if any("," in name for name in names) else ", ").join(names)
        said += found.notes
    except LabError as error:
        trouble.append(error.problem)
        if error.argument == "levels":
            words = _words_of(sheet, layout.raters if layout.wide else (layout.rating,))
    return Guess(fields, said, trouble, words)


def _fields_of(layout: "Layout") -> dict[str, Any]:
    """Return the fields of the form that a layout fills."""
    if layout.wide:
        return {"shape": WIDE, "item": layout.item, "raters": list(layout.raters)}
    return {
        "shape": LONG,
        "item": layout.item,
        "rater": layout.raters[0],
        "rating": layout.rating,
        "order": layout.order,
        "dimensions": list(layout.dimensions),
    }


def _words_of(sheet: "Sheet", columns: Sequence[str]) -> list[str]:
    words = list(dict.fromkeys(cell for name in columns for cell in sheet.column(name) if cell))
    return words if len(words) <= _MOST_WORDS else []


def chosen_layout(sheet: "Sheet", sent: Mapping[str, Any]) -> "Layout":
    """Return which column is what as the form says it; FieldError for what is missing or chosen twice."""
    from evaluators.judgement.reading import Layout

    wide = text_of(sent, "shape") == WIDE
    item, rater, rating, order = (text_of(sent, field) for field in ("item", "rater", "rating", "order"))
    raters, dimensions = texts_of(sent, "raters"), texts_of(sent, "dimensions")
    problems: dict[str, str] = {}
    if not item:
        problems["item"] = "Choose the column that says what was rated."
    if wide:
        chosen = [("item", item), *(("raters", name) for name in dict.fromkeys(raters))]
        if len(raters) < 2:
            problems["raters"] = "Tick the columns of at least two raters."
    else:
        chosen = [("item", item), ("rater", rater), ("rating", rating), ("order", order)]
        chosen += [("dimensions", name) for name in dict.fromkeys(dimensions)]
        if not rater:
            problems["rater"] = "Choose the column that says who rated."
        if not rating:
            problems["rating"] = "Choose the column that holds the rating."
    note_twice(chosen, _WORDS, problems)
    problems |= {field: f"There is no column “{name}”." for field, name in chosen if name and name not in sheet.names}
    if problems:
        raise FieldError(problems)
    if wide:
        return Layout(True, item, tuple(raters))
    return Layout(False, item, (rater,), rating, tuple(dimensions), order)


def as_guessed(sheet: "Sheet", chosen: "Layout", levels: Sequence[str] | None, scale: str | None) -> "Layout":
    """Return the guess, which has its reasons, where it is what was chosen."""
    from evaluators.judgement.reading import guess_layout

    try:
        guessed = guess_layout(sheet, wide=chosen.wide, levels=levels, scale=scale)
    except LabError:
        return chosen
    return guessed if _fields_of(guessed) == _fields_of(chosen) else chosen


def only_names(cells: Sequence[str]) -> "Panel":
    """Return a panel that knows the rated items and nothing more: enough to find them in another table."""
    import numpy as np

    from evaluators.judgement.panel import Panel

    names = tuple(dict.fromkeys(filter(None, cells)))
    if not names:
        raise FieldError({"item": "This column is empty. Choose the one that says what was rated."})
    return Panel(np.ones((len(names), 1)), names, ("",))


def look_items(table: "Sheet", panel: "Panel", item: str) -> dict[str, Any]:
    """Say what the columns of a table of items can be: what raters could see, groups of people, the job."""
    from evaluators.judgement.reading import read_items
    from evaluators.screening.guesses import guess_columns

    columns = table.columns()
    same = item if item in table.names else ""
    groups = [each.column for each in guess_columns(columns) if each.role == "group" and each.column != same]
    within = _job_column(table, {*groups, same})
    found = read_items(table, panel, item=same, groups=groups, within=within)
    known = set(panel.items)
    there = sum(name in known for name in found.frame[found.item])
    said = [f"{there:,} of {panel.n_items:,} rated items are described in it."]
    said += [sentence for sentence in found.sentences if sentence.startswith("Not taken")]
    rest = [column for column in columns if column.name != found.item]
    return {
        "columns": [shown_column(column) for column in rest],
        "guesses": said,
        "cues": list(found.cues),
        "groups": groups,
        "within": within,
        "few": [column.name for column in rest if 1 < column.distinct <= _MOST_GROUPS],
    }


def _job_column(table: "Sheet", taken: set[str]) -> str:
    """Return the column that seems to hold the job; shortlists are made within each."""
    from evaluators.judgement.reading._names import plain_name

    for name in table.names:
        cells = table.column(name)
        if name not in taken and _JOBS.fullmatch(plain_name(name)) and all(cells) and 1 < len(set(cells)) <= 30:
            return name
    return ""


def look_tool(table: "Sheet", panel: "Panel", item: str) -> dict[str, Any]:
    """Say which column of a table names the items, and which seems to hold the scores."""
    from evaluators.judgement.reading import read_items
    from evaluators.screening.guesses import guess_columns

    found = read_items(table, panel, item=item if item in table.names else "")
    numbers = [name for name in table.names if name != found.item and found.frame[name].dtype == float]
    named = [each.column for each in guess_columns(table.columns()) if each.role == "score" and each.column in numbers]
    score = named[0] if len(named) == 1 else numbers[0] if len(numbers) == 1 else ""
    return {"names": list(table.names), "tool_item": found.item, "tool_score": score}

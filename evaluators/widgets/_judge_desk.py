"""What the judge explorer does behind the page: look into ratings, items and a tool's scores, study them."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evaluators.errors import LabError
from evaluators.widgets._desk import (
    FILE,
    TABLE,
    Desk,
    Done,
    FieldError,
    note_twice,
    number_of,
    reading_of,
    shown_column,
    text_of,
    texts_of,
)
from evaluators.widgets._judge_columns import as_guessed, chosen_layout, guess_fields, look_items, look_tool, only_names

if TYPE_CHECKING:
    import pandas as pd

    from evaluators.judgement.reading import Ratings, Sheet

ITEMS, TOOL = "items:", "tool:"


class JudgeDesk(Desk):
    """Ratings that can be studied, and tables beside them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> ratings, long or wide.
    folder : path
        Where files are looked for and results are saved.
    items, tool : mapping of str to DataFrame
        Name -> what was rated, one row each; and name -> a tool's scores. The first of them belong to given ratings.
    """

    form = "judge"

    def __init__(
        self,
        tables: "Mapping[str, pd.DataFrame]",
        folder: str | os.PathLike[str],
        *,
        items: "Mapping[str, pd.DataFrame] | None" = None,
        tool: "Mapping[str, pd.DataFrame] | None" = None,
    ) -> None:
        super().__init__(tables, folder)
        self._given = {TABLE: self.tables, ITEMS: dict(items or {}), TOOL: dict(tool or {})}

    def sources(self) -> dict[str, str]:
        """Return what can be chosen: given ratings, files; then given items (``items:``) and scores (``tool:``)."""
        beside = {f"{kind}{name}": name for kind in (ITEMS, TOOL) for name in self._given[kind]}
        return super().sources() | beside

    def look(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into ratings: columns with examples, what each was taken for and why, what is not clear."""
        sheet = self._sheet(source, reading=reading_of(sent))
        guess = guess_fields(sheet)
        given = source.startswith(TABLE)
        beside = {
            field: f"{kind}{next(iter(self._given[kind]))}" if given and self._given[kind] else ""
            for field, kind in (("items", ITEMS), ("tool", TOOL))
        }
        later = dict.fromkeys(("cues", "groups", "within", "tool_item", "tool_score"))  # known when the tables are read
        ticks = dict.fromkeys(("low_best", "tool_low", "show_names"), False)
        typed = {"scale": "", "share": "", "measure": "", "fail_under": "", "alpha": "0.05"}
        proposed = {**guess.proposed, **beside, **later, **ticks, **typed}
        return {
            "columns": [shown_column(column) for column in sheet.columns()],
            "guesses": list(guess.said),
            "notes": [*sheet.facts.notes, *guess.trouble],
            "words": list(guess.words),
            "proposed": proposed,
            "aside": self.look_aside(source, proposed) if any(beside.values()) else {},
        }

    def look_aside(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into the tables of items and of scores: ``items`` and ``tool``, as far as they are chosen."""
        keys = {part: key for part in ("items", "tool") if (key := text_of(sent, part))}
        if not keys:
            return {}
        ratings = self._sheet(source, reading=reading_of(sent))
        if text_of(sent, "item") not in ratings.names:
            raise FieldError({"item": "Choose the column that says what was rated."})
        stand_in = only_names(ratings.column(text_of(sent, "item")))
        found: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for part, look in (("items", look_items), ("tool", look_tool)):
            if part in keys:
                try:
                    table = self._sheet(keys[part], field=part)
                    found[part] = {"key": keys[part], **look(table, stand_in, text_of(sent, "item"))}
                except FieldError as error:
                    problems |= error.problems
                except LabError as error:
                    problems[part] = self.in_words(error)
        if problems:
            raise FieldError(problems, found)
        return found

    def run(self, source: str, sent: Mapping[str, Any]) -> Done:
        """Study a panel as the form says; FieldError names the fields that do not fit."""
        from evaluators.judgement.study._words import headline
        from evaluators.judgement.study.panel_study import judge_panel
        from evaluators.judgement.study.report import report_html, report_json

        sheet = self._sheet(source, reading=reading_of(sent))
        settings = _settings(sent)
        ratings = self._ratings(sheet, sent)
        described, said = self._described(sent, ratings)
        scores, told = self._scores(sent, ratings)
        try:
            found = judge_panel(
                ratings.panel,
                **described,
                dimensions=ratings.dimensions,
                scores=scores,
                screener="the tool",
                notes=[*ratings.notes, *said, *told],
                file=ratings.file if source.startswith(FILE) else None,
                layout=ratings.layout,
                **settings,
            )
        except LabError as error:
            raise FieldError({_field_of(error): self.in_words(error)}) from error
        written = datetime.now(UTC)
        return Done(
            found,
            headline(found),
            report_html(found, written=written, title="" if source.startswith(FILE) else self.name(source)),
            report_json(found, written=written),
            self.stem(source, "judge"),
        )

    def _sheet(self, source: str, *, field: str = "source", reading: Mapping[str, Any] | None = None) -> "Sheet":
        from evaluators.judgement.reading import read_sheet, sheet_of_frame

        name = self.name(source, field=field)
        try:
            if source.startswith(FILE):
                return read_sheet(self.folder / name, **(reading or {}))
            return sheet_of_frame(self._given[source.removesuffix(name)][name], name=name)
        except LabError as error:
            at = error.argument if field == "source" and error.argument in ("sheet", "encoding") else field
            raise FieldError({at: self.in_words(error)}) from error

    def _ratings(self, sheet: "Sheet", sent: Mapping[str, Any]) -> "Ratings":
        """Read the ratings as the form says which column is what."""
        from evaluators.judgement.reading import panel_of, split_levels

        chosen = chosen_layout(sheet, sent)
        levels = split_levels(text_of(sent, "levels")) or None
        scale = text_of(sent, "scale") or None
        try:
            layout = as_guessed(sheet, chosen, levels, scale)
            if sent.get("low_best") is not True:
                return panel_of(sheet, layout, levels=levels, scale=scale)
            if levels:
                raise FieldError({"levels": "Leave this empty where low numbers are the best, or untick that."})
            plain = panel_of(sheet, layout, scale=scale)
            if plain.panel.level_names:
                raise FieldError({"levels": "The ratings are words. Type these, from the lowest to the highest."})
            seen = {value for panel in (plain.panel, *plain.dimensions.values()) for value in panel.values().tolist()}
            falling = [f"{value:.12g}" for value in sorted(seen, reverse=True)]
            return panel_of(sheet, layout, levels=falling, scale=scale)
        except LabError as error:
            raise FieldError({_field_of(error, wide=chosen.wide): self.in_words(error)}) from error

    def _described(self, sent: Mapping[str, Any], ratings: "Ratings") -> tuple[dict[str, Any], list[str]]:
        """Read the table of what was rated as the form says; return arguments of `judge_panel`, and what to know."""
        from evaluators.judgement.reading import read_items

        key = text_of(sent, "items")
        if not key:
            return {}, []
        table = self._sheet(key, field="items")
        item = ratings.layout.item
        problems: dict[str, str] = {}
        try:
            chosen = sent if isinstance(sent.get("cues"), list) else look_items(table, ratings.panel, item)
            cues, groups, within = texts_of(chosen, "cues"), texts_of(chosen, "groups"), text_of(chosen, "within")
            note_twice(
                [("within", within), *(("groups", each) for each in dict.fromkeys(groups)),
                 *(("cues", each) for each in dict.fromkeys(cues))],
                {"within": "the job", "groups": "a group", "cues": "what raters could see"}, problems,
            )  # fmt: skip
            if problems:
                raise FieldError(problems)
            same = item if item in table.names else ""
            found = read_items(table, ratings.panel, item=same, cues=cues, groups=groups, within=within)
        except LabError as error:
            raise FieldError({"cues" if error.argument == "cues" else "items": self.in_words(error)}) from error
        said = list(found.sentences) if cues else []  # without cues they speak of a guess that nobody uses
        return {
            "items": found.frame, "item": found.item, "cues": cues, "groups": groups, "within": within or None,
        }, said  # fmt: skip

    def _scores(self, sent: Mapping[str, Any], ratings: "Ratings") -> tuple[dict[str, float] | None, list[str]]:
        """Read a tool's scores as the form says; return item -> score, None without them, and what to know."""
        from evaluators.judgement.reading import read_items

        key = text_of(sent, "tool")
        if not key:
            return None, []
        table = self._sheet(key, field="tool")
        try:
            guess = look_tool(table, ratings.panel, ratings.layout.item)
            item, score = (text_of(sent, field) or guess[field] for field in ("tool_item", "tool_score"))
            if not score or score == item:
                raise FieldError({"tool_score": "Choose the column that holds the tool's scores."})
            found = read_items(table, ratings.panel, item=item, cues=[score])
        except LabError as error:
            raise FieldError({"tool_score" if error.argument == "cues" else "tool": self.in_words(error)}) from error
        column = found.frame[score]
        if column.dtype != float:
            raise FieldError({"tool_score": f"“{score}” does not hold numbers only. Choose the column of scores."})
        scores = dict(zip(found.frame[found.item].tolist(), column.tolist(), strict=True))
        lost = [name for name in ratings.panel.items if name not in scores]
        if lost:
            more = f" and {len(lost) - 1:,} more" if len(lost) > 1 else ""
            raise FieldError({"tool": f"There is no score for {lost[0]}{more}. Give each rated item one."})
        told = [f"The tool's scores are {score!r} of {self.name(key, field='tool')}."]
        if sent.get("tool_low") is True:
            told.append("The tool's lowest scores are its best, so they were turned round.")
            scores = {name: -value for name, value in scores.items()}
        return {name: scores[name] for name in ratings.panel.items}, told


def _settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return further arguments of `judge_panel`; FieldError names the fields that do not fit."""
    problems: dict[str, str] = {}
    share = number_of(sent, "share", problems, most=0.99, such_as="0.25")
    fail_under = number_of(sent, "fail_under", problems, zero=True, such_as="0.6")
    alpha = number_of(sent, "alpha", problems, most=0.5, such_as="0.05")
    if problems:
        raise FieldError(problems)
    return {
        "measure": text_of(sent, "measure"),
        "fail_under": fail_under,
        "alpha": 0.05 if alpha is None else alpha,
        "share": 0.25 if share is None else share,
        "pseudonyms": sent.get("show_names") is not True,
    }


def _field_of(error: LabError, *, wide: bool = False) -> str:
    """Name the field beside which an error is shown."""
    from evaluators.judgement.errors import CueError, ScreenerError

    if isinstance(error, CueError):
        return "cues" if error.argument == "cues" else "items"
    if isinstance(error, ScreenerError):
        return "tool"
    if wide and error.argument in ("rater", "rating"):
        return "raters"
    known = {"item", "rater", "rating", "order", "levels", "scale", "measure", "fail_under", "alpha"}
    return error.argument if error.argument in known else "source"

"""What the tone explorer does behind the page: score a table of replies, or play tests to a bot. No browser."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluators.errors import LabError
from evaluators.widgets._desk import (
    ENDINGS,
    FILE,
    TABLE,
    Desk,
    Done,
    FieldError,
    _write,
    note_twice,
    number_of,
    plain_stem,
    reading_of,
    shown_column,
    text_of,
)
from evaluators.widgets._tone_places import ACCEPTED, CALIBRATION, YAML, bot_places, json_files, kinds_of

if TYPE_CHECKING:
    import pandas as pd

    from evaluators.chatbot.turn import Talker
    from evaluators.tone.conversation_tests import TestStory

TESTS = "tests:"
# Field -> what the form calls it; the first is needed.
COLUMNS = {
    "reply": "What the bot replied",
    "said": "What the person had said before",
    "conversation": "Which conversation it is of",
    "situation": "Situation, such as bereavement",
    "id": "Number or code of the row",
}
_EVERY_S = 0.5
_LOOKED_AT = 1_000


class OwnBot(NamedTuple):
    """A bot that is offered before the files: how to get it, and where tests for it lie."""

    bot: "Callable[[], Talker] | str | os.PathLike[str]"
    tests: str | os.PathLike[str]


class ToneDesk(Desk):
    """Tables of replies, bots and tests that can be chosen.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Name -> replies, one row each.
    folder : path
        Where files are looked for and results are saved.
    bots : mapping of str to OwnBot
        Name -> a bot and its tests.
    """

    form = "tone"
    takes = (*ENDINGS, *YAML, ".zip")

    def __init__(
        self,
        tables: "Mapping[str, pd.DataFrame]",
        folder: str | os.PathLike[str],
        bots: Mapping[str, OwnBot] | None = None,
    ) -> None:
        super().__init__({**tables, **(bots or {})}, folder)

    def sources(self) -> dict[str, str]:
        """Return what can be chosen: given replies and bots, files of replies, bots, and tests (``tests:``)."""
        found = super().sources()
        tests = {f"{TESTS}{TABLE}{name}": f"the tests of {name}" for name in self._bots()}
        for place in bot_places(self.folder):
            name = place.name + ("/" if place.is_dir() else "")
            kinds = kinds_of(place)
            if "bot" in kinds:
                found[f"{FILE}{name}"] = f"{name} (bot)"
            if "tests" in kinds:
                tests[f"{TESTS}{FILE}{name}"] = f"the tests in {name}"
        return found | tests

    def look(self, source: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Look into a table of replies, or say what there is for a bot; ``kind`` says which of them."""
        name = self.name(source)
        if self._is_bot(source):
            return {"kind": "bot", "columns": [], "guesses": [], "notes": [], "files": json_files(self.folder),
                    "proposed": {"tests": self._tests_of(source), "accepted": "", "tolerance": "", **self._common()},
                    }  # fmt: skip
        from evaluators.tone.conversation_tests import guess_columns

        try:
            columns, notes = self._columns(source, sent)
        except LabError as error:
            raise FieldError({_field_of(error): self.in_words(error)}) from error
        guessed = guess_columns([column.name for column in columns])
        unused = [column.name for column in columns if column.name not in guessed.values()]
        guesses = [f"Taken from {name}: {len(guessed)} of {len(columns)} columns. The others are not read."]
        if unused:
            guesses.append(f"Not read: {', '.join(unused[:12])}{' and more' if len(unused) > 12 else ''}.")
        return {
            "kind": "replies",
            "columns": [shown_column(column) for column in columns],
            "guesses": guesses if guessed else [],
            "notes": list(notes),
            "files": json_files(self.folder),
            "proposed": {
                **{f"columns[{field}]": guessed.get(field, "") for field in COLUMNS},
                **self._common(),
                "quote": "both",
                "show_names": False,
            },
        }

    def run(self, source: str, sent: Mapping[str, Any]) -> Done:
        """Score the replies, or play the tests, as the form says; FieldError names the fields that do not fit."""
        name = self.name(source)
        problems: dict[str, str] = {}
        self._calibrated(sent, problems)
        if problems:
            raise FieldError(problems)
        try:
            return self._play(source, name, sent) if self._is_bot(source) else self._score(source, name, sent)
        except LabError as error:
            raise FieldError({_field_of(error): self.in_words(error)}) from error

    def save(self, done: Done) -> tuple[str, ...]:
        """Write the page and the JSON and, of replies, the table of scores; return their names."""
        from evaluators.tone.conversation_tests import ReplyScores, scores_csv

        names = super().save(done)
        if not isinstance(done.found, ReplyScores):
            return names
        table = f"{done.stem}.csv"
        _write(self.folder / table, scores_csv(done.found).encode("utf-8", "replace"))
        return (*names, table)

    def _score(self, source: str, name: str, sent: Mapping[str, Any]) -> Done:
        from evaluators.tone.conversation_tests import score_file, score_replies, scores_html, scores_json

        columns = _read_columns(sent)
        more: dict[str, Any] = {
            "situation": text_of(sent, "situation"),
            "calibration": self._calibrated(sent, {}),
            "quote": text_of(sent, "quote") or "both",
            "hide_names": sent.get("show_names") is not True,
        }
        if source.startswith(FILE):
            scores = score_file(
                self.folder / name, columns, **reading_of(sent), on_progress=self._teller("Scored"), **more
            )
        else:
            frame = self.tables[name]
            gone = {field: column for field, column in columns.items() if column and column not in frame.columns}
            if gone:
                raise FieldError({f"columns[{field}]": f"There is no column “{each}”." for field, each in gone.items()})
            chosen = {field: frame[column].astype(object) for field, column in columns.items() if column}
            told = self._teller("Scored")
            rows = [
                {field: None if _missing(value) else value for field, value in zip(chosen, row, strict=True)}
                for row in zip(*chosen.values(), strict=True)
            ]
            scores = score_replies(rows, name=name, on_progress=lambda done: told(done, len(rows)), **more)
        written = datetime.now(UTC)
        return Done(
            scores,
            scores.summary().splitlines()[0],
            scores_html(scores, written=written),
            scores_json(scores, written=written),
            self.stem(source, "tone"),
        )

    def _play(self, source: str, name: str, sent: Mapping[str, Any]) -> Done:
        from evaluators.tone import conversation_tests as talks
        from evaluators.tone.conversation_tests.results import headline

        problems: dict[str, str] = {}
        stories: Sequence[TestStory] = ()
        try:
            stories = talks.load_tests(self._tests_place(text_of(sent, "tests")))
        except LabError as error:
            problems["tests"] = self.in_words(error)
        situation = text_of(sent, "situation")
        if situation and stories:
            stories = [story for story in stories if story.situation == situation]
            if not stories:
                problems["situation"] = "No story is about this situation. Choose another, or all."
        accepted = text_of(sent, "accepted")
        before = None
        if accepted:
            try:
                before = talks.load_accepted(self.folder / self._known_file(accepted, ACCEPTED, "accepted"))
            except LabError as error:
                problems["accepted"] = self.in_words(error)
        tolerance = number_of(sent, "tolerance", problems, most=4, zero=True, such_as="0.25")
        if problems:
            raise FieldError(problems)
        told, played = self._teller("Played"), iter(range(1, len(stories) + 1))
        run = talks.run_tests(
            self._talker(source),
            stories,
            calibration=self._calibrated(sent, {}),
            on_story=lambda _: told(next(played), len(stories)),
        )
        diff = (
            None
            if before is None
            else talks.compare(run, before, tolerance=talks.TOLERANCE if tolerance is None else tolerance)
        )
        written = datetime.now(UTC)
        stem = plain_stem(self._place(source).stem if source.startswith(FILE) else name)
        return Done(
            run,
            headline(run),
            talks.run_html(run, diff, written=written),
            talks.run_json(run, diff, written=written),
            f"{stem}-tone",
        )

    def _talker(self, source: str) -> "Talker":
        from evaluators.chatbot import Bot

        if source.startswith(FILE):
            return Bot.from_files(self._place(source))
        given = self._bots()[source.removeprefix(TABLE)]
        return given.bot() if callable(given.bot) else Bot.from_files(Path(given.bot))

    def _bots(self) -> dict[str, OwnBot]:
        return {name: given for name, given in self.tables.items() if isinstance(given, OwnBot)}

    def _is_bot(self, source: str) -> bool:
        if source.startswith(TESTS):
            raise FieldError({"source": "These are tests. Choose the bot here, and the tests below."})
        place = source.removeprefix(FILE)
        if source.startswith(FILE):
            return place.casefold().endswith((*YAML, ".zip", "/"))
        return isinstance(self.tables[source.removeprefix(TABLE)], OwnBot)

    def _place(self, source: str) -> Path:
        return self.folder / source.removeprefix(FILE).removesuffix("/")

    def _tests_of(self, source: str) -> str:
        """Return the tests that most likely belong to a bot."""
        keys = [key for key in self.sources() if key.startswith(TESTS)]
        own = f"{TESTS}{source}"
        files = [key for key in keys if key.startswith(f"{TESTS}{FILE}")]
        return own if own in keys else (files or keys or [""])[0]

    def _tests_place(self, key: str) -> Path:
        if not key.startswith(TESTS) or key not in self.sources():
            raise FieldError({"tests": "Choose the tests. Put their file into the folder and press “Look again”."})
        source = key.removeprefix(TESTS)
        if source.startswith(TABLE):
            return Path(self._bots()[source.removeprefix(TABLE)].tests)
        place = self._place(source)
        return place / "tests" if (place / "tests").is_dir() else place

    def _columns(self, source: str, sent: Mapping[str, Any]) -> tuple[Sequence[Any], Sequence[str]]:
        from evaluators.own_data import column_of, open_own_table

        name = self.name(source)
        if source.startswith(FILE):
            with open_own_table(self.folder / name, **reading_of(sent), keep_order=True) as table:
                return table.columns(rows=_LOOKED_AT), table.facts.notes
        head = self.tables[name].head(_LOOKED_AT)
        cells = {str(column): head[column].astype(object) for column in head}
        return [
            column_of(column, [None if _missing(cell) else cell for cell in values]) for column, values in cells.items()
        ], ()

    def _common(self) -> dict[str, str]:
        return {"situation": "", "calibration": ""}

    def _known_file(self, name: str, kind: str, field: str) -> str:
        if name not in json_files(self.folder)[kind]:
            raise FieldError({field: "This file is not there any more. Press “Look again” and choose another."})
        return name

    def _calibrated(self, sent: Mapping[str, Any], problems: dict[str, str]) -> Any:
        name = text_of(sent, "calibration")
        if not name:
            return None
        from evaluators.tone.fit import Calibration

        try:
            return Calibration.load(self.folder / self._known_file(name, CALIBRATION, "calibration"))
        except FieldError as error:
            problems.update(error.problems)
        except LabError as error:
            problems["calibration"] = self.in_words(error)
        return None

    def _teller(self, what: str) -> Callable[[int, int], None]:
        """Return what tells the page how far the work is, twice a second at most."""
        last = time.monotonic()

        def tell(done: int, count: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _EVERY_S:
                last = now
                self.on_progress(f"{what} {done:,} of {count:,}", done / count if count else 0.0)

        return tell


def _read_columns(sent: Mapping[str, Any]) -> dict[str, str]:
    """Return field -> column as the form says it; FieldError for a field without one or a column taken twice."""
    columns = {field: text_of(sent, f"columns[{field}]") for field in COLUMNS}
    problems: dict[str, str] = {}
    if not columns["reply"]:
        problems["columns[reply]"] = "Choose the column that holds what the bot replied."
    words = {f"columns[{field}]": f"“{said}”" for field, said in COLUMNS.items()}
    note_twice(((f"columns[{field}]", column) for field, column in columns.items()), words, problems)
    if problems:
        raise FieldError(problems)
    return columns


def _missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value)) if pd.api.types.is_scalar(value) else False


def _field_of(error: LabError) -> str:
    """Name the field beside which an error is shown."""
    from evaluators._validation import ColumnError

    if isinstance(error, ColumnError) and error.argument in COLUMNS:
        return f"columns[{error.argument}]"
    return error.argument if error.argument in ("sheet", "encoding", "quote") else "source"

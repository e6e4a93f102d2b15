"""Score the replies of a table, such as a log of one's own chatbot: one row each, read and scored one after another."""

import heapq
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators._plain import plain
from evaluators.errors import LabError
from evaluators.reports.printable import printable
from evaluators.tone.conversation_tests.errors import ConversationTestError
from evaluators.tone.conversation_tests.page import Piece, pieces_of, reasons_of
from evaluators.tone.conversation_tests.results import ReplyTone, StepResult
from evaluators.tone.gate import GateRules
from evaluators.tone.rubric import load_rubric
from evaluators.tone.score import score_reply

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from evaluators.tone.fit import Calibration

_WORST = 20
_LONGEST = 20_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
NOT_SHOWN = (
    "Each reply is scored by itself, by words that earn or cost. The scores are a careful guess about readers; ratings "
    "by your own people (hrlab tone fit) show how far to trust them. English only."
)


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """The figures of one reply; `row` is its id, or counts from 1; `why_not` says why there are none."""

    row: str
    overall: float
    dimensions: Mapping[str, float]
    severity: str
    gate_needed: bool
    gate_passed: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ReplyScores:
    """The scores of a table of replies.

    Attributes
    ----------
    name : str
        Of the table.
    rows : tuple of ScoredRow
        In the order of the table; none of them holds what was said.
    worst : tuple of (str, StepResult)
        The replies with the lowest scores and their rows, for a person to read.
    """

    name: str
    rows: tuple[ScoredRow, ...] = field(repr=False)
    worst: tuple[tuple[str, StepResult], ...] = field(repr=False)

    @property
    def scored(self) -> tuple[ScoredRow, ...]:
        """Rows that have a score."""
        return tuple(each for each in self.rows if not math.isnan(each.overall))

    @property
    def mean(self) -> float:
        """Mean of the scores as a whole (0-4); NaN without any."""
        scores = [each.overall for each in self.scored]
        return round(math.fsum(scores) / len(scores), 3) if scores else math.nan

    @property
    def minimum(self) -> float:
        """Lowest of the scores as a whole (0-4); NaN without any."""
        return min((each.overall for each in self.scored), default=math.nan)

    @property
    def failed_gates(self) -> int:
        """How many replies had to pass the gate and did not."""
        return sum(each.gate_needed and not each.gate_passed for each in self.rows)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a reply.

        Returns
        -------
        DataFrame
            ``row`` (its id, else counted from 1), ``overall``, a column for each dimension (0-4), ``severity``,
            ``gate`` (``"passed"``, ``"failed"`` or ``"not needed"``) and ``why_not``. No reply and no message is in it.
        """
        import pandas as pd

        keys = load_rubric().keys
        rows = [
            {
                "row": each.row,
                "overall": each.overall,
                **{key: each.dimensions.get(key, math.nan) for key in keys},
                "severity": each.severity,
                "gate": "not needed" if not each.gate_needed else "passed" if each.gate_passed else "failed",
                "why_not": each.why_not,
            }
            for each in self.rows
        ]
        return pd.DataFrame(rows, columns=["row", "overall", *keys, "severity", "gate", "why_not"])

    def means(self) -> dict[str, float]:
        """Return the mean of each dimension (0-4); NaN without scores."""
        scored = self.scored
        return {
            key: round(math.fsum(each.dimensions[key] for each in scored) / len(scored), 3) if scored else math.nan
            for key in load_rubric().keys
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, schema 1, with the words of the lowest replies."""
        return {
            "schema": "hr-it-lab scored replies 1",
            "name": self.name,
            **dict(plain({"mean": self.mean, "minimum": self.minimum, "means": self.means()})),
            "failed_gates": self.failed_gates,
            "rows": [plain(asdict(each)) for each in self.rows],
            "worst": [{"row": row, **dict(plain(asdict(step)))} for row, step in self.worst],
        }

    def summary(self) -> str:
        """Say in plain words how the replies read, and what that does not show."""
        count, scored = len(self.rows), len(self.scored)
        lines = [f"{scored:,} of {count:,} {'reply' if count == 1 else 'replies'} scored."]
        if scored:
            lowest = min(self.means().items(), key=lambda each: each[1])
            lines.append(
                f"Mean {self.mean:.1f} of 4, lowest {self.minimum:.1f}. Weakest dimension: "
                f"{load_rubric()[lowest[0]].name.lower()}, mean {lowest[1]:.1f}."
            )
        if self.failed_gates:
            lines.append(f"In {self.failed_gates:,} a crisis or harassment was not answered as it must be: read those.")
        if scored < count:
            lines.append(f"{count - scored:,} have no score (empty, or not English); a person has to read them.")
        return "\n".join([*lines, NOT_SHOWN])

    def chart(self) -> "alt.LayerChart":
        """Draw the mean of each dimension.

        Returns
        -------
        altair.LayerChart
            Bars from 0 to 4, and a line at 2. The description holds the summary.
        """
        from evaluators.tone.conversation_tests._charts import means_chart  # Altair is slow to import

        return means_chart(self)


def score_replies(
    replies: Iterable[Mapping[str, Any]],
    *,
    name: str = "replies",
    situation: str = "",
    calibration: "Calibration | None" = None,
    rules: GateRules | None = None,
) -> ReplyScores:
    """Score the replies of a table, each by itself.

    Parameters
    ----------
    replies : iterable of mapping
        ``reply``, and as far as known ``said``, ``situation`` and ``id``; None counts as empty.
    name : str
        What the table is called.
    situation : str
        For rows that name none; by default it is read from what was said.
    calibration, rules
        As in `evaluators.tone.score_reply`.

    Returns
    -------
    ReplyScores
        A row without a reply, or of a situation that is not known, has no score and says why.

    Raises
    ------
    ConversationTestError
        If there is no row.
    RubricError
        If `situation` is none of `evaluators.tone.situations`.

    Examples
    --------
    >>> scores = score_replies([{"reply": "Calm down."}, {"reply": ""}])
    >>> scores.minimum < 2, scores.rows[1].why_not
    (True, 'there is no reply')
    """
    if situation:
        score_reply("Hello.", situation=situation)  # an unknown one stops here, not in each row
    more: dict[str, Any] = {} if calibration is None else {"calibration": calibration}
    rows: list[ScoredRow] = []
    lowest: list[tuple[float, int, str, StepResult]] = []
    for number, each in enumerate(replies, start=1):
        reply, said = str(each.get("reply") or "")[:_LONGEST], str(each.get("said") or "")[:_LONGEST]
        named = str(each.get("situation") or "").strip() or situation
        row = str(number if each.get("id") is None else each["id"])
        row = f"'{row}" if row[:1] in _FORMULA else row  # a spreadsheet would run it
        if not reply.strip():
            rows.append(ScoredRow(row, math.nan, {}, "unknown", False, True, "there is no reply"))
            continue
        try:
            score = score_reply(reply, said=said, situation=named, rules=rules, **more)
        except LabError as error:
            rows.append(ScoredRow(row, math.nan, {}, "unknown", False, True, error.problem))
            continue
        tone = ReplyTone.of(score)
        rows.append(
            ScoredRow(
                row, tone.overall, dict(tone.dimensions), score.severity, tone.gate_needed, tone.gate_passed,
                tone.abstained,
            )
        )  # fmt: skip
        if not tone.abstained:
            entry = (-tone.overall, -number, row, StepResult(1, said, reply, tone, ()))
            if len(lowest) < _WORST:
                heapq.heappush(lowest, entry)
            elif entry > lowest[0]:
                heapq.heapreplace(lowest, entry)
    if not rows:
        raise ConversationTestError("The table has no row.", "Give at least one reply.")
    worst = sorted(lowest, key=lambda entry: (-entry[0], -entry[1]))
    return ReplyScores(name, tuple(rows), tuple((row, step) for _, _, row, step in worst))


def scores_json(scores: ReplyScores, *, written: datetime) -> str:
    """Write the scores as JSON text, schema 1 of `ReplyScores.to_dict` with the time it was written at."""
    value = {**scores.to_dict(), "written_at": written.isoformat("T", "seconds")}
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)


def scores_html(scores: ReplyScores, *, written: datetime) -> str:
    """Write the scores as a self-contained page: means, and the lowest replies with the words that cost.

    Every text from the table is escaped.
    """
    from evaluators.reports import chart_html, pages  # Jinja and Altair are slow to import

    try:
        chart = scores.chart()
        drawn = chart_html(chart, alt=str(chart.description))
    except (LabError, ValueError):  # nothing to draw; the table has all figures
        drawn = ""
    worst: list[tuple[str, StepResult, tuple[Piece, ...]]] = [
        (row, step, pieces_of(step)) for row, step in scores.worst
    ]
    names = {each.key: each.name for each in load_rubric().dimensions}
    html = pages.page(
        Path(__file__).parent / "templates",
        "scored_replies.html",
        scores=scores,
        written=written,
        lines=scores.summary().splitlines(),
        means=[(names[key], value) for key, value in scores.means().items()],
        chart=drawn,
        worst=worst,
        reasons=reasons_of,
        day=lambda date: f"{date.day} {date:%B %Y}",
    )
    return printable(html)

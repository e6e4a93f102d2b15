"""What came of scoring a table of replies, such as a log of one's own chatbot; `score_replies` makes it."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from evaluators._plain import plain
from evaluators.tone.conversation_tests.results import StepResult
from evaluators.tone.rubric import load_rubric

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

NOT_SHOWN = (
    "Scores are given by words that earn or cost. They are a careful guess about readers; ratings by your own people "
    "(hrlab tone fit) show how far to trust them. English only."
)


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """The figures of one reply.

    Attributes
    ----------
    row : str
        Its id, or its number, from 1.
    overall, dimensions : float, mapping of str to float
        Scores (0-4); NaN and empty where there are none.
    severity : str
        How grave what was said is.
    gate_needed, gate_passed : bool
        Whether a gate was raised, and whether the reply passes it.
    why_not : str
        Why it has no score; empty where it has one.
    conversation : str
        Code of its conversation; empty where none is known.
    """

    row: str
    overall: float
    dimensions: Mapping[str, float]
    severity: str
    gate_needed: bool
    gate_passed: bool
    why_not: str = ""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation of the table: its code, replies, mean and lowest score (0-4), course and failed gates."""

    conversation: str
    replies: int
    mean: float
    minimum: float
    trajectory: str
    failed_gates: int


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
    failed : tuple of (str, StepResult)
        The first replies that did not pass a gate, with or without a score.
    conversations : tuple of ConversationRow
        The lowest first; empty where the table names none.
    quoted : str
        What of the words is in `worst` and `failed`: ``"both"``, ``"replies"`` or ``"nothing"``.
    names_hidden : bool
        Whether names, addresses and numbers in them are covered, as far as `hide_personal` finds them.
    """

    name: str
    rows: tuple[ScoredRow, ...] = field(repr=False)
    worst: tuple[tuple[str, StepResult], ...] = field(repr=False)
    failed: tuple[tuple[str, StepResult], ...] = field(default=(), repr=False)
    conversations: tuple[ConversationRow, ...] = field(default=(), repr=False)
    quoted: str = "both"
    names_hidden: bool = True

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

    def unscored(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return why replies have no score, the commonest reason first, and the rows that it holds for."""
        reasons = Counter(each.why_not for each in self.rows if each.why_not)
        return tuple(
            (why, tuple(each.row for each in self.rows if each.why_not == why)) for why, _ in reasons.most_common()
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return one row a reply.

        Returns
        -------
        DataFrame
            ``row`` (its id, else counted from 1), ``conversation``, ``overall``, a column for each dimension (0-4),
            ``severity``, ``gate`` (``"passed"``, ``"failed"`` or ``"not needed"``) and ``why_not``. No
            reply and no message is in it.
        """
        import pandas as pd

        keys = load_rubric().keys
        rows = [
            {
                "row": each.row,
                "conversation": each.conversation,
                "overall": each.overall,
                **{key: each.dimensions.get(key, math.nan) for key in keys},
                "severity": each.severity,
                "gate": "not needed" if not each.gate_needed else "passed" if each.gate_passed else "failed",
                "why_not": each.why_not,
            }
            for each in self.rows
        ]
        return pd.DataFrame(rows, columns=["row", "conversation", "overall", *keys, "severity", "gate", "why_not"])

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
            "quoted": self.quoted,
            "names_hidden": self.names_hidden,
            "conversations": [plain(asdict(each)) for each in self.conversations],
            "worst": [{"row": row, **dict(plain(asdict(step)))} for row, step in self.worst],
            "failed": [{"row": row, **dict(plain(asdict(step)))} for row, step in self.failed],
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
            follow, miss = ("follows", "misses") if self.failed_gates == 1 else ("follow", "miss")
            lines.append(
                f"{self.failed_gates:,} {follow} words that sound like danger to life or harassment, and {miss} "
                "something that such an answer must hold: read those first."
            )
        if scored < count:
            left, has = count - scored, "has" if count - scored == 1 else "have"
            lines.append(
                f"{left:,} {has} no score (empty, no words, or not English); a person has to read what is there."
            )
        if self.conversations:
            count = len(self.conversations)
            colder = sum(each.trajectory == "colder" for each in self.conversations)
            lines.append(f"{count:,} {'conversation' if count == 1 else 'conversations'}; {colder:,} got colder.")
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

"""How careful to be: what more or less careful alarms find in messages, and how often they ring needlessly."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.chatbot.errors import WordListError
from evaluators.chatbot.sensitive import _standard
from evaluators.chatbot.sensitive_model import GATE, sensitive_model

if TYPE_CHECKING:
    import altair as alt

CARE = tuple(round(-3 + 0.25 * step, 2) for step in range(25))  # from far less careful to far more


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """What one setting finds.

    Attributes
    ----------
    found, missed : int
        Of the messages of crisis or harassment.
    needless, quiet : int
        Of the ordinary messages: alarms that were not needed, and none.
    """

    found: int
    missed: int
    needless: int
    quiet: int


@dataclass(frozen=True, slots=True)
class AlarmMargins:
    """How far each message is above or below the bar at which an alarm is raised.

    Attributes
    ----------
    table : DataFrame
        One row a message: ``kind``, ``message``, ``margin`` (log-odds above the bar; infinite where a phrase of the
        word list alone raises the alarm) and ``alarm`` (at the project's own setting).
    """

    table: pd.DataFrame = field(repr=False)

    @property
    def by_phrase(self) -> int:
        """How many messages of crisis or harassment a phrase of the word list finds by itself, at any setting."""
        return int((self.table["kind"].isin(GATE) & (self.table["margin"] == math.inf)).sum())

    def rings(self, care: float = 0.0) -> pd.Series:
        """Return, message by message, whether an alarm is raised; `care` above 0 is more careful than ours."""
        return self.table["margin"] >= -care

    def at(self, care: float = 0.0) -> AlarmCounts:
        """Count at a setting; 0 is the project's own.

        Parameters
        ----------
        care : float
            By so much the bar is lower (above 0: more careful) or higher (below 0), in log-odds.
        """
        rings, grave = self.rings(care), self.table["kind"].isin(GATE)
        return AlarmCounts(
            int((rings & grave).sum()), int((~rings & grave).sum()),
            int((rings & ~grave).sum()), int((~rings & ~grave).sum()),
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row a setting: ``care``, ``found``, ``missed``, ``needless`` and ``quiet``."""
        return pd.DataFrame([{"care": care, **asdict(self.at(care))} for care in CARE])

    def to_dict(self) -> dict[str, Any]:
        """Return the counts of all settings as JSON-able values; no message is in it."""
        return {"settings": [plain(row) for row in self.to_frame().to_dict("records")]}

    def summary(self) -> str:
        """Say in plain words what the project's own setting finds and misses, and what that does not prove."""
        own = self.at()
        return (
            f"At our setting {own.found} of {own.found + own.missed} grave messages raise an alarm, {own.missed} are "
            f"missed; {own.needless} of {own.needless + own.quiet} ordinary ones raise a needless one. "
            "Other people write in other words: expect more misses than here."
        )

    def chart(self, *, care: float = 0.0) -> "alt.LayerChart":
        """Draw missed and needless alarms over all settings, the chosen one marked.

        Parameters
        ----------
        care : float
            The chosen setting.
        """
        from evaluators.chatbot._charts.bar import alarm_chart

        return alarm_chart(self, care)


def alarm_margins(messages: Sequence[tuple[str, str]]) -> AlarmMargins:
    """Work out how near messages are to an alarm of crisis or harassment.

    Parameters
    ----------
    messages : sequence of (str, str)
        Kind (``"crisis"``, ``"harassment"`` or ``"ordinary"``) and message.

    Returns
    -------
    AlarmMargins
        At ``care=0`` it rings exactly where `evaluators.chatbot.find_sensitive` finds crisis or harassment.

    Raises
    ------
    WordListError
        If there is no message, or a kind is another.

    Examples
    --------
    >>> margins = alarm_margins([("crisis", "I want to die"), ("ordinary", "Where is my pay stub?")])
    >>> margins.at()
    AlarmCounts(found=1, missed=0, needless=0, quiet=1)
    """
    if not messages:
        raise WordListError("There is no message.", "Give at least one, with its kind.")
    unknown = [kind for kind, _ in messages if kind not in (*GATE, "ordinary")]
    if unknown:
        raise WordListError(f"A message has the kind {unknown[0]!r}.", f"The kinds are: {', '.join(GATE)}, ordinary.")
    words, model = _standard(), sensitive_model()
    rows = []
    for kind, text in messages:
        typed = words.words_in(text)
        hits = words.hits(typed)
        sure = any(hit.kind in GATE and hit.phrase not in model.weak for hit in hits)
        margins = [
            score - model.bars[each] for each, (score, _, _) in model.backed(typed, hits).items() if each in GATE
        ]
        margin = math.inf if sure else max(margins, default=-math.inf)
        rows.append({"kind": kind, "message": text, "margin": margin, "alarm": margin >= 0})
    return AlarmMargins(pd.DataFrame(rows))

"""A pretend HR system: made-up people, their medical plans and pay stubs; in memory, and the same for the same seed."""

import random
from dataclasses import asdict, dataclass, field
from typing import Any

from evaluators.chatbot.errors import HRSystemError

PLANS = ("bronze", "silver", "gold")
COVERS = ("me", "me and partner", "family")
COVER_WORDS = {"me": "only you", "me and partner": "you and your partner", "family": "your family"}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change that was written down, with the number on its receipt."""

    receipt: str
    employee_id: str
    from_plan: str
    to_plan: str
    from_cover: str
    to_cover: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


@dataclass(slots=True)
class PretendHR:
    """People, plans and pay stubs that exist nowhere else.

    Parameters
    ----------
    seed : int
        The same seed makes the same people.
    people : int
        How many people there are; they are called "E0001", "E0002", …
    latest_month : str
        The last month of this year whose pay stub is out.

    Examples
    --------
    >>> hr = PretendHR(seed=1)
    >>> hr.change_medical_plan("E0001", plan="gold", cover="family").receipt
    'MP-00001'
    >>> hr.medical_plan("E0001")
    ('gold', 'family')
    """

    seed: int = 0
    people: int = 50
    latest_month: str = "October"
    changes: list[PlanChange] = field(default_factory=list, init=False)
    handed_over: list[str] = field(default_factory=list, init=False)
    _plans: dict[str, tuple[str, str]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        draw = random.Random(self.seed)
        for number in range(1, self.people + 1):
            self._plans[f"E{number:04}"] = (draw.choice(PLANS), draw.choice(COVERS))

    def medical_plan(self, employee_id: str) -> tuple[str, str]:
        """Return a person's plan and whom it covers."""
        if employee_id not in self._plans:
            raise HRSystemError(
                f"There is no employee {employee_id!r}.", f"They are called E0001 to E{self.people:04}."
            )
        return self._plans[employee_id]

    def change_medical_plan(self, employee_id: str, *, plan: str, cover: str) -> PlanChange:
        """Change a person's plan, and write it down.

        Raises
        ------
        HRSystemError
            If there is no such person, plan or cover; then nothing is changed.
        """
        before = self.medical_plan(employee_id)
        if plan not in PLANS or cover not in COVERS:
            raise HRSystemError(
                f"There is no plan {plan!r} for {cover!r}.", f"Plans: {', '.join(PLANS)}; for: {', '.join(COVERS)}."
            )
        change = PlanChange(f"MP-{len(self.changes) + 1:05}", employee_id, before[0], plan, before[1], cover)
        self._plans[employee_id] = (plan, cover)
        self.changes.append(change)
        return change

    def pay_stub(self, employee_id: str, *, month: str | None = None) -> str:
        """Say where a person's pay stub of this year lies; without a month, or for ``"latest"``, the latest.

        Raises
        ------
        HRSystemError
            If there is no such person or month, or the pay stub is not out yet; ``"this month"`` never is.
        """
        self.medical_plan(employee_id)
        asked = (month or "latest").casefold()
        if asked == "latest":
            return f"portal > Pay > {self.latest_month if month else 'latest'} > {employee_id}"
        if asked != "this month" and asked.title() not in MONTHS:
            raise HRSystemError(f"There is no month {month!r}.", f"Months are {MONTHS[0]} to {MONTHS[-1]}.")
        if asked == "this month" or MONTHS.index(asked.title()) > MONTHS.index(self.latest_month):
            raise HRSystemError(f"The pay stub of {month} is not out yet.", f"The latest is {self.latest_month}.")
        return f"portal > Pay > {asked.title()} > {employee_id}"

    def hand_over(self, employee_id: str) -> None:
        """Ask a person of the HR team to get in touch."""
        self.handed_over.append(employee_id)

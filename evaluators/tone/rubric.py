"""The rubric: eight dimensions of tone on a scale of 0 to 4, and a gate. The words stand in rubric.toml."""

import tomllib
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from evaluators.tone.errors import RubricError

_FILE = Path(__file__).with_name("rubric.toml")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the things that make a reply good or bad to read.

    Parameters
    ----------
    key, name : str
        Its short name in tables and its name for readers.
    definition, source : str
        What it means, and where that comes from (with year).
    baseline : float
        Points (0-4) of a reply in which nothing earned and nothing cost.
    counts : tuple of float
        How much the first, second, … different earning phrase counts (0-1); further ones count nothing.
    enough : int
        Earning phrases beyond so many each cost half a point: piled-up sympathy is not warmth.
    confidence, confidence_why : str
        ``"high"``, ``"medium"`` or ``"low"``: how far such a score can be trusted at best, and why.
    earns, costs : str
        What raises and what lowers it, in a sentence.
    anchors : tuple of str
        What 0, 1, 2, 3 and 4 mean.
    human_ceiling : float or None
        How well people agree with each other on it (rank correlation); None where nobody has measured it.
    human_ceiling_of : str
        On what texts that was measured; empty without one.
    """

    key: str
    name: str
    definition: str
    source: str
    baseline: float
    counts: tuple[float, ...]
    enough: int
    confidence: str
    confidence_why: str
    earns: str
    costs: str
    anchors: tuple[str, ...]
    human_ceiling: float | None = None
    human_ceiling_of: str = ""


@dataclass(frozen=True, slots=True)
class Rubric:
    """The dimensions, their scale and what a failed gate does.

    Parameters
    ----------
    dimensions : tuple of Dimension
        In the order of the rubric.
    lowest, highest : float
        Ends of the scale, in points.
    scale : str
        Why the scale is as it is.
    gate_cap : float
        The most points (0-4) a reply can have as a whole once its gate failed.
    gate_source, unrated : str
        Where the gate comes from; what nobody has checked.
    checked_on : date
        The day a person last looked at the sources.

    Examples
    --------
    >>> rubric = load_rubric()
    >>> len(rubric.dimensions), rubric["politeness"].name, rubric.highest
    (8, 'Politeness', 4.0)
    """

    dimensions: tuple[Dimension, ...]
    lowest: float
    highest: float
    scale: str
    gate_cap: float
    gate_source: str
    unrated: str
    checked_on: date

    @property
    def keys(self) -> tuple[str, ...]:
        """Short names of the dimensions, in order."""
        return tuple(each.key for each in self.dimensions)

    def __getitem__(self, key: str) -> Dimension:
        for each in self.dimensions:
            if each.key == key:
                return each
        raise RubricError(f"The rubric has no dimension {key!r}.", f"It has: {', '.join(self.keys)}.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, the date as text."""
        return asdict(self) | {"checked_on": self.checked_on.isoformat()}

    def summary(self) -> str:
        """Say in plain words what is judged.

        Returns
        -------
        str
            One line a dimension, then what nobody has checked.

        Examples
        --------
        >>> print(load_rubric().summary().splitlines()[0])
        Emotional reaction: The reply names or acknowledges the feeling, and its warmth fits how serious the matter is.
        """
        lines = [f"{each.name}: {each.definition}" for each in self.dimensions]
        return "\n".join([*lines, self.unrated])


@cache
def load_rubric() -> Rubric:
    """Return the rubric.

    Returns
    -------
    Rubric

    Examples
    --------
    >>> load_rubric()["emotional_reaction"].source.split(",")[0]
    'Sharma'
    """
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    dimensions = tuple(
        Dimension(
            **{
                **each,
                "source": each["source"].strip(),
                "counts": tuple(map(float, each["counts"])),
                "anchors": tuple(each["anchors"]),
                "human_ceiling_of": each.get("human_ceiling_of", "").strip(),
            }
        )
        for each in read["dimension"]
    )
    return Rubric(
        dimensions,
        float(read["lowest"]),
        float(read["highest"]),
        read["scale"].strip(),
        float(read["gate_cap"]),
        read["gate_source"].strip(),
        read["unrated"].strip(),
        read["checked_on"],
    )

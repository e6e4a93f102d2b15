"""Swaps that change one thing in a résumé, and a placebo that changes it without changing the group."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.screening._swap_words import IS_MALE, other_pronouns, pronouns_found, replace_words, words_found
from evaluators.screening.errors import SwapError

Parts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What one swap does to one résumé.

    Parameters
    ----------
    swapped, placebo : dict
        The changed parts of the résumé: with the other group's value, and with another value of its own group
        (empty where there is none: then the same résumé is scored once more).
    forwards : bool
        Whether the résumé went from the swap's first group to its second.
    from_value, to_value : str
        Which values now stand for the first and for the second group.
    """

    swapped: dict[str, Any]
    placebo: dict[str, Any]
    forwards: bool
    from_value: str
    to_value: str


class AnySwap(Protocol):
    """What a swap must offer; write your own where `Swap` does not fit."""

    @property
    def name(self) -> str:
        """What is swapped, in a word or two."""

    @property
    def from_group(self) -> str:
        """The first group."""

    @property
    def to_group(self) -> str:
        """The second group; an effect below zero means that its version scores lower."""

    def rewrite(self, parts: Parts, rng: np.random.Generator) -> Rewritten | None:
        """Change a résumé, or return None where there is nothing to swap."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Swap words: a name, a school, a district, for one that stands for another group.

    Whole words only, never inside another word (``Anne`` stays in ``Annette`` and in ``Mary-Anne``), and capitals
    are kept (``EMILY`` gives ``LAKISHA``). A value that begins with a capital is not found in small letters (a
    ``will`` is no Will) except in an e-mail address. Both directions are used: a résumé with a word of the second
    group gets one of the first. Further words of the same group in the same résumé get further new words, as far as
    there are any.

    Parameters
    ----------
    name : str
        What is swapped, such as ``"name"``.
    from_group, to_group : str
        The two groups, such as ``"White"`` and ``"Black"``.
    from_values, to_values : sequence of str
        Words or phrases that stand for each group. Give at least three of each where you can: with fewer, an
        effect of the group cannot be told from an effect of these very words.
    columns : sequence of str, optional
        Where to look, if résumés are rows of a table; by default in every text column.

    Raises
    ------
    SwapError
        If a list is empty, a value is blank, or a value stands in both lists.

    Examples
    --------
    >>> swap = Swap("name", "White", "Black", ["Emily", "Anne"], ["Lakisha", "Ebony"])
    >>> changed = swap.rewrite({"text": "EMILY BAKER. Emily's last job"}, np.random.default_rng(0))
    >>> changed.to_value, changed.placebo["text"]
    ('Lakisha', "ANNE BAKER. Anne's last job")
    """

    name: str
    from_group: str
    to_group: str
    from_values: Sequence[str]
    to_values: Sequence[str]
    columns: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for side in ("from_values", "to_values"):
            values = getattr(self, side)
            given = (values,) if isinstance(values, str) else tuple(dict.fromkeys(values))
            if not given or not all(isinstance(value, str) and value.strip() for value in given):
                raise SwapError(f"The swap {self.name!r} has no usable words in {side}.", "Give a list of words.")
            object.__setattr__(self, side, given)
        both = {value.casefold() for value in self.from_values} & {value.casefold() for value in self.to_values}
        if both:
            raise SwapError(
                f"The swap {self.name!r} has {min(both)!r} in both lists.", "Each word can stand for one group only."
            )

    @classmethod
    def from_data(
        cls, frame: Any, *, column: str, group: str, from_group: str, to_group: str, times: float = 1.5
    ) -> "Swap":
        """Make a swap of the values in a column that are more common in one group than in the other.

        Parameters
        ----------
        frame : table, shape (n_applicants, n_columns)
            Applicants with a known group.
        column : str
            What is swapped, such as ``"district"``.
        group : str
            Column with the group.
        from_group, to_group : str
            Labels in that column.
        times : float
            A value stands for a group if it is at least this many times as common there (more than 1).

        Returns
        -------
        Swap
            Named after the column; it also changes other text columns that hold the same words.

        Raises
        ------
        ColumnError
            If a column is missing.
        SwapError
            If a label does not occur, `times` is not more than 1, or no value is so much more common.

        Examples
        --------
        >>> people = pd.DataFrame({"town": list("aaabbb"), "race": list("xxyxyy")})
        >>> swap = Swap.from_data(people, column="town", group="race", from_group="x", to_group="y")
        >>> swap.from_values, swap.to_values
        (('a',), ('b',))
        """
        table = pandas_columns(frame, column, group).astype(object).dropna()
        for label in (from_group, to_group):
            if not table[group].eq(label).any():
                raise SwapError(f"Nobody in the data has {group} {label!r}.", "Name two groups that occur.")
        if not times > 1:
            raise SwapError(f"times is {times}.", "Give more than 1, such as 1.5.")
        share = pd.crosstab(table[column].astype(str), table[group], normalize="columns")
        first, second = share[from_group], share[to_group]
        return cls(
            column,
            from_group,
            to_group,
            [str(value) for value in share.index[(first > 0) & (first >= times * second)]],
            [str(value) for value in share.index[(second > 0) & (second >= times * first)]],
        )

    def rewrite(self, parts: Parts, rng: np.random.Generator) -> Rewritten | None:
        """Change a résumé; None where no word of the lists occurs, or words of both groups do.

        Parameters
        ----------
        parts : mapping of str to object
            The résumé's columns, or one part if it is a text.
        rng : numpy.random.Generator
            Draws the new words.

        Returns
        -------
        Rewritten or None
            The changed parts.
        """
        texts = {key: value for key, value in parts.items() if isinstance(value, str) and self._looks_in(key)}
        found = dict.fromkeys(
            word for text in texts.values() for word in words_found(text, [*self.from_values, *self.to_values])
        )
        forwards = all(word in self.from_values for word in found)
        if not found or not (forwards or all(word in self.to_values for word in found)):
            return None
        own, other = (self.from_values, self.to_values) if forwards else (self.to_values, self.from_values)
        swapped = _pairs(list(found), other, rng)
        spare = [value for value in own if value not in found]
        placebo = _pairs(list(found), spare, rng) if spare else {}
        first = next(iter(found))
        own_now, other_now = placebo.get(first, first), swapped[first]
        return Rewritten(
            swapped={key: replace_words(text, swapped) for key, text in texts.items()},
            placebo={key: replace_words(text, placebo) for key, text in texts.items()} if placebo else {},
            forwards=forwards,
            from_value=own_now if forwards else other_now,
            to_value=other_now if forwards else own_now,
        )

    def _looks_in(self, column: str) -> bool:
        return self.columns is None or column in self.columns


@dataclass(frozen=True, slots=True)
class PronounSwap:
    """Swap he and she, with him, his, himself, hers, herself, Mr and Ms.

    "Her" is "him" or "his", and "his" is "her" or "hers": the next word decides (before a noun "his" and "her";
    before "and", "to", a full stop and the like "him" and "hers"). That is a guess, right in ordinary résumés and
    not in all. Words in capitals are left alone unless the whole text is in capitals (HIS may be a computer
    system). Mrs and Miss become Mr, and Mr becomes Ms. A résumé with both he and she is not swapped: one of them
    may be somebody else. There is no second pronoun of the same group, so the placebo is the same résumé scored
    once more.

    Parameters
    ----------
    columns : sequence of str, optional
        Where to look, if résumés are rows of a table; by default in every text column.
    name, from_group, to_group : str
        How the swap is called.

    Examples
    --------
    >>> PronounSwap().rewrite({"text": "He led his team; we miss him."}, np.random.default_rng(0)).swapped["text"]
    'She led her team; we miss her.'
    """

    columns: Sequence[str] | None = None
    name: str = "pronoun"
    from_group: str = "he"
    to_group: str = "she"

    def rewrite(self, parts: Parts, rng: np.random.Generator) -> Rewritten | None:
        """Change a résumé; None where there is no pronoun, or both he and she. See `Swap.rewrite`."""
        texts = {
            key: value
            for key, value in parts.items()
            if isinstance(value, str) and (self.columns is None or key in self.columns)
        }
        found = {IS_MALE[word] for text in texts.values() for word in pronouns_found(text)}
        if len(found) != 1:
            return None
        swapped = {key: other_pronouns(text) for key, text in texts.items()}
        return Rewritten(swapped, {}, forwards=found == {True}, from_value="he", to_value="she")


@dataclass(frozen=True, slots=True)
class NumberSwap:
    """Swap a number in a column, such as a career gap of 6 months or more for none.

    The placebo moves the number a little within the range, one step up or down. A text that mentions the number
    is not changed: take such a text away, or swap its words too.

    Parameters
    ----------
    name : str
        What is swapped, such as ``"gap"``.
    column : str
        The column with the number. Résumés that are plain text have none.
    low, high : float
        Résumés with a number in this range are swapped (both ends belong to it).
    to : float
        What they get instead; outside the range.
    step : float
        The placebo's step.

    Raises
    ------
    SwapError
        If the range is empty, `to` lies inside it, or `step` is not more than 0.

    Examples
    --------
    >>> changed = NumberSwap("gap", "gap_months", low=6, to=0).rewrite({"gap_months": 6}, np.random.default_rng(0))
    >>> changed.swapped, changed.placebo
    ({'gap_months': 0}, {'gap_months': 7})
    """

    name: str
    column: str
    low: float
    high: float = math.inf
    to: float = 0
    step: float = 1

    def __post_init__(self) -> None:
        if not self.low <= self.high or self.low <= self.to <= self.high or not self.step > 0:
            raise SwapError(
                f"The swap {self.name!r} goes from {self.low:g} to {self.high:g}, to {self.to:g}, step {self.step:g}.",
                "Give low ≤ high, a value outside that range, and a step above 0.",
            )

    @property
    def from_group(self) -> str:
        """The range, in words."""
        return f"{self.low:g} or more" if math.isinf(self.high) else f"{self.low:g} to {self.high:g}"

    @property
    def to_group(self) -> str:
        """The new number."""
        return f"{self.to:g}"

    def rewrite(self, parts: Parts, rng: np.random.Generator) -> Rewritten | None:
        """Change a résumé; None where the number is missing or outside the range. See `Swap.rewrite`."""
        number = parts.get(self.column)
        if not isinstance(number, (int, float, np.integer, np.floating)) or not self.low <= number <= self.high:
            return None
        near = [value for value in (number - self.step, number + self.step) if self.low <= value <= self.high]
        placebo = {self.column: near[rng.integers(len(near))]} if near else {}
        return Rewritten(
            {self.column: self.to}, placebo, forwards=True, from_value=self.from_group, to_value=self.to_group
        )


@dataclass(frozen=True, slots=True)
class JoinedSwap:
    """Several swaps of the same two groups as one, such as women's names and men's names.

    Each résumé is changed by the first of them that applies, so that a woman's name gives way to a woman's name.

    Parameters
    ----------
    name : str
        What is swapped.
    swaps : sequence of swaps
        At least one; all with the same groups.

    Raises
    ------
    SwapError
        If there is no swap, or their groups differ.

    Examples
    --------
    >>> joined = name_swap("race")
    >>> [swap.name for swap in joined.swaps], joined.from_group, joined.to_group
    (["women's name", "men's name"], 'White', 'Black')
    """

    name: str
    swaps: Sequence[AnySwap]

    def __post_init__(self) -> None:
        object.__setattr__(self, "swaps", tuple(self.swaps))
        if len({(swap.from_group, swap.to_group) for swap in self.swaps}) != 1:
            raise SwapError(
                f"The swaps joined in {self.name!r} are not of the same two groups, or there are none.",
                "Join swaps with the same from_group and to_group, in that order.",
            )

    @property
    def from_group(self) -> str:
        """The first group."""
        return self.swaps[0].from_group

    @property
    def to_group(self) -> str:
        """The second group."""
        return self.swaps[0].to_group

    def rewrite(self, parts: Parts, rng: np.random.Generator) -> Rewritten | None:
        """Change a résumé by the first swap that applies; None if none does. See `Swap.rewrite`."""
        return next((changed for swap in self.swaps if (changed := swap.rewrite(parts, rng)) is not None), None)


def name_swap(signal: str = "race") -> JoinedSwap:
    """Return a swap of the first names of Bertrand and Mullainathan's field experiment.

    Race is swapped among women's and among men's names, sex among White-sounding and among Black-sounding names, so
    that one thing changes at a time. To change sex as a whole, swap pronouns too.

    Parameters
    ----------
    signal : str
        ``"race"`` (White to Black) or ``"sex"`` (male to female): what the names tell a reader.

    Returns
    -------
    JoinedSwap
        Two swaps of nine names against nine; its `swaps` can be probed one by one. The names are for testing
        tools, never for guessing a person's group.

    Raises
    ------
    SwapError
        If `signal` is neither.

    References
    ----------
    Bertrand, M. and Mullainathan, S. (2004). American Economic Review 94(4), 991-1013. The names are those in
    `evaluators.data.load_resume_callbacks`.

    Examples
    --------
    >>> [(swap.name, len(swap.from_values), swap.to_values[0]) for swap in name_swap("sex").swaps]
    [('White-sounding name', 9, 'Allison'), ('Black-sounding name', 9, 'Aisha')]
    """
    from evaluators.data import load_resume_callbacks

    if signal not in ("race", "sex"):
        raise SwapError(f"The names do not signal {signal!r}.", 'Choose "race" or "sex".')
    listed = load_resume_callbacks()
    names: dict[Hashable, list[str]] = {
        pair: sorted(chosen.unique()) for pair, chosen in listed.groupby(["race", "sex"], observed=True)["first_name"]
    }
    if signal == "race":
        return JoinedSwap(
            "first name (race)",
            [
                Swap(called, "White", "Black", names["White", sex], names["Black", sex])
                for called, sex in (("women's name", "female"), ("men's name", "male"))
            ],
        )
    return JoinedSwap(
        "first name (sex)",
        [
            Swap(f"{race}-sounding name", "male", "female", names[race, "male"], names[race, "female"])
            for race in ("White", "Black")
        ],
    )


def _pairs(found: list[str], others: Sequence[str], rng: np.random.Generator) -> dict[str, str]:
    """Give each word found another one; different ones as far as there are enough."""
    order = rng.permutation(len(others))
    return {word: others[order[place % len(order)]] for place, word in enumerate(found)}

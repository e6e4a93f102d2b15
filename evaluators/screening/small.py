"""Groups so small that their rates tell little: flagged with their figures, never dropped."""

from dataclasses import dataclass
from fractions import Fraction

from evaluators.screening.counts import CountTable, GroupCount
from evaluators.screening.errors import LevelError


@dataclass(frozen=True, slots=True)
class SmallCategory:
    """A group that `small_categories` flagged.

    Parameters
    ----------
    group : GroupCount
        The group with its counts.
    share : Fraction
        Its share (0-1) of all applicants, those of unknown groups included; exact.
    below_share : bool
        Whether that is less than the share asked for.
    below_people : bool
        Whether fewer people applied than asked for.
    """

    group: GroupCount
    share: Fraction
    below_share: bool
    below_people: bool

    def sentence(self) -> str:
        """Say how small the group is, and give its figures.

        Returns
        -------
        str
            One sentence.

        Examples
        --------
        >>> counts = CountTable.from_counts({"x": (1, 3), "y": (60, 197)})
        >>> small_categories(counts)[0].sentence()
        'x: 3 applicants are 1.5% of all; 1 was selected (33.3%).'
        """
        people, chosen = self.group.applicants, self.group.selected
        return (
            f"{self.group.label}: {people:,} {'applicant is' if people == 1 else 'applicants are'} "
            f"{float(self.share):.1%} of all; {chosen:,} {'was' if chosen == 1 else 'were'} selected "
            f"({float(self.group.rate):.1%})."
        )


def small_categories(
    counts: CountTable, *, share: Fraction | float | None = Fraction(2, 100), people: int | None = None
) -> tuple[SmallCategory, ...]:
    """Flag groups that are too small a part of the applicants, or too few people.

    New York City lets an auditor leave a category of less than 2 % out of the impact ratios, if the reason, the number
    of people and their rate are still printed [1]_. Nothing is dropped here: what to do is the auditor's choice. People
    of unknown groups are no category; they count in the whole and are never flagged (`CountTable.people_missing` says
    how many they are).

    Parameters
    ----------
    counts : CountTable
        The groups' counts.
    share : Fraction, float or None
        Groups with a smaller share (0-1) of all applicants are flagged; exactly this share is not. None for no such
        limit.
    people : int or None
        Groups with fewer applicants are flagged. None for no such limit.

    Returns
    -------
    tuple of SmallCategory
        The flagged groups, sorted by label; empty if there are none.

    Raises
    ------
    LevelError
        If `share` does not lie between 0 and 1, or `people` is negative.

    References
    ----------
    .. [1] 6 RCNY 5-301(d).

    Examples
    --------
    >>> counts = CountTable.from_counts({"x": (1, 2), "y": (5, 10), "z": (30, 88)})
    >>> [small.group.label for small in small_categories(counts)]
    []
    >>> [small.group.label for small in small_categories(counts, people=30)]
    ['x', 'y']
    """
    if share is not None and not 0 <= share <= 1:
        raise LevelError(f"The smallest share is {share}.", "Give a share between 0 and 1, such as Fraction(2, 100).")
    if people is not None and people < 0:
        raise LevelError(f"The smallest number of people is {people}.", "Give a whole number such as 30.")
    limit = None if share is None else Fraction(str(share))  # 0.02 as people write it, not as floats store it
    everybody = counts.applicants
    flagged = []
    for group in counts:
        part = Fraction(group.applicants, everybody)
        few = SmallCategory(
            group,
            part,
            below_share=limit is not None and part < limit,
            below_people=people is not None and group.applicants < people,
        )
        if not group.is_missing and (few.below_share or few.below_people):
            flagged.append(few)
    return tuple(flagged)

"""Selection rates, impact ratios and the four-fifths comparison."""

import math

from evaluators.screening.counts import CountTable, GroupCount
from evaluators.screening.rules import FOUR_FIFTHS, Rule

REFERENCE_RULES = ("highest", "largest")
LABEL = "label:"


def selection_rates(counts: CountTable) -> dict[str, float]:
    """Divide the selected people of each group by its applicants.

    Parameters
    ----------
    counts : CountTable
        The groups' counts.

    Returns
    -------
    dict of str to float
        Label -> share selected (0-1), labels sorted.

    Examples
    --------
    >>> selection_rates(CountTable.from_counts({"x": (1, 4), "y": (2, 4)}))
    {'x': 0.25, 'y': 0.5}
    """
    return {group.label: float(group.rate) for group in counts}


def impact_ratios(counts: CountTable, *, reference: str = "highest") -> dict[str, float]:
    """Divide each group's selection rate by the reference group's rate.

    Ratios under 0.8 (the "four-fifths" guideline [1]_) ask for a closer look; they prove nothing alone.

    Parameters
    ----------
    counts : CountTable
        The groups' counts.
    reference : str
        The group to compare with; see `reference_group`.

    Returns
    -------
    dict of str to float
        Label -> ratio (no unit, 0 or more), labels sorted; all NaN if the reference rate is zero.

    Raises
    ------
    UnknownGroupError
        If `reference` is neither a rule nor a group.

    References
    ----------
    .. [1] 29 CFR 1607.4(D), Uniform Guidelines on Employee Selection Procedures.

    Examples
    --------
    >>> impact_ratios(CountTable.from_counts({"x": (1, 4), "y": (2, 4)}))
    {'x': 0.5, 'y': 1.0}
    """
    compared_with = reference_group(counts, reference)
    return {group.label: impact_ratio(group, compared_with) for group in counts}


def impact_ratio(group: GroupCount, reference: GroupCount) -> float:
    """Divide one group's selection rate by another's.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.

    Returns
    -------
    float
        The ratio (no unit, 0 or more), rounded once from the exact quotient; NaN if the reference rate is
        zero.

    Examples
    --------
    >>> impact_ratio(GroupCount("x", 64, 100), GroupCount("y", 80, 100))
    0.8
    """
    return float(group.rate / reference.rate) if reference.selected else math.nan


def falls_below(group: GroupCount, reference: GroupCount, rule: Rule = FOUR_FIFTHS) -> bool:
    """Tell whether the impact ratio lies under the rule's threshold, in exact arithmetic.

    Parameters
    ----------
    group, reference : GroupCount
        The group, and the group it is compared with.
    rule : Rule
        The guideline; four-fifths by default.

    Returns
    -------
    bool
        True if strictly below; False at exactly the threshold, and where the reference rate is zero.

    Examples
    --------
    Floats get the second one wrong, since 0.64 / 0.80 comes out under 0.8:

    >>> falls_below(GroupCount("x", 63, 100), GroupCount("y", 80, 100))
    True
    >>> falls_below(GroupCount("x", 64, 100), GroupCount("y", 80, 100))
    False
    """
    return group.rate < rule.threshold * reference.rate


def reference_group(counts: CountTable, reference: str = "highest") -> GroupCount:
    """Find the group that the others are compared with.

    Parameters
    ----------
    counts : CountTable
        The groups' counts.
    reference : str
        ``"highest"``: the group with the highest selection rate, as 29 CFR 1607.4(D) has it; in small samples
        this finds more gaps than there are, since it picks the luckiest group. ``"largest"``: the group with
        most applicants. Otherwise the label of a group; ``"label:"`` before it, as in ``"label:highest"``, names a
        group that is called like a rule. Both rules pass over groups with a missing label unless there are no others;
        of equals they take the one with more applicants (or the higher rate), then the first label.

    Returns
    -------
    GroupCount
        The reference group.

    Raises
    ------
    UnknownGroupError
        If `reference` is neither a rule nor a group.

    Examples
    --------
    >>> reference_group(CountTable.from_counts({"x": (1, 4), "y": (2, 4)})).label
    'y'
    >>> reference_group(CountTable.from_counts({"highest": (1, 4), "lowest": (2, 4)}), "label:highest").label
    'highest'
    """
    known = [group for group in counts if not group.is_missing] or list(counts)
    if reference == "highest":
        return max(known, key=lambda group: (group.rate, group.applicants))
    if reference == "largest":
        return max(known, key=lambda group: (group.applicants, group.rate))
    return counts[str(named_label(reference))]


def named_label(reference: str) -> str | None:
    """Return the label that a reference names, or None if it is a rule.

    Parameters
    ----------
    reference : str
        ``"highest"``, ``"largest"``, a group's label, or that after ``"label:"``.

    Returns
    -------
    str or None
        The label.

    Examples
    --------
    >>> named_label("highest"), named_label("men"), named_label("label:highest")
    (None, 'men', 'highest')
    """
    return None if reference in REFERENCE_RULES else reference.removeprefix(LABEL)


def reference_to(label: str) -> str:
    """Return what names a group as the reference; the inverse of `named_label`.

    Parameters
    ----------
    label : str
        The group.

    Returns
    -------
    str
        The label, after ``"label:"`` where it would be read as something else.

    Examples
    --------
    >>> reference_to("men"), reference_to("highest")
    ('men', 'label:highest')
    """
    return LABEL + label if named_label(label) != label else label

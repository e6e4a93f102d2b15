"""Several attributes and their intersection audited together: each attribute is a family of comparisons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators.screening._audit_words import verdict_in_words
from evaluators.screening.audit import SMALL_SHARE, SelectionAudit, audit_selection
from evaluators.screening.counts import CountTable
from evaluators.screening.errors import LevelError, TooFewGroupsError, UnknownGroupError
from evaluators.screening.rules import FOUR_FIFTHS, Rule
from evaluators.screening.significance import p_in_words
from evaluators.screening.verdicts import GroupAudit, Verdict

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class BrokenLimit:
    """A group that breaks a limit somebody stated; `Audit.limit_broken` finds them.

    Parameters
    ----------
    family : str
        The attribute, such as ``"sex"``.
    group : str
        The group's label.
    impact_ratio : float
        Its impact ratio (no unit).
    p_value, p_adjusted : float
        Two-sided p-value, raw and after Holm's adjustment inside the family.
    reason : str
        What is broken, as a sentence.
    """

    family: str
    group: str
    impact_ratio: float
    p_value: float
    p_adjusted: float
    reason: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Result of `audit_families`: one `SelectionAudit` for each family.

    Parameters
    ----------
    families : tuple of (str, SelectionAudit)
        Family and its audit, in the order given.

    Notes
    -----
    P-values are adjusted inside each family, not across families: with more families there are more chances of a
    false finding.
    """

    families: tuple[tuple[str, SelectionAudit], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The families' names, in the order given."""
        return tuple(name for name, _ in self.families)

    def __len__(self) -> int:
        return len(self.families)

    def __iter__(self) -> Iterator[tuple[str, SelectionAudit]]:
        """Go through (name, audit) of each family."""
        return iter(self.families)

    def __getitem__(self, name: str) -> SelectionAudit:
        """Return one family's audit; an unknown name raises UnknownGroupError."""
        for family, audit in self.families:
            if family == name:
                return audit
        raise UnknownGroupError(f"There is no family {name!r} in this audit.", f"It has: {', '.join(self.names)}.")

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of any family: evidence, else too little data, else none seen."""
        found = {audit.verdict for _, audit in self.families}
        return next(verdict for verdict in Verdict if verdict in found)

    def limit_broken(self, fail_under: float | None = None, alpha: float | None = None) -> tuple[BrokenLimit, ...]:
        """Find the groups that break a stated limit, such as for the exit code of a command.

        Parameters
        ----------
        fail_under : float, optional
            Impact ratios under this share (over 0, at most 1) break the limit, in exact decimal arithmetic.
        alpha : float, optional
            Only groups with a lower rate and a Holm-adjusted p-value under this level (0-1) break it.

        Returns
        -------
        tuple of BrokenLimit
            Families in order, lowest ratio first. With both arguments a group must break both. Without any, the
            groups with evidence of adverse impact. Small groups that were left out are not looked at; people
            whose group is not known are. A ratio that is undefined breaks nothing.

        Raises
        ------
        LevelError
            If an argument is no such share.

        Examples
        --------
        >>> audit = audit_families({"sex": CountTable.from_counts({"f": (64, 100), "m": (80, 100)})})
        >>> audit.limit_broken(fail_under=0.8)
        ()
        >>> [broken.group for broken in audit.limit_broken(fail_under=0.85, alpha=0.05)]
        ['f']
        """
        check_limit(fail_under=fail_under, alpha=alpha)
        return tuple(
            BrokenLimit(name, group.group, group.impact_ratio, group.p_value, group.p_adjusted, reason)
            for name, audit in self.families
            for group in audit.compared
            if (reason := _broken(group, audit[audit.reference], fail_under=fail_under, alpha=alpha))
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per family and group.

        Returns
        -------
        DataFrame, shape (n_rows, 28)
            Column ``family`` first, then those of `SelectionAudit.to_frame`, then ``reference``, the label of the
            family's reference group.
        """
        frames = []
        for name, audit in self.families:
            frame = audit.to_frame().assign(reference=audit.reference)
            frame.insert(0, "family", name)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: the overall verdict, and each family's `SelectionAudit.to_dict`."""
        return {
            "verdict": self.verdict.value,
            "families": {name: audit.to_dict() for name, audit in self.families},
        }

    def summary(self) -> str:
        """Say in plain words what was found, family by family.

        Returns
        -------
        str
            The overall result, then each family under its name, then what such figures cannot show.

        Examples
        --------
        >>> tables = {"sex": CountTable.from_counts({"f": (400, 1000), "m": (410, 1000)})}
        >>> print(audit_families(tables).summary())
        Result: no adverse impact seen.
        <BLANKLINE>
        sex: no adverse impact seen.
        f: no adverse impact seen. 400 of 1,000 were selected (40.0%), which is 98% of the rate of m; true \
values from 88% to 108% fit these counts. Even the low end is not below 80%.
        m: 410 of 1,000 were selected (41.0%). The other groups are compared with this one.
        <BLANKLINE>
        These figures show how large a gap is, not why it is there or whether it is fair or lawful.
        """
        parts = [f"Result: {verdict_in_words(self.verdict)}."]
        for name, audit in self.families:
            first, *lines, last = audit.summary().splitlines()
            parts.append("\n".join([f"{name}: {first.removeprefix('Result: ')}", *lines]))
        if len(self.families) > 1:
            last = (
                "Each part allows for the number of its own comparisons, but not for the other parts: the more parts, "
                f"the more false alarms. {last}"
            )
        return "\n\n".join([*parts, last])

    def chart(self) -> "alt.VConcatChart":
        """Draw the impact ratios of each family, one below the other on one scale.

        Returns
        -------
        altair.VConcatChart
            Narrow enough for a phone; the description holds the summary as text.
        """
        from evaluators.screening._charts.audit import families_chart  # Altair is slow to import

        return families_chart(self)


def audit_families(
    tables: Mapping[str, CountTable],
    *,
    reference: str | Mapping[str, str] = "highest",
    alpha: float = 0.05,
    method: str = "koopman",
    rule: Rule = FOUR_FIFTHS,
    minimum_share: Fraction | float | None = SMALL_SHARE,
    minimum_people: int | None = None,
    leave_small_out: bool = False,
    intervals: Mapping[str, Mapping[str, tuple[float, float]]] | None = None,
) -> Audit:
    """Audit several attributes, and intersections of them, at once.

    Parameters
    ----------
    tables : mapping of str to CountTable
        Family, such as ``"sex"``, ``"race"`` or ``"sex × race"``, and its counts; at least two groups each.
    reference : str or mapping of str to str
        ``"highest"``, ``"largest"`` or a group's label for all families; or family -> one of these, where a family
        that is not named takes ``"highest"``.
    alpha, method, rule, minimum_share, minimum_people, leave_small_out
        As in `audit_selection`; Holm's adjustment is made inside each family.
    intervals : mapping of str to mapping, optional
        Family -> intervals as in `audit_selection`; each family must be there.

    Returns
    -------
    Audit
        Each family's audit and one overall verdict.

    Raises
    ------
    TooFewGroupsError
        If there is no family, or one has fewer than two groups to compare; the family is named.
    UnknownGroupError
        If a reference is neither a rule nor a group, or `reference` or `intervals` names the wrong families.
    LevelError, MethodError
        As in `audit_selection`.

    Examples
    --------
    >>> audit = audit_families(
    ...     {
    ...         "sex": CountTable.from_counts({"f": (40, 200), "m": (80, 200)}),
    ...         "race": CountTable.from_counts({"x": (58, 200), "y": (62, 200)}),
    ...     }
    ... )
    >>> audit.verdict.value, audit["race"].verdict.value
    ('evidence of adverse impact', 'too little data to tell')
    """
    if not tables:
        raise TooFewGroupsError("There is no attribute to audit.", "Give at least one, such as the column sex.")
    chosen = dict.fromkeys(tables, reference) if isinstance(reference, str) else dict(reference)
    for what, given in (("reference", chosen), ("intervals", intervals or {})):
        if unknown := [name for name in given if name not in tables]:
            raise UnknownGroupError(
                f"{what} names {unknown[0]!r}, which is not audited.", f"The families are: {', '.join(tables)}."
            )
    audits = []
    for name, counts in tables.items():
        if intervals is not None and name not in intervals:
            raise UnknownGroupError(f"intervals lacks the family {name!r}.", "Give the intervals of each family.")
        try:
            audit = audit_selection(
                counts,
                reference=chosen.get(name, "highest"),
                alpha=alpha,
                method=method,
                rule=rule,
                minimum_share=minimum_share,
                minimum_people=minimum_people,
                leave_small_out=leave_small_out,
                intervals=None if intervals is None else intervals[name],
            )
        except (TooFewGroupsError, UnknownGroupError) as error:
            raise type(error)(f"{name}: {error.problem}", error.hint) from error
        audits.append((name, audit))
    return Audit(tuple(audits))


def check_limit(*, fail_under: float | None, alpha: float | None) -> None:
    """Refuse a limit that is no share; as `Audit.limit_broken` does, and before anything is counted."""
    if fail_under is not None and not 0 < fail_under <= 1:
        raise LevelError(f"The limit is {fail_under}.", "Give a share over 0 and at most 1, such as 0.8.")
    if alpha is not None and not 0 < alpha < 1:
        raise LevelError(f"alpha is {alpha}.", "Give a share between 0 and 1, such as 0.05.")


def _broken(group: GroupAudit, reference: GroupAudit, *, fail_under: float | None, alpha: float | None) -> str:
    """Say which limit the group breaks; empty if it keeps them."""
    if fail_under is None and alpha is None:
        if group.verdict is not Verdict.EVIDENCE:
            return ""
        return f"{group.group} shows evidence of adverse impact: impact ratio {group.impact_ratio:.3f}."
    if not reference.selected:
        return ""
    rate, best = Fraction(group.selected, group.applicants), Fraction(reference.selected, reference.applicants)
    said = f"{group.group} has an impact ratio of {group.impact_ratio:.3f}"
    if fail_under is not None:
        if rate >= Fraction(str(fail_under)) * best:
            return ""
        said += f", under the limit of {fail_under:g}"
    if alpha is not None:
        if rate >= best or group.p_adjusted >= alpha:
            return ""
        said += f", with an adjusted p-value under {alpha:g} ({p_in_words(group.p_adjusted)})"
    return f"{said}."

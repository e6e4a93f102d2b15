"""How far people who rate replies agree with each other, and how far a score agrees with them."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._plain import json_able
from evaluators._validation import require_columns
from evaluators.tone.errors import RatingsError
from evaluators.tone.rubric import load_rubric

if TYPE_CHECKING:
    import altair as alt

COLUMNS = ("rater", "reply_id", "dimension", "score")
ALL = "all"
_FEWEST_SHARED = 3  # replies; under this, a pair says nothing
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two raters agree in one dimension.

    Parameters
    ----------
    dimension : str
        Its key; ``"all"`` for all ratings together.
    first, second : str
        The raters.
    ratings : int
        How many things both rated.
    kappa : float
        Cohen's kappa with quadratic weights (1: same, 0: as by chance); NaN if it cannot be given.
    """

    dimension: str
    first: str
    second: str
    ratings: int
    kappa: float


@dataclass(frozen=True, slots=True)
class DimensionAgreement:
    """How far all raters agree in one dimension.

    Parameters
    ----------
    dimension : str
        Its key; ``"all"`` for all ratings together.
    raters, replies, pairs : int
        Raters, replies with two ratings or more, and pairs of raters whose kappa can be given.
    kappa : float
        Mean of the pairs' weighted kappas; NaN if there is none.
    one_against_rest : float
        Mean over raters of the rank correlation (Spearman) of one with the mean of the others; NaN if there is none.
    why_not : str
        Why kappa is not given; empty where it is.
    """

    dimension: str
    raters: int
    replies: int
    pairs: int
    kappa: float
    one_against_rest: float
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """How far raters agree with each other.

    Parameters
    ----------
    dimensions : tuple of DimensionAgreement
        In the order of the rubric, those that were rated; the last is all together.
    pairs : tuple of PairAgreement
        Each pair of raters in each dimension, and in all.
    raters, replies, ratings : int
        Counts.
    """

    dimensions: tuple[DimensionAgreement, ...]
    pairs: tuple[PairAgreement, ...] = field(repr=False)
    raters: int
    replies: int
    ratings: int

    @property
    def overall(self) -> DimensionAgreement:
        """All dimensions together."""
        return self.dimensions[-1]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a dimension.

        Returns
        -------
        DataFrame, shape (n_dimensions + 1, 7)
            The fields of `DimensionAgreement`; the last row is all together.
        """
        return pd.DataFrame([_row(each) for each in self.dimensions])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that cannot be given."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how far the raters agree.

        Returns
        -------
        str
            All together, then a line for each dimension, then what agreement does not prove.

        Examples
        --------
        >>> rows = [(who, reply, "politeness", score) for who, scores in (("Ana", [0, 2, 4, 3]), ("Ben", [1, 2, 4, 3]))
        ...     for reply, score in enumerate(scores)]
        >>> agreement = rater_agreement(pd.DataFrame(rows, columns=["rater", "reply_id", "dimension", "score"]))
        >>> print(agreement.summary().splitlines()[0])
        2 raters, 4 replies, 8 ratings. All together: weighted kappa 0.93 (1: always the same, 0: as by chance).
        """
        whole = self.overall
        lines = [
            f"{self.raters} raters, {_count(self.replies, 'reply', 'replies')}, {self.ratings:,} ratings. "
            f"All together: {_kappa(whole)} (1: always the same, 0: as by chance)."
        ]
        for each in self.dimensions[:-1]:
            rho = (
                "" if math.isnan(each.one_against_rest) else f", one rater against the rest {each.one_against_rest:.2f}"
            )
            lines.append(f"{load_rubric()[each.dimension].name}: {_kappa(each)}{rho}.")
        lines.append(
            "Agreement shows that people read alike. It does not show that they are right, or that others would agree."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw kappa by dimension, with the pairs behind it.

        Returns
        -------
        altair.LayerChart
            A bar for each mean and a mark for each pair; the description holds the summary.
        """
        from evaluators.tone._charts.agreement import rater_chart  # Altair is slow to import

        return rater_chart(self)


@dataclass(frozen=True, slots=True)
class ScoreAgreement:
    """How far scores agree with raters in one dimension.

    Parameters
    ----------
    dimension : str
        Its key; ``"all"`` for all together.
    replies : int
        Replies with a score and a rating (for all: pairs of a reply and a dimension).
    kappa : float
        Mean over raters of the quadratic weighted kappa of each with the scores rounded to whole steps.
    human_kappa : float
        The same between raters: what agreement among people looks like on these replies.
    spearman : float
        Rank correlation of the scores with the raters' mean.
    difference : float
        Mean of score less raters' mean, in points: above 0, the scores are kinder than the raters.
    why_not : str
        Why kappa is not given; empty where it is.
    """

    dimension: str
    replies: int
    kappa: float
    human_kappa: float
    spearman: float
    difference: float
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class AgreementWith:
    """How far a score, or one more rater, agrees with raters, beside their agreement with each other.

    Parameters
    ----------
    dimensions : tuple of ScoreAgreement
        In the order of the rubric; the last is all together.
    raters : int
        How many raters it is compared with.
    """

    dimensions: tuple[ScoreAgreement, ...]
    raters: int

    @property
    def overall(self) -> ScoreAgreement:
        """All dimensions together."""
        return self.dimensions[-1]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a dimension.

        Returns
        -------
        DataFrame, shape (n_dimensions + 1, 7)
            The fields of `ScoreAgreement`; the last row is all together.
        """
        return pd.DataFrame([_row(each) for each in self.dimensions])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for figures that cannot be given."""
        return json_able(self)

    def summary(self) -> str:
        """Say in plain words how far the scores agree with the raters.

        Returns
        -------
        str
            All together, then a line for each dimension, then what the figure does not prove.
        """
        whole = self.overall
        lines = [
            f"Compared with {_count(self.raters, 'rater', 'raters')} on {whole.replies:,} ratings of replies: "
            f"{_kappa(whole)}{_ceiling(whole)}."
        ]
        for each in self.dimensions[:-1]:
            rho = "" if math.isnan(each.spearman) else f", rank correlation {each.spearman:.2f}"
            kinder = "kinder" if each.difference > 0 else "stricter"
            gap = "" if abs(each.difference) < 0.05 else f", on average {abs(each.difference):.1f} points {kinder}"
            name = load_rubric()[each.dimension].name
            lines.append(f"{name}: {_kappa(each)}{_ceiling(each)}{rho}{gap}.")
        lines.append("This holds for these raters and these replies. Other people, or other replies, may differ.")
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw kappa by dimension beside that of the raters among themselves.

        Returns
        -------
        altair.LayerChart
            Filled marks are the scores', hollow ones the raters'; the description holds the summary.
        """
        from evaluators.tone._charts.agreement import score_chart  # Altair is slow to import

        return score_chart(self)


def _row(result: Any) -> dict[str, Any]:
    return {name: getattr(result, name) for name in result.__slots__}


def _kappa(result: DimensionAgreement | ScoreAgreement) -> str:
    return f"no kappa: {result.why_not}" if math.isnan(result.kappa) else f"weighted kappa {result.kappa:.2f}"


def _ceiling(result: ScoreAgreement) -> str:
    return "" if math.isnan(result.human_kappa) else f" (the raters among themselves {result.human_kappa:.2f})"


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def check_ratings(ratings: pd.DataFrame, *, where: str = "The ratings") -> pd.DataFrame:
    """Check a table of ratings, and return its four columns: texts, and the score as a number.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``rater``, ``reply_id``, ``dimension`` and ``score`` (0–4); others are left out.
    where : str
        What to call the table in an error.

    Returns
    -------
    DataFrame, shape (n_ratings, 4)
        Rows without a score are left out.

    Raises
    ------
    RatingsError
        If a dimension is not of the rubric, a score is no number from 0 to 4, or somebody rated the same thing twice.
    ColumnError
        If a column is missing.
    """
    require_columns(ratings, *COLUMNS)
    rubric = load_rubric()
    made = ratings.loc[:, list(COLUMNS)].reset_index(drop=True)
    for name in ("rater", "reply_id", "dimension"):
        empty = made[name].isna() | (made[name].astype(str).str.strip() == "")
        if empty.any():
            raise RatingsError(f"{where}: row {_line(empty)} has no {name}.", "Fill it in, or delete the row.")
        made[name] = made[name].astype(str).str.strip()
    unknown = ~made["dimension"].isin(rubric.keys)
    if unknown.any():
        raise RatingsError(
            f"{where}: row {_line(unknown)} rates a dimension {made['dimension'][unknown].iloc[0]!r}.",
            f"Dimensions are: {', '.join(rubric.keys)}.",
        )
    written = made["score"].map(lambda cell: None if pd.isna(cell) or not str(cell).strip() else str(cell).strip())
    scores = pd.to_numeric(written, errors="coerce")
    wrong = written.notna() & ~scores.between(rubric.lowest, rubric.highest)
    if wrong.any():
        raise RatingsError(
            f"{where}: row {_line(wrong)} has the score {written[wrong].iloc[0]!r}.",
            "Scores are numbers from 0 to 4, with a point before decimals.",
            "score",
        )
    made["score"] = scores.astype(float)
    made = made[written.notna()]
    twice = made.duplicated(["rater", "reply_id", "dimension"])
    if twice.any():
        again = made[twice].iloc[0]
        raise RatingsError(
            f"{where}: {again['rater']} rated {again['dimension']} of reply {again['reply_id']} more than once "
            f"(row {int(made.index[twice][0]) + 1}).",
            "Keep one of the two.",
        )
    if made.empty:
        raise RatingsError(f"{where} hold no score.", "Give at least one row with a score from 0 to 4.")
    return made.reset_index(drop=True)


def _line(wrong: "pd.Series[bool]") -> int:
    return int(np.flatnonzero(wrong.to_numpy())[0]) + 1


def read_ratings(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a file of ratings.

    Parameters
    ----------
    path : path
        CSV, Excel or Parquet with the columns ``rater``, ``reply_id``, ``dimension`` (a key of the rubric) and
        ``score`` (0–4); capitals do not matter. Rows are numbered from 1 below the header.

    Returns
    -------
    DataFrame, shape (n_ratings, 4)

    Raises
    ------
    TableError
        If the file cannot be read.
    ColumnError
        If a column is missing.
    RatingsError
        If something in it is no rating; the message names the row.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ratings.csv")
    ...     _ = path.write_text("rater,reply_id,dimension,score\nAna,r1,politeness,3\n")
    ...     print(read_ratings(path).to_dict("records"))
    [{'rater': 'Ana', 'reply_id': 'r1', 'dimension': 'politeness', 'score': 3.0}]
    """
    return check_ratings(read_columns(path, *COLUMNS), where=os.fspath(path))


def read_columns(path: str | os.PathLike[str], *names: str, optional: Sequence[str] = ()) -> pd.DataFrame:
    """Read some columns of a person's file as text, in the order of its rows, whatever the capitals of their names."""
    from evaluators.own_data import column_named, open_own_table

    with open_own_table(path) as table:
        known = {each.strip().casefold() for each in table.names}
        wanted = [*names, *(name for name in optional if name in known)]
        columns = [column_named(table, name) for name in wanted]
        rows = table.relation.fetchall()
        places = [table.names.index(column) for column in columns]
    return pd.DataFrame([[row[place] for place in places] for row in rows], columns=wanted)


def weighted_kappa(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> float:
    """Return Cohen's kappa with quadratic weights of two ratings, rounded to whole steps of the scale.

    Parameters
    ----------
    first, second : sequence of float, shape (n,)
        Scores from 0 to 4; halves are rounded up.

    Returns
    -------
    float
        1 where they are the same, 0 as by chance, less than 0 where they contradict each other; NaN if there are none,
        or if both gave one and the same step throughout: then chance would agree as well.

    References
    ----------
    .. [1] Cohen, J. (1968). Weighted kappa. Psychological Bulletin 70(4), 213–220.

    Examples
    --------
    >>> round(weighted_kappa([0, 2, 4, 3], [1, 2, 4, 3]), 3), weighted_kappa([2, 2], [2, 2])
    (0.929, nan)
    """
    from sklearn.metrics import cohen_kappa_score

    one, other = (np.floor(np.asarray(each, float) + 0.5).astype(int) for each in (first, second))
    if not len(one) or len({*one.tolist(), *other.tolist()}) < 2:
        return math.nan
    steps = list(range(int(load_rubric().lowest), int(load_rubric().highest) + 1))
    return round(float(cohen_kappa_score(one, other, labels=steps, weights="quadratic")), 12)


def rank_correlation(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation; NaN under 3 values or where one side never varies."""
    from scipy.stats import spearmanr

    if len(first) < _FEWEST_SHARED or len(set(first.tolist())) < 2 or len(set(second.tolist())) < 2:
        return math.nan
    return round(float(spearmanr(first, second).statistic), 12)


def rater_agreement(ratings: pd.DataFrame) -> RaterAgreement:
    """Say how far raters agree with each other.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``rater``, ``reply_id``, ``dimension``, ``score`` (0–4); not everybody must rate everything.

    Returns
    -------
    RaterAgreement

    Raises
    ------
    RatingsError
        If there are fewer than two raters, or no two of them rated the same.

    Examples
    --------
    >>> rows = [("Ana", "r1", "politeness", 0), ("Ben", "r1", "politeness", 1), ("Ana", "r2", "politeness", 4),
    ...     ("Ben", "r2", "politeness", 4), ("Ana", "r3", "politeness", 2), ("Ben", "r3", "politeness", 2)]
    >>> found = rater_agreement(pd.DataFrame(rows, columns=["rater", "reply_id", "dimension", "score"]))
    >>> round(found.overall.kappa, 3), round(found.overall.one_against_rest, 3)
    (0.923, 1.0)
    """
    made = check_ratings(ratings)
    raters = sorted(set(made["rater"]))
    if len(raters) < 2:
        raise RatingsError(
            f"There is one rater, {raters[0]}: nobody to agree with.", "Ask at least one more person to rate."
        )
    rated = [key for key in load_rubric().keys if key in set(made["dimension"])]
    dimensions, pairs = [], []
    for key in [*rated, ALL]:
        wide = _wide(made, key)
        own = [_pair(wide, key, first, second) for first, second in combinations(raters, 2)]
        pairs += [each for each in own if each.ratings]
        dimensions.append(_dimension(wide, key, own))
    if not any(each.ratings for each in pairs):
        raise RatingsError("No two raters rated the same reply.", "Let at least two people rate the same replies.")
    return RaterAgreement(tuple(dimensions), tuple(pairs), len(raters), made["reply_id"].nunique(), len(made))


def _wide(ratings: pd.DataFrame, key: str) -> pd.DataFrame:
    own = ratings if key == ALL else ratings[ratings["dimension"] == key]
    return own.pivot(index=["reply_id", "dimension"], columns="rater", values="score").sort_index()


def _pair(wide: pd.DataFrame, key: str, first: str, second: str) -> PairAgreement:
    if first not in wide or second not in wide:
        return PairAgreement(key, first, second, 0, math.nan)
    both = wide[[first, second]].dropna()
    kappa = weighted_kappa(both[first].to_numpy(), both[second].to_numpy()) if len(both) >= _FEWEST_SHARED else math.nan
    return PairAgreement(key, first, second, len(both), kappa)


def _dimension(wide: pd.DataFrame, key: str, pairs: Sequence[PairAgreement]) -> DimensionAgreement:
    kappas = [each.kappa for each in pairs if not math.isnan(each.kappa)]
    rhos = []
    for rater in wide.columns:
        rest = wide.drop(columns=rater).mean(axis=1)
        both = wide[rater].notna() & rest.notna()
        rhos.append(rank_correlation(wide[rater][both].to_numpy(float), rest[both].to_numpy(float)))
    rhos = [each for each in rhos if not math.isnan(each)]
    shared = int((wide.notna().sum(axis=1) >= 2).sum())
    why_not = "" if kappas else _why_not(max((each.ratings for each in pairs), default=0))
    replies = wide[wide.notna().sum(axis=1) >= 2].index.get_level_values("reply_id").nunique() if shared else 0
    return DimensionAgreement(key, wide.shape[1], int(replies), len(kappas), _mean(kappas), _mean(rhos), why_not)


def _why_not(shared: int) -> str:
    if shared < _FEWEST_SHARED:
        return f"two raters share {_count(shared, 'rating', 'ratings')} at most, and it takes {_FEWEST_SHARED}"
    return "everybody gave the same score throughout, so that chance would agree as well"


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def agreement_with(ratings: pd.DataFrame, scores: pd.DataFrame) -> AgreementWith:
    """Say how far scores agree with raters, beside how far the raters agree with each other.

    Parameters
    ----------
    ratings : DataFrame
        Columns ``rater``, ``reply_id``, ``dimension``, ``score`` (0–4).
    scores : DataFrame
        Columns ``reply_id``, ``dimension``, ``score`` (0–4): of an evaluator, or of one more person. Those without a
        rating, and missing ones (the evaluator abstained), are left out.

    Returns
    -------
    AgreementWith
        Kappa compares the scores, rounded, with each rater in turn and takes the mean: the same comparison as between
        two raters, so that the two figures can stand side by side.

    Raises
    ------
    RatingsError
        If a row cannot be used, or no reply has both.

    Examples
    --------
    >>> rows = [("Ana", "r1", "politeness", 0), ("Ana", "r2", "politeness", 4), ("Ana", "r3", "politeness", 2)]
    >>> ratings = pd.DataFrame(rows, columns=["rater", "reply_id", "dimension", "score"])
    >>> found = agreement_with(ratings, ratings.assign(score=[1.2, 3.9, 2.1]))
    >>> round(found.overall.kappa, 3), found.overall.human_kappa, round(found.overall.difference, 3)
    (0.923, nan, 0.4)
    """
    made = check_ratings(ratings)
    require_columns(scores, *COLUMNS[1:])
    given = check_ratings(scores.assign(rater="the score"), where="The scores")
    both = made.merge(given[["reply_id", "dimension", "score"]], on=["reply_id", "dimension"], suffixes=("", "_given"))
    if both.empty:
        raise RatingsError("No reply has both a rating and a score.", "Check that the ids of the replies are the same.")
    several = made["rater"].nunique() > 1
    dimensions = []
    for key in [key for key in load_rubric().keys if key in set(both["dimension"])] + [ALL]:
        own = both if key == ALL else both[both["dimension"] == key]
        people = [own[own["rater"] == rater] for rater in sorted(set(own["rater"]))]
        kappas = [
            weighted_kappa(each["score"].to_numpy(), each["score_given"].to_numpy())
            for each in people
            if len(each) >= _FEWEST_SHARED
        ]
        kappas = [each for each in kappas if not math.isnan(each)]
        means = own.groupby(["reply_id", "dimension"], sort=True)[["score", "score_given"]].mean()
        difference = math.fsum(means["score_given"] - means["score"]) / len(means)
        human = math.nan
        if several:
            wide = _wide(own[list(COLUMNS)], key)
            human = _dimension(wide, key, [_pair(wide, key, *pair) for pair in combinations(wide.columns, 2)]).kappa
        dimensions.append(
            ScoreAgreement(
                key,
                len(means),
                _mean(kappas),
                human,
                rank_correlation(means["score"].to_numpy(float), means["score_given"].to_numpy(float)),
                round(difference, 12),
                "" if kappas else _why_not(max(map(len, people))),
            )
        )
    return AgreementWith(tuple(dimensions), made["rater"].nunique())

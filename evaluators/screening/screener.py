"""A realistic screener to audit: it learns from past hiring, and how unfair that past was can be chosen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.screening.errors import BiasError, FeatureError

FIELDS = ("years_experience", "gap_months", "tenure_months", "education", "district", "school")
LISTS = ("languages", "software")
TEXTS = ("profile",)
NAMES = ("first_name",)
FEATURES = (*FIELDS, *LISTS, *TEXTS, *NAMES)
PLANTED_LOG_ODDS = {"female": -0.4, "Black": -0.5}
CUT = math.log(3)

_NUMBERS = ("years_experience", "gap_months", "tenure_months")
_TEST_SHARE = 0.3
_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class Screener:
    """A trained screener; `train_screener` makes it. Call it, or its `score`, on applications.

    Parameters
    ----------
    features : tuple of str
        The columns it reads. It never reads sex, race or age.
    bias : float
        How strongly the past it learned from took points off (no unit): 0 not at all, 1 as in the data.
    trained_on, tested_on : int
        Applications it learned from, and applications kept aside to test it.
    auc_hired : float
        AUC for the past decisions it imitates, on the applications kept aside (0-1; 0.5 is guessing).
    auc_good : float
        AUC for being a good adviser after 12 months, on the same; NaN if the data do not say.
    past_rate : float
        Share hired in the past it learned from (0-1).
    pipeline : sklearn.pipeline.Pipeline
        The scikit-learn model: columns in, probability of being hired out.
    """

    features: tuple[str, ...]
    bias: float
    trained_on: int
    tested_on: int
    auc_hired: float
    auc_good: float
    past_rate: float
    pipeline: Any = field(repr=False, compare=False)
    _scale: npt.NDArray[np.float64] = field(repr=False, compare=False)

    def score(self, applications: Any) -> npt.NDArray[np.float64]:
        """Score applications from 0 to 100.

        Parameters
        ----------
        applications : table, shape (n_applications, n_columns)
            Any table that narwhals knows, with the columns in `features`.

        Returns
        -------
        ndarray of float, shape (n_applications,)
            Percent of the applications kept aside that it ranks no higher: 75 is better than three of four.

        Raises
        ------
        ColumnError
            If a column is missing.
        FeatureError
            If a column holds something the screener cannot read, such as an empty number.
        """
        inputs = _inputs(applications, self.features)
        if inputs.empty:
            return np.empty(0)
        likely = self.pipeline.decision_function(inputs)
        below: npt.NDArray[np.intp] = np.searchsorted(self._scale, likely, side="right")
        return 100 * below / len(self._scale)

    def __call__(self, applications: Any) -> npt.NDArray[np.float64]:
        """Score applications, as `score` does."""
        return self.score(applications)

    def weights(self) -> pd.DataFrame:
        """Return what each input adds to the screener's rating, strongest first.

        Returns
        -------
        DataFrame, shape (n_inputs, 3)
            ``feature`` (column), ``value`` (the word or category; blank for numbers) and ``weight`` in log-odds:
            for a word or category, being there against not; for a number, one standard deviation of its logarithm more.
        """
        table = pd.DataFrame(
            [name.split("__", 1) for name in self.pipeline[0].get_feature_names_out()], columns=["feature", "value"]
        )
        number = table["feature"].eq("numbers")
        table.loc[number, "feature"] = table.loc[number, "value"]
        table["value"] = [
            "" if plain else value.removeprefix(f"{feature}_")
            for feature, value, plain in zip(table["feature"], table["value"], number, strict=True)
        ]
        table["weight"] = self.pipeline[-1].coef_[0]
        return table.sort_values("weight", key=abs, ascending=False, kind="stable", ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; None stands for an AUC that the data cannot give."""
        figures = {"auc_hired": self.auc_hired, "auc_good": self.auc_good}
        return {
            "features": list(self.features),
            "bias": self.bias,
            "trained_on": self.trained_on,
            "tested_on": self.tested_on,
            "past_rate": self.past_rate,
        } | {name: None if math.isnan(value) else value for name, value in figures.items()}

    def to_frame(self) -> pd.DataFrame:
        """Return the figures of `to_dict` as one row."""
        return pd.DataFrame([self.to_dict() | {"features": ", ".join(self.features)}])

    def summary(self) -> str:
        """Say in plain words what the screener learned from and how good it is.

        Returns
        -------
        str
            A few sentences, the last of which says what they do not prove.
        """
        past = "took no points off for sex or race"
        if self.bias:
            points = " and ".join(
                f"{-points * self.bias:.2g} {'from women' if group == 'female' else f'from {group} applicants'}"
                for group, points in PLANTED_LOG_ODDS.items()
            )
            past = f"took points off ratings (log-odds: {points})"
        good = (
            "Nobody measured later how good people were"
            if math.isnan(self.auc_good)
            else f"Of one later good adviser and one later poor one, it ranks the good one higher {self.auc_good:.0%} "
            "of the time (50% is guessing)"
        )
        return (
            f"The screener learned from {self.trained_on:,} past decisions, {self.past_rate:.0%} of them hires, and "
            f"was tested on {self.tested_on:,} others. The past {past}. The screener reads "
            f"{', '.join(self.features)}; it is never told sex, race or age. {good}. "
            "That says how well it ranks, not whether it treats groups alike: audit its scores for that."
        )


def past_decisions(applications: Any, *, bias: float = 1.0) -> npt.NDArray[np.bool_]:
    """Decide as the past would have, with its unfairness turned up or down.

    A panel rated everybody. Then points were taken off women's and Black applicants' ratings, `bias` times what
    the data's ``points_off`` says. Who was left with `CUT` or more was hired. Ratings are on the log-odds scale and
    alike in all groups, so at bias 1 a woman's odds are exp(-0.4) = 0.67 times a man's and a Black applicant's
    exp(-0.5) = 0.61 times a White applicant's.

    Parameters
    ----------
    applications : table, shape (n_applications, n_columns)
        With the columns ``panel_rating`` and ``points_off`` of `evaluators.data.load_adviser_applications`.
    bias : float
        0 or more: 0 no points off, 1 as the data's ``hired``, 2 twice as many.

    Returns
    -------
    ndarray of bool, shape (n_applications,)
        True where the past would have hired.

    Raises
    ------
    BiasError
        If `bias` is negative or not a number.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> people = pd.DataFrame({"panel_rating": [1.3, 1.3], "points_off": [0.0, 0.4]})
    >>> past_decisions(people, bias=0).tolist(), past_decisions(people, bias=1).tolist()
    ([True, True], [True, False])
    """
    if not (math.isfinite(bias) and bias >= 0):
        raise BiasError(f"The bias is {bias}.", "Give 0 (a fair past), 1 (the past in the data) or another size.")
    table = pandas_columns(applications, "panel_rating", "points_off")
    decided: npt.NDArray[np.bool_] = (table["panel_rating"] - bias * table["points_off"]).to_numpy(float) >= CUT
    return decided


def train_screener(
    applications: Any, *, bias: float = 1.0, features: Sequence[str] = FEATURES, seed: int = 0
) -> Screener:
    """Train a screener that imitates past hiring; the past's unfairness can be turned up and down.

    It is what many tools are: text and fields in, logistic regression on who was hired. It is never told sex or
    race, yet it can learn them from the first name, "she", a school, a district or a career gap.

    Parameters
    ----------
    applications : table, shape (n_applications, n_columns)
        `evaluators.data.load_adviser_applications`, or rows of it.
    bias : float
        Which past it learns from: see `past_decisions`. 0 none, 1 the past in the data, 2 strong.
    features : sequence of str
        Columns that it may read, of `FEATURES`.
    seed : int
        Draws which 70 % it learns from; the rest tests it. Same seed, same screener.

    Returns
    -------
    Screener
        Ready to score.

    Raises
    ------
    FeatureError
        If `features` is empty, names a column that is not of `FEATURES`, or a column cannot be read.
    BiasError
        If `bias` is no size, or the past hired nobody or everybody.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> from evaluators.data import load_adviser_applications
    >>> applications = load_adviser_applications().head(600)
    >>> screener = train_screener(applications, features=["years_experience", "education", "software"])
    >>> screener.score(applications).round().shape
    (600,)
    """
    from sklearn.metrics import roc_auc_score  # slow to import
    from sklearn.model_selection import train_test_split

    chosen = _checked(features)
    inputs = _inputs(applications, chosen)
    hired = past_decisions(applications, bias=bias)
    if min(hired.sum(), (~hired).sum()) < 2:
        raise BiasError(
            f"The past hired {hired.sum()} of {len(hired)} applicants, so there is nothing to learn.",
            "Give more applications, or a smaller bias.",
        )
    train, test = train_test_split(np.arange(len(inputs)), test_size=_TEST_SHARE, random_state=seed, stratify=hired)
    pipeline = _pipeline(chosen)
    pipeline.fit(inputs.iloc[train], hired[train])
    likely = pipeline.decision_function(inputs.iloc[test])
    return Screener(
        features=chosen,
        bias=float(bias),
        trained_on=len(train),
        tested_on=len(test),
        auc_hired=float(roc_auc_score(hired[test], likely)),
        auc_good=_auc_good(applications, test, likely),
        past_rate=float(hired.mean()),
        pipeline=pipeline,
        _scale=np.sort(likely),
    )


def _auc_good(applications: Any, test: npt.NDArray[np.intp], likely: npt.NDArray[np.float64]) -> float:
    from sklearn.metrics import roc_auc_score

    from evaluators._validation import ColumnError

    try:
        good = pandas_columns(applications, "good_after_12_months")["good_after_12_months"].to_numpy(bool)[test]
    except ColumnError:
        return math.nan
    return float(roc_auc_score(good, likely)) if 0 < good.sum() < len(good) else math.nan


def _checked(features: Sequence[str]) -> tuple[str, ...]:
    wanted = (features,) if isinstance(features, str) else tuple(features)
    unknown = [name for name in wanted if name not in FEATURES]
    if unknown or not wanted:
        raise FeatureError(
            f"The screener cannot read {unknown[0]!r}." if unknown else "The screener is given nothing to read.",
            f"Choose among: {', '.join(FEATURES)}.",
        )
    return tuple(name for name in FEATURES if name in wanted)  # the order changes nothing


def _inputs(applications: Any, features: tuple[str, ...]) -> pd.DataFrame:
    """Return the columns as the pipeline reads them: numbers as float, the rest as text."""
    table = pandas_columns(applications, *features).reset_index(drop=True)
    read: dict[str, Any] = {}
    for name in features:
        if name not in _NUMBERS:
            read[name] = table[name].astype(object).where(table[name].notna(), "").astype(str)
            continue
        read[name] = pd.to_numeric(table[name].astype(object), errors="coerce").astype(float)
        bad = ~(np.isfinite(read[name]) & (read[name] >= 0))
        if bad.any():
            raise FeatureError(
                f"In row {int(bad.argmax()) + 1} the column {name!r} has {table[name][bad].iloc[0]!r} "
                f"({int(bad.sum())} such rows).",
                "Each row needs a number of 0 or more there.",
            )
    return pd.DataFrame(read)


def _pipeline(features: tuple[str, ...]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    numbers = [name for name in _NUMBERS if name in features]
    # The first years count more than the twentieth; the logarithm says so.
    scaled = make_pipeline(FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler())
    steps: list[tuple[str, Any, Any]] = [("numbers", scaled, numbers)] if numbers else []
    for name in features:
        if name in LISTS:
            steps.append((name, CountVectorizer(token_pattern=r"[^;]+", preprocessor=_listed, binary=True), name))
        elif name in TEXTS:
            steps.append((name, TfidfVectorizer(token_pattern=r"[^\W\d_]{2,}", min_df=5, binary=True), name))
        elif name not in numbers:
            steps.append((name, OneHotEncoder(handle_unknown="ignore"), [name]))
    return make_pipeline(ColumnTransformer(steps), LogisticRegression(C=0.5, max_iter=1000))


def _listed(text: str) -> str:
    """Return a list such as "English; Spanish" without the blanks around its items."""
    return _SEPARATOR.join(item.strip() for item in text.casefold().split(_SEPARATOR))

"""What a screener is, and how it scores résumés: one number each, or an error that names the résumé."""

import copy
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators._plain import plain
from evaluators.judgement._cells import names_of
from evaluators.judgement.errors import ScreenerError
from evaluators.judgement.screener._code import arguments_wrong, failure

CALL = "call"
METHODS = ("predict_proba", "decision_function", "predict")
_DIGITS = 12
_MOST_BLAMED = 1000


def score_items(screener: Any, items: Any, *, item: str, withheld: Sequence[str] = ()) -> pd.Series:
    """Score each résumé with a screener.

    Parameters
    ----------
    screener : callable or estimator
        A function that takes one résumé as a dict (column -> text, number, True, False or None) and returns a number;
        or an object as scikit-learn makes them, that takes a frame of columns. Of it, ``predict_proba`` counts (the
        column of the highest class), otherwise ``decision_function``, otherwise ``predict``. Higher is better.
    items : table, shape (n_items, n_columns)
        One row per résumé: a pandas or polars frame, a PyArrow table or the like.
    item : str
        Column with the résumé's name. The screener does not see it.
    withheld : sequence of str
        More columns that it does not see.

    Returns
    -------
    Series of float, shape (n_items,)
        Its scores, to 12 significant digits (so that sums in another order give the same), indexed by the names.

    Raises
    ------
    ScreenerError
        If a name is missing or occurs twice, nothing is left to see, the screener is none, or it fails or gives no
        finite number for a résumé.
    ColumnError
        If the table has no such column.

    Examples
    --------
    >>> table = pd.DataFrame({"cv": ["a", "b"], "years": [3, 10], "name": ["Ada", "Ben"]})
    >>> score_items(lambda resume: min(resume["years"], 5) / 5, table, item="cv", withheld=["name"]).to_dict()
    {'a': 0.6, 'b': 1.0}
    """
    names, shown = shown_columns(items, item=item, withheld=withheld)
    scores, _ = scored(screener, shown, names)
    return pd.Series(scores, index=pd.Index(names, name=item), name="score", dtype=np.float64)


def shown_columns(items: Any, *, item: str, withheld: Sequence[str] = ()) -> tuple[tuple[str, ...], pd.DataFrame]:
    """Return the résumés' names, and the columns that a screener may see.

    Raises
    ------
    ScreenerError, ColumnError
        If a name is missing or occurs twice, there is no such column, or nothing is left to see.

    Examples
    --------
    >>> shown_columns(pd.DataFrame({"cv": ["a"], "years": [3], "sex": ["f"]}), item="cv", withheld=["sex"])[1].columns
    Index(['years'], dtype='str')
    """
    table = _whole(items)
    hidden = [withheld] if isinstance(withheld, str) else list(withheld)
    pandas_columns(table, item, *hidden)
    if not len(table):
        raise ScreenerError("There are no résumés.", "Give a table with one row for each.")
    names = tuple(names_of(table[item], "item"))
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ScreenerError(f"{twice} stands in the table twice.", "Give each résumé one row and a name of its own.")
    shown = table.drop(columns=[item, *hidden]).reset_index(drop=True)
    if not shown.shape[1]:
        raise ScreenerError("No column is left for the screener to see.", "Withhold fewer columns.", "withheld")
    return names, shown


def _whole(items: Any) -> pd.DataFrame:
    """Return any table as a pandas frame whose columns are called by texts."""
    if isinstance(items, pd.DataFrame):
        table = items.set_axis([str(name) for name in items.columns], axis="columns")
        pandas_columns(table, *table.columns)  # refuses two columns of one name
        return table
    import narwhals.stable.v2 as nw

    try:
        columns = nw.from_native(items).collect_schema().names()
    except TypeError:
        columns = []  # pandas_columns says what is wrong
    return pandas_columns(items, *columns)


def resumes_of(shown: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each row as a function gets it: column -> text, number, True, False, None or a list of them.

    Examples
    --------
    >>> resumes_of(pd.DataFrame({"years": [3.0, None], "since": pd.to_datetime(["2026-03-31", None])}))
    [{'years': 3.0, 'since': '2026-03-31T00:00:00'}, {'years': None, 'since': None}]
    """
    columns = {str(name): [_cell(each) for each in shown[name].astype(object).tolist()] for name in shown.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray | Mapping):
        return plain(value)
    if value is None or pd.isna(value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else plain(value)


def scored(
    screener: Any,
    shown: pd.DataFrame,
    names: Sequence[str],
    *,
    on_item: Callable[[int], None] | None = None,
    again: int = 0,
) -> tuple[list[float], tuple[str, ...]]:
    """Return scores and what is worth knowing; see `score_items`.

    Parameters
    ----------
    screener : callable or estimator
        The screener.
    shown : DataFrame, shape (n_items, n_columns)
        What it sees.
    names : sequence of str
        The résumés.
    on_item : callable, optional
        Called with 0, 1, … before each résumé (with 0 alone before an estimator gets them all), and with the number
        of résumés before some are scored once more.
    again : int
        So many résumés are scored once more at the end, backwards.

    Returns
    -------
    list of float, tuple of str
        The scores, and a sentence for each thing that is odd and changes no score here.

    Examples
    --------
    >>> scored(lambda resume: resume.pop("years"), pd.DataFrame({"years": [3, 10]}), ["a", "b"])[1][0][:47]
    'The screener changes the résumé that it is give'
    """
    how = kind_of(screener)
    ask = _asking(screener, how)
    changed: list[str] = []
    scores = ask(shown, names, on_item or (lambda _: None), changed)
    notes = []
    if changed:
        notes.append(
            f"The screener changes the résumé that it is given ({changed[0]} first). Here each call gets a copy, so "
            "that this changes nothing; elsewhere it can."
        )
    places = list(range(min(again, len(names))))[::-1]
    if places:
        if on_item is not None:
            on_item(len(names))
        twice = [f"{names[place]} (asked a second time)" for place in places]
        second = ask(shown.iloc[places].reset_index(drop=True), twice, lambda _: None, [])
        apart = [
            (names[place], scores[place], other)
            for place, other in zip(places, second, strict=True)
            if not math.isclose(scores[place], other, rel_tol=1e-9, abs_tol=1e-12)
        ]
        if apart:
            name, first, other = apart[-1]
            notes.append(
                f"Asked twice, the screener gave another score for {len(apart)} of {len(places)} résumés: {name} got "
                f"{first:.6g}, then {other:.6g}. Its scores depend on chance, on the time or on what it scored before; "
                "so do the figures here."
            )
    return scores, tuple(notes)


def kind_of(screener: Any) -> str:
    """Return how a screener is asked: ``"call"``, or the name of the estimator's method.

    Raises
    ------
    ScreenerError
        If it is a class, a coroutine, takes other than one argument, or is nothing that scores.

    Examples
    --------
    >>> kind_of(lambda resume: 1.0)
    'call'
    """
    if isinstance(screener, type):
        raise ScreenerError(
            f"{screener.__name__} is a class, not a screener.",
            f"Make one, train it if it has to be trained, and name that: screener = {screener.__name__}(…).",
        )
    for method in METHODS:
        if callable(getattr(screener, method, None)):
            return method
    if not callable(screener):
        hint = (
            "Give a function that takes one résumé, or an estimator with predict_proba, decision_function or predict."
        )
        if callable(getattr(screener, "score", None)):
            hint = "It has a method score: name that, such as my_pkg:screener.score."
        raise ScreenerError(f"A {type(screener).__name__} gives no scores.", hint)
    if inspect.iscoroutinefunction(screener):
        raise ScreenerError("The screener is an async function.", "Wrap it: def score(resume): return asyncio.run(…).")
    if wrong := arguments_wrong(screener):
        raise ScreenerError(wrong, "A screener takes one résumé, a dict: def score(resume): return 0.5.")
    return CALL


_Asking = Callable[[pd.DataFrame, Sequence[str], Callable[[int], None], list[str]], list[float]]


def _asking(screener: Any, how: str) -> _Asking:
    """Return the function that asks it: (what it sees, names, on_item, where to note changed résumés) -> scores."""

    def by_function(
        shown: pd.DataFrame, names: Sequence[str], on_item: Callable[[int], None], changed: list[str]
    ) -> list[float]:
        found = []
        for place, resume in enumerate(resumes_of(shown)):
            on_item(place)
            given = copy.deepcopy(resume)
            try:
                answer = screener(given)
            except Exception as error:
                raise failure(error, names[place], tuple(resume)) from error
            found.append(_number(answer, names[place]))
            if not changed and given != resume:
                changed.append(names[place])
        return found

    def by_estimator(
        shown: pd.DataFrame, names: Sequence[str], on_item: Callable[[int], None], changed: list[str]
    ) -> list[float]:
        on_item(0)
        given = shown.copy(deep=True)
        try:
            answer = getattr(screener, how)(given)
        except Exception as error:
            raise _blamed(screener, how, shown, names, error) from error
        if not given.equals(shown):
            changed.append(names[0])
        values = _column(answer, screener, how, names, shown.shape[1])
        bad = ~np.isfinite(values)
        if bad.any():
            place = int(bad.argmax())
            raise _no_number(f"{values[place]}", names[place])
        return [_rounded(value) for value in values.tolist()]

    return by_function if how == CALL else by_estimator


def _blamed(screener: Any, how: str, shown: pd.DataFrame, names: Sequence[str], error: Exception) -> ScreenerError:
    """Find the résumé at which an estimator fails, by giving it one at a time."""
    columns = tuple(map(str, shown.columns))
    if type(error).__name__ == "NotFittedError":
        return ScreenerError(
            f"The screener, a {type(screener).__name__}, has not been trained.",
            "Train it where it is made: screener = Pipeline(…).fit(columns, invited).",
        )
    for place in range(min(len(names), _MOST_BLAMED)):
        try:
            getattr(screener, how)(shown.iloc[place : place + 1].reset_index(drop=True))
        except Exception as alone:
            return failure(alone, names[place], columns)
    return failure(error, f"{len(names):,} résumés at once, though on none of them alone", columns)


def _column(answer: Any, screener: Any, how: str, names: Sequence[str], n_columns: int) -> npt.NDArray[np.float64]:
    """Return an estimator's answer as one number for each résumé."""
    whose = f"The screener's {how}"
    classes = getattr(screener, "classes_", None)
    if how != "predict" and classes is not None:
        _check_classes(np.asarray(classes).ravel().tolist())
    try:
        table = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        first = np.asarray(answer, dtype=object).ravel()[:1].tolist()
        raise ScreenerError(
            f"{whose} gives {first[0] if first else answer!r:.80}, no numbers.",
            "A score is a number, higher for better. Train on 0 and 1, or write a function that returns a number.",
        ) from None
    if table.ndim == 2 and table.shape[0] == len(names) and (how != "predict" or table.shape[1] == 1):
        place = table.shape[1] - 1
        if classes is not None and len(classes) == table.shape[1]:
            place = int(np.argmax(np.asarray(classes)))
        table = table[:, place] if table.shape[1] else table
    if table.shape != (len(names),):
        by_column = (
            " It gives one for each column, as a vectorizer of texts does that is given a whole table: put that into a "
            "ColumnTransformer which names its column."
        )
        raise ScreenerError(
            f"{whose} gives an answer of the shape {table.shape} for {len(names):,} résumés.",
            "It must give one score for each résumé, in their order."
            + (by_column if table.shape[:1] == (n_columns,) else ""),
        )
    return table


def _check_classes(classes: list[Any]) -> None:
    shown = ", ".join(repr(each) for each in classes[:5])
    if len(classes) < 2:
        raise ScreenerError(
            f"The screener has learnt one class only: {shown}.", "Train it on examples of people invited and not."
        )
    if not all(isinstance(each, Real | np.bool_) for each in classes):
        raise ScreenerError(
            f"The screener's classes are words ({shown}), and nobody can tell which of them is good.",
            "Train it on 0 and 1, or write a function that returns the number you mean.",
        )


def _number(answer: Any, name: str) -> float:
    """Return a function's answer as a number."""
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        answer = answer.item()
    if isinstance(answer, Real | Decimal | np.bool_):
        value = float(answer)
        if math.isfinite(value):
            return _rounded(value)
        raise _no_number(str(value), name)
    if answer is None:
        raise ScreenerError(
            f"The screener gave None for {name}.", "Does each way through the function end in a return?"
        )
    if isinstance(answer, str):
        raise ScreenerError(f"The screener gave the text {answer!r:.60} for {name}.", "Return a number: float(…).")
    if isinstance(answer, np.ndarray | list | tuple | pd.Series):
        size = f"of the shape {answer.shape}" if hasattr(answer, "shape") else f"of {len(answer)}"
        raise ScreenerError(
            f"The screener gave a {type(answer).__name__} {size} for {name}.", "Return one number, such as result[0]."
        )
    raise _no_number(f"{type(answer).__name__} {answer!r:.60}", name)


def _no_number(what: str, name: str) -> ScreenerError:
    return ScreenerError(
        f"The screener gave {what} for {name}.", "Each résumé needs a finite number; higher is better."
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")

"""Run a tool under test on résumés, in batches, and check that it gives scores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluators._frames import pandas_columns
from evaluators.screening.errors import ToolError

TEXT = "text"
Scores = npt.NDArray[np.float64]


def as_resumes(resumes: Any) -> "pd.DataFrame | list[str]":
    """Return résumés as a pandas frame or as a list of texts, or say what is wrong with them."""
    if isinstance(resumes, str):
        raise ToolError("One text was given instead of a list of résumés.", "Put the résumés into a list.")
    if isinstance(resumes, (pd.Series, list, tuple, np.ndarray)):
        texts = list(resumes)
        for place, text in enumerate(texts):
            if not isinstance(text, str):
                raise ToolError(
                    f"Résumé {place + 1} is {text!r}, not a text.", "Give a list of texts, or a table of fields."
                )
        return texts
    if isinstance(resumes, pd.DataFrame):
        return resumes.reset_index(drop=True)
    import narwhals.stable.v2 as nw

    try:
        columns = nw.from_native(resumes).collect_schema().names()
    except TypeError as error:
        raise ToolError(
            f"A {type(resumes).__name__} holds no résumés.", "Give a list of texts, or a table of fields."
        ) from error
    return pandas_columns(resumes, *columns).reset_index(drop=True)


def parts_of(resumes: "pd.DataFrame | list[str]", places: npt.NDArray[np.intp]) -> list[Mapping[str, Any]]:
    """Return each chosen résumé as its parts: column -> value, or the one text."""
    if isinstance(resumes, list):
        return [{TEXT: resumes[place]} for place in places]
    chosen = resumes.iloc[places]
    columns = {str(name): chosen[name].astype(object).tolist() for name in chosen.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def assemble(
    resumes: "pd.DataFrame | list[str]", places: npt.NDArray[np.intp], changes: Sequence[Mapping[str, Any]]
) -> "pd.DataFrame | list[str]":
    """Return the chosen résumés with their changed parts, in the form in which they came."""
    if isinstance(resumes, list):
        return [change.get(TEXT, resumes[place]) for place, change in zip(places, changes, strict=True)]
    copy = resumes.iloc[places].reset_index(drop=True)
    for name in dict.fromkeys(column for change in changes for column in change):
        old = copy[name]
        was = old.astype(object).tolist()
        values = [change.get(name, value) for change, value in zip(changes, was, strict=True)]
        if values == was:
            continue
        if isinstance(old.dtype, pd.CategoricalDtype):  # a tool may rely on the categories' order
            new = [value for value in dict.fromkeys(values) if pd.notna(value) and value not in old.cat.categories]
            dtype = pd.CategoricalDtype([*old.cat.categories, *new], ordered=old.cat.ordered)
            copy[name] = pd.Series(values, dtype=dtype)
        else:
            changed = pd.Series(values, dtype=object)
            try:
                copy[name] = changed.astype(old.dtype)
            except (TypeError, ValueError):  # such as 7.5 in a column of whole numbers
                copy[name] = changed.infer_objects()
    return copy


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as a function from résumés to scores; `tool_of` makes it."""

    function: Callable[[Any], Any]
    batch_size: int
    calls: list[int] = field(default_factory=list)

    def scores(self, resumes: Any, *, places: npt.NDArray[np.intp], version: str) -> Scores:
        """Score résumés in batches; `places` and `version` say in errors which résumé it was."""
        found = np.empty(len(places))
        for start in range(0, len(places), self.batch_size):
            batch = slice(start, start + self.batch_size)
            found[batch] = self._batch(
                resumes[batch] if isinstance(resumes, list) else resumes.iloc[batch].reset_index(drop=True),
                [f"résumé {place + 1} ({version})" for place in places[batch]],
            )
        return found

    def _batch(self, resumes: Any, names: list[str]) -> Scores:
        self.calls.append(len(names))
        try:
            answer = self.function(resumes)
        except ToolError:
            raise
        except Exception as error:
            raise self._blame(resumes, names, error) from error
        return _checked(answer, names)

    def _blame(self, resumes: Any, names: list[str], error: Exception) -> ToolError:
        """Find the résumé at which the tool fails, by giving it one at a time."""
        for place, name in enumerate(names):
            one = resumes[place : place + 1] if isinstance(resumes, list) else resumes.iloc[place : place + 1]
            try:
                self.function(one)
            except Exception as alone:
                return ToolError(
                    f"The tool failed on {name}: {type(alone).__name__}: {alone}", "Try that résumé on the tool alone."
                )
        return ToolError(
            f"The tool failed on {len(names)} résumés at once, {names[0]} the first of them: "
            f"{type(error).__name__}: {error}",
            "It accepts each of them alone: give a smaller batch_size.",
        )


def tool_of(tool: Any, *, batch_size: int) -> Tool:
    """Return a callable or a scikit-learn estimator as a `Tool`."""
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ToolError(f"The batch size is {batch_size!r}.", "Give a whole number of 1 or more.")
    if isinstance(tool, type):
        raise ToolError(f"{tool.__name__} is a class, not a tool.", "Make one and train it first.")
    if hasattr(tool, "predict_proba"):
        return Tool(lambda resumes: _of_two(tool.predict_proba(resumes)), batch_size)
    if hasattr(tool, "decision_function"):
        return Tool(tool.decision_function, batch_size)
    if callable(tool):
        return Tool(tool, batch_size)
    raise ToolError(
        f"A {type(tool).__name__} gives no scores.",
        "Give a function from résumés to scores, or an estimator with predict_proba or decision_function.",
    )


def _of_two(likely: Any) -> Any:
    table = np.asarray(likely)
    if table.ndim == 2 and table.shape[1] == 2:
        return table[:, 1]
    raise ToolError(
        f"The estimator gives probabilities of the shape {table.shape}; two classes are expected.",
        "Give a function that returns the one number you select by.",
    )


def _checked(answer: Any, names: list[str]) -> Scores:
    try:
        scores: Scores = np.asarray(answer, dtype=float)
    except (TypeError, ValueError) as error:
        raise ToolError(f"The tool gives {answer!r:.80} for {names[0]}, not numbers.", "Scores are numbers.") from error
    if scores.shape == (len(names), 1):
        scores = scores[:, 0]
    if scores.shape != (len(names),):
        raise ToolError(
            f"The tool gave an answer of the shape {scores.shape} for {len(names)} résumés, {names[0]} the first.",
            "It must give one score for each résumé.",
        )
    bad = ~np.isfinite(scores)
    if bad.any():
        place = int(bad.argmax())
        raise ToolError(f"The tool gave {scores[place]} for {names[place]}.", "Each résumé needs a finite score.")
    return scores

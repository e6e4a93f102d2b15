"""What a fit on an organisation's ratings changes in the scores, and the file it is kept in."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators._plain import plain
from evaluators.tone._files import write_whole
from evaluators.tone._text import Text
from evaluators.tone.cues import Cue
from evaluators.tone.errors import RatingsError, RubricError
from evaluators.tone.meanings import Meanings
from evaluators.tone.rubric import load_rubric
from evaluators.tone.word_model import LinearWordModel

if TYPE_CHECKING:
    import altair as alt

    from evaluators.tone.score import DimensionScore

SCHEMA = 1
METHODS = ("line", "line and words", "line and meanings", "line, words and meanings")


@dataclass(frozen=True, slots=True)
class DimensionFit:
    """How the scores of one dimension are brought to the raters' scale.

    Parameters
    ----------
    dimension : str
        Its key.
    method : str
        One of `METHODS`: the one that told replies held aside best.
    intercept, slope : float
        The calibrated score is intercept + slope × score, before words and meanings; the slope is 0 or more.
    words : LinearWordModel or None
        Words of the organisation's own, if they help.
    meanings : tuple of float
        A weight for each number of an embedding, if that helps.
    replies, raters : int
        How many replies it was fitted on, and who rated them.
    kappa_before, kappa, human_kappa : float
        Weighted kappa with a rater: of the score as it was, of the calibrated score on replies it had not seen
        (cross-validation), and of one rater with another; NaN where it cannot be given.
    spearman : float
        Rank correlation of the calibrated score with the mean rating, on replies it had not seen.
    error_before, error : float
        Root mean squared difference to the mean rating in points, before and (on unseen replies) after.
    """

    dimension: str
    method: str
    intercept: float
    slope: float
    words: LinearWordModel | None = field(repr=False)
    meanings: tuple[float, ...] = field(repr=False)
    replies: int
    raters: int
    kappa_before: float
    kappa: float
    human_kappa: float
    spearman: float
    error_before: float
    error: float


_FIGURES = ("kappa_before", "kappa", "human_kappa", "spearman", "error_before", "error")


@dataclass(frozen=True)
class Calibration:
    """How an organisation's raters read replies; `score_reply` takes it as ``calibration=``.

    Parameters
    ----------
    dimensions : tuple of DimensionFit
        Those that were fitted, in the order of the rubric; the others keep their scores.
    raters, replies, ratings : int
        What it was fitted on.
    left_out : tuple of (str, str)
        Dimensions that were rated and not fitted, and why.
    embeddings : str
        Folder of the embedding model; empty without one.
    """

    dimensions: tuple[DimensionFit, ...]
    raters: int
    replies: int
    ratings: int
    left_out: tuple[tuple[str, str], ...] = ()
    embeddings: str = ""

    @cached_property
    def _by_key(self) -> dict[str, DimensionFit]:
        return {each.dimension: each for each in self.dimensions}

    @cached_property
    def _meanings(self) -> Meanings:
        return Meanings(self.embeddings)

    def adjust(self, score: "DimensionScore", text: Text) -> "DimensionScore":
        """Return the score of a dimension on the raters' scale; its cues still add up to it.

        Parameters
        ----------
        score : DimensionScore
            As the evaluator gave it.
        text : Text
            The reply.

        Returns
        -------
        DimensionScore
            The same object where the dimension was not fitted.
        """
        own = self._by_key.get(score.key)
        if own is None:
            return score
        cues = [replace(cue, weight=round(cue.weight * own.slope, 4)) for cue in score.cues]
        if own.words:
            cues += own.words.cues(text)
        if own.meanings:
            (numbers,) = self._meanings.of([text.raw])
            points = round(math.fsum(one * other for one, other in zip(numbers, own.meanings, strict=True)), 4)
            says = "is near in meaning to replies the raters judged"
            cues.append(Cue(score.key, "meanings", says, 0, len(text.raw), text.raw, points))
        baseline = round(own.intercept + own.slope * score.baseline, 4)
        total = math.fsum([baseline, *(cue.weight for cue in cues)])
        rubric = load_rubric()
        return replace(
            score,
            score=round(min(max(total, rubric.lowest), rubric.highest), 3),
            baseline=baseline,
            confidence_why=f"{score.confidence_why}; brought to the scale of {own.raters} raters of your own",
            cues=tuple(sorted(cues, key=lambda cue: (cue.start, cue.end))),
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a fitted dimension.

        Returns
        -------
        DataFrame, shape (n_dimensions, 12)
            The fields of `DimensionFit` without the words and meanings.
        """
        names = [name for name in DimensionFit.__slots__ if name not in ("words", "meanings")]
        return pd.DataFrame([{name: getattr(each, name) for name in names} for each in self.dimensions], columns=names)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, as they stand in the file; None stands for figures that cannot be given."""
        fitted = []
        for each in self.dimensions:
            values = asdict(replace(each, words=None))
            values["words"] = json.loads(each.words.to_json()) if each.words else None
            fitted.append(values)
        own = {
            "schema": SCHEMA,
            "raters": self.raters,
            "replies": self.replies,
            "ratings": self.ratings,
            "left_out": self.left_out,
            "embeddings": self.embeddings,
            "dimensions": fitted,
        }
        return dict(plain(own))

    def summary(self) -> str:
        """Say in plain words how far the calibrated scores agree with the raters.

        Returns
        -------
        str
            What it was fitted on, a line for each dimension, what was left out, and what it does not prove.
        """
        lines = [f"Fitted on {self.ratings:,} ratings of {self.replies:,} replies by {self.raters} raters."]
        rubric = load_rubric()
        for each in self.dimensions:
            said = f"{rubric[each.dimension].name}: "
            if math.isnan(each.kappa):
                said += "no weighted kappa can be given, since scores or ratings never vary"
            else:
                said += f"weighted kappa with a rater {each.kappa:.2f} on replies held aside"
                if not math.isnan(each.kappa_before):
                    said += f" (before {each.kappa_before:.2f})"
                if not math.isnan(each.human_kappa):
                    said += f"; the raters among themselves {each.human_kappa:.2f}"
            said += f". Typical error {each.error:.2f} points, before {each.error_before:.2f}."
            if not each.slope:
                said += " Our score says nothing about these ratings; the raters' own mean stands in for it."
            lines.append(said)
        lines += [f"{rubric[key].name} is left as it was: {why}." for key, why in self.left_out]
        lines.append(
            "The figures hold for these raters and such replies. The gate is not touched by a calibration. Ratings say "
            "how replies read to the raters, not whether they helped anybody."
        )
        return "\n".join(lines)

    def chart(self) -> "alt.LayerChart":
        """Draw kappa before and after, beside that of the raters among themselves.

        Returns
        -------
        altair.LayerChart
            The description holds the summary.
        """
        from evaluators.tone._charts.agreement import calibration_chart  # Altair is slow to import

        return calibration_chart(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the calibration as JSON, whole or not at all.

        The file holds figures, and words that at least two replies share; no reply, no rating and no name of a rater.

        Raises
        ------
        RatingsError
            If it cannot be written.
        """
        file = Path(path)
        write_whole(file, json.dumps(self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        return file

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Calibration":
        """Read a calibration that `save` wrote.

        Raises
        ------
        RatingsError
            If the file cannot be read, is no calibration, or of another version.
        """
        file = Path(path)
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise RatingsError(
                f"{file} cannot be read: {error.strerror or error}.", "Check the name and the folder."
            ) from error
        except ValueError as error:
            raise RatingsError(f"{file} is no calibration: {error}.", "Fit again: `hrlab tone fit`.") from error
        if not isinstance(read, dict) or read.get("schema") != SCHEMA:
            raise RatingsError(f"{file} is no calibration of version {SCHEMA}.", "Fit again: `hrlab tone fit`.")
        try:
            dimensions = tuple(_read_fit(each, file.name) for each in read["dimensions"])
            counts = [int(read[name]) for name in ("raters", "replies", "ratings")]
            left_out = tuple((str(key), str(why)) for key, why in read["left_out"])
            return cls(dimensions, counts[0], counts[1], counts[2], left_out, str(read["embeddings"]))
        except (KeyError, TypeError, ValueError) as error:
            said = error.problem if isinstance(error, RubricError) else f"{type(error).__name__} {error}"
            raise RatingsError(f"{file} is damaged: {said}", "Fit again: `hrlab tone fit`.") from error


def _read_fit(read: Mapping[str, Any], where: str) -> DimensionFit:
    key = load_rubric()[str(read["dimension"])].key
    if read["method"] not in METHODS:
        raise ValueError(f"there is no method {read['method']!r}")
    numbers = [float(read["intercept"]), float(read["slope"]), *map(float, read["meanings"])]
    if not all(map(math.isfinite, numbers)) or numbers[1] < 0:
        raise ValueError("a number is not finite, or a slope is below 0")
    words = LinearWordModel.from_json(json.dumps(read["words"]), where=where) if read["words"] else None
    figures = {name: math.nan if read[name] is None else float(read[name]) for name in _FIGURES}
    return DimensionFit(
        key,
        read["method"],
        numbers[0],
        numbers[1],
        words,
        tuple(numbers[2:]),
        int(read["replies"]),
        int(read["raters"]),
        **figures,
    )

"""A linear model over words and pairs of words: small, readable, and scored without scikit-learn.

A model is a JSON file with a line for each word or pair. What a text scores is a sum, and each part of the sum is a
`Cue` with its place, so that nothing is hidden: ``+0.41 'thanks for'``.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from evaluators.tone._text import Text, Word
from evaluators.tone._words import word_list
from evaluators.tone.cues import NEGATION_REACH, Cue, find_cues
from evaluators.tone.errors import RubricError
from evaluators.tone.rubric import load_rubric

SCHEMA = 1
REST = "word model, rest"
_FOLDER = Path(__file__).parent
_SHOWN = 0.05  # contributions (points) below this are added up in one cue
_MARK = re.compile(r"[:;]-?\)|\.\.\.|…|[\"(!?]| - ")
_PART = re.compile(r"[,;:—–()\n]")
_ENDS_NOT = ("but", "and", "because")
_END = re.compile(r"\s*([?!])")


def grams(text: Text, dimension: str) -> Iterator[tuple[str, int, int]]:
    """Yield what a model counts in a text, with its place in the folded text.

    That is words and pairs of words (``"^ why"`` begins a sentence, ``"please ?"`` ends one, ``"~thanks"`` stands
    behind a "not"), marks (``"… ?"``, a second question ``"… ??"``, ``"… :)"``), and the listed cues of its dimension
    (``"# gratitude"``), so that a model can correct the lists. Words in quotation marks, in heaps of words and with
    digits are left out, and so are cues that do not count.

    Parameters
    ----------
    text : Text
        The text.
    dimension : str
        The dimension of the model.

    Yields
    ------
    gram : str
        Folded words, one blank between.
    start, end : int
        Place in the folded text.

    Examples
    --------
    >>> " | ".join(gram for gram, _, _ in grams(Text("Thanks! Could you?"), "politeness"))
    '^ thanks | thanks | thanks ! | ^ could | could | could you | you | you ? | … ! | … ? | # gratitude | # could you'
    """
    for number, sentence in enumerate(text.sentences):
        if number not in text.heaps:
            yield from _of_sentence(text, text.words_of(number), sentence)
    asked = 0
    for mark in _MARK.finditer(text.folded):
        if text.quotations and text.quoted(*mark.span()) and mark.group() != '"':
            continue
        asked += mark.group() == "?"
        yield (f"… {mark.group()}" if mark.group() != "?" else f"… {'?' * min(asked, 3)}"), mark.start(), mark.end()
    if dimension in load_rubric().keys:
        found = find_cues(text)
        for cue, (start, end) in zip(found.cues, found.folded, strict=True):
            if cue.dimension == dimension and cue.weight:
                yield f"# {cue.name}", start, end


def _of_sentence(text: Text, words: Sequence[Word], sentence: tuple[int, int]) -> Iterator[tuple[str, int, int]]:
    before: tuple[str, Word] | None = None
    first, undone = True, 0
    place = sentence[0]
    for word in words:
        if undone and _PART.search(text.folded, place, word.start):
            undone = 0
        place = word.end
        if not word.key.isalpha() or (text.quotations and text.quoted(word.start, word.end)):
            before, first, undone = None, False, max(0, undone - 1)
            continue
        if word.key in _ENDS_NOT:
            undone = 0
        key = f"~{word.key}" if undone else word.key
        if first:
            yield f"^ {key}", word.start, word.end
        elif before is not None:
            yield f"{before[0]} {key}", before[1].start, word.end
        yield key, word.start, word.end
        before, first = (key, word), False
        undone = NEGATION_REACH if word.key in word_list("negators") else max(0, undone - 1)
    if before is not None and before[1] is words[-1]:
        end = _END.match(text.folded, before[1].end, sentence[1])
        if end:
            yield f"{before[0]} {end.group(1)}", before[1].start, end.end()


@dataclass(frozen=True, slots=True)
class LinearWordModel:
    """Points for words and pairs of words, fitted on people's ratings.

    A word that occurs counts once, however often it is repeated. Its share is its weight times its rarity, divided by
    the length of the vector of all rarities found, so that a long text does not win by being long.

    Parameters
    ----------
    dimension : str
        The dimension of the rubric that it moves.
    start : float
        Points of any text that holds a known word.
    weights : mapping of str to (float, float)
        For each gram its rarity (inverse document frequency) and its weight in points.
    facts : mapping
        Where it comes from and what it reached: ``fitted_on``, ``licence``, ``figures``.

    Examples
    --------
    >>> model = LinearWordModel("politeness", 0.0, {"thanks": (2.0, 0.5), "why": (2.0, -1.0)})
    >>> [(cue.text, cue.weight) for cue in model.cues(Text("Thanks, thanks."))]
    [('Thanks', 0.5)]
    """

    dimension: str
    start: float
    weights: Mapping[str, tuple[float, float]] = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def cues(self, text: Text) -> list[Cue]:
        """Return what each word earned and cost; those under a twentieth of a point are added up in one cue.

        A sentence that quotes somebody may cost, and never earns: the text is scored with and without such sentences,
        and the lower counts.

        Parameters
        ----------
        text : Text
            The text.

        Returns
        -------
        list of Cue
            Their weights add up to what the model says of the text, in points.
        """
        found: dict[str, tuple[int, int]] = {}
        for gram, begin, stop in grams(text, self.dimension):
            if gram in self.weights and gram not in found:
                found[gram] = (begin, stop)
        shares = self._shares(found)
        if text.quotations and found:
            own = self._shares(
                [gram for gram, place in found.items() if not text.quoted(*text.sentences[text.sentence_at(place[0])])]
            )
            if own and math.fsum(own.values()) < math.fsum(shares.values()):
                shares = own
        made, rest = [], [self.start]
        for gram, share in shares.items():
            if abs(share) < _SHOWN:
                rest.append(share)
                continue
            begin, stop = text.span(*found[gram])
            says = "reads politely to raters" if share > 0 else "reads bluntly to raters"
            made.append(Cue(self.dimension, "word model", says, begin, stop, text.raw[begin:stop], share))
        little = round(math.fsum(rest), 4)
        if little and shares:
            says = "is moved a little by many small words"
            made.append(Cue(self.dimension, REST, says, 0, len(text.raw), text.raw, little))
        return made

    def _shares(self, found: Iterable[str]) -> dict[str, float]:
        """Return the points of each gram, to four places, so that they add up alike everywhere."""
        pairs = {gram: self.weights[gram] for gram in found}
        length = math.sqrt(math.fsum(rarity * rarity for rarity, _ in pairs.values()))
        return {gram: round(rarity * weight / length, 4) for gram, (rarity, weight) in pairs.items()}

    def to_json(self) -> str:
        """Return the file: one line for each gram, sorted, so that versions can be compared."""
        head = {
            "schema": SCHEMA,
            "dimension": self.dimension,
            "start": self.start,
            "facts": dict(self.facts),
        }
        lines = [
            f"  {json.dumps(gram)}: [{rarity}, {weight}]" for gram, (rarity, weight) in sorted(self.weights.items())
        ]
        return json.dumps(head, indent=1, sort_keys=True)[:-2] + ',\n "grams": {\n' + ",\n".join(lines) + "\n }\n}\n"

    @classmethod
    def from_json(cls, written: str, *, where: str = "the model") -> "LinearWordModel":
        """Read a model.

        Parameters
        ----------
        written : str
            What `to_json` returned.
        where : str
            The file, for the error.

        Raises
        ------
        RubricError
            If it is no model of this version.
        """
        try:
            read = json.loads(written)
            if read["schema"] != SCHEMA:
                raise RubricError(f"{where} is of version {read['schema']!r}.", f"Fit it again: this is {SCHEMA}.")
            weights = {str(gram): (float(rarity), float(weight)) for gram, (rarity, weight) in read["grams"].items()}
            start = float(read["start"])
            if not all(map(math.isfinite, [start, *(number for pair in weights.values() for number in pair)])):
                raise ValueError("a number is not finite")
            return cls(str(read["dimension"]), start, MappingProxyType(weights), MappingProxyType(dict(read["facts"])))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, RubricError):
                raise
            raise RubricError(f"{where} is no word model: {error}.", "Fit it again.") from error


@cache
def shipped_models() -> tuple[LinearWordModel, ...]:
    """Return the models that `score_reply` uses unless told otherwise: one, for politeness.

    Only politeness has ratings whose licence lets their weights be shipped. The other dimensions count listed phrases.

    Returns
    -------
    tuple of LinearWordModel

    Examples
    --------
    >>> [model.dimension for model in shipped_models()]
    ['politeness']
    """
    file = _FOLDER / "politeness_model.json"
    return (LinearWordModel.from_json(file.read_text(encoding="utf-8"), where=file.name),)

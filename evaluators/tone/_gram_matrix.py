"""The words and pairs of many texts as a table of numbers, for fitting; scikit-learn is not needed."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evaluators.tone._text import Text
from evaluators.tone.word_model import grams

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_FEWEST_GROUPS = 2  # a word of one text alone says nothing, and might give it away
_ALWAYS = ("i", "im", "id", "ill", "ive")


def gram_matrix(
    texts: Sequence[Text], groups: npt.NDArray[np.int64], dimension: str
) -> tuple[dict[str, float], "csr_array"]:
    """Return the grams that occur in two groups or more with their rarity, and each text's share of each.

    Names are left out: words that are written small nowhere in the texts.

    Parameters
    ----------
    texts : sequence of Text
        The texts.
    groups : ndarray of int, shape (n_texts,)
        Texts of one group count as one.
    dimension : str
        Whose listed cues are counted beside words.

    Returns
    -------
    rarity : dict of str to float
        Gram -> natural logarithm of (1 + texts) / (1 + texts with it), plus 1; sorted by gram, to three places.
    shares : csr_array, shape (n_texts, n_grams)
        Rarity divided by the length of the text's vector; 0 where the gram does not occur.
    """
    from scipy.sparse import csr_array

    found = [list(dict.fromkeys(gram for gram, _, _ in grams(text, dimension))) for text in texts]
    often = Counter(gram for each in found for gram in each)
    spread = Counter(
        gram for gram, _ in {(gram, int(group)) for each, group in zip(found, groups, strict=True) for gram in each}
    )
    small = _words_in_small_letters(texts)
    kept = sorted(
        gram
        for gram, times in spread.items()
        if times >= _FEWEST_GROUPS
        and (gram[0] in "#…" or all(part.lstrip("~") in small or part in "^?!" for part in gram.split()))
    )
    place = {gram: number for number, gram in enumerate(kept)}
    rarity = np.round([math.log((1 + len(texts)) / (1 + often[gram])) + 1 for gram in kept], 3)
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, each in enumerate(found):
        own = sorted(place[gram] for gram in each if gram in place)
        length = math.sqrt(math.fsum(rarity[own] ** 2)) or 1.0
        rows += [row] * len(own)
        columns += own
        values += list(rarity[own] / length)
    shares = csr_array((values, (rows, columns)), shape=(len(texts), len(kept)))
    return dict(zip(kept, rarity.tolist(), strict=True)), shares


def _words_in_small_letters(texts: Sequence[Text]) -> frozenset[str]:
    found = set(_ALWAYS)
    for text in texts:
        for word in text.words:
            start, end = text.span(word.start, word.end)
            if text.raw[start:end].islower():
                found.add(word.key)
    return frozenset(found)

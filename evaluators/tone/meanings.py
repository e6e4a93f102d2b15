"""Meanings of replies as numbers, by a static embedding model that somebody names; an optional extra."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluators.tone.errors import RatingsError


@dataclass(frozen=True)
class Meanings:
    """A folder with a static embedding model of model2vec (extra ``deep``).

    Parameters
    ----------
    folder : str
        Holds ``model.safetensors``, ``tokenizer.json`` and ``config.json``. Nothing is fetched from elsewhere.
    """

    folder: str

    @cached_property
    def _model(self) -> Any:
        if not Path(self.folder, "model.safetensors").is_file():
            raise RatingsError(
                f"There is no embedding model in {self.folder}.",
                "Name a folder with model.safetensors, tokenizer.json and config.json.",
                "embeddings",
            )
        try:
            from model2vec import StaticModel
        except ImportError as error:
            raise RatingsError(
                "Embeddings need model2vec, which is not installed.",
                'Install the extra: pip install "hr-it-lab[deep]", or fit without embeddings.',
                "embeddings",
            ) from error
        try:
            return StaticModel.from_pretrained(self.folder)
        except Exception as error:  # the library raises what its parts raise
            raise RatingsError(
                f"The embedding model in {self.folder} cannot be read: {error}.", "Save it again.", "embeddings"
            ) from error

    def of(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the meaning of each text as a vector of length 1 (zeros where no word is known).

        Returns
        -------
        ndarray of float, shape (n_texts, n_numbers)
            Rounded to six places, so that it is the same everywhere.
        """
        found = np.asarray(self._model.encode(list(texts)), dtype=np.float64)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        made: npt.NDArray[np.float64] = np.round(found / np.where(lengths > 0, lengths, 1.0), 6)
        return made

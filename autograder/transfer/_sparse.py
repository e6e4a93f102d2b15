"""scipy's sparse matrices and arrays of two dimensions; imported when scipy.sparse is."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from autograder.transfer._arrays import encode_array
from autograder.transfer._codec import DECODERS, ENCODERS, ForeignError, Reader, Writer, exactly, fields
from autograder.transfer._frame import refuse

_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix),
        *(sparse.csr_array, sparse.csc_array, sparse.coo_array),
    )
}
_COST = 100


def _sparse(writer: Writer, value: Any) -> Any:
    if value.ndim != 2 or value.data.dtype.kind not in "biufc":
        raise ForeignError(f"of {value.ndim} dimensions and {value.data.dtype}")
    parts = [value.data, value.row, value.col] if value.format == "coo" else [value.data, value.indices, value.indptr]
    writer.spend(_COST)
    writer.enter(value, 0)
    shape = [int(length) for length in value.shape]
    encoded = [type(value).__name__, shape, [encode_array(writer, np.asarray(part)) for part in parts]]
    writer.inside.pop()
    return {"sparse": encoded}


def _read_sparse(reader: Reader, payload: Any) -> Any:
    name, shape, parts = fields(payload, 3)
    kind = _KINDS[exactly(name, str)]
    rows, columns = (exactly(length, int) for length in fields(shape, 2))
    reader.spend(_COST)
    data, one, other = fields(parts, 3)
    for part in (data, one, other):
        if exactly(part, np.ndarray).ndim != 1 or part.dtype.kind not in "biufc":
            raise refuse("a sparse matrix is malformed")
    if one.dtype.kind != "i" or other.dtype.kind != "i":
        raise refuse("a sparse matrix is malformed")
    if not 0 <= rows < 2**31 or not 0 <= columns < 2**31:
        raise refuse("a sparse matrix has an impossible shape")
    if name.startswith("coo"):
        return kind((data, (one, other)), shape=(rows, columns))  # checks that the places are inside
    made = kind((data, one, other), shape=(rows, columns))
    made.check_format(full_check=True)
    return made


for _kind in _KINDS.values():
    ENCODERS[_kind] = _sparse
DECODERS["sparse"] = _read_sparse

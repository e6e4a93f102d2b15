"""Results as JSON text, with the time they were written at."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def dated_json(value: Mapping[str, Any], *, written: datetime) -> str:
    """Write plain values as JSON text.

    Parameters
    ----------
    value : mapping of str to plain value
        What `to_dict` of a result returns; NaN and infinity are refused, None stands for them.
    written : datetime
        When; the last entry, ``written_at``, to the second.

    Returns
    -------
    str
        JSON, with one entry a line.

    Examples
    --------
    >>> from datetime import UTC
    >>> json.loads(dated_json({"kind": "audit"}, written=datetime(2026, 3, 2, tzinfo=UTC)))
    {'kind': 'audit', 'written_at': '2026-03-02T00:00:00+00:00'}
    """
    dated = {**value, "written_at": written.isoformat(timespec="seconds")}
    return json.dumps(dated, indent=1, ensure_ascii=False, allow_nan=False)

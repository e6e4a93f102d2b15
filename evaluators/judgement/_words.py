"""Words that several parts say."""

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """Join words with commas and an "and".

    Examples
    --------
    >>> listed(["skills", "years", "degree"])
    'skills, years and degree'
    """
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)

"""Write the made-up applications plainly, so that their profiles speak of work and not of who somebody is."""

import re
from typing import Any

import pandas as pd

from evaluators._frames import pandas_columns

_SUBJECT = re.compile(r"\b(she|he)\b", re.IGNORECASE)
_OWNER = re.compile(r"\b(her|his)\b", re.IGNORECASE)
_SENTENCES_ABOUT_WORK = 2


def plain_profiles(applications: Any) -> pd.Series:
    """Rewrite profiles without the first name, he and she, and the sentence about clubs and hobbies.

    Made for `evaluators.data.load_adviser_applications`, whose profiles are two sentences about work and at most one
    about spare time. Real résumés need more care: they name schools, clubs, children and prizes anywhere.

    Parameters
    ----------
    applications : table, shape (n_applications, n_columns)
        With the columns ``first_name`` and ``profile``.

    Returns
    -------
    Series of str, shape (n_applications,)
        One profile each, in the order given, numbered from 0.

    Raises
    ------
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> text = "Ann has 7 years of experience. In her last job she took orders by telephone. She runs half marathons."
    >>> plain_profiles(pd.DataFrame({"first_name": ["Ann"], "profile": [text]}))[0]
    'The applicant has 7 years of experience. In their last job they took orders by telephone.'
    """
    table = pandas_columns(applications, "first_name", "profile")
    rewritten = [_plain(str(name), str(text)) for name, text in zip(table["first_name"], table["profile"], strict=True)]
    return pd.Series(rewritten, name="profile", dtype="str")


def _plain(name: str, text: str) -> str:
    sentences = text.removesuffix(".").split(". ")[:_SENTENCES_ABOUT_WORK]
    words = re.sub(rf"\b{re.escape(name)}\b", "The applicant", ". ".join(sentences)) + "."
    return _OWNER.sub(_like("their"), _SUBJECT.sub(_like("they"), words))


def _like(word: str) -> Any:
    """Return a replacement that keeps a capital at the beginning."""
    return lambda found: word.capitalize() if found[0][0].isupper() else word

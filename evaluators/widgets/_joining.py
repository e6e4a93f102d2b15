"""Ratings that learners handed in, one file each, become those of the cohort."""

import os
from collections.abc import Iterable

import pandas as pd

from evaluators.widgets._resume_desk import COLUMNS as RESUMES
from evaluators.widgets._resume_desk import STEPS
from evaluators.widgets._round_desk import RatingError


def join_ratings(paths: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    r"""Join the files of ratings that learners handed in, for the cohort's file.

    Parameters
    ----------
    paths : iterable of path
        Files of a `rating_round`, with ``rater``, ``reply_id``, ``dimension`` and ``score``, or files of a
        `resume_round`, with ``rater``, ``resume_id``, ``overall`` and ``order``; such as
        ``Path("in").glob("ratings_*.csv")``. Read in the order of their names. A file handed in twice counts once.

    Returns
    -------
    DataFrame, shape (n_ratings, 4)
        The columns of the files. Ratings of replies are ready for `evaluators.tone.agreement.rater_agreement`, those of
        résumés for `evaluators.judgement.Panel.from_table` and ``hrlab judge``; both for ``to_csv(path, index=False)``.

    Raises
    ------
    RatingError
        If there is no file, files of replies and of résumés are mixed, a cell is no rating, or one rater rated the same
        thing differently in two files; the message names the files.
    LabError
        If a file cannot be read as ratings.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for who, score in (("rater-a", 3), ("rater-b", 1)):
    ...         text = f"rater,reply_id,dimension,score\n{who},pay_stub_1,politeness,{score}\n"
    ...         _ = Path(folder, f"{who}.csv").write_text(text)
    ...     join_ratings(Path(folder).glob("*.csv"))["score"].tolist()
    [3.0, 1.0]
    """
    from evaluators.tone.agreement import COLUMNS as REPLIES
    from evaluators.tone.agreement import read_ratings

    files = sorted(os.fspath(path) for path in paths)
    if not files:
        raise RatingError("There is no file of ratings.", "Name the files that the learners handed in.")
    of_resumes = [path for path in files if _is_of_resumes(path)]
    if of_resumes and len(of_resumes) < len(files):
        other = next(path for path in files if path not in of_resumes)
        raise RatingError(
            f"{of_resumes[0]} holds ratings of résumés, {other} does not.", "Join the files of one kind at a time."
        )
    read, columns, thing = (
        (_read_resumes, RESUMES, ("rater", "resume_id")) if of_resumes else (read_ratings, REPLIES, REPLIES[:3])
    )
    parts = [read(path).assign(file=path) for path in files]
    what = [*thing, columns[2] if of_resumes else columns[3]]
    joined = pd.concat(parts, ignore_index=True).drop_duplicates(what)
    twice = joined[joined.duplicated(list(thing), keep=False)]
    if len(twice):
        one = twice.iloc[0]
        first, second = twice[(twice[list(thing)] == one[list(thing)]).all(axis=1)]["file"].head(2)
        rated = one["resume_id"] if of_resumes else f"{one['dimension']} of {one['reply_id']}"
        raise RatingError(
            f"{one['rater']} rated {rated} differently in {first} and {second}.",
            "Keep the file that counts. If two people share a code, change one of them.",
        )
    return joined[list(columns)].reset_index(drop=True)


def _is_of_resumes(path: str) -> bool:
    from evaluators.own_data import open_own_table

    with open_own_table(path) as table:
        return "resume_id" in {name.strip().casefold() for name in table.names}


def _read_resumes(path: str) -> pd.DataFrame:
    from evaluators.tone.agreement import read_columns

    table = read_columns(path, *RESUMES)
    for place, row in enumerate(table.to_dict("records"), start=1):
        if empty := [name for name in RESUMES if not str(row[name] or "").strip()]:
            raise RatingError(f"{path}: row {place} has no {empty[0]}.", "Fill it in, or leave the row out.")
        for name, most in (("overall", STEPS[1]), ("order", 100_000)):
            text = str(row[name]).strip()
            if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
                raise RatingError(
                    f"{path}: row {place} has the {name} {text!r}.",
                    f"Ratings are whole numbers from {STEPS[0]} to {STEPS[1]}, and the order counts from 1.",
                )
    texts = {name: table[name].astype(str).str.strip() for name in RESUMES}
    return pd.DataFrame(texts).astype({"overall": "int64", "order": "int64"})

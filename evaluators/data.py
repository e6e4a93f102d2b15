"""The data sets of the project, found from any folder and checked before use."""

import hashlib
import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluators import _tarnbrook
from evaluators.errors import LabError

if TYPE_CHECKING:
    from evaluators.itdata.log import TicketLog

__all__ = [
    "RECRUITER_PANEL_TABLES",
    "SCREENER_LAB_TABLES",
    "TARNBROOK_TABLES",
    "AlteredDatasetError",
    "DatasetFolderError",
    "UnknownDatasetError",
    "dataset_folder",
    "datasheet",
    "load_adviser_applications",
    "load_adviser_probe",
    "load_adviser_scores",
    "load_hr_messages",
    "load_hr_messages_lesson",
    "load_hr_replies",
    "load_recruiter_panel",
    "load_resume_callbacks",
    "load_screener_lab",
    "load_tarnbrook",
    "load_tarnbrook_log",
]

RECRUITER_PANEL_TABLES = ("resumes", "ratings", "recruiters")
SCREENER_LAB_TABLES = ("resumes", "ratings", "stated", "interview")
TARNBROOK_TABLES = tuple(_tarnbrook.TABLES)

_PACKAGE = Path(__file__).resolve().parent
# The copy in the wheel, then the checkout. Never the current folder: anybody could have put a changed table
# there.
_INSTALLED_FOLDERS = (_PACKAGE / "_datasets", _PACKAGE.parent / "datasets")


class DatasetFolderError(LabError, LookupError):
    """No folder with the project's data sets was found."""


class UnknownDatasetError(LabError, LookupError):
    """The registry has no data set of that name."""


class AlteredDatasetError(LabError, ValueError):
    """A data file is missing or is not the one the registry describes."""


@dataclass(frozen=True, slots=True)
class _Registry:
    """The parsed registry.toml and the folder that holds it."""

    folder: Path
    datasets: dict[str, dict[str, Any]]

    def entry(self, name: str) -> dict[str, Any]:
        if name not in self.datasets:
            raise UnknownDatasetError(
                f"There is no data set called {name!r}.",
                f"Choose one of: {', '.join(sorted(self.datasets))}.",
            )
        return self.datasets[name]

    def read(self, name: str) -> bytes:
        """Return the bytes of the data file after comparing them with the registry's sha256."""
        entry = self.entry(name)
        path = self.folder / entry["file"]
        content = self._bytes(path)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise AlteredDatasetError(
                f"{path} is not the file that registry.toml describes: its sha256 differs.",
                "Someone or something changed it. Install hr-it-lab again, or `git restore` the file.",
            )
        return content

    def checked_folder(self, name: str) -> Path:
        """Return the folder of a data set of several files after comparing it with the registry's sha256."""
        entry = self.entry(name)
        if "folder" not in entry:
            raise UnknownDatasetError(f"The data set {name!r} is one file, not a folder.", "Use its own load function.")
        path = self.folder / str(entry["folder"])
        found = folder_sha256(path)
        if found != entry["sha256"]:
            raise AlteredDatasetError(
                f"{path} is not the folder that registry.toml describes: its sha256 is {found}.",
                "Something in it was changed, added or removed. `git restore` it or install hr-it-lab again; to change "
                "the files, work on a copy of the folder.",
            )
        return path

    def read_datasheet(self, name: str) -> str:
        return self._bytes(self.folder / self.entry(name)["datasheet"]).decode("utf-8")

    def _bytes(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise AlteredDatasetError(
                f"{path} is named in registry.toml but cannot be read ({error.strerror}).",
                "Install hr-it-lab again, or `git restore` the file.",
            ) from error


def _open_registry(folder: str | Path | None) -> _Registry:
    """Return the registry of an explicit folder, or else of the first installed folder that is ours."""
    candidates = _INSTALLED_FOLDERS if folder is None else (Path(folder),)
    for candidate in candidates:
        datasets = _our_datasets(candidate / "registry.toml")
        if datasets is not None:
            return _Registry(candidate, datasets)
    raise DatasetFolderError(
        f"No data sets of hr-it-lab in {' or '.join(str(candidate) for candidate in candidates)}.",
        "The folder must hold our registry.toml. "
        + ("Install hr-it-lab again." if folder is None else "Leave `folder` out to use the installed data."),
    )


def _our_datasets(path: Path) -> dict[str, dict[str, Any]] | None:
    """Return the `datasets` table of a registry.toml, or None if the file is not ours."""
    try:
        registry = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):  # ValueError: neither TOML nor UTF-8
        return None
    if registry.get("project") != "hr-it-lab":
        return None
    datasets: dict[str, dict[str, Any]] = registry.get("datasets", {})
    return datasets


def load_adviser_applications(folder: str | Path | None = None) -> pd.DataFrame:
    """Load made-up applications to be a customer-service adviser, with a past that was unfair on purpose.

    No row is a person. The unfairness is planted and known, so that an audit can be checked against it; read
    ``datasheet("adviser_applications")`` for what is published, what is made up and how to use it without harm.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (8000, 19)
        One row per application. ``hired`` and ``good_after_12_months`` are bool; ``years_experience`` (years),
        ``gap_months`` and ``tenure_months`` (months) are int; ``panel_rating`` and ``points_off`` are in log-odds
        points; ``profile`` is text, the rest categorical. ``sex``, ``race`` and ``age_band`` are missing where
        the applicant did not say.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> applications = load_adviser_applications()
    >>> len(applications), int(applications["hired"].sum())
    (8000, 1597)
    """
    return _adviser_applications(_open_registry(folder).read("adviser_applications")).copy(deep=False)


@lru_cache(maxsize=1)
def _adviser_applications(content: bytes) -> pd.DataFrame:
    table = pd.read_csv(BytesIO(content), compression="gzip", keep_default_na=False)
    unseen = ["sex", "race", "age_band"]
    table[unseen] = table[unseen].replace("", pd.NA)
    labels = [column for column in table.columns if table[column].dtype == "str" and column != "profile"]
    table = table.astype(dict.fromkeys(labels, "category"))
    levels = ["high school", "some college", "associate degree", "bachelor's degree"]
    return table.assign(education=table["education"].cat.set_categories(levels, ordered=True))


def load_adviser_scores(folder: str | Path | None = None) -> pd.DataFrame:
    """Load what a made-up screening tool, and four other versions of it, gave half of the made-up applicants.

    No row is a person. The tool learned from the other half of `load_adviser_applications`, with a past more unfair
    than the data's; read ``datasheet("adviser_scores")``.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (4000, 9)
        One row per applicant. ``score`` is today's tool's, from 0 to 100; ``score_no_name``, ``score_plain``,
        ``score_plain_no_name`` and ``score_no_profile`` are those of versions that read less;
        ``good_after_12_months`` is bool. ``sex`` and ``race`` are categorical, and missing where the applicant did
        not say.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> scores = load_adviser_scores()
    >>> len(scores), int(scores["sex"].isna().sum())
    (4000, 168)
    """
    return _adviser_scores(_open_registry(folder).read("adviser_scores")).copy(deep=False)


@lru_cache(maxsize=1)
def _adviser_scores(content: bytes) -> pd.DataFrame:
    table = pd.read_csv(BytesIO(content), compression="gzip", keep_default_na=False)
    unseen = ["sex", "race"]
    table[unseen] = table[unseen].replace("", pd.NA).astype("category")
    return table


def load_adviser_probe(folder: str | Path | None = None) -> pd.DataFrame:
    """Load what a probe found in the tool of `load_adviser_scores`.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (5, 24)
        One row per swap, with the fields of `evaluators.screening.probe.SwapEffect`, and ``matters``: the smallest
        effect, in points, that was to count.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> load_adviser_probe()["swap"].tolist()
    ['first name (race)', 'first name (sex)', 'pronoun', 'district', 'career gap']
    """
    return _adviser_probe(_open_registry(folder).read("adviser_probe")).copy(deep=False)


@lru_cache(maxsize=1)
def _adviser_probe(content: bytes) -> pd.DataFrame:
    return pd.read_csv(BytesIO(content))


def load_hr_messages(folder: str | Path | None = None) -> pd.DataFrame:
    """Load some 9,000 made-up messages to HR, by what they may speak of: to fit and to measure what fetches a person.

    They speak of suicide, violence, harassment, death and illness: say so before you show one. Nobody in distress
    wrote them. Read ``datasheet("hr_messages")``.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (n_messages, 6)
        ``author``, ``kind`` (crisis, harassment, bereavement, illness or ordinary), ``topic``, ``tempting`` (1 if an
        ordinary message sounds grave), ``line`` (messages made of one line belong together) and ``message``.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> sorted(load_hr_messages()["kind"].unique())
    ['bereavement', 'crisis', 'harassment', 'illness', 'ordinary']
    """
    return _hr_messages(_open_registry(folder).read("hr_messages")).copy(deep=False)


@lru_cache(maxsize=1)
def _hr_messages(content: bytes) -> pd.DataFrame:
    return pd.read_csv(BytesIO(content), keep_default_na=False)


def load_hr_messages_lesson(folder: str | Path | None = None) -> pd.DataFrame:
    """Load 80 messages to an HR chat on which nothing was fitted; 32 hint at despair, danger or harassment.

    Say so before you show them. Read ``datasheet("hr_messages_lesson")``.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (80, 2)
        ``kind`` (``"crisis"``, ``"harassment"`` or ``"ordinary"``) and ``message``.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> load_hr_messages_lesson()["kind"].value_counts().to_dict()
    {'ordinary': 48, 'crisis': 16, 'harassment': 16}
    """
    return pd.read_csv(BytesIO(_open_registry(folder).read("hr_messages_lesson")), keep_default_na=False)


def load_hr_replies(folder: str | Path | None = None) -> pd.DataFrame:
    """Load 48 messages to an HR bot, each with one reply, from kind to cold: our own words, rated by nobody.

    Some speak of death, harassment and despair, and some replies hurt on purpose: say so before you show them. Read
    ``datasheet("hr_replies")``.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (48, 5)
        ``reply_id``, ``situation`` (one of `evaluators.tone.situations`), ``said``, ``reply``, and ``note``: what the
        writer had in mind. It is not a rating.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> replies = load_hr_replies()
    >>> len(replies), replies["situation"].nunique(), replies["reply_id"].iloc[0]
    (48, 10, 'pay_stub_1')
    """
    return _hr_replies(_open_registry(folder).read("hr_replies")).copy(deep=False)


@lru_cache(maxsize=1)
def _hr_replies(content: bytes) -> pd.DataFrame:
    return pd.read_csv(BytesIO(content), keep_default_na=False)


def load_recruiter_panel(table: str, folder: str | Path | None = None) -> pd.DataFrame:
    """Load a table of made-up résumés for four jobs that twelve simulated recruiters rated.

    No row is a person, and nobody rated anything: the recruiters are formulas whose weights, noise and unfairness are
    planted and known. Read ``datasheet("recruiter_panel_ratings")``.

    Parameters
    ----------
    table : str
        One of `RECRUITER_PANEL_TABLES`: ``"resumes"`` (what could be seen of each, and how it turned out),
        ``"ratings"`` (one row per résumé and recruiter; not everybody rated everything) or ``"recruiters"`` (what each
        says to value, and what is planted).
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (240, 17), (1368, 7) or (12, 21)
        ``resume_id`` and ``recruiter`` join the tables. Ratings are 1 to 7; ``order`` counts each recruiter's ratings.
        ``degree`` is an ordered category; other labels are categorical, yes-no columns bool.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`; also if there is no such table.

    Examples
    --------
    >>> ratings = load_recruiter_panel("ratings")
    >>> len(ratings), ratings["recruiter"].nunique()
    (1368, 12)
    """
    return _recruiters_table("recruiter_panel", "recruiter panel", table, RECRUITER_PANEL_TABLES, folder)


def load_screener_lab(table: str, folder: str | Path | None = None) -> pd.DataFrame:
    """Load a table of the lab in which one builds a screener: a made-up ferry company and its eight recruiters.

    No row is a person, and nobody rated anything: the recruiters are formulas, and the interview is made up. Some of
    them are unfair on purpose. Read ``datasheet("screener_lab_ratings")``.

    Parameters
    ----------
    table : str
        One of `SCREENER_LAB_TABLES`: ``"resumes"`` (what could be seen of each, and how it turned out), ``"ratings"``
        (one row per résumé and recruiter; not everybody rated everything), ``"stated"`` (what each recruiter says to
        value, points of 100) or ``"interview"`` (what the head of recruiting says, line by line).
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame, shape (160, 16), (860, 4), (8, 8) or (60, 3)
        ``resume_id`` and ``recruiter`` join the tables. Ratings are 1 to 7; ``order`` counts each recruiter's ratings.
        ``degree`` is an ordered category; other labels are categorical, yes-no columns bool.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`; also if there is no such table.

    Examples
    --------
    >>> interview = load_screener_lab("interview")
    >>> interview.loc[interview["line"] == 44, "words"].item()
    "Names? I don't see names. I read the skills."
    """
    return _recruiters_table("screener_lab", "screener lab", table, SCREENER_LAB_TABLES, folder)


def _recruiters_table(
    dataset: str, called: str, table: str, tables: tuple[str, ...], folder: str | Path | None
) -> pd.DataFrame:
    if table not in tables:
        raise UnknownDatasetError(
            f"The {called} has no table called {table!r}.", f"Choose one of: {', '.join(tables)}."
        )
    registry = _open_registry(folder)
    packed = str(registry.entry(f"{dataset}_{table}")["file"]).endswith(".gz")
    return _resumes_or_plain(table, registry.read(f"{dataset}_{table}"), packed).copy(deep=False)


@lru_cache(maxsize=8)
def _resumes_or_plain(name: str, content: bytes, packed: bool) -> pd.DataFrame:
    table = pd.read_csv(BytesIO(content), compression="gzip" if packed else None, keep_default_na=False)
    if name != "resumes":
        return table
    table = table.astype(dict.fromkeys(["job", "name_race", "name_sex"], "category"))
    return table.assign(degree=pd.Categorical(table["degree"], ["none", "bachelor", "master"], ordered=True))


def load_resume_callbacks(folder: str | Path | None = None) -> pd.DataFrame:
    """Load the résumé experiment of Bertrand and Mullainathan [1]_.

    Made-up résumés with randomly given first names were sent to job advertisements in Boston and Chicago in
    2001 and 2002. ``race`` and ``sex`` are what the *name signals*. Read ``datasheet("resume_callbacks")``
    before use: it says what the data cannot show and whom it could harm.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package. The current
        folder plays no part.

    Returns
    -------
    DataFrame, shape (4870, 22)
        One row per résumé, no missing values. ``called_back`` and other yes/no columns are bool;
        ``years_experience`` (years) and ``jobs_listed`` (jobs) are int; names and kinds are categorical.

    Raises
    ------
    DatasetFolderError
        If no folder with our registry.toml is found.
    UnknownDatasetError
        If the registry of `folder` does not list the data set.
    AlteredDatasetError
        If the file is missing or its sha256 is not the registry's.

    References
    ----------
    .. [1] Bertrand, M. and Mullainathan, S. (2004). Are Emily and Greg More Employable than Lakisha and
       Jamal? American Economic Review 94(4), 991-1013.

    Examples
    --------
    >>> resumes = load_resume_callbacks()
    >>> resumes["called_back"].groupby(resumes["race"], observed=True).sum().to_dict()
    {'Black': 157, 'White': 235}
    """
    return _resume_callbacks(_open_registry(folder).read("resume_callbacks")).copy(deep=False)


@lru_cache(maxsize=1)
def _resume_callbacks(content: bytes) -> pd.DataFrame:
    table = pd.read_csv(BytesIO(content), keep_default_na=False)
    table = table.astype(dict.fromkeys(table.select_dtypes("str"), "category"))
    return table.assign(quality=table["quality"].cat.set_categories(["low", "high"], ordered=True))


def load_tarnbrook(table: str, folder: str | Path | None = None) -> pd.DataFrame:
    """Load a table of Tarnbrook, a made-up employer of about 2,400 people, from January 2025 to June 2026.

    No row is a person. ``employee_id`` joins the tables; in the tickets it is called ``caller_id``. Read
    ``datasheet("tarnbrook_people")`` for the columns, what is planted and what it was calibrated to.

    Parameters
    ----------
    table : str
        One of `TARNBROOK_TABLES`, such as ``"people"`` or ``"tickets"``.
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    DataFrame
        One row per person, ticket, event, ... as the datasheet says. Times are local (Europe/Dublin) and without a
        zone, as an export gives them; labels are categorical; money is in euros.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`; also if there is no such table.

    Examples
    --------
    >>> load_tarnbrook("tickets").columns[:4].tolist()
    ['number', 'opened_at', 'incident_state', 'priority']
    """
    if table not in TARNBROOK_TABLES:
        raise UnknownDatasetError(
            f"Tarnbrook has no table called {table!r}.", f"Choose one of: {', '.join(TARNBROOK_TABLES)}."
        )
    return _tarnbrook.parse_table(table, _open_registry(folder).read(f"tarnbrook_{table}")).copy(deep=False)


def load_tarnbrook_log(folder: str | Path | None = None) -> "TicketLog":
    """Load Tarnbrook's tickets and their events as the ticket log that `evaluators.itdata` measures.

    Parameters
    ----------
    folder : str or Path, optional
        Folder that holds our registry.toml. By default the data installed with the package.

    Returns
    -------
    TicketLog
        Times in UTC, the people in Europe/Dublin; the log ends as 2026-07-01 begins there. ``priority`` is "P1" to
        "P4"; ``sla_met`` is the company's own flag, whose clock stands still while a ticket awaits user info.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> log = load_tarnbrook_log()
    >>> log.tickets["priority"].cat.categories.tolist(), log.time_zone
    (['P1', 'P2', 'P3', 'P4'], 'Europe/Dublin')
    """
    registry = _open_registry(folder)
    log = _tarnbrook.parse_log(registry.read("tarnbrook_tickets"), registry.read("tarnbrook_ticket_events"))
    events = None if log.events is None else log.events.copy(deep=False)
    return replace(log, tickets=log.tickets.copy(deep=False), events=events)


def dataset_folder(name: str, *, folder: str | Path | None = None) -> Path:
    """Return the folder of a data set that consists of several files, such as the example bot's.

    Parameters
    ----------
    name : str
        Name of the data set in the registry, such as ``"hr_bot"``.
    folder : str or Path, optional
        Folder that holds our registry.toml; by default the data installed with the package.

    Returns
    -------
    Path
        The folder; its files are those of the registry. Work on a copy to change them.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`; also if the data set is a single file.

    Examples
    --------
    >>> dataset_folder("hr_bot").name
    'hr_bot'
    """
    return _open_registry(folder).checked_folder(name)


def folder_sha256(folder: Path) -> str:
    """Return one sha256 for the text files of a folder: names and contents, whatever the line endings.

    The datasheet (README.md), folders called tests and hidden files are left out.
    """
    total = hashlib.sha256()
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda each: each.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix()
        if path.name != "README.md" and not any(
            part == "tests" or part.startswith((".", "__")) for part in Path(name).parts
        ):
            content = path.read_bytes().replace(b"\r\n", b"\n")
            total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def datasheet(name: str, *, folder: str | Path | None = None) -> str:
    """Return a data set's datasheet: who made it, how, what the columns mean, known harms and licence.

    Parameters
    ----------
    name : str
        Name of the data set in the registry, such as ``"resume_callbacks"``.
    folder : str or Path, optional
        Folder that holds our registry.toml; by default the data installed with the package.

    Returns
    -------
    str
        Markdown text.

    Raises
    ------
    DatasetFolderError, UnknownDatasetError, AlteredDatasetError
        As in `load_resume_callbacks`.

    Examples
    --------
    >>> print(datasheet("resume_callbacks").splitlines()[0])
    # resume_callbacks: did the name on a résumé change who was called back?
    """
    return _open_registry(folder).read_datasheet(name)

"""Times as exports write them: which form a text has, day or month first, and clock times as UTC."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.datetime64]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FROM = f"0123456789{_LETTERS.upper()}{_LETTERS}"
_TO = "0" * 10 + "A" * 26 + "a" * 26
_LONGEST = 48  # characters of a text that still can be a time
_FIRST, _END = "1970-01-03", "2100-01-01"  # 1 January 1970 is how computers write 0, on some clocks the day after
_DATE = re.compile(
    r"(?P<ymd>0000(?P<s1>[-/.])00?(?P=s1)00?)"
    r"|(?P<number>00?(?P<s2>[-/.])00?(?P=s2)(?P<y2>0000|00))"
    r"|(?P<dmy>00?(?P<s3>[-/ .])(?P<m3>A[Aa]{2,8})(?P=s3)(?P<y3>0000|00))"
    r"|(?P<mdy>(?P<m4>A[Aa]{2,8}) 00?, 0000)"
)
_CLOCK = re.compile(
    r"(?P<between> |A|, )(?P<hour>00?):00(?P<second>:00(?P<fraction>[.,]0+)?)?(?P<half> ?(?:AA|aa)(?!A))?"
    r"(?P<zone>A| ?[-+]00:?00| ?[-+]00| AAA)?"
)
_SIGNS = {
    **dict.fromkeys(("%d", "%m", "%H", "%I"), "[0-9]{1,2}"),
    **dict.fromkeys(("%y", "%M", "%S"), "[0-9]{2}"),
    **{"%Y": "[0-9]{4}", "%b": "[A-Za-z]{3}", "%B": "[A-Za-z]{4,9}", "%p": "[AaPp][Mm]"},
}
_ZONE = "( ?Z| UTC| GMT| ?[-+][0-9]{2}(:?[0-9]{2})?)$"


@dataclass(frozen=True, slots=True)
class Form:
    """How times are written: what `strptime` needs, where ``DM`` stands for day and month in an order to be found.

    Parameters
    ----------
    pattern : str
        Such as ``"DM/%Y %H:%M"``, or ``"serial"`` for the day numbers of workbooks.
    between : str
        What stands between day, month and year.
    fraction, zoned, days : bool
        Whether there are fractions of a second, whether an offset from UTC, and whether there is no clock time.
    """

    pattern: str
    between: str = "-"
    fraction: bool = False
    zoned: bool = False
    days: bool = False

    @property
    def undecided(self) -> bool:
        """Whether day and month are two numbers of which either may come first."""
        return "%D" in self.pattern

    def fits(self, text: str) -> str:
        """Return SQL that says whether a text is of this form."""
        if self.pattern == "serial":
            return f"regexp_full_match({text}, '[0-9]{{5}}([.,][0-9]+)?')"
        found = re.escape(self.pattern.replace("%D", f"%d{self.between}%m"))
        found = found.replace("%S", "%S[.,][0-9]+") if self.fraction else found
        for sign, letters in _SIGNS.items():
            found = found.replace(sign, letters)
        found += _ZONE.removesuffix("$") if self.zoned else ""
        return f"regexp_full_match({text}, '{found}')"

    def to_sql(self, text: str, *, day_first: bool) -> str:
        """Return SQL that turns a text of this form into a time, NULL where it is none."""
        if self.pattern == "serial":
            return (
                f"(TIMESTAMP '1899-12-30 00:00:00' + to_seconds(CAST(round(TRY_CAST({text} AS DOUBLE) * 86400) "
                "AS BIGINT)))"
            )
        pair = ("%d", "%m") if day_first or self.between == "." else ("%m", "%d")
        pattern = self.pattern.replace("%D", self.between.join(pair))
        bare = text
        if self.fraction:
            bare = f"regexp_replace({bare}, '(:[0-9]{{2}}:[0-9]{{2}})[.,][0-9]+', '\\1')"
        if not self.zoned:
            return f"try_strptime({bare}, '{pattern}')"
        offset = f"regexp_extract({text}, '[-+][0-9]{{2}}:?[0-9]{{0,2}}$')"
        digits = f"regexp_replace({offset}, '[^0-9]', '', 'g')"
        minutes = (
            f"CASE WHEN {offset} = '' THEN 0 ELSE (CASE WHEN left({offset}, 1) = '-' THEN -1 ELSE 1 END) * "
            f"(CAST(left({digits}, 2) AS INT) * 60 + CAST('0' || substr({digits}, 3, 2) AS INT)) END"
        )
        return f"(try_strptime(regexp_replace({bare}, '{_ZONE}', ''), '{pattern}') - to_minutes({minutes}))"


def shape_sql(text: str) -> str:
    """Return SQL for the shape of a text: ``"00/Aaa/00 0:00 AA"`` for 31/Mar/26 2:05 PM."""
    return f"translate(left({text}, {_LONGEST}), '{_FROM}', '{_TO}')"


def form_of(shape: str) -> Form | None:
    """Return the form that texts of a shape have, None if they are no times."""
    if re.fullmatch(r"0{5}([.,]0+)?", shape):
        return Form("serial", days="." not in shape)
    if not (date := _DATE.match(shape)) or (date["y2"] == "00" and date["s2"] == "-"):
        return None  # 26-03-31 can mean too much
    rest = shape[date.end() :]
    pattern, between = _date_pattern(date)
    if not rest:
        return Form(pattern, between, days=True)
    if not (clock := _CLOCK.fullmatch(rest)):
        return None
    pattern += clock["between"].replace("A", "T") + ("%I" if clock["half"] else "%H") + ":%M"
    pattern += ":%S" if clock["second"] else ""
    if clock["half"]:
        pattern += " %p" if clock["half"].startswith(" ") else "%p"
    return Form(pattern, between, bool(clock["fraction"]), bool(clock["zone"]))


def _date_pattern(date: "re.Match[str]") -> tuple[str, str]:
    def year(digits: str) -> str:
        return "%Y" if len(digits) == 4 else "%y"

    def month(letters: str) -> str:
        return "%b" if len(letters) == 3 else "%B"

    if date["ymd"]:
        return f"%Y{date['s1']}%m{date['s1']}%d", date["s1"]
    if date["number"]:
        return f"%D{date['s2']}{year(date['y2'])}", date["s2"]
    if date["dmy"]:
        return f"%d{date['s3']}{month(date['m3'])}{date['s3']}{year(date['y3'])}", date["s3"]
    return f"{month(date['m4'])} %d, %Y", " "


def time_sql(text: str, forms: Sequence[Form], *, day_first: bool) -> tuple[str, str]:
    """Return SQL for the times of a column of texts, and SQL that says which of them are UTC already.

    Parameters
    ----------
    text : str
        The column, as SQL.
    forms : sequence of Form
        Every form that occurs.
    day_first : bool
        Whether 3/2/2026 is in February.
    """
    if not forms:
        return "CAST(NULL AS TIMESTAMP)", "false"
    cases = [(form, form.fits(text)) for form in forms]
    value = " ".join(f"WHEN {case} THEN {form.to_sql(text, day_first=day_first)}" for form, case in cases)
    zoned = " OR ".join(case for form, case in cases if form.zoned) or "false"
    return f"CASE {value} END", zoned


def possible(times: Times) -> npt.NDArray[np.bool_]:
    """Say which times lie in 1970 (but its first days) to 2099; 9999-12-31 and the like mean something else."""
    inside: npt.NDArray[np.bool_] = (times >= np.datetime64(_FIRST)) & (times < np.datetime64(_END))
    return inside


def quoted(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Vote:
    """A date that can be read in one order of day and month only, and where it stands."""

    date: str
    place: int


def day_votes(dates: Iterable[tuple[str, int]]) -> tuple[Vote | None, Vote | None, Vote | None]:
    """Look which order of day and month dates allow.

    Parameters
    ----------
    dates : iterable of (str, int)
        Dates of two numbers and a year, and the place of each in the file.

    Returns
    -------
    tuple of (Vote or None, Vote or None, Vote or None)
        The first date whose day comes first for sure, the first whose month does, the first that leaves it open.
    """
    first: list[Vote | None] = [None, None, None]
    for date, place in dates:
        parts = [int(part) for part in re.split(r"[-/.]", date)[:2]]
        if len(parts) < 2 or parts[0] == parts[1] or min(parts) > 12 or max(parts) > 31:
            continue
        which = 0 if parts[0] > 12 else 1 if parts[1] > 12 else 2
        seen = first[which]
        if seen is None or place < seen.place:
            first[which] = Vote(date, place)
    return first[0], first[1], first[2]


def to_utc(local: Times, zone: ZoneInfo) -> tuple[Times, int, int]:
    """Turn clock times of a zone into UTC.

    Parameters
    ----------
    local : ndarray of datetime64[us], shape (n,)
        What the clock on the wall showed; NaT is missing.
    zone : ZoneInfo
        Where the wall is.

    Returns
    -------
    tuple of (ndarray of datetime64[us], int, int)
        UTC; how many times occur twice, as clocks go back (the earlier is taken); and how many never occur, as
        clocks go forward (they move to the moment of the change).

    Examples
    --------
    >>> night = np.array(["2026-03-29T01:30", "2026-10-25T01:30"], dtype="datetime64[us]")
    >>> [part.tolist() if np.ndim(part) else part for part in to_utc(night, ZoneInfo("Europe/Dublin"))]
    [[datetime.datetime(2026, 3, 29, 1, 0), datetime.datetime(2026, 10, 25, 0, 30)], 1, 1]
    """
    there = local[~np.isnat(local)]
    if not len(there):
        return local, 0, 0
    start, changes = _changes(zone, there.min(), there.max())
    edges, shifts, moments = list[int](), [start], [0]
    twice = never = 0
    ticks = local.astype("datetime64[us]").astype(np.int64)
    for moment, before, after in changes:
        low, high = moment + min(before, after), moment + max(before, after)
        if after > before:
            edges += [low, high]  # between these two the clock showed nothing
            shifts += [0, after]
            moments += [moment, 0]
            never += int(((ticks >= low) & (ticks < high)).sum())
        else:
            edges.append(high)
            shifts.append(after)
            moments.append(0)
            twice += int(((ticks >= low) & (ticks < high)).sum())
    piece = np.searchsorted(np.array(edges, dtype=np.int64), ticks, side="right")
    fixed = np.array(moments, dtype=np.int64)[piece]
    utc = np.where(fixed != 0, fixed, ticks - np.array(shifts, dtype=np.int64)[piece])
    made: Times = utc.astype("datetime64[us]")
    made[np.isnat(local)] = np.datetime64("NaT")
    return made, twice, never


def _changes(zone: ZoneInfo, first: np.datetime64, last: np.datetime64) -> tuple[int, list[tuple[int, int, int]]]:
    """Return the offset at the beginning, and each change: its moment, the offset before and after; microseconds."""

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta()

    day = timedelta(days=1)
    now = datetime.fromisoformat(str(first.astype("datetime64[D]"))).replace(tzinfo=UTC) - 2 * day
    end = datetime.fromisoformat(str(last.astype("datetime64[D]"))).replace(tzinfo=UTC) + 2 * day
    start, found = offset(now), list[tuple[int, int, int]]()
    before = start
    while now < end:
        after = offset(now + day)
        if after != before:
            base = now
            second = bisect_left(range(86_400), True, key=lambda s: offset(base + timedelta(seconds=s)) != before)
            moment = base + timedelta(seconds=second)
            found.append(tuple(_ticks(each) for each in (moment - datetime(1970, 1, 1, tzinfo=UTC), before, after)))  # type: ignore[arg-type]
            before = after
        now += day
    return _ticks(start), found


def _ticks(span: timedelta) -> int:
    return span // timedelta(microseconds=1)

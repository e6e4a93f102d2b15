"""Dates, times and time zones."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from autograder.transfer._codec import DECODERS, ENCODERS, Encoder, ForeignError, Reader, Writer, exactly, fields
from autograder.transfer._frame import refuse

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,40}(/[A-Za-z0-9_+-]{1,40}){0,3}")


def zone_fits(zone: tzinfo | None) -> bool:
    """Tell whether a time zone can cross."""
    return zone is None or type(zone) is timezone or (type(zone) is ZoneInfo and bool(_ZONE.fullmatch(zone.key or "")))


def is_zone(zone: object) -> bool:
    """Tell whether what arrived as a time zone is one, or None."""
    return zone is None or type(zone) in (timezone, ZoneInfo)


def encode_zone(writer: Writer, zone: tzinfo | None) -> Any:
    """Encode a time zone, or None."""
    if zone is None:
        return None
    if not zone_fits(zone):
        raise ForeignError("with a time zone that has no plain name")
    return writer.encode(zone)


def _offset(writer: Writer, zone: timezone) -> Any:
    # __getinitargs__ alone tells whether the name was given or made of the offset.
    offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
    return {"offset": [offset.days, offset.seconds, offset.microseconds, writer.encode(name[0]) if name else None]}


def _read_offset(reader: Reader, payload: Any) -> timezone:
    days, seconds, microseconds, name = fields(payload, 4)
    offset = _delta(days, seconds, microseconds)
    return timezone(offset) if name is None else timezone(offset, exactly(name, str))


def _read_zone(reader: Reader, payload: Any) -> ZoneInfo:
    if not _ZONE.fullmatch(exactly(payload, str)):
        raise refuse("a time zone has an odd name")
    reader.spend(10)  # a name that doesn't exist is looked for on the disk
    return ZoneInfo(payload)


def _zone(writer: Writer, zone: ZoneInfo) -> Any:
    if not zone_fits(zone):
        raise ForeignError("without a plain name")
    writer.spend(10)
    return {"zone": zone.key}


def _delta(*parts: Any) -> timedelta:
    days, seconds, microseconds = (exactly(part, int) for part in parts)
    return timedelta(days=days, seconds=seconds, microseconds=microseconds)


def _clock(writer: Writer, value: Any) -> list[Any]:
    parts = [value.hour, value.minute, value.second, value.microsecond, value.fold]
    return [*parts, encode_zone(writer, value.tzinfo)]


def _read_clock(kind: Any, dated: int, payload: Any) -> Any:
    *numbers, fold, zone = fields(payload, dated + 6)
    if not is_zone(zone):
        raise refuse("a time zone is none")
    return kind(*(exactly(number, int) for number in numbers), zone, fold=exactly(fold, int))


_ENCODERS: dict[type, Encoder] = {
    date: lambda w, value: {"date": [value.year, value.month, value.day]},
    time: lambda w, value: {"time": _clock(w, value)},
    datetime: lambda w, value: {"datetime": [value.year, value.month, value.day, *_clock(w, value)]},
    timedelta: lambda w, value: {"timedelta": [value.days, value.seconds, value.microseconds]},
    timezone: _offset,
    ZoneInfo: _zone,
}
ENCODERS.update(_ENCODERS)
DECODERS.update(
    {
        "date": lambda r, payload: date(*(exactly(part, int) for part in fields(payload, 3))),
        "time": lambda r, payload: _read_clock(time, 0, payload),
        "datetime": lambda r, payload: _read_clock(datetime, 3, payload),
        "timedelta": lambda r, payload: _delta(*fields(payload, 3)),
        "offset": _read_offset,
        "zone": _read_zone,
    }
)

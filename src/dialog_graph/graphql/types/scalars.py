"""Custom scalars (inbox rules §2.3): DateTime, UUID, URL, JSON."""

import re
from datetime import UTC, datetime
from typing import Any, NewType
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII
)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")

Url = NewType("Url", str)
"""Any URI, URNs included; never checked for a scheme on output."""
JsonScalar = NewType("JsonScalar", object)
"""Any JSON value."""


def read_date_time(value: object) -> datetime:
    """RFC 3339 with an offset or Z, as UTC; digits beyond microseconds are cut. Raises ValueError."""
    found = _DATE_TIME.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a date-time such as 2026-11-20T07:53:33Z, with Z or an offset")
    day, time, fraction, zone = found.groups()
    text = f"{day}T{time}.{(fraction or '0')[:6].ljust(6, '0')}{'+00:00' if zone in 'Zz' else zone}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError:
        raise ValueError("expected a time between the years 1 and 9999") from None


def write_date_time(value: datetime) -> str:
    """UTC with six fraction digits and Z."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_uuid(value: object) -> UUID:
    """A UUID with hyphens in any letter case. Raises ValueError."""
    if isinstance(value, str) and _UUID.match(value):
        return UUID(value)
    raise ValueError("expected a UUID with hyphens")


def _read_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("expected a URL as text")


def _same(value: Any) -> Any:
    return value


def _definition(name: str, description: str, serialize: Any, parse: Any) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=serialize, parse_value=parse)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _definition("DateTime", "RFC 3339 date-time; answers are UTC.", write_date_time, read_date_time),
    UUID: _definition("UUID", "A UUID with hyphens; answers are in lower case.", str, read_uuid),
    Url: _definition("URL", "Any URI, URNs included.", str, _read_text),
    JsonScalar: _definition("JSON", "Any JSON value.", _same, _same),
}
"""Python type -> scalar of the schema."""

"""Keyset pages: a cursor holds the sort value and the id of the last row, never an offset."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Generic, TypeVar
from uuid import UUID

from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.model import strict_json
from dialog_graph.storage.database import Snapshot

DEFAULT_FIRST = 50
MAX_FIRST = 100
MAX_TOTAL = 10_000
"""Where counting stops."""
_MAX_CURSOR = 1200
"""Bytes: room for the longest name that a position may hold."""
_MAX_SEQUENCE = 2**31

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Position:
    """Place of a row in an order: the sort value (None = no value) and the id."""

    order: str
    value: datetime | str | int | None
    id: UUID | None

    def encode(self) -> str:
        """The cursor that clients get."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        text = strict_json.canonical([self.order, value, None if self.id is None else str(self.id)])
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    @property
    def time(self) -> datetime | None:
        """The sort value as a time."""
        return datetime.fromisoformat(self.value) if isinstance(self.value, str) else None


def decode(cursor: str | None, order: str) -> Position | None:
    """The position of a cursor of this order; raises `Refused` with BAD_CURSOR for anything else."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parsed = strict_json.parse(raw, max_bytes=_MAX_CURSOR)
        if isinstance(parsed, list) and len(parsed) == 3 and parsed[0] == order:
            return _position(order, parsed[1], parsed[2])
    except (binascii.Error, ValueError, OverflowError):
        pass
    raise refuse("BAD_CURSOR", expected="a cursor from an earlier page of this list")


def _is_sequence(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_SEQUENCE


def _is_time(value: object) -> bool:
    """None, or a time in UTC as `encode` writes it. Raises ValueError for a text that is no time."""
    return value is None or (isinstance(value, str) and datetime.fromisoformat(value).tzinfo is UTC)


_FORMS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {"name": lambda value: isinstance(value, str), "sequence": _is_sequence}
)
"""Orders whose rows are told apart by the value alone; all others are orders of time, then of id."""


def _position(order: str, value: object, id: object) -> Position:
    """Raises ValueError for what `encode` never writes, so that nothing odd reaches a statement."""
    is_fit = _FORMS.get(order, _is_time)
    is_placed = id is None if order in _FORMS else isinstance(id, str)
    if not (is_fit(value) and is_placed and isinstance(value, str | int | None)):
        raise ValueError("another form")
    return Position(order, value, UUID(id) if isinstance(id, str) else None)


def check_first(first: int | None) -> int:
    """The page size, 50 where none is given; LIMIT_PAGE outside 1..100."""
    if first is None:
        return DEFAULT_FIRST
    if not 1 <= first <= MAX_FIRST:
        raise Refused(Refusal(code="LIMIT_PAGE", expected=f"first between 1 and {MAX_FIRST}", actual=f"it is {first}"))
    return first


async def _no_total(_: Snapshot) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT]):
    """One page of a list. `cursors` fit `items`; `total` counts when it is asked, in the picture of then."""

    items: Sequence[ItemT]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    total: Callable[[Snapshot], Awaitable[int]] = _no_total


def page_of(found: Sequence[tuple[ItemT, Position]], first: int, after: str | None) -> Page[ItemT]:
    """A page from up to `first` + 1 rows that were read behind the cursor."""
    shown = found[:first]
    return Page(
        items=[item for item, _ in shown],
        cursors=[position.encode() for _, position in shown],
        has_next=len(found) > first,
        has_previous=after is not None,
    )

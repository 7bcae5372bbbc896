"""Identifiers made of other identifiers and times, so that the same facts always give the same id.

Rules: process engine §14.2 and §18 (entries, events), inbox §1.6 (dialogs and their parts). Random ids are made by
the caller: this module takes no randomness and no clock.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM_A = 0xFFF << 64
_RANDOM_B = (1 << 62) - 1
_KEEP_LOW = _RANDOM_A | _RANDOM_B


def milliseconds(at: datetime) -> int:
    """Unix time of an aware datetime in whole milliseconds, cut; integers, because a float may lose one."""
    return (at - _EPOCH) // _MILLISECOND


def _stamped(at: datetime, low: int) -> UUID:
    return UUID(int=(milliseconds(at) & ((1 << 48) - 1)) << 80 | _VERSION_7 | _VARIANT | low & _KEEP_LOW)


def derived(at: datetime, *parts: object) -> UUID:
    """UUIDv7 of a time and sha256 of the parts' texts (joined by `:`): entry ids, event ids."""
    digest = hashlib.sha256(":".join(str(part) for part in parts).encode()).digest()
    return _stamped(at, int.from_bytes(digest[:16], "big"))


def v7(guid: UUID, at: datetime) -> UUID:
    """The UUID with its first 48 bits, version and variant replaced: `v7(guid, t)` of the inbox rules."""
    return _stamped(at, guid.int)


def sub(parent: UUID, name: str) -> UUID:
    """Id of a part of `parent`: UUIDv5 of the name, with the parent's time, version and variant bits."""
    low = uuid5(parent, name).int & _KEEP_LOW
    return UUID(int=parent.int & ~_KEEP_LOW | low)


def from_random(at: datetime, random: bytes) -> UUID:
    """UUIDv7 of a time and 16 random bytes given by the caller."""
    return _stamped(at, int.from_bytes(random, "big"))

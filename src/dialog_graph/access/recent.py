"""What was found out about a token within the last minute, so that a busy client's token is looked at only once."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

SIZE = 10_000
LIFE = 60
"""Seconds that callers keep a finding at most."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    value: Value
    until: int
    generation: int


def _digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).digest()


class Recent(Generic[Value]):
    """Text -> value for a minute; the least recently used entries go first. Texts are kept as their hash only."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, _Kept[Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, raw: str, generation: int, now: int) -> Value | None:
        """What was kept under another generation (of keys), too long ago or beyond its end does not count."""
        digest = _digest(raw)
        kept = self._entries.get(digest)
        if kept is None or kept.generation != generation or not now < kept.until:
            return None
        self._entries.move_to_end(digest)
        return kept.value

    def keep(self, raw: str, value: Value, generation: int, until: int) -> None:
        """Keeps a value while `now` is below `until`, Unix seconds."""
        digest = _digest(raw)
        self._entries[digest] = _Kept(value, until, generation)
        self._entries.move_to_end(digest)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

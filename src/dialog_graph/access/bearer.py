"""The `Authorization` header, before anything is known of the token in it (check 1 of security rules §1.2)."""

import re
from collections.abc import Iterable

from dialog_graph.access.refusals import TokenRefusal

MAX_TOKEN = 8192
_HEADER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([!-~]+)\Z")


def authorization(headers: Iterable[tuple[bytes, bytes]]) -> "str | TokenRefusal | None":
    """The one `Authorization` header of a request (lower-case names, as ASGI gives them); None without one."""
    values = [value for name, value in headers if name == b"authorization"]
    if not values:
        return None
    try:
        return values[0].decode("ascii") if len(values) == 1 else TokenRefusal.of("malformed", "several headers")
    except UnicodeDecodeError:
        return TokenRefusal.of("malformed", "not ASCII")


def token(value: str) -> "str | TokenRefusal":
    """The token of `Bearer <token>`: one space, the scheme in any case, at most 8192 visible ASCII characters."""
    match = _HEADER.match(value) if len(value) <= MAX_TOKEN + len("Bearer ") else None
    return match.group(1) if match else TokenRefusal.of("malformed", "not a bearer token")

"""Where values of a JSON text end, for edits in the middle of it. It has been read before, so it is well-formed."""

import re

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|//[^\r\n]*+|/\*.*?\*/|[\[\]{}]', re.DOTALL)


def string_end(text: str, start: int) -> int | None:
    """Offset behind the string that begins at `start`; None when none begins there."""
    match = _STRING.match(text, start)
    return match.end() if match else None


def list_end(text: str, start: int) -> int | None:
    """Offset behind the list that begins at `start`; None when none begins there or a comment stands in it."""
    depth = 0
    if text[start : start + 1] != "[":
        return None
    for token in _TOKEN.finditer(text, start):
        written = token.group()
        if written.startswith("/"):
            return None
        depth += (written in "[{") - (written in "]}")
        if depth == 0:
            return token.end()
    return None


def space_before(text: str, place: int) -> str:
    """The white space directly before an offset: line end and indentation of what stands there."""
    return text[len(text[:place].rstrip(" \t\r\n")) : place]

"""How wide a text is, roughly, and where it wraps. No font is at hand: widths are those of common sans-serif fonts."""

import unicodedata

SMALL = 11
NORMAL = 12
LINE_HEIGHT = 1.25
"""Distance of lines in text sizes."""

_WIDTHS = {
    **dict.fromkeys("ijl.,:;|!'", 0.28),
    **dict.fromkeys('ftrI()[]{}/\\-`" ', 0.37),
    **dict.fromkeys("mwMW@%", 0.92),
    **dict.fromkeys("ABCDEGHKNOPQRSUVXYZÆØÅÄÖ&", 0.72),
    **dict.fromkeys("æœ", 0.9),
}
_USUAL = 0.58
_WIDE = 1.05
_ELLIPSIS = "…"


def _of_character(character: str) -> float:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if ord(character) < 0x300:
        return _USUAL
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn"):
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF else 0.62


def width_of(text: str, size: float = NORMAL) -> float:
    """The estimated width of a line of text."""
    return sum(map(_of_character, text)) * size


def wrapped(text: str, width: float, size: float = NORMAL, lines: int = 4) -> tuple[str, ...]:
    """The text in at most so many lines of at most this width; what is cut off shows as an ellipsis.

    Words that are wider than a line are broken between characters.
    """
    rows: list[str] = []
    for word in _pieces(text.split(), width, size):
        if rows and width_of(f"{rows[-1]} {word}", size) <= width:
            rows[-1] = f"{rows[-1]} {word}"
        else:
            rows.append(word)
    if len(rows) <= lines:
        return tuple(rows)
    return (*rows[: lines - 1], _cut(rows[lines - 1] + _ELLIPSIS, width, size))


def _pieces(words: list[str], width: float, size: float) -> list[str]:
    pieces: list[str] = []
    for word in words:
        while width_of(word, size) > width and len(word) > 1:
            end = _fitting(word, width, size)
            pieces.append(word[:end])
            word = word[end:]
        pieces.append(word)
    return pieces


def _fitting(word: str, width: float, size: float) -> int:
    """How many characters of a word fit, at least one; breaks behind a hyphen or underscore where there is one."""
    total, end = 0.0, 0
    for character in word:
        total += _of_character(character) * size
        if total > width and end:
            break
        end += 1
    behind = max(word.rfind(mark, 0, end) for mark in "-_/.") + 1
    return behind if behind > end // 2 else end


def _cut(line: str, width: float, size: float) -> str:
    while len(line) > 2 and width_of(line, size) > width:
        line = line[:-2].rstrip() + _ELLIPSIS
    return line


def height_of(lines: int, size: float = NORMAL) -> float:
    """The height of so many lines."""
    return round(lines * size * LINE_HEIGHT)


def widest(lines: tuple[str, ...], size: float = NORMAL) -> float:
    """The width of the widest line, in whole pixels."""
    return float(round(max((width_of(line, size) for line in lines), default=0) + 0.5))


def name_size(name: str, width: float, lines: int = 3) -> tuple[float, float]:
    """Width and height of a name beside a figure or on a line, wrapped at a width; nothing for no name."""
    rows = wrapped(name, width, SMALL, lines)
    return widest(rows, SMALL), height_of(len(rows), SMALL)


def name_lines(name: str, size: tuple[float, float]) -> tuple[str, ...]:
    """The lines of a name in a room of the size that `name_size` told: the same that were measured."""
    return wrapped(name, size[0], SMALL, max(round(size[1] / (SMALL * LINE_HEIGHT)), 1))


def plain(text: str | None) -> str:
    """The text on one line, without control characters and those that turn the direction of writing."""
    visible = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text or "" if c not in _TURNING)
    return " ".join(visible.split())


_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

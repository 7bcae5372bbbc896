"""The functions on text (app folder rules §11.5). Lengths and indices count UTF-16 code units."""

from dialog_graph.expressions.failure import LIMIT, ExpressionError
from dialog_graph.expressions.values import MAX_TEXT, Number, Text, limited

_SLICE_NULL = "Start/end index cannot be null (an index from stringIndexOf is null when nothing is found)"


# Behind every text, on either side.
_THE_END = 2.0 * MAX_TEXT


def concat(*parts: Text) -> str:
    """The texts one after the other; null is empty."""
    return limited("".join([part or "" for part in parts]))


def upper_case(text: Text) -> Text:
    """Capital letters, independent of language."""
    return text and limited(text.upper())


def lower_case(text: Text) -> Text:
    """Small letters, independent of language."""
    return text and limited(text.lower())


def upper_case_first(text: Text) -> Text:
    """The first character as a capital letter."""
    return text and limited(text[0].upper() + text[1:])


def lower_case_first(text: Text) -> Text:
    """The first character as a small letter."""
    return text and limited(text[0].lower() + text[1:])


def contains(text: Text, part: Text) -> bool:
    """Whether the part stands in the text; false when either is null."""
    return text is not None and part is not None and part in text


def not_contains(text: Text, part: Text) -> bool:
    """The opposite of `contains`; true when either is null."""
    return not contains(text, part)


def starts_with(text: Text, part: Text) -> bool:
    """Whether the text begins with the part; false when either is null."""
    return text is not None and part is not None and text.startswith(part)


def ends_with(text: Text, part: Text) -> bool:
    """Whether the text ends with the part; false when either is null."""
    return text is not None and part is not None and text.endswith(part)


def comma_contains(text: Text, part: Text) -> bool:
    """Whether the part is one of the items between commas, white space around them aside."""
    return text is not None and part is not None and any(item.strip() == part for item in text.split(","))


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(_encoded(text)) // 2


def string_length(text: Text) -> float:
    """Length; null is 0."""
    return float(units(text or ""))


def string_index_of(text: Text, part: Text) -> Number:
    """Index of the first occurrence; null when there is none or either is null or empty."""
    index = text.find(part) if text and part else -1
    return float(units(text[:index])) if text and index >= 0 else None


def string_replace(text: Text, search: Text, replacement: Text) -> Text:
    """Every occurrence replaced; null when text or search is null or empty."""
    if not text or not search:
        return None
    new = replacement or ""
    # Known before it is made: two texts within the limit can make one of gigabytes.
    if len(text) + text.count(search) * (len(new) - len(search)) > MAX_TEXT:
        raise ExpressionError(LIMIT)
    return limited(text.replace(search, new))


def string_slice(text: Text, start: Number, end: Number = _THE_END) -> Text:
    """The part from `start` to before `end`; negative indices count from the end, outside ones are clamped."""
    if start is None or end is None:
        raise ExpressionError(_SLICE_NULL)
    if text is None:
        return None
    if text.isascii():
        return text[_index(start) : _index(end)]
    # Python slices clamp, count from the end and give "" for an end before the start, as the rule says.
    encoded = _encoded(text)
    size = len(encoded) // 2
    first, last, _ = slice(_index(start), _index(end)).indices(size)
    return encoded[2 * first : 2 * last].decode("utf-16-le", "replace")


def _index(number: float) -> int:
    # Far outside of any text is outside enough, and keeps the integer small.
    return int(max(-_THE_END, min(_THE_END, number)))


def _encoded(text: str) -> bytes:
    return text.encode("utf-16-le", "replace")

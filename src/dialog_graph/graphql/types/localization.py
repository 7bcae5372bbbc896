"""Texts in several languages as the wire has them, cut to the caller's languages (inbox rules §1.3, §2.2)."""

import re
from collections.abc import Sequence

import strawberry

from dialog_graph.errors import Texts

_WEIGHT = re.compile(r"[0-9](?:\.[0-9]*)?\Z")
_NORDIC = frozenset({"sv", "da"})


@strawberry.type(description="A text in one language.")
class Localization:
    """One language's text. `language_code`: two letters, ISO 639-1."""

    value: str
    language_code: str


def preferred(languages: Sequence[str]) -> tuple[str, ...]:
    """The languages asked for, then the fallbacks: nb and en for Swedes and Danes, else en and nb."""
    fallbacks = ("nb", "en") if _NORDIC & set(languages) else ("en", "nb")
    return tuple(dict.fromkeys((*languages, *fallbacks)))


def localize(texts: Texts, languages: Sequence[str]) -> list[Localization]:
    """All languages in order of their codes; with wishes the best one alone, or all when none of them is there."""
    if languages:
        best = next((code for code in preferred(languages) if code in texts), None)
        if best is not None:
            return [Localization(value=texts[best], language_code=best)]
    return [Localization(value=texts[code], language_code=code) for code in sorted(texts)]


def accepted_languages(header: str | None) -> tuple[str, ...]:
    """Two-letter codes of an Accept-Language header, heaviest first; what cannot be read is passed over."""
    weighted: list[tuple[float, int, str]] = []
    for place, item in enumerate((header or "").split(",")[:20]):
        name, _, parameters = item.strip().partition(";")
        code = name.strip().lower().partition("-")[0].partition("_")[0]
        weight = _weight(parameters)
        if len(code) == 2 and code.isascii() and code.isalpha() and weight > 0:
            weighted.append((-weight, place, code))
    return tuple(dict.fromkeys(code for _, _, code in sorted(weighted)))


def _weight(parameters: str) -> float:
    """The weight `q` among a language's parameters; 1 without one, 0 where it is no number."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            found = _WEIGHT.match(value.strip())
            return min(float(found[0]), 1.0) if found else 0.0
    return 1.0

"""Text resources: look-up by language, and the filling of placeholders (app folder §8)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dialog_graph.errors import Texts

FALLBACKS = ("nb", "nn", "en")
MAX_NESTING = 5
PLACEHOLDER = re.compile(r"\{([0-9]{1,4})\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVariable:
    """The value of one placeholder: where it comes from, the key there, and the text when it is not found."""

    key: str
    data_source: str
    default_value: str | None = None


Source: TypeAlias = Callable[[TextVariable], "str | None"]
"""Gives the value of a variable, None when it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextResource:
    """One text in one language; `{0}`, `{1}` … stand for the variables in order."""

    id: str
    value: str
    variables: tuple[TextVariable, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextResources:
    """All texts of an app version: language -> id -> text. Languages in the order of their files."""

    by_language: Mapping[str, Mapping[str, TextResource]] = field(default_factory=dict[str, Mapping[str, TextResource]])

    @property
    def languages(self) -> tuple[str, ...]:
        """Two-letter codes that have a file."""
        return tuple(self.by_language)

    def resource(self, key: str, language: str) -> TextResource | None:
        """The text in this language, else in nb, nn, en, else in the first file that has it."""
        for candidate in dict.fromkeys((language, *FALLBACKS, *self.by_language)):
            found = self.by_language.get(candidate, {}).get(key)
            if found is not None:
                return found
        return None

    def get(self, key: str, language: str) -> str | None:
        """The text as written, placeholders and all; None when no language has it (then the key is the text)."""
        found = self.resource(key, language)
        return found.value if found else None

    def resources(self, language: str) -> tuple[TextResource, ...]:
        """Every text as written, each in this language or where it falls back to; in the order of the files."""
        ids = dict.fromkeys(id for texts in self.by_language.values() for id in texts)
        found = (self.resource(id, language) for id in ids)
        return tuple(resource for resource in found if resource is not None)

    def all(self, key: str) -> Texts:
        """The text in every language that has it, without fallbacks."""
        return {language: texts[key].value for language, texts in self.by_language.items() if key in texts}

    def filled(self, key: str, language: str, source: Source) -> str:
        """The text with its placeholders replaced; without a text, the key itself.

        `source` gives a variable's value, None when it has none; texts inside texts (`dataSource` `text`) are
        filled here. A failing source never fails the text.
        """
        return self._filled(key, language, source, MAX_NESTING)

    def _filled(self, key: str, language: str, source: Source, depth: int) -> str:
        found = self.resource(key, language)
        if found is None:
            return key
        values = [self._value(variable, key, language, source, depth) for variable in found.variables]
        return PLACEHOLDER.sub(lambda match: _value_at(values, match), found.value)

    def _value(self, variable: TextVariable, key: str, language: str, source: Source, depth: int) -> str:
        if variable.data_source != "text":
            value = source(variable)
        elif variable.key == key or depth == 0:
            value = variable.key
        else:
            value = self._filled(variable.key, language, source, depth - 1)
        fallback = variable.default_value if variable.default_value is not None else variable.key
        return fallback if value is None else value


def _value_at(values: list[str], match: re.Match[str]) -> str:
    number = int(match.group(1))
    return values[number] if number < len(values) else match.group()

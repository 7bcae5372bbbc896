"""The type of a parsed JSON value."""

from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
"""A JSON value as Python reads it. Form data may also hold `decimal.Decimal` where exact digits matter."""

"""The one exception of evaluation, and the texts that callers of the package must word alike (§11.5)."""

from typing import Final

LIMIT: Final = "Expression limit exceeded"
"""Message of every limit, at compile and at run (app folder rules §11.1)."""

MAX_SHOWN: Final = 200
"""Characters of a value that a message quotes; form data can be large."""


class ExpressionError(Exception):
    """Evaluation ended without a value.

    `message` is the text of the rules. `path` is the place in the source as indices, `[1][2]`; empty is the whole
    expression. The callables of a `Context` raise it without a path; the function that called them adds its own.
    """

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message, path)
        self.message = message
        self.path = path

    def __str__(self) -> str:
        return f"{self.message} (at {self.path})" if self.path else self.message

    def at(self, path: str) -> "ExpressionError":
        """The same error with its place."""
        return ExpressionError(self.message, path)


def shown(text: str) -> str:
    """A quoted part of a message: cut when long, and without halves of surrogate pairs, which cannot be sent."""
    whole = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
    return whole.encode("utf-8", "replace").decode()


def unknown_data_type(data_type: str) -> ExpressionError:
    """`dataModel` with a data type that the app does not have."""
    return ExpressionError(f"Data model with type {shown(data_type)} not found")


def several_elements(data_type: str) -> ExpressionError:
    """`dataModel` with a type of which the instance has several elements, none of them in the context."""
    return ExpressionError(f"Data type {shown(data_type)} has more than one data element")


def unknown_component(component: str) -> ExpressionError:
    """`component` with an id that cannot be reached from where the expression stands."""
    return ExpressionError(f"Unable to find component with identifier {shown(component)}")


def circular_hidden() -> ExpressionError:
    """Components whose `hidden` rules ask for each other."""
    return ExpressionError("Circular hidden expression")


def unknown_auth_property(name: str, task: str | None) -> ExpressionError:
    """`authContext` with a word that is neither `read`, `write` nor an action of the task."""
    return ExpressionError(f"Unknown Auth context property {shown(name)} for task {task or 'null'}")


def unknown_options(options: str) -> ExpressionError:
    """`optionLabel` with a list that the app does not have."""
    return ExpressionError(f'Could not find options with id "{shown(options)}"')

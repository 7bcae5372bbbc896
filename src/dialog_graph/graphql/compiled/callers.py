"""The function behind a field, called directly with what it asks for: its object, `info`, its arguments."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast

from strawberry.types.field import StrawberryField

from dialog_graph.graphql.compiled.arguments import Arguments
from dialog_graph.graphql.compiled.run import Run

Get = Callable[[Run, Any], Any]
"""The value of a field of an object: the value, or an awaitable of it."""


def attribute(field: StrawberryField) -> Callable[[Any], Any] | None:
    """What reads a field that depends on its object alone; None for any other.

    An attribute, or a function of the object. Such a function, as long as it is no coroutine function, gives values
    and nothing to be awaited.
    """
    if field.is_basic_field:
        return attrgetter(field.python_name) if field.default_resolver is getattr else None
    resolver = cast(Any, field).base_resolver
    if not _is_plain(field) or field.is_async or field.is_subscription or field.arguments:
        return None
    return resolver.wrapped_func if _positions(resolver) == [_source_name(resolver)] else None


def caller(field: StrawberryField, arguments: Arguments | None) -> Get | None:
    """What calls a field's function as Strawberry would; None where more than its function takes part in a field."""
    resolver = cast(Any, field).base_resolver
    if not _is_plain(field):
        return None
    if field.is_subscription:
        return _event
    return _by_place(resolver) if arguments is None else _by_name(resolver, arguments)


def _is_plain(field: StrawberryField) -> bool:
    """It is its function, and nothing else."""
    is_own = type(field).get_result is StrawberryField.get_result
    return cast(Any, field).base_resolver is not None and is_own and not field.extensions


def _positions(resolver: Any) -> list[str]:
    """Names of the parameters that can be given by position."""
    return [name for name, each in resolver.signature.parameters.items() if each.kind is not each.KEYWORD_ONLY]


def _event(run: Run, source: Any) -> Any:
    """The value of a subscription's field is the event itself."""
    return source


def _source_name(resolver: Any) -> str | None:
    found = resolver.self_parameter or resolver.root_parameter or resolver.parent_parameter
    return found.name if found else None


def _by_place(resolver: Any) -> Get:
    """Without arguments there are four forms."""
    function = resolver.wrapped_func
    source, info = _source_name(resolver), resolver.info_parameter
    forms: dict[tuple[str | None, ...], Get] = {
        (source,): lambda run, source: function(source),
        (source, info and info.name): lambda run, source: function(source, run.info),
        (info and info.name,): lambda run, source: function(run.info),
        (): lambda run, source: function(),
    }
    return forms.get(tuple(_positions(resolver))) or _by_name(resolver, lambda run: {})


def _by_name(resolver: Any, arguments: Arguments) -> Get:
    function = resolver.wrapped_func
    takes_self = resolver.self_parameter is not None
    names = [each.name for each in (resolver.root_parameter, resolver.parent_parameter) if each]
    info = resolver.info_parameter

    def call(run: Run, source: Any) -> Any:
        given = dict(arguments(run))
        for name in names:
            given[name] = source
        if info is not None:
            given[info.name] = run.info
        return function(source, **given) if takes_self else function(**given)

    return call

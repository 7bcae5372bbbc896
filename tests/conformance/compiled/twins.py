"""Compiled execution with one seeded defect each: the harness must catch every one of them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dialog_graph.graphql.compiled import arguments, completion, leaves
from dialog_graph.graphql.compiled import run as running
from dialog_graph.graphql.compiled.run import Place, Run
from dialog_graph.graphql.compiled.selections import Collector

Patch = pytest.MonkeyPatch


def null_stays_where_it_falls(patch: Patch) -> None:
    """Errors never come up: null stands even where the type forbids it."""
    fail, drop = Run.fail, vars(Run)["_drop"]

    def nullable(place: Place) -> Place:
        return place._replace(is_nullable=True)

    def failed(run: Run, error: Any, nodes: Any, place: Place) -> Any:
        return fail(run, error, nodes, nullable(place))

    def dropped(run: Run, error: Any, nodes: Any, place: Place) -> Any:
        return drop(run, error, nodes, nullable(place))

    patch.setattr(Run, "fail", failed)
    patch.setattr(Run, "_drop", dropped)


def _collected(patch: Patch, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    fields = Collector.fields

    def collected(collector: Collector, sets: Any, type_: Any) -> dict[str, Any]:
        return changed(fields(collector, sets, type_))

    patch.setattr(Collector, "fields", collected)


def _true(*_: Any) -> bool:
    return True


def first_of_the_merged_only(patch: Patch) -> None:
    """Of several selection sets under one response name the first counts."""
    _collected(patch, lambda found: {key: nodes[:1] for key, nodes in found.items()})


def names_for_aliases(patch: Patch) -> None:
    """A field is answered under its own name."""
    _collected(patch, lambda found: {nodes[0].name.value: nodes for nodes in found.values()})


def alphabetical(patch: Patch) -> None:
    """The response is in the order of names."""
    _collected(patch, lambda found: dict(sorted(found.items())))


def everything_included(patch: Patch) -> None:
    """Nothing is skipped."""
    patch.setattr(Collector, "_is_included", _true)


def one_plan_for_all_truths(patch: Patch) -> None:
    """`@include(if: $x)` holds without a look at `$x`."""
    patch.setattr(Collector, "_truth", _true)


def fragments_always_apply(patch: Patch) -> None:
    """Type conditions are passed over; fields that a type lacks are left out."""
    patch.setattr(Collector, "_applies", _true)
    fields = Collector.fields

    def known(collector: Collector, sets: Any, type_: Any) -> Any:
        found = fields(collector, sets, type_)
        return {key: each for key, each in found.items() if each[0].name.value in (*type_.fields, "__typename")}

    patch.setattr(Collector, "fields", known)


def variables_of_the_first_request(patch: Patch) -> None:
    """Arguments are remembered beyond their request, by the place of their field."""
    made = vars(arguments)["_each_request"]
    values: dict[int, Any] = {}

    def once(reader: Any, definition: Any, field: Any, node: Any) -> Any:
        read = made(reader, definition, field, node)
        key = id(definition)

        def first(run: Run) -> Any:
            if key not in values:
                values[key] = read(run)
            return values[key]

        return first

    patch.setattr(arguments, "_each_request", once)


def scalars_as_text(patch: Patch) -> None:
    """Every scalar of ours is written by `str`."""

    def text(*_: Any) -> Any:
        return str

    patch.setattr(leaves, "_custom", text)


def paths_without_indices(patch: Patch) -> None:
    """The path of an error has names only."""
    path_to = running.path_to

    def names(place: Place | None) -> list[str]:
        return [each for each in path_to(place) if isinstance(each, str)]

    patch.setattr(running, "path_to", names)


def nulls_in_any_list(patch: Patch) -> None:
    """Items may be null whatever their type says."""
    of_list = completion.of_list

    def lenient(position: Any, finish: Any, *, is_nullable: bool) -> Any:
        return of_list(position, finish, is_nullable=True)

    patch.setattr(completion, "of_list", lenient)


def first_kind_for_all(patch: Patch) -> None:
    """Every value behind an interface is taken for the first type that implements it."""
    of_interface = completion.of_interface

    def taken(name: str, position: Any, kinds: Mapping[type, Any]) -> Any:
        first = next(iter(kinds.values()))
        same: dict[type, Any] = {kind: first for kind in kinds}  # noqa: C420 -- fromkeys forgets the type
        return of_interface(name, position, same)

    patch.setattr(completion, "of_interface", taken)


TWINS = (
    null_stays_where_it_falls,
    first_of_the_merged_only,
    names_for_aliases,
    alphabetical,
    everything_included,
    one_plan_for_all_truths,
    fragments_always_apply,
    variables_of_the_first_request,
    scalars_as_text,
    paths_without_indices,
    nulls_in_any_list,
    first_kind_for_all,
)

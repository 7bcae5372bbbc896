"""Drawings of processes: of an app version, and of an instance with how far it has come (process engine §9.1).

Everything is placed once per version and process and kept; writing a drawing with its states takes some milliseconds.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Definition, State, Status
from dialog_graph.bpmn.drawing import Drawing, Mark, drawing_of, language_for
from dialog_graph.bpmn.tokens import TokenState
from dialog_graph.model.instance import Instance, TaskState
from dialog_graph.ports import Ports
from dialog_graph.storage.database import Snapshot

_KEPT = 128

_OF_TASK: Mapping[TaskState, Mark | None] = {
    TaskState.ACTIVE: Mark.ACTIVE,
    TaskState.WAITING: Mark.WAITING,
    TaskState.FAILED: Mark.FAILED,
    TaskState.COMPLETED: Mark.DONE,
    TaskState.ABANDONED: None,
}
_OF_TOKEN: Mapping[TokenState, Mark] = {
    TokenState.WAIT: Mark.WAITING,
    TokenState.JOIN: Mark.WAITING,
    TokenState.INCIDENT: Mark.FAILED,
    TokenState.HOST: Mark.ACTIVE,
}


async def of_version(ports: Ports, snapshot: Snapshot, version: AppVersion, languages: Sequence[str]) -> str:
    """The process of an app version as SVG. `languages`, best first, are for what is told and not drawn."""
    return await asyncio.to_thread(_svg, version, dict[str, Mark](), language_for(languages))


async def of_instance(ports: Ports, snapshot: Snapshot, instance: Instance, languages: Sequence[str]) -> str:
    """The process that an instance is pinned to, with its present states."""
    version = await ports.catalogue.version(snapshot, instance.version_id)
    states = states_of(instance, version.definition)
    return await asyncio.to_thread(_svg, version, states, language_for(languages))


def _svg(version: AppVersion, states: Mapping[str, Mark], language: str) -> str:
    return _drawing(version.process_xml).svg(states, language, version.title_for(language))


@lru_cache(_KEPT)
def _drawing(xml: bytes) -> Drawing:
    """The drawing of a process that was compiled, so that it can be drawn; anything else is a fault."""
    drawing = drawing_of(xml)
    if not isinstance(drawing, Drawing):
        raise ValueError(f"expected the process of an app version, but it cannot be read: {drawing[0].message}")
    return drawing


def states_of(instance: Instance, definition: Definition) -> dict[str, Mark]:
    """Element id -> how far it is, of those of which that is known.

    Of a task the open entries count, else the last one; an abandoned entry leaves no mark. Which flows were taken is
    not recorded, so of gateways and events that have been passed nothing is known.
    """
    marks = {id: Mark.DONE for id in (instance.start_event, instance.end_event) if id is not None}
    return marks | dict(_resting(instance, definition)) | _of_tasks(instance)


def _of_tasks(instance: Instance) -> dict[str, Mark]:
    last = {entry.element_id: _OF_TASK[entry.state] for entry in instance.tasks}
    for state in (TaskState.WAITING, TaskState.ACTIVE, TaskState.FAILED):
        last |= {entry.element_id: _OF_TASK[state] for entry in instance.tasks if entry.state is state}
    return {id: mark for id, mark in last.items() if mark is not None}


def _resting(instance: Instance, definition: Definition) -> Iterator[tuple[str, Mark]]:
    """Where tokens are at rest: catch events, subprocesses, joins, and what has an incident without being a task."""
    state = State.from_json(instance.process_state)
    if not isinstance(state, State) or state.status is not Status.ACTIVE:
        return
    for _, gateway in state.joins:
        yield definition.elements[gateway].id, Mark.WAITING
    for token in sorted(state.tokens, key=lambda token: token.state is TokenState.INCIDENT):
        if token.state in _OF_TOKEN:
            yield definition.element_of(token.index, token.on_flow).id, _OF_TOKEN[token.state]

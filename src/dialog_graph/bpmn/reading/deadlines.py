"""Deadlines of tasks (app folder §3): timers at the boundary that the compiled model has and the file has not."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dialog_graph.bpmn.actions import COMPLETE, type_actions
from dialog_graph.bpmn.commands import REJECT
from dialog_graph.bpmn.durations import parse_duration
from dialog_graph.bpmn.element_parts import EventDefinition, EventType, Timer, TimerKind
from dialog_graph.bpmn.nodes import Element, ElementKind, TaskDefinition
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.bpmn.reading.timers import time_problem
from dialog_graph.bpmn.task_config import Deadline


def _timer(deadline: Deadline, line: int, before: str | None = None) -> Timer:
    kind = TimerKind.DATE if deadline.at is not None else TimerKind.DURATION
    return Timer(kind=kind, text=_text(deadline), line=line, before=before)


def _text(deadline: Deadline) -> str:
    return (deadline.at or deadline.after or "").strip()


def made_ids(task_id: str, task: TaskDefinition) -> list[tuple[str, Deadline, str | None]]:
    """Of every event that is made: its id, the deadline, and for a reminder how long before it."""
    made: list[tuple[str, Deadline, str | None]] = []
    for number, each in enumerate(task.config.deadlines, start=1):
        made.append((f"{task_id}:deadline{number if number > 1 else ''}", each, None))
    reminders = [(each, before) for each in task.config.deadlines for before in each.reminders]
    for number, (each, before) in enumerate(reminders, start=1):
        made.append((f"{task_id}:reminder{number}", each, before))
    return made


def deadline_events(hosts: tuple[Element, ...]) -> tuple[Element, ...]:
    """The events made of the deadlines of all tasks, in the order of the tasks; numbered behind the file's elements."""
    timed = [host for host in hosts if host.task and host.task.config.deadlines]
    wanted = [(host, made) for host in timed if host.task for made in made_ids(host.id, host.task)]
    return tuple(
        _event(len(hosts) + place, host, id, deadline, before)
        for place, (host, (id, deadline, before)) in enumerate(wanted)
    )


def _event(index: int, host: Element, id: str, deadline: Deadline, before: str | None) -> Element:
    action = deadline.action if before is None else None
    timer = _timer(deadline, host.line, before)
    return Element(
        index=index,
        id=id,
        kind=ElementKind.BOUNDARY_EVENT,
        line=host.line,
        scope=host.scope,
        host=host.index,
        interrupting=action is not None,
        event=EventDefinition(type=EventType.TIMER, timer=timer, action=action),
        is_made=True,
    )


def with_deadlines(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """The elements of the file, which know their deadlines, and behind them the events made of these."""
    made = deadline_events(elements)
    if not made:
        return elements
    of_host: dict[int, tuple[int, ...]] = {}
    for event in made:
        host = event.host if event.host is not None else event.index
        of_host[host] = (*of_host.get(host, ()), event.index)
    return tuple(_knowing(element, of_host) for element in elements) + made


def _knowing(element: Element, of_host: Mapping[int, tuple[int, ...]]) -> Element:
    return replace(element, deadlines=of_host[element.index]) if element.index in of_host else element


def deadline_problems(node: SourceNode, task: TaskDefinition) -> Iterator[str]:
    """What is wrong with the deadlines of a task."""
    for deadline in task.config.deadlines:
        timer = _timer(deadline, node.line)
        problem = time_problem(timer.kind, timer.text)
        if (deadline.at is None) == (deadline.after is None):
            yield "has a deadline that needs either after or at"
        elif problem:
            yield f"has a deadline that {problem}"
        for before in deadline.reminders:
            if parse_duration(before) is None:
                yield f'has a reminder "{before[:80]}" before its deadline, which is no duration'
        if deadline.action is not None and not _is_known(task, deadline.action):
            yield f'has a deadline with the action "{deadline.action[:80]}", which the task does not have'


def _is_known(task: TaskDefinition, action: str) -> bool:
    return action in (COMPLETE, REJECT) or action in type_actions(task.type).own or task.declares(action)

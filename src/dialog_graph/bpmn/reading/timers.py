"""Timers of events: reading, and what is wrong with them (process engine §12, `DG2117`)."""

from collections.abc import Iterator, Mapping

from dialog_graph.bpmn.durations import parse_cycle, parse_duration, parse_moment
from dialog_graph.bpmn.element_parts import Timer, TimerKind
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.declarations import extension
from dialog_graph.bpmn.reading.markup import children, text_of
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.model.safe_xml import Element

KINDS: Mapping[str, TimerKind] = {
    "timeDate": TimerKind.DATE,
    "timeDuration": TimerKind.DURATION,
    "timeCycle": TimerKind.CYCLE,
}
_CATCH_UP = ("coalesce", "each")


def _times(definition: Element) -> list[tuple[TimerKind, Element]]:
    return [(KINDS[local], xml) for ns, local, xml in children(definition) if ns == v.BPMN and local in KINDS]


def timer_of(node: SourceNode, definition: Element) -> Timer | None:
    """The timer of an event in which the checks found no error."""
    times = _times(definition)
    if not times:
        return None
    kind, xml = times[0]
    return Timer(kind=kind, text=text_of(xml), line=xml.sourceline or 1, catch_up=_catch_up(node, definition) == "each")


def _catch_up(node: SourceNode, definition: Element) -> str:
    found = [each for xml in (node.xml, definition) if (each := extension(xml, "timer")) is not None]
    return found[0].get("catchUp", _CATCH_UP[0]).strip() if found else _CATCH_UP[0]


def timer_problems(node: SourceNode, definition: Element, repeats: bool, begins: bool) -> Iterator[str]:
    """What is wrong with a timer. `repeats`: a cycle may stand there; `begins`: it begins the process."""
    if _catch_up(node, definition) not in _CATCH_UP:
        yield f"catches up by neither {' nor '.join(_CATCH_UP)}"
    times = _times(definition)
    if len(times) != 1:
        yield f"has {len(times)} times instead of one of {', '.join(KINDS)}"
        return
    kind, xml = times[0]
    if kind is TimerKind.CYCLE and not repeats:
        yield "repeats, although it can occur only once"
    problem = time_problem(kind, text_of(xml), may_ask=not begins)
    if problem:
        yield problem


def time_problem(kind: TimerKind, text: str, may_ask: bool = True) -> str | None:
    """Why a text is no time of this kind; expressions are left to whoever compiles them."""
    if text.startswith("["):
        return None if may_ask else "begins the process, where no data is that an expression could look at"
    match kind:
        case TimerKind.DATE if parse_moment(text, None) is None:
            return f'is due at "{text[:80]}", which is no date-time with a zone'
        case TimerKind.DURATION if parse_duration(text) is None:
            return f'is due after "{text[:80]}", which is no duration (weeks stand alone, none is negative)'
        case TimerKind.CYCLE if parse_cycle(text) is None:
            return f'repeats by "{text[:80]}", which is none of Rn/duration, Rn/start/duration, Rn/duration/end'
        case _:
            return None

"""Our interpreter as a candidate: `compile_process` and `read_process`, `advance` with every `Continue` round.

`compile` looks for every error that would refuse the model, which is more than the others do; `diagnose` is what comes
with it when a version is checked or deployed: warnings, and the search for joins that wait for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from dialog_graph import tasks
from dialog_graph.bpmn import (
    Advance,
    Command,
    Complete,
    Continue,
    Definition,
    Facts,
    ProcessEnded,
    Start,
    State,
    Status,
    Vars,
    advance,
    compile_process,
    read_process,
)
from dialog_graph.errors import Refusal
from dialog_graph.expressions import Context, Expression, compile_expression
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.json_value import Json
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.interpreter.engine_loop import serve
from tests.benchmarks.interpreter.models import OURS, ROW, SPLIT, text

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A definition with the expressions of its flows."""

    definition: Definition
    conditions: Mapping[str, Expression]


@dataclass(slots=True)
class Ran:
    """An instance and its data."""

    compiled: Compiled
    state: State = field(default_factory=State.empty)
    data: dict[str, Json] = field(default_factory=dict[str, Json])
    completed: list[str] = field(default_factory=list[str])
    last: Advance | None = None

    def condition(self, flow_id: str, vars: Vars) -> Json:
        """The value of a flow's condition over the data."""
        return self.compiled.conditions[flow_id].evaluate(Context(data_model=self._value))

    def _value(self, path: str, data_type: str | None) -> Json:
        return self.data.get(path)

    def send(self, command: Command, facts: Facts) -> None:
        """One command with all its rounds."""
        definition = self.compiled.definition
        step = advance(definition, self.state, command, facts)
        while isinstance(step, Advance) and step.next:
            step = advance(definition, step.state, Continue(), facts)
        if isinstance(step, Refusal):
            raise BenchmarkFailed(step.message)
        self.last, self.state = step, step.state


class Ours:
    """See `engine_loop.Engine`."""

    def compile(self, text: str) -> Compiled:
        """Text to definition."""
        return self._with_conditions(*compile_process(text.encode(), tasks.KINDS))

    def diagnose(self, text: str) -> Compiled:
        """Text to definition and every finding."""
        return self._with_conditions(*read_process(text.encode(), tasks.KINDS))

    def _with_conditions(self, definition: Definition | None, diagnostics: Diags) -> Compiled:
        if definition is None:
            raise BenchmarkFailed(f"the model was refused: {diagnostics}")
        texts = {flow.id: flow.condition_text for flow in definition.flows if flow.condition_text}
        compiled = {id: compile_expression(orjson.loads(condition)) for id, condition in texts.items()}
        return Compiled(definition, {id: found for id, found in compiled.items() if isinstance(found, Expression)})

    def elements(self, compiled: Compiled) -> list[str]:
        """All element ids."""
        return [element.id for element in compiled.definition.elements]

    def run(self, compiled: Compiled, limit: int, stop_after: int | None = None) -> Ran:
        """Start to end, or until so many tasks are completed."""
        ran = Ran(compiled, data={"limit": limit})
        facts = Facts(now=NOW, actor="benchmark", evaluator=ran)
        ran.send(Start(), facts)
        while ran.state.status is Status.ACTIVE:
            for entry in ran.state.active_entries(compiled.definition):
                if len(ran.completed) == stop_after:
                    return ran
                ran.completed.append(entry.element_id)
                ran.data["rounds"] = len(ran.completed)
                ran.send(Complete(entry.element_id, entry.entry_no), facts)
        return ran

    def outcome(self, ran: Ran) -> tuple[list[str], str | None]:
        """Of an ended instance."""
        events = ran.last.events if ran.last else ()
        return ran.completed, next((event.end_event for event in events if isinstance(event, ProcessEnded)), None)


def stored_bytes() -> dict[str, int]:
    """The size of the stored state when five of ten tasks are done."""
    ours, sizes = Ours(), dict[str, int]()
    for name, model in (("in a row", ROW), ("parallel", SPLIT)):
        ran = ours.run(ours.compile(text(model, OURS)), 0, stop_after=5)
        sizes[name] = len(orjson.dumps(ran.state.to_json()))
    return sizes


if __name__ == "__main__":
    serve(Ours())

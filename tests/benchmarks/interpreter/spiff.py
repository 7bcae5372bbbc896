"""SpiffWorkflow as a candidate, driven as its documentation does: engine steps, then the tasks that are ready.

It is not in our environment: `peers` puts it on the path of this process.
"""

from importlib import import_module
from typing import Any

from tests.benchmarks.interpreter.engine_loop import serve

_PARSER: Any = import_module("SpiffWorkflow.bpmn.parser").BpmnParser
_WORKFLOW: Any = import_module("SpiffWorkflow.bpmn").BpmnWorkflow
_STATE: Any = import_module("SpiffWorkflow.util.task").TaskState
_ADDED = frozenset({"Start", "End", "P.EndJoin"})
"""Task specs that SpiffWorkflow adds to every process."""


class Spiff:
    """See `engine_loop.Engine`."""

    def compile(self, text: str) -> Any:
        """Text to specification."""
        parser = _PARSER()
        parser.add_bpmn_str(text.encode())
        return parser.get_spec("P")

    def elements(self, compiled: Any) -> list[str]:
        """The task specs of flow nodes."""
        return [name for name in compiled.task_specs if name not in _ADDED]

    def run(self, compiled: Any, limit: int) -> Any:
        """Start to end."""
        workflow: Any = _WORKFLOW(compiled)
        workflow.do_engine_steps()
        completed: list[str] = []
        while not workflow.completed:
            for task in workflow.get_tasks(state=_STATE.READY, manual=True):
                completed.append(task.task_spec.name)
                task.data.update(rounds=len(completed), limit=limit)
                task.run()
                workflow.do_engine_steps()
        return workflow, completed

    def outcome(self, ran: Any) -> tuple[list[str], str | None]:
        """The end events that were reached."""
        workflow, completed = ran
        done = {task.task_spec.name for task in workflow.get_tasks(state=_STATE.COMPLETED)}
        ends = [name for name in done - _ADDED if type(workflow.spec.task_specs[name]).__name__ == "EndEvent"]
        return completed, ", ".join(sorted(ends)) or None


if __name__ == "__main__":
    serve(Spiff())

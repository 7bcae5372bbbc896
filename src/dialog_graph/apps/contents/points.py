"""The points at which an app may have code, as one table: decorator -> where it runs and what it is given.

Rules: app folder §15.3 (marks), §15.4 (decorators). The linter holds handlers against it before anything runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """Where the code of a point runs: in the transaction, before it, as a job after it, or when somebody reads."""

    TRANSACTION = "T"
    BEFORE = "P"
    JOB = "J"
    READ = "Q"


class Form(StrEnum):
    """What the decorator stands on; `CALL`: it is no decorator but takes the object as its second argument."""

    FUNCTION = "function"
    CLASS = "class"
    EITHER = "either"
    CALL = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One row: `parameters` in order, the decorator's arguments as they are written, one handler or several.

    `has_id`: the first argument names what the handler is for. `is_single`: there can be one answer only.
    """

    mark: Mark
    parameters: tuple[str, ...]
    has_id: bool = True
    is_single: bool = False
    form: Form = Form.FUNCTION

    @property
    def signature(self) -> str:
        """The parameters as they are written."""
        return f"({', '.join(self.parameters)})"


def _many(mark: Mark, *parameters: str, has_id: bool = True) -> Point:
    return Point(mark=mark, parameters=("ctx", *parameters), has_id=has_id)


def _single(mark: Mark, *parameters: str, has_id: bool = True, form: Form = Form.FUNCTION) -> Point:
    return Point(mark=mark, parameters=("ctx", *parameters), has_id=has_id, is_single=True, form=form)


_T, _P, _J, _Q = Mark.TRANSACTION, Mark.BEFORE, Mark.JOB, Mark.READ

POINTS: Mapping[str, Point] = {
    "before_instantiate": _many(_T, has_id=False),
    "validate_prefill": _many(_T, "params", has_id=False),
    "on_data_created": _many(_T, "model"),
    "before_copy": _many(_T, "source", has_id=False),
    "on_read": _many(_Q, "model"),
    "on_write": _many(_T, "changes"),
    "validator": _many(_T, "target", has_id=False),
    "file_analyser": _single(_P, "stream"),
    "file_validator": _single(_P, "element", "analysis"),
    "on_task_start": _many(_T, "task"),
    "on_task_end": _many(_T, "task"),
    "on_task_abandon": _many(_T, "task"),
    "after_task_start": _many(_J, "task"),
    "after_task_end": _many(_J, "task"),
    "on_end": _many(_T, "end_event", has_id=False),
    "after_end": _many(_J, "end_event", has_id=False),
    "gateway": _single(_T, "flows", "action"),
    "action": _single(_T, "params"),
    "authorize_action": _many(_T, "action"),
    "service_task": _single(_J, "task", form=Form.EITHER),
    "lookup": _single(_P, "params"),
    "external_validation": _single(_T, "outcome"),
    "signees": _single(_T),
    "order": _single(_T, has_id=False),
    "payment_provider": _single(_J, form=Form.CALL),
    "options": _single(_Q, "params"),
    "data_list": _single(_Q, "params"),
    "map_instance": _single(_T, "source"),
    "on_message": _many(_T, "message"),
    "on_event": _many(_J, "event"),
    "task_type": _single(_T, "task", form=Form.CLASS),
    "dialog": _many(_T, "dialog", has_id=False),
    "schedule": _many(_J),
}
"""Name of the decorator, a member of `App` -> the point."""

CLASS_METHODS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "task_type": dict.fromkeys(("gate", "start", "end", "abandon"), ("ctx", "task")),
    "service_task": {"finally_": ("ctx", "task", "outcome")},
    "payment_provider": {"start": ("ctx", "order", "key"), "status": ("ctx", "id"), "terminate": ("ctx", "id")},
}
"""Point of a class -> its methods and their parameters; the stages of a service task stand in `stages`."""

NEEDED_METHODS = frozenset({"payment_provider"})
"""Points of a class that must have all of them; the others may."""

STAGES = "stages"
STAGE = ("ctx", "task")
"""Member of a service task's class that lists its stages, and the parameters of each."""

ANY = "*"
"""In place of an id: every task, every data type."""

"""What the code of a service task is given and what it answers (app folder §15.4, process engine §9).

The code runs after the commit, outside of any transaction, and may run more than once: `step_key` goes with every
outside call, so that the other side can tell a repeat.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from dialog_graph.errors import Texts
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTask:
    """One attempt. `instance`: with its documents, as it was when the attempt began.

    `reference_time`: the same in all attempts; `attempt`: from 1; `deferrals`: how often it has waited; `is_final`: a
    further deferral will not be granted.
    """

    task_id: str
    entry_no: int
    type: str
    step_key: str
    reference_time: datetime
    attempt: int
    instance: Instance
    deferrals: int = 0
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """Done: the process moves on. `data`: form data by type, written in the same transaction.

    Only types without a task, of the app's own, or of this task may be written.
    """

    data: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class Defer:
    """Not yet, and no failure: look again after `delay`. `reason`, `done`, `total` are shown to people."""

    delay: timedelta
    reason: Texts | None = None
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Failed, and may go well another time. `details`: for the service owner."""

    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Failed for good. An error boundary for `error_code` counts first, then `action` moves on; else an incident."""

    details: str = ""
    error_code: str | None = None
    action: str | None = None


ServiceOutcome: TypeAlias = Success | Defer | Retry | Fail

ServiceHandler: TypeAlias = Callable[[ServiceTask], Awaitable[ServiceOutcome]]
"""The code of one task type."""


class PermanentError(Exception):
    """Raised by a handler: no further attempt will go better (process engine §9)."""

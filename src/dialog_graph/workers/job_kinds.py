"""What is done for each kind of job: the table {kind: function}."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from dialog_graph.commands.step.calls import ASK_CHILD, CALL, CANCEL_CHILD, TELL_PARENT
from dialog_graph.commands.step.deferred import MESSAGE, SERVICE, SIGNAL
from dialog_graph.ports import Ports
from dialog_graph.storage.jobs import Claimed
from dialog_graph.workers.call_jobs import run_ask_child, run_call, run_cancel_child, run_tell_parent
from dialog_graph.workers.service_jobs import run_service
from dialog_graph.workers.side_jobs import run_message
from dialog_graph.workers.signals import run_signal

JobKind: TypeAlias = Callable[[Ports, Claimed], Awaitable[None]]
"""Makes one attempt, and tells whoever waits for it what came of it."""

KINDS: Mapping[str, JobKind] = MappingProxyType(
    {
        SERVICE: run_service,
        MESSAGE: run_message,
        SIGNAL: run_signal,
        CALL: run_call,
        TELL_PARENT: run_tell_parent,
        CANCEL_CHILD: run_cancel_child,
        ASK_CHILD: run_ask_child,
    }
)

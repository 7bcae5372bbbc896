"""The task types that there is code for: the product's own, and those that a server adds."""

from collections.abc import Mapping
from types import MappingProxyType

from dialog_graph.bpmn import TaskKind
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.tasks import KINDS

NO_SERVICES: Mapping[str, ServiceHandler] = MappingProxyType({})
"""A server that adds none."""


def kinds_with(services: Mapping[str, ServiceHandler]) -> Mapping[str, TaskKind]:
    """Task type -> user or service, as the process reader needs it, with the types of `services`."""
    return {**KINDS, **dict.fromkeys(services, TaskKind.SERVICE)}

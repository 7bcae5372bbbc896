"""The enums of the schema: those of `model`, registered once under the names of the contract."""

from enum import Enum
from typing import TypeVar

import strawberry

from dialog_graph.errors import Severity
from dialog_graph.model.diagnostic import DiagnosticSeverity
from dialog_graph.model.dialog import (
    ActivityType,
    Consumer,
    DialogStatus,
    GuiActionPriority,
    HttpVerb,
    SystemLabel,
    TransmissionType,
)
from dialog_graph.model.instance import FileScan, InstanceStatus, ProcessStatus, TaskState
from dialog_graph.model.party import PartyKind
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.model.waits import WaitingKind

EnumT = TypeVar("EnumT", bound=Enum)


class OrderDirection(Enum):
    """Direction of one sort key."""

    ASC = "ASC"
    DESC = "DESC"


class ActorType(Enum):
    """Which side an actor of a dialog is on."""

    PARTY_REPRESENTATIVE = "PARTY_REPRESENTATIVE"
    SERVICE_OWNER = "SERVICE_OWNER"


class ActorKind(Enum):
    """What kind of caller someone is."""

    PERSON = "PERSON"
    EMAIL_USER = "EMAIL_USER"
    SYSTEM_USER = "SYSTEM_USER"
    SERVICE_OWNER = "SERVICE_OWNER"
    ORGANISATION = "ORGANISATION"
    SYSTEM = "SYSTEM"
    ANONYMOUS = "ANONYMOUS"


class PartyKindShown(Enum):
    """Kinds of parties that own dialogs."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"
    SUBUNIT = "SUBUNIT"
    EMAIL_USER = "EMAIL_USER"
    SELF_IDENTIFIED = "SELF_IDENTIFIED"


class InstanceOrder(Enum):
    """Orders of instance lists; ties by id."""

    UPDATED_DESC = "UPDATED_DESC"
    CREATED_DESC = "CREATED_DESC"
    ENDED_DESC = "ENDED_DESC"
    ENDED_ASC = "ENDED_ASC"
    DUE_ASC = "DUE_ASC"


class WebhookFormat(Enum):
    """How an event is written into the request."""

    CLOUDEVENTS_JSON = "CLOUDEVENTS_JSON"
    JSON = "JSON"
    BINARY = "BINARY"


class WebhookOrdering(Enum):
    """STREAM: the events of one instance in order; NONE: as they come."""

    STREAM = "STREAM"
    NONE = "NONE"


class OnDead(Enum):
    """What follows an event that could not be delivered."""

    CONTINUE = "CONTINUE"
    BLOCK = "BLOCK"


class WebhookState(Enum):
    """Life of a webhook."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    FAILED = "FAILED"
    DISABLED = "DISABLED"


def _named(enum: type[EnumT], name: str) -> type[EnumT]:
    return strawberry.enum(enum, name=name)


NAMES: dict[type[Enum], str] = {
    Severity: "IssueSeverity",
    DiagnosticSeverity: "DiagnosticSeverity",
    ActivityType: "ActivityType",
    Consumer: "AttachmentUrlConsumer",
    DialogStatus: "DialogStatus",
    GuiActionPriority: "GuiActionPriority",
    HttpVerb: "HttpVerb",
    SystemLabel: "SystemLabel",
    TransmissionType: "TransmissionType",
    FileScan: "FileScanStatus",
    InstanceStatus: "InstanceStatus",
    ProcessStatus: "ProcessStatus",
    WaitingKind: "WaitingKind",
    TaskState: "ProcessTaskState",
    PartyKindShown: "PartyKind",
    OrderDirection: "OrderDirection",
    ActorType: "ActorType",
    ActorKind: "ActorKind",
    InstanceOrder: "InstanceOrder",
    WebhookFormat: "WebhookFormat",
    WebhookOrdering: "WebhookOrdering",
    OnDead: "OnDead",
    WebhookState: "WebhookState",
}
"""Python enum -> name in the schema."""

for _enum, _name in NAMES.items():
    _named(_enum, _name)

_ACTOR_KINDS = {
    PrincipalKind.DIALOG_HOLDER: ActorKind.PERSON,
    PrincipalKind.APP_WORKER: ActorKind.SERVICE_OWNER,
}


def actor_kind(kind: PrincipalKind) -> ActorKind:
    """The kind of a caller as the wire has it: holders of dialog tokens are people, app workers their org."""
    return _ACTOR_KINDS.get(kind) or ActorKind[kind.name]


def party_kind(kind: PartyKind) -> PartyKindShown:
    """The kind of a party as the wire has it."""
    return PartyKindShown[kind.name]

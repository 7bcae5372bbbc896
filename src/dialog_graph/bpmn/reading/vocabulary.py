"""Names of the BPMN file: namespaces, and what becomes of every element of the standard (process engine §3).

An element is executed (`ElementKind`), carried as annotation, or refused for good (`DG2002`). A name of the BPMN
namespace that stands nowhere here is refused as unknown: nothing is ignored silently.
"""

from collections.abc import Mapping

from dialog_graph.bpmn.elements import BEHAVIOURS
from dialog_graph.bpmn.nodes import ElementKind

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ALTINN = frozenset({"http://altinn.no/process", "http://altinn.no"})
OURS = "urn:dialog-graph:process:1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

DRAWING = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
    }
)
"""Namespaces of the diagram, never looked into here."""

OTHER_ENGINES: Mapping[str, str] = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://camunda.org/schema/zeebe/1.0": "zeebe",
    "http://flowable.org/bpmn": "flowable",
    "http://activiti.org/bpmn": "activiti",
}
"""Namespaces whose elements and attributes mean something to another engine (`DG2004`)."""

_RESEMBLING: Mapping[str, str] = {"dialog-graph": OURS, "dialoggraph": OURS, "altinn": "http://altinn.no/process"}
"""What the name of a mistaken namespace holds -> the namespace that was meant."""


def meant(namespace: str) -> str | None:
    """The namespace that a mistaken one resembles: everything in it would be passed over."""
    if namespace in ALTINN or namespace == OURS:
        return None
    return next((right for part, right in _RESEMBLING.items() if part in namespace.lower()), None)


EXECUTED = frozenset(kind.value for kind in ElementKind)
TASKS = frozenset(kind for kind in EXECUTED if kind.lower().endswith("task")) | {"callActivity"}
SERVICE_ELEMENTS = frozenset({"serviceTask", "sendTask", "businessRuleTask", "callActivity"})
CHOICES = frozenset({"exclusiveGateway", "inclusiveGateway"})
EXTENDED = TASKS | CHOICES
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
PLAIN = frozenset(
    {
        *("task", "userTask", "manualTask", "startEvent", "endEvent"),
        *("exclusiveGateway", "parallelGateway", "inclusiveGateway"),
    }
)
"""Elements of which no rule about single elements can be broken where they say nothing but their place."""

CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | CONTAINERS
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
AWAITED = frozenset({"message", "timer", "signal", "conditional"})
"""Event definitions that an event-based gateway may wait for."""

STARTS_PROCESS = frozenset({"message", "timer", "signal"})
"""Event definitions of start events that a process may have; others only event subprocesses."""

PASSING = frozenset({"intermediateThrowEvent", "boundaryEvent"})
"""Events that never hold a token up; of catch events only links do not."""

EVENT_DEFINITIONS: Mapping[str, str] = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "terminateEventDefinition": "terminate",
    "linkEventDefinition": "link",
    "conditionalEventDefinition": "conditional",
    "compensateEventDefinition": "compensation",
    "cancelEventDefinition": "cancel",
    "eventDefinitionRef": "referenced",
}

EXECUTED_EVENTS: frozenset[tuple[str, str | None]] = frozenset(
    (kind.value, type.value if type else None) for kind, type in BEHAVIOURS
)
"""Tag and word of the event definition, None for none events: what is executed; no other pair is BPMN."""

EVENT_PARTS: Mapping[str, frozenset[str]] = {
    "messageEventDefinition": frozenset({"operationRef"}),
    "timerEventDefinition": frozenset({"timeDate", "timeDuration", "timeCycle"}),
    "conditionalEventDefinition": frozenset({"condition"}),
    "linkEventDefinition": frozenset({"source", "target"}),
}
"""Event definition -> the elements that stand in it, besides documentation and extensions."""

EVENT_EXTENSIONS: Mapping[str, frozenset[str]] = {
    "timer": frozenset({"timer"}),
    "message": frozenset({"correlation", "ttl"}),
}
"""Word of an event definition -> the elements of our own namespace that the event may have."""

REFUSED_NODES: Mapping[str, str] = {
    "complexGateway": "use exclusive, inclusive or parallel gateways",
    "scriptTask": "use a service task with a handler in logic/app.py",
    "choreographyTask": "model the process of one party",
    "subChoreography": "model the process of one party",
    "callChoreography": "model the process of one party",
}
"""Flow nodes that are refused for good, with what to do instead."""

REFUSED_PARTS: Mapping[str, str] = {
    "script": "use a service task with a handler in logic/app.py",
    "import": "keep everything in one file",
    "choreography": "model the process of one party",
    "globalChoreographyTask": "model the process of one party",
    "conversation": "model the process of one party",
    "globalConversation": "model the process of one party",
    "conversationLink": "model the process of one party",
    "subConversation": "model the process of one party",
    "callConversation": "model the process of one party",
    "conversationAssociation": "model the process of one party",
    "globalTask": "put the task into the process",
    "globalUserTask": "put the task into the process",
    "globalManualTask": "put the task into the process",
    "globalScriptTask": "use a service task with a handler in logic/app.py",
    "globalBusinessRuleTask": "put the task into the process",
}
"""Other elements that are refused for good, with what to do instead."""

NODES = EXECUTED | REFUSED_NODES.keys()

CARRIED = frozenset(
    {
        # whole file
        *("collaboration", "participant", "participantMultiplicity", "messageFlow", "messageFlowAssociation"),
        *("message", "error", "escalation", "signal", "itemDefinition", "interface", "operation", "inMessageRef"),
        *("outMessageRef", "errorRef", "interfaceRef", "endPointRef", "category", "categoryValue", "dataStore"),
        *("resource", "resourceParameter", "correlationProperty", "correlationPropertyRetrievalExpression"),
        *("correlationKey", "correlationSubscription", "correlationPropertyBinding", "correlationPropertyRef"),
        *("messagePath", "dataPath", "partnerEntity", "partnerRole", "participantRef", "endPoint", "extension"),
        *("relationship", "source", "target", "participantAssociation", "innerParticipantRef", "outerParticipantRef"),
        # annotations
        *("documentation", "text", "textAnnotation", "association", "group", "laneSet", "lane", "childLaneSet"),
        *("flowNodeRef", "partitionElement", "auditing", "monitoring", "categoryValueRef", "supports"),
        # data
        *("dataObject", "dataObjectReference", "dataStoreReference", "dataState", "property", "ioSpecification"),
        *("ioBinding", "dataInput", "dataOutput", "inputSet", "outputSet", "dataInputRefs", "dataOutputRefs"),
        *("optionalInputRefs", "whileExecutingInputRefs", "outputSetRefs", "optionalOutputRefs", "inputSetRefs"),
        *("whileExecutingOutputRefs", "dataInputAssociation", "dataOutputAssociation", "sourceRef", "targetRef"),
        *("transformation", "assignment", "from", "to", "supportedInterfaceRef"),
        # who, and how it is shown
        *("performer", "humanPerformer", "potentialOwner", "resourceRole", "resourceRef"),
        *("resourceAssignmentExpression", "resourceParameterBinding", "formalExpression", "expression", "rendering"),
        # parts that are read with their owner
        *("incoming", "outgoing", "extensionElements", "conditionExpression", "completionCondition"),
        *("standardLoopCharacteristics", "multiInstanceLoopCharacteristics", "loopDataInputRef", "loopDataOutputRef"),
        *("inputDataItem", "outputDataItem"),
    }
)
"""Elements that are kept or shown and have no effect on the run."""

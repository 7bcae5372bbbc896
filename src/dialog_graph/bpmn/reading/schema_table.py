"""Which attributes the elements of BPMN may have, and with which values: our own table of what a schema would tell.

Only elements that have an effect here stand in it; attributes of other namespaces are another matter (`source`).
"""

from collections.abc import Mapping

Check = frozenset[str] | str | None
"""The values that an attribute may have, `COUNT` for whole numbers, None for any text."""

COUNT = "count"
_FLAG = frozenset({"true", "false", "1", "0"})
_BASE: Mapping[str, Check] = {"id": None}
_NAMED: Mapping[str, Check] = {**_BASE, "name": None}
_ACTIVITY: Mapping[str, Check] = {
    **_NAMED,
    "default": None,
    "isForCompensation": _FLAG,
    "startQuantity": COUNT,
    "completionQuantity": COUNT,
}
_TASK: Mapping[str, Check] = {**_ACTIVITY, "implementation": None}
_MESSAGE_TASK: Mapping[str, Check] = {**_TASK, "messageRef": None, "operationRef": None}
_SUB_PROCESS: Mapping[str, Check] = {**_ACTIVITY, "triggeredByEvent": _FLAG}
_DIRECTION = frozenset({"Unspecified", "Converging", "Diverging", "Mixed"})
_GATEWAY: Mapping[str, Check] = {**_NAMED, "gatewayDirection": _DIRECTION}
_CATCH: Mapping[str, Check] = {**_NAMED, "parallelMultiple": _FLAG}

ATTRIBUTES: Mapping[str, Mapping[str, Check]] = {
    "process": {
        **_NAMED,
        "processType": frozenset({"None", "Public", "Private"}),
        "isClosed": _FLAG,
        "isExecutable": _FLAG,
        "definitionalCollaborationRef": None,
    },
    "sequenceFlow": {**_NAMED, "sourceRef": None, "targetRef": None, "isImmediate": _FLAG},
    "association": {
        **_BASE,
        "sourceRef": None,
        "targetRef": None,
        "associationDirection": frozenset({"None", "One", "Both"}),
    },
    "task": _ACTIVITY,
    "manualTask": _ACTIVITY,
    "userTask": _TASK,
    "businessRuleTask": _TASK,
    "serviceTask": {**_TASK, "operationRef": None},
    "sendTask": _MESSAGE_TASK,
    "receiveTask": {**_MESSAGE_TASK, "instantiate": _FLAG},
    "callActivity": {**_ACTIVITY, "calledElement": None},
    "subProcess": _SUB_PROCESS,
    "transaction": {**_SUB_PROCESS, "method": None, "protocol": None},
    "adHocSubProcess": {
        **_SUB_PROCESS,
        "cancelRemainingInstances": _FLAG,
        "ordering": frozenset({"Parallel", "Sequential"}),
    },
    "exclusiveGateway": {**_GATEWAY, "default": None},
    "inclusiveGateway": {**_GATEWAY, "default": None},
    "parallelGateway": _GATEWAY,
    "eventBasedGateway": {
        **_GATEWAY,
        "instantiate": _FLAG,
        "eventGatewayType": frozenset({"Exclusive", "Parallel"}),
    },
    "startEvent": {**_CATCH, "isInterrupting": _FLAG},
    "intermediateCatchEvent": _CATCH,
    "boundaryEvent": {**_CATCH, "attachedToRef": None, "cancelActivity": _FLAG},
    "intermediateThrowEvent": _NAMED,
    "endEvent": _NAMED,
    "messageEventDefinition": {**_BASE, "messageRef": None},
    "timerEventDefinition": _BASE,
    "signalEventDefinition": {**_BASE, "signalRef": None},
    "errorEventDefinition": {**_BASE, "errorRef": None},
    "escalationEventDefinition": {**_BASE, "escalationRef": None},
    "conditionalEventDefinition": _BASE,
    "terminateEventDefinition": _BASE,
    "cancelEventDefinition": _BASE,
    "linkEventDefinition": _NAMED,
    "compensateEventDefinition": {**_BASE, "waitForCompletion": _FLAG, "activityRef": None},
    "standardLoopCharacteristics": {**_BASE, "testBefore": _FLAG, "loopMaximum": COUNT},
    "multiInstanceLoopCharacteristics": {
        **_BASE,
        "isSequential": _FLAG,
        "behavior": frozenset({"None", "One", "All", "Complex"}),
        "oneBehaviorEventRef": None,
        "noneBehaviorEventRef": None,
    },
    "message": {**_NAMED, "itemRef": None},
    "signal": {**_NAMED, "structureRef": None},
    "error": {**_NAMED, "errorCode": None, "structureRef": None},
    "escalation": {**_NAMED, "escalationCode": None, "structureRef": None},
}
"""Element -> its attributes, each with the values that it may have."""

OURS: Mapping[str, frozenset[str]] = {
    "signaturePolicy": frozenset({"required", "autoComplete", "order", "onReject"}),
    "role": frozenset(),
    "deadline": frozenset({"after", "at", "action"}),
    "reminder": frozenset({"before"}),
    "callApp": frozenset({"app", "party", "credentials", "completion"}),
    "map": frozenset({"from", "to"}),
    "attach": frozenset({"dataType", "to"}),
    "return": frozenset({"from", "to"}),
    "correlation": frozenset({"key"}),
    "ttl": frozenset(),
    "multiInstance": frozenset({"collection", "outputCollection", "outputElement"}),
    "external": frozenset({"endpoint", "timeout", "sendBackTo"}),
    "retry": frozenset({"base", "max", "giveUpAfter", "maxAttempts", "userMayRetry"}),
    "timer": frozenset({"catchUp"}),
    "message": frozenset({"dataType"}),
    "wait": frozenset({"budget"}),
    "strict": frozenset(),
    "start": frozenset({"party"}),
}
"""Element of our own namespace -> its attributes (app folder rules §3). A loop names no variable: what a round is about
is the argument of its expressions."""

"""Random models: blocks inside blocks, with some wild flows, written in random document order."""

from itertools import pairwise
from random import Random
from typing import Any
from xml.sax.saxutils import quoteattr

from tests.conformance.bpmn.oracle import Model

SEND = ("sendTask", "sendMessage")
TASK_TYPES = ("data", "confirmation", "signing", "payment", "none") * 3 + ("unheard-of",)
ENDS: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {}, {"event": "terminate"}),
    {"event": "compensation"},
    {"event": "message", "name": "sent", "key": True},
    {"event": "signal", "name": "alarm"},
    *({"event": "error", "code": "E1"}, {"event": "error", "code": "E2"}, {"event": "escalation", "code": "X1"}),
)
SCOPES = ("subProcess", "subProcess", "subProcess", "transaction")
UNDOES: tuple[dict[str, Any], ...] = ({"event": "compensation", "code": None, "interrupting": True},)
THROWS: tuple[dict[str, Any], ...] = (
    *({}, {"event": "escalation", "code": "X1"}, {"event": "escalation", "code": "X2"}),
    *({"event": "message", "name": "sent", "key": key} for key in (True, False)),
    {"event": "signal", "name": "quiet"},
)
ONCE = ("PT1H", "P1M", "expression")
CYCLES = ("R1/PT1H", "R2/PT1H", "R3/P1D", "R/PT2H")
MESSAGES = ("paid", "ready")
SIGNALS = ("alarm", "quiet")
CATCHES: tuple[dict[str, Any], ...] = (
    *({"event": "error", "code": code, "interrupting": True} for code in ("E1", "E2", None, "NO_FLOW")),
    {"event": "error", "code": "CONDITION_FAILED", "interrupting": True},
    *({"event": "escalation", "code": code, "interrupting": True} for code in ("X1", None)),
    *({"event": "escalation", "code": code, "interrupting": False} for code in ("X1", "X2", None)),
)
DEADLINES = ("tell", "reject", "complete")
ACTIONS = ("reject", "reject", "approve", "confirm", "pay")


class Builder:
    """Grows one model from random draws."""

    def __init__(self, random: Random, disjoint: bool = False, favour: str = "") -> None:
        self.random = random
        self.favour = favour
        self.disjoint = disjoint
        self.nodes: dict[str, dict[str, Any]] = {}
        self.flows: list[dict[str, Any]] = []
        self.scope: str | None = None

    def node(self, tag: str, **more: Any) -> str:
        id = f"{tag[0].upper()}{len(self.nodes)}"
        self.nodes[id] = {"tag": tag, "in": self.scope, "actions": [], "back": [], "default": None} | more
        return id

    def flow(self, source: str, target: str, condition: bool = False) -> str:
        id = f"F{len(self.flows)}"
        self.flows.append({"id": id, "source": source, "target": target, "condition": condition})
        return id

    def task(self) -> str:
        if self.random.random() < 0.06:
            return self.server_task()
        service = self.random.random() < 0.06
        type = "robot" if service else self.random.choice(TASK_TYPES)
        actions = sorted({self.random.choice(ACTIONS) for _ in range(self.random.randrange(4))})
        tag = "serviceTask" if service else self.random.choice(("task", "userTask", "manualTask"))
        about = {"type": type, "service": service, "code": type != "unheard-of", "actions": actions}
        deadline = self.random.choice(DEADLINES) if self.random.random() < 0.04 and not service else None
        return self.node(tag, **about, loop=self.looping(), deadline=deadline)

    def server_task(self) -> str:
        """A task that a message, another app or nobody completes."""
        tag, type = self.random.choice((("receiveTask", "receiveMessage"), ("callActivity", "callApp"), SEND))
        actions = sorted({self.random.choice(ACTIONS) for _ in range(self.random.randrange(3))})
        about = {"type": type, "service": True, "code": True, "actions": actions, "name": "paid", "key": True}
        return self.node(tag, **about, loop=self.looping())

    def awaited(self, interrupting: bool = True) -> dict[str, Any]:
        """Something to wait for."""
        kind = self.random.choice(("timer", "timer", "message", "signal", "conditional"))
        names = {"message": MESSAGES, "signal": SIGNALS}
        timer = self.random.choice(ONCE if interrupting else ONCE + CYCLES)
        name = self.random.choice(names.get(kind, ("",)))
        return {"event": kind, "code": None, "interrupting": interrupting, "timer": timer, "name": name, "key": True}

    def looping(self) -> dict[str, Any] | None:
        """How an activity loops; mostly not at all."""
        if self.random.random() < 0.85:
            return None
        maximum = self.random.choice([None, 1, 2, 3])
        if self.random.random() < 0.3:
            condition = maximum is None or self.random.random() < 0.6
            return {
                "kind": "standard",
                "condition": condition,
                "maximum": maximum,
                "before": self.random.random() < 0.5,
            }
        by = self.random.choice(["collection", "cardinality"])
        return {"kind": "multi", "by": by} | {
            name: self.random.random() < 0.5 for name in ("sequential", "completion", "output")
        }

    def block(self, depth: int) -> tuple[str, str]:
        """A piece with one way in and one way out."""
        kinds = (
            *(self.one, self.one, self.row, self.choice, self.choice, self.loop, self.split, self.fork),
            *(self.inner, self.inner, self.exit, self.throw, self.some, self.some, self.knot, self.undo, self.ad_hoc),
            *(self.catch, self.catch, self.race, self.race, self.guarded, self.guarded),
        )
        if self.favour and depth and self.random.random() < 0.6:
            return getattr(self, self.favour)(depth - 1)
        return (self.random.choice(kinds) if depth else self.one)(depth - 1)

    def one(self, depth: int) -> tuple[str, str]:
        task = self.task()
        return task, task

    def catch(self, depth: int) -> tuple[str, str]:
        """An intermediate catch event."""
        id = self.node("intermediateCatchEvent", **self.awaited())
        return id, id

    def race(self, depth: int) -> tuple[str, str]:
        """An event-based gateway with what may come after it."""
        gateway, after = self.node("eventBasedGateway"), self.node("exclusiveGateway")
        receives = self.random.random() < 0.4
        for number in range(self.random.randrange(2, 4)):
            waited = self.awaited()
            if number == 0 and receives:
                about = {"type": "receiveMessage", "service": True, "code": True, "name": "paid", "key": True}
                first = self.node("receiveTask", **about, loop=None, raced=True)
            else:
                if waited["event"] == "message":
                    waited["name"] = f"m{number}"
                first = self.node("intermediateCatchEvent", **waited, raced=True)
            self.flow(gateway, first)
            inside = self.block(depth - 1) if depth > 0 else self.one(0)
            self.flow(first, inside[0])
            self.flow(inside[1], after)
        return gateway, after

    def guarded(self, depth: int) -> tuple[str, str]:
        """An activity with events at its boundary that come from outside."""
        id = self.task() if self.random.random() < 0.6 else self.held()
        after = self.node("exclusiveGateway")
        self.flow(id, after)
        for _ in range(self.random.randrange(1, 4)):
            waited = self.awaited(self.random.random() < 0.5) if self.random.random() < 0.8 else None
            boundary = self.node("boundaryEvent", host=id, **(waited or self.random.choice(CATCHES)))
            self.flow(boundary, self.random.choice([after, after, id, self.ended(self.task())]))
        return id, after

    def failing(self, depth: int) -> tuple[str, str]:
        """A job whose errors are caught at its own boundary; only drawn where it is favoured."""
        about = {"type": "robot", "service": True, "code": True, "actions": ["reject"]}
        id, after = self.node("serviceTask", **about, loop=None, deadline=None), self.node("exclusiveGateway")
        self.flow(id, after)
        errors = [caught for caught in CATCHES if caught["event"] == "error"]
        self.flow(self.node("boundaryEvent", host=id, **self.random.choice(errors)), self.ended(self.task()))
        return id, after

    def row(self, depth: int) -> tuple[str, str]:
        first, second = self.block(depth), self.block(depth)
        self.flow(first[1], second[0])
        return first[0], second[1]

    def choice(self, depth: int) -> tuple[str, str]:
        split, merge = self.node("exclusiveGateway"), self.node("exclusiveGateway")
        by_code = not self.disjoint and self.random.random() < 0.15
        for _ in range(self.random.randrange(2, 5)):
            inside = self.block(depth)
            bare = not self.disjoint and self.random.random() < 0.1
            self.flow(split, inside[0], condition=not (by_code or bare))
            self.flow(inside[1], merge)
        if not self.disjoint and self.random.random() < 0.5:
            self.nodes[split]["default"] = self.flow(split, merge)
        return split, merge

    def loop(self, depth: int) -> tuple[str, str]:
        inside, gate = self.block(depth), self.node("exclusiveGateway")
        self.flow(inside[1], gate)
        self.flow(gate, inside[0], condition=True)
        after = self.one(0)[0]
        onward = self.flow(gate, after, condition=self.disjoint)
        if not self.disjoint:
            self.nodes[gate]["default"] = onward
        return inside[0], after

    def split(self, depth: int) -> tuple[str, str]:
        """An activity with several outgoing flows; what follows merges without being joined."""
        first, after = self.task(), self.task()
        for _ in range(self.random.randrange(2, 4)):
            inside = self.block(depth)
            self.flow(first, inside[0], condition=self.random.random() < 0.4)
            self.flow(inside[1], after)
        if self.random.random() < 0.5:
            self.nodes[first]["default"] = self.flow(first, after)
        return first, after

    def fork(self, depth: int) -> tuple[str, str]:
        """A parallel split; mostly joined, now and then by a gateway that splits again or by none."""
        split, join = self.node("parallelGateway"), self.node("parallelGateway")
        for _ in range(self.random.randrange(2, 4)):
            inside = self.block(depth)
            self.flow(split, inside[0])
            self.flow(inside[1], join)
            if self.random.random() < 0.2 and "type" in self.nodes[inside[1]]:
                self.flow(inside[1], inside[0])
        if self.random.random() < 0.15:
            self.nodes[join]["tag"] = "exclusiveGateway"
        if self.random.random() < 0.2:
            self.flow(join, self.one(0)[0])
        return split, join

    def some(self, depth: int) -> tuple[str, str]:
        """An inclusive split and join; now and then split or joined by another kind."""
        split, join = self.node("inclusiveGateway"), self.node("inclusiveGateway")
        for _ in range(self.random.randrange(2, 4)):
            inside = self.block(depth)
            self.flow(split, inside[0], condition=self.random.random() < 0.8)
            self.flow(inside[1], join)
        if self.random.random() < 0.6:
            self.nodes[split]["default"] = self.flow(split, join)
        if self.random.random() < 0.2 and all(not flow["condition"] for flow in self.flows if flow["source"] == split):
            self.nodes[split]["tag"] = "parallelGateway"
        return split, join

    def knot(self, depth: int) -> tuple[str, str]:
        """Two inclusive joins, each of which a branch of the other leads to."""
        split, after = self.node("parallelGateway"), self.node("exclusiveGateway")
        joins = [self.node("inclusiveGateway") for _ in range(2)]
        for join, other in zip(joins, reversed(joins), strict=True):
            task = self.block(depth - 1) if depth > 0 else self.one(0)
            self.flow(split, task[0])
            self.flow(task[1], join)
            choice = self.node("exclusiveGateway")
            self.flow(join, choice)
            self.flow(choice, other, condition=True)
            onward = self.flow(choice, after, condition=self.disjoint)
            if not self.disjoint:
                self.nodes[choice]["default"] = onward
        return split, after

    def inner(self, depth: int) -> tuple[str, str]:
        """A subprocess with boundary events."""
        around, self.scope = self.scope, self.node(self.random.choice(SCOPES), loop=self.looping())
        id = self.scope
        first, last = self.block(depth)
        self.flow(self.node("startEvent"), first)
        if self.random.random() < 0.9:
            self.flow(last, self.node("endEvent", **self.random.choice(ENDS)))
        if self.nodes[id]["tag"] == "transaction":
            self.cancelled(id, around, first)
        self.handlers(depth)
        self.scope = around
        after = self.node("exclusiveGateway")
        self.flow(id, after)
        if self.random.random() < 0.15:
            self.compensated(id)
        for _ in range(self.random.randrange(3)):
            caught = (
                self.random.choice(CATCHES) if self.random.random() < 0.7 else self.awaited(self.random.random() < 0.5)
            )
            boundary = self.node("boundaryEvent", host=id, **caught)
            self.flow(boundary, self.random.choice([after, id, self.ended(self.task())]))
        return id, after

    def cancelled(self, id: str, around: str | None, first: str) -> None:
        """A way to the cancel end event of a transaction, and its cancel boundary."""
        gate = self.node("exclusiveGateway")
        start = next(flow for flow in self.flows if flow["target"] == first and flow["source"][0] == "S")
        start["target"] = gate
        self.flow(gate, self.node("endEvent", event="cancel"), condition=True)
        onward = self.flow(gate, first, condition=self.disjoint)
        if not self.disjoint:
            self.nodes[gate]["default"] = onward
        self.scope = around
        self.flow(
            self.node("boundaryEvent", host=id, event="cancel", code=None, interrupting=True), self.ended(self.task())
        )
        self.scope = id

    def compensated(self, id: str) -> None:
        """Gives an activity a handler."""
        handler = self.task()
        self.nodes[handler]["undo"] = True
        self.node("boundaryEvent", host=id, event="compensation", code=None, interrupting=True, handler=handler)

    def held(self) -> str:
        """A subprocess that holds activities with handlers when it completes."""
        around, self.scope = self.scope, self.node("subProcess", loop=self.looping())
        id, last = self.scope, self.node("startEvent")
        for _ in range(self.random.randrange(1, 3)):
            task = self.task()
            self.compensated(task)
            self.flow(last, task)
            last = task
        self.handlers(0)
        self.scope = around
        return id

    def undo(self, depth: int) -> tuple[str, str]:
        """Activities with handlers, and what undoes them."""
        first, last = self.block(min(depth, 0))
        for _ in range(self.random.randrange(1, 3)):
            task = self.task() if self.random.random() < 0.5 else self.held()
            if "type" in self.nodes[task] or self.random.random() < 0.2:
                self.compensated(task)
            self.flow(last, task)
            last = task
        ref = self.random.choice([None, None, last])
        throw = self.node("intermediateThrowEvent", event="compensation", code=None, ref=ref)
        self.flow(last, throw)
        return first, throw

    def ad_hoc(self, depth: int) -> tuple[str, str]:
        """An ad-hoc subprocess with a few activities, some of them in a row."""
        rules = {name: self.random.random() < 0.5 for name in ("sequential", "completion", "cancel")}
        around, self.scope = self.scope, self.node("adHocSubProcess", loop=self.looping(), rules=rules)
        id, inside = self.scope, [self.task() for _ in range(self.random.randrange(1, 4))]
        if self.random.random() < 0.2:
            inside.append(self.held())
        if self.random.random() < 0.3:
            self.compensated(inside[0])
        for one, other in pairwise(inside):
            if self.random.random() < 0.3:
                self.flow(one, other)
        if self.random.random() < 0.2:
            self.flow(inside[-1], self.node("exclusiveGateway"))
        self.scope = around
        return id, id

    def handlers(self, depth: int) -> None:
        """Event subprocesses in the scope that is being built."""
        around = self.scope
        while self.random.random() < 0.25:
            self.scope = self.node("subProcess", by_event=True)
            first, last = self.block(min(depth, 0))
            caught = dict(self.random.choice(CATCHES if around is None else UNDOES + CATCHES))
            if self.random.random() < 0.5:
                caught = self.awaited(self.random.random() < 0.5)
            if caught["event"] == "compensation" and self.nodes[around or ""].get("undone"):
                caught["event"] = "escalation"
            self.nodes[around or first]["undone"] = caught["event"] == "compensation"
            self.flow(self.node("startEvent", **caught), first)
            self.flow(last, self.node("endEvent", **self.random.choice(ENDS)))
            self.scope = around

    def ended(self, task: str) -> str:
        """The task, after which the path ends."""
        self.flow(task, self.node("endEvent", **self.random.choice(ENDS)))
        return task

    def exit(self, depth: int) -> tuple[str, str]:
        """A choice between going on and an end event."""
        gate, onward = self.node("exclusiveGateway"), self.one(0)[0]
        self.flow(gate, self.node("endEvent", **self.random.choice(ENDS)), condition=True)
        went = self.flow(gate, onward, condition=self.disjoint)
        if not self.disjoint:
            self.nodes[gate]["default"] = went
        return gate, onward

    def throw(self, depth: int) -> tuple[str, str]:
        if self.random.random() < 0.4:
            name = f"L{len(self.nodes)}"
            throw = self.node("intermediateThrowEvent", event="link", code=name)
            return throw, self.node("intermediateCatchEvent", event="link", code=name)
        id = self.node("intermediateThrowEvent", **self.random.choice(THROWS))
        return id, id

    def wild(self) -> None:
        """A flow or a listed send-back that belongs to no block."""
        tasks = [
            id for id, node in self.nodes.items() if "type" in node and not node.get("undo") and not node.get("raced")
        ]
        if not tasks:
            return
        joins = [id for id, node in self.nodes.items() if node["tag"] in ("parallelGateway", "inclusiveGateway")]
        source = self.random.choice(tasks)
        beside = [id for id, node in self.nodes.items() if node["in"] == self.nodes[source]["in"]]
        tasks = [id for id in tasks if id in beside or self.random.random() < 0.05]
        joins = [id for id in joins if id in beside]
        target = self.random.choice(tasks or [source])
        if self.random.random() < 0.5:
            self.nodes[source]["back"].append(target)
        else:
            target = self.random.choice([target if target in beside else source, *joins])
            self.flow(source, target, condition=self.random.random() < 0.5)


def model(random: Random, disjoint: bool = False, favour: str = "") -> Model:
    """One model. `disjoint`: gateways have conditions only, for evaluators that make exactly one of them true.

    `favour`: the name of a kind of block that is drawn more often.
    """
    builder = Builder(random, disjoint, favour)
    for _ in range(1 if random.random() < 0.8 else 2):
        first, last = builder.block(random.randrange(4) if not favour else 2)
        builder.flow(builder.node("startEvent"), first)
        if random.random() < 0.9:
            builder.flow(last, builder.node("endEvent"))
    if random.random() < 0.1:
        started = builder.awaited() | {"timer": "PT1H"}
        if started["event"] == "conditional":
            started |= {"event": "signal", "name": "alarm"}
        builder.flow(builder.node("startEvent", **started), builder.ended(builder.task()))
    builder.handlers(1)
    for _ in range(random.randrange(4)):
        builder.wild()
    random.shuffle(builder.flows)
    nodes = list(builder.nodes.items())
    random.shuffle(nodes)
    return Model(dict(nodes), builder.flows, strict=not disjoint and random.random() < 0.2)


def text(model: Model) -> bytes:
    """The model as BPMN."""
    strict = ' dg:strict="altinn"' if model.strict else ""
    lines = [
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:a="http://altinn.no/process"',
        '  xmlns:dg="urn:dialog-graph:process:1">',
        *(f'<error id="{code}-id" errorCode="{code}"/>' for code in ("E1", "E2", "NO_FLOW", "CONDITION_FAILED")),
        *(f'<escalation id="{code}-id" escalationCode="{code}"/>' for code in ("X1", "X2")),
        *(f'<message id="{name}-id" name="{name}"/>' for name in (*MESSAGES, "sent", "m0", "m1", "m2")),
        *(f'<signal id="{name}-id" name="{name}"/>' for name in SIGNALS),
        f'<process id="Drawn"{strict}>',
        *(_node(model, id) for id in model.inside(None)),
        *(_flow(flow) for flow in model.flows),
        *(
            f'<association id="of-{id}" sourceRef="{id}" targetRef="{node["handler"]}"/>'
            for id, node in model.nodes.items()
            if node.get("handler")
        ),
        "</process></definitions>",
    ]
    return "\n".join(lines).encode()


def _node(model: Model, id: str) -> str:
    node = model.nodes[id]
    inside = "".join(_node(model, inner) for inner in model.inside(id))
    if "type" in node:
        inside += _extension(node)
    if node.get("rules", {}).get("completion"):
        inside += '<completionCondition>["free"]</completionCondition>'
    inside += _event(node) if node.get("event") else ""
    if node["tag"] == "startEvent" and node.get("event") == "timer":
        inside = STARTED + inside
    inside += _loop(id, node["loop"]) if node.get("loop") else ""
    given = {"default": node["default"], "attachedToRef": node.get("host")}
    given["messageRef"] = "paid-id" if node["tag"] in ("receiveTask", "sendTask") else None
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in given.items() if value)
    name = "cancelActivity" if node["tag"] == "boundaryEvent" else "isInterrupting"
    attributes += "" if node.get("interrupting", True) else f' {name}="false"'
    rules = node.get("rules", {})
    attributes += ' ordering="Sequential"' if rules.get("sequential") else ""
    attributes += ' cancelRemainingInstances="false"' if not rules.get("cancel", True) else ""
    attributes += ' isForCompensation="true"' if node.get("undo") else ""
    attributes += ' triggeredByEvent="true"' if node.get("by_event") else ""
    return f'<{node["tag"]} id="{id}"{attributes}>\n{inside}</{node["tag"]}>'


REFERENCES = {
    "error": "errorRef='{}-id'",
    "escalation": "escalationRef='{}-id'",
    "link": "name='{}'",
    "message": "messageRef='{}-id'",
    "signal": "signalRef='{}-id'",
}
STARTED = '<extensionElements><dg:start party="urn:altinn:party:id:1"/></extensionElements>'
"""Whose instance a timer begins; where one begins an event subprocess it is passed over."""
KEY = "<extensionElements><dg:correlation key='[\"free\"]'/></extensionElements>"


def _event(node: dict[str, Any]) -> str:
    """The event definition."""
    word = "compensate" if node["event"] == "compensation" else node["event"]
    named = node.get("code") or node.get("name")
    ref = REFERENCES.get(node["event"], "").format(named) if named else ""
    ref = f"activityRef='{node['ref']}'" if node.get("ref") else ref
    inside = KEY if node["event"] == "message" and node.get("key") else ""
    inside += _time(node["timer"]) if node["event"] == "timer" else ""
    inside += '<condition>["free"]</condition>' if node["event"] == "conditional" else ""
    return f"<{word}EventDefinition {ref}>{inside}</{word}EventDefinition>"


def _time(timer: str) -> str:
    if timer == "expression":
        return '<timeDate>["free"]</timeDate>'
    name = "timeCycle" if timer.startswith("R") else "timeDuration"
    return f"<{name}>{timer}</{name}>"


def _loop(id: str, loop: dict[str, Any]) -> str:
    if loop["kind"] == "standard":
        maximum = f' loopMaximum="{loop["maximum"]}"' if loop["maximum"] else ""
        before = ' testBefore="true"' if loop["before"] else ""
        condition = '<loopCondition>["free"]</loopCondition>' if loop["condition"] else ""
        return f"<standardLoopCharacteristics{maximum}{before}>{condition}</standardLoopCharacteristics>"
    ours = {"collection": '["free"]'} if loop["by"] == "collection" else {}
    ours |= {"outputElement": '["free"]', "outputCollection": f"out-{id}"} if loop["output"] else {}
    given = "".join(f" {name}={quoteattr(value)}" for name, value in ours.items())
    parts = f"<extensionElements><dg:multiInstance{given}/></extensionElements>"
    parts += '<loopCardinality>["free"]</loopCardinality>' if loop["by"] == "cardinality" else ""
    parts += '<completionCondition>["free"]</completionCondition>' if loop["completion"] else ""
    sequential = ' isSequential="true"' if loop["sequential"] else ""
    return f"<multiInstanceLoopCharacteristics{sequential}>{parts}</multiInstanceLoopCharacteristics>"


def _extension(node: dict[str, Any]) -> str:
    actions = "".join(f"<a:action>{action}</a:action>" for action in node["actions"])
    own = ("none", "receiveMessage", "sendMessage", "callApp")
    type = "" if node["type"] in own else f"<a:taskType>{node['type']}</a:taskType>"
    back = f'<dg:external sendBackTo="{",".join(node["back"])}"/>' if node["back"] else ""
    back += "<dg:correlation key='[\"free\"]'/>" if node["tag"] in ("receiveTask", "sendTask") else ""
    back += '<dg:callApp app="ttd/other"/>' if node["tag"] == "callActivity" else ""
    if node.get("deadline"):
        action = "" if node["deadline"] == "tell" else f' action="{node["deadline"]}"'
        back += f'<dg:deadline after="PT1H"{action}/>'
    extension = f"<a:taskExtension>{type}<a:actions>{actions}</a:actions></a:taskExtension>"
    return f"<extensionElements>{extension}{back}</extensionElements>"


def _flow(flow: dict[str, Any]) -> str:
    condition = '<conditionExpression>["free"]</conditionExpression>' if flow["condition"] else ""
    ends = f'sourceRef="{flow["source"]}" targetRef="{flow["target"]}"'
    return f'<sequenceFlow id="{flow["id"]}" {ends}>{condition}</sequenceFlow>'

"""A slow second interpreter, written from the rules alone (process engine §4, §6.3, §6.4, §8.1, §9).

Plain lists and dicts over a model's own description; shares no code with `dialog_graph.bpmn`. Each rule is a method, so
that a twin with one defect can be made of it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.conformance.bpmn.oracle_waits import Waits

Answer = Callable[[str, str | None, str | None, str, tuple[Any, ...]], Any]
"""(flow or expression, gatewayAction, last task, element, loop arguments) -> any value, or "!" for a failure."""

DEFAULT_ACTION = {"confirmation": "confirm", "signing": "sign", "payment": "confirm"}
TYPE_ACTIONS = {
    "data": ["write"],
    "confirmation": ["confirm"],
    "signing": ["sign", "write"],
    "payment": ["pay", "write"],
    "none": ["write"],
}


ACTIVITIES = (
    *("task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity"),
    *("subProcess", "transaction", "adHocSubProcess"),
)


@dataclass
class Model:
    """`nodes`: id -> {tag, in, type, service, code, actions, default, back}; `flows`: {id, source, target, condition}.

    `in`: the subprocess around it. `loop`: None, or {kind: standard, condition, maximum, before}, or {kind: multi, by,
    sequential, completion, output}. Events also have {event, code}, boundary events {host, interrupting}, those that
    are waited for {timer, name, key}: text of a timer or "expression", name of message or signal, whether it has a key.
    `deadline` of a task: None, tell, reject or complete.
    """

    nodes: dict[str, dict[str, Any]]
    flows: list[dict[str, Any]]
    strict: bool = False

    def out(self, id: str) -> list[dict[str, Any]]:
        return [flow for flow in self.flows if flow["source"] == id]

    def inside(self, id: str | None) -> list[str]:
        return [inner for inner, node in self.nodes.items() if node["in"] == id]

    def start(self, id: str) -> str:
        return next(inner for inner in self.inside(id) if self.nodes[inner]["tag"] == "startEvent")

    def into(self, id: str) -> list[dict[str, Any]]:
        return [flow for flow in self.flows if flow["target"] == id]


def first_true(oracle: "Oracle", token: dict[str, Any], flows: list[dict[str, Any]]) -> "dict[str, Any] | str":
    """The standard rule: the first condition that is exactly true; none: the default."""
    default = oracle.model.nodes[token["at"]].get("default")
    for flow in flows:
        if flow["id"] == default:
            continue
        value = True if not flow["condition"] else oracle.ask(flow, token)
        if value == "!":
            return "CONDITION_FAILED"
        if value is True:
            return flow
    return next((flow for flow in flows if flow["id"] == default), "NO_FLOW")


def exactly_one(oracle: "Oracle", token: dict[str, Any], flows: list[dict[str, Any]]) -> "dict[str, Any] | str":
    """The strict rule."""
    true: list[dict[str, Any]] = []
    for flow in flows:
        value = True if not flow["condition"] else oracle.ask(flow, token)
        if value == "!":
            return "CONDITION_FAILED"
        if value is True:
            true.append(flow)
    return true[0] if len(true) == 1 else "GATEWAY_AMBIGUOUS"


@dataclass
class Oracle(Waits):
    """The game; a twin is `about` an invariant, its `favour` names the kind of block that shows its defect.

    Tokens are dicts {at, via, how, action, last, entry, code, age, scope}.

    `how` is act, open: its entry has begun, leave, rest, stuck, join: waiting at a gateway that joins, or host: its
    scope is active. `via`: the flow it came along. Scopes are dicts {of, host, age}: the element, and the token that
    stands for it; bodies of loops also have {total, items, done, outputs}, and their tokens an index `ix`.
    """

    about = ""
    favour = ""

    model: Model
    answer: Answer
    code: Callable[[str], tuple[str, ...]]
    cap: int = 1000
    tokens: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    entries: dict[str, int] = field(default_factory=dict[str, int])
    status: str = "new"
    end_event: str | None = None
    asked: list[Any] = field(default_factory=list[Any])
    taken: list[str] = field(default_factory=list[str])
    entered: list[Any] = field(default_factory=list[Any])
    left: list[tuple[str, int, str]] = field(default_factory=list[Any])
    acts: int = 0
    by_engine: bool = False
    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)
    clock: int = 0
    forced: list[str] = field(default_factory=list[str])
    vars: dict[str, Any] = field(default_factory=dict[str, Any])
    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    waited: list[Any] = field(default_factory=list[Any])
    ceased: list[Any] = field(default_factory=list[Any])
    fired: list[Any] = field(default_factory=list[Any])
    sent: list[Any] = field(default_factory=list[Any])
    seen: Counter[str] = field(default_factory=Counter[str])
    """How often a rule was used, by the invariant that is about it."""

    def age(self) -> int:
        self.clock += 1
        return self.clock

    def token(self, at: str, scope: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A new token that acts next."""
        fresh: dict[str, Any] = {
            "at": at,
            "via": None,
            "how": "act",
            "action": None,
            "last": None,
            "entry": None,
            "code": None,
        }
        fresh |= {"ix": None, "waits": {}, "spent": []}
        self.tokens.append(fresh | {"scope": scope, "age": self.age()} | more)
        return self.tokens[-1]

    def scope(self, of: str | None, host: "dict[str, Any] | None", **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"of": of, "host": host, "age": self.age(), "waits": {}, "spent": []}
        return made | more

    def ask(self, flow: dict[str, Any], token: dict[str, Any]) -> Any:
        question = (flow["id"], token["action"], token["last"], token["at"], self.arguments(token))
        self.seen["P24"] += token["action"] is not None
        self.asked.append(question)
        return self.answer(*question)

    def value(self, part: str, token: dict[str, Any], arguments: tuple[Any, ...], of: str | None = None) -> Any:
        at = of or token["at"]
        host = self.model.nodes[at].get("host")
        last = host if host and "type" in self.model.nodes[host] else token["last"]
        question = (f"{at}:{part}", token["action"], last, at, arguments)
        self.asked.append(question)
        return self.answer(*question)

    def instance(self, token: dict[str, Any]) -> "dict[str, Any] | None":
        """The instance of the innermost loop that a token is in."""
        while token["ix"] is None:
            if token["scope"]["host"] is None or "lv" in token["scope"]:
                return None
            token = token["scope"]["host"]
        return token

    def arguments(self, token: dict[str, Any]) -> tuple[Any, ...]:
        instance = self.instance(token)
        if instance is None:
            kept = self.variables(token)
            return (*kept, 0, 0, 0) if kept else ()
        body = instance["scope"]
        active = len([t for t in self.tokens if t["scope"] is body])
        return self.counted(body, instance["ix"], active, body["done"])

    def variables(self, token: dict[str, Any]) -> "tuple[Any, int] | None":
        """Item and index of the loop around a token, or around what its handler undoes."""
        instance = self.instance(token)
        if instance is not None:
            items = instance["scope"]["items"]
            return (items[instance["ix"]] if items else None, instance["ix"])
        scope = token["scope"]
        while scope["host"] is not None and "lv" not in scope:
            scope = scope["host"]["scope"]
        return scope.get("lv")

    def counted(self, body: dict[str, Any], index: int, active: int, done: int) -> tuple[Any, ...]:
        return (body["items"][index] if body["items"] else None, index, body["total"], active, done)

    # what can be seen from outside

    def open(self) -> list[tuple[str, int, str | None]]:
        tokens = sorted(self.tokens, key=lambda token: token["age"])
        return [
            (t["at"], t["entry"], t["code"])
            for t in tokens
            if t["entry"] and t["how"] in ("rest", "stuck") and "type" in self.model.nodes[t["at"]]
        ]

    def open_events(self) -> list[tuple[str, int]]:
        tokens = sorted(self.tokens, key=lambda token: token["age"])
        return [(t["at"], t["entry"]) for t in tokens if t["entry"] and "type" not in self.model.nodes[t["at"]]]

    def stuck(self) -> list[tuple[str, int, str]]:
        return [(t["at"], t["entry"] or 0, t["code"]) for t in self.tokens if t["how"] == "stuck"]

    def places(self) -> list[tuple[str, str]]:
        return sorted((token["at"], token["how"]) for token in self.tokens)

    # commands: None when carried out, else the code of the refusal

    def start(self, start_event: str | None) -> str | None:
        starts = [id for id in self.model.inside(None) if self.model.nodes[id]["tag"] == "startEvent"]
        if self.status != "new":
            return "NOT_ACTIVE"
        plain = [id for id in starts if not self.model.nodes[id].get("event")]
        chosen = start_event if start_event else plain[0] if len(plain) == 1 else None
        if chosen not in starts:
            return "START_EVENT_REQUIRED"
        self.status = "active"
        self.token(chosen, self.scope(None, None))
        return self.play()

    def complete(self, task: str, entry: int, action: str | None) -> str | None:
        token = next((t for t in self.tokens if t["at"] == task and t["entry"] == entry), None)
        if token is None or "type" not in self.model.nodes[task]:
            return "NOT_ACTIVE"
        node = self.model.nodes[task]
        rejected = action == "reject" and "reject" in node["actions"]
        if token["how"] == "stuck" and not rejected:
            return "TASK_NOT_READY"
        if token["how"] == "rest" and node["service"]:
            return "TASK_NOT_READY"
        target = None
        own = TYPE_ACTIONS.get(node["type"], [node["type"]])
        if action is None or action in own:
            outcome, value = "completed", self.default_action(task)
        elif action == "abandon" or rejected:
            outcome, value = "abandoned", "reject"
        elif action.startswith("sendBack:") and action[9:] in node["back"] and self.beside(task, action[9:]):
            outcome, value, target = "abandoned", "reject", action[9:]
        elif action != "reject" and action in node["actions"]:
            outcome, value = "completed", action
        else:
            return "ACTION_NOT_ALLOWED"
        self.left_entry(token, outcome, value)
        if target and token["ix"] is not None:
            host = token["scope"]["host"]
            self.kill(token["scope"], token)
            self.tokens = [other for other in self.tokens if other is not token]
            self.stop_waiting(host)
            host.update(action=value, last=task)
            token = host
        if target:
            token.update(at=target, via=None, how="act")
        return self.play()

    def default_action(self, task: str) -> str | None:
        return DEFAULT_ACTION.get(self.model.nodes[task]["type"])

    def left_entry(self, token: dict[str, Any], outcome: str, value: str | None) -> None:
        """The entry of a task ends; its token is about to leave."""
        self.left.append((token["at"], token["entry"], outcome))
        self.stop_waiting(token)
        token.update(action=value, last=token["at"], entry=None, code=None, how="leave")

    def beside(self, one: str, other: str) -> bool:
        return self.model.nodes[one]["in"] == self.model.nodes[other]["in"]

    def retry(self, at: str, entry: int) -> str | None:
        stuck = [t for t in self.tokens if t["how"] == "stuck" and (t["at"], t["entry"] or 0) == (at, entry)]
        token = min(stuck, key=lambda token: token["age"], default=None)
        if token is None:
            return "NOT_ACTIVE"
        if token["entry"] and token["code"] == "NO_HANDLER":
            return "NO_HANDLER"
        if token["resume"] == "work":
            failure = self.own_wait(token, {})
            if failure:
                return failure
            token["code"] = None
        else:
            token.update(how=token["resume"], code=None)
        return self.play()

    def cancel(self) -> str | None:
        if self.status != "active":
            return "NOT_ACTIVE"
        self.kill(next(t["scope"] for t in self.tokens if t["scope"]["host"] is None))
        self.tokens.clear()
        self.status = "cancelled"
        return None

    # the game

    def play(self) -> str | None:
        self.acts = 0
        while True:
            self.release()
            moving = [t for t in self.tokens if t["how"] in ("act", "open", "leave")]
            if moving:
                failure = self.move(min(moving, key=lambda t: t["age"]))
                if failure:
                    return failure
                continue
            occurred = self.look()
            if occurred is not True:
                return occurred or None

    def move(self, token: dict[str, Any]) -> str | None:
        """Lets a token act; what cannot be done is caught, parked, or refused."""
        self.acts += 1
        failure = "LOOP_LIMIT" if self.acts > self.cap else self.act(token)
        if failure in ("NO_FLOW", "CONDITION_FAILED") and self.throw(token, "error", failure, named=True):
            return None
        if failure and (self.by_engine or failure == "TIMER_FAILED"):
            token.update(resume=token["how"], how="stuck", code=failure)
            return None
        return failure

    def act(self, token: dict[str, Any]) -> str | None:
        node = self.model.nodes[token["at"]]
        if token["how"] == "open":
            return self.begin_task(token)
        if token["how"] == "leave" and node.get("by_event"):
            return self.remove(token)
        if token["how"] == "leave" and token["ix"] is not None:
            return self.rounds(token) if node["loop"]["kind"] == "standard" else self.instances(token)
        if token["how"] == "act" and node.get("loop") and token["ix"] is None:
            return self.loop(token)
        if node.get("event") in ("compensation", "cancel") and node["tag"] in ("endEvent", "intermediateThrowEvent"):
            return self.undo(token)
        if token["how"] == "leave" and node["tag"] == "inclusiveGateway":
            return self.leave(token, inclusive=True)
        if token["how"] == "leave" or node["tag"] == "boundaryEvent" or node.get("event") == "link":
            return self.pass_event(token) if node["tag"] == "intermediateThrowEvent" else self.leave(token)
        verbs = {
            "startEvent": self.begin_scope,
            "intermediateCatchEvent": self.wait_at,
            "eventBasedGateway": self.wait_at,
            "endEvent": self.finish,
            "intermediateThrowEvent": self.pass_event,
            "exclusiveGateway": self.choose,
            "parallelGateway": self.join,
            "inclusiveGateway": self.wait,
            "subProcess": self.open_scope,
            "transaction": self.open_scope,
            "adHocSubProcess": self.open_ad_hoc,
        }
        return verbs.get(node["tag"], self.enter)(token)

    def open_ad_hoc(self, token: dict[str, Any]) -> str | None:
        stays = self.model.nodes[token["at"]]["rules"]["completion"]
        prepared = self.prepare(token, self.edges(token))
        if isinstance(prepared, str):
            return prepared
        self.host(token, prepared)
        token["inner"] = self.scope(token["at"], token, stays=stays, over=False)
        return None

    def offers(self, id: str) -> list[dict[str, Any]]:
        """The open ad-hoc scopes in which an activity can be started now."""
        node = self.model.nodes.get(id, {})
        usual = "type" in node or node.get("tag") in ("subProcess", "transaction", "adHocSubProcess")
        if not usual or node.get("by_event") or node.get("undo") or self.model.into(id):
            return []
        scopes = [t["inner"] for t in self.tokens if t["how"] == "host" and t.get("inner") and t["at"] == node["in"]]
        busy = [t["scope"] for t in self.tokens]
        rules: dict[str, bool] = self.model.nodes[node["in"]].get("rules", {}) if node["in"] else {}
        free = [s for s in scopes if not (rules["sequential"] and any(s is other for other in busy))]
        return sorted((s for s in free if not s["over"]), key=lambda scope: scope["age"])

    def activate(self, id: str) -> str | None:
        scopes = self.offers(id)
        if not scopes:
            return "NOT_ACTIVE"
        host = scopes[0]["host"]
        self.token(id, scopes[0], action=host["action"], last=host["last"])
        return self.play()

    def open_scope(self, token: dict[str, Any]) -> str | None:
        prepared = self.prepare(token, self.edges(token))
        if isinstance(prepared, str):
            return prepared
        self.host(token, prepared)
        scope = self.scope(token["at"], token)
        self.token(self.model.start(token["at"]), scope, action=token["action"], last=token["last"])
        return None

    # compensation

    def record(
        self, scope: dict[str, Any], at: str, start: str | None, token: dict[str, Any], inner: Any = ()
    ) -> dict[str, Any]:
        loop = self.variables(token)
        return {"scope": scope, "at": at, "start": start, "lv": loop, "by": None, "inner": list(inner)}

    def handler(self, id: str) -> str | None:
        """The handler at the boundary of an activity."""
        edges = [node for node in self.model.nodes.values() if node.get("host") == id]
        return next((edge["handler"] for edge in edges if edge["event"] == "compensation"), None)

    def hand_on(self, scope: dict[str, Any]) -> None:
        """The records of a scope that completes go to the one around it, as one."""
        inner = [record for record in self.records if record["scope"] is scope]
        self.records = [record for record in self.records if record["scope"] is not scope]
        host, of = scope["host"], scope["of"]
        if host is None or "lv" in scope or self.handler(of) is not None:
            return
        starts = [self.model.start(id) for id in self.model.inside(of) if self.model.nodes[id].get("by_event")]
        own = [start for start in starts if self.model.nodes[start]["event"] == "compensation"]
        if own and "total" not in scope:
            self.records.append(self.record(host["scope"], of, own[0], host, inner))
        elif inner:
            self.records.append(self.record(host["scope"], of, None, host, inner))

    def undo(self, token: dict[str, Any]) -> str | None:
        node = self.model.nodes[token["at"]]
        if token["how"] == "act":
            if node["event"] == "cancel":
                self.kill(token["scope"], token)
            token["how"] = "leave"
            return None
        self.records = self.without(self.records, token)
        found = self.latest([r for r in self.records if r["scope"] is token["scope"]], node.get("ref"))
        if found is None:
            return self.undone(token, node)
        self.seen["P19"] += 1
        found["by"] = token
        token["how"] = "host"
        scope = self.scope(token["at"], token, lv=found["lv"])
        self.token(found["start"], scope)
        self.records += [self.clone(record, scope) for record in found["inner"]]
        return None

    def undone(self, token: dict[str, Any], node: dict[str, Any]) -> str | None:
        if node["tag"] == "intermediateThrowEvent":
            return self.leave(token)
        if node["event"] == "cancel" and self.throw(token, "cancel", ""):
            return None
        if token["scope"]["host"] is None:
            self.end_event = token["at"]
        return self.remove(token)

    def latest(self, records: list[dict[str, Any]], ref: str | None) -> "dict[str, Any] | None":
        """The last record that nobody undoes; of a subprocess without a handler the last one in it."""
        for record in reversed(records):
            busy = record["by"] is not None and any(record["by"] is token for token in self.tokens)
            if busy or (ref and record["at"] != ref):
                continue
            found = record if record["start"] else self.latest(record["inner"], None)
            if found is not None:
                return found
        return None

    def without(self, records: list[dict[str, Any]], token: dict[str, Any]) -> list[dict[str, Any]]:
        kept = [record for record in records if record["by"] is not token]
        for record in kept:
            record["inner"] = self.without(record["inner"], token)
        return kept

    def clone(self, record: dict[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
        return record | {"scope": scope, "by": None, "inner": [self.clone(r, scope) for r in record["inner"]]}

    # loops

    def loop(self, token: dict[str, Any]) -> str | None:
        rule = self.model.nodes[token["at"]]["loop"]
        first, total = 1, 0
        items: list[Any] = []
        if rule["kind"] == "standard":
            if rule["before"] and rule["condition"]:
                answer = self.value("loopCondition", token, (None, 0, 0, 0, 0))
                if answer == "!":
                    return "CONDITION_FAILED"
                first = 1 if answer is True else 0
        else:
            counted = self.count_of(self.value(rule["by"], token, self.arguments(token)), rule["by"])
            if counted is None:
                return "CONDITION_FAILED"
            items, total = counted
            first = min(total, 1) if rule["sequential"] else total
        if first == 0:
            token["how"] = "leave"
            self.gather(token["at"], {}, 0)
            return None
        prepared = self.prepare(token, self.edges(token))
        if isinstance(prepared, str):
            return prepared
        self.host(token, prepared)
        body = self.scope(token["at"], token, total=total, items=items, done=0, outputs={})
        for index in range(first):
            self.one_of(body, index)
        return None

    def count_of(self, found: Any, by: str) -> tuple[list[Any], int] | None:
        if by == "collection":
            items: list[Any] = found
            return (items, len(items)) if type(found) is list else None
        return ([], found) if type(found) is int and found >= 0 else None

    def one_of(self, body: dict[str, Any], index: int) -> None:
        host = body["host"]
        self.token(body["of"], body, action=host["action"], last=host["last"], ix=index)

    def rounds(self, token: dict[str, Any]) -> str | None:
        rule, body = self.model.nodes[token["at"]]["loop"], token["scope"]
        through = token["ix"] + 1
        going = rule["maximum"] is None or through < rule["maximum"]
        if going and rule["condition"]:
            counter = through if rule["before"] else token["ix"]
            answer = self.value("loopCondition", token, (None, counter, 0, 0, through))
            if answer == "!":
                return "CONDITION_FAILED"
            going = answer is True
        if going:
            body["done"] = through
            self.one_of(body, through)
        return self.remove(token)

    def instances(self, token: dict[str, Any]) -> str | None:
        self.seen["P18"] += 1
        rule, body = self.model.nodes[token["at"]]["loop"], token["scope"]
        others = [t for t in self.tokens if t["scope"] is body and t is not token]
        arguments = self.counted(body, token["ix"], len(others), body["done"] + 1)
        output = self.value("outputElement", token, arguments) if rule["output"] else None
        enough = False
        if output != "!" and rule["completion"]:
            enough = self.value("completionCondition", token, arguments)
        if "!" in (output, enough):
            return "CONDITION_FAILED"
        body["done"] += 1
        body["outputs"][token["ix"]] = output
        if enough is True:
            self.kill(body, token)
        elif rule["sequential"] and body["done"] < body["total"]:
            self.one_of(body, body["done"])
        if all(t is token for t in self.tokens if t["scope"] is body):
            self.gather(body["of"], body["outputs"], body["total"])
        return self.remove(token)

    def gather(self, activity: str, outputs: dict[int, Any], total: int) -> None:
        if self.model.nodes[activity]["loop"].get("output"):
            self.vars[f"out-{activity}"] = [outputs.get(index) for index in range(total)]

    # inclusive joins, by search

    def wait(self, token: dict[str, Any]) -> None:
        if len(self.model.into(token["at"])) < 2:
            token["how"] = "leave"
        else:
            token.update(how="join", age=self.age())

    def release(self) -> None:
        while any(self.fire(at, scope) for at, scope in self.joins() if not self.held(at, scope)):
            pass
        if all(t["how"] not in ("act", "open", "leave") for t in self.tokens):
            for at, scope in self.joins():
                if self.circle(at, scope, []):
                    self.forced.append(at)
                    self.fire(at, scope)
                    return

    def joins(self) -> list[tuple[str, dict[str, Any]]]:
        """Where tokens wait inclusively: outer scopes first, then as in the document."""
        scopes = list({id(t["scope"]): t["scope"] for t in self.tokens}.values())
        scopes.sort(key=lambda scope: scope["age"])
        gateways = [id for id, node in self.model.nodes.items() if node["tag"] == "inclusiveGateway"]
        return [(at, scope) for scope in scopes for at in gateways if self.at(at, scope)]

    def at(self, gateway: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
        return [t for t in self.tokens if t["how"] == "join" and t["at"] == gateway and t["scope"] is scope]

    def fire(self, gateway: str, scope: dict[str, Any]) -> bool:
        ways = [[t for t in self.at(gateway, scope) if t["via"] == f["id"]] for f in self.model.into(gateway)]
        used = [min(way, key=lambda token: token["age"]) for way in ways if way]
        last = max(used, key=lambda token: token["age"])
        self.seen["P13"] += 1
        self.tokens = [t for t in self.tokens if t is last or all(t is not gone for gone in used)]
        last["how"] = "leave"
        return True

    def held(self, gateway: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
        """The tokens of the scope that can come to an empty way of the gateway and to no filled one."""
        filled = {t["via"] for t in self.at(gateway, scope)}
        empty = {flow["id"] for flow in self.model.into(gateway)} - filled
        others = [t for t in self.tokens if t["scope"] is scope]
        ways = [(t, self.ways(t, gateway)) for t in others]
        return [t for t, reached in ways if reached & empty and not reached & filled]

    def ways(self, token: dict[str, Any], gateway: str) -> set[str]:
        """The flows into the gateway that a token can come to without passing it."""
        flying = token["via"] is not None and token["how"] in ("act", "join", "stuck") and not token["entry"]
        flying = flying and not (token["how"] == "stuck" and token["resume"] == "leave")
        flows: list[Any] = [token["via"]] if flying else self.behind(token["at"])
        seen: set[str] = set()
        while flows:
            flow = flows.pop()
            if flow not in seen:
                seen.add(flow)
                target = next(f["target"] for f in self.model.flows if f["id"] == flow)
                flows += self.behind(target) if target != gateway else []
        return seen & {flow["id"] for flow in self.model.into(gateway)}

    def behind(self, id: str) -> list[str]:
        edges = [other for other, node in self.model.nodes.items() if node.get("host") == id]
        if self.model.nodes[id]["tag"] == "intermediateThrowEvent" and self.model.nodes[id].get("event") == "link":
            edges.append(self.catch_of(id))
        return [flow["id"] for place in (id, *edges) for flow in self.model.out(place)]

    def circle(self, gateway: str, scope: dict[str, Any], seen: list[str]) -> bool:
        """True when only tokens that wait for this gateway, at the end of every chain, hold it back."""
        if gateway in seen:
            return True
        held = self.held(gateway, scope)
        if any(t["how"] != "join" for t in held):
            return False
        places = {t["at"] for t in held if self.model.nodes[t["at"]]["tag"] == "inclusiveGateway"}
        return all(self.circle(at, scope, [*seen, gateway]) for at in sorted(places))

    # events

    def finish(self, token: dict[str, Any]) -> str | None:
        node = self.model.nodes[token["at"]]
        if node.get("event") == "error":
            self.seen["P17"] += 1
            if not self.throw(token, "error", node["code"]):
                token.update(resume="act", how="stuck", code="UNCAUGHT_ERROR")
            return None
        if node.get("event") == "escalation":
            self.throw(token, "escalation", node["code"])
        if node.get("event") in ("message", "signal") and not self.send(token):
            return "CONDITION_FAILED"
        if node.get("event") == "terminate":
            self.seen["P14"] += token["scope"]["host"] is not None
            self.kill(token["scope"], token)
        if any(token is other for other in self.tokens):
            if token["scope"]["host"] is None:
                self.end_event = token["at"]
            self.remove(token)
        return None

    def pass_event(self, token: dict[str, Any]) -> str | None:
        node = self.model.nodes[token["at"]]
        if node.get("event") == "link":
            token.update(at=self.catch_of(token["at"]), via=None, how="leave")
            return None
        if token["how"] == "leave" or node.get("event") is None:
            return self.leave(token)
        if node["event"] in ("message", "signal") and not self.send(token):
            return "CONDITION_FAILED"
        if node["event"] == "escalation":
            self.throw(token, "escalation", node["code"])
        token["how"] = "leave"
        return None

    def send(self, token: dict[str, Any]) -> bool:
        """A message or signal goes out; False where its key is none."""
        node = self.model.nodes[token["at"]]
        key = self.key(token, token["at"]) if node["event"] == "message" else None
        if key == "!":
            return False
        self.sent.append((token["at"], node["name"], key))
        return True

    def catch_of(self, throw: str) -> str:
        wanted = self.model.nodes[throw]
        beside = [
            id for id in self.model.inside(wanted["in"]) if self.model.nodes[id]["tag"] == "intermediateCatchEvent"
        ]
        return next(id for id in beside if self.model.nodes[id]["code"] == wanted["code"])

    def throw(self, token: dict[str, Any], kind: str, code: str, named: bool = False) -> bool:
        scope = token["scope"]
        while True:
            for start in self.matching(self.starts(scope), kind, code, named):
                self.start_event(scope, start, token)
                return True
            host = scope["host"]
            if host is None:
                return False
            edges = [id for id, node in self.model.nodes.items() if node.get("host") == host["at"]]
            for edge in self.matching(edges if host["ix"] is None else [], kind, code, named):
                self.catch(host, edge, token)
                return True
            scope = host["scope"]

    def matching(self, ids: list[str], kind: str, code: str, named: bool) -> list[str]:
        events = [(id, self.model.nodes[id].get("event"), self.model.nodes[id].get("code")) for id in ids]
        wanted = self.wanted(code, named)
        return [id for each in wanted for id, event, caught in events if (event, caught) == (kind, each)][:1]

    def starts(self, scope: dict[str, Any]) -> list[str]:
        """The starts of the event subprocesses of a scope whose main path is not done."""
        nodes = self.model.nodes
        main = [t for t in self.tokens if t["scope"] is scope and not nodes[t["at"]].get("by_event")]
        is_body = "total" in scope
        inside = self.model.inside(scope["of"]) if main and not is_body else []
        return [self.model.start(id) for id in inside if nodes[id].get("by_event")]

    def start_event(self, scope: dict[str, Any], start: str, thrower: dict[str, Any]) -> None:
        last = thrower["last"]
        if self.model.nodes[start]["interrupting"]:
            self.kill(scope)
            self.stop_waiting(scope)
        id = self.model.nodes[start]["in"]
        host = self.token(id, scope, how="host", last=last)
        self.token(start, self.scope(id, host), last=last)

    def wanted(self, code: str, named: bool) -> list[str | None]:
        return [code] if named else [code, None]

    def catch(self, host: dict[str, Any], boundary: str, thrower: dict[str, Any]) -> None:
        self.leave_by(host, boundary, thrower["last"])

    def leave_by(self, host: dict[str, Any], boundary: str, last: str | None) -> None:
        """Goes on behind a boundary event, in place of its host or beside it."""
        interrupts = self.model.nodes[boundary]["interrupting"]
        self.fired.append((boundary, host["at"], host["entry"] or 0, interrupts))
        if interrupts:
            self.close(host)
            host.update(at=boundary, via=None, how="leave", action=None, last=last, entry=None, code=None)
        else:
            self.token(boundary, host["scope"], how="leave", last=last)

    def kill(self, scope: dict[str, Any], spare: dict[str, Any] | None = None) -> None:
        """Everything in a scope, oldest first, each after what it stands for."""
        for token in sorted(self.tokens, key=lambda token: token["age"]):
            if token["scope"] is scope and token is not spare:
                self.close(token)
                self.tokens = [other for other in self.tokens if other is not token]

    def close(self, token: dict[str, Any]) -> None:
        inner = [t["scope"] for t in self.tokens if t["scope"]["host"] is token][:1]
        if token["how"] == "host" and token.get("inner"):
            inner = [token["inner"]]
        for scope in inner:
            self.kill(scope)
            self.stop_waiting(scope)
            self.records = [record for record in self.records if record["scope"] is not scope]
        self.stop_waiting(token)
        if token["entry"] and "type" in self.model.nodes[token["at"]]:
            self.left.append((token["at"], token["entry"], "cancelled"))
        elif token["entry"]:
            self.end_wait(token, "cancelled")

    def enter(self, token: dict[str, Any]) -> str | None:
        self.entry(token)
        node = self.model.nodes[token["at"]]
        if not node["code"]:
            token.update(how="stuck", code="NO_HANDLER", resume="open")
            return None
        if self.begins_later(token):
            token["how"] = "open"
            return None
        return self.own_wait(token, {})

    def entry(self, token: dict[str, Any]) -> None:
        """A new entry of a task begins."""
        task = token["at"]
        number = self.entries[task] = self.entries.get(task, 0) + 1
        kept = self.variables(token)
        about = (token["last"], token["action"], token["action"] == "reject", kept[1] if kept else None)
        self.entered.append((task, number, *about))
        token.update(entry=number, action=None, age=self.age())

    def choose(self, token: dict[str, Any]) -> str | None:
        flows = self.model.out(token["at"])
        if not flows:
            return self.remove(token)
        if len(flows) > 1 and not any(flow["condition"] for flow in flows):
            chosen = self.by_code(token["at"], flows)
        else:
            chosen = exactly_one(self, token, flows) if self.model.strict else self.rule(token, flows)
        return chosen if isinstance(chosen, str) else self.go(token, [chosen])

    def rule(self, token: dict[str, Any], flows: list[dict[str, Any]]) -> "dict[str, Any] | str":
        return first_true(self, token, flows)

    def join(self, token: dict[str, Any]) -> None:
        """The parallel join: one waiting token of every incoming flow makes one, the last that came."""
        token["how"] = "join"
        waiting = self.waiting(token)
        first = [next((t for t in waiting if t["via"] == f["id"]), None) for f in self.model.into(token["at"])]
        if None not in first:
            self.tokens = [t for t in self.tokens if t is token or all(t is not used for used in first)]
            token["how"] = "leave"

    def waiting(self, token: dict[str, Any]) -> list[dict[str, Any]]:
        """The tokens that wait at the same gateway, this one included."""
        places = (t for t in self.tokens if t["how"] == "join" and t["at"] == token["at"])
        return [t for t in places if t["scope"] is token["scope"]]

    def by_code(self, gateway: str, flows: list[dict[str, Any]]) -> "dict[str, Any] | str":
        answer = self.code(gateway)
        default = self.model.nodes[gateway].get("default")
        if len(answer) > 1:
            return "GATEWAY_AMBIGUOUS"
        if answer:
            return next((flow for flow in flows if flow["id"] == answer[0]), "NO_FLOW")
        if default and not self.model.strict:
            return next(flow for flow in flows if flow["id"] == default)
        return "NO_HANDLER"

    def leave(self, token: dict[str, Any], inclusive: bool = False) -> str | None:
        scope, over = token["scope"], False
        is_activity = self.model.nodes[token["at"]]["tag"] in ACTIVITIES
        if scope.get("stays") and not scope["over"] and is_activity:
            answer = self.value("adHocCompletion", scope["host"], self.arguments(token))
            if answer == "!":
                return "CONDITION_FAILED"
            over = answer is True
        before = list(self.records)
        if self.handler(token["at"]) is not None:
            self.records.append(self.record(token["scope"], token["at"], self.handler(token["at"]), token))
        failure = self.onward(token, inclusive)
        if failure:
            self.records = before
        elif over:
            self.finish_ad_hoc(scope, token)
        return failure

    def finish_ad_hoc(self, scope: dict[str, Any], last: dict[str, Any]) -> None:
        if self.model.nodes[scope["of"]]["rules"]["cancel"]:
            self.kill(scope)
        scope["over"] = True
        if all(t["scope"] is not scope for t in self.tokens):
            self.completed(scope, last)

    def onward(self, token: dict[str, Any], inclusive: bool) -> str | None:
        flows = self.model.out(token["at"])
        if not flows:
            return self.remove(token)
        default = self.model.nodes[token["at"]].get("default")
        true: list[str] = []
        for flow in flows:
            if flow["condition"] and flow["id"] != default:
                value = self.ask(flow, token)
                if value == "!":
                    return "CONDITION_FAILED"
                if value is True:
                    true.append(flow["id"])
        always = [flow["id"] for flow in flows if not flow["condition"] and flow["id"] != default]
        fired = true + always + ([default] if not (true or (inclusive and always)) and default else [])
        return self.go(token, [flow for flow in flows if flow["id"] in fired]) if fired else "NO_FLOW"

    def go(self, token: dict[str, Any], flows: list[dict[str, Any]]) -> None:
        copies: list[dict[str, Any]] = [{**token, "waits": {}, "spent": []} for _ in flows[1:]]
        for each, flow in zip([token, *copies], flows, strict=True):
            each.update(at=flow["target"], via=flow["id"], how="act")
            self.taken.append(flow["id"])
        for copy in copies:
            copy["age"] = self.age()
        self.tokens.extend(copies)

    def remove(self, token: dict[str, Any]) -> None:
        self.tokens = [other for other in self.tokens if other is not token]
        scope = token["scope"]
        if any(other["scope"] is scope for other in self.tokens):
            if not self.main(scope):
                self.stop_waiting(scope)
            return
        if not scope.get("stays") or scope["over"]:
            self.completed(scope, token)

    def completed(self, scope: dict[str, Any], token: dict[str, Any]) -> None:
        self.hand_on(scope)
        self.stop_waiting(scope)
        if scope["host"] is not None:
            self.stop_waiting(scope["host"])
        if scope["host"] is None:
            self.status = "ended"
        elif "lv" in scope:
            scope["host"]["how"] = "leave"
        else:
            scope["host"].update(how="leave", action=token["action"], last=token["last"])

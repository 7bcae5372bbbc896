"""What the oracle knows of waiting (process engine §4.5, §4.9, §4.10, §4.12, §6.1, §9, §11–§13).

A part of `Oracle`: an owner is a token or a scope, a dict whose `waits` maps element to {kind, key} in the order of
opening; `spent` are events of the owner that cannot occur now. Commands name an owner by its `age`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

AWAITED = ("timer", "message", "signal", "conditional")
OSLO = ZoneInfo("Europe/Oslo")
STEPS = {"PT1H": timedelta(hours=1), "PT2H": timedelta(hours=2), "P1D": timedelta(days=1)}


def due(anchor: datetime, step: str, k: int) -> datetime:
    """When round k of a cycle is due; days are those of the calendar."""
    if step == "P1D":
        return (anchor.astimezone(OSLO).replace(tzinfo=None) + k * STEPS[step]).replace(tzinfo=OSLO).astimezone(UTC)
    return anchor + k * STEPS[step]


class Waits:
    """See the module; `self` is an `Oracle`."""

    # what there is to wait for

    def awaited(self: Any, ids: list[str]) -> list[str]:
        """Those of the elements that wait for something outside of the process."""
        return [id for id in ids if self.model.nodes[id].get("event") in AWAITED]

    def edges(self: Any, token: dict[str, Any]) -> list[str]:
        """What a token at an activity waits for at its boundary; in a loop only its own deadline."""
        node = self.model.nodes[token["at"]]
        found: list[str] = []
        if token["ix"] is None:
            found += self.awaited([id for id, other in self.model.nodes.items() if other.get("host") == token["at"]])
        if node.get("deadline") and (token["ix"] is not None or not node.get("loop")):
            found.append(f"{token['at']}:deadline")
        return found

    def triggers(self: Any, scope: dict[str, Any]) -> list[str]:
        """The starts of event subprocesses that a scope waits for."""
        inside = [id for id in self.model.inside(scope["of"]) if self.model.nodes[id].get("by_event")]
        return self.awaited([self.model.start(id) for id in inside])

    def rule_of(self: Any, id: str) -> dict[str, Any]:
        """The node of an event; of a deadline what it is made of."""
        task = id.partition(":")[0]
        if task == id:
            return self.model.nodes[id]
        given = self.model.nodes[task]["deadline"]
        action = None if given == "tell" else given
        return {"event": "timer", "timer": "PT1H", "interrupting": action is not None, "of": task, "action": action}

    # beginning to wait

    def prepare(self: Any, token: dict[str, Any], ids: list[str]) -> "dict[str, Any] | str":
        """What is opened for the elements, or the failure of a question; nothing is open yet."""
        found: dict[str, Any] = {}
        for id in ids:
            rule = self.rule_of(id)
            kind = rule.get("event") or "message"
            wait: dict[str, Any] = {"kind": kind, "key": None}
            if kind == "timer" and not self.is_known(token, id, rule["timer"]):
                return "TIMER_FAILED"
            if kind == "timer":
                wait |= {"anchor": self.now, "k": 1, "timer": rule["timer"]}
            if kind == "message":
                wait["key"] = self.key(token, id)
            if wait["key"] == "!":
                return "CONDITION_FAILED"
            found[id] = wait
        return found

    def is_known(self: Any, token: dict[str, Any], id: str, timer: str) -> bool:
        """True when the time of a timer is known, be it that it is over."""
        if timer != "expression":
            return True
        given = self.value("timer", token, self.arguments(token), id)
        return given is None or (isinstance(given, str) and (not given.strip() or given.startswith("2")))

    def key(self: Any, token: dict[str, Any], id: str) -> str | None:
        """The correlation key as text, "!" where there is none that can be one."""
        if not self.model.nodes[id].get("key"):
            return None
        given = self.value("correlation", token, self.arguments(token), id)
        if given is None or isinstance(given, str):
            return given
        if isinstance(given, bool):
            return "true" if given else "false"
        return str(given) if isinstance(given, int) else "!"

    def wait_at(self: Any, token: dict[str, Any]) -> str | None:
        """A catch event, or all that follow an event-based gateway: the token rests."""
        node = self.model.nodes[token["at"]]
        gateway = node["tag"] == "eventBasedGateway"
        ids = [flow["target"] for flow in self.model.out(token["at"])] if gateway else [token["at"]]
        prepared = self.prepare(token, ids)
        if isinstance(prepared, str):
            return prepared
        number = self.entries[token["at"]] = self.entries.get(token["at"], 0) + 1
        token.update(entry=number, action=None, how="rest", age=self.age(), waits=prepared)
        kind = "eventBasedGateway" if gateway else "condition" if node["event"] == "conditional" else node["event"]
        self.waited.append((token["at"], number, kind))
        return None

    def begin_scope(self: Any, token: dict[str, Any]) -> str | None:
        """A start event opens what the event subprocesses of its scope wait for, and goes on."""
        scope = token["scope"]
        prepared = self.prepare(token, self.triggers(scope))
        if isinstance(prepared, str):
            return prepared
        failure = self.leave(token)
        if failure is None and self.main(scope):
            scope["waits"] = prepared
        return failure

    def begin_task(self: Any, token: dict[str, Any]) -> str | None:
        """A task whose start side is done: opens its boundary, then what it waits for itself."""
        node = self.model.nodes[token["at"]]
        if node["tag"] == "sendTask":
            key = self.key(token, token["at"])
            if key == "!":
                return "CONDITION_FAILED"
            self.sent.append((token["at"], node["name"], key))
            self.left_entry(token, "completed", None)
            return None
        prepared = self.prepare(token, self.edges(token))
        if isinstance(prepared, str):
            return prepared
        return self.own_wait(token, prepared)

    def own_wait(self: Any, token: dict[str, Any], before: dict[str, Any]) -> str | None:
        """What the task itself waits for, besides what is open or opened before it."""
        node = self.model.nodes[token["at"]]
        own: dict[str, Any] = {}
        if node["tag"] == "receiveTask":
            prepared = self.prepare(token, [token["at"]])
            if isinstance(prepared, str):
                return prepared
            own = prepared
        elif node["service"]:
            own = {token["at"]: {"kind": "call" if node["tag"] == "callActivity" else "job", "key": None}}
        token["waits"] = {**token["waits"], **before, **own}
        token["how"] = "rest"
        return None

    def host(self: Any, token: dict[str, Any], prepared: dict[str, Any]) -> None:
        """The token stands for a scope from now on; as an owner it is another one every time."""
        token.update(how="host", waits=prepared, age=self.age() if prepared else token["age"])

    def begins_later(self: Any, token: dict[str, Any]) -> bool:
        """True for a task that looks at the data as its start side leaves them."""
        late = self.model.nodes[token["at"]]["tag"] in ("receiveTask", "sendTask", "callActivity")
        return late or bool(self.edges(token))

    # the end of waiting

    def stop_waiting(self: Any, owner: dict[str, Any]) -> None:
        """Nothing of this owner is waited for any more."""
        owner["waits"], owner["spent"] = {}, []

    def main(self: Any, scope: dict[str, Any]) -> bool:
        """True while something besides event subprocesses is active in a scope."""
        if "over" in scope:
            return not scope["over"]
        return any(
            token["scope"] is scope and not self.model.nodes[token["at"]].get("by_event") for token in self.tokens
        )

    def end_wait(self: Any, token: dict[str, Any], outcome: str) -> None:
        """A catch event or event-based gateway is through."""
        self.ceased.append((token["at"], token["entry"], outcome))
        self.stop_waiting(token)
        token["entry"] = None

    # what is waited for comes

    def owners(self: Any) -> list[dict[str, Any]]:
        """Tokens and scopes that wait for something, oldest first."""
        scopes = {id(token["scope"]): token["scope"] for token in self.tokens}
        found = [owner for owner in (*self.tokens, *scopes.values()) if owner["waits"]]
        return sorted(found, key=lambda owner: owner["age"])

    def open_waits(self: Any) -> list[tuple[int, str, str]]:
        """(age of the owner, element, kind) of everything but conditions."""
        return [
            (owner["age"], id, wait["kind"])
            for owner in self.owners()
            for id, wait in owner["waits"].items()
            if wait["kind"] != "conditional"
        ]

    def come(self: Any, kind: str, age: int, id: str) -> str | None:
        """A timer, message or signal for an owner; the refusal where nothing waits for it."""
        owner = next((owner for owner in self.owners() if owner["age"] == age), None)
        if owner is None or owner["waits"].get(id, {"kind": None})["kind"] != kind:
            return "NOT_ACTIVE"
        self.seen["P20"] += kind == "timer"
        if kind == "timer" and not self.rule_of(id).get("interrupting", True):
            self.rearm(owner, id, owner["waits"][id])
        self.seen["P16"] += len(owner["waits"]) > 1 and self.rule_of(id).get("interrupting", True)
        self.occur(owner, id)
        return self.play()

    def rearm(self: Any, owner: dict[str, Any], id: str, wait: dict[str, Any]) -> None:
        """What becomes of a timer that is still waited for after it has fired."""
        repeated, _, step = wait["timer"].partition("/")
        while step and due(wait["anchor"], step, wait["k"]) <= self.now:
            wait["k"] += 1
        if not step or (repeated != "R" and wait["k"] > int(repeated[1:])):
            del owner["waits"][id]

    def occur(self: Any, owner: dict[str, Any], id: str) -> None:
        """An event that an owner waits for occurs."""
        rule = self.rule_of(id)
        if "of" in rule:
            self.deadline(owner, id, rule)
        elif rule["tag"] == "boundaryEvent":
            is_task = "type" in self.model.nodes[owner["at"]]
            self.leave_by(owner, id, owner["at"] if is_task else owner["last"])
        elif rule["tag"] == "startEvent":
            host = owner["host"]
            self.start_event(owner, id, {"last": host["last"] if host is not None else None})
        elif rule["tag"] == "receiveTask":
            self.received(owner, id)
        else:
            self.end_wait(owner, "completed")
            owner.update(at=id, via=None, how="leave")

    def received(self: Any, token: dict[str, Any], id: str) -> None:
        """The message of a receive task, at its entry or at the event-based gateway before it."""
        if token["at"] != id:
            self.end_wait(token, "completed")
            token.update(at=id, via=None)
            self.entry(token)
        self.left_entry(token, "completed", None)

    def deadline(self: Any, token: dict[str, Any], id: str, rule: dict[str, Any]) -> None:
        """The time of a task is over: its action ends it, or it is only told."""
        action = rule["action"]
        self.fired.append((id, token["at"], token["entry"], action is not None))
        if action == "reject":
            self.left_entry(token, "abandoned", "reject")
        elif action is not None:
            self.left_entry(token, "completed", self.default_action(token["at"]))

    def look(self: Any) -> "bool | str":
        """At rest: every condition that is waited for is asked; True when one has turned true."""
        occurred = False
        asked = [
            (owner, id)
            for owner in self.owners()
            for id, wait in owner["waits"].items()
            if wait["kind"] == "conditional"
        ]
        for owner, id in asked:
            if id in owner["waits"] and self.turns_true(owner, id):
                self.acts += 1
                if self.acts > self.cap:
                    return "LOOP_LIMIT"
                if not self.rule_of(id).get("interrupting", True):
                    owner["spent"].append(id)
                self.occur(owner, id)
                occurred = True
        return occurred

    def turns_true(self: Any, owner: dict[str, Any], id: str) -> bool:
        """True when the condition is true now and was not when it was last looked at."""
        inside = "at" not in owner
        seer = {"action": None, "last": None, "ix": None, "scope": owner} if inside else owner
        is_true = self.value("condition", seer, self.arguments(seer), id) is True
        was_true = id in owner["spent"]
        if was_true and not is_true:
            owner["spent"].remove(id)
        return is_true and not was_true

    # the server's work

    def at_work(self: Any, task: str, entry: int, kind: str) -> "dict[str, Any] | None":
        """The token of a task that waits for the server."""
        token = next((t for t in self.tokens if t["at"] == task and t["entry"] == entry), None)
        return token if token is not None and token["waits"].get(task, {"kind": None})["kind"] == kind else None

    def job_finished(self: Any, task: str, entry: int, action: str | None) -> str | None:
        token = self.at_work(task, entry, "job")
        if token is None:
            return "NOT_ACTIVE"
        self.left_entry(token, "abandoned" if action == "reject" else "completed", action)
        return self.play()

    def job_failed(self: Any, task: str, entry: int, error: str | None, action: str | None) -> str | None:
        token = self.at_work(task, entry, "job")
        if token is None:
            return "NOT_ACTIVE"
        if error is None or not self.throw_from(token, error):
            if action is None:
                self.stop(token, "JOB_FAILED")
            else:
                self.left_entry(token, "abandoned" if action == "reject" else "completed", action)
        return self.play()

    def child_ended(self: Any, task: str, entry: int, age: int, error: str | None) -> str | None:
        token = self.at_work(task, entry, "call")
        if token is None or token["age"] != age:
            return "NOT_ACTIVE"
        if error is None:
            self.left_entry(token, "completed", None)
        elif not self.throw_from(token, error):
            self.stop(token, "CHILD_FAILED")
        return self.play()

    def throw_from(self: Any, token: dict[str, Any], code: str) -> bool:
        """An error of an activity itself: its own boundary comes first."""
        self.seen["P17"] += 1
        edges = [id for id, node in self.model.nodes.items() if node.get("host") == token["at"]]
        for edge in self.matching(edges if token["ix"] is None else [], "error", code, False):
            self.leave_by(token, edge, token["at"])
            return True
        return self.throw(token, "error", code)

    def stop(self: Any, token: dict[str, Any], code: str) -> None:
        """The task needs help; what waits at its boundary goes on."""
        del token["waits"][token["at"]]
        token.update(how="stuck", code=code, resume="work")

    def resolve(self: Any, task: str, entry: int, outcome: str) -> str | None:
        token = next((t for t in self.tokens if t["at"] == task and t["entry"] == entry), None)
        node = self.model.nodes.get(task, {})
        servers = node.get("service") or node.get("tag") == "receiveTask" or not node.get("code", True)
        if token is None or token["how"] != "stuck" or not servers:
            return "NOT_ACTIVE"
        if outcome not in ("success", "reject", *node["actions"]):
            return "ACTION_NOT_ALLOWED"
        action = None if outcome == "success" else outcome
        self.left_entry(token, "abandoned" if action == "reject" else "completed", action)
        return self.play()

    def data_changed(self: Any) -> str | None:
        return self.play() if self.status == "active" else "NOT_ACTIVE"

"""Oracles with one seeded defect each: the harness must catch every one of them."""

from typing import Any

from tests.conformance.bpmn.oracle import Oracle


class LastTrueWins(Oracle):
    """All conditions of an exclusive gateway are asked, and the last true one wins."""

    about = "P11"

    def rule(self, token: dict[str, Any], flows: list[dict[str, Any]]) -> "dict[str, Any] | str":
        default = self.model.nodes[token["at"]].get("default")
        others = [flow for flow in flows if flow["id"] != default]
        values = [(flow, True if not flow["condition"] else self.ask(flow, token)) for flow in others]
        if any(value == "!" for _, value in values):
            return "CONDITION_FAILED"
        true = [flow for flow, value in values if value is True]
        return true[-1] if true else next((flow for flow in flows if flow["id"] == default), "NO_FLOW")


class CountsInTotal(Oracle):
    """A parallel join takes as many tokens as it has incoming flows, whichever way they came."""

    about = "P12"
    favour = "fork"

    def join(self, token: dict[str, Any]) -> None:
        token["how"] = "join"
        waiting = self.waiting(token)
        if len(waiting) >= len(self.model.into(token["at"])):
            self.tokens = [t for t in self.tokens if t is token or all(t is not used for used in waiting)]
            token["how"] = "leave"


class TerminatesEverything(Oracle):
    """A terminate end event ends every scope around it too."""

    about = "P14"
    favour = "inner"

    def kill(self, scope: dict[str, Any], spare: dict[str, Any] | None = None) -> None:
        while spare is not None and scope["host"] is not None and scope["host"]["scope"]["host"] is not None:
            scope = scope["host"]["scope"]
        super().kill(scope, spare)


class CatchesAnythingFirst(Oracle):
    """A catcher of every code comes before one of just this code."""

    about = "P17"
    favour = "inner"

    def wanted(self, code: str, named: bool) -> list[str | None]:
        return [code] if named else [None, code]


class EscalatesWithoutInterrupting(Oracle):
    """An escalation never interrupts."""

    about = "P17"
    favour = "inner"

    def catch(self, host: dict[str, Any], boundary: str, thrower: dict[str, Any]) -> None:
        if self.model.nodes[boundary]["event"] == "error":
            super().catch(host, boundary, thrower)
        else:
            self.token(boundary, host["scope"], how="leave", last=thrower["last"])


class CompletesWithTheFirstToken(Oracle):
    """A subprocess is left when the first token in it ends."""

    about = "P1"
    favour = "inner"

    def remove(self, token: dict[str, Any]) -> None:
        if token["scope"]["host"] is not None:
            self.kill(token["scope"], token)
        super().remove(token)


class WaitsForEveryFlow(Oracle):
    """An inclusive join waits for a token on every incoming flow."""

    about = "P13"
    favour = "some"

    def held(self, gateway: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
        filled = {token["via"] for token in self.at(gateway, scope)}
        missing = [flow for flow in self.model.into(gateway) if flow["id"] not in filled]
        return self.at(gateway, scope) if missing else []


class WaitsForWhoeverCanCome(Oracle):
    """An inclusive join waits also for a token that can come to a filled flow."""

    about = "P13"
    favour = "some"

    def ways(self, token: dict[str, Any], gateway: str) -> set[str]:
        found = super().ways(token, gateway)
        filled = {other["via"] for other in self.at(gateway, token["scope"])}
        return found - filled if token["how"] != "join" and found - filled else found


class NeverForces(Oracle):
    """Inclusive joins that wait for each other wait for ever."""

    about = "P13"
    favour = "knot"

    def circle(self, gateway: str, scope: dict[str, Any], seen: list[str]) -> bool:
        return False


class GathersInOrderOfCompletion(Oracle):
    """The output collection of a multi-instance is in the order in which the instances were through."""

    about = "P18"

    def gather(self, activity: str, outputs: dict[int, Any], total: int) -> None:
        super().gather(activity, dict(enumerate(outputs.values())), total)


class StartsAllAtOnce(Oracle):
    """Sequential instances are counted as if all were active."""

    about = "P18"

    def counted(self, body: dict[str, Any], index: int, active: int, done: int) -> tuple[Any, ...]:
        return super().counted(body, index, body["total"] - done, done)


class CatchesPerInstance(Oracle):
    """A boundary event interrupts the instance that threw, not the whole multi-instance."""

    about = "P18"
    favour = "inner"

    def catch(self, host: dict[str, Any], boundary: str, thrower: dict[str, Any]) -> None:
        body = [t for t in self.tokens if t["scope"]["host"] is host and t["ix"] is not None]
        if not body or not self.model.nodes[boundary]["interrupting"]:
            super().catch(host, boundary, thrower)
        else:
            self.close(body[0])
            body[0].update(how="leave", entry=None, code=None)


class NeverDone(Oracle):
    """Event subprocesses are started also when the main path of their scope is done."""

    about = "P1"
    favour = "inner"

    def starts(self, scope: dict[str, Any]) -> list[str]:
        nodes = self.model.nodes
        inside = self.model.inside(scope["of"]) if "total" not in scope else []
        return [self.model.start(id) for id in inside if nodes[id].get("by_event")]


class BoundaryFirst(Oracle):
    """The boundary of a subprocess comes before its event subprocesses."""

    about = "P17"
    favour = "inner"

    def starts(self, scope: dict[str, Any]) -> list[str]:
        host = scope["host"]
        edges = [node for node in self.model.nodes.values() if host is not None and node.get("host") == host["at"]]
        caught = {(node["event"], node["code"]) for node in edges}
        starts = [(id, self.model.nodes[id]) for id in super().starts(scope)]
        return [id for id, node in starts if (node["event"], node["code"]) not in caught]


class UndoesTheFirstFirst(Oracle):
    """Compensation runs in the order of completion."""

    about = "P19"
    favour = "undo"

    def latest(self, records: list[dict[str, Any]], ref: str | None) -> dict[str, Any] | None:
        return super().latest([record | {"inner": record["inner"][::-1]} for record in records[::-1]], ref)


class ForgetsWhatIsInside(Oracle):
    """What a subprocess held is forgotten when it completes."""

    about = "P19"
    favour = "undo"

    def hand_on(self, scope: dict[str, Any]) -> None:
        self.records = [record for record in self.records if record["scope"] is not scope]


class AlwaysWaitsForTheRest(Oracle):
    """An ad-hoc subprocess never cancels what is still active."""

    about = "P1"
    favour = "ad_hoc"

    def finish_ad_hoc(self, scope: dict[str, Any], last: dict[str, Any]) -> None:
        scope["over"] = True
        if all(token["scope"] is not scope for token in self.tokens):
            self.completed(scope, last)


class UndoesAgain(Oracle):
    """A record stays when it has been undone."""

    about = "P19"
    favour = "undo"

    def without(self, records: list[dict[str, Any]], token: dict[str, Any]) -> list[dict[str, Any]]:
        for record in records:
            record["by"] = None if record["by"] is token else record["by"]
            self.without(record["inner"], token)
        return records


class LosesWhatNobodyCatches(Oracle):
    """An error that nobody catches ends its token as if nothing had happened."""

    about = "P17"
    favour = "inner"

    def finish(self, token: dict[str, Any]) -> str | None:
        failure = super().finish(token)
        if token["code"] == "UNCAUGHT_ERROR":
            self.remove(token)
        return failure


class SkipsTheFirstItem(Oracle):
    """Instances are counted from one."""

    about = "P18"

    def counted(self, body: dict[str, Any], index: int, active: int, done: int) -> tuple[Any, ...]:
        item, _, *others = super().counted(body, index, active, done)
        return (item, index + 1, *others)


class WaitsForAnItem(Oracle):
    """A multi-instance over nothing is entered all the same."""

    about = "P18"

    def count_of(self, found: Any, by: str) -> tuple[list[Any], int] | None:
        counted = super().count_of(found, by)
        return ([None], 1) if counted == ([], 0) else counted


class ForgetsTheRejection(Oracle):
    """A rejected task leaves no gatewayAction behind."""

    about = "P24"

    def onward(self, token: dict[str, Any], inclusive: bool) -> str | None:
        token["action"] = None if token["action"] == "reject" else token["action"]
        return super().onward(token, inclusive)


class KeepsTheFirstAction(Oracle):
    """A parallel join keeps the gatewayAction of the token that came first."""

    about = "P24"
    favour = "fork"

    def join(self, token: dict[str, Any]) -> None:
        first = min(self.waiting(token), key=lambda waiting: waiting["age"], default=token)
        super().join(token)
        if token["how"] == "leave":
            token["action"] = first["action"]


TWINS: tuple[type[Oracle], ...] = (
    LastTrueWins,
    CountsInTotal,
    TerminatesEverything,
    CatchesAnythingFirst,
    EscalatesWithoutInterrupting,
    CompletesWithTheFirstToken,
    WaitsForEveryFlow,
    WaitsForWhoeverCanCome,
    NeverForces,
    GathersInOrderOfCompletion,
    StartsAllAtOnce,
    CatchesPerInstance,
    NeverDone,
    BoundaryFirst,
    UndoesTheFirstFirst,
    ForgetsWhatIsInside,
    AlwaysWaitsForTheRest,
    UndoesAgain,
    LosesWhatNobodyCatches,
    SkipsTheFirstItem,
    WaitsForAnItem,
    ForgetsTheRejection,
    KeepsTheFirstAction,
)

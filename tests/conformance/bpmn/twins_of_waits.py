"""Oracles with one seeded defect each, in what they wait for: the harness must catch every one of them."""

from typing import Any

from tests.conformance.bpmn.oracle import Oracle


class LetsTheSecondIn(Oracle):
    """What a host waited for is still waited for behind the event that interrupted it."""

    about = "P16"
    favour = "guarded"

    def leave_by(self, host: dict[str, Any], boundary: str, last: str | None) -> None:
        kept = host["waits"]
        super().leave_by(host, boundary, last)
        host["waits"] = kept if self.model.nodes[boundary]["interrupting"] else host["waits"]


class WaitsForTheLosers(Oracle):
    """Behind an event-based gateway the other events can still occur."""

    about = "P16"
    favour = "race"

    def end_wait(self, token: dict[str, Any], outcome: str) -> None:
        kept = token["waits"]
        super().end_wait(token, outcome)
        token["waits"] = kept


class StartsAgainAfterInterrupting(Oracle):
    """An interrupting event subprocess does not keep the others of its scope from starting."""

    about = "P16"
    favour = "inner"

    def start_event(self, scope: dict[str, Any], start: str, thrower: dict[str, Any]) -> None:
        kept = scope["waits"]
        super().start_event(scope, start, thrower)
        scope["waits"] = kept


class InterruptsAlways(Oracle):
    """Every boundary event interrupts."""

    about = "P1"
    favour = "guarded"

    def leave_by(self, host: dict[str, Any], boundary: str, last: str | None) -> None:
        node = self.model.nodes[boundary]
        kept, node["interrupting"] = node["interrupting"], True
        super().leave_by(host, boundary, last)
        node["interrupting"] = kept


class ListensAfterTheMainPath(Oracle):
    """Event subprocesses can be started as long as anything in their scope is active."""

    about = "P1"
    favour = "inner"

    def main(self, scope: dict[str, Any]) -> bool:
        return any(token["scope"] is scope for token in self.tokens)


class ForgetsWhatWasTrue(Oracle):
    """A condition occurs whenever it is true, not when it turns true."""

    about = "P1"
    favour = "guarded"

    def turns_true(self, owner: dict[str, Any], id: str) -> bool:
        owner["spent"] = [other for other in owner["spent"] if other != id]
        return super().turns_true(owner, id)


class OneTimerPerInstance(Oracle):
    """Every instance of a loop has the boundary events of the whole."""

    about = "P18"
    favour = "guarded"

    def edges(self, token: dict[str, Any]) -> list[str]:
        return super().edges(token if "type" not in self.model.nodes[token["at"]] else token | {"ix": None})


class FiresOnceMore(Oracle):
    """A cycle fires once more than it says."""

    about = "P20"
    favour = "guarded"

    def rearm(self, owner: dict[str, Any], id: str, wait: dict[str, Any]) -> None:
        super().rearm(owner, id, wait)
        if id not in owner["waits"] and "/" in wait["timer"] and "more" not in wait:
            owner["waits"][id] = wait | {"more": True}


class CountsFromTheLastFiring(Oracle):
    """What was missed is fired later: a cycle goes on with the next number, whatever the time."""

    about = "P20"
    favour = "guarded"

    def rearm(self, owner: dict[str, Any], id: str, wait: dict[str, Any]) -> None:
        now, self.now = self.now, min(self.now, wait["anchor"])
        wait["k"] += "/" in wait["timer"]
        super().rearm(owner, id, wait)
        self.now = now


class ActionBeforeError(Oracle):
    """A job that failed with an action never throws its error."""

    about = "P17"
    favour = "failing"

    def job_failed(self, task: str, entry: int, error: str | None, action: str | None) -> str | None:
        return super().job_failed(task, entry, None if action else error, action)


class ErrorsPastTheOwnBoundary(Oracle):
    """An error of an activity itself is not caught at its own boundary."""

    about = "P17"
    favour = "failing"

    def throw_from(self, token: dict[str, Any], code: str) -> bool:
        return self.throw(token, "error", code)


class BringsTheActionAlong(Oracle):
    """What waited brings the gatewayAction along that it came with."""

    about = "P24"
    favour = "catch"

    def wait_at(self, token: dict[str, Any]) -> str | None:
        kept = token["action"]
        failure = super().wait_at(token)
        token["action"] = kept
        return failure


class StopsEverythingWithTheJob(Oracle):
    """A task whose job has failed is waited for by nothing at its boundary either."""

    about = "P1"
    favour = "guarded"

    def stop(self, token: dict[str, Any], code: str) -> None:
        super().stop(token, code)
        self.stop_waiting(token)


TWINS_OF_WAITS: tuple[type[Oracle], ...] = (
    LetsTheSecondIn,
    WaitsForTheLosers,
    StartsAgainAfterInterrupting,
    InterruptsAlways,
    ListensAfterTheMainPath,
    ForgetsWhatWasTrue,
    OneTimerPerInstance,
    FiresOnceMore,
    CountsFromTheLastFiring,
    ActionBeforeError,
    ErrorsPastTheOwnBoundary,
    BringsTheActionAlong,
    StopsEverythingWithTheJob,
)

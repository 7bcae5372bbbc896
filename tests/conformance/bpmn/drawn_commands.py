"""What a path sends next: mostly something that fits, sometimes not."""

from collections.abc import Iterator
from random import Random

from dialog_graph.bpmn import (
    Activate,
    Cancel,
    ChildEnded,
    Command,
    Complete,
    DataChanged,
    JobFailed,
    JobFinished,
    MessageReceived,
    OpenSubscription,
    OpenTimer,
    Resolve,
    Retry,
    SignalReceived,
    Start,
    StartJob,
    SubscriptionKind,
    TimerFired,
)
from tests.conformance.bpmn.harness import NOW, Instance
from tests.conformance.bpmn.oracle import Oracle
from tests.unit.bpmn.rows import Row

ODD = 0.08
"""Share of commands that are drawn without a look at what fits."""

ERRORS = (None, None, "E1", "E2", "E9")


def drawn_command(random: Random, oracle: Oracle, instance: Instance, stale: list[Command]) -> Command | None:
    """The next command; None where the path may as well end. `stale`: some that did fit before."""
    if stale and random.random() < ODD:
        return random.choice(stale)
    if random.random() < ODD:
        return _odd(random, oracle)
    if oracle.status == "new":
        starts = [id for id in oracle.model.inside(None) if oracle.model.nodes[id]["tag"] == "startEvent"]
        return Start(random.choice(starts))
    fitting = [*_completions(random, oracle), *_others(random, oracle), *awaited_now(random, instance)]
    return random.choice(fitting) if fitting else None


def awaited_now(random: Random, instance: Instance) -> Iterator[Command]:
    """What workers may send: for everything that is open, one command."""
    for row in instance.rows.by_place.values():
        yield _of_row(random, row)
    if instance.state.has_conditions(instance.definition):
        yield DataChanged()


def _of_row(random: Random, row: Row) -> Command:
    match row:
        case OpenTimer():
            return TimerFired(
                element_id=row.element_id,
                owner=row.owner,
                anchor=row.anchor,
                k=row.k,
                duration=row.duration,
                remaining=row.remaining,
            )
        case OpenSubscription(kind=SubscriptionKind.MESSAGE):
            return MessageReceived(row.element_id, row.owner, row.name)
        case OpenSubscription():
            return SignalReceived(row.element_id, row.owner, row.name)
        case StartJob():
            return _of_job(random, row)
        case _:
            return ChildEnded(row.element_id, row.entry_no, row.owner, random.choice(ERRORS))


def _of_job(random: Random, row: StartJob) -> Command:
    action = random.choice((None, None, "reject", "approve", "pay"))
    if random.random() < 0.5:
        return JobFinished(row.element_id, row.entry_no, action)
    return JobFailed(
        element_id=row.element_id,
        entry_no=row.entry_no,
        code="JOB_FAILED",
        message="drawn",
        error_code=random.choice(ERRORS),
        action=action,
    )


def _others(random: Random, oracle: Oracle) -> list[Command]:
    """Activities that are offered, incidents."""
    offered = [Activate(id) for id in oracle.model.nodes if oracle.offers(id)]
    helped = [(at, entry) for at, entry, code in oracle.stuck() if code not in ("NO_HANDLER", "UNCAUGHT_ERROR")]
    retries = [Retry(at, entry) for at, entry in helped]
    outcome = random.choice(("success", "reject", "approve"))
    resolved = [Resolve(at, entry, outcome) for at, entry, _ in oracle.stuck() if entry]
    return [*offered, *retries, *resolved]


def _completions(random: Random, oracle: Oracle) -> list[Command]:
    usual = [(at, entry) for at, entry, code in oracle.open() if not oracle.model.nodes[at]["service"] and not code]
    rejected = [
        (at, entry) for at, entry, code in oracle.open() if code and "reject" in oracle.model.nodes[at]["actions"]
    ]
    commands: list[Command] = [Complete(at, entry, "reject") for at, entry in rejected]
    return commands + [_completion(random, oracle, at, entry) for at, entry in usual]


def _odd(random: Random, oracle: Oracle) -> Command:
    """Anything, whether it fits or not."""
    ids = [*oracle.model.nodes, "nowhere"]
    at, number = random.choice(ids), random.choice([0, 1, 1, 2])
    if random.random() < 0.3 and oracle.open():
        at, number, _ = random.choice(oracle.open())
    action = random.choice([None, "reject", "write", "sendBack:nowhere", "dance", "abandon"])
    odd: list[Command] = [
        Start(),
        Start(at),
        Activate(at),
        Retry(at, number),
        Complete(at, number),
        Complete(at, number, action),
    ]
    owner = random.randrange(12)
    odd += [
        TimerFired(element_id=at, owner=owner, anchor=NOW, k=0),
        MessageReceived(at, owner, "paid"),
        SignalReceived(at, owner, "alarm"),
        JobFinished(at, number),
        JobFailed(element_id=at, entry_no=number, code="JOB_FAILED", message="drawn"),
        ChildEnded(at, number, owner),
        Resolve(at, number, "success"),
        DataChanged(),
    ]
    return random.choice([*odd, Cancel("drawn")])


def _completion(random: Random, oracle: Oracle, task: str, entry: int) -> Command:
    node = oracle.model.nodes[task]
    declared = [*node["actions"], *(f"sendBack:{target}" for target in node["back"])]
    return Complete(task, entry, random.choice([None, None, *declared, "abandon" if random.random() < 0.3 else None]))

"""Everything that is due, done at once and in one order, without background workers: for tests (app folder §15.6)."""

from dialog_graph.ports import Ports
from dialog_graph.workers import timers
from dialog_graph.workers.jobs import JobRunner
from dialog_graph.workers.messages import MessageMatcher

MAX_ROUNDS = 1_000
"""A process that keeps itself busy for so long never comes to rest."""


async def work_until_quiet(ports: Ports) -> int:
    """Fires timers, does jobs one by one and matches messages until nothing is due; answers how much was done.

    What fails and is to be tried again later is tried again when the clock has been moved on.
    """
    runner, matcher = JobRunner(ports, "quiet"), MessageMatcher(ports)
    done = 0
    for _ in range(MAX_ROUNDS):
        count = await _round(ports, runner, matcher)
        if not count:
            return done
        done += count
    raise RuntimeError(f"expected the work to come to an end, but after {MAX_ROUNDS} rounds there is more")


async def _round(ports: Ports, runner: JobRunner, matcher: MessageMatcher) -> int:
    count = await timers.fire_due(ports) + await matcher.match()
    count += await runner.run_due(at_most=1)
    await runner.finish_begun()
    return count

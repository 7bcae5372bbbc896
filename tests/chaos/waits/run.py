"""P20, P21, P29, A7: cases full of timers, messages and jobs, while the workers are killed, frozen and misled.

Then all workers are killed, the clock passes over the leases of the dead, and one last worker does what is left, one
thing after another: what is open after that is lost.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import asyncpg

from dialog_graph.apps.task_kinds import kinds_with
from dialog_graph.ports import Ports
from dialog_graph.storage.logins import Logins
from dialog_graph.testing.app_test import with_app
from dialog_graph.urns import AppId
from tests.chaos import equalities
from tests.chaos.figures import Figure
from tests.chaos.site import Ground, Site
from tests.chaos.waits import checks, clocks, lateness, witness
from tests.chaos.waits.apps import CALLED, CALLER, CLOCKWORK, LETTERS, OFFICE, all_apps
from tests.chaos.waits.fleet import LEASE, POINTS, Fleet
from tests.chaos.waits.ledger import Ledger
from tests.chaos.waits.story import WEIGHTS, Clients
from tests.chaos.waits.working import services
from tests.flow.replaying import check_replays

TEMPLATE = "chaos_waits"

ROUNDS = (LEASE, LEASE, LEASE, timedelta(minutes=61), LEASE, timedelta(minutes=61), LEASE, LEASE)
"""How the clock goes on at the end: over leases and guards, until nothing is open."""

LATEST = 60.0
"""Seconds after which a timer that has not fired counts as forgotten, while workers live. The product promises five,
which a machine with other things to do cannot keep; what was measured stands in the notes."""

WORK = 600.0
"""Seconds in which the last worker has to be done."""

SOON = """
select count(*) from dg.instance i where i.ended_at is null and (
    exists (select from dg.timer t where t.instance_id = i.instance_id and t.due_at < $1)
    or exists (select from dg.job j where j.instance_id = i.instance_id))
"""
OTHERS = """
select count(*) from pg_stat_activity
 where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid() and pid <> all ($1)
"""
"""What the killed have begun the database ends in its own time."""

OPEN = "select exists (select from dg.instance where ended_at is null) or exists (select from dg.job)"

NUMBERS = """
select (select count(*) from dg.instance) as instances, (select count(*) from chaos.round) as rounds,
       (select count(*) from chaos.fired) as firings, (select count(*) from chaos.received) as received,
       (select count(*) from chaos.settled) as settled, (select count(*) from chaos.heard) as children,
       (select count(*) from dg.link where relation = 'parent') as called
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`cases`, `deaths`: so many at least; `seconds`: after these no further case is begun whatever is missing.

    `workers`: at a time; others live while one is dead. `settling`: seconds that the living are given, after the last
    client has gone, for what is due by itself. `apps`: whose cases; `points`: named points of deaths.
    """

    cases: int = 40
    deaths: int = 15
    seconds: float = 120.0
    workers: int = 4
    settling: float = 6.0
    apps: tuple[AppId, ...] = tuple(WEIGHTS)
    points: tuple[str, ...] = POINTS


SMALL = Size()
"""A run as one of the tests."""

LARGE = 1_000
"""Cases of a run by hand."""

_AT_JOBS = ("after-claim", "before-job", "after-job", "after-commit")


@dataclass(slots=True)
class Story:
    """One run on one ground. `began`: on the harness's own clock."""

    seed: int
    ground: Ground
    fleet: Fleet
    ledger: Ledger
    figure: Figure
    began: float = field(default_factory=time.monotonic)

    @property
    def connection(self) -> asyncpg.Connection:
        return self.ground.connection

    async def live(self, size: Size, dice: random.Random) -> None:
        """Clients and workers, and what is done to these, until the cases have come to rest."""
        clients = Clients(self.fleet, self.ledger, dice)
        stop, end = asyncio.Event(), time.monotonic() + size.seconds

        def is_enough(number: int) -> bool:
            has_all = number >= size.cases and self.fleet.deaths >= size.deaths
            return has_all or time.monotonic() >= end

        torment = asyncio.create_task(self.fleet.torment(stop))
        try:
            await clients.live(size.apps, is_enough)
            await self._settle(size.settling)
        finally:
            stop.set()
            await torment

    async def shown(self) -> datetime:
        """What the shared clock shows."""
        return await self.connection.fetchval("select clock_timestamp()") + self.fleet.ahead

    async def _settle(self, seconds: float) -> None:
        """Until nothing is due soon, at most so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not await self.connection.fetchval(SOON, await self.shown() + timedelta(minutes=10)):
                return
            await asyncio.sleep(0.2)

    async def finish(self) -> datetime:
        """Everybody is killed, and one last worker does what is left. Gives the moment of the killing."""
        ended: datetime = await self.connection.fetchval("select clock_timestamp()")
        await self.fleet.leave()
        await self._look_at_the_wreck()
        last = await self.fleet.zygote.worker(replace(self.ground.place, role="on demand"))
        try:
            for by in ROUNDS:
                await self.fleet.step(by)
                shown = await self.shown()
                answer = await last.ask({"name": "quiet", "actor": "kari", "given": {}}, WORK)
                if not self.figure.check([f"the last worker: {answer}"] if "ok" not in answer else []):
                    break
                self.figure.check(await checks.left(self.connection, shown))
                if not await self.connection.fetchval(OPEN):
                    break
        finally:
            await self.fleet.zygote.kill(last)
        return ended

    async def _look_at_the_wreck(self) -> None:
        """What holds at any moment, of cases in the middle of everything, before anything is mended."""
        ours = [self.fleet.stepping.get_server_pid()]
        async with asyncio.timeout(WORK):
            while await self.connection.fetchval(OTHERS, ours):  # noqa: ASYNC110 -- rows ring no bell
                await asyncio.sleep(0.02)
        await self._hold()

    async def _hold(self) -> None:
        """Each step is there whole, replay gives what is stored, and the rows of waits are those of the states."""
        asked = equalities.INTERRUPTIBLE
        self.figure.check(await equalities.broken(self.connection, asked=asked), len(asked))
        try:
            replayed = await check_replays(self.ground.logins.setup, kinds_with(services(self.ground.place.folder)))
        except AssertionError as fault:
            self.figure.check([f"replay: {str(fault)[:2000]}"])
        else:
            self.figure.check([], replayed)

    async def judge(self, ended: datetime) -> None:
        """Everything that must hold when all is over, and what was measured."""
        figure, connection = self.figure, self.connection
        await self._hold()
        figure.check(await checks.broken(connection), len(checks.STATEMENTS))
        figure.check(await equalities.broken(connection, asked=equalities.INTERRUPTIBLE), len(equalities.INTERRUPTIBLE))
        figure.check(await checks.of_messages(connection, self.ledger), len(self.ledger.messages))
        figure.check(await checks.of_calls(connection, self.ground.place.folder))
        figure.check(self.ledger.problems, self.ledger.cases)
        late = await lateness.measured(connection, ended)
        forgotten = late.beyond(LATEST)
        figure.check([f"{forgotten} timers were later than {LATEST} s, the latest: {late.worst}"] if forgotten else [])
        await self._note(late)

    async def _note(self, late: lateness.Late) -> None:
        figure = self.figure
        row = await self.connection.fetchrow(NUMBERS)
        assert row is not None
        begun, _ = checks.calls(self.ground.place.folder)
        figure.notes.append(
            f"seed {self.seed}, {time.monotonic() - self.began:.0f} s: {row['instances']} instances, {row['rounds']}"
            f" rounds of timers, {row['firings']} firings, {len(self.ledger.messages)} messages published,"
            f" {row['received']} had by cases that waited, {sum(begun.values())} calls for {row['settled']} settled"
            f" jobs, {row['children']} of {row['called']} children had, {self.fleet.deaths} kills"
        )
        figure.notes.append(
            f"late while workers lived: {len(late.seconds)} firings, p50 {late.share(0.5):.2f} s,"
            f" p99 {late.share(0.99):.2f} s, most {late.share(1):.2f} s ({late.worst}), {late.beyond(5)} over 5 s"
        )


async def _fill(logins: Logins, ports: Ports) -> None:
    """The apps, and the witnesses."""
    for files in all_apps():
        await with_app(ports, files)
    connection = await asyncpg.connect(**logins.setup)
    try:
        await witness.install(connection)
    finally:
        await connection.close()


_EARLY = ("a timer never fires early", "no step is ahead of the database's clock")
_TWIN = Size(cases=6, deaths=2, workers=2, settling=1.0)

TWINS: Mapping[str, tuple[tuple[str, ...], Size]] = {
    "timer fires unclaimed": (("a timer fires once per round",), replace(_TWIN, apps=(CLOCKWORK,))),
    "round ignored": (("left undone",), replace(_TWIN, apps=(CLOCKWORK,))),
    "own clock": (_EARLY, replace(_TWIN, apps=(CLOCKWORK,))),
    "message taken apart": (("Reply", "Note"), replace(_TWIN, apps=(LETTERS,))),
    "message kept later": (("Reply", "Note"), replace(_TWIN, cases=10, deaths=6, apps=(LETTERS,))),
    "id forgotten": (("Reply", "Note"), replace(_TWIN, apps=(LETTERS,))),
    "claim for good": (("every case comes to its end",), replace(_TWIN, apps=(OFFICE,), points=_AT_JOBS)),
    "held timer fires": (("nothing comes to a case",), replace(_TWIN, cases=16, apps=(CLOCKWORK,))),
    "no child asked": (("a child that has ended", "every case comes"), replace(_TWIN, cases=20, apps=(CALLER,))),
    "result written apart": (("what the handler wants written",), replace(_TWIN, apps=(OFFICE,), points=_AT_JOBS)),
}
"""Twin -> what is said of it, and a run that is large enough to find it."""

FEW = ("timer fires unclaimed", "own clock", "message taken apart", "id forgotten", "result written apart")
"""The twins of a run as one of the tests; a run by hand has all of them."""

TRIES = 3
"""Runs of a twin: where a process dies hangs on the machine's other work too, and one run may hit nothing."""

_ONLY = """
update dg.app_version set is_active = false where app_id <> all ($1)
"""
"""Workers read the apps that are active, each at its start."""


async def twin(site: Site, seed: int, name: str) -> int | None:
    """Runs of a twin; after how many faults it was caught by what should catch it, None when it was not."""
    expected, size = TWINS[name]
    struck = 0
    for again in range(TRIES):
        figure = await run(site, seed + again, size, name)
        struck += figure.faults.total()
        if any(text.startswith(expected) for text in figure.violations):
            return struck
    return None


async def run(site: Site, seed: int, size: Size, twin: str = "") -> Figure:
    """One run of a size; with `twin` of a broken product."""
    figure = Figure("A7, P20, P21, P29 waits")
    await site.template(TEMPLATE, _fill, services(site.folder))
    async with site.ground(twin, TEMPLATE, "background") as ground:
        ground.place.folder.mkdir(parents=True, exist_ok=True)
        await ground.connection.execute(_ONLY, [str(app) for app in (*size.apps, CALLED)])
        dice = random.Random(seed)
        stepping = await asyncpg.connect(**ground.logins.setup)
        clock = clocks.SharedClock(ground.place.folder / clocks.NAME)
        fleet = Fleet(site.zygote, ground, random.Random(dice.random()), figure, clock, stepping, size.points)
        story = Story(seed, ground, fleet, Ledger(), figure)
        try:
            await fleet.fill(size.workers)
            await story.live(size, random.Random(dice.random()))
            await story.judge(await story.finish())
        finally:
            await fleet.leave()
            await stepping.close()
    return figure

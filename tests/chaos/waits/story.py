"""What the clients do: they begin cases, hand in their forms, and send messages too early, in time, twice and in vain.

Everything is decided by dice. What has an idempotency key is asked again until there is an answer; so is a message with
an id. A message without one is sent once, and when its sender is killed nobody knows, which the ledger says.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from dialog_graph.urns import AppId
from tests.chaos.processes import Lost
from tests.chaos.waits.apps import BEGUN, CALLER, CLOCKWORK, LETTERS, OFFICE, RACE
from tests.chaos.waits.fleet import Fleet
from tests.chaos.waits.ledger import NOT_CORRELATED, Ledger, Sent
from tests.chaos.worker import principal

PEOPLE = ("kari", "ola", "mari", "jon")
OWNER = "org:ttd"
TRIES = 600
PAUSE = 0.02
CLIENTS = 5
"""At a time: few enough for workers who share two cores with them."""

NEVER = "P30D"
"""Longer than any run: what is missing by then is lost."""

LONG, SHORT = "P1D", "PT2S"
"""How long a message may wait for its receiver."""

WEIGHTS: Mapping[AppId, int] = {CLOCKWORK: 6, RACE: 4, LETTERS: 6, OFFICE: 3, BEGUN: 3, CALLER: 3}


@dataclass(slots=True)
class Clients:
    """The clients of a run."""

    fleet: Fleet
    ledger: Ledger
    dice: random.Random

    async def live(self, apps: Sequence[AppId], is_enough: Callable[[int], bool]) -> None:
        """Begins and accompanies cases of these apps, a few at a time. `is_enough`: asked with the number of each."""
        numbers, weights = count(), [WEIGHTS[app] for app in apps]

        async def accompany() -> None:
            while not is_enough(number := next(numbers)):
                (app,) = self.dice.choices(apps, weights)
                await _STORIES[app](self, f"{app.app}-{number}")

        await asyncio.gather(*(accompany() for _ in range(CLIENTS)))

    # Commands ---------------------------------------------------------------------------------------------------------

    async def _insist(
        self, name: str, actor: str, given: dict[str, Any], foreseen: str | None = None
    ) -> dict[str, Any]:
        """Asks, with a key, until there is an answer. `foreseen`: code of a refusal that is as good."""
        request = {"name": name, "actor": actor, "given": given}
        answer: dict[str, Any] = {"fault": "no answer at all"}
        for _ in range(TRIES):
            try:
                answer = await self.fleet.ask(request)
                if not answer.get("retry"):
                    break
            except Lost:
                pass
            await asyncio.sleep(PAUSE)
        self.fleet.figure.operations += 1
        if "ok" not in answer and answer.get("refused") != foreseen:
            self.ledger.problems.append(f"{name} {given['idempotency_key']}: {answer}")
        return answer.get("ok", {})

    async def begin(self, app: AppId, name: str, **form: str) -> "Case":
        """A new case whose form says this."""
        actor = self.dice.choice(PEOPLE)
        given = {
            "application": str(app),
            "party": principal(actor).urn,
            "prefill": {"name": name, **form},
            "idempotency_key": f"begin {self.ledger.next_number()}",
        }
        made = await self._insist("instantiate", actor, given)
        self.ledger.cases += 1
        return Case(actor, made.get("instance_id", ""))

    async def hand_in(self, case: "Case", foreseen: str | None = None) -> None:
        """The form is complete: the process goes on, and begins to wait."""
        if not case.instance_id:
            return  # told already
        given = {"instance_id": case.instance_id, "idempotency_key": f"hand in {case.instance_id}"}
        await self._insist("advance", case.actor, given, foreseen)

    async def perhaps_put_away(self, case: "Case", chance: float) -> None:
        """With this chance the case is deleted for a while, some moment from now."""
        if self.dice.random() < chance:
            await asyncio.sleep(self.dice.uniform(0, 0.5))
            await self.put_away(case)

    async def put_away(self, case: "Case") -> None:
        """The case is deleted for a while, in which nothing comes to it."""
        if not case.instance_id:
            return  # told already
        for name, pause in (("delete", self.dice.uniform(0, 2.5)), ("restore", 0)):
            given = {"instance_id": case.instance_id, "idempotency_key": f"{name} {case.instance_id}"}
            await self._insist(name, case.actor, given)
            await asyncio.sleep(pause)

    # Messages -------------------------------------------------------------------------------------------------------

    def message(self, name: str, key: str, *, may_wait: bool = True) -> Sent:
        """A message, with an id or without one; `may_wait`: perhaps for long, perhaps for a little."""
        number = self.ledger.next_number()
        ttl = self.dice.choice((LONG, LONG, LONG, SHORT)) if may_wait else None
        message_id = f"m-{number}" if self.dice.random() < 0.7 else None
        party = principal(self.dice.choice(PEOPLE)).urn if name == "Begin" else None
        mark = f"mark-{number}"
        sent = Sent(name=name, key=key, mark=mark, message_id=message_id, ttl=ttl, party=party)
        return self.ledger.write(sent)

    async def send(self, sent: Sent) -> None:
        """Sends a message: with an id several times at once and again later, without one once."""
        if sent.message_id is None:
            await self._sent_once(sent)
            return
        await asyncio.gather(*(self._send_until_told(sent) for _ in range(self.dice.choice((1, 1, 2, 3)))))
        if self.dice.random() < 0.3:
            await asyncio.sleep(self.dice.uniform(0, 0.5))
            await self._send_until_told(sent)

    async def _send_until_told(self, sent: Sent) -> None:
        for _ in range(TRIES):
            if await self._sent_once(sent):
                return
            await asyncio.sleep(PAUSE)
        sent.faults.append("no answer at all")

    async def _sent_once(self, sent: Sent) -> bool:
        """True when there was an answer."""
        self.fleet.figure.operations += 1
        answer: dict[str, Any] = {"retry": True}
        with suppress(Lost):
            answer = await self.fleet.ask({"name": "deliver", "actor": OWNER, "given": sent.given})
        if answer.get("retry"):
            sent.unknown += 1
            return False
        if "ok" in answer:
            sent.told.append(answer["ok"])
        elif "refused" in answer:
            sent.refused.append(answer["refused"])
        else:
            sent.faults.append(str(answer))
        return True

    async def send_until_met(self, sent: Sent) -> None:
        """A message that may not wait: sent again while nobody waits for it, a few times."""
        for _ in range(6):
            had = len(sent.refused)
            await self.send(sent)
            if sent.told or len(sent.refused) == had or set(sent.refused) != {NOT_CORRELATED}:
                return
            await asyncio.sleep(0.15)

    async def letter(self, name: str, key: str) -> None:
        """Some message at some moment."""
        may_wait = self.dice.random() < 0.75
        sent = self.message(name, key, may_wait=may_wait)
        await asyncio.sleep(self.dice.choice((0, 0, 0.05, 0.3, 1.0)))
        await (self.send(sent) if may_wait else self.send_until_met(sent))


@dataclass(frozen=True, slots=True)
class Case:
    """One that a client has begun."""

    actor: str
    instance_id: str


def _seconds(dice: random.Random, least: float, most: float) -> str:
    return f"PT{dice.uniform(least, most):.2f}S"


# Stories ------------------------------------------------------------------------------------------------------------


async def _clockwork(clients: Clients, name: str) -> None:
    """Timers alone; sometimes somebody is faster than all of them, sometimes the case is put away for a while."""
    dice = clients.dice
    cycle = dice.choice(("R1/PT1S", "R2/PT1S", "R3/PT1S", "R3/PT1.3S", "R/PT1.5S"))
    second = dice.choice((_seconds(dice, 0.8, 5), "PT40M"))
    case = await clients.begin(CLOCKWORK, name, cycle=cycle, first=_seconds(dice, 0.1, 1.5), second=second)
    fate = dice.random()
    if fate < 0.2:
        await asyncio.sleep(dice.uniform(0, 2))
        await clients.hand_in(case, foreseen="NOT_ACTIVE")
    elif fate < 0.4:
        await clients.put_away(case)


async def _race(clients: Clients, name: str) -> None:
    """A message against a timer, then a timer against another."""
    dice = clients.dice
    first = _seconds(dice, 0.2, 1.5)
    second = dice.choice((first, _seconds(dice, 0.2, 1.5)))
    case = await clients.begin(RACE, name, first=first, second=second)
    letters = [clients.letter("Answer", name) for _ in range(dice.choice((0, 1, 1, 2)))]
    await asyncio.gather(clients.hand_in(case), *letters)


async def _letters(clients: Clients, name: str) -> None:
    """Messages before, while and after two cases wait for them, or one."""
    dice = clients.dice
    cases = [await clients.begin(LETTERS, name) for _ in range(dice.choice((1, 1, 1, 2)))]
    replies = [clients.letter("Reply", name) for _ in range(len(cases) * 2 + dice.choice((-1, 0, 0, 0, 1)))]
    notes = [clients.letter("Note", name) for _ in range(dice.choice((0, 1, 2)))]

    async def accompany(case: Case) -> None:
        await clients.hand_in(case)
        await clients.perhaps_put_away(case, 0.2)

    await asyncio.gather(*replies, *notes, *(accompany(case) for case in cases))


async def _office(clients: Clients, name: str) -> None:
    """Work for a handler, against a timer; then a message from the case to itself."""
    first = clients.dice.choice(("PT20M", "PT20M", _seconds(clients.dice, 0.05, 0.4)))
    case = await clients.begin(OFFICE, name, first=first)
    await clients.hand_in(case)
    await clients.perhaps_put_away(case, 0.2)


async def _caller(clients: Clients, name: str) -> None:
    """Another app is called, against a timer; sometimes the caller is put away meanwhile."""
    first = clients.dice.choice((NEVER, NEVER, _seconds(clients.dice, 0.05, 1.2)))
    case = await clients.begin(CALLER, name, first=first)
    await clients.hand_in(case)
    await clients.perhaps_put_away(case, 0.4)


async def _begun(clients: Clients, name: str) -> None:
    """Messages that start a case; of one name one at a time."""
    await asyncio.gather(*(clients.letter("Begin", name) for _ in range(clients.dice.choice((1, 1, 2, 3)))))


_STORIES: Mapping[AppId, Callable[[Clients, str], Awaitable[None]]] = {
    CLOCKWORK: _clockwork,
    RACE: _race,
    LETTERS: _letters,
    OFFICE: _office,
    BEGUN: _begun,
    CALLER: _caller,
}

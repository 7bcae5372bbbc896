"""A9: the bytes that were stored are the bytes that are read, or nothing is.

Files are damaged on the disk and documents in their rows; every download of what is damaged must be refused with
INTEGRITY, and of a large file there may be no complete answer. Whatever was damaged is put right again afterwards.
"""

import base64
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import asyncpg
import httpx

from dialog_graph.ports import Ports
from tests.chaos import twins
from tests.chaos.figures import Figure
from tests.chaos.site import Ground, Site
from tests.chaos.story import APP, PERSON, form
from tests.chaos.worker import answer_to, opened, principal, uploaded

LARGE = 9 << 20
"""More than what is checked before the first byte is sent."""

CALLER = {"x-actor": PERSON}

Damage = Callable[[random.Random, bytes], bytes]


def one_bit(dice: random.Random, content: bytes) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << dice.randrange(8))]) + content[place + 1 :]


def cut(dice: random.Random, content: bytes) -> bytes:
    return content[: dice.randrange(len(content))]


def longer(dice: random.Random, content: bytes) -> bytes:
    return content + dice.randbytes(1)


DAMAGES: tuple[Damage, ...] = (one_bit, one_bit, one_bit, cut, longer)


@dataclass(frozen=True, slots=True)
class Stored:
    """Something that can be downloaded, and its bytes as they were stored. `key` None: a form."""

    element_id: str
    content: bytes
    key: str | None


class Store:
    """The instance whose elements are damaged, and the client that downloads them."""

    def __init__(self, ground: Ground, ports: Ports, client: httpx.AsyncClient, instance_id: str) -> None:
        self._ground = ground
        self._ports = ports
        self._client = client
        self._instance_id = instance_id

    async def download(self, element: Stored) -> bytes | str:
        """The bytes, or the code of the refusal; `cut off` when the answer ended before its end."""
        try:
            answer = await self._client.get(f"/data/{element.element_id}", headers=CALLER)
        except Exception:
            return "cut off"
        if answer.is_success:
            is_whole = int(answer.headers["content-length"]) == len(answer.content)
            return answer.content if is_whole else "cut off"
        return str(answer.json()["code"])

    async def use(self) -> str | None:
        """The code with which a command refuses that reads the forms, and finds a revision that nobody expects."""
        given = {"instance_id": self._instance_id, "expected_revision": 0}
        answer = await answer_to(self._ports, self._client, {"actor": PERSON, "name": "advance", "given": given})
        return answer.get("refused")

    async def put(self, element: Stored, content: bytes) -> None:
        """Writes bytes past the product."""
        if element.key is not None:
            (self._ground.blobs / element.key).write_bytes(content)
            return
        await self._ground.connection.execute(
            "update dg.data_element set document = $2 where element_id = $1::uuid", element.element_id, content
        )


async def _content(connection: asyncpg.Connection, blobs: Path, element_id: str) -> Stored:
    row = await connection.fetchrow(
        "select blob_key, document from dg.data_element where element_id = $1::uuid", element_id
    )
    assert row is not None, "it has just been written"
    key = row["blob_key"]
    return Stored(element_id, row["document"] if key is None else (blobs / key).read_bytes(), key)


@asynccontextmanager
async def filled(ground: Ground) -> AsyncGenerator[tuple[Store, list[Stored]]]:
    """An instance with a form, a small file and a large one."""
    place = asdict(ground.place)
    async with opened(place, ground.place.folder) as (ports, client):

        async def done(name: str, **given: Any) -> dict[str, Any]:
            answer = await answer_to(ports, client, {"actor": PERSON, "name": name, "given": given})
            return answer["ok"]

        started = await done("instantiate", application=APP, party=principal(PERSON).urn)
        chosen = {"instance_id": str(started["instance_id"])}
        written = await done("write", **chosen, data_type="application", data=form("before the damage"))
        ids = [str(written["data_element_id"])]
        for size in (700, LARGE):
            content = b"%PDF-1.7 " + random.Random(size).randbytes(size)
            request = {
                "given": chosen | {"dataType": "documentation", "filename": "a.pdf", "idempotency_key": str(uuid4())},
                "content": base64.b64encode(content).decode(),
            }
            answer = await uploaded(client, request, CALLER)
            ids.append(answer["ok"]["data_element_id"])
        elements = [await _content(ground.connection, ground.blobs, element_id) for element_id in ids]
        yield Store(ground, ports, client, chosen["instance_id"]), elements


async def one_flip(store: Store, element: Stored, damage: Damage, dice: random.Random) -> list[str]:
    """Damages, downloads, repairs, downloads again; what was found wrong."""
    damaged = damage(dice, element.content)
    await store.put(element, damaged)
    read, used = await store.download(element), await store.use()
    await store.put(element, element.content)
    name = f"{damage.__name__} in {len(element.content)} bytes"
    found = [] if read in ("INTEGRITY", "cut off") else [f"{name}: expected INTEGRITY, but the answer is {read[:40]!r}"]
    if len(element.content) < LARGE and read == "cut off":
        found.append(f"{name}: expected INTEGRITY, but the answer was only cut off")
    if used != (wanted := "INTEGRITY" if element.key is None else "CONCURRENCY"):
        found.append(f"{name}: expected a command to be refused with {wanted}, but it is {used}")
    if await store.download(element) != element.content:
        found.append(f"{name}: repaired, but it cannot be read")
    return found


async def run(site: Site, seed: int, number: int, twin: str = "") -> Figure:
    """So many damages; every tenth in the large file. A twin is left when it is caught."""
    figure = Figure("A9 bytes damaged")
    dice = random.Random(seed)
    async with site.ground() as ground, filled(ground) as (store, elements):
        form_, small, large = elements
        try:
            twins.break_product(twin)
            for count in range(number):
                element = large if count % 10 == 9 else dice.choice((form_, small))
                damage = dice.choice(DAMAGES)
                figure.faults[damage.__name__.replace("_", " ")] += 1
                figure.operations += 3
                if not figure.check(await one_flip(store, element, damage, dice), 3) and twin:
                    break
        finally:
            patch.stopall()
    return figure


TWIN = "no check of hashes"

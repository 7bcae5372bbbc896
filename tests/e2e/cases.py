"""What the end-to-end tests hand in, and the short ways to the places where their stories begin."""

import io
import zlib
from typing import Any

import httpx

from tests.e2e import documents as ask
from tests.e2e.clients import Graph
from tests.e2e.running import KARI, Live

INTEGRATION_SCOPES = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"
APPLICATION: dict[str, Any] = {
    "applicant": {"name": "Kari Lund", "email": "kari@example.test"},
    "project": {"title": "En benk ved fjorden – på Ærfugløya", "start": "2027-05-01"},
    "amount": 25000,
    "budget": [{"purpose": "Eikeplanker", "cost": 18500.5, "funding": "grant"}],
}


def picture() -> bytes:
    """A real PNG of one red pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    out = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    out.seek(0, io.SEEK_END)
    out.write(chunk(b"IHDR", (1).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"))
    out.write(chunk(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")))
    out.write(chunk(b"IEND", b""))
    return out.getvalue()


async def exchanged(live: Live, http: httpx.AsyncClient, org: str = "ttd", scope: str = INTEGRATION_SCOPES) -> str:
    """Steps 1 and 2 of the technical guide: the platform token for a token of Maskinporten."""
    source = live.maskinporten(org, scope=scope)
    address = f"{live.url}/authentication/exchange/maskinporten"
    answer = await http.get(address, headers={"Authorization": f"Bearer {source}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ended_case(kari: Graph, *, title: str = "En benk") -> str:
    """A completed grant application without attachment."""
    made = await kari.do(ask.START, application="ttd/grant-application", party=KARI)
    data = APPLICATION | {"project": {"title": title, "start": "2027-05-01"}}
    await kari.do(ask.FILL, id=made["instance"]["id"], type="application", data=data)
    for _ in range(2):
        await kari.do(ask.ADVANCE, id=made["instance"]["id"])
    return made["instance"]["id"]

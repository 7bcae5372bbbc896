"""What every answer to bad input must be: typed, worded for the caller, silent about our inside, and without effect."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx

from dialog_graph.errors import CODES
from dialog_graph.storage.bootstrap import DATABASE
from dialog_graph.storage.embedded import EmbeddedPostgres
from dialog_graph.storage.logins import embedded_logins
from tests.e2e.running import Live

INSIDE = re.compile(
    r"Traceback|File \"|\.py\b|asyncpg|sqlalchemy|strawberry|pydantic|lxml|libxml|orjson|starlette|uvicorn|postgres"
    r"|\bdg\.|\bselect \w+|\binsert into|\bpg_|0x[0-9a-f]{6}|<class |\bNoneType\b|\b(?:Key|Type|Value|Index)Error\b"
    r"|/tmp/|/var/|site-packages",
    re.IGNORECASE,
)
"""Words of the program and its surroundings that no caller may read."""

NEVER = frozenset({"INTERNAL", "INTEGRITY", "TEMPORARY", "TIMEOUT", "OVERLOADED"})
"""Codes of faults: bad input is no fault."""

NOT_COUNTED = ("lease", "worker", "used_jti", "feed_meta", "alembic_version", "audit", "feed_cursor", "expander")
"""Tables that the server writes by itself."""


def expect_told(answer: httpx.Response, code: str | None = None, status: int | None = None) -> str:
    """The code of the one refusal of an answer, GraphQL or problem JSON, which must be of the table."""
    assert answer.status_code < 500, f"{answer.status_code}: {answer.text[:500]}"
    assert status is None or answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
    assert not (found := INSIDE.search(answer.text)), f"{found}: {answer.text[:800]}"
    told = refusals(answer.json())
    assert told, f"nothing is refused: {answer.text[:500]}"
    for each, message in told:
        assert each in CODES, f"{each} is no code of ours: {answer.text[:500]}"
        assert each not in NEVER, answer.text[:500]
        assert len(message) > 5, answer.text[:500]
    codes = {each for each, _ in told}
    assert code is None or code in codes, f"{codes}: {answer.text[:500]}"
    return told[0][0]


def refusals(body: Any) -> list[tuple[str, str]]:
    """Code and message of everything that an answer refuses: problem JSON, GraphQL errors, errors in payloads."""
    if "code" in body and "data" not in body:
        assert isinstance(body["traceId"], str)
        return [(body["code"], body["message"])]
    found = [(error["extensions"]["code"], error["message"]) for error in body.get("errors", ())]
    payloads: dict[str, Any] = body.get("data") or {}
    for payload in payloads.values():
        found += [(each.get("code") or "INVALID_INPUT", each["message"]) for each in _errors(payload)]
    return found


def _errors(payload: Any) -> list[dict[str, Any]]:
    return (payload.get("errors") or []) if isinstance(payload, dict) else []  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- JSON


@dataclass(frozen=True, slots=True)
class Stored:
    """What the server has stored, seen past all its own code."""

    connection: asyncpg.Connection
    live: Live

    async def print(self) -> dict[str, Any]:
        """Number of the rows and the newest change of every table of cases, and the number of files."""
        rows = await self.connection.fetch(
            "select relname from pg_class where relnamespace = 'dg'::regnamespace and relkind = 'r'"
        )
        tables = sorted(row["relname"] for row in rows if not row["relname"].startswith(NOT_COUNTED))
        query = " union all ".join(
            # Every insert and update gives a row the number of its transaction; a deletion changes the count.
            f"select '{name}' as name, count(*) as n, coalesce(max(xmin::text::bigint), 0) as newest from dg.{name}"
            for name in tables
        )
        found: dict[str, Any] = {row["name"]: (row["n"], row["newest"]) for row in await self.connection.fetch(query)}
        files = sum(1 for path in (self.live.data / "blobs").rglob("*") if path.is_file())
        return found | {"files": files}


@asynccontextmanager
async def stored(live: Live) -> AsyncGenerator[Stored, None]:
    """A superuser's session in the database of the running server."""
    cluster = EmbeddedPostgres(live.data)
    try:
        login = embedded_logins(cluster.start(), DATABASE).setup
        connection = await asyncpg.connect(**login)
        try:
            yield Stored(connection, live)
        finally:
            await connection.close()
    finally:
        cluster.stop()


@asynccontextmanager
async def nothing_changes(stored: Stored, what: object) -> AsyncGenerator[None, None]:
    """Fails when the block leaves the store other than it was."""
    before = await stored.print()
    yield
    after = await stored.print()
    changed = sorted(name for name in after if after[name] != before.get(name))
    assert changed == [], f"{what} has changed {changed}"

"""Sessions of the stock server: one engine, a session per use, over the same tables as ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

Sessions: TypeAlias = "async_sessionmaker[AsyncSession]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the stock server is told. `connect`: arguments of the driver; `public_key`: JWK of the token issuer.

    `secret`: makes the ids that stand for people; `step`: what a step writes, as the product was seen to write it.
    """

    connect: Mapping[str, Any]
    public_key: Mapping[str, str]
    issuer: str
    audience: str
    secret: bytes
    step: Mapping[str, Any]


def read(path: Path) -> Configuration:
    """The configuration from its file."""
    stored: dict[str, Any] = orjson.loads(path.read_bytes())
    stored["secret"] = bytes.fromhex(stored["secret"])
    return Configuration(**stored)


def sessions(configuration: Configuration) -> Sessions:
    """The session factory. The login is a superuser's: row security is not in its way, and not in its time."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={**configuration.connect, "server_settings": {"jit": "off", "search_path": "dg,public"}},
        pool_size=10,
        max_overflow=10,
    )
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

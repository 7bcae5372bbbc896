"""How to reach the database, and as whom: the arguments of `asyncpg.connect` for each login.

Every session names its role in the start-up parameter `role`, so the login may be that role itself or any login that
may become it (security rules §6.1); a superuser's address is enough for a newcomer, and runs under row level security.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from dialog_graph.storage.embedded.address import Address

ConnectKwargs: TypeAlias = dict[str, Any]
"""Arguments of `asyncpg.connect`."""

_DRIVER = re.compile(r"postgres(?:ql)?(?:\+asyncpg)?://")
_SEARCH_PATH = "dg,public"

LIMITS = MappingProxyType(
    {
        "jit": "off",
        "statement_timeout": "15s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "10s",
        # Our statements are few and fit every caller; planning them anew at each call costs more than running them.
        "plan_cache_mode": "force_generic_plan",
    }
)
"""Start-up parameters of every session that serves requests (security rules §6.5)."""

MIGRATION_LIMITS = MappingProxyType({"jit": "off", "lock_timeout": "5s"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """The logins of one database: `setup` as itself, the others as the roles dg_owner, dg_app and dg_dispatch."""

    setup: ConnectKwargs
    owner: ConnectKwargs
    app: ConnectKwargs
    dispatch: ConnectKwargs


def _session(kwargs: ConnectKwargs, role: str, limits: "MappingProxyType[str, str]") -> ConnectKwargs:
    parameters = {"application_name": "dialog-graph", "search_path": _SEARCH_PATH, "timezone": "UTC", "role": role}
    return {**kwargs, "server_settings": {**parameters, **limits}}


def embedded_logins(address: Address, database: str) -> Logins:
    """The logins of a database in the embedded cluster, where trust over the private socket lets in every role."""
    superuser = address.connect_kwargs(database, address.user)
    return Logins(
        setup=superuser,
        owner=_session(superuser, "dg_owner", MIGRATION_LIMITS),
        app=_session(address.connect_kwargs(database, "dg_app"), "dg_app", LIMITS),
        dispatch=_session(address.connect_kwargs(database, "dg_dispatch"), "dg_dispatch", LIMITS),
    )


def external_logins(runtime: str, owner: str | None = None, dispatch: str | None = None) -> Logins:
    """The logins of a database reached by address; `owner` and `dispatch` default to the runtime address."""
    setup = {"dsn": plain_url(owner or runtime)}
    return Logins(
        setup=setup,
        owner=_session(setup, "dg_owner", MIGRATION_LIMITS),
        app=_session({"dsn": plain_url(runtime)}, "dg_app", LIMITS),
        dispatch=_session({"dsn": plain_url(dispatch or runtime)}, "dg_dispatch", LIMITS),
    )


def plain_url(url: str) -> str:
    """The address in the one form that the driver reads: other drivers' names in it are cut off."""
    return _DRIVER.sub("postgresql://", url, count=1)

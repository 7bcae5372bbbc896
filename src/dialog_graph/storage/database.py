"""Pools, transactions and the context of row level security.

Nobody commits by hand: `async with database.transaction(principal) as tx` begins, takes on the principal's role,
commits at the end of the block, rolls back when it is left by an exception, and rings the doorbell after the commit.
`snapshot` is the same for reading, on one unchanging picture of the data. Nothing runs outside one of them.

Rules: security rules §6 (roles, context), joins §1 rules 2, 3, 9 and 10, reliability rules A8 (which faults of the
driver are refusals that a caller may retry).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, TypeVar

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction as DriverTransaction

from dialog_graph.errors import Refused, refuse
from dialog_graph.model.principal import Principal, Road, system
from dialog_graph.storage import faults
from dialog_graph.storage.clock import Clock
from dialog_graph.storage.logins import ConnectKwargs, Logins
from dialog_graph.urns import is_org

Row: TypeAlias = asyncpg.Record
Connection: TypeAlias = asyncpg.Connection
_Value = TypeVar("_Value")

ACQUIRE_TIMEOUT = 5.0
"""Seconds to wait for a free connection before the caller is asked to try again."""

_ENTER = "select at, is_stale, generation from dg.enter($1, $2, $3)"
_BUILD = "select dg.build_grants($1, null)"
_ROUNDS = 4

_TEMPORARY = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,  # a connection lost at the moment of a statement confuses the driver
    ConnectionError,
    OSError,
)
_LOCKED_DATA = "DG001"
_NO_TEXT = frozenset({"22021", "22P05"})
"""Text that Postgres cannot hold: a literal in a GraphQL document may have U+0000 where bodies may not."""


def _refusal_for(fault: Exception) -> Refused | None:
    """The refusal that a fault of the driver means, None when it is a mistake of ours."""
    if isinstance(fault, (asyncpg.QueryCanceledError, TimeoutError)):
        return refuse("TIMEOUT")
    if isinstance(fault, _TEMPORARY):
        return refuse("TEMPORARY")
    if isinstance(fault, asyncpg.PostgresError) and fault.sqlstate == _LOCKED_DATA:
        return refuse("DATA_LOCKED")
    if isinstance(fault, asyncpg.PostgresError) and fault.sqlstate in _NO_TEXT:
        return refuse("INVALID_INPUT", "text without U+0000", "there is one")
    return None


def _is_gone(connection: Connection) -> bool:
    """True when the connection was lost; a pool takes a lost one back at once, and then it answers nothing at all."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def _asked(connection: Connection, ask: Callable[[], Awaitable[_Value]]) -> _Value:
    """Makes one call of the driver; what a caller may retry comes as `Refused`."""
    try:
        return await ask()
    except Exception as fault:
        refused = _refusal_for(fault)
        if refused is None and isinstance(fault, asyncpg.InterfaceError) and _is_gone(connection):
            refused = refuse("TEMPORARY")
        if refused is None:
            raise
        raise refused from fault


class Snapshot:
    """One open transaction and whose it is; what reads take. Statements take parameters, never pasted text.

    `now`: aware UTC, the database's clock when the context was set (plus the offset of tests); `generation`: of the
    catalogue of apps at that moment; `cache`: facts that hold for this transaction, for those who would ask twice.
    """

    __slots__ = ("_clock", "_connection", "_is_over", "cache", "generation", "now", "principal")

    def __init__(self, connection: Connection, principal: Principal, entered: Row, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._is_over = False
        self.principal = principal
        self.now: datetime = entered["at"] + clock.offset
        self.generation: int = entered["generation"]
        self.cache: dict[object, Any] = {}

    def end(self) -> None:
        """Called when the block is left: nothing can be asked any more."""
        self._is_over = True

    async def _asked(self, ask: Callable[[], Awaitable[_Value]]) -> _Value:
        if self._is_over:
            raise RuntimeError("expected a statement inside the block of its transaction, but the block has ended")
        return await _asked(self._connection, ask)

    async def fetch(self, sql: str, *parameters: object) -> list[Row]:
        """All rows."""
        return await self._asked(lambda: self._connection.fetch(sql, *parameters))

    async def fetchrow(self, sql: str, *parameters: object) -> Row | None:
        """The first row, None when there is none."""
        return await self._asked(lambda: self._connection.fetchrow(sql, *parameters))

    async def fetchval(self, sql: str, *parameters: object) -> Any:
        """First column of the first row, None when there is none."""
        return await self._asked(lambda: self._connection.fetchval(sql, *parameters))

    async def execute(self, sql: str, *parameters: object) -> str:
        """Runs a statement without rows; answers its tag, such as `UPDATE 1`."""
        return await self._asked(lambda: self._connection.execute(sql, *parameters))

    async def renew_now(self) -> datetime:
        """Reads the clock again: after a wait for a lock, so that later steps never carry earlier times."""
        self.now = await self.fetchval("select clock_timestamp()") + self._clock.offset
        return self.now


class Transaction(Snapshot):
    """A transaction that may write; commits when its block ends."""

    __slots__ = ()

    async def executemany(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Runs one statement for each row of parameters."""
        await self._asked(lambda: self._connection.executemany(sql, rows))


_Form = TypeVar("_Form", bound=Snapshot)


def _no_bell() -> None:
    """For those who have nobody to wake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a `Database` behaves: how far its clock is ahead at first (tests), seconds a statement may take, size of each
    pool, and what to call after a commit."""

    clock_offset: timedelta = timedelta(0)
    command_timeout: float = 15.0
    pool_min: int = 2
    pool_max: int = 10
    ring: Callable[[], None] = field(default=_no_bell)


DEFAULTS = Options()

_ROAD_OF_POOL = {Road.USER: "user", Road.ANONYMOUS: "user", Road.ORG: "org", Road.DISPATCH: "dispatch"}
_RINGING = frozenset({Road.USER, Road.ORG})
"""Commits on these roads may have made work for others. Workers claim on the dispatch road and must not wake
themselves."""


async def prepare_connection(connection: Connection) -> None:
    """jsonb as Python values, by orjson; not for form data, which is bytes so that no digit is lost."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )


async def _keep_session(_: Connection) -> None:
    """Nothing to reset on return: role and context end with the transaction, and nothing else is ever set."""


async def _pool(login: ConnectKwargs, options: Options) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        **login,
        min_size=options.pool_min,
        max_size=options.pool_max,
        command_timeout=options.command_timeout,
        statement_cache_size=256,
        init=prepare_connection,
        reset=_keep_session,
    )


class Database:
    """The pools of one process, one per road (joins §1 rule 10): user and anonymous, org, dispatch.

    Postgres plans a cached statement anew whenever the role differs, hence a connection stays on its road.
    """

    def __init__(self, pools: dict[str, asyncpg.Pool], options: Options) -> None:
        self._pools = pools
        self._options = options
        self.clock = Clock(options.clock_offset)

    @staticmethod
    async def open(logins: Logins, options: Options = DEFAULTS) -> "Database":
        """Opens the pools. Raises the driver's errors when the database cannot be reached."""
        pools: dict[str, asyncpg.Pool] = {}
        try:
            for name, login in (("user", logins.app), ("org", logins.app), ("dispatch", logins.dispatch)):
                pools[name] = await _pool(login, options)
        except BaseException:
            for pool in pools.values():
                pool.terminate()
            raise
        return Database(pools, options)

    async def close(self) -> None:
        """Waits for the open transactions and closes the pools."""
        for pool in self._pools.values():
            await pool.close()

    def transaction(self, principal: Principal) -> AbstractAsyncContextManager[Transaction]:
        """A READ COMMITTED transaction under the principal's role; commits at the end of the block."""
        return self._open(principal, Transaction, "read_committed")

    def snapshot(self, principal: Principal) -> AbstractAsyncContextManager[Snapshot]:
        """A read-only REPEATABLE READ transaction: every statement sees the same data."""
        return self._open(principal, Snapshot, "repeatable_read")

    def dispatch(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction of the feed reader and the claims, across all orgs."""
        return self._open(system("dispatch"), Transaction, "read_committed")

    @asynccontextmanager
    async def _open(
        self, principal: Principal, form: type[_Form], isolation: "_Isolation"
    ) -> AsyncGenerator[_Form, None]:
        pool = self._pools[_ROAD_OF_POOL[principal.road]]
        faults.passed("before-begin")
        connection = await _acquire(pool)
        has_ended = False
        try:
            transaction, entered = await _enter(connection, principal, isolation)
            faults.passed("after-context")
            tx = form(connection, principal, entered, self.clock)
            try:
                yield tx
            except BaseException:
                has_ended = await _roll_back(transaction)
                raise
            finally:
                tx.end()
            faults.passed("before-commit")
            await _asked(connection, transaction.commit)
            has_ended = True
            faults.passed("after-commit")
        finally:
            if not (has_ended or _is_gone(connection)):
                # Left while it began or ended: nobody knows its state, so nobody may get it.
                connection.terminate()
            await pool.release(connection)
        if form is Transaction and principal.road in _RINGING:
            self._options.ring()


_Isolation: TypeAlias = Literal["read_committed", "repeatable_read"]


async def _acquire(pool: asyncpg.Pool) -> PoolConnectionProxy:
    try:
        return await pool.acquire(timeout=ACQUIRE_TIMEOUT)
    except (TimeoutError, asyncpg.PostgresError, OSError) as fault:
        # Exhausted or unreachable: for the caller the same, try again.
        raise refuse("TEMPORARY") from fault


async def _roll_back(transaction: DriverTransaction) -> bool:
    """Whether it could be undone. The block has failed already; that its connection is gone too adds nothing."""
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        await transaction.rollback()
        return True
    return False


def _context(principal: Principal) -> tuple[str, int, str]:
    """Role, subject and org for the context. Subject 0 and the empty org fit no row."""
    org = (principal.org or "") if principal.road is Road.ORG else ""
    if principal.road is Road.ORG and not is_org(org):
        raise ValueError(f"expected the code of a service owner, but the principal has {org!r}")
    subject = (principal.subject_id or 0) if principal.road is Road.USER else 0
    return principal.road.value, subject, org


async def _enter(connection: Connection, principal: Principal, isolation: _Isolation) -> tuple[DriverTransaction, Row]:
    """Begins and sets the context in one statement. When the subject's grants are missing, older than its epoch or too
    old, the transaction is left, they are built in one of their own, and it begins anew: a snapshot never writes."""
    context = _context(principal)
    for _ in range(_ROUNDS):
        transaction = connection.transaction(isolation=isolation, readonly=isolation == "repeatable_read")
        await _asked(connection, transaction.start)
        try:
            row = await _asked(connection, lambda: connection.fetchrow(_ENTER, *context))
        except BaseException:
            await _roll_back(transaction)
            raise
        assert row is not None
        if not row["is_stale"]:
            return transaction, row
        await _roll_back(transaction)
        await _asked(connection, lambda: connection.execute(_BUILD, context[1]))
    raise refuse("TEMPORARY")

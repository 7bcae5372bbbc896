"""The composition root: opens what the process needs, puts the routes together, serves.

Order of a start (reliability §10 rule 13): the listening socket is bound first, so a busy port is said at once and
starts nothing; then the database; then the apps are registered, the workers started, the requests served. Everything
is closed in the opposite order, whatever ended it.
"""

import asyncio
import base64
import os
import signal
import socket
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import BaseRoute

from dialog_graph import apps
from dialog_graph.access import bearer, dev_issuer, exchange, issuers, principals
from dialog_graph.access.dev_login import Issuer
from dialog_graph.access.egress import Egress
from dialog_graph.access.issuers import Profiles
from dialog_graph.access.jwks import ForeignKeys
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.apps.task_kinds import NO_SERVICES, kinds_with
from dialog_graph.bpmn import compile_process
from dialog_graph.errors import Refusal, refuse
from dialog_graph.graphql import routes as graphql_routes
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.cors import Cors, Origins
from dialog_graph.graphql.edge import Edge
from dialog_graph.graphql.execution import Engine, Rules
from dialog_graph.graphql.lifetime import Closing
from dialog_graph.graphql.limits import Limits
from dialog_graph.graphql.schema import build_schema
from dialog_graph.graphql.seats import Seats
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.ports import Ports
from dialog_graph.rest import data, dialog_urls, health, well_known
from dialog_graph.rest import dev_issuer as dev_issuer_routes
from dialog_graph.rest import exchange as exchange_routes
from dialog_graph.rest import faults as fault_answers
from dialog_graph.settings import Settings
from dialog_graph.storage import bootstrap, faults, seed
from dialog_graph.storage.blobs import Blobs
from dialog_graph.storage.catalogue import Catalogue
from dialog_graph.storage.database import Database, Options
from dialog_graph.storage.doorbell import Doorbell
from dialog_graph.storage.embedded import EmbeddedError, EmbeddedPostgres
from dialog_graph.storage.embedded.address import Address
from dialog_graph.storage.logins import Logins
from dialog_graph.web import routes as web
from dialog_graph.workers.app_folders import register_apps
from dialog_graph.workers.reload import reloading
from dialog_graph.workers.running import running

MAX_MESSAGE = 65_536
"""Largest WebSocket message, in bytes."""


class StartRefused(Exception):
    """The server cannot start; the text says what to do."""


def clock() -> int:
    """Unix seconds now, for tokens; stored times come from the database's clock."""
    return int(time.time())


@asynccontextmanager
async def ports_of(
    settings: Settings,
    logins: Logins,
    options: Options | None = None,
    services: Mapping[str, ServiceHandler] = NO_SERVICES,
) -> AsyncGenerator[Ports, None]:
    """The bundle of one process, open while the block runs. `services`: code for task types of one's own."""
    doorbell = Doorbell()
    egress = Egress(settings)
    external = issuers.from_settings(settings)
    addresses = {each.issuer: each.jwks_uri for each in external.idporten + external.maskinporten}
    files = KeyFiles(settings.keys, create=settings.is_development)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(egress.close)
        load = partial(apps.load, variables=settings.app_settings, kinds=kinds_with(services))
        chosen = options or Options(pool_min=settings.pool_min, pool_max=settings.pool_max, ring=doorbell.ring)
        database = await Database.open(logins, chosen)
        stack.push_async_callback(database.close)
        await stack.enter_async_context(doorbell.connected(logins.app))
        yield Ports(
            settings=settings,
            database=database,
            catalogue=Catalogue(load, settings.environment, compile=partial(load, read=compile_process)),
            blobs=Blobs(Path(settings.blobs)),
            keys=Keys(files, ForeignKeys(egress.fetch_jwks, addresses)),
            egress=egress,
            doorbell=doorbell,
            random_bytes=os.urandom,
            services=services,
        )


# Routes -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Callers:
    """Who sends a request, for the edges."""

    ports: Ports
    profiles: Profiles

    async def of_request(self, request: Request) -> Principal:
        """The caller of a request, anonymous without a token."""
        return await self.identify(bearer.authorization(request.headers.raw))

    async def known(self, request: Request) -> Principal:
        """The caller of a request; UNAUTHENTICATED without a token."""
        principal = await self.of_request(request)
        if principal.kind is PrincipalKind.ANONYMOUS:
            raise refuse("UNAUTHENTICATED")
        return principal

    async def identify(self, authorization: "str | TokenRefusal | None") -> Principal:
        """The caller of an Authorization header; anonymous without one."""
        return await principals.identify(
            self.ports.database, self.ports.keys, authorization, self.profiles.user, clock()
        )


def build(ports: Ports) -> Starlette:
    """The whole application over open ports."""
    settings = ports.settings
    register = seed.wanted(settings)
    orgs = tuple(owner.org for owner in register.service_owners) if settings.is_development else ()
    profiles = issuers.build(issuers.from_settings(settings), orgs)
    callers = _Callers(ports, profiles)
    edge = _edge(ports, callers)
    routes: list[BaseRoute] = [
        *graphql_routes.routes(edge),
        *data.routes(data.Data(ports, callers.of_request, callers.known)),
        *dialog_urls.routes(dialog_urls.DialogUrls(ports, profiles, clock)),
        *exchange_routes.routes(_exchange(ports, profiles), clock),
        *well_known.routes(ports.keys, settings.public_url, clock),
        *health.routes({"database": _database_check(ports)}),
        *web.routes(graphiql=settings.is_development),
    ]
    if settings.is_development:
        issuer = Issuer(ports.database, ports.keys, register, profiles, settings.public_url)
        routes += dev_issuer_routes.routes(issuer, clock)
    application = Starlette(
        routes=routes,
        middleware=[Middleware(Cors, origins=_origins(settings))],
        exception_handlers=fault_answers.HANDLERS,
    )
    application.state.closing = edge.closing
    return application


def _origins(settings: Settings) -> Origins:
    return Origins.of(settings.origins, development=settings.is_development)


def _edge(ports: Ports, callers: _Callers) -> Edge:
    settings = ports.settings
    rules = Rules(anonymous_introspection=not settings.is_production)
    engine = Engine(build_schema(field_suggestions=settings.is_development), Limits(), rules=rules)

    def make_context(principal: Principal, languages: tuple[str, ...], trace_id: str) -> Context:
        return Context(ports, principal, languages, trace_id)

    return Edge(
        engine=engine,
        make_context=make_context,
        identify=callers.identify,
        graphiql=web.graphiql_response if settings.is_development else None,
        origins=_origins(settings),
        seats=Seats(limited=settings.rate_limits),
        cursor_order=_place_in_feed,
    )


def _place_in_feed(cursor: str) -> bytes:
    """Cursors in the order of the feed: their bytes, which their text does not keep."""
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def _exchange(ports: Ports, profiles: Profiles) -> exchange.Exchange:
    return exchange.Exchange(ports.database, ports.keys, profiles, ports.settings.public_url, frozenset())


def _database_check(ports: Ports) -> health.Check:
    async def answers() -> bool:
        try:
            async with asyncio.timeout(1), ports.database.dispatch() as tx:
                return await tx.fetchval("select true")
        except Exception:
            return False

    return answers


# Serving ------------------------------------------------------------------------------------------------------------


def bind(host: str, port: int) -> socket.socket:
    """The listening socket. Raises `StartRefused` for a busy or forbidden address."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as fault:
        listening.close()
        raise StartRefused(
            f"cannot listen on {host}:{port}: {fault.strerror}. Choose another port: PORT={port + 1}"
        ) from fault
    return listening


def check_start(settings: Settings) -> None:
    """The checks that need no database. Raises `StartRefused`."""
    try:
        seed.wanted(settings)
    except (ValueError, OSError) as fault:
        raise StartRefused(f"the party register {settings.parties} cannot be read: {fault}") from fault
    problems: list[Refusal | None] = [
        issuers.problem(issuers.from_settings(settings)),
        dev_issuer.problem(settings.environment, is_mounted=settings.is_development),
    ]
    for problem in problems:
        if problem is not None:
            raise StartRefused(problem.message)
    if settings.reload and not settings.is_development:
        raise StartRefused("expected DIALOG_GRAPH_RELOAD to be off outside of development, but it is on")
    is_embedded = settings.database_url is None
    if settings.is_production and is_embedded and not settings.allow_embedded:
        raise StartRefused("production needs DATABASE_URL, or DIALOG_GRAPH_ALLOW_EMBEDDED=1 for the embedded database")


def _raise_exit(number: int, frame: FrameType | None) -> None:
    # uvicorn raises a caught signal again after its run; the default action would end the process before any cleanup.
    raise SystemExit(0)


def _catch_signals(settings: Settings) -> None:
    ending = [signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if settings.is_development else [])]
    for number in ending:
        signal.signal(number, _raise_exit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What `run` is told besides the settings. `report`: says what goes on, one line each."""

    host: str = "127.0.0.1"
    report: Callable[[str], None] = print


def run(settings: Settings, serving: Serving) -> None:
    """Starts everything and serves until a signal comes. Raises `StartRefused` with text that says what to do."""
    check_start(settings)
    faults.arm(settings.fault)
    _catch_signals(settings)
    with bind(serving.host, settings.port) as listening:
        if settings.database_url is not None:
            _serve(settings, serving, listening, settings.database_url.get_secret_value())
            return
        serving.report("database: starting the embedded Postgres")
        postgres = EmbeddedPostgres(settings.data, report=serving.report)
        try:
            address = postgres.start()
            postgres.watch()
            _serve(settings, serving, listening, address)
        except EmbeddedError as fault:
            raise StartRefused(str(fault)) from fault
        finally:
            postgres.stop()


def _serve(settings: Settings, serving: Serving, listening: socket.socket, place: "Address | str") -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_served(settings, serving, listening, place))
        except bootstrap.DatabaseUnusable as fault:
            raise StartRefused(str(fault)) from fault


async def _served(settings: Settings, serving: Serving, listening: socket.socket, place: "Address | str") -> None:
    serving.report("database: migrations, roles and checks")
    logins = await bootstrap.make_ready(place, settings)
    async with ports_of(settings, logins) as ports:
        serving.report(f"apps: reading {settings.apps}")
        found = await register_apps(ports, settings.apps)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running(ports))
            if settings.reload:
                await stack.enter_async_context(reloading(ports, settings.apps, found))
            await _until_signalled(build(ports), settings, serving, listening)


class _Server(uvicorn.Server):
    """Tells the streams of a coming end, so that they close with their cursor before their sockets are cut."""

    def __init__(self, config: uvicorn.Config, closing: Closing, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._closing = closing
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, and only then says so."""
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called for each signal that ends the server."""
        self._closing.close_all()
        super().handle_exit(sig, frame)


async def _until_signalled(app: Starlette, settings: Settings, serving: Serving, listening: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="off",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=20,
        limit_concurrency=12_000,
        backlog=2048,
        h11_max_incomplete_event_size=65_536,
        server_header=False,
        access_log=False,
        log_config=None,
        forwarded_allow_ips=list(settings.proxies) or None,
        proxy_headers=bool(settings.proxies),
    )

    def ready() -> None:
        if settings.is_development:
            serving.report("development issuer is on: anybody who reaches this address can act as any test user")
        serving.report(f"ready: {settings.public_url}")

    await _Server(config, app.state.closing, ready).serve(sockets=[listening])


__all__ = ["Serving", "StartRefused", "bind", "build", "check_start", "ports_of", "register_apps", "run"]

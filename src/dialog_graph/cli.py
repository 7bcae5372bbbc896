"""The command line `dialog-graph` (architecture §8.1). Exit status: 0 done, 1 findings or a refusal, 2 wrong use."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from dialog_graph import apps, logs, server
from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.ask import Client, Unanswered
from dialog_graph.ask import pick as pick_value
from dialog_graph.errors import Refusal
from dialog_graph.graphql import schema as graph
from dialog_graph.settings import Settings
from dialog_graph.storage import bootstrap, seed
from dialog_graph.storage.embedded import EmbeddedError, EmbeddedPostgres
from dialog_graph.storage.migrate import rebase_feed
from dialog_graph.web import build as pages

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
web = typer.Typer(no_args_is_help=True)
app.add_typer(web, name="web", help="The pages.")


def _fail(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(1)


def _settings(**given: Any) -> Settings:
    """The settings; wrong ones are told by name and rule, never with their values, which may be secret."""
    try:
        return Settings(**given)
    except ValidationError as fault:
        for error in fault.errors(include_url=False, include_context=False, include_input=False):
            if error["type"] == _FOLLOWING:
                continue
            typer.echo(f"{'.'.join(str(part) for part in error['loc']) or 'settings'}: {error['msg']}", err=True)
        raise typer.Exit(2) from None


_FOLLOWING = "default_factory_not_called"
"""Says only that another setting is wrong."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port to listen on; else PORT, else 8000.")] = None,
    apps_folder: Annotated[Path | None, typer.Option("--apps", help="Folder with the apps.")] = None,
) -> None:
    """Starts everything: database, apps, workers, GraphQL, pages."""
    given: dict[str, object] = {}
    if port is not None:
        given["port"] = port
    if apps_folder is not None:
        given["apps"] = apps_folder
    settings = _settings(**given)
    logs.configure(settings.log_level, as_json=not settings.is_development)
    try:
        server.run(settings, server.Serving(host=host, report=_say))
    except server.StartRefused as refused:
        raise _fail(str(refused)) from None


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()


@app.command()
def token(
    person: Annotated[str | None, typer.Option(help="Number or seed name of a person.")] = None,
    org: Annotated[str | None, typer.Option(help="Code of a service owner, or an organisation number.")] = None,
    system_user: Annotated[str | None, typer.Option(help="Seed name of a system user.")] = None,
    scope: Annotated[str | None, typer.Option(help="Scopes, separated by blanks.")] = None,
    level: Annotated[int | None, typer.Option(help="Authentication level of a person: 0, 3 or 4.")] = None,
    maskinporten: Annotated[bool, typer.Option("--maskinporten", help="A source token for the exchange.")] = False,
    dialog: Annotated[UUID | None, typer.Option(help="A dialog token for this dialog instead.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Persons, parties and roles.")] = False,
) -> None:
    """Prints a token of the development issuer; needs no running server."""
    settings = _settings()
    if not settings.is_development:
        raise _fail("expected DIALOG_GRAPH_ENVIRONMENT=development, but the development issuer is off here")
    register = seed.wanted(settings)
    if list_all:
        typer.echo(json.dumps(_listed(register), indent=2, ensure_ascii=False))
        return
    chosen = [key for key in (person, org, system_user) if key is not None]
    if len(chosen) != 1:
        typer.echo("expected exactly one of --person, --org and --system-user", err=True)
        raise typer.Exit(2)
    request = TokenRequest(key=chosen[0], level=level, scope=scope, is_source=maskinporten, dialog_id=dialog)
    keys = Keys(KeyFiles(settings.keys, create=True))
    issued = dev_issuer.issue(keys, register, request, int(time.time()))
    if isinstance(issued, Refusal):
        raise _fail(issued.message)
    typer.echo(issued)


def _listed(register: seed.Seed) -> dict[str, object]:
    return {
        "persons": [each.to_json() for each in dev_issuer.persons(register)],
        "organisations": [each.to_json() for each in dev_issuer.organisations(register)],
    }


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="App folders, or folders of app folders.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count too.")] = False,
) -> None:
    """Checks app folders: every finding with file, line, message and hint."""
    report = apps.check(paths, _settings().environment)
    typer.echo(json.dumps(report.to_json(), ensure_ascii=False) if as_json else report.to_text())
    raise typer.Exit(report.exit_status(strict))


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="File to write to, else standard output.")] = None,
) -> None:
    """Prints the GraphQL schema."""
    if out is None:
        typer.echo(graph.sdl(), nl=False)
    else:
        out.write_text(graph.sdl(), encoding="utf-8")


@app.command()
def migrate(
    rebase: Annotated[
        bool, typer.Option("--rebase-feed", help="After a restore into another cluster: start the feed anew.")
    ] = False,
) -> None:
    """Brings the database to this version."""
    settings = _settings()
    try:
        if settings.database_url is not None:
            asyncio.run(_migrated(settings, settings.database_url.get_secret_value(), rebase))
            return
        with EmbeddedPostgres(settings.data, report=_say) as postgres:
            asyncio.run(_migrated(settings, postgres.address, rebase))
    except (EmbeddedError, bootstrap.DatabaseUnusable) as fault:
        raise _fail(str(fault)) from None


async def _migrated(settings: Settings, place: "bootstrap.Address | str", rebase: bool) -> None:
    logins = await bootstrap.prepare(place, settings)
    if rebase:
        await rebase_feed(logins.owner)
    await bootstrap.make_ready(place, settings)
    typer.echo("the database is ready")


@app.command()
def ask(
    document: Annotated[str, typer.Argument(help="A GraphQL document, or @FILE.")],
    token: Annotated[str | None, typer.Option(help="Token of the caller.")] = None,
    var: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; the value as JSON, else as text.")] = None,
    pick: Annotated[str | None, typer.Option(help="Print only the value at this dotted path.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="A subscription: print events as they come.")] = False,
    count: Annotated[int | None, typer.Option(help="With --follow: end after so many events.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of the server.")] = None,
) -> None:
    """Asks a running server one GraphQL operation and prints the answer."""
    client = Client(url or _settings().public_url, token)
    try:
        text = _document(document)
        variables = dict(_variable(item) for item in var or ())
        answers = client.follow(text, variables) if follow else iter([client.ask(text, variables)])
        failed = _print_answers(answers, pick, count)
    except Unanswered as fault:
        raise _fail(str(fault)) from None
    raise typer.Exit(1 if failed else 0)


def _document(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Unanswered(f"expected a GraphQL document in {text[1:]}, but it cannot be read: {fault}") from None


def _variable(item: str) -> tuple[str, object]:
    name, equals, value = item.partition("=")
    if not equals:
        raise Unanswered(f"expected --var NAME=VALUE, but it is {item!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _print_answers(answers: Iterator[dict[str, Any]], path: str | None, count: int | None) -> bool:
    """Prints what comes, at most `count`; True when an answer carried errors."""
    failed = False
    for answer in islice(answers, count):
        shown = answer if path is None else pick_value(answer, path)
        is_text = isinstance(shown, str)
        typer.echo(shown if is_text else json.dumps(shown, indent=2, ensure_ascii=False))
        sys.stdout.flush()
        failed = failed or "errors" in answer
    return failed


@app.command()
def fetch(
    address: Annotated[str, typer.Argument(help="An address of the server, such as a data element's url.")],
    token: Annotated[str | None, typer.Option(help="Token of the caller; signed addresses need none.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write to, else standard output.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of the server.")] = None,
) -> None:
    """Downloads from a running server."""
    try:
        content = Client(url or _settings().public_url, token).fetch(address)
    except Unanswered as fault:
        raise _fail(str(fault)) from None
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        out.write_bytes(content)


@app.command()
def send(
    address: Annotated[str, typer.Argument(help="Such as /instances/{id}/data?dataType=…&filename=….")],
    file: Annotated[Path, typer.Argument(help="What to upload.", exists=True, dir_okay=False)],
    content_type: Annotated[str, typer.Option(help="Its content type.")],
    token: Annotated[str | None, typer.Option(help="Token of the caller.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of the server.")] = None,
) -> None:
    """Uploads a file to a running server."""
    try:
        answer = Client(url or _settings().public_url, token).send(address, file.read_bytes(), content_type)
    except Unanswered as fault:
        raise _fail(str(fault)) from None
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


@web.command("build")
def web_build() -> None:
    """Builds the pages with Node."""
    raise typer.Exit(pages.main())


def main() -> None:
    """Entry point of `dialog-graph`."""
    app()

"""`token`: what the development issuer hands out."""

import json
import time
from typing import Annotated
from uuid import UUID

import typer

from dialog_graph.access import dev_issuer
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.access.key_files import KeyFiles
from dialog_graph.access.keys import Keys
from dialog_graph.cli.terminal import fail, settings_of
from dialog_graph.errors import Refusal
from dialog_graph.storage import seed

commands = typer.Typer()


@commands.command()
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
    settings = settings_of()
    if not settings.is_development:
        raise fail("expected DIALOG_GRAPH_ENVIRONMENT=development, but the development issuer is off here")
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
        raise fail(issued.message)
    typer.echo(issued)


def _listed(register: seed.Seed) -> dict[str, object]:
    return {
        "persons": [each.to_json() for each in dev_issuer.persons(register)],
        "organisations": [each.to_json() for each in dev_issuer.organisations(register)],
    }

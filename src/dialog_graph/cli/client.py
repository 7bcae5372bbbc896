"""Commands that ask a running server: `ask`, `fetch`, `send`."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from dialog_graph.ask import Client, Unanswered
from dialog_graph.ask import pick as pick_value
from dialog_graph.cli.terminal import fail, settings_of

commands = typer.Typer()


@commands.command()
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
    client = Client(url or settings_of().public_url, token)
    try:
        text = _document(document)
        variables = dict(_variable(item) for item in var or ())
        answers = client.follow(text, variables) if follow else iter([client.ask(text, variables)])
        failed = _print_answers(answers, pick, count)
    except Unanswered as fault:
        raise fail(str(fault)) from None
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


@commands.command()
def fetch(
    address: Annotated[str, typer.Argument(help="An address of the server, such as a data element's url.")],
    token: Annotated[str | None, typer.Option(help="Token of the caller; signed addresses need none.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write to, else standard output.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of the server.")] = None,
) -> None:
    """Downloads from a running server."""
    try:
        content = Client(url or settings_of().public_url, token).fetch(address)
    except Unanswered as fault:
        raise fail(str(fault)) from None
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        out.write_bytes(content)


@commands.command()
def send(
    address: Annotated[str, typer.Argument(help="Such as /instances/{id}/data?dataType=…&filename=….")],
    file: Annotated[Path, typer.Argument(help="What to upload.", exists=True, dir_okay=False)],
    content_type: Annotated[str, typer.Option(help="Its content type.")],
    token: Annotated[str | None, typer.Option(help="Token of the caller.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of the server.")] = None,
) -> None:
    """Uploads a file to a running server."""
    try:
        answer = Client(url or settings_of().public_url, token).send(address, file.read_bytes(), content_type)
    except Unanswered as fault:
        raise fail(str(fault)) from None
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))

"""Commands of those who build on or from the source: `schema`, `web build`."""

from pathlib import Path
from typing import Annotated

import typer

from dialog_graph.graphql import schema as graph
from dialog_graph.web import build as pages

commands = typer.Typer()
web = typer.Typer(no_args_is_help=True)
commands.add_typer(web, name="web", help="The pages.")


@commands.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="File to write to, else standard output.")] = None,
) -> None:
    """Prints the GraphQL schema."""
    if out is None:
        typer.echo(graph.sdl(), nl=False)
    else:
        out.write_text(graph.sdl(), encoding="utf-8")


@web.command("build")
def web_build() -> None:
    """Builds the pages with Node."""
    raise typer.Exit(pages.main())

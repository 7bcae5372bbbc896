"""Commands about app folders: `check`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dialog_graph.apps import linter
from dialog_graph.cli.terminal import settings_of

commands = typer.Typer()


@commands.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="App folders, or folders of app folders.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count too.")] = False,
) -> None:
    """Checks app folders: every finding with file, line, message and hint."""
    report = linter.check(paths, settings_of().environment)
    typer.echo(json.dumps(linter.as_json(report), ensure_ascii=False) if as_json else linter.as_text(report))
    raise typer.Exit(report.exit_status(strict))

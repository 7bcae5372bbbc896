"""`serve`: everything in one process."""

from pathlib import Path
from typing import Annotated

import typer

from dialog_graph import logs, server
from dialog_graph.cli.terminal import fail, say, settings_of

commands = typer.Typer()


@commands.command()
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
    settings = settings_of(**given)
    logs.configure(settings.log_level, as_json=not settings.is_development)
    try:
        server.run(settings, server.Serving(host=host, report=say))
    except server.StartRefused as refused:
        raise fail(str(refused)) from None

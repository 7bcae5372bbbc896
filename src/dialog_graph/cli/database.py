"""Commands about the database: `migrate`."""

import asyncio
from typing import Annotated

import typer

from dialog_graph.cli.terminal import fail, say, settings_of
from dialog_graph.settings import Settings
from dialog_graph.storage import bootstrap
from dialog_graph.storage.embedded import EmbeddedError, EmbeddedPostgres
from dialog_graph.storage.migrate import rebase_feed

commands = typer.Typer()


@commands.command()
def migrate(
    rebase: Annotated[
        bool, typer.Option("--rebase-feed", help="After a restore into another cluster: start the feed anew.")
    ] = False,
) -> None:
    """Brings the database to this version."""
    settings = settings_of()
    try:
        if settings.database_url is not None:
            asyncio.run(_migrated(settings, settings.database_url.get_secret_value(), rebase))
            return
        with EmbeddedPostgres(settings.data, report=say) as postgres:
            asyncio.run(_migrated(settings, postgres.address, rebase))
    except (EmbeddedError, bootstrap.DatabaseUnusable) as fault:
        raise fail(str(fault)) from None


async def _migrated(settings: Settings, place: "bootstrap.Address | str", rebase: bool) -> None:
    logins = await bootstrap.prepare(place, settings)
    if rebase:
        await rebase_feed(logins.owner)
    await bootstrap.make_ready(place, settings)
    typer.echo("the database is ready")

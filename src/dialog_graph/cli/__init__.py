"""The command line `dialog-graph` (architecture §8.1). Exit status: 0 done, 1 findings or a refusal, 2 wrong use.

One module per group of commands; each gives its `commands`, and their order here is the order of the help.
"""

import typer

from dialog_graph.cli import apps, building, client, database, drawing, policies, scaffold, serving, tokens

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
for _group in (serving, tokens, apps, scaffold, policies, drawing, building, database, client):
    app.add_typer(_group.commands)


def main() -> None:
    """Entry point of `dialog-graph`."""
    app()

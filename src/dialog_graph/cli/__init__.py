"""The command line `dialog-graph` (architecture §8.1). Exit status: 0 done, 1 findings or a refusal, 2 wrong use.

One module per group of commands; each gives its `commands`.
"""

import sys
from collections.abc import Mapping
from importlib import import_module

import typer

GROUPS: Mapping[str, tuple[str, ...]] = {
    "serving": ("serve",),
    "tokens": ("token",),
    "apps": ("check",),
    "scaffold": ("new",),
    "policies": ("policy",),
    "drawing": ("draw",),
    "building": ("schema", "web"),
    "database": ("migrate",),
    "client": ("ask", "fetch", "send"),
}
"""Module -> its commands, in the order of the help."""


def made(asked: str | None = None) -> typer.Typer:
    """The commands of the module that has the one asked for, else all of them.

    No other module is imported: whoever wants a token need not wait for a server to be loaded.
    """
    app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
    for name in [name for name, commands in GROUPS.items() if asked in commands] or GROUPS:
        app.add_typer(import_module(f"{__name__}.{name}").commands)
    return app


def main() -> None:
    """Entry point of `dialog-graph`."""
    made(next(iter(sys.argv[1:]), None))()

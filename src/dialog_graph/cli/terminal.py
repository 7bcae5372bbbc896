"""What all commands share: the settings, a line to the terminal, the end with a refusal."""

import sys
import traceback
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from dialog_graph.settings import Settings


def fail(message: str) -> typer.Exit:
    """Tells the refusal on standard error; the exit to raise."""
    typer.echo(message, err=True)
    return typer.Exit(1)


def settings_of(**given: Any) -> Settings:
    """The settings; wrong ones are told by name and rule, never with their values, which may be secret."""
    try:
        return Settings(**given)
    except ValidationError as fault:
        for error in fault.errors(include_url=False, include_context=False, include_input=False):
            if error["type"] == _FOLLOWING:
                continue
            typer.echo(f"{'.'.join(str(part) for part in error['loc']) or 'settings'}: {error['msg']}", err=True)
        raise typer.Exit(2) from None
    except OSError as fault:
        typer.echo(told(f"expected a file that can be read, but {fault.filename}: {fault.strerror}"), err=True)
        raise typer.Exit(2) from None
    except UnicodeDecodeError:
        typer.echo("expected a secret in UTF-8, but a file named by a variable _FILE holds other bytes", err=True)
        raise typer.Exit(2) from None


_FOLLOWING = "default_factory_not_called"
"""Says only that another setting is wrong."""


def say(text: str) -> None:
    """A line at once, also into a pipe."""
    typer.echo(text)
    sys.stdout.flush()


def told(text: str) -> str:
    """A text that every terminal and pipe takes: halves of surrogate pairs, as in names of files, are made `?`."""
    return text.encode("utf-8", "replace").decode()


def failed(what: str, fault: Exception) -> typer.Exit:
    """Tells of a mistake of the program in one line with its place; the exit to raise."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    typer.echo(told(f"{what} itself failed at {where}: {type(fault).__name__}: {fault}"), err=True)
    return typer.Exit(2)

"""Commands about app folders: `check` (app folder §14)."""

import json
import sys
from enum import StrEnum
from os import environ
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated

import typer

from dialog_graph import __version__
from dialog_graph.apps import linter
from dialog_graph.cli.terminal import failed, settings_of, told

commands = typer.Typer()


class Format(StrEnum):
    """How findings are shown to other programs."""

    SARIF = "sarif"
    GITHUB = "github"


@commands.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="App folders, or folders of app folders.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")] = False,
    shape: Annotated[
        Format | None, typer.Option("--format", help="SARIF 2.1.0, or annotations of GitHub Actions.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count too.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mends what needs no author, and shows the changes.")] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="CODE", help="What a finding means and how to mend it.")
    ] = None,
) -> None:
    """Checks app folders: every finding with file, line, message and hint. 0 no errors, 1 errors, 2 wrong use."""
    if explain is not None:
        raise _explained(explain)
    if not paths or (as_json and shape):
        typer.echo("expected a PATH, and at most one of --json and --format", err=True)
        raise typer.Exit(2)
    environment = settings_of().environment
    try:
        report = linter.check(paths, environment)
        if fix:
            _mend(report, environment, to_errors=as_json or shape is not None)
            report = linter.check(paths, environment)
        shown = _shown(report, as_json=as_json, shape=shape)
    except linter.NotWritten as refused:
        typer.echo(told(str(refused)), err=True)
        raise typer.Exit(2) from None
    except Exception as fault:  # a mistake of ours: a status of its own, which no finding has
        raise failed("the check", fault) from None
    if shown:
        typer.echo(told(shown))
    raise typer.Exit(report.exit_status(strict))


def _explained(code: str) -> typer.Exit:
    found = linter.explain(code)
    if found is None:
        typer.echo(told(f"expected the code of a finding, such as DG3005, but it is {code!r}"), err=True)
        return typer.Exit(2)
    typer.echo(found)
    return typer.Exit(0)


def _shown(report: linter.CheckReport, *, as_json: bool, shape: Format | None) -> str:
    if as_json:
        return json.dumps(linter.as_json(report), ensure_ascii=False)
    if shape is Format.SARIF:
        return json.dumps(linter.as_sarif(report, Path.cwd(), __version__), ensure_ascii=False, indent=1)
    if shape is Format.GITHUB:
        return linter.as_annotations(report, Path.cwd())
    width = get_terminal_size().columns if _is_terminal() else None
    return linter.as_text(report, colour=_has_colour(), width=width)


def _has_colour() -> bool:
    """Colour is for terminals, and never for those who have said no (no-color.org)."""
    return _is_terminal() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _mend(report: linter.CheckReport, environment: str, *, to_errors: bool) -> None:
    """Mends each app, writes it back, and shows the changes."""
    for app in report.apps:
        mended = linter.mend(app, environment)
        if mended is None or app.files is None:
            continue
        linter.write(app, mended)
        diff = mended.diff(app.files, Path.cwd()).removesuffix("\n")
        if diff:
            is_seen = (sys.stderr if to_errors else sys.stdout).isatty()
            typer.echo(told("\n".join(map(linter.printable, diff.split("\n"))) if is_seen else diff), err=to_errors)
        for item in mended.left:
            reason = f"{item.file}:{item.line} {item.code} is left to you: mending it would bring another finding"
            typer.echo(told(linter.printable(reason)), err=True)

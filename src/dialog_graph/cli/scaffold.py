"""`new`: a first app that checks clean, with a test that passes (architecture §8.1)."""

import shutil
import tempfile
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from dialog_graph.cli.terminal import fail, told
from dialog_graph.errors import Refusal
from dialog_graph.urns import AppId

commands = typer.Typer()

_KEPT_AS_TEXT = ".txt"
"""Ends names of template files that would be taken for code of the program."""


@commands.command()
def new(
    id: Annotated[str, typer.Argument(metavar="ORG/APP", help="Code of the service owner, and a name for the app.")],
    template: Annotated[
        str, typer.Option(help="form: fill in and confirm. approval: fill in, approve or send back.")
    ] = "form",
    folder: Annotated[Path, typer.Option("--dir", help="The apps folder to write to.")] = Path("apps"),
) -> None:
    """Writes a new app folder, which checks clean, with a flow test."""
    app_id = AppId.parse(id)
    if isinstance(app_id, Refusal):
        typer.echo(told(f"expected ORG/APP, such as ttd/my-form, but it is {id!r}"), err=True)
        raise typer.Exit(2)
    known = {each.name: each for each in (files("dialog_graph.cli") / "templates").iterdir() if each.is_dir()}
    if template not in known:
        typer.echo(told(f"expected a template ({', '.join(sorted(known))}), but it is {template!r}"), err=True)
        raise typer.Exit(2)
    place = folder / app_id.org / app_id.app
    if place.exists() or place.is_symlink():
        raise fail(f"expected {place} not to be there, but it is: nothing is written over")
    try:
        _write(known[template], app_id, place)
    except OSError as fault:
        raise fail(f"expected to write {place}, but: {fault.strerror}") from None
    typer.echo(f"{place}\ncheck it: dialog-graph check {place}\ntest it: pytest -p dialog_graph.testing.plugin {place}")


def _write(template: Traversable, app_id: AppId, place: Path) -> None:
    """The whole folder or nothing: it is written beside its place and moved there, so that no server sees a half."""
    place.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=f".{app_id.app}.", dir=place.parent))
    try:
        half.chmod(0o755)
        words = {"{{org}}": app_id.org, "{{app}}": app_id.app, "{{title}}": _title(app_id.app)}
        _copy(template, half, words)
        half.rename(place)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def _copy(source: Traversable, target: Path, words: dict[str, str]) -> None:
    for item in source.iterdir():
        if item.is_dir():
            (target / item.name).mkdir()
            _copy(item, target / item.name, words)
        else:
            text = item.read_text(encoding="utf-8")
            for word, value in words.items():
                text = text.replace(word, value)
            (target / item.name.removesuffix(_KEPT_AS_TEXT)).write_text(text, encoding="utf-8")


def _title(name: str) -> str:
    """A first title: the name with blanks, as a sentence."""
    words = name.replace("-", " ").strip()
    return words[:1].upper() + words[1:]

"""`dialog-graph new`: apps that check clean and whose own tests pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialog_graph.apps.linter import check
from dialog_graph.cli import made

RUN, app = CliRunner(), made()
TEMPLATES = ("form", "approval")


def new(folder: Path, id: str = "acme/my-first-app", *flags: str) -> Path:
    result = RUN.invoke(app, ["new", id, "--dir", str(folder), *flags])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"{folder / id}\n")
    return folder / id


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_app_checks_clean_and_says_everything_in_three_languages(tmp_path: Path, template: str) -> None:
    place = new(tmp_path, "acme/my-first-app", "--template", template)

    (checked,) = check([place]).apps
    assert (checked.id, checked.diagnostics) == ("acme/my-first-app", ())
    assert checked.version is not None
    assert checked.version.title == dict.fromkeys(("nb", "nn", "en"), "My first app")
    assert set(checked.version.texts.by_language) == {"nb", "nn", "en"}
    assert not [path for path in place.rglob("*") if "{{" in path.name or (path.is_file() and "{{" in path.read_text())]


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_test_of_a_new_app_passes(tmp_path: Path, template: str) -> None:
    """As its author runs it: outside of this project, with the plugin alone."""
    place = new(tmp_path, "acme/my-first-app", "--template", template)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DIALOG_GRAPH", "PYTEST"))}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "dialog_graph.testing.plugin", "-p", "no:cacheprovider", place],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_there_is_never_written_over(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "ttd/taken"
    place.parent.mkdir()
    make = {"folder": place.mkdir, "file": place.touch, "link": lambda: place.symlink_to("nowhere")}
    make[kind]()

    result = RUN.invoke(app, ["new", "ttd/taken", "--dir", str(tmp_path)])

    assert result.exit_code == 1
    assert "nothing is written over" in result.output.replace("\n", " ")
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize(
    "id",
    [
        "",
        "app",
        "TTD/app",
        "t/app",
        "ttd/",
        "ttd/1app",
        "ttd/a_b",
        "ttd/../x",
        "../ttd/x",
        "ttd/a/b",
        "ttd/å",
        "\udcff/x",
    ],
)
def test_a_bad_id_is_wrong_use_and_writes_nothing(tmp_path: Path, id: str) -> None:
    result = RUN.invoke(app, ["new", "--dir", str(tmp_path), "--", id])

    assert result.exit_code == 2
    assert "expected ORG/APP" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("template", ["", "nothing", "../templates/form", "form/App"])
def test_an_unknown_template_is_told_with_those_there_are(tmp_path: Path, template: str) -> None:
    result = RUN.invoke(app, ["new", "ttd/x", "--template", template, "--dir", str(tmp_path)])

    assert result.exit_code == 2
    assert "approval, form" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["ttd/" + "a" * 300, "ttd/x"])
def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "apps"
    folder.touch() if name == "ttd/x" else folder.mkdir()

    result = RUN.invoke(app, ["new", name, "--dir", str(folder)])

    assert result.exit_code == 1
    assert "expected to write" in result.output
    assert isinstance(result.exception, SystemExit)
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]

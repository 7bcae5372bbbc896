"""`dialog-graph check`: what each flag prints, where, and with which exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialog_graph.apps import linter
from dialog_graph.cli import made
from tests.unit.apps.linter.examples import template
from tests.unit.apps.sample import METADATA

RUN, app = CliRunner(), made()
TEXTS = "config/texts/resource.nn.json"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The template app in `ttd/my-form` below the working folder."""
    for file, content in template().items():
        place = tmp_path / "ttd/my-form/App" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "ttd/my-form"


def damage(folder: Path, file: str, before: str, after: str) -> None:
    place = folder / "App" / file
    text = place.read_text(encoding="utf-8")
    assert before in text
    place.write_text(text.replace(before, after), encoding="utf-8")


def test_a_clean_app_is_told_in_two_lines(folder: Path) -> None:
    result = RUN.invoke(app, ["check", "ttd/my-form"])

    assert (result.exit_code, result.output) == (0, "ttd/my-form (ttd/my-form)\n1 app: 0 errors, 0 warnings\n")


@pytest.mark.parametrize(
    ("before", "after", "flags", "status"),
    [
        ('"maxSize"', '"maxSizes"', [], 0),
        ('"maxSize"', '"maxSizes"', ["--strict"], 1),
        ('"org": "ttd"', '"org": "skd"', [], 1),
        ('"id": "ttd/my-form"', '"id": "[ORG]/[APP]"', ["--strict"], 0),
    ],
)
def test_the_exit_status_counts_errors_and_when_strict_warnings(
    folder: Path, before: str, after: str, flags: list[str], status: int
) -> None:
    damage(folder, METADATA, before, after)

    for more in ([], ["--json"], ["--format", "sarif"], ["--format", "github"]):
        assert RUN.invoke(app, ["check", str(folder), *flags, *more]).exit_code == status


def test_json_and_sarif_are_one_object_and_nothing_else(folder: Path) -> None:
    damage(folder, METADATA, '"maxSize"', '"maxSizes"')

    for flags, key in ((["--json"], "apps"), (["--format", "sarif"], "runs")):
        result = RUN.invoke(app, ["check", str(folder), *flags])
        assert key in json.loads(result.stdout)
        assert result.stderr == ""


def test_annotations_name_files_from_the_working_folder(folder: Path) -> None:
    damage(folder, METADATA, '"maxSize"', '"maxSizes"')

    result = RUN.invoke(app, ["check", "ttd", "--format", "github"])

    assert result.stdout.startswith(
        "::warning file=ttd/my-form/App/config/applicationmetadata.json,line=31,col=7,title="
    )
    damage(folder, METADATA, '"maxSizes"', '"maxSize"')
    assert RUN.invoke(app, ["check", "ttd", "--format", "github"]).stdout == ""


@pytest.mark.parametrize(
    "flags", [[], ["--json"], ["ttd", "--json", "--format", "sarif"], ["ttd", "--format", "html"], ["--explain"]]
)
def test_wrong_use_is_told(folder: Path, flags: list[str]) -> None:
    assert RUN.invoke(app, ["check", *flags]).exit_code == 2


def test_a_code_is_explained(folder: Path) -> None:
    result = RUN.invoke(app, ["check", "--explain", "dg3005"])

    assert result.exit_code == 0
    assert result.output.startswith("DG3005 warning: A key that nobody knows\n\n")


@pytest.mark.parametrize("code", ["DG0001", "x\x1b[2J", "\udcff"])
def test_an_unknown_code_is_told_as_such(folder: Path, code: str) -> None:
    result = RUN.invoke(app, ["check", "--explain", code])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "expected the code of a finding" in result.stderr
    assert "\x1b" not in result.stderr


def test_fix_writes_shows_the_changes_and_tells_what_is_left(folder: Path) -> None:
    damage(folder, TEXTS, '"language": "nn"', '"language": "nb"')
    damage(folder, METADATA, '"maxSize": 25', '"maxSize": 25, "allowedContributers": [], "allowedContributors": []')

    result = RUN.invoke(app, ["check", "--fix", "ttd"])

    assert result.exit_code == 0
    assert "--- a/ttd/my-form/App/config/texts/resource.nn.json\n" in result.stdout
    assert '-  "language": "nb",\n+  "language": "nn",\n' in result.stdout
    assert "DG3006 old spelling" in result.stdout
    assert "DG6003" not in result.stdout
    assert result.stderr == (
        "config/applicationmetadata.json:31 DG3006 is left to you: mending it would bring another finding\n"
    )
    again = RUN.invoke(app, ["check", "--fix", "ttd"])
    assert "--- a/" not in again.stdout
    assert (folder / "App" / TEXTS).read_bytes() == template()[TEXTS]


@pytest.mark.parametrize("flags", [["--json"], ["--format", "sarif"], ["--format", "github"]])
def test_beside_an_object_the_changes_go_to_the_error_stream(folder: Path, flags: list[str]) -> None:
    damage(folder, TEXTS, '"language": "nn"', '"language": "nb"')

    result = RUN.invoke(app, ["check", "--fix", "ttd", *flags])

    assert "--- a/" not in result.stdout
    assert "--- a/" in result.stderr


def test_a_file_that_changes_meanwhile_ends_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(folder, TEXTS, '"language": "nn"', '"language": "nb"')
    mend = linter.mend

    def slow(checked: linter.CheckedApp, environment: str) -> linter.Mended | None:
        (folder / "App" / TEXTS).write_text("{}")
        return mend(checked, environment)

    monkeypatch.setattr(linter, "mend", slow)
    result = RUN.invoke(app, ["check", "--fix", "ttd"])

    assert result.exit_code == 2
    assert "changed meanwhile" in result.stderr
    assert (folder / "App" / TEXTS).read_text() == "{}"


@pytest.mark.parametrize(("no_colour", "is_painted"), [("", True), ("1", False)])
def test_colour_is_for_terminals_that_want_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, no_colour: str, is_painted: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("TERM", "xterm")
    asked: list[bool] = []
    show = linter.as_text

    def as_text(report: linter.CheckReport, *, colour: bool = False, width: int | None = None) -> str:
        asked.append(colour)
        assert width is not None
        return show(report, colour=colour, width=width)

    monkeypatch.setattr(linter, "as_text", as_text)
    monkeypatch.setattr("dialog_graph.cli.apps._is_terminal", lambda: True)
    RUN.invoke(app, ["check", "ttd"])

    assert asked == [is_painted]


def test_a_pipe_gets_no_colour(folder: Path) -> None:
    assert "\x1b" not in RUN.invoke(app, ["check", "ttd"]).output


def test_a_name_that_is_no_text_breaks_nothing(folder: Path) -> None:
    """In a process of its own, with a name of bytes that are not UTF-8."""
    strange = folder.parent / b"\xff.d".decode("utf-8", "surrogateescape")
    folder.rename(strange)

    for flags in ([], ["--json"], ["--format", "sarif"], ["--format", "github"]):
        done = subprocess.run(
            [sys.executable, "-m", "dialog_graph", "check", strange, *flags], capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_mistake_of_the_program_is_no_finding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> linter.CheckReport:
        raise LookupError("a mistake")

    monkeypatch.setattr(linter, "check", broken)
    result = RUN.invoke(app, ["check", "ttd"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("the check itself failed at test_check_command.py:")
    assert result.stderr.endswith(": LookupError: a mistake\n")
    assert isinstance(result.exception, SystemExit), "no traceback"

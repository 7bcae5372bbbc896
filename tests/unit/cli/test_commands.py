"""The command line tells what is wrong in a line, with the status of wrong use or of a refusal, never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from dialog_graph.cli import GROUPS, made

RUN, app = CliRunner(), made()


def get_command(typer_app: typer.Typer) -> TyperGroup:
    found = typer.main.get_command(typer_app)
    assert isinstance(found, TyperGroup)
    return found


def test_a_command_is_found_without_the_others() -> None:
    listed = set(get_command(app).commands)
    assert listed == {command for commands in GROUPS.values() for command in commands}
    for commands in GROUPS.values():
        for asked in commands:
            assert tuple(get_command(made(asked)).commands) == commands


def test_a_token_does_not_wait_for_a_server_to_be_loaded() -> None:
    loaded = "import sys; from dialog_graph.cli import made; made('token'); print('dialog_graph.server' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("command", [["serve"], ["token", "--list"], ["check", "."], ["migrate"]])
def test_a_wrong_setting_is_named_without_its_value(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "hemmelig")
    result = RUN.invoke(app, command)
    assert result.exit_code == 2
    assert "PORT" in result.output
    assert "hemmelig" not in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff", "UTF-8")])
def test_a_file_of_a_secret_that_cannot_be_read_is_told(
    content: bytes | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    for name in ("DATABASE_URL_FILE", "NetsPaymentSettings__SecretApiKey_FILE"):
        with monkeypatch.context() as patched:
            patched.setenv(name, str(tmp_path / "key"))
            result = RUN.invoke(app, ["check", str(tmp_path)])
        assert (result.exit_code, reason in result.stderr, "Traceback" in result.output) == (2, True, False)


def test_a_port_that_is_none_is_told(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["serve", "--port", "99999", "--apps", str(tmp_path)])
    assert (result.exit_code, "65535" in result.output) == (2, True)


@pytest.mark.parametrize("chosen", [[], ["--person", "kari", "--org", "ttd"]])
def test_a_token_is_for_exactly_one_caller(chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALOG_GRAPH_DATA", str(tmp_path))
    assert RUN.invoke(app, ["token", *chosen]).exit_code == 2


def test_unknown_persons_get_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALOG_GRAPH_DATA", str(tmp_path))
    result = RUN.invoke(app, ["token", "--person", "nobody"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), "no traceback"


def test_the_development_issuer_is_off_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALOG_GRAPH_ENVIRONMENT", "staging")
    monkeypatch.setenv("DIALOG_GRAPH_DATA", str(tmp_path))
    assert RUN.invoke(app, ["token", "--person", "kari"]).exit_code == 1


def test_a_document_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xe6")
    for name in ("absent", "latin"):
        result = RUN.invoke(app, ["ask", f"@{tmp_path / name}"])
        assert result.exit_code == 1
        assert "cannot be read" in result.output


def test_check_counts_findings_in_its_exit_status(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["check", "--json", str(tmp_path / "nothing")])
    assert result.exit_code == 1
    assert json.loads(result.output)


def test_the_schema_is_printed(tmp_path: Path) -> None:
    out = tmp_path / "schema.graphql"
    assert RUN.invoke(app, ["schema", "--out", str(out)]).exit_code == 0
    assert "type Query" in out.read_text(encoding="utf-8")

"""The linter: what it prints for people and for programs."""

import json
from pathlib import Path

from dialog_graph.apps.linter import as_json, as_text, check
from tests.unit.apps.sample import METADATA, PROCESS, metadata
from tests.unit.apps.test_folders import write

EXAMPLES = Path(__file__).resolve().parents[3] / "apps"


def test_the_example_apps_have_nothing_to_mend() -> None:
    report = check([EXAMPLES])

    assert [app.id for app in report.apps] == ["ttd/change-of-address", "ttd/grant-application", "ttd/street-party"]
    assert report.exit_status(strict=True) == 0


def test_an_app_without_findings_has_an_entry_too(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b", {METADATA: metadata(title={"en": "B"}), "options/x.json": {}})

    value = json.loads(json.dumps(as_json(check([tmp_path]))))

    first, second = value["apps"]
    assert (first["path"], first["id"]) == ((tmp_path / "a").as_posix(), "ttd/sample")
    assert [item["code"] for item in first["diagnostics"]] == ["DG2202"]
    assert first["diagnostics"][0]["elementId"] == "Gateway"
    assert [item for item in second["diagnostics"] if item["code"] not in ("DG2202", "DG9504")] == [
        {
            "code": "DG3010",
            "severity": "warning",
            "file": METADATA,
            "line": 1,
            "column": 45,
            "message": "title missing for nb",
            "hint": "add",
        },
        {
            "code": "DG6202",
            "severity": "error",
            "file": "options/x.json",
            "line": 1,
            "column": 1,
            "message": "options file is not an array of {value, label}",
            "hint": "correct it",
        },
    ]
    assert (value["errors"], value["warnings"]) == (1, 1)


def test_a_path_without_an_app_is_an_entry(tmp_path: Path) -> None:
    report = check([tmp_path / "nowhere"])

    (app,) = report.apps
    assert app.id is None
    assert [item.code for item in app.diagnostics] == ["DG1001"]
    assert report.exit_status() == 1


def test_an_app_that_gives_no_version_still_has_its_id(tmp_path: Path) -> None:
    write(tmp_path, {PROCESS: "<a/>"})

    (app,) = check([tmp_path]).apps

    assert (app.id, {item.code for item in app.diagnostics}) == ("ttd/sample", {"DG2001"})


def test_the_readable_form_names_place_code_message_and_hint(tmp_path: Path) -> None:
    write(tmp_path, {METADATA: metadata(org="skd")})

    text = as_text(check([tmp_path]))

    lines = [line.strip() for line in text.splitlines()]
    found = lines.index('1:29 error DG3002 org is "skd", but the id begins with "ttd"')
    assert lines[found + 1].startswith('1 | {"id": "ttd/sample", "org": "skd"')
    assert lines[found + 2] == "|" + " " * 29 + "^"
    assert lines[found + 3] == "hint: make equal"
    assert text.endswith("1 app: 1 error, 0 warnings")


def test_warnings_count_only_when_strict(tmp_path: Path) -> None:
    write(tmp_path, {METADATA: metadata(title={"en": "B"})})

    report = check([tmp_path])

    assert (report.exit_status(), report.exit_status(strict=True)) == (0, 1)


def test_findings_that_the_author_has_seen_are_left_out_but_never_errors(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            METADATA: metadata(title={"en": "B"}, org="skd"),
            "dialog-graph.toml": 'check.ignore = ["DG3010", "DG3002", "DG2202:Gate*"]',
        },
    )

    (app,) = check([tmp_path]).apps
    assert [item.code for item in app.diagnostics] == ["DG3002"]


def test_a_twice_written_id_names_both_places(tmp_path: Path) -> None:
    types = metadata()["dataTypes"]
    write(tmp_path, {METADATA: json.dumps(metadata(dataTypes=[*types, {"id": "Model"}]), indent=1)})

    value = check([tmp_path]).apps[0].diagnostics
    finding = next(item for item in value if item.code == "DG3003")

    assert finding.related[0].line is not None
    assert finding.line is not None
    assert finding.related[0].line < finding.line


def test_an_app_that_is_named_twice_is_checked_once(tmp_path: Path) -> None:
    write(tmp_path / "a")

    report = check([tmp_path, tmp_path / "a", tmp_path / "a" / ".." / "a"])

    assert [app.id for app in report.apps] == ["ttd/sample"]

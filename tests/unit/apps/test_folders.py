"""App folders on disk: where the root is, what is read, and what never leaves or enters the folder."""

import os
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import Files, check, find_apps, load, read_folder
from dialog_graph.apps.files import MAX_FILES
from dialog_graph.urns import AppId
from tests.unit.apps.sample import METADATA, SAMPLE, as_bytes, metadata


def write(root: Path, changes: dict[str, Any] | None = None) -> Path:
    for path, value in {**SAMPLE, **(changes or {})}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(as_bytes(value))
    return root


def read(path: Path) -> Files:
    files = read_folder(path)
    assert isinstance(files, Files)
    return files


def found(files: Files) -> set[str]:
    return {item.code for item in load(files, "development")[1]}


@pytest.mark.parametrize("inside", ["App", "src/App", "."])
def test_the_root_is_the_folder_that_holds_config(tmp_path: Path, inside: str) -> None:
    write(tmp_path / "sample" / inside)

    assert set(read(tmp_path / "sample").contents) == set(SAMPLE)


def test_the_config_folder_itself_stands_for_its_app(tmp_path: Path) -> None:
    write(tmp_path)

    assert set(read(tmp_path / "config").contents) == set(SAMPLE)


def test_a_lone_config_folder_of_another_name_is_read_as_config(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "config").rename(tmp_path / "settings")

    assert METADATA in read(tmp_path / "settings").contents


def test_no_app_root(tmp_path: Path) -> None:
    found = read_folder(tmp_path)

    assert not isinstance(found, Files)
    (finding,) = found
    assert finding.code == "DG1001"
    assert tmp_path.as_posix() in finding.message


def why(path: Path) -> str:
    """Why there is no app at a path, without the path itself."""
    found = read_folder(path)
    assert not isinstance(found, Files)
    return found[0].message.removeprefix(f"no App/config, src/App/config or config below {path.as_posix()}")


def test_what_is_there_in_place_of_an_app_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    write(tmp_path / "ttd/small/app")
    (tmp_path / "big/App").mkdir(parents=True)
    (tmp_path / "big/App/Config").mkdir()

    assert why(tmp_path / "nowhere") == ": there is no such folder"
    assert why(tmp_path / "file") == ": it is a file"
    assert why(tmp_path / "ttd") == f', but {tmp_path.as_posix()}/ttd/small/app, which must be called "App"'
    assert why(tmp_path / "big") == f', but {tmp_path.as_posix()}/big/App/Config, which must be called "config"'


def test_a_folder_that_may_not_be_looked_into_is_told_and_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "ttd/closed/App")
    write(tmp_path / "ttd/open/App")
    is_dir = Path.is_dir

    def guarded(path: Path) -> bool:
        if "closed" in path.parts[:-1]:
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", guarded)

    report = check([tmp_path])

    told = {
        app.path.name: [(item.code, item.message) for item in app.diagnostics if item.is_error] for app in report.apps
    }
    assert told == {"closed": [("DG1014", "the file cannot be read: Permission denied")], "open": []}


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("Models/form.schema.json", "models/form.schema.json"),
        ("models/form.Schema.json", "models/form.schema.json"),
        ("config/Authorization/policy.xml", "config/authorization/policy.xml"),
        ("UI/form/Layouts/one.json", "ui/form/layouts/one.json"),
        ("ui/form/settings.json", "ui/form/Settings.json"),
        ("AppSettings.json", "appsettings.json"),
        ("appsettings.production.json", "appsettings.Production.json"),
        ("options/list.JSON", "options/list.json"),
        ("logic/App.py", "logic/app.py"),
    ],
)
def test_a_name_in_other_letters_is_told_with_the_right_one(tmp_path: Path, written: str, right: str) -> None:
    write(tmp_path, {written: {}})

    told = [(item.file, item.message) for item in read(tmp_path).findings if item.code == "DG1015"]

    assert told == [(written, f'the name has other letters than "{right}": it is not read as that')]


def test_folders_of_other_code_are_no_misspelt_ones(tmp_path: Path) -> None:
    code: dict[str, Any] = {
        "Models/Form.cs": "x",
        "Logic/Calc.cs": "x",
        "Options/readme.md": "x",
        "ui/form/layouts/settings.json": {},
    }
    files = read(write(tmp_path, code))

    assert (files.findings, files.ignored) == ((), ())


def test_an_apps_folder_is_searched_two_levels_deep(tmp_path: Path) -> None:
    for app in ("lone", "ttd/first", "ttd/second/App/..", "a/b/too-deep"):
        write(tmp_path / app / "App")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "file").touch()

    assert [app.relative_to(tmp_path).as_posix() for app in find_apps(tmp_path)] == ["lone", "ttd/first", "ttd/second"]
    assert find_apps(tmp_path / "nowhere") == []


def test_a_template_id_takes_org_and_app_from_its_place(tmp_path: Path) -> None:
    template = {METADATA: metadata(id="[ORG]/[APP]", org="[ORG]")}
    write(tmp_path / "apps/skd/permit/App", template)
    write(tmp_path / "apps/permit/App", template)

    assert read(tmp_path / "apps/skd/permit").place == AppId("skd", "permit")
    assert read(tmp_path / "apps/permit").place == AppId("ttd", "permit")
    version, diagnostics = load(read(tmp_path / "apps/skd/permit"), "development")
    assert version is not None
    assert version.app_id == AppId("skd", "permit")
    assert "DG3019" in {item.code for item in diagnostics}


def test_an_apps_folder_of_another_name_gives_the_org_too(tmp_path: Path) -> None:
    folder = write(tmp_path / "all/skd/permit")
    files = read_folder(folder, apps=tmp_path / "all")

    assert isinstance(files, Files)
    assert files.place == AppId("skd", "permit")


def test_only_known_paths_are_read_and_the_others_are_told(tmp_path: Path) -> None:
    strange = {
        "models/model.cs": "class A {}",
        "ui/RuleHandler.js": "alert(1)",
        "config/notes.md": "x",
        "wwwroot/index.html": "x",
        "Program.cs": "x",
        "logic/__pycache__/app.pyc": "x",
    }
    files = read(write(tmp_path, strange))

    assert set(files.contents) == set(SAMPLE)
    assert files.ignored == ("config/notes.md", "models/model.cs", "ui/RuleHandler.js")
    assert {"DG1008", "DG1009"} <= found(files)


def test_what_is_ignored_does_not_change_the_hash(tmp_path: Path) -> None:
    before = read(write(tmp_path)).sha256

    assert read(write(tmp_path, {"config/notes.md": "x"})).sha256 == before


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    app = write(tmp_path / "app")
    (app / "options").mkdir()
    (app / "options/a.json").symlink_to(secret)
    (app / "options/b.json").symlink_to("b.json")
    (app / "logic").symlink_to(tmp_path)

    files = read(app)

    assert set(files.contents) == set(SAMPLE)
    assert {(item.code, item.file) for item in files.findings} == {
        ("DG1012", "options/a.json"),
        ("DG1012", "options/b.json"),
        ("DG1012", "logic"),
    }


def test_links_inside_the_folder_are_followed_to_files_only(tmp_path: Path) -> None:
    app = write(tmp_path)
    (app / "options").mkdir()
    (app / "options/a.json").symlink_to(app / "ui/layout-sets.json")
    (app / "logic").symlink_to(app / "ui")

    files = read(app)

    assert "options/a.json" in files.contents
    assert [(item.code, item.file) for item in files.findings] == [("DG1014", "logic")]


def test_a_pipe_in_the_folder_does_not_stop_the_reader(tmp_path: Path) -> None:
    app = write(tmp_path)
    (app / "options").mkdir()
    os.mkfifo(app / "options/a.json")

    assert [item.code for item in read(app).findings] == ["DG1014"]


def test_paths_that_differ_in_case_only(tmp_path: Path) -> None:
    app = write(tmp_path, {"options/a.json": [], "options/A.json": []})

    (finding,) = read(app).findings
    assert (finding.code, finding.file) == ("DG1010", "options/a.json")


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    app = write(tmp_path, {"options/big.json": b" " * ((8 << 20) + 1)})

    files = read(app)

    assert "options/big.json" not in files.contents
    assert [item.code for item in files.findings] == ["DG1003"]


def test_more_files_than_the_limit_end_the_reading(tmp_path: Path) -> None:
    app = write(tmp_path)
    (app / "options").mkdir()
    for number in range(MAX_FILES + 10):
        (app / f"options/{number}.json").touch()

    files = read(app)

    assert len(files.contents) <= MAX_FILES
    assert "DG1003" in {item.code for item in files.findings}


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    app = write(tmp_path)
    (app / "options").mkdir()
    os.close(os.open(os.fsencode(app / "options") + b"/\xff.json", os.O_CREAT))

    (finding,) = read(app).findings
    assert finding.code == "DG1014"
    finding.file.encode()

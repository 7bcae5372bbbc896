"""What may stand in the files of the repository: locks without addresses, nothing of one machine, nothing generated."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGE, ROOT, tracked

LOCKS = ("requirements.lock", "requirements-dev.lock")
GENERATED = (
    ".venv/bin/python",
    ".dialog-graph/pg18/PG_VERSION",
    ".make.lock",
    "uv.lock",
    "pylock.toml",
    "dist/dialog_graph.whl",
    "src/dialog_graph/web/static/index.html",
    "src/dialog_graph/web/.static-new/index.html",
    "src/dialog_graph/web/node_modules/vite/package.json",
    "src/dialog_graph/__pycache__/cli.cpython-311.pyc",
)

# Addresses that package indexes give their files, and folders that exist on one machine only.
INDEX = re.compile(r"://(?:registry|files|packages|pypi|deb|mirrors?)\.|--(?:extra-)?index-url")
MACHINE = re.compile(r"(?<![\w.~-])/(?:root|work)/")
THIS = Path(__file__).resolve()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_versions_and_hashes_but_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert "://" not in text
    assert len(requirements) > 50
    assert [each.splitlines()[0] for each in requirements if "==" not in each or "--hash=sha256:" not in each] == []


def test_both_locks_come_from_one_resolution() -> None:
    serve, develop = ({*re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), re.MULTILINE)} for name in LOCKS)
    assert serve < develop


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    locked = {*re.findall(r"^([\w.-]+)==", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)}
    names = {re.split(r"[\[<>=]", each)[0].lower().replace("_", "-").replace(".", "-") for each in wanted}
    assert sorted(names - locked) == []


def test_the_lock_of_the_pages_has_a_hash_and_no_address_for_every_package() -> None:
    lock = json.loads((PACKAGE / "web" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_the_bundler_is_locked_for_every_platform() -> None:
    packages = json.loads((PACKAGE / "web" / "package-lock.json").read_text())["packages"]
    bindings = {name.rpartition("/")[2] for name in packages if "@rolldown/binding-" in name}
    assert {"binding-linux-x64-gnu", "binding-linux-arm64-gnu", "binding-darwin-arm64"} <= bindings


def test_no_script_of_the_pages_calls_npm() -> None:
    scripts = json.loads((PACKAGE / "web" / "package.json").read_text())["scripts"]
    assert [script for script in scripts.values() if re.search(r"\bnp[mx]\b", script)] == []


def machine_traces(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if INDEX.search(line) or MACHINE.search(line):
            yield f"{number}: {line.strip()[:120]}"


def test_no_file_names_a_package_index_or_a_folder_of_one_machine() -> None:
    files = tracked()
    if files is None:
        pytest.skip("not a clone: the files under version control are not known")
    found: list[str] = []
    for path in files:
        data = path.read_bytes()
        if path != THIS and b"\0" not in data[:8000]:
            found += [f"{path.relative_to(ROOT)}:{trace}" for trace in machine_traces(data.decode("utf-8", "replace"))]
    assert found == []


def test_a_trace_of_a_machine_is_seen() -> None:
    assert len([*machine_traces("a\nsee https://registry.example.org/x\n/root/.config\nunpkg /work/tree\n")]) == 3
    assert not [*machine_traces("home/work/x\nhttps://example.org/registry.html\n")]


def test_generated_files_are_ignored() -> None:
    if tracked() is None:
        pytest.skip("not a clone: nothing is ignored here")
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", *GENERATED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert set(GENERATED) - set(asked.stdout.split()) == set()


def test_built_pages_load_nothing_from_elsewhere() -> None:
    static = PACKAGE / "web" / "static"
    if not static.is_dir():
        pytest.skip("the pages are not built: dialog-graph web build")
    elsewhere = re.compile(rb"unpkg|jsdelivr|esm\.sh|cdnjs|googleapis")
    built = [path for path in static.rglob("*") if path.is_file()]
    assert any(path.name == "graphiql.html" for path in built)
    assert [path.name for path in built if elsewhere.search(path.read_bytes())] == []

"""The wheel and the source archive: what they carry, built offline from what lies here."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGE, ROOT

pytestmark = pytest.mark.slow

PAGES = ("index.html", "graphiql.html", "operations.json")


def build(target: str, source: Path, folder: Path, **switches: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        env={**os.environ, "DIALOG_GRAPH_SKIP_WEB": "1", **switches},
        capture_output=True,
        text=True,
        check=False,
    )


def built(target: str, source: Path, folder: Path, **switches: str) -> Path:
    outcome = build(target, source, folder, **switches)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def source_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive, unpacked; skipped where the pages are not built."""
    if not (PACKAGE / "web" / "static" / "index.html").is_file():
        pytest.skip("the pages are not built: dialog-graph web build")
    folder = tmp_path_factory.mktemp("archive")
    archive = built("sdist", ROOT, folder / "packed", DIALOG_GRAPH_REQUIRE_WEB="1")
    (folder / "unpacked").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", folder / "unpacked"], check=True)
    return next((folder / "unpacked").iterdir())


def test_the_source_archive_has_what_a_wheel_needs_and_no_more(source_archive: Path) -> None:
    names = {path.relative_to(source_archive).as_posix() for path in source_archive.rglob("*") if path.is_file()}
    assert {"pyproject.toml", "hatch_build.py", "LICENSE", "README.md", "src/dialog_graph/py.typed"} <= names
    assert {f"src/dialog_graph/web/static/{page}" for page in PAGES} <= names
    assert [name for name in names if "node_modules" in name or name.startswith((".venv", ".dialog-graph"))] == []


def test_a_wheel_from_the_source_archive_has_the_pages(source_archive: Path, tmp_path: Path) -> None:
    wheel = built("wheel", source_archive, tmp_path, DIALOG_GRAPH_REQUIRE_WEB="1")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"dialog_graph/web/static/{page}" for page in PAGES} <= {*names}
    assert {"dialog_graph/py.typed", "dialog_graph/web/build.py", "dialog_graph/web/routes.py"} <= {*names}
    foreign = [name for name in names if not name.startswith("dialog_graph") or "node_modules" in name]
    assert foreign == []
    assert wheel.stat().st_size < 10_000_000


def test_a_release_without_pages_does_not_come_about(source_archive: Path, tmp_path: Path) -> None:
    index = source_archive / "src" / "dialog_graph" / "web" / "static" / "index.html"
    index.rename(index.with_suffix(".away"))
    try:
        outcome = build("wheel", source_archive, tmp_path, DIALOG_GRAPH_REQUIRE_WEB="1")
    finally:
        index.with_suffix(".away").rename(index)
    assert outcome.returncode != 0
    assert "the pages were not built" in outcome.stdout + outcome.stderr
    assert list(tmp_path.iterdir()) == []

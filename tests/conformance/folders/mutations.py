"""What can be wrong with an app folder: kinds of damage, each drawn from a `Random` and done to the files in memory.

A kind answers None where it does not apply to what it drew; another is drawn then. Nothing here knows what the loader
makes of it.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import TypeAlias

from tests.conformance.folders import damaged_json, damaged_xml

Contents: TypeAlias = Mapping[str, bytes]
Change: TypeAlias = Callable[[Random, bytes], bytes | None]
"""Of one file."""
Mutation: TypeAlias = Callable[[Random, Contents, Contents], Contents | None]
"""Of a folder; the second contents are those of another app."""

MAX_FILE = 400_000
"""Larger files are left alone by kinds that parse: the time goes into the loader, not into the damage."""


def _of_file(change: Change, *endings: str) -> Mutation:
    def mutation(random: Random, contents: Contents, other: Contents) -> Contents | None:
        paths = [path for path in sorted(contents) if path.endswith(endings) and 0 < len(contents[path]) < MAX_FILE]
        if not paths:
            return None
        path = random.choice(paths)
        changed = change(random, contents[path])
        return None if changed is None else {**contents, path: changed}

    return mutation


# --- bytes ----------------------------------------------------------------------------------------------------------

SPECIAL = (
    *(b"\xff", b"\x00", b"<", b'"', b"[", b"}", b"&", b"-1", b"null", b"<!--", b"]]>", b"/>", b"&#0;", b"&#x10FFFF;"),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", "\u2028".encode(), "\u202e".encode(), b"\\ud800", b"\\u0000"),
)


def _place(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randrange(len(data))
    return start, start + random.choice((1, 1, 3, 40, 400))


def _cut(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    return data[:start] + data[end:]


def _doubled(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    return data[:end] + data[start:]


def _overwritten(random: Random, data: bytes) -> bytes:
    start, end = _place(random, data)
    return data[:start] + random.randbytes(end - start) + data[end:]


def _flipped(random: Random, data: bytes) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + bytes([data[start] ^ (1 << random.randrange(8))]) + data[start + 1 :]


def _inserted(random: Random, data: bytes) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + random.choice(SPECIAL) * random.choice((1, 1, 1, 50)) + data[start:]


def _truncated(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data))]


def _lines_moved(random: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    lines.insert(random.randrange(len(lines)), lines.pop(random.randrange(len(lines))))
    return b"\n".join(lines)


# --- Python and TOML ------------------------------------------------------------------------------------------------

CODE = (
    b"(" * 300,
    b"x = " + b"-" * 90_000 + b"1\n",
    b"x = " + b"[" * 150 + b"]" * 150 + b"\n",
    b"x = " + b" + ".join([b"a"] * 20_000) + b"\n",
    b"\x00",
    b"def f(:\n",
    b"@app.validator(task='*')\ndef f(): ...\n",
    b"import os\nos.system('true')\n",
    b"x = 1" + b"0" * 5_000 + b"\n",
    b"x = '\\ud800'\n",
    b"\t x = 1\n",
    b"# -*- coding: utf-7 -*-\n",
    b"raise SystemExit\n",
    b'a.b = "1"\n[x]\nx = 1\n[x]\n',
    b"x = " + b"{a=" * 120 + b"1" + b"}" * 120 + b"\n",
)


def _code_planted(random: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    lines.insert(random.randrange(len(lines) + 1), random.choice(CODE))
    return b"".join(lines)


# --- files ----------------------------------------------------------------------------------------------------------

PLACES = (
    *("config/process/process.bpmn", "config/applicationmetadata.json", "config/authorization/policy.xml"),
    *("config/texts/resource.nb.json", "config/texts/resource.zz.json", "config/texts/resource..json"),
    *("models/model.schema.json", "models/model.xsd", "models/model.prefill.json", "models/model.validation.json"),
    *("models/model.calculation.json", "ui/layout-sets.json", "ui/Settings.json", "ui/FormLayout.json"),
    *("options/x.nb.json", "appsettings.json", "appsettings.Production.json", "dialog-graph.toml", "logic/app.py"),
    *("logic/more.py", "ui/layouts/a.json", "ui/form/layouts/b.json", "ui/a/b/c/d.json", "models/æ ø.schema.json"),
    *("options/x.json", "ui/footer.json"),
)


def _file_removed(random: Random, contents: Contents, other: Contents) -> Contents:
    gone = random.choice(sorted(contents))
    return {path: data for path, data in contents.items() if path != gone}


def _file_emptied(random: Random, contents: Contents, other: Contents) -> Contents:
    data = random.choice((b"", b" ", b"\xef\xbb\xbf", b"{}", b"[]", b"null", b"[" * 3_000, b"{" * 3_000, b"<a/>", b"0"))
    return {**contents, random.choice(sorted(contents)): data}


def _file_renamed(random: Random, contents: Contents, other: Contents) -> Contents:
    path = random.choice(sorted(contents))
    rest = {other: data for other, data in contents.items() if other != path}
    return {**rest, random.choice((*PLACES, path.upper(), path.lower(), path + "x")): contents[path]}


def _file_doubled(random: Random, contents: Contents, other: Contents) -> Contents:
    path = random.choice(sorted(contents))
    return {**contents, random.choice((*PLACES, path.swapcase(), path.replace(".", "2.", 1))): contents[path]}


def _files_swapped(random: Random, contents: Contents, other: Contents) -> Contents:
    one, two = random.choice(sorted(contents)), random.choice(sorted(contents))
    return {**contents, one: contents[two], two: contents[one]}


def _file_of_another(random: Random, contents: Contents, other: Contents) -> Contents:
    path = random.choice(sorted(other))
    alike = [own for own in sorted(contents) if own.rpartition(".")[2] == path.rpartition(".")[2]]
    return {**contents, random.choice((path, path, *alike)): other[path]}


def _apps_mixed(random: Random, contents: Contents, other: Contents) -> Contents:
    folder = random.choice(("ui/", "models/", "config/texts/", "options/", "config/"))
    kept = {path: data for path, data in contents.items() if not path.startswith(folder)}
    return {**kept, **{path: data for path, data in other.items() if path.startswith(folder)}}


def _many_files(random: Random, contents: Contents, other: Contents) -> Contents:
    path = random.choice(sorted(contents))
    stem, _, ending = path.rpartition("/")[2].partition(".")
    folder = path.rpartition("/")[0]
    count = min(random.choice((10, 100, 600)), 6_000_000 // max(len(contents[path]), 1))
    return {**contents, **{f"{folder}/{stem}{n}.{ending}".lstrip("/"): contents[path] for n in range(count)}}


# --- encodings and sizes --------------------------------------------------------------------------------------------


def _encoded(name: str, mark: bytes = b"") -> Change:
    def change(random: Random, data: bytes) -> bytes:
        return mark + data.decode("utf-8-sig", "replace").encode(name, "replace")

    return change


def _declared(random: Random, data: bytes) -> bytes | None:
    name = random.choice((b"utf-7", b"utf-16", b"iso-8859-1", b"cp037", b"utf-32", b"x" * 60, b"us-ascii", b""))
    start = data.find(b"?>") + 2 if data.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml") else 0
    return b'<?xml version="1.0" encoding="' + name + b'"?>' + data[start:]


def _carriage_returns(random: Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n", b"\xc2\x85")))


def _padded(random: Random, data: bytes) -> bytes:
    return data + random.choice((b" ", b"\n", b"\x00", b"a")) * random.choice((100_000, 1 << 20, 3 << 20, 9 << 20))


JSON, XML = (".json",), (".bpmn", ".xml", ".xsd")
ANY = ("",)

KINDS: dict[str, Mutation] = {
    "bytes: cut": _of_file(_cut, *ANY),
    "bytes: doubled": _of_file(_doubled, *ANY),
    "bytes: overwritten": _of_file(_overwritten, *ANY),
    "bytes: a bit turned": _of_file(_flipped, *ANY),
    "bytes: inserted": _of_file(_inserted, *ANY),
    "bytes: the end cut off": _of_file(_truncated, *ANY),
    "bytes: a line moved": _of_file(_lines_moved, *ANY),
    **{name: _of_file(change, *JSON) for name, change in damaged_json.CHANGES.items()},
    **{name: _of_file(change, *XML) for name, change in damaged_xml.CHANGES.items()},
    "code: planted": _of_file(_code_planted, ".py", ".toml"),
    "file: removed": _file_removed,
    "file: emptied": _file_emptied,
    "file: renamed": _file_renamed,
    "file: doubled": _file_doubled,
    "file: two swapped": _files_swapped,
    "file: of another app": _file_of_another,
    "file: a folder of another app": _apps_mixed,
    "file: very many": _many_files,
    "encoding: UTF-16": _of_file(_encoded("utf-16"), *ANY),
    "encoding: UTF-16 without a mark": _of_file(_encoded("utf-16-be"), *ANY),
    "encoding: UTF-32": _of_file(_encoded("utf-32"), *ANY),
    "encoding: Latin-1": _of_file(_encoded("latin-1"), *ANY),
    "encoding: UTF-7": _of_file(_encoded("utf-7"), *ANY),
    "encoding: two marks": _of_file(_encoded("utf-8", b"\xef\xbb\xbf\xef\xbb\xbf"), *ANY),
    "encoding: declared otherwise": _of_file(_declared, *XML),
    "encoding: other line ends": _of_file(_carriage_returns, *ANY),
    "size: padded": _of_file(_padded, *ANY),
}
"""Every kind of damage by its name."""


def mutated(random: Random, contents: Contents, other: Contents) -> tuple[Contents, tuple[str, ...]]:
    """The damaged files, and what was done to them: one to three things."""
    done: list[str] = []
    wanted = random.choice((1, 1, 1, 2, 3))
    while len(done) < wanted:
        kind = random.choice(sorted(KINDS))
        changed = KINDS[kind](random, contents, other) if contents else contents
        if changed is not None:
            contents = changed
            done.append(kind)
    return contents, tuple(done)

"""The files of one XSD, and what they declare: a file of `models/` and what it includes or imports (app folder §1.5).

Each is read by the safe reader, once for each namespace it takes; cycles end by that. What leaves `models/` is refused
(`DG1006`) and nothing outside of the folder is ever opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from dialog_graph.apps.diagnostics import WARNING, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.model import safe_xml
from dialog_graph.model.safe_xml import Element

XSD = "{http://www.w3.org/2001/XMLSchema}"
INCLUSIONS = ("include", "import", "redefine")
MAX_FILES = 50
"""Files of one XSD; each is at most 1 MiB and 5 000 elements (§1.4)."""

_LIMITS = safe_xml.Limits(max_bytes=1 << 20)
_NAMESPACE = XSD.strip("{}")


def local(element: Element) -> str:
    """The name of an element of XSD, "" of any other."""
    tag = element.tag
    return tag.removeprefix(XSD) if isinstance(tag, str) and tag.startswith(XSD) else ""


def children(element: Element) -> Iterator[Element]:
    """The children that are elements of XSD."""
    return (child for child in element if local(child))


def prefixed(qualified: str | None) -> tuple[str | None, str]:
    """Prefix and name of a qualified name."""
    prefix, colon, name = (qualified or "").rpartition(":")
    return (prefix if colon else None), name


@dataclass(frozen=True, slots=True, kw_only=True)
class XsdFile:
    """One file in one namespace, "" for none. A file that names none takes that of whoever includes it."""

    path: str
    top: Element
    namespace: str


@dataclass(slots=True)
class _Loader:
    """Loads a file and, one after the other, what it includes."""

    files: Files
    findings: Findings
    found: dict[tuple[str, str], XsdFile] = field(default_factory=dict[tuple[str, str], XsdFile])
    waiting: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def load(self, path: str, inherited: str) -> None:
        top = safe_xml.parse(self.files.contents[path], file=path, limits=_LIMITS)
        if isinstance(top, tuple):
            self.findings.extend(top)
            return
        file = XsdFile(path=path, top=top, namespace=top.get("targetNamespace") or inherited)
        if self.found.setdefault((path, file.namespace), file) is not file:
            return
        for child in children(top):
            if local(child) in INCLUSIONS:
                self._include(file, child)

    def _include(self, file: XsdFile, element: Element) -> None:
        written = element.get("schemaLocation")
        target = location(file.path, written)
        if written is None:
            return
        at = At(file=file.path, line=element.sourceline)
        if target is None:
            self.findings.add("DG1006", at, what=f'the {local(element)} of "{written}"')
        elif target not in self.files.contents:
            self.findings.add("DG5002", at, WARNING, reason=f'the file "{written}" is not there')
        else:
            self.waiting.append((target, "" if local(element) == "import" else file.namespace))


def location(path: str, written: str | None) -> str | None:
    """The path that a file means by a location; None for a location outside of `models/`."""
    relative = unquote(written or "")
    if not relative or relative.startswith("/") or any(mark in relative for mark in ":\\\0"):
        return None
    target = normpath(join(dirname(path), relative))
    return target if target.startswith("models/") else None


def read_files(files: Files, path: str, findings: Findings) -> tuple[XsdFile, ...]:
    """The file and all it includes, itself first; nothing when it cannot be read."""
    loader = _Loader(files, findings)
    loader.load(path, "")
    if not loader.found:
        return ()
    asked = {(path, "")}
    while loader.waiting:
        wanted = loader.waiting.pop(0)
        if len(asked) >= MAX_FILES and wanted not in asked:
            findings.add("DG1003", At(file=path), what="number of files of one XSD", n=len(asked) + 1, m=MAX_FILES)
            break
        if wanted not in asked:
            asked.add(wanted)
            loader.load(*wanted)
    return tuple(loader.found.values())


class Declarations:
    """The global declarations of some files: by kind, namespace and name."""

    def __init__(self, files: tuple[XsdFile, ...]) -> None:
        self.files = files
        self._exact: dict[tuple[str, str, str], list[Element]] = {}
        self._by_name: dict[tuple[str, str], list[Element]] = {}
        self._spaces = {file.top: file.namespace for file in files}
        for file in files:
            for child in children(file.top):
                # A redefinition stands before what it redefines: its file is loaded first.
                for each in children(child) if local(child) == "redefine" else (child,):
                    self._declare(file.namespace, each)

    def _declare(self, namespace: str, element: Element) -> None:
        name = element.get("name")
        if name:
            self._exact.setdefault((local(element), namespace, name), []).append(element)
            self._by_name.setdefault((local(element), name), []).append(element)

    def namespace(self, element: Element) -> str:
        """Target namespace of the file in which an element stands."""
        return self._spaces.get(element.getroottree().getroot(), "")

    def get(self, kind: str, qualified: str | None, asking: Element) -> Element | None:
        """What a name means where it is written; a name in a namespace that nobody declares, whatever has it."""
        prefix, name = prefixed(qualified)
        namespace = asking.nsmap.get(prefix)
        if namespace == _NAMESPACE:
            return None
        own = self.namespace(asking) if namespace is None and prefix is None else namespace or ""
        found = self._exact.get((kind, own, name)) or self._by_name.get((kind, name)) or []
        return next((each for each in found if not _is_redefined_by(each, asking)), None)


def _is_redefined_by(declaration: Element, asking: Element) -> bool:
    """Inside of a redefinition its own name means what it redefines."""
    parent = declaration.getparent()
    if parent is None or local(parent) != "redefine" or local(asking) == "element":
        return False
    return any(each is declaration for each in asking.iterancestors())

"""Safe XML: the only module that calls lxml's parser (BPMN, policies, XSD, form data).

Rules: security rules §10.2, app folder rules §1.4 and §1.5. The text is decoded here and measured in one linear pass
before libxml2 sees it, so that hostile documents are refused early and findings know line and column. Refused are
other encodings than UTF-8 and UTF-16 with a byte order mark (`DG1002`), documents beyond a limit (`DG1003`), XML
that is not well-formed (`DG1005`), every DOCTYPE, entity reference and XInclude (`DG1006`). With entities unresolved
lxml drops their text silently: tolerance would lose content.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity, Diags

Element: TypeAlias = etree._Element  # pyright: ignore[reportPrivateUsage]  (lxml has no public name for it)
"""An element of a tree read here. Comments are kept: iterate with `element.iterchildren("*")`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Largest values accepted. `max_name`: characters of a name and of the attributes listed in `naming`."""

    max_bytes: int
    max_depth: int = 100
    max_elements: int = 5_000
    max_attributes: int = 200
    max_name: int = 255
    naming: frozenset[str] = frozenset()


BPMN_LIMITS = Limits(max_bytes=1 << 20, naming=frozenset({"id", "name"}))
POLICY_LIMITS = Limits(max_bytes=1 << 20, naming=frozenset({"PolicyId", "RuleId"}))


def FORM_LIMITS(max_bytes: int) -> Limits:  # noqa: N802 (one of the three constants, open in one number)
    """Limits of form data; `max_bytes` is the data type's own, at most 10 MiB."""
    return Limits(max_bytes=min(max_bytes, 10 << 20), max_elements=200_000)


_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARATION = re.compile(r"<\?xml\s[^>]*?\?>")
_VISIBLE = re.compile(r"[^\n]")
_ENCODING = re.compile(r"""\sencoding\s*=\s*["']([^"']*)["']""")
_ACCEPTED = {"utf-8": ("utf-8", "utf8"), "utf-16-le": ("utf-16", "utf-16le"), "utf-16-be": ("utf-16", "utf-16be")}
# One byte, one ASCII character: a document that holds ASCII only is the same text in each of them and in UTF-8.
_ASCII_SUPERSETS = frozenset({"us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})
# Possessive and with optional ends, so that no input makes the scan go over the same text twice. What this pattern
# sees is exact for a well-formed document; any other document is refused by libxml2 afterwards.
_MARKUP = re.compile(
    r"""(?:<!--(?:.*?-->|.*+)|<!\[CDATA\[(?:.*?\]\]>|.*+)|<\?(?:.*?\?>|.*+))++"""
    r"""|<(?:(?P<declaration>!)|(?P<end>/)"""
    r"""|(?P<start>[^<>"']*+(?:"[^"<]*+"[^<>"']*+|'[^'<]*+'[^<>"']*+)*+)>?)""",
    re.DOTALL,
)
# Asked for where the one before ended, never searched for: a search would begin again at every letter of a long name.
_ATTRIBUTE = re.compile(r"""\s++([^\s=<>"'/]++)\s*+=\s*+("[^"]*+"|'[^']*+')""")
_BEGINNING = 5_000
_TAG_NAME = re.compile(r"[^\s/]*+")
_REFERENCE = re.compile(r"&[^;&]*+;")
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_HINTS = {
    "DG1002": "save the file as UTF-8",
    "DG1003": "split the file or raise the limit",
    "DG1005": "correct the XML",
    "DG1006": "remove it",
}
_CODE_OF_ERROR: Mapping[int, str] = {
    int(etree.ErrorTypes.ERR_UNDECLARED_ENTITY): "DG1006",
    int(etree.ErrorTypes.WAR_UNDECLARED_ENTITY): "DG1006",
    int(etree.ErrorTypes.ERR_RESOURCE_LIMIT): "DG1003",
    int(etree.ErrorTypes.ERR_NAME_TOO_LONG): "DG1003",
}
_PLACE_IN_MESSAGE = re.compile(r",? line \d+, column \d+\Z")


@dataclass(frozen=True, slots=True)
class _Finding:
    code: str
    message: str
    line: int | None = None
    column: int | None = None

    def named(self, file: str) -> Diagnostic:
        return Diagnostic(
            code=self.code,
            severity=DiagnosticSeverity.ERROR,
            message=self.message,
            file=file,
            line=self.line,
            column=self.column,
            hint=_HINTS[self.code],
        )


def _at(text: str, offset: int, code: str, message: str) -> _Finding:
    line = text.count("\n", 0, offset) + 1
    return _Finding(code, message, line, offset - text.rfind("\n", 0, offset))


def _limit(what: str, count: int, limit: int) -> str:
    return f"{what} is {count}, limit {limit}"


def _decode(data: bytes) -> str | _Finding:
    """The text without byte order mark and with its XML declaration blanked (places stay the same)."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        place = len(mark) + error.start
        return _Finding("DG1002", f"cannot decode at byte {place}", data.count(b"\n", 0, place) + 1)
    declaration = _DECLARATION.match(text)
    if declaration is None:
        return text
    declared = _ENCODING.search(declaration.group())
    name = declared.group(1).lower() if declared else "utf-8"
    if name not in _ACCEPTED[encoding] and not (data.isascii() and name in _ASCII_SUPERSETS):
        message = f"expected UTF-8, or UTF-16 with a byte order mark, but the encoding {name[:40]!r} is declared"
        return _at(text, declaration.start(), "DG1002", message)
    return _VISIBLE.sub(" ", declaration.group()) + text[declaration.end() :]


def _long_tag(tag: str, limits: Limits) -> str | None:
    """What is wrong with one start tag; only tags longer than a name may be can break a limit."""
    end = _end(_TAG_NAME.match(tag))
    if end > limits.max_name:
        return f"an element name is longer than {limits.max_name} characters"
    count = 0
    while attribute := _ATTRIBUTE.match(tag, end):
        name, value = attribute.groups()
        count, end = count + 1, attribute.end()
        if count > limits.max_attributes:
            return f"an element has more than {limits.max_attributes} attributes"
        if len(name) > limits.max_name:
            return f"an attribute name is longer than {limits.max_name} characters"
        if name in limits.naming and len(_REFERENCE.sub("x", value)) - 2 > limits.max_name:
            return f'the attribute "{name}" is longer than {limits.max_name} characters'
    return None


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0


def _is_small(text: str, limits: Limits) -> bool:
    """True for a text that breaks no limit if it is well-formed, which only libxml2 knows.

    It has no comments and the like, few tags, none of them longer than a name may be. Of elements that lie in each
    other every one but the innermost has an end tag of its own.
    """
    brackets = text.count("<")
    if brackets > limits.max_elements + limits.max_depth or not _has_only_tags(text):
        return False
    ends = text.count("</")
    if ends >= limits.max_depth or brackets - ends > limits.max_elements:
        return False
    return max(map(len, text.split("<"))) <= limits.max_name


def _has_only_tags(text: str) -> bool:
    """True without comments and the like. One character is looked for many times as fast as two."""
    return not any(mark in text and f"<{mark}" in text for mark in "!?")


def _oversized(text: str, limits: Limits) -> _Finding | None:
    """The first limit that is broken, or the first DOCTYPE, in document order."""
    if not _has_only_tags(text):
        return _scanned(text, limits)
    try:
        return _counted(text, limits)
    except _NotPlain:
        return _scanned(text, limits)


class _NotPlain(Exception):
    """A tag whose end is not the first ">" for sure; raised and caught in this module."""


def _counted(text: str, limits: Limits) -> _Finding | None:
    """As `_scanned`, for texts without comments and the like, and several times as fast.

    Of a text with too many elements only the beginning is looked at: another limit may be broken there before.
    """
    brackets = text.count("<")
    # An element has two tags at most.
    has_too_many = brackets > 2 * limits.max_elements or brackets - text.count("</") > limits.max_elements
    looked_at = min(limits.max_elements, _BEGINNING) if has_too_many else limits.max_elements
    depth = elements = 0
    tags = text.split("<", 2 * looked_at + 2)
    for number, tag in enumerate(tags[1:]):
        if tag.startswith("/"):
            depth -= 1
            continue
        head = _head(tag)
        elements += 1
        depth += 1
        problem = _long_tag(head, limits) if len(head) > limits.max_name else None
        problem = _beyond(depth, elements, limits) or problem
        if problem:
            return _at(text, sum(map(len, tags[: number + 1])) + number, "DG1003", problem)
        depth -= head.endswith("/")
    # Without a place: it would take longer to find than all the rest.
    return _Finding("DG1003", _beyond(0, limits.max_elements + 1, limits) or "") if has_too_many else None


def _head(tag: str) -> str:
    """The tag without what follows it."""
    head = tag.partition(">")[0]
    if '"' in head or "'" in head:
        double, single = head.count('"'), head.count("'")
        if double % 2 or single % 2 or (double and single):
            raise _NotPlain
    return head


def _beyond(depth: int, elements: int, limits: Limits) -> str | None:
    if elements > limits.max_elements:
        return _limit("number of elements", elements, limits.max_elements)
    return _limit("depth", depth, limits.max_depth) if depth > limits.max_depth else None


def _scanned(text: str, limits: Limits) -> _Finding | None:
    depth = elements = 0
    for match in _MARKUP.finditer(text):
        kind = match.lastgroup
        if kind == "end":
            depth -= 1
        elif kind == "declaration":
            return _at(text, match.start(), "DG1006", "expected no DOCTYPE or entity declaration, but there is one")
        elif kind == "start":
            elements += 1
            depth += 1
            tag = match.group("start")
            problem = _long_tag(tag, limits) if len(tag) > limits.max_name else None
            problem = _beyond(depth, elements, limits) or problem
            if problem:
                return _at(text, match.start(), "DG1003", problem)
            depth -= tag.endswith("/")
    return None


def _parser() -> "etree.XMLParser[Element]":
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
        recover=False,
        collect_ids=False,
    )


def _forbidden(root: Element) -> Iterator[_Finding]:
    """What must never be in a tree, looked for a second time in the tree itself."""
    if root.getroottree().docinfo.internalDTD is not None:
        yield _Finding("DG1006", "expected no DOCTYPE, but there is one", 1)
    for entity in root.iter(etree.Entity):
        yield _Finding("DG1006", "expected no entity reference, but there is one", entity.sourceline)
    for include in root.iter(f"{{{_XINCLUDE}}}*"):
        yield _Finding("DG1006", "expected no XInclude, but there is one", include.sourceline)


def _tree(text: str, limits: Limits) -> Element | _Finding:
    is_small = _is_small(text, limits)
    finding = None if is_small else _oversized(text, limits)
    if finding is not None:
        return finding
    try:
        root = etree.fromstring(text.encode("utf-8"), _parser())
    except etree.XMLSyntaxError as error:
        if is_small and (finding := _oversized(text, limits)):
            return finding
        line, column = error.position
        message = _PLACE_IN_MESSAGE.sub("", str(error.msg)).strip()
        return _Finding(_CODE_OF_ERROR.get(int(error.code), "DG1005"), message, line or None, column or None)
    return next(_forbidden(root), root)


def parse(data: bytes, *, file: str, limits: Limits = BPMN_LIMITS) -> "Element | Diags":
    """The root element, or the one finding that made the document be refused, named after `file`.

    Never resolves, includes or fetches anything, never raises on bad input.
    """
    if len(data) > limits.max_bytes:
        return (_Finding("DG1003", _limit("size in bytes", len(data), limits.max_bytes)).named(file),)
    text = _decode(data)
    result = text if isinstance(text, _Finding) else _tree(text, limits)
    return (result.named(file),) if isinstance(result, _Finding) else result


class _Answers(etree.Resolver):
    """Gives the compiler of schemas the documents it may have, and nothing for any other address."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        super().__init__()
        self._documents = documents

    def resolve(self, system_url: str | None, public_id: str | None, context: object):
        """Called by the library for everything that it would open."""
        document = self._documents.get(system_url or "")
        if document is None:
            return self.resolve_empty(context)
        return self.resolve_string(document, context, base_url=system_url)


def compile_schema(documents: Mapping[str, Element], main: str) -> "etree.XMLSchema | str":
    """Compiles an XSD of documents that were read here, given by the addresses they name each other by.

    What is wrong with it is a text. Nothing but these documents is read, whatever else they ask for.
    """
    texts = {address: etree.tostring(top) for address, top in documents.items()}
    parser = _parser()
    parser.resolvers.add(_Answers(texts))
    try:
        return etree.XMLSchema(etree.fromstring(texts[main], parser, base_url=main))
    except etree.LxmlError as error:
        return str(error).partition("\n")[0]

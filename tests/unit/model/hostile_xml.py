"""XML that wants to read files, call out, or take all time and memory: one catalogue for tests and benchmark."""

from collections.abc import Mapping
from dataclasses import dataclass

from dialog_graph.model.safe_xml import BPMN_LIMITS, FORM_LIMITS, Limits

XINCLUDE = "http://www.w3.org/2001/XInclude"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A document, the code it is refused with, and the limits it is read with."""

    data: bytes
    code: str
    limits: Limits = BPMN_LIMITS


def _laughs(declared: str = "") -> str:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    return f'{declared}<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a>&e29;</a>'


def _doctype(rest: str, body: str = "<a/>") -> Hostile:
    return Hostile(data=f"<!DOCTYPE a {rest}>{body}".encode(), code="DG1006")


def _filled(start: str, part: str, size: int = MIB - 100) -> bytes:
    """A text of nearly a mebibyte: the beginning, and the part again and again."""
    return (start + part * ((size - len(start)) // len(part))).encode()


def _declared(name: str, data: bytes) -> Hostile:
    return Hostile(data=f'<?xml version="1.0" encoding="{name}"?>'.encode() + data, code="DG1002")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16")


_DOUBLING = "".join(f'<!ENTITY % p{n} "%p{n - 1};%p{n - 1};">' for n in range(1, 40))
ENTITIES: Mapping[str, Hostile] = {
    "billion laughs": Hostile(data=_laughs().encode(), code="DG1006"),
    "billion laughs in UTF-16": Hostile(data=_utf16(_laughs('<?xml version="1.0" encoding="UTF-16"?>')), code="DG1006"),
    "one large entity many times": _doctype(f'[<!ENTITY e "{"x" * 100_000}">]', f"<a>{'&e;' * 100_000}</a>"),
    "external entity: a file": _doctype('[<!ENTITY e SYSTEM "file:///etc/hostname">]', "<a>&e;</a>"),
    "external entity: an address": _doctype('[<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]', "<a>&e;</a>"),
    "external entity: a device": _doctype('[<!ENTITY e SYSTEM "file:///dev/zero">]', "<a>&e;</a>"),
    "parameter entity": _doctype('[<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]'),
    "parameter entities that double": _doctype(f"[{_DOUBLING}%p39;]"),
    "external subset": _doctype('SYSTEM "file:///etc/hostname"'),
    "public subset": _doctype('PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:9/x.dtd"'),
    "attribute defaults": _doctype('[<!ATTLIST a b CDATA "x">]'),
    "a document type behind comments": Hostile(data=b"<!-- c --><?pi?>\n<!DOCTYPE a><a/>", code="DG1006"),
    "a document type in lower case": Hostile(data=b"<!doctype a><a/>", code="DG1006"),
    "an entity that nobody declares": Hostile(data=b"<a>&outside;</a>", code="DG1006"),
    "an entity in an attribute": Hostile(data=b'<a b="&outside;"/>', code="DG1006"),
}


def _including(text: str) -> Hostile:
    return Hostile(data=text.encode(), code="DG1006")


INCLUSIONS: Mapping[str, Hostile] = {
    "XInclude": _including(f'<a xmlns:x="{XINCLUDE}"><x:include href="file:///etc/hostname"/></a>'),
    "XInclude as the default namespace": _including(f'<include xmlns="{XINCLUDE}" href="b.xml"/>'),
    "XInclude spelt with references": _including(f'<a xmlns:x="{XINCLUDE[:-3]}&#117;de"><x:fallback/></a>'),
    "XInclude deep inside": _including(f'{"<a>" * 90}<x:include xmlns:x="{XINCLUDE}"/>{"</a>" * 90}'),
}
ENCODINGS: Mapping[str, Hostile] = {
    "declared as UTF-7": _declared("utf-7", b"<a>+ADwAIQ-DOCTYPE</a>"),
    "a mark of UTF-7": Hostile(data=b"+/v8-<a/>", code="DG1005"),
    "declared as EBCDIC": _declared("cp037", "<a/>".encode("cp037")),
    "declared as UTF-32": _declared("utf-32", b"<a/>"),
    "in UTF-32": Hostile(data=_laughs().encode("utf-32"), code="DG1005"),
    "in UTF-16 without a mark": Hostile(data=_laughs().encode("utf-16-le"), code="DG1005"),
    "UTF-16 declared as UTF-8": Hostile(data=_utf16('<?xml version="1.0" encoding="UTF-8"?><a/>'), code="DG1002"),
    "UTF-8 declared as UTF-16": _declared("utf-16", b"<a/>"),
    "half of a pair in UTF-16": Hostile(data=b"\xff\xfe<\x00a\x00>\x00\x00\xd8<\x00/\x00a\x00>\x00", code="DG1002"),
    "too long a form of a letter": Hostile(data=b"\xc0\xbca\xc0\xbe", code="DG1002"),
    "declared by a name of 10 000 letters": _declared("x" * 10_000, b"<a/>"),
}
SIZES: Mapping[str, Hostile] = {
    "nested for a mebibyte": Hostile(data=_filled("", "<a>"), code="DG1003"),
    "nested and closed": Hostile(data=b"<a>" * 140_000 + b"</a>" * 140_000, code="DG1003"),
    "elements for a mebibyte": Hostile(data=_filled("<r>", "<a/>"), code="DG1003"),
    "elements of form data": Hostile(data=_filled("<r>", "<a/>", 8 * MIB), code="DG1003", limits=FORM_LIMITS(10 * MIB)),
    "attributes for a mebibyte": Hostile(data=_filled("<a", ' a="x"'), code="DG1003"),
    "namespaces for a mebibyte": Hostile(data=_filled("<a", ' xmlns:a="u:x"'), code="DG1003"),
    "an attribute name of a mebibyte": Hostile(data=_filled("<a b", "b"), code="DG1003"),
    "an element name of a mebibyte": Hostile(data=_filled("<a", "a") + b"/>", code="DG1003"),
    "an id of a mebibyte": Hostile(data=_filled('<a id="', "x") + b'"/>', code="DG1003"),
    "an attribute beyond the size": Hostile(data=_filled('<a b="', "x", 40 * MIB) + b'"/>', code="DG1003"),
}
SHAPES: Mapping[str, Hostile] = {
    "only opening brackets": Hostile(data=_filled("", "<"), code="DG1003"),
    "only quotation marks": Hostile(data=_filled("<a ", '"'), code="DG1005"),
    "quotation marks of two kinds": Hostile(data=_filled("<a ", "\"'"), code="DG1005"),
    "a comment without an end": Hostile(data=_filled("<!--", "-"), code="DG1005"),
    "comments that never close": Hostile(data=_filled("<a>", "<!-- "), code="DG1005"),
    "character data without an end": Hostile(data=_filled("<a><![CDATA[", "]]"), code="DG1005"),
    "an instruction without an end": Hostile(data=_filled("<?pi ", "?"), code="DG1005"),
    "instructions for a mebibyte, and no end": Hostile(data=_filled("<a>", "<?p?>"), code="DG1005"),
    "a second declaration": Hostile(data=b'<?xml version="1.0"?><a/><?xml version="1.0"?>', code="DG1005"),
    "an attribute twice, 4 000 times": Hostile(data=_filled("<r>", "<a b='1' b='2'/>", 60_000), code="DG1005"),
    "unfinished references for a mebibyte": Hostile(data=_filled('<a id="', "&") + b'"/>', code="DG1003"),
    "references to no character": Hostile(data=_filled("<a>", "&#0;"), code="DG1005"),
    "a reference of a mebibyte": Hostile(data=_filled("<a>&#", "9") + b";</a>", code="DG1005"),
}
HOSTILE: Mapping[str, Hostile] = {**ENTITIES, **INCLUSIONS, **ENCODINGS, **SIZES, **SHAPES}
"""Every document by its name."""

HARMLESS: Mapping[str, bytes] = {
    "a style sheet": b'<?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?><a/>',
    "a place of schemas": f'<a xmlns:i="{INSTANCE}" i:schemaLocation="u http://127.0.0.1:9/x.xsd"/>'.encode(),
    "instructions for half a mebibyte": b"<a>" + b"<?p x?>" * 75_000 + b"</a>",
    "a base address": b'<a xml:base="http://127.0.0.1:9/"/>',
}
"""What is read, and never followed."""

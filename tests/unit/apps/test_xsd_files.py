"""XSDs of several files: shapes, XML and validation over all of them; nothing outside of `models/` is ever opened."""

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from dialog_graph.apps import AppVersion, Files, read_folder
from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.contents.shapes import Kind, Place
from dialog_graph.apps.form_data.documents import read_wire, wire
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.readers.xsd_cost import MAX_COST, cost
from dialog_graph.apps.readers.xsd_files import MAX_FILES, Declarations, read_files
from dialog_graph.apps.readers.xsd_shapes import MAX_FIELDS, read_xsd
from dialog_graph.apps.validation.xsd_validation import with_validators, xsd_issues
from dialog_graph.model import safe_xml
from dialog_graph.model.json_value import Json
from dialog_graph.urns import AppId
from tests.unit.apps.sample import SCHEMA, findings, form, loaded

XS = "http://www.w3.org/2001/XMLSchema"
ON = {"appsettings.json": {"AppSettings": {"XsdValidation": True}}, SCHEMA: None}


def schema(body: str, **attributes: str) -> str:
    """A schema document; `a` and `c` are the prefixes of its namespaces."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<s:schema xmlns:s="{XS}" xmlns:a="urn:a" xmlns:c="urn:c"{written}>{body}</s:schema>'


def type_of(name: str, particles: str, base: str = "") -> str:
    """A complex type of a sequence, that of an extension when there is a base."""
    content = f"<s:sequence>{particles}</s:sequence>"
    if base:
        content = f'<s:complexContent><s:extension base="{base}">{content}</s:extension></s:complexContent>'
    return f'<s:complexType name="{name}">{content}</s:complexType>'.replace(' name=""', "")


def field(name: str, type_: str = "s:int") -> str:
    return f'<s:element name="{name}" type="{type_}"/>'


def form_of(particles: str) -> str:
    """The global element `form` with a sequence."""
    return f'<s:element name="form">{type_of("", particles)}</s:element>'


def models(**bodies: str) -> dict[str, Any]:
    """Changes of the sample: `model` is models/model.xsd, `parts_name` models/parts/name.xsd."""
    return {f"models/{name.replace('_', '/')}.xsd": text for name, text in bodies.items()}


MAIN = schema(
    '<s:include schemaLocation="parts/name.xsd"/><s:import namespace="urn:c" schemaLocation="./parts/c.xsd"/>'
    '<s:element name="form"><s:complexType><s:sequence><s:element name="who" type="a:Name"/>'
    '<s:element ref="c:place" minOccurs="0" maxOccurs="3"/><s:element name="last" type="s:int" minOccurs="0"/>'
    "</s:sequence></s:complexType></s:element>",
    targetNamespace="urn:a",
    elementFormDefault="qualified",
)
NAME = schema(
    '<s:include schemaLocation="../model.xsd"/><s:complexType name="Name"><s:sequence>'
    '<s:element name="first" type="Short" form="qualified"/></s:sequence></s:complexType><s:simpleType name="Short">'
    '<s:restriction base="s:string"><s:maxLength value="5"/></s:restriction></s:simpleType>'
)
PLACE = schema(
    '<s:import namespace="urn:a" schemaLocation="../model.xsd"/><s:element name="place"><s:complexType><s:sequence>'
    '<s:element name="city" type="s:string"/><s:element ref="a:form" minOccurs="0"/></s:sequence>'
    '<s:attribute name="code" type="s:int"/></s:complexType></s:element>',
    targetNamespace="urn:c",
)
WHOLE = models(model=MAIN, parts_name=NAME, parts_c=PLACE)
DOCUMENT: Json = {"who": {"first": "Åse"}, "place": [{"code": 1, "city": "Bø"}, {"city": "Ås"}], "last": 7}


def lines_of(version: AppVersion, xml: bytes) -> list[int]:
    """The lines that the XSD of the model does not allow."""
    issues = xsd_issues(version.models["xml"], form({}, "xml", 2, xml=xml), 1 << 20)
    return [int("".join(filter(str.isdigit, issue.message["en"]))) for issue in issues]


def test_the_shape_goes_over_all_files_in_a_circle_too() -> None:
    shape = loaded({**WHOLE, SCHEMA: None}).models["xml"].shape

    place = shape.members["place"]
    assert list(shape.members) == ["who", "place", "last"]
    assert (shape.members["who"].members["first"].kind, shape.members["last"].kind) == (Kind.STRING, Kind.INTEGER)
    assert (place.kind, list(place.row.members)) == (Kind.ARRAY, ["city", "form", "code"])
    assert place.row.members["code"].place is Place.ATTRIBUTE
    assert place.row.members["form"] is shape
    assert (shape.namespaces, place.row.namespaces) == ({"place": "urn:c"}, {"city": ""})


def test_the_xml_stands_in_the_namespaces_of_its_files_and_is_valid() -> None:
    version = loaded({**WHOLE, **ON})

    _, xml = wire(version, "xml", DOCUMENT)

    assert xml is not None
    assert xml.decode().partition("?>")[2] == (
        '<form xmlns="urn:a"><who><first>Åse</first></who>'
        '<place code="1" xmlns="urn:c"><city xmlns="">Bø</city></place>'
        '<place xmlns="urn:c"><city xmlns="">Ås</city></place><last>7</last></form>'
    ).replace('code="1" xmlns="urn:c"', 'xmlns="urn:c" code="1"')
    assert lines_of(version, xml) == []
    assert read_wire(version, "xml", "application/xml", xml) == DOCUMENT


@pytest.mark.parametrize(
    ("old", "new"),
    [("Åse", "Margrethe"), ("<last>7", "<last>x"), ('code="1"', 'code="x"'), ("city", "town"), ("urn:c", "urn:d")],
)
def test_every_file_checks_its_part(old: str, new: str) -> None:
    version = loaded({**WHOLE, **ON})
    _, xml = wire(version, "xml", DOCUMENT)
    assert xml is not None

    assert lines_of(version, xml.decode().replace("?>", "?>\n").replace(old, new).encode()) == [2]


def test_a_file_without_a_namespace_takes_that_of_each_who_includes_it() -> None:
    part = schema(field("x") + type_of("T", '<s:element ref="x"/>'))
    other = schema('<s:include schemaLocation="part.xsd"/>', targetNamespace="urn:c")
    main = schema(
        '<s:include schemaLocation="part.xsd"/><s:import namespace="urn:c" schemaLocation="c.xsd"/>'
        + form_of(f'<s:element ref="a:x"/>{field("t", "c:T")}'),
        targetNamespace="urn:a",
    )
    version = loaded({**models(model=main, part=part, c=other), **ON})

    _, xml = wire(version, "xml", {"x": 1, "t": {"x": 2}})

    assert xml is not None
    assert lines_of(version, xml) == []
    root = etree.fromstring(xml)
    assert [str(each.tag) for each in root.iter("*")] == ["{urn:a}form", "{urn:a}x", "t", "{urn:c}x"]


def test_a_redefinition_has_what_it_redefines_and_more() -> None:
    main = schema(
        f'<s:redefine schemaLocation="part.xsd">{type_of("T", field("more"), "T")}</s:redefine>{field("form", "T")}'
    )
    version = loaded({**models(model=main, part=schema(type_of("T", field("old")))), **ON})

    assert list(version.models["xml"].shape.members) == ["old", "more"]
    assert lines_of(version, b"<form><old>1</old><more>2</more></form>") == []
    assert lines_of(version, b"<form><old>1</old></form>") == [1]


def test_a_type_of_the_app_may_bear_a_name_of_the_standard() -> None:
    main = schema(type_of("string", field("x", "s:string")) + field("form", "string"))
    shape = loaded({**models(model=main), SCHEMA: None}).models["xml"].shape

    assert shape.members["x"].kind is Kind.STRING


LEAVES = [
    "http://127.0.0.1:9/x.xsd",
    "https://example.com/x.xsd",
    "file:///etc/hostname",
    "/etc/hostname",
    "//host/x.xsd",
    "../config/applicationmetadata.json",
    "a/../../x.xsd",
    "..\\x.xsd",
    "%2e%2e/x.xsd",
    "C:x.xsd",
    "data:text/xml,x",
]


@pytest.mark.parametrize("element", ["include", "import", "redefine"])
@pytest.mark.parametrize("location", LEAVES)
def test_what_leaves_the_models_is_refused_and_never_asked_for(
    element: str, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(safe_xml._Answers, "resolve", lambda self, url, public, context: asked.append(url))  # pyright: ignore[reportPrivateUsage, reportUnknownLambdaType, reportUnknownArgumentType]  (the library's own way out)
    space = ' namespace="urn:z"' if element == "import" else ""
    main = schema(f'<s:{element} schemaLocation="{location}"{space}/>{field("form")}')

    found = findings({**models(model=main), **ON})

    assert [(item.code, item.line) for item in found if item.is_error] == [("DG1006", 1)]
    assert asked == []


def test_a_file_that_is_not_there_is_told_and_the_rest_is_read() -> None:
    changes = models(model=schema('\n<s:include schemaLocation="gone.xsd"/><s:element name="form" type="s:int"/>'))
    version = loaded({**changes, SCHEMA: None})

    assert [(item.code, item.line) for item in version.diagnostics if item.code == "DG5002"] == [("DG5002", 2)]
    assert version.models["xml"].root_name == "form"


@pytest.mark.parametrize(
    ("text", "code"),
    [("<s:schema", "DG1005"), ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>', "DG1006")],
)
def test_what_is_wrong_with_an_included_file_stands_at_that_file(text: str, code: str) -> None:
    main = schema(f'<s:include schemaLocation="part.xsd"/>{field("form")}')

    found = findings({**models(model=main, part=text), **ON})

    assert (code, "models/part.xsd") in {(item.code, item.file) for item in found}


def chain(length: int) -> dict[str, Any]:
    """Files that each include the next; the last includes the first."""
    text = '<s:simpleType name="T{}"><s:restriction base="s:string"/></s:simpleType>'
    parts = {
        f"p{n}": schema(f'<s:include schemaLocation="p{(n + 1) % length}.xsd"/>' + text.format(n))
        for n in range(length)
    }
    return models(model=schema(f'<s:include schemaLocation="p0.xsd"/>{field("form", "T1")}'), **parts)


def test_a_long_circle_of_files_ends_and_a_longer_one_is_too_much() -> None:
    version = loaded({**chain(MAX_FILES - 1), **ON})
    assert lines_of(version, b"<form>x</form>") == []

    too_many = [item.message for item in findings({**chain(MAX_FILES), **ON}) if item.code == "DG1003"]
    assert too_many == [f"number of files of one XSD is {MAX_FILES + 1}, limit {MAX_FILES}"]


# --- XSDs that would take for ever


def laughs(depth: int) -> str:
    """Groups that each name the next one twice: 2^depth elements."""
    group = '<s:group name="g{}"><s:sequence>{}</s:sequence></s:group>'
    groups = "".join(group.format(n, f'<s:group ref="g{n + 1}"/>' * 2) for n in range(depth))
    return schema(groups + group.format(depth, '<s:element name="e"/>') + form_of('<s:group ref="g0"/>'))


def nested(depth: int) -> str:
    """Sequences inside of each other, each with a number of times."""
    body = '<s:element name="e"/>'
    for number in range(depth):
        more = f'<s:element name="x{number}" minOccurs="0"/>'
        body = f'<s:sequence minOccurs="0" maxOccurs="500">{body}{more}</s:sequence>'
    return schema(form_of(body))


def optional(count: int) -> str:
    return schema(form_of("".join(f'<s:element name="x{number}" minOccurs="0"/>' for number in range(count))))


def pattern(value: str) -> str:
    kind = f'<s:simpleType><s:restriction base="s:string"><s:pattern value="{value}"/></s:restriction></s:simpleType>'
    return schema(f'<s:element name="form">{kind}</s:element>')


HOSTILE = {
    "groups that double": laughs(45),
    "a group in itself": laughs(3).replace('<s:element name="e"/>', '<s:group ref="g0"/><s:element name="e"/>'),
    "nested numbers": nested(40),
    "two thousand optional": optional(2_000),
    "a long pattern": pattern("a?" * 2_000),
    "types that extend themselves": schema(type_of("T", "", "T") + field("form", "T")),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_an_xsd_that_would_take_for_ever_is_refused_unread(name: str) -> None:
    found = findings({**models(model=HOSTILE[name]), **ON})

    assert {item.code for item in found if item.is_error} == {"DG5002"}


def test_what_is_too_large_to_validate_with_still_gives_the_shape() -> None:
    version = loaded({**models(model=laughs(45)), SCHEMA: None})

    assert list(version.models["xml"].shape.members) == ["e"]


def test_the_cost_counts_what_the_compiler_sees() -> None:
    def parts(text: str) -> int:
        files = Files(contents={"models/m.xsd": text.encode()}, place=AppId("ttd", "a"))
        return cost(Declarations(read_files(files, "models/m.xsd", Findings())))

    assert (parts(optional(10)), parts(laughs(4)), parts(pattern("a?b*c"))) == (10**3, 16**3, 2**3)
    assert parts(nested(2)) == ((1 + 1) * 3 + 1) ** 3 * 27
    assert parts(optional(1_000)) == MAX_COST < parts(optional(1_001))


def test_a_group_named_by_very_many_types_is_counted_in_each() -> None:
    fields = "".join(f'<s:element name="f{number}"/>' for number in range(1_000))
    named = '<s:element name="t{}"><s:complexType><s:group ref="g"/></s:complexType></s:element>'
    types = "".join(named.format(number) for number in range(100))
    main = schema(f'<s:group name="g"><s:sequence>{fields}</s:sequence></s:group>{form_of(types)}')
    found = Findings()
    read_xsd(Files(contents={"models/m.xsd": main.encode()}, place=AppId("ttd", "a")), "models/m.xsd", found)

    assert [item.message for item in found.items] == [
        f"number of fields of one XSD is {MAX_FIELDS + 1}, limit {MAX_FIELDS}"
    ]


def test_a_value_that_the_library_gives_up_on_has_not_passed() -> None:
    version = loaded({**models(model=pattern("(x+x+)+y")), **ON})

    assert lines_of(version, b"<form>xxy</form>") == []
    assert lines_of(version, b"<form>" + b"x" * 60 + b"</form>") == [1]


def test_every_xsd_of_the_corpus_compiles(shared_dir: Path) -> None:
    compiled = 0
    for app in sorted((shared_dir / "corpus/apps").iterdir()):
        files = read_folder(app)
        if not isinstance(files, Files):
            continue
        found = Findings()
        wanted = {path: Model(root_name="", xsd_file=path) for path in files.matching("models/", ".xsd")}
        assert all(read_xsd(files, path, found) for path in wanted)
        assert all(model.xsd is not None for model in with_validators(files, wanted, found).values())
        assert found.items == []
        compiled += len(wanted)
    assert compiled == 13

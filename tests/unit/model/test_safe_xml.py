"""Which XML is read, and how hostile XML is refused before it can do harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dialog_graph.model import safe_xml
from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.model.safe_xml import BPMN_LIMITS, FORM_LIMITS, POLICY_LIMITS, Element, Limits


def tree(data: str | bytes, limits: Limits = BPMN_LIMITS) -> Element:
    answer = safe_xml.parse(data.encode() if isinstance(data, str) else data, file="a.xml", limits=limits)
    assert not isinstance(answer, tuple), answer
    return answer


def refused(data: str | bytes, limits: Limits = BPMN_LIMITS) -> Diagnostic:
    answer = safe_xml.parse(data.encode() if isinstance(data, str) else data, file="a.xml", limits=limits)
    assert isinstance(answer, tuple)
    (finding,) = answer
    assert finding.file == "a.xml"
    assert finding.is_error
    return finding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf8_and_utf16_are_read_with_and_without_declaration(encoding: str) -> None:
    declared = encoding.removesuffix("-sig").upper()
    for head in ("", f'<?xml version="1.0" encoding="{declared}"?>\n'):
        assert tree((head + "<a>blåbær</a>").encode(encoding)).text == "blåbær"


@pytest.mark.parametrize("name", ["utf-7", "iso-8859-1", "cp037", "utf-32", "UTF-16"])
def test_other_declared_encodings_are_refused(name: str) -> None:
    finding = refused(f'<?xml version="1.0" encoding="{name}"?>\n<a>+ADw-æ</a>')
    assert (finding.code, finding.line) == ("DG1002", 1)


def test_ascii_under_the_name_of_an_older_superset_is_the_same_text() -> None:
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>'
    assert tree(head + "<a>b</a>").text == "b"
    assert refused((head + "<a>æ</a>").encode("iso-8859-1")).code == "DG1002"


def test_a_byte_that_cannot_be_decoded_is_told_by_number() -> None:
    finding = refused(b"<a>\n\xff</a>")
    assert (finding.code, finding.line, finding.message) == ("DG1002", 2, "cannot decode at byte 4")


def test_utf16_without_a_mark_is_refused() -> None:
    assert refused("<a/>".encode("utf-16-le")).code in {"DG1002", "DG1005"}


def test_places_count_in_the_original_text() -> None:
    finding = refused('\ufeff<?xml version="1.0"\n encoding="utf-8"?>\n<a>\n  <!DOCTYPE b>\n</a>')
    assert (finding.code, finding.line, finding.column) == ("DG1006", 4, 3)


LAUGHS = (
    '<!DOCTYPE a [<!ENTITY e0 "ha">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    + "]><a>&e29;</a>"
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        f'<!DOCTYPE a [<!ENTITY e "{"x" * 100_000}">]><a>{"&e;" * 100_000}</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<!-- c --><?pi?>\n<!DOCTYPE a><a/>",
        "<a>&outside;</a>",
        '<a b="&outside;"/>',
        '<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="b.xml"/></a>',
        '<a xmlns:x="http://www.w3.org/2001/XIncl&#117;de"><x:fallback/></a>',
    ],
)
def test_declarations_entities_and_inclusion_are_refused(text: str) -> None:
    finding = refused(text)
    assert finding.code == "DG1006"
    assert finding.line is not None


def test_what_only_looks_like_a_declaration_is_content() -> None:
    root = tree("<a b='!DOCTYPE>'><!-- <!DOCTYPE x> --><![CDATA[<!ENTITY>]]></a>")
    assert [child.tail for child in root] == ["<!ENTITY>"]


def test_the_tree_is_searched_a_second_time() -> None:
    unsafe = etree.XMLParser(resolve_entities=False)
    root = etree.fromstring(b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', unsafe)
    assert [finding.code for finding in safe_xml._forbidden(root)] == ["DG1006", "DG1006"]  # pyright: ignore[reportPrivateUsage]  (not reachable through parse: the first search refuses it)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a>" * 300_000, "depth is 101, limit 100"),
        ("<a>" * 101 + "</a>" * 101, "depth is 101, limit 100"),
        ("<r>" + "<a/>" * 200_000 + "</r>", "number of elements is 5001, limit 5000"),
        ("<r>" + "<a></a>" * 5_000 + "</r>", "number of elements is 5001, limit 5000"),
        ("<a " + " ".join(f'a{n}=""' for n in range(90_000)) + "/>", "more than 200 attributes"),
        (f"<{'a' * 256}/>", "element name is longer than 255"),
        (f'<a {"b" * 256}="1"/>', "attribute name is longer than 255"),
        (f'<a id="{"b" * 256}"/>', '"id" is longer than 255'),
        ("x" * ((1 << 20) + 1), "size in bytes is 1048577, limit 1048576"),
    ],
)
def test_a_limit_is_named_with_number_and_bound(text: str, message: str) -> None:
    finding = refused(text)
    assert finding.code == "DG1003"
    assert message in finding.message


def test_everything_at_its_limit_is_read() -> None:
    tree("<a>" * 100 + "</a>" * 100)
    tree("<r>" + "<a/>" * 4_999 + "</r>")
    tree("<a " + " ".join(f'a{n}=""' for n in range(200)) + "/>")
    tree(f'<{"a" * 255} id="{"&#65;" * 255}" text="{"x" * 5000}">{"x" * 500_000}</{"a" * 255}>')


def test_limits_differ_by_kind_of_document() -> None:
    long = "x" * 256
    assert refused(f'<P PolicyId="{long}"/>', POLICY_LIMITS).code == "DG1003"
    tree(f'<P id="{long}"/>', POLICY_LIMITS)
    tree("<r>" + "<a/>" * 6_000 + "</r>", FORM_LIMITS(1 << 20))
    assert FORM_LIMITS(1 << 30).max_bytes == 10 << 20
    assert refused("<r>" + "<a/>" * 200_000 + "</r>", FORM_LIMITS(1 << 30)).code == "DG1003"


@pytest.mark.parametrize(
    "text", ["", " \n", "<a><b></a>", "<x:a/>", "<a>&#0;</a>", '<a b="1" b="2"/>', "<a/><b/>", "a"]
)
def test_xml_that_is_not_well_formed_is_refused_with_its_place(text: str) -> None:
    finding = refused(text)
    assert (finding.code, finding.line is None) == ("DG1005", False)
    assert ", line" not in finding.message


@given(st.binary(max_size=300) | st.text(alphabet="<>/!?-[]CDAT&;='\" ax", max_size=80).map(str.encode))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    answer = safe_xml.parse(data, file="a.xml")
    assert answer if isinstance(answer, tuple) else answer.tag


names = st.sampled_from(["a", "b", "c"])
texts = st.text(alphabet="ax<>&\"'-!/[] æ", max_size=12)


def element(children: st.SearchStrategy[Element]) -> st.SearchStrategy[Element]:
    def build(parts: tuple[str, dict[str, str], str, list[Element]]) -> Element:
        name, attributes, text, inner = parts
        node = etree.Element(name, attributes)
        node.text = text
        for child in inner:
            child.tail = text
            node.append(child)
            node.append(etree.Comment("<x> <!DOCTYPE y"))
        return node

    return st.tuples(names, st.dictionaries(names, texts), texts, st.lists(children, max_size=3)).map(build)


@given(st.recursive(element(st.builds(etree.Element, names)), element, max_leaves=8))
def test_the_scan_counts_what_the_parser_sees(root: Element) -> None:
    """The first pass measures text; on every well-formed document it must agree with the tree."""
    data = etree.tostring(root, encoding="utf-8")
    elements = len(list(root.iter("*")))
    depth = max(len(list(node.iterancestors())) + 1 for node in root.iter("*"))
    exact = Limits(max_bytes=1 << 20, max_elements=elements, max_depth=depth)
    assert etree.tostring(tree(data, exact), method="c14n") == etree.tostring(root, method="c14n")
    assert refused(data, Limits(max_bytes=1 << 20, max_elements=elements - 1)).code == "DG1003"
    assert refused(data, Limits(max_bytes=1 << 20, max_depth=depth - 1)).code == "DG1003"


PIECES = ("<a>", "<a>", "</a>", "<a/>", "<b c='/>'>", "</b>", '<b c="</"/>', "/>", "<", "x", "<abcdef/>", "<!--<a>-->")
NARROW = Limits(max_bytes=1 << 10, max_elements=4, max_depth=3, max_name=12)


def outcome(data: bytes) -> bytes | tuple[str, str, int | None, int | None]:
    answer = safe_xml.parse(data, file="a.xml", limits=NARROW)
    if isinstance(answer, tuple):
        return answer[0].code, answer[0].message, answer[0].line, answer[0].column
    return etree.tostring(answer)


def outcomes_differ(data: bytes, small: bool) -> bool:
    """Whether another answer to the question "is it small?" gives another outcome."""

    def answered(text: str, limits: Limits) -> bool:
        return small

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(safe_xml, "_is_small", answered)
        other = outcome(data)
    return outcome(data) != other


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_a_text_that_is_not_measured_first_has_the_same_outcome(text: str) -> None:
    assert not outcomes_differ(text.encode(), small=False)
    assert not outcomes_differ(f"<a>{text}</a>".encode(), small=False)


@pytest.mark.parametrize("text", ["<a><a><a><a/></a></a></a>", "<a><b/><b/><b/><b/></a>", "<abcdefghijklm/>"])
def test_measuring_is_what_refuses_texts_beyond_a_limit(text: str) -> None:
    assert outcomes_differ(text.encode(), small=True)
    assert refused(text, NARROW).code == "DG1003"

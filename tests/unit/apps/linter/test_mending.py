"""`check --fix`: what is mended, how little is touched, and what is left to the author."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import Files
from dialog_graph.apps.diagnostics import FIXABLE
from dialog_graph.apps.linter import Mended, mend
from dialog_graph.apps.linter.fixes import FIXERS
from dialog_graph.apps.linter.report import CheckedApp, checked
from dialog_graph.urns import AppId
from tests.unit.apps.linter.examples import template
from tests.unit.apps.sample import METADATA, POLICY, PROCESS

TEXTS = "config/texts/resource.nn.json"
SIGNING = """<altinn:taskType>signing</altinn:taskType>
          <altinn:signatureConfig>
            <altinn:dataTypesToSign><altinn:dataType>form</altinn:dataType></altinn:dataTypesToSign>
            <altinn:signatureDataType>signature</altinn:signatureDataType>
          </altinn:signatureConfig>"""


def app(contents: Mapping[str, bytes]) -> CheckedApp:
    return checked(Path("apps/ttd/my-form"), Files(contents=contents, place=AppId("ttd", "my-form")), "development")


def changed(*changes: tuple[str, str, str]) -> dict[str, bytes]:
    """The template app with texts replaced: file, what stands there once, what stands there instead."""
    contents = template()
    for file, before, after in changes:
        text = contents[file].decode()
        assert text.count(before) == 1, (before, text.count(before))
        contents[file] = text.replace(before, after).encode()
    return contents


def mended(contents: Mapping[str, bytes]) -> Mended:
    found = mend(app(contents), "development")
    assert found is not None
    return found


def codes(found: CheckedApp) -> list[str]:
    return [item.code for item in found.diagnostics]


def as_signing(*, row: str) -> dict[str, bytes]:
    """The template with a signing task whose signatures go to a data type as written."""
    types = ('"dataTypes": [', f'"dataTypes": [\n    {row},')
    return changed(
        (PROCESS, "<altinn:taskType>confirmation</altinn:taskType>", SIGNING),
        (METADATA, *types),
    )


def test_exactly_the_findings_are_mended_that_the_rules_name() -> None:
    assert set(FIXERS) == FIXABLE


TWO = "<bpmn:incoming>Flow_1</bpmn:incoming>\n      <bpmn:outgoing>Flow_2</bpmn:outgoing>"
END = "<bpmn:incoming>Flow_3</bpmn:incoming>\n"
LARGE = '"maxSize": 25'
EDITS: list[tuple[str, str, str, str, str]] = [
    # code, file, what the template has there, what is written instead, and what that is mended to
    ("DG3005", METADATA, '"presentationFields": [', '"presentationField" : [', '"presentationFields" : ['),
    ("DG3005", METADATA, LARGE, '/* MiB */"maxSiz\\u0065s": 25', '/* MiB */"maxSize": 25'),
    ("DG3005", METADATA, LARGE, '// 🌍\n "maxSizes": 25', '// 🌍\n "maxSize": 25'),
    ("DG3006", METADATA, LARGE, '"allowedContributers": ["org:a"]', '"allowedContributors": ["org:a"]'),
    ("DG3006", METADATA, LARGE, '"diallowUserDelete": /* both */ true', '"disallowUserDelete": /* both */ true'),
    ("DG6003", TEXTS, '"language": "nn"', '"language" :  /* which? */"nb"', '"language" :  /* which? */"nn"'),
    ("DG2105", PROCESS, TWO, TWO.replace("Flow_2", " Flow_9 "), TWO),
    ("DG2105", PROCESS, TWO, TWO.split("\n")[0], TWO),
    ("DG2105", PROCESS, TWO, TWO.split("      ")[1], TWO),
    ("DG2105", PROCESS, END, f"{END}      <bpmn:incoming>Flow_2</bpmn:incoming>\n", END),
    ("DG2105", PROCESS, END, f"{END}      <bpmn:incoming/>\n      <!-- last -->\n", f"{END}      <!-- last -->\n"),
    ("DG2305", PROCESS, ' sourceRef="Task_1"', ' altinn:flowtype="x" sourceRef="Task_1"', ' sourceRef="Task_1"'),
    ("DG2305", PROCESS, 'targetRef="Task_2"/>', "targetRef=\"Task_2\"\r\n\taltinn:flowtype = 'x>y'/>",
     'targetRef="Task_2"/>'),
]  # fmt: skip


@pytest.mark.parametrize(("code", "file", "right", "wrong", "expected"), EDITS)
def test_an_edit_touches_what_is_wrong_and_nothing_else(
    code: str, file: str, right: str, wrong: str, expected: str
) -> None:
    contents = changed((file, right, wrong))
    assert codes(app(contents)).count(code) == 1

    found = mended(contents)

    assert code not in codes(found.app)
    assert found.contents == {file: template()[file].decode().replace(right, expected).encode()}


def test_a_rule_for_another_app_becomes_one_for_this() -> None:
    own, other = ("[ORG]</xacml:AttributeValue>", "skd</xacml:AttributeValue>")
    contents = template()
    text = contents[POLICY].decode()
    # The first one names the resource; the last one of the file too; between them are subjects.
    start = text.index(own)
    contents[POLICY] = (text[:start] + text[start:].replace(own, other, 1)).encode()
    assert codes(app(contents)).count("DG4006") == 1

    found = mended(contents)

    assert codes(found.app) == []
    assert found.contents[POLICY] == template()[POLICY]


def test_another_org_may_be_a_subject() -> None:
    """Only what names the app itself is mended: a rule may well permit something to another service owner."""
    text = template()[POLICY].decode()
    owner = text.rindex("[ORG]</xacml:AttributeValue>", 0, text.rindex("subject-category"))
    contents = template() | {POLICY: f"{text[:owner]}nabo{text[owner + 5 :]}".encode()}

    assert "DG4006" not in codes(app(contents))
    assert mended(contents).contents == {}


RESERVED = '["app:owned"]'
JSON_ONLY = '"allowedContentTypes": ["application/json"]'
ROW = '{"id": "signature", "allowedContentTypes": ["application/json"]%s}'
OWNED = [
    (ROW % "", ROW.replace('"id": "signature"', '"id": "signature", "allowedContributors": ["app:owned"]') % ""),
    (ROW % ', "allowedContributors": [ "org:ttd", "orgno:1" ]', ROW % ', "allowedContributors": ["app:owned"]'),
    (ROW % ', "allowedContributors": []', ROW % ', "allowedContributors": ["app:owned"]'),
    (f'{{\n      "id": "signature",\n      {JSON_ONLY}}}',
     f'{{\n      "id": "signature",\n      "allowedContributors": {RESERVED},\n      {JSON_ONLY}}}'),
    ('{"allowedContentTypes": ["application/json"], "ID": "signature"}',
     '{"allowedContentTypes": ["application/json"], "ID": "signature", "allowedContributors": ["app:owned"]}'),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), OWNED)
def test_signatures_are_reserved_for_the_server(written: str, expected: str) -> None:
    contents = as_signing(row=written)
    assert "DG9303" in codes(app(contents))

    found = mended(contents)

    assert "DG9303" not in codes(found.app)
    assert found.contents == {METADATA: contents[METADATA].replace(written.encode(), expected.encode())}


# Left to the author -------------------------------------------------------------------------------------------------

LEFT: list[tuple[str, dict[str, bytes]]] = [
    ("both spellings are there: one key twice",
     changed((METADATA, '"maxSize": 25', '"allowedContributers": ["org:a"], "allowedContributors": ["org:b"]'))),
    ("the key brings a value of the wrong kind",
     changed((METADATA, '"presentationFields": [', '"autoDeleteOnProcessEn": "yes", "presentationFields": ['))),
    ("a comment in the list",
     as_signing(row=ROW % ', "allowedContributors": [ /* who? */ "org:ttd" ]')),
    ("a comment in an entry",
     changed((PROCESS, "<bpmn:outgoing>Flow_1<", "<bpmn:outgoing><!-- which? -->Flow_9<"))),
]  # fmt: skip


@pytest.mark.parametrize(("why", "contents"), LEFT, ids=[why for why, _ in LEFT])
def test_what_would_bring_another_finding_is_left_to_the_author(why: str, contents: dict[str, bytes]) -> None:
    before = app(contents)

    found = mended(contents)

    assert found.contents == {}
    assert [item.code for item in found.left] == [code for code in codes(before) if code in FIXABLE]
    assert len(found.left) == 1
    assert found.app.diagnostics == before.diagnostics


def test_one_that_is_left_keeps_no_other_from_being_mended() -> None:
    contents = changed(
        (METADATA, '"presentationFields": [', '"autoDeleteOnProcessEn": "yes", "presentationField": ['),
        (METADATA, '"maxSize": 25', '"maxSizes": 25'),
        (TEXTS, '"language": "nn"', '"language": "nb"'),
    )

    found = mended(contents)

    assert [item.message.split('"')[1] for item in found.left] == ["autoDeleteOnProcessEn"]
    assert codes(found.app) == ["DG3005"]


def test_an_app_that_is_none_has_nothing_to_mend() -> None:
    assert mend(CheckedApp(path=Path("nowhere"), id=None, diagnostics=()), "development") is None


def test_set_aside_findings_are_not_mended() -> None:
    contents = changed((METADATA, '"maxSize": 25', '"maxSizes": 25'))
    contents["dialog-graph.toml"] = b'check.ignore = ["DG3005"]'

    assert mended(contents).contents == {}


# Kept as it was ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encoding_mark_and_line_ends_stay(encoding: str, line_end: str) -> None:
    contents = changed((METADATA, '"maxSize": 25', '"maxSizes": 25, // in MiB, æøå'))
    text = contents[METADATA].decode().replace("\n", line_end)
    contents[METADATA] = text.encode(encoding)

    found = mended(contents)

    assert found.contents == {METADATA: text.replace("maxSizes", "maxSize").encode(encoding)}


def test_the_process_keeps_its_encoding_too() -> None:
    contents = changed((PROCESS, 'id="Flow_2" sourceRef', 'id="Flow_2" altinn:flowtype="x" sourceRef'))
    text = contents[PROCESS].decode().replace('encoding="utf-8"', 'encoding="utf-16"').replace("\n", "\r\n")
    contents[PROCESS] = text.encode("utf-16")

    found = mended(contents)

    assert found.contents == {PROCESS: text.replace(' altinn:flowtype="x"', "").encode("utf-16")}


def test_the_changes_are_shown_as_a_diff_from_the_working_folder() -> None:
    contents: dict[str, Any] = changed((TEXTS, '"language": "nn"', '"language": "nb"'))
    before = app(contents)
    found = mended(contents)
    assert before.files is not None

    assert found.diff(before.files, Path.cwd()).splitlines()[:6] == [
        "--- a/apps/ttd/my-form/config/texts/resource.nn.json",
        "+++ b/apps/ttd/my-form/config/texts/resource.nn.json",
        "@@ -1,5 +1,5 @@",
        " {",
        '-  "language": "nb",',
        '+  "language": "nn",',
    ]


def test_a_last_line_without_an_end_is_told_in_the_diff() -> None:
    contents = template() | {TEXTS: b'{"language": "nb", "resources": []}'}
    before = app(contents)
    assert before.files is not None

    lines = mended(contents).diff(before.files, Path.cwd()).splitlines()

    assert lines.count("\\ No newline at end of file") == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_other_tools_can_apply_the_diff(tmp_path: Path, line_end: str, end: str) -> None:
    contents = changed((METADATA, '"maxSize": 25', '"maxSizes": 25'), (TEXTS, '"language": "nn"', '"language": "nb"'))
    for file in (METADATA, TEXTS):
        contents[file] = (contents[file].decode().rstrip("\n") + end).replace("\n", line_end).encode()
    files = Files(contents=contents, place=AppId("ttd", "my-form"))
    found = mend(checked(tmp_path, files, "development"), "development")
    assert found is not None
    for file in (METADATA, TEXTS):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(contents[file])

    diff = found.diff(files, tmp_path).encode()
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=diff, check=True)

    assert {file: (tmp_path / file).read_bytes() for file in (METADATA, TEXTS)} == found.contents

"""How findings are shown: to people with the line and a mark, to programs as SARIF and as annotations."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from dialog_graph.apps.files import Files
from dialog_graph.apps.linter import CheckedApp, CheckReport, as_annotations, as_sarif, as_text, check
from dialog_graph.apps.linter.as_text import WIDTH
from dialog_graph.apps.linter.rules import FINDING_RULES
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity
from dialog_graph.urns import AppId
from tests.unit.apps.linter.sarif_shape import misshapen
from tests.unit.apps.sample import METADATA, PROCESS, metadata
from tests.unit.apps.test_folders import write

BASE = Path("/srv/apps")


def finding(**changes: Any) -> Diagnostic:
    given: dict[str, Any] = {
        "code": "DG3005",
        "severity": DiagnosticSeverity.WARNING,
        "message": "a message",
        "file": METADATA,
        "line": 2,
        "column": 3,
    }
    return Diagnostic(**(given | changes))


def report(*found: Diagnostic, contents: dict[str, bytes] | None = None, path: Path = BASE / "a") -> CheckReport:
    files = Files(contents=contents or {METADATA: b"{\n  titel: 1\n}"}, place=AppId("ttd", "a"))
    return CheckReport(apps=(CheckedApp(path=path, id="ttd/a", diagnostics=found, files=files),))


# For people ----------------------------------------------------------------------------------------------------------


def test_people_see_app_file_place_line_mark_other_places_and_hint() -> None:
    other = DiagnosticPlace(file=PROCESS, message="here too", line=7)

    text = as_text(report(finding(hint="rename", related=(other,)), finding(file="", line=None, column=None)))

    assert text.splitlines() == [
        "/srv/apps/a (ttd/a)",
        "  config/applicationmetadata.json",
        "    2:3 warning DG3005 a message",
        "      2 |   titel: 1",
        "        |   ^",
        "      see config/process/process.bpmn:7 here too",
        "      hint: rename",
        "  .",
        "    warning DG3005 a message",
        "1 app: 0 errors, 2 warnings",
    ]


def test_a_hint_is_given_once_for_what_follows_each_other() -> None:
    text = as_text(report(finding(hint="rename"), finding(line=3, hint="rename"), finding(line=4, hint="remove")))

    assert [line.strip() for line in text.splitlines() if "hint" in line] == ["hint: rename", "hint: remove"]


def test_many_remarks_of_one_kind_are_counted_and_nothing_that_matters_is() -> None:
    info = DiagnosticSeverity.INFO
    remarks = [finding(line=None, code="DG9504", severity=info, message=f"text {n}") for n in range(9)]
    warnings = [finding(line=None, message=f"key {n}") for n in range(9)]

    text = as_text(report(*remarks, *warnings))

    assert [n for n in range(9) if f"text {n}" in text] == [0, 1, 2, 3, 4]
    assert "… and 4 more DG9504; --json shows all" in text
    assert all(f"key {n}" in text for n in range(9))


def test_a_line_of_the_source_fits_on_80_columns() -> None:
    line = "x" * 300

    text = as_text(report(finding(line=1, column=150), contents={METADATA: line.encode()}))

    assert max(len(each) for each in text.splitlines()) <= 80


def test_on_a_terminal_sentences_are_wrapped_between_words() -> None:
    long = finding(line=None, column=None, message="word " * 30, hint="rename " * 20)

    lines = as_text(report(long), width=80).splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[2].startswith("    warning DG3005 word word")
    assert lines[3].startswith("      word")
    assert " ".join(" ".join(lines[2:]).split()).count("rename") == 20
    assert max(map(len, as_text(report(long)).splitlines())) > 150


def test_a_place_without_a_column_has_its_line_and_no_mark() -> None:
    lines = as_text(report(finding(column=None))).splitlines()

    assert lines[2:4] == ["    2 warning DG3005 a message", "      2 |   titel: 1"]
    assert "^" not in "".join(lines)


@pytest.mark.parametrize(
    ("line", "column", "shown", "marked"),
    [
        ("\t\t<task/>", 3, "        <task/>", "<"),
        ("æøå: 1", 4, "æøå: 1", ":"),
        ("a" * 200 + "X" + "b" * 200, 201, "…" + "a" * 30 + "X" + "b" * 29 + "…", "X"),
        ("a" * 300 + "X", 301, "…" + "a" * 59 + "X", "X"),
        ("X" + "a" * 200, 1, "X" + "a" * 59 + "…", "X"),
        ("short", 6, "short", ""),
        ("short", 99, "short", None),
        ("\x1b[31mred", 1, "·[31mred", "·"),
    ],
)
def test_the_mark_stands_below_its_character(line: str, column: int, shown: str, marked: str | None) -> None:
    contents = {METADATA: f"{{\r\n{line}\r\n}}".encode()}

    lines = as_text(report(finding(column=column), contents=contents)).splitlines()

    source = lines[3].partition(" | ")[2]
    assert source == shown
    assert len(source) <= WIDTH + 2
    if marked is None:
        assert lines[4].startswith("1 app")
    else:
        assert source[lines[4].partition(" | ")[2].index("^") :][:1] == marked


def test_a_byte_order_mark_moves_no_mark() -> None:
    write_json, write_xml = (
        as_text(report(finding(file=name, line=1, column=column), contents={name: "\ufeff<a>".encode("utf-8")}))
        for name, column in (("a.json", 3), ("a.xml", 2))
    )

    assert write_json.splitlines()[3:5] == write_xml.splitlines()[3:5] == ["      1 | <a>", "        |  ^"]


def test_lines_of_other_encodings_and_files_that_are_none() -> None:
    utf16 = {METADATA: "\ufeff{\r  titel\r}".encode("utf-16-le")}

    assert "      2 |   titel" in as_text(report(finding(), contents=utf16)).splitlines()
    for contents in ({METADATA: b"\xff\xff"}, {METADATA: b"one line"}, {"other": b""}):
        assert "|" not in as_text(report(finding(), contents=contents))


def test_what_a_folder_says_cannot_steer_the_terminal() -> None:
    evil = "\x1b]0;owned\x07 \u202e\n::error::x\r"

    text = as_text(report(finding(message=evil, hint=evil, file=f"ui/{evil}.json", line=None)))

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    assert len(text.splitlines()) == 5


def test_colour_marks_severity_and_nothing_else_changes() -> None:
    plain, painted = (as_text(report(finding()), colour=colour) for colour in (False, True))

    assert "\x1b" not in plain
    assert "\x1b[33mwarning\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


# GitHub --------------------------------------------------------------------------------------------------------------


def test_annotations_name_severity_file_place_and_title() -> None:
    found = [finding(severity=severity) for severity in DiagnosticSeverity]

    assert as_annotations(report(*found), BASE).splitlines() == [
        f"::{word} file=a/config/applicationmetadata.json,line=2,col=3,title=DG3005::a message"
        for word in ("error", "warning", "notice")
    ]


def test_annotations_of_a_whole_file_or_app_have_no_place() -> None:
    found = (finding(line=None, column=None, hint="add"), finding(file="", line=4, column=None))

    assert as_annotations(report(*found), BASE).splitlines() == [
        "::warning file=a/config/applicationmetadata.json,title=DG3005::a message (add)",
        "::warning file=a,line=4,title=DG3005::a message",
    ]


def test_annotations_cannot_be_broken_out_of() -> None:
    text = as_annotations(report(finding(file="ui/a,b:c%\n.json", message="100%\r\n::error::x", line=None)), BASE)

    assert text == "::warning file=a/ui/a%2Cb%3Ac%25%0A.json,title=DG3005::100%25%0D%0A::error::x"


# SARIF ---------------------------------------------------------------------------------------------------------------

LEVELS = {"none", "note", "warning", "error"}


def sarif_problems(log: Any) -> list[str]:
    """What SARIF 2.1.0 demands: the shape of what we write, and what members say of each other."""
    if found := misshapen(log, "log"):
        return found
    problems = [] if log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json") else ["version"]
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        rules = [rule["id"] for rule in driver["rules"]]
        problems += [] if driver["name"] and len(rules) == len(set(rules)) else ["driver"]
        problems += [f"text of {rule['id']}" for rule in driver["rules"] if not _texts(rule)]
        problems += [] if run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints") else ["columnKind"]
        problems += [] if all(item["executionSuccessful"] is True for item in run["invocations"]) else ["invocations"]
        for result in run["results"]:
            problems += [] if rules[result["ruleIndex"]] == result["ruleId"] else ["ruleIndex"]
            problems += [] if result["level"] in LEVELS and result["message"]["text"] else ["level or message"]
            problems += [] if all(isinstance(v, str) for v in result["partialFingerprints"].values()) else ["prints"]
            related = result.get("relatedLocations", [])
            problems += [] if len({place["id"] for place in related}) == len(related) else ["ids of places"]
            for place in (*result["locations"], *related):
                problems += _place_problems(place["physicalLocation"], run["originalUriBaseIds"])
    return problems


def _texts(rule: Any) -> bool:
    level = rule["defaultConfiguration"]["level"]
    return level in LEVELS and all(rule[part]["text"] for part in ("shortDescription", "fullDescription", "help"))


def _place_problems(place: Any, bases: Any) -> list[str]:
    artifact, region = place["artifactLocation"], place.get("region")
    uri: str = artifact["uri"]
    is_uri = re.fullmatch(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})+", uri) is not None
    is_placed = bool(urlsplit(uri).scheme) != ("uriBaseId" in artifact)
    problems = [] if is_uri and is_placed and artifact.get("uriBaseId", next(iter(bases))) in bases else [f"uri {uri}"]
    if region is not None:
        is_whole = all(isinstance(value, int) and value >= 1 for value in region.values())
        problems += [] if is_whole and "startLine" in region else ["region"]
    return problems


def test_sarif_keeps_the_rules_of_its_format(tmp_path: Path) -> None:
    write(tmp_path / "a", {METADATA: metadata(org="skd", titel=1)})
    write(tmp_path / "b", {PROCESS: "<a/>"})
    found = check([tmp_path, tmp_path / "nowhere"])

    log = json.loads(json.dumps(as_sarif(found, tmp_path, "1.2.3")))

    assert sarif_problems(log) == []
    run = log["runs"][0]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted(FINDING_RULES)
    told = [(item["ruleId"], item["level"]) for item in run["results"]]
    words = {"error": "error", "warning": "warning", "info": "note"}
    assert told == [(item.code, words[item.severity]) for app in found.apps for item in app.diagnostics]
    assert {"DG3002", "DG2001", "DG1001"} <= {code for code, _ in told}


def test_the_rules_of_sarif_are_looked_at() -> None:
    log = json.loads(json.dumps(as_sarif(report(finding()), BASE, "1")))
    result = log["runs"][0]["results"][0]
    result["ruleIndex"] += 1
    result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b\\c"
    result["locations"][0]["physicalLocation"]["region"] = {"startLine": 0}

    assert sarif_problems(log) == ["ruleIndex", "uri a b\\c", "region"]


@pytest.mark.parametrize(
    ("member", "value", "told"),
    [
        ("rule", "DG1", "rule is not in 3.27"),
        ("message", {}, "message.text is missing"),
        ("message", "m", "message is no object"),
        ("ruleIndex", "1", "ruleIndex is no int"),
        ("locations", {}, "locations is no list"),
        ("partialFingerprints", {"a": 1}, "partialFingerprints.a is no str"),
    ],
)
def test_the_shape_of_sarif_is_looked_at(member: str, value: object, told: str) -> None:
    log = json.loads(json.dumps(as_sarif(report(finding()), BASE, "1")))
    log["runs"][0]["results"][0][member] = value

    assert sarif_problems(log) == [f".runs[0].results[0].{told}"]


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [("  titel: 1", 3, 3), ("æøå x", 5, 5), ("\U0001f30d\U0001f30d x", 4, 6), ("\ufeff{", 2, 1), ("x", 9, 9)],
)
def test_sarif_counts_columns_in_utf16_units_without_a_byte_order_mark(line: str, column: int, expected: int) -> None:
    """Viewers put their mark there; a place that the line does not have stays."""
    found = report(finding(line=1, column=column), contents={METADATA: line.encode()})

    log: Any = as_sarif(found, BASE, "1")

    run = log["runs"][0]
    assert run["columnKind"] == "utf16CodeUnits"
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": expected}


def test_sarif_names_files_from_the_base_and_others_by_their_whole_address() -> None:
    found = report(finding(file="ui/æ b:c%.json"), finding(file=""))

    for base, expected in ((BASE, "a/ui/æ b:c%.json"), (Path("/elsewhere"), "/srv/apps/a/ui/æ b:c%.json")):
        log: Any = as_sarif(found, base, "1")
        uris: list[str] = [
            item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for item in log["runs"][0]["results"]
        ]
        assert unquote(urlsplit(uris[0]).path) == expected
        assert sarif_problems(log) == []


def test_sarif_knows_a_finding_again_on_another_line() -> None:
    log: Any = as_sarif(report(finding(), finding(line=9), finding(message="other")), BASE, "1")

    prints = [item["partialFingerprints"]["dialogGraph/v1"] for item in log["runs"][0]["results"]]
    assert prints[0] == prints[1] != prints[2]


def test_sarif_names_elements_fields_and_other_places() -> None:
    other = DiagnosticPlace(file=PROCESS, message="here too", line=7)
    log: Any = as_sarif(report(finding(element_id="Task_1", path="a.b", related=(other,), column=None)), BASE, "1")

    result = log["runs"][0]["results"][0]
    assert result["locations"][0]["logicalLocations"] == [{"name": "Task_1"}, {"name": "a.b"}]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}
    assert result["relatedLocations"][0]["message"] == {"text": "here too"}

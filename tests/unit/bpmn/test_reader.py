"""What a BPMN file becomes: elements and flows in document order, task types, lanes, ids that are not given."""

import hashlib

import pytest

from dialog_graph.bpmn import Action, ActionType, ElementKind, TaskKind, compile_process, read_process
from dialog_graph.bpmn.reader import FILE
from dialog_graph.errors import CODES
from tests.unit.bpmn.models import (
    HEAD,
    KINDS,
    codes,
    end,
    file,
    findings,
    flow,
    gateway,
    line,
    node,
    process,
    read,
    start,
    task,
)


def test_elements_and_flows_are_numbered_in_document_order():
    definition = read(process(end(), task("Fill"), start(), flow("Fill", "End"), flow("Start", "Fill")))
    assert [(e.index, e.id, e.kind, e.line) for e in definition.elements] == [
        (0, "End", ElementKind.END_EVENT, 3),
        (1, "Fill", ElementKind.TASK, 4),
        (2, "Start", ElementKind.START_EVENT, 5),
    ]
    assert [(f.index, f.id, f.source, f.target, f.line) for f in definition.flows] == [
        (0, "Fill-End", 1, 0, 6),
        (1, "Start-Fill", 2, 1, 7),
    ]
    fill = definition.element("Fill")
    assert fill is not None
    assert (fill.incoming, fill.outgoing, definition.outgoing(fill)) == ((1,), (0,), (definition.flows[0],))
    assert [e.id for e in definition.start_events + definition.end_events] == ["Start", "End"]
    assert (definition.element("Nowhere"), definition.flow("Nowhere"), definition.task("Start")) == (None, None, None)


def test_the_definition_is_known_by_the_hash_of_its_bytes():
    text = process(*line(task("Fill")))
    assert read(text).sha256 == hashlib.sha256(text).hexdigest()
    assert read(text) == read(text)


def test_a_condition_stays_text_with_its_line():
    condition = '\n  ["equals",\n   ["gatewayAction"], "a"]  <!-- why -->\n'
    definition = read(process(start(), gateway(), end(), flow("Start", "Gateway"), flow("Gateway", "End", condition)))
    found = definition.flows[1]
    assert found.condition_text == '["equals",\n   ["gatewayAction"], "a"]'
    assert (found.line, found.condition_line) == (7, 8)


def test_an_empty_condition_is_none():
    definition = read(process(start(), gateway(), end(), flow("Start", "Gateway"), flow("Gateway", "End", "  ")))
    assert definition.flows[1].condition_text is None


@pytest.mark.parametrize("prefix", ["bpmn:", "bpmn2:", ""])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_prefix_and_a_byte_order_mark_are_fine(prefix: str, mark: bytes):
    text = process(*line(task("Fill"))).decode().replace("bpmn:", prefix)
    xmlns = f"xmlns:{prefix[:-1]}=" if prefix else "xmlns="
    definition = read(mark + text.replace("xmlns:bpmn=", xmlns).encode())
    assert [element.id for element in definition.elements] == ["Start", "Fill", "End"]


def test_flows_and_nodes_without_an_id_get_one():
    bare = '<bpmn:sequenceFlow sourceRef="Fill" targetRef="End"/>'
    definition = read(process(start(), task("Fill"), end(), flow("Start", "Fill"), bare, bare))
    assert [f.id for f in definition.flows] == ["Start-Fill", "Fill->End", "Fill->End#3"]
    nameless = read(process(*line(task("Fill")), "<bpmn:task/>"))
    assert nameless.elements[-1].id == "task#4"


def test_lanes_data_objects_and_names_are_kept():
    lanes = (
        '<bpmn:laneSet><bpmn:lane id="L" name="Office"><bpmn:flowNodeRef>Fill</bpmn:flowNodeRef><bpmn:childLaneSet>'
        '<bpmn:lane id="Inner"><bpmn:flowNodeRef>Check</bpmn:flowNodeRef></bpmn:lane></bpmn:childLaneSet>'
        "</bpmn:lane></bpmn:laneSet>"
    )
    data = node("dataObjectReference", "D", attributes='name="Form"')
    definition = read(
        process(lanes, data, *line(task("Fill"), task("Check"), task("Last")), attributes='name="Permit"')
    )
    assert [element.lane for element in definition.tasks] == ["Office", "Inner", None]
    assert (definition.name, definition.data_objects) == ("Permit", ("Form",))


STRICT_FORMS = [
    process(*line(task("Fill")), attributes='dg:strict="altinn"'),
    process("<bpmn:extensionElements><dg:strict>altinn</dg:strict></bpmn:extensionElements>", *line(task("Fill"))),
]


@pytest.mark.parametrize("text", STRICT_FORMS)
def test_strict_is_an_attribute_or_an_element(text: bytes):
    assert read(text).strict
    assert codes(text) == []
    assert not read(process(*line(task("Fill")))).strict


# task types


def type_of(text: str) -> tuple[str, TaskKind, bool]:
    found = read(process(*line(text))).tasks[0].task
    assert found is not None
    return found.type, found.kind, found.has_handler


def test_a_known_type_decides_whatever_the_element():
    assert type_of(task("A", "data", tag="serviceTask")) == ("data", TaskKind.USER, True)
    assert type_of(task("A", "pdf", tag="userTask")) == ("pdf", TaskKind.SERVICE, True)


def test_service_types_match_in_any_case_and_user_types_exactly():
    assert type_of(task("A", " PDF ", tag="serviceTask")) == ("pdf", TaskKind.SERVICE, True)
    assert type_of(task("A", "Data")) == ("Data", TaskKind.USER, False)


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask"])
def test_an_unknown_type_is_a_service_on_a_service_element(tag: str):
    assert type_of(task("A", "mine", tag=tag)) == ("mine", TaskKind.SERVICE, False)


@pytest.mark.parametrize("tag", ["task", "userTask", "manualTask", "receiveTask"])
def test_an_unknown_type_is_for_a_user_elsewhere(tag: str):
    assert type_of(task("A", "mine", tag=tag)) == ("mine", TaskKind.USER, False)


def test_without_a_type_the_element_may_tell_it():
    assert type_of(task("A", None)) == ("none", TaskKind.USER, True)
    receives = '<bpmn:receiveTask id="A" messageRef="paid-id"><bpmn:extensionElements><dg:correlation key="1"/>'
    closed = "</bpmn:extensionElements></bpmn:receiveTask>"
    assert type_of(receives + closed) == ("receiveMessage", TaskKind.SERVICE, True)
    assert type_of('<bpmn:sendTask id="A" messageRef="paid-id"/>') == ("sendMessage", TaskKind.SERVICE, True)
    assert type_of('<bpmn:sendTask id="A"/>') == ("none", TaskKind.USER, True)
    assert type_of('<bpmn:callActivity id="A" calledElement="ttd/other"/>') == ("callApp", TaskKind.SERVICE, True)
    assert type_of(task("A", None, tag="businessRuleTask")) == ("businessRule", TaskKind.SERVICE, False)


OLD_FORMS = [
    '<bpmn:task id="A" altinn:tasktype="data"/>',
    '<bpmn:task id="A" old:taskType="data"/>',
    (
        '<bpmn:task id="A"><bpmn:extensionElements><old:properties><old:tasktype id="data"/></old:properties>'
        "</bpmn:extensionElements></bpmn:task>"
    ),
    (
        '<bpmn:task id="A"><bpmn:extensionElements><old:taskExtension><altinn:taskType>data</altinn:taskType>'
        "</old:taskExtension></bpmn:extensionElements></bpmn:task>"
    ),
]


@pytest.mark.parametrize("text", OLD_FORMS)
def test_older_forms_of_the_type_are_read(text: str):
    assert type_of(text) == ("data", TaskKind.USER, True)
    assert codes(process(*line(text))) == []


def test_actions_in_all_their_forms():
    extension = (
        "<altinn:taskExtension><altinn:taskType>data</altinn:taskType><altinn:actions>"
        "<altinn:action> confirm </altinn:action>"
        '<altinn:action type="serverAction">sum</altinn:action>'
        '<altinn:action altinn:type="serverAction">fetch</altinn:action>'
        '<altinn:action type="processAction">reject</altinn:action>'
        '<altinn:action id="unused">write</altinn:action><altinn:action/>'
        '</altinn:actions></altinn:taskExtension><old:properties><old:actions><old:action id="sign"/></old:actions>'
        "</old:properties>"
    )
    found = read(process(*line(task("A", None, extra=extension)))).tasks[0].task
    assert found is not None
    assert found.actions == (
        Action(name="confirm"),
        Action(name="sum", type=ActionType.SERVER),
        Action(name="fetch", type=ActionType.SERVER),
        Action(name="reject"),
        Action(name="write"),
        Action(name="sign"),
    )
    assert found.declares("reject")
    assert not found.declares("sum")


def test_the_connected_data_type_is_read_on_gateways_and_tasks():
    named = "<altinn:connectedDataTypeId>form</altinn:connectedDataTypeId>"
    extension = f"<altinn:gatewayExtension>{named}</altinn:gatewayExtension>"
    gate = node("exclusiveGateway", "G", f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>")
    text = process(*line(task("A", extra=extension), gate))
    assert [element.connected_data_type for element in read(text).elements] == [None, "form", "form", None]
    assert codes(text) == ["DG2111"]


# files


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"<a/>", 'the root element is "a"'),
        (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100501/MODEL"/>', 'the root element is "definitions"'),
        (file(), "there is no process"),
        (process(), "the process has no elements"),
    ],
)
def test_what_is_no_process_is_told(text: bytes, problem: str):
    definition, found = read_process(text, KINDS)
    assert definition is None
    assert [finding.code for finding in found] == ["DG2001"]
    assert problem in found[0].message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "DG1005"),
        (b"<a", "DG1005"),
        (b"\xff\xff\xff", "DG1002"),
        (b"<!DOCTYPE a><a/>", "DG1006"),
        (b"<a>" * 101, "DG1003"),
    ],
)
def test_findings_of_the_xml_reader_are_passed_on(text: bytes, code: str):
    definition, found = read_process(text, KINDS, "elsewhere.bpmn")
    assert definition is None
    assert [(finding.code, finding.file) for finding in found] == [(code, "elsewhere.bpmn")]


def test_one_of_several_pools_may_have_a_process():
    pools = node("collaboration", "C", node("participant", "A") + node("participant", "B"))
    empty = '<bpmn:process id="Other"/>'
    text = process(*line(task("Fill"))).decode().replace("<bpmn:process", f"{pools}{empty}<bpmn:process", 1)
    assert read(text.encode()).id == "P"
    both = text.replace(empty, f'<bpmn:process id="Other">{start("S2")}{end("E2")}</bpmn:process>')
    assert "DG2006" in codes(both.encode())


def test_diagnostics_name_the_file_and_lie_in_order():
    found = findings(process(end(), task("Fill", None), flow("Nowhere", "Fill")))
    assert {finding.file for finding in found} == {FILE}
    lines = [finding.line or 0 for finding in found]
    assert lines == sorted(lines)
    assert HEAD not in str(found)


def test_compiling_finds_errors_and_leaves_warnings_to_reading():
    odd = process(*line(task("Fill", None)))
    assert compile_process(odd, KINDS) == (read(odd), ())
    wrong = process(end(), task("Fill", None), flow("Nowhere", "Fill"))
    definition, found = compile_process(wrong, KINDS, "elsewhere.bpmn")
    assert definition is None
    assert [(each.code, each.file) for each in found] == [("DG2106", "elsewhere.bpmn"), ("DG2102", "elsewhere.bpmn")]
    assert {each.code for each in findings(wrong)} > {"DG2102", "DG2106"}


def test_a_file_with_a_warning_is_still_read():
    definition, found = read_process(process(*line(task("Fill", None))), KINDS)
    assert definition is not None
    assert [finding.code for finding in found] == ["DG2301"]
    assert "DG2301" not in CODES

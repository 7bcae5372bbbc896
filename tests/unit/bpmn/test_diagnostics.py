"""Every finding of the reader that concerns what this version executes, with line and element."""

import pytest

from dialog_graph.bpmn.reading import vocabulary
from dialog_graph.bpmn.reading.findings import RULES
from dialog_graph.model.diagnostic import DiagnosticSeverity
from tests.unit.bpmn.models import (
    back_to,
    codes,
    end,
    file,
    findings,
    flow,
    found,
    gateway,
    line,
    node,
    process,
    start,
    task,
)

PLAIN = line(task("Fill"))
AT = len(PLAIN) + 3
"""Line of the first part after those of PLAIN."""


def test_a_plain_process_has_no_findings():
    assert findings(process(*PLAIN)) == ()


def places(text: bytes, code: str) -> list[tuple[int | None, str | None]]:
    return [(finding.line, finding.element_id) for finding in found(text, code)]


CYCLE = "<bpmn:timerEventDefinition><bpmn:timeCycle>R/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>"
REFUSED = sorted(vocabulary.REFUSED_NODES)


@pytest.mark.parametrize("tag", REFUSED)
def test_elements_refused_for_good_come_with_a_remedy(tag: str):
    text = process(*PLAIN, node(tag, "X"))
    assert places(text, "DG2002") == [(AT, "X")]
    assert found(text, "DG2002")[0].hint == vocabulary.REFUSED_NODES[tag]


MISPLACED = [
    (event, definition)
    for event in sorted(vocabulary.EVENTS)
    for definition, word in sorted(vocabulary.EVENT_DEFINITIONS.items())
    if (event, word) not in vocabulary.EXECUTED_EVENTS
]


@pytest.mark.parametrize(("event", "definition"), MISPLACED)
def test_events_that_may_not_stand_there(event: str, definition: str):
    text = process(*PLAIN, node(event, "X", f"<bpmn:{definition}/>"))
    assert places(text, "DG2002") == [(AT, "X")]
    word = "reference" if definition == "eventDefinitionRef" else vocabulary.EVENT_DEFINITIONS[definition]
    assert word in found(text, "DG2002")[0].message


@pytest.mark.parametrize(
    ("tag", "attributes", "inside"),
    [
        ("eventBasedGateway", 'instantiate="true"', ""),
        ("eventBasedGateway", 'eventGatewayType="Parallel"', ""),
        ("intermediateCatchEvent", 'parallelMultiple="true"', "<bpmn:timerEventDefinition/>"),
        ("intermediateCatchEvent", "", ""),
        ("receiveTask", 'instantiate="true"', ""),
        ("intermediateThrowEvent", "", '<bpmn:compensateEventDefinition waitForCompletion="false"/>'),
        ("boundaryEvent", "", CYCLE),
        ("task", 'startQuantity="2"', ""),
        ("task", "", "<bpmn:script/>"),
        ("task", "", "<bpmn:wings/>"),
    ],
)  # fmt: skip
def test_refused_variants_of_elements(tag: str, attributes: str, inside: str):
    assert places(process(*PLAIN, node(tag, "X", inside, attributes)), "DG2002") == [(AT, "X")]


def test_what_a_subprocess_holds_is_looked_at_too():
    inside = node("scriptTask", "Inner") + node("callActivity", "Call")
    text = process(*PLAIN, node("subProcess", "Sub", inside))
    assert [finding.element_id for finding in found(text, "DG2002")] == ["Inner"]
    assert [finding.element_id for finding in found(text, "DG2120")] == ["Call"]
    assert [finding.element_id for finding in found(text, "DG2106")] == ["Sub"]


@pytest.mark.parametrize("tag", ["choreography", "import", "globalUserTask", "wings"])
def test_refused_elements_beside_the_process(tag: str):
    text = file(f'<bpmn:{tag} id="X"/>', '<bpmn:process id="P">', *PLAIN, "</bpmn:process>")
    assert places(text, "DG2002") == [(2, "X")]


def test_conversations_in_a_collaboration_are_refused():
    text = file(
        node("collaboration", "C", node("conversation", "X")), '<bpmn:process id="P">', *PLAIN, "</bpmn:process>"
    )
    assert places(text, "DG2002") == [(2, "X")]


def test_a_condition_in_another_language_is_refused():
    bad = flow("Gateway", "End", "x &gt; 1").replace(
        "<bpmn:conditionExpression", '<bpmn:conditionExpression language="juel"'
    )
    text = process(start(), gateway(), end(), flow("Start", "Gateway"), bad)
    assert "DG2002" in codes(text)
    good = bad.replace("juel", "urn:altinn:expressions")
    assert "DG2002" not in codes(process(start(), gateway(), end(), flow("Start", "Gateway"), good))


def test_other_engines_extensions_are_a_warning_told_once():
    assigned = '<bpmn:task id="{}" camunda:assignee="me" altinn:tasktype="data"/>'
    text = process(*line(assigned.format("A"), assigned.format("B")))
    told = found(text, "DG2004")
    assert [(finding.line, finding.element_id) for finding in told] == [(4, "A")]
    assert 'attribute "camunda:assignee"' in told[0].message
    assert [place.line for place in told[0].related] == [5]


def test_unknown_extensions_are_an_information():
    extra = (
        "<altinn:taskExtension><altinn:enabled>1</altinn:enabled></altinn:taskExtension><dg:callApp/><x xmlns='u:1'/>"
    )
    told = found(process(*line(task("A", extra=extra))), "DG2302")
    assert sorted(finding.message for finding in told) == [
        'element "callApp" is ignored',
        'element "enabled" is ignored',
        'element "x" is ignored',
    ]
    assert {finding.element_id for finding in told} == {"A"}


# graph


def test_an_id_used_twice():
    text = process(*PLAIN, node("task", "Fill"))
    told = found(text, "DG2101")
    assert [(finding.line, finding.element_id) for finding in told] == [(AT, "Fill")]
    assert [place.line for place in told[0].related] == [4]


def test_an_id_that_is_given_here_may_not_meet_a_written_one():
    text = process(*line(node("task", "task#3"), "<bpmn:task/>".replace("/>", ' id="B"/>')), "<bpmn:task/>")
    assert "DG2101" not in codes(text)
    clash = process(start(), end(), "<bpmn:task/>", node("task", "task#3"))
    assert "DG2101" in codes(clash)


def test_a_flow_without_ends():
    text = process(*PLAIN, flow("Fill", "Nowhere", id="X"), '<bpmn:sequenceFlow id="Y"/>')
    assert places(text, "DG2102") == [(AT, "X"), (AT + 1, "Y"), (AT + 1, "Y")]
    assert found(text, "DG2102")[0].message == 'flow "X" has no target "Nowhere"'


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        ("Fill", "Start", "leads into a start event"),
        ("End", "Fill", "leaves an end event"),
        ("Fill", "Inner", "crosses the border of a subprocess"),
        ("Fill", "Edge", "leads into a boundary event"),
    ],
)
def test_a_flow_between_the_wrong_places(source: str, target: str, problem: str):
    others = (node("subProcess", "Sub", node("task", "Inner")), node("boundaryEvent", "Edge"))
    told = found(process(*PLAIN, *others, flow(source, target, id="X")), "DG2103")
    assert [(finding.element_id, problem in finding.message) for finding in told] == [("X", True)]


def test_two_flows_between_the_same_elements():
    assert places(process(*PLAIN, flow("Fill", "End", id="X")), "DG2104") == [(AT, "X")]


def test_lists_that_disagree_with_the_flows():
    listed = node("task", "Fill", "<bpmn:incoming>Start-Fill</bpmn:incoming><bpmn:outgoing>Old</bpmn:outgoing>")
    assert places(process(*line(listed)), "DG2105") == [(4, "Fill")]
    right = listed.replace("Old", "Fill-End")
    assert places(process(*line(right)), "DG2105") == []


def test_a_process_needs_a_start_and_should_have_an_end():
    text = process(task("Fill"))
    assert [(f.severity, f.element_id) for f in found(text, "DG2106")] == [
        (DiagnosticSeverity.WARNING, "P"),
        (DiagnosticSeverity.ERROR, "P"),
    ]


def test_implicit_splits_and_merges():
    text = process(*PLAIN, task("Other"), flow("Start", "Other"), flow("Fill", "Other"), flow("Other", "End"))
    sides = [(finding.element_id, "outgoing" in finding.message) for finding in found(text, "DG2107")]
    assert sides == [("Start", True), ("Fill", True), ("Other", False)]


def test_what_cannot_be_reached_and_what_cannot_end():
    text = process(*PLAIN, task("Alone"), flow("Alone", "End"))
    assert places(text, "DG2108") == [(AT, "Alone")]
    trapped = process(*PLAIN, task("A"), task("B"), flow("Fill", "A"), flow("A", "B"), flow("B", "A"))
    assert places(trapped, "DG2109") == [(AT, "A"), (AT + 1, "B")]


def test_a_dead_end():
    assert places(process(start(), task("Fill"), flow("Start", "Fill")), "DG2110") == [(4, "Fill")]


def test_gateways_that_do_two_things_or_nothing():
    both = process(
        start("S1"), start("S2"), gateway(), end("E1"), end("E2"),
        flow("S1", "Gateway"), flow("S2", "Gateway"), flow("Gateway", "E1"), flow("Gateway", "E2"),
    )  # fmt: skip
    assert places(both, "DG2111") == [(5, "Gateway")]
    assert "joins and splits" in found(both, "DG2111")[0].message
    assert "does nothing" in found(process(*line(gateway())), "DG2111")[0].message


def test_several_definitions_on_one_event():
    event = node("startEvent", "X", "<bpmn:messageEventDefinition/><bpmn:timerEventDefinition/>")
    assert places(process(*PLAIN, event), "DG2121") == [(AT, "X")]


def test_conditions_where_none_may_be():
    parts = (start(), task("Fill"), end(), flow("Start", "Fill", '["x"]'), flow("Fill", "End"))
    assert places(process(*parts), "DG2122") == [(6, "Start-Fill")]


# choices

TWO = (start(), task("Fill", "confirmation", "reject"), flow("Start", "Fill"), flow("Fill", "Gateway"))
ENDS = (end("A"), end("B"))


def choice(first: str | None, second: str | None, default: str | None = None, strict: bool = False) -> bytes:
    flows = (flow("Gateway", "A", first), flow("Gateway", "B", second))
    return process(*TWO, *ENDS, gateway(default=default), *flows, attributes='dg:strict="altinn"' if strict else "")


def equals(literal: str, name: str = "equals") -> str:
    return f'["{name}", ["dataModel", "a"], {literal}]'


def action(name: str) -> str:
    return f'["equals", ["gatewayAction"], "{name}"]'


@pytest.mark.parametrize(
    ("first", "second", "complete"),
    [
        (equals('"x"'), equals('"x"', "notEquals"), True),
        (equals("1"), f'["not", {equals("1")}]', True),
        (equals("true"), equals("false"), False),
        (equals('"x"'), equals('"y"', "notEquals"), False),
        (action("reject"), action("confirm"), True),
        (action("reject"), action("approve"), False),
        ('["x"]', '["y"]', False),
        ("not json", "[", False),
    ],
)
def test_a_choice_that_may_find_no_flow(first: str, second: str, complete: bool):
    assert places(choice(first, second), "DG2201") == ([] if complete else [(9, "Gateway")])


def test_actions_prove_nothing_where_another_task_may_come_before():
    parts = (*TWO, *ENDS, gateway(), flow("Gateway", "A", action("reject")), flow("Gateway", "B", action("confirm")))
    robot = (task("Robot", "pdf", tag="serviceTask"), flow("Fill", "Robot", id="r"), flow("Robot", "Gateway"))
    assert "DG2201" not in codes(process(*parts))
    assert "DG2201" in codes(process(*parts, *robot))


@pytest.mark.parametrize(
    ("first", "second", "default", "differ"),
    [
        (equals('"x"'), equals('"x"', "notEquals"), None, False),
        (equals('"x"'), equals('"y"'), None, False),
        (equals("true"), equals('"TRUE"'), None, True),
        (equals('"x"', "notEquals"), equals('"y"', "notEquals"), None, True),
        (equals('"x"'), None, "Gateway-B", True),
        (equals('"x"'), None, None, True),
        ('["x"]', '["y"]', None, True),
    ],
)
def test_where_the_two_rules_may_differ(first: str, second: str | None, default: str | None, differ: bool):
    assert places(choice(first, second, default), "DG2202") == ([(9, "Gateway")] if differ else [])
    assert places(choice(first, second, default, strict=True), "DG2202") == []


def test_a_flow_without_condition_among_conditional_ones():
    assert places(choice('["x"]', None), "DG2203") == [(11, "Gateway-B")]
    assert places(choice('["x"]', None, "Gateway-B"), "DG2203") == []
    assert places(choice(None, None), "DG2203") == []


@pytest.mark.parametrize(("default", "problem"), [("Gateway-A", "has a condition"), ("Start-Fill", "is not one")])
def test_a_wrong_default(default: str, problem: str):
    told = found(choice('["x"]', None, default), "DG2204")
    assert [(finding.line, finding.element_id, problem in finding.message) for finding in told] == [
        (9, "Gateway", True)
    ]


def test_circles_that_never_wait_and_circles_without_a_user():
    robots = (task("R1", "pdf", tag="serviceTask"), task("R2", "pdf", tag="serviceTask"))
    parts = (start(), *robots, gateway(), end(), flow("Start", "R1"), flow("R1", "R2"), flow("R2", "Gateway"))
    text = process(*parts, flow("Gateway", "R1", '["x"]'), flow("Gateway", "End", '["y"]'))
    assert places(text, "DG2206") == [(4, "R1")]
    assert "R1, R2, Gateway" in found(text, "DG2206")[0].message
    assert "DG2205" not in codes(text)
    user = process(*line(task("A"), task("B")), flow("B", "A"))
    assert "DG2206" not in codes(user)


def test_a_circle_of_choices_is_only_a_warning():
    parts = (start(), gateway("G1"), gateway("G2"), end(), flow("Start", "G1"), flow("G1", "G2"))
    text = process(*parts, flow("G2", "G1", '["x"]'), flow("G2", "End", '["y"]'))
    assert ("DG2205" in codes(text), "DG2206" in codes(text)) == (False, True)
    always = process(*parts, flow("G2", "G1"), flow("G2", "End", '["y"]'))
    assert "DG2205" in codes(always)


# tasks


def test_a_task_without_a_type():
    assert places(process(*line(task("Fill", None))), "DG2301") == [(4, "Fill")]


@pytest.mark.parametrize(("type", "tag"), [("pdf", "task"), ("pdf", "userTask"), ("data", "serviceTask")])
def test_an_element_that_does_not_fit_the_type(type: str, tag: str):
    assert places(process(*line(task("Fill", type, tag=tag))), "DG2303") == [(4, "Fill")]


@pytest.mark.parametrize(("type", "tag"), [("pdf", "serviceTask"), ("data", "userTask"), ("mine", "serviceTask")])
def test_an_element_that_fits_the_type(type: str, tag: str):
    assert places(process(*line(task("Fill", type, tag=tag))), "DG2303") == []


def test_a_flow_type_has_no_effect():
    text = process(*PLAIN[:-1], PLAIN[-1].replace("<bpmn:sequenceFlow", '<bpmn:sequenceFlow altinn:flowtype="X"'))
    assert places(text, "DG2305") == [(7, "Fill-End")]


@pytest.mark.parametrize(
    ("target", "told"), [("A", False), ("B", True), ("C", True), ("Inner", True), ("Nowhere", False)]
)
def test_send_back_goes_upstream(target: str, told: bool):
    parts = line(task("A"), task("B", extra=back_to(target)), task("C"))
    text = process(*parts, node("subProcess", "Sub", node("task", "Inner")))
    assert places(text, "DG2306") == ([(5, "B")] if told else [])


def test_every_rule_has_texts_that_say_what_to_do():
    assert all(rule.message and rule.hint for rule in RULES.values())


def test_all_findings_of_a_file_come_together():
    text = process(
        node("complexGateway", "X"), node("callActivity", "Y"), task("Fill", None), flow("Fill", "Nowhere"),
        task("Fill"),
    )  # fmt: skip
    assert {"DG2002", "DG2120", "DG2101", "DG2102", "DG2106", "DG2301"} <= set(codes(text))

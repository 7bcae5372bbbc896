"""Every finding of the reader has a file that provokes it, with its line, element and message (process engine §5)."""

import re

import pytest

from dialog_graph.bpmn.reading.findings import RULES
from dialog_graph.bpmn.reading.state_search import MAX_MARKINGS
from tests.unit.bpmn.models import (
    after,
    at,
    back_to,
    begun_for,
    boundary,
    catch,
    codes,
    end,
    event_subprocess,
    every,
    file,
    findings,
    flow,
    found,
    gateway,
    line,
    message,
    node,
    process,
    signal,
    start,
    subprocess,
    task,
    when,
)

PLAIN = line(task("Fill"))
AT = len(PLAIN) + 3
"""Line of the first part after those of PLAIN."""

GATE = node("eventBasedGateway", "Gate")
TWO = (start(), task("A"), gateway(), end(), end("Other"), flow("Start", "A"), flow("A", "Gateway"))
FORK = (start(), node("parallelGateway", "Fork"), task("A"), task("B"), end())
FORKED = (flow("Start", "Fork"), flow("Fork", "A"), flow("Fork", "B"))
CHOICE = (start(), gateway("Split"), task("A"), task("B"), node("parallelGateway", "Join"), end())
LEAVES = node("startEvent", "Told", '<bpmn:messageEventDefinition messageRef="paid-id"/>')
MAYBE = "conditions may be true together"
SEARCHED = [f"T{number}" for number in range(12)]
WIDE = (
    start(), *(node("parallelGateway", id) for id in ("Fork", "Meet")), *(task(id) for id in SEARCHED), end(),
    flow("Start", "Fork"), *(flow("Fork", id) for id in SEARCHED), *(flow(id, "Meet") for id in SEARCHED),
    *(flow(id, "Meet", '["x"]', id=f"again-{id}") for id in SEARCHED), flow("Meet", "End"),
)  # fmt: skip

CASES: dict[str, tuple[bytes, int, str | None, str]] = {
    "DG2001": (file(), 1, None, "expected BPMN 2.0 definitions with a process, but there is no process"),
    "DG2002": (process(*PLAIN, node("scriptTask", "X")), AT, "X", 'element "scriptTask" is refused'),
    "DG2004": (
        process(*PLAIN, '<bpmn:task id="X" camunda:assignee="me"/>'), AT, "X",
        'attribute "camunda:assignee" has a meaning to another engine and none here',
    ),
    "DG2005": (
        process(*PLAIN, '<bpmn:boundaryEvent id="X" attachedToRef="Fill" cancelActvity="false"/>'), AT, "X",
        'the attribute "cancelActvity" of boundaryEvent is none that BPMN knows: it has no effect',
    ),
    "DG2006": (
        file(*(f'<bpmn:process id="{id}">{start(id + "-S")}</bpmn:process>' for id in "PQ")), 3, "Q",
        "expected one process with elements, but there are 2: P, Q",
    ),
    "DG2101": (process(*PLAIN, node("task", "Fill")), AT, "Fill", 'the id "Fill" is used more than once'),
    "DG2102": (process(*PLAIN, flow("Fill", "Gone", id="X")), AT, "X", 'flow "X" has no target "Gone"'),
    "DG2103": (process(*PLAIN, flow("End", "Fill", id="X")), AT, "X", 'flow "X" leaves an end event'),
    "DG2104": (
        process(*PLAIN, flow("Fill", "End", id="X")), AT, "X", 'flow "X" goes from "Fill" to "End" as another one does'
    ),
    "DG2105": (
        process(*line(node("task", "Fill", "<bpmn:incoming>Old</bpmn:incoming>"))), 4, "Fill",
        'the incoming and outgoing lists of "Fill" disagree with the flows, which count',
    ),
    "DG2106": (process(task("Fill")), 2, "P", "the process has no start event"),
    "DG2106 end": (process(start()), 2, "P", "the process has no end event"),
    "DG2106 inner": (
        process(*PLAIN, node("subProcess", "X", task("Inner"))), AT, "X", 'subprocess "X" has no start event'
    ),
    "DG2107": (
        process(*PLAIN, task("X"), flow("Fill", "X"), flow("X", "End")), 4, "Fill",
        '"Fill" has several outgoing flows: all without a condition are taken at once',
    ),
    "DG2108": (process(*PLAIN, task("X")), AT, "X", '"X" cannot be reached from a start event'),
    "DG2109": (
        process(*PLAIN, task("X"), flow("Fill", "X"), flow("X", "X")), AT, "X", 'no end can be reached from task "X"'
    ),
    "DG2110": (process(*PLAIN, task("X")), AT, "X", '"X" has no outgoing flow: its path ends there'),
    "DG2111": (
        process(
            start("S1"), start("S2"), gateway("X"), end("E1"), end("E2"), *(flow(s, "X") for s in ("S1", "S2")),
            *(flow("X", e) for e in ("E1", "E2")),
        ),
        5, "X", 'gateway "X" both joins and splits',
    ),
    "DG2111 superfluous": (
        process(*line(gateway("X"))), 4, "X", 'gateway "X" has one flow in and one out: it does nothing'
    ),
    "DG2112": (
        process(*line(GATE, task("A"))), 4, "Gate", 'event-based gateway "Gate" leads to "A", a task'
    ),
    "DG2113": (
        process(*PLAIN, boundary("X", "Nowhere", after("P1D"))), AT, "X", '"X" is attached to no activity beside it'
    ),
    "DG2114": (
        process(*line(node("intermediateThrowEvent", "X", '<bpmn:linkEventDefinition name="l"/>'))), 4, "X",
        'link event "X" leads to "l", which nothing in its scope catches',
    ),
    "DG2115": (
        process(*line(catch("X", "<bpmn:messageEventDefinition/>"))), 4, "X", '"X" refers to no message'
    ),
    "DG2115 key": (
        process(*line(catch("X", message(key="")))), 4, "X", '"X" catches a message, but no key tells which one'
    ),
    "DG2115 start": (
        process(*PLAIN, LEAVES, flow("Told", "Fill")), AT, "Told",
        '"Told" begins with a message, but no key tells which instance a second one belongs to',
    ),
    "DG2116": (
        process(*PLAIN, node("endEvent", "X", "<bpmn:errorEventDefinition/>")), AT, "X",
        'event "X" throws an error without a code',
    ),
    "DG2117": (
        process(*line(catch("X", after("3 days")))), 4, "X",
        '"X" is due after "3 days", which is no duration (weeks stand alone, none is negative)',
    ),
    "DG2118": (
        process(*line(node("task", "X", "<bpmn:standardLoopCharacteristics/>"))), 4, "X",
        'activity "X" loops without a condition or a maximum',
    ),
    "DG2119": (
        process(*PLAIN, event_subprocess("X", "", task("Inner"))), AT, "X",
        '"X" is an event subprocess and needs exactly one start event with a definition',
    ),
    "DG2120": (
        process(*line(node("callActivity", "X"))), 4, "X", 'call activity "X" has neither calledElement nor dg:callApp'
    ),
    "DG2121": (
        process(*PLAIN, catch("X", after("P1D") + when())), AT, "X", 'event "X" has 2 event definitions'
    ),
    "DG2122": (
        process(start(), task("Fill"), end(), flow("Start", "Fill", '["x"]', id="X"), flow("Fill", "End")), 6, "X",
        'flow "X" has a condition but leaves the start event "Start"',
    ),
    "DG2123": (
        process(*line(catch("X", "<bpmn:conditionalEventDefinition/>"))), 4, "X",
        'conditional event "X" has no condition',
    ),
    "DG2124": (
        process(*PLAIN, node("startEvent", "X", every("R/P1D")), flow("X", "Fill")), AT, "X",
        'start event "X" is begun by a timer, and nothing says for which party',
    ),
    "DG2201": (
        process(*TWO, flow("Gateway", "End", '["x"]'), flow("Gateway", "Other", '["y"]')), 5, "Gateway",
        'at gateway "Gateway" it may happen that no flow is true, and there is no default',
    ),
    "DG2202": (
        process(*TWO, flow("Gateway", "End", '["x"]'), flow("Gateway", "Other", '["y"]')), 5, "Gateway",
        'at gateway "Gateway" the first true flow wins; the exactly-one rule of Altinn may choose otherwise: ' + MAYBE,
    ),
    "DG2203": (
        process(*TWO, flow("Gateway", "End", '["x"]'), flow("Gateway", "Other", id="X")), 11, "X",
        'flow "X" of gateway "Gateway" has no condition: it is taken before all flows after it',
    ),
    "DG2204": (
        process(start(), gateway(default="Gone"), end(), flow("Start", "Gateway"), flow("Gateway", "End")), 4,
        "Gateway", 'the default flow "Gone" of "Gateway" is not one of its flows',
    ),
    "DG2205": (
        process(start(), gateway("G1"), gateway("G2"), end(), flow("Start", "G1"), flow("G1", "G2"), flow("G2", "G1")),
        4, "G1", "these elements form a circle that never waits: G1, G2",
    ),
    "DG2206": (
        process(
            start(), task("R", "pdf", tag="serviceTask"), gateway(), end(), flow("Start", "R"), flow("R", "Gateway"),
            flow("Gateway", "R", '["x"]'), flow("Gateway", "End", '["y"]'),
        ),
        4, "R", "these elements form a circle without a user: R, Gateway",
    ),
    "DG2207": (
        process(
            *CHOICE, flow("Start", "Split"), flow("Split", "A", '["x"]'), flow("Split", "B", '["y"]'),
            flow("A", "Join"), flow("B", "Join"), flow("Join", "End"),
        ),
        7, "Join", 'parallel join "Join" may wait for ever for a token that never comes',
    ),
    "DG2208": (
        process(*FORK, gateway("Merge"), *FORKED, flow("A", "Merge"), flow("B", "Merge"), flow("Merge", "End")), 8,
        "Merge", 'tokens of parallel branches may pass "Merge" one by one',
    ),
    "DG2209": (
        process(*WIDE), 2, "P", f"the search for joins that do not fit stopped at {MAX_MARKINGS} markings"
    ),
    "DG2210": (
        process(
            start(), task("A"), node("inclusiveGateway", "X"), end(), end("Other"), flow("Start", "A"), flow("A", "X"),
            flow("X", "End", '["equals", ["dataModel", "a"], 1]'),
            flow("X", "Other", '["equals", ["dataModel", "a"], 2]'),
        ),
        5, "X", 'the conditions of inclusive gateway "X" exclude each other',
    ),
    "DG2301": (process(*line(task("X", None))), 4, "X", 'task "X" has no type: it waits until somebody completes it'),
    "DG2302": (process(*line(task("X", extra="<dg:wings/>"))), 4, "X", 'element "wings" is ignored'),
    "DG2302 namespace": (
        process(*line(task("X", extra='<near:deadline xmlns:near="urn:dialog-graph:bpmn"/>'))), 4, "X",
        'element "deadline" is ignored: nothing here is in the namespace "urn:dialog-graph:bpmn"',
    ),
    "DG2303": (
        process(*line(task("X", "pdf"))), 4, "X", '"X" is a task of the service type "pdf": the type decides'
    ),
    "DG2304": (
        process(*line(task("X", "callApp", tag="serviceTask"))), 4, "X",
        'task "X" of type "callApp" has no dg:callApp with the id of an app',
    ),
    "DG2305": (
        process(*PLAIN, '<bpmn:sequenceFlow id="X" sourceRef="Fill" targetRef="End" altinn:flowtype="Y"/>'), AT, "X",
        'flow "X" has a flowtype, which has no effect',
    ),
    "DG2306": (
        process(*line(task("X", extra=back_to("Later")), task("Later"))), 4, "X",
        '"X" may send back to "Later", from which no flow leads here',
    ),
}  # fmt: skip
"""Rule -> a file that breaks it, and the line, element and message of what is told."""


def test_every_rule_is_provoked():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", CASES)
def test_what_is_told_and_where(rule: str):
    text, at_line, element, told = CASES[rule]
    shown = [(each.severity, each.line, each.element_id, each.message) for each in found(text, rule.split(" ")[0])]
    assert (RULES[rule].severity, at_line, element, told) in shown


@pytest.mark.parametrize("rule", CASES)
def test_every_finding_says_what_to_do_and_fills_every_place_of_its_texts(rule: str):
    for each in findings(CASES[rule][0]):
        assert each.hint
        assert not re.search(r"\{\w*\}", each.message + each.hint)


def test_errors_of_many_kinds_are_told_together():
    parts = (
        node("callActivity", "Call"), catch("Late", after("soon")), catch("Told", message("gone", key="")),
        boundary("Edge", "Nowhere", when("")), GATE, flow("Gate", "Call"), node("scriptTask", "Script"),
        task("Due", extra='<dg:deadline after="P1D" action="dance"/>'), node("endEvent", "Bad", every("R/P1D")),
    )  # fmt: skip
    wanted = {"DG2002", "DG2112", "DG2113", "DG2115", "DG2117", "DG2120", "DG2123"}
    assert wanted <= set(codes(process(*PLAIN, *parts)))


# what single rules say


def problems(code: str, *parts: str, declared: str = "") -> list[str]:
    return [each.message for each in found(process(*parts, declared=declared), code)]


RECEIVE = '<bpmn:receiveTask id="Receive" messageRef="paid-id">{}</bpmn:receiveTask>'
KEYED = "<bpmn:extensionElements><dg:correlation key='1'/></bpmn:extensionElements>"
LOOP = '<bpmn:standardLoopCharacteristics loopMaximum="2"/>'
LINK = node("intermediateCatchEvent", "X", '<bpmn:linkEventDefinition name="l"/>')
OTHER = (catch("Y", message()), flow("Gate", "Y"), flow("Y", "End"))
EDGE = (boundary("B", "Receive", after("P1D")), flow("B", "End"))
SENT = '<bpmn:messageEventDefinition messageRef="paid-id"></bpmn:messageEventDefinition>'


def refers(kind: str, id: str) -> str:
    return catch("X", f'<bpmn:{kind}EventDefinition {kind}Ref="{id}"/>')


def extended(definition: str, extension: str) -> str:
    """An event definition with an extension in front of its parts."""
    head, tail = definition.split(">", 1)
    return f"{head}><bpmn:extensionElements>{extension}</bpmn:extensionElements>{tail}"


@pytest.mark.parametrize(
    ("targets", "problem"),
    [
        ((LINK,), 'leads to "X", a link intermediateCatchEvent'),
        ((catch("X", message()), flow("Start", "X")), 'leads to "X", which has other incoming flows'),
        ((RECEIVE.format(KEYED), *OTHER), "waits for one message in an event and in a task"),
        ((RECEIVE.format(KEYED), *EDGE), 'leads to "Receive", which has events at its boundary'),
        ((RECEIVE.format(KEYED + LOOP),), 'leads to "Receive", which loops'),
    ],
)
def test_what_an_event_based_gateway_may_not_lead_to(targets: tuple[str, ...], problem: str):
    first = targets[0].split('id="')[1].split('"')[0]
    parts = (start(), GATE, end(), flow("Start", "Gate"), flow("Gate", first), flow(first, "End"), *targets)
    assert problems("DG2112", *parts) == [f'event-based gateway "Gate" {problem}']


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (refers("message", "gone"), 'refers to the unknown message "gone"'),
        (refers("message", "bare"), 'refers to the message "bare", which has no name'),
        (catch("X", "<bpmn:signalEventDefinition/>"), "refers to no signal"),
        (refers("signal", "gone"), 'refers to the unknown signal "gone"'),
        (refers("signal", "mute"), 'refers to the signal "mute", which has no name'),
        (node("receiveTask", "X"), "refers to no message"),
        (node("sendTask", "X", attributes='messageRef="gone"'), 'refers to the unknown message "gone"'),
        (task("X", "receiveMessage"), "refers to no message"),
    ],
)
def test_messages_and_signals_that_nobody_can_send(part: str, problem: str):
    declared = '<bpmn:message id="bare"/><bpmn:signal id="mute"/>'
    assert problems("DG2115", *line(part), declared=declared) == [f'"X" {problem}']


def test_a_reference_may_carry_a_prefix_and_a_key_stand_with_the_declaration():
    declared = f'<bpmn:message id="own" name="own">{KEYED}</bpmn:message>'
    prefixed = catch("X", '<bpmn:messageEventDefinition messageRef="tns:own"/>')
    assert problems("DG2115", *line(prefixed), declared=declared) == []


@pytest.mark.parametrize(
    "part", [boundary("X", "Fill", message(key="")), event_subprocess("On", message(key=""), task("T"))]
)
def test_whoever_catches_a_message_needs_a_key(part: str):
    extra = (flow("X", "End"),) if "boundary" in part else ()
    assert len(problems("DG2115", *PLAIN, part, *extra)) == 1


def test_whoever_throws_a_message_needs_none():
    thrown = node("intermediateThrowEvent", "X", '<bpmn:messageEventDefinition messageRef="paid-id"/>')
    sent = node("sendTask", "Y", attributes='messageRef="paid-id"')
    assert problems("DG2115", *line(thrown, sent)) == []


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (catch("X", at("2030-01-01")), 'is due at "2030-01-01", which is no date-time with a zone'),
        (
            catch("X", after("P1W2D")),
            'is due after "P1W2D", which is no duration (weeks stand alone, none is negative)',
        ),
        (catch("X", every("R3/PT1H")), "repeats, although it can occur only once"),
        (
            catch("X", "<bpmn:timerEventDefinition/>"),
            "has 0 times instead of one of timeDate, timeDuration, timeCycle",
        ),
        (catch("X", extended(after("P1D"), '<dg:timer catchUp="never"/>')), "catches up by neither coalesce nor each"),
        (
            node("intermediateThrowEvent", "X", extended(SENT, "<dg:ttl>long</dg:ttl>")),
            'lets its message wait for "long", which is no duration',
        ),
    ],
)
def test_times_that_cannot_be_kept(part: str, problem: str):
    assert problems("DG2117", *line(part)) == [f'"X" {problem}']


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (every("daily"), 'repeats by "daily", which is none of Rn/duration, Rn/start/duration, Rn/duration/end'),
        (at('["x"]'), "begins the process, where no data is that an expression could look at"),
        (every("R/P1D"), None),
        (at("2030-01-01T00:00Z"), None),
    ],
)
def test_times_at_which_a_process_begins(part: str, problem: str | None):
    told = problems("DG2117", *PLAIN, node("startEvent", "X", part), flow("X", "Fill"))
    assert told == ([f'"X" {problem}'] if problem else [])


@pytest.mark.parametrize(("interrupting", "told"), [(True, 1), (False, 0)])
def test_only_an_event_subprocess_beside_the_main_path_repeats(interrupting: bool, told: int):
    again = event_subprocess("On", every("R/P1D"), task("T"), interrupting=interrupting)
    assert len(problems("DG2117", *PLAIN, again)) == told


def test_an_expression_is_a_time_like_any_other():
    parts = line(catch("A", at('["x"]')), catch("B", after('["x"]')))
    again = event_subprocess("On", every('["x"]'), task("T"), interrupting=False)
    assert problems("DG2117", *parts, again) == []


@pytest.mark.parametrize("kind", ["message", "timer", "signal"])
def test_a_process_may_begin_with_what_comes_from_outside_and_a_subprocess_not(kind: str):
    begin = {
        "message": message(),
        "timer": after("P1D"),
        "signal": '<bpmn:signalEventDefinition signalRef="alarm-id"/>',
    }
    typed = node("startEvent", "X", begin[kind])
    assert problems("DG2119", *PLAIN, typed, flow("X", "Fill")) == []
    inner = node("subProcess", "Sub", typed + task("A") + flow("X", "A"))
    assert len(problems("DG2119", *line(inner))) == 1


@pytest.mark.parametrize("definition", [when(), "<bpmn:errorEventDefinition/>", "<bpmn:escalationEventDefinition/>"])
def test_with_anything_else_only_event_subprocesses_begin(definition: str):
    assert len(problems("DG2119", *PLAIN, node("startEvent", "X", definition), flow("X", "Fill"))) == 1
    assert problems("DG2119", *PLAIN, event_subprocess("On", definition, task("T"))) == []


def test_nothing_is_attached_to_an_event_subprocess():
    parts = (*PLAIN, event_subprocess("On", when(), task("T")), boundary("X", "On", after("P1D")), flow("X", "End"))
    assert problems("DG2113", *parts) == ['"X" is attached to no activity beside it']


@pytest.mark.parametrize(
    ("called", "problem"),
    [
        ('calledElement="other"', 'calls "other", which is no app of the form org/app'),
        ('calledElement="ttd/other"', None),
    ],
)
def test_called_elements(called: str, problem: str | None):
    told = problems("DG2120", *line(node("callActivity", "X", attributes=called)))
    assert told == ([f'call activity "X" {problem}'] if problem else [])


@pytest.mark.parametrize(
    ("attributes", "inside", "problem"),
    [
        ('app="TTD/other"', "", 'calls "TTD/other", which is no app of the form org/app'),
        ('app="ttd/other" credentials="me"', "", 'has the credentials "me" instead of org or user'),
        ('app="ttd/other" completion="never"', "", 'has the completion "never" instead of wait or detach'),
        ('app="ttd/other"', '<dg:map to="m:a"/>', "has a dg:map without from"),
        ('app="ttd/other"', '<dg:attach to="a"/>', "has a dg:attach without dataType"),
        ('app="ttd/other"', '<dg:return to="m:a"/>', "has a dg:return without from"),
    ],
)
def test_calls_that_cannot_be_made(attributes: str, inside: str, problem: str):
    call = f"<bpmn:extensionElements><dg:callApp {attributes}>{inside}</dg:callApp></bpmn:extensionElements>"
    assert problems("DG2120", *line(node("callActivity", "X", call))) == [f'call activity "X" {problem}']


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ('<bpmn:task id="X" isForCompensation="yes"/>', 'the value "yes" of isForCompensation'),
        ('<bpmn:task id="X" startQuantity="one"/>', 'the value "one" of startQuantity'),
        ('<bpmn:exclusiveGateway id="X" gatewayDirection="both"/>', 'the value "both" of gatewayDirection'),
        ('<bpmn:userTask id="X" assignee="me"/>', 'the attribute "assignee" of userTask'),
        ('<bpmn:task id="X" altinn:tasktype="data" isForCompensation="0"/>', None),
    ],
)
def test_attributes_that_bpmn_does_not_know(part: str, what: str | None):
    told = [each.message for each in found(process(*PLAIN, part), "DG2005")]
    assert told == ([f"{what} is none that BPMN knows: it has no effect"] if what else [])


def test_one_is_as_good_as_true():
    inner = subprocess("Sub", task("A")).replace('id="Sub"', 'id="Sub" triggeredByEvent="1"')
    assert len(problems("DG2119", *PLAIN, inner)) == 1


def test_what_is_waited_for_holds_up_circles():
    waits = (start(), catch("Wait", after("P1D")), flow("Start", "Wait"), flow("Wait", "Wait"), end())
    assert not {"DG2205", "DG2206"} & set(codes(process(*waits)))
    robots = (task("R", "pdf", tag="serviceTask"), RECEIVE.format(KEYED))
    parts = (start(), *robots, end(), flow("Start", "R"), flow("R", "Receive"), flow("Receive", "R"))
    assert "DG2206" not in codes(process(*parts))


def test_extensions_of_events_that_mean_nothing_there_are_told():
    odd = catch("X", extended(after("P1D"), "<dg:ttl>P1D</dg:ttl>"))
    own = "<bpmn:extensionElements><dg:ttl>P1D</dg:ttl></bpmn:extensionElements>"
    declared = f'<bpmn:message id="own" name="own">{own}</bpmn:message>'
    told = [(each.element_id, len(each.related)) for each in found(process(*line(odd), declared=declared), "DG2302")]
    assert told == [("own", 1)]


# who begins by a timer


@pytest.mark.parametrize(
    ("party", "problem"),
    [
        ("urn:altinn:organization:identifier-no:310001015", None),
        ('["frontendSettings", "party"]', None),
        ('"urn:altinn:party:id:5"', None),
        ("", "is begun by a timer, and nothing says for which party"),
        ("somebody", 'begins for "somebody", which is no party'),
        ("urn:altinn:organization:identifier-no:310001016",
         'begins for "urn:altinn:organization:identifier-no:310001016", which is no party'),
    ],
)  # fmt: skip
def test_a_timer_begins_for_a_party(party: str, problem: str | None):
    timed = node("startEvent", "X", begun_for(party) + every("R/P1D"))
    told = [] if problem is None else [f'start event "X" {problem}']
    assert problems("DG2124", *PLAIN, timed, flow("X", "Fill")) == told


def test_a_signal_may_name_a_party_and_only_what_begins_the_process_does():
    heard = node("startEvent", "X", begun_for() + signal())
    assert problems("DG2302", *PLAIN, heard, flow("X", "Fill")) == []
    elsewhere = (boundary("X", "Fill", begun_for() + after("P1D")), flow("X", "End"), start("Y"), flow("Y", "Fill"))
    plain = (node("startEvent", "Z", begun_for()), flow("Z", "Fill"))
    assert problems("DG2302", *PLAIN, *elsewhere) == ['element "start" is ignored']
    assert problems("DG2302", *PLAIN, *plain) == ['element "start" is ignored']


# attributes of our own elements


@pytest.mark.parametrize(
    ("extension", "what"),
    [
        ('<dg:timer catchUp="each"/>', None),
        ('<dg:timer catchup="each"/>', 'attribute "catchup" of dg:timer is ignored'),
        ('<dg:timer xmlns:x="urn:x" x:note="mine"/>', None),
    ],
)
def test_an_attribute_of_ours_that_there_is_not_is_told(extension: str, what: str | None):
    timed = catch("X", extended(after("P1D"), extension))
    assert problems("DG2302", *line(timed)) == ([] if what is None else [what])


def test_a_loop_names_no_variable():
    """What a round is about is the argument of its expressions."""
    many = '<dg:multiInstance collection="[&quot;list&quot;]" elementVariable="one"/>'
    loop = f"<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>{many}</bpmn:extensionElements>"
    told = problems("DG2302", *line(node("task", "X", f"{loop}</bpmn:multiInstanceLoopCharacteristics>")))
    assert told == ['attribute "elementVariable" of dg:multiInstance is ignored']

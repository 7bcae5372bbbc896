"""Tasks and what they need: signing, payment, eFormidling, gateways that ask for the action, calls of other apps."""

import json
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import check
from dialog_graph.bpmn import read_process
from dialog_graph.model.diagnostic import Diags
from dialog_graph.tasks import KINDS
from tests.unit.apps.faults import (
    CALLED,
    CORRESPONDENCE,
    DELEGATED,
    FOUNDERS,
    ORDER,
    PAID,
    SHIPPED,
    SIGNATURES,
    SIGNEES,
    TO_SIGN,
    called,
    calling,
    element,
    found_among,
    found_in,
    names,
    rejecting,
    signing,
    task_of,
)
from tests.unit.apps.sample import METADATA, POLICY, PROCESS, findings, metadata, policy, process
from tests.unit.apps.test_folders import write

QUIET = {"DG1013", "DG2202", "DG9202"}
"""The sample's own remark, and that this version has no code for these task types."""


OPEN_TO_ALL: dict[str, Any] = {"allowedContributors": [], "allowedContentTypes": ["text/plain"]}


def told(found: Diags, *codes: str) -> list[tuple[str, str]]:
    """(code, message) of these codes, of everything worth a remark without any."""
    return [(i.code, i.message) for i in found if (i.code in codes if codes else i.code not in QUIET)]


# Signing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        signing(TO_SIGN, SIGNATURES),
        DELEGATED | signing(TO_SIGN, SIGNATURES, SIGNEES, CORRESPONDENCE, code_lines=FOUNDERS),
        {POLICY: policy(person=("instantiate", "read", "sign"))}
        | task_of("confirmationSigning", element("signatureConfig", TO_SIGN + SIGNATURES)),
        task_of("payment", element("paymentConfig", PAID), *ORDER),
        task_of("eFormidling", element("eFormidlingConfig", SHIPPED + element("securityLevel", "3"))),
        task_of("EFORMIDLING", element("eFormidlingConfig", element("disabled", "true"))),
        signing(TO_SIGN, SIGNATURES, ours='<dg:signaturePolicy required="3"/>', signatures={"maxCount": 3}),
        signing(TO_SIGN, SIGNATURES, ours='<dg:signaturePolicy required="all"/>', signatures={"maxCount": 1}),
    ],
)
def test_tasks_that_have_what_they_need_are_in_order(changes: dict[str, Any]) -> None:
    assert told(found_in(changes)) == []


@pytest.mark.parametrize("kind", ["signing", "confirmationSigning", "externalSigning"])
@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ("", "signatureConfig"),
        (element("signatureConfig"), "dataTypesToSign and no signatureDataType"),
        (element("signatureConfig", SIGNATURES), "dataTypesToSign"),
    ],
)
def test_a_signing_task_says_what_is_signed_and_where_it_goes(kind: str, config: str, missing: str) -> None:
    assert told(found_in(task_of(kind, config)), "DG9301") == [("DG9301", f'signing task "Task_1" has no {missing}')]


def test_types_named_by_a_signing_task_are_looked_for_once_each() -> None:
    parts = (TO_SIGN, element("signatureDataType", "gone"), names("uniqueFromSignaturesInDataTypes", "away"))

    assert [message.split('"')[1] for _, message in told(found_in(signing(*parts)), "DG9302")] == ["away", "gone"]


def test_a_provider_without_states_is_half_a_list() -> None:
    found = found_in(DELEGATED | signing(TO_SIGN, SIGNATURES, element("signeeProviderId", "founders"), CORRESPONDENCE))

    assert told(found, "DG9307") == [
        ("DG9307", 'task "Task_1" has signeeProviderId, but no signeeStatesDataTypeId'),
    ]


@pytest.mark.parametrize("task", ["", "Task_1"])
@pytest.mark.parametrize("granted", ["read", "sign"])
def test_signees_need_to_read_and_to_sign(task: str, granted: str) -> None:
    """A rule for the task counts as much as one for all tasks; each action is asked for."""
    text = policy(person=("instantiate", "read", "write", granted), task="")
    start, end = text.index('<Rule RuleId="1"'), text.index("</Rule>") + len("</Rule>")
    rule = policy(person=(granted,), task=task)
    rule = rule[rule.index('<Rule RuleId="1"') : rule.index("</Rule>") + len("</Rule>")]
    rule = rule.replace("urn:altinn:rolecode", "urn:altinn:resource:delegation").replace("PRIV", "app_ttd_sample")
    delegated = {POLICY: text[:start] + text[start:end] + rule.replace('RuleId="1"', 'RuleId="9"') + text[end:]}
    other = {"read": "sign", "sign": "read"}[granted]

    found = found_in(delegated | signing(TO_SIGN, SIGNATURES, SIGNEES, CORRESPONDENCE, code_lines=FOUNDERS))

    assert told(found, "DG9109") == [
        ("DG9109", f'task "Task_1": no rule for urn:altinn:resource:delegation lets its signees {other}')
    ]


def test_without_a_policy_only_that_is_told() -> None:
    found = found_in({POLICY: None} | signing(TO_SIGN, SIGNATURES, SIGNEES, CORRESPONDENCE, code_lines=FOUNDERS))

    assert [code for code, _ in told(found)] == ["DG4001"]


@pytest.mark.parametrize(
    ("signatures", "states", "is_told"),
    [
        ("signees", "signatures", True),
        ("signee-states", "my-signature", True),
        ("signatures", "signees", False),
        ("one", "two", False),
        ("signees", "states", False),
        ("signee-signatures", "signatures", False),
    ],
)
def test_names_that_look_swapped(signatures: str, states: str, is_told: bool) -> None:
    parts = (
        element("signatureDataType", signatures),
        element("signeeProviderId", "founders"),
        element("signeeStatesDataTypeId", states),
    )
    found = found_in(signing(TO_SIGN, *parts))

    assert len(told(found, "DG9305")) == is_told


@pytest.mark.parametrize(
    ("to_sign", "is_told"),
    [(["file"], True), (["file", "xml"], True), (["file", "model"], False), (["receipts"], False), (["gone"], False)],
)
def test_something_must_be_there_to_sign(to_sign: list[str], is_told: bool) -> None:
    """`model` must be there; what only the server makes, and what is unknown, is no matter of counts."""
    assert len(told(found_in(signing(names("dataTypesToSign", *to_sign), SIGNATURES)), "DG9309")) == is_told


def test_a_form_that_is_made_by_itself_is_there_to_sign() -> None:
    changes = signing(TO_SIGN, SIGNATURES)
    changes[METADATA]["dataTypes"][0]["minCount"] = 0

    assert told(found_in(changes), "DG9309") == []


def test_each_environment_without_a_way_to_tell_signees_is_named() -> None:
    some = element("correspondenceResource", "x", env="prod") + element("correspondenceResource", "y", env="at22")
    for resource, silent in (("", "local, staging, production"), (some, "local"), (CORRESPONDENCE, None)):
        found = found_in(DELEGATED | signing(TO_SIGN, SIGNATURES, SIGNEES, resource, code_lines=FOUNDERS))
        message = f'task "Task_1" has no correspondenceResource for environment {silent}: signees are not notified'
        assert told(found, "DG9314") == ([("DG9314", message)] if silent else [])


def test_what_only_the_server_writes_is_told_once_for_each_type_and_thing() -> None:
    """Two tasks with the same types are one fault."""
    config = element("signatureConfig", TO_SIGN + SIGNATURES)
    twice = process(task="signing", extension=config)
    start = twice.index('<b:task id="Task_1"')
    task = twice[start : twice.index("</b:task>") + len("</b:task>")]
    changes = signing(TO_SIGN, SIGNATURES, signatures=OPEN_TO_ALL)
    changes[PROCESS] = twice.replace(task, task + task.replace("Task_1", "Task_2"))

    assert told(found_in(changes), "DG9303", "DG9304") == [
        ("DG9303", 'data type "signatures" is for signatures and is not app:owned: users could forge it'),
        ("DG9304", 'data type "signatures" is for signatures and does not allow application/json'),
    ]


def test_every_type_that_the_server_writes_is_looked_at() -> None:
    parts = (TO_SIGN, SIGNATURES, SIGNEES, element("signingPdfDataType", "receipts"), CORRESPONDENCE)
    signed = signing(*parts, signatures=OPEN_TO_ALL, signees=OPEN_TO_ALL, receipts=OPEN_TO_ALL)
    paid = task_of("payment", element("paymentConfig", PAID), payments=OPEN_TO_ALL, receipts=OPEN_TO_ALL)

    codes = [code for changes in (signed, paid) for code, _ in told(found_in(changes), "DG9303", "DG9304")]

    assert (codes.count("DG9303"), codes.count("DG9304")) == (3, 5)


@pytest.mark.parametrize(("granted", "is_told"), [("sign", False), ("write", True)])
def test_a_signing_task_that_nobody_may_complete_is_told_before_it_has_code(granted: str, is_told: bool) -> None:
    changes = {POLICY: policy(person=("instantiate", "read", granted), owner=("read", "complete"))}
    found = found_in(changes | task_of("confirmationSigning", element("signatureConfig", TO_SIGN + SIGNATURES)))

    message = 'task "Task_1": nobody may perform "sign", which completes it'
    assert told(found, "DG9102") == ([("DG9102", message)] if is_told else [])


# Payment, eFormidling -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ("", "paymentConfig"),
        (element("paymentConfig"), "paymentDataType and no paymentReceiptPdfDataType"),
    ],
)
def test_a_payment_task_says_where_payments_and_receipts_go(config: str, missing: str) -> None:
    assert told(found_in(task_of("payment", config, *ORDER))) == [("DG9310", f'payment task "Task_1" has no {missing}')]


def shipping(*parts: str, environment: str = "development") -> list[tuple[str, str]]:
    """(weight, message) of what an eFormidling task lacks."""
    changes = task_of("eFormidling", element("eFormidlingConfig", "".join(parts)))
    return [(i.severity.value, i.message) for i in findings(changes, environment) if i.code == "DG9313"]


LEVEL = element("securityLevel", "3")


def test_a_task_without_any_settings_is_one_finding() -> None:
    found = findings(task_of("eFormidling", ""))

    keys = "process, standard, typeVersion, type, securityLevel"
    where = "local, staging, production"
    assert told(found, "DG9313") == [("DG9313", f'eFormidling of task "Task_1" has no {keys} for environment {where}')]


def test_what_this_environment_lacks_is_an_error_and_what_another_lacks_a_warning() -> None:
    parts = (SHIPPED, element("securityLevel", "3", env="tt02"))
    message = 'eFormidling of task "Task_1" has no securityLevel for environment local, production'

    assert shipping(*parts) == [("error", message)]
    assert shipping(*parts, environment="production") == [("error", message)]
    assert shipping(*parts, environment="staging") == [("warning", message)]


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ((SHIPPED, LEVEL), 0),
        ((SHIPPED, element("securityLevel", "high")), 1),
        ((SHIPPED, element("securityLevel", "")), 1),
        ((element("disabled", "true"),), 0),
        ((SHIPPED, element("securityLevel", "3", env="prod"), element("disabled", "true", env="local")), 1),
        ((SHIPPED, LEVEL, element("process", "", env="prod")), 1),
    ],
)
def test_a_value_may_be_there_for_all_or_for_each_or_not_be_needed(parts: tuple[str, ...], count: int) -> None:
    assert len(shipping(*parts)) == count


def test_different_gaps_are_told_apart() -> None:
    found = shipping(SHIPPED, element("securityLevel", "3", env="prod"), element("type", "", env="prod"))

    assert [message.partition(" has no ")[2] for _, message in found] == [
        "securityLevel for environment local, staging",
        "type for environment production",
    ]


# Configuration of the process reader itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "extension", "missing"),
    [
        ("subformPdf", "", "subformPdfConfig with subformComponentId and subformDataTypeId"),
        (
            "SubformPDF",
            element("subformPdfConfig", element("subformComponentId", "a")),
            "subformPdfConfig with subformDataTypeId",
        ),
        ("callApp", "", "dg:callApp with the id of an app"),
    ],
)
def test_a_service_that_cannot_do_without_its_settings(kind: str, extension: str, missing: str) -> None:
    _, found = read_process(process(task=kind, extension=extension).encode(), KINDS)

    (item,) = [item for item in found if item.code == "DG2304"]
    assert (item.severity.value, item.line, item.element_id) == ("error", 5, "Task_1")
    assert item.message == f'task "Task_1" of type "{kind}" has no {missing}'


@pytest.mark.parametrize("kind", ["signing", "payment", "eFormidling"])
def test_what_the_app_linter_says_better_is_not_said_twice(kind: str) -> None:
    found = found_in(task_of(kind, ""))

    assert "DG2304" not in {item.code for item in found}
    assert len([item for item in found if item.code in ("DG9301", "DG9310", "DG9313")]) == 1


# Gateways that ask for the action -------------------------------------------------------------------------------------

CONFIRMING = policy(person=("instantiate", "read", "write", "confirm", "reject"))
TWO_WAYS = '["equals", ["gatewayAction"], "reject"]'


def asking(first: str, second: str | None = None, **more: Any) -> Diags:
    """Findings of a task that may be rejected, before a gateway of two flows; None: the second is the default."""
    xml = rejecting(first, **more)
    if second is not None:
        end = f'targetRef="End_2"><b:conditionExpression>{second}</b:conditionExpression></b:sequenceFlow>'
        xml = xml.replace(' default="Flow_4"', "").replace('targetRef="End_2"/>', end)
    return findings({PROCESS: xml, POLICY: CONFIRMING})


def action(*parts: Any) -> str:
    return json.dumps(list(parts))


ASKED = ["gatewayAction"]


@pytest.mark.parametrize(
    ("first", "second", "uncovered"),
    [
        (action("equals", ASKED, "reject"), action("equals", ASKED, "confirm"), []),
        (action("equals", ASKED, "reject"), action("notEquals", ASKED, "reject"), []),
        (action("equals", "reject", ASKED), action("not", ["equals", ASKED, "reject"]), []),
        (action("or", ["equals", ASKED, "reject"], ["equals", ASKED, "confirm"]), action("equals", ASKED, "x"), []),
        (action("equals", ASKED, "reject"), action("equals", ASKED, "Confirm"), ['"confirm"']),
        (action("equals", ASKED, "confirm"), action("equals", ASKED, "sign"), ['"reject"']),
        (action("equals", ASKED, "a"), action("equals", ASKED, "b"), ['"confirm"', '"reject"']),
        (action("equals", ASKED, "a"), None, []),
        (action("equals", ASKED, "a"), action("equals", ["dataModel", "age"], 3), []),
        (action("equals", ASKED, "a"), action("equals", ["upperCase", ASKED], "B"), []),
        (action("and", ASKED, True), action("equals", ASKED, "b"), []),
        (action("equals", ["dataModel", "age"], 1), action("equals", ["dataModel", "age"], 2), []),
    ],
)
def test_every_action_that_can_come_needs_a_flow(first: str, second: str | None, uncovered: list[str]) -> None:
    """Conditions that ask for anything else, or that fail, say nothing about the action."""
    message = 'gateway "Gateway" after "Task_1" does not cover the action {} and has no default'

    found = told(asking(first, second), "DG9206")

    assert [message for _, message in found] == [message.format(name) for name in uncovered]


def test_a_task_that_declares_less_needs_fewer_flows() -> None:
    first, second = action("equals", ASKED, "confirm"), action("equals", ASKED, "sign")
    xml = rejecting(first).replace("<a:action>reject</a:action>", "")
    end = f'targetRef="End_2"><b:conditionExpression>{second}</b:conditionExpression></b:sequenceFlow>'
    xml = xml.replace(' default="Flow_4"', "").replace('targetRef="End_2"/>', end)

    assert told(findings({PROCESS: xml, POLICY: CONFIRMING}), "DG9205", "DG9206") == []


def test_a_data_task_completes_without_an_action() -> None:
    xml = process(flow=action("equals", ASKED, "go")).replace(' default="Flow_4"', "")
    xml = xml.replace(
        'targetRef="End_2"/>',
        f'targetRef="End_2"><b:conditionExpression>{action("equals", ASKED, "stop")}</b:conditionExpression>'
        "</b:sequenceFlow>",
    )

    assert [message for _, message in told(findings({PROCESS: xml}), "DG9206")] == [
        'gateway "Gateway" after "Task_1" does not cover the action null and has no default'
    ]


def straight(target: str, elements: str = "", flows: str = "") -> Diags:
    """Findings of a task that may be rejected and leads to an element that is no choice."""
    actions = names("actions", "reject", item="action")
    return findings(
        {
            POLICY: CONFIRMING,
            PROCESS: f"""<?xml version="1.0"?>
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:a="http://altinn.no/process" id="d">
 <b:process id="p">
  <b:startEvent id="Start"/>
  <b:task id="Task_1"><b:extensionElements><a:taskExtension><a:taskType>confirmation</a:taskType>{actions}
  </a:taskExtension></b:extensionElements></b:task>{elements}
  <b:endEvent id="End"/>
  <b:sequenceFlow id="F1" sourceRef="Start" targetRef="Task_1"/>
  <b:sequenceFlow id="F2" sourceRef="Task_1" targetRef="{target}"/>{flows}
 </b:process>
</b:definitions>""",
        }
    )


def flow(source: str, target: str, condition: str = "") -> str:
    inside = f"<b:conditionExpression>{condition}</b:conditionExpression>" if condition else ""
    return f'<b:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}">{inside}</b:sequenceFlow>'


MERGE = '<b:exclusiveGateway id="Merge"/>'
NEXT = (
    '<b:task id="Task_2"><b:extensionElements><a:taskExtension><a:taskType>data</a:taskType></a:taskExtension>'
    "</b:extensionElements></b:task>"
)


@pytest.mark.parametrize(
    ("target", "elements", "flows", "goes_on_to"),
    [
        ("End", "", "", "End"),
        ("Task_2", NEXT, flow("Task_2", "End"), "Task_2"),
        ("Merge", MERGE, flow("Merge", "End"), "End"),
        ("Merge", MERGE + NEXT, flow("Merge", "Task_2") + flow("Task_2", "End"), "Task_2"),
        ("Merge", '<b:parallelGateway id="Merge"/>', flow("Merge", "End"), None),
        ("Merge", MERGE, flow("Merge", "End", TWO_WAYS), None),
        ("Merge", MERGE + NEXT, flow("Merge", "End") + flow("Merge", "Task_2"), None),
        ("Merge", MERGE, flow("Merge", "Merge"), None),
    ],
)
def test_a_reject_that_nobody_asks_for_goes_on(target: str, elements: str, flows: str, goes_on_to: str | None) -> None:
    message = 'reject is allowed on "Task_1", but no condition after it asks for gatewayAction: reject goes on to "{}"'

    found = told(straight(target, elements, flows), "DG9205")

    assert found == ([("DG9205", message.format(goes_on_to))] if goes_on_to else [])


def test_a_flow_of_the_task_that_asks_is_a_choice() -> None:
    found = straight("End", NEXT, flow("Task_1", "Task_2", TWO_WAYS) + flow("Task_2", "End"))

    assert told(found, "DG9205") == []


# Calls of other apps --------------------------------------------------------------------------------------------------


def test_an_app_alone_cannot_know_the_one_it_calls() -> None:
    (item,) = [item for item in found_in(calling()) if item.code.startswith("DG94")]

    assert (item.code, item.severity.value) == ("DG9401", "warning")
    assert item.message == 'the app "skd/other" that "Task_1" calls is unknown here, where the app is alone'


def test_a_call_that_fits_is_in_order() -> None:
    inside = (
        '<dg:map from="name" to="model:rows[0].item"/><dg:attach dataType="file" to="file"/>'
        '<dg:return from="model:age" to="model:age"/>'
    )

    assert told(found_among(calling(inside=inside), called())) == []


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        ('<dg:map from="name" to="model:nme"/>', '"model:nme", whose path is not in the model of skd/other'),
        ('<dg:map from="name" to="model:a b"/>', '"model:a b", whose path is not in the model of skd/other'),
        ('<dg:map from="name" to="form:name"/>', '"form:name", whose data type is no form of skd/other'),
        ('<dg:map from="name" to="file:name"/>', '"file:name", whose data type is no form of skd/other'),
        ('<dg:map from="name" to="name"/>', '"name", which is not dataType:path'),
        ('<dg:map from="name"/>', '"", which is not dataType:path'),
        ('<dg:attach dataType="file" to="papers"/>', '"papers", which is no data type of skd/other'),
        ('<dg:return from="model:age" to="model:a"/>', '"model:a", whose path is not in the model of ttd/sample'),
    ],
)
def test_what_a_call_gives_must_have_a_place(inside: str, problem: str) -> None:
    found = found_among(calling(inside=inside), called())

    assert told(found) == [("DG9402", f'the call of "skd/other" in "Task_1" gives {problem}')]


def test_who_calls_with_the_rights_of_the_user_needs_no_right_of_its_own() -> None:
    closed = called({POLICY: policy().replace(">ttd<", ">skd<")})

    assert told(found_among(calling(credentials="user"), closed)) == []
    assert [code for code, _ in told(found_among(calling(), closed))] == ["DG9403"]


def test_an_app_without_a_policy_lets_its_own_org_in() -> None:
    """A missing policy is told where it is missing."""
    closed, own = called({POLICY: None}), called({POLICY: None, METADATA: metadata(id="ttd/other")})

    assert [code for code, _ in told(found_among(calling(), closed))] == ["DG9403"]
    assert told(found_among(calling("ttd/other"), own)) == []


def test_an_app_may_call_itself() -> None:
    found = found_among(calling("ttd/sample", credentials="user"))

    assert told(found) == []


def test_a_call_activity_is_a_call_whether_it_says_how_or_only_whom() -> None:
    plain = task_of("none", "")[PROCESS].replace("<b:task ", '<b:callActivity calledElement="skd/gone" ')
    for xml in (plain, plain.replace('calledElement="skd/gone"', "").replace("<a:taskExtension>", CALLS_GONE)):
        found = found_among({PROCESS: xml.replace("</b:task>", "</b:callActivity>")}, called())
        assert ("DG9401", 'the app "skd/gone" that "Task_1" calls is unknown on this server') in told(found, "DG9401")


CALLS_GONE = '<dg:callApp app="skd/gone"/><a:taskExtension>'


def test_a_message_is_stored_in_a_type_that_is_there() -> None:
    found = found_in(task_of("data", "", ours='<dg:message dataType="letters"/>'))

    message = 'data type "letters" named by task "Task_1" is not in applicationmetadata.json'
    assert told(found, "DG9302") == [("DG9302", message)]


def test_the_linter_knows_the_apps_of_one_folder(tmp_path: Path) -> None:
    """An app that cannot be read is there all the same; what is wrong with it, its own findings tell."""
    write(tmp_path / "apps/ttd/sample", calling())
    write(tmp_path / "apps/skd/other", {METADATA: metadata(id=CALLED, org="skd"), PROCESS: "<a/>"})
    write(tmp_path / "apps/skd/third", {**calling("skd/gone"), METADATA: metadata(id="skd/third", org="skd")})

    alone = check([tmp_path / "apps/ttd/sample"]).apps
    together = {app.id: app for app in check([tmp_path / "apps"]).apps}

    assert [code for code, _ in told(alone[0].diagnostics, "DG9401")] == ["DG9401"]
    assert told(together["ttd/sample"].diagnostics, "DG9401") == []
    assert together["skd/other"].version is None
    assert told(together["skd/third"].diagnostics, "DG9401") == [
        ("DG9401", 'the app "skd/gone" that "Task_1" calls is unknown on this server')
    ]

"""Every code that the linter can give is provoked by an app with this one fault, and told at its place in these words.

Codes of the process (`DG2xxx`) have the same in the tests of `bpmn`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import dialog_graph
from dialog_graph.apps.diagnostics import FIXABLE, RULES, SAID_BETTER, At, finding, without_doubles
from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.policy.findings import FINDINGS as OF_POLICIES
from tests.unit.apps.faults import AT_RUN, FAULTS, ON_DISK, TOGETHER, UNCOVERED, found_in
from tests.unit.apps.sample import PROCESS

PACKAGE = Path(dialog_graph.__file__).parent
SOURCES = ("apps", "policy", "model", "expressions")
CODE = re.compile(r"\bDG[013-9][0-9]{3}\b")

EXPECTED: dict[str, str] = {
    "DG1001": ". error: no App/config, src/App/config or config below {folder}/empty",
    "DG1002": "dialog-graph.toml error: cannot decode at byte 5",
    "DG1003": "dialog-graph.toml error: file size is 2097153, limit 2097152",
    "DG1004": 'config/applicationmetadata.json:2:9 error: expected a value, but found "}" at 2:9',
    "DG1005": "config/process/process.bpmn:2:8 error: Opening and ending tag mismatch: b line 2 and a",
    "DG1006": (
        'models/model.xsd:2 error: expected nothing from outside of the file, but there is the include of "../x.xsd"'
    ),
    "DG1007": 'config/applicationmetadata.json:2:22 warning: duplicate JSON key "org", last value used',
    "DG1008": "models/model.metadata.json info: logic in models/model.metadata.json has no effect here",
    "DG1009": "config/notes.txt info: unknown file in a known folder",
    "DG1010": 'options/a.json error: the paths "options/a.json" and "options/A.json" are equal when case is ignored',
    "DG1011": "config/process/process.bpmn error: the required file is missing",
    "DG1012": "options/a.json error: the link leaves the app folder",
    "DG1013": "logic/app.py warning: this version does not use Python logic: the file has no effect",
    "DG1014": "options/a.json error: the file cannot be read: it is a link to a folder",
    "DG1015": (
        'config/texts/Resource.nb.json warning: the name has other letters than "config/texts/resource.nb.json":'
        " it is not read as that"
    ),
    "DG3001": 'config/applicationmetadata.json:2:8 error: expected an id of the form org/app, but it is "Sample"',
    "DG3002": 'config/applicationmetadata.json:3:9 error: org is "skd", but the id begins with "ttd"',
    "DG3003": 'config/applicationmetadata.json:45:10 error: duplicate data type id "MODEL"',
    "DG3004": (
        "config/applicationmetadata.json:19:16 error: expected a whole number that is not negative at "
        "dataTypes[0].maxCount, but it is the number -1"
    ),
    "DG3005": (
        'config/applicationmetadata.json:45:2 warning: unknown key "disallowUserInstantation", did you mean '
        '"disallowUserInstantiation"'
    ),
    "DG3006": (
        'config/applicationmetadata.json:21:4 info: old spelling "allowedContributers" understood as '
        '"allowedContributors"'
    ),
    "DG3007": "config/applicationmetadata.json:20:16 error: minCount 3 is greater than maxCount 2",
    "DG3008": "config/applicationmetadata.json:42:16 warning: minCount 1 without taskId: never checked",
    "DG3009": 'config/applicationmetadata.json:22:5 warning: "everyone" in allowedContributors matches nobody',
    "DG3010": "config/applicationmetadata.json:4:11 warning: title missing for nb",
    "DG3011": (
        'config/applicationmetadata.json:46:11 error: "nowhere" in onEntry.show is neither a known word nor '
        "a layout folder"
    ),
    "DG3012": (
        'config/applicationmetadata.json:19:24 error: shadowFields.saveToDataType "file" is unknown or not form data'
    ),
    "DG3013": "config/applicationmetadata.json:45:17 warning: legacy eFormidling block",
    "DG3014": 'config/applicationmetadata.json:44:5 warning: "ours" in enabledFileValidators has no handler',
    "DG3015": (
        "config/applicationmetadata.json:45:28 warning: autoDeleteOnProcessEnd waits for preventInstanceDeletionForDays"
    ),
    "DG3016": "config/applicationmetadata.json:46:13 error: validFrom is not before validTo",
    "DG3017": (
        'config/applicationmetadata.json:46:11 warning: the stateless form type "xml" belongs to the task "Task_1"'
    ),
    "DG3018": 'config/applicationmetadata.json:14:5 warning: the content type "pdf" has no /',
    "DG3019": 'config/applicationmetadata.json:2:8 info: template id, read as "ttd/sample"',
    "DG3020": (
        "config/applicationmetadata.json:45:15 warning: apiScopes has no effect in this version:"
        " the policy alone decides, whatever the scopes of a token"
    ),
    "DG3030": "appsettings.json:3:16 error: literal value of the secret MaskinportenSettings.JwkBase64",
    "DG4001": "config/authorization/policy.xml warning: no policy.xml: nobody but ttd may act",
    "DG4002": "config/authorization/policy.xml:1 error: Condition at line 1: this construct is not supported in Policy",
    "DG4003": (
        "config/authorization/policy.xml:3 error: unknown attribute id 'urn:altinn:shoesize' in "
        "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
    ),
    "DG4004": "config/authorization/policy.xml:14 warning: obligation without an integer 0-4: level 4 is demanded",
    "DG4005": "config/authorization/policy.xml error: the rules expand to 71407 rows, limit 10000",
    "DG4006": 'config/authorization/policy.xml:2 warning: rule 1 names org or app "other", not this app: never applies',
    "DG4007": 'config/authorization/policy.xml:3 info: role code "priv" is written "PRIV" in the register',
    "DG4008": "config/authorization/policy.xml:13 warning: rules 2 and 3 are equal",
    "DG4009": "config/authorization/policy.xml warning: no minimum-authenticationlevel obligation: level 0 is enough",
    "DG4010": 'config/authorization/policy.xml:3 warning: unknown role code "BOSS"',
    "DG4011": (
        "config/authorization/policy.xml:2 warning: a combination in rule 1 can never match: task:Task_1 and end:End"
    ),
    "DG4012": (
        "config/authorization/policy.xml:2 warning: rule 1 permits without naming a subject: everyone with a "
        "relation to the party"
    ),
    "DG5001": (
        'config/applicationmetadata.json:1 warning: form type "model" has no schema or XSD: any object '
        "accepted\n"
        'config/applicationmetadata.json:1 warning: form type "xml" has no schema or XSD: any object '
        "accepted"
    ),
    "DG5002": "models/model.schema.json:6:12 error: the schema does not compile: /properties/name/type Unexpected type",
    "DG5003": 'models/model.schema.json:57:12 error: $ref "other.json#/a" leaves the file',
    "DG5004": 'models/model.schema.json:7:12 warning: XSD and schema disagree on "place": only the schema has it',
    "DG5005": 'models/model.schema.json:5:3 warning: the property name "na me" cannot be addressed',
    "DG5006": "models/other.schema.json info: schema used by no data type",
    "DG5010": 'models/model.prefill.json:3:11 warning: prefill target "nowhere" is not in the model of "model"',
    "DG5011": 'models/model.prefill.json:3:12 warning: prefill source "Shoes" is no field of ER',
    "DG5012": 'models/file.prefill.json warning: "file" is no data type of form data: the file has no effect',
    "DG5013": "models/model.prefill.json:2:21 error: QueryParameters is not an object of texts",
    "DG6001": "config/texts/ warning: no nb, nn or en resource file",
    "DG6002": 'config/texts/resource.nb.json:9:10 warning: text id "dp.a" twice, last used',
    "DG6003": 'config/texts/resource.nb.json:2:14 warning: the file is named for "nb", but its language is "en"',
    "DG6004": 'config/texts/resource.nb.json:10:20 warning: unknown dataSource "moon"',
    "DG6005": 'config/texts/resource.nb.json:6:13 warning: the text "dp.a" has a placeholder without variable: {0}',
    "DG6006": 'config/texts/resource.en.json info: the text "a" is missing in en',
    "DG6101": "ui/form/layouts/one.json:1:1 error: the page is not {data: {layout: […]}}",
    "DG6102": 'ui/form/layouts/one.json:11:4 error: duplicate component id "a"',
    "DG6103": 'ui/form/layouts/one.json:15:6 error: child "c" of "b" is claimed by "a"',
    "DG6104": 'ui/form/Settings.json:5:4 error: page "two" in the order has no file',
    "DG6105": 'ui/form/layouts/two.json info: page "two" is not in the order',
    "DG6106": 'ui/form/layouts/one.json:4:4 error: the component "a" lacks the binding group',
    "DG6107": 'ui/form/layouts/one.json:7:18 error: the layout set "form" is unknown or no subform',
    "DG6108": 'ui/form/layouts/one.json:7:17 warning: required on "a" has no effect: the component has no binding',
    "DG6109": "ui/layouts/ info: legacy flat layouts",
    "DG6110": 'ui/layout-sets.json:10:10 warning: layout set "form" twice, last used',
    "DG6201": 'ui/form/layouts/one.json:10:18 warning: the options "nowhere" have neither file nor handler',
    "DG6202": "options/a.json:2:2 error: options file is not an array of {value, label}",
    "DG6203": 'options/a.json:6:2 warning: duplicate option value "1"',
    "DG7001": 'config/process/process.bpmn:14 error: Function "nothing" not implemented',
    "DG7002": "ui/form/layouts/one.json:10:15 warning: Expected 2 argument(s), got 1",
    "DG7003": 'config/process/process.bpmn:12 error: the function "displayValue" is only for browsers',
    "DG7004": 'config/process/process.bpmn:12 warning: dataModel path "Name" is not in "model", did you mean "name"',
    "DG7005": 'config/process/process.bpmn:12 error: dataModel names the unknown data type "nowhere"',
    "DG7006": 'config/process/process.bpmn:12 warning: component names "a", which cannot be found from here',
    "DG7007": "config/process/process.bpmn:12 warning: the condition can never be true: it gives no boolean",
    "DG7008": (
        'config/process/process.bpmn:12 warning: the comparison "greaterThan" always fails: one side is no number'
    ),
    "DG7009": (
        "config/process/process.bpmn:12 warning: stringSlice fails where stringIndexOf finds nothing: all "
        "arguments are evaluated"
    ),
    "DG7010": "config/process/process.bpmn:12 info: limit nearly reached: nodes 223 of 256",
    "DG7101": (
        'models/model.validation.json:3:11 error: validation field "Name" is not in the model, did you mean "name"'
    ),
    "DG7102": 'models/model.validation.json:4:4 error: the definition "later" is unknown or defined later',
    "DG7103": "models/model.validation.json:4:4 error: the rule has no condition",
    "DG7104": 'models/model.validation.json:17:17 error: unknown severity "fatal"',
    "DG7105": 'models/model.validation.json:5:16 warning: the message "no.such.text" has no text',
    "DG7110": "ui/form/layouts/one.json:1:22 warning: a.hidden failed: The second argument is 0, cannot divide by 0",
    "DG7201": 'models/model.calculation.json:3:11 error: calculation field "rows" is an array',
    "DG7202": (
        'models/model.calculation.json:3:10 warning: the calculation reads "price", which is calculated '
        "later in the file"
    ),
    "DG7203": 'models/model.calculation.json warning: the result for "age" does not fit the field: expected integer',
    "DG8001": (
        "logic/app.py:4:1 error: logic/app.py does not import: ModuleNotFoundError: no module .gone in logic/ at line 4"
    ),
    "DG8002": "logic/app.py:2:7 error: no app = App() in the module",
    "DG8003": 'logic/app.py:3:2 error: the handler "choose" has the wrong signature: expected (ctx, flows, action)',
    "DG8004": "logic/app.py:6:2 error: two handlers for the same point: order",
    "DG8005": 'logic/app.py:3:2 warning: the handler "choose" is for the unknown gateway "Gateway_9"',
    "DG8006": 'logic/app.py:5:21 warning: blocking call of time.sleep in "wait", which runs in the transaction',
    "DG8007": 'logic/app.py:3:2 error: the handler "paint" is for "pdf", a built-in task type',
    "DG8008": "logic/app.py:4:1 warning: threading.Thread runs when the module is imported",
    "DG9001": (
        'config/applicationmetadata.json:33:3 error: data type "file" belongs to task "Task_9" that is not '
        "in the process"
    ),
    "DG9002": 'config/process/process.bpmn:5 warning: data task "Task_1" owns no data type',
    "DG9003": 'config/process/process.bpmn:5 warning: data task "Task_1" has no form',
    "DG9004": 'ui/layout-sets.json:3 warning: the form of "form" names task "Task_9" that is not in the process',
    "DG9005": 'ui/layout-sets.json:3 error: default data type "file" of the form is unknown or not form data',
    "DG9006": 'ui/form/layouts/one.json:10:16 error: the component "a" binds the unknown data type "no"',
    "DG9007": (
        'ui/form/layouts/one.json:10:16 warning: the component "a" binds "xml", which belongs to another task: '
        "it will be read-only"
    ),
    "DG9101": "config/authorization/policy.xml error: no rule permits anyone to instantiate",
    "DG9102": 'config/process/process.bpmn:5 warning: task "Task_1": nobody may perform "write", which completes it',
    "DG9103": 'config/process/process.bpmn:5 warning: action "reject" declared on task "Task_1" but granted to nobody',
    "DG9104": (
        'config/authorization/policy.xml:2 warning: the policy names the task or end event "Task_9", not in the process'
    ),
    "DG9105": "config/authorization/policy.xml warning: no read after any end event: the party cannot see the receipt",
    "DG9106": "config/authorization/policy.xml warning: the service owner may not complete: it cannot confirm receipt",
    "DG9107": (
        'config/applicationmetadata.json:9:3 warning: the action "inspect" that the data type requires is '
        "granted to nobody"
    ),
    "DG9108": "config/authorization/policy.xml warning: the service owner may not read: it cannot fetch data",
    "DG9109": (
        'config/authorization/policy.xml warning: task "Task_1": no rule for urn:altinn:resource:delegation '
        "lets its signees read and sign"
    ),
    "DG9201": 'config/process/process.bpmn:8 warning: gateway "Gateway" needs code and has none',
    "DG9202": (
        'config/process/process.bpmn:5 warning: task type "mailing" has no code here:'
        " an instance that reaches the task stops"
    ),
    "DG9203": (
        "config/process/process.bpmn:12 warning: the condition uses dataModel, but no default data type can be derived"
    ),
    "DG9204": 'config/process/process.bpmn:8 error: connectedDataTypeId "nowhere" is unknown',
    "DG9205": (
        'config/process/process.bpmn:5 warning: reject is allowed on "Task_1", but no condition after it '
        'asks for gatewayAction: reject goes on to "End"'
    ),
    "DG9206": (
        'config/process/process.bpmn:8 warning: gateway "Gateway" after "Task_1" does not cover the action '
        '"reject" and has no default'
    ),
    "DG9301": 'config/process/process.bpmn:5 error: signing task "Task_1" has no signatureDataType',
    "DG9302": (
        'config/process/process.bpmn:5 error: data type "nowhere" named by task "Task_1" is not in '
        "applicationmetadata.json"
    ),
    "DG9303": (
        'config/applicationmetadata.json:44:3 warning: data type "signatures" is for signatures and is not '
        "app:owned: users could forge it"
    ),
    "DG9304": (
        'config/applicationmetadata.json:71:3 warning: data type "receipts" is for PDF receipts of payments '
        "and does not allow application/pdf"
    ),
    "DG9305": (
        'config/process/process.bpmn:5 warning: signatureDataType "signees" and signeeStatesDataTypeId '
        '"signatures" look swapped'
    ),
    "DG9306": (
        'config/applicationmetadata.json:44:3 warning: data type "signatures" holds at most 2, but task '
        '"Task_1" requires 3 signatures'
    ),
    "DG9307": 'config/process/process.bpmn:5 error: task "Task_1" has signeeStatesDataTypeId, but no signeeProviderId',
    "DG9308": 'config/process/process.bpmn:5 warning: signeeProviderId "founders" of task "Task_1" has no code',
    "DG9309": (
        'config/process/process.bpmn:5 warning: task "Task_1": all types to sign have minCount 0, so nothing '
        "may be there to sign"
    ),
    "DG9310": 'config/process/process.bpmn:5 error: payment task "Task_1" has no paymentReceiptPdfDataType',
    "DG9311": 'config/process/process.bpmn:5 warning: payment task "Task_1" has no code that makes the order',
    "DG9312": 'config/applicationmetadata.json:48:5 error: hideOnTask names task "Task_9" that is not in the process',
    "DG9313": (
        'config/process/process.bpmn:5 error: eFormidling of task "Task_1" has no securityLevel for '
        "environment local, staging, production"
    ),
    "DG9314": (
        'config/process/process.bpmn:5 warning: task "Task_1" has no correspondenceResource for environment '
        "local, production: signees are not notified"
    ),
    "DG9401": 'config/process/process.bpmn:5 error: the app "skd/gone" that "Task_1" calls is unknown on this server',
    "DG9402": (
        'config/process/process.bpmn:5 error: the call of "skd/other" in "Task_1" gives "model:nme", whose path is not '
        "in the model of skd/other"
    ),
    "DG9403": (
        'config/process/process.bpmn:5 warning: the policy of "skd/other", which "Task_1" calls, does not let ttd '
        "instantiate"
    ),
    "DG9404": (
        'config/process/process.bpmn:4 warning: "Start" begins the process by itself, but the policy does not let ttd '
        "instantiate"
    ),
    "DG9405": 'config/process/process.bpmn:4 warning: start event "Start" could not begin: You may not do this.',
    "DG9501": (
        'config/applicationmetadata.json:46:3 warning: presentationFields: the path "nme" is not in the '
        'model of "model"'
    ),
    "DG9502": 'ui/form/layouts/one.json:11:15 warning: the text "form.name.title" is missing in all languages',
    "DG9503": 'config/applicationmetadata.json:48:4 warning: copyInstanceSettings excludes the unknown field "nowhere"',
    "DG9504": 'config/texts/resource.nb.json:4 info: the text "left.over" is never used',
}
"""Code -> place, weight and message; one line for each finding of the code."""

COMPANIONS: dict[str, set[str]] = {
    "DG3017": {"DG9003"},
    "DG4006": {"DG9101", "DG9105"},
    "DG4011": {"DG9101", "DG9105"},
    "DG9002": {"DG5006"},
    "DG9007": {"DG9001"},
    "DG9104": {"DG9105"},
    "DG9203": {"DG5006", "DG9002"},
}
"""What else is true of the same app: a rule that never applies permits nothing."""

ALWAYS = {"DG1013", "DG2202", "DG9202"}
"""The sample's own remark, and what is said of code that does not run and of task types without code."""


def shown(item: Diagnostic) -> str:
    place = ":".join(str(part) for part in (item.file or ".", item.line, item.column) if part is not None)
    return f"{place} {item.severity.value}: {item.message}"


def told(found: Iterable[Diagnostic], code: str) -> str:
    return "\n".join(shown(item) for item in found if item.code == code)


def codes_in(texts: Iterable[str]) -> set[str]:
    """The codes that stand in source texts, in tables, comments or anywhere."""
    return {code for text in texts for code in CODE.findall(text)}


def sources() -> list[str]:
    return [path.read_text() for name in SOURCES for path in (PACKAGE / name).rglob("*.py")]


def test_every_code_that_the_source_names_is_provoked_here() -> None:
    named = codes_in(sources())

    assert named >= RULES.keys() | OF_POLICIES.keys()
    assert EXPECTED.keys() == named
    assert FAULTS.keys() | TOGETHER.keys() | ON_DISK.keys() | AT_RUN.keys() == EXPECTED.keys()


def test_a_code_without_a_case_would_be_noticed() -> None:
    assert codes_in([*sources(), '"DG9999": Rule(ERROR, "new")']) - EXPECTED.keys() == {"DG9999"}


@pytest.mark.parametrize("code", FAULTS)
def test_the_fault_is_told_at_its_place_in_these_words(code: str) -> None:
    found = found_in(FAULTS[code])

    assert told(found, code) == EXPECTED[code]
    assert {item.code for item in found} - ALWAYS - COMPANIONS.get(code, set()) <= {code}
    assert all("{" not in (item.hint or "") for item in found)


@pytest.mark.parametrize("code", ON_DISK)
def test_what_reading_a_folder_meets_is_told(code: str, tmp_path: Path) -> None:
    assert told(ON_DISK[code](tmp_path), code) == EXPECTED[code].replace("{folder}", tmp_path.as_posix())


@pytest.mark.parametrize("code", TOGETHER)
def test_what_another_app_lacks_is_told(code: str) -> None:
    found = TOGETHER[code]()

    assert told(found, code) == EXPECTED[code]
    assert {item.code for item in found} - ALWAYS == {code}


@pytest.mark.parametrize("code", AT_RUN)
def test_what_only_an_instance_shows_is_told_when_it_runs(code: str) -> None:
    assert told(AT_RUN[code](), code) == EXPECTED[code]


def test_what_may_be_mended_is_one_of_the_findings() -> None:
    of_the_process = {code for code in FIXABLE if code.startswith("DG2")}

    assert FIXABLE - of_the_process <= EXPECTED.keys()


def test_one_fault_is_told_once_by_the_finding_that_names_its_cause() -> None:
    """The gateway has no default and does not cover every action: the task and the action are the better answer."""
    found = found_in(FAULTS["DG9206"])

    assert SAID_BETTER == {"DG2201": "DG9206"}
    assert [item.code for item in found if item.element_id == "Gateway"] == ["DG9206"]
    assert 'id="Gateway"' in UNCOVERED


def test_a_finding_stays_where_the_better_one_is_about_another_element() -> None:
    at = [At(file=PROCESS, element_id=id) for id in ("One", "Two")]
    plain = Diagnostic(code="DG2201", severity=RULES["DG9206"].severity, message="", file=PROCESS, element_id="One")
    better = [finding("DG9206", place, id="x", task="y", action="z") for place in at]

    assert without_doubles((plain, better[1])) == (plain, better[1])
    assert without_doubles((plain, better[0])) == (better[0],)

"""The table of findings that the loader itself makes: code -> severity, message, hint (app folder §14).

Codes of other readers stand with them: `DG2xxx` in `bpmn`, `DG40xx` of the file itself in `policy`, and the ones that
`model.safe_xml` and `model.tolerant_json` give. Codes are never reused.
"""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity, Diags

ERROR = DiagnosticSeverity.ERROR
WARNING = DiagnosticSeverity.WARNING
INFO = DiagnosticSeverity.INFO

PROCESS = "config/process/process.bpmn"
METADATA = "config/applicationmetadata.json"
POLICY = "config/authorization/policy.xml"
SETTINGS = "appsettings.json"
LOGIC = "logic/app.py"
SWITCHES = "dialog-graph.toml"

MAX_PER_FILE = 1_000


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of `RULES`. `message` and `fix` are templates for the parameters given to `finding`.

    `fix`: what `check --fix` writes at the place; only rules that have one are mended by the linter.
    """

    severity: DiagnosticSeverity
    message: str
    hint: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Where a finding is: file below the app root, line and column from 1, BPMN element, field path."""

    file: str = ""
    line: int | None = None
    column: int | None = None
    element_id: str | None = None
    path: str | None = None
    related: tuple[DiagnosticPlace, ...] = ()


RULES: Mapping[str, Rule] = {
    # files
    "DG1001": Rule(ERROR, "no App/config, src/App/config or config below {path}{reason}", "point at the app"),
    "DG1002": Rule(ERROR, "cannot decode at byte {n}", "save the file as UTF-8"),
    "DG1003": Rule(ERROR, "{what} is {n}, limit {m}", "split or raise the limit"),
    "DG1004": Rule(ERROR, "{reason}", "correct it"),
    "DG1006": Rule(ERROR, "expected nothing from outside of the file, but there is {what}", "remove it"),
    "DG1008": Rule(INFO, "logic in {file} has no effect here", "port to logic/app.py"),
    "DG1009": Rule(INFO, "unknown file in a known folder"),
    "DG1010": Rule(ERROR, 'the paths "{path}" and "{other}" are equal when case is ignored', "rename"),
    "DG1011": Rule(ERROR, "the required file is missing", "create it"),
    "DG1012": Rule(ERROR, "the link leaves the app folder", "copy the file in"),
    "DG1013": Rule(
        WARNING, "this version does not use {what}: the file has no effect", "expect it to take effect later"
    ),
    "DG1014": Rule(ERROR, "the file cannot be read: {reason}", "make it readable"),
    "DG1015": Rule(WARNING, 'the name has other letters than "{right}": it is not read as that', "rename"),
    # metadata and settings
    "DG3001": Rule(ERROR, "expected an id of the form org/app, but it is {found}", "set it"),
    "DG3002": Rule(ERROR, 'org is "{org}", but the id begins with "{other}"', "make equal"),
    "DG3003": Rule(ERROR, 'duplicate data type id "{id}"', "rename"),
    "DG3004": Rule(ERROR, "expected {expected} at {key}, but it is {found}", "correct it"),
    "DG3005": Rule(WARNING, 'unknown key "{key}", did you mean "{near}"', "rename", "{near}"),
    "DG3006": Rule(INFO, 'old spelling "{key}" understood as "{name}"', "rename", "{name}"),
    "DG3007": Rule(ERROR, "minCount {low} is greater than maxCount {high}", "swap"),
    "DG3008": Rule(WARNING, "minCount {low} without taskId: never checked", "set taskId"),
    "DG3009": Rule(WARNING, '"{value}" in allowedContributors matches nobody', "use app:, org:, orgno:"),
    "DG3010": Rule(WARNING, "title missing for nb", "add"),
    "DG3011": Rule(ERROR, '"{value}" in onEntry.show is neither a known word nor a layout folder', "correct it"),
    "DG3012": Rule(ERROR, 'shadowFields.saveToDataType "{id}" is unknown or not form data', "correct it"),
    "DG3013": Rule(WARNING, "legacy eFormidling block", "use a service task"),
    "DG3014": Rule(WARNING, '"{id}" in {key} has no handler', "add @app.file_analyser or @app.file_validator"),
    "DG3015": Rule(WARNING, "autoDeleteOnProcessEnd waits for preventInstanceDeletionForDays", "drop one"),
    "DG3016": Rule(ERROR, "{reason}", "correct it"),
    "DG3017": Rule(WARNING, 'the stateless form type "{id}" {reason}', "{remedy}"),
    "DG3018": Rule(WARNING, 'the content type "{value}" has no /', "correct it"),
    "DG3019": Rule(INFO, 'template id, read as "{id}"', "set it"),
    "DG3020": Rule(WARNING, "{key} has no effect in this version: {instead}", "expect it to take effect later"),
    "DG3030": Rule(ERROR, "literal value of the secret {key}", "move it to the environment"),
    # models
    "DG5001": Rule(WARNING, 'form type "{id}" has no schema or XSD: any object accepted', "add {id}.schema.json"),
    "DG5002": Rule(ERROR, "the schema does not compile: {reason}", "correct it"),
    "DG5003": Rule(ERROR, '$ref "{ref}" leaves the file', "inline it"),
    "DG5004": Rule(WARNING, 'XSD and schema disagree on "{path}": {reason}', "make both from one source"),
    "DG5005": Rule(WARNING, 'the property name "{name}" cannot be addressed', "rename"),
    "DG5006": Rule(INFO, "schema used by no data type"),
    # prefill
    "DG5010": Rule(WARNING, 'prefill target "{path}" is not in the model of "{type}"', "correct it"),
    "DG5011": Rule(WARNING, 'prefill source "{path}" is no field of {section}', "see the register's fields"),
    "DG5012": Rule(WARNING, '"{id}" is no data type of form data: the file has no effect', "rename"),
    "DG5013": Rule(ERROR, "QueryParameters is not an object of texts", "correct it"),
    # texts, forms, options
    "DG6001": Rule(WARNING, "no nb, nn or en resource file", "add one"),
    "DG6002": Rule(WARNING, 'text id "{id}" twice, last used', "remove one"),
    "DG6003": Rule(WARNING, 'the file is named for "{file}", but its language is "{language}"', "make equal", "{file}"),
    "DG6004": Rule(WARNING, 'unknown dataSource "{value}"', "use a data source of the text format"),
    "DG6005": Rule(WARNING, 'the text "{id}" {reason}', "correct it"),
    "DG6006": Rule(INFO, 'the text "{id}" is missing in {language}', "add"),
    "DG6101": Rule(ERROR, "the page is not {{data: {{layout: […]}}}}", "correct it"),
    "DG6102": Rule(ERROR, 'duplicate component id "{id}"', "rename"),
    "DG6103": Rule(ERROR, 'child "{child}" of "{group}" {reason}', "correct children"),
    "DG6104": Rule(ERROR, 'page "{page}" in the order has no file', "add or remove"),
    "DG6105": Rule(INFO, 'page "{page}" is not in the order'),
    "DG6106": Rule(ERROR, 'the component "{id}" lacks {reason}', "add it"),
    "DG6107": Rule(ERROR, 'the layout set "{id}" is unknown or no subform', "correct it"),
    "DG6108": Rule(WARNING, '{key} on "{id}" has no effect: the component has no binding', "remove"),
    "DG6109": Rule(INFO, "legacy {what}", "migrate"),
    "DG6110": Rule(WARNING, 'layout set "{id}" twice, last used', "name the tasks of both in one"),
    "DG6201": Rule(
        WARNING,
        'the options "{id}" have neither file nor handler',
        "add options/{id}.json or @app.options, unless it comes from elsewhere",
    ),
    "DG6202": Rule(ERROR, "options file is not an array of {{value, label}}", "correct it"),
    "DG6203": Rule(WARNING, 'duplicate option value "{value}"', "remove one"),
    # expressions
    "DG7003": Rule(ERROR, 'the function "{name}" is only for browsers', "use a server function"),
    "DG7004": Rule(WARNING, 'dataModel path "{path}" is not in "{type}"{near}', "correct it"),
    "DG7005": Rule(ERROR, 'dataModel names the unknown data type "{id}"', "correct it"),
    "DG7006": Rule(WARNING, 'component names "{id}", which cannot be found from here', "correct it"),
    "DG7007": Rule(WARNING, "the condition can never be true: it gives no boolean", "wrap it in equals"),
    "DG7008": Rule(WARNING, 'the comparison "{name}" always fails: one side is no number', "correct it"),
    "DG7009": Rule(
        WARNING,
        "stringSlice fails where stringIndexOf finds nothing: all arguments are evaluated",
        "use if with a safe default inside",
    ),
    "DG7010": Rule(INFO, "limit nearly reached: {what} {n} of {m}", "simplify"),
    # rules
    "DG7101": Rule(ERROR, 'validation field "{path}" is not in the model{near}', "correct it"),
    "DG7102": Rule(ERROR, 'the definition "{name}" is unknown or defined later', "reorder"),
    "DG7103": Rule(ERROR, "the rule has no {key}", "add"),
    "DG7104": Rule(ERROR, 'unknown severity "{value}"', "use error, warning, informational, fixed or success"),
    "DG7105": Rule(WARNING, 'the message "{id}" has no text', "add text"),
    "DG7110": Rule(WARNING, "{component}.{property} failed: {reason}", "correct it"),
    "DG7201": Rule(ERROR, 'calculation field "{path}" {reason}{near}', "correct it"),
    "DG7202": Rule(WARNING, 'the calculation reads "{path}", which is calculated later in the file', "reorder"),
    "DG7203": Rule(WARNING, 'the result for "{path}" does not fit the field: expected {kind}', "convert"),
    # logic
    "DG8001": Rule(ERROR, "{file} does not import: {reason} at line {line}", "correct it"),
    "DG8002": Rule(ERROR, "no app = App() in the module", "add it"),
    "DG8003": Rule(ERROR, 'the handler "{name}" has the wrong signature: expected {signature}', "correct it"),
    "DG8004": Rule(ERROR, "two handlers for the same point: {point}", "remove one"),
    "DG8005": Rule(WARNING, 'the handler "{name}" is for the unknown {what} "{id}"', "correct the id"),
    "DG8006": Rule(
        WARNING, 'blocking call of {call} in "{name}", which runs in the transaction', "move it to a service task"
    ),
    "DG8007": Rule(ERROR, 'the handler "{name}" is for "{id}", a built-in task type', "rename the type"),
    "DG8008": Rule(WARNING, "{call} runs when the module is imported", "move it into a handler"),
    # across files
    "DG9001": Rule(
        ERROR, 'data type "{id}" belongs to task "{task}" that is not in the process{near}', "correct taskId"
    ),
    "DG9002": Rule(WARNING, 'data task "{task}" owns no data type', "set taskId on a type"),
    "DG9003": Rule(WARNING, 'data task "{task}" has no form', "add ui, or headless on purpose: check.ignore"),
    "DG9004": Rule(WARNING, 'the form of "{id}" names task "{task}" that is not in the process{near}', "correct it"),
    "DG9005": Rule(ERROR, 'default data type "{id}" of the form is unknown or not form data', "correct it"),
    "DG9006": Rule(ERROR, 'the component "{id}" binds {reason}', "correct it"),
    "DG9007": Rule(
        WARNING,
        'the component "{id}" binds "{type}", which belongs to another task: it will be read-only',
        "leave it, if that is meant",
    ),
    "DG9101": Rule(ERROR, "no rule permits anyone to instantiate", "add a rule"),
    "DG9102": Rule(
        WARNING,
        'task "{task}": nobody may perform "{action}", which completes it',
        "add a rule for urn:altinn:task",
    ),
    "DG9103": Rule(WARNING, 'action "{action}" declared on task "{task}" but granted to nobody', "add a rule"),
    "DG9104": Rule(WARNING, 'the policy names the task or end event "{id}", not in the process', "correct it"),
    "DG9105": Rule(WARNING, "no read after any end event: the party cannot see the receipt", "add an end-event rule"),
    "DG9106": Rule(WARNING, "the service owner may not complete: it cannot confirm receipt", "add a rule"),
    "DG9107": Rule(WARNING, 'the action "{action}" that the data type requires is granted to nobody', "add a rule"),
    "DG9108": Rule(WARNING, "the service owner may not read: it cannot fetch data", "add a rule"),
    "DG9109": Rule(
        WARNING,
        'task "{task}": no rule for urn:altinn:resource:delegation lets its signees {actions}',
        "add a rule with read and sign",
    ),
    "DG9201": Rule(WARNING, 'gateway "{id}" needs code and has none', "add @app.gateway or conditions"),
    "DG9202": Rule(
        WARNING, 'task type "{type}" has no code {where}: an instance that reaches the task stops', "{remedy}"
    ),
    "DG9203": Rule(
        WARNING, "the condition uses dataModel, but no default data type can be derived", "add connectedDataTypeId"
    ),
    "DG9204": Rule(ERROR, 'connectedDataTypeId "{id}" is unknown', "correct it"),
    "DG9205": Rule(
        WARNING,
        'reject is allowed on "{task}", but no condition after it asks for gatewayAction: reject goes on to "{target}"',
        "add a gateway",
    ),
    "DG9206": Rule(
        WARNING,
        'gateway "{id}" after "{task}" does not cover the action {action} and has no default',
        "add a flow or a default",
    ),
    "DG9301": Rule(ERROR, 'signing task "{task}" has no {keys}', "add it"),
    "DG9302": Rule(ERROR, 'data type "{id}" named by task "{task}" is not in applicationmetadata.json', "add type"),
    "DG9303": Rule(
        WARNING,
        'data type "{id}" is for {what} and is not app:owned: users could forge it',
        'add allowedContributors ["app:owned"]',
        "{id}",
    ),
    "DG9304": Rule(WARNING, 'data type "{id}" is for {what} and does not allow {content_type}', "correct it"),
    "DG9305": Rule(
        WARNING, 'signatureDataType "{signature}" and signeeStatesDataTypeId "{states}" look swapped', "check"
    ),
    "DG9306": Rule(
        WARNING,
        'data type "{type}" holds at most {high}, but task "{task}" requires {low} signatures',
        "raise maxCount (1 = one signer)",
    ),
    "DG9307": Rule(ERROR, 'task "{task}" has {key}, but no {other}', "set both"),
    "DG9308": Rule(WARNING, 'signeeProviderId "{provider}" of task "{task}" has no code', "add @app.signees"),
    "DG9309": Rule(
        WARNING, 'task "{task}": all types to sign have minCount 0, so nothing may be there to sign', "set minCount"
    ),
    "DG9310": Rule(ERROR, 'payment task "{task}" has no {keys}', "add it"),
    "DG9311": Rule(WARNING, 'payment task "{task}" has no code that makes the order', "add @app.order"),
    "DG9312": Rule(ERROR, '{key} names task "{task}" that is not in the process', "correct it"),
    "DG9313": Rule(ERROR, 'eFormidling of task "{task}" has no {keys} for environment {env}', "add it, or disable it"),
    "DG9314": Rule(
        WARNING, 'task "{task}" has no correspondenceResource for environment {env}: signees are not notified', "add it"
    ),
    "DG9401": Rule(ERROR, 'the app "{app}" that "{task}" calls is unknown {where}', "deploy it"),
    "DG9402": Rule(ERROR, 'the call of "{app}" in "{task}" gives "{target}", {reason}', "correct it"),
    "DG9403": Rule(
        WARNING, 'the policy of "{app}", which "{task}" calls, does not let {org} instantiate', "add a rule in that app"
    ),
    "DG9404": Rule(
        WARNING,
        '"{id}" begins the process by itself, but the policy does not let {org} instantiate',
        "add a rule with instantiate for the org",
    ),
    "DG9405": Rule(WARNING, 'start event "{id}" could not begin: {reason}', "correct it"),
    "DG9501": Rule(WARNING, "{key}: {reason}", "correct it"),
    "DG9502": Rule(WARNING, 'the text "{id}" is missing in all languages', "add it"),
    "DG9503": Rule(WARNING, 'copyInstanceSettings excludes the unknown {what} "{id}"', "correct it"),
    "DG9504": Rule(INFO, 'the {what} "{id}" is never used'),
}

FIXABLE: frozenset[str] = frozenset({"DG2105", "DG2305", "DG3005", "DG3006", "DG4006", "DG6003", "DG9303"})
"""Codes that `check --fix` may mend by itself, whichever reader makes them; everything else is the author's."""

SAID_BETTER: Mapping[str, str] = {"DG2201": "DG9206"}
"""A finding of the left code is left out where the right one stands at the same element: it names the cause."""


def finding(code: str, at: At, severity: DiagnosticSeverity | None = None, **parameters: object) -> Diagnostic:
    """One finding of `RULES`; `severity` only where the table of the rules gives one code two weights."""
    rule = RULES[code]
    hint = rule.hint and _filled(rule.hint, parameters)
    return Diagnostic(
        code=code,
        severity=severity or rule.severity,
        message=rule.message.format(**{name: _short(value) for name, value in parameters.items()}),
        file=at.file,
        line=at.line,
        column=at.column,
        element_id=_short(at.element_id) if at.element_id is not None else None,
        path=_short(at.path) if at.path is not None else None,
        hint=hint,
        fix=rule.fix.format(**parameters) if rule.fix is not None else None,
        related=at.related,
    )


def _filled(hint: str, parameters: Mapping[str, object]) -> str:
    """A hint may show braces of its own: only parameters are put in."""
    for name, value in parameters.items() if "{" in hint else ():
        hint = hint.replace(f"{{{name}}}", _short(value))
    return hint


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def ordered(findings: Diags) -> Diags:
    """All findings sorted by file, line and code, without repeats, at most `MAX_PER_FILE` for each file."""
    counts: dict[str, int] = {}
    kept: list[Diagnostic] = []
    for item in sorted(dict.fromkeys(findings), key=_place):
        counts[item.file] = counts.get(item.file, 0) + 1
        if counts[item.file] <= MAX_PER_FILE:
            kept.append(item)
    return tuple(kept)


def without_doubles(findings: Diags) -> Diags:
    """What another finding at the same element does not say better. Comes before `without_ignored`."""
    told = {(item.code, item.file, item.element_id) for item in findings}
    return tuple(item for item in findings if (SAID_BETTER.get(item.code), item.file, item.element_id) not in told)


def without_ignored(findings: Diags, patterns: Sequence[str]) -> Diags:
    """What the author has not set aside (`check.ignore` of app folder §13). Errors are never set aside.

    A pattern is `CODE` or `CODE:place`, the place an element id, a field path or a file, with `*` and `?`.
    """
    return tuple(item for item in findings if item.is_error or not any(_matches(item, each) for each in patterns))


def _matches(item: Diagnostic, pattern: str) -> bool:
    code, _, place = pattern.partition(":")
    places = (item.element_id, item.path, item.file)
    return code == item.code and (not place or any(p and fnmatch.fnmatchcase(p, place) for p in places))


def _place(item: Diagnostic) -> tuple[str, int, str, int, str]:
    return (item.file, item.line or 0, item.code, item.column or 0, item.message)

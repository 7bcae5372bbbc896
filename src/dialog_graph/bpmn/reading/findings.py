"""The diagnostics of process engine §5: one table, and the list that a reading fills."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticPlace, DiagnosticSeverity, Diags

_E, _W, _I = DiagnosticSeverity.ERROR, DiagnosticSeverity.WARNING, DiagnosticSeverity.INFO


@dataclass(frozen=True, slots=True)
class Rule:
    """Severity, message and fix of a finding; texts have places for the values of the finding."""

    severity: DiagnosticSeverity
    message: str
    hint: str


RULES: Mapping[str, Rule] = {
    "DG2001": Rule(_E, "expected BPMN 2.0 definitions with a process, but {problem}", "give a BPMN 2.0 file"),
    "DG2002": Rule(_E, "{what} is refused", "{fix}"),
    "DG2004": Rule(_W, "{what} has a meaning to another engine and none here", "remove it"),
    "DG2005": Rule(_W, "{what} is none that BPMN knows: it has no effect", "correct or remove it"),
    "DG2006": Rule(_E, "expected one process with elements, but there are {count}: {names}", "keep one"),
    "DG2101": Rule(_E, 'the id "{id}" is used more than once', "rename one of them"),
    "DG2102": Rule(_E, 'flow "{id}" has no {end} "{ref}"', "reconnect it"),
    "DG2103": Rule(_E, 'flow "{id}" {problem}', "remodel it"),
    "DG2104": Rule(_W, 'flow "{id}" goes from "{source}" to "{target}" as another one does', "remove one of them"),
    "DG2105": Rule(_I, 'the incoming and outgoing lists of "{id}" disagree with the flows, which count', "save again"),
    "DG2106": Rule(_E, "the process has no start event", "add one"),
    "DG2106 end": Rule(_W, "the process has no end event", "add one"),
    "DG2106 inner": Rule(_E, 'subprocess "{id}" has no start event', "add one"),
    "DG2107": Rule(_W, '"{id}" has several {side} flows: {effect}', "use a gateway"),
    "DG2108": Rule(_W, '"{id}" cannot be reached from a start event', "connect it"),
    "DG2109": Rule(_W, 'no end can be reached from task "{id}"', "connect it"),
    "DG2110": Rule(_W, '"{id}" has no outgoing flow: its path ends there', "add an end event"),
    "DG2111": Rule(_W, 'gateway "{id}" both joins and splits', "split it in two"),
    "DG2111 superfluous": Rule(_W, 'gateway "{id}" has one flow in and one out: it does nothing', "remove it"),
    "DG2112": Rule(_E, 'event-based gateway "{id}" {problem}', "let it lead to catch events and receive tasks only"),
    "DG2113": Rule(_E, '"{id}" {problem}', "correct it"),
    "DG2114": Rule(_E, 'link event "{id}" {problem}', "correct it"),
    "DG2115": Rule(_E, '"{id}" {problem}', "declare it with a name, and refer to it"),
    "DG2115 key": Rule(_E, '"{id}" catches a message, but no key tells which one', 'add dg:correlation key="…"'),
    "DG2115 start": Rule(
        _W,
        '"{id}" begins with a message, but no key tells which instance a second one belongs to',
        'add dg:correlation key="…"',
    ),
    "DG2116": Rule(_E, 'event "{id}" {problem}', "declare it with a code and refer to it"),
    "DG2117": Rule(_E, '"{id}" {problem}', "correct it"),
    "DG2118": Rule(_E, 'activity "{id}" {problem}', "say how often: condition, maximum, collection or cardinality"),
    "DG2119": Rule(_E, '"{id}" {problem}', "give it one start event of the right kind"),
    "DG2120": Rule(_E, 'call activity "{id}" {problem}', 'name the app: dg:callApp app="org/app"'),
    "DG2121": Rule(_E, 'event "{id}" has {count} event definitions', "split it"),
    "DG2122": Rule(
        _E, 'flow "{id}" has a condition but leaves the {kind} "{source}"', "move the condition behind a gateway"
    ),
    "DG2123": Rule(_E, 'conditional event "{id}" has no condition', "add one"),
    "DG2124": Rule(_E, 'start event "{id}" {problem}', 'add dg:start party="urn:…", or an expression that gives one'),
    "DG2201": Rule(_W, 'at gateway "{id}" it may happen that no flow is true, and there is no default', "add one"),
    "DG2202": Rule(
        _I,
        'at gateway "{id}" the first true flow wins; the exactly-one rule of Altinn may choose otherwise: {why}',
        'set dg:strict="altinn" on the process, or make the conditions exclude each other',
    ),
    "DG2203": Rule(
        _W, 'flow "{id}" of gateway "{gateway}" has no condition: it is taken before all flows after it', "add one"
    ),
    "DG2204": Rule(_E, 'the default flow "{flow}" of "{id}" {problem}', "correct it"),
    "DG2205": Rule(_E, "these elements form a circle that never waits: {names}", "add a task that waits"),
    "DG2206": Rule(
        _W, "these elements form a circle without a user: {names}", "make sure that it ends; a cap stops it otherwise"
    ),
    "DG2207": Rule(_W, 'parallel join "{id}" may wait for ever for a token that never comes', "merge exclusively"),
    "DG2208": Rule(_W, 'tokens of parallel branches may pass "{id}" one by one', "join them with a parallel gateway"),
    "DG2209": Rule(_I, "the search for joins that do not fit stopped at {count} markings", "nothing to do"),
    "DG2210": Rule(
        _W, 'the conditions of inclusive gateway "{id}" exclude each other', "use an exclusive gateway, which says so"
    ),
    "DG2301": Rule(_W, 'task "{id}" has no type: it waits until somebody completes it', "set taskType"),
    "DG2302": Rule(_I, "{what} is ignored", "remove it when it is not needed"),
    "DG2302 namespace": Rule(
        _W, '{what} is ignored: nothing here is in the namespace "{namespace}"', 'declare xmlns="{meant}" for it'
    ),
    "DG2303": Rule(_W, '"{id}" is a {element} of the {kind} type "{type}": the type decides', "change the element"),
    "DG2304": Rule(_E, 'task "{id}" of type "{type}" has no {missing}', "add it"),
    "DG2305": Rule(_W, 'flow "{id}" has a flowtype, which has no effect', "remove it"),
    "DG2306": Rule(_W, '"{id}" may send back to "{target}", {problem}', "correct sendBackTo"),
}
"""Code, or code and case -> rule."""

_TOLD_ONCE = frozenset({"DG2004", "DG2005", "DG2302"})
_MAX_PLACES = 20


@dataclass(slots=True)
class Findings:
    """What a reading of one file has found so far."""

    file: str
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def add(
        self, rule: str, line: int | None, element_id: str | None = None, *lines: int | None, **values: object
    ) -> None:
        """Adds a finding; `values` fill the places in the rule's texts, `lines` are other places of it."""
        kept = RULES[rule]
        self.found.append(
            Diagnostic(
                code=rule.split(" ")[0],
                severity=kept.severity,
                message=kept.message.format(**values),
                file=self.file,
                line=line,
                element_id=element_id,
                hint=kept.hint.format(**values),
                related=self._places(*lines),
            )
        )

    @property
    def has_refusals(self) -> bool:
        """True when an error was found: then there is no definition."""
        return any(finding.is_error for finding in self.found)

    def refusals(self) -> Diags:
        """The errors among the findings, by line and code."""
        return tuple(finding for finding in self.all() if finding.is_error) if self.has_refusals else ()

    def _places(self, *lines: int | None) -> tuple[DiagnosticPlace, ...]:
        return tuple(DiagnosticPlace(file=self.file, line=line, message="here too") for line in lines)

    def _repeated(self) -> Iterator[Diagnostic]:
        """What is ignored at many places is told once, with the other places."""
        same: dict[str, list[Diagnostic]] = {}
        for finding in self.found:
            if finding.code not in _TOLD_ONCE:
                yield finding
            else:
                same.setdefault(finding.code + finding.message, []).append(finding)
        for first, *others in same.values():
            yield replace(first, related=self._places(*(other.line for other in others[:_MAX_PLACES])))

    def all(self) -> Diags:
        """All findings by line and code."""
        return tuple(sorted(self._repeated(), key=lambda found: (found.line or 0, found.code, found.message)))

"""From the JSON form to closures, and what the linter may know about an expression (app folder rules §11.1)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

from dialog_graph.expressions.closures import Part, Run, call, literal
from dialog_graph.expressions.context import Context
from dialog_graph.expressions.failure import LIMIT, ExpressionError, shown
from dialog_graph.expressions.functions import FUNCTIONS, Kind, Plan
from dialog_graph.expressions.lookups import BROWSER_ONLY
from dialog_graph.expressions.values import from_model
from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity, Diags
from dialog_graph.model.json_value import Json

MAX_DEPTH: Final = 32
"""Arrays inside of each other."""

MAX_NODES: Final = 256
"""Arrays and literals of one expression, the names of functions not counted."""

CODE: Final = "DG7001"
"""Code of every finding; for a layout property the caller makes it `DG7002`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call in the source, for the linter.

    `arguments` are in source form: a list is a call, everything else a literal. `kinds` says what each can give.
    """

    name: str
    path: str
    arguments: tuple[Json, ...]
    kinds: tuple[Kind, ...]

    def literal(self, index: int) -> Json:
        """The argument, when it is a literal other than null; None when it is computed, null or absent."""
        argument = self.arguments[index] if index < len(self.arguments) else None
        return None if isinstance(argument, list) else argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression: evaluate it as often as needed, in any context, from any thread.

    `source` is the JSON form (do not change it). `result` is what it can give: a condition of kind text or number
    is never true. `nodes` and `depth` count against `MAX_NODES` and `MAX_DEPTH`.
    """

    source: Json
    result: Kind
    nodes: int
    depth: int
    all_calls: tuple[Call, ...]
    run: Run

    def evaluate(self, context: Context) -> Json:
        """The value in a context. Raises `ExpressionError`, and nothing else if the context's callables do not."""
        return self.run(context)

    @property
    def functions(self) -> frozenset[str]:
        """Names of the functions used."""
        return frozenset(call.name for call in self.all_calls)

    @property
    def browser_only(self) -> bool:
        """True when it uses a function that only a browser can answer: it always fails here (§11.6)."""
        return not self.functions.isdisjoint(BROWSER_ONLY)

    def calls(self, name: str) -> tuple[Call, ...]:
        """The calls of one function, in source order."""
        return tuple(call for call in self.all_calls if call.name == name)


def compile_expression(source: object) -> Expression | Diags:
    """Compiles the JSON form of an expression; findings have code `DG7001` and their place as `path`, `[1][2]`."""
    size = _size(source)
    if size is None:
        return (_finding(LIMIT, ""),)
    compiler = _Compiler()
    part = compiler.part(source, "")
    if compiler.findings:
        return tuple(compiler.findings)
    nodes, depth = size
    return Expression(
        source=cast(Json, source),
        result=part.kind,
        nodes=nodes,
        depth=depth,
        all_calls=tuple(compiler.calls),
        run=part.run,
    )


def place(path: str) -> tuple[int, ...]:
    """The indices of a path such as `[1][2]`, to find the place in a `Document`."""
    return tuple(int(index) for index in path.strip("[]").split("][") if index)


def _finding(message: str, path: str) -> Diagnostic:
    return Diagnostic(code=CODE, severity=DiagnosticSeverity.ERROR, message=message, path=path, hint="correct it")


def _size(source: object) -> tuple[int, int] | None:
    """Nodes and depth, None beyond the limits; looks no further than them, however large the source is."""
    nodes = deepest = 0
    waiting: list[tuple[object, int]] = [(source, 0)]
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if isinstance(node, list):
            items = cast(list[object], node)
            depth += 1
            deepest = max(deepest, depth)
            if len(items) - 1 + nodes > MAX_NODES or depth > MAX_DEPTH:
                return None
            waiting.extend((item, depth) for item in items[1:])
        if nodes > MAX_NODES:
            return None
    return nodes, deepest


class _Compiler:
    """Walks one source, depth bounded by `_size`, and gathers calls and findings in source order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.findings: list[Diagnostic] = []

    def part(self, source: object, path: str) -> Part:
        if isinstance(source, list):
            return self._call(cast(list[object], source), path)
        try:
            value = _literal(source)
        except ExpressionError as error:
            return self._fault(error.message, path)
        return Part(literal(value), _kind(value), path, constant=True, value=value)

    def _fault(self, message: str, path: str) -> Part:
        self.findings.append(_finding(message, path))
        return Part(literal(None), Kind.ANY, path)

    def _call(self, source: list[object], path: str) -> Part:
        if not source:
            return self._fault("Missing function name in expression", path)
        name, *arguments = source
        if not isinstance(name, str):
            fault = self._fault("Function name in expression should be string", path)
            self._checked(arguments, path)
            return fault
        if name not in FUNCTIONS:
            fault = self._fault(f'Function "{shown(name)}" not implemented', path)
            self._checked(arguments, path)
            return fault
        return self._known(name, arguments, path)

    def _known(self, name: str, arguments: list[object], path: str) -> Part:
        function, sources = FUNCTIONS[name], tuple(cast(list[Json], arguments))
        plan = function.plan(sources)
        if isinstance(plan, str):
            fault = self._fault(plan, path)
            self._checked(arguments, path)
            return fault
        at = len(self.calls)
        parts = list(self._checked(arguments, path))
        kinds = tuple(part.kind for part in parts)
        self.calls.insert(at, Call(name=name, path=path, arguments=sources, kinds=kinds))
        return Part(call(plan, _chosen(parts, plan), path), function.result, path)

    def _checked(self, arguments: list[object], path: str) -> list[Part]:
        return [self.part(argument, f"{path}[{index}]") for index, argument in enumerate(arguments, start=1)]


def _chosen(parts: list[Part], plan: Plan) -> list[Part]:
    return [parts[index] for index in plan.arguments]


_KINDS: Final = ((bool, Kind.BOOLEAN), (float, Kind.NUMBER), (str, Kind.TEXT))


def _kind(value: Json) -> Kind:
    return next((kind for form, kind in _KINDS if isinstance(value, form)), Kind.ANY)


def _literal(value: object) -> Json:
    """A literal as the language holds it. Unlike those of a model, its large integers stay numbers."""
    if isinstance(value, dict):
        raise ExpressionError('Invalid type "object"')
    if value is not None and not isinstance(value, bool | str | int | float | Decimal):
        raise ExpressionError(f'Invalid type "{type(value).__name__}"')
    try:
        admitted = from_model(value if isinstance(value, bool | str | None) else float(value))
        if isinstance(admitted, str):
            admitted.encode()
    except (OverflowError, UnicodeEncodeError, ValueError):
        raise ExpressionError("Expected a literal of JSON, got one that has no JSON form") from None
    return admitted

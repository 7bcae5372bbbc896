"""What the functions of an app call outside of the app, through their own helpers too (for `DG8006`, `DG8008`)."""

import ast
from collections.abc import Iterator

from dialog_graph.apps.contents.logic import Use
from dialog_graph.apps.readers.python_modules import Definition, Module, Package, at_import

MAX_FOLLOWED = 200
"""How many functions of the app are followed from one handler."""

OPEN = "open"
OPEN_TO_WRITE = "open for writing"
_WRITING = frozenset("wax+")


class Calls:
    """The calls of one package; what a function calls itself is found once."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.known: dict[int, tuple[tuple[Use, ...], tuple[str, ...]]] = {}

    def at_import(self, module: Module) -> tuple[Use, ...]:
        """Calls outside of functions, in the order of the file."""
        calls = (node for node in at_import(module.tree) if isinstance(node, ast.Call))
        found = [use for call in calls if (use := self._use(module, call, frozenset())) is not None]
        return tuple(sorted(found, key=lambda use: (use.at.line or 0, use.at.column or 0)))

    def of(self, module: Module, node: Definition) -> tuple[Use, ...]:
        """What a function or class calls, and what the app's functions that it calls do."""
        found: list[Use] = []
        waiting, seen = [(module, node)], {id(node)}
        while waiting:
            uses, inner = self._direct(*waiting.pop(0))
            found += uses
            for origin in inner:
                defined = self.package.definition(origin)
                if defined is not None and id(defined[1]) not in seen and len(seen) < MAX_FOLLOWED:
                    seen.add(id(defined[1]))
                    waiting.append(defined)
        return tuple(dict.fromkeys(found))

    def _direct(self, module: Module, node: Definition) -> tuple[tuple[Use, ...], tuple[str, ...]]:
        """Calls that leave the app, and origins of functions of the app that are called."""
        if id(node) not in self.known:
            own = frozenset(_own_names(node))
            calls = [inner for inner in _body(node) if isinstance(inner, ast.Call)]
            uses = [use for call in calls if (use := self._use(module, call, own)) is not None]
            origins = (self.package.origin(module, call.func, own) for call in calls)
            inside = [origin for origin in origins if origin is not None and ":" in origin]
            self.known[id(node)] = tuple(uses), tuple(dict.fromkeys(inside))
        return self.known[id(node)]

    def _use(self, module: Module, call: ast.Call, own: frozenset[str]) -> Use | None:
        origin = self.package.origin(module, call.func, own)
        if origin == f"{module.file}:{OPEN}" and OPEN not in (module.names | module.definitions | module.values):
            return Use(name=OPEN_TO_WRITE if _writes(call) else OPEN, at=module.at(call))
        return Use(name=origin, at=module.at(call)) if origin is not None and ":" not in origin else None


def _body(node: Definition) -> Iterator[ast.AST]:
    """Everything inside, but not the decorators, which run with the module."""
    for statement in node.body:
        yield from ast.walk(statement)


def _own_names(node: Definition) -> Iterator[str]:
    """Parameters and assigned names, which hide those of the module."""
    if isinstance(node, ast.ClassDef):
        return
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    yield from (argument.arg for argument in every if argument is not None)
    for inner in _body(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _writes(call: ast.Call) -> bool:
    """True when the mode says so; a mode that is computed says nothing."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    match [*call.args[1:2], *named]:
        case [ast.Constant(value=str() as mode), *_]:
            return not _WRITING.isdisjoint(mode)
        case _:
            return False

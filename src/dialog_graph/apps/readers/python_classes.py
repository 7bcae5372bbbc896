"""What a class of an app's code has: methods with their parameters, inherited ones too, and the stages it lists."""

import ast
from collections.abc import Iterator

from dialog_graph.apps.contents.logic import Method, Parameters
from dialog_graph.apps.contents.points import STAGES
from dialog_graph.apps.readers.python_modules import Module, Package

MAX_CLASSES = 50
"""How many classes one class is followed through."""

_PLAIN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass)
"""What a class is made of whose methods can all be seen."""

_WITHOUT_METHODS = frozenset({"object", "abc.ABC", "typing.Protocol", "typing.Generic"})


def parameters(arguments: ast.arguments, bound: int) -> Parameters:
    """`bound`: how many come by themselves. A keyword that must be given cannot be: nothing can call it."""
    named = len(arguments.posonlyargs) + len(arguments.args) - bound
    if any(default is None for default in arguments.kw_defaults):
        return Parameters(named + 1, named)
    return Parameters(max(0, named - len(arguments.defaults)), None if arguments.vararg else max(0, named))


def class_of(package: Package, module: Module, node: ast.expr) -> tuple[Module, ast.ClassDef] | None:
    """The class of the app that a name stands for."""
    origin = package.origin(module, node)
    found = package.definition(origin) if origin else None
    return (found[0], found[1]) if found is not None and isinstance(found[1], ast.ClassDef) else None


def made_by(package: Package, module: Module, node: ast.expr) -> tuple[Module, ast.expr] | None:
    """What is called to make an object: `f` for `f()`, and for a name that was given `f()`; and where it stands."""
    if isinstance(node, ast.Call):
        return module, node.func
    file, _, name = (package.origin(module, node) or "").partition(":")
    home = package.modules.get(file)
    value = home.values.get(name) if home else None
    return (home, value.func) if home is not None and isinstance(value, ast.Call) else None


def methods(package: Package, module: Module, node: ast.ClassDef) -> tuple[tuple[Method, ...], bool]:
    """The methods that an object of the class has, and whether these are all: False where something is inherited from
    outside of the app, or made while it runs."""
    found: dict[str, Method] = {}
    is_whole, waiting, seen = not node.keywords, [(module, node)], {id(node)}
    while waiting:
        home, each = waiting.pop(0)
        is_whole = is_whole and all(isinstance(member, _PLAIN) for member in each.body)
        for method in _own(home, each):
            found.setdefault(method.name, method)
        for base in each.bases:
            inner = class_of(package, home, base)
            if inner is None:
                is_whole = is_whole and _name(package, home, base) in _WITHOUT_METHODS
            elif id(inner[1]) not in seen and len(seen) < MAX_CLASSES:
                seen.add(id(inner[1]))
                waiting.append(inner)
    return tuple(found.values()), is_whole and "__getattr__" not in found


def _own(module: Module, node: ast.ClassDef) -> Iterator[Method]:
    for member in node.body:
        match member:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                known = None if member.decorator_list else parameters(member.args, 1)
                yield Method(name=member.name, parameters=known, at=module.at(member))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield Method(name=name, parameters=None, at=module.at(member))
            case _:
                pass


def _name(package: Package, module: Module, base: ast.expr) -> str:
    """Name of a class outside of the app; what it is of (`Generic[T]`) does not count."""
    origin = package.origin(module, base.value if isinstance(base, ast.Subscript) else base) or ""
    return origin.removeprefix(f"{module.file}:")


def stages(node: ast.ClassDef) -> tuple[str, ...] | None:
    """The names in `stages`; () where there is no such member, None where it is computed or inherited."""
    for member in node.body:
        match member:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == STAGES:
                return _listed(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name == STAGES:
                return _listed(value)
            case _:
                pass
    return None if node.bases else ()


def _listed(value: ast.expr) -> tuple[str, ...] | None:
    if not isinstance(value, (ast.List, ast.Tuple)):
        return None
    texts = [text(item) for item in value.elts]
    return tuple(item for item in texts if item is not None) if None not in texts else None


def text(node: ast.expr | None) -> str | None:
    """A text that is written; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None

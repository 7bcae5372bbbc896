"""Reads what `logic/app.py` declares, without running it (app folder §15; findings `DG8001`, `DG8002`)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from dialog_graph.apps.contents.logic import Handler, Logic
from dialog_graph.apps.contents.points import POINTS, Form
from dialog_graph.apps.diagnostics import LOGIC, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.python_calls import Calls
from dialog_graph.apps.readers.python_classes import class_of, made_by, methods, parameters, stages, text
from dialog_graph.apps.readers.python_modules import REGISTRY, Definition, Module, Package
from dialog_graph.apps.readers.reading import Findings

REGISTRY_NAME = "app"
_LONGEST_TEXT = 255
_CALLED = frozenset(name for name, point in POINTS.items() if point.form is Form.CALL)


def read_logic(files: Files, findings: Findings) -> Logic:
    """The handlers of the app; of code with a fault nothing is known."""
    if LOGIC not in files.contents:
        return Logic()
    package = Package(files, findings)
    package.read()
    entry = package.modules.get(LOGIC)
    if entry is None:
        return Logic(is_readable=False)
    reader = _Reader(package, findings)
    reader.read(entry)
    order = sorted(reader.handlers, key=lambda handler: (handler.at.file != LOGIC, handler.at.file, handler.at.line))
    calls = reader.calls
    return Logic(
        handlers=tuple(order),
        computed=frozenset(reader.computed),
        is_readable=reader.is_readable and package.is_whole,
        at_import=tuple(use for module in package.modules.values() for use in calls.at_import(module)),
        texts=frozenset(text for module in package.modules.values() for text in _texts(module)),
    )


def _texts(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) <= _LONGEST_TEXT:
            yield node.value


@dataclass(frozen=True, slots=True)
class _Registration:
    """`@app.kind(…)` on a definition: the decorator's name and its call, None where it has none."""

    module: Module
    kind: str
    call: ast.Call | None
    node: ast.expr


class _Reader:
    """Finds the registry and everything that is registered in it."""

    def __init__(self, package: Package, findings: Findings) -> None:
        self.package = package
        self.findings = findings
        self.calls = Calls(package)
        self.handlers: list[Handler] = []
        self.computed: set[str] = set()
        self.is_readable = True
        self.registries = frozenset(self._registries())
        self.understood: set[int] = set()
        self.decorators: set[int] = set()

    def read(self, entry: Module) -> None:
        self._check_registry(entry)
        for module in self.package.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, Definition):
                    self._decorated(module, node)
                elif isinstance(node, ast.Call):
                    self._called(module, node)
            self._check_names(module)

    def _registries(self) -> Iterator[str]:
        for module in self.package.modules.values():
            for name, value in module.values.items():
                if isinstance(value, ast.Call) and self.package.origin(module, value.func) == REGISTRY:
                    yield f"{module.file}:{name}"

    def _check_registry(self, entry: Module) -> None:
        """`app` must be the registry; what is made by code that cannot be seen from here may be one."""
        origin = self.package.follow(f"{LOGIC}:{REGISTRY_NAME}")
        if origin in self.registries:
            return
        file, colon, name = origin.partition(":")
        module = self.package.modules.get(file)
        value = module.values.get(name) if module else None
        if not colon or isinstance(value, (ast.Call, ast.Name, ast.Attribute, ast.Subscript, ast.IfExp)):
            self.is_readable = False
        else:
            self.findings.add("DG8002", module.at(value) if module and value is not None else At(file=LOGIC, line=1))

    # Registrations ----------------------------------------------------------------------------------------------------

    def _decorated(self, module: Module, node: Definition) -> None:
        self.decorators.update(map(id, node.decorator_list))
        found = [self._registration(module, decorator) for decorator in node.decorator_list]
        is_plain = all(registration is not None for registration in found)
        for registration in found:
            if registration is not None:
                handler = self._handler(registration, node.name, registration.node)
                self.handlers.append(self._decorating(handler, module, node, is_plain))

    def _called(self, module: Module, node: ast.Call) -> None:
        """`app.kind("id")(function)`, and points that take an object."""
        registration = self._registration(module, node.func) if isinstance(node.func, ast.Call) else None
        if registration is not None and len(node.args) == 1:
            origin = self.package.origin(module, node.args[0])
            defined = self.package.definition(origin) if origin else None
            name = defined[1].name if defined else registration.kind
            handler = self._handler(registration, name, node)
            self.handlers.append(self._with_code(handler, *defined, True) if defined else handler)
            return
        is_called = isinstance(node.func, ast.Attribute) and node.func.attr in _CALLED
        own = self._registration(module, node) if is_called and id(node) not in self.decorators else None
        if own is not None:
            self.handlers.append(self._with_object(self._handler(own, own.kind, node), module, node))

    def _with_object(self, handler: Handler, module: Module, node: ast.Call) -> Handler:
        """With what is known of the object that such a point is given: its class, or that there is none."""
        given = node.args[1] if len(node.args) > 1 else None
        if given is None:
            return replace(handler, is_given=bool(node.keywords) or any(isinstance(a, ast.Starred) for a in node.args))
        made = made_by(self.package, module, given)
        found = class_of(self.package, *made) if made else None
        if found is not None:
            return replace(self._with_methods(handler, *found), name=found[1].name)
        is_class = class_of(self.package, module, given)
        return handler if is_class is None else replace(handler, name=is_class[1].name, is_given=False)

    def _with_methods(self, handler: Handler, module: Module, node: ast.ClassDef) -> Handler:
        found, is_whole = methods(self.package, module, node)
        return replace(handler, is_class=True, methods=found, is_whole=is_whole)

    def _registration(self, module: Module, node: ast.expr) -> _Registration | None:
        call = node if isinstance(node, ast.Call) else None
        member = call.func if call is not None else node
        if not isinstance(member, ast.Attribute) or not self._is_registry(module, member.value):
            return None
        self.understood.update((id(member), id(member.value)))
        if member.attr not in POINTS:
            self._unknown_point(module, member)
            return None
        return _Registration(module, member.attr, call, node)

    def _unknown_point(self, module: Module, member: ast.Attribute) -> None:
        near = get_close_matches(member.attr, POINTS, n=1)
        meant = f", did you mean {near[0]}" if near else ""
        self.is_readable = False
        reason = f"AttributeError: App has no decorator {member.attr}{meant}"
        at = module.at(member)
        self.findings.add("DG8001", at, file=module.file, reason=reason, line=at.line)

    def _is_registry(self, module: Module, node: ast.expr) -> bool:
        return self.package.origin(module, node) in self.registries

    def _handler(self, registration: _Registration, name: str, node: ast.AST) -> Handler:
        kind, call = registration.kind, registration.call
        first = call.args[0] if call is not None and call.args else None
        keywords = {k.arg: k.value for k in call.keywords if k.arg} if call is not None else {}
        is_computed = POINTS[kind].has_id and first is not None and text(first) is None
        self.computed.update((kind,) if is_computed else ())
        positional = None if POINTS[kind].has_id else first
        return Handler(
            kind=kind,
            name=name,
            at=registration.module.at(node),
            id=text(first) if POINTS[kind].has_id else None,
            is_computed=is_computed,
            task=text(keywords.get("task", positional)),
            data_type=text(keywords.get("data_type")),
        )

    def _decorating(self, handler: Handler, module: Module, node: Definition, is_plain: bool) -> Handler:
        """What a decorator stands on; a point that takes an object is none."""
        found = self._with_code(handler, module, node, is_plain)
        return replace(found, is_given=POINTS[handler.kind].form is not Form.CALL)

    def _with_code(self, handler: Handler, module: Module, node: Definition, is_plain: bool) -> Handler:
        uses = self.calls.of(module, node)
        if isinstance(node, ast.ClassDef):
            return replace(self._with_methods(handler, module, node), stages=stages(node), uses=uses)
        known = parameters(node.args, 0) if is_plain else None
        return replace(handler, is_async=isinstance(node, ast.AsyncFunctionDef), parameters=known, uses=uses)

    def _check_names(self, module: Module) -> None:
        """A registry or a decorator that is passed on may get handlers where nobody sees it."""
        for node in ast.walk(module.tree):
            if id(node) in self.understood or not isinstance(node, (ast.Name, ast.Attribute)):
                continue
            if isinstance(node, ast.Attribute) and node.attr in POINTS and self._is_registry(module, node.value):
                self.computed.add(node.attr)
                self.understood.add(id(node.value))
            elif isinstance(node.ctx, ast.Load) and self._is_registry(module, node):
                self.is_readable = False

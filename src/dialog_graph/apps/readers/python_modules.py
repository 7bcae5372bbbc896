"""The Python modules of an app as syntax trees: which there are, what they import, what their names mean.

Nothing of the app is imported or run: folders of strangers are checked too. Modules of the app are named by their
file; a name has an *origin*: `time.sleep` outside of the app, `logic/base.py:app` inside, `logic/base.py:` for a whole
module. Rules: app folder §15.1 (one module, relative imports inside of `logic/`).
"""

import ast
import importlib.util
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

from dialog_graph.apps.diagnostics import LOGIC, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings

MAX_BYTES = 512 << 10
"""Size of one module; what a person writes is far below."""

MAX_LOOKED_UP = 500
"""How many different modules outside of the app are looked for."""

FRAMEWORK = "dialog_graph.apps"
REGISTRY = f"{FRAMEWORK}.App"
_FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_QUIET = Lock()

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
"""What a name may stand for in a module."""


@dataclass(slots=True, kw_only=True)
class Module:
    """One module. `names`: imported name -> origin; `definitions`, `values`: what it defines and assigns itself."""

    file: str
    tree: ast.Module
    names: dict[str, str] = field(default_factory=dict[str, str])
    stars: list[str] = field(default_factory=list[str])
    definitions: dict[str, Definition] = field(default_factory=dict[str, Definition])
    values: dict[str, ast.expr | None] = field(default_factory=dict[str, "ast.expr | None"])

    def at(self, node: ast.AST) -> At:
        """The place of a node."""
        line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
        return At(file=self.file, line=line, column=column + 1 if column is not None else None)


def at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported: nothing inside of functions, nothing for types or scripts."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                waiting += [*node.decorator_list, *_defaults(node.args)]
            case ast.Lambda():
                waiting += _defaults(node.args)
            case ast.If() if _never_runs(node.test):
                waiting += node.orelse
            case _:
                waiting += ast.iter_child_nodes(node)


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]


def _never_runs(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case ast.Compare(left=ast.Name(id="__name__")):
            return True
        case _:
            return False


def _certain_imports(statements: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that every import of the module runs, and whose failure nobody catches."""
    for statement in statements:
        match statement:
            case ast.Import() | ast.ImportFrom():
                yield statement
            case ast.Try() if not any(_forgives(handler.type) for handler in statement.handlers):
                yield from _certain_imports([*statement.body, *statement.finalbody])
            case ast.With() | ast.ClassDef():
                yield from _certain_imports(statement.body)
            case _:
                pass


def _forgives(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    named = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in _FORGIVING for name in named)


class Package:
    """The modules that importing `logic/app.py` would import. `is_whole`: none of them has a fault (`DG8001`)."""

    def __init__(self, files: Files, findings: Findings) -> None:
        self.files = files
        self.findings = findings
        self.modules: dict[str, Module] = {}
        self.is_whole = True
        self._waiting = [LOGIC]
        self._known: dict[str, bool] = {}

    def read(self) -> None:
        """Reads the entry and, one after the other, what it imports of the app."""
        seen: set[str] = set()
        while self._waiting:
            file = self._waiting.pop()
            if file not in seen:
                seen.add(file)
                self._read(file)
        for module in self.modules.values():
            for file in module.stars:
                self._take_all(module, file)

    def _read(self, file: str) -> None:
        tree = self._parsed(file)
        if tree is None:
            self.is_whole = False
            return
        module = self.modules[file] = Module(file=file, tree=tree)
        certain = {id(node) for node in _certain_imports(tree.body)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._import(module, node, id(node) in certain)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(module, node, id(node) in certain)
        for node in at_import(tree):
            _note(module, node)

    def _parsed(self, file: str) -> ast.Module | None:
        data = self.files.contents[file]
        if len(data) > MAX_BYTES:
            self.findings.add("DG1003", At(file=file), what="file size", n=len(data), m=MAX_BYTES)
            return None
        if b"\0" in data:
            self._fault(At(file=file, line=data.count(b"\n", 0, data.index(b"\0")) + 1), "SyntaxError: a null byte")
            return None
        try:
            # Warnings about an app's code would be this process's own, and the filters are one for all threads.
            with _QUIET, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(data, filename=file)
        except SyntaxError as error:
            self._fault(At(file=file, line=error.lineno, column=error.offset or None), f"SyntaxError: {error.msg}")
        except (ValueError, RecursionError, MemoryError):
            self._fault(At(file=file, line=1), "SyntaxError: nested too deeply")
        return None

    def _fault(self, at: At, reason: str) -> None:
        self.is_whole = False
        self.findings.add("DG8001", at, file=at.file, reason=reason, line=at.line or 1)

    # Imports ----------------------------------------------------------------------------------------------------------

    def _import(self, module: Module, node: ast.Import, is_certain: bool) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            module.names[alias.asname or top] = alias.name if alias.asname else top
            if is_certain:
                self._look_for(top, module.at(node))

    def _import_from(self, module: Module, node: ast.ImportFrom, is_certain: bool) -> None:
        if node.level == 0:
            source = node.module or ""
            for alias in node.names:
                module.names[alias.asname or alias.name] = f"{source}.{alias.name}"
            if source == FRAMEWORK and any(alias.name == "*" for alias in node.names):
                module.names["App"] = REGISTRY
            if is_certain:
                self._look_for(source.partition(".")[0], module.at(node))
            return
        folder = _folder(module.file, node)
        file = self._file(folder) if folder else None
        for alias in node.names:
            self._take(module, alias, folder, file)
        missing = None if folder and self._is_there(folder, file, node.names) else self._missing(folder, node)
        if missing and is_certain:
            self._fault(module.at(node), missing)

    def _take(self, module: Module, alias: ast.alias, folder: str | None, file: str | None) -> None:
        inner = self._file(f"{folder}/{alias.name}") if folder else None
        if inner is not None:
            module.names[alias.asname or alias.name] = f"{inner}:"
            self._waiting.append(inner)
        elif alias.name == "*" and file is not None:
            module.stars.append(file)
        elif file is not None:
            module.names[alias.asname or alias.name] = f"{file}:{alias.name}"
        self._waiting += [file] if file is not None else []

    def _is_there(self, folder: str, file: str | None, names: list[ast.alias]) -> bool:
        """A module, or a folder without one whose modules are all that is named."""
        return file is not None or all(self._file(f"{folder}/{alias.name}") for alias in names)

    def _missing(self, folder: str | None, node: ast.ImportFrom) -> str:
        written = "." * node.level + (node.module or "")
        if folder is None:
            return f"ImportError: {written} leads out of logic/"
        named = next((a.name for a in node.names if not self._file(f"{folder}/{a.name}")), "")
        return f"ModuleNotFoundError: no module {written if node.module else written + named} in logic/"

    def _file(self, place: str) -> str | None:
        for file in (f"{place}.py", f"{place}/__init__.py"):
            if file in self.files.contents:
                return file
        return None

    def _look_for(self, top: str, at: At) -> None:
        if top not in self._known and len(self._known) < MAX_LOOKED_UP:
            self._known[top] = _exists(top)
        if not self._known.get(top, True):
            own = self._file(f"logic/{top}")
            hint = f" ({own} is imported as .{top})" if own else ""
            self._fault(at, f"ModuleNotFoundError: no module named {top}{hint}")

    def _take_all(self, module: Module, file: str) -> None:
        source = self.modules.get(file)
        for name in (*source.definitions, *source.values, *source.names) if source else ():
            module.names.setdefault(name, f"{file}:{name}")

    # Meaning of names -------------------------------------------------------------------------------------------------

    def origin(self, module: Module, node: ast.expr, own: frozenset[str] = frozenset()) -> str | None:
        """Where a name or `a.b.c` comes from; None for anything else. `own`: names of the function around it."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in own:
            return None
        return self.follow(f"{module.file}:{node.id}", tuple(reversed(names)))

    def follow(self, origin: str, attributes: tuple[str, ...] = ()) -> str:
        """The first origin of a name, through all modules that only pass it on, and of its attributes."""
        seen: set[str] = set()
        waiting = list(attributes)
        while origin not in seen:
            seen.add(origin)
            file, colon, name = origin.partition(":")
            passed_on = self.modules[file].names.get(name) if colon and file in self.modules else None
            if passed_on is not None:
                origin = passed_on
            elif waiting:
                step = waiting.pop(0)
                origin = f"{origin}{step}" if origin.endswith(":") else f"{origin}.{step}"
        return origin

    def definition(self, origin: str) -> tuple[Module, Definition] | None:
        """The function or class of the app with this origin."""
        file, _, name = origin.partition(":")
        module = self.modules.get(file)
        found = module.definitions.get(name) if module else None
        return (module, found) if module is not None and found is not None else None


def _note(module: Module, node: ast.AST) -> None:
    """Keeps what a node gives a name to."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            module.definitions.setdefault(node.name, node)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            module.values[name] = value
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            module.values[name] = value
        case ast.Name(id=name, ctx=ast.Store()):
            module.values.setdefault(name, None)
        case _:
            pass


def _folder(file: str, node: ast.ImportFrom) -> str | None:
    """Where a relative import looks, without suffix; None outside of `logic/`."""
    parts = file.split("/")[:-1]
    kept = parts[: len(parts) - (node.level - 1)]
    return "/".join([*kept, *(node.module.split(".") if node.module else [])]) if kept else None


def _exists(top: str) -> bool:
    """True when there is a module of this name; looks for it and imports nothing."""
    try:
        return importlib.util.find_spec(top) is not None
    except (ValueError, ImportError, AttributeError):
        return True  # already imported in a way of its own

"""The hard limits of the house style, and the places where foreign text may be parsed."""

import ast
from collections.abc import Callable, Iterator
from statistics import median

import pytest

from tests.architecture.source_tree import Module, modules, parse

FUNCTION_LINES = 50
FUNCTION_LINES_MEDIAN = 8
MODULE_LINES = 500
PARAMETERS = 5

# Decorators that make a function's parameters a public interface of their own: command line options, GraphQL arguments.
INTERFACES = ("command", "field", "mutation", "subscription", "callback")

XML_READER = "model/safe_xml.py"
XML_PARSERS = frozenset(
    ("fromstring", "fromstringlist", "parse", "iterparse", "XML", "XMLID", "HTML", "XMLParser", "XMLPullParser")
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[[Module], Iterator[str]]


def functions(module: Module) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def long_modules(module: Module) -> Iterator[str]:
    count = module.text.count("\n")
    if count > MODULE_LINES:
        yield f"{module.path}: expected at most {MODULE_LINES} lines, but it has {count}"


def long_functions(module: Module) -> Iterator[str]:
    for function in functions(module):
        count = lines_of(function)
        if count > FUNCTION_LINES:
            place = f"{where(module, function)} {function.name}"
            yield f"{place}: expected at most {FUNCTION_LINES} lines, but it has {count}"


def many_parameters(module: Module) -> Iterator[str]:
    for function in functions(module):
        count = parameters_of(function)
        if count > PARAMETERS and not any(map(declares_interface, function.decorator_list)) and not resolves(function):
            place = f"{where(module, function)} {function.name}"
            yield f"{place}: expected at most {PARAMETERS} parameters, but it has {count}"


def resolves(function: Function) -> bool:
    """A GraphQL resolver: its parameters are arguments of a field, which the contract names."""
    annotations = (argument.annotation for argument in function.args.args if argument.annotation is not None)
    return any(ast.unparse(annotation).startswith("Info[") for annotation in annotations)


def imports_in_functions(module: Module) -> Iterator[str]:
    for function in functions(module):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{where(module, node)}: expected imports at the top, but {function.name} has one inside"


def bare_ignores(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.text.splitlines(), start=1):
        comment = line.partition("#")[2].strip()
        for mark in ("type: ignore", "pyright: ignore", "noqa"):
            if comment.startswith(mark) and not has_code_and_reason(comment.removeprefix(mark)):
                yield f"{module.path}:{number}: expected a code and a reason, but found `# {comment}`"


def xml_parsing(module: Module) -> Iterator[str]:
    if module.path == XML_READER:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("lxml", "xml")):
            names = {alias.name for alias in node.names} & XML_PARSERS
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in (
            "etree",
            "lxml.etree",
            "objectify",
            "html",
        ):
            names = {node.attr} & XML_PARSERS
        else:
            continue
        for name in names:
            yield f"{where(module, node)}: expected XML to be read by {XML_READER}, but {name} is used here"


RULES: tuple[Rule, ...] = (
    long_modules,
    long_functions,
    many_parameters,
    imports_in_functions,
    bare_ignores,
    xml_parsing,
)


def where(module: Module, node: ast.stmt | ast.expr) -> str:
    return f"{module.path}:{node.lineno}"


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def body_lines(function: Function) -> int:
    """Lines of the body without the docstring: what one has to follow."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters_of(function: Function) -> int:
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def declares_interface(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in INTERFACES


def has_code_and_reason(rest: str) -> bool:
    code, _, reason = rest.strip().lstrip(":").strip().partition("]" if rest.startswith("[") else " ")
    return bool(code) and any(letter.isalpha() for letter in reason)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    assert [finding for module in modules() for finding in rule(module)] == []


def test_most_functions_are_small() -> None:
    sizes = [body_lines(function) for module in modules() for function in functions(module)]
    assert median(sizes) <= FUNCTION_LINES_MEDIAN


BROKEN: tuple[tuple[Rule, str], ...] = (
    (long_modules, "x = 1\n" * 501),
    (long_functions, "def f():\n" + "    x = 1\n" * 50),
    (many_parameters, "def f(a, b, c, *, d, e, f): ...\n"),
    (many_parameters, "class A:\n    def f(self, a, b, c, d, e, f): ...\n"),
    (imports_in_functions, "async def f():\n    import os\n"),
    (bare_ignores, "x = y  # type: ignore\n"),
    (bare_ignores, "x = y  # pyright: ignore[reportAny]\n"),
    (bare_ignores, "x = y  # noqa\n"),
    (xml_parsing, "from lxml import etree\nroot = etree.fromstring(b'<a/>')\n"),
    (xml_parsing, "from lxml.etree import XMLParser\n"),
    (xml_parsing, "from xml.etree.ElementTree import fromstring\n"),
)

KEPT: tuple[tuple[Rule, str], ...] = (
    (long_modules, "x = 1\n" * 500),
    (long_functions, "def f():\n" + "    x = 1\n" * 49),
    (many_parameters, "class A:\n    def f(self, a, b, c, d, e): ...\n"),
    (many_parameters, "@app.command()\ndef token(a, b, c, d, e, f): ...\n"),
    (bare_ignores, "x = y  # type: ignore[arg-type]  the stub is wrong\n"),
    (bare_ignores, "x = y  # noqa: S608 the names come from our own table\n"),
    (xml_parsing, "from lxml import etree\ntext = etree.tostring(root)\n"),
)


@pytest.mark.parametrize(("rule", "text"), BROKEN)
def test_the_rule_sees_a_violation(rule: Rule, text: str) -> None:
    assert list(rule(parse("bpmn/reader.py", text)))


@pytest.mark.parametrize(("rule", "text"), KEPT)
def test_the_rule_lets_good_code_pass(rule: Rule, text: str) -> None:
    assert list(rule(parse("bpmn/reader.py", text))) == []

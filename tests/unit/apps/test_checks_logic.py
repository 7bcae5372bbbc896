"""An app's code is read without being run: what it declares, what is wrong with it, and what nobody can know."""

import ast
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_graph.apps import load
from dialog_graph.apps.contents.logic import Logic
from dialog_graph.apps.contents.points import CLASS_METHODS, POINTS, Form
from dialog_graph.apps.readers.logic_reader import read_logic
from dialog_graph.apps.readers.python_modules import Package
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.model.diagnostic import Diags
from tests.unit.apps.faults import LOGIC, code
from tests.unit.apps.forms_sample import PAGE, page, part
from tests.unit.apps.sample import METADATA, PROCESS, data_type, files, process


def read(changes: dict[str, Any]) -> tuple[Logic, Diags]:
    findings = Findings()
    return read_logic(files(changes), findings), tuple(findings.items)


def found(changes: dict[str, Any], *codes: str) -> list[tuple[str, str, int | None, str]]:
    """(code, file, line, message) of the findings of these codes, of all about code without any."""
    items = load(files(changes), "development")[1]
    wanted = codes or tuple(f"DG800{n}" for n in range(1, 9))
    return [(item.code, item.file, item.line, item.message) for item in items if item.code in wanted]


# What is read ---------------------------------------------------------------------------------------------------------


def test_an_app_without_code_declares_nothing() -> None:
    assert read({}) == (Logic(), ())


def test_handlers_are_read_with_their_decorator_arguments_and_parameters() -> None:
    logic, findings = read(
        code(
            '@app.gateway("Gateway")',
            "async def choose(ctx, flows, action=None): ...",
            '@app.validator(task="Task_1", data_type="model")',
            "def check(ctx, target): yield",
            "@app.order",
            "def order(ctx): ...",
        )
    )

    assert findings == ()
    assert [(h.kind, h.id, h.name, h.at.line, h.is_async, h.task, h.data_type) for h in logic.handlers] == [
        ("gateway", "Gateway", "choose", 3, True, None, None),
        ("validator", None, "check", 5, False, "Task_1", "model"),
        ("order", None, "order", 7, False, None, None),
    ]
    parameters = logic.handlers[0].parameters
    assert parameters is not None
    assert [parameters.takes(count) for count in range(5)] == [False, False, True, True, False]


def test_nothing_of_the_app_is_imported_or_run() -> None:
    before = set(sys.modules)

    logic, findings = read(
        {
            LOGIC: "raise SystemExit(1)\nimport antigravity\nfrom .inner import *\n"
            "from dialog_graph.apps import App\napp = App()\n",
            "logic/inner.py": "1 / 0\n",
        }
    )

    assert (logic.is_readable, findings) == (True, ())
    assert "antigravity" not in set(sys.modules) - before


def test_handlers_of_the_modules_beside_are_found_through_every_way_to_name_the_registry() -> None:
    logic, findings = read(
        {
            LOGIC: "from .base import app\nfrom . import one, two\nfrom .three import *\nfrom .sub.four import x\n",
            "logic/base.py": "from dialog_graph.apps import App as Registry\napp: object = Registry()\n",
            "logic/one.py": 'from .app import app as a\n@a.options("one")\ndef one(ctx, params): ...\n',
            "logic/two.py": 'from . import base\n@base.app.options("two")\ndef two(ctx, params): ...\n',
            "logic/three.py": 'from .base import *\ndef three(ctx, params): ...\napp.options("three")(three)\n',
            "logic/sub/__init__.py": "",
            "logic/sub/four.py": 'from ..base import app\nx = 1\n@app.options("four")\ndef four(ctx, params): ...\n',
            "logic/never.py": 'from .app import app\n@app.options("never")\ndef never(ctx, params): ...\n',
        }
    )

    assert findings == ()
    assert logic.ids("options") == {"one", "two", "three", "four"}
    assert logic.is_readable


@pytest.mark.parametrize(
    "lines",
    [
        ["for name in ('a', 'b'):", "    @app.options(name)", "    def options(ctx, params): ..."],
        ["register = app.options('a')"],
        ["options = app.options"],
    ],
)
def test_ids_that_are_computed_may_be_any(lines: list[str]) -> None:
    logic, findings = read(code(*lines))

    assert (logic.may_handle("options", "anything"), logic.may_handle("gateway", "anything")) == (True, False)
    assert findings == ()


@pytest.mark.parametrize(
    "lines",
    [["from .elsewhere import register", "register(app)"], ["registries = [app]"], ["def f(): return app"]],
)
def test_a_registry_that_is_passed_on_may_get_any_handler(lines: list[str]) -> None:
    logic, _ = read({**code(*lines), "logic/elsewhere.py": "def register(app): ..."})

    assert not logic.is_readable
    assert logic.may_handle("gateway", "anything")
    assert logic.may_handle_type("anything")


@pytest.mark.parametrize("text", ["app = make()\n", "from somewhere import app\n", "import x\napp = x.app\n"])
def test_a_registry_that_comes_from_elsewhere_is_none_of_our_business(text: str) -> None:
    logic, findings = read({LOGIC: f"try:\n    import x\nexcept ImportError: ...\n{text}"})

    assert not logic.is_readable
    assert "DG8002" not in {item.code for item in findings}


# What is wrong --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("x = (", (1, 5), "SyntaxError: '(' was never closed at line 1"),
        ("def f(:\n  pass", (1, 7), "SyntaxError: invalid syntax at line 1"),
        ("x = 1\n\0", (2, None), "SyntaxError: a null byte at line 2"),
        ("x = " + "-" * 100_000 + "1", (1, None), "SyntaxError: nested too deeply at line 1"),
        ("x = " + "1+" * 100_000 + "1", (1, None), "SyntaxError: nested too deeply at line 1"),
        ("import nowhere_at_all", (1, 1), "ModuleNotFoundError: no module named nowhere_at_all at line 1"),
        ("from .. import x", (1, 1), "ImportError: .. leads out of logic/ at line 1"),
        ("from .gone import x", (1, 1), "ModuleNotFoundError: no module .gone in logic/ at line 1"),
        ("from . import gone", (1, 1), "ModuleNotFoundError: no module .gone in logic/ at line 1"),
        (
            "import beside",
            (1, 1),
            "ModuleNotFoundError: no module named beside (logic/beside.py is imported as .beside) at line 1",
        ),
    ],
)
def test_code_that_does_not_import(text: str, place: tuple[int, int | None], message: str) -> None:
    logic, findings = read({LOGIC: text, "logic/beside.py": ""})

    (first, *_) = findings
    assert (first.code, first.file, (first.line, first.column)) == ("DG8001", LOGIC, place)
    assert first.message == f"logic/app.py does not import: {message}"
    assert not logic.is_readable


def test_a_fault_in_a_module_beside_stands_at_that_module() -> None:
    _, findings = read({**code("from . import other"), "logic/other.py": "\n\nx ="})

    assert [(item.code, item.file, item.line) for item in findings] == [("DG8001", "logic/other.py", 3)]


@pytest.mark.parametrize(
    "lines",
    [
        ["try:", "    import nowhere_at_all", "except ImportError:", "    nowhere_at_all = None"],
        ["try:", "    from .gone import x", "except (ValueError, ModuleNotFoundError): ..."],
        ["if False:", "    import nowhere_at_all"],
        ["def later():", "    import nowhere_at_all"],
        ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:", "    import nowhere_at_all"],
        ["import os.path, importlib.util as util, __future__", "from collections.abc import Mapping"],
        [r'pattern = "\d"'],
    ],
)
def test_imports_that_may_fail_or_do_not_run_are_left_alone(lines: list[str]) -> None:
    assert read(code(*lines))[1] == ()


def test_a_decorator_that_does_not_exist_is_told_with_the_one_that_was_meant() -> None:
    (told,) = found(code('@app.gatway("Gateway")', "def choose(ctx, flows, action): ..."))

    assert told == (
        "DG8001",
        LOGIC,
        3,
        "logic/app.py does not import: AttributeError: App has no decorator gatway, did you mean gateway at line 3",
    )


def test_a_module_beyond_any_size_is_not_read() -> None:
    _, findings = read({LOGIC: "x = 1\n" * 100_000})

    assert [(item.code, item.message) for item in findings] == [("DG1003", "file size is 600000, limit 524288")]


@pytest.mark.parametrize("text", ["", "app = None\n", "def app(): ...\n", "import time\n", "app = 'App()'\n"])
def test_a_module_needs_a_registry(text: str) -> None:
    assert [told[0] for told in found({LOGIC: text})] == ["DG8002"]


STAGED = ["class Base:", "  stages = ['send']", '@app.service_task("mine")']


def provider(bases: str = "", **changes: str | None) -> list[str]:
    """The class `h` of a payment provider with other parameters of some methods, or without these."""
    methods: dict[str, str | None] = {"start": "self, ctx, order, key"}
    methods |= {"status": "self, ctx, id", "terminate": "self, ctx, id"} | changes
    lines = [f"  async def {name}({parameters}): ..." for name, parameters in methods.items() if parameters]
    return [f"class h{bases}:", *(lines or ["  pass"])]


WRONG: list[tuple[str, list[str], str]] = [
    ("gateway", ['@app.gateway("Gateway")', "def h(ctx, flows): ..."], "(ctx, flows, action)"),
    ("order", ["@app.order", "def h(ctx, more): ..."], "(ctx)"),
    ("on_end", ["@app.on_end", "def h(*, ctx, end_event): ..."], "(ctx, end_event)"),
    ("no id", ["@app.on_task_start", "def h(ctx, task): ..."], '@app.on_task_start("…")'),
    ("a class", ["@app.on_end", "class h: ..."], "a function (ctx, end_event)"),
    ("no class", ['@app.task_type("mine")', "def h(ctx, task): ..."], "a class"),
    ("a gate", ['@app.task_type("mine")', "class h:", "  def gate(self, ctx): ..."], "gate(self, ctx, task)"),
    ("no stages", ['@app.service_task("mine")', "class h: ..."], "a list stages of its methods"),
    (
        "a stage that is not there",
        ['@app.service_task("mine")', "class h:", "  stages = ['send']"],
        "a method send(self, ctx, task)",
    ),
    (
        "a stage",
        ['@app.service_task("mine")', "class h:", "  stages = ['send']", "  def send(self): ..."],
        "send(self, ctx, task)",
    ),
    ("a class", [*provider(), 'app.payment_provider("nets", h)'], 'app.payment_provider("…", an object)'),
    (
        "a provider without a method",
        [*provider(terminate=None), 'app.payment_provider("nets", h())'],
        "a method terminate(self, ctx, id)",
    ),
    (
        "a provider kept under a name",
        [*provider(status=None), "nets = h('key')", 'app.payment_provider("nets", nets)'],
        "a method status(self, ctx, id)",
    ),
    (
        "a provider that asks for more",
        [*provider(start="self, ctx, order, key, amount"), 'app.payment_provider("nets", h())'],
        "start(self, ctx, order, key)",
    ),
    (
        "a provider that asks for less",
        [*provider(status="self, ctx"), 'app.payment_provider("nets", h())'],
        "status(self, ctx, id)",
    ),
]


@pytest.mark.parametrize(("what", "lines", "expected"), WRONG)
def test_a_handler_must_take_what_it_is_given(what: str, lines: list[str], expected: str) -> None:
    told = found(code(*lines), "DG8003")

    assert [message for *_, message in told] == [f'the handler "h" has the wrong signature: expected {expected}']


@pytest.mark.parametrize("written", ['app.payment_provider("nets")', '@app.payment_provider("nets")'])
def test_a_payment_provider_is_an_object_and_no_decorator(written: str) -> None:
    told = found(code(written, *(provider() if written[0] == "@" else ())), "DG8003", "DG8004")

    (message,) = [message for *_, message in told]
    assert message.endswith('has the wrong signature: expected app.payment_provider("…", an object)')


@pytest.mark.parametrize(
    "lines",
    [
        ["@app.order", "def h(ctx, more=1): ..."],
        ["@app.on_end", "async def h(*args): ..."],
        ["@app.on_end", "def h(context, event, *, log=None): ..."],
        ["import functools", "@app.on_end", "@functools.cache", "def h(): ..."],
        ['@app.service_task("mine")', "def h(ctx, task): ..."],
        ['@app.service_task("mine")', "class h(Base): ..."],
        ['@app.service_task("mine")', "class h:", "  stages = names()"],
        ['@app.task_type("mine")', "class h:", "  @staticmethod", "  def gate(ctx, task): ..."],
        ['@app.service_task("mine")', "class h(Base):", "  stages = ['send']", "  send = Base"],
        ["class Sends:", "  def send(self, ctx, task): ...", *STAGED[2:], "class h(Sends):", "  stages = ['send']"],
        ["import logging", *STAGED[2:], "class h(logging.Handler):", "  stages = ['send']"],
        ['app.payment_provider("nets", object())'],
        ['app.payment_provider("nets", names())'],
        ['app.payment_provider("nets", **names())'],
        [*provider(), 'app.payment_provider("nets", h())'],
        [*provider(), "nets = h()", 'app.payment_provider("nets", nets)'],
        [*provider(start="self, *args, **more"), 'app.payment_provider("nets", h())'],
        ["import logging", *provider("(logging.Handler)", start=None), 'app.payment_provider("nets", h())'],
        [*provider(status=None), "  status = names", 'app.payment_provider("nets", h())'],
        [*provider(status=None), "  def __getattr__(self, name): ...", 'app.payment_provider("nets", h())'],
        [*provider(status=None), "  if names():", "    def status(self): ...", 'app.payment_provider("nets", h())'],
        [
            "class P:",
            "  def status(self, ctx, id): ...",
            *provider("(P)", status=None),
            'app.payment_provider("nets", h())',
        ],
        ["@app.validator", "def h(ctx, target): ..."],
        ['@app.on_task_start("Task_1")', '@app.on_task_end("Task_1")', "def h(ctx, task): ..."],
    ],
)
def test_what_can_be_called_as_it_is_or_cannot_be_known_is_in_order(lines: list[str]) -> None:
    assert found(code("class Base: ...", "def names(): ...", *lines), "DG8001", "DG8002", "DG8003") == []


def test_every_point_has_a_signature_that_a_handler_can_have() -> None:
    for kind, point in POINTS.items():
        assert point.parameters[0] == "ctx"
        given = "" if not point.has_id else '("x")'
        if point.form is Form.CALL:
            continue
        what = "class h:\n  stages = []\n" if point.form is Form.CLASS else f"def h{point.signature}: ...\n"
        assert found({LOGIC: f"{code()[LOGIC]}\n@app.{kind}{given}\n{what}"}, "DG8003") == []
    assert CLASS_METHODS.keys() == {kind for kind, point in POINTS.items() if point.form is not Form.FUNCTION}


def test_two_handlers_for_what_has_one_answer_name_both_places() -> None:
    lines = ('@app.options("a")', "def one(ctx, params): ...", '@app.options("a")', "def two(ctx, params): ...")

    (item,) = [item for item in load(files(code(*lines)), "development")[1] if item.code == "DG8004"]

    assert (item.line, item.message) == (5, 'two handlers for the same point: options "a"')
    assert [(place.file, place.line) for place in item.related] == [(LOGIC, 3)]


@pytest.mark.parametrize(
    "lines",
    [
        ['@app.options("a")', "def one(ctx, params): ...", '@app.options("b")', "def two(ctx, params): ..."],
        ['@app.on_task_start("*")', "def one(ctx, task): ...", '@app.on_task_start("*")', "def two(ctx, task): ..."],
        [
            '@app.action("a", task="Task_1")',
            "def one(ctx, params): ...",
            '@app.action("a", task="Task_2")',
            "def two(ctx, params): ...",
        ],
    ],
)
def test_several_handlers_where_several_may_be(lines: list[str]) -> None:
    assert found(code(*lines), "DG8004") == []


FOR_NOTHING: list[tuple[list[str], str]] = [
    (['@app.on_task_start("Task_9")', "def h(ctx, task): ..."], 'task "Task_9"'),
    (['@app.gateway("Task_1")', "def h(ctx, flows, action): ..."], 'gateway "Task_1"'),
    (['@app.service_task("mailing")', "def h(ctx, task): ..."], 'task type "mailing"'),
    (['@app.action("fill")', "def h(ctx, params): ..."], 'action "fill"'),
    (['@app.authorize_action("fill")', "def h(ctx, action): ..."], 'action "fill"'),
    (['@app.options("cities")', "def h(ctx, params): ..."], 'options id "cities"'),
    (['@app.on_write("Model")', "def h(ctx, changes): ..."], 'data type "Model"'),
    (['@app.validator(task="Task_9")', "def h(ctx, target): ..."], 'task "Task_9"'),
    (['@app.validator(data_type="Model")', "def h(ctx, target): ..."], 'data type "Model"'),
    (['@app.signees("founders")', "def h(ctx): ..."], 'signeeProviderId "founders"'),
    (['@app.file_validator("scan")', "def h(ctx, element, analysis): ..."], 'file handler "scan"'),
    (['@app.map_instance("ttd/other")', "def h(ctx, source): ..."], 'called app "ttd/other"'),
]


@pytest.mark.parametrize(("lines", "what"), FOR_NOTHING)
def test_a_handler_for_what_is_not_there_will_never_run(lines: list[str], what: str) -> None:
    assert [message for *_, message in found(code(*lines), "DG8005")] == [f'the handler "h" is for the unknown {what}']


@pytest.mark.parametrize(
    "lines",
    [
        ['@app.on_task_start("*")', "def h(ctx, task): ..."],
        ['@app.on_write("*")', "def h(ctx, changes): ..."],
        ['@app.gateway("Gateway")', "def h(ctx, flows, action): ..."],
        ['@app.authorize_action("sign")', "def h(ctx, action): ..."],
        ['@app.authorize_action("instantiate")', "def h(ctx, action): ..."],
        ['@app.lookup("any")', "def h(ctx, params): ..."],
        ['@app.on_message("any")', "def h(ctx, message): ..."],
    ],
)
def test_a_handler_for_what_is_there_or_comes_from_outside(lines: list[str]) -> None:
    assert found(code(*lines), "DG8005") == []


@pytest.mark.parametrize("kind", ["service_task", "task_type"])
@pytest.mark.parametrize("name", ["data", "pdf", "PDF", "payment", "callApp"])
def test_a_built_in_type_cannot_be_made_again(kind: str, name: str) -> None:
    told = found(code(f'@app.{kind}("{name}")', "class h:", "  stages = []"), "DG8007", "DG8005")

    assert [(each[0], each[3]) for each in told] == [
        ("DG8007", f'the handler "h" is for "{name}", a built-in task type')
    ]


@pytest.mark.parametrize("name", ["eFormidling", "fiksArkiv", "mailing"])
def test_types_that_are_made_for_code_of_the_app_may_be(name: str) -> None:
    changes = {**code(f'@app.service_task("{name}")', "def h(ctx, task): ..."), PROCESS: process(task=name)}

    assert found(changes, "DG8005", "DG8007", "DG9202") == []


BLOCKS: list[tuple[list[str], str]] = [
    (["import time as t", "@app.on_end", "def h(ctx, e): t.sleep(1)"], "time.sleep"),
    (["from time import sleep", "@app.on_end", "def h(ctx, e):", "  if e: sleep(1)"], "time.sleep"),
    (["@app.on_end", "def h(ctx, e):", "  import requests", "  requests.get('x')"], "requests.get"),
    (["import urllib.request", "@app.on_end", "def h(ctx, e): urllib.request.urlopen(e)"], "urllib.request.urlopen"),
    (["import subprocess", "@app.on_end", "def h(ctx, e): [subprocess.run(x) for x in e]"], "subprocess.run"),
    (["import socket", "@app.on_end", "async def h(ctx, e): socket.create_connection(e)"], "socket.create_connection"),
    (["@app.on_end", "def h(ctx, e): open('log.txt', 'a')"], "open for writing"),
    (["@app.on_end", "def h(ctx, e): open('log.txt', mode='wb')"], "open for writing"),
    (["import time", "def nap(): time.sleep(1)", "def rest(): nap()", "@app.on_end", "def h(ctx, e): rest()"],
     "time.sleep"),
    (["import time", '@app.task_type("x")', "class h:", "  def start(self, ctx, task): time.sleep(1)"], "time.sleep"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "call"), BLOCKS)
def test_nothing_in_the_transaction_may_wait_for_the_world(lines: list[str], call: str) -> None:
    told = found(code(*lines), "DG8006")

    assert [message for *_, message in told] == [f'blocking call of {call} in "h", which runs in the transaction']


def test_the_place_is_that_of_the_call_also_in_another_module() -> None:
    helper = "import time\n\ndef nap():\n    time.sleep(1)\n"
    changes = {**code("from .naps import nap", "@app.on_end", "def h(ctx, e): nap()"), "logic/naps.py": helper}

    assert [told[:3] for told in found(changes, "DG8006")] == [("DG8006", "logic/naps.py", 4)]


@pytest.mark.parametrize(
    "lines",
    [
        ["import time", "@app.after_end", "def h(ctx, e): time.sleep(1)"],
        ["import time", "@app.on_end", "def h(ctx, e): time.monotonic()"],
        ["import time", "@app.on_end", "def h(ctx, time): time.sleep(1)"],
        ["@app.on_end", "def h(ctx, e): open('x').read()"],
        ["@app.on_end", "def h(ctx, open): open('x', 'w')"],
        ["def open(*any): ...", "@app.on_end", "def h(ctx, e): open('x', 'w')"],
        ["import urllib.request", "@app.on_end", "def h(ctx, e): urllib.request.Request('x')"],
        ["@app.on_end", "def h(ctx, e): ctx.data.add('x', {})"],
    ],
)
def test_what_does_not_block_or_runs_elsewhere_is_left_alone(lines: list[str]) -> None:
    assert found(code(*lines), "DG8006") == []


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("import requests; DATA = requests.get('x').json()", "requests.get"),
        ("KEY = open('key.pem').read()", "open"),
        ("from threading import Thread; Thread(target=print).start()", "threading.Thread"),
        ("class C:\n  import subprocess\n  V = subprocess.check_output('git')", "subprocess.check_output"),
        ("import time\ndef f(now=time.sleep(1)): ...", "time.sleep"),
    ],
)
def test_importing_the_module_may_not_do_anything(line: str, call: str) -> None:
    told = found(code(*line.split("\n")), "DG8008")

    assert [message for *_, message in told] == [f"{call} runs when the module is imported"]


@pytest.mark.parametrize(
    "line",
    [
        "def f():\n  open('x')",
        "f = lambda: open('x')",
        "if __name__ == '__main__':\n  open('x')",
        "import threading; lock = threading.Lock()",
    ],
)
def test_what_does_not_run_at_the_import_may_do_what_it_wants(line: str) -> None:
    assert found(code(*line.split("\n")), "DG8008") == []


# What other checks know of it -----------------------------------------------------------------------------------------


ASKS_FOR_CODE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("DG9201", {PROCESS: process(gateway="code")}, ['@app.gateway("Gateway")', "def h(ctx, flows, action): ..."]),
    ("DG9202", {PROCESS: process(task="mailing")}, ['@app.service_task("Mailing")', "def h(ctx, task): ..."]),
    ("DG9202", {PROCESS: process(task="mailing")}, ['@app.task_type("mailing")', "class h: ..."]),
    (
        "DG3014",
        {METADATA: data_type(2, enabledFileValidators=["scan"])},
        ['@app.file_validator("scan")', "def h(ctx, element, analysis): ..."],
    ),
    (
        "DG3014",
        {METADATA: data_type(2, enabledFileAnalysers=["scan"])},
        ['@app.file_analyser("scan")', "def h(ctx, stream): ..."],
    ),
    (
        "DG6201",
        {PAGE: page(part("a", "Dropdown", bound="name", optionsId="cities"))},
        ['@app.options("cities")', "def h(ctx, params): ..."],
    ),
]


@pytest.mark.parametrize(("wanted", "changes", "lines"), ASKS_FOR_CODE)
def test_a_declared_handler_answers_what_asks_for_code(wanted: str, changes: dict[str, Any], lines: list[str]) -> None:
    assert len(found(changes, wanted)) == 1
    assert found({**changes, **code(*lines)}, wanted) == []
    other = [lines[0].replace('("', '("other_'), *lines[1:]]
    assert len(found({**changes, **code(*other)}, wanted)) == 1


@pytest.mark.parametrize(("wanted", "changes", "lines"), ASKS_FOR_CODE)
def test_code_with_a_fault_is_told_once_and_not_again_as_missing(
    wanted: str, changes: dict[str, Any], lines: list[str]
) -> None:
    broken = {**changes, LOGIC: "app ="}

    assert found(broken, wanted) == []
    assert [told[0] for told in found(broken)] == ["DG8001"]


# Strangers ------------------------------------------------------------------------------------------------------------

PIECES = (
    *(
        "app",
        "App()",
        "app.",
        "gateway",
        '("G")',
        "@",
        "def f(ctx",
        "):",
        "\n",
        "\n    ",
        "class C:",
        "import ",
        "from . ",
    ),
    *("import *", " as ", "time.sleep(", ")", "open('x', 'w')", "lambda", ":", "=", "[", "]", "stages", "if ", "try:"),
    *("except:", "app.options(x)(f)", "(", "'", '"', "\\", "é", "{", "}", "for i in ", "async ", "*", "**", ".", ","),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def any_text_is_read_or_told(text: str, is_whole: bool) -> None:
    start = "from dialog_graph.apps import App\napp = App()\n" if is_whole else ""
    version, found = load(files({LOGIC: start + text, "logic/beside.py": text}), "development")

    assert version is not None
    assert all(item.line is None or item.line >= 1 for item in found)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def any_bytes_are_read_or_told(data: bytes) -> None:
    assert load(files({LOGIC: data}), "development")[0] is not None


def test_no_text_of_a_stranger_is_ever_more_than_a_finding() -> None:
    any_text_is_read_or_told()
    any_bytes_are_read_or_told()


def test_a_reader_that_lets_one_fault_through_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the reader does not catch what the parser raises."""

    def parsed(package: Package, file: str) -> ast.Module:
        return ast.parse(package.files.contents[file])

    monkeypatch.setattr(Package, "_parsed", parsed)

    for harness in (any_text_is_read_or_told, any_bytes_are_read_or_told):
        with pytest.raises((SyntaxError, ValueError, BaseExceptionGroup)):
            harness()

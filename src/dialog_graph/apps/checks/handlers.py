"""Checks of an app's code against the points that exist, and of what it is for against everything else (app folder §14,
`DG8003`–`DG8008`, `DG3014`)."""

from collections.abc import Callable, Iterator, Mapping

from dialog_graph.apps.checks.calls import calls_of
from dialog_graph.apps.contents.logic import Handler, Logic, Use
from dialog_graph.apps.contents.points import (
    ANY,
    CLASS_METHODS,
    NEEDED_METHODS,
    POINTS,
    STAGE,
    STAGES,
    Form,
    Mark,
    Point,
)
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.readers.python_calls import OPEN, OPEN_TO_WRITE
from dialog_graph.apps.readers.reading import Findings, JsonObject
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import OWN_ACTIONS, ElementKind
from dialog_graph.model.diagnostic import DiagnosticPlace
from dialog_graph.tasks import is_service

BLOCKING = (
    *("time.sleep", "requests", "urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "socket", "ssl"),
    *("subprocess", "multiprocessing", "smtplib", "ftplib", "imaplib", "poplib", "telnetlib", "socketserver"),
    *("os.system", "os.popen", "os.remove", "os.unlink", "os.rename", "os.replace", "os.mkdir", "os.makedirs"),
    *("os.rmdir", "os.removedirs", "os.truncate", "shutil", "sqlite3.connect", "psycopg", "psycopg2", "asyncpg"),
    *("boto3", "paramiko", "redis", "asyncio.run", "asyncio.open_connection", "asyncio.create_subprocess_exec"),
    *("asyncio.create_subprocess_shell", "input", OPEN_TO_WRITE),
)
"""Functions, and modules whose every function counts, that wait for something outside or write there."""

STARTING = (
    *("threading.Thread", "threading.Timer", "_thread.start_new_thread", "concurrent.futures.ThreadPoolExecutor"),
    *("concurrent.futures.ProcessPoolExecutor", OPEN, "os.fork", "signal.signal", "atexit.register"),
)
"""What besides may not happen when a module is imported."""

HARMLESS = (
    *("urllib.request.Request", "urllib3.util", "urllib3.disable_warnings", "httpx.URL", "httpx.Timeout"),
    *("httpx.Headers", "httpx.Limits", "aiohttp.ClientTimeout", "socket.inet_aton", "socket.inet_ntoa"),
    *("socket.inet_pton", "socket.inet_ntop", "socket.htons", "socket.ntohs", "requests.auth", "shutil.which"),
    *("ssl.SSLContext", "ssl.create_default_context", "multiprocessing.current_process", "subprocess.list2cmdline"),
)
"""Exceptions from both."""

OVERRIDABLE = frozenset({"eformidling", "fiksarkiv"})
"""Built-in service types that are made for code of the app (process engine §8.12, app folder §15.5)."""

BUILT_IN_FILE_HANDLERS = frozenset({"mimeTypeAnalyser", "mimeTypeValidator"})


def check_handlers(version: AppVersion, findings: Findings) -> None:
    """Every handler, and the code that runs when it is imported."""
    logic = version.logic
    known = _known(version)
    for handler in logic.handlers:
        point = POINTS[handler.kind]
        for at, signature in _wrong_signatures(handler, point):
            findings.add("DG8003", at, name=handler.name, signature=signature)
        if _is_of_built_in(handler):
            findings.add("DG8007", handler.at, name=handler.name, id=handler.id)
            continue
        for what, id in _unknown(version, handler, known):
            findings.add("DG8005", handler.at, name=handler.name, what=what, id=id)
        for use in handler.uses if point.mark is Mark.TRANSACTION else ():
            if _is_one_of(use, BLOCKING):
                findings.add("DG8006", use.at, call=use.name, name=handler.name)
    for use in logic.at_import:
        if _is_one_of(use, (*BLOCKING, *STARTING)):
            findings.add("DG8008", use.at, call=use.name)
    _check_doubles(logic, findings)


def check_file_handlers(logic: Logic, top: JsonObject, findings: Findings) -> None:
    """Analysers and validators of uploads that data types ask for."""
    for row in top.objects("dataTypes"):
        for key, kind in (("enabledFileAnalysers", "file_analyser"), ("enabledFileValidators", "file_validator")):
            for id, at in row.named(key):
                if id not in BUILT_IN_FILE_HANDLERS and not logic.may_handle(kind, id):
                    findings.add("DG3014", at, id=id, key=key)


# Signatures -----------------------------------------------------------------------------------------------------------


def _wrong_signatures(handler: Handler, point: Point) -> Iterator[tuple[At, str]]:
    """Where something else is expected, and what: the decorator's argument, a function or class, its parameters."""
    if point.has_id and handler.id is None and not handler.is_computed:
        yield handler.at, f'@app.{handler.kind}("…")'
    if point.form is Form.CALL:
        yield from _wrong_object(handler)
    elif handler.is_class:
        yield from _wrong_methods(handler) if point.form is not Form.FUNCTION else [(handler.at, _function(point))]
    elif point.form is Form.CLASS:
        yield handler.at, "a class"
    elif handler.parameters is not None and not handler.parameters.takes(len(point.parameters)):
        yield handler.at, point.signature


def _function(point: Point) -> str:
    return f"a function {point.signature}"


def _wrong_object(handler: Handler) -> Iterator[tuple[At, str]]:
    """Of a point that takes an object, which may be made anywhere."""
    if not handler.is_given:
        yield handler.at, f'app.{handler.kind}("…", an object)'
    elif handler.is_class:
        yield from _wrong_methods(handler)


def _wrong_methods(handler: Handler) -> Iterator[tuple[At, str]]:
    wanted = dict(CLASS_METHODS[handler.kind])
    found = {method.name: method for method in handler.methods}
    if handler.kind in NEEDED_METHODS and handler.is_whole:
        yield from ((handler.at, f"a method {name}{_shown(wanted[name])}") for name in wanted if name not in found)
    if handler.kind == "service_task":
        if handler.stages == ():
            yield handler.at, f"a list {STAGES} of its methods"
        for stage in handler.stages or ():
            wanted[stage] = STAGE
            if stage not in found and handler.is_whole:
                yield handler.at, f"a method {stage}{_shown(STAGE)}"
    for name, parameters in wanted.items():
        method = found.get(name)
        if method is not None and method.parameters is not None and not method.parameters.takes(len(parameters)):
            yield method.at, f"{name}{_shown(parameters)}"


def _shown(parameters: tuple[str, ...]) -> str:
    return f"({', '.join(('self', *parameters))})"


# What handlers are for ------------------------------------------------------------------------------------------------

Ids = frozenset[str]


def _tasks(version: AppVersion) -> Ids:
    return frozenset(element.id for element in version.definition.tasks)


def _gateways(version: AppVersion) -> Ids:
    kinds = (ElementKind.EXCLUSIVE_GATEWAY, ElementKind.INCLUSIVE_GATEWAY)
    return frozenset(element.id for element in version.definition.elements if element.kind in kinds)


def _types(version: AppVersion) -> Ids:
    """The task types of the process, services in both the letters of the file and lower case."""
    types = [element.task.type for element in version.definition.tasks if element.task]
    return frozenset((*types, *(name.lower() for name in types)))


def _declared(version: AppVersion) -> Ids:
    return frozenset(a.name for element in version.definition.tasks if element.task for a in element.task.actions)


def _allowed(version: AppVersion) -> Ids:
    """Actions that somebody may be refused: declared ones, those of the task types, those of the policy."""
    own = (action for kind in OWN_ACTIONS.values() for action in kind.own)
    return frozenset((*_declared(version), *own, *_types(version), *version.policy.actions))


def _data_types(version: AppVersion) -> Ids:
    return frozenset(version.data_types)


def _options(version: AppVersion) -> Ids:
    pages = (page for form in version.layouts.sets.values() for page in form.contents)
    asked = (component.options_id for page in pages for component in page.all())
    return frozenset((*version.options, *(id for id in asked if id)))


def _providers(version: AppVersion) -> Ids:
    configs = (element.task.config.signature for element in version.definition.tasks if element.task)
    return frozenset(config.signee_provider_id for config in configs if config and config.signee_provider_id)


def _file_handlers(version: AppVersion) -> Ids:
    types = version.data_types.values()
    return frozenset(id for t in types for id in (*t.enabled_file_analysers, *t.enabled_file_validators))


def _called_apps(version: AppVersion) -> Ids:
    return frozenset(call.app for _, call in calls_of(version))


_SOURCES: Mapping[str, Callable[[AppVersion], Ids]] = {
    "task": _tasks,
    "gateway": _gateways,
    "task type": _types,
    "action": _declared,
    "allowed action": _allowed,
    "data type": _data_types,
    "options id": _options,
    "signeeProviderId": _providers,
    "file handler": _file_handlers,
    "called app": _called_apps,
}
_FOR: Mapping[str, str] = {
    **dict.fromkeys(("on_task_start", "on_task_end", "on_task_abandon", "after_task_start", "after_task_end"), "task"),
    **dict.fromkeys(("on_data_created", "on_read", "on_write"), "data type"),
    **dict.fromkeys(("service_task", "task_type"), "task type"),
    **dict.fromkeys(("file_analyser", "file_validator"), "file handler"),
    "external_validation": "task",
    "gateway": "gateway",
    "action": "action",
    "authorize_action": "allowed action",
    "options": "options id",
    "signees": "signeeProviderId",
    "map_instance": "called app",
}
"""Decorator -> what its first argument names. Lookups, messages, events and data lists may be asked for by any name."""


def _known(version: AppVersion) -> Mapping[str, Ids]:
    return {what: source(version) for what, source in _SOURCES.items()}


def _unknown(version: AppVersion, handler: Handler, known: Mapping[str, Ids]) -> Iterator[tuple[str, str]]:
    named = ((_FOR.get(handler.kind), handler.id), ("task", handler.task), ("data type", handler.data_type))
    for what, id in named:
        if what is None or id in (None, ANY):
            continue
        if id not in known[what] and not (what == "task type" and id.lower() in known[what]):
            yield what.removeprefix("allowed "), id


def is_built_in(task_type: str) -> bool:
    """True for a task type that is the product's own, and not made for code of the app."""
    is_own = task_type in OWN_ACTIONS or is_service(task_type)
    return is_own and task_type.lower() not in OVERRIDABLE


def _is_of_built_in(handler: Handler) -> bool:
    """True for a handler of a task type that the product has itself."""
    id = handler.id
    if id is None or handler.kind not in ("service_task", "task_type"):
        return False
    return is_built_in(id) or (handler.kind == "task_type" and is_service(id))


def _check_doubles(logic: Logic, findings: Findings) -> None:
    first: dict[tuple[str | None, ...], Handler] = {}
    for handler in logic.handlers:
        if not POINTS[handler.kind].is_single or handler.is_computed:
            continue
        key = (handler.kind, handler.id, handler.task)
        earlier = first.setdefault(key, handler)
        if earlier is not handler:
            point = " ".join(text for text in (handler.kind, f'"{handler.id}"' if handler.id else "") if text)
            place = DiagnosticPlace(file=earlier.at.file, line=earlier.at.line, message="first written here")
            at = At(file=handler.at.file, line=handler.at.line, column=handler.at.column, related=(place,))
            findings.add("DG8004", at, point=point)


def _is_one_of(use: Use, names: tuple[str, ...]) -> bool:
    return _is_below(use.name, names) and not _is_below(use.name, HARMLESS)


def _is_below(name: str, names: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in names)

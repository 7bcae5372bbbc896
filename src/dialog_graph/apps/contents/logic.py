"""What an app's own code declares, as far as it can be read without running it (app folder §15)."""

from dataclasses import dataclass

from dialog_graph.apps.diagnostics import At


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many positional arguments a function takes: at least, and at most (None: any number)."""

    least: int
    most: int | None

    def takes(self, count: int) -> bool:
        """True when it can be called with this many."""
        return self.least <= count and (self.most is None or count <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A call of something outside of the app (`time.sleep`), and where it stands."""

    name: str
    at: At


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of a class that is a handler; `parameters` without `self`, None when they cannot be known."""

    name: str
    parameters: Parameters | None
    at: At


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One registration. `kind`: the decorator. `id`: its first argument, None when there is none or `is_computed`.

    `task`, `data_type`: the arguments of these names. `parameters`: None when they cannot be known, or of a class.
    `methods`, `stages`: of a class; stages None when they are not written as a list; `is_whole`: it has no other
    methods. `is_given`: False for a point that takes an object and was given none, or its class. `uses`: what the code
    calls, functions of the app that it calls included.
    """

    kind: str
    name: str
    at: At
    id: str | None = None
    is_computed: bool = False
    task: str | None = None
    data_type: str | None = None
    is_async: bool = False
    is_class: bool = False
    parameters: Parameters | None = None
    methods: tuple[Method, ...] = ()
    stages: tuple[str, ...] | None = None
    is_whole: bool = False
    is_given: bool = True
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """The code of an app version; without a file there are no handlers.

    `computed`: kinds of which there may be handlers with ids that are not written as texts. `is_readable`: False when
    nothing can be said about handlers: the file has a fault, or the registry comes from elsewhere. `at_import`: calls
    outside of functions. `texts`: every text that is written in the code, for those who look whether a name is used.
    """

    handlers: tuple[Handler, ...] = ()
    computed: frozenset[str] = frozenset()
    is_readable: bool = True
    at_import: tuple[Use, ...] = ()
    texts: frozenset[str] = frozenset()

    def ids(self, kind: str) -> frozenset[str]:
        """The ids that handlers of a kind are written for."""
        return frozenset(handler.id for handler in self.handlers if handler.kind == kind and handler.id is not None)

    def may_handle(self, kind: str, id: str | None = None) -> bool:
        """True when there is such a handler, or when nobody can say that there is none."""
        if not self.is_readable or kind in self.computed:
            return True
        return any(handler.kind == kind and id in (None, handler.id) for handler in self.handlers)

    def may_handle_type(self, task_type: str) -> bool:
        """True when code may stand behind a task type; the letter case of service types does not count."""
        if any(not self.is_readable or kind in self.computed for kind in ("service_task", "task_type")):
            return True
        services = {id.lower() for id in self.ids("service_task")}
        return task_type.lower() in services or task_type in self.ids("task_type")

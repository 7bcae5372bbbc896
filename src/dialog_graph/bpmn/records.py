"""What may still be compensated (process engine §4.14): one record per completion of an activity with a handler.

A record belongs to the scope in which the activity completed. When a subprocess without a handler of its own completes,
its records go over to the scope around it; the order of a record then tells the completion of the subprocess before
its own, so that the latest record is always the one with the greatest order.
"""

from dataclasses import dataclass, replace

from dialog_graph.bpmn import stored
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """`order`: when it completed, outermost first. `of`: element numbers from the scope's own inwards to the activity.

    `loop`: item and index of the loop around it then. `by`: the token that compensates it now. `inner`: of a subprocess
    whose handler is an event subprocess, the records that the handler may compensate.
    """

    scope: int
    order: tuple[int, ...]
    of: tuple[int, ...]
    loop: tuple[Json, int] | None = None
    by: int | None = None
    inner: "tuple[Record, ...]" = ()

    def moved(self, scope: int, completed: int, element: int | None) -> "Record":
        """The record in the scope around its own, which completed as number `completed` and is this element."""
        of = self.of if element is None else (element, *self.of)
        return replace(self, scope=scope, order=(completed, *self.order), of=of, by=None)


def to_json(record: Record) -> Json:
    """The stored form: `[scope, order, of, {lv, by, in}]`; empty members are left out."""
    more: dict[str, Json] = {}
    if record.loop is not None:
        more["lv"] = list(record.loop)
    if record.by is not None:
        more["by"] = record.by
    if record.inner:
        more["in"] = [to_json(inner) for inner in record.inner]
    return [record.scope, list(record.order), list(record.of), more]


def from_json(written: Json) -> Record:
    """The record that `to_json` wrote; raises `stored.Malformed`."""
    scope, order, of, written_more = stored.items(written, 4)
    more = stored.members(written_more)
    if not more.keys() <= {"lv", "by", "in"} or not order or not of:
        raise stored.Malformed(f"a record has the members {sorted(more)}")
    return Record(
        scope=stored.number(scope),
        order=tuple(stored.number(number) for number in stored.items(order)),
        of=tuple(stored.number(number) for number in stored.items(of)),
        loop=_loop(more["lv"]) if "lv" in more else None,
        by=stored.optional_number(more.get("by")),
        inner=tuple(from_json(inner) for inner in stored.items(more.get("in", []))),
    )


def _loop(written: Json) -> tuple[Json, int]:
    item, index = stored.items(written, 2)
    return item, stored.number(index)

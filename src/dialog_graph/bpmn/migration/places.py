"""Where the elements and flows of one version of a process are in another (process engine §16).

Elements map by equal id unless the caller says otherwise; a flow maps by its id, else by its mapped ends where just one
flow runs between those.
"""

from collections.abc import Mapping

from dialog_graph.bpmn.definition import Definition, Element, Flow


class Places:
    """Numbers of the old definition -> places in the new one. `named`: element ids, old to new, as the caller wants."""

    def __init__(self, old: Definition, new: Definition, named: Mapping[str, str]) -> None:
        self.old = old
        self.new = new
        self._named = named

    def element(self, index: int) -> Element | None:
        """The new element for an old number."""
        before = self.old.elements[index]
        task, colon, part = before.id.rpartition(":") if before.is_made else ("", "", "")
        # What is made of a task's deadlines is called after the task.
        id = f"{self._named.get(task, task)}{colon}{part}" if before.is_made else before.id
        return self.new.element(self._named.get(id, id))

    def flow(self, index: int) -> Flow | None:
        """The new flow for an old number; it leads to the element that the old one's target became."""
        before = self.old.flows[index]
        source, target = self.element(before.source), self.element(before.target)
        if source is None or target is None:
            return None
        between = [flow for flow in self.new.flows if (flow.source, flow.target) == (source.index, target.index)]
        same = next((flow for flow in between if flow.id == before.id), None)
        return same or (between[0] if len(between) == 1 else None)

    def path(self, element: Element, definition: Definition) -> tuple[str, ...]:
        """Ids of the subprocesses around an element, outermost first."""
        ids: list[str] = []
        scope = element.scope
        while scope is not None:
            ids.insert(0, definition.elements[scope].id)
            scope = definition.elements[scope].scope
        return tuple(ids)

    def same_scope(self, before: Element, after: Element) -> bool:
        """True when the subprocesses around the new element are those that the old ones became."""
        wanted = tuple(self._named.get(id, id) for id in self.path(before, self.old))
        return wanted == self.path(after, self.new)

    def unknown(self) -> tuple[str, ...]:
        """Ids that the caller named and that one of the definitions does not have."""
        missing_old = [id for id in self._named if self.old.element(id) is None]
        return (*missing_old, *(id for id in self._named.values() if self.new.element(id) is None))

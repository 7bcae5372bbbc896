"""Who reads or checks a form: the language, the party, and what the policy lets the reader see and do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dialog_graph.apps.evaluator import AppEvaluator, without
from dialog_graph.apps.version import AppVersion
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import Instance
from dialog_graph.model.party import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the policy lets somebody do at a task, as far as forms ask.

    `allowed`: what `authContext` answers (`read`, `write`, actions of the task). `withheld`: data types that may not be
    read. `is_current`: the task is open. `writable`: data types whose data may be changed now, None = all.
    """

    allowed: Mapping[str, bool] = field(default_factory=dict[str, bool])
    withheld: frozenset[str] = frozenset()
    is_current: bool = True
    writable: frozenset[str] | None = None

    def may_write(self, data_type: str) -> bool:
        """True when data of the type may be changed now."""
        return self.writable is None or data_type in self.writable


def _unheard(version: AppVersion, findings: Diags) -> None:
    """For those who keep no findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader. `owner`: the instance's party; `hears`: is told of rules of the form that fail (`DG7110`)."""

    language: str = "nb"
    owner: Party | None = None
    rights: Rights = field(default_factory=Rights)
    hears: Callable[[AppVersion, Diags], None] = _unheard

    def judging(self, version: AppVersion, instance: Instance) -> AppEvaluator:
        """Decides by all data, and tells without what is withheld: for checks, which nobody may pass by not seeing."""
        return AppEvaluator(
            version=version,
            instance=instance,
            owner=self.owner,
            language=self.language,
            allowed=self.rights.allowed,
            withheld=self.rights.withheld,
        )

    def seeing(self, version: AppVersion, instance: Instance) -> AppEvaluator:
        """Knows nothing but what the reader may read: for forms as they are drawn."""
        return self.judging(version, without(instance, self.rights.withheld))


ANYONE = Reader()

"""What the publishers know: every message with all that they were told of it, and which names were given to cases."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

NOT_CORRELATED = "NOT_CORRELATED"


@dataclass(slots=True, kw_only=True)
class Sent:
    """One message. `message_id`, `ttl`: as sent, or None; `mark`: what its payload says; `party`: whose case it starts.

    `told`: the answers; `refused`: codes; `unknown`: how often nobody knows.
    """

    name: str
    key: str
    mark: str
    message_id: str | None = None
    ttl: str | None = None
    party: str | None = None
    told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refused: list[str] = field(default_factory=list[str])
    unknown: int = 0
    faults: list[str] = field(default_factory=list[str])

    @property
    def given(self) -> dict[str, Any]:
        """The input of the command."""
        found: dict[str, Any] = {"name": self.name, "message_id": self.message_id, "ttl": self.ttl}
        if self.party is not None:
            return {**found, "party": self.party, "payload": {"name": self.key, "mark": self.mark}}
        return {**found, "correlation_key": self.key, "payload": {"mark": self.mark}}

    def bounds(self) -> tuple[int, int]:
        """At least and at most so many were accepted: with an id one at most, without it one by each sending."""
        if self.message_id is not None:
            return (1, 1) if self.told else (0, int(self.unknown > 0))
        return len(self.told), len(self.told) + self.unknown

    def problems(self) -> Iterator[str]:
        """What is wrong with the answers alone."""
        yield from (f"{self.name} {self.key}: {fault}" for fault in self.faults)
        if self.message_id is not None and any(answer != self.told[0] for answer in self.told):
            yield f"{self.name} {self.key}: one id, several answers: {self.told}"
        if self.ttl is not None and self.refused:
            yield f"{self.name} {self.key}: it may wait, but was refused with {self.refused}"
        unforeseen = set(self.refused) - {NOT_CORRELATED}
        if unforeseen:
            yield f"{self.name} {self.key}: refused with {sorted(unforeseen)}"


@dataclass(slots=True)
class Ledger:
    """All messages, and how many cases were begun by their clients."""

    messages: list[Sent] = field(default_factory=list[Sent])
    cases: int = 0
    problems: list[str] = field(default_factory=list[str])
    count: int = 0

    def write(self, sent: Sent) -> Sent:
        """Notes a message before it is sent."""
        self.messages.append(sent)
        return sent

    def next_number(self) -> int:
        """Tells marks and ids apart."""
        self.count += 1
        return self.count

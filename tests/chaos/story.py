"""What the clients of a fault run do: walks through an app, decided by dice, and the record of every call.

A walk knows what it has been told and nothing else. Every call has an idempotency key, and what it writes carries the
key as a mark, so that afterwards each change can be led back to one call.
"""

import base64
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

APP = "ttd/grant-application"
PERSON = "kari"
OWNER = "org:ttd"
MOST_FILES = 5
"""What the app allows."""

UNKNOWN, OK, REFUSED, FAULT = "unknown", "ok", "refused", "fault"

ALONE = frozenset({"DATA_LOCKED"})
"""Refusals that a walk may meet which has its instance for itself: it tries to write in the wrong task."""

TOGETHER = ALONE | {"CONCURRENCY", "NOT_ACTIVE", "FORBIDDEN", "VALIDATION_FAILED"}
"""Those that walks meet which share an instance."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of a client: what was asked, when, how often its outcome was unknown, and what came of it.

    `invoked` and `ended` are ticks of one clock of the harness, so of two calls one can say which was over first.
    """

    actor: str
    name: str
    given: dict[str, Any]
    content: bytes | None = None
    foreseen: frozenset[str] = frozenset()
    invoked: int = 0
    ended: int = 0
    losses: int = 0
    outcome: str = UNKNOWN
    answer: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def key(self) -> str:
        return self.given["idempotency_key"]

    @property
    def instance_id(self) -> str | None:
        """The instance concerned; of a new one only when the answer has come."""
        return self.given.get("instance_id") or self.answer.get("ok", {}).get("instance_id")

    @property
    def request(self) -> dict[str, Any]:
        content = {} if self.content is None else {"content": base64.b64encode(self.content).decode()}
        return {"actor": self.actor, "name": self.name, "given": self.given, **content}

    @property
    def always_writes(self) -> bool:
        """True when a success means that something was written; the others may find it done already."""
        return self.name not in ("delete", "restore", "confirm")


def form(mark: str) -> dict[str, Any]:
    """A form that passes the gate."""
    return {
        "applicant": {"name": "Kari Nordmann", "email": "kari@example.com"},
        "project": {"title": "A bench by the lake", "start": "2031-05-01", "description": mark},
        "amount": 25_000,
        "budget": [{"purpose": "Timber", "cost": 20_000}, {"purpose": "Paint", "cost": 5_000.50}],
    }


@dataclass(slots=True)
class Case:
    """An instance as its clients believe it to be; several walks may share one."""

    instance_id: str = ""
    stage: str = "new"
    revision: int = 0
    is_filled: bool = False
    is_deleted: bool = False
    files: list[str] = field(default_factory=list[str])


def _write(walk: "Walk", mark: str) -> dict[str, Any]:
    return {"data_type": "application", "data": form(mark)}


def _upload(walk: "Walk", mark: str) -> dict[str, Any]:
    return {"dataType": "documentation", "filename": f"{mark[:20]}.pdf"}


def _remove(walk: "Walk", mark: str) -> dict[str, Any]:
    return {"data_element_id": walk.dice.choice(walk.case.files)}


_GIVEN: Mapping[str, Callable[["Walk", str], dict[str, Any]]] = {
    "instantiate": lambda walk, mark: {"application": APP, "party": walk.party},
    "write": _write,
    "upload": _upload,
    "remove": _remove,
    "advance": lambda walk, mark: {},
    "reject": lambda walk, mark: {"action": "reject", "note": mark},
    "substatus": lambda walk, mark: {"label": mark},
    "confirm": lambda walk, mark: {},
    "delete": lambda walk, mark: {},
    "restore": lambda walk, mark: {},
}
"""Step of a walk -> its input, without instance, key and expected revision."""

_COMMANDS = {"reject": "advance"}
_BY_OWNER = frozenset({"substatus", "confirm"})


def _after_advance(case: Case) -> str:
    return {"Task_1": "Task_2", "Task_2": "ended"}.get(case.stage, case.stage)


class Walk:
    """One client's way through one instance after another."""

    def __init__(
        self, dice: random.Random, name: str, party: str, shared: Case | None = None, *, likes_files: bool = False
    ) -> None:
        self.dice = dice
        self.party = party
        self._likes_files = likes_files
        self.case = shared or Case()
        self._is_shared = shared is not None
        self._name = name
        self._count = 0
        self._step = ""

    def next(self) -> Call:
        """The next call."""
        self._step = self.dice.choice(self._choices())
        self._count += 1
        key = f"{self._name}-{self._count}"
        given = _GIVEN[self._step](self, key) | {"idempotency_key": key}
        name = _COMMANDS.get(self._step, self._step)
        if name != "instantiate":
            given |= {"instance_id": self.case.instance_id} | self._expected(name)
        content = b"%PDF-1.7 " + key.encode() + self.dice.randbytes(400) if name == "upload" else None
        return Call(
            actor=OWNER if self._step in _BY_OWNER else PERSON,
            name=name,
            given=given,
            content=content,
            foreseen=TOGETHER if self._is_shared else ALONE,
        )

    def _expected(self, name: str) -> dict[str, int]:
        if self.dice.random() < 0.5:
            return {}
        return {"expectedRevision" if name == "upload" else "expected_revision": self.case.revision}

    def _choices(self) -> list[str]:
        case = self.case
        if not case.instance_id:
            return ["instantiate"]
        if self._is_shared:
            return ["write", "write", "upload", "advance", "advance", "reject", "substatus"]
        if case.is_deleted:
            return ["restore"]
        if case.stage == "Task_1":
            return self._first_task()
        if case.stage == "Task_2":
            return ["advance", "advance", "reject", "reject", "substatus", "write"]
        return ["substatus", "confirm", "confirm"]

    def _first_task(self) -> list[str]:
        case = self.case
        uploads = ["upload"] * (8 if self._likes_files else 1) if len(case.files) < MOST_FILES else []
        removals = ["remove"] * (4 if self._likes_files else 1) if case.files else []
        advances = ["advance"] * 4 if case.is_filled else []
        return ["write", "write", "delete", *uploads, *removals, *advances]

    def seen(self, call: Call) -> None:
        """Takes in the answer to the last call."""
        case, step = self.case, self._step
        if call.outcome == REFUSED:
            case.revision = call.answer.get("revision") or case.revision
            return
        case.revision += 1
        answer = call.answer["ok"]
        if step == "instantiate":
            self.case = Case(answer["instance_id"], "Task_1", 1)
        elif step == "write":
            case.is_filled = True
        elif step == "upload":
            case.files.append(answer["data_element_id"])
        elif step == "remove":
            case.files.remove(call.given["data_element_id"])
        elif step in ("delete", "restore"):
            case.is_deleted = step == "delete"
        elif step == "confirm":
            self.case = Case()
        else:
            case.stage = {"advance": _after_advance(case), "reject": "Task_1"}.get(step, case.stage)

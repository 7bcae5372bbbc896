"""The Python side of the pipe: reads works from standard input, one JSON object per line, and times them."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol


class Engine(Protocol):
    """What a candidate written in Python can do."""

    def compile(self, text: str) -> Any:
        """A model that can be started, from its text."""
        ...

    def elements(self, compiled: Any) -> list[str]:
        """The ids of the flow nodes that were compiled."""
        ...

    def run(self, compiled: Any, limit: int) -> Any:
        """A new instance, brought to its end."""
        ...

    def outcome(self, ran: Any) -> tuple[list[str], str | None]:
        """The tasks in the order completed, and the end event."""
        ...


def serve(engine: Engine) -> None:
    """Answers every line `{do, model, limit, count}` with `{seconds, outcome}`."""
    for line in sys.stdin:
        print(json.dumps(_answer(engine, json.loads(line))), flush=True)


def _answer(engine: Engine, asked: dict[str, Any]) -> dict[str, Any]:
    if asked["do"] != "run":
        make = getattr(engine, asked["do"])
        seconds, compiled = _timed(lambda: make(asked["model"]), asked["count"])
        return {"seconds": seconds, "outcome": {"elements": sorted(engine.elements(compiled))}}
    compiled = engine.compile(asked["model"])
    seconds, ran = _timed(lambda: engine.run(compiled, asked["limit"]), asked["count"])
    completed, end = engine.outcome(ran)
    return {"seconds": seconds, "outcome": {"completed": completed, "end": end}}


def _timed(work: Callable[[], Any], count: int) -> tuple[float, Any]:
    last = None
    begun = time.perf_counter()
    for _ in range(count):
        last = work()
    return time.perf_counter() - begun, last

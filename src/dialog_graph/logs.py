"""Logs of the process: one line per event, without what must not stand in a log (security rules §18).

In development for people, elsewhere as JSON. The last step before a line is written replaces whatever looks like a
national number, a token, a secret, an e-mail address or a phone number; tracebacks never show the values of variables.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

PATTERNS: Mapping[str, "re.Pattern[str]"] = MappingProxyType(
    {
        "[jwt]": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"),
        "[secret]": re.compile(r"\bwhs(?:ec|k)_[A-Za-z0-9+/=_-]+"),
        "[email]": re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),
        "[phone]": re.compile(r"\+47[ ]?\d(?:[ ]?\d){7}"),
        "[pid]": re.compile(r"(?<!\d)\d{6}[ ]?\d{5}(?!\d)"),
    }
)
"""Replacement -> what it stands for; in this order."""

QUIET = ("alembic", "uvicorn", "uvicorn.error")
"""Loggers whose ordinary notes nobody needs; their warnings are kept."""


def scrub(text: str) -> str:
    """The text without what looks like personal or secret data."""
    for replacement, pattern in PATTERNS.items():
        text = pattern.sub(replacement, text)
    return text


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {key: _scrubbed(member) for key, member in value.items()}  # pyright: ignore[reportUnknownVariableType] -- any mapping
    if isinstance(value, list | tuple):
        return [_scrubbed(member) for member in value]  # pyright: ignore[reportUnknownVariableType] -- any sequence
    return value


def _scrub_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value if key.startswith("_") else _scrubbed(value) for key, value in event.items()}


def configure(level: str, *, as_json: bool, stream: TextIO | None = None) -> None:
    """Routes structlog and the standard library's logging into one stream of lines, standard error unless told."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub_event,
    ]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer: Processor = structlog.processors.JSONRenderer() if as_json else plain
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=stream is None,
    )

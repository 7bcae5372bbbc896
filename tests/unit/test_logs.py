"""Logs hold no personal data and no secrets, whoever writes them and however."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from dialog_graph import logs

TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJwaWQiOiIxMjg4NzIzMDE0MyJ9.c2lnbmF0dXJl"
PERSONAL = {
    "12887230143": "[pid]",
    "128872 30143": "[pid]",
    TOKEN: "[jwt]",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": "[secret]",
    "kari.lund@example.test": "[email]",
    "+47 912 34 567": "[phone]",
    "+4791234567": "[phone]",
}


@pytest.mark.parametrize(("text", "shown"), PERSONAL.items())
def test_what_must_not_stand_in_a_log_is_replaced(text: str, shown: str) -> None:
    assert logs.scrub(f"before {text} after") == f"before {shown} after"


@pytest.mark.parametrize(
    "text", ["310001015", "2026-11-20T09:05:00", "123456789012", "01a1f886-5b88-739f-846e-8fdee2555b35"]
)
def test_other_numbers_stay(text: str) -> None:
    assert logs.scrub(text) == text


Written = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[Written]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    quiet = {name: logging.getLogger(name).level for name in logs.QUIET}
    stream = io.StringIO()
    logs.configure("info", as_json=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def _fail(secret: str) -> None:
    local = f"form data of {secret}"
    raise ValueError(f"no place for {local[:4]}")


def test_a_fault_is_logged_without_the_values_of_variables(written: Written) -> None:
    secret = "Kari 12887230143"
    try:
        _fail(secret)
    except ValueError as fault:
        structlog.get_logger("test").error("it broke", exc_info=fault)
        logging.getLogger("other").error("it broke for %s", "12887230143", exc_info=fault)
    ours, others = written()
    assert ours["event"] == "it broke"
    assert others["event"] == "it broke for [pid]"
    for line in (ours, others):
        assert "ValueError: no place for form" in line["exception"]
        assert "Kari" not in json.dumps(line)
        assert "12887230143" not in json.dumps(line)


def test_members_of_an_event_are_scrubbed_too(written: Written) -> None:
    structlog.get_logger("test").info("told", party={"urn": "urn:altinn:person:identifier-no:12887230143"}, to=[TOKEN])
    (line,) = written()
    assert line["party"] == {"urn": "urn:altinn:person:identifier-no:[pid]"}
    assert line["to"] == ["[jwt]"]

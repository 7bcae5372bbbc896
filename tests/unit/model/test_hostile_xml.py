"""Every hostile document of the catalogue is refused, for the reason it must, and nothing is asked of anybody."""

import socket

import pytest
from lxml import etree

from dialog_graph.model import safe_xml
from tests.unit.model.hostile_xml import HARMLESS, HOSTILE


@pytest.fixture
def listening() -> socket.socket:
    """A socket at the address that the documents name; nobody must call."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    server.setblocking(False)
    return server


def aimed(data: bytes, at: socket.socket) -> bytes:
    return data.replace(b"127.0.0.1:9/", b"127.0.0.1:%d/" % at.getsockname()[1])


def nobody_called(server: socket.socket) -> bool:
    with server, pytest.raises(BlockingIOError):
        server.accept()
    return True


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_and_calls_nobody(name: str, listening: socket.socket) -> None:
    hostile = HOSTILE[name]

    answer = safe_xml.parse(aimed(hostile.data, listening), file="a.xml", limits=hostile.limits)

    assert isinstance(answer, tuple)
    assert [(item.code, item.file) for item in answer] == [(hostile.code, "a.xml")]
    assert len(answer[0].message) < 1_000
    assert nobody_called(listening)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_never_followed_is_read(name: str, listening: socket.socket) -> None:
    answer = safe_xml.parse(aimed(HARMLESS[name], listening), file="a.xml")

    assert not isinstance(answer, tuple)
    assert answer.tag == "a"
    assert list(answer.iter(etree.ProcessingInstruction)) == []
    assert nobody_called(listening)

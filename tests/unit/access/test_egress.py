"""What the server calls and what it never calls: every form of an address, and real connections on this machine.

The harness counts connections of a listener. Its twins are a guard built on Python's own idea of a global address and
one that resolves twice; both must be caught.
"""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dialog_graph.access.addresses import Rules, is_denied, network, parse_address, rules_of
from dialog_graph.access.egress import Answer, Blocked, Egress, Failed, Outcome, parse
from dialog_graph.errors import Refusal
from dialog_graph.settings import Settings

PUBLIC = "93.184.216.34"
NAME = "hooks.example.org"
OWN = Rules(own_hosts=frozenset({"dialog.example.org", "db.example.org"}))
LOOPBACK = network("127.0.0.0/8")

DENIED_LITERALS = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.1.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "1fff::1",
    "2001::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)
PASSING_LITERALS = (
    PUBLIC,
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "168.63.129.17",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:200::1",
    "2003::1",
    "3ffe::1",
)
DENIED_HOSTS = (
    "localhost",
    "LOCALHOST",
    "a.localhost",
    "printer.local",
    "vault.internal",
    "intranet",
    "dialog.example.org",
    "DIALOG.example.org.",
    "db.example.org",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "127.0.0.01",
    "127.0.0.1.",
    "1.2.3.4.5",
    "256.1.1.1",
    "１２７.0.0.1",
    "127。0。0。1",
    "９３.184.216.34",
    "93。184。216。34",
    "①②⑦.0.0.1",
    "example.org%00",
    "exa mple.org",
    "example.org\\@x",
    "-a.example.org",
    "a-.example.org",
    "a..example.org",
    ".example.org",
    "a_b.example.org",
    "example.0x1",
    "example.123",
    "[::1]",
    "[fe80::1%25eth0]",
    "[::ffff:127.0.0.1]",
    "[127.0.0.1]",
    "[1.1.1.1]",
    "[vault.internal]",
    "x" * 64 + ".org",
    ".".join(["abcdefgh"] * 30),
)
WRONG_URLS = (
    "",
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "HTTPS://hooks.example.org/",
    "//hooks.example.org/",
    "https:/hooks.example.org/",
    "https:hooks.example.org",
    "https://",
    "https:///path",
    "https://user@hooks.example.org/",
    "https://user:secret@hooks.example.org/",
    "https://hooks.example.org/#x",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:65536/",
    "https://hooks.example.org:+443/",
    "https://hooks.example.org:４４３/",
    "https://hooks.example.org/å",
    "https://hooks.example.org/a b",
    "https://hooks.example.org/\r\nHost: x",
    "https://hooks.example.org/\n",
    "https://hooks.example.org\\path",
    " https://hooks.example.org/",
    "https://hooks.example.org/" + "x" * 2048,
)


@dataclass
class Resolver:
    """Answers as told, one list per call; the last one stays. Counts the calls."""

    answers: list[Sequence[str]]
    asked: list[str] = field(default_factory=list[str])

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Listener:
    """A server on this machine that counts connections and answers every request with the same text."""

    port: int = 0
    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    connects: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])
    delay: float = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects += 1
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            await asyncio.sleep(self.delay)
            writer.write(self.answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def listener() -> AsyncGenerator[Listener]:
    found = Listener()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for hooks.example.org with its key, trusted by nobody but the tests."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "hooks.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
async def tls_listener(certificate: Path) -> AsyncGenerator[Listener]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    found = Listener()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0, ssl=context)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


def trusting(certificate: Path, port: int, resolver: Resolver) -> Egress:
    """An egress that may reach this machine, at one port, and trusts the test's certificate."""
    opened = Rules(allowed=(LOOPBACK,), ports=frozenset({port}))
    return Egress(opened, resolver, ssl.create_default_context(cafile=str(certificate)))


def developing(port: int) -> tuple[Egress, str]:
    return Egress(Rules(is_development=True), Resolver([[PUBLIC]])), f"http://127.0.0.1:{port}/hook"


async def get(egress: Egress, url: str) -> Outcome:
    return await egress.get(url, timeout=5.0, max_answer=4096)


def reason(outcome: Outcome) -> str:
    match outcome:
        case Blocked(refusal):
            return refusal.code
        case Failed(why):
            return why
        case Answer(status=status):
            return str(status)


# Literals, names, URLs ------------------------------------------------------------------------------------------------


def passes(text: str) -> bool:
    address = parse_address(text)
    return address is not None and not is_denied(address, OWN)


def test_the_deny_lists() -> None:
    assert [text for text in DENIED_LITERALS if passes(text)] == []
    assert [text for text in PASSING_LITERALS if not passes(text)] == []


def test_every_listed_network_is_denied_at_its_edges() -> None:
    for text in ("100.64.0.0/10", "172.16.0.0/12", "192.88.99.0/24", "198.18.0.0/15", "2001::/23", "3fff::/20"):
        block = ipaddress.ip_network(text)
        assert is_denied(block[0], OWN)
        assert is_denied(block[-1], OWN)


def test_the_list_catches_a_guard_that_asks_python() -> None:
    def twin(text: str) -> bool:
        return ipaddress.ip_address(text).is_global

    assert {"224.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"} & {x for x in DENIED_LITERALS if twin(x)}


def test_scoped_and_odd_forms_are_no_addresses() -> None:
    for text in ("fe80::1%eth0", "127.1", "2130706433", "0177.0.0.1", "127.0.0.01", " 1.1.1.1", "", "１.1.1.1"):
        assert parse_address(text) is None


@pytest.mark.parametrize("host", DENIED_HOSTS)
def test_a_host_that_is_refused(host: str) -> None:
    refusal = parse(f"https://{host}/hook", OWN)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "ADDRESS_BLOCKED"
    assert "127" not in refusal.message


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_url_that_is_refused(url: str) -> None:
    assert isinstance(parse(url, OWN), Refusal)


@pytest.mark.parametrize("address", DENIED_LITERALS)
async def test_no_connection_goes_to_a_denied_address(address: str, listener: Listener) -> None:
    """Once written in the URL, once as the answer of a resolver."""
    literal = f"[{address}]" if ":" in address else address
    egress = Egress(Rules(ports=frozenset({443, listener.port})), Resolver([[address]]))
    for url in (f"https://{literal}:{listener.port}/", f"https://{NAME}:{listener.port}/"):
        assert reason(await get(egress, url)) == "ADDRESS_BLOCKED"
    assert listener.connects == 0
    await egress.close()


@pytest.mark.parametrize(
    ("url", "host", "port", "rest"),
    [
        ("https://hooks.example.org", NAME, 443, "/"),
        ("https://HOOKS.example.org./a?b=c", NAME, 443, "/a?b=c"),
        ("https://hooks.example.org:8443?x", NAME, 8443, "/?x"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://1.1.1.1/", "1.1.1.1", 443, "/"),
        ("https://[2606:4700:4700::1111]/", "2606:4700:4700::1111", 443, "/"),
    ],
)
def test_a_url_that_passes(url: str, host: str, port: int, rest: str) -> None:
    target = parse(url, OWN)
    assert not isinstance(target, Refusal)
    assert (target.host, target.port, target.rest) == (host, port, rest)


# Resolution -----------------------------------------------------------------------------------------------------------


async def test_every_address_of_the_answer_must_pass() -> None:
    for answer in ([PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "fe80::1%eth0"], [PUBLIC, "x"], []):
        egress = Egress(OWN, Resolver([answer]))
        assert reason(await get(egress, f"https://{NAME}/")) == "ADDRESS_BLOCKED"
        assert await egress.check_host(f"https://{NAME}/") is not None
        await egress.close()


async def test_a_name_is_resolved_once_per_attempt(certificate: Path, tls_listener: Listener) -> None:
    """A resolver that answers well first and badly then gets no second chance; nor does the other way round."""
    url = f"https://{NAME}:{tls_listener.port}/"
    rebinding = Resolver([["127.0.0.1"], ["10.0.0.1"]])
    egress = trusting(certificate, tls_listener.port, rebinding)
    assert reason(await get(egress, url)) == "200"
    assert rebinding.asked == [NAME]
    assert reason(await get(egress, url)) == "ADDRESS_BLOCKED"
    assert tls_listener.connects == 1
    await egress.close()


async def test_rebinding_catches_a_guard_that_resolves_twice(listener: Listener) -> None:
    async def twin(resolver: Resolver) -> bytes:
        first = parse_address((await resolver(NAME))[0])
        assert first is not None
        assert not is_denied(first, OWN)
        reader, writer = await asyncio.open_connection((await resolver(NAME))[0], listener.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer

    assert await twin(Resolver([[PUBLIC], ["127.0.0.1"]])) == listener.answer
    egress = Egress(Rules(ports=frozenset({listener.port})), Resolver([["127.0.0.1"], [PUBLIC]]))
    assert reason(await get(egress, f"https://{NAME}:{listener.port}/")) == "ADDRESS_BLOCKED"
    assert listener.connects == 1
    await egress.close()


async def test_another_name_of_our_own_machine_is_refused() -> None:
    async def resolver(host: str) -> Sequence[str]:
        return {NAME: [PUBLIC], "dialog.example.org": [PUBLIC], "db.example.org": ["10.0.0.9"]}[host]

    egress = Egress(OWN, resolver)
    assert reason(await get(egress, f"https://{NAME}/")) == "ADDRESS_BLOCKED"
    await egress.close()


async def test_a_host_that_cannot_be_resolved_is_refused_alike() -> None:
    async def failing(_: str) -> Sequence[str]:
        raise OSError

    egress = Egress(OWN, failing)
    outcome = await get(egress, f"https://{NAME}/")
    assert isinstance(outcome, Blocked)
    assert outcome.refusal == await egress.check_host(f"https://{NAME}/")
    await egress.close()


# Connections ----------------------------------------------------------------------------------------------------------


async def test_tls_and_host_keep_the_name(certificate: Path, tls_listener: Listener) -> None:
    egress = trusting(certificate, tls_listener.port, Resolver([["127.0.0.1"]]))
    url = f"https://{NAME}:{tls_listener.port}/hook?a=b"
    headers = {"Content-Type": "application/json", "host": "evil", "webhook-id": "1"}
    outcome = await egress.post(url, headers, b"{}", timeout=5.0, max_answer=4096)
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.body, outcome.is_cut) == (200, b"ok", False)
    sent = tls_listener.requests[0].decode().lower()
    assert sent.startswith("post /hook?a=b http/1.1\r\n")
    assert f"\r\nhost: {NAME}:{tls_listener.port}\r\n" in sent
    assert "evil" not in sent
    assert "\r\naccept-encoding: identity\r\n" in sent
    await egress.close()


async def test_a_certificate_for_another_name_is_refused(certificate: Path, tls_listener: Listener) -> None:
    egress = trusting(certificate, tls_listener.port, Resolver([["127.0.0.1"]]))
    assert reason(await get(egress, f"https://other.example.org:{tls_listener.port}/")) == "tls"
    assert reason(await get(egress, f"https://127.0.0.1:{tls_listener.port}/")) == "tls"
    await egress.close()


async def test_each_request_has_its_own_connection(certificate: Path, tls_listener: Listener) -> None:
    tls_listener.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\nConnection: keep-alive\r\n\r\n"
    egress = trusting(certificate, tls_listener.port, Resolver([["127.0.0.1"]]))
    for _ in range(3):
        assert reason(await get(egress, f"https://{NAME}:{tls_listener.port}/")) == "200"
    assert tls_listener.connects == 3
    assert all(b"cookie" not in request.lower() for request in tls_listener.requests)
    await egress.close()


async def test_a_redirect_is_an_answer_and_not_followed(listener: Listener) -> None:
    listener.answer = (
        f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{listener.port}/next\r\nContent-Length: 0\r\n\r\n".encode()
    )
    egress, url = developing(listener.port)
    outcome = await egress.post(url, {}, b"", timeout=5.0, max_answer=4096)
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.headers["location"][-5:]) == (302, "/next")
    assert listener.connects == 1
    await egress.close()


async def test_proxies_of_the_environment_are_not_used(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    egress, url = developing(listener.port)
    assert reason(await get(egress, url)) == "200"
    await egress.close()


async def test_loopback_is_for_development_only(listener: Listener) -> None:
    for host in ("127.0.0.1", "localhost"):
        egress, _ = developing(listener.port)
        assert reason(await get(egress, f"http://{host}:{listener.port}/")) == "200"
        await egress.close()
        other = Egress(Rules(), Resolver([["127.0.0.1"]]))
        assert reason(await get(other, f"http://{host}:{listener.port}/")) == "ADDRESS_BLOCKED"
        await other.close()
    assert listener.connects == 2
    for host in ("127.0.0.2", "[::1]", "a.localhost", "10.0.0.1"):
        assert isinstance(parse(f"http://{host}/", Rules(is_development=True)), Refusal)


async def test_only_so_much_of_an_answer_is_read(listener: Listener) -> None:
    listener.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    egress, url = developing(listener.port)
    outcome = await egress.get(url, timeout=5.0, max_answer=4096)
    assert isinstance(outcome, Answer)
    assert (len(outcome.body), outcome.is_cut) == (4096, True)
    await egress.close()


async def test_compressed_answers_stay_as_they_came(listener: Listener) -> None:
    listener.answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    egress, url = developing(listener.port)
    outcome = await get(egress, url)
    assert isinstance(outcome, Answer)
    assert outcome.body == b"abc"
    await egress.close()


@pytest.mark.parametrize(
    ("delay", "answer", "expected"), [(30, b"", "timeout"), (0, b"nonsense\r\n\r\n", "protocol"), (0, b"", "protocol")]
)
async def test_what_fails_is_told_in_a_word(listener: Listener, delay: float, answer: bytes, expected: str) -> None:
    listener.delay, listener.answer = delay, answer
    egress, url = developing(listener.port)
    assert reason(await egress.get(url, timeout=0.3, max_answer=10)) == expected
    await egress.close()


async def test_nobody_listens() -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    egress, url = developing(port)
    assert reason(await get(egress, url)) == "connect"
    assert await egress.fetch_jwks(url) is None
    await egress.close()


async def test_key_documents_come_whole_or_not_at_all(listener: Listener) -> None:
    egress, url = developing(listener.port)
    assert await egress.fetch_jwks(url) == b"ok"
    listener.answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok"
    assert await egress.fetch_jwks(url) is None
    listener.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n" + b"x" * 262_145
    assert await egress.fetch_jwks(url) is None
    await egress.close()


def test_the_rules_of_a_server_name_its_own_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:secret@db.example.org:5432/dg")
    found = rules_of(Settings(environment="production", public_url="https://dialog.example.org"))
    assert found.own_hosts == {"dialog.example.org", "db.example.org"}
    assert not found.is_development

"""A real receiver of webhooks: an HTTP server in a thread that keeps what it is sent."""

import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came."""

    method: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """The content, when the signature is right; raises `WebhookVerificationError`."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """What was received. `consents`: whether the OPTIONS request of the handshake is answered with consent; without,
    the receiver is one of the older kind that knows only the validation event. `statuses`: answers to the next
    deliveries, 200 when used up."""

    def __init__(self, *, consents: bool = True) -> None:
        self.consents = consents
        self.statuses: list[int] = []
        self.url = ""
        self._deliveries: queue.Queue[Delivery] = queue.Queue()

    def take(self, delivery: Delivery) -> tuple[int, dict[str, str]]:
        """Keeps a request and gives the answer: status and headers."""
        if delivery.method == "OPTIONS":
            origin = delivery.headers.get("webhook-request-origin", "")
            self._deliveries.put(delivery)
            return (200, {"WebHook-Allowed-Origin": origin}) if self.consents else (405, {})
        status = self.statuses.pop(0) if self.statuses else 200
        self._deliveries.put(delivery)
        return status, {}

    def next(self) -> Delivery:
        """The next request; blocks, so from async code it is called in a thread."""
        return self._deliveries.get(timeout=PATIENCE)

    @property
    def is_quiet(self) -> bool:
        """True when everything that came has been taken out."""
        return self._deliveries.empty()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra = receiver.take(Delivery(self.command, headers, body))
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_OPTIONS = _answer  # noqa: N815 -- names of the standard library
        do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def receiving(*, consents: bool = True) -> Generator[Receiver]:
    """A receiver on a free port of 127.0.0.1."""
    receiver = Receiver(consents=consents)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

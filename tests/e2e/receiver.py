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
    """What was received. `statuses`: answers to the next deliveries, 200 when used up."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.url = ""
        self._deliveries: queue.Queue[Delivery] = queue.Queue()

    def take(self, delivery: Delivery) -> int:
        """Keeps a request and gives the status of the answer."""
        status = self.statuses.pop(0) if self.statuses else 200
        self._deliveries.put(delivery)
        return status

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
            self.send_response(receiver.take(Delivery(self.command, headers, body)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_OPTIONS = _answer  # noqa: N815 -- names of the standard library
        do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def receiving() -> Generator[Receiver]:
    """A receiver on a free port of 127.0.0.1."""
    receiver = Receiver()
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

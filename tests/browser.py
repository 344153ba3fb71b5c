"""A real browser, and a port for it that leads to an application in this process."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, TCPServer
from typing import TYPE_CHECKING, Any

import pytest

from common.testing.backend import InProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "chromium-headless-shell",  # takes half of the time, but has once let a run hang
)
PATIENCE = 30_000  # milliseconds until what is expected has come: machines may be busy


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A browser without a window.

    Not one for the whole session: as long as Playwright is there, ``asyncio.run`` refuses to work
    in this thread, and other modules may need it.
    """
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.fail("These tests need Chromium. On Debian: sudo apt install chromium")
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415  # takes a second

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Port(TCPServer):
    """A port on loopback. The application serves its connections, until we cut the cable."""

    request_queue_size = 64

    def __init__(self, backend: InProcess) -> None:
        super().__init__(("127.0.0.1", 0), BaseRequestHandler)  # the handler is never used
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._backend = backend
        self._taken: list[socket.socket] = []
        self._is_cut = False

    def process_request(self, request: Any, _client_address: Any) -> None:
        """Hand a connection to the application, or end it."""
        self._taken.append(request)
        if self._is_cut:
            self.shutdown_request(request)
        else:
            self._backend.serve(request)

    def cut(self) -> None:
        """End all connections that there are and that come, until `mend`."""
        self._is_cut = True
        for connection in [*self._taken]:
            with suppress(OSError):  # it has ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Serve again what comes."""
        self._is_cut = False


@contextmanager
def served(backend: InProcess) -> Iterator[Port]:
    """Serve an application as long as the block lasts."""
    with Port(backend) as port:
        thread = threading.Thread(target=port.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield port
        finally:
            port.shutdown()
            thread.join()


# A script that lists the texts whose contrast to what is behind them is below 4.5, the least that
# WCAG 2.2 (1.4.3) takes.
WEAK_TEXT = """() => {
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (...layers) => {
    pixel.reset();
    for (const layer of layers) { pixel.fillStyle = layer; pixel.fillRect(0, 0, 1, 1); }
    return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((it) => it / 255)
      .map((it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const weak = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), element = texts.currentNode.parentElement;
    if (!text || element.closest("svg") || !element.checkVisibility()) continue;
    const grounds = ["white"];
    for (let it = element; it; it = it.parentElement) {
      grounds.splice(1, 0, getComputedStyle(it).backgroundColor);
    }
    const back = light(rgb(...grounds));
    const ink = light(rgb(...grounds, getComputedStyle(element).color));
    const contrast = (Math.max(back, ink) + 0.05) / (Math.min(back, ink) + 0.05);
    if (contrast < 4.5) weak.add(`${contrast.toFixed(2)} ${element.tagName} ${text.slice(0, 60)}`);
  }
  return [...weak];
}"""

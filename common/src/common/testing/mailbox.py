"""The fixture ``mailbox``: a real SMTP server that keeps what it gets, or refuses it if told."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from typing import Any

import pytest

from common.testing.backend import Backend
from common.testing.stand_in import StandIn


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that has arrived."""

    to: str
    """The address that the server was told, which is not always that of the header."""
    subject: str
    text: str
    headers: dict[str, str]


class Mailbox(StandIn):
    """What the application's mails come to: ``mailbox.messages``, the first one first."""

    def __init__(self, listener: socket) -> None:
        super().__init__(listener)
        listener.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # or each answer of two lines waits 40 ms
        self.messages: list[Mail] = []
        self.attempts = 0
        """How often somebody has tried to send, what was refused included."""
        self._refusal: str | None = None
        self._refused: frozenset[str] = frozenset()
        self._listener = listener
        self._ended = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=[self._serve()], daemon=True)
        self._thread.start()
        self._ready.wait()

    def refuse(self, *to: str, permanently: bool = False) -> None:
        """Refuse all mail from now on, or that to some addresses: for now (451) or for good."""
        self._refused = frozenset(to)
        self._refusal = "550 No such mailbox" if permanently else "451 Try again later"

    def accept(self) -> None:
        """Take mail again."""
        self._refusal = None

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name and arguments
        self, _server: Any, _session: Any, envelope: Any, to: str, _options: list[str]
    ) -> str:
        """Answer to the recipient of a mail."""
        self.attempts += 1
        if self._refusal and (not self._refused or to in self._refused):
            return self._refusal
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # as above
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """Keep a mail."""
        await asyncio.to_thread(self._gate.wait)
        parsed = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        headers = {name: str(value) for name, value in parsed.items()}
        text = parsed.get_content().replace("\r\n", "\n")
        for to in envelope.rcpt_tos:
            self.messages.append(Mail(to, headers.get("Subject", ""), text, headers))
        return "250 OK"

    async def _serve(self) -> None:
        from aiosmtpd.smtp import SMTP  # noqa: PLC0415  # only projects with mail have it

        self._loop = asyncio.get_running_loop()

        def connection() -> Any:
            return SMTP(self, hostname="mailbox", enable_SMTPUTF8=True, loop=self._loop)

        server = await self._loop.create_server(connection, sock=self._listener)
        self._ready.set()
        await self._ended.wait()
        server.close()  # and asyncio.run cancels what is still being said

    def end(self) -> None:
        """Stop serving."""
        self._gate.set()
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()


@pytest.fixture
def mailbox(backend: Backend, provide: Callable[[str, str], None]) -> Iterator[Mailbox]:
    """An SMTP server: ``@pytest.mark.settings(SMTP_URL="smtp://{mailbox}")`` leads there."""
    box = Mailbox(backend.listener())
    provide("mailbox", box.address)
    yield box
    box.end()

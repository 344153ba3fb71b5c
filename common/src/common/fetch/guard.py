"""The connection goes to the address that was checked.

A name may lead to another address a second after it was checked (DNS rebinding). So ``Guard``
resolves a name once, has every address of it checked, and connects to one of these. ``adapter``
makes requests open its connections in this way and no other. TLS goes on top, and still checks the
certificate for the name.

Which addresses may be asked, the caller says. ``check_public`` is a plain answer to that question.
"""

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Container, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from common.fetch.errors import FetchError, Refused, TimedOut, Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
CheckAddress = Callable[[Address], object]
Resolve = Callable[[str, float], Iterable[str]]

# IPv6 networks in which an IPv4 address is wrapped; a router or the system may unpack it.
WRAPPINGS = (
    ipaddress.ip_network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291
    ipaddress.ip_network("64:ff9b::/96"),  # NAT64, RFC 6052
    ipaddress.ip_network("2001::/32"),  # Teredo, RFC 4380
    ipaddress.ip_network("2002::/16"),  # 6to4, RFC 3056
)


def check_public(address: Address) -> None:
    """Refuse an address that is not one of the public internet.

    Raises:
        Refused: the address is private, loopback, multicast or the like, or wraps an IPv4 address.
    """
    is_wrapped = any(address in network for network in WRAPPINGS)
    if is_wrapped or address.is_multicast or not address.is_global:
        raise Refused(f"leads to {address}, outside of the public internet")


def system_addresses(name: str, seconds: float) -> list[str]:
    """Return the addresses of a host as the operating system resolves it.

    Raises Unreachable, or TimedOut after so many seconds, which ``getaddrinfo`` does not keep.
    """
    answers: queue.Queue[list[Any] | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimedOut(f"the name {name} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise Unreachable(f"the name {name} cannot be resolved") from answer
    return [str(found[4][0]) for found in answer]


def addresses_from(server: str) -> Resolve:
    """Return a resolver like ``system_addresses`` that asks the DNS server at ``address:port``.

    It needs dnspython.
    """
    import dns.exception  # noqa: PLC0415  # only those who name a server have it
    import dns.resolver  # noqa: PLC0415  # as above

    address, _, port = server.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [address.strip("[]")]
    resolver.port = int(port)

    def resolve(name: str, seconds: float) -> list[str]:
        try:
            return list(resolver.resolve_name(name, lifetime=seconds).addresses())
        except dns.exception.Timeout:
            raise TimedOut(f"the name {name} was not resolved in time") from None
        except dns.exception.DNSException:
            raise Unreachable(f"the name {name} cannot be resolved") from None

    return resolve


class Deadline:
    """When all must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left; raises TimedOut if none are."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimedOut("it took too long to answer")
        return seconds

    def cut(self, connection: socket.socket, stack: ExitStack) -> None:
        """Shut a connection down when the time is over, unless ``stack`` is closed before.

        A timeout of the socket would not do: it begins anew with each byte that comes.
        """
        twin = connection.dup()  # TLS takes the connection away from its first socket

        def shut() -> None:
            with suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.left(), shut)
        timer.daemon = True
        stack.callback(twin.close)
        stack.callback(timer.cancel)
        timer.start()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Opens the connections of a request: the one place where an address comes from a name."""

    resolve: Resolve
    check_address: CheckAddress | None
    allow_hosts: Container[str]
    """``host:port`` whose addresses are not checked."""
    connect_timeout: float
    deadline: Deadline
    stack: ExitStack
    """Ends with the request."""

    def open(self, host: str, port: int) -> socket.socket:
        """Resolve a host once, check all its addresses, and connect to the first that answers."""
        until = Deadline(min(self.connect_timeout, self.deadline.left()))
        addresses = self._addresses(host, until)
        if self.check_address is not None and host_and_port(host, port) not in self.allow_hosts:
            for address in addresses:
                self.check_address(address)

        reason: FetchError = Unreachable(f"the name {host} has no address")
        for address in addresses:
            try:
                connection = socket.create_connection((str(address), port), until.left())
            except TimeoutError:
                reason = TimedOut(f"{host} did not accept a connection in time")
            except OSError:
                reason = Unreachable(f"{host} accepts no connection at port {port}")
            else:
                self.deadline.cut(connection, self.stack)
                return connection
        raise reason

    def _addresses(self, host: str, until: Deadline) -> list[Address]:
        """Return the addresses of a host, each once."""
        with suppress(ValueError):
            return [ipaddress.ip_address(host)]
        found = dict.fromkeys(self.resolve(host, until.left()))
        return [ipaddress.ip_address(text) for text in found]


def host_and_port(host: str, port: int) -> str:
    """Return ``host:port``, with brackets around an IPv6 address."""
    if ":" in host:
        return f"[{host}]:{port}"
    return f"{host}:{port}"


def adapter(guard: Guard) -> HTTPAdapter:
    """Return an adapter for requests whose connections ``guard`` opens."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return guard.open(self.host, self.port or 80)

    class Secure(HTTPSConnection):  # TLS goes on top, for the name of the URL
        def _new_conn(self) -> socket.socket:
            return guard.open(self.host, self.port or 443)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = HTTPAdapter()
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter

"""Requests to other services, with an end to their time, their size and their redirects.

``fetch.get(url)`` returns a ``Fetched`` for every status. Where no answer came, it raises a
``FetchError`` whose text is a reason that may be shown. ``fetch.stream`` gives the answer before
its body is read.

``Rules`` bound a request. Where users choose the URL, they also guard it against server-side
request forgery: ``check_url`` sees each URL, those of redirects too, before anything is done, and
``check_address`` sees every address of its host. A name is resolved once for each URL, and the
connection is made to an address that was checked, so a name that changes its address in between
(DNS rebinding) gains nothing. Proxies of the environment are not used, for they would resolve the
name themselves.
"""

import ipaddress
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import Field, field_validator
from requests import exceptions as failures
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from common.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CHUNK = 64 * 1024
DEFAULT_PORTS = {"http": 80, "https": 443}
DEFAULT_HEADERS = {"User-Agent": "flask-45", "Accept-Encoding": "gzip, deflate"}
OF_ONE_HOST = ("Authorization", "Cookie")  # a redirect to another host does not take them along


class FetchError(Exception):
    """There is no answer; the text is a reason that may be shown to a user."""


class Refused(FetchError):
    """The URL, or one that it redirects to, must not be asked."""


class Unreachable(FetchError):
    """The host does not exist, does not answer, or answers something else than HTTP."""


class TimedOut(FetchError):
    """The answer did not come in time."""


class TooLarge(FetchError):
    """The body is larger than it may be."""


class TooManyRedirects(FetchError):
    """It is redirected again and again."""


class FetchSettings(Settings):
    """What the environment says about requests whose addresses are checked."""

    allow_hosts: str = Field(
        "", description="host:port, with commas, that may be asked whatever its address is."
    )

    dns_server: str = Field(
        "",
        pattern=r"^([0-9.]+:[0-9]{1,5}|\[[0-9A-Fa-f:]+\]:[0-9]{1,5})?$",
        description="address:port of the DNS server to ask; default: the system's resolver.",
    )
    connect_timeout: float = Field(
        3, gt=0, le=60, description="Seconds for the name and the connection, at each redirect."
    )
    total_timeout: float = Field(
        8, gt=0, le=300, description="Seconds for redirects, TLS, headers and body together."
    )

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, value: str) -> str:
        hosts = [host.strip().lower() for host in value.split(",") if host.strip()]
        for host in hosts:
            if not re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):[0-9]{1,5}", host):
                raise ValueError(f"{host!r} is not host:port")
        return ",".join(hosts)


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


def addresses_from(server: str) -> Callable[[str, float], list[str]]:
    """Return a resolver like ``system_addresses`` that asks the DNS server at ``address:port``.

    It needs dnspython.
    """
    import dns.exception  # noqa: PLC0415  # only those who name a server have it
    import dns.resolver  # noqa: PLC0415  # as above

    address, _, port = server.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [address.strip("[]")], int(port)

    def resolve(name: str, seconds: float) -> list[str]:
        try:
            return list(resolver.resolve_name(name, lifetime=seconds).addresses())
        except dns.exception.Timeout:
            raise TimedOut(f"the name {name} was not resolved in time") from None
        except dns.exception.DNSException:
            raise Unreachable(f"the name {name} cannot be resolved") from None

    return resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How far a request may go."""

    connect_timeout: float = 3
    """Seconds for resolving the name and connecting, at each redirect."""
    total_timeout: float = 10
    """Seconds for all of it, whatever the other side does: redirects, TLS, headers, body."""
    redirects: int = 5
    """How many are followed by GET and HEAD. With 0, a redirect is the answer."""
    check_url: Callable[[str], object] | None = None
    """Raises Refused for a URL that must not be asked."""
    check_address: Callable[[Address], object] | None = None
    """Raises Refused for an address that must not be connected to."""
    allow_hosts: Container[str] = ()
    """``host:port`` that neither check concerns."""
    resolve: Callable[[str, float], Iterable[str]] = system_addresses
    """Returns the addresses of a name within so many seconds."""

    @classmethod
    def of(cls, config: Mapping[str, Any], **more: Any) -> Self:
        """Return the rules of an ``app.config`` with ``FetchSettings``, and more."""
        server = config["DNS_SERVER"]
        return cls(
            connect_timeout=config["CONNECT_TIMEOUT"],
            total_timeout=config["TOTAL_TIMEOUT"],
            allow_hosts=frozenset(config["ALLOW_HOSTS"].split(",")),
            resolve=addresses_from(server) if server else system_addresses,
            **more,
        )


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """By name, in any case."""
    body: bytes
    """As it is once it is decompressed."""
    url: str
    """Where it comes from, after redirects."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body is still to come."""

    status: int
    headers: Mapping[str, str]
    url: str
    chunks: Iterator[bytes]
    """The body, decompressed, in pieces of 64 KiB at most; raises FetchError."""


def get(url: str, **more: Any) -> Fetched:
    """Ask for a URL; see ``send``."""
    return send("GET", url, **more)


def send(method: str, url: str, *, max_bytes: int = 1024 * 1024, **more: Any) -> Fetched:
    """Send a request and return the answer, whatever its status is.

    A body of more than ``max_bytes``, decompressed, raises TooLarge. See ``stream``.
    """
    with stream(method, url, **more) as answer:
        body = bytearray()
        for chunk in answer.chunks:
            body += chunk
            if len(body) > max_bytes:
                raise TooLarge(f"the answer is larger than {max_bytes:,} bytes")
        return Fetched(answer.status, answer.headers, bytes(body), answer.url)


@contextmanager
def stream(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    rules: Rules = Rules(),
    **content: Any,
) -> Iterator[Answer]:
    """Send a request and give the answer while its body is still to come.

    Nothing is read but what the caller takes from ``chunks``. ``content`` is what requests takes:
    ``params`` for the query, ``data`` or ``json`` for the body. Raises FetchError.
    """
    deadline = _Deadline(rules.total_timeout)
    wanted = {**DEFAULT_HEADERS, **(headers or {})}
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        session.trust_env = False  # no proxies, no .netrc
        for scheme in DEFAULT_PORTS:
            session.mount(f"{scheme}://", _adapter(_Connector(rules, deadline, stack)))
        for hop in range(rules.redirects + 1):
            with _reasons(deadline):
                request = session.prepare_request(requests.Request(method, url, wanted, **content))
                content, here = {}, request.url or ""
                if rules.check_url and not is_allowed(here, rules.allow_hosts):
                    rules.check_url(here)
                response = session.send(
                    request, stream=True, timeout=deadline.left(), allow_redirects=False
                )
            stack.callback(response.close)
            deadline.left()
            target = session.get_redirect_target(response)
            if target is None or rules.redirects == 0 or method not in ("GET", "HEAD"):
                chunks = _chunks(response, deadline)
                yield Answer(response.status_code, response.headers, here, chunks)
                return
            if hop == rules.redirects:
                break
            response.close()
            with _reasons(deadline):
                url = urljoin(here, target)
                if urlsplit(url).netloc != urlsplit(here).netloc:
                    wanted = {name: wanted[name] for name in wanted if name not in OF_ONE_HOST}
        raise TooManyRedirects(f"it redirects more than {rules.redirects} times")


def is_allowed(url: str, allow_hosts: Container[str]) -> bool:
    """Tell whether a URL is at one of these: host:port, and neither user name nor password."""
    parts = urlsplit(url)
    try:
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        return False
    return "@" not in parts.netloc and _host_and_port(parts.hostname or "", port) in allow_hosts


def _host_and_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Deadline:
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


@dataclass(frozen=True, slots=True)
class _Connector:
    """Opens the connections of a request: the one place where an address comes from a name."""

    rules: Rules
    deadline: _Deadline
    stack: ExitStack

    def open(self, host: str, port: int) -> socket.socket:
        """Resolve a host once, check all its addresses, and connect to the first that answers."""
        until = _Deadline(min(self.rules.connect_timeout, self.deadline.left()))
        addresses = self._addresses(host, until)
        if self.rules.check_address and _host_and_port(host, port) not in self.rules.allow_hosts:
            for address in addresses:
                self.rules.check_address(address)
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

    def _addresses(self, host: str, until: _Deadline) -> list[Address]:
        with suppress(ValueError):
            return [ipaddress.ip_address(host)]
        found = dict.fromkeys(self.rules.resolve(host, until.left()))
        return [ipaddress.ip_address(text) for text in found]


def _adapter(connector: _Connector) -> HTTPAdapter:
    """Return an adapter for requests whose connections ``connector`` opens."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connector.open(self.host, self.port or 80)

    class Secure(HTTPSConnection):  # TLS goes on top, for the name of the URL
        def _new_conn(self) -> socket.socket:
            return connector.open(self.host, self.port or 443)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = HTTPAdapter()
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter


def _chunks(response: requests.Response, deadline: _Deadline) -> Iterator[bytes]:
    with _reasons(deadline):
        yield from response.iter_content(CHUNK)
        deadline.left()  # the end may be that of a connection which was cut


@contextmanager
def _reasons(deadline: _Deadline) -> Iterator[None]:
    """Turn what libraries raise into a FetchError; all of it is TimedOut once time is over."""
    try:
        yield
    except (OSError, ValueError, HTTPError, HTTPException) as error:  # requests' are OSErrors
        deadline.left()
        raise _reason(error) from error


def _reason(error: Exception) -> FetchError:
    if isinstance(error, (failures.Timeout, TimeoutError)):
        return TimedOut("it took too long to answer")
    if isinstance(error, failures.SSLError):
        return Unreachable("it has no valid certificate")
    if isinstance(error, failures.ContentDecodingError):
        return Unreachable("its answer cannot be decompressed")
    if isinstance(error, failures.RequestException) and not isinstance(error, ValueError):
        return Unreachable("it broke the connection off, or does not speak HTTP")
    if isinstance(error, ValueError):
        return Refused("it is no http or https URL")
    return Unreachable("it does not answer properly")

"""Requests to other services, with an end to their time, their size and their redirects.

``fetch.get(url)`` returns a ``Fetched`` for every status. Where no answer came, it raises a
``FetchError`` whose text is a reason that may be shown. ``fetch.stream`` gives the answer before
its body is read.

``Rules`` bound a request. Where users choose the URL, they also guard it against server-side
request forgery: ``check_url`` sees each URL, those of redirects too, before anything is done, and
``check_address`` sees every address of its host (``guard.py``). Proxies of the environment are not
used, for they would resolve the name themselves.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests import exceptions as failures
from requests.cookies import extract_cookies_to_jar
from urllib3.exceptions import HTTPError

from common.fetch import guard
from common.fetch.errors import (
    FetchError,
    Refused,
    TimedOut,
    TooLarge,
    TooManyRedirects,
    Unreachable,
)
from common.fetch.rules import DEFAULT_PORTS, Rules, is_allowed

CHUNK = 64 * 1024
DEFAULT_HEADERS = {"User-Agent": "flask-45", "Accept-Encoding": "gzip, deflate"}
CODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}  # that can be read, on every machine
USUAL = Rules()
OF_ONE_HOST = {"authorization", "cookie"}  # a redirect to another host does not take them along


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
    rules: Rules = USUAL,
    **content: Any,
) -> Iterator[Answer]:
    """Send a request and give the answer while its body is still to come.

    Nothing is read but what the caller takes from ``chunks``. ``content`` is what requests takes:
    ``params`` for the query, ``data`` or ``json`` for the body. Raises FetchError.
    """
    deadline = guard.Deadline(rules.total_timeout)
    follows = method in ("GET", "HEAD") and rules.redirects > 0
    request = requests.Request(method, url, {**DEFAULT_HEADERS, **(headers or {})}, **content)
    with ExitStack() as stack:
        session = stack.enter_context(_session(rules, deadline, stack))
        response = _send(session, request, rules, deadline)
        stack.callback(response.close)
        redirects = 0
        while follows and response.is_redirect:
            if redirects == rules.redirects:
                raise TooManyRedirects(f"it redirects more than {rules.redirects} times")
            redirects += 1
            request = _redirected(session, request, response)
            response.close()
            response = _send(session, request, rules, deadline)
            stack.callback(response.close)
        chunks = _chunks(response, deadline)
        yield Answer(response.status_code, response.headers, response.url, chunks)


def _session(rules: Rules, deadline: guard.Deadline, stack: ExitStack) -> requests.Session:
    """Return a session whose connections are guarded."""
    opener = guard.Guard(
        resolve=rules.resolve,
        check_address=rules.check_address,
        allow_hosts=rules.allow_hosts,
        connect_timeout=rules.connect_timeout,
        deadline=deadline,
        stack=stack,
    )
    session = requests.Session()
    session.trust_env = False  # no proxies, no .netrc
    for scheme in DEFAULT_PORTS:
        session.mount(f"{scheme}://", guard.adapter(opener))
    return session


def _send(
    session: requests.Session, request: requests.Request, rules: Rules, deadline: guard.Deadline
) -> requests.Response:
    """Check the URL, send the request, and return the answer without its body."""
    with _reasons(deadline):
        prepared = session.prepare_request(request)
        url = prepared.url or ""
        if rules.check_url is not None and not is_allowed(url, rules.allow_hosts):
            rules.check_url(url)
        # Not session.send: of a redirect, that reads the body, which may have no end.
        adapter = session.get_adapter(url)
        response = adapter.send(prepared, stream=True, timeout=deadline.left(), verify=True)
    extract_cookies_to_jar(session.cookies, prepared, response.raw)  # type: ignore[no-untyped-call]
    deadline.left()
    return response


def _redirected(
    session: requests.Session, request: requests.Request, response: requests.Response
) -> requests.Request:
    """Return the request that a redirect asks for: what is sent along stays behind.

    Raises:
        Unreachable: ``Location`` is no URL. That is not the mistake of who has asked.
    """
    try:
        url = urljoin(response.url, session.get_redirect_target(response) or "")
        session.prepare_request(requests.Request("GET", url))
    except ValueError as error:
        raise Unreachable("it redirects to something that is no URL") from error
    headers = {}
    for name, value in request.headers.items():
        if name.lower() not in OF_ONE_HOST or _origin(url) == _origin(response.url):
            headers[name] = value
    return requests.Request(request.method, url, headers)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _chunks(response: requests.Response, deadline: guard.Deadline) -> Iterator[bytes]:
    """Give the body, decompressed, piece by piece."""
    # What nobody has asked for, such as br, would come as it is: bytes that mean nothing.
    codings = response.headers.get("Content-Encoding", "").lower().split(",")
    for coding in codings:
        if coding.strip() not in CODINGS:
            raise Unreachable("its answer is compressed in a way that was not asked for")
    with _reasons(deadline):
        yield from response.iter_content(CHUNK)
        deadline.left()  # the end may be that of a connection which was cut


@contextmanager
def _reasons(deadline: guard.Deadline) -> Iterator[None]:
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

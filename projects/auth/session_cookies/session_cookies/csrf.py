"""Cross-site request forgery: how a request shows that our own page has sent it.

The browser sends the cookie with every request to us, whichever page has caused it. So the cookie
alone proves who the user is, and not that the user wants this. Two things prove that: the header
``Origin``, which no page can set, and a token in a header, which another site's page cannot read.
"""

import hmac
from dataclasses import dataclass

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class Request:
    """What the check looks at; None is what the request does not have."""

    own_origin: str
    """Where this application is reached: ``https://app.example``, ``http://127.0.0.1:5000``."""
    origin: str | None = None
    token: str | None = None
    session_id: str | None = None
    """The id in the cookie, be it somebody's or (before the login) nobody's."""


def token_for(session_id: str, key: bytes) -> str:
    """Return the CSRF token of a session id: an HMAC, 64 hexadecimal digits.

    It needs no storage, is worth nothing with another id, and changes with the id by itself.
    """
    return hmac.digest(key, b"csrf:" + session_id.encode(), "sha256").hex()


def objection(request: Request, key: bytes) -> str | None:
    """Return why a request must be refused, in words for a developer, or None if it may pass.

    The caller asks only about requests that may change something (not `SAFE_METHODS`). They need

    - an ``origin`` that is ``own_origin`` and nothing else: neither missing nor ``null``, nor
      another scheme, host or port, nor a longer text that begins alike,
    - a ``session_id``, since a token belongs to one,
    - and as ``token`` the `token_for` that id and ``key``. It is compared in constant time
      (``hmac.compare_digest``, as bytes: a header may have any characters).
    """
    if request.origin != request.own_origin:
        return f"The Origin of this request must be {request.own_origin}, and is {request.origin}."
    if request.session_id is None or request.token is None:
        return f"Send the token of GET /csrf in the header {HEADER}, and the cookie that it gave."
    expected = token_for(request.session_id, key)
    if not hmac.compare_digest(request.token.encode(), expected.encode()):
        return "This CSRF token is not that of the session cookie. GET /csrf tells the right one."
    return None

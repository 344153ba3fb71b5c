"""A visitor without an account: a signed cookie that says which browser this is.

A view that writes calls ``devices.remember()`` and stores the id that it returns; one that reads
calls ``devices.current()``. The cookie is given with the first write, never by a GET: who only
looks leaves no trace. It is no login: another browser, or a cookie that was deleted or changed by
one byte, is another visitor.
"""

from hashlib import sha384

from flask import Response, after_this_request, current_app, g, request
from itsdangerous import BadSignature, Signer

from common import tokens
from common.database import SAFE_METHODS

YEAR = 365 * 86400  # seconds


def current() -> str | None:
    """Return the id of the visitor, or None for a new one."""
    given = request.cookies.get(_cookie(), "")
    try:
        return _signer().unsign(given).decode()
    except BadSignature:
        return None


def remember() -> str:
    """Return the id of the visitor, 32 characters, and let the cookie last a year from now."""
    if request.method in SAFE_METHODS:
        raise RuntimeError(f"A {request.method} gives no cookie: call devices.current() there.")
    if "device" not in g:  # else it has been called before, in this request
        g.device = current() or tokens.new()
        after_this_request(_give)
    device: str = g.device
    return device


def _give(response: Response) -> Response:
    response.set_cookie(
        _cookie(),
        _signer().sign(g.device).decode(),
        max_age=YEAR,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _cookie() -> str:
    return f"{current_app.name}_device"  # cookies know no ports: projects on localhost share them


def _signer() -> Signer:
    # In base64 SHA-384 has no spare bits, so that no byte can be changed and mean the same.
    key = current_app.config["SECRET_KEY"]
    return Signer(key, salt="common.devices", digest_method=sha384)

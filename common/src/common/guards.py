"""Who may: a guard asks who calls before what was sent is looked at, and the document says so.

A guard stands above ``@endpoint``. Who is not known gets a 401, even with a body that would be a
422; whether this very row is theirs (403, 404) the view says when it has the row.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from hmac import compare_digest
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from pydantic import Field

from common import tokens
from common.errors import Problem
from common.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])
BEARER = {"type": "http", "scheme": "bearer"}  # in OpenAPI
INVALID = 'Bearer error="invalid_token"'  # RFC 6750


class OperatorSettings(Settings):
    """The settings of a project with routes for whoever runs it."""

    admin_token: str | None = Field(
        None,
        pattern="^[!-~]{16,}$",
        description="Opens the operator's routes, sent as a Bearer token; default: they are shut.",
    )


def guard(scheme: str, ask: Callable[[], None], *errors: int) -> Callable[[View], View]:
    """Return a decorator of views that calls ``ask`` first, which raises the 401 (or 403).

    ``scheme`` is the name of what is asked for in the OpenAPI document (see ``describe``), or empty
    where some may pass without anything: then the document asks for nothing, but has the 401;
    ``errors`` are statuses besides 401 that ``ask`` raises.
    """

    def decorate(view: Any) -> Any:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            ask()
            return view(*args, **kwargs)

        described: Any = guarded
        if hasattr(view, "operation"):  # a WebSocket has none
            statuses = (*view.operation.errors, 401, *errors)
            described.operation = replace(view.operation, security=scheme, errors=statuses)
        return described

    return decorate


def describe(app: Flask, scheme: str, members: Mapping[str, str]) -> None:
    """Say in the document what ``scheme`` is: a Bearer token, where ``members`` have no type."""
    schemes = app.extensions.setdefault("common_security", {}).setdefault("securitySchemes", {})
    is_bearer = "type" not in members
    schemes[scheme] = {**BEARER, **members} if is_bearer else dict(members)


def unknown(detail: str, challenge: str = "Bearer") -> Problem:
    """Return the 401: we do not know who asks."""
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})


def bearer_token() -> str:
    """Return the token of the header Authorization, or raise the 401."""
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise unknown("Send the header 'Authorization: Bearer TOKEN'.")
    return given.token


def owner(scheme: str, find: Callable[[str], Any]) -> Callable[[View], View]:
    """Return a guard for those who got a token when they made something.

    ``find`` returns what belongs to a token's hash (``tokens.hash_of``), or None: then it is a 401.
    The view has it as ``g.owned``, and refuses who owns another thing than the one in the path.
    """

    def ask() -> None:
        g.owned = find(tokens.hash_of(bearer_token()))
        if g.owned is None:
            raise unknown("This token is not known here.", INVALID)

    return guard(scheme, ask)


def _ask_operator() -> None:
    token = current_app.config["ADMIN_TOKEN"]
    if token is None:
        raise Problem(403, "This is shut: the server was started without an ADMIN_TOKEN.")
    if not compare_digest(bearer_token().encode(), token.encode()):
        raise unknown("This is not the operator's token.", INVALID)


#: Lets whoever runs the application pass, by ``ADMIN_TOKEN`` (see ``OperatorSettings``).
operator_required = guard("operator", _ask_operator, 403)

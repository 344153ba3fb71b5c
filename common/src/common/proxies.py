"""Which headers of a reverse proxy are believed: those that the settings name, and no others."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")  # nothing that leads to another host


def init_app(app: Flask) -> None:
    """Let ``PROXY_HOPS`` proxies say client, scheme, host and port, and ``PROXY_PREFIX`` a path."""
    hops = app.config["PROXY_HOPS"]
    if hops == 0:
        return
    prefix_hops = hops if app.config["PROXY_PREFIX"] else 0
    fixed = ProxyFix(
        app.wsgi_app,
        x_for=hops,
        x_proto=hops,
        x_host=hops,
        x_port=hops,
        x_prefix=prefix_hops,
    )
    app.wsgi_app = _without_wrong_prefix(fixed)  # type: ignore[method-assign, assignment]  # as Flask says


def _without_wrong_prefix(wsgi: Wsgi) -> Wsgi:
    """Return ``wsgi`` as it is called without an X-Forwarded-Prefix that is no path."""

    def checked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for prefix in environ.get("HTTP_X_FORWARDED_PREFIX", "").split(","):
            if not PREFIX.fullmatch(prefix.strip()):
                environ.pop("HTTP_X_FORWARDED_PREFIX", None)
                break
        return wsgi(environ, start_response)

    return checked

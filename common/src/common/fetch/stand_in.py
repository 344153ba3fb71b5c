"""A stand-in for somebody else's server, so that a project can be tried without the internet.

``stand_in.init_app(app, site)`` adds ``flask upstream``, which serves ``site``, a WSGI application,
on loopback. ``flask run`` serves it, too. Tests have a server of their own: the fixture
``upstream``.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import click
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from common import beside

Site = Callable[..., Iterable[bytes]]


def init_app(app: Flask, site: Site, port: int = 5080) -> None:
    """Add ``flask upstream``, which serves ``site``; after ``common.init_app``.

    ``flask run`` serves it in a thread beside the application, and adds it to ALLOW_HOSTS (of
    ``fetch.FetchSettings``): it is on loopback, which nobody else may fetch.
    """
    app.cli.add_command(_command(site, port))
    if beside.in_flask_run():
        try:
            server = _server(site, port)
        except OSError:
            app.logger.warning("There is no stand-in: somebody else is at port %d.", port)
            return
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app.config["ALLOW_HOSTS"] = f"{app.config['ALLOW_HOSTS']},127.0.0.1:{port}".strip(",")


def _command(site: Site, default: int) -> click.Command:
    @click.command("upstream")
    @click.option("--port", type=click.IntRange(1, 65_535), default=default, show_default=True)
    def upstream(port: int) -> None:
        """Serve the local stand-in for what this project asks, until Ctrl-C."""
        try:
            server = _server(site, port)
        except OSError as error:
            raise click.ClickException(f"Port {port} is taken.") from error
        click.echo(f"Serving http://127.0.0.1:{port}. Ctrl-C ends it.")
        server.serve_forever()

    return upstream


def _server(site: Any, port: int) -> BaseWSGIServer:
    fd = socket.create_server(("127.0.0.1", port)).detach()
    return make_server("127.0.0.1", port, site, threaded=True, request_handler=_Quiet, fd=fd)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the terminal is the application's."""

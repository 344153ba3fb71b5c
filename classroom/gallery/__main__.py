"""Serve the gallery: ``python -m classroom.gallery [--host HOST] [--port PORT]``."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from werkzeug.serving import make_server

from classroom.ideas import ROOT, IdeaError

from .site import create_gallery

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m classroom.gallery",
        description="Serve one page with all projects: search them, read them, try them out. "
        "Each app starts when it is first visited and keeps its data in its instance/ folder.",
        epilog="Ctrl-C ends it. Exit code: 0 ended by you, 1 it could not start, 2 wrong usage.",
    )
    parser.add_argument(
        "--port", type=port, default=5000, help="default: %(default)s; 0 takes a free one"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    try:
        gallery = create_gallery(root)
        server = make_server(options.host, options.port, gallery, threaded=True)
    except (IdeaError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # errors, but not every request
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    host = f"[{options.host}]" if ":" in options.host else options.host
    print(f"The gallery is at http://{host}:{server.port}/ and Ctrl-C ends it.", flush=True)
    if options.host not in LOOPBACK:
        print("Others can reach it there; the apps are set up for development.", file=sys.stderr)
    try:
        server.serve_forever()
    finally:
        server.server_close()
        gallery.close()
        print("The gallery is closed.")
    return 0


def port(text: str) -> int:
    """Return the port; argparse says what is wrong with the text."""
    number = int(text)
    if number not in range(65536):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


if __name__ == "__main__":
    sys.exit(main())

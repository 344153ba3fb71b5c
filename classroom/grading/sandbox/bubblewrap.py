"""The command line that makes a box: what is seen in it, and as whom."""

import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import common
from classroom.ideas import ROOT

from . import seccomp

BOX = ROOT / "classroom/grading/box"
TESTS = ROOT / "classroom/tests"
"""Which have solutions with them."""
ETC = ("alternatives", "hosts", "ld.so.cache", "localtime", "nsswitch.conf", "ssl/certs")
FIRST_UID, UIDS = 1_900_000_000, 2**24  # systemd's table of uids has nobody there
FEWEST_UIDS = 1000
TESTS_DISK = 2**28  # bytes
INSIDE = "/grader"
"""Where the folder ``box`` is in the box."""


def command(
    program: Iterable[str], staged: Path, disk: int, hidden: Iterable[Path], rules: int
) -> list[str]:
    """Return the command that runs ``program`` in a box.

    ``disk`` is in bytes; ``hidden`` are folders to cover where they are inside of what is seen;
    ``rules`` is a descriptor with a filter of system calls. Raises OSError where a program or a
    user is not to be had.
    """
    own = ["--perms", "0755", "--dir", INSIDE, "--ro-bind", str(BOX), f"{INSIDE}/box"]
    own += ["--ro-bind", str(staged), "/submission"]
    return _command(program, disk, [*_files(hidden), *own], rules)


def command_for_tests(program: Iterable[str], shown: Iterable[Path], rules: int) -> list[str]:
    """Return the command that runs the grader's own pytest: it sees ``shown``, and may do nothing.

    What it reads was made by strangers, and a library that reads it may have a hole.
    """
    return _command(program, TESTS_DISK, [*_files([TESTS], shown)], rules)


def _command(program: Iterable[str], disk: int, files: list[str], rules: int) -> list[str]:
    bwrap = [_path_of("bwrap"), "--die-with-parent", "--new-session", "--hostname", "box"]
    bwrap += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    bwrap += ["--unshare-cgroup-try"]
    if seccomp.program():
        bwrap += ["--seccomp", str(rules)]
    bwrap += ["--perms", "1777", "--size", str(disk), "--tmpfs", "/tmp"]  # noqa: S108  # its own
    bwrap += files  # after it: the environment may be somewhere in /tmp
    bwrap += ["--proc", "/proc", "--dev", "/dev"]
    bwrap += ["--perms", "1777", "--size", str(disk // 16), "--tmpfs", "/dev/shm"]  # noqa: S108
    bwrap += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108
    if os.getuid() != 0:
        return [*bwrap, "--unshare-user", "--", *program]
    # A limit on processes does not bind root, and root in a namespace of users still is root.
    uid = _unused_uid()
    drop = [_path_of("setpriv"), f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    drop += ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    return [*bwrap, "--", *drop, "--", *program]


def _path_of(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise FileNotFoundError(f"{program} is not installed")
    return found


def _files(hidden: Iterable[Path], shown: Iterable[Path] = ()) -> Iterator[str]:
    """Show the system, the interpreter, the shared library and ``shown``, and nothing hidden."""
    seen = {Path("/usr"), Path(common.__file__).parent, *shown}
    for prefix in map(Path, (sys.prefix, sys.base_prefix)):
        seen |= {prefix, prefix.resolve()}
    seen |= {path for name in ETC if (path := Path("/etc", name)).exists()}
    covers = {
        folder.resolve() for folder in hidden if any(map(folder.resolve().is_relative_to, seen))
    }
    for name in ("bin", "lib", "lib32", "lib64", "libx32", "sbin"):
        top = Path("/", name)
        if top.is_symlink():
            yield from ("--symlink", os.readlink(top), str(top))  # noqa: PTH115
        elif top.is_dir():
            yield from ("--ro-bind", str(top), str(top))
    parents = {parent for path in seen for parent in path.parents if parent != Path("/")}
    for path in sorted(seen | covers | parents):  # whatever lies in another folder comes after it
        if path in parents - seen:
            yield from ("--perms", "0755", "--dir", str(path))
        if path in covers:
            yield from ("--tmpfs", str(path))
        if path in seen:
            yield from ("--ro-bind", str(path), str(path))
    for path in covers:
        yield from ("--remount-ro", str(path))


def _unused_uid() -> int:
    """Return a user id that nobody has: by chance, for boxes do not know of each other."""
    lines = Path("/proc/self/uid_map").read_text("ascii").splitlines()
    ranges = [(int(start), int(size)) for start, _, size in map(str.split, lines)]
    if any(start <= FIRST_UID and start + size >= FIRST_UID + UIDS for start, size in ranges):
        return FIRST_UID + secrets.randbelow(UIDS)
    start, size = max(ranges, key=lambda one: one[1])
    if size < FEWEST_UIDS:
        raise OSError("root has no other user ids here to run a submission as")
    return start + size // 2 + secrets.randbelow(size // 2)

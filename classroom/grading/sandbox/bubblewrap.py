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

Paths = Iterable[Path]

BOX = ROOT / "classroom/grading/box"
TESTS = ROOT / "classroom/tests"
"""Which have solutions with them."""
ETC = ("alternatives", "hosts", "ld.so.cache", "localtime", "nsswitch.conf", "ssl/certs")
TOP = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
ALONE = (
    "--die-with-parent",
    "--new-session",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
)
OURS = range(1_900_000_000, 1_900_000_000 + 2**24)  # systemd's table of uids has nobody there
FEWEST_UIDS = 1000
TESTS_DISK = 2**28  # bytes
INSIDE = "/grader"
"""Where the folder ``box`` is in the box."""


def command(
    program: Iterable[str], staged: Path, disk: int, hidden: Paths, rules: int
) -> list[str]:
    """Return the command that runs ``program`` in a box.

    ``disk`` is in bytes; ``hidden`` are folders to cover where they are inside of what is seen;
    ``rules`` is a descriptor with a filter of system calls. Raises OSError where a program or a
    user is not to be had.
    """
    files = list(_files(hidden))
    files += ["--perms", "0755", "--dir", INSIDE]
    files += ["--ro-bind", str(BOX), f"{INSIDE}/box"]
    files += ["--ro-bind", str(staged), "/submission"]
    return _command(program, disk, files, rules)


def command_for_tests(program: Iterable[str], shown: Paths, rules: int) -> list[str]:
    """Return the command that runs the grader's own pytest: it sees ``shown``, and may do nothing.

    What it reads was made by strangers, and a library that reads it may have a hole.
    """
    files = list(_files([TESTS], shown))
    return _command(program, TESTS_DISK, files, rules)


def _command(program: Iterable[str], disk: int, files: list[str], rules: int) -> list[str]:
    bwrap = [_path_of("bwrap"), *ALONE, "--hostname", "box"]
    if seccomp.program():
        bwrap += ["--seccomp", str(rules)]
    bwrap += ["--perms", "1777", "--size", str(disk)]
    bwrap += ["--tmpfs", "/tmp"]  # noqa: S108  # its own
    bwrap += files  # after it: the environment may be somewhere in /tmp
    bwrap += ["--proc", "/proc"]
    bwrap += ["--dev", "/dev"]
    bwrap += ["--perms", "1777", "--size", str(disk // 16)]
    bwrap += ["--tmpfs", "/dev/shm"]  # noqa: S108  # its own, too
    bwrap += ["--remount-ro", "/dev"]
    bwrap += ["--remount-ro", "/"]
    bwrap += ["--chdir", "/tmp"]  # noqa: S108
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


def _files(hidden: Paths, shown: Paths = ()) -> Iterator[str]:
    """Show the system, the interpreter, the shared library and ``shown``, and nothing hidden."""
    seen = _seen(shown)
    covers = set()
    for folder in hidden:
        path = folder.resolve()
        if any(path.is_relative_to(place) for place in seen):
            covers.add(path)
    parents: set[Path] = set()
    for path in seen:
        parents.update(path.parents)
    parents -= {Path("/"), *seen}
    yield from _system()
    for path in sorted(seen | covers | parents):  # whatever lies in another folder comes after it
        if path in parents:
            yield from ("--perms", "0755", "--dir", str(path))
        if path in covers:
            yield from ("--tmpfs", str(path))
        if path in seen:
            yield from ("--ro-bind", str(path), str(path))
    for path in covers:
        yield from ("--remount-ro", str(path))


def _seen(shown: Paths) -> set[Path]:
    seen = {Path("/usr"), Path(common.__file__).parent, *shown}
    for name in (sys.prefix, sys.base_prefix):
        prefix = Path(name)
        seen.add(prefix)
        seen.add(prefix.resolve())
    for name in ETC:
        path = Path("/etc", name)
        if path.exists():
            seen.add(path)
    return seen


def _system() -> Iterator[str]:
    """Show the folders at the top, which are links into ``/usr`` on most systems."""
    for name in TOP:
        top = Path("/", name)
        if top.is_symlink():
            yield from ("--symlink", os.readlink(top), str(top))  # noqa: PTH115
        elif top.is_dir():
            yield from ("--ro-bind", str(top), str(top))


def _unused_uid() -> int:
    """Return a user id that nobody has: by chance, for boxes do not know of each other."""
    largest = range(0)
    for line in Path("/proc/self/uid_map").read_text("ascii").splitlines():
        start, _, size = line.split()
        uids = range(int(start), int(start) + int(size))
        if OURS[0] in uids and OURS[-1] in uids:
            return secrets.choice(OURS)
        if len(uids) > len(largest):
            largest = uids
    if len(largest) < FEWEST_UIDS:
        raise OSError("root has no other user ids here to run a submission as")
    upper_half = largest[len(largest) // 2 :]
    return secrets.choice(upper_half)

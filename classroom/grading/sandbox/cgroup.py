"""Limits on a box as a whole, where the kernel's control groups may be used; rlimits hold anyway.

Whether they may is found out by doing it: make a group, set its limits. Both versions of control
groups are tried, in the places where such a group may stand.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PREFIX = "flask45-"
ROOT = Path("/sys/fs/cgroup")
LIMITS = {  # of each controller: the files of a version, and what is written there
    "memory": {
        1: {"memory.limit_in_bytes": "memory"},
        2: {"memory.max": "memory", "memory.swap.max": "zero"},
    },
    "pids": {
        1: {"pids.max": "processes"},
        2: {"pids.max": "processes"},
    },
}


class Group:
    """A control group for one box; where there can be none, it has no ``folders``."""

    def __init__(self, memory: int, processes: int) -> None:
        self.folders: list[Path] = []
        name = f"{PREFIX}{secrets.token_hex(6)}"
        values = {"memory": str(memory), "processes": str(processes), "zero": "0"}
        for controller in LIMITS:
            for parent, version in _places(controller):
                files = LIMITS[controller][version]
                if self._make(parent / name, files, values):
                    break

    def _make(self, folder: Path, files: Mapping[str, str], values: Mapping[str, str]) -> bool:
        try:
            folder.mkdir(exist_ok=True)
            for file, value in files.items():
                if file != "memory.swap.max" or (folder / file).exists():
                    (folder / file).write_text(values[value], "ascii")
        except OSError:
            with suppress(OSError):
                if folder not in self.folders:
                    folder.rmdir()
            return False
        if folder not in self.folders:
            self.folders.append(folder)
        return True

    def command(self, command: Sequence[str]) -> list[str]:
        """Return a command that puts itself in, where it may, and becomes ``command``."""
        files = [str(folder / "cgroup.procs") for folder in self.folders]
        script = ""
        for number in range(1, len(files) + 1):
            script += f'echo $$ > "${number}"\n'
        join = f'{{ {script}:; }} 2>/dev/null\nshift {len(files)}\nexec "$@"'
        return ["/bin/sh", "-c", join, "sh", *files, *command]

    def remove(self) -> None:
        """Remove the group. Its processes have been killed, but may need a moment to be gone."""
        for folder in self.folders:
            for _ in range(50):
                with suppress(OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(0.02)


def sweep() -> None:
    """Remove groups that a killed grader has left; those in use cannot be removed."""
    for controller in LIMITS:
        for parent, _ in _places(controller):
            for folder in parent.glob(f"{PREFIX}*"):
                with suppress(OSError):
                    folder.rmdir()


def _places(controller: str) -> Iterator[tuple[Path, int]]:
    """Yield where a group could stand, and its version: beside our own group, then at the top."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text("ascii").splitlines():
            _, names, own = line.split(":", 2)
            if controller in names.split(","):
                top = ROOT / controller
                yield top / own[1:], 1
                yield top, 1
            elif not names:
                for place in ((ROOT / own[1:]).parent, ROOT):
                    is_inside = place.is_relative_to(ROOT)
                    if is_inside and (place / "cgroup.controllers").exists():
                        yield place, 2

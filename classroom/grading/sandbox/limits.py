"""What a submission may take."""

from dataclasses import dataclass

MEGA = 2**20


@dataclass(frozen=True)
class Limits:
    """What a submission may take: sizes in MB, times in seconds."""

    memory: int = 1024
    """Of the whole box where control groups work; of each process, twice that as addresses."""
    disk: int = 256
    file: int = 64
    processes: int = 256
    files: int = 1024
    cpu: int = 120
    start: float = 60
    """Until our own code runs in the box."""
    imports: float = 10
    request: float = 10
    operation: float = 20
    test: float = 30
    submission: float = 300

    def rlimits(self) -> dict[str, int]:
        """Return the limits of one process, by their names in ``resource``."""
        return {
            "RLIMIT_AS": 2 * self.memory * MEGA,
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": self.cpu,
            "RLIMIT_FSIZE": self.file * MEGA,
            "RLIMIT_NOFILE": self.files,
            "RLIMIT_NPROC": self.processes,
        }


LIMITS = Limits()

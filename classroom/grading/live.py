"""Show how the grading goes: a live table on a terminal, a line for each submission elsewhere."""

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .entries import Entry
from .reports.text import line, number, shown_name
from .results import State, Submission

LATEST = 12  # finished submissions that the table keeps in sight
MINUTE = 60
STYLES = {State.GRADED: "", State.UNGRADABLE: "yellow", State.GRADER_ERROR: "bold red"}


class Show:
    """A ``batch.Watcher`` for people: ``with Show(30, jobs=2, score=grades.score) as show``."""

    def __init__(
        self,
        total: int,
        jobs: int,
        score: Callable[[Submission], float | None],
        console: Console | None = None,
    ) -> None:
        self._total = total
        self._jobs = jobs
        self._score = score
        self._console = console or Console()
        self._running: dict[str, str] = {}
        self._latest: deque[Submission] = deque(maxlen=LATEST)
        self._finished = 0
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._live = Live(console=self._console, get_renderable=self._table, refresh_per_second=4)

    def started(self, entry: Entry) -> None:
        """Show that a submission is being graded."""
        with self._lock:
            self._running[entry.student] = line(entry.name or entry.student, 40)

    def finished(self, submission: Submission) -> None:
        """Show a result."""
        with self._lock:
            self._running.pop(submission.student, None)
            self._latest.append(submission)
            self._finished += 1
            self._seconds += submission.seconds
        if not self._console.is_terminal:
            width = len(str(self._total))
            row = "  ".join(self._row(submission))
            self._console.print(
                f"[{self._finished:{width}}/{self._total}] {row}  {self.left()}".rstrip(),
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def left(self) -> str:
        """Return the time that is still needed, in words; nothing at the end."""
        todo = self._total - self._finished
        if not todo or not self._finished:
            return ""
        seconds = self._seconds / self._finished * todo / self._jobs
        if seconds < MINUTE:
            return f"about {seconds:.0f} s left"
        return f"about {seconds / MINUTE:.0f} min left"

    def _row(self, submission: Submission) -> tuple[str, str, str]:
        points = self._score(submission)
        what = submission.state.replace("_", " ")
        if submission.state is State.GRADED and points is not None:
            what = number(points)
        reason = line(submission.reason, 100)
        return shown_name(submission), what, reason or f"{submission.seconds:.1f} s"

    def _table(self) -> RenderableType:
        with self._lock:
            table = Table(box=None, pad_edge=False)
            table.add_column("Student", no_wrap=True, overflow="ellipsis")
            table.add_column("Points", no_wrap=True, overflow="ellipsis", justify="right")
            table.add_column("", no_wrap=True, overflow="ellipsis")
            for submission in self._latest:
                style = STYLES[submission.state]
                cells = [Text(cell, style) for cell in self._row(submission)]
                table.add_row(*cells)
            for name in self._running.values():
                table.add_row(Text(name, "dim"), "", Text("…", "dim"))
            foot = Table.grid(padding=(0, 1))
            bar = ProgressBar(self._total, self._finished, width=40)
            foot.add_row(bar, f"{self._finished} of {self._total}", self.left())
            return Group(table, foot)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

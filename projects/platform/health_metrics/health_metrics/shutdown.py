"""SIGTERM under load: first tell, then go.

gunicorn stops accepting at once when it is told to end. Whatever sends requests learns of that by a
refused connection: requests are lost, at every deployment. So the signal is held back for a while
in which everything goes on, and only /ready says 503. A load balancer that asks it sends its
requests elsewhere, and then the server ends: it accepts no more and finishes what is in hand.
"""

import signal
import threading
from types import FrameType


class Shutdown:
    """Whether this process has been told to end."""

    begun = False

    def install(self, drain_seconds: float) -> None:
        """Stand before the server's own handler of SIGTERM, if it has one."""
        server_ends = signal.getsignal(signal.SIGTERM)
        if not callable(server_ends):
            return
        if threading.current_thread() is not threading.main_thread():
            return

        def end(_signum: int, frame: FrameType | None) -> None:
            server_ends(signal.SIGTERM, frame)

        def begin(_signum: int, _frame: FrameType | None) -> None:
            if self.begun:  # systemd signals every process, and gunicorn's master its workers too
                return
            self.begun = True
            # Not a thread: one that is started in a handler can wait for a lock for ever.
            # And not 0 seconds, which means never.
            signal.setitimer(signal.ITIMER_REAL, max(drain_seconds, 0.001))

        # Python repeats the system calls that these interrupt (PEP 475).
        signal.signal(signal.SIGTERM, begin)
        signal.signal(signal.SIGALRM, end)

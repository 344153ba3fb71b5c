"""Run pytest by itself: it ends with whoever has started it, and takes nothing along from there."""

import ctypes
import os
import signal
import sys

import pytest

PR_SET_PDEATHSIG = 1
MEMORY = 4 * 2**30
"""Bytes: answers are bounded, but a test may make much of them."""


def main(arguments: list[str]) -> None:
    """Run pytest with its own plugins and those of the arguments; end with its exit code."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if sys.platform == "linux":
        import resource  # noqa: PLC0415

        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended already
            sys.exit(1)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.exit(pytest.main(arguments))

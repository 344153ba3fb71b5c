"""A pytest plugin: a run that begins in a clean working tree leaves it clean.

Where there are changes already, somebody is at work, and nobody can tell whose the later ones are.
CI begins with a fresh clone: there, whatever a test leaves behind fails the run.
"""

import shutil
import subprocess

import pytest

WAS_CLEAN = pytest.StashKey[bool]()
LEFT = pytest.StashKey[list[str]]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Note whether the tree is clean; in the process that leads the run, before any worker."""
    if not hasattr(session.config, "workerinput"):  # of pytest-xdist
        session.config.stash[WAS_CLEAN] = changes(session.config) == []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that has left something behind."""
    if session.config.stash.get(WAS_CLEAN, False):
        left = session.config.stash[LEFT] = changes(session.config) or []
        if left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left behind."""
    if left := config.stash.get(LEFT, []):
        terminalreporter.section("The tests have changed the working tree", red=True)
        terminalreporter.write_line("A test writes to tmp_path alone. In git's words:")
        terminalreporter.write_line("\n".join(left))


def changes(config: pytest.Config) -> list[str] | None:
    """Return what git says is changed or new; None if it cannot say."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "--no-optional-locks", "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(command, cwd=config.rootpath, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout.splitlines()

"""Execute the ``console`` blocks of a README and hold what happens against what stands there.

A block looks like a terminal: ``$ `` begins a command, ``> `` goes on with one that is not
complete, and all other lines are its output, word for word. ``...`` in a line stands for any text
in it, a line of only ``...`` for any number of lines. A command must end with exit code 0.

All blocks under "Try it" run in one bash, in order, in a copy of the project's folder, against
``flask run`` with the demo data. They leave no files in that folder: who types them has a clean
tree. The README speaks of port 5000; here it is whatever is free.
"""

import difflib
import os
import random
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from classroom.handout.files import LEFTOVERS, is_leftover
from common.testing import wait_until

from .house import markdown

BASH = shutil.which("bash") or "bash"
BIN = Path(sys.executable).parent

HEADING = "Try it"
ELSEWHERE = 'write them to a folder of their own: cd "$(mktemp -d)"'
ANY = "..."
SECONDS = 60  # for one command
STOP_SECONDS = 10
LONGEST_OUTPUT = 300  # lines
PORT = 5000
FREE_PORTS = range(5001, 10000)  # as long as 5000, lest a Content-Length change


@dataclass(frozen=True)
class Step:
    """A command, and the lines of the README (from, to) where its output stands."""

    command: str
    lines: tuple[int, int]


@dataclass(frozen=True)
class Done:
    """What a command printed and its exit code; None if it did not come to its end."""

    output: str
    code: int | None


def differences(folder: Path, readme: str) -> str:
    """Return how the transcript in a project's README differs from what happens; "" if it does not.

    It is a patch that would make the README true.
    """
    steps = [step for _, text, line in try_it(readme) for step in steps_of(text, line)]
    if not steps:
        return f"There is no ```console block under {HEADING!r}."
    with tempfile.TemporaryDirectory() as outside, all_ended(Path(outside)) as environment:
        copy = Path(outside, folder.name)
        shutil.copytree(folder, copy, ignore=leftovers)
        [seeded] = execute(["flask seed"], copy, environment)
        if seeded.code != 0:
            return f"$ flask seed\n{seeded.output}(exit code {seeded.code})"
        before = files_in(copy)
        with serving(copy, environment) as (port, log):
            here, there = f"\\1\\g<2>{port}", f"\\1\\g<2>{PORT}"
            commands = [readdressed(step.command, PORT, here) for step in steps]
            done = execute(commands, copy, environment)
        told = [Done(readdressed(one.output, port, there), one.code) for one in done]
        patch = compare(readme, steps, told)
        errors = re.findall(r"^Traceback .*?(?=^\S+: )\S.*?$", log.read_text("utf-8"), re.M | re.S)
        if patch:
            return "\n".join([patch, *errors])
        left = sorted(files_in(copy) - before)
        return f"{HEADING!r} leaves files behind; {ELSEWHERE}: {', '.join(left)}" if left else ""


def files_in(folder: Path) -> set[str]:
    """Return the files in a project's folder, without what running it leaves and git ignores."""
    found = set()
    for file in folder.rglob("*"):
        inside = file.relative_to(folder)
        if file.is_file() and not is_leftover(inside):
            found.add(inside.as_posix())
    return found


def try_it(readme: str) -> list[tuple[str, str, int]]:
    """Return the blocks that are executed: language, text and line of each."""
    blocks = markdown.blocks(markdown.sections(readme).get(HEADING, []))
    return [block for block in blocks if block[0] == "console"]


def steps_of(text: str, fence: int) -> list[Step]:
    """Divide a block, whose fence stands on this line of the README, into commands and outputs."""
    lines = text.rstrip().splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    steps = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        command, place = lines[start][2:], start + 1
        while place < end and lines[place].startswith("> ") and not is_complete(command):
            command += "\n" + lines[place][2:]
            place += 1
        while end > place and not lines[end - 1].strip():
            end -= 1  # noqa: PLW2901  # empty lines before the next command are not its output
        steps.append(Step(command, (fence + place, fence + end)))
    return steps


def is_complete(command: str) -> bool:
    """Tell whether bash would execute this, or ask for more with ``> ``."""
    try:
        shlex.split(command)
    except ValueError:
        return False
    return not command.endswith("\\")


def compare(readme: str, steps: Sequence[Step], done: Sequence[Done]) -> str:
    """Return the patch from what the README says to what the commands did."""
    says = [line.rstrip() for line in readme.splitlines()]
    happened: list[str] = []
    place = 0
    for step, one in zip(steps, done, strict=False):  # what came after a hang was not executed
        start, end = step.lines
        output = [line.rstrip() for line in one.output.rstrip().splitlines()]
        if len(output) > LONGEST_OUTPUT:
            output[LONGEST_OUTPUT:] = [f"({len(output) - LONGEST_OUTPUT} more lines)"]
        happened += says[place:start] + aligned(says[start:end], output)
        if one.code is None:
            happened.append("(this did not come to its end)")
        elif one.code:
            happened.append(f"(exit code {one.code})")
        place = end
    happened += says[place:]
    patch = difflib.unified_diff(says, happened, "README.md", "what happened", lineterm="")
    return "\n".join(patch)


def aligned(expected: list[str], actual: list[str]) -> list[str]:
    """Return the actual lines; those that expected ones stand for are replaced by these.

    So the result is ``expected`` if all is as expected, and else differs from it as little as can
    be: this is the edit distance between lines, in which ``...`` takes lines for nothing.
    """
    rows, columns = len(expected), len(actual)
    costs = [[0] * (columns + 1) for _ in range(rows + 1)]
    matches = [[is_like(pattern, line) for line in actual] for pattern in expected]

    def free(i: int) -> bool:
        return i < rows and expected[i].strip() == ANY

    for i in reversed(range(rows + 1)):
        for j in reversed(range(columns + 1)):
            ways = []
            if i < rows:  # the expected line is missing
                ways.append(costs[i + 1][j] + (not free(i)))
            if j < columns:  # the actual line is too much
                ways.append(costs[i][j + 1] + (not free(i)))
            if i < rows and j < columns:  # one is the other, or in the place of it
                ways.append(costs[i + 1][j + 1] + (not matches[i][j]))
            costs[i][j] = min(ways, default=0)
    found: list[str] = []
    i = j = 0
    while i < rows or j < columns:
        cost = costs[i][j]
        if (
            i < rows
            and j < columns
            and not free(i)
            and cost == costs[i + 1][j + 1] + (not matches[i][j])
        ):
            found.append(expected[i] if matches[i][j] else actual[j])
            i, j = i + 1, j + 1
        elif i < rows and cost == costs[i + 1][j] + (not free(i)):
            found += [expected[i]] if free(i) else []
            i += 1
        else:
            found += [] if free(i) else [actual[j]]
            j += 1
    return found


def is_like(pattern: str, line: str) -> bool:
    """Tell whether a line is as expected, ``...`` being any text."""
    if pattern.strip() == ANY:
        return False  # any number of lines: see aligned
    parts = [re.escape(part) for part in pattern.split(ANY)]
    return re.fullmatch(".*".join(parts), line) is not None


def readdressed(text: str, port: int, to: str) -> str:
    """Put another port into the addresses of this machine."""
    return re.sub(rf"(127\.0\.0\.1|localhost)(:|%3A){port}\b", to, text)


def execute(
    commands: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float = SECONDS
) -> list[Done]:
    """Run commands in one bash, so that variables and ``cd`` last; return what each did.

    The list ends with the first command that does not come to its end.
    """
    with tempfile.TemporaryDirectory() as outputs:
        codes, told = os.pipe()
        script = ["set -o pipefail"]
        for number, command in enumerate(commands):
            file = shlex.quote(f"{outputs}/{number}")
            script.append(f"{{\n{command}\n}} >{file} 2>&1 </dev/null {told}>&-")
            script.append(f"echo $? >&{told}")
        bash = subprocess.Popen(
            [BASH, "-c", "\n".join(script)],
            cwd=folder,
            env=environment,
            pass_fds=[told],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        os.close(told)
        done: list[Done] = []
        # Without a buffer: what waits in one would be unseen by select.
        with open(codes, "rb", buffering=0) as lines:  # noqa: PTH123  # an open file, not a path
            for number in range(len(commands)):
                came = select.select([lines], [], [], seconds)[0]
                code = lines.readline() if came else b""
                printed = Path(outputs, str(number))
                output = printed.read_bytes() if printed.exists() else b""
                done.append(Done(as_text(output), int(code) if code else None))
                if not code:
                    break
        with suppress(ProcessLookupError):
            os.killpg(bash.pid, signal.SIGKILL)
        said = as_text(bash.communicate()[1])
    if done[-1].code is None:
        done[-1] = Done(done[-1].output + said, None)
    return done


def as_text(output: bytes) -> str:
    """Return what was printed, whatever it is."""
    return output.decode(errors="backslashreplace")


@contextmanager
def serving(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[int, Path]]:
    """Serve the project in this folder by ``flask run``; gives its port and its log."""
    for port in random.SystemRandom().sample(FREE_PORTS, 20):
        log = folder.parent / f"server-{port}.log"
        with log.open("wb") as file:
            server = subprocess.Popen(
                [str(BIN / "flask"), "run", "--port", str(port)],
                cwd=folder,
                env=environment,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        try:
            wait_until(partial(has_begun, server, log), SECONDS, "flask run")
            if server.poll() is None:
                yield port, log
                return
        finally:
            stop(server)
        if "in use" not in log.read_text("utf-8"):
            raise AssertionError(f"$ flask run\n{log.read_text('utf-8')}")
    raise AssertionError(f"no port of {FREE_PORTS} is free")


def has_begun(server: "subprocess.Popen[bytes]", log: Path) -> bool:
    """Tell whether a server listens, or has ended already."""
    return "Running on" in log.read_text("utf-8") or server.poll() is not None


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End a server as Ctrl-C does, or less kindly if it does not listen."""
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        server.send_signal(kind)
        with suppress(subprocess.TimeoutExpired):
            server.wait(STOP_SECONDS)
            return


@contextmanager
def all_ended(home: Path) -> Iterator[dict[str, str]]:
    """Give an environment for programs, and see to it that none of them outlives the block.

    It has nothing of this machine's settings. One variable marks all that is started in it.
    """
    mark = f"TRANSCRIPT_IN={home}"
    left: list[str] = []
    try:
        yield {
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "TMPDIR": str(home),
            "LANG": "C.UTF-8",
            "TRANSCRIPT_IN": str(home),
        }
    finally:
        try:
            wait_until(lambda: not marked(mark), STOP_SECONDS)
        except AssertionError:
            left += marked(mark).values()
            for process in marked(mark):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            wait_until(lambda: not marked(mark), SECONDS, "the end of what was killed")
    assert not left, "This was still running after the end:\n" + "\n".join(left)


def marked(mark: str) -> dict[int, str]:
    """Return the processes that have this in their environment, where the system tells (Linux)."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if command:  # none: it has ended, and its parent has not asked yet
                    found[int(folder.name)] = command
    return found


def leftovers(_folder: str, names: list[str]) -> list[str]:
    """Return which of the names running a project has left behind, for ``copytree``."""
    return [name for name in names if LEFTOVERS.fullmatch(name)]

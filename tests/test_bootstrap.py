"""dev.py sets up from a real index on loopback, which has pip and stand-ins for its tools."""

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from common.testing import wait_until

ROOT = Path(__file__).resolve().parent.parent
PIP = importlib.metadata.version("pip")
NOX = "import os, sys\nprint(sys.argv[1:], os.environ.get('PYTHONDONTWRITEBYTECODE'))\n"
NO_INDEX = "http://127.0.0.1:9/simple"
LIKE_DEBIAN = "sys.modules['ensurepip'] = None"  # its python3 comes without ensurepip
OLD = "sys.version_info = (3, 9, 18)"


@dataclass
class Checkout:
    """A copy of what dev.py needs, and the index that it installs from."""

    folder: Path
    index: str

    def command(self, *arguments: str, before: str = "") -> list[str]:
        """Return the command that runs dev.py in a Python that some statement has changed."""
        start = f"import runpy, sys; {before}\nrunpy.run_path('dev.py', run_name='__main__')"
        return [sys.executable, "-c", start, *arguments]

    def environment(self, **changes: str) -> dict[str, str]:
        """Return an environment in which no setting of this machine's pip counts."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        return own | {"PIP_INDEX_URL": self.index, "PIP_CONFIG_FILE": os.devnull} | changes

    def dev(self, *arguments: str, before: str = "", **changes: str) -> tuple[int, str, str]:
        """Run dev.py; return its exit code and what it said."""
        done = subprocess.run(
            self.command(*arguments, before=before),
            cwd=self.folder,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve pip as it is installed here, and packages named nox and uv that do nothing."""
    folder = tmp_path_factory.mktemp("index")
    spec = importlib.util.find_spec("pip")
    assert spec is not None
    assert spec.origin is not None
    here = Path(spec.origin).parent.parent
    files = [file for file in (here / "pip").rglob("*") if file.is_file() and file.suffix != ".pyc"]
    pip = {file.relative_to(here).as_posix(): file.read_bytes() for file in files}
    publish(folder, "pip", PIP, pip)
    publish(folder, "nox", "1.0", {"nox/__main__.py": NOX.encode()})
    publish(folder, "uv", "1.0", {})
    right = (folder / "simple/pip/index.html").read_text()
    wrong = folder / "damaged/pip/index.html"
    wrong.parent.mkdir(parents=True)
    wrong.write_text(re.sub("sha256=.{64}", f"sha256={'0' * 64}", right))
    handler = functools.partial(QuietHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Files over HTTP, without a line for each request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def publish(folder: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    """Put a wheel with these files into the index."""
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, content in (files | metadata).items():
            archive.writestr(path, content)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    page = folder / "simple" / name / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    with page.open("a") as links:
        links.write(f'<a href="../../{wheel.name}#sha256={digest}">{wheel.name}</a>\n')


@pytest.fixture
def checkout(tmp_path: Path, index: str) -> Checkout:
    """Copy dev.py, as if it were cloned just now."""
    return clone(tmp_path, index)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, index: str) -> Checkout:
    """Copy dev.py and call it once, on a machine like a fresh Debian."""
    checkout = clone(tmp_path_factory.mktemp("installed"), index)
    code, _, said = checkout.dev("--list", before=LIKE_DEBIAN)
    assert (code, said) == (0, "dev.py: installing nox and uv into .venv (only this once)\n")
    return checkout


def clone(folder: Path, index: str) -> Checkout:
    """Put what dev.py needs into the folder."""
    shutil.copy(ROOT / "dev.py", folder)
    pin(folder, pip=PIP, nox="1.0", uv="1.0")
    return Checkout(folder, index)


def pin(folder: Path, **versions: str) -> None:
    """Write constraints.txt."""
    lines = [f"{name}=={version}\n" for name, version in versions.items()]
    (folder / "constraints.txt").write_text("".join(lines))


def test_second_call_installs_nothing_and_needs_no_network(installed: Checkout) -> None:
    answer = installed.dev("--list", before=LIKE_DEBIAN, PIP_INDEX_URL=NO_INDEX)
    assert answer == (0, "['--list'] None\n", "")


@pytest.mark.parametrize(
    ("typed", "passed_on"),
    [
        (["run"], ["-s", "run", "--"]),
        (["run", "recipes", "--debug"], ["-s", "run", "--", "recipes", "--debug"]),
        (["test"], []),
        (["-s", "eject", "--", "recipes", "a b"], ["-s", "eject", "--", "recipes", "a b"]),
    ],
    ids=" ".join,
)
def test_arguments_reach_nox(typed: list[str], passed_on: list[str], installed: Checkout) -> None:
    assert installed.dev(*typed)[:2] == (0, f"{passed_on} None\n")


def test_python_may_keep_compiled_files(installed: Checkout) -> None:
    assert installed.dev("test", PYTHONDONTWRITEBYTECODE="1")[:2] == (0, "[] None\n")


def test_killed_set_up_is_made_anew(checkout: Checkout) -> None:
    with subprocess.Popen(
        checkout.command("--list"),
        cwd=checkout.folder,
        env=checkout.environment(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as first:
        wait_until((checkout.folder / ".venv/pyvenv.cfg").exists)
        os.killpg(first.pid, signal.SIGKILL)
    code, answer, said = checkout.dev("--list")
    assert (code, answer) == (0, "['--list'] None\n"), said
    assert "installing" in said


def test_environment_with_other_versions_is_not_used(checkout: Checkout) -> None:
    checkout.dev("--list")
    pin(checkout.folder, pip=PIP, nox="2.0", uv="1.0")
    code, answer, said = checkout.dev("--list", before=LIKE_DEBIAN, PIP_INDEX_URL=NO_INDEX)
    assert (code, answer) == (1, "")
    assert "installing" in said


def test_damaged_pip_is_not_run(checkout: Checkout) -> None:
    damaged = checkout.index.replace("/simple", "/damaged")
    code, _, said = checkout.dev("--list", before=LIKE_DEBIAN, PIP_INDEX_URL=damaged)
    assert (code, "sent a damaged pip" in said) == (1, True), said


def test_without_a_network_the_way_out_is_told(checkout: Checkout) -> None:
    code, _, said = checkout.dev("run", before=LIKE_DEBIAN, PIP_INDEX_URL=NO_INDEX)
    assert code == 1
    assert f"cannot fetch pip from {NO_INDEX}" in said
    assert "Check the network" in said
    assert "sudo apt install python3-venv" in said


def test_environment_of_somebody_else_is_left_alone(checkout: Checkout) -> None:
    theirs = checkout.folder / ".venv/pyvenv.cfg"
    theirs.parent.mkdir()
    theirs.write_text("home = /usr/bin\n")
    code, _, said = checkout.dev("run")
    assert (code, "Move it away" in said) == (1, True)
    assert [*theirs.parent.iterdir()] == [theirs]


def test_old_python_is_told_what_is_needed(checkout: Checkout) -> None:
    code, _, said = checkout.dev("run", before=OLD)
    assert code == 1
    assert said.startswith("flask-45 needs Python 3.11 or newer; this one is 3.9 (")


def test_old_python_can_read_as_far_as_that() -> None:
    ast.parse((ROOT / "dev.py").read_text("utf-8"), feature_version=(3, 7))


def test_constraints_name_the_tools_and_pip() -> None:
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().split()}
    assert {"nox", "pip", "uv"} <= pinned

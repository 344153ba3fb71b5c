"""Start flask-45 on a machine that has Python 3.11 or newer, and nothing else.

    python3 dev.py run          all projects on one page
    python3 dev.py run IDEA     one project, for example: run recipes
    python3 dev.py test         lint and all tests
    python3 dev.py --list       every other chore; start one with: -s NAME

The first call installs nox and uv into .venv/. Whatever follows dev.py goes to nox.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # first: an older Python cannot read the rest
    sys.exit(
        "flask-45 needs Python 3.11 or newer; this one is {}.{} ({}).\n"
        "Start again with a newer one, for example: python3.13 dev.py run\n"
        "If there is none: https://www.python.org/downloads/".format(
            *sys.version_info[:2], sys.executable
        )
    )

import contextlib
import hashlib
import html
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MARK = VENV / "made-by-dev.py"
TOOLS = ("nox", "uv")
CHECK = "Check the network (settings: HTTPS_PROXY, PIP_INDEX_URL), then start again."
COMMANDS = {"run": ["-s", "run", "--"], "test": []}


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def main(arguments: list[str]) -> NoReturn:
    """Make the environment where it is missing, then become nox."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        sys.exit()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every start would compile all of Flask anew
    os.chdir(ROOT)
    try:
        if not ready():
            set_up()
    except (SetupError, OSError) as error:
        sys.exit(f"dev.py: {error}")
    except KeyboardInterrupt:
        sys.exit("\ndev.py: interrupted. The next call starts afresh.")
    first, *rest = arguments
    replace_this_process([str(PYTHON), "-m", "nox", *COMMANDS.get(first, [first]), *rest])


def recipe() -> str:
    """Return what the environment is made of: a change of any part means to make it anew."""
    pins = [f"{name} {pinned(name)}" for name in TOOLS]
    return "\n".join([str(ROOT), sys.base_prefix, sys.version, *pins])


def pinned(name: str) -> str:
    """Return the version of the package that constraints.txt names."""
    text = (ROOT / "constraints.txt").read_text("utf-8")
    found = re.search(rf"^{name}==([^\s;]+)", text, re.MULTILINE)
    if not found:
        raise SetupError(f"constraints.txt has no version of {name}. Restore the file.")
    return found[1]


def ready() -> bool:
    """Tell whether the environment was made to its end, from this recipe."""
    return MARK.exists() and MARK.read_text("utf-8") == recipe()


def set_up() -> None:
    """Make the environment. Its mark is written twice: first to own it, last to trust it."""
    config = VENV / "pyvenv.cfg"
    if config.exists() and not MARK.exists():
        raise SetupError(f"{VENV} is somebody else's. Move it away, then start again.")
    print("dev.py: installing nox and uv into .venv (only this once)", file=sys.stderr, flush=True)
    if VENV.exists():
        config.unlink(missing_ok=True)  # first, lest half a removal look like somebody else's
        shutil.rmtree(VENV)
    VENV.mkdir()
    MARK.write_text("unfinished", "utf-8")
    call(sys.executable, "-m", "venv", "--without-pip", str(VENV))
    with tempfile.TemporaryDirectory() as folder:
        install = ["install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt"]
        call(str(PYTHON), *find_pip(Path(folder)), *install, *TOOLS)
    MARK.write_text(recipe(), "utf-8")


def find_pip(folder: Path) -> list[str]:
    """Return the arguments to Python that start pip: from the index, or else from Python's own."""
    try:
        return [str(fetch_pip(folder) / "pip")]
    except SetupError:
        if importlib.util.find_spec("ensurepip") is None:  # in Debian, it is a package by itself
            raise
    call(str(PYTHON), "-m", "ensurepip")
    return ["-m", "pip"]


def fetch_pip(folder: Path) -> Path:
    """Download pip from the package index. A wheel runs as it is: `python pip.whl/pip`."""
    version = pinned("pip")
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    wheel = rf'href="([^"#]*pip-{re.escape(version)}-py3-none-any\.whl)#sha256=([0-9a-f]{{64}})"'
    try:
        found = re.search(wheel, download(index).decode())
        if not found:
            raise SetupError(f"{index} has no pip {version}.")
        content = download(urljoin(index, html.unescape(found[1])))
    except (OSError, ValueError, HTTPException) as error:
        raise SetupError(
            f"cannot fetch pip from {index}: {error}\n{CHECK}\n"
            "Or let Debian bring a pip: sudo apt install python3-venv"
        ) from error
    if hashlib.sha256(content).hexdigest() != found[2]:
        raise SetupError(f"{index} sent a damaged pip. Start again.")
    file = folder / f"pip-{version}-py3-none-any.whl"
    file.write_bytes(content)
    return file


def download(url: str) -> bytes:
    """Return what is at the address."""
    with urllib.request.urlopen(url, timeout=15) as answer:  # noqa: S310  # the user's own index
        return bytes(answer.read())


def call(*command: str) -> None:
    """Run a step of the set-up. Its own words explain a failure, ours tell how to go on."""
    if subprocess.run(command, check=False).returncode:
        raise SetupError(f"the step above failed: {' '.join(command)}\n{CHECK}")


def replace_this_process(command: list[str]) -> NoReturn:
    """Become the command, so that Ctrl-C, signals and the exit code are its own."""
    if os.name == "posix":
        os.execv(command[0], command)  # noqa: S606  # no shell is wanted
    process = subprocess.Popen(command)
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # nox got it as well, and is about to end
            sys.exit(process.wait())


if __name__ == "__main__":
    main(sys.argv[1:])

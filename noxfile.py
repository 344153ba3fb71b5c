"""The chores of flask-45. `nox --list` shows them; what follows `--` goes to the session.

nox                             lint and all tests
nox -s run -- recipes           one project, with demo data
nox -s tests -- projects/crud   some tests; arguments go to pytest
"""

import difflib
import os
import signal
import sys
import tempfile
from pathlib import Path

import nox

ROOT = Path(__file__).parent
# We use Schemathesis, not its plugin: that slows each start and hides what collecting tests says.
PYTEST = ["python", "-m", "pytest", "-p", "no:schemathesis", "-n", "auto", "--dist", "worksteal"]
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.envdir = f".nox/{sys.implementation.cache_tag}"  # another Python, another environment
nox.options.sessions = ["lint", "tests"]

# `kill` ends a session as Ctrl-C does; nox by itself would leave a server running.
signal.signal(signal.SIGTERM, signal.default_int_handler)
# Compile what is installed once, not at every start: importing SQLAlchemy takes 0.7 s, not 2.1 s.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["UV_COMPILE_BYTECODE"] = "1"
# As pip does, uv trusts what the machine trusts and takes a mirror: schools and firms have such.
os.environ.setdefault("UV_SYSTEM_CERTS", "1")
if "PIP_INDEX_URL" in os.environ:
    os.environ.setdefault("UV_DEFAULT_INDEX", os.environ["PIP_INDEX_URL"])


def ideas() -> dict[str, Path]:
    """Return the folders of the projects by name."""
    return {file.parent.name: file.parent for file in sorted(ROOT.glob("projects/*/*/idea.toml"))}


IDEAS = ideas()


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and types."""
    install(session, *everything(), *groups("project-tests", "tools", "lint", "bootstrap"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    packages = [folder / idea for idea, folder in IDEAS.items()]
    session.run(
        "python", "-m", "mypy", "dev.py", "noxfile.py", "classroom", "common/src/common", *packages
    )


@nox.session
def fix(session: nox.Session) -> None:
    """Mend what can be mended of style and format. Arguments are files or folders."""
    install(session, "ruff")
    session.run("ruff", "check", "--fix-only", *session.posargs)
    session.run("ruff", "format", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, in one environment. Arguments go to pytest."""
    install(session, *everything(), *groups("test", "tools"))
    session.run(*PYTEST, *session.posargs)


@nox.session
def isolated(session: nox.Session) -> None:
    """Test each project (or those named) alone: ejected, with only its own requirements."""
    chosen = [folder_of(session, idea).name for idea in session.posargs or IDEAS]
    install(session, *groups("tools"))
    with tempfile.TemporaryDirectory(prefix="flask-45-") as outside:
        for idea in chosen:
            session.run("python", "-m", "classroom.handout.eject", idea, str(Path(outside, idea)))
        sessions = [f"alone({idea})" for idea in chosen]
        nox_again = [sys.executable, "-m", "nox", "-j", "auto", "-s", *sessions, "--", outside]
        session.run(*nox_again, external=True)


@nox.session
def services(session: nox.Session) -> None:
    """Run the projects' tests on PostgreSQL and a Redis-compatible server, no set-up needed."""
    install(session, *everything(), *groups("test", "tools"))
    chosen = session.posargs or ["projects"]
    session.run(*PYTEST, "-p", "tests.services", *chosen)


@nox.session
def run(session: nox.Session) -> None:
    """Run one project with demo data: `-- IDEA`. Without a name, the gallery of all."""
    if not session.posargs:
        session.notify("gallery")
        return
    idea, *options = session.posargs
    folder = folder_of(session, idea)
    session.chdir(folder)
    install(session, "-r", "requirements.txt")
    session.run("python", "-m", "flask", "seed")
    session.log(f"Explained in {folder.relative_to(ROOT)}/README.md. Ctrl-C stops it.")
    session.log("Open the address below: the page at /, the API's documentation at /docs.")
    serve(session, "python", "-m", "flask", "run", *options)


@nox.session
def gallery(session: nox.Session) -> None:
    """Show all projects on one page, each with its README and the living app."""
    install(session, *everything(), *groups("tools"))
    serve(session, "python", "-m", "classroom.gallery", *session.posargs)


@nox.session
def new(session: nox.Session) -> None:
    """Make a project from the scaffold. Arguments go to cookiecutter."""
    install(session, *groups("tools"))
    cookiecutter = ["python", "-m", "cookiecutter", "cookiecutter", "--output-dir", "projects"]
    session.run(*cookiecutter, *session.posargs)
    session.run("python", "-m", "classroom.catalogue")
    for folder in sorted({*ideas().values()} - {*IDEAS.values()}):
        session.log(f"Made {folder.relative_to(ROOT)}. Read its README.md first.")
        session.log(f"See it: python3 dev.py run {folder.name}")
        session.log(f"Test it: python3 dev.py -s tests -- {folder.relative_to(ROOT)} tests")


@nox.session
def eject(session: nox.Session) -> None:
    """Copy one project into a folder of its own, common included: `-- IDEA FOLDER`."""
    install(session, *groups("tools"))
    session.run("python", "-m", "classroom.handout.eject", *session.posargs)


@nox.session
def starter(session: nox.Session) -> None:
    """Make the folder that students start from: `-- IDEA FOLDER`."""
    install(session, *groups("tools"))
    session.run("python", "-m", "classroom.handout.starter", *session.posargs)


@nox.session
def grade(session: nox.Session) -> None:
    """Grade a folder of submissions in sandboxes: `-- IDEA SUBMISSIONS --out FOLDER`."""
    install(session, *everything(), *groups("project-tests", "tools"))
    session.run("python", "-m", "classroom.grading.grade", *session.posargs)


@nox.session
def similarity(session: nox.Session) -> None:
    """List submissions with much the same code: `-- SUBMISSIONS`."""
    install(session, *groups("tools"))
    session.run("python", "-m", "classroom.grading.similarity", *session.posargs)


@nox.session
def catalogue(session: nox.Session) -> None:
    """Write the table of projects, and what is generated in each; `-- --check` only compares."""
    install(session, *everything(), *groups("test", "tools"))
    session.run("python", "-m", "classroom.catalogue", *session.posargs)
    session.run("python", "-m", "tests.house", "generate", *session.posargs)


@nox.session
def size(session: nox.Session) -> None:
    """Print how large each project is, counted in tokens, and the core of common."""
    install(session, *everything(), *groups("test", "tools"))
    session.run("python", "-m", "tests.house", "size")


@nox.session
def mutants(session: nox.Session) -> None:
    """Break the code in small ways and see that the tests notice."""
    install(session, *everything(), *groups("test", "tools"))
    session.run("python", "-m", "classroom.measure.mutants", *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Hold every app against its own OpenAPI document, and many rows, thoroughly."""
    install(session, *everything(), *groups("test", "tools"))
    thorough = "--hypothesis-profile=thorough"
    files = ("tests/test_contract.py", "tests/test_growth.py")
    session.run(*PYTEST, thorough, *files, *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure requests per second against bare Flask."""
    install(session, *everything(), *groups("test", "tools"))
    session.run("python", "-m", "classroom.measure.bench", *session.posargs)


@nox.session
def crowd(session: nox.Session) -> None:
    """Let 200 clients chat over two servers, kill one, and count what gets lost."""
    install(session, *everything(), *groups("test", "tools"))
    session.run("python", "-m", "classroom.measure.crowd", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Write constraints.txt; `-- --upgrade` takes the newest versions."""
    install(session, "uv")
    wanted = Path(session.virtualenv.location, "wanted.txt")
    every_group = groups(*PYPROJECT["dependency-groups"])
    wanted.write_text("\n".join([*everything(), *every_group]), "utf-8")
    compile_ = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    style = ["--no-annotate", "--custom-compile-command", "nox -s lock"]
    # Constraints cannot hold a path.
    without = ["--no-emit-package", "flask45-common"]
    session.run(*compile_, *style, *without, "-o", "constraints.txt", *session.posargs, wanted)


@nox.session(reuse_venv=False, allow_parallel=True)
@nox.parametrize("idea", list(IDEAS), ids=list(IDEAS))
def alone(session: nox.Session, idea: str) -> None:
    """Do a part of `isolated`, which ejects the projects into a folder first: `-- FOLDER`."""
    session.chdir(Path(session.posargs[0], idea))
    install(session, "-r", "requirements-test.txt")
    session.run("python", "-m", "pytest")


# --- helpers


def install(session: nox.Session, *requirements: str) -> None:
    """Install at the versions of constraints.txt."""
    session.install("-c", str(ROOT / "constraints.txt"), *requirements)


def everything() -> list[str]:
    """Return common with all its extras, and what the projects need besides."""
    common = nox.project.load_toml(ROOT / "common/pyproject.toml")["project"]
    extras = ",".join(common["optional-dependencies"])
    lines = {
        line
        for folder in IDEAS.values()
        for line in (folder / "requirements.txt").read_text("utf-8").splitlines()
        if line and not line.startswith(("#", "-e "))
    }
    return [f"--editable=./common[{extras}]", *sorted(lines)]


def groups(*names: str) -> tuple[str, ...]:
    """Return the requirements in these dependency groups of pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, *names)


def folder_of(session: nox.Session, idea: str) -> Path:
    """Return the project's folder; an unknown name ends the session, and tells near ones."""
    if idea not in IDEAS:
        near = difflib.get_close_matches(idea, IDEAS) or IDEAS
        session.error(f"there is no project {idea!r}, but there is {', '.join(near)}")
    return IDEAS[idea]


def serve(session: nox.Session, *command: str) -> None:
    """Run a server. After Ctrl-C it gets time to end its worker and to save its queue."""
    session.run(*command, interrupt_timeout=5, terminate_timeout=10)

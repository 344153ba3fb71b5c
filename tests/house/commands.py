"""The commands under "Run it" and "In production", which no test executes, are right all the same.

Each is read by the parser of the program that it starts; nothing is run.
"""

import contextlib
import io
import re
import shlex
from collections.abc import Callable, Iterator

import click
from flask.cli import routes_command, run_command, shell_command
from gunicorn.config import Config  # type: ignore[import-untyped]

from . import markdown
from .room import ROOT, Room
from .settings import invalid, settings_of

HEADINGS = ("Run it", "In production")
LANGUAGES = ("sh", "bash", "console")
COMPUTED = re.compile(r"\$\((?:'[^']*'|[^()'])*\)")  # $(…)
OTHERS = {"FLASK_DEBUG", "GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"}  # that no Settings read
GUNICORN = "python:common.gunicorn"
PLAIN = [
    ["python3", "-m", "venv", ".venv"],
    [".", ".venv/bin/activate"],
    ["pip", "install", "-r", "requirements.txt"],
]
SESSION = re.compile(r"^@nox\.session.*\n(?:@.*\n)*def (\w+)\(", re.MULTILINE)
OF_FLASK = {"run": run_command, "routes": routes_command, "shell": shell_command}


def commands_can_be_given(room: Room) -> Iterator[str]:
    """Find a command that its program would not understand, or that is not known here."""
    values: dict[str, str] = {}
    for words in commands(room):
        while words and (assigned := re.fullmatch(r"([A-Z_]+)=(.*)", words[words[0] == "export"])):
            values[assigned[1]] = assigned[2]
            del words[: 1 + (words[0] == "export")]
        if words:
            for problem in wrong_command(room, words):
                yield f"README.md: `{' '.join(words)}`: {problem}."
    yield from wrong_variables(room, values)


def commands(room: Room) -> Iterator[list[str]]:
    """Yield the words of each command."""
    sections = markdown.sections(room.text("README.md"))
    for heading in HEADINGS:
        for language, text, _ in markdown.blocks(sections.get(heading, [])):
            if language in LANGUAGES:
                plain = re.sub(r"^[$>] ", "", text, flags=re.MULTILINE).replace("\\\n", " ")
                for line in COMPUTED.sub("$computed", plain).splitlines():
                    yield from divided(line)


def divided(line: str) -> Iterator[list[str]]:
    """Yield the words of each command in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&;|")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("&;|"):
            if words:
                yield words
            words = []
        else:
            words.append(word)


def wrong_command(room: Room, words: list[str]) -> Iterator[str]:
    """Yield what is wrong with a command."""
    if words in PLAIN:
        return
    program, *arguments = words
    if program not in PROGRAMS:
        yield "is a command that the house rules do not know, see tests/house/commands.py"
    else:
        yield from PROGRAMS[program](room, arguments)


def wrong_cd(room: Room, arguments: list[str]) -> Iterator[str]:
    """Yield whether a ``cd`` from the root of the repository leads elsewhere than here."""
    if (room.folder.parents[2] / arguments[0]).resolve() != room.folder.resolve():
        yield "leads elsewhere than into the project's folder"


def wrong_flask(room: Room, arguments: list[str]) -> Iterator[str]:
    """Yield what click says about a command of flask."""
    name, *options = arguments[2:] if arguments[:2] == ["--app", "wsgi"] else arguments
    known = {**OF_FLASK, **room.app.cli.commands}
    if name not in known:
        yield f"there is no command {name}, only {', '.join(sorted(known))}"
        return
    try:
        known[name].make_context(name, options)
    except click.ClickException as error:
        yield error.format_message().rstrip(".")


def wrong_gunicorn(_: Room, arguments: list[str]) -> Iterator[str]:
    """Yield what gunicorn says about its options."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            given = Config().parser().parse_args(arguments)
    except SystemExit:
        yield said.getvalue().strip().rpartition("error: ")[2]
        return
    if given.args != ["wsgi:app"]:
        yield "starts something else than wsgi:app"
    if given.config != GUNICORN:
        yield f"begins with: gunicorn -c {GUNICORN} wsgi:app"


def wrong_dev(room: Room, arguments: list[str]) -> Iterator[str]:
    """Yield what is wrong with ``python3 dev.py …``."""
    match arguments:
        case ["dev.py", "run", name] if name == room.slug:
            pass
        case ["dev.py", "-s", session, *_]:
            yield from wrong_nox(room, ["-s", session])
        case _:
            yield f"is written: python3 dev.py run {room.slug}"


def wrong_nox(_: Room, arguments: list[str]) -> Iterator[str]:
    """Yield a session that is not there."""
    sessions = SESSION.findall((ROOT / "noxfile.py").read_text("utf-8"))
    if arguments[:1] != ["-s"] or arguments[1] not in sessions:
        yield f"there is no such session, only {', '.join(sessions)}"


def wrong_git(room: Room, arguments: list[str]) -> Iterator[str]:
    """Yield what cannot be checked out."""
    match arguments:
        case ["clone", *_]:
            pass
        case ["sparse-checkout", "set", *paths]:
            for path in paths:
                if not (room.folder.parents[2] / path).exists():
                    yield f"there is no {path}"
        case _:
            yield "is a git command that the house rules do not know"


def wrong_variables(room: Room, values: dict[str, str]) -> Iterator[str]:
    """Yield what the application would say to these variables."""
    known = {name.upper() for name in settings_of(room).model_fields}
    for name in sorted(values.keys() - known - OTHERS):
        yield f"README.md: sets {name}, which nothing reads."
    plain = {name: value for name, value in values.items() if name in known and "$" not in value}
    for problem in invalid(settings_of(room), plain):
        yield f"README.md: {problem}."


PROGRAMS: dict[str, Callable[[Room, list[str]], Iterator[str]]] = {
    "cd": wrong_cd,
    "flask": wrong_flask,
    "git": wrong_git,
    "gunicorn": wrong_gunicorn,
    "nox": wrong_nox,
    "python3": wrong_dev,
}
RULES = (commands_can_be_given,)

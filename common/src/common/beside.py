"""A second process beside ``flask run``: a worker or a scheduler, so that one command shows all."""

import atexit
import json
import os
import subprocess
import sys
from pathlib import Path

import click
from flask import Flask
from flask.cli import run_command
from flask.helpers import get_debug_flag
from pydantic_core import to_jsonable_python
from werkzeug.serving import is_running_from_reloader

STOP_SECONDS = 5  # that the work in hand has when `flask run` ends


def in_flask_run() -> bool:
    """Tell whether this process is the one that serves under ``flask run``; not on Windows."""
    context = click.get_current_context(silent=True)
    if context is None or context.command is not run_command or sys.platform == "win32":
        return False
    reload = context.params["reload"]
    reloads = get_debug_flag() if reload is None else reload
    return not reloads or is_running_from_reloader()  # its parent serves nothing


def start(app: Flask, command: str) -> "subprocess.Popen[bytes]":
    """Start ``flask COMMAND --parent PID`` as a child process, which ends with this one.

    The child makes the application anew with ``create_app`` of its package and the settings of
    ``app``. If this process is killed, it is for the command to notice that its parent has gone.
    """
    environment = dict(os.environ)
    for name in map(str.upper, app.extensions["common_settings"].model_fields):
        value = to_jsonable_python(app.config[name])
        text = value if isinstance(value, str) else json.dumps(value)
        environment[name] = "" if value is None else text
    line = [sys.executable, "-m", "flask", "--app", app.import_name, command]
    child = subprocess.Popen(
        [*line, "--parent", str(os.getpid())],
        cwd=Path(app.root_path).parents[app.import_name.count(".")],
        env=environment,
        process_group=0,  # Ctrl-C in the terminal is for us alone: we end the child
    )
    atexit.register(_stop, child)
    return child


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()

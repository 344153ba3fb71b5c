"""A small repository with small projects, made anew for each test that changes it; a browser."""

import shutil
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from classroom.ideas import ROOT
from tests.browser import browser

__all__ = ["browser"]

IDEA = """
slug = "{slug}"
title = "{title}"
summary = "Notes that anybody may add | and <nobody> may lose."
category = "{category}"
level = {level}
minutes = 20
concepts = {concepts}
prerequisites = {prerequisites}
stubs = ["notes.clean"]

[[stories]]
id = "add-note"
text = "A note that is added is in the list."
points = 60
visibility = "visible"

[[stories]]
id = "empty-note"
text = "An empty note is refused."
points = 40
visibility = "hidden"
"""

README = """\
# {title}

Notes that anybody may add | and <nobody> may lose.

## What it does

- A note that is added is in the list.

## Run it

```console
$ cd projects/{category}/{slug}
$ pip install -r requirements.txt
```

Or `nox -s run -- {slug}` from the root.

## Try it

```console
$ curl -s http://127.0.0.1:5000/notes
["first"]
```

## How it works

`notes.clean` in [notes.py]({slug}/notes.py) does it; the library is
[common](../../../common/src/common/__init__.py), the house rules are
[elsewhere](../../../README.md#rules), and [Run it](#run-it) tells the rest.

<!-- repository only -->
This line is for the repository: `projects/{category}/{slug}`.
<!-- end -->

```mermaid
flowchart LR
    Browser --> Flask --> Notes
```

| what | how many |
| --- | --: |
| notes | 1 |

<script>alert(1)</script>

## Out of scope

Everything else.
"""

PACKAGE = '''
"""Notes."""

import click
from flask import Flask, request
from pathlib import Path

from .notes import clean


def create_app(config=None):
    app = Flask(__name__)
    app.config.update(config or {})
    if "INSTANCE_PATH" in app.config:
        app.instance_path = app.config["INSTANCE_PATH"]
    notes = Path(app.instance_path) / "notes.txt"

    @app.cli.command("seed")
    def seed():
        notes.parent.mkdir(parents=True, exist_ok=True)
        with notes.open("a") as file:
            file.write("first\\n")
        click.echo("Added 1 row.")

    @app.get("/")
    def index():
        return f"<!doctype html><title>n</title><h1>Notes</h1><p id=root>{request.script_root}</p>"

    @app.get("/notes")
    def list_notes():
        return notes.read_text().split()

    @app.post("/notes")
    def add_note():
        return {"text": clean(request.get_data(as_text=True))}, 201

    return app
'''

TESTS = """
import pytest


@pytest.mark.story("add-note")
def test_a_new_app_lists_what_was_seeded(client, run):
    run("seed")

    assert client.get("/notes").json == ["first"]
"""


@pytest.fixture
def forget_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python not know the real projects: a made one may have the name of one of them."""
    real = ROOT / "projects"
    path = [entry for entry in sys.path if not Path(entry).is_relative_to(real)]
    monkeypatch.setattr(sys, "path", path)
    slugs = {folder.parent.name for folder in real.glob("*/*/idea.toml")}
    for name in [*sys.modules]:
        if name.partition(".")[0] in slugs:
            monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository without projects; ``make_project`` adds some."""
    folder = tmp_path / "repository"
    (folder / "projects").mkdir(parents=True)
    for name in ("pyproject.toml", "LICENSE", "common/pyproject.toml", "common/src/common"):
        source = ROOT / name
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    return folder


@pytest.fixture
def make_project(root: Path) -> Callable[..., Path]:
    """Add a project and return its folder: ``make_project("notes", category="crud", level=1)``.

    Names differ from test to test where an app is started: Python imports a package once.
    """

    def make(slug: str = "notes", category: str = "crud", level: int = 1, **more: object) -> Path:
        folder = root / "projects" / category / slug
        values = {
            "slug": slug,
            "title": slug.replace("_", " ").title(),
            "category": category,
            "level": level,
            "concepts": ["notes", "plain text"],
            "prerequisites": [],
            **more,
        }
        files = {
            "idea.toml": IDEA.format(**values),
            "README.md": README.format(**values),
            "requirements.txt": "-e ../../../common\nmarkdown-it-py>=4\n",
            ".env.example": "# Nothing.\n",
            "wsgi.py": f"from {slug} import create_app\n\napp = create_app()\n",
            f"{slug}/__init__.py": textwrap.dedent(PACKAGE),
            f"{slug}/notes.py": "def clean(text):\n    return text.strip()\n",
            "tests/test_stories.py": TESTS,
        }
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return folder

    return make

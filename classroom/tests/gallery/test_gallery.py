import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
from werkzeug.test import Client

from classroom.gallery.__main__ import main
from classroom.gallery.site import create_gallery
from classroom.ideas import ROOT, discover
from common import jobs
from common.testing import wait_until


@pytest.fixture
def open_gallery(root, forget_projects):  # noqa: ARG001  # it acts by being there
    """Return a client of the gallery over the projects made so far."""
    galleries = []

    def open_it(data=None):
        galleries.append(create_gallery(root, data))
        return Client(galleries[-1])

    yield open_it
    for gallery in galleries:
        gallery.close()


def test_the_first_page_lists_what_is_built_and_what_is_planned(open_gallery, make_project):
    make_project("wiki")

    page = open_gallery().get("/")

    assert page.status_code == 200
    assert '<a href="/ideas/wiki/">Wiki</a>' in page.text
    assert page.text.count('class="card planned"') == 44


def test_words_of_a_project_are_text_and_never_markup(open_gallery, make_project):
    make_project("wiki")

    assert "&lt;nobody&gt;" in open_gallery().get("/").text


def test_pages_allow_only_what_they_load_themselves(open_gallery, make_project):
    make_project("wiki")
    client = open_gallery()

    for path in ("/", "/ideas/wiki/", "/nothing", "/static/gallery.css"):
        headers = client.get(path, buffered=True).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "X-Frame-Options" not in headers, path


def test_nothing_in_a_page_needs_inline_script_or_style(open_gallery, make_project):
    make_project("wiki")
    client = open_gallery()

    for path in ("/", "/ideas/wiki/"):
        text = client.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert text.count("<script") == text.count('<script type="module" src=') == 1
        assert "http://" not in text.replace("http://localhost/apps/wiki/", "")
        assert "https://" not in text


@pytest.mark.parametrize("path", ["/ideas/nothing/", "/apps/nothing/", "/apps/chat/", "/x"])
def test_what_is_not_there_is_a_page_that_says_so(open_gallery, path):
    answer = open_gallery().get(path)

    assert answer.status_code == 404
    assert "All ideas" in answer.text


def test_the_readme_is_shown_without_what_could_run(open_gallery, make_project):
    make_project("wiki")

    text = open_gallery().get("/ideas/wiki/").text

    assert '<h2 id="try-it">Try it</h2>' in text
    assert "alert(1)" not in text
    assert '<td class="align-right">1</td>' in text


def test_a_project_whose_readme_is_not_written_yet_is_shown(open_gallery, make_project):
    (make_project("wiki") / "README.md").unlink()

    assert "It has no README.md yet." in open_gallery().get("/ideas/wiki/").text


def test_a_diagram_is_drawn(open_gallery, make_project):
    make_project("wiki")

    text = open_gallery().get("/ideas/wiki/").text

    assert "│ Browser │" in text
    assert "flowchart" not in text


def test_a_diagram_that_cannot_be_drawn_is_shown_as_it_is_written(open_gallery, make_project):
    readme = make_project("wiki") / "README.md"
    readme.write_text("```mermaid\nsequenceDiagram\n  ??? <<\n```\n\n```mermaid\n```\n")

    answer = open_gallery().get("/ideas/wiki/")

    assert answer.status_code == 200


def test_commands_of_the_readme_work_on_the_app_in_the_gallery(open_gallery, make_project):
    make_project("wiki")

    text = open_gallery().get("/ideas/wiki/", base_url="http://house.test:8000").text

    assert "http://house.test:8000/apps/wiki/notes" in text
    assert "127.0.0.1:5000" not in text


def test_links_of_the_readme_lead_somewhere_in_the_gallery(open_gallery, make_project):
    make_project("wiki")
    readme = make_project("tasks") / "README.md"
    readme.write_text(
        "[file](tasks/notes.py) [library](../../../common/src/common/__init__.py) "
        "[other](../wiki/README.md#try-it) [here](#there) [out](../../../../etc/passwd)"
    )
    client = open_gallery()

    text = client.get("/ideas/tasks/").text

    assert '<a href="/source/projects/crud/tasks/tasks/notes.py"' in text
    assert '<a href="/source/common/src/common/__init__.py"' in text
    assert '<a href="/ideas/wiki/#try-it"' in text
    assert '<a href="#there"' in text
    assert "passwd" not in text
    shown = client.get("/source/projects/crud/tasks/tasks/notes.py", buffered=True)
    assert shown.mimetype == "text/plain"
    assert "def clean" in shown.text


@pytest.mark.parametrize(
    "name",
    [
        "projects/crud/wiki/.env",
        "projects/crud/wiki/instance/secret_key",
        "pyproject.toml",
        "projects/crud/wiki/../../../pyproject.toml",
        "/etc/passwd",
        "..%2F..%2Fetc%2Fpasswd",
    ],
)
def test_other_files_are_not_shown(open_gallery, make_project, name):
    folder = make_project("wiki")
    (folder / "instance").mkdir()
    for secret in (".env", "instance/secret_key"):
        (folder / secret).write_text("secret")

    assert open_gallery().get(f"/source/{name}").status_code in {308, 404}


def test_an_app_lives_under_its_own_path(open_gallery, make_project):
    slug = "prefix_notes"
    make_project(slug)
    client = open_gallery()

    assert f"<p id=root>/apps/{slug}</p>" in client.get(f"/apps/{slug}/").text
    assert client.get(f"/apps/{slug}").headers["Location"] == f"/apps/{slug}/"
    assert client.post(f"/apps/{slug}/notes", data=" new ").json == {"text": "new"}


def test_an_app_is_not_started_before_it_is_visited(open_gallery, make_project):
    slug = "lazy_notes"
    make_project(slug)
    client = open_gallery()

    client.get("/")
    assert slug not in sys.modules
    client.get(f"/apps/{slug}/")
    assert slug in sys.modules


def test_demo_data_is_filled_in_at_the_first_start_alone(open_gallery, make_project):
    slug = "seeded_notes"
    folder = make_project(slug)

    assert open_gallery().get(f"/apps/{slug}/notes").json == ["first"]
    assert open_gallery().get(f"/apps/{slug}/notes").json == ["first"]
    assert (folder / "instance/notes.txt").exists()


def test_data_can_live_elsewhere(open_gallery, make_project, tmp_path):
    slug = "elsewhere_notes"
    folder = make_project(slug)

    open_gallery(tmp_path / "data").get(f"/apps/{slug}/")

    assert (tmp_path / "data" / slug / "notes.txt").exists()
    assert not (folder / "instance").exists()


def test_first_visits_at_once_start_one_app(open_gallery, make_project, at_once):
    slug = "busy_notes"
    package = make_project(slug) / slug / "__init__.py"
    package.write_text(
        package.read_text().replace(
            "    app = Flask(__name__)\n",
            "    time.sleep(0.2)\n    app = Flask(__name__)\n    APPS.append(app)\n",
        )
        + "\nimport time\nAPPS = []\n"
    )
    client = open_gallery()

    answers = at_once(8, lambda _: client.get(f"/apps/{slug}/notes").json)

    assert answers == [["first"]] * 8
    assert len(sys.modules[slug].APPS) == 1


@pytest.mark.parametrize(
    ("code", "last_line"),
    [
        ("raise RuntimeError('the oven is <cold>')", "RuntimeError: the oven is &lt;cold&gt;"),
        ("import sys\nsys.exit('SECRET_KEY is missing')", "SystemExit: SECRET_KEY is missing"),
        ("def create_app(:", "SyntaxError: invalid syntax"),
        ("", "has no attribute &#39;create_app&#39;"),
        ("def create_app(config): return None", "None, not a Flask application"),
    ],
)
def test_an_app_that_does_not_start_tells_why(open_gallery, make_project, code, last_line):
    slug = f"broken_{abs(hash(code))}"
    (make_project(slug) / slug / "__init__.py").write_text(code)
    client = open_gallery()

    answer = client.get(f"/apps/{slug}/deep/below")

    assert answer.status_code == 500
    assert last_line in answer.text
    assert f'<a href="/apps/{slug}/">Try again</a>' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert client.get("/").status_code == 200


def test_the_whole_traceback_of_a_failed_start_is_in_the_terminal(
    open_gallery, make_project, capsys
):
    (make_project("sad_notes") / "sad_notes/__init__.py").write_text("1 / 0")

    open_gallery().get("/apps/sad_notes/")

    assert "Traceback" in capsys.readouterr().err


def test_an_app_starts_once_its_fault_is_mended(open_gallery, make_project):
    slug = "mended_notes"
    package = make_project(slug) / slug / "__init__.py"
    good = package.read_text()
    package.write_text("raise RuntimeError")
    client = open_gallery()
    assert client.get(f"/apps/{slug}/notes").status_code == 500

    package.write_text(good)

    assert client.get(f"/apps/{slug}/notes").json == ["first"]


def test_a_project_cannot_hide_behind_an_installed_package(open_gallery, make_project):
    make_project("requests")

    assert "not the project in" in open_gallery().get("/apps/requests/").text


JOBS = '''
"""Notes that a worker writes down."""

from pathlib import Path

import common
from common import jobs
from flask import Flask, current_app, request


def write_down(text):
    Path(current_app.instance_path, "written").write_text(text)


def create_app(config=None):
    app = Flask(__name__)
    common.init_app(app, config, settings=jobs.JobSettings)
    jobs.init_app(app)

    @app.post("/notes")
    def add():
        jobs.enqueue(write_down, request.get_data(as_text=True))
        return "", 202

    return app
'''


def test_a_project_with_jobs_has_a_worker_until_the_gallery_closes(
    open_gallery, make_project, tmp_path, monkeypatch
):
    slug = "job_notes"
    (make_project(slug) / slug / "__init__.py").write_text(JOBS)
    start_worker, workers = jobs.start_worker, []

    def start_and_note(app):
        workers.append(start_worker(app))
        return workers[-1]

    monkeypatch.setattr(jobs, "start_worker", start_and_note)
    client = open_gallery(tmp_path / "data")

    assert client.post(f"/apps/{slug}/notes", data="later").status_code == 202

    written = tmp_path / "data" / slug / "written"
    wait_until(lambda: written.exists() and written.read_text() == "later")
    (worker,) = workers
    assert worker.poll() is None
    client.application.close()
    assert worker.poll() is not None


@pytest.mark.parametrize("idea", discover(), ids=lambda idea: idea.slug)
def test_each_project_is_shown_and_answers(idea, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path.copy())
    gallery = create_gallery(ROOT, tmp_path)
    client = Client(gallery)
    try:
        assert client.get(f"/ideas/{idea.slug}/").status_code == 200
        assert client.get(f"/apps/{idea.slug}/").status_code == 200
        assert client.get(f"/apps/{idea.slug}/healthz").json == {"status": "ok"}
    finally:
        gallery.close()


@pytest.fixture
def served():
    """Start the real command and return the process and the first line that it prints."""
    processes = []

    def start(*arguments):
        command = [sys.executable, "-m", "classroom.gallery", *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process, process.stdout.readline()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_ended(served, end):
    process, line = served("--port", "0")
    url = line.split()[4]

    assert requests.get(url, timeout=10).status_code == 200
    process.send_signal(end)
    out, err = process.communicate(timeout=10)

    assert (process.returncode, out, err) == (0, "The gallery is closed.\n", "")


def test_a_port_in_use_is_a_failure_with_a_hint(served):
    with socket.create_server(("127.0.0.1", 0)) as other:
        process, _ = served("--port", str(other.getsockname()[1]))
        _, err = process.communicate(timeout=10)

    assert process.returncode == 1
    assert "in use" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "x"], ["extra"]])
def test_wrong_usage_is_told(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert "usage: python -m classroom.gallery" in capsys.readouterr().err


def test_a_faulty_idea_is_told_before_anything_is_served(root, make_project, capsys):
    (make_project("wiki") / "idea.toml").write_text("nonsense")

    assert main(["--port", "0"], root) == 1
    assert "projects/crud/wiki/idea.toml" in capsys.readouterr().err


def test_the_first_page_is_quick(open_gallery, make_project):
    make_project("wiki")
    client = open_gallery()
    client.get("/")

    began = time.perf_counter()
    client.get("/")

    assert time.perf_counter() - began < 0.5

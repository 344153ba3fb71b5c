"""A starter boots, fails for the right reason, and has no trace of a solution."""

import ast
import json
import shutil
import subprocess
import sys

import pytest

from classroom.grading.similarity import compare
from classroom.handout.cutting import StarterError, only_stories, stub
from classroom.handout.starter import make_starter
from classroom.ideas import ROOT, Visibility, discover

IDEAS = discover()
SHORTEST_TRACE = 25  # characters; a shorter line says nothing about where it comes from

SOURCE = '''\
"""A module."""

from math import pi  # stays


class Circle:
    """Round."""

    # a comment that stays
    @property
    def area(self) -> float:
        """Return the area.

        In square metres.
        """
        square = self.radius**2  # goes
        return pi * square

    def other(self) -> int:
        """Return one."""
        return 1
'''


def function_body(source: str, name: str) -> list[str]:
    """The lines of a function below its docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == name.rpartition(".")[2]:
            return source.splitlines()[node.body[1].lineno - 1 : node.end_lineno]
    raise AssertionError(f"no function {name}")


@pytest.fixture(scope="module", params=IDEAS, ids=lambda idea: idea.slug)
def starter(request, tmp_path_factory):
    """Each idea with its starter."""
    folder = tmp_path_factory.mktemp("starter") / request.param.slug
    make_starter(request.param, folder)
    return request.param, folder


@pytest.fixture
def copy(starter, tmp_path):
    """The same, to run it: running leaves files behind."""
    idea, folder = starter
    shutil.copytree(folder, tmp_path / idea.slug)
    return idea, tmp_path / idea.slug


def run(folder, *command):
    return subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False
    )


def test_stub_keeps_signature_docstring_decorators_and_everything_around():
    text = stub(SOURCE, "Circle.area", "shapes.Circle.area")
    kept = [line for line in SOURCE.splitlines() if "square =" not in line and "pi *" not in line]
    kept.insert(
        15,
        '        raise NotImplementedError("Write shapes.Circle.area:'
        ' its docstring says what is wanted.")',
    )
    assert text.splitlines() == kept


@pytest.mark.parametrize("function", ["nothing", "Circle", "Circle.nothing"])
def test_stub_that_is_not_there_is_an_error_with_its_name(function):
    with pytest.raises(StarterError, match=f"shapes.{function}"):
        stub(SOURCE, function, f"shapes.{function}")


def test_function_without_a_docstring_is_no_task():
    with pytest.raises(StarterError, match="docstring"):
        stub("def bare():\n    return 1\n", "bare", "shapes.bare")


def test_only_shown_stories_and_what_they_use_stay():
    source = """import pytest

SECRET = 42  # of the hidden story
SHOWN = 1

# how the hidden one asks
def ask():
    return SECRET


@pytest.mark.story("hidden")
@pytest.mark.parametrize("n", [1])
def test_hidden(n):
    assert ask() == n


@pytest.mark.story("seen")
def test_seen():
    assert SHOWN
"""
    kept = only_stories(source, {"seen"})
    assert "test_seen" in kept
    assert "SHOWN = 1" in kept
    for gone in ("SECRET", "ask", "hidden"):
        assert gone not in kept


def test_no_line_of_a_solution_is_left_in_any_file(starter):
    idea, folder = starter
    for name in idea.stubs:
        module, _, function = name.partition(".")
        lines = function_body((idea.folder / idea.slug / f"{module}.py").read_text(), function)
        traces = [line.strip() for line in lines if len(line.strip()) >= SHORTEST_TRACE]
        others = (idea.folder / idea.slug / f"{module}.py").read_text()
        for trace in traces:
            if others.count(trace) > 1:
                continue  # it also stands in a function that is given
            for file in folder.rglob("*"):
                assert not (file.is_file() and trace.encode() in file.read_bytes()), (
                    f"{file.relative_to(folder)} still has {trace!r} of {name}"
                )
    assert not [*folder.rglob("*.pyc"), *folder.rglob(".git"), *folder.rglob("instance")]


def test_hidden_stories_are_named_but_their_tests_are_not_there(starter):
    idea, folder = starter
    tests = (folder / "tests/test_stories.py").read_text()
    for story in idea.stories:
        is_there = f'story("{story.id}")' in tests
        assert is_there is (story.visibility is Visibility.VISIBLE), story.id
    assert [file.name for file in folder.glob("tests/test_*.py")] == ["test_stories.py"]


def test_readme_is_the_task_sheet(starter):
    idea, folder = starter
    readme = (folder / "README.md").read_text()
    for name in idea.stubs:
        assert f"`{name}`" in readme
    for heading in ("What to write", "The stories", "Run it", "Test it", "Endpoints"):
        assert f"\n## {heading}\n" in readme
    assert "How it works" not in readme


def test_it_boots_and_shows_its_pages(copy):
    idea, folder = copy
    program = (
        f"from {idea.slug} import create_app; app = create_app({{'TESTING': True}});"
        "paths = ('/', '/docs', '/openapi.json', '/healthz');"
        "print([app.test_client().get(path).status_code for path in paths])"
    )
    result = run(folder, "-c", program)
    assert result.stdout.strip() == "[200, 200, 200, 200]", result.stderr


def test_its_tests_fail_because_something_is_not_written_yet(copy):
    idea, folder = copy
    result = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", "--tb=short")
    assert result.returncode == 1, result.stdout
    assert "NotImplementedError: Write " in result.stdout
    assert any(f"Write {name}:" in result.stdout for name in idea.stubs)


def test_result_for_the_classroom_has_whole_points_and_no_other_key(tmp_path):
    idea = next(idea for idea in IDEAS if idea.slug == "url_shortener")
    folder = tmp_path / "starter"
    make_starter(idea, folder)
    (folder / "tests/test_stories.py").write_text(
        "import pytest\n\n\n@pytest.mark.story('shorten')\n"
        "@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_it(n):\n    assert n < 3\n"
    )
    assert run(folder, ".github/classroom50.py").returncode == 0
    result = json.loads((folder / "result.json").read_text())
    assert result["schema"] == "classroom50/result/v1"
    assert result.keys() == {
        "schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit",
        "release", "review", "datetime", "score", "max-score", "tests",
    }  # fmt: skip
    (entry,) = result["tests"]
    assert entry["max-score"] == 12
    assert (entry["passed"], entry["score"]) == (False, 8)
    assert (result["score"], result["max-score"]) == (8, 12)


# --- similarity


def code(*names):
    return "\n".join(
        f"def {name}(first, second):\n    total = first * 3 + second\n"
        f"    for index in range({position}):\n        total -= index\n"
        f"    return total if total > {position} else None\n"
        for position, name in enumerate(names)
    )


OTHER = """
import json

class Reader:
    def __init__(self, path):
        self.path = path

    def read(self):
        with open(self.path) as stream:
            return {key: value for key, value in json.load(stream).items() if value}
"""


def test_renamed_copy_is_found_and_other_code_is_not():
    copy = code("one", "two").replace("total", "summe").replace("3", "7") + "# a comment\n"
    pairs = compare({"ann": [("a.py", code("one", "two"))], "bob": [("b.py", copy)],
                     "eve": [("c.py", OTHER)]})  # fmt: skip
    assert [(pair.first, pair.second) for pair in pairs] == [("ann", "bob")]
    assert pairs[0].share == 1
    assert pairs[0].places[0][0][0] == "a.py"


def test_what_the_starter_has_is_taken_off():
    given = [("given.py", code("one", "two", "three"))]
    assert compare({"ann": given, "bob": given}, starter=given) == []


@pytest.mark.parametrize("broken", ["def f(:\n", "\0", "x = '''", "\ufeff  y\n z", ""])
def test_broken_source_does_no_harm(broken):
    assert compare({"ann": [("a.py", broken)], "bob": [("b.py", broken)]}) == []


def test_whoever_has_read_enough_of_the_pairs_may_leave(tmp_path):
    for student in ("ann", "bob"):
        (tmp_path / student).mkdir()
        (tmp_path / student / "a.py").write_text(code("one", "two"))
    command = [sys.executable, "-u", "-m", "classroom.grading.similarity", tmp_path]
    with subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        process.stdout.close()
        process.stdout = None
        assert process.communicate()[1] == ""
    assert process.returncode == 0

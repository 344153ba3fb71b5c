"""What the READMEs say under "Try it" is what happens, and the runner notices when it is not."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import Toy
from tests.house import Room, rooms
from tests.transcript import (
    Done,
    Step,
    aligned,
    all_ended,
    compare,
    differences,
    execute,
    marked,
    steps_of,
    try_it,
)

HANG = "tail -f /dev/null"
DAEMON = f"setsid sh -c 'echo >begun; exec {HANG}' &\nuntil [ -e begun ]; do :; done"


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_transcript_of_the_readme_is_true(room: Room) -> None:
    patch = differences(room.folder, room.text("README.md"))
    assert not patch, (
        f'{room}: README.md, "Try it": lines with - do not happen, lines with + do.\n{patch}'
    )


def test_patch_shows_the_one_wrong_line_of_a_readme(toy: Toy) -> None:
    toy.change("README.md", '{"id":3,"title":"Water', '{"id":7,"title":"Water')
    patch = differences(toy.folder, toy.text("README.md"))
    changed = [line for line in patch.splitlines()[2:] if line[0] in "+-"]
    assert changed == [
        '-{"id":7,"title":"Water the plants",...}',
        '+{"id":3,"title":"Water the plants","text":"Water the plants","color":"yellow"}',
    ]


def test_project_that_does_not_start_is_told(toy: Toy) -> None:
    toy.change("wsgi.py", "app = create_app()", "app = None.app")
    said = differences(toy.folder, toy.text("README.md"))
    assert "'NoneType' object has no attribute 'app'" in said


def test_files_that_stay_in_the_folder_are_found(toy: Toy) -> None:
    toy.change("README.md", "$ curl -s http", "$ mkdir -p in; touch jar in/b x.pyc\n$ curl -s http")

    said = differences(toy.folder, toy.text("README.md"))

    assert said.startswith("'Try it' leaves files behind")
    assert said.endswith(": in/b, jar")


def test_files_in_a_folder_of_their_own_are_not_found(toy: Toy) -> None:
    toy.change("README.md", "$ curl -s http", '$ cd "$(mktemp -d)"; touch jar\n$ curl -s http')

    assert not differences(toy.folder, toy.text("README.md"))


def test_readme_without_a_transcript_is_told(tmp_path: Path) -> None:
    assert "no ```console block" in differences(tmp_path, "## Try it\n\n$ flask run\n")


def test_only_console_blocks_under_try_it_are_executed() -> None:
    readme = "\n".join(
        [
            "## Run it",
            "```console\n$ no\n```",
            "## Try it",
            "```json\n$ no\n```",
            "```console\n$ yes\n```",
            "## Endpoints",
            "```console\n$ no\n```",
        ]
    )
    assert [text for _, text, _ in try_it(readme)] == ["$ yes\n"]


def test_block_is_divided_into_commands_and_outputs() -> None:
    text = "$ one\nout\n$ two \\\n>   'a\n> b' c\n> out\n\nout\n\n$ three\n"
    assert steps_of(text, 10) == [
        Step("one", (11, 12)),
        Step("two \\\n  'a\nb' c", (15, 18)),
        Step("three", (20, 20)),
    ]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("", ""),
        ("a\nb", "a\nb"),
        ("id ...", "id 7"),
        ("...", ""),
        ("...", "a\nb\nc"),
        ("a\n...\nz", "a\nb\nc\nz"),
        ("a\n...\nz", "a\nz"),
        ("a\n...\nz", "a\nz\nz"),
        ("...\na\n...", "x\na\na\ny"),
        ('{"a": ..., "b": 1}', '{"a": [1, 2], "b": 1}'),
        ("[a](b.*c) ...", "[a](b.*c) d"),
        ("wait ...", "wait ..."),
    ],
)
def test_output_as_expected_leaves_no_difference(expected: str, actual: str) -> None:
    assert aligned(expected.splitlines(), actual.splitlines()) == expected.splitlines()


@pytest.mark.parametrize(
    ("expected", "actual", "shown"),
    [
        ("a", "b", "b"),
        ("a", "", ""),
        ("", "a", "a"),
        ("a\nb", "a", "a"),
        ("a", "a\nb", "a\nb"),
        ("a\nb", "b\na", "b\na"),
        ("a\n...\nz", "a\nb\ny", "a\n...\ny"),
        ("a\n...\nz", "a\nz\nb", "a\n...\nz\nb"),
        ("a\n...\nz", "a\n", "a\n..."),
        ("...\na\n...", "x\ny", "...\nx\n..."),
        ("id ...\nend", "id\nend", "id\nend"),
        ("id ..., name", "id 7\n, name", "id 7\n, name"),
        ('{"a": ..., "b": 1}', '{"a": 1, "b": 2}', '{"a": 1, "b": 2}'),
        ("a.c", "abc", "abc"),
    ],
)
def test_other_output_is_shown(expected: str, actual: str, shown: str) -> None:
    assert aligned(expected.splitlines(), actual.splitlines()) == shown.splitlines()


@pytest.mark.parametrize(
    ("done", "added"),
    [
        (Done("", 0), []),
        (Done("", 22), ["+(exit code 22)"]),
        (Done("", None), ["+(this did not come to its end)"]),
        (Done("x\n" * 500, 0), [*["+x"] * 300, "+(200 more lines)"]),
    ],
)
def test_patch_tells_how_a_command_ended(done: Done, added: list[str]) -> None:
    patch = compare("$ command\n", [Step("command", (1, 1))], [done]).splitlines()
    assert [line for line in patch[2:] if line[0] in "+-"] == added


def run(tmp_path: Path, *commands: str, seconds: float = 30) -> list[Done]:
    with all_ended(tmp_path) as environment:
        return execute(commands, tmp_path, environment, seconds)


def test_commands_share_one_shell(tmp_path: Path) -> None:
    done = run(tmp_path, "mkdir a; cd a; b=7", "basename $PWD$b", "cat <<end\nc\nend")
    assert done == [Done("", 0), Done("a7\n", 0), Done("c\n", 0)]


@pytest.mark.parametrize(
    ("command", "code"), [("false", 1), ("false | cat", 1), ("exit_ed", 127), ("(exit 5)", 5)]
)
def test_exit_code_is_that_of_the_command(tmp_path: Path, command: str, code: int) -> None:
    assert [one.code for one in run(tmp_path, command, "true")] == [code, 0]


@pytest.mark.parametrize("command", ["exit 0", "echo 'a", "echo )", "exec true"])
def test_command_that_ends_the_shell_is_the_last(tmp_path: Path, command: str) -> None:
    assert [one.code for one in run(tmp_path, "true", command, "true")] == [0, None]


def test_syntax_error_is_told(tmp_path: Path) -> None:
    assert "syntax error" in run(tmp_path, "echo )")[0].output


def test_command_that_hangs_is_ended(tmp_path: Path) -> None:
    done = run(tmp_path, "true", "true", f"echo begun; {HANG}", "true", seconds=0.5)
    assert done == [Done("", 0), Done("", 0), Done("begun\n", None)]


def test_input_is_empty(tmp_path: Path) -> None:
    assert run(tmp_path, "cat", "echo next") == [Done("", 0), Done("next\n", 0)]


def test_environment_is_not_that_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    assert "DATABASE_URL" not in run(tmp_path, "env")[0].output


def test_failure_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.transcript.STOP_SECONDS", 0.1)
    with suppress(KeyboardInterrupt), all_ended(tmp_path) as environment:
        execute([DAEMON], tmp_path, environment)
        raise KeyboardInterrupt
    assert marked(f"TRANSCRIPT_IN={tmp_path}") == {}


def test_what_is_left_running_is_told_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.transcript.STOP_SECONDS", 0.1)
    with pytest.raises(AssertionError, match=r"still running after the end:\n.*tail"):
        run(tmp_path, DAEMON)
    assert marked(f"TRANSCRIPT_IN={tmp_path}") == {}

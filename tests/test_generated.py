"""What is generated in a project is what Settings and idea.toml say."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

import common
from tests.conftest import Toy
from tests.house import Room, findings
from tests.house.generated import HEAD, comment, env_example, refresh, with_stories


class Settings(common.Settings):
    """One more of each kind."""

    is_public: bool = Field(True, description="Whether everybody may read.")
    kinds: Literal["a", "b"] = Field("b", description="Which ones.")
    hosts: str = Field("", description="Further names.")
    seconds: float = Field(2.5, description="A long word " * 10)


def test_example_has_each_variable_with_its_description_and_default() -> None:
    text = env_example(Settings)

    assert text.startswith(f"# {HEAD}\n\n# Signs and encrypts")
    assert (
        "\n# python3 -c 'import secrets; print(secrets.token_urlsafe(32))'\nSECRET_KEY=\n" in text
    )
    assert "\n\n# Whether everybody may read.\nIS_PUBLIC=1\n\n# Which ones.\nKINDS=b\n" in text
    assert "\nHOSTS=\n" in text
    assert text.endswith("\nSECONDS=2.5\n")


def test_long_description_has_several_lines() -> None:
    lines = comment("A long word " * 10).splitlines()

    assert [line[:8] for line in lines] == ["# A long", "# long w"]
    assert max(map(len, lines)) <= 100


def test_stories_stand_under_their_heading_alone() -> None:
    readme = "# Notes\n\n## What it does\n\n- Old.\nMore.\n\n## Try it\n\n- This stays.\n"

    assert with_stories(readme, ["One.", "Two."]) == (
        "# Notes\n\n## What it does\n\n- One.\n- Two.\n\n## Try it\n\n- This stays.\n"
    )


@pytest.mark.parametrize("readme", ["", "# Notes\n", "## What it does\n\nNothing follows.\n"])
def test_readme_without_a_place_for_stories_stays_as_it_is(readme: str) -> None:
    assert with_stories(readme, ["One."]) == readme


def test_check_finds_what_is_stale_and_writing_mends_it(
    toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    root = toy.folder.parents[2]
    toy.change(".env.example", "TITLE_LENGTH=20", "TITLE_LENGTH=30")
    toy.change("README.md", "- A note that is added", "- A note added")

    codes = [refresh(root, is_check=True), refresh(root), refresh(root, is_check=True)]

    assert codes == [1, 0, 0]
    assert findings(Room(toy.folder)) == []
    assert "notes/.env.example is stale. Run: nox" in capsys.readouterr().err


def test_check_changes_nothing(toy: Toy) -> None:
    root = toy.folder.parents[2]
    file = Path(toy.folder, ".env.example")
    file.write_text("", "utf-8")

    assert refresh(root, is_check=True) == 1
    assert file.read_text("utf-8") == ""

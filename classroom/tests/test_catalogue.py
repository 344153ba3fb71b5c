import pytest

from classroom.catalogue import BEGIN, END, main, tables
from classroom.ideas import IdeaError


@pytest.fixture
def readme(root):
    file = root / "README.md"
    file.write_text(f"# House\n\n{BEGIN}\n{END}\n\nThe end.\n", "utf-8")
    return file


def test_a_built_idea_links_to_its_folder_and_tells_level_minutes_and_concepts(root, make_project):
    make_project("wiki", level=2)

    row = next(line for line in tables(root).splitlines() if "Wiki" in line)

    assert row.startswith("| **[Wiki](projects/crud/wiki/)** |")
    assert row.endswith("| 2 | 20 | notes, plain text |")


def test_text_cannot_break_out_of_its_cell(root, make_project):
    make_project("wiki")

    row = next(line for line in tables(root).splitlines() if "Wiki" in line)

    assert r"may add \| and \<nobody\> may lose." in row


def test_planned_ideas_are_listed_as_such(root, make_project):
    make_project("wiki")

    text = tables(root)

    assert text.startswith("1 of 45 ideas are built; the others are planned.")
    assert text.count("*(planned)*") == 44


def test_the_text_around_the_catalogue_stays(root, readme):
    assert main([], root) == 0

    text = readme.read_text("utf-8")
    assert text.startswith(f"# House\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\nThe end.\n")


def test_writing_twice_changes_nothing(root, readme):
    main([], root)
    once = readme.read_bytes()

    assert main([], root) == 0
    assert readme.read_bytes() == once


def test_writing_leaves_no_other_file_and_keeps_the_mode(root, readme):
    readme.chmod(0o664)
    before = sorted(root.iterdir())

    main([], root)

    assert sorted(root.iterdir()) == before
    assert readme.stat().st_mode & 0o777 == 0o664


@pytest.mark.usefixtures("readme")
def test_check_passes_when_the_catalogue_is_fresh(root):
    main([], root)

    assert main(["--check"], root) == 0


def test_check_fails_with_the_command_when_a_project_has_come(root, readme, make_project, capsys):
    main([], root)
    make_project("wiki")
    stale = readme.read_bytes()

    assert main(["--check"], root) == 1
    assert "Run: nox -s catalogue" in capsys.readouterr().err
    assert readme.read_bytes() == stale


@pytest.mark.parametrize("text", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"])
def test_a_readme_without_markers_is_left_alone(root, text, capsys):
    (root / "README.md").write_text(text, "utf-8")

    assert main([], root) == 1
    assert BEGIN in capsys.readouterr().err
    assert (root / "README.md").read_text("utf-8") == text


def test_a_missing_readme_is_named(root, capsys):
    assert main([], root) == 1
    assert "README.md" in capsys.readouterr().err


@pytest.mark.usefixtures("readme")
def test_a_faulty_idea_stops_it(root, make_project, capsys):
    (make_project("wiki") / "idea.toml").write_text("nonsense", "utf-8")

    assert main([], root) == 1
    assert "projects/crud/wiki/idea.toml" in capsys.readouterr().err


def test_catalogue_has_no_project_without_those_to_read_before(root, make_project):
    make_project("wiki", level=2, prerequisites=["recipes"])

    with pytest.raises(IdeaError, match="there is no project 'recipes'"):
        tables(root)

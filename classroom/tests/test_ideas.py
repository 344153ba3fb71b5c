import pytest

from classroom.ideas import (
    Idea,
    IdeaError,
    Planned,
    UnknownIdeaError,
    Visibility,
    categories,
    discover,
    find,
    floors,
    load,
    planned,
    schema,
)


def test_there_are_forty_five_planned_ideas_with_names_of_their_own():
    slugs = [entry.slug for entry in planned()]

    assert len(slugs) == len(set(slugs)) == 45


def test_planned_ideas_follow_the_order_of_the_categories():
    order = [category.slug for category in categories()]
    places = [order.index(entry.category) for entry in planned()]

    assert places == sorted(places)


def test_schema_knows_the_categories_of_the_catalogue():
    assert schema()["properties"]["category"]["enum"] == [entry.slug for entry in categories()]


def test_planned_entries_keep_the_lengths_that_the_schema_sets():
    limits = schema()["properties"]
    for entry in planned():
        assert len(entry.title) <= limits["title"]["maxLength"], entry
        assert len(entry.summary) <= limits["summary"]["maxLength"], entry


def test_a_built_idea_is_read_whole(root, make_project):
    folder = make_project("notes", category="data", level=3)

    (idea,) = discover(root)

    assert (idea.slug, idea.title, idea.category, idea.level) == ("notes", "Notes", "data", 3)
    assert idea.concepts == ("notes", "plain text")
    assert [(story.id, story.points, story.visibility) for story in idea.stories] == [
        ("add-note", 60, Visibility.VISIBLE),
        ("empty-note", 40, Visibility.HIDDEN),
    ]
    assert idea.stubs == ("notes.clean",)
    assert idea.folder == folder


def test_a_built_idea_takes_the_place_of_its_plan(root, make_project):
    make_project("wiki", category="crud")

    crud = floors(root)[0].entries

    assert [entry.slug for entry in crud].count("wiki") == 1
    assert isinstance(crud[3], Idea)
    assert isinstance(crud[2], Planned)


def test_the_forty_sixth_idea_ends_its_category(root, make_project):
    make_project("guestbook", category="crud")

    entries = [entry for floor in floors(root) for entry in floor.entries]

    assert len(entries) == 46
    assert floors(root)[0].entries[-1].slug == "guestbook"


def test_built_ideas_come_in_the_order_of_the_catalogue(root, make_project):
    for slug, category in (("chat", "realtime"), ("aaa", "crud"), ("wiki", "crud")):
        make_project(slug, category=category)

    assert [idea.slug for idea in discover(root)] == ["wiki", "aaa", "chat"]


FAULTS = [
    ("level = 1", "level = 6", "level: ", "6"),
    ("level = 1", 'level = "easy"', "level: ", "integer"),
    ("level = 1", "level = true", "level: ", "integer"),
    ("level = 1", "level = 2.0", "level: ", "integer"),
    ("level = 1", "level = 1\ncolour = 1", "", "colour"),
    ("minutes = 20", "", "", "'minutes' is a required property"),
    ("minutes = 20", "minutes = 0", "minutes: ", "minimum"),
    ('"crud"', '"cooking"', "category: ", "cooking"),
    ('"crud"', '"auth"', "category: ", "the folder is in 'crud'"),
    ('slug = "notes"', 'slug = "memos"', "slug: ", "the folder is called 'notes'"),
    ('slug = "notes"', 'slug = "No-tes"', "slug: ", "small letters"),
    ('title = "Notes"', 'title = " Notes"', "title: ", "without space at its ends"),
    ('title = "Notes"', 'title = "Notes\\n"', "title: ", "one line"),
    ('title = "Notes"', f'title = "{"N" * 61}"', "title: ", "too long"),
    ("concepts = [", "concepts = [] #", "concepts: ", "non-empty"),
    ("concepts = [", 'concepts = ["a", "a"] #', "concepts: ", "non-unique"),
    ('"notes.clean"', '"clean"', "stubs[0]: ", "module.function"),
    ("points = 40", "points = 41", "stories: ", "add up to 101"),
    ("points = 40", "points = 0", "stories[1].points: ", "minimum"),
    ('"hidden"', '"secret"', "stories[1].visibility: ", "secret"),
    ('"empty-note"', '"add-note"', "stories: ", "used 2 times"),
    ('"empty-note"', '"Empty note"', "stories[1].id: ", "small letters"),
    ('text = "An empty', 'hint = "x"\ntext = "An empty', "stories[1]: ", "hint"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_file_and_place(root, make_project, fault):
    old, new, place, reason = fault
    file = make_project("notes", level=1) / "idea.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(IdeaError) as caught:
        load(file, root)

    assert str(caught.value).startswith(f"projects/crud/notes/idea.toml: {place}")
    assert reason in str(caught.value)


def test_a_file_that_is_no_toml_is_named_with_the_line(root, make_project):
    file = make_project("notes") / "idea.toml"
    file.write_text("slug = \n", "utf-8")

    with pytest.raises(IdeaError, match=r"^projects/crud/notes/idea.toml: .*line 1"):
        load(file, root)


def test_all_faults_of_all_files_are_named_at_once(root, make_project):
    for slug in ("one", "two"):
        file = make_project(slug) / "idea.toml"
        file.write_text(file.read_text().replace("level = 1", "level = 9\nsize = 1"), "utf-8")

    with pytest.raises(IdeaError) as caught:
        discover(root)

    assert len(str(caught.value).splitlines()) == 4


def test_two_projects_of_one_name_are_refused(root, make_project):
    make_project("notes", category="crud")
    make_project("notes", category="data")

    with pytest.raises(IdeaError, match="2 projects are called 'notes'"):
        discover(root)


def test_prerequisites_are_projects_or_plain_words(root, make_project):
    make_project("notes", level=2)
    make_project("wiki", level=2, prerequisites=["notes", "what a link is", "HTML"])

    assert find("wiki", root).prerequisites == ("notes", "what a link is", "HTML")


def test_prerequisite_may_lie_elsewhere_for_who_has_one_folder_alone(root, make_project):
    make_project("wiki", level=2, prerequisites=["recipes"])

    assert find("wiki", root).prerequisites == ("recipes",)


@pytest.mark.parametrize(
    ("prerequisites", "problem"),
    [
        (["task"], "projects/crud/wiki/idea.toml: prerequisites: there is no project 'task'"),
        (["chat"], "projects/crud/wiki/idea.toml: prerequisites: 'chat' has level 5, and this "),
        (["wiki"], "projects: prerequisites in a circle: wiki, wiki"),
        (["notes"], "projects: prerequisites in a circle: "),
    ],
)
def test_prerequisite_that_cannot_be_read_before_is_refused(
    root, make_project, prerequisites, problem
):
    make_project("chat", category="realtime", level=5)
    make_project("notes", level=2, prerequisites=["wiki"])
    make_project("wiki", level=2, prerequisites=prerequisites)

    with pytest.raises(IdeaError) as caught:
        discover(root)

    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("name", ["recipe", "Recipes", "receipes"])
def test_an_unknown_name_brings_near_ones(root, make_project, name):
    make_project("recipes")
    make_project("wiki")

    with pytest.raises(UnknownIdeaError, match=r"Did you mean recipes\?"):
        find(name, root)


def test_a_name_that_is_far_from_all_brings_the_list(root, make_project):
    make_project("recipes")
    make_project("wiki")

    with pytest.raises(UnknownIdeaError, match=r"There are: wiki and recipes\."):
        find("zzz", root)


def test_a_planned_name_is_said_to_be_planned(root, make_project):
    make_project("wiki")

    with pytest.raises(UnknownIdeaError, match="'chat' is planned, but not built yet"):
        find("chat", root)


def test_the_ideas_of_this_repository_are_sound():
    assert all(find(idea.slug) == idea for idea in discover())

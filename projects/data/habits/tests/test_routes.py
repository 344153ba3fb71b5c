"""What stays the same however many rows there are, and the demo data."""

import pytest


@pytest.fixture
def demo(grow, as_user):
    """Ana with made-up rows, her first habit done daily for ten years."""
    grow(50)
    return as_user("ana", password="correct horse")


@pytest.mark.parametrize(
    ("path", "queries"),
    [("/habits/1/stats", 5), ("/habits/1/calendar", 5), ("/habits?per_page=50", 3)],
)
def test_ten_years_and_fifty_habits_take_few_queries(demo, max_queries, path, queries):
    with max_queries(queries):
        assert demo.get(path).status_code == 200


def test_ten_years_make_streak_of_ten_years(demo):
    assert demo.get("/habits/1/stats").json["current_streak"] == 3652


def test_check_in_after_ten_years_reads_one_day(demo, max_queries):
    with max_queries(6):
        assert demo.post("/habits/1/check-in").json["count"] == 2


def test_ids_go_on_after_made_up_rows(demo):
    assert demo.post("/habits", json={"name": "Read"}).json["id"] == 51


def test_demo_data_is_added_once(run):
    first, second = run("seed"), run("seed")

    assert first.output.startswith("Added ")
    assert second.output == "The demo data is there already.\n"


def test_demo_data_has_streak_to_keep(run, as_user):
    run("seed")
    ana = as_user("ana", password="correct horse")

    assert ana.get("/habits/1/stats").json["current_streak"] >= 10
    assert ana.get("/habits").json[1]["target_per_day"] == 6


def test_day_may_be_done_more_often_than_can_be_planned(as_user):
    ana = as_user("ana")
    habit = ana.post("/habits", json={"name": "Breathe"})
    ana.put(f"{habit.location}/check-ins/{habit.json['started_on']}?count=1000")

    assert ana.post(f"{habit.location}/check-in").json["count"] == 1001


def test_lines_of_text_that_nobody_can_read_are_no_names(as_user):
    ana = as_user("ana")

    for name in ("a\nb", "a\u001b[31m", "\u202eabc", "\u200b", "a\0b"):
        response = ana.post("/habits", json={"name": name})
        assert response.status_code == 422, f"{name!r} should be refused"

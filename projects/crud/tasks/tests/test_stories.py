"""What the service promises to those who have something to do, over HTTP alone."""

import random
from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOST_ORDER = 2**53 - 1


@pytest.fixture(autouse=True)
def _now(clock):
    clock.set(text_of(NOW))


@pytest.fixture
def add(client):
    """Write down a task and return it: ``add(order=3)``; without a title it gets any."""

    def add(**fields):
        body = {"title": any_title(), **fields}
        response = client.post("/tasks", json=body)
        assert response.status_code == 201, wrong(f"POST /tasks {body}", response, 201)
        return response.json

    return add


@pytest.fixture
def read(client):
    """Return a task as GET shows it now: ``read(task)``."""

    def read(task):
        response = client.get(path_of(task))
        assert response.status_code == 200, wrong("GET of the task's URL", response, 200)
        return response.json

    return read


@pytest.fixture
def change(client):
    """Change a task and return it as it is answered: ``change(task, title="New")``."""

    def change(task, **fields):
        response = client.patch(path_of(task), json=fields)
        assert response.status_code == 200, wrong(f"PATCH {fields}", response, 200)
        return response.json

    return change


@pytest.fixture
def step(client):
    """Complete or reopen a task and return it as it is answered: ``step(task, "reopen")``."""

    def step(task, name):
        response = client.post(f"{path_of(task)}/{name}")
        assert response.status_code == 200, wrong(f"POST …/{name}", response, 200)
        return response.json

    return step


@pytest.fixture
def titles(client):
    """Return the titles of the list: ``titles(completed="true")``."""

    def titles(**query):
        response = client.get("/tasks", query_string=query)
        assert response.status_code == 200, wrong(f"GET /tasks with {query}", response, 200)
        return [task["title"] for task in response.json]

    return titles


def any_title():
    return f"Task {random.randrange(10**9)}"


def text_of(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_of(task):
    """Return the path of a task's URL: what follows the host."""
    return "/tasks/" + task["url"].rpartition("/")[2]


def wrong(what, response, expected):
    """Return the words for a status that is not the expected one."""
    return f"{what}: got {response.status_code}, expected {expected}; {response.text}"


# keep


@pytest.mark.story("keep", promise=True)
def test_task_is_read_back_at_its_url(client, read):
    body = {"title": any_title(), "order": random.randrange(1000), "due": text_of(NOW + HOUR)}

    response = client.post("/tasks", json=body)

    assert response.status_code == 201, wrong("POST /tasks", response, 201)
    task = response.json
    assert task == task | body | {"completed": False}, "it should be answered as it was sent"
    assert task["completed_at"] is None, "what is open has no completed_at"
    assert task["created_at"] == task["updated_at"] == text_of(NOW), "it was written down now"
    assert response.headers["Location"] == task["url"], "Location should be its URL"
    assert read(task) == task, "GET should show what POST has answered"


@pytest.mark.story("keep")
def test_url_is_absolute(client):
    body = {"title": any_title()}

    task = client.post("/tasks", json=body, base_url="http://todo.example").json

    assert task["url"].startswith("http://todo.example/tasks/"), f"not absolute: {task['url']}"
    assert client.get(task["url"]).status_code == 200, f"{task['url']} should lead to the task"


@pytest.mark.story("keep")
@pytest.mark.settings(PROXY_HOPS="1", PROXY_PREFIX="1")
def test_url_has_prefix_of_proxy(client):
    headers = {
        "X-Forwarded-Host": "example.com",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/todo",
    }

    task = client.post("/tasks", json={"title": any_title()}, headers=headers).json

    assert task["url"].startswith("https://example.com/todo/tasks/"), f"got {task['url']}"


@pytest.mark.story("keep", promise=True)
def test_what_is_not_sent_stays(add, change, read, clock):
    before = add(order=random.randrange(1000), due=text_of(NOW + HOUR))
    title = any_title()
    clock.advance(hours=1)

    after = change(before, title=title)

    expected = before | {"title": title, "updated_at": text_of(NOW + HOUR)}
    assert after == expected, "title and updated_at change, and nothing else"
    assert read(before) == after, "GET should show what PATCH has answered"


@pytest.mark.story("keep")
def test_change_of_nothing_leaves_updated_at(add, change, clock):
    before = add()
    clock.advance(hours=1)

    assert change(before) == before, "{} changes nothing"
    assert change(before, title=before["title"]) == before, "the same title is no change"


@pytest.mark.story("keep")
@pytest.mark.parametrize("field", ["due", "order"])
def test_null_clears(add, change, field):
    task = add(due=text_of(NOW), order=3)

    assert change(task, **{field: None})[field] is None, f"null should clear {field}"


@pytest.mark.story("keep")
def test_deleted_task_is_gone(client, add, titles):
    task = add()
    other = add()

    response = client.delete(path_of(task))

    assert response.status_code == 204, wrong("DELETE", response, 204)
    response = client.delete(path_of(task))
    assert response.status_code == 404, wrong("DELETE the second time", response, 404)
    assert titles() == [other["title"]], "the other task should stay"


@pytest.mark.story("keep")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tasks/1"),
        ("PATCH", "/tasks/1"),
        ("PUT", "/tasks/1"),
        ("DELETE", "/tasks/1"),
        ("POST", "/tasks/1/complete"),
        ("POST", "/tasks/1/reopen"),
    ],
)
def test_unknown_task_is_404(client, method, path):
    body = {"title": any_title()} if method in {"PATCH", "PUT"} else None

    response = client.open(path, method=method, json=body)

    assert response.status_code == 404, wrong(f"{method} {path}", response, 404)


@pytest.mark.story("keep")
def test_put_takes_task_as_get_shows_it(client, add, clock):
    task = add(order=7)
    clock.advance(hours=1)
    whole = task | {"title": any_title(), "due": text_of(NOW)}

    response = client.put(path_of(task), json=whole)

    assert response.status_code == 200, wrong("PUT of a whole task", response, 200)
    expected = whole | {"updated_at": text_of(NOW + HOUR)}
    assert response.json == expected, "only updated_at is not as it was sent"


@pytest.mark.story("keep")
def test_put_clears_what_is_left_out(client, add):
    task = add(order=7, due=text_of(NOW))

    response = client.put(path_of(task), json={"title": "Alone"})

    assert response.status_code == 200, wrong("PUT", response, 200)
    cleared = {"title": "Alone", "order": None, "due": None}
    assert response.json == task | cleared, "PUT replaces: order and due are cleared"


@pytest.mark.story("keep")
def test_demo_data_are_added_once(run, titles):
    assert run("seed").exit_code == 0, "flask seed should work"
    seeded = titles()
    assert seeded, "flask seed should add tasks"

    run("seed")

    assert titles() == seeded, "the second time it should add nothing"


# complete


@pytest.mark.story("complete", promise=True)
def test_completed_task_says_since_when(add, step, read):
    task = add()

    done = step(task, "complete")

    assert done["completed"] is True, "POST …/complete completes"
    assert done["completed_at"] == text_of(NOW), "it was completed now"
    assert read(task) == done, "GET should show what POST has answered"


@pytest.mark.story("complete", promise=True)
def test_completing_twice_keeps_first_moment(add, step, read, clock):
    task = add()
    first = step(task, "complete")
    clock.advance(hours=random.randrange(1, 100))

    second = step(task, "complete")

    assert second == first, "the second time changes nothing, updated_at neither"
    assert read(task) == first, "GET should show the first completed_at"


@pytest.mark.story("complete")
def test_patch_completes_too_and_keeps_first_moment(add, change, clock):
    task = add()
    first = change(task, completed=True)
    clock.advance(hours=1)

    second = change(task, completed=True)

    assert first["completed_at"] == text_of(NOW), "PATCH completes like POST …/complete"
    assert second == first, "the second time changes nothing"


@pytest.mark.story("complete")
def test_other_changes_leave_task_completed(add, change, step, clock):
    task = add()
    done = step(task, "complete")
    clock.advance(hours=1)

    renamed = change(task, title=any_title())

    moments = {name: renamed[name] for name in ("completed", "completed_at")}
    assert moments == {name: done[name] for name in moments}, "a new title is no new state"


@pytest.mark.story("complete")
def test_task_can_be_written_down_as_completed(add):
    assert add(completed=True)["completed_at"] == text_of(NOW), "it was completed when it came"


# reopen


@pytest.mark.story("reopen", promise=True)
def test_reopened_task_has_no_completed_at(add, step, read):
    task = add()
    step(task, "complete")

    opened = step(task, "reopen")

    assert opened["completed"] is False, "POST …/reopen opens"
    assert opened["completed_at"] is None, "what is open has no completed_at"
    assert read(task) == opened, "GET should show what POST has answered"


@pytest.mark.story("reopen", promise=True)
def test_task_completed_anew_gets_new_moment(add, step, clock):
    task = add()
    step(task, "complete")
    clock.advance(hours=1)
    step(task, "reopen")
    clock.advance(hours=1)

    again = step(task, "complete")

    assert again["completed_at"] == text_of(NOW + 2 * HOUR), "it was completed two hours later"


@pytest.mark.story("reopen")
def test_patch_reopens_too(add, change):
    task = add(completed=True)

    opened = change(task, completed=False)

    assert (opened["completed"], opened["completed_at"]) == (False, None), "PATCH reopens as well"


@pytest.mark.story("reopen")
def test_reopening_open_task_changes_nothing(add, step, clock):
    task = add()
    clock.advance(hours=1)

    assert step(task, "reopen") == task, "it is open already: updated_at stays, too"


@pytest.mark.story("reopen")
def test_put_without_completed_reopens(client, add):
    task = add(completed=True)

    response = client.put(path_of(task), json={"title": any_title()})

    assert response.status_code == 200, wrong("PUT", response, 200)
    assert response.json["completed_at"] is None, "PUT replaces: what is not completed is open"


# filter


@pytest.mark.story("filter", promise=True)
def test_filters_add_up(add, titles):
    soon, late = text_of(NOW + HOUR), text_of(NOW + 5 * HOUR)
    wanted = add(due=soon)
    add(due=soon, completed=True)
    add(due=late)
    add()

    found = titles(completed="false", due_before=text_of(NOW + 2 * HOUR), overdue="false")

    assert found == [wanted["title"]], "only what fits every filter is listed"


@pytest.mark.story("filter", promise=True)
def test_spans_that_meet_have_each_task_once(add, titles):
    start = NOW + random.randrange(1, 1000) * HOUR
    moments = [start, start + HOUR, start + 2 * HOUR]
    first, second, third = (add(due=text_of(moment))["title"] for moment in moments)
    add()

    spans = [
        titles(due_before=text_of(moments[1])),
        titles(due_after=text_of(moments[1]), due_before=text_of(moments[2])),
        titles(due_after=text_of(moments[2])),
    ]

    assert spans == [[first], [second], [third]], "due_after <= due < due_before"


@pytest.mark.story("filter", promise=True)
def test_completed_and_open_are_listed(add, titles):
    done = add(completed=True)["title"]
    still_open = add()["title"]

    assert titles(completed="true") == [done], "completed=true lists what is completed"
    assert titles(completed="false") == [still_open], "completed=false lists what is open"


@pytest.mark.story("filter")
def test_moments_are_compared_in_any_time_zone(add, titles):
    task = add(due="2026-03-01T00:30:00+02:00")

    assert task["due"] == "2026-02-28T22:30:00Z", "a moment is answered in UTC"
    assert titles(due_before="2026-02-28T23:00:00Z") == [task["title"]], "22:30 is before 23:00"
    assert titles(due_after="2026-03-01T00:00:00+01:00") == [], "that is 23:00 in UTC"


@pytest.mark.story("filter")
def test_total_counts_what_fits(client, add):
    for is_completed in (True, True, False):
        add(completed=is_completed)

    response = client.get("/tasks?completed=true&per_page=1")

    assert response.headers["X-Total-Count"] == "2", "two of three are completed"
    assert len(response.json) == 1, "and one is on the page"


# overdue


@pytest.mark.story("overdue", promise=True)
def test_only_what_is_open_can_be_overdue(add, titles):
    late = add(due=text_of(NOW - HOUR))
    add(due=text_of(NOW - HOUR), completed=True)
    add(due=text_of(NOW + HOUR))
    add()

    assert titles(overdue="true") == [late["title"]], "due before now, and not completed"


@pytest.mark.story("overdue", promise=True)
def test_rest_is_not_overdue(add, titles):
    add(due=text_of(NOW - HOUR))
    done = add(due=text_of(NOW - HOUR), completed=True)["title"]
    later = add(due=text_of(NOW + HOUR))["title"]
    without = add()["title"]

    found = sorted(titles(overdue="false"))

    assert found == sorted([done, later, without]), "what is not overdue, with a due or without"


@pytest.mark.story("overdue")
def test_task_is_overdue_once_its_moment_is_over(add, titles, clock):
    task = add(due=text_of(NOW))
    assert titles(overdue="true") == [], "due now is not due before now"

    clock.advance(seconds=1)

    assert titles(overdue="true") == [task["title"]], "a second later it is overdue"


@pytest.mark.story("overdue")
def test_completed_task_is_overdue_no_longer(add, step, titles):
    task = add(due=text_of(NOW - HOUR))
    step(task, "complete")
    assert titles(overdue="true") == [], "it is done"

    step(task, "reopen")

    assert titles(overdue="true") == [task["title"]], "and open again"


# sort


@pytest.mark.story("sort", promise=True)
@pytest.mark.parametrize("key", ["order", "due"])
def test_what_has_no_value_comes_last_both_ways(add, titles, key):
    values = {"order": [1, 2], "due": [text_of(NOW), text_of(NOW + HOUR)]}[key]
    first_without = add()["title"]
    large = add(**{key: values[1]})["title"]
    small = add(**{key: values[0]})["title"]
    second_without = add()["title"]

    upwards, downwards = titles(sort=key), titles(sort=f"-{key}")

    assert upwards == [small, large, first_without, second_without], f"sort={key}"
    assert downwards == [large, small, second_without, first_without], f"sort=-{key}"


@pytest.mark.story("sort")
def test_list_is_in_order_without_being_asked(add, titles):
    orders = random.sample(range(-1000, 1000), 20)
    expected = {order: add(order=order)["title"] for order in orders}

    assert titles() == [expected[order] for order in sorted(orders)], "the smallest order first"


@pytest.mark.story("sort")
def test_title_and_age_sort_too(add, titles, clock):
    for title in ("beans", "apples", "corn"):
        add(title=title)
        clock.advance(hours=1)

    assert titles(sort="title") == ["apples", "beans", "corn"], "sort=title"
    assert titles(sort="-title") == ["corn", "beans", "apples"], "sort=-title"
    assert titles(sort="created_at") == ["beans", "apples", "corn"], "sort=created_at"
    assert titles(sort="-created_at") == ["corn", "apples", "beans"], "sort=-created_at"


@pytest.mark.story("sort")
def test_pages_of_equals_show_each_task_once(add, titles):
    expected = [add(order=1)["title"] for _ in range(5)]

    pages = [titles(per_page=2, page=page) for page in (1, 2, 3)]

    assert [title for page in pages for title in page] == expected, "equals come by age"


@pytest.mark.story("sort")
def test_hundred_and_twenty_tasks_come_at_once(client, add):
    for _ in range(120):
        add()

    assert len(client.get("/tasks").json) == 120, "clients of the contract read no pages"


@pytest.mark.story("sort")
@pytest.mark.parametrize("key", ["priority", "-", "--due", "id", "completed", ""])
def test_unknown_key_is_refused(client, key):
    response = client.get(f"/tasks?sort={key}")

    assert response.status_code == 422, wrong(f"GET /tasks?sort={key}", response, 422)


# clear


@pytest.mark.story("clear", promise=True)
@pytest.mark.parametrize(
    "query", ["completed=treu", "complete=true", "completed=false", "completed=", "q=x"]
)
def test_misspelt_clearing_deletes_nothing(client, add, titles, query):
    task = add()

    response = client.delete(f"/tasks?{query}")

    assert response.status_code == 422, wrong(f"DELETE /tasks?{query}", response, 422)
    assert titles() == [task["title"]], "nothing may be deleted"


@pytest.mark.story("clear", promise=True)
def test_only_completed_tasks_are_cleared(client, add, titles):
    add(completed=True)
    still_open = add()

    response = client.delete("/tasks?completed=true")

    assert response.status_code == 204, wrong("DELETE /tasks?completed=true", response, 204)
    assert titles() == [still_open["title"]], "what is open should stay"


@pytest.mark.story("clear")
def test_all_tasks_are_deleted(client, add, titles):
    add()
    add()

    response = client.delete("/tasks")

    assert response.status_code == 204, wrong("DELETE /tasks", response, 204)
    assert titles() == [], "the list should be empty"
    assert client.delete("/tasks").status_code == 204, "an empty list can be emptied"


# refuse


@pytest.mark.story("refuse", promise=True)
@pytest.mark.parametrize(
    ("field", "value"),
    [("title", " "), ("completed", "yes"), ("completed", 1), ("due", "2026-03-01T12:00:00")],
)
def test_impossible_task_is_refused_with_its_place(client, titles, field, value):
    body = {"title": any_title(), field: value}

    response = client.post("/tasks", json=body)

    assert response.status_code == 422, wrong(f"POST /tasks {body}", response, 422)
    assert response.json["errors"][0]["loc"] == ["body", field], "it should name the place"
    assert titles() == [], "nothing may be saved"


@pytest.mark.story("refuse")
@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"title": "two\nlines"},
        {"title": "x" * 201},
        {"completed": None},
        {"order": "3"},
        {"order": 1.5},
        {"order": MOST_ORDER + 1},
        {"due": "tomorrow"},
        {"due": 1772366400},
        {"due": "2026-02-30T12:00:00Z"},
        {"colour": "green"},
    ],
    ids=str,
)
def test_impossible_change_leaves_task_as_it_was(client, add, read, change):
    before = add()

    response = client.patch(path_of(before), json=change)

    assert response.status_code == 422, wrong(f"PATCH {change}", response, 422)
    assert read(before) == before, "nothing may be changed"


@pytest.mark.story("refuse")
def test_task_without_title_is_refused(client):
    response = client.post("/tasks", json={"order": 3})

    assert response.status_code == 422, wrong("POST /tasks without a title", response, 422)


@pytest.mark.story("refuse")
@pytest.mark.parametrize(
    "query",
    ["completed=treu", "overdue=maybe", "due_before=2026-03-01", "due_after=x", "complete=true"],
)
def test_filter_that_is_none_is_refused(client, query):
    response = client.get(f"/tasks?{query}")

    assert response.status_code == 422, wrong(f"GET /tasks?{query}", response, 422)


@pytest.mark.story("refuse")
def test_longest_title_and_largest_order_are_kept(add, read):
    task = add(title="x" * 200, order=MOST_ORDER)

    assert read(task) == task, "200 characters, and what JavaScript counts to"


# browser


@pytest.mark.story("browser", promise=True)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/tasks", 200),
        ("DELETE", "/tasks", 204),
        ("GET", "/tasks/1", 404),
        ("PUT", "/tasks", 405),
        ("POST", "/tasks", 415),
        ("GET", "/tasks?sort=x", 422),
        ("GET", "/nothing", 404),
    ],
)
def test_any_site_may_read_every_answer(client, method, path, status):
    response = client.open(path, method=method, headers={"Origin": "https://todo.example"})

    assert response.status_code == status, wrong(f"{method} {path}", response, status)
    allowed = response.headers.get("Access-Control-Allow-Origin")
    assert allowed == "*", f"{method} {path}: Access-Control-Allow-Origin is {allowed}, expected *"


@pytest.mark.story("browser", promise=True)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_browser_that_asks_first_is_told_yes(client, method):
    asked = {
        "Origin": "https://todo.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type",
    }

    response = client.options("/tasks/1", headers=asked)

    assert response.status_code == 200, wrong("OPTIONS /tasks/1", response, 200)
    headers = response.headers
    assert headers.get("Access-Control-Allow-Origin") == "*", "any site may ask"
    assert method in headers.get("Access-Control-Allow-Methods", ""), f"{method} is allowed"
    assert "content-type" in headers.get("Access-Control-Allow-Headers", "").lower()


@pytest.mark.story("browser")
def test_scripts_may_read_where_and_how_many(client):
    headers = client.get("/tasks").headers

    exposed = headers.get("Access-Control-Expose-Headers", "")
    for name in ("Location", "Link", "X-Total-Count"):
        assert name in exposed, f"{name} should be exposed: {exposed!r}"

"""What the stories do not see: how much work an answer takes, and what happens when all fails."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from common import clock
from tasks.models import Task, db


def test_list_takes_two_queries_however_long_it_is(client, grow, max_queries):
    grow(100)

    with max_queries(2):
        response = client.get("/tasks?overdue=false")

    assert len(response.json) > 90


def test_those_who_complete_at_once_agree_on_moment(client, at_once):
    task = client.post("/tasks", json={"title": "Catch the train"}).json
    path = f"/tasks/{task['id']}"

    responses = at_once(8, lambda _: client.post(f"{path}/complete"))

    moments = {response.json["completed_at"] for response in responses}
    assert moments == {client.get(path).json["completed_at"]}


@pytest.mark.parametrize(("completed", "completed_at"), [(True, None), (False, clock.now())])
def test_status_without_its_moment_cannot_be_stored(app, completed, completed_at):
    columns = {
        "title": "Half done",
        "completed": completed,
        "completed_at": completed_at,
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    statement = insert(Task).values(columns)

    with app.app_context(), pytest.raises(IntegrityError, match="ck_task_completed"):
        db.session.execute(statement)


def test_any_site_may_read_of_failure(app, client):
    with app.app_context():
        db.drop_all()

    response = client.get("/tasks")

    assert response.status_code == 500
    assert response.headers["Access-Control-Allow-Origin"] == "*"

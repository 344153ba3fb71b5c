"""Pages of a list: what makes an item of a row, and in which order rows come."""

import pytest
from sqlalchemy import Index, create_engine, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from common.api import Schema
from common.pagination import PageQuery, paginate, sort_by


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    due: Mapped[int | None]
    __table_args__ = (Index("title_and_id", "title", "id"), Index("due_and_id", "due", "id"))


class TaskOut(Schema):
    id: int
    title: str


class Linked(Schema):
    id: int
    url: str


@pytest.fixture
def session():
    """A session on six tasks, of which two have no value and two pairs the same one."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        rows = zip("cbabac", [2, None, 1, 2, None, 3], strict=True)
        session.add_all(Task(title=title, due=due) for title, due in rows)
        session.flush()
        yield session
    engine.dispose()


def in_order(session, key):
    statement = select(Task).order_by(*sort_by(Task, key))
    return [task.id for task in session.scalars(statement)]


# --- items


def test_item_is_made_by_a_model(session):
    page = paginate(session, select(Task).order_by(Task.id), PageQuery(per_page=2), TaskOut)

    assert page.items == [TaskOut(id=1, title="c"), TaskOut(id=2, title="b")]
    assert page.total == 6


def test_item_is_made_by_a_function(session):
    def link(task):
        return Linked(id=task.id, url=f"/tasks/{task.id}")

    page = paginate(session, select(Task).order_by(Task.id), PageQuery(page=3, per_page=2), link)

    assert [item.url for item in page.items] == ["/tasks/5", "/tasks/6"]


def test_function_gets_the_row_of_several_columns(session):
    statement = select(Task.id, Task.title).order_by(Task.id)

    page = paginate(session, statement, PageQuery(), lambda row: TaskOut(id=row.id, title="x"))

    assert [item.id for item in page.items] == [1, 2, 3, 4, 5, 6]


# --- order


@pytest.mark.parametrize(
    ("key", "ids"),
    [
        ("title", [3, 5, 2, 4, 1, 6]),
        ("-title", [6, 1, 4, 2, 5, 3]),
        ("due", [3, 1, 4, 6, 2, 5]),
        ("-due", [6, 4, 1, 3, 5, 2]),
        ("id", [1, 2, 3, 4, 5, 6]),
        ("-id", [6, 5, 4, 3, 2, 1]),
    ],
)
def test_rows_without_a_value_come_last_and_the_id_decides(session, key, ids):
    assert in_order(session, key) == ids


@pytest.mark.parametrize("key", ["title", "-title", "due", "-due"])
def test_index_on_the_key_and_the_id_serves_both_directions(session, key):
    statement = select(Task).order_by(*sort_by(Task, key)).limit(2)
    sql = statement.compile(session.bind, compile_kwargs={"literal_binds": True})

    plan = str(session.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all())

    assert "_and_id" in plan
    assert "TEMP B-TREE" not in plan


def test_column_that_always_has_a_value_is_sorted_as_its_index_is():
    statement = select(Task).order_by(*sort_by(Task, "-title"))

    sql = str(statement.compile(dialect=postgresql.dialect()))

    # No NULLS LAST, or PostgreSQL would not use the index; the id in the same direction.
    assert sql.endswith("ORDER BY task.title DESC, task.id DESC")


def test_key_of_no_column_is_a_mistake_of_the_program():
    with pytest.raises(AttributeError, match="colour"):
        [*sort_by(Task, "colour")]

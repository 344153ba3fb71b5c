"""The same answers without ``common``: what ``classroom.measure.bench`` measures a project against.

``constant`` is the least that Flask can do. ``query`` is Flask-SQLAlchemy as its documentation
writes it, on the database of the project, whose tables it reads from the schema: as many queries
for the same data, turned into JSON by hand, nothing checked, no headers.
"""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import configure_mappers, selectinload

Session = Any
Tables = Any  # the classes that automap makes
View = Callable[[Session, Tables], Any]
THINGS = 1_000  # of the toy


def constant(answer: str) -> Flask:
    """Answer every request with the JSON, or the redirect, that the file holds."""
    app = _flask("constant")
    data = json.loads(Path(answer).read_text("utf-8"))

    @app.get("/<path:path>")
    def show(path: str) -> Any:  # noqa: ARG001
        if data["location"]:
            return redirect(data["location"])
        return app.json.response(data["body"])

    return app


def query(name: str, database: str) -> Flask:
    """Answer every request by one of the functions below, on an SQLite file."""
    app = _flask("query")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{database}"
    db = SQLAlchemy(app)
    base = automap_base()
    with app.app_context():
        event.listen(db.engine, "connect", _as_the_project_does)
        base.prepare(autoload_with=db.engine, name_for_scalar_relationship=_parent)
    configure_mappers()  # gives the classes their collections
    answer: View = QUERIES[name]

    @app.get("/<path:path>")
    def show(path: str) -> Any:  # noqa: ARG001
        return answer(db.session, base.classes)

    return app


def _flask(name: str) -> Flask:
    app = Flask(name)
    app.config["SECRET_KEY"] = "k" * 32  # whoever has one pays for Flask's session
    return app


def _parent(_base: object, _local: object, referred: Any, _constraint: object) -> str:
    return f"parent_{referred.__name__}"  # link.code is a column already


def _as_the_project_does(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")  # or else each commit waits for the disk


def _things(session: Session, tables: Tables) -> Any:
    names = ["id", "name", "price"]
    rows = _rows(session, tables.thing, tables.thing.id)
    return [_fields(row, names) for row in rows]


def _recipes(session: Session, tables: Tables) -> Any:
    recipe = tables.recipe
    names = ["id", "title", "description", "cuisine", "minutes", "servings"]
    diets = selectinload(recipe.diet_tag_collection)
    found = []
    for row in _rows(session, recipe, recipe.id.desc(), diets):
        shown = _fields(row, names)
        shown["diets"] = [tag.name for tag in row.diet_tag_collection]
        found.append(shown)
    return found


def _links(session: Session, tables: Tables) -> Any:
    names = ["code", "url", "permanent", "clicks", "max_visits", "created_at", "expires_at"]
    found = []
    for row in _rows(session, tables.link, tables.link.id.desc()):
        shown = _fields(row, names)
        shown["short_url"] = request.host_url + row.code
        found.append(shown)
    return found


def _events(session: Session, tables: Tables) -> Any:
    names = ["id", "title", "starts_at", "capacity"]
    found = []
    for row in _rows(session, tables.event, tables.event.starts_at):
        shown = _fields(row, names)
        shown["free"] = row.capacity - row.taken
        found.append(shown)
    return found


def _jobs(session: Session, tables: Tables) -> Any:
    job = tables.job
    names = ["id", "status", "attempts", "error", "due_at", "created_at"]
    images = selectinload(job.parent_image)
    thumbnails = images.selectinload(tables.image.thumbnail_collection)
    found = []
    for row in _rows(session, job, job.created_at.desc(), thumbnails):
        shown = _fields(row, names)
        shown["thumbnails"] = [one.name for one in row.parent_image.thumbnail_collection]
        found.append(shown)
    return found


def _rows(session: Session, table: Any, order: Any, *options: Any) -> Any:
    """Count the rows of a table and return the first, as a view would be written by hand."""
    per_page = request.args.get("per_page", 20, type=int)
    session.scalar(select(func.count()).select_from(table))
    statement = select(table).options(*options).order_by(order).limit(per_page)
    return session.scalars(statement)


def _fields(row: Any, names: list[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _follow(session: Session, tables: Tables) -> Response:
    link = tables.link
    day = tables.daily_clicks
    count_statement = (
        update(link)
        .where(link.code == request.path[1:])
        .values(clicks=link.clicks + 1)
        .returning(link.id, link.url)
    )
    row = session.execute(count_statement).one()
    today = date.today()  # noqa: DTZ011
    first = insert(day).values(link_id=row.id, day=today, referrer="", clicks=1)
    statement = first.on_conflict_do_update(
        index_elements=["link_id", "day", "referrer"],
        set_={"clicks": day.clicks + 1},
    )
    session.execute(statement)
    session.commit()
    return redirect(row.url)  # type: ignore[return-value]  # Werkzeug's, and Flask's is one


QUERIES: dict[str, View] = {
    "things": _things,
    "recipes": _recipes,
    "links": _links,
    "jobs": _jobs,
    "events": _events,
    "follow": _follow,
}

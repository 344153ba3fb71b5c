"""A toy application on common, for the tests of common alone."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import psycopg
import pytest
from flask import Flask, Response, url_for
from pydantic import Field, StringConstraints
from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.test import Client

import common
from common.api import Accepted, Created, File, Page, Produces, Schema, endpoint
from common.database import make_db
from common.describe import pages
from common.guards import guard
from common.pagination import PageQuery, paginate
from common.testing import postgres
from common.testing.servers import Server

db = make_db()


class Thing(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    size: Mapped[int] = mapped_column(CheckConstraint("size >= 0", name="size"), index=True)


class ThingIn(Schema):
    name: str = Field(min_length=1, max_length=20)
    size: int = Field(0, ge=-5, le=100)
    done: bool = False
    ratio: float | None = Field(None, ge=0, le=1)


class ThingOut(Schema):
    id: int
    name: str
    size: int


class ThingQuery(PageQuery):
    tag: list[Annotated[str, StringConstraints(max_length=20)]] = Field([], max_length=5)
    without: list[Annotated[str, StringConstraints(max_length=20)]] = Field([], alias="not")
    least: int | None = Field(None, ge=0, le=100)


class UploadForm(Schema):
    title: str = Field(max_length=20)


class UploadFiles(Schema):
    image: File


def toy(config: Mapping[str, Any] | None = None) -> Flask:
    """Toy things."""
    app = Flask("toy", root_path=str(Path(__file__).parent))
    common.init_app(app, config, db=db, seed=lambda: 3)
    app.register_blueprint(pages.landing)

    @app.post("/things")
    @endpoint(errors=(409,))
    def create(body: ThingIn) -> Created[ThingOut]:
        """Make a thing."""
        thing = Thing(name=body.name, size=body.size)
        db.session.add(thing)
        db.session.commit()
        return Created(ThingOut.model_validate(thing), url_for("show", number=thing.id))

    @app.get("/things")
    @endpoint
    def index(query: ThingQuery) -> Page[ThingOut]:
        """List things by number."""
        return paginate(db.session, select(Thing).order_by(Thing.id), query, ThingOut)

    @app.get("/things/<int:number>")
    @endpoint
    def show(number: int) -> ThingOut:
        """Show a thing."""
        return ThingOut.model_validate(db.get_or_404(Thing, number))

    @app.delete("/things/<int:number>")
    @endpoint
    def delete(number: int) -> None:
        """Delete a thing."""
        db.session.delete(db.get_or_404(Thing, number))
        db.session.commit()

    @app.post("/things/<int:number>/polish")
    @endpoint
    def polish(number: int) -> Accepted[ThingOut]:
        """Polish a thing later."""
        thing = db.get_or_404(Thing, number)
        return Accepted(ThingOut.model_validate(thing), url_for("show", number=number))

    @app.get("/names/<name>")
    @endpoint
    def by_name(name: Annotated[str, StringConstraints(pattern="^[a-z]+$")]) -> ThingOut | Response:
        """Find a thing by name."""
        found = db.session.scalar(select(Thing).filter_by(name=name))
        return ThingOut.model_validate(found) if found else Response(status=404)

    @app.get("/names/<name>/things")
    @endpoint
    def namesakes(name: str, query: PageQuery) -> Page[ThingOut]:
        """List the things of a name."""
        return paginate(db.session, select(Thing).filter_by(name=name), query, ThingOut)

    @app.get("/anything")
    @endpoint(
        responses={200: Produces("What was asked", "text/plain"), 302: "Elsewhere"}, any_query=True
    )
    def anything() -> Response:
        """Answer anything."""
        return Response("yes", mimetype="text/plain")

    @app.get("/broken")
    @endpoint(errors=(500,))
    def broken() -> None:
        """Break."""
        raise RuntimeError("secret: /etc/path SELECT")

    @app.post("/uploads")
    @endpoint
    def upload(form: UploadForm, files: UploadFiles) -> None:
        """Take a file."""

    def look_up() -> None:
        db.session.scalar(select(Thing.id).limit(1))  # as every login does

    @app.post("/things/asked")
    @guard("somebody", look_up)
    @endpoint
    def ask(body: ThingIn) -> None:
        """Take a thing after a query."""

    @app.post("/uploads/asked")
    @guard("somebody", look_up)
    @endpoint
    def ask_for_upload(form: UploadForm, files: UploadFiles) -> None:
        """Take a file after a query."""

    @app.post("/forms")
    @endpoint
    def fill_in(form: UploadForm) -> None:
        """Take a form."""

    return app


@pytest.fixture
def make_toy(tmp_path: Path) -> Any:
    """Make the toy with other settings."""
    made: list[Flask] = []

    def make(**config: object) -> Flask:
        fixed = {
            "TESTING": True,
            "PROPAGATE_EXCEPTIONS": False,
            "SECRET_KEY": "only-for-tests-" * 3,
        }
        made.append(toy({"INSTANCE_PATH": str(tmp_path / "instance"), **fixed, **config}))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(name="db")
def _db() -> Any:
    """The toy's database object."""
    return db


@pytest.fixture
def thing() -> type[Thing]:
    """The toy's model."""
    return Thing


@pytest.fixture
def http(make_toy: Callable[..., Flask]) -> Client:
    """A client of the toy."""
    return Client(make_toy())


SERVED = """
import runpy
app = runpy.run_path({file!r})["toy"]()
"""


@pytest.fixture
def serve_toy(tmp_path: Path) -> Any:
    """Serve the toy with gunicorn: ``serve_toy(workers=2, NAME="value").url``."""
    (tmp_path / "wsgi.py").write_text(SERVED.format(file=__file__))
    folder = tmp_path / "instance"
    folder.mkdir(exist_ok=True)
    servers: list[Server] = []

    def serve(workers: int = 1, threads: int = 8, **settings: str) -> Server:
        servers.append(Server(tmp_path, folder, settings, workers, threads))
        return servers[-1]

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Any:
    """A PostgreSQL server of this process."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name, postgres.running(Path(name, "p")) as it:
        yield it


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """The URL of its database, which is empty."""
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    url: str = postgres_server.url
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of each database in turn."""
    if request.param == "sqlite":
        return {}
    return {"DATABASE_URL": request.getfixturevalue("postgres_url")}


@pytest.fixture
def http_of() -> Callable[[Any], Client]:
    """A client of an application whose one route takes such a body."""

    def make(model: Any) -> Client:
        app = Flask("small")
        common.init_app(app, {"TESTING": True, "SECRET_KEY": "k" * 16})

        def take(body: Any) -> None:
            """Take it."""

        take.__annotations__["body"] = model
        app.post("/")(endpoint(take))
        return Client(app)

    return make

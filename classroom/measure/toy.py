"""An application that has nothing of its own but what ``common`` gives it: see ``bench``."""

from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Mapped, mapped_column

import common
from common.api import Schema, endpoint
from common.database import make_db
from common.pagination import Page, PageQuery, paginate

THINGS = 1_000


class ThingOut(Schema):
    """A thing."""

    id: int
    name: str
    price: int


def toy() -> Flask:
    """An application with common and nothing else: a route without a query, and a list."""
    db = make_db()

    class Thing(db.Model):  # type: ignore[name-defined,misc]
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        price: Mapped[int]

    def seed() -> int:
        made = [{"name": f"Thing {number}", "price": number} for number in range(THINGS)]
        db.session.execute(insert(Thing), made)
        db.session.commit()
        return THINGS

    app = Flask(__name__)
    common.init_app(app, db=db, seed=seed)

    @app.get("/one")
    @endpoint
    def one() -> ThingOut:
        """Show a thing."""
        return ThingOut(id=1, name="Thing", price=100)

    @app.get("/things")
    @endpoint
    def things(query: PageQuery) -> Page[ThingOut]:
        """List the things."""
        return paginate(db.session, select(Thing).order_by(Thing.id), query, ThingOut)

    return app

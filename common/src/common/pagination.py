"""Lists by pages: ``?page=&per_page=``, ``X-Total-Count`` and a ``Link`` header (RFC 8288)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from flask import request
from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, scoped_session

from common.fields import Schema

T = TypeVar("T")
S = TypeVar("S", bound=Schema)
COUNT = func.count()  # made once: SQLAlchemy takes longer for that than for the rest of its query


class PageQuery(Schema):
    """The query parameters of a list; a project's filters are a subclass."""

    page: int = Field(1, ge=1, le=1_000_000, description="Which page, from 1.")
    per_page: int = Field(20, ge=1, le=100, description="Items on a page.")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list and how long the whole list is."""

    items: list[T]
    total: int
    page: int
    per_page: int

    def headers(self) -> dict[str, str]:
        """Return ``X-Total-Count`` and ``Link`` (first, prev, next, last) for this request."""
        last = max(1, -(-self.total // self.per_page))
        targets = {
            "first": 1,
            "prev": min(self.page - 1, last),
            "next": self.page + 1,
            "last": last,
        }
        kept = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "page"])
        path = quote(request.root_path + request.path)  # base_url is an IRI: no header holds that
        start = f"{request.scheme}://{request.host}{path}?{kept}{'&' if kept else ''}page="
        links = [
            f'<{start}{number}>; rel="{rel}"'
            for rel, number in targets.items()
            if 1 <= number <= last
        ]
        return {"X-Total-Count": str(self.total), "Link": ", ".join(links)}


@cache
def _list_of(model: type[S]) -> TypeAdapter[list[S]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]  # pydantic reads it


def paginate(
    session: Session | scoped_session[Any],
    statement: Select[*tuple[Any, ...]],
    query: PageQuery,
    into: type[S] | Callable[[Any], S],
) -> Page[S]:
    """Return one page of ``statement``, which must have a total order.

    ``into`` makes an item of a row: a model that is validated from it, or a function, which a route
    has where an item needs more than its row, such as a URL.

    Two queries: one counts, one reads. A statement of one entity gives objects; one of several
    columns, such as a report with GROUP BY, gives rows with these names.
    """
    unordered = statement.order_by(None)
    entities = len(statement.column_descriptions) == 1
    if entities:
        counted = unordered.with_only_columns(COUNT, maintain_column_froms=True)
    else:
        counted = select(COUNT).select_from(unordered.subquery())
    total = session.scalar(counted) or 0
    statement = statement.limit(query.per_page)
    if query.page > 1:
        statement = statement.offset((query.page - 1) * query.per_page)
    result = session.execute(statement)
    rows = (result.scalars() if entities else result).all()
    if isinstance(into, type):
        items = _list_of(into).validate_python(rows)
    else:
        items = [into(row) for row in rows]
    return Page(items, total, query.page, query.per_page)


def sort_by(model: Any, key: str) -> Iterator[ColumnElement[Any]]:
    """Yield what ``order_by`` takes for a key of a ``Sort``: ``"title"``, or ``"-due_at"``.

    Rows without a value come last in both directions. The id makes the order total; it has the
    direction of the key, for then one index on (key, id) serves both.
    """
    name = key.removeprefix("-")
    for column in (getattr(model, name), model.id):
        ordered = column.desc() if key.startswith("-") else column.asc()
        is_nullable = getattr(column.expression, "nullable", True)
        yield ordered.nulls_last() if is_nullable else ordered

"""Views that are classes, over a class that keeps the links; codes are hashes (see the corpus)."""

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from flask.views import MethodView
from pydantic import TypeAdapter, ValidationError
from werkzeug.utils import redirect

from common import clock
from common.errors import Problem

from . import clicks, links, schemas, urls
from .models import Code, Link, db

bp = Blueprint("url_shortener", __name__)


class Exact(Response):
    """A redirect whose URL goes out as it is: Werkzeug drops the sign of an empty query."""

    def get_wsgi_headers(self, environ):
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


class Shelf:
    """The links, by their codes."""

    def find(self, code, *, alive=False):
        link = Link.query.filter_by(code=code).first()
        if link and not (alive and link.expires_at and link.expires_at <= clock.now()):
            return link
        gone = alive and db.session.get(Code, code)
        raise Problem(410 if gone else 404, "It is gone." if gone else "There is no such link.")

    def search(self, word):
        found = Link.query.order_by(Link.id.desc())
        if word:
            either = (column.icontains(word, autoescape=True) for column in (Link.url, Link.code))
            found = found.filter(next(either) | next(either))
        return found

    def visit(self, code):
        now = clock.now()
        mine = Link.query.filter_by(code=code).filter(links.is_live(now))
        if not mine.update({"clicks": Link.clicks + 1}):
            self.find(code, alive=True)
            raise Problem(410, "It is used up.")
        link = self.find(code)
        clicks.count(link.id, now.date(), urls.host_of(request.referrer or ""))
        db.session.commit()
        return link


class View(MethodView):
    """What all views need."""

    init_every_request = False
    shelf = Shelf()

    def read(self, model, place="body"):
        check = TypeAdapter(model)
        try:
            if place == "query":
                if any(len(values) > 1 for _, values in request.args.lists()):
                    raise Problem(
                        422, "Once is enough.", errors=[{"loc": ["query"], "msg": "twice"}]
                    )
                return check.validate_python(request.args.to_dict())
            return check.validate_json(request.get_data(), strict=True)
        except ValidationError as error:
            wrong = [
                {"loc": [place, *one["loc"]], "msg": one["msg"]}
                for one in error.errors(include_url=False, include_context=False)
            ]
            raise Problem(422, wrong[0]["msg"], errors=wrong) from None

    def described(self, link):
        names = schemas.LinkOut.model_fields.keys() - {"short_url"}
        values = {name: getattr(link, name) for name in names}
        return schemas.LinkOut(
            short_url=url_for(".follow", code=link.code, _external=True), **values
        )

    def check_host(self, url):
        if urls.leads_to(url, [request.host, *current_app.config["OWN_HOSTS"].split(",")]):
            place = {"loc": ["body", "url"], "msg": "leads to this service"}
            raise Problem(422, "It leads to this service.", errors=[place])

    def show(self, link, status=200, **headers):
        return (
            jsonify(self.described(link).model_dump(mode="json")),
            status,
            headers,
        )


class Home(View):
    def get(self):
        return render_template("index.html")


class Links(View):
    def get(self):
        query = self.read(schemas.ListQuery, "query")
        found = self.shelf.search(query.q)
        page = found.paginate(page=query.page, per_page=query.per_page, error_out=False)
        items = [self.show(link)[0].json for link in page]
        headers = {"X-Total-Count": str(page.total)}
        if page.has_next:
            headers["Link"] = f'<{request.base_url}?page={page.next_num}>; rel="next"'
        return jsonify(items), 200, headers

    def post(self):
        reuse = self.read(schemas.CreateQuery, "query").reuse
        wish = self.read(schemas.LinkIn)
        self.check_host(wish.url)
        link, is_new = links.shorten(wish, reuse=reuse)
        db.session.commit()
        place = url_for(".link", code=link.code)
        return self.show(link, 201, Location=place) if is_new else self.show(link)


class OneLink(View):
    def get(self, code):
        return self.show(self.shelf.find(code))

    def patch(self, code):
        link = self.shelf.find(code)
        for name, value in self.read(schemas.LinkPatch).model_dump().items():
            if name == "url":
                self.check_host(value)
            setattr(link, name, value)
        db.session.commit()
        return self.show(link)

    def delete(self, code):
        db.session.delete(self.shelf.find(code))
        db.session.commit()
        return "", 204


class Stats(View):
    def get(self, code):
        link = self.shelf.find(code)
        days = self.read(schemas.StatsQuery, "query").days
        return jsonify(clicks.statistics(link, days).model_dump(mode="json"))


class Follow(View):
    def head(self, code):
        link = self.shelf.find(code, alive=True)
        if link.max_visits is not None and link.clicks >= link.max_visits:
            raise Problem(410, "It is used up.")
        return self.answer(link)

    def get(self, code):
        return self.answer(self.shelf.visit(code))

    def answer(self, link):
        left = (link.expires_at - clock.now()).total_seconds() if link.expires_at else 600
        response = redirect(link.url, 301 if link.permanent else 302, Exact)
        kept = link.permanent and link.max_visits is None
        response.cache_control.no_store = None if kept else True
        response.cache_control.max_age = int(min(left, 600)) if kept else None
        return response


class Preview(View):
    def get(self, code):
        link = self.shelf.find(code, alive=True)
        return render_template("preview.html", link=self.described(link))


bp.add_url_rule("/", view_func=Home.as_view("index"))
bp.add_url_rule("/links", view_func=Links.as_view("list_links"))
bp.add_url_rule("/links/<code>", view_func=OneLink.as_view("link"))
bp.add_url_rule("/links/<code>/stats", view_func=Stats.as_view("show_stats"))
bp.add_url_rule("/<code>", view_func=Follow.as_view("follow"))
bp.add_url_rule("/<code>+", view_func=Preview.as_view("preview"))

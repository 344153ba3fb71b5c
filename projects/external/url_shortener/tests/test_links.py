"""What stories cannot see: the codes to come, the schema's last word, the number of statements."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from url_shortener import codes, links
from url_shortener.models import Code, Link, db

URL = "https://example.com/"


@pytest.fixture
def shorten(client):
    return lambda **wish: client.post("/links", json={"url": URL, **wish})


@pytest.fixture
def coming(app):
    """The codes that the next links will get."""
    with app.app_context():
        next_number = links.next_number()
        return [codes.encode(next_number + n, links.code_key()) for n in range(3)]


def test_row_id_and_code_belong_together(shorten, coming):
    assert [shorten().json["code"] for _ in range(3)] == coming


def test_code_of_coming_link_is_refused_as_alias(shorten, coming):
    response = shorten(alias=coming[2])

    assert response.status_code == 409
    assert "is kept for a generated code" in response.json["detail"]
    assert response.json["suggestion"] == f"{coming[2]}-2"


def test_code_key_shuffles_in_place_of_secret_key(app):
    with app.app_context():
        by_secret_key = links.code_key()
        app.config["CODE_KEY"] = "a key for nothing but the codes"
        by_code_key = links.code_key()
        app.config["SECRET_KEY"] = "another secret key than before"

        assert by_code_key != by_secret_key
        assert links.code_key() == by_code_key


def test_code_that_old_key_gave_away_is_left_out(app, shorten, coming):
    with app.app_context():  # as if another key had made it once
        db.session.add(Code(code=coming[0]))
        db.session.commit()

    assert shorten().json["code"] == coming[1]


def test_word_of_service_is_no_generated_code(monkeypatch, shorten, coming):
    monkeypatch.setattr(links, "KEPT_WORDS", {coming[0].lower()})

    assert shorten().json["code"] == coming[1]


@pytest.mark.parametrize("alias", ["Docs", "common", "about", "Admin", "api", "help", "login"])
def test_reserved_are_routes_and_few_words_in_any_case(shorten, alias):
    response = shorten(alias=alias)

    assert response.status_code == 409
    assert "is a word of this service" in response.json["detail"]


def test_aliases_tell_case_apart(client, shorten):
    shorten(alias="promo")

    assert shorten(alias="Promo").status_code == 201
    assert client.get("/PROMO").status_code == 404


@pytest.mark.settings(OWN_HOSTS="sho.rt,www.sho.rt:8080")
@pytest.mark.parametrize("url", ["https://sho.rt/x", "http://www.sho.rt/", "http://localhost/"])
def test_other_names_of_service_are_refused_too(shorten, url):
    assert shorten(url=url).status_code == 422


def test_reuse_answers_200_with_oldest_link(client, shorten):
    oldest = shorten().json
    shorten()

    response = client.post("/links?reuse=true", json={"url": URL})

    assert response.status_code == 200
    assert response.json == oldest


def test_schema_refuses_second_link_with_code(app, shorten):
    shorten(alias="mine")
    with app.app_context():
        link = Link(id=7, code="mine", url=URL, permanent=False, clicks=0)
        link.created_at = links.clock.now()

        with pytest.raises(IntegrityError):
            links.store(link)


def test_statistics_go_with_their_link_and_code_stays(app, client, shorten):
    shorten(alias="mine")
    client.get("/mine")
    client.delete("/links/mine")

    with app.app_context():
        counts = [
            db.session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608  # fixed names
            for table in ("link", "daily_clicks", "code")
        ]
    assert counts == [0, 0, 1]


def test_statistics_name_ten_referrers_at_most(client, shorten):
    shorten(alias="mine")
    for number in range(12):
        for _ in range(2 if number == 11 else 1):
            client.get("/mine", headers={"Referer": f"https://site-{number:02}.example/"})

    top = client.get("/links/mine/stats").json["top_referrers"]

    assert [entry["host"] for entry in top[:2]] == ["site-11.example", "site-00.example"]
    assert len(top) == 10


def test_redirect_is_one_lookup_and_one_write(client, shorten, max_queries):
    shorten(alias="mine")

    with max_queries(2):
        client.get("/mine")
    with max_queries(1):
        client.head("/mine")

"""The cache: who fetches, who waits, what is kept."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import Client

from common import clock as now_is
from link_preview import metadata, previews
from link_preview.models import Preview, db
from link_preview.seed import PAGES, site

pytestmark = pytest.mark.settings(ALLOW_HOSTS="{upstream}")


@pytest.fixture
def ask(client, upstream):
    """Ask for the preview of a path of the stand-in."""
    return lambda path="/x": client.get("/preview", query_string={"url": upstream.url(path)})


def test_failure_is_kept_for_moment_alone(ask, upstream, clock):
    clock.set("2026-03-01T12:00:00Z")
    assert ask().status_code == 502
    upstream.answer("/x", "<title>Up again</title>")

    clock.advance(seconds=previews.FAILURE_SECONDS - 1)
    assert ask().status_code == 502, "nobody should knock at a broken door all the time"
    clock.advance(seconds=2)
    assert ask().json["title"] == "Up again"
    assert len(upstream.requests) == 2


def test_claim_of_process_that_died_ends(ask, upstream, app, clock):
    clock.set("2026-03-01T12:00:00Z")
    upstream.answer("/x", "<title>X</title>")
    with app.app_context():
        assert previews.claim_and_commit(upstream.url("/x"), "dead", None)
        assert not previews.claim_and_commit(upstream.url("/x"), "second", None)

    clock.advance(seconds=app.config["TOTAL_TIMEOUT"] + previews.GRACE_SECONDS)

    assert ask().json["title"] == "X"


def test_outcome_of_lost_claim_is_not_kept(app, upstream):
    url = upstream.url("/x")
    with app.app_context():
        previews.claim_and_commit(url, "first", None)
        past = now_is.now() - timedelta(seconds=1)
        db.session.execute(update(Preview).values(claimed_until=past))
        db.session.commit()
        assert previews.claim_and_commit(url, "second", None)

        previews.settle_and_commit(url, "first", {"preview": {"type": "late"}})

        assert db.session.scalar(select(Preview.outcome)) is None
        assert db.session.scalar(select(Preview.claimed_by)) == "second"


def test_mistake_in_our_code_keeps_nobody_waiting(ask, upstream, monkeypatch):
    upstream.answer("/x", "<title>X</title>")
    with monkeypatch.context() as broken:
        broken.setattr(metadata, "extract", lambda *_: 1 / 0)
        assert ask().status_code == 500

    assert ask().json["title"] == "X"


def test_what_has_expired_is_forgotten(ask, upstream, app, clock):
    clock.set("2026-03-01T12:00:00Z")
    upstream.answer("/x", "<title>X</title>")
    for number in range(3):
        ask(f"/{number}")
    clock.advance(hours=2)

    ask()

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Preview)) == 1


def test_cached_preview_takes_one_statement(ask, upstream, max_queries):
    upstream.answer("/x", "<title>X</title>")
    ask()

    with max_queries(1):
        assert ask().json["cached"] is True


def test_seed_gives_previews_without_network(client, run):
    assert run("seed").output == "Added 2 rows of demo data.\n"
    assert "already" in run("seed").output

    card = client.get("/preview?url=https://news.example/octopus").json
    assert (card["type"], card["cached"]) == ("article", True)


def test_demo_site_has_all_its_pages():
    api = Client(site)
    for path, page in PAGES.items():
        response = api.get(path)
        assert response.status_code == page.status, path
        response.close()
    assert api.get("/nothing").status_code == 404


def test_demo_site_is_offered_only_where_it_may_be_fetched(client, restart):
    assert "Shift_JIS" not in client.get("/").text
    restart(ALLOW_HOSTS="127.0.0.1:5080")
    assert 'value="http://127.0.0.1:5080/tea"' in client.get("/").text


@pytest.mark.parametrize(
    "setting",
    [{"ALLOWED_PORTS": "80,x"}, {"ALLOWED_PORTS": "0"}, {"DNS_SERVER": "dns.example:53"}],
)
def test_setting_that_makes_no_sense_stops_start(restart, setting):
    with pytest.raises(SystemExit):
        restart(**setting)

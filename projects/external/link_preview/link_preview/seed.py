"""Demo data, and made-up rows in any number."""

from datetime import timedelta

from flask import current_app

from common import clock

from .models import Preview, db, insert

DEMO = {  # previews that are there without any network
    "https://flask.example/": {
        "title": "Flask, as an example",
        "description": "A page that nobody can fetch: .example is reserved. Its preview is kept.",
        "site_name": "Flask",
        "image": "https://flask.example/flask.png",
        "lang": "en",
    },
    "https://news.example/octopus": {
        "title": "Octopuses dream in colour & pattern",
        "description": "Their skin shows what they see while they sleep, says a new study.",
        "site_name": "The Daily Example",
        "image": "https://news.example/octopus.jpg",
        "lang": "en",
        "type": "article",
    },
}


def seed() -> int:
    """Keep the demo previews that are not there; return how many."""
    now = clock.now()
    added = 0
    for url, said in DEMO.items():
        fields = {"canonical_url": url, "type": "website", "favicon": f"{url}favicon.ico", **said}
        row = insert(**_kept(url, fields, now)).on_conflict_do_nothing().returning(Preview.url)
        added += db.session.scalar(row) is not None
    db.session.commit()
    return added


def fill(rows: int) -> None:
    """Keep previews of made-up pages."""
    now = clock.now()
    made = [
        _kept(
            f"https://made-up.example/{number}",
            {
                "canonical_url": f"https://made-up.example/{number}",
                "title": f"Page {number}",
                "type": "website",
                "favicon": "https://made-up.example/favicon.ico",
            },
            now,
        )
        for number in range(rows)
    ]
    for begin in range(0, rows, 1000):
        db.session.execute(insert().on_conflict_do_nothing(), made[begin : begin + 1000])
    db.session.commit()


def _kept(url: str, fields: dict[str, str], now: object) -> dict[str, object]:
    expires_at = clock.now() + timedelta(seconds=current_app.config["CACHE_SECONDS"])
    return {
        "url": url,
        "outcome": {"preview": fields},
        "fetched_at": now,
        "expires_at": expires_at,
    }

"""What the service promises to those who use it, over HTTP alone."""

import re
from itertools import pairwise

import pytest

URL = "https://example.com/a/long/path?with=details#and-more"
BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def shorten(client):
    """Make a link and return it: ``shorten(alias="mine")``."""

    def make(url=URL, **wish):
        response = client.post("/links", json={"url": url, **wish})
        assert response.status_code == 201, f"POST /links for {url} should answer 201 Created"
        return response.json

    return make


@pytest.fixture
def clicks(client):
    """Return the number of clicks that a link shows: ``clicks("mine")``."""
    return lambda code: client.get(f"/links/{code}").json["clicks"]


def max_age(response):
    found = re.search(r"max-age=(\d+)", response.headers.get("Cache-Control", ""))
    assert found, "a permanent redirect should say for how long it may be kept: max-age"
    return int(found[1])


# shorten


@pytest.mark.story("shorten")
def test_new_link_is_described_and_has_location(client):
    response = client.post("/links", json={"url": URL})

    assert response.status_code == 201
    link = response.json
    assert link["url"] == URL
    assert link["clicks"] == 0
    assert link["permanent"] is False
    assert link["expires_at"] is None
    assert client.get(response.location).json == link, "Location should lead to the new link"


@pytest.mark.story("shorten")
def test_short_url_leads_to_long_one(client, shorten):
    link = shorten()

    response = client.get(link["short_url"])

    assert response.location == URL
    assert link["short_url"] == f"http://localhost/{link['code']}"


@pytest.mark.story("shorten")
@pytest.mark.settings(PROXY_HOPS="1", PROXY_PREFIX="1")
def test_short_url_is_public_one_behind_proxy(client):
    proxy = {"Proto": "https", "Host": "sho.rt", "Prefix": "/go"}
    headers = {f"X-Forwarded-{name}": value for name, value in proxy.items()}

    link = client.post("/links", json={"url": URL}, headers=headers).json

    assert link["short_url"] == f"https://sho.rt/go/{link['code']}"


@pytest.mark.story("shorten")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": None},
        {"url": 7},
        {"url": URL, "expires_at": "2020-01-01T00:00:00Z"},
        {"url": URL, "expires_at": "2040-01-01T00:00:00"},
        {"url": URL, "expires_at": "9999-12-31T23:59:59-23:59"},
        {"url": URL, "permanent": "yes"},
        {"url": URL, "clicks": 1000},
        {"url": URL, "max_visits": 0},
        {"url": URL, "max_visits": 1.5},
        {"url": URL, "max_visits": 10**30},
    ],
    ids=[
        *("empty", "null", "number", "past", "no zone", "beyond time", "text", "unknown field"),
        *("no visit", "half a visit", "visits beyond counting"),
    ],
)
def test_malformed_wish_is_refused(client, body):
    response = client.post("/links", json=body)

    assert response.status_code == 422, f"{body} should be refused as unprocessable"
    assert response.json["errors"], "the answer should say which field is wrong"


# codes


@pytest.mark.story("codes")
def test_code_is_seven_letters_and_digits(shorten):
    for code in (shorten()["code"] for _ in range(20)):
        assert re.fullmatch("[0-9A-Za-z]{7}", code), f"{code!r} is not 7 characters of base 62"


@pytest.mark.story("codes")
def test_every_link_has_code_of_its_own_even_for_same_url(shorten):
    codes = {shorten()["code"] for _ in range(200)}

    assert len(codes) == 200, f"200 links got {len(codes)} different codes"


@pytest.mark.story("codes")
def test_neighbours_have_nothing_in_common(shorten):
    codes = [shorten()["code"] for _ in range(60)]

    assert codes != sorted(codes), "codes that grow give away their order"
    for place in range(7):
        characters = {code[place] for code in codes}
        assert len(characters) > 15, f"60 codes have only {characters} as character {place}"


@pytest.mark.story("codes")
def test_next_code_is_not_last_one_plus_fixed_step(shorten):
    codes = [shorten()["code"] for _ in range(30)]

    numbers = [
        sum(BASE_62.index(c) * 62**i for i, c in enumerate(reversed(code))) for code in codes
    ]
    steps = {(later - earlier) % 62**7 for earlier, later in pairwise(numbers)}
    assert len(steps) > 25, "whoever knows two codes in a row knows the third"


@pytest.mark.story("codes")
def test_alias_does_not_take_code_of_coming_link(client, shorten, restart):
    coming = [shorten()["code"] for _ in range(5)]
    restart(DATABASE_URL="sqlite:///empty.sqlite")  # the same key, and the first link still to come

    for code in coming:
        status = client.post(
            "/links", json={"url": "https://thief.example/", "alias": code}
        ).status_code
        assert status in {201, 409}, f"an alias is made or refused; POST /links answered {status}"
    made = [shorten(f"https://example.com/{number}") for number in range(5)]

    assert len({link["code"] for link in made}) == 5
    for link in made:
        assert client.get(f"/{link['code']}").location == link["url"]


@pytest.mark.story("codes")
def test_alias_may_look_like_code(client):
    wishes = ["Alias00", "release", "Summer7", "contact", "1234567"]

    made = [client.post("/links", json={"url": URL, "alias": wish}).status_code for wish in wishes]

    assert made.count(201) >= 4, "seven letters are no reason to refuse an alias"


@pytest.mark.story("old-links")
def test_links_outlive_change_of_key(client, shorten, restart):
    old = shorten("https://example.com/old")
    restart(SECRET_KEY="quite-another-key-than-before")
    new = [shorten("https://example.com/new")["code"] for _ in range(10)]

    assert client.get(f"/{old['code']}").location == "https://example.com/old"
    assert old["code"] not in new


# urls


LEADS_NOWHERE = {
    "no scheme": ["", "example.com/path", "//example.com/", "://example.com/"],
    "another scheme": ["ftp://example.com/", "javascript:alert(1)", "data:text/html,x"],
    "no host": ["http://", "http:///path", "https:example.com", "https://?q=1", "https://:80/"],
    "credentials": ["https://me:secret@example.com/", "https://me@example.com/", "https://@a.de/"],
    "backslash": [r"https://a.de\@evil.example/", r"https:\\a.de", r"https://a.de/\x"],
    "white space": ["https://a b.de/", "https://a.de/a b", " https://a.de/", "https://a.de/\n"],
    "control character": ["java\tscript://a.de/", "https://a.de/\x00", "https://a.de/\x7f"],
    "bad port": ["https://a.de:65536/", "https://a.de:http/", "https://a.de:-1/"],
    "bad name": ["https://.a.de/", "https://a..de/", f"https://{'a' * 64}.de/"],
    "no punycode": ["https://xn--a/", "https://xn--a-.example/", "https://xn--.example/"],
    "bad address": ["https://[::1/", "https://[::1]a.de/", "https://[::g]/"],
}
LEADS_HERE = {
    "bare": ["http://localhost/", "http://localhost", "https://localhost/some/where?q#f"],
    "port": ["http://localhost:80/", "https://localhost:443/"],
    "case": ["http://LocalHost/", "HTTP://LOCALHOST/"],
    "final dot": ["http://localhost./", "http://localhost.:80/"],
    "Unicode": ["http://\uff4cocalhost/", "http://local\u00adhost/"],
}


@pytest.mark.story("urls")
@pytest.mark.parametrize("urls", LEADS_NOWHERE.values(), ids=LEADS_NOWHERE.keys())
def test_url_that_leads_nowhere_or_astray_is_refused(client, urls):
    for url in urls:
        response = client.post("/links", json={"url": url})

        assert response.status_code == 422, f"{url!r} should be refused"
        places = [error["loc"] for error in response.json["errors"]]
        assert ["body", "url"] in places, "the answer should name the field: body, url"


@pytest.mark.story("urls")
@pytest.mark.parametrize("urls", LEADS_HERE.values(), ids=LEADS_HERE.keys())
def test_link_to_this_service_itself_is_refused(client, urls):
    for url in urls:
        status = client.post("/links", json={"url": url}).status_code

        assert status == 422, f"{url!r} leads to this service: it would go in circles"


@pytest.mark.story("urls")
@pytest.mark.parametrize("host", ["sho.rt", "sho.rt:8080", "SHO.RT", "sho.rt."])
def test_own_host_is_one_that_request_came_for(client, host):
    wish = {"json": {"url": "https://sho.rt/x"}}

    own = client.post("/links", headers={"Host": host}, **wish)
    assert own.status_code == 422, f"asked as {host!r}, https://sho.rt/x would go in circles"
    assert client.post("/links", headers={"Host": "other.example"}, **wish).status_code == 201


@pytest.mark.story("urls")
def test_good_url_is_kept_as_it_is(client, shorten):
    for url in [
        "http://example.com/",
        "https://example.com/Path/With%20Percent?Query=1&q=%C3%A9&empty=#Fragment",
        "https://example.com:8443/",
        "https://localhost.example.com/",
        "https://203.0.113.7/",
        "https://[2001:db8::1]:8080/",
        "https://my-host.example/~user/(a);b=c,d!$'*+@:",
        "https://example.com/?next=https://me:secret@localhost/",
        "https://matrix.to/#/#room:x",
        "https://example.com/a?",
        "https://example.com/a#",
        "https://me-.surge.sh/",
    ]:
        link = shorten(url)

        assert link["url"] == url
        assert client.get(f"/{link['code']}").location == url


@pytest.mark.story("urls")
def test_international_host_is_kept_as_punycode(client, shorten):
    for url, kept in {
        "https://bücher.example/": "https://xn--bcher-kva.example/",
        "https://BÜCHER.example/": "https://xn--bcher-kva.example/",
        "https://例え。テスト/": "https://xn--r8jz45g.xn--zckzah/",
    }.items():
        link = shorten(url)

        assert link["url"] == kept
        assert client.get(f"/{link['code']}").location == kept


@pytest.mark.story("urls")
def test_host_gets_one_answer_in_both_of_its_spellings(client):
    for host, punycode in {
        "💩.la": "xn--ls8h.la",
        "bücher.example": "xn--bcher-kva.example",
    }.items():
        responses = [
            client.post("/links", json={"url": f"https://{name}/"}) for name in (host, punycode)
        ]

        statuses = [response.status_code for response in responses]
        assert statuses[0] == statuses[1], f"{host} and {punycode} are one host"


@pytest.mark.story("urls")
@pytest.mark.parametrize(("length", "status"), [(2048, 201), (2049, 422)])
def test_url_has_at_most_2048_characters(client, length, status):
    url = "https://example.com/".ljust(length, "a")

    assert client.post("/links", json={"url": url}).status_code == status


@pytest.mark.story("urls")
def test_change_of_url_obeys_same_rules(client, shorten):
    code = shorten()["code"]

    refused = client.patch(f"/links/{code}", json={"url": "ftp://example.com/"})
    changed = client.patch(f"/links/{code}", json={"url": "https://bücher.example/"})

    assert refused.status_code == 422
    assert changed.json["url"] == "https://xn--bcher-kva.example/"


# alias


@pytest.mark.story("alias")
@pytest.mark.parametrize("alias", ["abc", "My-Link_7", "a" * 32, "---"])
def test_link_answers_under_alias(client, shorten, alias):
    link = shorten(alias=alias)

    assert link["code"] == alias
    assert client.get(f"/{alias}").location == URL


@pytest.mark.story("alias")
@pytest.mark.parametrize(
    "alias", ["", "ab", "a" * 33, "a/b", "a b", "a.b", "abc+", "ähm", "abc\n", "a%20c", 123]
)
def test_alias_is_3_to_32_letters_digits_dashes_and_underscores(client, alias):
    response = client.post("/links", json={"url": URL, "alias": alias})

    assert response.status_code == 422, f"the alias {alias!r} should be refused"


@pytest.mark.story("alias")
@pytest.mark.parametrize("alias", ["links", "docs", "healthz", "static", "Docs", "LINKS"])
def test_word_that_service_needs_is_refused_with_free_suggestion(client, shorten, alias):
    response = client.post("/links", json={"url": URL, "alias": alias})

    assert response.status_code == 409, f"/{alias} is a route of the service"
    assert shorten(alias=response.json["suggestion"])["code"] != alias


@pytest.mark.story("alias")
@pytest.mark.parametrize("alias", ["launch", "a" * 32], ids=["short", "long"])
def test_taken_alias_is_refused_with_free_suggestion_each_time(client, shorten, alias):
    shorten("https://example.com/first", alias=alias)

    for _ in range(12):
        response = client.post("/links", json={"url": URL, "alias": alias})
        assert response.status_code == 409
        shorten(alias=response.json["suggestion"])
    assert client.get(f"/{alias}").location == "https://example.com/first", "the first keeps it"


@pytest.mark.story("alias")
def test_generated_code_is_no_free_alias(client, shorten):
    code = shorten()["code"]

    assert client.post("/links", json={"url": URL, "alias": code}).status_code == 409


@pytest.mark.story("alias")
def test_of_many_who_want_alias_at_once_one_gets_it(client, at_once):
    def ask(number):
        wish = {"url": f"https://example.com/{number}", "alias": "popular"}
        return client.post("/links", json=wish).status_code

    assert sorted(at_once(10, ask)) == [201] + [409] * 9


# redirect


@pytest.mark.story("redirect")
def test_link_redirects_for_now_and_no_cache_keeps_it(client, shorten):
    response = client.get(f"/{shorten()['code']}")

    assert response.status_code == 302
    assert response.location == URL
    cache = response.headers.get("Cache-Control", "").replace(" ", "").split(",")
    assert {"no-store", "no-cache", "max-age=0"} & {*cache}, "a cached redirect is not counted"


@pytest.mark.story("redirect")
def test_permanent_link_redirects_for_good_and_caches_keep_it(client, shorten):
    response = client.get(f"/{shorten(permanent=True)['code']}")

    assert response.status_code == 301
    assert response.location == URL
    assert "no-store" not in response.headers["Cache-Control"]
    assert max_age(response) > 0


@pytest.mark.story("redirect")
def test_cache_keeps_permanent_link_no_longer_than_it_lives(client, shorten, clock):
    clock.set("2026-03-01T12:00:00Z")
    code = shorten(permanent=True, expires_at="2026-03-01T13:00:00Z")["code"]

    assert 0 < max_age(client.get(f"/{code}")) <= 3600
    clock.advance(minutes=59)
    assert max_age(client.get(f"/{code}")) <= 60, "the link ends in a minute"


@pytest.mark.story("redirect")
@pytest.mark.parametrize("permanent", [False, True])
def test_head_gets_same_answer_without_body(client, shorten, permanent):
    code = shorten(permanent=permanent)["code"]

    head, get = client.head(f"/{code}"), client.get(f"/{code}")

    assert head.status_code == get.status_code
    assert head.location == get.location
    assert head.headers["Cache-Control"] == get.headers["Cache-Control"]
    assert head.data == b""


@pytest.mark.story("redirect")
def test_query_of_visitor_does_not_matter(client, shorten):
    response = client.get(f"/{shorten()['code']}?utm_source=mail")

    assert response.location == URL


@pytest.mark.story("redirect")
@pytest.mark.parametrize("tail", ["/", ".", ",", ";", "!", ")", "').", "...", '."', ":/"])
def test_what_ends_sentence_behind_link_does_not_matter(client, shorten, clicks, tail):
    shorten(alias="mine")

    response = client.get(f"/mine{tail}")

    assert response.status_code == 302, f"/mine{tail} is /mine at the end of a sentence"
    assert response.location == URL
    assert clicks("mine") == 1


# ends


@pytest.mark.story("ends")
@pytest.mark.parametrize("path", ["/never1", "/never1+", "/links/never1", "/links/never1/stats"])
def test_code_that_never_was_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.story("ends")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/sale", "/sale+"])
def test_link_is_gone_from_its_end_on(client, shorten, clock, method, path):
    clock.set("2026-03-01T12:00:00Z")
    shorten(alias="sale", expires_at="2026-03-01T14:00:00+01:00")

    clock.advance(minutes=59, seconds=59)
    assert client.open(path, method=method).status_code < 400, "the link lives until 13:00 UTC"
    clock.advance(seconds=1)
    assert client.open(path, method=method).status_code == 410, "the link ended at 13:00 UTC"


@pytest.mark.story("ends")
def test_expired_link_lives_again_when_its_end_is_moved(client, shorten, clock):
    clock.set("2026-03-01T12:00:00Z")
    shorten(alias="sale", expires_at="2026-03-02T00:00:00Z")
    clock.advance(days=7)

    changed = client.patch("/links/sale", json={"expires_at": None})

    assert changed.json["expires_at"] is None
    assert client.get("/sale").status_code == 302


@pytest.mark.story("ends")
def test_link_is_gone_once_it_is_used_up(client, shorten, clicks):
    link = shorten(alias="twice", max_visits=2)

    statuses = [client.get("/twice").status_code for _ in range(4)]

    assert link["max_visits"] == 2
    assert statuses == [302, 302, 410, 410]
    assert client.get("/twice+").status_code == 410
    assert client.head("/twice").status_code == 410
    assert clicks("twice") == 2, "who was turned away is no visitor"


@pytest.mark.story("ends")
def test_of_many_at_once_as_many_get_there_as_may(client, shorten, clicks, at_once):
    shorten(alias="few", max_visits=5)

    statuses = at_once(20, lambda _: client.get("/few").status_code)

    assert sorted(statuses) == [302] * 5 + [410] * 15
    assert clicks("few") == 5


@pytest.mark.story("ends")
def test_looking_uses_no_visit_up(client, shorten):
    shorten(alias="once", max_visits=1)

    client.head("/once")
    client.get("/once+")
    client.get("/once", headers={"Sec-Purpose": "prefetch"})

    assert client.get("/once").status_code == 302


@pytest.mark.story("ends")
def test_used_up_link_lives_again_with_more_visits(client, shorten):
    shorten(alias="once", max_visits=1)
    client.get("/once")

    changed = client.patch("/links/once", json={"max_visits": 2})

    assert changed.json["max_visits"] == 2
    assert [client.get("/once").status_code for _ in range(2)] == [302, 410]
    client.patch("/links/once", json={"max_visits": None})
    assert client.get("/once").status_code == 302


@pytest.mark.story("ends")
def test_no_cache_answers_for_link_whose_visits_are_counted_off(client, shorten):
    shorten(alias="always", max_visits=3, permanent=True)

    response = client.get("/always")

    assert response.status_code == 301
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.story("ends")
def test_deleted_link_is_gone(client, shorten):
    shorten(alias="oops")

    assert client.delete("/links/oops").status_code == 204
    assert client.get("/oops").status_code == 410
    assert client.get("/oops+").status_code == 410
    assert client.delete("/links/oops").status_code == 404, "it cannot be deleted twice"
    assert client.get("/links").json == []


@pytest.mark.story("ends")
def test_code_of_deleted_link_is_never_given_again(client, shorten):
    shorten(alias="oops")
    client.delete("/links/oops")

    response = client.post("/links", json={"url": URL, "alias": "oops"})

    assert response.status_code == 409, "who knows the old link would land somewhere else"


# clicks


@pytest.mark.story("clicks")
def test_each_visit_counts_once(client, shorten, clicks):
    shorten(alias="mine")
    shorten(alias="other")

    for _ in range(3):
        client.get("/mine")

    assert clicks("mine") == 3
    assert clicks("other") == 0


@pytest.mark.story("clicks")
def test_looking_does_not_count(client, shorten, clicks):
    shorten(alias="mine")

    client.head("/mine")
    client.get("/mine+")
    client.get("/links/mine")
    client.get("/links/mine/stats")

    assert clicks("mine") == 0
    stats = client.get("/links/mine/stats?days=2").json
    assert [day["clicks"] for day in stats["per_day"]] == [0, 0]
    assert stats["top_referrers"] == []


@pytest.mark.story("clicks")
@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender"])
def test_prefetch_is_no_click(client, shorten, clicks, purpose):
    shorten(alias="mine")

    response = client.get("/mine", headers={"Sec-Purpose": purpose})

    assert response.location == URL
    assert clicks("mine") == 0, "nobody has followed the link yet"


@pytest.mark.story("clicks")
def test_visit_of_expired_link_does_not_count(client, shorten, clicks, clock):
    clock.set("2026-03-01T12:00:00Z")
    shorten(alias="sale", expires_at="2026-03-01T13:00:00Z")
    clock.advance(days=1)

    client.get("/sale")

    assert clicks("sale") == 0


@pytest.mark.story("clicks")
def test_hundred_visits_at_once_count_hundred(client, shorten, clicks, at_once):
    shorten(alias="viral")

    statuses = at_once(100, lambda _: client.get("/viral").status_code)

    assert statuses == [302] * 100
    assert clicks("viral") == 100, "visits that come together must not overwrite each other's count"
    today = client.get("/links/viral/stats?days=2").json["per_day"]
    assert sum(day["clicks"] for day in today) == 100


@pytest.mark.story("clicks")
def test_change_of_link_keeps_its_clicks(client, shorten, clicks):
    shorten(alias="mine")
    client.get("/mine")

    client.patch("/links/mine", json={"url": "https://example.com/new"})
    client.get("/mine")

    assert clicks("mine") == 2


@pytest.mark.story("clicks")
def test_statistics_count_by_day_in_utc(client, shorten, clock):
    clock.set("2026-02-27T23:59:00Z")
    shorten(alias="mine")
    client.get("/mine")
    clock.set("2026-03-01T00:00:00Z")
    client.get("/mine")
    client.get("/mine")

    stats = client.get("/links/mine/stats?days=3").json

    assert stats["clicks"] == 3
    assert stats["per_day"] == [
        {"date": "2026-02-27", "clicks": 1},
        {"date": "2026-02-28", "clicks": 0},
        {"date": "2026-03-01", "clicks": 2},
    ]


@pytest.mark.story("clicks")
def test_statistics_are_those_of_link_and_of_days_asked_for(client, shorten, clock):
    clock.set("2026-03-01T12:00:00Z")
    shorten(alias="mine")
    shorten(alias="other")
    client.get("/mine", headers={"Referer": "https://long-ago.example/"})
    clock.set("2026-03-05T12:00:00Z")
    client.get("/mine", headers={"Referer": "https://today.example/"})
    client.get("/other", headers={"Referer": "https://not-mine.example/"})

    stats = client.get("/links/mine/stats?days=4").json

    assert stats["clicks"] == 2, "clicks are all that there ever were"
    assert [day["clicks"] for day in stats["per_day"]] == [0, 0, 0, 1]
    assert stats["top_referrers"] == [{"host": "today.example", "clicks": 1}]


@pytest.mark.story("clicks")
def test_statistics_name_sites_that_sent_most(client, shorten):
    shorten(alias="mine")
    pages = [
        "https://news.example/a?private=1",
        "https://News.example:443/b",
        "https://blog.example/",
    ]
    for page in [*pages, "not a url", None]:
        client.get("/mine", headers={"Referer": page} if page else {})

    top = client.get("/links/mine/stats").json["top_referrers"]

    counts = {entry["host"]: entry["clicks"] for entry in top}
    assert counts == {"news.example": 2, "blog.example": 1, None: 2}
    assert [entry["clicks"] for entry in top] == [2, 2, 1], "the busiest first"


@pytest.mark.story("clicks")
@pytest.mark.parametrize("days", ["0", "-1", "367", "1e9", "ten", "", "1&days=2"])
def test_statistics_for_absurd_time_are_refused(client, shorten, days):
    shorten(alias="mine")

    assert client.get(f"/links/mine/stats?days={days}").status_code == 422


# manage


@pytest.mark.story("manage")
def test_links_are_listed_newest_first_in_pages(client, shorten):
    for number in range(5):
        shorten(alias=f"link-{number}")

    pages = [client.get(f"/links?per_page=2&page={page}") for page in (1, 2, 3, 4)]

    codes = [[link["code"] for link in page.json] for page in pages]
    assert codes == [["link-4", "link-3"], ["link-2", "link-1"], ["link-0"], []]
    assert pages[0].headers["X-Total-Count"] == "5"
    assert 'rel="next"' in pages[0].headers["Link"]


@pytest.mark.story("manage")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("100%", ["percent"]),
        ("a_b", ["under_b"]),
        ("PERCENT", ["percent"]),
        ("r_b", ["under_b"]),
        ("docs.example", ["under_b", "percent"]),
        ("nothing", []),
        ("\\", []),
    ],
)
def test_search_takes_its_words_literally(client, shorten, q, found):
    shorten("https://docs.example/100%25-sure", alias="percent")
    shorten("https://docs.example/a_b", alias="under_b")
    shorten("https://other.example/aXb/100", alias="underXb")

    listed = client.get("/links", query_string={"q": q}).json

    assert [link["code"] for link in listed] == found


@pytest.mark.story("manage")
def test_patch_changes_what_is_sent_and_nothing_else(client, shorten):
    before = shorten(alias="mine", expires_at="2099-01-01T00:00:00Z")

    changed = client.patch("/links/mine", json={"permanent": True})

    assert changed.status_code == 200
    assert changed.json == before | {"permanent": True}
    assert client.get("/mine").status_code == 301


@pytest.mark.story("manage")
@pytest.mark.parametrize(
    "body", [{"alias": "new"}, {"code": "new"}, {"url": None}, {"permanent": None}, []]
)
def test_patch_refuses_what_cannot_change(client, shorten, body):
    shorten(alias="mine")

    assert client.patch("/links/mine", json=body).status_code == 422


@pytest.mark.story("manage")
def test_reuse_gives_link_that_is_there(client, shorten):
    first = shorten()

    again = client.post("/links?reuse=true", json={"url": URL})

    assert again.status_code in {200, 201}
    assert again.json["code"] == first["code"]
    assert shorten()["code"] != first["code"], "without reuse each wish gets a new link"


@pytest.mark.story("manage")
@pytest.mark.parametrize(
    "other",
    [
        {"url": f"{URL}x"},
        {"permanent": True},
        {"expires_at": "2099-01-01T00:00:00Z"},
        {"alias": "another"},
        {"max_visits": 3},
    ],
    ids=lambda other: next(iter(other)),
)
def test_reuse_never_gives_something_else_than_asked_for(client, shorten, other):
    first = shorten()

    response = client.post("/links?reuse=true", json={"url": URL, **other})

    assert response.status_code == 201
    assert response.json["code"] != first["code"]


@pytest.mark.story("manage")
def test_reuse_never_gives_link_that_is_gone(client, shorten):
    deleted = shorten()["code"]
    client.delete(f"/links/{deleted}")

    assert client.post("/links?reuse=true", json={"url": URL}).json["code"] != deleted


@pytest.mark.story("manage")
def test_reuse_never_gives_link_whose_visits_may_be_gone(client, shorten):
    first = shorten(max_visits=3)

    for wish in ({"url": URL}, {"url": URL, "max_visits": 3}):
        response = client.post("/links?reuse=true", json=wish)
        assert response.json["code"] != first["code"], f"{wish} asks for more than is left"


@pytest.mark.story("manage")
def test_reuse_by_many_at_once_makes_one_link(client, at_once):
    codes = at_once(10, lambda _: client.post("/links?reuse=true", json={"url": URL}).json["code"])

    assert len(set(codes)) == 1


# pages


@pytest.mark.story("pages")
def test_there_is_page_for_people(client):
    response = client.get("/", headers={"Accept": "text/html"})

    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert "<form" in response.text


@pytest.mark.story("pages")
def test_plus_shows_where_link_leads(client, shorten):
    code = shorten("https://example.com/<b>bold</b>?a=1&b=2")["code"]

    response = client.get(f"/{code}+")

    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert "https://example.com/" in response.text
    assert "<b>bold" not in response.text, "what people typed must be escaped"

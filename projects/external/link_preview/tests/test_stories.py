"""What the service promises to those who use it, over HTTP alone."""

import gzip
import json
import threading
from itertools import repeat

import pytest

# The stand-in is on loopback, where no page may be fetched from: these tests allow it by name.
pytestmark = pytest.mark.settings(ALLOW_HOSTS="{upstream}")

FULL = """<!doctype html><html lang="en"><head>
<title>Plain title</title>
<meta property="og:title" content="Octopuses dream">
<meta property="og:description" content="In colour.">
<meta property="og:image" content="https://cdn.example/octopus.jpg">
<meta property="og:site_name" content="The Daily Example">
<meta property="og:type" content="article">
<meta property="og:locale" content="en_GB">
<link rel="canonical" href="https://daily.example/octopus">
<link rel="icon" href="https://daily.example/icon.png">
</head><body>…</body></html>"""


@pytest.fixture
def ask(client):
    """Ask for the preview of a URL, whatever the answer is: ``ask("http://…")``."""
    return lambda url: client.get("/preview", query_string={"url": url})


@pytest.fixture
def preview(ask, upstream):
    """Serve a page and return its preview: ``preview("<title>…")["title"]``."""

    def make(page, path="", **response_of_page):
        path = path or f"/page-{len(upstream.requests)}"
        upstream.answer(path, page, **response_of_page)
        response = ask(upstream.url(path))
        assert response.status_code == 200, "the preview of a page should be answered with 200"
        return response.json

    return make


@pytest.fixture
def port(upstream, restart):
    """The port of the stand-in, where pages may be fetched now; its address is not allowed."""
    number = upstream.address.rpartition(":")[2]
    restart(ALLOWED_PORTS=f"80,443,{number}", CONNECT_TIMEOUT="0.5")
    return number


def assert_refused(response, url):
    assert response.status_code == 422, f"{url!r} should be refused, not fetched"
    [error] = response.json["errors"]
    assert error["loc"] == ["query", "url"], "the answer should name the place: query, url"
    assert error["msg"], "the answer should say why"


# card


@pytest.mark.story("card")
def test_card_has_all_that_page_says(preview, upstream):
    card = preview(FULL, path="/page")

    assert card.pop("fetched_at").endswith("Z")
    assert card.pop("size", None) is None
    assert card == {
        "url": upstream.url("/page"),
        "canonical_url": "https://daily.example/octopus",
        "title": "Octopuses dream",
        "description": "In colour.",
        "image": "https://cdn.example/octopus.jpg",
        "site_name": "The Daily Example",
        "type": "article",
        "favicon": "https://daily.example/icon.png",
        "lang": "en-GB",
        "cached": False,
    }


@pytest.mark.story("card")
def test_page_that_says_nothing_has_card_of_little(preview, upstream):
    card = preview("<p>Hello</p>", path="/page")

    assert card["canonical_url"] == upstream.url("/page")
    assert card["favicon"] == upstream.url("/favicon.ico")
    assert card["type"] == "website"
    for field in ("title", "description", "image", "site_name", "lang"):
        assert card[field] is None, f"the page says nothing about its {field}"


@pytest.mark.story("card")
def test_page_is_asked_for_as_url_says_without_its_fragment(ask, upstream):
    upstream.answer("/a%20b", FULL)

    card = ask(upstream.url("/a%20b?q=%C3%A9&x#part")).json

    assert card["url"] == upstream.url("/a%20b?q=%C3%A9&x")
    [asked] = upstream.requests
    assert (asked.method, asked.path, asked.query) == ("GET", "/a%20b", {"q": "é", "x": ""})
    assert asked.headers["Host"] == upstream.address


@pytest.mark.story("card")
def test_malformed_question_is_refused(client):
    for query in ("", "url=", "url=x", "uri=http://a.de/", "url=http://a.de/&a=1"):
        response = client.get(f"/preview?{query}")

        assert response.status_code == 422, f"/preview?{query} should be refused"
        assert response.json["errors"], "the answer should say what is wrong"


# fallbacks


def ld(value):
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def article(**said):
    return {"@type": "Article", **said}


TITLES = {
    "Open Graph": [
        ('<meta property="og:title" content="O"><meta name="twitter:title" content="T">', "O"),
        ('<title>H</title><meta property="OG:Title" content="O">', "O"),
        ('<meta name="og:title" content="O"><title>H</title>', "O"),
        ('<meta property="og:title" content="1"><meta property="og:title" content="2">', "1"),
        ('<meta property="og:title" content=" "><meta property="og:title" content="2">', "2"),
    ],
    "Twitter": [
        ('<meta name="twitter:title" content="T"><title>H</title>', "T"),
        (ld(article(name="L")) + '<meta name="twitter:title" content="T">', "T"),
        ('<meta property="og:title" content="  "><meta name="twitter:title" content="T">', "T"),
        ('<meta property="og:title"><meta name="twitter:title" content="T">', "T"),
    ],
    "JSON-LD": [
        ("<title>H</title>" + ld(article(headline="L")), "L"),
        (ld([article(name="N"), article(headline="L")]), "L"),
        (ld({"@graph": [{"@type": "WebSite", "name": "S"}, article(headline="L")]}), "L"),
        ("<title>H</title>" + ld(article(name="N")), "N"),
        ("<title>H</title>" + ld({"@type": ["x", "http://schema.org/Recipe"], "name": "N"}), "N"),
        ("<title>N | Site</title>" + ld(article(headline="L", name="N")), "N"),
        ("<title>Two</title>" + ld([article(headline="One"), article(name="two")]), "two"),
    ],
    "HTML": [
        ("<title>H</title><title>I</title>", "H"),
        ("<TITLE lang=en>H</TITLE >", "H"),
        ("<title> </title>", None),
        ("<title>abc<xyz</title>", "abc<xyz"),
        ("<title>Vector<int></title>", "Vector<int>"),
        ("<svg><title>Menu</title></svg><title>H</title>", "H"),
        ('<textarea><meta property="og:title" content="O"></textarea><title>H</title>', "H"),
        ('<template><meta property="og:title" content="O"></template><title>H</title>', "H"),
        ('<!-- <meta property="og:title" content="O"> --><title>H</title>', "H"),
    ],
}  # fmt: skip
OTHERS = [
    ('<meta name="description" content="H">', "description", "H"),
    (ld(article(name="L", description="D")), "description", "D"),
    ('<meta property="og:image:secure_url" content="http://a.de/s">', "image", "http://a.de/s"),
    ('<meta name="twitter:image" content="http://a.de/t">', "image", "http://a.de/t"),
    ('<meta name="twitter:image:src" content="http://a.de/t">', "image", "http://a.de/t"),
    (ld(article(name="L", image={"url": "http://a.de/l"})), "image", "http://a.de/l"),
    (ld(article(name="L", image=["http://a.de/l", "x"])), "image", "http://a.de/l"),
    (ld(article(headline="A", publisher={"name": "P"})), "site_name", "P"),
    ('<meta name="application-name" content="P">', "site_name", "P"),
    ('<html lang="de-AT">', "lang", "de-AT"),
    ('<html lang="none at all">', "lang", None),
    ('<link rel="shortcut icon" href="http://a.de/i">', "favicon", "http://a.de/i"),
    ('<meta property="og:url" content="http://a.de/o">', "canonical_url", "http://a.de/o"),
]


@pytest.mark.story("fallbacks")
@pytest.mark.parametrize("pages", TITLES.values(), ids=TITLES.keys())
def test_title_comes_from_first_source_that_has_one(preview, pages):
    for page, title in pages:
        assert preview(page)["title"] == title, page


@pytest.mark.story("fallbacks")
def test_other_fields_come_from_first_source_too(preview):
    for page, field, value in OTHERS:
        assert preview(page)[field] == value, page


@pytest.mark.story("fallbacks")
def test_json_ld_of_what_is_no_page_and_no_work_is_passed_over(preview):
    for kind in ("Organization", "Person", "WebSite", "BreadcrumbList", "ImageObject", None, 7, []):
        other = {
            "@type": kind,
            "name": "Acme",
            "description": "Makes all.",
            "image": "http://a.de/l",
        }
        for json_ld in (other, [other], {"@graph": [other]}):
            card = preview(f"<title>About cats</title>{ld(json_ld)}")

            got = (card["title"], card["description"], card["image"])
            assert got == ("About cats", None, None), f"JSON-LD of type {kind} was taken"

    page = f"<title>Cats</title>{ld({'@graph': [other, article(name='Cats', description='D')]})}"
    assert preview(page)["description"] == "D", "the article stands behind another thing"


@pytest.mark.story("fallbacks")
def test_image_that_is_no_web_url_is_passed_over(preview):
    good = "https://a.de/good.png"
    for bad in (
        "javascript:alert(1)",
        "data:image/png,x",
        "http://[",
        "//me:pw@a.de/x",
        "  ",
        "http://",
        "https:///x.png",
        "http://a.de:port/x",
        "#",
        "#top",
        "?",
    ):
        first = f'<meta property="og:image" content="{bad}">'

        for second in ("og:image", "twitter:image"):
            page = f'{first}<meta property="{second}" content="{good}">'
            assert preview(page)["image"] == good, f"{bad!r} is no image on the web"
        assert preview(first)["image"] is None, f"{bad!r} is no image on the web"


@pytest.mark.story("fallbacks")
def test_page_is_not_its_own_image_or_icon(preview, upstream):
    url = upstream.url("/self")
    tags = f'<meta property="og:image" content="{url}#x"><link rel="icon" href="/self">'

    card = preview(tags, path="/self")

    assert (card["image"], card["favicon"]) == (None, upstream.url("/favicon.ico"))
    elsewhere = preview('<base href="/static/"><meta property="og:image" content="#">')
    assert elsewhere["image"] is None, "a fragment alone is nowhere else"


@pytest.mark.story("fallbacks")
def test_broken_json_ld_is_passed_over(preview):
    for bad in (
        "{",
        "[" * 50_000,
        "[1, null, {}]",
        '{"@type": "Article", "name": 7}',
        '{"@type": {"a": "Article"}, "name": "N"}',
        '{"@type": "Article", "name": ' + "1" * 5000 + "}",
        '{"@graph": [[1], 2]}',
        '"x"',
        "",
    ):
        page = f'<script type="application/ld+json">{bad}</script><title>H</title>'

        assert preview(page)["title"] == "H", f"JSON-LD {bad:.20} should be passed over"
        after = preview(page + ld(article(name="N")))
        assert after["title"] == "N", f"what comes after JSON-LD {bad:.20} should be taken"


@pytest.mark.story("fallbacks")
def test_json_ld_is_read_as_its_authors_mean_it(preview):
    page = """<script type="Application/LD+JSON">{"@type": "NewsArticle",
        "headline": "Tom &amp; Jerry&#39;s", "description": "one
        two	three"}</script>"""

    card = preview(page)

    assert card["title"] == "Tom & Jerry's", "entities are no JSON, but they are written"
    assert card["description"] == "one two three", "a raw line break in a text is taken"


# text


CHARSETS = {
    "header": [
        ("text/html; charset=utf-8", "<title>Grüße 日本</title>", "utf-8"),
        ("text/html; charset='windows-1251'", "<title>Привет</title>", "cp1251"),
        ("text/html; charset=ISO-8859-1", "<title>Grüße “Welt”</title>", "cp1252"),
        ('text/html;x=y; Charset="latin1"', "<title>5 €</title>", "cp1252"),
    ],
    "larger than its name": [
        ("text/html; charset=gb2312", "<title>朱镕基</title>", "gbk"),
        ("text/html; charset=euc-kr", "<title>똠방각하 펲시콜라</title>", "cp949"),
        ("text/html; charset=shift_jis", "<title>①髙﨑㈱</title>", "cp932"),
        ("text/html; charset=big5", "<title>嘅啲嘢</title>", "big5hkscs"),
        ("text/html; charset=iso-8859-9", "<title>“İyi” 5 €</title>", "cp1254"),
        ("text/html; charset=tis-620", "<title>สวัสดี “5 €”</title>", "cp874"),
        ("text/html; charset=us-ascii", "<title>Grüße</title>", "cp1252"),
    ],
    "byte order mark": [
        ("text/html", "\ufeff<title>Grüße</title>", "utf-8"),
        ("text/html", "\ufeff<title>Grüße</title>", "utf-16-le"),
        ("text/html", "\ufeff<title>Grüße</title>", "utf-16-be"),
        ("text/html; charset=windows-1252", "\ufeff<title>Grüße</title>", "utf-8"),
    ],
    "meta": [
        ("text/html", "<meta charset=shift_jis><title>日本語</title>", "shift_jis"),
        ("text/html; charset=nonsense", "<meta charset='utf-8'><title>Grüße</title>", "utf-8"),
        (
            "text/html",
            "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'><title>Да</title>",
            "koi8-r",
        ),
        ("text/html", "<meta charset=nonsense><meta charset=koi8-r><title>Да</title>", "koi8-r"),
        ("text/html", "<!-- <meta charset=koi8-r> --><title>Grüße</title>", "utf-8"),
        ("text/html", "<meta charset=utf-16><title>Grüße</title>", "utf-8"),
    ],
    "nothing": [
        ("text/html", "<title>Grüße, ganz ohne Angabe</title>", "utf-8"),
        ("text/html", "<title>Café</title>", "cp1252"),
        ("", "<title>Crème brûlée · 5 €</title>", "cp1252"),
    ],
}


@pytest.mark.story("text")
@pytest.mark.parametrize("pages", CHARSETS.values(), ids=CHARSETS.keys())
def test_text_is_right_in_every_charset(preview, pages):
    for content_type, page, charset in pages:
        card = preview(page.encode(charset), headers={"Content-Type": content_type})

        assert card["title"] == page.split("title>")[1][:-2], f"{content_type}, in {charset}"


@pytest.mark.story("text")
def test_charset_that_no_page_has_is_ignored(preview):
    for charset in ("zip", "hex", "punycode", "utf-7", "undefined", "x" * 2000):
        page = f"<meta charset={charset}><title>Plain</title>"

        card = preview(page, headers={"Content-Type": f"text/html; charset={charset}"})
        assert card["title"] == "Plain", f"charset={charset:.20}"


@pytest.mark.story("text")
def test_text_is_decoded_and_folded(preview):
    for html, text in {
        "Tom &amp; Jerry&#39;s &eacute;": "Tom & Jerry's é",
        "  two\n\t lines \xa0 here ": "two lines here",
        "a&#0;b&#xD800;c\x07d": "a\ufffdb\ufffdcd",
        "&lt;script&gt;alert(1)&lt;/script&gt;": "<script>alert(1)</script>",
        "evil\u202egnp.exe": "evilgnp.exe",
        "a&#x2067;b\u2066c&rlm;d": "abcd",
        "\u05e9\u05dc\u05d5\u05dd &#x1f468;&zwj;&#x1f469;": "\u05e9\u05dc\u05d5\u05dd 👨\u200d👩",
    }.items():
        card = preview(f'<title>{html}</title><meta name="description" content="{html}">')

        assert (card["title"], card["description"]) == (text, text)


@pytest.mark.story("text")
def test_text_of_which_nothing_can_be_seen_is_no_text(preview):
    for hidden in ("&#x200b;", "\u202e\u202c", "&shy; &nbsp;", "\x07"):
        page = f'<meta property="og:title" content="{hidden}"><title>H</title>'

        assert preview(page)["title"] == "H", f"{hidden!r} shows nothing"


@pytest.mark.story("text")
def test_lone_surrogates_and_nul_of_json_do_not_hurt(preview):
    page = r'<script type=application/ld+json>{"@type": "Book", "name": "a\ud800b\u0000c"}</script>'

    assert preview(page)["title"] == "abc"


@pytest.mark.story("text")
def test_title_has_at_most_300_characters(preview):
    assert preview(f"<title>{'x' * 300}</title>")["title"] == "x" * 300
    assert preview(f"<title>{'x' * 301}</title>")["title"] == "x" * 299 + "…"
    assert len(preview(f"<title>{'x ' * 50_000}</title>")["title"]) <= 300


@pytest.mark.story("text")
def test_description_has_at_most_1000_characters(preview):
    page = f'<meta name="description" content="{"y" * 5000}">'

    assert preview(page)["description"] == "y" * 999 + "…"


@pytest.mark.story("text")
def test_relative_url_becomes_absolute(preview, upstream):
    for number, (base, link, image) in enumerate([
        ("", "pic.png", "/dir/pic.png"),
        ("", "/pic.png", "/pic.png"),
        ("", "../pic.png?a=1", "/pic.png?a=1"),
        ('<base href="/static/">', "pic.png", "/static/pic.png"),
        ('<base href="https://cdn.example/x/">', "pic.png", "https://cdn.example/x/pic.png"),
        ('<base href="javascript:x">', "pic.png", "/dir/pic.png"),
        ("", "my pic.png", "/dir/my%20pic.png"),
        ("", "é.png", "/dir/%C3%A9.png"),
        ("", "//cdn.example/pic.png", "http://cdn.example/pic.png"),
    ]):  # fmt: skip
        page = f'{base}<meta property="og:image" content="{link}">'

        card = preview(page, path=f"/dir/{number}")
        assert card["image"] == (image if "://" in image else upstream.url(image)), page


# other-types


@pytest.mark.story("other-types")
def test_of_what_is_no_html_there_is_type_and_size(preview):
    card = preview(b"%PDF-" + bytes(995), headers={"Content-Type": "Application/PDF; x=y"})

    assert (card["type"], card["size"]) == ("application/pdf", 1000)
    for field in ("canonical_url", "title", "description", "image", "site_name", "favicon", "lang"):
        assert card[field] is None


@pytest.mark.story("other-types")
@pytest.mark.settings(TOTAL_TIMEOUT="2")
def test_body_of_what_is_no_html_is_not_waited_for(preview, upstream):
    card = preview(upstream.stall(b"..."), headers={"Content-Type": "video/mp4"})

    assert (card["type"], card["size"]) == ("video/mp4", None)


# inside

HERE = {
    "names": ["localhost", "LocalHost.", "\uff4cocalhost", "l\u00adocalhost"],
    "four numbers": ["127.0.0.1", "127.0.0.2", "0.0.0.0"],  # noqa: S104  # nothing is bound
    "numbers": ["127.1", "2130706433", "0", "0x7f000001", "0x7f.1", "0177.0.0.1", "01770000001"],
    "IPv6": ["[::1]", "[::]", "[0:0::0:1]"],
    "wrapped": ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]"],
    "Unicode": ["\uff11\uff12\uff17.0.0.1", "①②⑦.0.0.1", "127。0。0。1"],
}  # fmt: skip
ELSEWHERE = {
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1"],
    "link-local": ["169.254.169.254", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]"],
    "multicast": ["224.0.0.1", "239.255.255.250", "[ff02::1]", "[ff0e::1]"],
    "reserved": ["192.0.2.1", "198.18.0.1", "240.0.0.1", "255.255.255.255", "[2001:db8::1]"],
    "wrapped": ["[::ffff:8.8.8.8]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[2002:a00:1::]"],
}  # fmt: skip
AMBIGUOUS = [
    "http://example.com@127.0.0.1:{port}/",
    "http://example.com:80@127.0.0.1:{port}/",
    "http://@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://127.0.0.1:{port}#@example.com/",
    "http://127.0.0.1:{port}?@example.com/",
    "http:\\\\127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1:{port}/ x",
    " http://127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
]


@pytest.mark.story("inside")
@pytest.mark.settings(ALLOW_HOSTS="")
@pytest.mark.parametrize("hosts", HERE.values(), ids=HERE.keys())
def test_this_machine_is_not_reached_in_any_spelling(ask, upstream, port, hosts):
    for host in hosts:
        url = f"http://{host}:{port}/secret"

        assert_refused(ask(url), url)
        assert upstream.requests == [], f"{url!r} has reached a server on this machine"


@pytest.mark.story("inside")
@pytest.mark.settings(ALLOW_HOSTS="", CONNECT_TIMEOUT="0.5")
@pytest.mark.parametrize("hosts", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_address_that_is_not_public_is_refused(ask, hosts):
    for host in hosts:
        assert_refused(ask(f"http://{host}/"), host)


@pytest.mark.story("inside")
@pytest.mark.settings(ALLOW_HOSTS="")
def test_reason_names_address_and_its_kind(ask):
    for address, kind in {
        "127.0.0.1": "a loopback address",
        "10.0.0.1": "a private address",
        "169.254.169.254": "a link-local address",
        "224.0.0.1": "a multicast address",
        "0.0.0.0": "an unspecified address",  # noqa: S104  # nothing is bound
        "100.64.0.1": "not a public address",
        "64:ff9b::808:808": "a NAT64 address",
    }.items():
        host = f"[{address}]" if ":" in address else address

        response = ask(f"http://{host}/")

        assert response.status_code == 422, f"{address} should be refused"
        detail = response.json["detail"]
        assert address in detail, "the reason should say where the URL leads"
        assert kind in detail, f"the reason should say that {address} is {kind}"


@pytest.mark.story("inside")
@pytest.mark.settings(ALLOW_HOSTS="")
def test_url_that_is_read_in_two_ways_is_refused(ask, upstream, port):
    for url in (each.format(port=port) for each in AMBIGUOUS):
        assert_refused(ask(url), url)
        assert upstream.requests == [], f"{url!r} has reached a server on this machine"


@pytest.mark.story("inside")
@pytest.mark.settings(ALLOW_HOSTS="")
def test_only_http_and_https_are_fetched(ask):
    for url in (
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "data:text/html,<title>x</title>",
        "javascript:alert(1)",
        "//example.com/",
        "http:example.com",
        "http://",
    ):
        assert_refused(ask(url), url)


# redirects


@pytest.mark.story("redirects")
def test_redirect_is_followed_whatever_its_status(preview, upstream):
    upstream.answer("/new", "<title>New</title>")
    for status in (301, 302, 303, 307, 308):
        card = preview(b"", path=f"/{status}", status=status, headers={"Location": "/new"})

        assert card["title"] == "New", f"a {status} should be followed"


@pytest.mark.story("redirects")
def test_relative_urls_begin_at_end_of_redirects(preview, upstream):
    upstream.answer("/new/page", '<title>New</title><link rel=icon href="i.png">')

    card = preview(b"", path="/old", status=302, headers={"Location": "/new/page#part"})

    assert card["url"] == upstream.url("/old")
    assert card["canonical_url"] == upstream.url("/new/page")
    assert card["favicon"] == upstream.url("/new/i.png")


@pytest.mark.story("redirects")
@pytest.mark.parametrize(("number", "status"), [(5, 200), (6, 502)])
def test_five_redirects_are_followed_and_not_six(ask, upstream, number, status):
    for left in range(number, 0, -1):
        upstream.answer(f"/{left}", status=302, headers={"Location": f"/{left - 1}"})
    upstream.answer("/0", "<title>The end</title>")

    assert ask(upstream.url(f"/{number}")).status_code == status
    assert len(upstream.requests) == 6, "the first request, and five redirects"


@pytest.mark.story("redirects")
def test_redirect_is_checked_like_first_url(ask, upstream, port):
    upstream.answer("/secret", "<title>Secret</title>")
    for number, target in enumerate([
        f"http://localhost:{port}/secret",
        f"//127.1:{port}/secret",
        f"http://[::ffff:127.0.0.1]:{port}/secret",
        f"http://2130706433:{port}/secret",
        f"http://x@127.0.0.1:{port}/secret",
        "http://10.0.0.1/secret",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "http://localhost:22/",
    ]):  # fmt: skip
        upstream.answer(f"/{number}", status=302, headers={"Location": target})

        assert_refused(ask(upstream.url(f"/{number}")), f"a redirect to {target}")
    paths = [asked.path for asked in upstream.requests]
    assert "/secret" not in paths, "a redirect has reached a server on this machine"


@pytest.mark.story("redirects")
def test_check_of_later_redirect_is_made_too(ask, upstream, port):
    upstream.answer("/1", status=302, headers={"Location": "/2"})
    upstream.answer("/2", status=302, headers={"Location": f"http://localhost:{port}/secret"})

    assert_refused(ask(upstream.url("/1")), "/1 → /2 → localhost")
    assert [asked.path for asked in upstream.requests] == ["/1", "/2"]


# limits


@pytest.mark.story("limits")
def test_decompression_bomb_is_defused(preview):
    page = gzip.compress(b"<title>A bomb</title>" + bytes(30_000_000))

    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    assert preview(page, headers=headers)["title"] == "A bomb"


@pytest.mark.story("limits")
def test_endless_page_is_left_after_limit(preview):
    sent = []

    def page():
        yield b"<title>Endless</title>"
        for piece in repeat(b"<p>and so on</p>" * 1000):
            sent.append(len(piece))
            yield piece

    assert preview(page(), headers={"Content-Type": "text/html"})["title"] == "Endless"
    assert sum(sent) < 20_000_000, "an endless page should be left after about 1 MiB"


@pytest.mark.story("limits")
@pytest.mark.settings(MAX_BYTES="2000")
@pytest.mark.parametrize(("before", "title"), [(1900, "Late"), (1990, None), (5000, None)])
def test_what_stands_behind_limit_is_not_read(preview, before, title):
    page = "<!doctype html>".ljust(before) + "<title>Late</title>"

    assert preview(page)["title"] == title


@pytest.mark.story("limits")
@pytest.mark.settings(TOTAL_TIMEOUT="0.3")
def test_page_that_stalls_is_left(ask, upstream):
    upstream.answer("/x", upstream.stall(b"<title>"), headers={"Content-Type": "text/html"})

    assert ask(upstream.url("/x")).status_code == 504


@pytest.mark.story("limits")
@pytest.mark.settings(TOTAL_TIMEOUT="0.3")
def test_page_that_comes_byte_by_byte_is_left(ask, upstream):
    over = threading.Event()

    def drip():
        while not over.wait(0.05):
            yield b"x"

    upstream.answer("/x", drip(), headers={"Content-Type": "text/html"})

    assert ask(upstream.url("/x")).status_code == 504, "each byte came in time, the page did not"
    over.set()


# failures


@pytest.mark.story("failures")
def test_failure_of_other_side_is_told_with_its_status(ask, upstream):
    for status in (401, 404, 429, 500, 503):
        upstream.answer(f"/{status}", "<title>Error</title>", status=status)

        response = ask(upstream.url(f"/{status}"))

        assert response.status_code == 502
        assert response.json["upstream_status"] == status


@pytest.mark.story("failures")
@pytest.mark.settings(TOTAL_TIMEOUT="0.3")
def test_no_answer_in_time_is_504(ask, upstream):
    with upstream.hold():
        assert ask(upstream.url("/x")).status_code == 504


@pytest.mark.story("failures")
@pytest.mark.settings(ALLOW_HOSTS="127.0.0.1:1")
def test_server_that_is_not_there_is_502(ask):
    assert ask("http://127.0.0.1:1/").status_code == 502


@pytest.mark.story("failures")
@pytest.mark.parametrize(
    "headers",
    [{"Content-Length": "1000"}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}],
    ids=["too short", "not compressed", "not asked for"],
)
def test_broken_answer_is_502(ask, upstream, headers):
    upstream.answer("/x", "<title>x</title>", headers={"Content-Type": "text/html", **headers})

    assert ask(upstream.url("/x")).status_code == 502


@pytest.mark.story("failures")
def test_redirect_to_what_is_no_url_is_502(ask, upstream):
    for target in ("/caf\xe9", "http://[", "http://a:b/"):
        upstream.answer("/x", status=302, headers={"Location": target})

        response = ask(upstream.url(f"/x?{target}"))
        assert response.status_code == 502, f"Location: {target!r} is not the caller's fault"


# cache


@pytest.mark.story("cache")
def test_second_answer_comes_from_cache(preview, ask, upstream, clock):
    clock.set("2026-03-01T12:00:00Z")
    first = preview(FULL, path="/page")
    clock.advance(minutes=5)

    second = ask(upstream.url("/page#other-part")).json

    assert second == first | {"cached": True}
    assert second["fetched_at"] == "2026-03-01T12:00:00Z"
    assert len(upstream.requests) == 1


@pytest.mark.story("cache")
@pytest.mark.settings(CACHE_SECONDS="60")
def test_preview_is_kept_for_its_time_and_no_longer(preview, ask, upstream, clock):
    clock.set("2026-03-01T12:00:00Z")
    preview("<title>Old</title>", path="/page")
    upstream.answer("/page", "<title>New</title>")

    clock.advance(seconds=59)
    assert ask(upstream.url("/page")).json["title"] == "Old"
    clock.advance(seconds=2)
    fresh = ask(upstream.url("/page")).json

    assert (fresh["title"], fresh["cached"]) == ("New", False)


@pytest.mark.story("cache")
def test_cache_outlives_restart_and_tells_urls_apart(preview, ask, upstream, restart):
    preview("<title>A</title>", path="/a")
    preview("<title>B</title>", path="/b")
    restart()

    assert ask(upstream.url("/a")).json["title"] == "A"
    assert ask(upstream.url("/b")).json["title"] == "B"
    assert len(upstream.requests) == 2


@pytest.mark.story("cache")
def test_many_at_once_cause_one_request(ask, upstream, at_once):
    asked, go_on = threading.Event(), threading.Event()

    def page(_request):
        asked.set()
        go_on.wait(10)
        return FULL

    def one(number):
        if number == 20:
            asked.wait(10)
            go_on.set()
            return None
        return ask(upstream.url("/page"))

    upstream.answer("/page", page)
    responses = at_once(21, one)[:20]

    assert [response.status_code for response in responses] == [200] * 20
    assert {response.json["title"] for response in responses} == {"Octopuses dream"}
    assert len(upstream.requests) == 1, f"20 at once caused {len(upstream.requests)} requests"


@pytest.fixture
def refresh(client, upstream):
    """Ask for the preview of a path of the stand-in as it is now."""
    return lambda path: client.get(f"/preview?url={upstream.url(path)}&refresh=true")


@pytest.mark.story("refresh")
def test_refresh_fetches_what_is_kept_and_keeps_what_comes(preview, ask, refresh, upstream):
    preview("<title>Old</title>", path="/page")
    upstream.answer("/page", "<title>New</title>")
    assert ask(upstream.url("/page")).json["title"] == "Old"

    fresh = refresh("/page").json

    assert (fresh["title"], fresh["cached"]) == ("New", False)
    kept = ask(upstream.url("/page")).json
    assert kept == fresh | {"cached": True}
    assert len(upstream.requests) == 2


@pytest.mark.story("refresh")
def test_refresh_is_asked_for_by_true_alone(client, preview, upstream):
    preview("<title>Old</title>", path="/page")
    query = f"url={upstream.url('/page')}"

    assert client.get(f"/preview?{query}&refresh=false").json["cached"] is True
    for value in ("maybe", "", "2"):
        assert client.get(f"/preview?{query}&refresh={value}").status_code == 422, value
    assert len(upstream.requests) == 1


@pytest.mark.story("refresh")
def test_refresh_of_failure_asks_again(ask, refresh, upstream):
    assert ask(upstream.url("/page")).status_code == 502
    upstream.answer("/page", "<title>Up again</title>")

    assert refresh("/page").json["title"] == "Up again"


@pytest.mark.story("refresh")
def test_many_refreshes_at_once_cause_one_request(client, preview, refresh, upstream, at_once):
    preview("<title>Old</title>", path="/page")
    asked, go_on = threading.Event(), threading.Event()

    def page(_request):
        asked.set()
        go_on.wait(10)
        return "<title>New</title>"

    def one(number):
        if number == 20:
            asked.wait(10)
            for _ in range(20):  # by then all the others have come
                client.get("/")
            go_on.set()
            return None
        return refresh("/page")

    upstream.answer("/page", page)
    responses = at_once(21, one)[:20]

    assert {response.json["title"] for response in responses} == {"New"}
    # One who comes when it is over begins another: on a busy machine that may be a few.
    assert len(upstream.requests) < 8, "one refresh is for all who ask while it is under way"


# page


@pytest.mark.story("page")
def test_page_has_field_for_link(client):
    response = client.get("/")

    assert response.mimetype == "text/html"
    assert '<input id="url"' in response.text
    assert 'data-preview="/preview"' in response.text


@pytest.mark.story("page")
@pytest.mark.settings(PROXY_HOPS="1", PROXY_PREFIX="1")
def test_page_works_behind_prefix(client):
    response = client.get("/", headers={"X-Forwarded-Prefix": "/cards"})

    assert 'data-preview="/cards/preview"' in response.text

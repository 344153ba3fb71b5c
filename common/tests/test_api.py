"""Strict input, described output: what ``@endpoint`` promises."""

import io

import pytest
from openapi_spec_validator import validate

PROBLEM = "application/problem+json"
JSON = "application/json"


def assert_problem(response, status):
    assert response.status_code == status, response.text
    assert response.mimetype == PROBLEM
    assert response.json["status"] == status
    assert {"type", "title", "detail"} <= response.json.keys()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"name": "a",}', 400),
        (b'{"name": "\xff"}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b'{"name": "a\x00"}', 400),
        (b'{"name": "a", "size": ' + b"9" * 5000 + b"}", 400),
        ('{"name": "a"}'.encode("utf-16"), 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b'{"name": ""}', 422),
        (b'{"name": null}', 422),
        (b'{"name": 1}', 422),
        (b'{"name": "a\\u0000"}', 422),
        (b'{"name": "a", "nmae": "b"}', 422),
        (b'{"name": "a", "size": "1"}', 422),
        (b'{"name": "a", "size": 1.5}', 422),
        (b'{"name": "a", "size": true}', 422),
        (b'{"name": "a", "size": 100000000000000000000}', 422),
        (b'{"name": "a", "size": 1e400}', 422),
        (b'{"name": "a", "ratio": NaN}', 422),
        (b'{"name": "a", "ratio": Infinity}', 422),
        (b'{"name": "a", "done": 0}', 422),
    ],
)
def test_wrong_body_is_refused_with_a_problem(http, raw, status):
    response = http.post("/things", data=raw, content_type=JSON)
    assert_problem(response, status)
    assert http.get("/things").json == []


def test_whole_number_may_be_written_with_a_point(http):
    response = http.post("/things", data=b'{"name": "a", "size": 2.0}', content_type=JSON)
    assert response.json["size"] == 2


def test_escaped_backslash_before_u0000_is_text_like_any_other(http):
    response = http.post("/things", data=rb'{"name": "\\u0000"}', content_type=JSON)
    assert response.json["name"] == r"\u0000"


def test_validation_errors_name_every_place(http):
    response = http.post("/things", json={"size": 500, "colour": "red"})
    assert [error["loc"] for error in response.json["errors"]] == [
        ["body", "name"],
        ["body", "size"],
        ["body", "colour"],
    ]
    assert all(error["msg"] for error in response.json["errors"])


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_body_of_another_type_is_415(http, content_type):
    assert_problem(http.post("/things", data=b'{"name": "a"}', content_type=content_type), 415)


def test_body_over_the_limit_is_413(http):
    assert_problem(http.post("/things", data=b" " * 2_000_000, content_type=JSON), 413)


@pytest.mark.parametrize(
    "query",
    [
        "per_page=-1",
        "per_page=101",
        "page=0",
        "page=100000000000000000000",
        "page=x",
        "page=",
        "page=1_0",
        "page=%2B1",
        "page=%201",
        "page=1%0A",
        "page=1.0",
        "page=%EF%BC%91",
        "least=1_0",
        "page=1&page=2",
        "least=NaN",
        "tag=%00",
        "tag=1&tag=2&tag=3&tag=4&tag=5&tag=6",
        "unknown=1",
        "%00=1",
    ],
)
def test_wrong_query_is_422(http, query):
    assert_problem(http.get(f"/things?{query}"), 422)


def test_repeated_and_renamed_query_parameters_are_lists(http):
    assert http.get("/things?tag=a&tag=b&not=c").status_code == 200


def test_query_where_none_is_known_is_refused_unless_allowed(http):
    assert_problem(http.get("/things/1?verbose=1"), 422)
    assert http.get("/anything?verbose=1").status_code == 200


@pytest.mark.parametrize(
    "path", ["/things/100000000000000000000", "/things/-1", "/things/x", "/nothing"]
)
def test_path_to_nothing_is_404(http, path):
    assert_problem(http.get(path), 404)
    assert_problem(http.delete(path), 404)


@pytest.mark.parametrize("digit", ["%D9%A1", "%EF%BC%91"], ids=["arabic", "full width"])
def test_number_in_a_path_has_plain_digits(http, digit):
    assert http.post("/things", json={"name": "a"}).headers["Location"] == "/things/1"
    assert_problem(http.get(f"/things/{digit}"), 404)


@pytest.mark.parametrize(("name", "status"), [("Abc", 422), ("%00", 404), ("%ff", 422)])
def test_wrong_path_parameter_is_refused(http, name, status):
    assert http.get(f"/names/{name}").status_code == status


def test_wrong_method_is_405_and_names_the_right_ones(http):
    response = http.put("/things")
    assert_problem(response, 405)
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_multipart_without_boundary_is_400(http):
    assert_problem(http.post("/uploads", data=b"x", content_type="multipart/form-data"), 400)


@pytest.mark.parametrize(
    "data",
    [
        {"title": "a"},
        {"image": (io.BytesIO(b"x"), "a.png")},
        {"title": "a", "image": "not a file"},
        {"title": "a\0", "image": (io.BytesIO(b"x"), "a.png")},
        {"title": "a", "image": (io.BytesIO(b"x"), "a.png"), "more": "b"},
    ],
)
def test_wrong_form_is_422(http, data):
    response = http.post("/uploads", data=data, content_type="multipart/form-data")
    assert_problem(response, 422)


def test_file_and_field_of_a_form_are_taken(http):
    data = {"title": "a", "image": (io.BytesIO(b"x"), "a.png")}
    assert http.post("/uploads", data=data).status_code == 204


def test_file_where_only_fields_are_read_is_refused(http):
    data = {"title": "a", "image": (io.BytesIO(b"x"), "a.png")}
    assert_problem(http.post("/forms", data=data), 422)
    assert http.post("/forms", data={"title": "a"}).status_code == 204


def test_created_accepted_and_none_have_their_status_and_location(http):
    made = http.post("/things", json={"name": "a", "size": 3})
    assert (made.status_code, made.headers["Location"]) == (201, "/things/1")
    assert made.json == {"id": 1, "name": "a", "size": 3}
    later = http.post("/things/1/polish")
    assert (later.status_code, later.headers["Location"]) == (202, "/things/1")
    gone = http.delete("/things/1")
    assert (gone.status_code, gone.data) == (204, b"")
    assert http.delete("/things/1").status_code == 404


def test_head_and_options_work(http):
    head = http.head("/things")
    assert (head.status_code, head.data, head.headers["X-Total-Count"]) == (200, b"", "0")
    assert "GET" in http.options("/things").headers["Allow"]


def test_document_is_valid_and_describes_every_answer(http):
    document = http.get("/openapi.json").json
    validate(document)
    assert document["paths"]["/things"]["post"]["responses"].keys() == {
        "201", "400", "409", "413", "415", "422",
    }  # fmt: skip
    assert document["paths"]["/names/{name}"]["get"]["responses"].keys() == {"200", "404", "422"}
    assert document["paths"]["/anything"]["get"]["responses"].keys() == {"200", "302"}
    content = document["paths"]["/uploads"]["post"]["requestBody"]["content"]
    assert content["multipart/form-data"]["schema"]["required"] == ["title", "image"]


def test_document_says_what_query_parameters_there_are_without_null(http):
    found = http.get("/openapi.json").json["paths"]["/things"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter for parameter in found}
    assert by_name.keys() == {"page", "per_page", "tag", "not", "least"}
    assert by_name["least"]["schema"] == {"type": "integer", "minimum": 0, "maximum": 100}
    assert by_name["tag"]["schema"]["type"] == "array"


def test_document_knows_the_prefix_it_is_mounted_under(http):
    document = http.get("/openapi.json", base_url="http://localhost/apps/toy/").json
    assert document["servers"] == [{"url": "/apps/toy"}]

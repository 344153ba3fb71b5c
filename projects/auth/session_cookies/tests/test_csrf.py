"""The check against forged requests, and the laws of the token."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_cookies.csrf import Request, objection, token_for

KEY = b"a key for tests"
ID = "A" * 32
SITE = "https://app.example"
RIGHT = Request(SITE, origin=SITE, token=token_for(ID, KEY), session_id=ID)


def test_right_request_passes():
    assert objection(RIGHT, KEY) is None


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example/",
        "https://app.example.evil.example",
        "https://evil.app.example",
        "https://app.example https://evil.example",
        "app.example",
    ],
)
def test_origin_is_this_one_to_letter(origin):
    assert "Origin" in objection(replace(RIGHT, origin=origin), KEY)


@pytest.mark.parametrize("lacks", ["token", "session_id"])
def test_token_and_cookie_are_both_needed(lacks):
    assert "GET /csrf" in objection(replace(RIGHT, **{lacks: None}), KEY)


@pytest.mark.parametrize(
    "token", ["", RIGHT.token[:-1], RIGHT.token + "0", RIGHT.token.upper(), "\u00e9"]
)
def test_token_is_compared_whole(token):
    assert "token" in objection(replace(RIGHT, token=token), KEY)


@given(st.text("AB_-9", min_size=1), st.text("AB_-9", min_size=1))
def test_token_belongs_to_one_id(one, other):
    assert (token_for(one, KEY) == token_for(other, KEY)) == (one == other)


def test_token_belongs_to_one_key():
    assert objection(RIGHT, b"another key") is not None


def test_token_does_not_tell_id():
    assert token_for(ID, KEY) != token_for(ID, b"")
    assert ID not in RIGHT.token

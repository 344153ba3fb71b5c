"""Passwords: what is one password, what is none, and what is kept of it."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import common
from common import passwords
from common.passwords import NewPassword, Password


@pytest.fixture
def app() -> Any:
    """An application that hashes, with its context."""
    app = Flask("toy")
    config = {"TESTING": True, "SECRET_KEY": "k" * 16}
    common.init_app(app, config, settings=passwords.PasswordSettings)
    passwords.init_app(app)
    with app.app_context():
        yield app


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("set_as", "typed"),
    [
        ("correct horse", "correct horse"),
        ("caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"),
        ("cafe\u0301 cre\u0300me", "caf\u00e9 cr\u00e8me"),
        ("correct\u00a0horse", "correct horse"),
        ("correct horse", "correct\u3000horse"),
        ("\uac01\uac01\uac01", "\u1100\u1161\u11a8" * 3),
    ],
)
def test_however_it_is_typed_it_is_the_same(set_as, typed):
    assert passwords.matches(typed, passwords.hash_of(set_as))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "other", ["Correct horse", "correct horse ", " correct horse", "correct  horse", "", "nobody"]
)
def test_case_and_spaces_count(other):
    assert not passwords.matches(other, passwords.hash_of("correct horse"))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("password", ["nobody", "", "correct horse"])
def test_nobody_has_no_password(password):
    assert not passwords.matches(password, None)


@pytest.mark.usefixtures("app")
def test_hash_is_salted_argon2id():
    one, other = passwords.hash_of("correct horse"), passwords.hash_of("correct horse")

    assert one != other
    assert one.startswith("$argon2id$")
    assert not passwords.is_outdated(one)


def test_cost_is_that_of_owasp_outside_of_tests():
    app = Flask("toy")
    config = {"SECRET_KEY": "k" * 16}
    common.init_app(app, config, settings=passwords.PasswordSettings)
    passwords.init_app(app)

    with app.app_context():
        assert "$m=19456,t=2,p=1$" in passwords.hash_of("correct horse")


@pytest.mark.parametrize("good", ["8 chars.", "x" * 128, "e\u0301" * 128, "😀" * 8])
def test_new_password_has_8_to_128_characters(good):
    assert TypeAdapter(NewPassword).validate_python(good) == passwords.normal(good)


@pytest.mark.parametrize(
    "bad", ["7 chars", "e\u0301" * 7, "x" * 129, "x" * 600, "with\ttab", "with\0nul", "with\x85nel",
            "line\nbreak", "half a pair \ud800"],
)  # fmt: skip
def test_what_cannot_be_a_password_is_refused(bad):
    with pytest.raises(ValidationError):
        TypeAdapter(NewPassword).validate_python(bad)


def test_old_password_may_be_short():
    assert TypeAdapter(Password).validate_python("short") == "short"


@pytest.mark.parametrize(
    ("example", "kept"),
    [
        ("correct horse battery staple", "correct horse battery staple"),
        ("\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5"),
        ("Jack of \u2666s", "Jack of \u2666s"),
        ("foo\u1680bar", "foo bar"),
    ],
)
def test_examples_of_rfc_8265(example, kept):
    assert passwords.normal(example) == kept


@given(st.text(max_size=100))
def test_what_is_hashed_is_final(text):
    try:
        once = passwords.normal(text)
    except ValueError:
        return
    assert passwords.normal(once) == once


def test_document_says_that_it_is_a_password_and_how_long():
    schema = TypeAdapter(NewPassword).json_schema()

    assert (schema["format"], schema["minLength"], schema["maxLength"]) == ("password", 8, 128)

"""Passwords: how two are compared (RFC 8265), and how one is kept (argon2id, OWASP's parameters).

Work a hash out while no transaction is open (``database.release()`` before): it takes 25 ms, and
nobody should wait for the database's write lock that long.
"""

import unicodedata
from dataclasses import dataclass
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask, current_app
from pydantic import AfterValidator, Field

from common.settings import Settings

LONGEST = 128  # characters
CHEAP = (1, 8, 1)  # passes, KiB, threads: tests log in all the time


class PasswordSettings(Settings):
    """What a hash costs whoever guesses, and us."""

    argon2_kib: int = Field(19456, ge=8, description="Memory for a password's hash, in KiB.")
    argon2_rounds: int = Field(2, ge=1, description="Passes over that memory.")


@dataclass(frozen=True, slots=True)
class Passwords:
    """What an application hashes with: ``app.extensions["common_passwords"]``."""

    hasher: PasswordHasher
    nobody: str
    """A hash that no password has: an unknown name must take as long as a wrong password."""


def init_app(app: Flask) -> None:
    """Make the hasher of ``app``; its settings are ``PasswordSettings``."""
    cost = (app.config["ARGON2_ROUNDS"], app.config["ARGON2_KIB"], 1)
    hasher = PasswordHasher(*(CHEAP if app.testing else cost))
    app.extensions["common_passwords"] = Passwords(hasher, hasher.hash("nobody"))


def normal(password: str) -> str:
    """Return what is hashed: the same for each way to type the password.

    Accents in one character or two are the same, and so are all spaces: the profile OpaqueString of
    RFC 8265. Case counts, and spaces at the ends do.

    Raises:
        ValueError: it holds a control character, or is too long to look at.
    """
    if len(password) > 4 * LONGEST:  # in no form of Unicode does a character take more than four
        raise ValueError(f"is longer than {LONGEST} characters")
    spaced = ""
    for character in password:
        category = unicodedata.category(character)
        if category in {"Cc", "Cs"}:
            raise ValueError("has a control character")
        spaced += " " if category == "Zs" else character
    return unicodedata.normalize("NFC", spaced)


#: The password that somebody types to log in.
Password = Annotated[
    str,
    AfterValidator(normal),
    Field(max_length=LONGEST, examples=["correct horse"], json_schema_extra={"format": "password"}),
]

#: A password to set.
NewPassword = Annotated[Password, Field(min_length=8)]


def hash_of(password: str) -> str:
    """Return a salted, slow hash."""
    return _here().hasher.hash(normal(password))


def matches(password: str, hashed: str | None) -> bool:
    """Tell whether a hash is that of the password; for None no, and in the same time."""
    try:
        _here().hasher.verify(hashed or _here().nobody, normal(password))
    except VerifyMismatchError:
        return False
    return hashed is not None


def is_outdated(hashed: str) -> bool:
    """Tell whether a hash was made at another cost: then make it anew when its user logs in."""
    return _here().hasher.check_needs_rehash(hashed)


def _here() -> Passwords:
    found: Passwords = current_app.extensions["common_passwords"]
    return found

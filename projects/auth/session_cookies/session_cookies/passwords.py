"""Password hashes: argon2id with the parameters that OWASP recommends."""

from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask, current_app

COST = (2, 19456, 1)  # passes, KiB, threads: about 25 ms
CHEAP = (1, 8, 1)  # tests log in all the time


class Passwords(NamedTuple):
    """What an application hashes with, and a hash for names that nobody has."""

    hasher: PasswordHasher
    nobody: str


def init_app(app: Flask) -> None:
    """Make the hasher of ``app``."""
    hasher = PasswordHasher(*(CHEAP if app.testing else COST))
    app.extensions["passwords"] = Passwords(hasher, hasher.hash("nobody"))


def hash_of(password: str) -> str:
    """Return a salted, slow hash."""
    return _here().hasher.hash(password)


def matches(password: str, hashed: str | None) -> bool:
    """Tell whether a hash is that of the password; for None no, and in the same time."""
    try:
        return _here().hasher.verify(hashed or _here().nobody, password) and hashed is not None
    except VerifyMismatchError:
        return False


def _here() -> Passwords:
    found: Passwords = current_app.extensions["passwords"]
    return found

"""Password hashes: argon2id with the parameters that OWASP recommends."""

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import current_app

COST = (2, 19456, 1)  # passes, KiB, threads: about 25 ms
CHEAP = (1, 8, 1)  # tests log in all the time


def hash_of(password: str) -> str:
    """Return a salted, slow hash."""
    return _hasher().hash(password)


def matches(password: str, hashed: str | None) -> bool:
    """Tell whether a hash is that of the password; for None no, and in the same time."""
    try:
        return _hasher().verify(hashed or _nobody(), password) and hashed is not None
    except VerifyMismatchError:
        return False


def _hasher() -> PasswordHasher:
    return PasswordHasher(*(CHEAP if current_app.testing else COST))


def _nobody() -> str:
    """Return a hash of nobody's password, made once."""
    found: str = current_app.extensions.setdefault("nobody", "") or hash_of("nobody")
    current_app.extensions["nobody"] = found
    return found

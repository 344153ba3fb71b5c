"""Random tokens: who has one may use what it is for.

The database keeps only their hashes, so that a copy of it opens nothing. A token has 192 random
bits: nobody can try them out, and a plain fast hash is enough, as it would not be for a password.
A row is found by an index of hashes. How long that takes tells at most how the hash of a guess
compares with stored hashes, and from a hash no way leads back to its token.
"""

import secrets
from hashlib import sha256


def new() -> str:
    """Return a new token, which is shown once: 32 characters that fit into a URL."""
    return secrets.token_urlsafe(24)


def hash_of(token: str) -> str:
    """Return what is stored in place of a token: its SHA-256 hash, 64 hexadecimal digits."""
    return sha256(token.encode()).hexdigest()

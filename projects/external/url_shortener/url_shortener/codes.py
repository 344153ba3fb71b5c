"""Short codes: a keyed permutation of row ids, written in base 62.

A permutation gives every id a code of its own, so there is nothing to try again; the key
makes the codes of neighbouring ids look unrelated, so nobody walks through the links.
"""

import hashlib
import string
from collections.abc import Iterable

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
LENGTH = 7
SPACE = len(ALPHABET) ** LENGTH  # 3,521,614,606,208 codes
HALF_BITS = 21  # two halves of 21 bits are the smallest that hold SPACE
HALF_MASK = (1 << HALF_BITS) - 1
ROUNDS = 10  # as many as FF1 of NIST SP 800-38G
MAX_ID = 2**31 - 1  # of an INTEGER column; decode takes one string in 1,640 for a code


def encode(number: int, key: bytes) -> str:
    """Return the code of row id ``number`` under ``key``: 7 characters of ``ALPHABET``.

    Permute the number (`permute` with all rounds in order). The result may be ``SPACE`` or
    more, for which 7 characters have no room: permute it again until it fits ("cycle
    walking"; it ends, since a permutation leads back to where it started). Write the result
    in base 62, most significant digit first, filled up with ``0`` from the left.

    Different numbers give different codes, and the same number and key always the same one.

    Raises:
        ValueError: ``number`` is negative or above ``MAX_ID``.
    """
    if not 0 <= number <= MAX_ID:
        raise ValueError(f"{number} is not a row id from 0 to {MAX_ID}")
    value = permute(number, key, range(ROUNDS))
    while value >= SPACE:
        value = permute(value, key, range(ROUNDS))
    code = ""
    for _ in range(LENGTH):
        value, digit = divmod(value, len(ALPHABET))
        code = ALPHABET[digit] + code
    return code


def decode(code: str, key: bytes) -> int:
    """Return the row id whose code under ``key`` is ``code``: the inverse of `encode`.

    Read the 7 characters as a number in base 62, then permute it with the rounds in reverse
    order, and again as long as the result is ``SPACE`` or more: the walk of `encode`, back.

    Raises:
        ValueError: ``code`` has another length, has a character outside of ``ALPHABET``, or
            belongs to a number above ``MAX_ID`` and so to no row. No other exception.
    """
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        raise ValueError(f"{code!r} is not {LENGTH} letters and digits")
    value = 0
    for character in code:
        value = value * len(ALPHABET) + ALPHABET.index(character)
    value = permute(value, key, reversed(range(ROUNDS)))
    while value >= SPACE:
        value = permute(value, key, reversed(range(ROUNDS)))
    if value > MAX_ID:
        raise ValueError(f"{code!r} is the code of no row id")
    return value


def permute(value: int, key: bytes, rounds: Iterable[int]) -> int:
    """Permute the numbers of 42 bits by a Feistel network; return where ``value`` goes.

    Cut ``value`` into a left and a right half of 21 bits. In each round the right half becomes
    the new left one, and ``left XOR scramble(right, key, round)`` the new right one. After
    the last round put the halves together swapped, right before left: then the same function
    with the rounds in reverse order undoes it, whatever `scramble` does.

    Source: M. Luby and C. Rackoff, "How to Construct Pseudorandom Permutations from
    Pseudorandom Functions", SIAM Journal on Computing 17 (1988).
    """
    left, right = value >> HALF_BITS, value & HALF_MASK
    for number in rounds:
        left, right = right, left ^ scramble(right, key, number)
    return right << HALF_BITS | left


def scramble(half: int, key: bytes, number: int) -> int:
    """Return 21 pseudo-random bits made of half, key and round: keyed BLAKE2b (RFC 7693)."""
    message = (number << HALF_BITS | half).to_bytes(4, "big")
    digest = hashlib.blake2b(message, key=key, digest_size=3).digest()
    return int.from_bytes(digest, "big") & HALF_MASK

"""The README's numbers about chance are computed, not believed."""

import hashlib
import math
from itertools import count
from pathlib import Path

import pytest

from url_shortener.codes import MAX_ID, SPACE

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
LINKS = 10_000_000


@pytest.mark.parametrize(
    ("name", "codes", "shown", "likely_shown"),
    [
        ("the first 7 hex digits of a SHA-256", 16**7, f"{16**7:,}", "19,292"),
        ("7 random letters and digits", SPACE, f"{SPACE:,}", "2,209,525"),
        ("a random UUID, 36 characters", 2**122, "2¹²²", "2.7 · 10¹⁸"),
    ],
)
def test_birthday_numbers_are_right(name, codes, shown, likely_shown):
    # n links make n(n-1)/2 pairs, each of which collides with chance 1/codes; no pair does with
    # a chance of about exp(-pairs/codes), which is one half when pairs = codes * ln 2.
    likely = math.ceil((1 + math.sqrt(1 + 8 * codes * math.log(2))) / 2)
    pairs = LINKS * (LINKS - 1) // 2 // codes

    assert likely_shown in {f"{likely:,}", f"{likely / 10**18:.1f} · 10¹⁸"}
    assert f"| {name} | {shown} | {likely_shown} links | {pairs:,} |" in README


def test_example_of_collision_is_true():
    seen = {}
    for number in count(1):
        digits = hashlib.sha256(f"https://example.com/{number}".encode()).hexdigest()[:7]
        if digits in seen:
            break
        seen[digits] = number

    assert f"of number {number:,} are those of number {seen[digits]}." in " ".join(README.split())


def test_other_numbers_are_right():
    assert f"62⁷ = {SPACE:,}" in README
    assert MAX_ID == 2**31 - 1
    assert f"in {SPACE / MAX_ID:,.0f} is the code of any row" in " ".join(README.split())
    assert round(SPACE / 1_000_000 / 1_000_000, 1) == 3.5
    assert round(2**42 / SPACE, 2) == 1.25, "a quarter more work on average"

"""The laws of the permutation, and a few of its values."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from url_shortener.codes import ALPHABET, LENGTH, MAX_ID, ROUNDS, SPACE, decode, encode, permute

KEY = b"a key for tests"
ids = st.integers(0, MAX_ID)
keys = st.binary(min_size=1, max_size=64)
codes = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


@given(ids, keys)
def test_decode_undoes_encode(number, key):
    assert decode(encode(number, key), key) == number


@given(codes, keys)
def test_string_is_code_of_one_number_or_of_none(code, key):
    try:
        number = decode(code, key)
    except ValueError:
        return
    assert 0 <= number <= MAX_ID
    assert encode(number, key) == code


@given(ids, keys)
def test_code_is_seven_characters_of_base_62(number, key):
    code = encode(number, key)

    assert len(code) == 7
    assert set(code) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@given(st.sets(ids, min_size=2, max_size=50), keys)
def test_different_numbers_have_different_codes(numbers, key):
    assert len({encode(number, key) for number in numbers}) == len(numbers)


@given(st.integers(0, 2**42 - 1), keys, st.lists(st.integers(0, ROUNDS - 1)))
def test_rounds_in_reverse_order_undo_permutation(value, key, rounds):
    there = permute(value, key, rounds)

    assert 0 <= there < 2**42
    assert permute(there, key, reversed(rounds)) == value


@given(st.integers(0, 2**42 - 1), keys)
def test_no_round_swaps_halves(value, key):
    left, right = value >> 21, value & (2**21 - 1)

    assert permute(value, key, []) == right << 21 | left


@pytest.mark.parametrize(
    ("number", "code"),
    [(0, "Ccombui"), (1, "JRDVVOI"), (2, "1Oux8ZI"), (1_000_000, "iIrSD8M"), (MAX_ID, "6QBuxgH")],
)
def test_code_is_same_for_ever(number, code):
    assert encode(number, KEY) == code
    assert decode(code, KEY) == number


def test_small_code_is_filled_up_with_zeros():
    number = next(n for n in range(10_000) if encode(n, KEY).startswith("0"))

    assert decode(encode(number, KEY), KEY) == number


def test_number_that_lands_just_beyond_codes_walks_on():
    def before(key):
        return permute(SPACE, key, reversed(range(ROUNDS)))

    key = next(key for key in (b"%d" % n for n in count()) if before(key) <= MAX_ID)

    assert decode(encode(before(key), key), key) == before(key)


def test_another_key_gives_other_codes():
    same = [n for n in range(200) if encode(n, KEY) == encode(n, KEY + b"!")]

    assert same == []


def test_neighbours_share_no_more_than_chance():
    pairs = [(encode(n, KEY), encode(n + 1, KEY)) for n in range(500)]

    equal = sum(a == b for one, other in pairs for a, b in zip(one, other, strict=True))
    assert equal < 110, "3,500 pairs of characters are equal 56 times by chance"


@pytest.mark.parametrize("number", [-1, MAX_ID + 1, SPACE, 10**30])
def test_number_that_is_no_row_id_has_no_code(number):
    with pytest.raises(ValueError, match="is not a row id"):
        encode(number, KEY)


@pytest.mark.parametrize(
    "code",
    ["", "Ccombu", "CcombuEE", "Ccomb-i", "Ccombué", "Ccombu\n", "Ccombu ", "٣٣٣٣٣٣٣", "\0" * 7],
)
def test_string_of_another_shape_is_no_code(code):
    with pytest.raises(ValueError, match="is not 7 letters and digits"):
        decode(code, KEY)


def test_hardly_any_word_of_seven_letters_is_code():
    def is_code(word):
        try:
            decode(word, KEY)
        except ValueError:
            return False
        return True

    found = [word for word in (f"{n:07}" for n in range(5_000)) if is_code(word)]
    assert 0 < len(found) < 15, "one in 1,640, so that aliases are hardly ever in the way"

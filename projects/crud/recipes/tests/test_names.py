"""Unit tests of names: what counts as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.names import folded, tidy


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Olive oil", "  OLIVE\t  oil "),
        ("Crème fraîche", "CRE\u0300ME FRAI\u0302CHE"),
        ("Straße", "STRASSE"),
        ("ΣΊΤΟΣ", "σίτος"),
        ("rye\u00a0flour", "rye flour"),
    ],
)
def test_spellings_of_one_thing_fold_to_the_same(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("egg", "eggs"), ("cafe", "café"), ("a b", "ab")])
def test_different_things_stay_different(one, other):
    assert folded(one) != folded(other)


@given(st.text(max_size=80))
def test_folding_settles_and_fits_its_column(text):
    assert folded(folded(text)) == folded(text)
    assert len(folded(text)) <= 240


@given(st.text())
def test_tidy_text_has_single_spaces_and_nothing_at_its_ends(text):
    assert tidy(text).split(" ") == (text.split() or [""])

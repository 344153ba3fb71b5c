"""The laws that exact scaling obeys, and the tables of kitchen cases."""

from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.scaling import (
    CLOSE,
    MEASURES,
    Amount,
    UnitName,
    display,
    parse,
    rounded,
    scale,
    written,
)

UNITS = [*get_args(UnitName), None]
COUNTED = [unit for unit in UNITS if unit not in MEASURES]

quantities = st.fractions(min_value=Fraction(1, 1000), max_value=10_000, max_denominator=1000)
amounts = st.builds(Amount, quantities, st.sampled_from(UNITS))
factors = st.builds(Fraction, st.integers(1, 1000), st.integers(1, 1000))  # servings over servings


def amount(text):
    """Read ``1 1/2 cup`` or ``3``, the way the tables below write amounts."""
    head, _, last = text.rpartition(" ")
    if last in UNITS:
        return Amount(parse(head), last)
    return Amount(parse(text), None)


def base(given):
    """Return the amount in the smallest unit of its family."""
    if given.unit in MEASURES:
        return given.quantity * MEASURES[given.unit].size
    return given.quantity


def number(text):
    """Return the number that is shown to a person, exactly."""
    words = [word for word in text.split() if word[0] in "0123456789⅛¼⅓⅜½⅝⅔¾⅞"]
    if len(words) == 1 and words[0].isdecimal():
        return Fraction(words[0])  # a million and more are shown, and cannot be sent
    return parse(" ".join(words))


# laws


@given(amounts, factors, factors)
def test_two_scalings_are_one_by_their_product(start, a, b):
    assert base(scale(scale(start, a), b)) == base(scale(start, a * b))


@given(amounts, factors)
def test_new_unit_keeps_amount(start, factor):
    scaled = scale(start, factor)

    assert base(scaled) == base(start) * factor
    if start.unit in MEASURES:
        assert MEASURES[scaled.unit].family == MEASURES[start.unit].family
    else:
        assert scaled.unit == start.unit, "twelve cloves are not a can"


@given(amounts, factors)
def test_scaling_back_returns_amount(start, factor):
    assert base(scale(scale(start, factor), 1 / factor)) == base(start)


@given(amounts, factors)
def test_unit_is_never_too_large_for_its_amount(start, factor):
    scaled = scale(start, factor)

    if scaled.unit in MEASURES and MEASURES[scaled.unit].size > 1:
        assert scaled.quantity >= MEASURES[scaled.unit].least


@given(amounts)
def test_rounding_is_never_nothing_and_settles_at_once(start):
    once = rounded(start)

    assert once > 0
    assert rounded(Amount(once, start.unit)) == once


@given(amounts, factors)
def test_what_is_measured_is_within_five_percent_or_less_than_what_is_said(start, factor):
    scaled = scale(start, factor)
    text = display(scaled)
    shown = number(text)

    if text.startswith("less than "):
        assert scaled.quantity < shown
    elif scaled.unit in MEASURES or scaled.quantity < 1:
        assert abs(shown - scaled.quantity) <= CLOSE * scaled.quantity
    else:
        assert abs(shown - scaled.quantity) <= Fraction(1, 2), "the nearest of what is counted"


@given(amounts, factors)
def test_only_exact_amount_comes_without_hint(start, factor):
    scaled = scale(start, factor)

    has_hint = display(scaled).startswith(("about ", "less than "))

    assert has_hint == (rounded(scaled) != scaled.quantity)


@given(quantities, st.sampled_from(UNITS))
def test_what_is_shown_can_be_sent(quantity, unit):
    assert number(written(Amount(quantity, unit))) == quantity
    assert parse(str(quantity)) == quantity


# tables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", Fraction(3)),
        ("1/3", Fraction(1, 3)),
        ("2/6", Fraction(1, 3)),
        ("5/2", Fraction(5, 2)),
        ("1 1/2", Fraction(3, 2)),
        ("½", Fraction(1, 2)),
        ("1½", Fraction(3, 2)),
        ("10 ⅞", Fraction(87, 8)),
        ("0.25", Fraction(1, 4)),
        ("0.1", Fraction(1, 10)),
        ("0.005", Fraction(1, 200)),
        ("1/1000", Fraction(1, 1000)),
        ("2.50", Fraction(5, 2)),
        ("999999.999", Fraction(999_999_999, 1000)),
        ("999999999/1000", Fraction(999_999_999, 1000)),
    ],
)
def test_quantities_are_read_exactly(text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "0", "0.0", "0.000", "-1", "+1", "1/0", "0/1", "1 / 2", "1  1/2", " 1", "1\n"),
        *("1e3", ".5", "1.", "1,5", "٣", "1000000", "0.0001", "1/1001", "1 1/2 1/2", "1.5 1/2"),
        *("½½", "½5", "1/½", "½ 1", "1.5½", "NaN", "inf", "two"),
        pytest.param("9" * 400, id="400 digits"),
    ],
)
def test_what_is_no_quantity_is_refused(text):
    with pytest.raises(ValueError, match="is no quantity"):
        parse(text)


@pytest.mark.parametrize("text", ["999999 3/2", "1000000/1", "999999 999/1"])
def test_million_is_too_much(text):
    with pytest.raises(ValueError, match="is not below a million"):
        parse(text)


@pytest.mark.parametrize("text", ["2-3", "2 - 3", "2\u20133", "½\u2014¾", "1/2-1"])
def test_range_is_refused_in_words(text):
    with pytest.raises(ValueError, match="is a range: send one quantity"):
        parse(text)


@pytest.mark.parametrize(
    ("start", "factor", "result"),
    [
        ("1/3 cup", "2", "2/3 cup"),
        ("1/3 cup", "3", "1 cup"),
        ("750 g", "2", "1.5 kg"),
        ("999 g", "2", "1.998 kg"),
        ("100 g", "9", "900 g"),
        ("1 kg", "1/2", "500 g"),
        ("2 kg", "1/2", "1 kg"),
        ("12 oz", "2", "1 1/2 lb"),
        ("17 oz", "1", "17 oz"),  # a sixteenth of a pound is measured in ounces
        ("1 lb", "1/2", "8 oz"),
        ("250 ml", "4", "1 l"),
        ("1 l", "1/4", "250 ml"),
        ("1 tsp", "3", "1 tbsp"),
        ("1 tsp", "2", "2 tsp"),
        ("2 tsp", "2", "4 tsp"),  # no spoon holds 1 1/3 tbsp
        ("1 tbsp", "1/2", "1 1/2 tsp"),
        ("2 tbsp", "2", "1/4 cup"),
        ("1 tbsp", "2", "2 tbsp"),  # an eighth of a cup is measured in spoons
        ("1/2 tbsp", "10", "5 tbsp"),  # 5/16 of a cup is measured in spoons
        ("1/3 cup", "1/4", "4 tsp"),
        ("1/4 cup", "1/2", "2 tbsp"),
        ("0.12 cup", "2", "3.84 tbsp"),  # just below a quarter of a cup
        ("2", "4/3", "8/3"),
        ("2 clove", "3", "6 clove"),
        ("2000 clove", "2", "4000 clove"),
    ],
)
def test_amounts_step_into_unit_cook_would_use(start, factor, result):
    assert scale(amount(start), parse(factor)) == amount(result)


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("1 1/2 cup", "1½ cups"),
        ("2/3 cup", "⅔ cup"),
        ("1 cup", "1 cup"),
        ("5/12 cup", "less than ½ cup"),
        ("5/6 cup", "about ⅞ cup"),
        ("62/3 cup", "20⅔ cups"),
        ("125/6 cup", "about 21 cups"),
        ("8.3 cup", "about 8 cups"),
        ("8.3 tsp", "about 8 tsp"),
        ("2.6 cup", "about 2½ cups"),  # 2⅔ is nearer, but no simpler
        ("2.15 cup", "about 2¼ cups"),
        ("2.63 tsp", "about 2½ tsp"),
        ("20/3 tbsp", "about 7 tbsp"),
        ("1/3 tsp", "⅓ tsp"),
        ("1/16 tsp", "less than ⅛ tsp"),
        ("3/16 tsp", "less than ¼ tsp"),
        ("5/7 tsp", "about ¾ tsp"),
        ("1/20 g", "less than 0.1 g"),
        ("100/3 g", "about 33 g"),
        ("10/3 g", "about 3.3 g"),
        ("100/3 ml", "about 33 ml"),
        ("2.5 g", "2.5 g"),
        ("9.6 g", "9.6 g"),
        ("9.53 g", "about 10 g"),  # 4.9 % off
        ("9.52 g", "about 9.5 g"),  # 10 would be 5.04 % off
        ("1.5 kg", "1.5 kg"),
        ("4/3 kg", "about 1.33 kg"),
        ("1 1/4 lb", "1¼ lb"),
        ("3.3 oz", "about 3¼ oz"),
        ("1 1/4 l", "1.25 l"),
        ("8/3", "about 3"),
        ("7/3", "about 2"),
        ("5/2", "2½"),
        ("1/3", "⅓"),
        ("2/5", "less than ½"),
        ("1/9", "less than ¼"),
        ("3", "3"),
        ("8/3 clove", "about 3 cloves"),
        ("8/3 pinch", "about 3 pinches"),
        ("8/3 slice", "about 3 slices"),
        ("8/3 can", "about 3 cans"),
        ("1 clove", "1 clove"),
        ("1/2 can", "½ can"),
    ],
)
def test_amounts_are_shown_as_cook_would_say_them(exact, shown):
    assert display(amount(exact)) == shown


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("1/4 tbsp", "¼ tbsp"),
        ("0.001 kg", "0.001 kg"),
        ("1/4 kg", "0.25 kg"),
        ("1/3 kg", "⅓ kg"),
        ("1/100 cup", "0.01 cup"),
        ("0.1", "0.1"),
        ("8/3", "2⅔"),
        ("2 1/7 cup", "2 1/7 cups"),
        ("1/7 can", "1/7 can"),
        ("1500 g", "1500 g"),
        ("10 g", "10 g"),
    ],
)
def test_exact_amount_is_written_as_its_author_wrote_it(exact, shown):
    assert written(amount(exact)) == shown


@pytest.mark.parametrize(
    "least",
    [
        *("0.1 g", "0.01 kg", "1/8 oz", "1/4 lb", "0.1 ml", "0.01 l"),
        *("1/8 tsp", "1/2 tbsp", "1/8 cup", "1/4 clove", "1/4"),
    ],
)
def test_smallest_measure_is_least_that_is_shown(least):
    measure = amount(least)

    assert rounded(Amount(measure.quantity / 1000, measure.unit)) == measure.quantity
    assert rounded(measure) == measure.quantity


@pytest.mark.parametrize("unit", COUNTED)
def test_counted_things_stay_what_they_are(unit):
    assert scale(Amount(Fraction(6), unit), Fraction(1000)) == Amount(Fraction(6000), unit)

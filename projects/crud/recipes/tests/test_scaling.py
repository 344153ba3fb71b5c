"""Unit tests of the lesson: the laws that exact scaling obeys, and the table of kitchen cases."""

from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.scaling import CLOSE, COUNTED, UNITS, Amount, UnitName, display, parse, rounded, scale

quantities = st.fractions(min_value=Fraction(1, 1000), max_value=10_000, max_denominator=1000)
amounts = st.builds(Amount, quantities, st.sampled_from(list(UNITS)))
factors = st.builds(Fraction, st.integers(1, 1000), st.integers(1, 1000))  # servings over servings


def amount(text: str) -> Amount:
    """Read ``1 1/2 cup`` or ``3``, the way the tables below write amounts."""
    head, _, last = text.rpartition(" ")
    return Amount(parse(head), last) if last in get_args(UnitName) else Amount(parse(text), None)


@given(amounts, factors, factors)
def test_scaling_by_a_and_then_by_b_is_scaling_by_a_times_b(
    start: Amount, a: Fraction, b: Fraction
) -> None:
    """Nothing is lost on the way: rounding never flows back into an amount."""
    assert scale(scale(start, a), b).base == scale(start, a * b).base


@given(amounts, factors)
def test_a_new_unit_keeps_the_amount(start: Amount, factor: Fraction) -> None:
    """However the unit changes, in the family's smallest unit it is factor times as much."""
    scaled = scale(start, factor)
    assert scaled.base == start.base * factor
    assert UNITS[scaled.unit].family == UNITS[start.unit].family


@given(amounts, factors)
def test_scaling_back_returns_the_amount(start: Amount, factor: Fraction) -> None:
    """Doubling and halving is no change."""
    assert scale(scale(start, factor), 1 / factor).base == start.base


@given(amounts, factors)
def test_a_unit_is_never_too_large_for_its_amount(start: Amount, factor: Fraction) -> None:
    """Half a kilogram reads 500 g; only the smallest unit of a family takes what is left."""
    scaled = scale(start, factor)
    if UNITS[scaled.unit].size > 1:
        assert scaled.quantity >= UNITS[scaled.unit].least


@given(amounts)
def test_rounding_is_never_nothing_and_settles_at_once(start: Amount) -> None:
    """A pinch divided by a hundred is still something, and rounding twice is rounding once."""
    once = rounded(start)
    assert once > 0
    assert rounded(Amount(once, start.unit)) == once


@given(amounts, factors)
def test_rounding_stays_close_where_there_is_something_to_measure(
    start: Amount, factor: Fraction
) -> None:
    """From the second smallest unit up, what a cook measures is within five percent."""
    scaled = scale(start, factor)
    if UNITS[scaled.unit].size > 1:
        assert abs(rounded(scaled) - scaled.quantity) <= CLOSE * scaled.quantity


@given(amounts)
def test_display_says_about_exactly_when_it_is_not_exact(start: Amount) -> None:
    """A person can tell a rounded number from an exact one."""
    assert display(start).startswith("about ") == (rounded(start) != start.quantity)


@given(quantities)
def test_a_written_quantity_reads_back(quantity: Fraction) -> None:
    """Fractions as Python writes them are quantities, except where a number passes three digits."""
    whole, part = divmod(quantity, 1)
    texts = [str(whole)] * bool(whole) + [str(part)] * bool(part)
    if part.denominator < 1000:
        assert parse(" ".join(texts)) == quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", Fraction(3)),
        ("1/3", Fraction(1, 3)),
        ("2/6", Fraction(1, 3)),
        ("5/2", Fraction(5, 2)),
        ("1 1/2", Fraction(3, 2)),
        ("0.25", Fraction(1, 4)),
        ("0.1", Fraction(1, 10)),
        ("0.005", Fraction(1, 200)),
        ("2.50", Fraction(5, 2)),
        ("999999.999", Fraction(999_999_999, 1000)),
    ],
)
def test_quantities_are_read_exactly(text: str, value: Fraction) -> None:
    """0.1 is one tenth, which no float is."""
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "0",
            "0.0",
            "0.000",
            "-1",
            "+1",
            "1/0",
            "0/1",
            "1 / 2",
            "1  1/2",
            " 1",
            "1\n",
            "½",
        ),
        *("1e3", ".5", "1.", "1,5", "٣", "1000000", "0.0001", "1/1000", "1 1/2 1/2"),
        *("1.5 1/2", "NaN", "inf", "9" * 400),
    ],
)
def test_what_is_not_a_quantity_is_refused(text: str) -> None:
    """Nothing is guessed: zero, signs, exponents, stray space and foreign digits are mistakes."""
    with pytest.raises(ValueError, match="is not a quantity"):
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
def test_amounts_step_into_the_unit_a_cook_would_use(start: str, factor: str, result: str) -> None:
    """Up and down, within the family, and only where the larger unit can be measured."""
    assert scale(amount(start), parse(factor)) == amount(result)


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("1 1/2 cup", "1½ cups"),
        ("2/3 cup", "⅔ cup"),
        ("1 cup", "1 cup"),
        ("5/12 cup", "about ⅜ cup"),
        ("5/6 cup", "about ⅞ cup"),
        ("62/3 cup", "20⅔ cups"),
        ("125/6 cup", "about 21 cups"),
        ("8.3 cup", "about 8 cups"),
        ("8.3 tsp", "about 8 tsp"),
        ("2.6 cup", "about 2½ cups"),  # 2⅔ is nearer, but no simpler
        ("2.15 cup", "about 2¼ cups"),
        ("2.63 tsp", "about 2½ tsp"),
        ("20/3 tbsp", "about 7 tbsp"),
        ("1/3 tsp", "about ⅜ tsp"),
        ("1/100 tsp", "about ⅛ tsp"),
        ("100/3 g", "about 33 g"),
        ("10/3 g", "about 3.3 g"),
        ("100/3 ml", "about 33 ml"),
        ("2.5 g", "2.5 g"),
        ("9.6 g", "9.6 g"),
        ("9.53 g", "about 10 g"),  # 4.9 % off
        ("9.52 g", "about 9.5 g"),  # 10 would be 5.04 % off
        ("1.5 kg", "1.5 kg"),
        ("4/3 kg", "about 1.33 kg"),
        ("1 1/4 l", "1.25 l"),
        ("8/3", "about 3"),
        ("7/3", "about 2"),
        ("5/2", "2½"),
        ("1/3", "about ½"),
        ("3", "3"),
        ("8/3 clove", "about 3 cloves"),
        ("8/3 pinch", "about 3 pinches"),
        ("8/3 slice", "about 3 slices"),
        ("8/3 can", "about 3 cans"),
        ("1 clove", "1 clove"),
        ("1/2 can", "½ can"),
    ],
)
def test_amounts_are_shown_as_a_cook_would_say_them(exact: str, shown: str) -> None:
    """Measures there are, whole eggs, and ``about`` where that is not exact."""
    assert display(amount(exact)) == shown


@pytest.mark.parametrize(
    "least",
    [
        *("0.1 g", "0.01 kg", "0.1 ml", "0.01 l", "1/8 tsp", "1/2 tbsp", "1/8 cup"),
        *("1/2 pinch", "1/2 clove", "1/2 slice", "1/2 can", "1/2"),
    ],
)
def test_the_smallest_measure_is_the_least_that_is_shown(least):
    measure = amount(least)
    assert rounded(Amount(measure.quantity / 1000, measure.unit)) == measure.quantity
    assert rounded(measure) == measure.quantity


def test_every_unit_name_has_its_unit() -> None:
    """The names that the API takes and the table of units are the same list."""
    assert set(UNITS) == {*get_args(UnitName), None}


def test_every_fraction_that_can_be_measured_can_be_written() -> None:
    """A part without a glyph would be shown as nothing."""
    for name, unit in UNITS.items():
        for part in (part for part in unit.parts if part < 10):
            for count in range(1, part):
                assert display(Amount(Fraction(count, part), name)).split()[0] in "⅛¼⅓⅜½⅝⅔¾⅞"


def test_counted_things_stay_what_they_are() -> None:
    """Twelve cloves are not a can."""
    for name in (name for name, unit in UNITS.items() if unit.family == COUNTED):
        assert scale(Amount(Fraction(6), name), Fraction(1000)) == Amount(Fraction(6000), name)

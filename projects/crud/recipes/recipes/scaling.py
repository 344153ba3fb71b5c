"""Scaling a recipe: exact amounts, units that a cook would use, and numbers that can be measured.

Amounts are fractions from end to end: a third of a cup, three times, is one cup and not 0.99.
Rounding happens once, at the very end, in what is shown to a person; it never flows back.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal, NamedTuple

UnitName = Literal[
    "g", "kg", "oz", "lb", "ml", "l", "tsp", "tbsp", "cup", "pinch", "clove", "slice", "can"
]


class Measure(NamedTuple):
    """A unit that is measured: what it is of its family, and which parts of it can be measured.

    ``size`` counts the family's smallest unit; units of one family convert into each other.
    ``parts`` are the denominators that there is a measure for, simplest first: cups come in
    halves and thirds, scales show tenths. Below ``least`` a smaller unit reads better.
    """

    family: str
    size: int
    parts: tuple[int, ...]
    least: Fraction = Fraction(0)


# The units of a family stand together, the largest first. Every other unit is counted.
MEASURES: dict[UnitName | None, Measure] = {
    "kg": Measure("mass", 1000, (100,), least=Fraction(1)),
    "g": Measure("mass", 1, (1, 10)),
    "lb": Measure("pounds", 16, (1, 2, 4), least=Fraction(1)),
    "oz": Measure("pounds", 1, (1, 2, 4, 8)),
    "l": Measure("volume", 1000, (100,), least=Fraction(1)),
    "ml": Measure("volume", 1, (1, 10)),
    "cup": Measure("spoons", 48, (1, 2, 3, 4, 8), least=Fraction(1, 4)),
    "tbsp": Measure("spoons", 3, (1, 2), least=Fraction(1)),
    "tsp": Measure("spoons", 1, (1, 2, 3, 4, 8)),
}
DECIMAL = ("kg", "g", "l", "ml")  # a scale and a jug show tenths, a spoon does not
PARTS_OF_A_THING: tuple[int, ...] = (1, 2, 3, 4)  # of one alone: nobody cooks with 2⅔ eggs
PLURALS = {
    "cup": "cups",
    "pinch": "pinches",
    "clove": "cloves",
    "slice": "slices",
    "can": "cans",
}

CLOSE = Fraction(5, 100)  # a cook does not taste a difference of five percent

SIGNS = {
    "1/8": "⅛",
    "1/4": "¼",
    "1/3": "⅓",
    "3/8": "⅜",
    "1/2": "½",
    "5/8": "⅝",
    "2/3": "⅔",
    "3/4": "¾",
    "7/8": "⅞",
}
SIGN = "[⅛¼⅓⅜½⅝⅔¾⅞]"

MOST = 1_000_000  # a quantity is less than that

#: What counts as a quantity on the wire: more than 0, denominators up to 1000.
QUANTITY = (
    r"^([1-9][0-9]{0,5}"  # 3
    r"|([1-9][0-9]{0,5} )?[1-9][0-9]{0,8}/([1-9][0-9]{0,2}|1000)"  # 1/3, 1 1/2, 3/2
    rf"|([1-9][0-9]{{0,5}} ?)?{SIGN}"  # ½, 1½
    r"|[1-9][0-9]{0,5}\.[0-9]{1,3}"  # 1.25
    r"|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$"  # 0.25, 0.025, 0.005
)
RANGE = rf"([0-9]|{SIGN}) ?[-\u2013\u2014] ?([0-9]|{SIGN})"


@dataclass(frozen=True)
class Amount:
    """An exact quantity of a unit; ``unit`` is None for things that are simply counted."""

    quantity: Fraction
    unit: UnitName | None


def parse(text: str) -> Fraction:
    """Read ``3``, ``1/3``, ``1 1/2``, ``1½`` or ``0.25`` exactly.

    Raises:
        ValueError: it is anything else, also a range such as ``2-3``.
    """
    if re.search(RANGE, text):
        raise ValueError("is a range: send one quantity, and the other one in the note")
    if not re.fullmatch(QUANTITY, text):
        raise ValueError('is no quantity such as "3", "1/3", "1 1/2", "1½" or "0.25"')
    for fraction, sign in SIGNS.items():
        text = text.replace(sign, f" {fraction}")
    quantity = Fraction(0)
    for part in text.split():
        quantity += Fraction(part)
    if quantity >= MOST:
        raise ValueError("is not below a million")
    return quantity


def scale(amount: Amount, factor: Fraction) -> Amount:
    """Return ``factor`` times ``amount``, exactly, in the unit that suits it.

    The unit is the largest of the same family (see ``MEASURES``) in which the new quantity

    - is at least the unit's ``least``, and
    - is still within CLOSE (5 %) of the quantity itself after ``rounded``.

    If none fits, it is the family's smallest unit. So 750 g twice is 1.5 kg, 1 tsp three times is
    1 tbsp and 1/3 cup twice is 2/3 cup; but 2 tsp twice stays 4 tsp, since there is no spoon for
    1 1/3 tbsp. Half of 1 kg is 500 g. Counted things keep their unit. Nothing is rounded here.
    """
    exact = Amount(amount.quantity * factor, amount.unit)
    own = MEASURES.get(amount.unit)
    if own is None:
        return exact
    choice = exact
    for name, measure in MEASURES.items():
        if measure.family != own.family:
            continue
        choice = Amount(exact.quantity * own.size / measure.size, name)
        can_be_measured = _close(rounded(choice), choice.quantity)
        if can_be_measured and choice.quantity >= measure.least:
            break
    return choice


def rounded(amount: Amount) -> Fraction:
    """Return the quantity to measure: near the exact one, never 0, and there is a measure for it.

    Several things that are counted become whole, the nearest number; what is whole or ends in a
    half stays. Of all else,

    - what can be measured in one of the ``parts`` stays as it is;
    - or else it is the simplest fraction (the first of the ``parts``) within CLOSE (5 %);
    - or else, where none is so close, the smallest that is larger, which is shown as "less than".
    """
    exact = amount.quantity
    if _is_several(amount):
        if (exact * 2).denominator == 1:
            return exact
        return Fraction(round(exact))
    parts = PARTS_OF_A_THING
    if amount.unit in MEASURES:
        parts = MEASURES[amount.unit].parts
    for part in parts:
        if (exact * part).denominator == 1:
            return exact
    for part in parts:
        choice = Fraction(round(exact * part), part)
        if _close(choice, exact):
            return choice
    return min(Fraction(ceil(exact * part), part) for part in parts)


def display(amount: Amount) -> str:
    """Write the rounded amount for a person: ``1½ cups``, ``about 3``, ``less than ⅛ tsp``.

    "about" is within five percent, or the nearest whole number of what is counted.
    """
    shown = Amount(rounded(amount), amount.unit)
    if shown == amount:
        return written(amount)
    is_near = _is_several(amount) or _close(shown.quantity, amount.quantity)
    hint = "about" if is_near else "less than"
    return f"{hint} {written(shown)}"


def written(amount: Amount) -> str:
    """Write the amount exactly: ``1½ cups``, ``0.01 kg``. What ``parse`` takes, it reads back."""
    quantity = amount.quantity
    whole, part = divmod(quantity, 1)
    sign = SIGNS.get(str(part), "")
    is_short = 1000 % quantity.denominator == 0  # at most three digits after the point
    if part == 0:
        number = str(whole)
    elif is_short and (amount.unit in DECIMAL or not sign):
        number = f"{float(quantity):.3f}".rstrip("0")
    elif sign:
        number = f"{whole or ''}{sign}"
    elif whole:
        number = f"{whole} {part}"
    else:
        number = str(part)
    if amount.unit is None:
        return number
    if quantity > 1 and amount.unit in PLURALS:
        return f"{number} {PLURALS[amount.unit]}"
    return f"{number} {amount.unit}"


def _is_several(amount: Amount) -> bool:
    """Tell whether things are counted, and there is more than one."""
    return amount.unit not in MEASURES and amount.quantity > 1


def _close(approximate: Fraction, exact: Fraction) -> bool:
    return abs(approximate - exact) <= exact * CLOSE

"""Scaling a recipe: exact amounts, units that a cook would use, and numbers that can be measured.

Amounts are fractions from end to end: a third of a cup, three times, is one cup and not 0.99.
Rounding happens once, at the very end, in what is shown to a person; it never flows back.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

UnitName = Literal["g", "kg", "ml", "l", "tsp", "tbsp", "cup", "pinch", "clove", "slice", "can"]


class Unit(NamedTuple):
    """How a unit relates to its family, and what can be measured with it.

    ``size`` counts the family's smallest unit; units of one family convert into each other.
    ``parts`` are the denominators that there is a measure for, simplest first: cups come in
    halves and thirds, scales show tenths. Below ``least`` a smaller unit reads better.
    """

    family: str
    size: int
    parts: tuple[int, ...]
    least: Fraction = Fraction(0)
    plural: str = ""


COUNTED = "counted"  # things that are counted, not measured: the family without conversions

UNITS: dict[UnitName | None, Unit] = {
    "g": Unit("mass", 1, (1, 10)),
    "kg": Unit("mass", 1000, (100,), least=Fraction(1)),
    "ml": Unit("volume", 1, (1, 10)),
    "l": Unit("volume", 1000, (100,), least=Fraction(1)),
    "tsp": Unit("spoons", 1, (1, 2, 4, 8)),
    "tbsp": Unit("spoons", 3, (1, 2), least=Fraction(1)),
    "cup": Unit("spoons", 48, (1, 2, 3, 4, 8), least=Fraction(1, 4), plural="cups"),
    "pinch": Unit(COUNTED, 1, (1, 2), plural="pinches"),
    "clove": Unit(COUNTED, 1, (1, 2), plural="cloves"),
    "slice": Unit(COUNTED, 1, (1, 2), plural="slices"),
    "can": Unit(COUNTED, 1, (1, 2), plural="cans"),
    None: Unit(COUNTED, 1, (1, 2)),  # no unit: 3 eggs
}

CLOSE = Fraction(5, 100)  # a cook does not taste a difference of five percent

GLYPHS = dict(
    zip(["1/8", "1/4", "1/3", "3/8", "1/2", "5/8", "2/3", "3/4", "7/8"], "⅛¼⅓⅜½⅝⅔¾⅞", strict=True)
)

#: What counts as a quantity on the wire: more than 0, below a million, denominators up to 1000.
QUANTITY = (
    r"^([1-9][0-9]{0,5}"  # 3
    r"|([1-9][0-9]{0,5} )?[1-9][0-9]{0,2}/[1-9][0-9]{0,2}"  # 1/3, 1 1/2
    r"|[1-9][0-9]{0,5}\.[0-9]{1,3}"  # 1.25
    r"|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$"  # 0.25, 0.025, 0.005
)


@dataclass(frozen=True)
class Amount:
    """An exact quantity of a unit; ``unit`` is None for things that are simply counted."""

    quantity: Fraction
    unit: UnitName | None

    @property
    def base(self) -> Fraction:
        """The same amount in the smallest unit of its family."""
        return self.quantity * UNITS[self.unit].size


def parse(text: str) -> Fraction:
    """Read ``3``, ``1/3``, ``1 1/2`` or ``0.25`` exactly. Raises ValueError for anything else."""
    if not re.fullmatch(QUANTITY, text):
        raise ValueError(f'{text!r} is not a quantity such as "3", "1/3", "1 1/2" or "0.25"')
    return sum((Fraction(part) for part in text.split()), Fraction(0))


def scale(amount: Amount, factor: Fraction) -> Amount:
    """Return ``factor`` times ``amount``, exactly, in the unit that suits it.

    The unit is the largest of the same family (see ``UNITS``) in which the new quantity

    - is at least the unit's ``least``, and
    - is still within CLOSE (5 %) of the quantity itself after ``rounded``.

    If none fits, it is the family's smallest unit. So 750 g twice is 1.5 kg, 1 tsp three times is
    1 tbsp and 1/3 cup twice is 2/3 cup; but 2 tsp twice stays 4 tsp, since there is no spoon for
    1 1/3 tbsp. Half of 1 kg is 500 g. Counted things keep their unit. Nothing is rounded here.
    """
    exact = Amount(amount.quantity * factor, amount.unit)
    for name in _family(amount.unit):
        choice = Amount(exact.base / UNITS[name].size, name)
        measured = rounded(choice)
        if choice.quantity >= UNITS[name].least and _close(measured, choice.quantity):
            break
    return choice


def rounded(amount: Amount) -> Fraction:
    """Return the quantity to measure: near the exact one, never 0, and there is a measure for it.

    What can be measured stays as it is. Counted things become whole, but half a thing is allowed.
    Everything else becomes the simplest fraction within 5 %, or the nearest where none is so close.
    """
    exact, parts = amount.quantity, UNITS[amount.unit].parts
    if any((exact * part).denominator == 1 for part in parts):
        return exact
    if UNITS[amount.unit].family == COUNTED:
        parts = parts[:1]
    choices = [Fraction(round(exact * part), part) for part in parts]
    nearest = min(choices, key=lambda choice: abs(choice - exact))
    simplest = next((choice for choice in choices if _close(choice, exact)), nearest)
    return max(simplest, Fraction(1, UNITS[amount.unit].parts[-1]))


def display(amount: Amount) -> str:
    """Write the rounded amount for a person: ``1½ cups``, ``1.5 kg``, ``about 3`` if not exact."""
    shown, unit = rounded(amount), UNITS[amount.unit]
    decimal = unit.parts[-1] % 10 == 0  # a scale or a jug shows tenths, a spoon does not
    number = f"{float(shown):.2f}".rstrip("0").rstrip(".") if decimal else _mixed(shown)
    name = unit.plural if unit.plural and shown > 1 else amount.unit
    about = "" if shown == amount.quantity else "about "
    return f"{about}{number} {name or ''}".strip()


def _family(name: UnitName | None) -> list[UnitName | None]:
    """Return the units that ``name`` converts to, itself included, the largest first."""
    family = UNITS[name].family
    if family == COUNTED:
        return [name]
    same = [other for other in UNITS if UNITS[other].family == family]
    return sorted(same, key=lambda other: -UNITS[other].size)


def _close(approximate: Fraction, exact: Fraction) -> bool:
    return abs(approximate - exact) <= exact * CLOSE


def _mixed(number: Fraction) -> str:
    whole, part = divmod(number, 1)
    return (str(whole) if whole or not part else "") + GLYPHS.get(str(part), "")

"""Scaling a recipe: exact amounts, units that a cook would use, and numbers that can be measured.

Amounts are fractions from end to end: a third of a cup, three times, is one cup and not 0.99.
Rounding happens once, at the very end, in what is shown to a person; it never flows back.
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Literal, NamedTuple

UnitName = Literal[
    "g", "kg", "oz", "lb", "ml", "l", "tsp", "tbsp", "cup", "pinch", "clove", "slice", "can"
]


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
CUPS = (1, 2, 3, 4, 8)
HALVES = (1, 2)
THINGS = (1, 2, 3, 4)  # thirds and quarters only of one thing: nobody cooks with 2⅔ eggs

UNITS: dict[UnitName | None, Unit] = {
    "g": Unit("mass", 1, (1, 10)),
    "kg": Unit("mass", 1000, (100,), least=Fraction(1)),
    "oz": Unit("pounds", 1, (1, 2, 4, 8)),
    "lb": Unit("pounds", 16, (1, 2, 4), least=Fraction(1)),
    "ml": Unit("volume", 1, (1, 10)),
    "l": Unit("volume", 1000, (100,), least=Fraction(1)),
    "tsp": Unit("spoons", 1, CUPS),
    "tbsp": Unit("spoons", 3, HALVES, least=Fraction(1)),
    "cup": Unit("spoons", 48, CUPS, least=Fraction(1, 4), plural="cups"),
    "pinch": Unit(COUNTED, 1, THINGS, plural="pinches"),
    "clove": Unit(COUNTED, 1, THINGS, plural="cloves"),
    "slice": Unit(COUNTED, 1, THINGS, plural="slices"),
    "can": Unit(COUNTED, 1, THINGS, plural="cans"),
    None: Unit(COUNTED, 1, THINGS),  # no unit: 3 eggs
}
DECIMAL = {"g", "kg", "ml", "l"}  # a scale and a jug show tenths, a spoon does not

CLOSE = Fraction(5, 100)  # a cook does not taste a difference of five percent

SIGNS = {
    "1/8": "⅛", "1/4": "¼", "1/3": "⅓", "3/8": "⅜", "1/2": "½", "5/8": "⅝", "2/3": "⅔", "3/4": "¾",
    "7/8": "⅞",
}  # fmt: skip
SIGN = "[¼-¾⅐-⅞]"  # these and a few more, to read

MOST = 1_000_000  # a quantity is less than that

#: What counts as a quantity on the wire: more than 0, denominators up to 1000.
QUANTITY = (
    r"^([1-9][0-9]{0,5}"  # 3
    r"|([1-9][0-9]{0,5} )?[1-9][0-9]{0,8}/([1-9][0-9]{0,2}|1000)"  # 1/3, 1 1/2, 3/2
    rf"|([1-9][0-9]{{0,5}} ?)?{SIGN}"  # ½, 1½
    r"|[1-9][0-9]{0,5}\.[0-9]{1,3}"  # 1.25
    r"|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))$"  # 0.25, 0.025, 0.005
)
RANGE = rf"([0-9]|{SIGN}) ?[-–—] ?([0-9]|{SIGN})"


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
    """Read ``3``, ``1/3``, ``1 1/2``, ``1½`` or ``0.25`` exactly.

    Raises:
        ValueError: it is anything else, also a range such as ``2-3``.
    """
    if re.search(RANGE, text):
        raise ValueError("is a range: send one quantity, and the other one in the note")
    if not re.fullmatch(QUANTITY, text):
        raise ValueError('is no quantity such as "3", "1/3", "1 1/2", "1½" or "0.25"')
    spaced = re.sub(f"({SIGN})", r" \1", text)
    plain = unicodedata.normalize("NFKC", spaced).replace("\u2044", "/")  # ½ becomes 1⁄2
    quantity = Fraction(0)
    for part in plain.split():
        quantity += Fraction(part)
    if quantity >= MOST:
        raise ValueError("is not below a million")
    return quantity


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

    Counted things from one on become whole, the nearest number; what is whole or ends in a half
    stays. Of all else,

    - what can be measured in one of the unit's ``parts`` stays as it is;
    - or else it is the simplest fraction (the first of the ``parts``) within CLOSE (5 %);
    - or else, where none is so close, the smallest that is larger, which is shown as "less than".
    """
    exact, parts = amount.quantity, UNITS[amount.unit].parts
    if _is_several(amount):
        return exact if (exact * 2).denominator == 1 else Fraction(round(exact))
    if any((exact * part).denominator == 1 for part in parts):
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
    is_decimal = 1000 % quantity.denominator == 0 and (amount.unit in DECIMAL or not sign)
    if part == 0:
        number = str(whole)
    elif is_decimal:
        number = f"{float(quantity):.3f}".rstrip("0")
    elif sign:
        number = f"{whole or ''}{sign}"
    else:
        number = f"{whole or ''} {part}"
    plural = UNITS[amount.unit].plural
    name = plural if plural and quantity > 1 else amount.unit
    return f"{number} {name or ''}".strip()


def _family(name: UnitName | None) -> list[UnitName | None]:
    """Return the units that ``name`` converts to, itself included, the largest first."""
    family = UNITS[name].family
    if family == COUNTED:
        return [name]
    same = [other for other in UNITS if UNITS[other].family == family]
    return sorted(same, key=lambda other: -UNITS[other].size)


def _is_several(amount: Amount) -> bool:
    """Tell whether things are counted, and there is more than one."""
    return UNITS[amount.unit].family == COUNTED and amount.quantity > 1


def _close(approximate: Fraction, exact: Fraction) -> bool:
    return abs(approximate - exact) <= exact * CLOSE

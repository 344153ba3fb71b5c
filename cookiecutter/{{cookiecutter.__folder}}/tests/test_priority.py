"""Unit tests of the lesson: its examples, and the law that the rule obeys."""

from fractions import Fraction
from itertools import accumulate, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{ cookiecutter.slug }}.priority import LEAST, MOST, score

numbers = st.integers(LEAST, MOST)
entries = st.tuples(numbers, numbers)  # value, effort


def cost_of_waiting(queue):
    """Return what it costs to do the entries in this order: each waits until it is done."""
    done_on_day = accumulate(effort for _, effort in queue)
    return sum(value * day for (value, _), day in zip(queue, done_on_day, strict=True))


@pytest.mark.parametrize(
    ("value", "effort", "expected"),
    [(6, 12, 0.5), (20, 2, 10), (1, 1, 1), (1, 100, 0.01), (100, 1, 100), (3, 2, 1.5)],
)
def test_score_is_value_for_each_unit_of_effort(value, effort, expected):
    assert score(value, effort) == expected


@given(st.lists(entries, max_size=5))
def test_no_other_order_costs_less(queue):
    by_score = sorted(queue, key=lambda entry: score(*entry), reverse=True)

    cheapest = min(map(cost_of_waiting, permutations(queue)))

    assert cost_of_waiting(by_score) == cheapest


@given(entries, entries)
def test_scores_are_equal_only_if_order_does_not_matter(one, other):
    same_cost = cost_of_waiting([one, other]) == cost_of_waiting([other, one])

    assert (score(*one) == score(*other)) is same_cost


@given(entries, st.integers(1, 10))
def test_unit_of_effort_does_not_matter(entry, factor):
    value, effort = entry

    assert score(value * factor, effort * factor) == score(value, effort)


@given(entries)
def test_score_is_exact_to_last_digit_of_float(entry):
    value, effort = entry

    assert score(value, effort) == float(Fraction(value, effort))

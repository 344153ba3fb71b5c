"""The arithmetic of objectives."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_metrics import slo
from health_metrics.slo import ALERTS, PERIOD, WINDOWS, Counts

CALM = dict.fromkeys(WINDOWS, 0.0)
NUMBERS = st.integers(0, 10**9)
COUNTS = st.builds(Counts, NUMBERS, NUMBERS, NUMBERS)


def test_increase_is_difference():
    assert slo.increase(Counts(100, 2, 7), Counts(150, 2, 9)) == Counts(50, 0, 2)


@pytest.mark.parametrize(
    "after", [Counts(4, 1, 1), Counts(200, 1, 9), Counts(200, 5, 6)], ids=["all", "failed", "slow"]
)
def test_counter_that_shows_less_has_begun_anew(after):
    assert slo.increase(Counts(100, 2, 7), after) == after


@given(COUNTS, COUNTS)
def test_what_is_added_is_increase(before, more):
    assert slo.increase(before, before + more) == more


@pytest.mark.parametrize(
    ("bad", "requests", "target", "rate"),
    [(0, 0, 0.999, 0), (0, 10, 0.999, 0), (1, 1000, 0.999, 1), (2, 100, 0.99, 2), (1, 1, 0.9, 10)],
)
def test_burn_rate_is_how_many_times_budget_allows(bad, requests, target, rate):
    assert slo.burn_rate(bad, requests, target) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("bad", "requests", "left"), [(0, 0, 1), (5, 10_000, 0.5), (10, 10_000, 0), (30, 10_000, -2)]
)
def test_budget_left_falls_from_one_to_below_zero(bad, requests, left):
    assert slo.budget_left(bad, requests, 0.999) == pytest.approx(left)


@pytest.mark.parametrize(("severity", "long", "short", "threshold"), ALERTS)
def test_alert_goes_off_above_its_threshold_in_both_windows(severity, long, short, threshold):
    assert slo.alert(CALM | {long: threshold + 0.1, short: threshold + 0.1}) == severity


@pytest.mark.parametrize(("long", "short", "threshold"), [alert[1:] for alert in ALERTS])
def test_alert_stays_silent_at_its_threshold(long, short, threshold):
    assert slo.alert(CALM | {long: threshold, short: 99.0}) is None
    assert slo.alert(CALM | {long: 99.0, short: threshold}) is None


def test_most_urgent_alert_wins():
    assert slo.alert(dict.fromkeys(WINDOWS, 2.0)) == "ticket"
    assert slo.alert(dict.fromkeys(WINDOWS, 20.0)) == "page"


def test_readme_has_numbers_of_code():
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")

    for severity, long, short, rate in ALERTS:
        share = f"{rate * (WINDOWS[long] / slo.PERIOD):.0%}".replace("%", " %")
        assert f"| {severity} | {rate:g} | {long} | {short} | {share}" in " ".join(readme.split())
    for it in slo.OBJECTIVES:
        assert f"| {it.name} | {it.text} | 1 request of {round(1 / (1 - it.target)):,} |" in readme
    assert f"= {slo.budget_left(157, 432_000, 0.999):.0%}".replace("%", " %") in readme


def test_windows_last_as_long_as_they_are_called():
    minutes = {"m": 1, "h": 60, "d": 24 * 60}
    named = {name: timedelta(minutes=int(name[:-1]) * minutes[name[-1]]) for name in WINDOWS}

    assert named == WINDOWS
    assert max(WINDOWS.values()) < PERIOD == timedelta(days=30)

"""The crowd chats over real servers, and the verdict sees what is wrong."""

from types import SimpleNamespace

import pytest

from classroom.measure.chatter import is_over, verdict
from classroom.measure.crowd import FAULTS, chat


def test_nothing_is_lost_when_one_server_is_killed():
    found = chat(clients=12, seconds=2, rate=20, kill=True)

    assert faults(found) == set()
    assert found["messages"] > 20
    assert 0 < found["resumed"] < 12


def chatter(got, acknowledged=(), pending=(), connections=1):
    """A client of the room 1, as it is in the end."""
    return SimpleNamespace(
        room=1,
        got=got,
        acknowledged={str(number): number for number in acknowledged},
        pending=dict.fromkeys(pending),
        delays=[0.1] * len(got),
        errors=[],
        connections=connections,
    )


def faults(found):
    """What went wrong at all."""
    return {name for name in FAULTS if found[name]}


@pytest.mark.parametrize(
    ("got", "fault"),
    [
        ([1, 2, 3], set()),
        ([1, 3], {"lost"}),
        ([1, 2, 2, 3], {"doubled"}),
        ([1, 3, 2], {"disordered"}),
    ],
)
def test_verdict_sees_what_became_of_each_message(got, fault):
    first = chatter([1, 2, 3], acknowledged=[1, 3])
    second = chatter(got, acknowledged=[2])

    assert faults(verdict([first, second])) == fault
    assert is_over([first, second]) is (fault != {"lost"})


def test_message_that_nobody_acknowledges_is_unanswered():
    chatters = [chatter([1, 2], acknowledged=[1, 2], pending=["3"])]

    assert verdict(chatters)["unanswered"] == 1
    assert not is_over(chatters)

"""Frames, and the window that says when somebody is too fast."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import protocol

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "send", "room": 1, "body": "hi\n🍲", "client_id": "a-B_9"},
        {"type": "resume", "room": 1, "after": 0},
        {"type": "delivered", "room": 1, "id": 2**31 - 1},
        {"type": "read", "room": 1, "id": 1},
    ],
)
def test_good_frame_is_read_as_it_is(frame):
    assert protocol.parse(json.dumps(frame)).model_dump() == frame


@given(st.text() | st.binary())
def test_any_text_or_bytes_that_is_no_frame_is_frame_error(message):
    with pytest.raises(protocol.FrameError) as error:
        protocol.parse(message)

    frame = error.value.frame
    assert frame["type"] == "error"
    assert json.loads(json.dumps(frame)) == frame


@given(st.recursive(st.none() | st.floats() | st.text() | st.integers(), st.lists, max_leaves=5))
def test_any_other_json_is_frame_error(value):
    for frame in (value, {"type": "send", "room": value, "body": value, "client_id": value}):
        with pytest.raises(protocol.FrameError):
            protocol.parse(json.dumps(frame))


def test_error_names_place():
    with pytest.raises(protocol.FrameError, match=r"^client_id: "):
        protocol.parse('{"type": "send", "room": 1, "body": "a", "client_id": "a b"}')


def test_window_lets_20_pass_in_any_5_seconds():
    window = protocol.Window()
    for number in range(20):
        window.check(NOON + timedelta(seconds=number / 10))

    for seconds, passes in ((4.9, False), (5, True), (5.05, False), (5.1, True), (60, True)):
        if passes:
            window.check(NOON + timedelta(seconds=seconds))
        else:
            with pytest.raises(protocol.FrameError) as error:
                window.check(NOON + timedelta(seconds=seconds))
            wait = timedelta(seconds=error.value.frame["retry_after"])
            assert wait <= timedelta(seconds=0.1)


def test_what_is_refused_does_not_count():
    window = protocol.Window()
    for _ in range(20):
        window.check(NOON)
    for _ in range(50):
        with pytest.raises(protocol.FrameError):
            window.check(NOON + timedelta(seconds=4))

    window.check(NOON + timedelta(seconds=5))

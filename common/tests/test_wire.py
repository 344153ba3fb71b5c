"""The socket under a WebSocket."""

import socket
import threading
import time

import pytest

from common.live import wire
from common.live.wire import Wire


@pytest.fixture
def pair():
    """A wire, and the other end of it."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    yield Wire(ours), theirs
    ours.close()
    theirs.close()


def read(connection, number):
    """Return so many bytes, which must come."""
    data = b""
    while len(data) < number:
        part = connection.recv(65536)
        assert part, f"only {len(data)} of {number} bytes came"
        data += part
    return data


def test_what_several_threads_write_is_not_mixed(pair):
    ours, theirs = pair
    frames = [bytes([letter]) * 300_000 for letter in b"abcd"]
    threads = [threading.Thread(target=ours.send, args=[frame]) for frame in frames]
    for thread in threads:
        thread.start()

    data = read(theirs, 1_200_000)
    for thread in threads:
        thread.join()

    assert sorted(data[start : start + 300_000] for start in range(0, 1_200_000, 300_000)) == frames


def test_one_who_takes_nothing_is_stuck_and_no_frame_is_torn(pair, monkeypatch):
    monkeypatch.setattr(wire, "STUCK", 0.1)
    ours, theirs = Wire(pair[0]._socket), pair[1]
    with pytest.raises(wire.Stuck):
        ours.send(b"a" * 1_000_000)

    reader = threading.Thread(target=lambda: got.append(read(theirs, 1_000_005)))
    got = []
    reader.start()
    ours.send(b"close")
    reader.join()

    assert got == [b"a" * 1_000_000 + b"close"]


def test_one_who_is_gone_is_told_from_one_who_is_stuck(pair):
    ours, theirs = pair
    theirs.close()

    with pytest.raises(wire.Gone):
        ours.send(b"a" * 1_000_000)


def test_nothing_is_read_while_we_are_full(pair):
    ours, theirs = pair
    full = threading.Event()
    full.set()
    ours.is_full = full.is_set
    got = []
    reader = threading.Thread(target=lambda: got.append(ours.recv(10)))
    theirs.send(b"more")
    reader.start()
    reader.join(2 * wire.PAUSE)
    assert got == []

    full.clear()
    reader.join()

    assert got == [b"more"]


def test_one_who_is_full_can_be_cut(pair):
    ours, _ = pair
    ours.is_full = lambda: True
    got = []
    reader = threading.Thread(target=lambda: got.append(ours.recv(10)))
    reader.start()

    ours.cut()
    reader.join()

    assert got == [b""]


def test_last_words_arrive_though_more_had_been_sent_to_us():
    """On TCP: there unread bytes make the kernel reset a connection that is closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        connection, _ = listener.accept()
    with theirs, connection:
        ours = Wire(connection)
        theirs.sendall(b"x" * 100_000)
        ours.send(b"good-bye")

        closing = threading.Thread(target=ours.hang_up)
        closing.start()
        data = read(theirs, 8)
        theirs.close()
        closing.join()

    assert data == b"good-bye"


def test_one_who_does_not_end_is_waited_for_only_a_moment(pair, monkeypatch):
    monkeypatch.setattr(wire, "GOODBYE", 0.1)
    ours, _ = pair
    began = time.monotonic()

    ours.hang_up()

    assert time.monotonic() - began < 1

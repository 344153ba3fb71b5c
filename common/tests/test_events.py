"""Events in one process, and between processes over a real server."""

import json
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest
from flask import Flask

import common
from common.live import events, redis_hub
from common.settings import SettingsError
from common.testing import valkey, wait_until


def make_app(tmp_path, **config):
    app = Flask("eventful")
    settings = {"TESTING": True, "INSTANCE_PATH": str(tmp_path), "SECRET_KEY": "only-for-tests-x"}
    common.init_app(app, {**settings, **config}, settings=events.EventSettings)
    events.init_app(app)
    return app


@pytest.fixture
def context(tmp_path):
    with make_app(tmp_path).app_context():
        yield


@pytest.fixture(scope="module")
def server():
    with valkey.running() as url:
        yield url


@pytest.fixture
def redis_context(tmp_path, server):
    app = make_app(tmp_path, REDIS_URL=server)
    with app.app_context():
        yield app


def taken(subscription, number):
    """Return the next events, which must come."""
    found = []
    for event in subscription:
        assert event is not None, f"only {found} came"
        found.append((event.channel, event.data))
        if len(found) == number:
            return found
    return found


# in one process


@pytest.mark.usefixtures("context")
def test_event_reaches_each_reader_of_its_channel_and_no_other():
    with events.subscribe("a", "b") as both, events.subscribe("b", heartbeat=0) as one:
        events.publish("a", 1)
        events.publish("b", {"two": [2]})
        events.publish("c", 3)

        assert taken(both, 2) == [("a", 1), ("b", {"two": [2]})]
        assert taken(one, 1) == [("b", {"two": [2]})]
        assert next(iter(one)) is None


@pytest.mark.usefixtures("context")
def test_quiet_channel_gives_heartbeats():
    with events.subscribe("a", heartbeat=0.01) as reader:
        beats = iter(reader)
        assert [next(beats), next(beats)] == [None, None]
        events.publish("a", 1)
        assert next(beats).data == 1


@pytest.mark.usefixtures("context")
def test_loop_ends_when_another_thread_closes():
    reader = events.subscribe("a")
    threading.Timer(0.01, reader.close).start()

    assert list(reader) == []


@pytest.mark.usefixtures("context")
def test_channels_come_and_go():
    with events.subscribe("a") as reader:
        reader.add("b")
        reader.remove("a")
        events.publish("a", 1)
        events.publish("b", 2)

        assert taken(reader, 1) == [("b", 2)]


@pytest.mark.usefixtures("context")
def test_reader_can_be_given_events_of_its_own():
    with events.subscribe("a") as reader, events.subscribe("a", heartbeat=0) as other:
        reader.put("me", {"just": "us"})

        assert taken(reader, 1) == [("me", {"just": "us"})]
        assert next(iter(other)) is None


@pytest.mark.usefixtures("context")
def test_slow_reader_is_lost_and_others_are_not():
    with events.subscribe("a", limit=3) as slow, events.subscribe("a", limit=4) as quick:
        for number in range(4):
            events.publish("a", number)

        with pytest.raises(events.Lost):
            next(iter(slow))
        assert [data for _, data in taken(quick, 4)] == [0, 1, 2, 3]


@pytest.mark.usefixtures("context")
def test_event_that_waits_for_many_is_one_object():
    with events.subscribe("a") as one, events.subscribe("a") as other:
        events.publish("a", {"long": "text"})

        assert next(iter(one)) is next(iter(other))


@pytest.mark.usefixtures("context")
def test_readers_leave_nothing_behind():
    with events.subscribe("a", "b") as reader:
        reader.add("c")
    reader.close()

    assert not events._hub()._readers


@pytest.mark.usefixtures("context")
def test_data_that_json_cannot_hold_is_refused_where_it_is_published():
    with pytest.raises(ValueError, match="serialize"):
        events.publish("a", object())


@pytest.mark.usefixtures("context")
def test_events_of_one_publisher_stay_in_order_under_many():
    with events.subscribe("a", limit=10_000) as reader:
        app = events.current_app._get_current_object()

        def tell(name):
            with app.app_context():
                for number in range(100):
                    events.publish("a", [name, number])

        threads = [threading.Thread(target=tell, args=[name]) for name in range(8)]
        for thread in threads:
            thread.start()
        found = [data for _, data in taken(reader, 800)]
        for thread in threads:
            thread.join()

    for name in range(8):
        assert [number for who, number in found if who == name] == list(range(100))


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "6379"])
def test_url_that_is_none_of_redis_stops_the_start(tmp_path, url):
    with pytest.raises(SettingsError, match="REDIS_URL"):
        make_app(tmp_path, REDIS_URL=url)


# without the package redis

WITHOUT_REDIS = textwrap.dedent("""
    import sys
    from pathlib import Path
    sys.modules["redis"] = None  # so an import of it fails
    sys.path.insert(0, sys.argv[1])
    from flask import Flask
    import common
    from common.live import events, websockets
    for url in (None, "redis://localhost"):
        app = Flask("alone")
        config = {"TESTING": True, "INSTANCE_PATH": sys.argv[1], "REDIS_URL": url}
        common.init_app(app, config, settings=events.EventSettings)
        events.init_app(app)
        with app.app_context(), events.subscribe("a") as reader:
            events.publish("a", "heard")
            print(next(iter(reader)).data, flush=True)
""")


def test_one_process_needs_no_redis_and_several_say_that_they_do(tmp_path):
    command = [sys.executable, "-c", WITHOUT_REDIS, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.stdout == "heard\n", result.stderr
    assert result.stderr.splitlines()[-1].endswith(
        "REDIS_URL needs the package redis: pip install redis."
    )


# over a server

OTHER_PROCESS = textwrap.dedent("""
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from test_events import make_app
    from common.live import events
    with make_app(Path(sys.argv[2]), REDIS_URL=sys.argv[3]).app_context():
        with events.subscribe("question") as reader:
            print("ready", flush=True)
            for event in reader:
                events.publish("answer", event.data + 1)
""")


@pytest.mark.usefixtures("redis_context")
def test_event_reaches_another_process_and_comes_back(tmp_path, server):
    arguments = [str(Path(__file__).parent), str(tmp_path), server]
    command = [sys.executable, "-c", OTHER_PROCESS, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"ready\n"
        with events.subscribe("answer") as reader:
            for number in range(50):
                events.publish("question", number)
            found = [data for _, data in taken(reader, 50)]
        other.send_signal(signal.SIGKILL)

    assert found == list(range(1, 51))


@pytest.mark.usefixtures("redis_context")
def test_subscription_hears_all_from_its_first_moment():
    for number in range(30):
        with events.subscribe(f"channel {number}", heartbeat=5) as reader:
            events.publish(f"channel {number}", number)
            assert taken(reader, 1) == [(f"channel {number}", number)]


@pytest.mark.usefixtures("redis_context")
def test_applications_on_one_server_do_not_hear_each_other(tmp_path, server):
    other = Flask("another")
    config = {"TESTING": True, "INSTANCE_PATH": str(tmp_path), "REDIS_URL": server}
    common.init_app(other, config, settings=events.EventSettings)
    events.init_app(other)
    with events.subscribe("a") as reader:
        with other.app_context():
            events.publish("a", "theirs")
        events.publish("a", "ours")

        assert taken(reader, 1) == [("a", "ours")]


@pytest.mark.usefixtures("redis_context")
def test_listener_ends_after_its_last_reader():
    with events.subscribe("a"):
        listener = events._hub()._listener
        assert listener.is_alive()

    listener.join(10)
    assert not listener.is_alive()
    assert events._hub()._listener is None


@pytest.fixture
def short_folder():
    """A folder whose path is short enough for that of a socket in it."""
    with tempfile.TemporaryDirectory(prefix="events-") as name:
        yield Path(name)


def test_broken_connection_ends_readers_as_lost_and_new_ones_hear_again(tmp_path, short_folder):
    url = f"unix://{short_folder}/valkey.sock"
    with make_app(tmp_path, REDIS_URL=url).app_context():
        with valkey.running(short_folder):
            reader = events.subscribe("a", heartbeat=10)

        with pytest.raises(events.Lost):
            next(iter(reader))
        events.publish("a", "into the void: no exception")
        began = time.monotonic()
        with pytest.raises(events.Lost):
            events.subscribe("a")
        assert time.monotonic() - began < redis_hub.PATIENCE

        with valkey.running(short_folder):
            with wait_until(subscribed, what="a new subscription") as again:
                events.publish("a", "here we are")
                assert taken(again, 1) == [("a", "here we are")]
            wait_until(lambda: events._hub()._listener is None)


def subscribed():
    try:
        return events.subscribe("a", heartbeat=5)
    except events.Lost:
        return None


@pytest.mark.usefixtures("redis_context")
def test_events_are_plain_json_on_the_wire():
    with events._hub()._redis.pubsub() as wire:
        wire.subscribe("eventful:a")
        wire.get_message(timeout=5)
        events.publish("a", {"é": None})
        message = wire.get_message(timeout=5)

    assert json.loads(message["data"]) == {"é": None}

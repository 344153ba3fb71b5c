"""What is counted of a request, and under which labels."""

import pytest
from prometheus_client import CollectorRegistry

from health_metrics import metrics, slo
from health_metrics.metrics import BUCKETS, Metrics


@pytest.fixture
def counted(tmp_path):
    return Metrics(tmp_path)


def value_of(counted, name, **labels):
    registry = CollectorRegistry()
    registry.register(counted)
    return registry.get_sample_value(name, labels)


def bucket_of(counted, seconds):
    metrics.record(counted.shared, "GET", "/x", 200, seconds)
    name = "http_request_duration_seconds_bucket"
    found = [
        labels["le"]
        for metric in counted.collect()
        for sample_name, labels, value, *_ in metric.samples
        if sample_name == name and value
    ]
    return found[0]


@pytest.mark.parametrize(
    ("method", "route", "expected"),
    [
        ("GET", "/x/<id>", {"method": "GET", "route": "/x/<id>"}),
        ("OPTIONS", "/x", {"method": "OPTIONS", "route": "/x"}),
        ("BREW", "/x", {"method": "other", "route": "/x"}),
        ("get", "/x", {"method": "other", "route": "/x"}),
        ("POST", None, {"method": "POST", "route": "none"}),
    ],
)
def test_labels_are_none_of_clients_making(method, route, expected):
    assert metrics.labels(method, route) == expected


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [(0, "0.005"), (0.005, "0.005"), (0.0051, "0.01"), (0.3, "0.3"), (0.31, "0.5"), (6, "+Inf")],
)
def test_duration_falls_into_first_bucket_that_is_not_less(counted, seconds, bound):
    assert bucket_of(counted, seconds) == bound


def test_buckets_go_up_from_nothing():
    bounds = [float(bound) for bound in BUCKETS]

    assert bounds == sorted({*bounds, 0.0})[1:]


def test_bucket_ends_at_promise():
    assert str(slo.LATENCY_SECONDS) in BUCKETS


def test_counts_are_read_off_same_series(counted):
    for route, status, seconds in [
        ("/x", 200, 0.3),
        ("/x", 500, 0.1),
        ("/y", 404, 0.301),
        ("/ready", 503, 9),
        (None, 404, 9),
    ]:
        metrics.record(counted.shared, "GET", route, status, seconds)

    assert counted.counts() == slo.Counts(requests=3, failed=1, slow=1)


def test_each_application_has_numbers_of_its_own(tmp_path):
    one, other = Metrics(tmp_path / "one"), Metrics(tmp_path / "other")

    metrics.record(one.shared, "GET", "/x", 200, 0.1)

    assert value_of(one, "http_requests_total", method="GET", route="/x", status="200") == 1
    assert list(other.collect()) == []


def test_fault_in_recording_breaks_no_request(client, monkeypatch):
    monkeypatch.setattr(metrics, "record", None)

    assert client.get("/health").status_code == 200


def test_exception_that_server_gets_is_counted_as_500(app, client):
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(RuntimeError, match="asked for"):
        client.get("/demo/items/1?fault=crash")

    labels = {"method": "GET", "route": "/demo/items/<int:item_id>", "status": "500"}
    counted = app.extensions["metrics"]
    assert value_of(counted, "http_requests_total", **labels) == 1
    assert value_of(counted, "http_requests_in_flight") == 0


def test_answer_that_is_closed_twice_is_counted_once(app, client):
    response = client.get("/health", buffered=False)
    response.close()
    response.close()

    labels = {"method": "GET", "route": "/health", "status": "200"}
    assert value_of(app.extensions["metrics"], "http_requests_total", **labels) == 1

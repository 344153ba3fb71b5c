"""What is measured: rate, errors and duration of the requests, and how many are in hand."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from . import slo
from .shared import SharedNumbers

# The names of the series.
REQUESTS = "http_requests_total"
SECONDS = "http_request_duration_seconds_sum"
BUCKET = "http_request_duration_seconds_bucket"
COUNT = "http_request_duration_seconds_count"
IN_FLIGHT = "http_requests_in_flight"

DURATION = ("http_request_duration_seconds", "Time to the end of the answer.", "histogram")
FAMILIES = {  # of series: name, explanation, type
    REQUESTS: ("http_requests", "Requests answered.", "counter"),
    SECONDS: DURATION,
    BUCKET: DURATION,
    COUNT: DURATION,
    IN_FLIGHT: (IN_FLIGHT, "Requests being answered now.", "gauge"),
}

# An objective can only be read off where a bucket ends: 0.3 is the promise of `slo`.
BUCKETS = (
    "0.005", "0.01", "0.025", "0.05", "0.1", "0.2", "0.3", "0.5", "1.0", "2.5", "5.0", "+Inf",
)  # fmt: skip
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER_METHOD = "other"
NO_ROUTE = "none"
# Probes, scrapes and scans are not what users come for: they would dilute the objectives.
NOT_PROMISED = frozenset({"/health", "/healthz", "/ready", "/metrics", "/slo", NO_ROUTE})


class Metrics(Collector):
    """The metrics of one application; all its processes share ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.shared = SharedNumbers(folder)

    def samples(self) -> Iterator[Sample]:
        """Add up what all processes have counted; a bucket is without what is faster."""
        for key, number in self.shared.totals().items():
            name, its_labels = json.loads(key)
            yield Sample(name, its_labels, number)

    def collect(self) -> Iterable[Metric]:
        """Return the metrics as Prometheus wants them."""
        metrics: dict[object, Metric] = {}
        for sample in in_order(self.samples()):
            family = FAMILIES[sample.name]
            metric = metrics.setdefault(family, Metric(*family))
            metric.samples.append(sample)
        return metrics.values()

    def counts(self) -> slo.Counts:
        """Return what the objectives are about."""
        requests = failed = slow = 0
        for sample in self.samples():
            number = int(sample.value)
            if sample.labels.get("route", NO_ROUTE) in NOT_PROMISED:
                continue
            if sample.name == REQUESTS:
                requests += number
                if int(sample.labels["status"]) >= slo.FAILED:
                    failed += number
            elif sample.name == BUCKET and float(sample.labels["le"]) > slo.LATENCY_SECONDS:
                slow += number
        return slo.Counts(requests, failed, slow)


def in_order(samples: Iterable[Sample]) -> Iterator[Sample]:
    """Yield samples by their labels, the buckets of a histogram upwards and then their sum.

    Each bucket then also counts what is in the faster ones; the last has the number of all.
    """
    below = 0.0
    for sample in sorted(samples, key=place_of):
        if sample.name == BUCKET:
            below += sample.value
            yield sample._replace(value=below)
            continue
        if sample.name == SECONDS:
            yield Sample(COUNT, sample.labels, below)
            below = 0.0
        yield sample


def place_of(sample: Sample) -> tuple[object, ...]:
    """Return by what samples are sorted."""
    others = dict(sample.labels)
    bound = float(others.pop("le", 0))
    return sorted(others.items()), sample.name, bound


def labels(method: str, route: str | None) -> dict[str, str]:
    """Return the labels of a request: ``{"method": …, "route": …}``.

    Each combination of labels is a series that every scrape sends and Prometheus keeps for ever, so
    nothing that a client makes up may become a label. ``route`` is the template of the matching
    route, such as ``/items/<int:item_id>``, never the path; requests that match none are all
    `NO_ROUTE`. A method that is none of `METHODS` is `OTHER_METHOD`.
    """
    return {
        "method": method if method in METHODS else OTHER_METHOD,
        "route": route if route is not None else NO_ROUTE,
    }


def record(
    shared: SharedNumbers, method: str, route: str | None, status: int, seconds: float
) -> None:
    """Count a request that has been answered, by ``shared.add(NAME, amount, **labels)``.

    - `REQUESTS`: 1, with the labels of `labels` and ``status``, such as ``"404"``.
    - `SECONDS`: ``seconds``, with the labels of `labels`.
    - `BUCKET`: 1 for the bucket that the request falls into, with the labels of `labels` and
      ``le``, its upper bound. That is the first of `BUCKETS` that is not less than ``seconds``.
      All other buckets get 0, so that they exist. (That a bucket also counts what is faster, as
      Prometheus wants to see it, is done when they are read.)
    """
    its_labels = labels(method, route)
    shared.add(REQUESTS, 1, **its_labels, status=str(status))
    shared.add(SECONDS, seconds, **its_labels)
    own = next(bound for bound in BUCKETS if seconds <= float(bound))
    for bound in BUCKETS:
        amount = 1 if bound == own else 0
        shared.add(BUCKET, amount, **its_labels, le=bound)

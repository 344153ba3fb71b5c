"""What is measured: rate, errors and duration of the requests, and how many are in hand."""

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from . import slo
from .shared import Family, SharedFiles

REQUESTS = Family("counter", "http_requests", "Requests answered.")
DURATION = Family("histogram", "http_request_duration_seconds", "Time to the end of the answer.")
IN_FLIGHT = Family("gauge_livesum", "http_requests_in_flight", "Requests being answered now.")

# An objective can only be read off where a bucket ends: 0.3 is the promise of `slo`.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, float("inf"))
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"
NO_ROUTE = "none"
# Probes, scrapes and scans are not what users come for: they would dilute the objectives.
NOT_PROMISED = frozenset({"/health", "/healthz", "/ready", "/metrics", "/slo", NO_ROUTE})


class Metrics(Collector):
    """The metrics of one application; all its processes share ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.files = SharedFiles(folder)
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Add up what all processes have counted."""
        return list(MultiProcessCollector.merge(self.files.paths()))  # type: ignore[no-untyped-call]

    def counts(self) -> slo.Counts:
        """Return what the objectives are about."""
        found = [it for metric in self.collect() for it in metric.samples]
        found = [it for it in found if it.labels.get("route") not in NOT_PROMISED]
        requests = sum(it.value for it in found if it.name == f"{REQUESTS.name}_total")
        failed = sum(it.value for it in found if it.labels.get("status", "") >= "500")
        measured = sum(it.value for it in found if it.name == f"{DURATION.name}_count")
        fast = sum(it.value for it in found if it.labels.get("le") == le(slo.LATENCY_SECONDS))
        return slo.Counts(int(requests), int(failed), int(measured - fast))


def le(bound: float) -> str:
    """Return the upper bound of a bucket as Prometheus writes it."""
    return "+Inf" if bound == float("inf") else str(float(bound))


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


def record(files: SharedFiles, method: str, route: str | None, status: int, seconds: float) -> None:
    """Count a request that has been answered, by ``files.add(FAMILY, suffix, amount, **labels)``.

    - `REQUESTS`: 1 to ``_total``, with the labels of `labels` and ``status``, such as ``"404"``.
    - `DURATION`: ``seconds`` to ``_sum``, with the labels of `labels`.
    - `DURATION`: 1 to the ``_bucket`` that the request falls into, with the labels of `labels` and
      ``le``, its upper bound as the function `le` writes it. That is the first of `BUCKETS` that
      is not less than ``seconds``. All other buckets get 0, so that they exist. (That a bucket
      also counts what is faster, as Prometheus wants to see it, is done when they are read.)
    """
    named = labels(method, route)
    files.add(REQUESTS, "_total", 1, **named, status=str(status))
    files.add(DURATION, "_sum", seconds, **named)
    own = next(bound for bound in BUCKETS if seconds <= bound)
    for bound in BUCKETS:
        files.add(DURATION, "_bucket", bound == own, **named, le=le(bound))

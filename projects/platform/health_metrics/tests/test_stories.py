"""What the service promises to those who operate it, over HTTP and the command line alone."""

import re

import pytest

ITEM = "/demo/items/<int:item_id>"
DEAD_QUEUE = "redis://:a-secret-of-ours@127.0.0.1:1/0"
MORE_THAN_ANY_DISK = "1000000000"
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? ([^ ]+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
BURNS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]


def samples_of(text):
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, f"{line!r} is no sample of the text format: name{{labels}} value"
            found.append((match[1], dict(LABEL.findall(match[2] or "")), float(match[3])))
    return found


@pytest.fixture
def samples(client):
    """Return all series as (name, labels, value)."""

    def scrape():
        response = client.get("/metrics")
        assert response.status_code == 200, "GET /metrics is open in development"
        return samples_of(response.text)

    return scrape


@pytest.fixture
def count(samples):
    """Add up the series that have these labels: ``count("http_requests_total", status="404")``."""

    def add_up(metric, **labels):
        return sum(
            value
            for found, its, value in samples()
            if found == metric and labels.items() <= its.items()
        )

    return add_up


@pytest.fixture
def requests(client):
    """Make requests that count for the objectives: ``requests(9, failed=1, slow=0)``."""

    def make(good, failed=0, slow=0):
        for number in range(good):
            assert client.get(f"/demo/items/{number}").status_code == 200
        for _ in range(failed):
            assert client.get("/demo/items/1?fault=refuse").status_code == 503
        for _ in range(slow):
            assert client.get("/demo/items/1?milliseconds=320").status_code == 200

    return make


@pytest.fixture
def objective(client):
    """Return how an objective stands: ``objective("latency")["budget_left"]``."""

    def show(name):
        response = client.get("/slo")
        assert response.status_code == 200, "GET /slo shows the objectives"
        return {it["name"]: it for it in response.json["objectives"]}[name]

    return show


# alive


@pytest.mark.story("alive")
def test_living_process_says_ok(client):
    response = client.get("/health")

    assert response.status_code == 200
    assert response.json == {"status": "ok"}


@pytest.mark.story("alive")
@pytest.mark.settings(REDIS_URL=DEAD_QUEUE, DISK_FREE_MB=MORE_THAN_ANY_DISK)
def test_process_is_alive_though_all_it_needs_is_missing(client):
    response = client.get("/health")

    assert response.status_code == 200, "a restart would mend neither the queue nor the disk"


# ready


@pytest.mark.story("ready")
def test_ready_shows_each_check_with_its_time(client):
    response = client.get("/ready")

    assert response.status_code == 200
    assert response.json["status"] == "ready"
    checks = {check["name"]: check for check in response.json["checks"]}
    assert checks.keys() >= {"database", "migrations", "disk"}
    for check in checks.values():
        assert check["ok"] is True, f"{check['name']} should be ok"
        assert check["reason"] is None, f"{check['name']} is ok: there is no reason to give"
        assert 0 <= check["seconds"] < 10, f"{check['name']} should show how long it took"


@pytest.mark.story("ready")
@pytest.mark.settings(DISK_FREE_MB=MORE_THAN_ANY_DISK)
def test_full_disk_is_503_that_names_it(client):
    response = client.get("/ready")

    assert response.status_code == 503
    assert "disk" in response.json["detail"]
    [disk] = [check for check in response.json["checks"] if not check["ok"]]
    assert disk["name"] == "disk"


@pytest.mark.story("ready")
@pytest.mark.settings(DISK_FREE_MB=MORE_THAN_ANY_DISK)
def test_full_disk_says_how_much_is_needed(client):
    [disk] = [check for check in client.get("/ready").json["checks"] if not check["ok"]]

    assert MORE_THAN_ANY_DISK in disk["reason"], "an operator wants to know how much to free"


@pytest.mark.story("ready")
@pytest.mark.settings(REDIS_URL=DEAD_QUEUE)
def test_dead_queue_is_503_that_names_it(client):
    response = client.get("/ready")

    assert response.status_code == 503
    assert [check["name"] for check in response.json["checks"] if not check["ok"]] == ["queue"]


@pytest.mark.story("ready")
@pytest.mark.settings(REDIS_URL=DEAD_QUEUE, DISK_FREE_MB=MORE_THAN_ANY_DISK)
def test_check_that_fails_does_not_keep_others_from_being_made(client):
    checks = {check["name"]: check["ok"] for check in client.get("/ready").json["checks"]}

    assert checks.items() >= {"database": True, "migrations": True}.items()
    assert checks.items() >= {"disk": False, "queue": False}.items()


@pytest.mark.story("ready")
@pytest.mark.settings(REDIS_URL=DEAD_QUEUE)
def test_failed_check_gives_away_neither_password_nor_address(client):
    response = client.get("/ready")

    [queue] = [check for check in response.json["checks"] if not check["ok"]]
    assert queue["reason"], "there should be some reason"
    for secret in ("a-secret-of-ours", "127.0.0.1", "Traceback"):
        assert secret not in response.text, f"{secret} is nothing for strangers"


# rate


@pytest.mark.story("rate")
def test_request_is_counted_by_method_route_and_status(client, count):
    client.get("/demo/items/7")
    client.get("/demo/items/8")

    assert count("http_requests_total", method="GET", route=ITEM, status="200") == 2


@pytest.mark.story("rate")
@pytest.mark.parametrize(
    ("path", "status"),
    [("?fault=crash", "500"), ("?fault=refuse", "503"), ("?nonsense=1", "422")],
    ids=["exception", "refused", "unprocessable"],
)
def test_failure_is_counted_with_its_route(client, count, path, status):
    client.get(f"/demo/items/7{path}")

    assert count("http_requests_total", method="GET", route=ITEM, status=status) == 1


@pytest.mark.story("rate")
def test_fault_that_is_none_is_unprocessable(client):
    response = client.get("/demo/items/7?fault=x")

    assert response.status_code == 422
    assert response.json["errors"][0]["loc"] == ["query", "fault"]


@pytest.mark.story("rate")
def test_request_without_route_is_counted(client, count):
    client.get("/wp-login.php")

    assert count("http_requests_total", method="GET", status="404") == 1


@pytest.mark.story("rate")
def test_method_that_is_not_allowed_is_counted(client, count):
    client.delete("/health")

    assert count("http_requests_total", method="DELETE", status="405") == 1


@pytest.mark.story("rate")
def test_head_is_not_counted_as_get(client, count):
    client.head("/demo/items/7")

    assert count("http_requests_total", method="HEAD", route=ITEM, status="200") == 1
    assert count("http_requests_total", method="GET", route=ITEM) == 0


@pytest.mark.story("rate")
def test_thirty_requests_at_once_count_thirty(client, count, at_once):
    at_once(30, lambda number: client.get(f"/demo/items/{number}"))

    assert count("http_requests_total", route=ITEM, status="200") == 30


@pytest.mark.story("rate")
def test_counts_go_on_after_restart(client, count, restart):
    client.get("/demo/items/7")
    restart()
    client.get("/demo/items/7")

    assert count("http_requests_total", route=ITEM, status="200") == 2


# duration


@pytest.fixture
def buckets(samples):
    """Return the buckets of the demo route: upper bound to count."""

    def show():
        return {
            float(labels["le"]): value
            for name, labels, value in samples()
            if name == "http_request_duration_seconds_bucket" and labels["route"] == ITEM
        }

    return show


@pytest.mark.story("duration")
def test_buckets_are_cumulative(client, buckets):
    client.get("/demo/items/1")
    client.get("/demo/items/1?milliseconds=60")

    values = [value for _, value in sorted(buckets().items())]
    assert values == sorted(values), "each bucket counts what is in the smaller ones as well"
    assert values[-1] == 2


@pytest.mark.story("duration")
def test_last_bucket_is_number_of_all_requests(client, buckets, count):
    for path in ("", "?fault=crash", "?milliseconds=20"):
        client.get(f"/demo/items/1{path}")

    assert buckets()[float("inf")] == 3, "the bucket le=+Inf has everything"
    assert count("http_request_duration_seconds_count", route=ITEM) == 3


@pytest.mark.story("duration")
def test_slow_request_is_not_in_bucket_of_promise(client, buckets):
    client.get("/demo/items/1")
    client.get("/demo/items/1?milliseconds=320")

    assert 0.3 in buckets(), "without a bucket that ends at 300 ms nobody knows whether it was kept"
    assert buckets()[0.3] == 1
    assert buckets()[float("inf")] == 2


@pytest.mark.story("duration")
def test_time_is_added_up_in_seconds(client, count):
    for _ in range(4):
        client.get("/demo/items/1?milliseconds=50")

    seconds = count("http_request_duration_seconds_sum", route=ITEM)
    assert 0.2 <= seconds < 10, f"four times 50 ms cannot be {seconds} s"


@pytest.mark.story("duration")
def test_all_series_have_same_buckets(client, samples):
    client.get("/health")
    client.get("/demo/items/1?milliseconds=60")

    bounds = {}
    for name, labels, _ in samples():
        if name == "http_request_duration_seconds_bucket":
            bounds.setdefault(labels["route"], set()).add(labels["le"])
    assert bounds.keys() >= {"/health", ITEM}
    assert bounds["/health"] == bounds[ITEM], "else they cannot be added up"


# bounded


@pytest.mark.story("bounded")
def test_scan_of_thousand_paths_adds_handful_of_series(client, samples, count):
    samples()
    before = len(samples())

    for number in range(1000):
        client.get(f"/{number * 7919:x}/{number}.php?x={number}")

    assert count("http_requests_total", status="404") == 1000
    assert len(samples()) - before <= 20, "every path has become a series"


@pytest.mark.story("bounded")
def test_made_up_methods_are_no_labels(client, samples, count):
    samples()
    before = len(samples())

    for number in range(50):
        client.open("/health", method=f"HACK{number}")

    assert count("http_requests_total", status="405") == 50
    assert len(samples()) - before <= 20, "every method has become a series"


@pytest.mark.story("bounded")
def test_ids_in_paths_share_one_series(client, samples):
    for number in range(40):
        client.get(f"/demo/items/{number}")

    totals = [
        value
        for name, labels, value in samples()
        if name == "http_requests_total" and labels["route"].startswith("/demo")
    ]
    assert totals == [40]


# exposition


@pytest.mark.story("exposition")
@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
        "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5,*/*;q=0.1",
        "application/openmetrics-text; version=one",
    ],
    ids=["version", "quality", "nonsense"],
)
def test_openmetrics_is_given_when_it_is_asked_for(client, accept):
    response = client.get("/metrics", headers={"Accept": accept})

    assert response.mimetype == "application/openmetrics-text"
    assert response.text.endswith("# EOF\n"), "OpenMetrics ends with # EOF"


@pytest.mark.story("exposition")
@pytest.mark.parametrize(
    "accept",
    ["", "*/*", ";;;,", "application/openmetrics-text;q=0.1,text/plain", "text/html,*/*;q=0.8"],
)
def test_text_is_given_to_everybody_else(client, accept):
    response = client.get("/metrics", headers={"Accept": accept})

    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.story("exposition")
@pytest.mark.parametrize("accept", ["application/openmetrics-text", "text/plain", ""])
def test_cache_is_told_that_answer_depends_on_accept(client, accept):
    response = client.get("/metrics", headers={"Accept": accept})

    assert "Accept" in response.vary, "else a cache gives one client what another one asked for"


@pytest.mark.story("exposition")
def test_each_metric_has_its_type_and_explanation(client):
    client.get("/health")

    text = client.get("/metrics").text

    for name, kind in {
        "http_requests_total": "counter",
        "http_request_duration_seconds": "histogram",
        "http_requests_in_flight": "gauge",
    }.items():
        assert f"# TYPE {name} {kind}\n" in text
        assert f"# HELP {name} " in text


@pytest.mark.story("exposition")
def test_requests_in_flight_are_seen_and_gone_when_they_end(client, count, at_once):
    def one(number):
        if number == 0:
            return client.get("/demo/items/1?milliseconds=700").status_code
        for _ in range(1000):
            if count("http_requests_in_flight") > 1:
                return "seen"
        return "never seen"

    assert at_once(2, one) == [200, "seen"]
    assert count("http_requests_in_flight") == 1, "only the request that asks is left"


# private


@pytest.mark.story("private")
@pytest.mark.settings(ENVIRONMENT="production")
@pytest.mark.parametrize("path", ["/metrics", "/slo"])
def test_without_token_metrics_are_closed_in_production(client, path):
    response = client.get(path, headers={"Authorization": "Bearer "})

    assert response.status_code == 403


@pytest.mark.story("private")
@pytest.mark.settings(ENVIRONMENT="production", METRICS_TOKEN="the-token-of-prometheus")
@pytest.mark.parametrize(
    "given",
    [
        None,
        "Bearer the-token-of-nobody!!!",
        "Bearer ",
        "Bearer the-token",
        "Bearer the-tökén",
        "the-token-of-prometheus",
        "Basic the-token-of-prometheus",
    ],
    ids=["none", "wrong", "empty", "part", "not ASCII", "no scheme", "other scheme"],
)
def test_wrong_token_is_401_that_says_how(client, given):
    headers = {"Authorization": given} if given else {}

    for path in ("/metrics", "/slo"):
        response = client.get(path, headers=headers)
        assert response.status_code == 401, f"{path} is not for {given!r}"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.story("private")
@pytest.mark.settings(METRICS_TOKEN="the-token-of-prometheus")
def test_token_that_is_set_counts_in_development_too(client):
    assert client.get("/metrics").status_code == 401


@pytest.mark.story("private")
@pytest.mark.settings(ENVIRONMENT="production", METRICS_TOKEN="the-token-of-prometheus")
@pytest.mark.parametrize("path", ["/metrics", "/slo"])
def test_token_opens_metrics(client, path):
    headers = {"Authorization": "Bearer the-token-of-prometheus"}

    assert client.get(path, headers=headers).status_code == 200


@pytest.mark.story("private")
@pytest.mark.settings(ENVIRONMENT="production", METRICS_TOKEN="the-token-of-prometheus")
def test_probes_need_no_token(client):
    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 200


@pytest.mark.story("private")
@pytest.mark.settings(ENVIRONMENT="production")
def test_nothing_fails_on_purpose_in_production(client):
    assert client.get("/demo/items/1?fault=crash").status_code == 404


# budget


@pytest.mark.story("budget")
@pytest.mark.parametrize(("name", "target"), [("availability", 0.999), ("latency", 0.99)])
def test_without_request_whole_budget_is_left(objective, name, target):
    found = objective(name)

    assert found["target"] == target
    assert (found["requests"], found["bad"]) == (0, 0)
    assert found["budget_left"] == 1


@pytest.mark.story("budget")
def test_failures_use_up_budget_of_availability(requests, objective):
    requests(49, failed=1)

    found = objective("availability")
    assert (found["requests"], found["bad"]) == (50, 1)
    assert found["budget_left"] == pytest.approx(-19), "1 of 50 is 20 times what 0.1 % allows"


@pytest.mark.story("budget")
def test_slow_requests_use_up_budget_of_latency(requests, objective):
    requests(4, slow=1)

    found = objective("latency")
    assert (found["requests"], found["bad"]) == (5, 1)
    assert found["budget_left"] == pytest.approx(-19), "1 of 5 is 20 times what 1 % allows"
    assert objective("availability")["budget_left"] == 1


@pytest.mark.story("budget")
@pytest.mark.parametrize(
    "path",
    ["/health", "/healthz", "/ready", "/metrics", "/slo", "/.env"],
)
def test_probes_and_scans_do_not_count(client, requests, objective, path):
    requests(1)
    client.get(path)

    assert objective("availability")["requests"] == 1


@pytest.mark.story("budget")
@pytest.mark.settings(DISK_FREE_MB=MORE_THAN_ANY_DISK)
def test_probe_that_says_no_is_no_failure(client, requests, objective):
    requests(1)
    client.get("/ready")

    assert objective("availability")["bad"] == 0


@pytest.mark.story("budget")
def test_what_client_did_wrong_is_no_failure_of_ours(client, objective):
    client.get("/demo/items/1?nonsense=1")

    found = objective("availability")
    assert (found["requests"], found["bad"]) == (1, 0)


@pytest.mark.story("budget")
def test_demo_data_are_month_and_are_added_once(run, objective):
    first, again = run("seed"), run("seed")

    assert first.exit_code == again.exit_code == 0
    assert "there already" in again.output
    assert objective("availability")["requests"] > 100_000


# burn


@pytest.mark.story("burn")
def test_burn_rates_are_how_many_times_budget_allows(requests, objective):
    requests(19, failed=1)

    found = objective("availability")["burn_rates"]
    assert list(found) == BURNS
    assert found == pytest.approx(dict.fromkeys(BURNS, 50)), "1 of 20 is 50 times 0.1 %"


@pytest.mark.story("burn")
def test_window_only_has_what_happened_in_it(clock, requests, work, objective):
    clock.set("2026-03-01T12:00:00Z")
    requests(9, failed=1)
    work()
    clock.advance(minutes=10)
    requests(10)

    found = objective("availability")["burn_rates"]
    assert found["5m"] == 0, "nothing has failed for ten minutes"
    assert found["30m"] == pytest.approx(50), "1 of 20 is 50 times 0.1 %"


@pytest.mark.story("burn")
@pytest.mark.parametrize(
    ("minutes", "alert"),
    [(0, "page"), (10, "page"), (40, "ticket"), (3 * 60, "ticket"), (7 * 60, None)],
    ids=["now", "in 30m", "in 2h", "in 6h", "past"],
)
def test_alert_ends_with_trouble(clock, requests, work, objective, minutes, alert):
    clock.set("2026-03-01T12:00:00Z")
    requests(9, failed=1)
    work()
    clock.advance(minutes=minutes)
    requests(1)

    assert objective("availability")["alert"] == alert


@pytest.mark.story("burn")
def test_restart_forgets_nothing(clock, requests, work, restart, objective):
    clock.set("2026-03-01T12:00:00Z")
    requests(9, failed=1)
    work()
    requests(10)
    before = objective("availability")

    restart()

    assert objective("availability") == before


@pytest.mark.story("burn")
def test_what_is_older_than_thirty_days_is_forgiven(clock, requests, work, objective):
    clock.set("2026-03-01T12:00:00Z")
    requests(9, failed=1)
    work()
    clock.advance(days=31)
    work()
    requests(5)

    found = objective("availability")
    assert (found["requests"], found["bad"]) == (5, 0)


@pytest.mark.story("burn")
def test_long_pause_does_not_bring_old_failures_back(clock, requests, work, objective):
    clock.set("2026-03-01T12:00:00Z")
    requests(9, failed=1)
    for _ in range(2):
        work()
        clock.advance(days=70)

    assert objective("availability")["budget_left"] == 1


@pytest.mark.story("burn")
def test_two_looks_in_one_minute_count_once(clock, requests, work, objective):
    clock.set("2026-03-01T12:00:00Z")
    requests(4)
    work()
    clock.advance(seconds=30)
    requests(3)
    work()

    assert objective("availability")["requests"] == 7

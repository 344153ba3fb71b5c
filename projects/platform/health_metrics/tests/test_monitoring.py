"""What ships for Prometheus and Grafana is right, and fits what the application says."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from health_metrics import slo
from health_metrics.metrics import NOT_PROMISED

MONITORING = Path(__file__).parent.parent / "health_metrics/monitoring"
RULES = (MONITORING / "rules.yml").read_text("utf-8")
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
METRIC = re.compile(r"\b(?:http|slo:)[\w:]*")


@pytest.fixture
def promtool():
    """Run promtool in the folder of the rules; it must find nothing to say against them."""
    program = shutil.which("promtool")
    if program is None:
        pytest.fail("These tests need promtool. On Debian: sudo apt install prometheus")

    def run(*arguments, text=""):
        done = subprocess.run(
            [program, *arguments],
            input=text,
            capture_output=True,
            text=True,
            cwd=MONITORING,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_metrics_pass_promtool(client, promtool):
    for path in ("/demo/items/1", "/demo/items/1?fault=crash", "/nowhere"):
        client.get(path)

    promtool("check", "metrics", text=client.get("/metrics").text)


def test_rules_and_scrape_configuration_pass_promtool(promtool):
    promtool("check", "rules", "rules.yml")
    promtool("check", "config", "--syntax-only", "prometheus.yml")


def test_alerts_go_off_when_they_should(promtool):
    promtool("test", "rules", "rules_test.yml")


def test_alert_rules_have_thresholds_of_code():
    found = re.findall(
        r"slo:(\w+)_bad:ratio_rate(\w+) > ([\d.]+) \* ([\d.]+)\n"
        r" +and slo:(\w+)_bad:ratio_rate(\w+) > ([\d.]+) \* ([\d.]+)\n"
        r" +labels: \{ severity: (\w+), window: (\w+) \}",
        RULES,
    )

    assert found == [
        (it.name, long, f"{rate:g}", budget, it.name, short, f"{rate:g}", budget, severity, long)
        for it in slo.OBJECTIVES
        for budget in [f"{1 - it.target:.3g}"]
        for severity, long, short, rate in slo.ALERTS
    ]


def test_rules_leave_out_what_code_leaves_out():
    found = {frozenset(routes.split("|")) for routes in re.findall('route!~"([^"]+)"', RULES)}

    assert found == {NOT_PROMISED}
    assert f'le="{slo.LATENCY_SECONDS}"' in RULES


def test_rules_and_dashboard_speak_of_metrics_that_exist(client):
    client.get("/health")
    exist = set(METRIC.findall(client.get("/metrics").text))
    exist |= set(re.findall(r"record: (\S+)", RULES))
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]

    assert set(METRIC.findall(re.sub("summary: .*|record: .*", "", RULES))) <= exist
    assert set(METRIC.findall("\n".join(expressions))) <= exist


def test_dashboard_asks_for_its_data_source():
    [source] = [it for it in DASHBOARD["templating"]["list"] if it["type"] == "datasource"]
    assert source["query"] == "prometheus"
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == f"${{{source['name']}}}", panel["title"]

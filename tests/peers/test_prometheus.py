"""A real Prometheus accepts the metrics and the alert rules, and its own tests of the rules pass."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from benchmarks.dashboards import document
from faxstore.ingest.metrics.samples import State
from tests.ingest.metrics.test_endpoint import served
from tests.ingest.metrics.test_exposition import PBX1, text
from tests.kit.cluster import free_port, wait_until
from tests.peers.prometheus import program, promtool

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"

CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
rule_files: ["{rules}/faxstore.rules.yml"]
scrape_configs:
  - job_name: faxstore
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def test_promtool_finds_nothing_wrong_with_the_metrics() -> None:
    checked = promtool("check", "metrics", text=text(PBX1, PBX1, workers=3))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_promtool_would_find_a_wrong_name() -> None:
    wrong = "# HELP faxstore_pages Pages.\n# TYPE faxstore_pages counter\nfaxstore_pages 1\n"
    assert "counter metrics should have" in promtool("check", "metrics", text=wrong).stderr


def test_promtool_accepts_the_rules() -> None:
    checked = promtool("check", "rules", "faxstore.rules.yml", folder=RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("file", sorted(path.name for path in RULES.glob("*.test.yml")))
def test_the_tests_of_the_rules_pass(file: str) -> None:
    tested = promtool("test", "rules", file, folder=RULES)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_a_real_prometheus_scrapes_an_ingestor(tmp_path: Path) -> None:
    own = f"127.0.0.1:{free_port()}"
    with served(State(1, {1: PBX1})) as port:
        (tmp_path / "prometheus.yml").write_text(CONFIG.format(rules=RULES, port=port))
        arguments = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={own}"]
        with subprocess.Popen(
            [program("prometheus"), *arguments], cwd=tmp_path, stderr=subprocess.DEVNULL
        ) as prometheus:
            try:
                wait_until(lambda: values(own, 'up{job="faxstore"}') == ["1"])
                assert values(own, 'faxstore_pages_total{direction="received"}') == ["11"]
                assert values(own, 'faxstore_poll_duration_seconds_sum{server="pbx1"}') == ["4.5"]
                shown = {expression: values(own, expression) for expression in expressions()}  # 400: it is invalid
                assert len(shown) > 15
                assert [one for one, found in shown.items() if found == [] and not may_be_empty(one)] == []
            finally:
                prometheus.kill()


def expressions() -> list[str]:
    """The expressions of the dashboard of the collector, with Grafana's variables replaced."""
    panels = document("collector")["panels"]
    found = [target["expr"] for panel in panels for target in panel["targets"] if "expr" in target]
    return [one.replace("$__rate_interval", "10s").replace("$__range", "1h") for one in found]


def may_be_empty(expression: str) -> bool:
    """Whether nothing is a usual answer: no alert fires, no poll fails, or there are not two scrapes yet."""
    return "ALERTS" in expression or "[" in expression


def values(address: str, query: str) -> list[str]:
    """What Prometheus answers to a query; nothing while it does not answer."""
    with suppress(OSError), urlopen(f"http://{address}/api/v1/query?query={quote(query)}", timeout=5) as answer:
        found: Any = json.load(answer)
        return [one["value"][1] for one in found["data"]["result"]]
    return []

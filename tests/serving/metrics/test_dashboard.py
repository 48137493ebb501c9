"""The scrape file and the dashboard: every metric that they name is one of the engine, and every query is one."""

import json
import re
from pathlib import Path

import promql_parser
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from genops.serving.metrics.names import COUNTERS, GAUGES, HISTOGRAMS
from tests.servers.engine import Engine

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "genops-models.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
NAMES = [name.name for sources in (*GAUGES.values(), *COUNTERS.values(), *HISTOGRAMS.values()) for name in sources]
OF_PROMETHEUS = {"up"}
DEPRECATED = ("gpu_cache", "gpu_prefix", "time_per_output_token")


def plain(query):
    """The query as Grafana sends it."""
    return query.replace("$__rate_interval", "1m").replace("$alias", ".*")


def selected(node):
    """The metrics that a parsed query reads."""
    if isinstance(node, promql_parser.VectorSelector):
        return {node.name}
    inner = ("expr", "lhs", "rhs", "vector_selector", "vs", "param")
    found = [getattr(node, name) for name in inner if getattr(node, name, None) is not None]
    found += list(getattr(node, "args", None) or [])
    return {metric for one in found for metric in selected(one)}


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_is_promql_over_metrics_that_genops_reads(query):
    metrics = selected(promql_parser.parse(plain(query)))
    assert metrics
    for metric in metrics - OF_PROMETHEUS:
        assert re.sub(r"_(total|bucket)$", "", metric) in NAMES
        assert not any(old in metric for old in DEPRECATED)


def test_every_metric_of_the_dashboard_is_exported_under_that_name():
    exported = {
        sample.name
        for family in text_string_to_metric_families(Path(__file__).with_name("vllm-0.32.txt").read_text())
        for sample in family.samples
    }
    wanted = {metric for query in QUERIES for metric in selected(promql_parser.parse(plain(query)))}
    assert wanted - OF_PROMETHEUS <= exported


def test_the_engine_of_the_tests_counts_under_the_names_of_vllm():
    exported = Path(__file__).with_name("vllm-0.32.txt").read_text()
    assert all(f"# TYPE {family.name}" in exported for family in Engine().registry.collect())


def test_panels_have_a_place_of_their_own_a_unit_and_a_word_about_them():
    places = set()
    for panel in DASHBOARD["panels"]:
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & places
        places |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_scrape_file_gives_each_server_the_label_that_the_dashboard_chooses_by():
    jobs = {job["job_name"]: job for job in YAML(typ="safe").load(DEPLOY / "prometheus.yml")["scrape_configs"]}
    servers = jobs["genops-models"]
    assert servers["metrics_path"] == "/metrics"
    assert all("alias" in group["labels"] for group in servers["static_configs"])
    variables = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
    assert variables["alias"]["definition"].endswith(", alias)")
    assert any('job="genops-models"' in query for query in QUERIES)

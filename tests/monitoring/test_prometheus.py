"""Prometheus reads every figure, with its interval, and where rules stand."""

from prometheus_client.parser import text_string_to_metric_families

from genops.evals.summary import Measure
from genops.monitoring.prometheus import Scrape
from genops.store.records.alerts import AlertRecord


def test_every_figure_is_read_back_by_the_parser_of_prometheus():
    figures = {
        "latency.p95": Measure(1.5, "s", 40, 1.2, 2.0),
        "score.contains": Measure.none("score", "no scores"),
    }
    rule = 'error_rate > 0.05 "quoted"\nand more \\'
    alerts = [AlertRecord("live", rule, "alert", 1, 2)]
    hour = {"latency.p95": Measure(9.0, "s", 4, 8.0, 10.0)}
    text = Scrape("live", 1_500_000_000, {86_400.0: figures, 3_600.0: hour}, alerts, 3, 70).text()
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    of = (("figure", "latency.p95"), ("monitor", "live"), ("over", "86400"), ("unit", "s"))
    assert found["genops_figure", *of[:2], ("over", "3600"), of[3]] == 9.0
    assert found["genops_figure", *of] == 1.5
    assert (found["genops_figure_low", *of], found["genops_figure_high", *of]) == (1.2, 2.0)
    assert found["genops_figure_observations", *of] == 40
    assert not any(name == "genops_figure" and ("figure", "score.contains") in labels for name, *labels in found)
    states = {
        state: found["genops_alert_state", ("monitor", "live"), ("rule", rule), ("state", state)]
        for state in ("ok", "alert")
    }
    assert states == {"ok": 0, "alert": 1}
    assert found["genops_traces_looked_at_total", ("monitor", "live")] == 70
    assert found["genops_deliveries_waiting", ("monitor", "live")] == 3
    assert found["genops_look_timestamp_seconds", ("monitor", "live")] == 1.5

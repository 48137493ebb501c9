"""``genops monitor``: production is scored, figures are shown, and a channel is told what a rule says."""

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

LIVE = """
kind: monitor
chain: say
sample: {rate: 1.0}
scorers:
  - contains: hello
rules:
  - {rule: score.contains < 0.5, least: 3}
  - {rule: error_rate > 0.9, least: 1000}
channels:
  file: {command: [sh, -c, "cat >> told.jsonl; echo >> told.jsonl"]}
"""


@pytest.fixture
def live(site):
    (site / "evals").mkdir(exist_ok=True)
    (site / "evals" / "live.yaml").write_text(LIVE)
    return site


def asked(genops, *words):
    for word in words:
        genops("run", "say", "-i", f"what={word}")


def test_what_arrives_is_scored_and_shown_and_a_bad_figure_is_told_once(live, genops):
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, *["bye"] * 40)
    found = genops("monitor", "run", "live", "--once", code=1)
    assert "40 traces, 40 drawn; 1 message accepted" in found.out
    assert "score.contains < 0.5: alert (0.000 [0.000, 0.130], n 40)" in found.out
    assert "no data (0.0% [0.0%, 8.8%], n 40, the rule wants 1,000 observations)" in found.out
    told = [json.loads(line) for line in (live / "told.jsonl").read_text().splitlines() if line]
    assert [(one["rule"], one["state"]) for one in told] == [("score.contains < 0.5", "alert")]
    assert len(told[0]["examples"]) == 3
    genops("monitor", "run", "live", "--once", code=1)
    assert (live / "told.jsonl").read_text().count('"rule"') == 1
    assert "no message waits" in genops("monitor", "deliveries").err
    status = json.loads(genops("monitor", "status", "live", "--json").out)
    assert status["seen"] == 40
    assert status["figures"]["score.contains"]["value"] == 0.0
    assert [rule["state"] for rule in status["rules"]] == ["no data", "alert"]
    shown = genops("monitor", "status", "live").out
    assert "score.contains" in shown
    assert "latency.p95" in shown


def test_a_silenced_rule_tells_nobody(live, genops):
    genops("monitor", "run", "live", "--once", code=3)
    assert "is silent until" in genops("monitor", "silence", "score.contains", "--for", "2h").err
    asked(genops, *["bye"] * 40)
    genops("monitor", "run", "live", "--once", code=1)
    assert not (live / "told.jsonl").exists()
    assert "silent until" in genops("monitor", "status", "live").out
    assert "no longer silent" in genops("monitor", "silence", "score.contains", "--end").err
    genops("monitor", "run", "live", "--once", code=1)
    assert (live / "told.jsonl").exists()


def test_every_figure_is_told_to_prometheus(live, genops):
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, "hello")
    genops("monitor", "run", "live", "--once", code=3)
    families = {one.name: one for one in text_string_to_metric_families(genops("monitor", "metrics", "live").out)}
    figures = {sample.labels["figure"]: sample.value for sample in families["genops_figure"].samples}
    assert figures["score.contains"] == 1.0
    assert figures["traces"] == 1.0


def test_a_channel_can_be_tried(live, genops):
    assert "file accepted it" in genops("monitor", "test", "live", "file").err
    assert "a test of this channel" in (live / "told.jsonl").read_text()


def test_scores_stand_beside_those_at_release(live, genops):
    (live / "evals" / "release.yaml").write_text(
        "kind: suite\nchain: say\ndataset: [{what: hello a}, {what: hello b}]\nscorers:\n  - contains: hello\n"
    )
    genops("eval", "run", "release")
    (live / "evals" / "live.yaml").write_text(f"{LIVE}release: eval:release\n")
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, "bye", "bye")
    genops("monitor", "run", "live", "--once", code=3)
    (found,) = json.loads(genops("monitor", "status", "live", "--json").out)["since_release"]
    assert (found["name"], found["release"]["value"], found["now"]["value"]) == ("contains", 1.0, 0.0)


def test_before_it_ran_it_says_how_to_begin(live, genops):
    shown = genops("monitor", "status", "live")
    assert "live has not run yet: `genops monitor run live` begins" in shown.err
    assert shown.out == ""


def test_what_is_not_known_in_full_says_why(live, genops):
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, "hello", "hello")
    genops("monitor", "run", "live", "--once", code=3)
    shown = genops("monitor", "status", "live").out
    assert "at least 2" in shown
    assert "when the monitor began" in shown
    assert "the rule wants 3 observations" in shown


def test_a_chain_that_is_not_there_is_waited_for_and_told(live, genops):
    (live / "evals" / "live.yaml").write_text("kind: monitor\nchain: sya\n")
    assert (
        "no chain 'sya' is in chains/, and none ran here yet (did you mean say?)"
        in genops("monitor", "run", "live", "--once").err
    )


def test_an_evaluation_that_is_not_there_is_told_before_it_looks(live, genops):
    (live / "evals" / "live.yaml").write_text(f"{LIVE}release: eval:relaese\n")
    assert "relaese" in genops("monitor", "run", "live", "--once", code=2).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "lives"], "live"),
        (["test", "live", "flie"], "file"),
        (["silence", "nothing", "--for", "2h"], "no rule begins"),
        (["silence", "nothing"], "--for"),
        (["silence", "nothing", "--for", "soon"], "no duration"),
        (["silence", "nothing", "--for", "0s"], "longer than nothing"),
        (["run", "live", "--once", "--listen", "127.0.0.1:9464"], "without end"),
        (["run", "live", "--listen", "nowhere"], "no address"),
    ],
)
def test_wrong_usage_is_one_clear_error(live, genops, arguments, message):
    done = genops("monitor", *arguments, code=2)
    assert message in done.err
    assert "Traceback" not in done.err


def test_the_schema_of_a_monitor_is_printed(genops):
    assert json.loads(genops("schema", "monitor").out)["title"] == "genops monitor"

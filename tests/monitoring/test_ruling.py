"""Rules are applied to the figures of now: each change is told once, and what was told ends, whatever happens."""

import re
import time
from dataclasses import replace

import pytest

from genops.errors import ReferenceNotFound
from genops.executor import Chain
from genops.monitoring.alerts import Message
from genops.monitoring.alerts.wording import plain_text
from genops.monitoring.examples import examples_of
from genops.monitoring.feedback import add_feedback
from genops.monitoring.monitor import Monitor
from genops.monitoring.ruling import apply_rules, silence_rule
from genops.monitoring.spec import MonitorSpec
from genops.store.records.runs import RunFilter
from tests.drift.small_talk import COLOURS, FOOD, sentences

RULE = "error_rate > 0.5"


def monitor_of(lab, *rules):
    channels = {"ops": {"command": ["true"]}, "chat": {"command": ["true"]}}
    data = {"kind": "monitor", "chain": "echo", "rules": list(rules), "channels": channels}
    return Monitor(MonitorSpec.from_data(data, "live"), lab.site.project)


def apply(lab, *rules):
    """A look, and the rules."""
    monitor = monitor_of(lab, *rules)
    monitor.look()
    return apply_rules(monitor)[1]


def fail(lab, times=30):
    lab.replies["bad"] = ValueError("no @channel")
    chain = Chain.load("echo", project=lab.site.project)
    for _ in range(times):
        with pytest.raises(Exception, match="no @channel"):
            chain.run_sync({"text": "bad"})
    lab.site.project.store.writer.flush(10.0)


def told(lab):
    return [(one.channel, one.body["state"]) for one in lab.site.project.store.deliveries(limit=1_000)]


def test_a_change_is_told_once_to_those_whom_it_concerns(lab):
    rules = {"rule": RULE, "to": "ops"}, "traces < 1 over 3s"
    assert [one.state for one in apply(lab, *rules)] == ["no data", "no data"]
    time.sleep(3.1)
    assert [one.state for one in apply(lab, *rules)] == ["no data", "alert"]
    fail(lab)
    assert [one.state for one in apply(lab, *rules)] == ["alert", "ok"]
    apply(lab, *rules)
    assert sorted(told(lab)) == [("chat", "alert"), ("chat", "ok"), ("ops", "alert"), ("ops", "alert"), ("ops", "ok")]
    message = next(one for one in lab.site.project.store.deliveries() if one.rule == RULE)
    assert len(message.body["examples"]) == 3


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("latency.p50 > 1 us", r"\d+(\.\d+)? (µs|ms|s)"),
        ("cost.total >= $0", r"\$0"),
        ("tokens.mean < 1", "0 tokens"),
        ("score.contains < 0.5", "0.00 .*"),
        ("feedback.feedback < 0.5", "0 not this"),
        ("traces > 20", None),
    ],
)
def test_a_rule_on_every_family_alarms_and_shows_runs_that_it_is_about(lab, rule, shown):
    rule = rule.replace("1 us", "0.001 ms")
    data = {"kind": "monitor", "chain": "echo", "scorers": [{"contains": "no"}], "sample": {"rate": 1.0}}
    monitor = Monitor(MonitorSpec.from_data({**data, "rules": [rule]}, "live"), lab.site.project)
    monitor.look()
    lab.run(lab.suite(["an evaluation is none of it"], name="other"))
    say(lab, ["yes"] * 30)
    ids = {run.id for run in lab.site.project.store.runs(RunFilter(chain="echo", mode="run"), limit=100)}
    for identity in sorted(ids):
        add_feedback(lab.site.project, identity, 0.0, comment="not this")
    monitor.look()
    reading, (record,) = apply_rules(monitor)
    # tokens are all 0, and equal values tell nothing of their spread
    assert record.state == ("warning" if rule.startswith("tokens") else "alert")
    examples = examples_of(monitor, reading, monitor.spec.rules[0])
    assert len(examples) == (0 if shown is None else 3)
    assert {one.run for one in examples} <= ids
    assert all(re.fullmatch(shown, one.text) for one in examples)


def test_a_monitor_that_has_just_begun_does_not_say_that_traces_are_missing(lab):
    assert [one.state for one in apply(lab, "traces < 5 over 1h", "traces > 3 over 1h")] == ["no data", "ok"]
    fail(lab, 4)
    assert [one.state for one in apply(lab, "traces < 5 over 1h", "traces > 3 over 1h")] == ["no data", "alert"]
    (message, _) = lab.site.project.store.deliveries()
    assert message.body["figure"]["missing"].startswith("a lower bound: counted since ")


def test_what_another_process_wrote_while_figures_were_read_stands_and_nothing_is_told_twice(lab, monkeypatch):
    apply(lab, RULE)
    fail(lab)
    monitor = monitor_of(lab, RULE)
    monitor.look()
    read, theirs = monitor.reading, []

    def overtaken():
        reading = read()
        theirs.extend(apply(lab, RULE))
        return reading

    monkeypatch.setattr(monitor, "reading", overtaken)
    _, records = apply_rules(monitor)
    assert records == theirs == lab.site.project.store.alerts("live")
    assert records[0].state == "alert"
    assert told(lab) == [("ops", "alert"), ("chat", "alert")]


def test_an_alert_of_a_rule_that_is_taken_out_is_told_to_be_over(lab):
    apply(lab, RULE)
    fail(lab)
    apply(lab, RULE)
    for _ in range(2):
        assert [one.rule for one in apply(lab, "error_rate > 0.6")] == ["error_rate > 0.6"]
    store = lab.site.project.store
    assert [one.rule for one in store.alerts("live")] == ["error_rate > 0.6"]
    ends = [one for one in store.deliveries() if one.body["state"] == "ok"]
    assert [(one.rule, one.channel, one.body["before"]) for one in ends] == [
        (RULE, "ops", "alert"),
        (RULE, "chat", "alert"),
    ]
    text = plain_text(Message.from_body(ends[0].body))
    assert "the monitor has no such rule any more" in text
    assert "It is watched no longer." in text


def test_one_that_nobody_was_told_of_goes_quietly(lab):
    apply(lab, RULE)
    apply(lab)
    assert lab.site.project.store.alerts("live") == []
    assert told(lab) == []


def test_a_silence_that_is_asked_for_during_a_look_holds(lab):
    store = lab.site.project.store
    apply(lab, RULE)
    (before,) = store.alerts("live")
    until = time.time_ns() + 3_600 * 10**9
    assert silence_rule(store, "error_rate", until).silenced == until
    assert store.keep_alerts([before], [replace(before, looked=before.looked + 1)])
    fail(lab)
    apply(lab, RULE)
    assert told(lab) == []
    assert store.alerts("live")[0].state == "alert"
    silence_rule(store, RULE, None)
    apply(lab, RULE)
    assert told(lab) == [("ops", "alert"), ("chat", "alert")]


def test_a_rule_that_is_not_there_is_told(lab):
    apply(lab, RULE, "error_rate > 0.6")
    with pytest.raises(ReferenceNotFound, match="several rules begin") as several:
        silence_rule(lab.site.project.store, "error_rate", None)
    assert "--monitor" in several.value.hint
    with pytest.raises(ReferenceNotFound, match="no rule begins"):
        silence_rule(lab.site.project.store, "latency", None)


@pytest.fixture
def questions(lab):
    """A drift check of the project, whose watch a monitor may run."""
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'
    lab.site.write("reference.jsonl", "\n".join(f'{{"text": "{text}"}}' for text in sentences(COLOURS, 300, 1)))
    check = "kind: drift\nreference: ../reference.jsonl\ncurrent: traces:chain=echo\nembedder: hashing\n"
    more = "watch: {average_run: 1000}\ndescriptors: false\nrelabellings: 99\n"
    lab.site.write("evals/questions.yaml", f"{check}{more}")


@pytest.mark.slow
def test_drift_that_a_watch_finds_is_told_and_stays_as_long_as_it_is_in_the_window(lab, questions):
    rules = "drift.questions > 1", "drift.questions > 1 over 1s"
    data = {"kind": "monitor", "chain": "echo", "drift": ["questions"], "rules": list(rules)}
    monitor = Monitor(
        MonitorSpec.from_data({**data, "channels": {"ops": {"command": ["true"]}}}, "live"), lab.site.project
    )
    monitor.look()
    say(lab, sentences(COLOURS, 60, 2))
    monitor.look()
    assert [one.state for one in apply_rules(monitor)[1]] == ["ok", "ok"]
    say(lab, sentences(FOOD, 120, 3))
    monitor.look()
    time.sleep(1.1)
    for _ in range(2):
        assert [one.state for one in apply_rules(monitor)[1]] == ["alert", "ok"]
    (message,) = lab.site.project.store.deliveries()
    assert message.body["figure"]["value"] >= 1
    assert message.body["links"]["drift"].startswith("genops drift show ")
    assert message.body["examples"][0]["command"].startswith("genops trace show ")


def test_two_monitors_go_on_with_one_watch(lab, questions):
    data = {"kind": "monitor", "chain": "echo", "drift": ["questions"]}
    one, other = (Monitor(MonitorSpec.from_data(data, "live"), lab.site.project) for _ in range(2))
    one.look(), other.look()
    for monitor in (one, other, one):
        say(lab, sentences(COLOURS, 5, 2))
        monitor.look()
    assert one.watches.open("questions").seen == 15


def say(lab, texts):
    chain = Chain.load("echo", project=lab.site.project)
    for text in texts:
        chain.run_sync({"text": text})
    lab.site.project.store.writer.flush(10.0)

"""``genops monitor``: production is scored, figures are shown, and a channel is told what a rule says."""

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.live_monitor import asked, defined

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
    return defined(site, LIVE)


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
    (live / "evals" / "live.yaml").write_text(
        f"{LIVE}release: eval:release\n".replace("rules:", "  - regex: b\nrules:")
    )
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, "bye")
    genops("monitor", "run", "live", "--once", code=3)
    shown = genops("monitor", "status", "live").out
    assert "DIFFERENCE (90% INTERVAL)" in shown
    assert "the evaluation has no score 'regex'" in shown


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


@pytest.fixture
def waiting(live, genops):
    """Two channels that accept nothing, with a message each; then one of them is taken out of the monitor."""
    deaf = LIVE.replace(
        'file: {command: [sh, -c, "cat >> told.jsonl; echo >> told.jsonl"]}', "deaf: {command: ['false']}"
    )
    (live / "evals" / "live.yaml").write_text(f"{deaf}  old: {{command: ['false']}}\n")
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, *["bye"] * 20)
    genops("monitor", "run", "live", "--once", code=1)
    (live / "evals" / "live.yaml").write_text(deaf)
    return live


def listed(genops, *more):
    return json.loads(genops("monitor", "deliveries", *more, "--json").out)


def test_messages_to_a_channel_that_is_gone_are_told_everywhere_and_can_be_dropped(waiting, genops):
    why = "1 message to old: live has no such channel any more; `genops monitor deliveries --monitor live"
    for command in (["run", "live", "--once"], ["status", "live"], ["deliveries"]):
        assert why in genops("monitor", *command, code=1 if command[0] == "run" else 0).err
    assert {one["channel"]: one["next"] for one in listed(genops)}["old"] == "never"
    assert list(json.loads(genops("monitor", "status", "live", "--json").out)["unreachable"]) == ["old"]
    refused = genops("monitor", "deliveries", "--channel", "old", "--drop", code=2)
    assert "add --yes" in refused.err
    assert len(listed(genops)) == 2
    (dropped,) = listed(genops, "--monitor", "live", "--channel", "old", "--drop", "--yes")
    assert (dropped["channel"], dropped["message"]["state"]) == ("old", "alert")  # so that it can be told otherwise
    (left,) = listed(genops)
    assert left["channel"] == "deaf"
    assert "no such channel" not in genops("monitor", "status", "live").err


def test_a_message_is_chosen_by_its_id(waiting, genops):
    first, second = listed(genops)
    assert [one["id"] for one in listed(genops, first["id"])] == [first["id"]]
    done = genops("monitor", "deliveries", first["id"], "--drop", "--yes")
    assert "1 message deleted; nobody will be told" in done.err
    assert [one["id"] for one in listed(genops)] == [second["id"]]
    assert "no message waits" in genops("monitor", "deliveries", "--channel", "nobody", "--drop", "--yes").err


def test_messages_of_a_monitor_that_is_gone_are_told_too(waiting, genops):
    (waiting / "evals" / "live.yaml").unlink()
    assert "no monitor live is in evals/" in genops("monitor", "deliveries").err
    (waiting / "evals" / "live.yaml").write_text("kind: monitor\nchian: say\n")
    assert "evals/" not in genops("monitor", "deliveries").err


def test_a_watch_that_is_broken_is_told_and_the_rest_is_shown(live, genops):
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, "hello")
    genops("monitor", "run", "live", "--once", code=3)
    (live / "evals" / "questions.yaml").write_text(
        "kind: drift\nreference: ../gone.jsonl\ncurrent: traces:chain=say\nembedder: hashing\n"
    )
    (live / "evals" / "live.yaml").write_text(f"{LIVE}drift: [questions, answers]\n")
    shown = genops("monitor", "status", "live").out
    assert re.search(r"^score.contains +1.000 ", shown, re.MULTILINE)
    lines = {line.split()[0]: line for line in shown.splitlines() if line.startswith("drift.")}
    assert "gone.jsonl" in lines["drift.questions"]
    assert "answers" in lines["drift.answers"]
    assert list(json.loads(genops("monitor", "status", "live", "--json").out)["broken"]) == ["questions", "answers"]
    printed = genops("monitor", "metrics", "live")
    assert "gone.jsonl" in printed.err
    assert 'figure="score.contains"' in printed.out
    assert "gone.jsonl" in genops("monitor", "run", "live", "--once", code=2).err


def test_a_watch_that_begins_anew_is_told_once(live, genops):
    rows = [
        json.dumps({"inputs": {"text": f"{word} number {place}"}}) for place in range(60) for word in ("one", "two")
    ]
    (live / "reference.jsonl").write_text("\n".join(rows))
    (live / "evals" / "questions.yaml").write_text(
        "kind: drift\nreference: ../reference.jsonl\ncurrent: traces:chain=say\nof: inputs.text\nembedder: hashing\n"
    )
    (live / "evals" / "live.yaml").write_text(f"{LIVE}drift: [questions]\n")
    assert "anew" not in genops("monitor", "run", "live", "--once", code=3).out
    (live / "reference.jsonl").write_text("\n".join(rows[:-1]))
    told = "the watch questions began anew, as the rows of ../reference.jsonl have changed"
    assert told in genops("monitor", "run", "live", "--once", code=3).out
    assert "anew" not in genops("monitor", "run", "live", "--once", code=3).out
    (live / "reference.jsonl").write_text("\n".join(rows))
    assert told in genops("monitor", "status", "live").err


def test_what_judges_were_asked_and_cost_is_shown_apart(live, genops):
    talker = (live / "talker.yaml").read_text()
    answer = '{\\"quotes\\": [], \\"reasoning\\": \\"fine\\", \\"score\\": 4}'
    rule = f'  - when: {{user: "Is it polite"}}\n    text: "{answer}"\n'
    (live / "talker.yaml").write_text(talker.replace("rules:\n", f"rules:\n{rule}"))
    (live / "evals" / "live.yaml").write_text(
        f"{LIVE}judge: talker\n".replace("scorers:", "scorers:\n  - rubric: Is it polite?")
    )
    genops("monitor", "run", "live", "--once", code=3)
    asked(genops, "hello", "hello you")
    genops("monitor", "run", "live", "--once", code=3)
    shown = genops("monitor", "status", "live").out
    assert "judges: 2 questions, " in shown
    assert "about 2 scored runs" in shown
    found = json.loads(genops("monitor", "status", "live", "--json").out)
    assert (found["judges"]["runs"], found["judges"]["calls"]) == (2, 2)
    assert found["judges"]["input_tokens"] > 0
    assert found["figures"]["cost.judges"]["unit"] == "USD"


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
        (["deliveries", "--drop"], "say which messages"),
        (["deliveries", "--drop", "--all", "--channel", "file"], "messages that wait"),
        (["deliveries", "abc"], "no such message waits"),
    ],
)
def test_wrong_usage_is_one_clear_error(live, genops, arguments, message):
    done = genops("monitor", *arguments, code=2)
    assert message in done.err
    assert "Traceback" not in done.err


def test_the_schema_of_a_monitor_is_printed(genops):
    assert json.loads(genops("schema", "monitor").out)["title"] == "genops monitor"

"""Rules are read as people write them; what is wrong with one is told with its line."""

import textwrap

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.chains import Parsing
from genops.errors import DefinitionError
from genops.evals.score import Range
from genops.monitoring.alerts import Given, parse_rule, parse_rules, rule_schema
from genops.syntax import YamlFile, read_yaml

CHANNELS = ("ops", "chat")
SCORES = {"faithfulness": Range(), "length": Range(0.0, float("inf"))}
GIVEN = Given(SCORES, ["questions"], CHANNELS, release=True)


def read(text):
    file = read_yaml("rules:\n" + textwrap.indent(textwrap.dedent(text).strip("\n"), "  "), "live.yaml")
    return parse_rules(file.data["rules"], Parsing(file, ("rules",)), GIVEN)


def one(text):
    (rule,) = read(text)
    return rule


@pytest.mark.parametrize(
    ("text", "figure", "sign", "bound"),
    [
        ("error_rate > 0.05", "error_rate", ">", 0.05),
        ("error_rate > 5%", "error_rate", ">", 0.05),
        ("error_rate>=5 %", "error_rate", ">=", 0.05),
        ("latency.p95 > 2 s", "latency.p95", ">", 2.0),
        ("latency.p95 > 800ms", "latency.p95", ">", 0.8),
        ("latency.p99 > 1.5min", "latency.p99", ">", 90.0),
        ("cost.mean > $0.01", "cost.mean", ">", 0.01),
        ("cost.total > 20 USD", "cost.total", ">", 20.0),
        ("tokens.mean > 2e3", "tokens.mean", ">", 2000.0),
        ("traces < 10", "traces", "<", 10.0),
        ("score.faithfulness < 0.8", "score.faithfulness", "<", 0.8),
        ("feedback.thumbs <= .5", "feedback.thumbs", "<=", 0.5),
        ("drift.questions > 1", "drift.questions", ">", 1.0),
        ("regression.faithfulness > 0.05", "regression.faithfulness", ">", 0.05),
        ("cost.judges > $5", "cost.judges", ">", 5.0),
    ],
)
def test_a_text_is_a_rule(text, figure, sign, bound):
    rule = one(f"- {text}")
    assert (rule.figure, rule.sign) == (figure, sign)
    assert rule.bound == pytest.approx(bound)
    assert (rule.looks, rule.over, rule.repeat, rule.to) == (1, None, None, ())


def test_a_rule_may_have_a_window_of_its_own():
    assert one("- latency.p95 > 2 s over 1h").over == 3600.0
    mapped = one("- {rule: latency.p95 > 2 s, over: 7d}")
    assert mapped.over == 7 * 86_400.0
    assert mapped.text == "latency.p95 > 2 s over 7d"  # so that it is another rule than that of another window
    assert len(read("- error_rate > 5%\n- error_rate > 5% over 1h")) == 2


def test_a_mapping_says_more():
    rule = one(
        "- {rule: score.faithfulness < 0.8, warn: 0.85, clear: 82e-2, for: 2, least: 30, repeat: 4h, to: [ops, chat]}"
    )
    assert (rule.warn, rule.clear, rule.looks, rule.least) == (0.85, 0.82, 2, 30)
    assert (rule.repeat, rule.to) == (14_400.0, ("ops", "chat"))
    assert one("- {rule: latency.p50 > 2 s, warn: 1500 ms, to: chat}").warn == 1.5


def test_counts_are_judged_however_small_and_estimates_are_not():
    rules = read("- traces < 10\n- cost.judges > $5\n- drift.questions > 1\n- error_rate > 5%")
    assert [rule.least for rule in rules] == [0, 0, 1, 10]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- error_rate", "live.yaml:2: 'error_rate' is not a rule"),
        ("- error_rate > much", "'much' is no number"),
        ("- error_rate > 5 s", "'s' is no unit of this figure"),
        ("- error_rate > 5", "can never hold: error_rate goes from 0 to 1\n  write 5%"),
        ("- latency.p95 > 2 hours", "'hours' is no unit"),
        ("- latency.p95 > 2 s over soon", "'soon' is no duration"),
        ("- latency.p95 > 2 s over 0h", "longer than nothing"),
        ("- latency.p42 > 2 s", "no figure is called 'latency.p42'"),
        ("- latency.p95 < 0 s", "can never hold"),
        ("- eror_rate > 5%", "did you mean error_rate?"),
        ("- score.faithfullness < 1", "no scorer is called 'faithfullness'"),
        ("- score.faithfulness < 0", "can never hold: score.faithfulness goes from 0 to 1"),
        ("- drift.answers > 1", "no drift check of the monitor is called 'answers'"),
        ("- regression.faithfullness > 0", "no scorer is called 'faithfullness'"),
        ("- regression.faithfulness > 1", "can never hold: regression.faithfulness goes from -1 to 1"),
        ("- {rule: regression.faithfulness > 0.05, warn: 0.1}", "`warn` is on the bad side of the bound"),
        ("- error_rate > 1e999", "no finite number"),
        ("- 5", "a rule is a text, or a mapping with `rule:`"),
        ("- {warn: 1}", "a rule is a text, or a mapping with `rule:`"),
        ("- {rule: error_rate > 5%, wran: 1}", "unknown key 'wran' in a rule\n  did you mean warn?"),
        ("- {rule: error_rate > 5%, warn: 6%}", "`warn` is on the bad side of the bound"),
        ("- {rule: score.faithfulness < 0.8, clear: 0.7}", "clear > 0.8"),
        ("- {rule: error_rate > 5%, for: 0}", "`for`"),
        ("- {rule: error_rate > 5%, least: -1}", "`least`"),
        ("- {rule: error_rate > 5%, repeat: never}", "no duration"),
        ("- {rule: error_rate > 5%, to: [pager]}", "no channel is called 'pager'"),
        ("- {rule: error_rate > 5% over 1h, over: 2h}", "says already over what it is"),
        ("- error_rate > 5%\n- error_rate  >  5%", "live.yaml:3: the rule 'error_rate > 5%' is there twice"),
        ("- {rule: error_rate > 5%,\n   least: 3,\n   repeat: x}", "live.yaml:4: "),
    ],
)
def test_what_is_no_rule_is_told_with_its_line(text, said):
    with pytest.raises(DefinitionError) as caught:
        read(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("live.yaml:")


@given(st.one_of(st.text(), st.text("error_rate.p95scor<>= %s$0.over1h", max_size=30)))
def test_any_text_is_a_rule_or_one_clear_error(text):
    try:
        rule = parse_rule(text, Parsing(YamlFile(text, "live.yaml")))
    except DefinitionError:
        return
    assert parse_rule(rule.text, Parsing(YamlFile(text, "live.yaml"))) == rule  # as it is read from the store


def test_rules_are_a_list():
    file = read_yaml("rules: error_rate > 5%\n", "live.yaml")
    with pytest.raises(DefinitionError, match=r"live\.yaml:1: `rules`"):
        parse_rules(file.data["rules"], Parsing(file, ("rules",)), GIVEN)


def test_the_schema_takes_what_is_read():
    schema = {"type": "array", "items": rule_schema()}
    entries = ["error_rate > 5%", {"rule": "error_rate > 5%", "warn": "4 %", "for": 2, "over": "7d", "to": ["ops"]}]
    jsonschema.validate(entries, schema)
    for wrong in ({"rule": "error_rate > 5%", "wran": 1}, {"warn": 1}, "error_rate"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([wrong], schema)

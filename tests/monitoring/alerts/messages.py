"""Messages to be sent."""

from genops.chains import Parsing
from genops.evals.summary import Measure
from genops.monitoring.alerts import Example, Message, look
from genops.monitoring.alerts.rule import parse_rule
from genops.syntax import YamlFile

NOW = 1_800_000_000_123_456_789
BAD = Measure(0.2, "share", 240, 0.14, 0.27)
GOOD = Measure(0.01, "share", 240, 0.002, 0.03)
RISKY = "ask @channel at https://evil.example/x or evil.example <!here> [click](http://x) *now*\n\x1b[31mred\ud800"


def rule_of(raw="error_rate > 5%", **settings):
    """A rule."""
    data = {"rule": raw, **settings}
    return parse_rule(data, Parsing(YamlFile(data, "monitor.yaml")), settings.get("to", ()))


def message_of(measure=BAD, known=None, now=NOW, channel="ops", text=RISKY, **settings):
    """The message that a look at a figure wants."""
    rule = rule_of(**settings)
    record, notice = look(known, rule, measure, now, "live")
    assert notice is not None
    examples = [Example("ab" * 16, text)]
    return Message.of(
        notice, record, rule, measure, chain="answer_docs", over=86_400, examples=examples, channel=channel
    )

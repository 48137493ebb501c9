"""One message for all channels: its JSON is documented, its words are for people, and what users wrote is data."""

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.evals.summary import Measure
from genops.monitoring.alerts import Message, look, message_schema
from genops.monitoring.alerts.harmless import harmless, one_line, unpinged
from genops.monitoring.alerts.wording import duration, figure_text, headline, plain_text, quantity
from tests.monitoring.alerts.messages import BAD, GOOD, NOW, message_of, rule_of


class TestJson:
    def test_it_fits_its_schema(self):
        body = message_of().body()
        jsonschema.validate(json.loads(json.dumps(body, allow_nan=False)), message_schema())
        assert set(body) == set(message_schema()["properties"])

    def test_it_says_what_a_receiver_needs(self):
        body = message_of().body()
        assert body["monitor"] == "live"
        assert (body["state"], body["before"], body["reminder"]) == ("alert", None, False)
        assert body["since"] == body["at"] == "2027-01-15T08:00:00.123Z"
        assert body["figure"] == {
            "name": "error_rate",
            "value": 0.2,
            "unit": "share",
            "n": 240,
            "low": 0.14,
            "high": 0.27,
            "level": 0.95,
            "sign": ">",
            "bound": 0.05,
            "over": 86_400,
            "missing": "",
        }
        assert body["examples"][0]["command"] == f"genops trace show {'ab' * 16}"
        assert body["links"] == {
            "status": "genops monitor status live",
            "silence": "genops monitor silence 'error_rate > 5%' --monitor live --for 2h",
        }

    def test_it_is_read_back_as_it_was_written(self):
        for message in (message_of(), replace(message_of(), recipients=("a@b",)), message_of(repeat="4h")):
            assert Message.from_body(json.loads(json.dumps(message.body()))) == message

    def test_what_json_has_no_form_for_is_left_out(self):
        measure = Measure(0.2, "share", 240, 0.14, float("inf"))
        body = message_of(measure).body()
        assert body["figure"]["high"] is None
        json.dumps(body, allow_nan=False)

    def test_a_test_of_a_channel_is_a_message_too(self):
        message = Message.sample("live", "answer_docs", "ab" * 16, NOW)
        jsonschema.validate(message.body(), message_schema())
        assert headline(message) == "[ok] live: a test of this channel"
        assert Message.from_body(message.body()) == message


class TestIdentity:
    def test_a_look_that_is_made_again_gives_the_same_message(self):
        assert message_of().id == message_of().id

    def test_another_channel_rule_or_change_gives_another(self):
        known, _ = look(None, rule_of(), BAD, NOW, "live")
        over = message_of(GOOD, known, NOW + 1)
        others = [message_of(channel="chat"), message_of(raw="error_rate > 6%"), over, message_of(now=NOW + 1)]
        again, _ = look(known, rule_of(), GOOD, NOW + 1, "live")
        others.append(message_of(BAD, again, NOW + 2))
        assert len({message_of().id, *(one.id for one in others)}) == 6


class TestWords:
    def test_a_message_in_plain_text(self):
        message = message_of(text="asked for a refund")
        assert headline(message) == "[alert] live: error_rate > 5%"
        assert plain_text(message) == (
            "error_rate is 20 % (95 % interval 14 % to 27 %, 240 observations) over the last day; it is bad at > 5 %."
            " The whole interval is beyond the bound.\n"
            "alert since 2027-01-15T08:00:00.123Z.\n"
            "\n"
            "For example:\n"
            f"- asked for a refund (genops trace show {'ab' * 16})\n"
            "\n"
            "status: genops monitor status live\n"
            "silence: genops monitor silence 'error_rate > 5%' --monitor live --for 2h\n"
        )

    def test_the_end_says_what_was_told_before(self):
        known, _ = look(None, rule_of(), BAD, NOW, "live")
        message = message_of(GOOD, known, NOW + 10**9)
        assert headline(message) == "[ok] live: error_rate > 5%"
        assert "ok since 2027-01-15T08:00:01.123Z; before, it was told as alert." in plain_text(message)

    def test_what_is_over_by_now_says_so(self):
        assert plain_text(message_of(), late=True).startswith("Late: this was written at 2027-01-15T08:00:00.123Z, and")

    def test_a_reminder_is_called_one(self):
        known, _ = look(None, rule_of(repeat="1h"), BAD, NOW, "live")
        message = message_of(BAD, known, NOW + 3_600 * 10**9, repeat="1h")
        assert headline(message) == "[alert, reminder] live: error_rate > 5%"

    def test_a_figure_that_is_not_known(self):
        known, _ = look(None, rule_of(), GOOD, NOW, "live")
        message = message_of(Measure.none("share", "no runs"), known, NOW + 1)
        assert figure_text(message.figure) == "error_rate is not known over the last day (no runs); it is bad at > 5 %."

    def test_a_lower_bound(self):
        least = Measure(2.0, "USD", 8, low=2.0, missing="a lower bound: 2 of 10 runs without a price")
        message = message_of(least, raw="cost.total > $1")
        assert plain_text(message).startswith(
            "cost.total is at least $2.00 (8 observations, a lower bound: 2 of 10 runs without a price) over the last"
            " day; it is bad at > $1.00. It is beyond the bound.\n"
        )

    @pytest.mark.parametrize(
        ("value", "unit", "said"),
        [
            (0.0512, "share", "5.12 %"),
            (1.5, "s", "1.50 s"),
            (0.0123, "USD", "$0.0123"),
            (1200.4, "tokens", "1,200 tokens"),
            (1.0, "traces", "1 trace"),
            (0.81234, "score", "0.812"),
        ],
    )
    def test_numbers_with_their_units(self, value, unit, said):
        assert quantity(value, unit) == said

    def test_windows(self):
        assert [duration(one) for one in (86_400, 172_800, 3_600, 5_400, 90, 0.5)] == [
            "day", "2 days", "hour", "90 minutes", "90 seconds", "0.5 seconds",
        ]  # fmt: skip


class TestTextsOfOthers:
    def test_nothing_in_a_text_acts(self):
        text = plain_text(message_of())
        assert "ask @" in text
        for acting in ("@channel", "https://", "http://", "evil.example", "<!here", "](", "\x1b", "\ud800"):
            assert acting not in text

    @given(st.text())
    def test_whatever_it_is(self, text):
        shown = harmless(one_line(text))
        shown.encode()
        assert shown.splitlines() in ([shown], [])
        assert (
            shown.isprintable()
            or any(c in shown for c in "\u200b\u200c\u200d\u00a0\u1680\u3000\ue000")
            or not shown.isascii()
        )
        assert not any(
            shown[place + 1 : place + 2] not in ("", "\u200b") for place, char in enumerate(shown) if char == "@"
        )
        for acting in ("://", "<!", "]("):
            assert acting not in shown

    def test_long_texts_are_cut(self):
        assert one_line("word " * 1_000, 20) == "word word word word…"
        assert len(one_line("x" * 10_000_000)) == 300

    def test_what_is_not_ascii_stays(self):
        assert one_line("naïve 日本語 👩\u200d💻 نمی\u200cخواهم") == "naïve 日本語 👩\u200d💻 نمی\u200cخواهم"

    def test_names_of_figures_and_commands_can_be_copied(self):
        assert unpinged("genops monitor silence 'latency.p95 > 2 s'") == "genops monitor silence 'latency.p95 > 2 s'"

"""Slack's JSON: escaped, and nothing in it pings or links."""

import json

from tests.monitoring.alerts.channels.made import at
from tests.monitoring.alerts.messages import message_of


async def test_it_is_one_text_that_slack_and_its_like_show(receiver, monkeypatch):
    await at("slack", f"{receiver.url}/services/T/B/X", monkeypatch).send(message_of(text="it's 3 < 4 & *bold*"))
    body = json.loads(receiver.received[0].body)
    assert body["text"].splitlines() == [
        "*[alert] live: error_rate &gt; 5%*",
        "error_rate is 20 % (95 % interval 14 % to 27 %, 240 observations) over the last day; it is bad at &gt; 5 %."
        " The whole interval is beyond the bound.",
        "alert since 2027-01-15T08:00:00.123Z.",
        "For example:",
        f"• it's 3 &lt; 4 &amp; \u200b*\u200bbold\u200b*\u200b (genops trace show {'ab' * 16})",
        "`status: genops monitor status live`",
        "`silence: genops monitor silence 'error_rate &gt; 5%' --monitor live --for 2h`",
    ]
    assert (body["link_names"], body["unfurl_links"], body["unfurl_media"]) == (False, False, False)


async def test_nothing_pings_or_links(receiver, monkeypatch):
    await at("slack", receiver.url, monkeypatch).send(message_of(), late=True)
    text = json.loads(receiver.received[0].body)["text"]
    assert "Late: " in text
    for acting in ("@channel", "<", ">", "://", "evil.example", "]("):
        assert acting not in text
    assert text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&") == 0

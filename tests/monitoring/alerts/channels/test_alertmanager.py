"""Alertmanager's alerts: known by labels, begun and ended."""

import json
from datetime import datetime, timedelta

import pytest

from genops.evals.summary import Measure
from genops.monitoring.alerts import look
from genops.monitoring.alerts.channels.alertmanager import alertmanager_json
from tests.monitoring.alerts.channels.made import channel_of
from tests.monitoring.alerts.messages import BAD, GOOD, NOW, message_of, rule_of

WARNING = Measure(0.06, "share", 240, 0.03, 0.09)


def ends(alert):
    return datetime.fromisoformat(alert["endsAt"]) - datetime.fromisoformat(alert["startsAt"])


@pytest.mark.parametrize("path", ["", "/", "/under/a/path", "/api/v2/alerts"])
async def test_it_goes_to_version_2_of_the_api(receiver, path):
    await channel_of({"alertmanager": receiver.url + path}).send(message_of())
    (got,) = receiver.received
    assert got.path == ("/under/a/path" if "under" in path else "") + "/api/v2/alerts"
    (alert,) = json.loads(got.body)
    assert alert["labels"] == {
        "alertname": "genops error_rate",
        "monitor": "live",
        "rule": "error_rate > 5%",
        "severity": "critical",
        "chain": "answer_docs",
    }
    assert alert["annotations"]["summary"] == "[alert] live: error_rate > 5%"
    assert "error_rate is 20 %" in alert["annotations"]["description"]
    assert alert["startsAt"] == "2027-01-15T08:00:00.123Z"


def test_an_alert_does_not_end_before_the_next_reminder():
    (alert,) = alertmanager_json(message_of(repeat="4h"))
    assert ends(alert) == timedelta(hours=12)
    (alert,) = alertmanager_json(message_of())
    assert ends(alert) == timedelta(days=365)


def test_the_end_ends_what_was_begun():
    (begun,) = alertmanager_json(message_of())
    known, _ = look(None, rule_of(), BAD, NOW, "live")
    (ended,) = alertmanager_json(message_of(GOOD, known, NOW + 10**9))
    assert ended["labels"] == begun["labels"]
    assert ended["endsAt"] == ended["startsAt"] == "2027-01-15T08:00:01.123Z"


def test_a_state_that_takes_anothers_place_ends_it():
    known, _ = look(None, rule_of(), WARNING, NOW, "live")
    ended, begun = alertmanager_json(message_of(BAD, known, NOW + 10**9))
    assert [one["labels"]["severity"] for one in (ended, begun)] == ["warning", "critical"]
    assert ends(ended) == timedelta()
    assert ends(begun) == timedelta(days=365)


def test_what_is_over_by_now_does_not_begin():
    (alert,) = alertmanager_json(message_of(), late=True)
    assert ends(alert) == timedelta()


def test_no_data_is_told_too():
    known, _ = look(None, rule_of(), GOOD, NOW, "live")
    (alert,) = alertmanager_json(message_of(Measure.none("share", "no runs"), known, NOW + 1))
    assert alert["labels"]["severity"] == "info"

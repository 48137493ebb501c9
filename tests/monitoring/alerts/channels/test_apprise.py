"""Whatever apprise knows: here its plain JSON, at a server that accepts, refuses and stalls."""

import json
import sys

import pytest

from genops.errors import DefinitionError, UsageError
from genops.monitoring.alerts import NotAccepted
from tests.monitoring.alerts.channels.made import at, channel_of
from tests.monitoring.alerts.messages import message_of
from tests.servers.http_receiver import Behaviour


@pytest.fixture
def address(receiver):
    return receiver.url.replace("http://", "json://") + "/hunter2"


async def test_it_is_handed_on_as_plain_text(receiver, address):
    await channel_of({"apprise": address}).send(message_of())
    body = json.loads(receiver.received[0].body)
    assert body["title"] == "[alert] live: error_rate > 5%"
    assert body["type"] == "failure"
    assert "error_rate is 20 %" in body["message"]
    assert "@channel" not in body["message"]
    assert "evil.example" not in body["message"]


async def test_what_it_cannot_deliver_is_not_accepted(receiver, address, monkeypatch):
    receiver.plan = [Behaviour(status=500)]
    with pytest.raises(NotAccepted, match=r"apprise could not deliver it: .*500") as caught:
        await at("apprise", address, monkeypatch).send(message_of())
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_stalls_is_given_up_in_time(receiver, address):
    receiver.plan = [Behaviour("stall")]
    with pytest.raises(NotAccepted, match="apprise did not end within"):
        await channel_of({"apprise": address, "timeout": 0.5}).send(message_of())


async def test_an_address_that_it_does_not_know(monkeypatch):
    with pytest.raises(NotAccepted, match="no address that apprise knows"):
        await at("apprise", "hunter2", monkeypatch).send(message_of())


async def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(UsageError, match="pip install 'genops"):
        await at("apprise", "json://localhost", monkeypatch).send(message_of())
    with pytest.raises(DefinitionError, match="pip install 'genops"):
        channel_of({"apprise": "json://localhost"})

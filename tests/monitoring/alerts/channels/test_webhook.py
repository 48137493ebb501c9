"""A webhook gets the message as JSON, signed; whatever is no whole answer of 2xx is a failure."""

import json
import socket

import jsonschema
import pytest
import trustme

from genops.errors import UsageError
from genops.monitoring.alerts import NotAccepted, message_schema, verify_signature
from tests.monitoring.alerts.channels.made import at, channel_of, server_tls
from tests.monitoring.alerts.messages import RISKY, message_of
from tests.servers.http_receiver import Behaviour, HttpReceiver


async def failure_of(channel):
    with pytest.raises(NotAccepted) as caught:
        await channel.send(message_of())
    return caught.value


async def test_it_arrives_signed_as_a_receiver_verifies_it(receiver, monkeypatch):
    monkeypatch.setenv("SECRET", "correct horse")
    monkeypatch.setenv("TOKEN", "Bearer battery staple")
    entry = {"webhook": f"{receiver.url}/alerts", "secret_env": "SECRET", "headers_env": {"Authorization": "TOKEN"}}
    message = message_of()
    await channel_of(entry).send(message)
    (got,) = receiver.received
    assert got.path == "/alerts"
    assert verify_signature("correct horse", got.headers["X-Genops-Signature"], got.body)
    assert not verify_signature("wrong horse", got.headers["X-Genops-Signature"], got.body)
    assert got.headers["Idempotency-Key"] == message.id
    assert got.headers["Authorization"] == "Bearer battery staple"
    assert got.headers["Content-Type"] == "application/json"
    body = json.loads(got.body)
    jsonschema.validate(body, message_schema())
    assert body == message.body()


async def test_every_attempt_has_the_same_body_and_key(receiver):
    channel = channel_of({"webhook": receiver.url})
    await channel.send(message_of())
    await channel.send(message_of(), late=True)
    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert "X-Genops-Signature" not in first.headers


async def test_what_users_wrote_is_data(receiver):
    await channel_of({"webhook": receiver.url}).send(message_of(text=RISKY))
    assert json.loads(receiver.received[0].body)["examples"][0]["text"].startswith("ask @channel at https://evil")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_2xx_accepts(receiver, status):
    receiver.plan = [Behaviour(status=status)]
    await channel_of({"webhook": receiver.url}).send(message_of())


@pytest.mark.parametrize(
    ("behaviour", "said", "refused", "retry_after"),
    [
        (Behaviour(status=500, text="out\nof order"), "the receiver answered 500: out of order", False, None),
        (Behaviour(status=503, headers={"Retry-After": "120"}), "503", False, 120.0),
        (Behaviour(status=429, headers={"Retry-After": "7"}), "429", False, 7.0),
        (Behaviour(status=429, headers={"Retry-After": "soon"}), "429", False, None),
        (Behaviour(status=408), "408", False, None),
        (Behaviour(status=400, text="no such field"), "the receiver answered 400: no such field", True, None),
        (Behaviour(status=404), "404", True, None),
        (Behaviour(status=302, headers={"Location": "/x"}), "redirects are not followed", True, None),
        (Behaviour("drop"), "the connection was lost", False, None),
        (Behaviour("middle"), "the connection was lost", False, None),
        (Behaviour("middle", status=500), "the connection was lost", False, None),
    ],
)
async def test_what_is_no_acceptance(receiver, behaviour, said, refused, retry_after):
    receiver.plan = [behaviour]
    failure = await failure_of(channel_of({"webhook": receiver.url}))
    assert said in failure.message
    assert (failure.refused, failure.retry_after) == (refused, retry_after)
    assert len(receiver.received) == 1


async def test_a_receiver_that_stalls_is_given_up_in_time(receiver):
    receiver.plan = [Behaviour("stall")]
    failure = await failure_of(channel_of({"webhook": receiver.url, "timeout": 0.2}))
    assert failure.message == "no answer within 0.2 s"
    assert not failure.refused


async def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failure = await failure_of(channel_of({"webhook": f"http://127.0.0.1:{port}/"}))
    assert failure.message.startswith("cannot connect: ")


async def test_a_server_with_a_certificate_gets_it(tls):
    async with HttpReceiver(tls) as receiver:
        await channel_of({"webhook": receiver.url}).send(message_of())
    assert len(receiver.received) == 1


async def test_one_that_nobody_vouches_for_gets_nothing(authority, tls):
    for context in (server_tls(trustme.CA(), "localhost"), server_tls(authority, "other.example")):
        async with HttpReceiver(context) as receiver:
            failure = await failure_of(channel_of({"webhook": receiver.url}))
        assert failure.message.startswith("cannot connect: ")
        assert "certificate verify failed" in failure.message
        assert receiver.received == []


async def test_a_secret_address_is_in_no_failure(receiver, monkeypatch):
    channel = at("webhook", f"{receiver.url}/services/hunter2", monkeypatch)
    for behaviour in (Behaviour(status=400), Behaviour("drop"), Behaviour("middle")):
        receiver.plan = [behaviour]
        assert "hunter2" not in str(await failure_of(channel))
    for address in ("http://hunter2.invalid/hunter2", "hunter2", "http://[hunter2", "http://127.0.0.1:99999/hunter2"):
        failure = await failure_of(at("webhook", address, monkeypatch, timeout=5))
        assert "/hunter2" not in str(failure)


async def test_a_header_that_cannot_be_sent_is_told_and_not_repeated(receiver, monkeypatch):
    monkeypatch.setenv("TOKEN", "hunter2\r\nX: y")
    failure = await failure_of(channel_of({"webhook": receiver.url, "headers_env": {"Authorization": "TOKEN"}}))
    assert failure.message == "the request cannot be made: ValueError"


async def test_a_variable_that_is_not_set_is_told():
    channel = channel_of({"webhook_env": "NOT_SET_ANYWHERE"})
    with pytest.raises(UsageError, match="the environment variable NOT_SET_ANYWHERE is not set"):
        await channel.send(message_of())

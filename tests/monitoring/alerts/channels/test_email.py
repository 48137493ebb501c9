"""A mail is accepted when the server accepts it, for every recipient; a password is never sent in the clear."""

import asyncio
import threading
from dataclasses import replace

import pytest

from genops.errors import UsageError
from genops.monitoring.alerts import NotAccepted
from tests.monitoring.alerts.channels.made import channel_of, server_tls
from tests.monitoring.alerts.messages import message_of
from tests.servers.smtp_receiver import SmtpReceiver

TO = ["ann@b.example", "Bob <bob@b.example>"]


def waits_on():
    return any(thread.name == "genops own thread" for thread in threading.enumerate())


def mail_to(port, **settings):
    entry = {"to": TO, "from": "genops <genops@d.example>", "host": "localhost", "port": port, **settings}
    return channel_of({"email": entry, "timeout": 5})


async def failure_of(channel, message=None):
    with pytest.raises(NotAccepted) as caught:
        await channel.send(message or message_of())
    return caught.value


class TestAccepted:
    async def test_it_arrives_as_plain_text(self):
        async with SmtpReceiver() as server:
            await mail_to(server.port).send(message_of())
        (mail,) = server.mails
        assert server.envelopes == [["ann@b.example", "bob@b.example"]]
        assert mail["Subject"] == "[alert] live: error_rate > 5%"
        assert mail["From"] == "genops <genops@d.example>"
        assert mail["To"] == "ann@b.example, Bob <bob@b.example>"
        assert mail["Message-ID"] == f"<{message_of().id}@d.example>"
        assert mail["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail.get_content_type() == "text/plain"
        text = mail.get_content()
        assert "error_rate is 20 % (95 % interval 14 % to 27 %, 240 observations)" in text
        assert "evil.example" not in text

    async def test_no_text_adds_a_header_or_ends_the_mail(self):
        message = replace(message_of(text="\r\n.\r\nQUIT\r\n"), monitor="live\r\nBcc: x@y\u2028z")
        async with SmtpReceiver() as server:
            await mail_to(server.port).send(message)
        (mail,) = server.mails
        assert mail["Bcc"] is None
        assert mail["Subject"] == "[alert] live Bcc: x@\u200by z: error_rate > 5%"
        assert "silence: " in mail.get_content()

    async def test_tls_is_used_where_it_is_offered(self, tls):
        async with SmtpReceiver(tls) as server:
            await mail_to(server.port).send(message_of())
        assert server.encrypted == [True]

    async def test_tls_may_be_left_out(self, tls):
        async with SmtpReceiver(tls) as server:
            await mail_to(server.port, tls=False).send(message_of())
        assert server.encrypted == [False]

    async def test_a_port_of_its_own_speaks_tls_from_the_start(self, tls, monkeypatch):
        async with SmtpReceiver(tls, implicit=True) as server:
            monkeypatch.setattr("genops.monitoring.alerts.channels.email.IMPLICIT_TLS", server.port)
            await mail_to(server.port).send(message_of())
        assert len(server.mails) == 1

    async def test_a_login_goes_by_tls(self, tls, monkeypatch):
        monkeypatch.setenv("MAIL_USER", "genops")
        monkeypatch.setenv("MAIL_PASSWORD", "correct horse")
        async with SmtpReceiver(tls, ("genops", "correct horse")) as server:
            await mail_to(server.port, username_env="MAIL_USER", password_env="MAIL_PASSWORD").send(message_of())
        assert server.encrypted == [True]


class TestLogin:
    @pytest.fixture(autouse=True)
    def _login(self, monkeypatch):
        monkeypatch.setenv("MAIL_USER", "genops")
        monkeypatch.setenv("MAIL_PASSWORD", "hunter2hunter2")

    login = {"username_env": "MAIL_USER", "password_env": "MAIL_PASSWORD"}  # noqa: RUF012

    async def test_a_password_is_not_sent_where_there_is_no_tls(self):
        async with SmtpReceiver(login=("genops", "hunter2hunter2")) as server:
            failure = await failure_of(mail_to(server.port, **self.login))
            assert "offers no TLS (STARTTLS), and a password is not sent without" in failure.message
            await mail_to(server.port, **self.login, tls=False).send(message_of())
        assert len(server.mails) == 1

    async def test_a_password_that_is_wrong_is_told_and_not_repeated(self, tls):
        async with SmtpReceiver(tls, ("genops", "another")) as server:
            failure = await failure_of(mail_to(server.port, **self.login))
        assert "535" in failure.message
        assert failure.refused
        assert "hunter2" not in str(failure)

    async def test_one_that_is_not_set_is_told(self, monkeypatch):
        monkeypatch.delenv("MAIL_PASSWORD")
        with pytest.raises(UsageError, match="MAIL_PASSWORD is not set"):
            await mail_to(1, **self.login).send(message_of())


class TestNotAccepted:
    async def test_a_server_that_nobody_vouches_for_gets_nothing(self, authority):
        async with SmtpReceiver(server_tls(authority, "localhost")) as server:
            failure = await failure_of(mail_to(server.port))
        assert failure.message.startswith("no TLS with the mail server: ")
        assert server.mails == []

    async def test_neither_does_one_of_another_name(self, authority, tls):
        async with SmtpReceiver(server_tls(authority, "other.example")) as server:
            failure = await failure_of(mail_to(server.port))
        assert failure.message.startswith("no TLS with the mail server: ")

    async def test_tls_that_is_wanted_and_not_offered(self):
        async with SmtpReceiver() as server:
            failure = await failure_of(mail_to(server.port, tls=True))
        assert "offers no TLS" in failure.message

    @pytest.mark.parametrize(("answer", "refused"), [("451 later", False), ("554 never", True)])
    async def test_a_mail_that_is_refused(self, answer, refused):
        async with SmtpReceiver() as server:
            server.data_answer = answer
            failure = await failure_of(mail_to(server.port))
        assert failure.message == f"the mail server answered {answer}"
        assert (failure.refused, failure.remaining) == (refused, ())

    async def test_recipients_that_are_refused_are_all_that_remain(self):
        async with SmtpReceiver() as server:
            server.refused = {"bob@b.example": "450 greylisted"}
            failure = await failure_of(mail_to(server.port))
            assert failure.message == "the mail server refused recipients: bob@b.example: 450 greylisted"
            assert failure.remaining == ("Bob <bob@b.example>",)
            assert not failure.refused
            server.refused = {}
            body = {**message_of().body(), "recipients": list(failure.remaining)}
            await mail_to(server.port).send(type(message_of()).from_body(body))
        assert server.envelopes == [["ann@b.example"], ["bob@b.example"]]
        assert server.mails[0]["Message-ID"] == server.mails[1]["Message-ID"]

    async def test_all_recipients_are_refused(self):
        async with SmtpReceiver() as server:
            server.refused = dict.fromkeys(["ann@b.example", "bob@b.example"], "550 unknown")
            failure = await failure_of(mail_to(server.port))
        assert failure.refused
        assert failure.remaining == ()

    async def test_a_server_that_stalls_is_given_up_in_time(self):
        async with SmtpReceiver() as server:
            server.data_answer = "stall"
            channel = channel_of({"email": dict(mail_to(server.port).email.model_dump(by_alias=True)), "timeout": 0.5})
            failure = await failure_of(channel)
        assert failure.message == "the mail server took longer than 0.5 s"

    async def test_so_is_one_that_says_a_letter_a_second(self):
        async def drip(reader, writer):
            for letter in b"220 " + b"x" * 1_000:
                writer.write(bytes([letter]))
                await asyncio.sleep(0.05)

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        entry = {"to": ["a@b.example"], "from": "c@d.example", "host": "127.0.0.1", "port": port}
        failure = await failure_of(channel_of({"email": entry, "timeout": 0.5}))
        server.close()
        assert "took longer than 0.5 s" in failure.message
        async with asyncio.timeout(10):
            while waits_on():  # noqa: ASYNC110 - for a thread
                await asyncio.sleep(0.01)

    async def test_a_server_that_drops_the_connection(self):
        async with SmtpReceiver() as server:
            server.data_answer = "drop"
            failure = await failure_of(mail_to(server.port))
        assert failure.message.startswith("no connection to the mail server: ")

    async def test_nobody_listens(self):
        failure = await failure_of(mail_to(1))
        assert failure.message.startswith("no connection to the mail server: ")
        assert not failure.refused

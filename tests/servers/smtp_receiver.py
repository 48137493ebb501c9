"""An SMTP server on the loopback interface that keeps mails, and refuses, stalls or drops as it is told."""

import asyncio
import email
import email.policy

from aiosmtpd.smtp import SMTP, AuthResult


class SmtpReceiver:
    """Listens on a free port while it is entered.

    Args:
        tls: A TLS context, for a server that offers STARTTLS.
        login: User and password that it takes; None for a server without logins.
        implicit: Whether it speaks TLS from the start.

    Attributes:
        data_answer: What it answers to a mail: ``250 …`` accepts it; ``stall`` and ``drop`` do so.
        refused: Answers to recipients that it does not take.
        mails: Accepted ones, parsed.
        envelopes: Recipients of each.
        encrypted: Whether each came by TLS.
    """

    def __init__(self, tls=None, login=None, implicit=False):
        self.data_answer = "250 OK"
        self.refused = {}
        self.mails, self.envelopes, self.encrypted = [], [], []
        self.port = 0
        self._tls, self._login, self._implicit = tls, login, implicit
        self._over = asyncio.Event()

    async def __aenter__(self):
        options = {
            "enable_SMTPUTF8": True,
            "tls_context": None if self._implicit else self._tls,
            "hostname": "localhost",
        }
        if self._login is not None:
            options |= {"authenticator": self._authenticate, "auth_require_tls": False}
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, loop=loop, **options), "127.0.0.1", 0, ssl=self._tls if self._implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._over.set()
        self._server.close()

    def _authenticate(self, server, session, envelope, mechanism, data):
        given = data.login.decode(), data.password.decode()
        return AuthResult(success=given == self._login, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data_answer == "stall":
            await self._over.wait()
        if self.data_answer == "drop":
            server.transport.abort()
            return "451 gone"
        if self.data_answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.envelopes.append(list(envelope.rcpt_tos))
            self.encrypted.append(self._implicit or session.ssl is not None)
        return self.data_answer

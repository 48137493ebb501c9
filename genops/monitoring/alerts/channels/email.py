"""``email``: a mail by SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from genops.chains.own_thread import in_own_thread
from genops.monitoring.alerts.channels.channel import Channel, EnvironmentVariable, NotAccepted, secret_of
from genops.monitoring.alerts.harmless import one_line
from genops.monitoring.alerts.message import Message
from genops.monitoring.alerts.wording import headline, plain_text

IMPLICIT_TLS = 465
_GOODBYE = 2.0


def _checked(address: str) -> str:
    mailbox = parseaddr(address)[1]
    if not mailbox or mailbox.count("@") != 1 or mailbox.startswith("@") or mailbox.endswith("@"):
        raise PydanticCustomError("mail_address", "it is no mail address")
    if not address.isprintable():
        raise PydanticCustomError("mail_address", "a mail address has no line breaks")
    return address


Address: TypeAlias = Annotated[str, AfterValidator(_checked)]


class Mail(BaseModel):
    """From whom, to whom, and by which server.

    Attributes:
        to: One address or more.
        from_: The sender's.
        host: The server.
        port: 465 speaks TLS from the start; on others a plain connection turns into TLS by STARTTLS.
        username_env: Name of the environment variable that holds the user.
        password_env: Name of the one that holds the password.
        tls: ``true`` wants TLS, ``false`` does without. By default it is used where the server offers it, and wanted
            where there is a password.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    from_: Address = Field(alias="from")
    host: Annotated[str, Field(pattern=r"^[^\s/@]+$")]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    username_env: EnvironmentVariable | None = None
    password_env: EnvironmentVariable | None = None
    tls: Annotated[bool, Field(strict=True)] | None = None

    @model_validator(mode="after")
    def _both(self) -> Mail:
        if (self.username_env is None) is not (self.password_env is None):
            raise PydanticCustomError("mail_login", "`username_env` and `password_env` go together")
        return self


class Email(Channel):
    """Sends a mail of plain text; accepted is what the server accepts for every recipient.

    Where it accepts it for some, the others alone are tried again.
    """

    email: Mail

    async def send(self, message: Message, *, late: bool = False) -> None:
        """Sends it, in a thread of its own."""
        wanted = self.email
        login = None
        if wanted.username_env is not None and wanted.password_env is not None:
            login = secret_of(wanted.username_env), secret_of(wanted.password_env)
        recipients = tuple(one for one in wanted.to if one in message.recipients) or wanted.to
        connections: list[smtplib.SMTP] = []
        try:
            async with asyncio.timeout(self.timeout):
                mail = mail_of(message, wanted.from_, wanted.to, late)
                await in_own_thread(_transmit, wanted, mail, recipients, login, self.timeout, connections)
        except TimeoutError:
            raise NotAccepted(f"the mail server took longer than {self.timeout:g} s") from None
        finally:
            for connection in connections:
                _cut(connection)


def mail_of(message: Message, sender: str, recipients: tuple[str, ...], late: bool = False) -> EmailMessage:
    """The mail of a message; its Message-ID is the same in every attempt."""
    mail = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].rpartition("@")[2]
    mail["Subject"] = headline(message)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(datetime.fromisoformat(message.at))
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_text(message, late))
    return mail


def _transmit(
    wanted: Mail,
    mail: EmailMessage,
    recipients: tuple[str, ...],
    login: tuple[str, str] | None,
    timeout: float,
    connections: list[smtplib.SMTP],
) -> None:
    try:
        smtp = _connected(wanted, timeout, connections)
        _secure(smtp, wanted, login is not None)
        if login is not None:
            smtp.login(*login)
        refused = smtp.send_message(mail, parseaddr(wanted.from_)[1], [parseaddr(one)[1] for one in recipients])
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(error.recipients, recipients, partly=False) from None
    except smtplib.SMTPResponseException as error:
        raise NotAccepted(
            f"the mail server answered {_answer(error.smtp_code, error.smtp_error)}", refused=error.smtp_code >= 500
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise NotAccepted(f"the mail server cannot do it: {one_line(str(error), 200)}") from None
    except ssl.SSLError as error:
        raise NotAccepted(f"no TLS with the mail server: {one_line(error.reason or str(error), 200)}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotAccepted(
            f"no connection to the mail server: {one_line(str(error) or type(error).__name__, 200)}"
        ) from None
    with suppress(Exception):  # it was accepted, whatever the server says to a goodbye
        if smtp.sock is not None:
            smtp.sock.settimeout(_GOODBYE)
        smtp.quit()
    if refused:
        raise _refused(refused, recipients, partly=True)


class _Plain(smtplib.SMTP):
    """A connection that is noted before it is made, so that it can be cut while it waits for a greeting."""

    def __init__(self, wanted: Mail, timeout: float, connections: list[smtplib.SMTP]) -> None:
        connections.append(self)
        super().__init__(wanted.host, wanted.port, timeout=timeout)


class _Encrypted(smtplib.SMTP_SSL):
    """The same, with TLS from the start."""

    def __init__(self, wanted: Mail, timeout: float, connections: list[smtplib.SMTP]) -> None:
        connections.append(self)
        super().__init__(wanted.host, wanted.port, timeout=timeout, context=ssl.create_default_context())


def _connected(wanted: Mail, timeout: float, connections: list[smtplib.SMTP]) -> smtplib.SMTP:
    encrypted = wanted.port == IMPLICIT_TLS and wanted.tls is not False
    smtp = (_Encrypted if encrypted else _Plain)(wanted, timeout, connections)
    smtp.ehlo_or_helo_if_needed()
    return smtp


def _secure(smtp: smtplib.SMTP, wanted: Mail, login: bool) -> None:
    """Turns a plain connection into TLS, where that is offered or wanted."""
    if isinstance(smtp, smtplib.SMTP_SSL) or wanted.tls is False:
        return
    if smtp.has_extn("starttls"):
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()
    elif login or wanted.tls:
        raise NotAccepted(
            "the mail server offers no TLS (STARTTLS), and a password is not sent without"
            if login
            else "the mail server offers no TLS (STARTTLS)",
            hint="use port 465, or `tls: false` where the way to the server is safe",
        )


def _refused(answers: Mapping[str, tuple[int, bytes]], recipients: tuple[str, ...], *, partly: bool) -> NotAccepted:
    told = [f"{one_line(mailbox, 80)}: {_answer(code, said)}" for mailbox, (code, said) in answers.items()]
    remaining = tuple(one for one in recipients if parseaddr(one)[1] in answers)
    return NotAccepted(
        f"the mail server refused recipients: {'; '.join(told)}",
        refused=all(code >= 500 for code, _ in answers.values()),
        remaining=remaining if partly else (),
    )


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line(f"{code} {text}", 200)


def _cut(connection: smtplib.SMTP) -> None:
    """Ends a connection from outside, so that a thread that waits for it ends too."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        connection.close()

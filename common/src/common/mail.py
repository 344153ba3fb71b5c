"""Mail by SMTP (RFC 5321): plain text, to one address; and an honest answer when it fails.

A project's settings subclass ``MailSettings``. Without ``SMTP_URL`` a mail is printed instead, so
that a project runs with nothing set and nobody gets mail by mistake.
"""

import smtplib
import ssl
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

import click
from flask import current_app
from pydantic import Field, field_validator

from common import clock, fields
from common.settings import Settings

LONGEST = fields.LONGEST_ADDRESS
TIMEOUT = 10  # seconds that the server may be silent
PORTS = {"smtp": 25, "smtps": 465}
SEVEN_BITS = policy.SMTP.clone(cte_type="7bit")  # what every server takes
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
address = fields.address


class MailSettings(Settings):
    """The settings of a project that sends mail."""

    smtp_url: str | None = Field(
        None,
        description="smtp://user:password@host:587 or smtps://…; default: mails are printed.",
    )
    mail_from: str = Field("noreply@localhost", description="The sender's address.")

    @field_validator("smtp_url")
    @classmethod
    def _known_server(cls, value: str | None) -> str | None:
        url = urlsplit(value or "smtp://localhost")
        if url.scheme not in PORTS or not url.hostname or url.port == 0:  # .port raises by itself
            raise ValueError("is not smtp://host:port or smtps://host:port")
        if url.path.strip("/") or url.query or url.fragment:
            raise ValueError("has something behind the host: write %2F, %3F, %23 in a password")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_address(cls, value: str) -> str:
        return address(value)


class MailError(Exception):
    """The mail was not taken. ``permanent``: nor will it ever be, so do not try again."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


def send(to: str, subject: str, text: str, *, key: str | None = None) -> None:
    """Send ``text`` to the address ``to``, or raise MailError. Commit before: it may take seconds.

    Whoever sends the same mail again, not knowing whether the first one got through, gives it the
    same ``key`` (letters, digits, ``-``): it becomes the Message-ID, by which readers of mail tell
    a repetition.

    The error is temporary unless the server has refused this recipient or this mail for good; a
    wrong password, say, is mended by an administrator, and then the mail can go.
    """
    message = _compose(to, subject, text, key)
    if not (url := current_app.config["SMTP_URL"]):
        click.echo(f"To: {to}\nSubject: {subject}\n\n{text.rstrip()}\n")
        return
    try:
        _deliver(urlsplit(url), message)
    except smtplib.SMTPRecipientsRefused as error:
        [(code, reason)] = error.recipients.values()
        raise _refusal(code, reason) from error
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except OSError as error:  # SMTPException is one, too
        raise MailError(str(error) or type(error).__name__, permanent=False) from error


def _compose(to: str, subject: str, text: str, key: str | None) -> EmailMessage:
    """Build the message; EmailMessage refuses a line break in a header."""
    sender = current_app.config["MAIL_FROM"]
    domain = sender.rpartition("@")[2]
    message = EmailMessage(SEVEN_BITS)
    try:
        message["To"] = address(to)
        message["Subject"] = subject
        message.set_content(text)
    except ValueError as error:
        raise MailError(str(error), permanent=True) from error
    message["From"] = sender
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{key}@{domain}>" if key else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    return message


def _deliver(url: SplitResult, message: EmailMessage) -> None:
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    tls = ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=tls)
        if url.scheme == "smtps"
        else smtplib.SMTP(host, port, timeout=TIMEOUT)
    ) as server:
        server.ehlo_or_helo_if_needed()
        encrypted = url.scheme == "smtps"
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=tls)
            encrypted = True
        if url.username:
            if not encrypted and host not in LOOPBACK:
                raise smtplib.SMTPException("no password goes over the network without TLS")
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def _refusal(code: int, reason: bytes | str) -> MailError:
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    return MailError(f"{code} {text}", permanent=code // 100 == 5)  # noqa: PLR2004  # RFC 5321

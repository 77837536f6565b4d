"""Notices by mail, over SMTP."""

import smtplib
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

from app.duty.invitation_calendar import method_of
from routing.errors import CarrierUnavailable, NoticeRefused

_PATIENCE = 10.0
_PORTS = {"smtp": 587, "smtps": 465}
_FOR_EVER = 500  # RFC 5321, 4.2.1: from here on an answer will be the same tomorrow


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Sends through the server in *url*: ``smtp://`` with STARTTLS where offered, or ``smtps://``."""

    url: str = field(repr=False)
    sender: str

    def send_mail(
        self,
        to: str,
        subject: str,
        body: str,
        key: str,
        *,
        calendar: str | None = None,
        written_at: datetime | None = None,
    ) -> None:
        """
        Send one mail; raises as `app.duty.notifier.Mailer` says.

        Whatever *to* holds, it is one address: nothing in it becomes a second recipient or a
        header of its own.

        Source: RFC 5322, 3.6; RFC 3834, 5; for calendars RFC 6047, 2.4.
        """
        try:
            recipient = Address(addr_spec=to)
        except (ValueError, IndexError, HeaderParseError) as err:
            raise NoticeRefused("no_mail_address") from err
        # Its line ends are those of mail even inside a part in base64, where no server mends them.
        message = EmailMessage(policy=SMTP)
        try:
            message["From"], message["To"], message["Subject"] = self.sender, recipient, subject
        except ValueError as err:  # whoever sees to the settings can put it right
            raise CarrierUnavailable("a header of the mail cannot be written") from err
        if written_at is not None:
            message["Date"] = written_at
        domain = self.sender.rpartition("@")[2].rstrip(">") or "localhost"
        message["Message-ID"] = f"<{uuid.uuid5(uuid.NAMESPACE_URL, key)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        if calendar is not None:
            _enclose(message, calendar)
        try:
            self._send(message, to)
        except smtplib.SMTPRecipientsRefused as err:
            if all(code < _FOR_EVER for code, _ in err.recipients.values()):
                raise CarrierUnavailable("the mail server asks to try again later") from err
            raise NoticeRefused("recipient_refused") from err
        except (smtplib.SMTPException, OSError) as err:
            raise CarrierUnavailable("the mail server did not take it") from err

    def greet(self, patience: float) -> None:
        """
        Do all that sending begins with, and send nothing.

        Raises:
            CarrierUnavailable: the server would take no mail now, in words that hold no secret.
        """
        try:
            with self._connected(patience):
                pass
        except smtplib.SMTPAuthenticationError:
            raise CarrierUnavailable("it refuses the user name or password") from None
        except smtplib.SMTPException as err:
            raise CarrierUnavailable(f"it refuses ({type(err).__name__})") from None
        except socket.gaierror:
            raise CarrierUnavailable("nobody knows its name") from None
        except OSError as err:
            raise CarrierUnavailable(f"there is no connection ({type(err).__name__})") from None

    def _send(self, message: EmailMessage, to: str) -> None:
        with self._connected(_PATIENCE) as server:
            server.send_message(message, to_addrs=[to])

    @contextmanager
    def _connected(self, patience: float) -> Iterator[smtplib.SMTP]:
        """A server that has let us in."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        server = kind(host, port, timeout=patience)
        try:
            # Before it has heard a greeting, the library knows of no extension.
            server.ehlo_or_helo_if_needed()
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            yield server
        finally:
            # What was taken is taken, however the server says goodbye.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()


def _enclose(message: EmailMessage, calendar: str) -> None:
    """
    Put *calendar* beside the words, where a mail program acts upon it, and as a file.

    The file is for programs and people that take no notice of the part.  It comes last: Outlook
    looks for an invitation in the first part only, and takes what follows for an attachment.

    Source: RFC 6047, 2.4 and 4.2; Microsoft's account of how Outlook follows 2.4.
    """
    method = {"method": method_of(calendar)}
    message.add_alternative(calendar, subtype="calendar", params=method, cte="base64")
    message.add_attachment(
        calendar.encode(), maintype="application", subtype="ics", filename="invite.ics"
    )

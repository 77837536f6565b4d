"""Notices by mail, over SMTP."""

import smtplib
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from routing.errors import CarrierUnavailable, NoticeRefused

_PATIENCE = 10.0
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Sends through the server in *url*: ``smtp://`` with STARTTLS where offered, or ``smtps://``."""

    url: str = field(repr=False)
    sender: str

    def send_mail(self, to: str, subject: str, body: str, key: str) -> None:
        """Send one mail; raises as `app.duty.notifier.Mailer` says."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, subject
        domain = self.sender.rpartition("@")[2].rstrip(">") or "localhost"
        message["Message-ID"] = f"<{uuid.uuid5(uuid.NAMESPACE_URL, key)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        try:
            self._send(message)
        except smtplib.SMTPRecipientsRefused as err:
            raise NoticeRefused("recipient_refused") from err
        except (smtplib.SMTPException, OSError) as err:
            raise CarrierUnavailable("the mail server did not take it") from err

    def _send(self, message: EmailMessage) -> None:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        server = kind(host, port, timeout=_PATIENCE)
        try:
            # Before it has heard a greeting, the library knows of no extension.
            server.ehlo_or_helo_if_needed()
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
        finally:
            # What was taken is taken, however the server says goodbye.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

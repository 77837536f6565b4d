"""A small mail server on the loopback that keeps what it is given, for tests of mail."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass(slots=True)
class MailServer:
    """What came in, and switches for what the server refuses."""

    url: str = ""
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)  # to whom, and what
    refuses: frozenset[str] = frozenset()  # recipients
    turns_away: int = 0  # so many next connections get 421
    puts_off: int = 0  # so many next recipients get 450: greylisting
    hangs_up_after_taking: int = 0  # so many next mails are taken, and nobody says so
    goodbye: str = "221 bye"
    offers_encryption: bool = False  # and then cannot begin it
    verbs: list[str] = field(default_factory=list)  # what clients have said


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, kept: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.kept = kept


class _Conversation(socketserver.StreamRequestHandler):
    """One client's session, as far as Python's own client needs one."""

    server: _Server

    def handle(self) -> None:
        kept = self.server.kept
        if kept.turns_away:
            kept.turns_away -= 1
            self._say("421 busy")
            return
        self._say("220 ready")
        recipients: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            kept.verbs.append(verb.upper())
            if verb.upper() == "RCPT":
                self._take_recipient(rest.partition("<")[2].partition(">")[0], recipients)
            elif verb.upper() == "DATA":
                if not self._take_mail(recipients):
                    return
            else:
                self._say(self._answer_to(verb.upper()))

    def _answer_to(self, verb: str) -> str:
        if verb == "QUIT":
            return self.server.kept.goodbye
        if verb == "STARTTLS":
            return "454 not now"
        is_greeting = verb == "EHLO" and self.server.kept.offers_encryption
        return "250-here\r\n250 STARTTLS" if is_greeting else "250 ok"

    def _take_recipient(self, recipient: str, recipients: list[str]) -> None:
        if recipient in self.server.kept.refuses:
            self._say("550 no such mailbox")
            return
        if self.server.kept.puts_off:
            self.server.kept.puts_off -= 1
            self._say("450 try again later")
            return
        recipients.append(recipient)
        self._say("250 ok")

    def _take_mail(self, recipients: list[str]) -> bool:
        """Take it, and say whether the conversation goes on."""
        kept = self.server.kept
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        mail = message_from_bytes(b"".join(lines), EmailMessage, policy=default)
        kept.mails.extend((recipient, mail) for recipient in recipients)
        if kept.hangs_up_after_taking:
            kept.hangs_up_after_taking -= 1
            return False
        self._say("250 taken")
        return True

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """The server, at ``server.url``, until the block is left."""
    kept = MailServer()
    with _Server(kept) as server:
        kept.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()

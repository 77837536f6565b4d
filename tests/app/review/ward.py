"""A service in health, and its surroundings, in which one thing at a time goes wrong."""

import ipaddress
import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.bootstrap import assemble
from app.demo.stage import Stage
from app.lab.account import Account, Number, Profile
from app.lab.carrier import Carrier
from app.lab.transport import WsgiTransport
from app.review.diagnosis import Diagnosis
from app.review.doctor import diagnose
from app.review.system import examine
from app.settings import Settings
from app.store.pulses import CLOCK, beat
from app.telephony.fallback_document import fallback_document
from app.telephony.outside import diagnose_outside
from app.telephony.outside_account import diagnose_account
from app.telephony.provisioning import wanted_of
from app.telephony.switchboard import BUSINESS_POLICY
from routing.errors import RotaUnavailable
from tests.app.duty.before_duty import manned
from tests.app.review.test_doctor import NOW, settings
from tests.app.texts.talk import WiredCarrier
from tests.app.world import load_organisation, load_world, settings_for
from tests.examples import line, organisation

HEALTHY_ENV: Mapping[str, str] = {
    "FALLBACK_URL": "https://elsewhere.example.se/fallback.xml",
    "SMTP_URL": "smtp://mail.example.se",
    "MAIL_FROM": "jour@example.se",
}
Change = Callable[[sa.Connection], object]


@dataclass
class Surroundings:
    """A carrier where all is set up rightly, and the fallback's copy."""

    carrier: Carrier
    copy: str | None

    @property
    def account(self) -> Account:
        return self.carrier.account

    @property
    def number(self) -> Number:
        (number,) = self.carrier.numbers.values()
        return number

    def found(self) -> list[Diagnosis]:
        """What is found wrong outside."""
        own = settings()

        def read(_: str) -> str:
            if self.copy is None:
                raise RotaUnavailable("the server answers with status 404")
            return self.copy

        # Twilio's own client asks nothing of a stage but its carrier.
        asked = WiredCarrier(cast("Stage", self))
        return [
            *diagnose_outside(organisation(), own, asked, read),
            *diagnose_account(asked, self.carrier.now),
        ]


def surroundings(own: Settings | None = None, start: datetime = NOW) -> Surroundings:
    """All as `provision` leaves it, and an account that everything is in order with."""
    own, (known,) = own or settings(), organisation().lines.values()
    wanted = wanted_of(known, own.public_url, own.fallback_url)
    assert wanted.voice_fallback is not None
    number = Number(
        known.number.e164,
        voice_url=wanted.voice[0],
        status_callback=wanted.status[0],
        sms_url=wanted.text[0],
        voice_fallback_url=wanted.voice_fallback[0],
        voice_fallback_method="GET",
    )
    account = Account("AC" + "a" * 32, "a token for tests", profiles=[Profile(BUSINESS_POLICY)])
    nobody = WsgiTransport(lambda _, __: [])
    carrier = Carrier(account, number, nobody, start=start)
    return Surroundings(carrier, fallback_document(line()))


@dataclass(frozen=True, slots=True)
class Ward:
    """Where patients are made ill: *file* is a database in which all is well."""

    file: Path
    folder: Path

    def with_rows(self, change: Change, toml: str | None = None, **env: str) -> Sequence[Diagnosis]:
        """What is found after *change* to a database of its own, or with another organisation."""
        path = self.folder / "ill.db"
        shutil.copyfile(self.file, path)
        own = settings_for(f"sqlite:///{path}", self.folder, **{**HEALTHY_ENV, **env})
        parts = assemble(own)
        try:
            if toml is not None:
                load_organisation(parts.engine, parts.cipher, self.folder, toml)
            with parts.engine.begin() as connection:
                change(connection)
            system = examine(parts.engine, parts.cipher, self.folder, NOW)
            return diagnose(system, own)
        finally:
            parts.engine.dispose()


def make_well(url: str, folder: Path) -> None:
    """Everything loaded, every evening manned, and the clock running."""
    own = settings_for(url, folder)
    load_world(own, shifts=manned())
    parts = assemble(own)
    with parts.engine.begin() as connection:
        beat(connection, CLOCK, NOW)
    parts.engine.dispose()


# What stands in front of the service.


def authority(folder: Path) -> "Authority":
    """A throw-away authority, trusted by whoever is given its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority for tests")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "authority.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, key, name, str(path))


@dataclass(frozen=True, slots=True)
class Authority:
    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    file: str

    def context(self, *hosts: str, ends: datetime, signed: bool = True) -> ssl.SSLContext:
        """A server's side, with a certificate for *hosts* that ends then."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name if signed else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(ends, datetime(2026, 1, 1, tzinfo=UTC)) - timedelta(days=90))
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key if signed else key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self.folder / "server.pem"
        path.write_bytes(private + made.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    return [
        x509.IPAddress(ipaddress.ip_address(host))
        if host.strip(".0123456789") == ""
        else x509.DNSName(host)
        for host in hosts
    ]


@contextmanager
def answering(
    pages: Mapping[str, tuple[int, bytes]], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """The port of a web server with *pages*, and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = pages.get(self.path, (404, b"nothing here"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:  # noqa: ANN401 - as inherited
            """Say nothing: clients that turn away are what these tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


OURS: Mapping[str, tuple[int, bytes]] = {
    "/healthz": (200, b"ok\n"),
    "/readyz": (200, b'{"status": "ready", "lines": ["eftervard"]}'),
}

"""What the environment says, read once and checked as a whole."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from routing.errors import SettingsError

REQUIRED = ("SECRET_KEY", "DATA_KEYS")
_ADDRESSES = (
    "PUBLIC_URL",
    "TWILIO_API_URL",
    "FALLBACK_URL",
    "OIDC_ISSUER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)
_KEY_BYTES = 32
_SHORTEST_TOKEN = 16  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdConnect:
    """The city's own provider, by which staff may sign in to the console."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str  # what of a person is the login of her account here


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One process's settings; secrets stay out of the repr, and so out of tracebacks."""

    database_url: str = field(repr=False)  # it may hold a password
    public_url: str
    secret_key: str = field(repr=False)
    data_keys: tuple[bytes, ...] = field(repr=False)  # newest first, 32 bytes each
    twilio_account_sid: str
    twilio_auth_tokens: tuple[str, ...] = field(repr=False)  # several while they are rotated
    twilio_api_url: str | None
    smtp_url: str | None = field(repr=False)
    mail_from: str | None
    fallback_url: str | None
    state_dir: Path
    log_format: str | None  # json, console, or None: by whether it is a terminal
    oidc: OpenIdConnect | None = None
    metrics_token: str | None = field(default=None, repr=False)  # who may read /metrics from afar
    traces_url: str | None = None  # where OpenTelemetry traces go; none without it
    figures_database_url: str | None = field(default=None, repr=False)  # a replica to count on
    web_concurrency: str | None = None  # how many workers the Procfile starts, as it stands there
    on_show: bool = False  # the demo, where how to sign in stands on the page

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """
        The settings that *env* holds.

        Raises:
            SettingsError: naming every variable that is missing or malformed; values are secrets
                or may be, so none is quoted.
        """
        faults = [f"{name} is not set" for name in REQUIRED if not env.get(name)]
        keys = _data_keys(env.get("DATA_KEYS", ""), faults)
        for name in _ADDRESSES:
            _check_url(name, env.get(name, ""), ("http", "https"), faults)
        _check_url("SMTP_URL", env.get("SMTP_URL", ""), ("smtp", "smtps"), faults)
        database_url = _database_url(
            "DATABASE_URL", env.get("DATABASE_URL") or "sqlite:///var/beredskap.db", faults
        )
        replica = env.get("FIGURES_DATABASE_URL")
        figures_url = _database_url("FIGURES_DATABASE_URL", replica, faults) if replica else None
        if env.get("SMTP_URL") and not env.get("MAIL_FROM"):
            faults.append("MAIL_FROM is not set, and SMTP_URL needs it")
        oidc = _oidc(env, faults)
        if 0 < len(env.get("METRICS_TOKEN", "")) < _SHORTEST_TOKEN:
            faults.append(f"METRICS_TOKEN is shorter than {_SHORTEST_TOKEN} characters")
        if env.get("LOG_FORMAT", "json") not in {"json", "console"}:
            faults.append("LOG_FORMAT is neither json nor console")
        if faults:
            raise SettingsError("; ".join(faults))
        return cls(
            database_url=database_url,
            public_url=(env.get("PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/"),
            secret_key=env["SECRET_KEY"],
            data_keys=keys,
            twilio_account_sid=env.get("TWILIO_ACCOUNT_SID", ""),
            twilio_auth_tokens=_several(env.get("TWILIO_AUTH_TOKEN", "")),
            twilio_api_url=env.get("TWILIO_API_URL") or None,
            smtp_url=env.get("SMTP_URL") or None,
            mail_from=env.get("MAIL_FROM") or None,
            fallback_url=env.get("FALLBACK_URL") or None,
            state_dir=Path(env.get("STATE_DIR") or "var"),
            log_format=env.get("LOG_FORMAT") or None,
            oidc=oidc,
            metrics_token=env.get("METRICS_TOKEN") or None,
            traces_url=env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
            figures_database_url=figures_url,
            web_concurrency=env.get("WEB_CONCURRENCY") or None,
            on_show=env.get("BEREDSKAP_DEMO") == "1",
        )


def _oidc(env: Mapping[str, str], faults: list[str]) -> OpenIdConnect | None:
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    given = [name for name in names if env.get(name)]
    if not given:
        return None
    faults.extend(
        f"{name} is not set, and {given[0]} needs it" for name in names if name not in given
    )
    return OpenIdConnect(
        issuer=env.get("OIDC_ISSUER", "").rstrip("/"),
        client_id=env.get("OIDC_CLIENT_ID", ""),
        client_secret=env.get("OIDC_CLIENT_SECRET", ""),
        claim=env.get("OIDC_CLAIM") or "email",
    )


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _data_keys(text: str, faults: list[str]) -> tuple[bytes, ...]:
    keys: list[bytes] = []
    for place, part in enumerate(_several(text), start=1):
        try:
            key = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != _KEY_BYTES:
            faults.append(f"DATA_KEYS: key {place} is not 32 bytes in URL-safe base64")
        keys.append(key)
    return tuple(keys)


def _check_url(name: str, text: str, schemes: tuple[str, ...], faults: list[str]) -> None:
    if not text:
        return
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good:
        faults.append(f"{name} is not an address that begins with {' or '.join(schemes)}://")


def _database_url(name: str, text: str, faults: list[str]) -> str:
    """SQLAlchemy's own address, with the driver named; platforms hand out ``postgres://``."""
    scheme, found, rest = text.partition("://")
    match scheme:
        case "postgres" | "postgresql" | "postgresql+psycopg" if found:
            return f"postgresql+psycopg://{rest}"
        case "sqlite" | "sqlite+pysqlite" if found:
            return f"sqlite://{rest}"
    faults.append(f"{name} is neither sqlite:// nor postgresql://")
    return text

"""The last good picture on disk, sealed, for a process that starts while the database is away."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import msgspec
import structlog

from app.store.fields import FieldCipher, UnreadableField
from routing.ids import ClientId, DistrictId, LineId, TherapistId
from routing.intervals import Interval
from routing.numbers import PhoneNumber
from routing.organisation import Validity
from routing.register import RegisterEntry
from routing.role import Role
from routing.rota import Rota, Shift

log = structlog.get_logger()

_PURPOSE = "last good picture"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept: all of a picture but who is in a call, which is over when it is read."""

    document: bytes = field(repr=False)
    register: Sequence[RegisterEntry] = field(repr=False)
    rotas: Sequence[Rota]
    blocked: Mapping[bytes, datetime] = field(default_factory=dict)
    pins: Mapping[TherapistId, bytes] = field(default_factory=dict, repr=False)
    paused: Mapping[TherapistId, datetime] = field(default_factory=dict)


class _Entry(msgspec.Struct, array_like=True):
    phone: str
    client: str
    role: Role
    district: str
    language: str
    first: date | None
    last: date | None
    therapist: str | None
    sms_ok: bool
    protected: bool


class _Shift(msgspec.Struct, array_like=True):
    position: int
    therapist: str
    start: datetime
    end: datetime


class _Rota(msgspec.Struct, array_like=True):
    line: str
    source: str
    read_at: datetime
    shifts: list[_Shift]


class _Kept(msgspec.Struct):
    """By their names, so that an older file's are read, and a newer one's passed over."""

    document: bytes
    register: list[_Entry]
    rotas: list[_Rota]
    blocked: list[tuple[bytes, datetime]] = []
    pins: dict[str, bytes] = {}
    paused: dict[str, datetime] = {}


@dataclass(frozen=True, slots=True)
class LastGood:
    """One file, replaced as a whole; its seal proves it whole and unaltered."""

    directory: Path
    cipher: FieldCipher

    def keep(self, picture: Remembered) -> None:
        """Replace the file; a disk that refuses is logged, since calls do not depend on it."""
        kept = _Kept(
            picture.document,
            [_entry(entry) for entry in picture.register],
            [_rota(rota) for rota in picture.rotas],
            [*picture.blocked.items()],
            {str(who): digest for who, digest in picture.pins.items()},
            {str(who): until for who, until in picture.paused.items()},
        )
        sealed = self.cipher.seal(msgspec.msgpack.encode(kept), _PURPOSE)
        # A name of its own for each process, so that two that renew at once never mix.
        scratch = self._file.with_suffix(f".{os.getpid()}")
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with os.fdopen(os.open(scratch, flags, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self._file)
        except OSError as err:
            log.warning("last_good.not_kept", error=type(err).__name__)
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)

    def recall(self) -> Remembered | None:
        """What was last kept; None when there is nothing, or nothing that can be read."""
        try:
            packed = self.cipher.open_bytes(self._file.read_bytes(), _PURPOSE)
            kept = msgspec.msgpack.decode(packed, type=_Kept)
        except FileNotFoundError:
            return None
        except (OSError, UnreadableField, msgspec.DecodeError) as err:
            log.error("last_good.unreadable", error=type(err).__name__)  # noqa: TRY400 - secret
            return None
        return Remembered(
            kept.document,
            [_register_entry(entry) for entry in kept.register],
            [_as_rota(rota) for rota in kept.rotas],
            dict(kept.blocked),
            {TherapistId(who): digest for who, digest in kept.pins.items()},
            {TherapistId(who): until for who, until in kept.paused.items()},
        )

    @property
    def _file(self) -> Path:
        return self.directory / "last-good"


def _entry(entry: RegisterEntry) -> _Entry:
    return _Entry(
        entry.phone.e164,
        entry.client,
        entry.role,
        entry.district,
        entry.language,
        entry.validity.first,
        entry.validity.last,
        entry.therapist,
        entry.sms_ok,
        entry.protected,
    )


def _register_entry(entry: _Entry) -> RegisterEntry:
    return RegisterEntry(
        phone=PhoneNumber(entry.phone),
        client=ClientId(entry.client),
        role=entry.role,
        district=DistrictId(entry.district),
        language=entry.language,
        validity=Validity(entry.first, entry.last),
        therapist=None if entry.therapist is None else TherapistId(entry.therapist),
        sms_ok=entry.sms_ok,
        protected=entry.protected,
    )


def _rota(rota: Rota) -> _Rota:
    shifts = [_Shift(s.position, s.therapist, s.time.start, s.time.end) for s in rota.shifts]
    return _Rota(rota.line, rota.source, rota.read_at, shifts)


def _as_rota(kept: _Rota) -> Rota:
    shifts = [
        Shift(Interval(s.start, s.end), s.position, TherapistId(s.therapist)) for s in kept.shifts
    ]
    return Rota(LineId(kept.line), shifts, source=kept.source, read_at=kept.read_at)

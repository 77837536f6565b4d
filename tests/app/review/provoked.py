"""The cause of everything that the doctor can say, in a service where all else is well."""

import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from app.bootstrap import assemble, utc_now
from app.cli import doctor as command
from app.lab.account import Service
from app.lab.faults import RestFault
from app.review.canaries import LATE_AFTER, CanaryOf
from app.review.coverage import cover
from app.review.doctor import diagnose
from app.review.system import Database, System, beats, examine
from app.review.system_files import Files, Space
from app.store import feeds, pulses
from app.store.canaries import Canary
from app.store.feeds import FeedState
from app.store.fields import FieldCipher
from app.store.outbox import By, Letter, State, entry
from app.store.rights import Wall
from app.store.spool import LIMIT
from app.store.tables import (
    alterations,
    check_ins,
    contact_events,
    optouts,
    organisations,
    outbox,
    shifts,
)
from app.telephony.outside_front import diagnose_front
from routing.canary import Fault, Outcome
from routing.hours import Hours, Window
from routing.ids import TherapistId
from routing.rota import Rota
from routing.weekdays import DAY_NAMES
from tests.app.duty.before_duty import manned
from tests.app.review.clinic import Clinic, Found, Provoke
from tests.app.review.test_doctor import (
    NOW,
    covered,
    ending,
    known,
    refused,
    settings,
    system,
)
from tests.app.review.ward import (
    OURS,
    Surroundings,
    answering,
    authority,
    surroundings,
)
from tests.app.world import T4, changed, data_key, settings_for
from tests.examples import EFTERVARD, JARVA, STOCKHOLM, line, organisation, span, therapist

DAYS = timedelta(days=1)
A_CANARY = Canary("c", EFTERVARD, NOW, False, 1, 0, NOW, NOW, Outcome.FAILED, None, None, None)


def of_settings(**changed: str) -> Provoke:
    return lambda _: diagnose(system(), settings(**changed))


def of_values(**changed: object) -> Provoke:
    return lambda _: diagnose(system(known(**changed)), settings())


def of_files(files: Files) -> Provoke:
    return lambda _: diagnose(system(files=files), settings())


def of_a_wall(wall: Wall) -> Provoke:
    return lambda _: diagnose(system(database=Database("x", None, "1", "1", wall)), settings())


def of_rows(change: Callable[[sa.Connection], object]) -> Provoke:
    return lambda clinic: clinic.ward.with_rows(change)


def of_a_pulse(name: str, ago: timedelta, count: int = 1) -> Provoke:
    return of_rows(lambda connection: pulses.mark(connection, name, NOW - ago, count))


def of_a_feed(state: FeedState, ago: timedelta = timedelta(hours=2)) -> Provoke:
    def change(connection: sa.Connection) -> None:
        feeds.claim(connection, EFTERVARD, "csv", timedelta(minutes=5), NOW - ago)
        feeds.settle(connection, EFTERVARD, state, None, NOW - ago)

    toml = changed(
        (
            'rota = { source = "database" }',
            'rota = { source = "csv", url = "https://rota.example.invalid/rota.csv" }',
        )
    )
    return lambda clinic: clinic.ward.with_rows(change, toml)


def of_letters(count: int = 1, **changed: object) -> Provoke:
    def change(connection: sa.Connection) -> None:
        for n in range(count):
            letter = Letter(
                f"one/{n}/t4", By.TEXT, EFTERVARD, T4, "Hej", therapist=TherapistId("t4")
            )
            row = entry(FieldCipher([bytes(32)]), letter, NOW - timedelta(hours=1))[1]
            connection.execute(outbox.insert(), {**row, **changed})

    return of_rows(change)


def of_outside(change: Callable[[Surroundings], object]) -> Provoke:
    def provoke(_: Clinic) -> Found:
        around = surroundings()
        change(around)
        return around.found()

    return provoke


def put(of: object, changed: Mapping[str, object]) -> None:
    for name, to in changed.items():
        setattr(of, name, to)


def at_the_number(**changed: object) -> Provoke:
    return of_outside(lambda around: put(around.number, changed))


def at_the_account(**changed: object) -> Provoke:
    return of_outside(lambda around: put(around.account, changed))


def of_front(
    pages: Mapping[str, tuple[int, bytes]] = OURS,
    left: timedelta = 90 * DAYS,
    host: str = "127.0.0.1",
) -> Provoke:
    def provoke(clinic: Clinic) -> Found:
        trusted, now = authority(clinic.folder), utc_now()  # by which OpenSSL judges
        with answering(pages, trusted.context(host, ends=now + left)) as port:
            return list(
                diagnose_front(f"https://127.0.0.1:{port}", ["eftervard"], trusted.file, now, 2)
            )

    return provoke


def of_a_canary(last: Canary | None, since: datetime | None = None) -> Provoke:
    return of_values(canaries=(CanaryOf(EFTERVARD, last, since),))


def guess(connection: sa.Connection) -> None:
    pulses.refused(connection, NOW, 25)
    pulses.beat(connection, pulses.WEBHOOK, NOW)


def sign_in_part(connection: sa.Connection) -> None:
    pulses.refused(connection, NOW, 2)  # a stranger, and the carrier
    pulses.refused(connection, NOW, 1, is_ours=True)
    pulses.beat(connection, pulses.WEBHOOK, NOW)


def opt_out(connection: sa.Connection, who: str) -> None:
    row = {"number_key": who.encode(), "therapist": who, "since": NOW}
    connection.execute(optouts.insert(), row)


def fail_calls(connection: sa.Connection) -> None:
    for n in range(3):
        at = NOW - timedelta(days=n + 1)
        about = {"contact": f"CA{n}", "line": EFTERVARD, "at": at, "target": None, "result": None}
        ended = {"kind": "attempt_ended", "target": "t4", "result": "failed"}
        connection.execute(
            contact_events.insert(),
            [
                {**about, "key": "received", "kind": "received"},
                {**about, "key": "ended/t4", **ended},
            ],
        )


def stay_silent(connection: sa.Connection) -> None:
    for n in (1, 2):
        starts = NOW - timedelta(days=n)
        row = {"id": f"c{n}", "line": EFTERVARD, "therapist": "t4", "position": 1}
        times = {"starts_at": starts, "ends_at": starts + timedelta(hours=5), "asked_at": starts}
        connection.execute(check_ins.insert(), {**row, **times, "called_at": starts})


def without_mandates(clinic: Clinic) -> Found:
    alone = replace(organisation(), mandates=())
    mine = [one for one in manned() if one.therapist == "t4"]  # Järva's, in the first position
    coverage = covered(*mine, of=alone)
    return diagnose(system(known(organisation=alone, coverage=coverage)), settings())


def with_line(**changed: object) -> Provoke:
    (coverage,) = covered(*manned())
    return of_values(coverage=(replace(coverage, line=line(**changed)),))


def without_office(_: Clinic) -> Found:
    of = organisation()
    bare = {**of.districts, JARVA: replace(of.districts[JARVA], office=None)}
    of = replace(of, districts=bare)
    return diagnose(system(known(organisation=of, coverage=covered(*manned(), of=of))), settings())


def without_phone(_: Clinic) -> Found:
    people = {one.id: one for one in (therapist(1, phone=None), therapist(4))}
    return diagnose(system(known(organisation=organisation(therapists=people))), settings())


def without_file(clinic: Clinic) -> Found:
    own = settings_for(f"sqlite:///{clinic.folder}/mistyped/nothing.db", clinic.folder)
    parts = assemble(own)
    found = diagnose(examine(parts.engine, parts.cipher, clinic.folder, NOW), own)
    parts.engine.dispose()
    assert not (clinic.folder / "mistyped").exists()
    return found


def without_tracing(clinic: Clinic) -> Found:
    with_it = diagnose(system(), settings(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318"))
    assert not list(with_it)
    clinic.patch.setitem(sys.modules, "opentelemetry.sdk", None)
    return diagnose(system(), settings(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318"))


def away(_: Clinic) -> Found:
    return diagnose(
        System(NOW, Database("x", "OperationalError"), Files(NOW, 0, 0), None), settings()
    )


def never_finished(clinic: Clinic) -> Found:
    clinic.patch.setattr(command, "_FOR_THE_REST", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        return clinic.looked(SMTP_URL=url, MAIL_FROM="jour@example.se")


def with_stray_key(clinic: Clinic) -> Found:
    stray = FieldCipher([bytes([9]) * 32])
    row = {"author": "c1", "district": "", "what": "x", "about": stray.seal("", "a"), "at": NOW}
    clinic.ward.with_rows(lambda connection: connection.execute(alterations.insert(), row))
    elsewhere = replace(clinic, ward=replace(clinic.ward, file=clinic.folder / "ill.db"))
    return elsewhere.looked()


def nobody_answers(clinic: Clinic) -> Found:
    return diagnose_front("https://127.0.0.1:9", [], authority(clinic.folder).file, NOW, 2)


def with_shut_fallback(_: Clinic) -> Found:
    closes_at_seven = Hours((Window(frozenset(DAY_NAMES), time(8), time(19)),), STOCKHOLM)
    own = line(fallback=(replace(line().fallback[0], hours=closes_at_seven),))
    rota = Rota(EFTERVARD, tuple(manned()), source="database", read_at=NOW)
    coverage = cover(organisation(), own, rota, span("2026-03-03T19:04", "2026-03-17T19:04"))
    return diagnose(system(known(coverage=(coverage,))), settings())


def service_elsewhere(around: Surroundings) -> None:
    service = Service("MG" + "0" * 32, "Another", "https://other.example.se/sms")
    service.numbers.append(around.number.sid)
    around.carrier.services.append(service)


PROVOKED: Mapping[str, Provoke] = {
    "no_token": of_settings(TWILIO_AUTH_TOKEN=""),
    "tokens_left": of_settings(TWILIO_AUTH_TOKEN="one,two"),
    "no_account": of_settings(TWILIO_ACCOUNT_SID=""),
    "account_odd": of_settings(TWILIO_ACCOUNT_SID="SK" + "a" * 32),
    "api_url_open": of_settings(TWILIO_API_URL="http://api.example.se"),
    "public_url_at_home": of_settings(PUBLIC_URL="https://10.0.0.4"),
    "public_url_odd": of_settings(PUBLIC_URL="https://jour_1.example.se"),
    "public_url_open": of_settings(PUBLIC_URL="http://jour.example.se"),
    "no_fallback_url": of_settings(FALLBACK_URL=""),
    "fallback_with_us": of_settings(FALLBACK_URL="https://JOUR.example.se/fallback.xml"),
    "no_mail": of_settings(SMTP_URL=""),
    "secret_key_short": of_settings(SECRET_KEY="x" * 23),
    "metrics_token_short": of_settings(METRICS_TOKEN="x" * 23),
    "no_tracing": without_tracing,
    "workers_odd": of_settings(WEB_CONCURRENCY="two"),
    "one_worker": of_settings(WEB_CONCURRENCY="1"),
    "on_show": of_settings(BEREDSKAP_DEMO="1"),
    "database_missing": without_file,
    "database_away": away,
    "no_tables": of_rows(lambda c: c.exec_driver_sql("DROP TABLE alembic_version")),
    "not_migrated": of_rows(
        lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num=1")
    ),
    "rights_bind_us": of_a_wall(Wall(True, (), ("contact_events",))),
    "rights_no_role": of_a_wall(Wall(False, (), ())),
    "rights_open": of_a_wall(Wall(True, ("notes",), ())),
    "unreadable": lambda clinic: clinic.nothing_changed(DATA_KEYS=data_key(9)),
    "keys_lack": with_stray_key,
    "keys_left": lambda clinic: clinic.nothing_changed(DATA_KEYS=f"{data_key(2)},{data_key(1)}"),
    "no_organisation": of_rows(lambda c: c.execute(organisations.delete())),
    "spool_refused": of_files(Files(NOW, 0, 1)),
    "spooled": of_files(Files(NOW, 1, 0, NOW)),
    "spool_stuck": of_files(Files(NOW, 1, 0, NOW - timedelta(minutes=6))),
    "spool_fills": of_files(Files(NOW, LIMIT // 2 + 1, 0, NOW)),
    "journal_lost": of_a_pulse(pulses.LOST, timedelta(days=6), 3),
    "no_snapshot": of_files(Files(None, 0, 0)),
    "old_snapshot": of_files(Files(NOW - timedelta(hours=8), 0, 0)),
    "disk_shut": of_files(Files(NOW, 0, 0, None, Space(1 << 40, 1 << 41, None, False))),
    "disk_full": of_files(Files(NOW, 0, 0, None, Space(1 << 20, 1 << 41))),
    "inodes_low": of_files(Files(NOW, 0, 0, None, None, Space(1 << 40, 1 << 41, 50))),
    "clock_never": of_rows(lambda c: c.exec_driver_sql("DELETE FROM pulses")),
    "clock_stopped": of_a_pulse(pulses.CLOCK, timedelta(minutes=3)),
    "reconcile_behind": of_a_pulse(pulses.RECONCILED, timedelta(hours=4)),
    "purge_late": of_a_pulse(pulses.PURGED, timedelta(days=4), 0),
    "unexported": of_a_pulse(pulses.PURGED, timedelta(hours=1), 2),
    "only_unsigned": lambda _: diagnose(
        system(known(beats=beats(refused(3, accepted=None), NOW))), settings()
    ),
    "some_unsigned": of_rows(sign_in_part),
    "many_unsigned": of_rows(guess),
    "outbox_stuck": of_letters(due_at=NOW - timedelta(minutes=6)),
    "outbox_slow": of_letters(due_at=NOW, created_at=NOW - timedelta(minutes=31)),
    "many_failed": of_letters(5, state=State.FAILED, error="30007"),
    "feed_refused": of_a_feed(FeedState.REFUSED),
    "feed_held": of_a_feed(FeedState.HELD),
    "feed_away": of_a_feed(FeedState.AWAY),
    "canary_failed": of_a_canary(replace(A_CANARY, fault=Fault.NOT_BACK)),
    "canary_not_made": of_a_canary(replace(A_CANARY, fault=Fault.NOT_MADE, code="21210")),
    "canary_silent": of_a_canary(replace(A_CANARY, fault=Fault.SILENT)),
    "canary_late": of_a_canary(None, NOW - LATE_AFTER - timedelta(minutes=1)),
    "canary_by_webhooks": of_a_canary(replace(A_CANARY, outcome=Outcome.BY_WEBHOOKS)),
    "no_fallback": with_line(fallback=()),
    "fallback_closed": with_shut_fallback,
    "no_office": without_office,
    "nobody_first": of_rows(lambda c: c.execute(shifts.delete().where(shifts.c.position == 1))),
    "nobody_behind": of_rows(lambda c: c.execute(shifts.delete().where(shifts.c.position == 2))),
    "cannot_be_rung": of_rows(lambda c: c.execute(shifts.update().values(therapist="t9"))),
    "district_unheard": without_mandates,
    "rota_odd": of_rows(lambda c: c.execute(shifts.update().values(therapist="t4"))),
    "opted_out_on_duty": of_rows(lambda c: opt_out(c, "t4")),
    "opted_out": of_rows(lambda c: opt_out(c, "t6")),
    "mandate_ends": of_values(organisation=ending(date(2026, 3, 20))),
    "no_phone": without_phone,
    "texts_fail": of_letters(3, state=State.SENT, delivery="undelivered", error="30003"),
    "phone_fails": of_rows(fail_calls),
    "check_in_silent": of_rows(stay_silent),
    "fallback_differs": of_outside(lambda s: setattr(s, "copy", "<Response/>")),
    "fallback_unreadable": of_outside(lambda s: setattr(s, "copy", None)),
    "carrier_unasked": of_outside(lambda s: s.carrier.faults.add(RestFault.REFUSED, times=9)),
    "carrier_refuses_us": of_outside(
        lambda s: s.carrier.faults.add(RestFault.UNAUTHORISED, times=9)
    ),
    "number_not_ours": at_the_number(e164="+46846500499"),
    "number_diverted": at_the_number(voice_application="AP" + "0" * 32),
    "number_unable": at_the_number(sms_capable=False),
    "number_in_service": of_outside(service_elsewhere),
    "number_voice": at_the_number(voice_url=""),
    "number_text": at_the_number(sms_url="https://other.example.se/sms"),
    "number_text_fallback": at_the_number(sms_fallback_url="https://other.example.se/sms"),
    "number_status": at_the_number(status_callback=""),
    "number_fallback": at_the_number(voice_fallback_method="POST"),
    "account_stopped": at_the_account(status="suspended"),
    "account_trial": at_the_account(type="Trial"),
    "account_unapproved": at_the_account(profiles=[]),
    "balance_low": at_the_account(balance=("9.99", "USD")),
    "clock_differs": of_outside(
        lambda s: setattr(s.carrier.faults, "clock_ahead", timedelta(minutes=-2))
    ),
    "front_away": nobody_answers,
    "certificate_bad": of_front(host="jour.example.org"),
    "certificate_ends": of_front(left=14 * DAYS - timedelta(minutes=1)),
    "front_not_ours": of_front({"/healthz": (302, b"")}),
    "metrics_open": of_front({**OURS, "/metrics": (200, b"beredskap_contacts_total 7")}),
    "front_unready": of_front({**OURS, "/readyz": (503, b"{}")}),
    "mail_away": lambda clinic: clinic.looked(
        SMTP_URL="smtp://127.0.0.1:9", MAIL_FROM="jour@example.se"
    ),
    "check_unfinished": never_finished,
}

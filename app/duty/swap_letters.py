"""Word of a swap: what everyone concerned is told, in words, and what is kept of each step."""

from collections.abc import Iterable, Sequence

import structlog

from app.duty.handover import Desk
from app.duty.post import post
from app.duty.swap_check import RotaNow, rest_in_words
from app.phrases import FIRST, phrases
from app.store import carried, swaps, texts
from app.store.outbox import By, Letter
from app.store.swaps import Event, What
from app.wording import span_in_words
from routing.finding import Finding, Severity
from routing.ids import TherapistId
from routing.organisation import Line, Manager
from routing.override import Override
from routing.swap import Kind, Slot, Swap
from routing.swap_rules import Candidate, Verdict

log = structlog.get_logger()

_ASK, _REMIND = "ask", "remind"


def duty_in_words(slot: Slot, line: Line) -> str:
    """Which position, and when: ``jouren torsdag 14 januari 16.30–22.00``."""
    own = phrases(FIRST)
    which = own.written["swap_first" if slot.position == 1 else "swap_backup"]
    return which.format(when=span_in_words(slot.time, line, own.written, own.names))


def about(phrase: str, swap: Swap, line: Line, **more: str) -> str:
    """A phrase about *swap* in the language of the staff."""
    terms = swap.terms
    values = {
        "number": str(swap.id),
        "giver": terms.giver,
        "taker": swap.taker or "",
        "duty": duty_in_words(terms.slot, line),
        "back": "" if terms.back is None else duty_in_words(terms.back, line),
        **more,
    }
    return phrases(FIRST).written[f"swap_{phrase}"].format(**values)


def in_force(swap: Swap, line: Line) -> str:
    """Who has what from now on."""
    return about("given" if swap.terms.kind is Kind.GIVE else "exchanged", swap, line)


def notes(rota: RotaNow, made: Sequence[Override], *, only_errors: bool = False) -> str:
    """
    A sentence, after a space, about the rest that *made* would make too short; nothing if none.

    Asked before *made* is laid on the rota.
    """
    found = rest_in_words(rota, made)
    shown = [f for f in found if f.severity is Severity.ERROR or not only_errors]
    said = sentence(f for f in shown if f.severity is not Severity.INFO)
    return f" {said}" if said else ""


def sentence(found: Iterable[Finding]) -> str:
    """*found*, already in the language of the staff, as one sentence."""
    messages = "; ".join(dict.fromkeys(finding.message for finding in found))
    return phrases(FIRST).written["swap_notes"].format(findings=messages) if messages else ""


def barred(rota: RotaNow, swap: Swap, candidate: Candidate) -> str:
    """Why *candidate* cannot take it, in her own language."""
    written = phrases(FIRST).written
    if candidate.verdict is Verdict.MAY_NOT:
        reasons = (
            written[f"swap_{one.obstacle}"].format(therapist=one.therapist)
            for one in candidate.hindrances
        )
        return about("may_not", swap, rota.line, reasons=", ".join(dict.fromkeys(reasons)))
    found = rest_in_words(rota, swap.terms.effect(candidate.therapist))
    broken = [f.message for f in found if f.severity is Severity.ERROR]
    return about("unlawful", swap, rota.line, findings="; ".join(dict.fromkeys(broken)))


def ask(rota: RotaNow, desk: Desk, swap: Swap, *, again: bool = False) -> None:
    """Ask everybody who may answer and has not said no; once, and *again* once more."""
    phrase = "ask" if swap.terms.kind is Kind.GIVE else "ask_exchange"
    said = about(phrase, swap, rota.line)
    tell(rota, desk, swap, _REMIND if again else _ASK, swap.waiting_for, said)


def recall(rota: RotaNow, swap: Swap) -> None:
    """A question that has not been sent by now is not: there is nothing left to answer."""
    for event in (_ASK, _REMIND):
        carried.give_up(rota.connection, f"swap/{swap.id}/{event}/", rota.now)


def tell(
    rota: RotaNow,
    desk: Desk,
    swap: Swap,
    event: str,
    people: Iterable[TherapistId],
    said: str,
) -> None:
    """Text *people*, once for each *event*; not who has left or has opted out of texts."""
    opted_out = texts.opted_out_staff(rota.connection)
    known = (rota.organisation.therapists.get(who) for who in dict.fromkeys(people))
    letters = (
        Letter(f"swap/{swap.id}/{event}/{one.id}", By.TEXT, rota.line.id, one.phone.e164, said)
        for one in known
        if one is not None and one.phone is not None and one.id not in opted_out
    )
    post(rota.connection, desk, letters, rota.now)


def tell_managers(
    rota: RotaNow, desk: Desk, swap: Swap, event: str, people: Iterable[Manager], said: str
) -> None:
    """Write to *people*: by mail where there can be one."""
    for one in people:
        key = f"swap/{swap.id}/{event}/manager/{one.id}"
        if desk.mails and one.email is not None:
            letter = Letter(key, By.MAIL, rota.line.id, one.email, said)
        elif one.phone is not None:
            letter = Letter(key, By.TEXT, rota.line.id, one.phone.e164, said)
        else:
            continue
        post(rota.connection, desk, [letter], rota.now)


def record(
    rota: RotaNow,
    desk: Desk,
    swap: Swap,
    what: What,
    author: str,
    added: Sequence[Finding] = (),
    reason: str = "",
) -> None:
    """Keep what was done about *swap*: by whom, why, and what it *added* to what is wrong."""
    event = Event(what, author, rota.now, reason.strip() or None)
    swaps.record(rota.connection, desk.cipher, swap, event, added)
    log.info("swap.step", swap=swap.id, what=what, line=rota.line.id, by=author)

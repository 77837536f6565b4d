"""How what came is read: each function knows one of the behaviours, and the carrier's variants."""

from collections.abc import Sequence

from app.telephony.observe.seen import WITHHELD, Seen
from app.telephony.observe.verdict import Verdict, assumed, otherwise, unseen

_UNDER_WAY = frozenset({"ringing", "in-progress", "queued"})
_TOKEN = "I-Twilio-Idempotency-Token"  # noqa: S105 - the name of a header
# Whole seconds, and what a webhook takes.
_NEARLY = 3.0
_CALLS = 2  # one from a mobile phone, one from a landline
_ABSENT = "absent"


def whisper_hung_up(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """A: completed, with a duration.  B: no-answer, without."""
    ended = _last(seen, "ended")
    if ended is None or not _all(seen, "whisper"):
        return unseen("no whisper was hung up, or the Dial's action was not requested")
    what = _said(ended, "DialCallStatus", "DialBridged", "DialCallDuration", "CallStatus")
    status, has_duration = ended.form.get("DialCallStatus"), "DialCallDuration" in ended.form
    if ended.form.get("DialBridged") == "true":
        return otherwise(what)
    if status == "completed" and has_duration:
        return assumed(what, "A, C")
    if status == "no-answer" and not has_duration:
        return assumed(what, "B")
    return otherwise(what)


def caller_gone(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """A: canceled.  B: no-answer.  C: the action is not requested."""
    ended, status = _last(seen, "ended"), _last(seen, "status")
    if ended is None:
        if status is None:
            return unseen("no call came to its end")
        return assumed("the Dial's action was not requested", "C")
    what = _said(ended, "CallStatus", "DialCallStatus", "DialBridged")
    if ended.form.get("CallStatus") in _UNDER_WAY or ended.form.get("DialBridged") == "true":
        return otherwise(what)
    reading = {"canceled": "A", "no-answer": "B"}.get(ended.form.get("DialCallStatus", ""))
    return assumed(what, reading) if reading else otherwise(what)


def token_on_retry(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """A, C: the same token again.  B: a new one."""
    asked = _all(seen, "voice")
    again = [one for one in asked if asked and one.call == asked[0].call]
    if not asked:
        return unseen("no call came")
    if len(again) == 1:
        return otherwise("the request was not sent again after an error, although #rp=5xx asks it")
    tokens = {one.headers.get(_TOKEN, _ABSENT) for one in again}
    if _ABSENT in tokens:
        return otherwise(f"{len(again)} requests, not each with a token")
    is_same = len(tokens) == 1
    what = f"{len(again)} requests, {'the same token' if is_same else 'different tokens'}"
    return assumed(what, "A, C" if is_same else "B")


def who_signs(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """The first of TWILIO_AUTH_TOKEN, which is to be the region's own."""
    if not seen:
        return unseen("nothing came that was signed with a token of ours")
    tokens = sorted({one.signed_by for one in seen})
    regions = sorted({one.headers.get("X-Home-Region", _ABSENT) for one in seen})
    kinds = sorted({"text" if one.place == "sms" else "call" for one in seen})
    what = f"{', '.join(tokens)} for {' and '.join(kinds)}; X-Home-Region {', '.join(regions)}"
    return assumed(what) if tokens == ["token 1"] else otherwise(what)


def whisper_request(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """The child's own id, its parent's, and the numbers as they are shown."""
    whisper, voice = _last(seen, "whisper"), _last(seen, "voice")
    if whisper is None or voice is None:
        return unseen("no whisper was asked for")
    wanted = {
        "ParentCallSid": voice.call,
        "Direction": "outbound-dial",
        "CallStatus": "in-progress",
        "From": "line",
        "To": "second phone",
    }
    odd = [
        f"{name}={whisper.form.get(name, _ABSENT)}"
        for name, value in wanted.items()
        if whisper.form.get(name) != value
    ]
    odd += ["CallSid is the caller's"] if whisper.call == voice.call else []
    return otherwise("; ".join(odd)) if odd else assumed(_said(whisper, *wanted))


def later_dial(seen: Sequence[Seen], answers: Sequence[bool]) -> Verdict:
    """The caller hears ringing without a break, and is answered at the bridge only."""
    key, ended, over = (_last(seen, place) for place in ("key", "ended", "status"))
    if key is None or ended is None or over is None or not _all(seen, "next"):
        return unseen("the second Dial was not accepted and ended")
    talked, charged = ended.after - key.after, over.form.get("CallDuration", "")
    heard = "ringing without a break" if all(answers) else "ringing with a break"
    what = f"the caller heard {heard}; talked {talked:.0f} s, CallDuration={charged or _ABSENT}"
    is_short = charged.isdecimal() and int(charged) <= talked + _NEARLY
    return assumed(what) if is_short and all(answers) else otherwise(what)


def keywords(seen: Sequence[Seen], answers: Sequence[bool]) -> Verdict:
    """The carrier answers HELP and STOP in English, and hands both on."""
    came = [one.form.get("Body", "") for one in _all(seen, "sms")]
    types = sorted({one.form["OptOutType"] for one in seen if "OptOutType" in one.form})
    if not came:
        return unseen("no text came")
    what = f"came: {', '.join(came)}; OptOutType {', '.join(types) or _ABSENT}; " + "; ".join(
        f"{word} {'was' if yes else 'was not'} answered by Twilio"
        for word, yes in zip(("HELP", "STOP"), answers, strict=False)
    )
    is_whole = {"HELP", "STOP", "START"} <= set(came)
    return assumed(what) if is_whole and all(answers) else otherwise(what)


def withheld(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """Whatever stands there is taken for nobody's number."""
    shown = [one.form.get("From", _ABSENT) for one in _all(seen, "voice")]
    if not shown:
        return unseen("no call came")
    what = "; ".join(shown) + ("" if len(shown) >= _CALLS else "; one call only")
    return assumed(what) if all(one.startswith(WITHHELD) for one in shown) else otherwise(what)


def emergency_line(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """The number can be dialled, and talks with the caller."""
    ended, trouble = _last(seen, "ended"), _last(seen, "fallback")
    if ended is None:
        code = "" if trouble is None else trouble.form.get("ErrorCode", "")
        return otherwise(f"the Dial ended in error {code}") if code else unseen("no Dial ended")
    what = _said(ended, "DialCallStatus", "DialBridged", "DialCallDuration")
    if ended.form.get("DialCallStatus") == "completed" and ended.form.get("DialBridged") == "true":
        return assumed(what)
    return otherwise(what)


def whisper_failed(seen: Sequence[Seen], _: Sequence[bool]) -> Verdict:
    """The phone is let go, nobody is bridged, and the caller's document goes on."""
    ended, trouble = _last(seen, "ended"), _last(seen, "fallback")
    code = _ABSENT if trouble is None else trouble.form.get("ErrorCode", _ABSENT)
    asked = "the fallback was not asked" if trouble is None else f"the fallback got {code}"
    if not _all(seen, "whisper"):
        return unseen("no whisper was asked for")
    if ended is None:
        return otherwise(f"the Dial's action was not requested; {asked}")
    what = f"{_said(ended, 'DialCallStatus', 'DialBridged')}; {asked}"
    is_apart = ended.form.get("DialBridged") != "true"
    return assumed(what) if is_apart and trouble is None else otherwise(what)


def _all(seen: Sequence[Seen], place: str) -> list[Seen]:
    return [one for one in seen if one.place == place]


def _last(seen: Sequence[Seen], place: str) -> Seen | None:
    return next(iter(_all(seen, place)[::-1]), None)


def _said(one: Seen, *names: str) -> str:
    return ", ".join(f"{name}={one.form.get(name, _ABSENT)}" for name in names)

"""The Calls resource: calls that the service makes, watches, changes and forgets."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

from werkzeug import Request

from app.lab.core import CallRecord, Core
from app.lab.dial import BUFFER, E164
from app.lab.leg import Leg
from app.lab.messages_api import as_moment
from app.lab.outbound import Order, go_out
from app.lab.paging import page
from app.lab.params import moment
from app.lab.phones import Behaviour, PhoneBook, PickUp
from app.lab.request_check import Matched
from app.lab.rest_errors import Refused, not_found
from app.lab.signals import Cancelled, Diverted


class CallsApi:
    """Creates, lists, fetches, updates and deletes calls."""

    def __init__(self, core: Core, book: Callable[[], PhoneBook]) -> None:
        self._core = core
        self._book = book
        self._deleted: set[str] = set()
        self._free_at = 0.0  # one call a second; the rest wait their turn

    def answer(self, request: Request, matched: Matched) -> tuple[int, object]:
        """
        The answer to a request whose shape is right already.

        Raises:
            Refused: the carrier would refuse it.
        """
        if "Sid" not in matched.ids:
            return self._create(request) if request.method == "POST" else self._list(request)
        record = next((r for r in self._known() if r.sid == matched.ids["Sid"]), None)
        if record is None:
            raise not_found()
        if request.method == "DELETE":
            if not record.over:
                raise Refused(400, 20009, "The call is not in a final state")
            self._deleted.add(record.sid)
            return 204, None
        if request.method == "POST":
            self._update(record, request)
        return 200, self._shown(record)

    def _create(self, request: Request) -> tuple[int, object]:
        form = request.form
        frm, to = form["From"], form["To"]
        if frm not in self._core.caller_ids():
            raise Refused(400, 21210, "'From' phone number not verified")
        if not E164.fullmatch(to):
            raise Refused(400, 21211, "The 'To' number is not a valid phone number")
        if not any(to.startswith(code) for code in self._core.account.geo_permissions):
            raise Refused(400, 21215, "Account not authorised to call this number")
        if not (form.get("Url") or form.get("Twiml")):
            raise Refused(400, 21205, "Url parameter is required")
        _well_formed(form.get("Twiml", ""))
        order = Order(
            url=form.get("Url", ""),
            method=form.get("Method", "POST"),
            twiml=form.get("Twiml", ""),
            fallback=(form.get("FallbackUrl", ""), form.get("FallbackMethod", "POST")),
            ring_for=float(form.get("Timeout", "60")) + BUFFER,
            callback=form.get("StatusCallback", ""),
            callback_method=form.get("StatusCallbackMethod", "POST"),
            events=frozenset(form.getlist("StatusCallbackEvent") or ["completed"]),
        )
        book = self._book()
        is_ours = to in self._core.numbers  # and then it is picked up when the service answers
        if is_ours and not self._core.account.calls_itself:
            raise Refused(400, 21216, "Account not allowed to call this number")
        behaviour = Behaviour(PickUp.BY_HAND) if is_ours else book.next_attempt(to)
        leg = Leg(self._core, direction="outbound-api", frm=frm, to=to, behaviour=behaviour)
        leg.book = book
        now = self._core.engine.elapsed
        starts = max(self._free_at, now)
        self._free_at = starts + 1.0
        leg.begin(go_out(leg, order), after=starts - now)
        return 201, self._shown(leg)

    def _update(self, record: CallRecord, request: Request) -> None:
        form = request.form
        if record.over:
            raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
        if form.get("Status") in {"completed", "canceled"}:
            record.signal(Cancelled())
        elif form.get("Url") or form.get("Twiml"):
            _well_formed(form.get("Twiml", ""))
            method = form.get("Method", "POST")
            record.signal(Diverted(form.get("Url", ""), method, form.get("Twiml", "")))

    def _known(self) -> list[CallRecord]:
        legs = [record for record in self._core.legs if record.sid not in self._deleted]
        return sorted(legs, key=lambda record: record.began_at, reverse=True)

    def _list(self, request: Request) -> tuple[int, object]:
        found = [r for r in self._known() if all(test(r) for test in _filters(request))]
        shown, around = page(request, found)
        return 200, {**around, "calls": [self._shown(record) for record in shown]}

    def _shown(self, record: CallRecord) -> dict[str, object]:
        account = self._core.account.sid
        ended = record.ended_at
        return {
            "sid": record.sid,
            "account_sid": account,
            "api_version": "2010-04-01",
            "parent_call_sid": record.parent_sid,
            "from": record.frm,
            "to": record.to,
            "direction": record.direction,
            "status": record.status,
            "date_created": moment(record.began_at),
            "start_time": moment(record.began_at),
            "end_time": moment(ended) if ended else None,
            "duration": str(record.seconds()) if ended else None,
            "answered_by": None,
            "caller_name": None,
            "forwarded_from": None,
            "price": None,
            "price_unit": "USD",
            "uri": f"/2010-04-01/Accounts/{account}/Calls/{record.sid}.json",
        }


def _well_formed(twiml: str) -> None:
    try:
        ET.fromstring(twiml or "<Response/>")  # noqa: S314 - our own service wrote it
    except ET.ParseError:
        raise Refused(400, 12100, "The document could not be parsed") from None


def _filters(request: Request) -> list[Callable[[CallRecord], bool]]:
    args, tests = request.args, list[Callable[[CallRecord], bool]]()
    plain = (("To", "to"), ("From", "frm"), ("ParentCallSid", "parent_sid"), ("Status", "status"))
    for parameter, field in plain:
        if parameter in args:
            wanted = args[parameter]
            tests.append(lambda r, field=field, wanted=wanted: getattr(r, field) == wanted)  # type: ignore[misc]
    if "StartTime>" in args:
        tests.append(lambda record: record.began_at >= as_moment(args["StartTime>"]))
    if "StartTime<" in args:
        tests.append(lambda record: record.began_at <= as_moment(args["StartTime<"]))
    if "StartTime" in args:
        day = as_moment(args["StartTime"]).date()
        tests.append(lambda record: record.began_at.date() == day)
    return tests

"""The Messages resource."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from werkzeug import Request

from app.lab.core import Core
from app.lab.dial import E164
from app.lab.paging import page
from app.lab.params import moment
from app.lab.request_check import Matched
from app.lab.rest_errors import Refused, not_found
from app.lab.sms import Message, Texts

MOST_LETTERS = 1600
_UNDER_WAY = frozenset({"queued", "sending", "accepted"})
_MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
_MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_WORDS = {
    21211: "The 'To' number is not a valid phone number",
    21212: "The 'From' number is not a valid phone number",
    21266: "'To' and 'From' number cannot be the same",
    21408: "Permission to send an SMS has not been enabled for the region",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21606: "The 'From' phone number is not a valid, SMS-capable number of this account",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "Message cannot be sent with the current combination of 'To' and 'From' parameters",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
}


class MessagesApi:
    """Creates, lists, fetches, redacts and deletes texts."""

    def __init__(self, core: Core, texts: Texts) -> None:
        self._core = core
        self._texts = texts

    def answer(self, request: Request, matched: Matched) -> tuple[int, object]:
        """
        The answer to a request whose shape is right already.

        Raises:
            Refused: the carrier would refuse it.
        """
        if "Sid" not in matched.ids:
            return self._create(request) if request.method == "POST" else self._list(request)
        message = self._find(matched.ids["Sid"])
        if request.method == "GET":
            return 200, self._shown(message)
        if message.status in _UNDER_WAY:
            raise Refused(400, 20009, "The message is not in a final state")
        if request.method == "DELETE":
            message.deleted = True
            return 204, None
        if request.form.get("Body", "") != "":
            raise Refused(400, 20001, "The body of a message can only be emptied")
        message.body = ""
        return 200, self._shown(message)

    def _create(self, request: Request) -> tuple[int, object]:
        form = request.form
        frm, to, body = form.get("From", ""), form["To"], form.get("Body", "")
        if code := self._refusal(frm, to, body, has_media="MediaUrl" in form):
            raise Refused(400, code, _WORDS[code])
        message = self._texts.send(frm, to, body, form.get("StatusCallback", ""))
        # The reply shows what was true on acceptance, whatever has happened since.
        return 201, self._shown(message) | {"status": "queued"}

    def _refusal(self, frm: str, to: str, body: str, *, has_media: bool) -> int | None:
        """The code of the first thing that is wrong; None when the text can go."""
        ours = self._core.numbers.get(frm)
        checks: tuple[tuple[bool, int], ...] = (
            (not frm, 21603),
            (frm in _MAGIC_FROM, _MAGIC_FROM.get(frm, 0)),
            (not E164.fullmatch(frm), 21212),
            (ours is None or not ours.sms_capable, 21606),
            (to in _MAGIC_TO, _MAGIC_TO.get(to, 0)),
            (not E164.fullmatch(to), 21211),
            (to == frm, 21266),
            (not any(to.startswith(code) for code in self._core.account.geo_permissions), 21408),
            (_is_swedish_landline(to), 21614),
            ((frm, to) in self._core.account.opted_out, 21610),
            (not body and not has_media, 21602),
            (len(body) > MOST_LETTERS, 21617),
        )
        return next((code for wrong, code in checks if wrong), None)

    def _find(self, sid: str) -> Message:
        for message in self._texts.all():
            if message.sid == sid:
                return message
        raise not_found()

    def _list(self, request: Request) -> tuple[int, object]:
        found = [m for m in self._texts.all() if all(test(m) for test in _filters(request))]
        shown, around = page(request, found)
        return 200, {**around, "messages": [self._shown(message) for message in shown]}

    def _shown(self, message: Message) -> dict[str, object]:
        account = self._core.account.sid
        uri = f"/2010-04-01/Accounts/{account}/Messages/{message.sid}"
        at = moment(message.at)
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": message.body,
            "date_created": at,
            "date_sent": None if message.status in _UNDER_WAY else at,
            "date_updated": at,
            "direction": message.direction,
            "error_code": message.error_code,
            "error_message": None,
            "from": message.frm,
            "messaging_service_sid": None,
            "num_media": str(message.media),
            "num_segments": str(message.segments),
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }


def _filters(request: Request) -> list[Callable[[Message], bool]]:
    args, tests = request.args, list[Callable[[Message], bool]]()
    if "To" in args:
        tests.append(lambda message: message.to == args["To"])
    if "From" in args:
        tests.append(lambda message: message.frm == args["From"])
    if "DateSent" in args:
        tests.append(lambda message: message.at.date() == _day(args["DateSent"]))
    if "DateSent>" in args:
        tests.append(lambda message: message.at >= as_moment(args["DateSent>"]))
    if "DateSent<" in args:
        tests.append(lambda message: message.at <= as_moment(args["DateSent<"]))
    return tests


def as_moment(text: str) -> datetime:
    """The moment that a filter names; without a zone it is UTC, as at the carrier."""
    moment_ = datetime.fromisoformat(text)
    return moment_.replace(tzinfo=UTC) if moment_.tzinfo is None else moment_


def _day(text: str) -> date:
    return as_moment(text).astimezone(UTC).date()


def _is_swedish_landline(number: str) -> bool:
    return number.startswith("+46") and not number.startswith(
        ("+4670", "+4672", "+4673", "+4676", "+4679")
    )

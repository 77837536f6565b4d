"""The IncomingPhoneNumbers resource: how our numbers are set up."""

from werkzeug import Request

from app.lab.account import Number
from app.lab.core import Core
from app.lab.paging import page
from app.lab.params import moment
from app.lab.request_check import Matched
from app.lab.rest_errors import Refused, not_found

_SETTABLE = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsFallbackUrl": "sms_fallback_url",
    "SmsFallbackMethod": "sms_fallback_method",
    "VoiceApplicationSid": "voice_application",
    "SmsApplicationSid": "sms_application",
    "TrunkSid": "trunk",
}


class NumbersApi:
    """Lists, fetches and updates numbers; it neither buys nor gives any back."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def answer(self, request: Request, matched: Matched) -> tuple[int, object]:
        """
        The answer to a request whose shape is right already.

        Raises:
            Refused: there is no such number, or the lab does not do this.
        """
        if "Sid" not in matched.ids:
            if request.method != "GET":
                raise Refused(403, 20403, "The lab buys no numbers")
            return self._list(request)
        number = next((n for n in self._core.numbers.values() if n.sid == matched.ids["Sid"]), None)
        if number is None:
            raise not_found()
        if request.method == "DELETE":
            raise Refused(403, 20403, "The lab gives no numbers back")
        if request.method == "POST":
            self._update(number, request)
        return 200, self._shown(number)

    def _update(self, number: Number, request: Request) -> None:
        for parameter, value in request.form.items():
            if parameter not in _SETTABLE:
                raise Refused(400, 20001, f"the lab cannot set {parameter}")
            setattr(number, _SETTABLE[parameter], value)

    def _list(self, request: Request) -> tuple[int, object]:
        wanted = request.args.get("PhoneNumber", "").lstrip("+")
        found = [number for number in self._core.numbers.values() if wanted in number.e164]
        shown, around = page(request, found)
        return 200, {**around, "incoming_phone_numbers": [self._shown(n) for n in shown]}

    def _shown(self, number: Number) -> dict[str, object]:
        account = self._core.account.sid
        settings = {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in parameter).lstrip("_"): (
                getattr(number, field) or None
                if parameter.endswith("Sid")
                else getattr(number, field)
            )
            for parameter, field in _SETTABLE.items()
        }
        at = moment(self._core.now())
        return {
            "sid": number.sid,
            "account_sid": account,
            "phone_number": number.e164,
            "api_version": "2010-04-01",
            "capabilities": {
                "voice": number.voice_capable,
                "sms": number.sms_capable,
                "mms": False,
                "fax": False,
            },
            "date_created": at,
            "date_updated": at,
            "origin": "twilio",
            "status": "in-use",
            "uri": f"/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{number.sid}.json",
            **settings,
        }

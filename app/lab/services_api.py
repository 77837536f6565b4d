"""Messaging services, and the numbers that are in them."""

from typing import Any

from werkzeug import Request

from app.lab.account import Number, Service
from app.lab.core import Core
from app.lab.paging import page_of_product
from app.lab.request_check import Matched
from app.lab.rest_errors import Refused, not_found

HOST = "messaging.twilio.com"
LONGEST_NAME = 64
_WORDS = {
    "FriendlyName": "friendly_name",
    "InboundRequestUrl": "inbound_request_url",
    "InboundMethod": "inbound_method",
    "FallbackUrl": "fallback_url",
    "FallbackMethod": "fallback_method",
    "StatusCallback": "status_callback",
}
_FLAGS = {
    "SmartEncoding": "smart_encoding",
    "UseInboundWebhookOnNumber": "use_inbound_webhook_on_number",
}


class ServicesApi:
    """Lists, makes, fetches and changes services, and puts numbers in and takes them out."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def answer(self, request: Request, matched: Matched) -> tuple[int, object]:
        """
        The answer to a request whose shape is right already.

        Raises:
            Refused: there is no such service or number, or the lab does not do this.
        """
        if "/PhoneNumbers" in matched.path:
            service = self._service(matched.ids["ServiceSid"])
            if "Sid" in matched.ids:
                return self._number(request, service, matched.ids["Sid"])
            return self._numbers(request, service)
        if "Sid" not in matched.ids:
            return self._make(request) if request.method == "POST" else self._list(request)
        if request.method == "DELETE":
            raise Refused(403, 20403, "The lab deletes no messaging services")
        service = self._service(matched.ids["Sid"])
        if request.method == "POST":
            self._change(service, request)
        return 200, self._shown(service)

    def _make(self, request: Request) -> tuple[int, object]:
        service = Service(self._core.sids.new("MG"), "")
        self._change(service, request)
        self._core.services.append(service)
        return 201, self._shown(service)

    def _change(self, service: Service, request: Request) -> None:
        for parameter, value in request.form.items():
            if parameter in _WORDS:
                setattr(service, _WORDS[parameter], value)
            elif parameter in _FLAGS:
                setattr(service, _FLAGS[parameter], value == "true")
            else:
                raise Refused(400, 20001, f"the lab cannot set {parameter}")
        if not 0 < len(service.friendly_name) <= LONGEST_NAME:
            raise Refused(400, 20001, "FriendlyName is empty or too long")

    def _list(self, request: Request) -> tuple[int, object]:
        shown, around = page_of_product(request, HOST, "services", self._core.services)
        return 200, {**around, "services": [self._shown(service) for service in shown]}

    def _numbers(self, request: Request, service: Service) -> tuple[int, object]:
        if request.method == "POST":
            number = self._ours(request.form["PhoneNumberSid"])
            if number.sid in service.numbers:
                raise Refused(409, 21710, "The number is in this messaging service already")
            if any(number.sid in other.numbers for other in self._core.services):
                raise Refused(409, 21712, "The number is in another messaging service")
            service.numbers.append(number.sid)
            return 201, self._member(service, number)
        found = [n for n in self._core.numbers.values() if n.sid in service.numbers]
        shown, around = page_of_product(request, HOST, "phone_numbers", found)
        return 200, {**around, "phone_numbers": [self._member(service, n) for n in shown]}

    def _number(self, request: Request, service: Service, sid: str) -> tuple[int, object]:
        if sid not in service.numbers:
            raise not_found()
        if request.method == "DELETE":
            service.numbers.remove(sid)
            return 204, None
        return 200, self._member(service, self._ours(sid))

    def _service(self, sid: str) -> Service:
        for service in self._core.services:
            if service.sid == sid:
                return service
        raise not_found()

    def _ours(self, sid: str) -> Number:
        for number in self._core.numbers.values():
            if number.sid == sid:
                return number
        raise not_found()

    def _member(self, service: Service, number: Number) -> dict[str, Any]:
        able = {"Voice": number.voice_capable, "SMS": number.sms_capable}
        return {
            "sid": number.sid,
            "service_sid": service.sid,
            "phone_number": number.e164,
            "country_code": "SE",
            "capabilities": [name for name, is_able in able.items() if is_able],
            "url": f"https://{HOST}/v1/Services/{service.sid}/PhoneNumbers/{number.sid}",
            **self._around(),
        }

    def _shown(self, service: Service) -> dict[str, Any]:
        return {
            "sid": service.sid,
            "friendly_name": service.friendly_name,
            "inbound_request_url": service.inbound_request_url or None,
            "inbound_method": service.inbound_method,
            "fallback_url": service.fallback_url or None,
            "fallback_method": service.fallback_method,
            "status_callback": service.status_callback or None,
            "smart_encoding": service.smart_encoding,
            "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
            "usecase": "undeclared",
            "validity_period": 36000,
            "url": f"https://{HOST}/v1/Services/{service.sid}",
            "links": {},
            **self._around(),
        }

    def _around(self) -> dict[str, Any]:
        at = self._core.now().isoformat()
        return {"account_sid": self._core.account.sid, "date_created": at, "date_updated": at}

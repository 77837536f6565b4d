"""The REST face: the part of the carrier's API that the service uses, as a WSGI application."""

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug import Request, Response

from app.lab.account_api import AccountApi
from app.lab.calls_api import CallsApi
from app.lab.core import Core
from app.lab.faults import RestFault
from app.lab.messages_api import MessagesApi
from app.lab.numbers_api import NumbersApi
from app.lab.phones import PhoneBook
from app.lab.request_check import Matched, match, problems
from app.lab.rest_errors import Refused
from app.lab.services_api import ServicesApi
from app.lab.sms import Texts
from app.lab.trace import Exchange

SLOW_FOR = 4.0
GIVES_UP_WITHIN = 60.0  # real seconds for which a client waits at most
_BEFORE = {
    RestFault.TOO_MANY: (429, 20429, "Too Many Requests"),
    RestFault.ERROR_BEFORE: (500, 20500, "Internal Server Error"),
    RestFault.UNAUTHORISED: (401, 20003, "Authenticate"),
}
_AFTER = {RestFault.ERROR_AFTER: (500, 20500, "Internal Server Error")}
_ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
Answer = tuple[int, object]  # status, and what becomes JSON; None for no body


class RestRefused(ConnectionError):
    """In process: what a client would see as a refused connection."""


class RestTimedOut(TimeoutError):
    """In process: what a client would see as an answer that never came."""


class RestFace:
    """Answers REST requests, one at a time, from as many threads as there are."""

    def __init__(self, core: Core, texts: Texts, book: Callable[[], PhoneBook]) -> None:
        self._core = core
        account = AccountApi(core)
        # Real accounts have a host for each product; here one answers for all of them.
        self._resources: dict[str, Callable[[Request, Matched], Answer]] = {
            f"{_ACCOUNT}/Messages": MessagesApi(core, texts).answer,
            f"{_ACCOUNT}/Calls": CallsApi(core, book).answer,
            f"{_ACCOUNT}/IncomingPhoneNumbers": NumbersApi(core).answer,
            f"{_ACCOUNT}/Balance": account.balance,
            "/2010-04-01/Accounts/{Sid}": account.answer,
            "/v1/CustomerProfiles": account.profiles,
            "/v1/Services": ServicesApi(core).answer,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        with self._core.engine.baton:
            fault = self._core.faults.rest(request.path)
            refused = fault is RestFault.REFUSED
            response = Response() if refused else self._answer(request, fault)
            response.date = self._core.now() + self._core.faults.clock_ahead
            self._note(request, None if refused else response, fault)
        if refused:
            _hang_up(environ)
            raise RestRefused("the carrier refuses the connection")
        if fault is RestFault.TIMED_OUT_AFTER:
            _keep_waiting(environ)
            raise RestTimedOut("the carrier accepted the request and never answered")
        return response(environ, start_response)

    def _note(self, request: Request, response: Response | None, fault: RestFault | None) -> None:
        asked = Exchange(
            at=self._core.now(),
            purpose="rest",
            leg="",
            method=request.method,
            url=request.full_path.rstrip("?"),
            form=tuple(request.form.items(multi=True)),
            headers=(),  # they hold the account's token
            status=None if response is None else response.status_code,
            body="" if response is None else response.get_data(as_text=True),
            note=str(fault or ""),
        )
        self._core.trace.asked.append(asked)

    def _answer(self, request: Request, fault: RestFault | None) -> Response:
        try:
            _refuse(fault, _BEFORE)
            status, body = self._carried_out(request)
            _refuse(fault, _AFTER)
        except Refused as err:
            return _response(err.status, err.body())
        if fault is RestFault.SLOW:
            self._core.engine.pass_by(SLOW_FOR)
        if fault is RestFault.MALFORMED:
            return Response('{"sid": "SM', status, content_type="application/json")
        return _response(status, body)

    def _carried_out(self, request: Request) -> Answer:
        given, account = request.authorization, self._core.account
        if given is None or not account.opens(given.username or "", given.password or ""):
            raise Refused(401, 20003, "Authenticate")
        matched = match(request.method, request.path)
        if matched is None:
            self._core.fail("rest shape", f"{request.method} of a path the lab does not have")
            raise Refused(404, 20404, "The requested resource was not found")
        if matched.ids.get("AccountSid", account.sid) != account.sid:
            raise Refused(401, 20003, "Authenticate")
        wrong = list(problems(matched, request.args, request.form))
        for words in wrong:
            self._core.fail("rest shape", f"{request.method} {matched.path}: {words}")
        if wrong:
            raise Refused(400, 20001, "; ".join(wrong))
        starts = next(start for start in self._resources if matched.path.startswith(start))
        return self._resources[starts](request, matched)


def _refuse(fault: RestFault | None, refusals: Mapping[RestFault, tuple[int, int, str]]) -> None:
    if fault is not None and fault in refusals:
        raise Refused(*refusals[fault])


def _response(status: int, body: object) -> Response:
    if body is None:
        return Response(status=status)
    return Response(json.dumps(body), status, content_type="application/json")


def _hang_up(environ: WSGIEnvironment) -> None:
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)


def _keep_waiting(environ: WSGIEnvironment) -> None:
    """Over HTTP, say nothing until the client gives up and closes the connection."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.settimeout(GIVES_UP_WITHIN)
        connection.recv(1)

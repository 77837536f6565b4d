"""A request from the carrier: proof of who sent it, its form, and an answer for certain."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import parse_qsl, quote

from flask import Blueprint, Response, abort, request
from structlog import get_logger
from structlog.contextvars import bind_contextvars

from app.telephony.signature import is_signed
from app.telephony.tally import Tally
from app.tracing import span

log = get_logger()

# The parameters of a request; any may be missing, and new ones may come at any time.
Form = Mapping[str, str]

# A parameter that no carrier sends: the clock has asked, and that says nothing of the carrier.
OURSELVES = "AskedByOurselves"
# The longest text is 1,600 characters; Twilio's whole form stays far below this.
LARGEST_FORM = 64 * 1024
_MOST_FIELDS = 400
# The carrier's own name for a request, the same when it asks again; nobody has signed it.
_REQUEST = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets in what the account's carrier signed, and nothing else."""

    public_url: str
    account: str
    tokens: Sequence[str] = field(repr=False)
    tally: Tally

    def admit(self) -> Form:
        """
        The form of the request being answered; anything unsigned gets 403.

        The address that was signed is the public one, never what a proxy says of itself: its path
        may be percent-encoded, and the query counts as it was sent.
        """
        pairs = _pairs(request.get_data(cache=False))
        query = request.query_string.decode("latin-1")
        url = self.public_url + quote(request.path, safe="/~") + (f"?{query}" if query else "")
        signature = request.headers.get("X-Twilio-Signature", "")
        if pairs is None or not is_signed(url, pairs, signature, self.tokens):
            is_ours = bool(signature) and self._names_our_account(pairs)
            self.tally.refused(is_ours=is_ours)
            log.warning("webhook.not_signed", names_our_account=is_ours)
            abort(403)
        fields = dict(pairs)
        if OURSELVES not in fields:
            self.tally.came()
        return fields

    def _names_our_account(self, pairs: Sequence[tuple[str, str]] | None) -> bool:
        """
        Whether it may be the carrier itself, with a token or for an address that we do not know.

        It is no proof, and lets nobody in; but whoever only found the address knows no account.
        """
        return bool(self.account) and ("AccountSid", self.account) in (pairs or ())


@dataclass(frozen=True, slots=True)
class Webhooks:
    """
    Addresses of *blueprint* that the carrier posts to.

    Once the signature is right the answer is 200 and TwiML, whatever fails: an error status ends
    the call, so *rescue* makes a document of any exception.

    Source: Twilio error 11200; docs/architecture.md, promise 1.
    """

    blueprint: Blueprint
    gate: Gate
    rescue: Callable[[Form, Exception], str]

    def at(self, rule: str) -> Callable[[Callable[..., str]], Callable[..., str]]:
        """Register a view: it is given the form and what the address holds, and returns TwiML."""
        name, tally = self.blueprint.name, self.gate.tally
        usual, rescued = (name, "usual"), (name, "rescue")

        def register(view: Callable[..., str]) -> Callable[..., str]:
            def answer(**path: str) -> Response:
                began = perf_counter()
                fields, series = self.gate.admit(), usual
                with span("webhook", endpoint=name, **_told_of(fields)) as told:
                    try:
                        document = view(fields, **path)
                    except Exception as err:  # noqa: BLE001 - see the class
                        document, series = self.rescue(fields, err), rescued
                        told.tell(answer="rescue")
                tally.answered(series, perf_counter() - began)
                # Never text/html or text/plain, which may be read aloud.
                return Response(document, mimetype="text/xml")

            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=["POST"])
            return view

        return register


def _told_of(fields: Form) -> dict[str, str]:
    """Have every line that is logged from here on say which contact and request it is about."""
    # A leg that is being rung is a call of its own, and belongs to the caller's.
    contact = fields.get("ParentCallSid") or fields.get("CallSid") or fields.get("MessageSid")
    ids = {} if not contact else {"contact": contact}
    token = request.environ.get("HTTP_I_TWILIO_IDEMPOTENCY_TOKEN", "")
    if _REQUEST.fullmatch(token):
        bind_contextvars(request=token, **ids)
    else:
        bind_contextvars(**ids)
    return ids


def _pairs(raw: bytes) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:  # not a form, or too many fields
        return None

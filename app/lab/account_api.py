"""The account itself: its state, what is left on it, and who stands behind it."""

from werkzeug import Request

from app.lab.core import Core
from app.lab.paging import page_of_product
from app.lab.params import moment
from app.lab.request_check import Matched
from app.lab.rest_errors import Refused, not_found

HOST = "trusthub.twilio.com"


class AccountApi:
    """Tells of the account; it changes nothing about it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def answer(self, request: Request, matched: Matched) -> tuple[int, object]:
        """
        The account.

        Raises:
            Refused: it is another, or it is to be changed.
        """
        account = self._core.account
        if matched.ids["Sid"] != account.sid:
            raise not_found()
        if request.method != "GET":
            raise Refused(403, 20403, "The lab neither renames nor closes accounts")
        at = moment(self._core.now())
        return 200, {
            "sid": account.sid,
            "owner_account_sid": account.sid,
            "friendly_name": "An account of the lab",
            "auth_token": None,
            "status": account.status,
            "type": account.type,
            "date_created": at,
            "date_updated": at,
            "subresource_uris": {},
            "uri": f"/2010-04-01/Accounts/{account.sid}.json",
        }

    def balance(self, _: Request, __: Matched) -> tuple[int, object]:
        """
        What is left on the account.

        Raises:
            Refused: it is a subaccount, which has none of its own.
        """
        account = self._core.account
        if account.balance is None:
            raise not_found()
        amount, currency = account.balance
        return 200, {"account_sid": account.sid, "balance": amount, "currency": currency}

    def profiles(self, request: Request, _: Matched) -> tuple[int, object]:
        """
        The customer profiles, by status and policy.

        Raises:
            Refused: one is to be made, which a person does in the console.
        """
        if request.method != "GET":
            raise Refused(403, 20403, "The lab makes no customer profiles")
        status, policy = request.args.get("Status"), request.args.get("PolicySid")
        found = [
            profile
            for profile in self._core.account.profiles
            if status in {None, profile.status} and policy in {None, profile.policy}
        ]
        shown, around = page_of_product(request, HOST, "results", found)
        at = self._core.now().isoformat()
        return 200, {
            **around,
            "results": [
                {
                    "sid": profile.sid,
                    "account_sid": self._core.account.sid,
                    "policy_sid": profile.policy,
                    "friendly_name": "A profile of the lab",
                    "status": profile.status,
                    "email": "",
                    "status_callback": None,
                    "valid_until": None,
                    "date_created": at,
                    "date_updated": at,
                    "url": f"https://{HOST}/v1/CustomerProfiles/{profile.sid}",
                    "links": {},
                    "errors": None,
                }
                for profile in shown
            ],
        }

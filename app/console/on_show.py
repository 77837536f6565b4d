"""How to sign in to the demo: with accounts that everybody may know, and nothing else makes."""

from collections.abc import Mapping
from dataclasses import dataclass

from passlib.totp import TOTP

from routing.access import Office

# The address of each, and whose it is.  None of them can be an address of anybody's.
LOGINS: Mapping[str, str] = {
    "astrid@example.org": "behandlare, Hässelby-Vällingby",
    "bilal@example.org": "behandlare, Hässelby-Vällingby",
    "cecilia@example.org": "behandlare, Hässelby-Vällingby",
    "daniel@example.org": "behandlare, Järva",
    "elin@example.org": "behandlare, Järva",
    "farah@example.org": "behandlare, Järva",
    "gunilla@example.org": "chef, Hässelby-Vällingby",
    "henrik@example.org": "chef, Järva",
    "ombud@example.org": "dataskyddsombud, Järva",
    "admin@example.org": "administratör",
}
PEOPLE: Mapping[str, tuple[Office, str]] = {
    "astrid@example.org": (Office.THERAPIST, "t1"),
    "bilal@example.org": (Office.THERAPIST, "t2"),
    "cecilia@example.org": (Office.THERAPIST, "t3"),
    "daniel@example.org": (Office.THERAPIST, "t4"),
    "elin@example.org": (Office.THERAPIST, "t5"),
    "farah@example.org": (Office.THERAPIST, "t6"),
    "gunilla@example.org": (Office.MANAGER, "m1"),
    "henrik@example.org": (Office.MANAGER, "m2"),
    "ombud@example.org": (Office.REVIEWER, "ombud"),
    "admin@example.org": (Office.ADMINISTRATOR, "admin"),
}
PASSWORD = "bara på låtsas"  # noqa: S105 - it stands on the page
KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True, slots=True)
class HowToSignIn:
    """What stands on the demo's pages."""

    logins: Mapping[str, str]
    password: str
    code: str
    seconds: int  # for which the code still holds


def how_to_sign_in() -> HowToSignIn:
    """The code is the one of the moment, as the app on a telephone would show it."""
    token = TOTP(key=KEY).generate()
    return HowToSignIn(LOGINS, PASSWORD, token.token, int(token.remaining))

"""Which passkeys we take: kept by any device, found without a name, and opened by their person."""

from flask_security.core import UserMixin
from flask_security.webauthn_util import WebauthnUtil
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)


class OpenedByTheirPerson(WebauthnUtil):
    """
    A passkey stands in for the password and the code, and so its person is always verified.

    Source: Web Authentication level 2, sections 5.4.4 and 5.8.6.
    """

    def authenticator_selection(
        self, user: UserMixin, usage: str
    ) -> AuthenticatorSelectionCriteria:
        """A telephone's own key as well as one that is plugged in."""
        del user, usage
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )

    def user_verification(
        self, user: UserMixin | None, usage: list[str]
    ) -> UserVerificationRequirement:
        """By finger, face or code; that somebody touched the device is not enough."""
        del user, usage
        return UserVerificationRequirement.REQUIRED

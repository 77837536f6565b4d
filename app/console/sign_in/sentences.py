"""What the sign-in says, in our words: what happened, and what to do next."""

from collections.abc import Mapping


def N_(words: str) -> str:  # noqa: N802 - the name by which catalogues are made
    """Marks words that are looked up where they are shown."""
    return words


_EXPIRED = N_("It took too long. Begin again.")
_BAD_CODE = N_("The code is wrong, or has been used. Wait for the next one, and write that.")
_NO_PASSKEY = N_("The passkey could not be used. Try again, or sign in with a password and a code.")

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "GENERIC_AUTHN_FAILED": (N_("The address or the password is wrong. Try again."), "error"),
    "UNAUTHENTICATED": (N_("Sign in first."), "info"),
    "LOGIN": (N_("Sign in first."), "info"),
    "REAUTHENTICATION_REQUIRED": (N_("Show that it is you first."), "info"),
    "REAUTHENTICATION_SUCCESSFUL": (N_("Thank you. Go on."), "info"),
    "DISABLED_ACCOUNT": (N_("The account is closed. Ask the administrator."), "error"),
    "INVALID_PASSWORD": (N_("The password is wrong. Try again."), "error"),
    "PASSWORD_NOT_PROVIDED": (N_("Write the password."), "error"),
    "PASSWORD_INVALID_LENGTH": (
        N_("The password must have at least %(length)s characters."),
        "error",
    ),
    "RETYPE_PASSWORD_MISMATCH": (N_("The two are not the same. Write them again."), "error"),
    "PASSWORD_IS_THE_SAME": (N_("Choose another password than you had."), "error"),
    "PASSWORD_CHANGE": (N_("The password is changed."), "success"),
    "PASSWORD_RESET_NO_LOGIN": (N_("The password is kept. Sign in with it."), "success"),
    "PASSWORD_RESET_EXPIRED": (N_("The link does not work any more."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (N_("The link does not work any more."), "error"),
    "INVALID_CODE": (_BAD_CODE, "error"),
    "TWO_FACTOR_INVALID_TOKEN": (_BAD_CODE, "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (N_("You are signed in."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (N_("The app is set up."), "success"),
    "TWO_FACTOR_PERMISSION_DENIED": (_EXPIRED, "error"),
    "TWO_FACTOR_SETUP_EXPIRED": (_EXPIRED, "error"),
    "INVALID_RECOVERY_CODE": (
        N_("No such code is left. Each works once. Write another."),
        "error",
    ),
    "NO_RECOVERY_CODES_SETUP": (N_("You have made none yet."), "info"),
    "WEBAUTHN_EXPIRED": (_EXPIRED, "error"),
    "WEBAUTHN_NAME_REQUIRED": (N_("Write what to call it."), "error"),
    "WEBAUTHN_NAME_INUSE": (N_("You have one with that name. Choose another."), "error"),
    "WEBAUTHN_NAME_NOT_FOUND": (N_("You have none with that name."), "error"),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (N_("Use only letters and figures."), "error"),
    "WEBAUTHN_REGISTER_SUCCESSFUL": (N_("The passkey %(name)s is added."), "success"),
    "WEBAUTHN_CREDENTIAL_DELETED": (N_("The passkey %(name)s is removed."), "info"),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": (N_("That device has a passkey here already."), "error"),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (_NO_PASSKEY, "error"),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": (_NO_PASSKEY, "error"),
    "WEBAUTHN_NO_VERIFY": (_NO_PASSKEY, "error"),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": (_NO_PASSKEY, "error"),
    "WEBAUTHN_MISMATCH_USER_HANDLE": (_NO_PASSKEY, "error"),
    "IDENTITY_NOT_REGISTERED": (
        N_("You have no account here. Ask the administrator of the service for one."),
        "error",
    ),
    "API_ERROR": (N_("It could not be done. Try again."), "error"),
}


def settings() -> dict[str, tuple[str, str]]:
    """The sentences under the names that Flask-Security reads."""
    return {f"SECURITY_MSG_{name}": said for name, said in _SENTENCES.items()}

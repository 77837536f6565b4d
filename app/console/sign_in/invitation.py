"""The link by which somebody chooses a password: signed, for three days, and for once."""

from urllib.parse import quote

from flask import Flask
from flask_security.recoverable import generate_reset_password_token

from app.console.sign_in.users import User
from app.store.accounts import Account


def invitation(public_url: str, account: Account) -> str:
    """
    The whole address, made within a request of the console.

    It stops working when the password is set, or the account is reset.
    """
    token = generate_reset_password_token(User(account, []))  # type: ignore[no-untyped-call]
    return f"{public_url}/invited/{quote(token)}"


def invitation_from(console: Flask, public_url: str, account: Account) -> str:
    """The same, for a command."""
    with console.test_request_context():
        return invitation(public_url, account)

"""Our accounts as Flask-Security knows users: its names for our columns, and nothing kept twice."""

from dataclasses import asdict
from typing import Any

from flask import has_request_context, request
from flask_security.core import UserMixin, WebAuthnMixin
from flask_security.datastore import UserDatastore
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from passlib.exc import UsedTokenError

from app.console.site import Site
from app.store import accounts
from app.store.accounts import Account, Passkey
from app.store.database import reading

_BY_THE_CITY = "security.oauthresponse"
_COLUMN = {
    "id": "id",
    "email": "login",
    "fs_uniquifier": "stamp",
    "fs_webauthn_user_handle": "passkey_handle",
}


def _kept(name: str) -> Any:  # noqa: ANN401 - a property, which has no useful type
    """A property that stands for the account's own *name*."""

    def get(self: "User") -> object:
        return getattr(self.account, name)

    def put(self: "User", value: object) -> None:
        setattr(self.account, name, value)

    return property(get, put)


class User(UserMixin):
    """Whoever signs in; what is changed here is changed in the account."""

    def __init__(self, account: Account, keys: list["Key"]) -> None:
        self.account = account
        self.before = asdict(account)  # what is saved is what was changed since
        self.webauthn: list[Any] = list(keys)
        self.roles: list[Any] = []  # an account's office is not a role that pages ask for

    id = _kept("id")
    email = _kept("login")
    password = _kept("password")
    active = _kept("active")
    fs_uniquifier = _kept("stamp")
    fs_webauthn_user_handle = _kept("passkey_handle")
    tf_primary_method = _kept("second_factor")
    tf_totp_secret = _kept("totp_secret")
    mf_recovery_codes = _kept("recovery_codes")
    tf_phone_number = None
    username = None

    def check_tf_required(
        self,
        tf_setup_methods: list[tuple[str, str]],
        tf_fresh: bool,  # noqa: FBT001 - the library's own signature
    ) -> tuple[bool, list[tuple[str, str]]]:
        """Everybody needs a second factor; the city's own sign-in has asked for one already."""
        if has_request_context() and request.endpoint == _BY_THE_CITY:
            return False, tf_setup_methods
        return super().check_tf_required(tf_setup_methods, tf_fresh)


class Key(WebAuthnMixin):
    """A passkey."""

    def __init__(self, passkey: Passkey) -> None:
        self.__dict__.update(
            {name: value for name, value in vars(passkey).items() if name != "used_at"}
        )
        self.lastuse_datetime = passkey.used_at

    def get_user_mapping(self) -> dict[str, Any]:
        return {"id": self.__dict__["account"]}

    def passkey(self) -> Passkey:
        """As it is to be kept."""
        values = {**vars(self), "used_at": self.lastuse_datetime}
        del values["lastuse_datetime"]
        return Passkey(**values)


class Accounts(UserDatastore):
    """
    Finds and keeps users.

    What is put is written at once, in a transaction of its own: a page's work is in another.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        super().__init__(User, type(None), Key)  # type: ignore[arg-type] # there are no roles

    def find_user(
        self,
        case_insensitive: bool = False,  # noqa: FBT001, FBT002 - the library's own signature
        **kwargs: Any,  # noqa: ANN401
    ) -> User | None:
        ((name, value),) = kwargs.items()
        if case_insensitive or name == "email":
            value = str(value).lower()
        with reading(self._site.engine) as connection:
            account = accounts.find(connection, **{_COLUMN[name]: value})
            if account is None:
                return None
            return User(account, [Key(one) for one in accounts.passkeys_of(connection, account.id)])

    def find_webauthn(self, credential_id: bytes) -> Key | None:
        with reading(self._site.engine) as connection:
            found = accounts.passkey(connection, credential_id)
        return None if found is None else Key(found)

    def create_webauthn(self, user: User, credential_id: bytes, **kwargs: Any) -> None:  # type: ignore[override] # noqa: ANN401
        from flask_security.proxies import _security  # noqa: PLC0415 - as the library does

        now = _security.datetime_factory()
        made = {"made_at": now, "used_at": now, **kwargs}
        with self._site.engine.begin() as connection:
            accounts.add_passkey(connection, account=user.id, credential_id=credential_id, **made)

    def put(self, model: User | Key) -> User | Key:
        with self._site.engine.begin() as connection:
            if isinstance(model, Key):
                accounts.save_passkey(connection, model.passkey())
            else:
                accounts.save(connection, model.account, model.before)
                model.before = asdict(model.account)
        return model

    def delete(self, model: Key) -> None:
        with self._site.engine.begin() as connection:
            accounts.remove_passkey(connection, model.__dict__["id"])

    def commit(self) -> None:
        """Nothing is left to do; see the class."""


def once_only(site: Site) -> type[Totp]:
    """Six-digit codes, of which none works a second time (RFC 6238, section 5.2)."""

    class OnceOnly(Totp):
        def get_last_counter(self, user: UserMixin) -> int | None:
            return user.account.totp_counter if isinstance(user, User) else None

        def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:  # noqa: ANN401 - libpass's own
            with site.engine.begin() as connection:
                if not accounts.take_code(connection, user.id, tmatch.counter):
                    raise UsedTokenError(expire_time=tmatch.expire_time)
            if isinstance(user, User):
                user.account.totp_counter = user.before["totp_counter"] = tmatch.counter

    return OnceOnly


def each_once(site: Site) -> type[MfRecoveryCodesUtil]:
    """Recovery codes, of which two requests at the same moment cannot both use one."""

    class EachOnce(MfRecoveryCodesUtil):
        def check_recovery_code(self, user: UserMixin, code: str) -> bool:
            """Whether it is one of hers; it is used up by that."""
            for sealed in user.mf_recovery_codes or ():
                if self._decrypt_codes([sealed]) == [code]:
                    with site.engine.begin() as connection:
                        return accounts.take_recovery_code(connection, user.id, sealed)
            return False

        def delete_recovery_code(self, user: UserMixin, code: str) -> bool:
            """It was used when it was looked at."""
            del user, code
            return True

    return EachOnce

"""What every page is made with: the parts of the process, who is signed in, and the one gate."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, NoReturn

import sqlalchemy as sa
from flask import Blueprint, Response, abort, has_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.duty.gate import Gate, NotAllowed
from app.duty.reach import reach
from app.settings import Settings
from app.store.database import reading
from app.store.fields import FieldCipher
from app.store.mirror import Mirror
from app.store.replica import Replica
from app.store.rights import NOBODY, Scope, narrowed
from app.telephony.exchange import Exchange
from routing.access import Office, Viewer
from routing.errors import Unavailable
from routing.ids import TherapistId
from routing.organisation import Organisation

View = Callable[..., ResponseReturnValue]

STAFF = frozenset({Office.THERAPIST, Office.MANAGER})
EVERYBODY = frozenset(Office)
_SCOPE = "beredskap.scope"  # what is found out of a request, and goes with it


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of one process that pages use; of *engine* they get what the viewer may see."""

    engine: sa.Engine
    cipher: FieldCipher
    mirror: Mirror
    exchange: Exchange
    settings: Settings
    clock: Callable[[], datetime]
    replica: Replica | None = None  # figures are counted there

    def __post_init__(self) -> None:
        # Here, so that no console can be made without it, and no page forget it.
        object.__setattr__(self, "engine", _of_the_viewer(self.engine))
        if self.replica is not None:
            object.__setattr__(self, "replica", self.replica.through(_of_the_viewer))

    def now(self) -> datetime:
        return self.clock()

    @property
    def organisation(self) -> Organisation:
        """Raises Unavailable where none was ever loaded."""
        return self.mirror.picture.organisation

    def viewer(self) -> Viewer:
        """
        Who is signed in; the employer is the organisation's word, and not the account's.

        From here on the database shows this request what is the viewer's, and before it nothing.

        Raises:
            werkzeug.exceptions.Forbidden: the person is no longer in the organisation.
        """
        viewer = self._viewer()
        try:
            picture = self.mirror.picture
        except Unavailable:
            scope = Scope(viewer=viewer.id)
        else:
            scope = reach(viewer, picture.organisation, picture.rotas, self.now())
        request.environ[_SCOPE] = scope
        return viewer

    def _viewer(self) -> Viewer:
        account = current_user.account
        office = Office(account.office)
        person: Any = None
        match office:
            case Office.THERAPIST:
                person = self.organisation.therapists.get(TherapistId(account.person))
            case Office.MANAGER:
                known = self.organisation.managers
                person = next((one for one in known if one.id == account.person), None)
            case Office.REVIEWER | Office.ADMINISTRATOR:
                return Viewer(account.person, office, account.district)
        if person is None:
            abort(403)
        return Viewer(person.id, office, person.district)

    @contextmanager
    def gate(self) -> Iterator[Gate]:
        """
        The gate for whoever is signed in; leaving it normally commits, by an exception rolls back.

        Only that somebody was turned away is kept all the same: the reading log is to show it.
        """
        viewer = self.viewer()
        with self.engine.connect() as connection, connection.begin() as transaction:
            try:
                yield Gate(connection, self.cipher, self.organisation, viewer, self.now())
            except NotAllowed:
                transaction.commit()
                raise

    @contextmanager
    def look(self) -> Iterator[Gate]:
        """
        The gate for what nobody keeps a trace of, such as the rota: it only reads.

        What is worked out meanwhile keeps no lock from those who write down calls.
        """
        viewer = self.viewer()
        with reading(self.engine) as connection:
            yield Gate(connection, self.cipher, self.organisation, viewer, self.now())


class Pages(Blueprint):
    """
    One part's pages.  No address can be made without saying who may open it.

    Whoever is not signed in is sent to the sign-in, and whoever has another office is turned away.
    """

    def __init__(self, name: str, site: Site) -> None:
        super().__init__(name, __name__, template_folder="templates")
        self._site = site

    def get(  # type: ignore[override] # on purpose: it asks for more
        self,
        rule: str,
        *,
        offices: Collection[Office],
        **options: Any,  # noqa: ANN401 - Flask's own
    ) -> Callable[[View], View]:
        """A page, for those of *offices*; it changes nothing."""
        return self._guarded(rule, "GET", offices, options)

    def post(  # type: ignore[override] # as above
        self,
        rule: str,
        *,
        offices: Collection[Office],
        **options: Any,  # noqa: ANN401 - Flask's own
    ) -> Callable[[View], View]:
        """Something to do, for those of *offices*."""
        return self._guarded(rule, "POST", offices, options)

    def route(self, rule: str, **_: object) -> NoReturn:
        """Raises TypeError: it would leave open whose the page is."""
        raise TypeError(f"{rule}: say who may open it, with get() or post()")

    def _guarded(
        self, rule: str, method: str, offices: Collection[Office], options: dict[str, Any]
    ) -> Callable[[View], View]:
        allowed = frozenset(offices)

        def put(view: View) -> View:
            @wraps(view)
            def guarded(**values: str) -> ResponseReturnValue:
                if not current_user.is_authenticated:
                    return signed_out()
                if self._site.viewer().office not in allowed:
                    abort(403)
                return view(**values)

            guarded.offices = allowed  # type: ignore[attr-defined] # what the tests walk by
            self.add_url_rule(rule, view_func=guarded, methods=[method], **options)
            return view

        return put


def _of_the_viewer(engine: sa.Engine) -> sa.Engine:
    return narrowed(engine, _scope)


def _scope() -> Scope:
    """What the database shows the request at hand; outside of one nobody is signed in."""
    scope: Scope = request.environ.get(_SCOPE, NOBODY) if has_request_context() else NOBODY
    return scope


def signed_out() -> ResponseReturnValue:
    """To the sign-in, and back again; what a script asked for says so by its status instead."""
    if "HX-Request" in request.headers or request.headers.get("Accept") == "application/json":
        return Response(status=401)
    back = request.path if request.method == "GET" else None
    return redirect(url_for("security.login", next=back), 303)

"""`/threads/<id>`: what somebody has written to the line, and the answer."""

from collections.abc import Mapping

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import contact_words as words
from app.console.drafts import opened_at
from app.console.handover_words import as_written, person
from app.console.site import Pages, Site
from app.duty import conversation as service
from app.duty import tonight_drafts as drafts
from app.duty.conversation import NotAnswerable, Shown
from app.duty.tonight_drafts import SentMeanwhile
from routing.access import Office
from routing.errors import InvalidInput
from routing.ids import ThreadId
from routing.segments import LONGEST

_THERAPIST = frozenset({Office.THERAPIST})


def conversation_pages(site: Site) -> Pages:
    """One thread, the part of it that renews itself, and answering."""
    pages = Pages("conversation", site)

    @pages.get("/threads/<thread_id>", offices=_THERAPIST)
    def conversation(thread_id: str) -> ResponseReturnValue:
        thread = ThreadId(thread_id)
        with site.gate() as gate:
            shown = service.show(gate, thread)
            kept = drafts.draft(gate, f"reply:{thread}")
        typed = {} if kept is None else kept.fields
        saved_at = None if kept is None else kept.saved_at
        return render_template(
            "conversation/conversation.html",
            typed=typed,
            saved_at=saved_at,
            problem="",
            **_around(site, shown),
        )

    @pages.get("/threads/<thread_id>/texts", offices=_THERAPIST)
    def renewed(thread_id: str) -> ResponseReturnValue:
        if "HX-Request" not in request.headers:
            return redirect(url_for("conversation.conversation", thread_id=thread_id), 303)
        with site.gate() as gate:
            shown = service.show(gate, ThreadId(thread_id), again=True)
        around = _around(site, shown)
        if request.args.get("seen") == around["version"]:
            return Response(status=204)
        return render_template("conversation/_texts.html", renewed=True, **around)

    @pages.post("/threads/<thread_id>/reply", offices=_THERAPIST)
    def reply(thread_id: str) -> ResponseReturnValue:
        thread, body = ThreadId(thread_id), request.form.get("body", "")
        try:
            with site.gate() as gate:
                service.answer(gate, thread, body, opened_at(request.form, gate.now))
        except InvalidInput:
            problem = _(
                "Write something, at most %(most)d characters. Nothing has been sent.", most=LONGEST
            )
        except NotAnswerable:
            problem = _("Nothing can be sent here any more. Nothing has been sent.")
        except SentMeanwhile:
            problem = _(
                "An answer of yours was sent after you opened this page. Look above, and send "
                "once more if this one is to go out too."
            )
        else:
            flash(_("Your answer is on its way."))
            return redirect(url_for("conversation.conversation", thread_id=thread), 303)
        with site.gate() as gate:
            shown = service.show(gate, thread)
        page = render_template(
            "conversation/conversation.html",
            typed={"body": body},
            saved_at=None,
            problem=problem,
            **_around(site, shown),
        )
        return page, 422

    return pages


def _around(site: Site, shown: Shown) -> Mapping[str, object]:
    thread, now = shown.thread, site.now()
    fates = [str(one.fate) for one in shown.said]
    return {
        "shown": shown,
        "thread": thread,
        "version": f"{len(shown.said)}-{'-'.join(fates)}-{shown.is_hers}-{shown.is_open}",
        "now": now,
        "longest": LONGEST,
        "fates": words.FATES,
        "written": as_written,
        "who": words.who(site.organisation, thread.caller),
        "name_of_holder": person(site.organisation, thread.holder) if thread.holder else "",
    }

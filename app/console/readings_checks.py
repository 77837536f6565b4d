"""`/readings/checks`: each month's sample of the reading log, to go through and to sign."""

from collections.abc import Mapping
from datetime import date, datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console.readings_words import words_of, written
from app.console.site import Pages, Site
from app.review import readings_sample
from app.review.readings_sample import LONGEST_REMARK, OwnReadings
from routing.access import Office
from routing.errors import Conflict, InvalidInput, NotFound

_REVIEWERS = frozenset({Office.MANAGER, Office.REVIEWER})


def check_pages(pages: Pages, site: Site) -> None:
    """Add them to *pages*."""

    @pages.get("/readings/checks", offices=_REVIEWERS)
    def checks() -> str:
        with site.gate() as gate:
            months = readings_sample.months(gate)
        return render_template(
            "readings/checks.html",
            months=months,
            **words_of(site.organisation),
        )

    @pages.get("/readings/checks/<month>", offices=_REVIEWERS)
    def check(month: str) -> str:
        return _check(site, _month(month))

    @pages.post("/readings/checks/<month>/draw", offices=_REVIEWERS)
    def draw(month: str) -> ResponseReturnValue:
        with site.gate() as gate:
            readings_sample.draw(gate, _month(month))
        return redirect(url_for("readings.check", month=month), 303)

    @pages.post("/readings/checks/<month>/sign", offices=_REVIEWERS)
    def sign(month: str) -> ResponseReturnValue:
        first, remark = _month(month), request.form.get("remark", "")
        try:
            with site.gate() as gate:
                readings_sample.sign(gate, first, remark)
        except InvalidInput:
            said = _(
                "The remark is too long. Write %(most)d characters at most.", most=LONGEST_REMARK
            )
            return _check(site, first, remark, {"remark": said}), 422
        except OwnReadings as err:
            return _check(site, first, remark, {"sign": _left_to(err.office)}), 422
        except Conflict:
            said = _("It is signed already, or not drawn yet. See below how it is now.")
            return _check(site, first, remark, {"sign": said}), 422
        flash(_("You have signed the check of %(month)s.", month=written(first)))
        return redirect(url_for("readings.checks"), 303)


def _check(
    site: Site, month: date, remark: str = "", problems: Mapping[str, str] | None = None
) -> str:
    with site.gate() as gate:
        review = readings_sample.review(gate, month)
    return render_template(
        "readings/check.html",
        review=review,
        month=month,
        month_in_words=written(month),
        left_to="" if review.left_to is None else _left_to(review.left_to),
        remark=remark,
        problems_=problems or {},
        longest=LONGEST_REMARK,
        most_flagged=readings_sample.MOST_FLAGGED,
        by_chance=readings_sample.BY_CHANCE,
        **words_of(site.organisation),
    )


def _month(text: str) -> date:
    try:
        return datetime.strptime(f"{text}-01 +0000", "%Y-%m-%d %z").date()
    except ValueError:
        raise NotFound("there is no such month") from None


def _left_to(office: Office) -> str:
    if office is Office.MANAGER:
        return _(
            "What you have read yourself is among these rows. A manager of the district must go "
            "through them and sign."
        )
    return _(
        "What you have read yourself is among these rows. The data protection officer must go "
        "through them and sign."
    )

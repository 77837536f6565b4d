"""What the doctor says of the rota, and of those who stand in it."""

from collections.abc import Mapping

from app.console.doctor_sentence import N_, Words

PEOPLE: Mapping[str, Words] = {
    "no_fallback": Words(
        N_("The line %(line)s has no fallback: where nobody answers, callers hear words only."),
        N_("Give it one in the organisation file."),
    ),
    "fallback_closed": Words(
        N_(
            "All fallbacks of %(line)s are closed from %(start)s to %(end)s, while the line is "
            "open: the first of %(count)s such times in the coming fortnight."
        ),
        N_("Give the line a fallback without hours in the organisation file."),
    ),
    "no_office": Words(
        N_(
            "The district %(district)s has no office number, so its callers reach the fallback "
            "of %(line)s when that is closed."
        ),
        N_("Give it one in the organisation file, or set closed to fallback."),
    ),
    "nobody_first": Words(
        N_(
            "Nobody is first on standby on %(line)s from %(start)s to %(end)s: the first of "
            "%(count)s such times in the coming fortnight."
        ),
        N_(
            "Put somebody in position 1; `beredskap rota check --line %(line)s` lists every "
            "such time."
        ),
    ),
    "nobody_behind": Words(
        N_(
            "A position behind the first is empty, or two have one, on %(line)s from "
            "%(start)s to %(end)s: the first of %(count)s such times in the coming fortnight."
        ),
        N_("Look at the rota of that time: `beredskap rota check --line %(line)s`."),
    ),
    "cannot_be_rung": Words(
        N_(
            "%(therapist)s is on standby on %(line)s from %(start)s to %(end)s, the first of "
            "%(count)s such times, and may not or cannot be rung for every district."
        ),
        N_(
            "Put somebody else there, or see to her number, her dates and the mandates; "
            "`beredskap rota check --line %(line)s` says which it is."
        ),
    ),
    "district_unheard": Words(
        N_(
            "Nobody of those on standby on %(line)s may be rung for callers of %(district)s "
            "from %(start)s to %(end)s: the first of %(count)s such times in the coming "
            "fortnight."
        ),
        N_(
            "Put somebody there whom the district employs, or load its mandate for the staff of"
            " the other: `beredskap load`."
        ),
    ),
    "rota_odd": Words(
        N_(
            "%(therapist)s is twice on standby on %(line)s from %(start)s to %(end)s: the first"
            " of %(count)s such times."
        ),
        N_("Look at the rota of that time: `beredskap rota check --line %(line)s`."),
    ),
    "opted_out_on_duty": Words(
        N_(
            "%(therapist)s is on standby on %(line)s from %(start)s to %(end)s, the first of "
            "%(count)s such times, and has sent STOP: no text reaches her, and she is called "
            "about each."
        ),
        N_("Have her send START to the line."),
    ),
    "mandate_ends": Words(
        N_(
            "The mandate %(reference)s of %(principal)s for the staff of %(staff)s ends on "
            "%(last)s, and no other follows."
        ),
        N_(
            "Have the board decide, put the new mandate into the organisation file, and run "
            "`beredskap load` before that day."
        ),
    ),
    "no_phone": Words(
        N_("%(therapist)s has no telephone number, and so cannot be rung."),
        N_("Give her one in the organisation file, and run `beredskap load`."),
    ),
    "opted_out": Words(
        N_("%(therapist)s has sent STOP to the line, so no notice reaches her by text."),
        N_("Have her send START to the line."),
    ),
    "texts_fail": Words(
        N_("The last %(count)s texts to %(therapist)s did not arrive, the latest of %(last)s."),
        N_("Call her from another telephone, and put her number right in the organisation file."),
    ),
    "phone_fails": Words(
        N_(
            "The last %(count)s calls to %(therapist)s could not be put through, the latest "
            "%(last)s."
        ),
        N_("Call her number from another telephone, and put it right in the organisation file."),
    ),
    "check_in_silent": Words(
        N_(
            "%(therapist)s was called before her last %(count)s duties, and pressed no key, the"
            " last time before that of %(last)s."
        ),
        N_(
            "Ask her whether the line's number is let through on her telephone, and put her "
            "number right in the organisation file."
        ),
    ),
}

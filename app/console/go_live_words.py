"""
The words of the list before going live.

`beredskap go-live` has it in Swedish, or in English as it stands here.
"""

from collections.abc import Mapping

from app.review.go_live import Part

N_ = str  # marks words that are translated where they are shown

HEADINGS: Mapping[Part, str] = {
    Part.SERVICE: N_("The service"),
    Part.LINES: N_("Lines"),
    Part.DISTRICTS: N_("District administrations"),
    Part.MANDATES: N_("Mandates"),
    Part.THERAPISTS: N_("Therapists"),
    Part.DECISIONS: N_("Decisions and documents"),
    Part.CARRIER: N_("The account at Twilio"),
    Part.OPERATION: N_("Operation"),
    Part.TESTS: N_("Tests with real telephones"),
    Part.PEOPLE: N_("People"),
    Part.CHANGEOVER: N_("The changeover"),
}

TITLE = N_("Before going live")
SUMMARY = N_(
    "%(right)s of %(count)s checks are right (✓), %(wrong)s are wrong (✗), and of %(unknown)s "
    "nothing is known (?); seen on %(on)s."
)
UNSEEN = N_("Not looked at, because of")
CHECKED = N_("What the system has checked")
BY_HAND = N_("What only a person can do")
WHO_WHEN = N_("who: ____________ date: __________")
AGAIN = N_(
    "Run `beredskap go-live` again after each change; `beredskap doctor` says the same of "
    "the service."
)
HOLIDAY = N_("public holidays")
EVE = N_("eves")

WORDS: Mapping[str, str] = {
    "settings": N_("The settings."),
    "front": N_("The public address and its certificate."),
    "database": N_("The database and its tables."),
    "keys": N_("Every sealed value opens with a key in DATA_KEYS."),
    "disk": N_("The disk and the last good picture."),
    "clock": N_("The clock and what it does."),
    "fallback_copy": N_("The fallback's document outside the service."),
    "webhooks": N_("Requests are signed with a token that is known here."),
    "no_webhook": N_(
        "The carrier has asked nothing for two days, so nobody knows how it signs: call the line."
    ),
    "account": N_("What can be seen of the account at Twilio."),
    "mail": N_("Mail."),
    "no_backup": N_("No backup has been made: `beredskap backup FILE`."),
    "last_backup": N_("The last backup."),
    "backup": N_("The last backup was made on %(on)s."),
    "administrator": N_("An account of an administrator (`beredskap user add`)."),
    "other": N_("What else was found."),
    "line_number": N_("%(line)s (%(name)s): the number leads here, for calls and texts."),
    "line_fallback": N_("%(line)s (%(name)s): somebody else is rung when nobody answers."),
    "line_rota": N_("%(line)s (%(name)s): the rota of the coming fortnight."),
    "line_canary": N_("%(line)s (%(name)s): the daily test call (`beredskap canary`)."),
    "line_check_in": N_(
        "%(line)s (%(name)s): whoever is to be on standby is asked before the duty."
    ),
    "line_other": N_("%(line)s (%(name)s): what else was found."),
    "handover": N_("%(district)s: handover at %(at)s on weekdays, %(count)s receive it."),
    "manager": N_("%(district)s: a manager who can be told."),
    "reviewer": N_("%(district)s: an account of somebody who reviews the reading log."),
    "mandate": N_("%(staff)s's therapists for %(principal)s: %(reference)s, until %(last)s."),
    "mandate_open": N_("%(staff)s's therapists for %(principal)s: %(reference)s, without an end."),
    "no_mandate": N_("%(staff)s's therapists for %(principal)s: no mandate in force."),
    "phone": N_("%(therapist)s: the telephone can be rung and written to."),
    "confirmed": N_("%(therapist)s: answered a check-in on %(on)s."),
    "unconfirmed": N_("%(therapist)s: has never answered a check-in."),
    "decided": N_(
        "%(district)s: the board has decided on the mandate, and it stands in the "
        "organisation file."
    ),
    "assessed": N_(
        "%(district)s: the impact assessment is signed, and the data protection officer has "
        "been heard."
    ),
    "recorded": N_("%(district)s: the processing stands in the record of processing."),
    "terms": N_("%(district)s: the retention plan is decided and agrees with [retention]."),
    "log_review": N_("%(district)s: the routine for log review is decided, and somebody is named."),
    "told": N_("%(district)s: the information to callers is published."),
    "hours": N_("%(line)s (%(name)s): the hours are decided: %(hours)s."),
    "agreement": N_(
        "The data processor agreements are signed: with Twilio, and with whoever runs the service."
    ),
    "region": N_("The region at Twilio is chosen, and transfers to third countries are assessed."),
    "classification": N_("The information is classified, and the security measures are decided."),
    "unions": N_(
        "The rota's terms are negotiated with the unions, and the working-time figures agree."
    ),
    "accessible": N_("The statement on accessibility is completed and published."),
    "profile": N_(
        "The account's business customer profile is approved: else two or three calls are all "
        "it takes."
    ),
    "bundle": N_("%(line)s (%(name)s): the regulatory bundle for the Swedish number is approved."),
    "two_people": N_("Two people can sign in at Twilio, each with a second factor."),
    "money": N_("The balance is filled up by itself, and somebody gets the warnings."),
    "opt_outs": N_("The answers to STOP, START and HELP are in Swedish, in Twilio's console."),
    "countries": N_(
        "Calls and texts are allowed to the countries that are needed, and to no other."
    ),
    "observed": N_("The ten open behaviours are observed on a spare number: `beredskap observe`."),
    "keys_apart": N_("DATA_KEYS and SECRET_KEY are kept in two places, apart from the backups."),
    "keys_second": N_("Two people know how to get at the keys at night."),
    "drill": N_("A backup has been restored into an empty database and read."),
    "head_kept": N_("Somebody keeps the daily check value of the reading log."),
    "alarms": N_("Somebody is woken by the alarm on /readyz and by `beredskap doctor`."),
    "proxy": N_("A proxy with https stands in front, and reads whole requests."),
    "incidents": N_("The incident routine is decided, with names and numbers."),
    "call_telia": N_("%(line)s (%(name)s): a call from Telia's network."),
    "call_tele2": N_("%(line)s (%(name)s): a call from Tele2 or Comviq."),
    "call_telenor": N_("%(line)s (%(name)s): a call from Telenor's network."),
    "call_tre": N_("%(line)s (%(name)s): a call from Tre's network."),
    "call_prepaid": N_("%(line)s (%(name)s): a call from a prepaid card."),
    "call_landline": N_("%(line)s (%(name)s): a call from a landline."),
    "call_withheld": N_("%(line)s (%(name)s): a call with the number withheld."),
    "call_abroad": N_("%(line)s (%(name)s): a call from abroad."),
    "text_telia": N_("%(line)s (%(name)s): a text from Telia's network, and the answer."),
    "text_tele2": N_("%(line)s (%(name)s): a text from Tele2 or Comviq, and the answer."),
    "text_telenor": N_("%(line)s (%(name)s): a text from Telenor's network, and the answer."),
    "text_tre": N_("%(line)s (%(name)s): a text from Tre's network, and the answer."),
    "greeting": N_(
        "%(line)s (%(name)s): a native speaker has listened to everything in the language "
        "%(language)s."
    ),
    "fallback_answers": N_(
        "%(line)s (%(name)s): the numbers to fall back on (%(count)s) were called, and answered, "
        "at night too."
    ),
    "fallback_away": N_(
        "%(line)s (%(name)s): with the service stopped, a call reached the fallback."
    ),
    "trained": N_("Therapists, managers and reviewers have been trained, and have signed in once."),
    "codes": N_("Every therapist has a code for calling back, and knows STOP and START."),
    "families": N_("The youths have been told: what the line is, and what is kept of it."),
    "guardians": N_("The guardians have been told, each by themselves."),
    "languages": N_("Interpreters and languages: who is called, and when."),
    "rehearsal": N_("A whole evening and night has been rehearsed, handover meeting included."),
    "rollback": N_(
        "The way back is written down and tried: where calls go if the service is taken away."
    ),
    "decides": N_("It is decided who says yes on the day, and who may stop it."),
    "first_week": N_("Somebody looks at every call of the first week, each morning."),
}

"""What the doctor says of what others keep for us: carrier, proxy, mail, and the fallback."""

from collections.abc import Mapping

from app.console.doctor_sentence import N_, Words

OUTSIDE: Mapping[str, Words] = {
    "fallback_differs": Words(
        N_(
            "What stands at FALLBACK_URL for %(line)s is not what `beredskap fallback-twiml` "
            "prints now."
        ),
        N_("Print it anew with `beredskap fallback-twiml --line %(line)s`, and host that instead."),
    ),
    "fallback_unreadable": Words(
        N_("What stands at FALLBACK_URL for %(line)s cannot be read: %(reason)s."),
        N_("See to whoever hosts it: when this service is away, callers depend on it."),
    ),
    "carrier_unasked": Words(
        N_("The carrier could not be asked how the number of %(line)s is set up."),
        N_("Run this again when the carrier answers."),
    ),
    "carrier_refuses_us": Words(
        N_(
            "The carrier does not know TWILIO_AUTH_TOKEN as a token of TWILIO_ACCOUNT_SID: "
            "nothing can be sent, and its own requests may be refused."
        ),
        N_(
            "Copy both from the first page of Twilio's console, the account's own and not a "
            "test's or a key's, and start the service again."
        ),
    ),
    "number_not_ours": Words(
        N_("The account at the carrier does not have the number of %(line)s."),
        N_(
            "Compare the number in the organisation file, and TWILIO_ACCOUNT_SID, with the account."
        ),
    ),
    "number_diverted": Words(
        N_(
            "The number of %(line)s is given to an application or a trunk at the carrier, so "
            "its own addresses are not asked."
        ),
        N_(
            "Take the application or trunk off the number in Twilio's console, and run "
            "`beredskap provision`."
        ),
    ),
    "number_unable": Words(
        N_("The number of %(line)s cannot take both calls and texts at the carrier."),
        N_("Use a number that can, or have the carrier give it the ability."),
    ),
    "number_in_service": Words(
        N_(
            "The number of %(line)s is in a messaging service at the carrier that sends its texts "
            "elsewhere."
        ),
        N_("Run `beredskap provision`, which says what it would take over."),
    ),
    "number_text_fallback": Words(
        N_("The carrier has a fallback address for texts to %(line)s, which nobody of ours keeps."),
        N_("Run `beredskap provision`: a text that we miss waits at the carrier and is fetched."),
    ),
    "number_voice": Words(
        N_("The carrier does not ask us when somebody calls %(line)s."),
        N_(
            "Run `beredskap provision`, "
            "or set the number's address for calls to %(address)s, with POST."
        ),
    ),
    "number_text": Words(
        N_("The carrier does not tell us when somebody writes to %(line)s."),
        N_(
            "Run `beredskap provision`, "
            "or set the number's address for messages to %(address)s, with POST."
        ),
    ),
    "number_status": Words(
        N_("The carrier does not tell us when a call to %(line)s is over."),
        N_(
            "Run `beredskap provision`, "
            "or set the number's address for call status to %(address)s, with POST."
        ),
    ),
    "number_fallback": Words(
        N_("The carrier has another fallback address for %(line)s than FALLBACK_URL."),
        N_(
            "Run `beredskap provision`, "
            "or set the number's fallback address for calls to %(address)s, with GET."
        ),
    ),
    "account_stopped": Words(
        N_("The account at the carrier is %(standing)s, so every call is turned away."),
        N_("Ask the carrier why: most often a bill is not paid."),
    ),
    "account_trial": Words(
        N_(
            "The account at the carrier is a trial: it reaches only numbers that were verified,"
            " and speaks a message of its own first."
        ),
        N_("Upgrade it in Twilio's console, and have its business profile approved."),
    ),
    "account_unapproved": Words(
        N_(
            "The carrier has approved no business profile for the account: it may carry two or "
            "three calls at once, and one caller with a therapist is two."
        ),
        N_(
            "Have a Primary Customer Profile of the type Business approved in Twilio's Trust "
            "Hub, which takes days."
        ),
    ),
    "balance_low": Words(
        N_(
            "The account at the carrier has %(amount)s %(currency)s left; when that is gone, "
            "every call is turned away."
        ),
        N_("Pay in, and let the account fill itself up in Twilio's console under Billing."),
    ),
    "clock_differs": Words(
        N_("Our clock and the carrier's are %(seconds)s seconds apart."),
        N_(
            "Let the machine set its clock by the network: `timedatectl set-ntp true`, then "
            "`timedatectl timesync-status`."
        ),
    ),
    "front_away": Words(
        N_(
            "PUBLIC_URL cannot be reached from here: %(reason)s; from outside it may be another"
            " matter."
        ),
        N_(
            "Try %(address)s from a telephone that is not on this network; if it does not "
            "answer there, see to the proxy and its name."
        ),
    ),
    "certificate_bad": Words(
        N_(
            "The certificate at PUBLIC_URL is not good: %(reason)s; the carrier turns away and "
            "callers reach the fallback."
        ),
        N_(
            "Have the proxy fetch a new one and serve it with its whole chain; look with "
            "`openssl s_client -connect %(place)s -servername %(host)s`."
        ),
    ),
    "certificate_ends": Words(
        N_("The certificate at PUBLIC_URL ends on %(last)s, in %(days)s days."),
        N_("See in the proxy's log why it is not renewed."),
    ),
    "front_not_ours": Words(
        N_("What answers at PUBLIC_URL is not this service: %(reason)s."),
        N_(
            "Let the proxy pass %(address)s and everything below /twilio on to the web process,"
            " without a redirect."
        ),
    ),
    "metrics_open": Words(
        N_("How the service is can be read by anybody at %(address)s."),
        N_(
            "Let the proxy refuse /metrics, as those in docs/deployment do; it hides from the web "
            "process that somebody elsewhere asks."
        ),
    ),
    "front_unready": Words(
        N_("The service at PUBLIC_URL says that it cannot route calls."),
        N_(
            "Look at %(address)s and in the web process's log; `beredskap load` if no "
            "organisation is loaded."
        ),
    ),
    "mail_away": Words(
        N_("The mail server of SMTP_URL does not let us send: %(reason)s."),
        N_(
            "See to SMTP_URL, its user name and password, and to the mail server; notices go as"
            " texts meanwhile."
        ),
    ),
    "check_unfinished": Words(
        N_("Nothing is known of %(what)s: it could not be looked at, or not in time."),
        N_("Run `beredskap doctor` again when the machine and the network have less to do."),
    ),
}

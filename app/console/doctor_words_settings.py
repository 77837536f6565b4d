"""What the doctor says of the settings."""

from collections.abc import Mapping

from app.console.doctor_sentence import N_, Words

SETTINGS: Mapping[str, Words] = {
    "no_token": Words(
        N_("TWILIO_AUTH_TOKEN is not set, so every call is refused."),
        N_("Set it to the account's token, and start the service again."),
    ),
    "tokens_left": Words(
        N_(
            "TWILIO_AUTH_TOKEN holds %(count)s tokens, as while they are rotated: requests "
            "signed with any of them are taken."
        ),
        N_(
            "When Twilio has only the new one, leave that alone in it, and start the service again."
        ),
    ),
    "no_account": Words(
        N_("TWILIO_ACCOUNT_SID is not set, so no text and no call can be sent."),
        N_("Set it to the account's SID, and start the service again."),
    ),
    "account_odd": Words(
        N_("TWILIO_ACCOUNT_SID is no account's SID, which is AC and 32 hexadecimal digits."),
        N_(
            "Copy it from the first page of Twilio's console: a key's SID, SK and so on, is "
            "another thing."
        ),
    ),
    "api_url_open": Words(
        N_("TWILIO_API_URL begins with http, so the account's token can be read on the way."),
        N_("Set it to an https address, or leave it out: without it Twilio's own is asked."),
    ),
    "public_url_at_home": Words(
        N_(
            "PUBLIC_URL is an address that only this computer knows, so the carrier cannot "
            "reach us."
        ),
        N_("Set it to the address that the carrier asks, and start the service again."),
    ),
    "public_url_odd": Words(
        N_(
            "PUBLIC_URL is no address that others can be put after, or that the carrier takes: "
            "it has a question mark, a #, a user name, or an underscore in its host."
        ),
        N_(
            "Set it to scheme, host and perhaps a path, such as https://jour.example.se, at the"
            " carrier too: `beredskap provision`."
        ),
    ),
    "public_url_open": Words(
        N_("PUBLIC_URL begins with http, so what callers say can be read on the way."),
        N_("Let a proxy serve https, and set PUBLIC_URL to that address."),
    ),
    "no_fallback_url": Words(
        N_("FALLBACK_URL is not set: while this service is away, callers reach nobody."),
        N_(
            "Host what `beredskap fallback-twiml` prints somewhere else, and set the address "
            "here and at the carrier."
        ),
    ),
    "fallback_with_us": Words(
        N_(
            "FALLBACK_URL is at the same host as PUBLIC_URL: what takes this service away takes"
            " the fallback away too."
        ),
        N_(
            "Host what `beredskap fallback-twiml` prints with somebody else, set FALLBACK_URL "
            "to that, and run `beredskap provision`."
        ),
    ),
    "no_mail": Words(
        N_("SMTP_URL is not set, so nobody gets mail or invitations; notices go as texts."),
        N_("Set SMTP_URL and MAIL_FROM if there is a mail server."),
    ),
    "secret_key_short": Words(
        N_(
            "SECRET_KEY is shorter than %(wanted)s characters: whoever guesses it signs in as "
            "anybody."
        ),
        N_(
            "Make one with `openssl rand -base64 32`, and change it as docs/operations.md says: "
            "everybody with a password needs a new link."
        ),
    ),
    "metrics_token_short": Words(
        N_("METRICS_TOKEN is shorter than %(wanted)s characters, and can be guessed from afar."),
        N_("Make one with `openssl rand -base64 32`, set it here and where metrics are gathered."),
    ),
    "no_tracing": Words(
        N_(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and what sends traces is not installed, so there "
            "are none."
        ),
        N_("Run `make tracing` and start the service again, or unset it."),
    ),
    "workers_odd": Words(
        N_(
            "WEB_CONCURRENCY is not a whole number from 1 to %(most)s, so the web process does "
            "not start."
        ),
        N_("Set it to 2, or to the number of processor cores."),
    ),
    "one_worker": Words(
        N_("WEB_CONCURRENCY is 1: while that one worker starts again, whoever calls waits."),
        N_("Set it to 2 or more."),
    ),
    "on_show": Words(
        N_("BEREDSKAP_DEMO is 1: the page says to everybody how to sign in."),
        N_(
            "Take it out of the environment, start the service again, and run `beredskap user "
            "reset` for every account."
        ),
    ),
}

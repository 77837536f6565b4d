"""What the doctor says of the calls that lines make to themselves."""

from collections.abc import Mapping

from app.console.doctor_sentence import N_, Words

CANARY: Mapping[str, Words] = {
    "canary_failed": Words(
        N_(
            "The call that %(line)s made to itself never came in (%(at)s), though the carrier "
            "took it and the service answers at PUBLIC_URL."
        ),
        N_(
            "Call the number. Then see at the carrier where its calls go, with `beredskap "
            "provision --dry-run`, and run `beredskap canary --now`."
        ),
    ),
    "canary_not_made": Words(
        N_(
            "The carrier did not make the call from %(line)s to itself (%(at)s, its code: "
            "%(code)s), so it may take no call and send no text."
        ),
        N_(
            "Call the number. Look the code up at the carrier, and see to the account and its "
            "balance; then run `beredskap canary --now`."
        ),
    ),
    "canary_silent": Words(
        N_(
            "The call that %(line)s made to itself was not heard, and the service does not "
            "answer at PUBLIC_URL (%(at)s)."
        ),
        N_(
            "Call the number. See to the web process, the proxy and the name in PUBLIC_URL; "
            "then run `beredskap canary --now`."
        ),
    ),
    "canary_late": Words(
        N_("%(line)s has not called itself since %(since)s, so nobody knows that calls come in."),
        N_("See that the clock runs, and run `beredskap canary --now`."),
    ),
    "canary_by_webhooks": Words(
        N_(
            "The carrier lets %(line)s not call itself (its code: %(code)s), so only the "
            "service is tried each day, and not the way to it."
        ),
        N_("Call the number from another telephone now and then."),
    ),
}

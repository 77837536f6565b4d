"""
What the doctor says: what is wrong, and what to do.

The page has it in the reader's language, and `beredskap doctor` as it stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

N_ = str  # marks words that are translated where they are shown


@dataclass(frozen=True, slots=True)
class Words:
    """Two sentences, with places such as ``%(since)s`` for what the diagnosis names."""

    what: str
    remedy: str


WORDS: Mapping[str, Words] = {
    "no_token": Words(
        N_("TWILIO_AUTH_TOKEN is not set, so every call is refused."),
        N_("Set it to the account's token, and start the service again."),
    ),
    "no_account": Words(
        N_("TWILIO_ACCOUNT_SID is not set, so no text and no call can be sent."),
        N_("Set it to the account's SID, and start the service again."),
    ),
    "public_url_at_home": Words(
        N_(
            "PUBLIC_URL is an address that only this computer knows, so the carrier cannot "
            "reach us."
        ),
        N_("Set it to the address that the carrier asks, and start the service again."),
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
    "no_mail": Words(
        N_("SMTP_URL is not set, so nobody gets mail or invitations; notices go as texts."),
        N_("Set SMTP_URL and MAIL_FROM if there is a mail server."),
    ),
    "database_away": Words(
        N_("The database does not answer (%(error)s); calls go by the last good picture."),
        N_("See to the database server, its address and its disk."),
    ),
    "no_tables": Words(
        N_("The database has no tables yet."),
        N_("Run `beredskap init`."),
    ),
    "not_migrated": Words(
        N_("The database's tables are of version %(version)s, and the service needs %(head)s."),
        N_("Run `beredskap init`."),
    ),
    "rights_bind_us": Words(
        N_("The service does not see all of its own tables: %(tables)s."),
        N_("Let the user in DATABASE_URL own them, or use the user that does."),
    ),
    "rights_no_role": Words(
        N_("The role %(role)s is missing, or not given to us, so no page of the console opens."),
        N_(
            "Have the database's administrator run CREATE ROLE %(role)s NOLOGIN, and GRANT "
            "%(role)s to the user in DATABASE_URL."
        ),
    ),
    "rights_open": Words(
        N_("The database holds nothing back from the other district in %(tables)s."),
        N_("Restore the tables with their policies, or bring the rows into new ones."),
    ),
    "unreadable": Words(
        N_(
            "What the database holds was sealed with a key that DATA_KEYS does not hold, so no "
            "call can be routed."
        ),
        N_("Put the key back into DATA_KEYS, after the newest; `beredskap keys status` names it."),
    ),
    "keys_lack": Words(
        N_("Something was sealed with a key that DATA_KEYS does not hold: %(columns)s."),
        N_(
            "Put the key back into DATA_KEYS, after the newest, on every machine, and run "
            "`beredskap keys renew`; `beredskap keys status` names the key."
        ),
    ),
    "no_organisation": Words(
        N_("There is no organisation that can be read, so no call can be routed."),
        N_("Run `beredskap load` with the organisation file."),
    ),
    "spool_refused": Words(
        N_("The database refused rows for good (%(size)s bytes in refused.log)."),
        N_("Keep the file, and have somebody who knows the service look at it."),
    ),
    "spooled": Words(
        N_("What callers did lies on disk (%(size)s bytes) and is not in the database yet."),
        N_("See that the clock runs; it puts it there within seconds."),
    ),
    "spool_stuck": Words(
        N_("What callers did has lain on disk for long (%(size)s bytes) and is in no log."),
        N_("See in the log why it is not drained, and that the clock runs on this machine."),
    ),
    "spool_fills": Words(
        N_(
            "What callers do is kept on disk (%(size)s bytes), which is soon all that it may "
            "hold (%(limit)s)."
        ),
        N_("See to the database: when the disk's share is full, what callers do is lost."),
    ),
    "journal_lost": Words(
        N_(
            "%(count)s rows of what callers did could be kept nowhere, the last %(last)s: neither "
            "the database nor the disk took them."
        ),
        N_("Run `beredskap reconcile`, which fetches them from the carrier; see to the disk."),
    ),
    "no_snapshot": Words(
        N_(
            "There is no last good picture: after a restart without the database no call is routed."
        ),
        N_("See that STATE_DIR is a folder that the service may write to."),
    ),
    "old_snapshot": Words(
        N_("The last good picture is from %(since)s."),
        N_("See that the service runs, and that its disk is not full."),
    ),
    "clock_never": Words(
        N_("The clock has never run: no text is passed on, and nobody is told of anything."),
        N_("Start `beredskap clock`."),
    ),
    "clock_stopped": Words(
        N_(
            "The clock has not run since %(since)s: no text is passed on, and nobody is told "
            "of anything."
        ),
        N_("Start `beredskap clock`, and see in its log why it ended."),
    ),
    "reconcile_behind": Words(
        N_("The log has not been compared with the carrier's lists since %(since)s."),
        N_("See in the clock's log what the carrier answers; what it has is fetched when it does."),
    ),
    "purge_late": Words(
        N_("Nothing past its term has been removed since %(since)s."),
        N_("Look in the clock's log for retention.purge, and run `beredskap purge`."),
    ),
    "unexported": Words(
        N_(
            "%(count)s notes, contacts or follow-ups are past their term and stay, since no case "
            "file has them."
        ),
        N_("Let their district export the handovers, or say that they stand in the case files."),
    ),
    "fallback_differs": Words(
        N_(
            "What stands at FALLBACK_URL for %(line)s is not what `beredskap fallback-twiml` "
            "prints now."
        ),
        N_("Print it anew, and host that instead."),
    ),
    "fallback_unreadable": Words(
        N_("What stands at FALLBACK_URL for %(line)s cannot be read: %(reason)s."),
        N_("See to whoever hosts it: when this service is away, callers depend on it."),
    ),
    "carrier_unasked": Words(
        N_("The carrier could not be asked how the number of %(line)s is set up."),
        N_("Run this again when the carrier answers."),
    ),
    "number_not_ours": Words(
        N_("The account at the carrier does not have the number of %(line)s."),
        N_(
            "Compare the number in the organisation file, and TWILIO_ACCOUNT_SID, with the account."
        ),
    ),
    "number_voice": Words(
        N_("The carrier does not ask us when somebody calls %(line)s."),
        N_("Set the number's address for calls to %(address)s, with POST."),
    ),
    "number_text": Words(
        N_("The carrier does not tell us when somebody writes to %(line)s."),
        N_("Set the number's address for messages to %(address)s, with POST."),
    ),
    "number_status": Words(
        N_("The carrier does not tell us when a call to %(line)s is over."),
        N_("Set the number's address for call status to %(address)s, with POST."),
    ),
    "number_fallback": Words(
        N_("The carrier has another fallback address for %(line)s than FALLBACK_URL."),
        N_("Set the number's fallback address for calls to %(address)s, with GET."),
    ),
    "only_unsigned": Words(
        N_(
            "%(count)s requests had no right signature, the last %(last)s, and none had a "
            "right one in the day before."
        ),
        N_(
            "Compare TWILIO_AUTH_TOKEN and PUBLIC_URL with the carrier's own: calls are being"
            " refused."
        ),
    ),
    "many_unsigned": Words(
        N_("%(count)s requests of these two days had no right signature, the last %(last)s."),
        N_("They were turned away. If it goes on, have the proxy block their sender."),
    ),
    "outbox_stuck": Words(
        N_("%(count)s letters wait, one since %(since)s, and nobody sends them."),
        N_("See that the clock runs, and what its log says of outbox.send."),
    ),
    "outbox_slow": Words(
        N_("%(count)s letters wait, the oldest since %(since)s."),
        N_(
            "See whether the carrier or the mail server is away; they are tried again by "
            "themselves."
        ),
    ),
    "many_failed": Words(
        N_(
            "%(count)s letters of the last week did not arrive, with the code %(code)s, the "
            "last %(last)s."
        ),
        N_("Look the code up at the carrier, and see to the number or the account."),
    ),
    "feed_refused": Words(
        N_("What the rota source of %(line)s says has not been gone by since %(since)s."),
        N_("Look at the draft, and publish or discard it."),
    ),
    "feed_held": Words(
        N_(
            "The rota source of %(line)s has been silent about somebody on standby since %(since)s."
        ),
        N_("Look at the draft, and publish or discard it."),
    ),
    "feed_away": Words(
        N_("The rota source of %(line)s has not been readable since %(since)s."),
        N_("See to the source, or import the rota from a file."),
    ),
    "no_fallback": Words(
        N_("The line %(line)s has no fallback: where nobody answers, callers hear words only."),
        N_("Give it one in the organisation file."),
    ),
    "nobody_first": Words(
        N_(
            "Nobody is first on standby on %(line)s from %(start)s to %(end)s: the first of "
            "%(count)s such times in the coming fortnight."
        ),
        N_("Put somebody in position 1."),
    ),
    "nobody_behind": Words(
        N_(
            "A position behind the first is empty, or two have one, on %(line)s from "
            "%(start)s to %(end)s: the first of %(count)s such times in the coming fortnight."
        ),
        N_("Look at the rota of that time."),
    ),
    "cannot_be_rung": Words(
        N_(
            "%(therapist)s is on standby on %(line)s from %(start)s to %(end)s, the first of "
            "%(count)s such times, and may not or cannot be rung for every district."
        ),
        N_("Put somebody else there, or see to her number, her dates and the mandates."),
    ),
    "rota_odd": Words(
        N_(
            "%(therapist)s is twice on standby on %(line)s, or gets no texts, from %(start)s "
            "to %(end)s: the first of %(count)s such times."
        ),
        N_("Look at the rota of that time."),
    ),
    "mandate_ends": Words(
        N_(
            "The mandate %(reference)s of %(principal)s for the staff of %(staff)s ends on "
            "%(last)s, and no other follows."
        ),
        N_("Have the board decide, and load the new mandate before that day."),
    ),
    "no_phone": Words(
        N_("%(therapist)s has no telephone number, and so cannot be rung."),
        N_("Give her one in the organisation file."),
    ),
}

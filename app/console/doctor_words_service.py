"""What the doctor says of the service itself: database, files, clock, letters and sources."""

from collections.abc import Mapping

from app.console.doctor_sentence import N_, Words

SERVICE: Mapping[str, Words] = {
    "database_away": Words(
        N_("The database does not answer (%(error)s); calls go by the last good picture."),
        N_("See to the database server, its address and its disk."),
    ),
    "database_missing": Words(
        N_("The file that DATABASE_URL names is not there."),
        N_(
            "Compare DATABASE_URL and the folder that this was started in with the service's "
            "own; `beredskap init` makes a new database."
        ),
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
    "keys_left": Words(
        N_(
            "DATA_KEYS holds %(count)s keys, and nothing has been brought under the newest for "
            "a month: old keys still open what they sealed."
        ),
        N_(
            "Run `beredskap keys renew`, and take out those of which `beredskap keys status` "
            "says that nothing hangs on them."
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
        N_(
            "See that STATE_DIR is a folder that the service may write to, the same for all of "
            "its processes here, and the one that this command was given."
        ),
    ),
    "old_snapshot": Words(
        N_("The last good picture is from %(since)s."),
        N_("See that the service runs, and that its disk is not full."),
    ),
    "disk_shut": Words(
        N_("What %(setting)s names may not be written to by this user."),
        N_(
            "See that the file system is not read-only, and that the user that runs the service"
            " owns the folder and what is in it."
        ),
    ),
    "disk_full": Words(
        N_(
            "The disk of %(setting)s has %(free)s MB left, which is %(share)s %% of it; below "
            "%(needed)s MB what callers do may be lost."
        ),
        N_("Look with `df -h` for what fills it, and make room."),
    ),
    "inodes_low": Words(
        N_("The disk of %(setting)s has room for %(count)s files more, however small."),
        N_("Look with `df -i` for what makes so many files, and remove them."),
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
    "some_unsigned": Words(
        N_(
            "%(count)s requests of these two days named our account at the carrier and had no "
            "right signature, the last %(last)s."
        ),
        N_(
            "Compare TWILIO_AUTH_TOKEN with the account's tokens, and see with `beredskap provision"
            " --dry-run` that every number asks at PUBLIC_URL to the letter; then call each line."
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
        N_(
            "Look at the draft with `beredskap rota drafts --line %(line)s`, and publish or "
            "discard it."
        ),
    ),
    "feed_held": Words(
        N_(
            "The rota source of %(line)s has been silent about somebody on standby since %(since)s."
        ),
        N_(
            "Look at the draft with `beredskap rota drafts --line %(line)s`, and publish or "
            "discard it."
        ),
    ),
    "feed_away": Words(
        N_("The rota source of %(line)s has not been readable since %(since)s."),
        N_("See to the source, or import the rota from a file."),
    ),
}

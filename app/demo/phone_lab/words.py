"""What the lab's page calls things, and the sentences for what cannot be done."""

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext

from app.demo.phone_lab.deeds import Trouble

TROUBLES: Mapping[Trouble, tuple[object, object]] = {
    Trouble.DATABASE_AWAY: (
        lazy_gettext("The database is away"),
        lazy_gettext("Calls go by what the service remembers, and are written down afterwards."),
    ),
    Trouble.DOUBLED_WEBHOOKS: (
        lazy_gettext("Every request comes twice"),
        lazy_gettext("The log still says everything once, and nobody is rung twice."),
    ),
    Trouble.LOST_CALLBACKS: (
        lazy_gettext("The carrier's reports get lost"),
        lazy_gettext("The service is not told that a call is over."),
    ),
    Trouble.REST_ERRORS: (
        lazy_gettext("The carrier takes no texts"),
        lazy_gettext("Notices wait in the outbox, and are tried again."),
    ),
    Trouble.DEAD_FEED: (
        lazy_gettext("The rota's source is dead"),
        lazy_gettext("The last good rota stays in force."),
    ),
}
NOT_POSSIBLE: Mapping[str, object] = {
    "no_such_telephone": lazy_gettext(
        "That is no telephone number. Try one such as 070-174 06 98."
    ),
    "nothing_to_do": lazy_gettext("There is nothing for her to do just now."),
    "no_such_habit": lazy_gettext("A telephone cannot do that by itself."),
    "no_such_moment": lazy_gettext("Write the moment as a date and a time."),
    "no_such_year": lazy_gettext("The lab plays between the years 2000 and 2099."),
    "no_such_trouble": lazy_gettext("There is no such trouble."),
    "is_in_a_call": lazy_gettext("That telephone is in a call already."),
    "is_in_no_call": lazy_gettext("That telephone is in no call any more."),
    "does_not_ring": lazy_gettext("That telephone does not ring any more."),
    "no_such_story": lazy_gettext("There is no such story."),
    "no_story": lazy_gettext("No story is being told."),
}
SOMETHING_ELSE = lazy_gettext("That is not possible just now.")
# Where to jump, and whether to a world in which nothing has been: a way of weeks would take long.
PRESETS: Sequence[tuple[str, object, bool]] = (
    ("friday", lazy_gettext("Friday 16.59.55, just before the line opens"), True),
    ("midsummer", lazy_gettext("Midsummer's Eve, 12.00"), True),
    ("dst", lazy_gettext("The night when the clocks go back, 02.59.30"), True),
    ("end", lazy_gettext("The end of the duty, a minute before"), False),
    ("office", lazy_gettext("The next weekday at 08.30"), False),
)

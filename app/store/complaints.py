"""What a person who runs the service is told of a database that refuses."""

import sqlalchemy as sa

# What the drivers say of what an operator can put right, and what we say.
_KNOWN_OF_A_DATABASE = (
    ("no such table", "the database has no tables yet: run `beredskap init`"),
    ("does not exist", "the database has no tables yet: run `beredskap init`"),
    ("disk is full", "the database's disk is full"),
    ("no space left", "the database's disk is full"),
    ("readonly database", "the database may not be written to: see to its file and folder"),
    ("read-only transaction", "the database may not be written to: it is read-only"),
    ("database is locked", "another process keeps the database locked"),
    ("lock timeout", "another process keeps the database locked"),
    (
        "database file: there is none",
        "there is no such database file: see to DATABASE_URL, or make one with `beredskap init`",
    ),
    ("unable to open database file", "the database's file cannot be opened: see to DATABASE_URL"),
)


def about_the_database(err: sa.exc.DBAPIError) -> str:
    """What is the matter, without the driver's own sentence: it may quote a password."""
    text = str(err.orig).lower()
    for sign, said in _KNOWN_OF_A_DATABASE:
        if sign in text:
            return said
    return f"the database does not answer ({type(err.orig).__name__})"

"""The chain that shows whether anybody has altered what the service wrote of itself."""

from sqlalchemy import Column, Table
from sqlalchemy.types import Integer, LargeBinary

from app.store.schema import UtcDateTime, metadata

# Each holds the rows of readings and alterations that name it, and the digest of the link before.
audit_links = Table(
    "audit_links",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),  # sealed: nobody tries out what a row says
    Column("readings", Integer, nullable=False),  # how many
    Column("alterations", Integer, nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("purged_at", UtcDateTime),  # when its rows were removed, their time having come
)

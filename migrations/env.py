"""Alembic's entry point: runs on the connection that app.store.migrate hands over."""

from alembic import context

from app.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most of a table in place
    compare_type=True,
    user_module_prefix="",
)
with context.begin_transaction():
    context.run_migrations()

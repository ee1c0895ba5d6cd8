"""Alembic's entry: runs the steps on the connection that `store.schema` hands over."""

from typing import cast

import sqlalchemy as sa
from alembic import context

from tocsin.store.tables import metadata

if hasattr(context, "config"):  # absent when a tool merely imports this file
    connection = cast("sa.Connection", context.config.attributes["connection"])
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()

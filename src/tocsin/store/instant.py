"""The column type of instants, the same on both databases."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator
from typing_extensions import override


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime with microseconds; a naive one is refused rather than guessed at."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; instants are aware UTC")
        at = value.astimezone(UTC)
        # SQLite has no zones: it keeps the UTC wall clock as text that sorts like time
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    @override
    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

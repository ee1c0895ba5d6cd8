"""A guard's desk in memory, and the callables that a service might register."""

import asyncio
from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin_client.budget import Runner
from tocsin_client.case import Registered
from tocsin_client.conditions import condition
from tocsin_client.directives import CONTROL_LOST, Action, Board, Directive, Key
from tocsin_client.guard import Guard
from tocsin_client.rows import Row

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Desk:
    """What a guard needs, in memory."""

    version = "v2"

    def __init__(
        self, *directives: Directive, of_versions: Mapping[str, Board] | None = None
    ) -> None:
        self.runner = Runner()
        self.rows: list[Row] = []
        self.referred: list[Row] = []
        self.failures: list[str] = []
        self.told = Board(1, directives, of_versions=of_versions or {})
        self.lost = False

    def now(self) -> datetime:
        return NOW

    def choose(
        self,
        attributes: Mapping[str, object],
        now: datetime,
        key: Key = "",
        versions: Container[str] | None = None,
    ) -> Directive | None:
        if self.lost:
            return CONTROL_LOST
        found = self.told.choose(attributes, now, key)
        return self.told.narrowed(found, attributes, now, self.version, versions)

    def put(self, row: Row) -> None:
        self.rows.append(row)

    def refer(self, row: Row) -> None:
        self.referred.append(row)

    def extraction_failed(self, what: str, error: Exception) -> None:
        assert isinstance(error, Exception)
        self.failures.append(what)

    def guard(self, **registered: Any) -> Guard[Any]:
        return Guard(self, Registered(**registered))

    @property
    def row(self) -> Row:
        assert len(self.rows) == 1
        return self.rows[0]


def directive(
    action: Action, to_version: str | None = None, share: float = 1.0, **slice_: str
) -> Directive:
    conditions = tuple(condition(name, value) for name, value in slice_.items())
    return Directive("dir_1", action, conditions, to_version, NOW + timedelta(hours=1), share)


def system(application: Mapping[str, object]) -> float:
    return 0.7


def broken(application: Mapping[str, object]) -> float:
    raise ZeroDivisionError


def rules(application: Mapping[str, object]) -> str:
    return "declined"


def earlier(application: Mapping[str, object]) -> float:
    return 0.4


def always(answer: Any) -> Callable[..., Any]:
    def decide(*_args: object, **_kwargs: object) -> Any:
        return answer

    return decide


def crash(*_args: object) -> Any:
    raise KeyError


async def slow_system(application: Mapping[str, object]) -> float:
    await asyncio.sleep(0)
    return 0.7


async def slow_rules(application: Mapping[str, object]) -> str:
    await asyncio.sleep(0)
    return "declined"


async def hanging(application: Mapping[str, object]) -> float:
    await asyncio.Event().wait()
    return 0.7


async def slow_broken(application: Mapping[str, object]) -> float:
    await asyncio.sleep(0)
    raise ZeroDivisionError


def decided(desk: Desk) -> tuple[object, ...]:
    row = desk.row
    return row["decided_by"], row["version"], row["directive"], row["error"]

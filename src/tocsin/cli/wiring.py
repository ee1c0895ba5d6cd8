"""What the commands need from outside; `app` hands it over, since commands may not reach up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tocsin.base.errors import BadInput

if TYPE_CHECKING:
    import typer

    from tocsin.contain.act import Outlets
    from tocsin.detect.check import Comparison
    from tocsin.ingest.system import System
    from tocsin.lake.listing import Listing
    from tocsin.profile.spec import Spec
    from tocsin.profile.task import Counted
    from tocsin.store.unit import Database


class Role(StrEnum):
    """What this process does."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"


class Engine(StrEnum):
    """What runs the profile kernel."""

    LOCAL = "local"
    SPARK = "spark"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """How the server is to run."""

    config: Path
    data_dir: Path
    host: str
    port: int
    role: Role
    database: str | None
    lake: str | None
    base_url: str | None
    engine: Engine = Engine.LOCAL
    master: str | None = None
    trusted_proxies: Sequence[str] = ()
    """Addresses and networks of proxies who say whom they speak for."""

    @property
    def reached_at(self) -> str:
        """The address that messages link to, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOptions:
    """Which rows are to be counted, how and where; `now` is where rows without a time count."""

    listing: Listing
    spec: Spec
    system: System
    now: datetime
    engine: Engine
    master: str | None


def _none(_: Path) -> AbstractContextManager[Outlets]:
    return nullcontext({})


@dataclass(frozen=True, slots=True)
class Wiring:
    """Functions of the composition root.

    `serve` runs until it is told to stop.  `open_database` opens an existing one: the SQLite file
    of a data directory, or else what a URL names.  `count` runs the kernel over files and tells
    its second argument how much further it is, in shares of the whole.  `write_report` gives a
    check's report as HTML.  `open_outlets` yields the actuators of a configuration file.
    """

    serve: Callable[[UpOptions], None]
    open_database: Callable[[Path, str | None], Database]
    count: Callable[[CountOptions, Callable[[float], None]], Counted]
    write_report: Callable[[Comparison], str]
    open_outlets: Callable[[Path], AbstractContextManager[Outlets]] = _none


def require_spark(engine: Engine, master: str | None) -> None:
    """Refuse a master that nobody would listen to.

    Raises:
        BadInput: `--master` without `--engine spark`.
    """
    if master is not None and engine is not Engine.SPARK:
        raise BadInput("only Spark has a master", where="--master", do="add --engine spark")


def wiring_of(context: typer.Context) -> Wiring:
    """Return the wiring that `main.run` was given."""
    return cast("Wiring", context.find_root().obj)

"""Composition root: the only module that knows rooms and rings alike.

Reads the environment once, builds the rings, hands them to web and jobs.  Whatever is heavy is
imported by the functions that need it, so that `tocsin --help` starts at once.
"""
# ruff: noqa: PLC0415 - see above: imports inside functions are this module's purpose

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.errors import BadInput, Unavailable
from tocsin.cli.wiring import CountOptions, Engine, Role, UpOptions, Wiring
from tocsin.store.secret import own_secret
from tocsin.store.steady import steady

if TYPE_CHECKING:
    import httpx

    from tocsin.alert.ports import Notifier
    from tocsin.config.load import Config
    from tocsin.contain.act import Outlets
    from tocsin.detect.check import Comparison
    from tocsin.incident.statuspage import StatusPage
    from tocsin.integrations.subscriber import Opened
    from tocsin.jobs.rings import FilesRun, Heartbeat, Rings, Status
    from tocsin.jobs.worker import Worker
    from tocsin.lake.delta import Lake
    from tocsin.lake.listing import Listing
    from tocsin.profile.cell import Profile
    from tocsin.profile.spec import Spec
    from tocsin.profile.task import Counted
    from tocsin.store.unit import Database
    from tocsin.web.site import Site

_SQLITE_FILE = "tocsin.sqlite3"
_NOTIFIER_TIMEOUT_S = 10.0


def main() -> None:
    """Run the command line."""
    from tocsin.cli.main import run

    wiring = Wiring(serve, open_database, count, write_report, open_outlets)
    sys.exit(run(wiring, sys.argv[1:]))


def clock() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def open_database(data_dir: Path, url: str | None) -> Database:
    """Return the database of a data directory, or the one at `url`, brought to this release's form.

    Raises:
        BadInput: the directory holds none.
    """
    from tocsin.store.unit import Database

    file = data_dir / _SQLITE_FILE
    if url is None and not file.exists():
        raise BadInput(
            "no database here", where=str(data_dir), do="give --data-dir of a server that has run"
        )
    database = Database(url or f"sqlite:///{file.absolute()}")
    database.migrate()
    return database


def count(options: CountOptions, advance: Callable[[float], None]) -> Counted:
    """Count files on the engine that the options name.

    Raises:
        BadInput: a file cannot be read, or lacks a column; Spark is not installed.
        Unavailable: Spark cannot be reached, or gave up.
    """
    from tocsin.engine import local, spark
    from tocsin.profile.task import LakeTask, task_of

    found = options.listing
    task = task_of(found.columns, options.spec, options.system, options.now)
    if isinstance(task, LakeTask):
        found = found.like(options.spec.schema.predictions())
    if options.engine is Engine.LOCAL:
        return local.count(found.portions, task, advance=advance)
    with spark.session(options.master, f"tocsin profile {options.system.name}") as session:
        return spark.count(session, found.portions, task, advance=advance)


def write_report(compared: Comparison) -> str:
    """Return the report of a check as one HTML file."""
    from tocsin.web import report

    return report.write(compared)


def serve(options: UpOptions) -> None:
    """Run server and worker, as `options.role` asks, until told to stop.

    Raises:
        BadInput: the configuration, a reference or the port is not usable; nothing was changed.
        Unavailable: the data directory or the database refuses.
    """
    from tocsin.cli.gaps import gaps
    from tocsin.jobs.systems import declare
    from tocsin.web import serving

    if options.host in {"0.0.0.0", "::"} and options.base_url is None:  # noqa: S104 - refused, not bound
        raise BadInput(
            "listening on every address needs the one address that people use",
            where="--host",
            do="add --base-url https://tocsin.example.org",
        )
    config = _configured(options.config)
    for sentence in config.left_out:
        _say(sentence)
    with ExitStack() as stack:
        listener = None
        if options.role is not Role.WORKER:
            listener = stack.enter_context(serving.listen(options.host, options.port))
        _prepare(options.data_dir)
        database = stack.enter_context(closing(_database(options)))
        declare(
            database,
            config.systems,
            options.config.parent,
            clock(),
            tell=_say,
            secret=own_secret(options.data_dir),
        )
        with database.reading() as conn:
            for sentence in gaps(config, conn, clock(), options.reached_at):
                _say(sentence)
        rings = _rings(options, config, database, stack)
        if options.role is not Role.WEB:
            stack.enter_context(_working(rings))
        if listener is None:
            _until_signal()
        else:
            site = _site(config, rings)
            _greet(database, rings.base_url)
            serving.run(site, listener, options.trusted_proxies)


@contextmanager
def open_outlets(path: Path) -> Generator[Outlets]:
    """Yield the actuators of a configuration, or raise `BadInput`; nothing is asked of them yet."""
    import httpx

    from tocsin.integrations.installed import outlets

    config = _configured(path)
    with httpx.Client(timeout=_NOTIFIER_TIMEOUT_S, follow_redirects=False) as client:
        yield outlets(config.actuators, client)


def _configured(path: Path) -> Config:
    from tocsin.config.load import load

    def read(name: str) -> str:
        return (path.parent / name).read_text("utf-8")

    return load(_read(path), str(path), os.environ, read=read)


def _rings(options: UpOptions, config: Config, database: Database, stack: ExitStack) -> Rings:
    import httpx

    from tocsin.engine import local
    from tocsin.integrations.installed import installed, outlets
    from tocsin.jobs.alive import here
    from tocsin.jobs.rings import Rings
    from tocsin.lake.committer import Committer

    lake = open_lake(options.lake, options.data_dir, os.environ)
    client = stack.enter_context(httpx.Client(timeout=_NOTIFIER_TIMEOUT_S, follow_redirects=False))
    base_url = options.reached_at
    notifiers, page = installed(config.notifiers, client), config.status
    shortest_bucket_s = min(system.bucket_s for system in config.systems.values())
    return Rings(
        database=database,
        lake=lake,
        committer=stack.enter_context(closing(Committer(lake))),
        engine_run=local.run,
        files_run=_files_run(options, stack),
        notifiers=notifiers,
        actuators=outlets(config.actuators, client),
        clock=clock,
        steady=steady,
        base_url=base_url,
        secret=own_secret(options.data_dir),
        policy=next(iter(config.policies.values())),
        policies=config.policies,
        inhibitions=config.inhibitions,
        playbooks=config.playbooks,
        approvals=config.approvals,
        rights=config.rights,
        command=config.command,
        false_pages_per_month=config.alarm_budget.false_pages_per_month,
        false_tickets_per_month=config.alarm_budget.false_tickets_per_month,
        keep_predictions=config.keep_predictions,
        retention=config.retention,
        heartbeat=_heartbeat(config, client),
        telling=config.telling,
        status=page
        and _status(options.data_dir / "status", page, notifiers, base_url, stack.enter_context),
        complaints=config.complaints,
        worker=here(),
        pause_s=min(10.0, shortest_bucket_s / 5),
    )


def _heartbeat(config: Config, client: httpx.Client) -> Heartbeat | None:
    from tocsin.integrations.heartbeat import heartbeat
    from tocsin.jobs.rings import Heartbeat

    form = config.heartbeat
    return form and Heartbeat(heartbeat(form.url, form.method, client), form.every)


def _status(
    folder: Path, page: StatusPage, notifiers: Mapping[str, Notifier], base_url: str, opened: Opened
) -> Status:
    """Return what the status page works with."""
    from functools import partial

    from tocsin.integrations.subscriber import mailers
    from tocsin.jobs.rings import Status
    from tocsin.web.pages.public import files

    return Status(
        page=page,
        draw=partial(files, page=page, base_url=base_url),
        folder=Path(page.directory) if page.directory else folder,
        mailers=mailers(page, notifiers, opened),
    )


def _files_run(options: UpOptions, stack: ExitStack) -> FilesRun | None:
    """Return how the profile duty counts files: on Spark where there are many rows."""
    from tocsin.engine import local, spark
    from tocsin.profile.task import LakeTask

    if options.engine is Engine.LOCAL:
        return None
    standing = stack.enter_context(closing(spark.Standing(options.master, "tocsin")))

    def run(found: Listing, spec: Spec) -> Profile:
        if found.rows < spark.LEAST_ROWS:
            return local.count(found.portions, LakeTask(spec), advance=lambda _: None).profile
        return standing.count(found.portions, LakeTask(spec)).profile

    return run


def _site(config: Config, rings: Rings) -> Site:
    from tocsin.jobs.evaluation import explained
    from tocsin.web.publish import Public
    from tocsin.web.site import Site

    status = rings.status
    return Site(
        database=rings.database,
        lake=rings.lake,
        committer=rings.committer,
        clock=clock,
        secret=rings.secret,
        base_url=rings.base_url,
        explain=explained,
        policy=rings.policy,
        policies=config.policies,
        roster=config.roster,
        playbooks=config.playbooks,
        approvals=config.approvals,
        command=config.command,
        readings=config.readings,
        telling=config.telling,
        public=status and Public(status.page, status.folder, status.draw),
        hook_secrets=config.hook_secrets,
        inhibitions=config.inhibitions,
        rights=config.rights,
        actuators=rings.actuators,
        false_pages_per_month=config.alarm_budget.false_pages_per_month,
    )


class _working:  # noqa: N801 - a context manager, named for what happens inside
    """Runs the worker's threads while the block lasts."""

    def __init__(self, rings: Rings) -> None:
        from tocsin.jobs.worker import Worker

        self._worker: Worker = Worker(rings)

    def __enter__(self) -> None:
        self._worker.start()

    def __exit__(self, *_: object) -> None:
        self._worker.stop()


def open_lake(place: str | None, data_dir: Path, environment: Mapping[str, str]) -> Lake:
    """Return the lake at a folder or `s3://bucket/prefix`; None: in the data directory.

    Raises:
        BadInput: another kind of address, or the extra for object stores is not installed.
        Unavailable: the object store refuses, or does not enforce conditional writes.
    """
    from tocsin.lake.delta import Lake

    if place is None or "://" not in place:
        return Lake(str(data_dir / "lake") if place is None else str(Path(place).absolute()))
    try:
        from tocsin.lake.objects import Objects
    except ModuleNotFoundError:
        raise BadInput(
            "object stores need a library that is not installed",
            where="--lake",
            do="pip install 'tocsin[s3]'",
        ) from None
    shelf = Objects(place, environment)
    shelf.check()
    return Lake(shelf)


def _until_signal() -> None:
    told = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda _sign, _frame: told.set())
    _say("working; stop with Ctrl-C")
    told.wait()


def _database(options: UpOptions) -> Database:
    from tocsin.store.unit import Database

    file = options.data_dir / _SQLITE_FILE
    database = Database(options.database or f"sqlite:///{file.absolute()}")
    database.migrate()
    return database


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(
            "no such file", where=str(path), do="write one with `tocsin init --reference FILE`"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", where=str(path), do="check the file") from None


def _prepare(data_dir: Path) -> None:
    try:
        os.umask(0o077)  # what is stored here is about people: for this account alone
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Unavailable(
            f"{data_dir}: the data directory is not writable ({error.strerror}); "
            "give --data-dir a directory of yours"
        ) from None


def _greet(database: Database, base_url: str) -> None:
    """Say where to look; on the first run, and only then, print the administrator's link."""
    from tocsin.store import access
    from tocsin.web.sessions import sign_in_url

    _say(f"Tocsin is at {base_url}")
    with database.reading() as conn:
        first_run = not access.link_made(conn)
    if first_run:
        with database.unit("first run", clock()) as unit:
            link = sign_in_url(unit, base_url, "admin", for_=timedelta(hours=24))
        _say(f"first run; sign in once, within a day, at\n{link}")


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()

"""Alerts of other monitoring systems: reading them by a description of where their facts stand.

A `Reading` names, for each fact, the paths at which it may stand (`labels.severity`); the first
that is there counts.  A path is looked up in the alert and then in the body around it.  The
readings of Alertmanager and Grafana we bring along; others are declared under `intake:`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import orjson

from tocsin.base.errors import BadInput
from tocsin.base.phrases import listing
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import parse_instant
from tocsin.ingest.rows import Rejection
from tocsin.ingest.system import System

Path = str
Facts = Mapping[str, Any]
MOST_ALERTS = 10_000
_MOST_SIGNS = 500
_MILLISECONDS_FROM = 1e11  # as seconds, the year 5138
_FAILURE = ("labels.tocsin_failure", "labels.failure")
_QUIET = frozenset({"ticket", "info", "information", "warning", "warn", "low", "minor", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where the facts of another system's alerts stand.

    `alerts` is where the list of alerts stands; None: the body is one, or a list of them.
    `systems` maps their names of systems to ours.  Levels in `tickets` wake nobody, all others and
    none do; statuses in `resolved` say that an alert is over.  `slice` says where attributes stand;
    keys of the object at `labels` that the system declares as attributes are part of it as well.
    """

    name: str
    fingerprint: tuple[Path, ...]
    status: tuple[Path, ...]
    title: tuple[Path, ...]
    alerts: Path | None = None
    version: str | None = None
    system: tuple[Path, ...] = ("system",)
    systems: Mapping[str, str] = field(default_factory=dict[str, str])
    rule: tuple[Path, ...] = ()
    level: tuple[Path, ...] = ()
    failure: tuple[Path, ...] = ()
    started: tuple[Path, ...] = ()
    url: tuple[Path, ...] = ()
    tickets: frozenset[str] = _QUIET
    resolved: frozenset[str] = frozenset({"resolved", "ok", "closed", "recovered"})
    slice: Mapping[str, Path] = field(default_factory=dict[str, str])
    labels: Path | None = None


ALERTMANAGER = Reading(
    name="alertmanager",
    version="4",
    alerts="alerts",
    fingerprint=("fingerprint",),
    status=("status",),
    title=("annotations.summary", "annotations.title", "labels.alertname"),
    system=("labels.tocsin_system", "labels.system", "labels.service", "labels.job"),
    rule=("labels.alertname",),
    level=("labels.severity",),
    failure=_FAILURE,
    started=("startsAt",),
    url=("generatorURL",),
    labels="labels",
)
GRAFANA = Reading(
    name="grafana",
    version="1",
    alerts="alerts",
    fingerprint=("fingerprint",),
    status=("status",),
    title=("annotations.summary", "labels.alertname", "title"),
    system=("labels.tocsin_system", "labels.system", "labels.service", "labels.job"),
    rule=("labels.alertname",),
    level=("labels.severity",),
    failure=_FAILURE,
    started=("startsAt",),
    url=("panelURL", "dashboardURL", "generatorURL"),
    labels="labels",
)
BUILT_IN = {one.name: one for one in (ALERTMANAGER, GRAFANA)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideAlert:
    """What another system says of one of its alerts.

    `fingerprint` is theirs, unique within `source`.  `pages` is whether it is to wake people.
    `started_at` is theirs too: None where they do not say.  `failure` is the sort of failure
    that it names, in their word: a word of `contain.failure` counts, any other says nothing.
    """

    system: str
    source: str
    fingerprint: str
    rule: str
    title: str
    firing: bool
    pages: bool = True
    slice: Slice = EVERYONE
    started_at: datetime | None = None
    url: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """The alerts of a body, and why others could not be read."""

    alerts: tuple[OutsideAlert, ...]
    rejected: tuple[Rejection, ...]


def read(body: bytes, reading: Reading, systems: Sequence[System], default: str = "") -> Read:
    """Return the alerts of a body; one that cannot be read does not hold up its neighbours.

    Args:
        body: JSON.
        reading: where its facts stand.
        systems: those that are declared.
        default: the system of alerts that name none.

    Raises:
        BadInput: the body is no JSON, of another version, or holds no list of alerts.
    """
    root, found = _alerts(body, reading)
    names = _names(systems)
    alerts: list[OutsideAlert] = []
    rejected: list[Rejection] = []
    for place, facts in enumerate(found):
        try:
            alerts.append(_alert(facts, root, reading, names, default))
        except BadInput as fault:
            reason = fault.what + (f"; {fault.do}" if fault.do else "")
            rejected.append(Rejection(place, None, fault.where, reason))
    return Read(tuple(alerts), tuple(rejected))


def _names(systems: Sequence[System]) -> dict[str, System]:
    """Return systems by every name that means one of them alone; its own counts first."""
    others = Counter(name for one in systems for name in set(one.serving.names))
    found = {n: one for one in systems for n in one.serving.names if others[n] == 1}
    return found | {one.name: one for one in systems}


def _alerts(body: bytes, reading: Reading) -> tuple[Facts, list[object]]:
    """Return the body around the alerts, where there is one, and the alerts."""
    try:
        root = cast("object", orjson.loads(body))
    except ValueError:
        raise BadInput("not JSON", where="body", do="send one JSON object") from None
    around = _object(root)
    if reading.version is not None and str(around.get("version")) != reading.version:
        what = f"version {around.get('version')!r} of the payload"
        do = f"this reads version {reading.version} of {reading.name}"
        raise BadInput(what, where="body.version", do=do)
    found = _at(around, reading.alerts) if reading.alerts is not None else root
    if reading.alerts is None and around:
        found = [root]
    if not isinstance(found, list):
        where = "body" if reading.alerts is None else f"body.{reading.alerts}"
        raise BadInput("no list of alerts", where=where, do="docs/alerts.md tells what is read")
    rows = cast("list[object]", found)
    if len(rows) > MOST_ALERTS:
        do = f"send {MOST_ALERTS:,} at a time"
        raise BadInput(f"{len(rows):,} alerts", where="body", do=do)
    return around, rows


def _alert(
    facts: object, root: Facts, reading: Reading, names: Mapping[str, System], default: str
) -> OutsideAlert:
    if not isinstance(facts, dict):
        raise BadInput("is no object", where=reading.alerts or "body")
    one = _Facts(cast("Facts", facts), root)
    system = _system(one, reading, names, default)
    firing = one.needed(reading.status, "status").lower() not in reading.resolved
    rule = one.text(reading.rule)
    title = one.needed(reading.title, "title") if firing else one.text(reading.title)
    return OutsideAlert(
        system=system.name,
        source=reading.name,
        fingerprint=_fingerprint(one, reading),
        rule=(rule or title)[:_MOST_SIGNS],
        title=(title or rule)[:_MOST_SIGNS],
        firing=firing,
        pages=one.text(reading.level).lower() not in reading.tickets,
        slice=_slice(one, reading, {*system.slices, *system.protected}),
        started_at=_started(one, reading.started),
        url=one.text(reading.url)[:2000],
        failure=one.text(reading.failure)[:_MOST_SIGNS].lower(),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """One alert, and the body around it."""

    own: Facts
    around: Facts

    def find(self, paths: Iterable[Path]) -> tuple[Path, object]:
        """Return the first of `paths` at which something stands, and what; else nothing."""
        for path in paths:
            for facts in (self.own, self.around):
                found = _at(facts, path)
                if found not in (None, ""):
                    return path, found
        return "", None

    def text(self, paths: Iterable[Path]) -> str:
        """Return the text at the first of `paths` where something stands, or the empty text."""
        path, found = self.find(paths)
        if isinstance(found, dict | list):
            raise BadInput("is no text", where=path, do="name a path to a text or number")
        return "" if found is None else _plain(found)

    def needed(self, paths: Sequence[Path], what: str) -> str:
        """Return the text, which must be there."""
        found = self.text(paths)
        if not found:
            raise BadInput(f"says no {what}", where=" | ".join(paths), do="add it")
        return found


def _object(value: object) -> Facts:
    """Return an object of JSON; the empty one where it is none."""
    return cast("Facts", value) if isinstance(value, dict) else {}


def _plain(value: object) -> str:
    """Return a value as text that every database takes."""
    return str(value).replace("\0", "").strip()


def _at(facts: Facts, path: Path) -> object:
    """Return what stands at a path, whose parts may hold dots themselves; None: nothing.

    >>> _at({"labels": {"app.kubernetes.io/name": "scorer"}}, "labels.app.kubernetes.io/name")
    'scorer'
    """
    if path in facts:
        return facts[path]
    parts = path.split(".")
    for cut in range(1, len(parts)):
        inner = facts.get(".".join(parts[:cut]))
        if isinstance(inner, dict):
            found = _at(cast("Facts", inner), ".".join(parts[cut:]))
            if found is not None:
                return found
    return None


def _system(one: _Facts, reading: Reading, names: Mapping[str, System], default: str) -> System:
    """Return the first system that is named at any of the paths and known; else the default."""
    said: dict[Path, str] = {}
    for path in reading.system:
        name = one.text([path])
        name = reading.systems.get(name, name)
        if name in names:
            return names[name]
        if name:
            said[path] = name
    if default in names:
        return names[default]
    declared = listing(sorted({system.name for system in names.values()}))
    where, name = next(iter(said.items()), (" | ".join(reading.system), default))
    what = f"no system is called {name!r}" if name else "names no system"
    raise BadInput(what, where=where, do=f"declared are {declared}; see docs/alerts.md, intake")


def _fingerprint(one: _Facts, reading: Reading) -> str:
    said = one.text(reading.fingerprint)
    labels = None if reading.labels is None else _at(one.own, reading.labels)
    if not said and isinstance(labels, dict):
        text = orjson.dumps(labels, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()[:16]
    return (said or one.needed(reading.fingerprint, "fingerprint"))[:_MOST_SIGNS]


def _slice(one: _Facts, reading: Reading, attributes: set[str]) -> Slice:
    labels = None if reading.labels is None else _at(one.own, reading.labels)
    known = _object(labels)
    values = {name: _plain(known[name]) for name in attributes if name in known}
    values |= {name: one.text([path]) for name, path in reading.slice.items()}
    return Slice.of({name: value for name, value in values.items() if value})


def _started(one: _Facts, paths: Sequence[Path]) -> datetime | None:
    where, found = one.find(paths)
    if found is None:
        return None
    try:
        if isinstance(found, int | float) and not isinstance(found, bool):
            return datetime.fromtimestamp(found / (1000 if found > _MILLISECONDS_FROM else 1), UTC)
        at = parse_instant(str(found))
    except BadInput as fault:
        raise BadInput(fault.what, where=where, do=fault.do) from None
    except (ValueError, OverflowError, OSError):
        raise BadInput(f"{found!r} is not an instant", where=where, do="use ISO 8601") from None
    return at if at.year > 1 else None

"""Counting what is new in the lake, exactly once.

    lake (versions since the watermark) → kernel → one unit: counts added, watermarks moved

A crash before the unit's commit changes nothing and the same versions are read again; after it the
watermarks say that they were counted.  An outcome is counted in the bucket of its prediction;
one whose prediction is not here yet rests among the orphans and is tried again whenever new
predictions arrive.  What a quarantine holds back is read and left out (`ingest.quarantine`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.base.errors import Conflict
from tocsin.detect.stages import COUNTING, arrived
from tocsin.ingest.quarantine import Quarantine, admitted
from tocsin.ingest.rows import OUTCOMES
from tocsin.jobs.per_system import per_system
from tocsin.jobs.rings import Rings
from tocsin.lake.delta import TABLES, TableName
from tocsin.profile.cell import Profile
from tocsin.profile.kernel import profile, profile_labels
from tocsin.profile.merge import merge
from tocsin.profile.spec import Spec
from tocsin.store import containment, orphans, profiles, referrals, stages, systems

VERSIONS_AT_ONCE = 200
"""Lake versions counted in one unit; more are left to the next round, so that progress is kept."""
ROUNDS_AT_ONCE = 10
"""Portions counted before other duties have their turn."""
SIGNS_EVERY = timedelta(seconds=5)
ACTOR = "profile"
_TOLD_AT = "label_received_at"


@dataclass(frozen=True, slots=True)
class _News:
    """What the lake holds beyond the watermarks: (from, to) of each table."""

    predictions: tuple[int, int]
    outcomes: tuple[int, int]

    @property
    def moves(self) -> Mapping[str, tuple[int, int]]:
        """The moves of both tables, also of one that stands still."""
        # had another worker moved it meanwhile, an outcome taken for an orphan here might be one
        # whose prediction was counted there
        return {"predictions": self.predictions, "outcomes": self.outcomes}

    def __bool__(self) -> bool:
        return any(start < to for start, to in self.moves.values())


@dataclass(frozen=True, slots=True)
class _Goal:
    """What lay in the lake at an instant: once it is counted, counting was fresh at that instant.

    More may have come since; under steady traffic something always has.
    """

    at: datetime
    versions: Mapping[TableName, int]

    @classmethod
    def of(cls, rings: Rings, name: str) -> "_Goal | None":
        """Return the goal of now; None where a sign was left just before."""
        now = rings.clock()
        with rings.database.reading() as conn:
            before = stages.get(conn, COUNTING, name)
        if before is not None and now - before.at < SIGNS_EVERY:
            return None
        return cls(now, {table: rings.lake.version(name, table) for table in TABLES})

    def sign(self, rings: Rings, name: str) -> None:
        """Leave a sign of life if the goal was reached."""
        with rings.database.reading() as conn:
            reached = all(
                profiles.watermark(conn, name, table) >= version
                for table, version in self.versions.items()
            )
        if reached:
            with rings.database.unit(ACTOR, self.at, quiet=True) as unit:
                stages.beat(unit, COUNTING, name)


def run(rings: Rings, now: datetime) -> None:
    """Count what is new for every system; may be killed anywhere and run again."""

    def catch_up(name: str) -> None:
        goal = _Goal.of(rings, name)
        for _ in range(ROUNDS_AT_ONCE):
            if not _count(rings, name, now):
                break
        if goal is not None:
            goal.sign(rings, name)

    per_system(rings, catch_up)


def _count(rings: Rings, name: str, now: datetime) -> bool:
    """Count one portion; return whether more is waiting."""
    with rings.database.reading() as conn:
        spec = systems.get(conn, name).spec
        news = _News(
            _move(rings, name, "predictions", profiles.watermark(conn, name, "predictions")),
            _move(rings, name, "outcomes", profiles.watermark(conn, name, "outcomes")),
        )
        waiting = orphans.waiting(conn, spec) if news else []
        held = containment.quarantines(conn, name) if news else []
    if not news:
        return False
    counted = _predictions(rings, spec, news, held)
    labelled, add, drop = _labels(rings, spec, news, waiting, held)
    try:
        with rings.database.unit(ACTOR, now) as unit:
            profiles.advance(unit, spec, moves=news.moves, delta=merge(counted, labelled))
            orphans.save(unit, spec, add, drop)
            for table, (start, to) in news.moves.items():
                if start < to:
                    came = arrived(stages.get(unit.conn, table, name), unit.now)
                    stages.beat(unit, table, name, str(came))
    except Conflict:
        return False  # another worker counted them, or the spec was replaced: next round sees
    return any(to - start >= VERSIONS_AT_ONCE for start, to in news.moves.values())


def _move(rings: Rings, name: str, table: Any, mark: int) -> tuple[int, int]:  # noqa: ANN401 - a literal type the store does not share
    return mark, max(mark, min(rings.lake.version(name, table), mark + VERSIONS_AT_ONCE))


def _predictions(rings: Rings, spec: Spec, news: _News, held: Sequence[Quarantine]) -> Profile:
    since, to = news.predictions
    like = spec.schema.predictions()
    # an engine that reads files itself counts all that is in them
    if rings.files_run is not None and not held:
        found = rings.lake.added_listing(spec.system, "predictions", since, to, like)
        return rings.files_run(found, spec)
    tables = rings.lake.added(spec.system, "predictions", since, to, like)
    if held:
        tables = (admitted(table, held) for table in tables)
    return rings.engine_run(tables, spec, profile)


def _labels(
    rings: Rings,
    spec: Spec,
    news: _News,
    waiting: Sequence[Mapping[str, Any]],
    held: Sequence[Quarantine],
) -> tuple[Profile, list[dict[str, Any]], list[str]]:
    """Return the counts of labels that found their prediction, orphans to keep and to forget.

    Orphans are looked up again only where new predictions came: nothing else can match them.
    """
    retry = waiting if news.predictions[0] < news.predictions[1] else ()
    known = {str(row["id"]) for row in waiting}
    total: Profile = {}
    add: list[dict[str, Any]] = []
    drop: list[str] = []
    for outcomes, are_orphans in _portions(rings, spec.system, news, retry):
        joined = _joined(rings, spec, outcomes)
        told_at = joined[_TOLD_AT]
        counted = admitted(joined, held, told_at=told_at) if held else joined
        counted = _unbiased(rings, spec.system, counted.drop_columns([_TOLD_AT]))
        total = merge(total, rings.engine_run([counted], spec, profile_labels))
        found = set(cast("list[str]", joined["id"].to_pylist()))
        if are_orphans:
            drop += sorted(found)
        else:
            lost = [row for row in outcomes.to_pylist() if row["id"] not in found]
            add += [row for row in lost if row["id"] not in known]
            known |= {str(row["id"]) for row in lost}
    return total, add, drop


def _portions(
    rings: Rings, name: str, news: _News, retry: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[pa.Table, bool]]:
    if retry:
        yield pa.Table.from_pylist([dict(row) for row in retry], OUTCOMES), True
    for outcomes in rings.lake.added(name, "outcomes", *news.outcomes):
        yield outcomes, False


def _joined(rings: Rings, spec: Spec, outcomes: pa.Table) -> pa.Table:
    """Return the predictions of these outcomes, each once, with what they tell and since when."""
    ids = cast("list[str]", outcomes["id"].to_pylist())
    wanted = [name for name in spec.schema.predictions().names if not name.startswith("f_")]
    found = _first_of_each(rings.lake.scan(spec.system, "predictions", ids=ids, columns=wanted))
    place_of = {name: place for place, name in enumerate(ids)}
    places = pa.array(
        [place_of[name] for name in cast("list[str]", found["id"].to_pylist())], pa.int64()
    )
    for name, column in (("label", "label"), ("label_at", "at"), (_TOLD_AT, "received_at")):
        found = found.append_column(name, outcomes[column].take(places))
    return found


def _unbiased(rings: Rings, name: str, joined: pa.Table) -> pa.Table:
    """Leave out what people said of decisions that a directive routed to them.

    Those are the ones in trouble, and nearly all of them are labelled: among outcomes they would
    stand for everyone.  What people say of decisions drawn by chance is counted like any outcome.
    """
    by_people: Any = pc.field("decided_by") == "review"
    ids = cast("list[str]", joined.filter(by_people)["id"].to_pylist())
    if not ids:
        return joined
    with rings.database.reading() as conn:
        told = systems.get(conn, name).system.queue.outcomes
        routed = referrals.routed(conn, name, ids) if told else set[str]()
    if not routed:
        return joined
    others: Any = ~pc.field("id").isin(pa.array(sorted(routed)))
    return joined.filter(others)


def _first_of_each(rows: pa.Table) -> pa.Table:
    """Leave out repeats: a row sent again after its id was forgotten is stored twice."""
    if pc.count_distinct(rows["id"]).as_py() == rows.num_rows:
        return rows
    seen: set[str] = set()
    keep: list[bool] = []
    for name in cast("list[str]", rows["id"].to_pylist()):
        keep.append(name not in seen)
        seen.add(name)
    return rows.filter(pa.array(keep))

import math
from dataclasses import replace
from datetime import timedelta

from tests.profile.made import made
from tests.profile.rows import LENDING, START, lake_rows, spec_of, table
from tests.store import examples
from tests.store.examples import HOUR, NOW, SPEC
from tocsin.base.slices import EVERYONE, Slice
from tocsin.ingest.change import Change, ChangeKind
from tocsin.profile.cell import CellKey
from tocsin.profile.kernel import profile
from tocsin.profile.layout import layout_of
from tocsin.store import changes, profiles, systems
from tocsin.store.traffic import measured, reach, seen
from tocsin.store.unit import Database


def traffic(database: Database, version: str, hours_ago: int, women: int, everyone: int) -> None:
    """Count one bucket of decisions."""
    layout, bucket = layout_of(SPEC), (NOW - hours_ago * HOUR).replace(minute=0)
    cells = {CellKey(version, key, bucket): layout.zero() for key in ("", "sex=f")}
    cells[CellKey(version, "", bucket)][layout.places["n"]] = everyone
    cells[CellKey(version, "sex=f", bucket)][layout.places["n"]] = women
    with database.unit("test", NOW) as unit:
        systems.save(unit, examples.SYSTEM, SPEC, (), 0, "0" * 64)
        profiles.advance(unit, SPEC, moves={}, delta=made(cells, SPEC))


def test_reach_is_the_slices_share_of_the_last_windows_traffic(sqlite: Database) -> None:
    traffic(sqlite, "1", 3, women=30, everyone=100)
    traffic(sqlite, "1", 1, women=50, everyone=100)
    traffic(sqlite, "1", 40, women=0, everyone=1000)
    with sqlite.reading() as conn:
        stored = systems.get(conn, "loans")
        women = reach(conn, stored, examples.WOMEN, NOW)
        nobody = reach(conn, stored, Slice.of({"sex": "f", "region": "north"}), NOW)
    assert (women.n, women.share) == (80, 0.4)
    hours = 3 + 5 / 60  # it is 14:05, the first bucket began at 11:00
    assert math.isclose(women.decisions_per_hour, 80 / hours)
    assert not nobody.known, "region is no attribute: it is not counted"


def test_reach_of_an_intersection_is_counted(sqlite: Database) -> None:
    raw = table(2_000, seed=5, hours=24)
    spec = spec_of(raw)
    rows = lake_rows(raw, spec)
    both = Slice.of({"employer": "government", "sex": "f"})
    with sqlite.unit("test", NOW) as unit:
        systems.save(unit, LENDING, spec, (), 0, "")
        profiles.advance(unit, spec, moves={}, delta=profile(rows, spec))
        stored = systems.get(unit.conn, "lending")
        some = reach(unit.conn, stored, both, START + timedelta(days=1))
        everyone = reach(unit.conn, stored, EVERYONE, START + timedelta(days=1))
    mine = sum((r["s_employer"], r["s_sex"]) == ("government", "f") for r in rows.to_pylist())
    assert (some.n, some.share) == (mine, mine / 2_000)
    assert (everyone.n, everyone.share) == (2_000, 1.0)


def test_without_traffic_reach_says_so(sqlite: Database) -> None:
    with sqlite.unit("test", NOW) as unit:
        systems.save(unit, examples.SYSTEM, SPEC, (), 0, "0" * 64)
        none = reach(unit.conn, systems.get(unit.conn, "loans"), examples.WOMEN, NOW)
    assert (none.n, none.known) == (0, False)


def test_each_step_of_a_plan_has_the_reach_of_its_own_slice(sqlite: Database) -> None:
    traffic(sqlite, "1", 1, women=50, everyone=200)
    (women,) = examples.plan().steps
    steps = (women, replace(women, slice=EVERYONE), replace(women, slice=Slice.of({"x": "y"})))
    with sqlite.reading() as conn:
        plan = replace(examples.plan(), steps=steps)
        after = measured(conn, systems.get(conn, "loans"), plan, NOW)
    shares = [step.reach.share if step.reach else None for step in after.steps]
    assert shares[:2] == [0.25, 1.0]
    assert not after.reach_of(after.steps[2]).known
    assert after.reach.n == 200, "the furthest"


def test_versions_are_told_from_the_last_days(sqlite: Database) -> None:
    traffic(sqlite, "old", 24 * 8, women=1, everyone=2)
    traffic(sqlite, "1", 60, women=1, everyone=2)
    traffic(sqlite, "2", 2, women=1, everyone=2)
    with sqlite.reading() as conn:
        known = seen(conn, systems.get(conn, "loans"), NOW, NOW)
    assert (known.newest, known.previous, known.is_new) == ("2", "1", True)


def test_a_candidate_is_what_the_last_recorded_change_names_until_it_decides(
    sqlite: Database,
) -> None:
    traffic(sqlite, "1", 5, women=0, everyone=100)

    def record(id_: str, version: str | None, days_ago: int) -> None:
        at = NOW - timedelta(days=days_ago)
        one = Change(id=id_, at=at, system="loans", kind=ChangeKind.DEPLOY, title="d")
        with sqlite.unit("test", NOW) as unit:
            changes.add(unit, replace(one, version=version))

    def candidate() -> str | None:
        with sqlite.reading() as conn:
            return seen(conn, systems.get(conn, "loans"), NOW, NOW).candidate

    assert candidate() is None
    record("chg_1", "0", 8)  # forgotten: nobody deploys what was announced so long ago
    assert candidate() is None
    record("chg_2", "2", 2)
    record("chg_3", None, 1)
    assert candidate() == "2"
    traffic(sqlite, "2", 1, women=0, everyone=100)
    assert candidate() is None


def test_of_a_step_of_a_version_only_what_that_version_decides_counts(sqlite: Database) -> None:
    traffic(sqlite, "1", 3, women=30, everyone=100)
    (women,) = examples.plan().steps
    of_1, of_2 = (replace(women, of_version=one) for one in ("1", "2"))
    with sqlite.reading() as conn:
        stored = systems.get(conn, "loans")
        alone = measured(conn, stored, replace(examples.plan(), steps=(women, of_1)), NOW)
    assert [step.reach and step.reach.sole for step in alone.steps] == [False, True]
    traffic(sqlite, "2", 1, women=20, everyone=100)
    with sqlite.reading() as conn:
        made = measured(conn, stored, replace(examples.plan(), steps=(women, of_1, of_2)), NOW)
    reaches = [step.reach for step in made.steps]
    assert [reach and (reach.n, reach.share) for reach in reaches] == [
        (50, 0.25),
        (30, 0.15),
        (20, 0.1),
    ]
    assert not any(reach and reach.sole for reach in reaches)
    assert made.reach.n == 50

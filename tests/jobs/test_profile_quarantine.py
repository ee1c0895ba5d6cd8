"""What a quarantined source sends is stored and counted nowhere, also when all is counted anew."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.jobs.story import HIT, SPEC, SYSTEM, Story, at, rows, story
from tocsin.base.spans import Span
from tocsin.contain.directive import Action
from tocsin.contain.plan import Plan, Reach, Step
from tocsin.ingest.rows import INSTANT, OUTCOMES
from tocsin.ingest.system import Risk
from tocsin.jobs import profile as counting
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec
from tocsin.store import containment, force, profiles, silences, systems


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Story]:
    with story(tmp_path) as one:
        yield one


def quarantined(told: Story, *, from_s: float, for_s: float) -> str:
    """Hold back what comes from `employer=government`; return the plan's id."""
    with told.rings.database.unit("aspen", at(from_s)) as unit:
        plan = Plan(
            id=unit.new_id("plan"),
            incident=None,
            system="loans",
            steps=(Step(action=Action.QUARANTINE, slice=HIT, for_=timedelta(seconds=for_s)),),
            reach=Reach(share=0.15, decisions_per_hour=10_800, n=900),
            risk=Risk.HIGH,
            made_at=at(from_s),
            made_by="aspen",
        )
        force.propose(unit, plan, "")
        force.put_in_force(unit, plan, plan.hash, "", by="aspen")
    return plan.id


def counts(told: Story, *names: str, slice_: str = HIT.key, spec: Spec = SPEC) -> dict[str, int]:
    layout, day = layout_of(spec), Span(at(0), at(86_400))
    with told.rings.database.reading() as conn:
        cells = profiles.cells(conn, spec, day, slice=slice_)
    return {name: sum(layout.one(cell, name) for cell in cells.values()) for name in names}


def of_source(*tables: pa.Table) -> int:
    return sum(table["s_employer"].to_pylist().count("government") for table in tables)


def test_rows_are_stored_and_not_counted_while_it_holds_and_counted_again_afterwards(
    told: Story,
) -> None:
    before, under, after = (
        rows(start, start + 20, hit_rate=0.6, seed=k) for k, start in enumerate((0, 20, 40))
    )
    told.decide(before)
    quarantined(told, from_s=20, for_s=20)
    told.decide(under)
    told.decide(after)
    assert counts(told, "n") == {"n": of_source(before, after)}
    everyone = before.num_rows + under.num_rows + after.num_rows - of_source(under)
    assert counts(told, "n", slice_="") == {"n": everyone}
    stored = told.rings.lake.scan("loans", "predictions", columns=["id"])
    assert stored.num_rows == everyone + of_source(under)


def test_what_is_told_of_outcomes_under_quarantine_teaches_nothing(told: Story) -> None:
    decided = rows(0, 20, hit_rate=0.6, seed=1)
    told.decide(decided)
    quarantined(told, from_s=30, for_s=100)
    late = pa.array([at(40)] * decided.num_rows, INSTANT)
    labels = pa.array(["false"] * decided.num_rows)
    outcomes = (
        decided.select(["id", "at"])
        .append_column("received_at", late)
        .append_column("label", labels)
    )
    told.rings.lake.append("loans", "outcomes", outcomes.cast(OUTCOMES))
    counting.run(told.rings, at(41))
    assert counts(told, "n", "n_labelled") == {"n": of_source(decided), "n_labelled": 0}
    rest = decided.num_rows - of_source(decided)
    assert counts(told, "n_labelled", slice_="") == {"n_labelled": rest}
    with told.rings.database.reading() as conn:
        assert counting.orphans.waiting(conn, SPEC) == []  # they found their decisions


def test_a_new_reference_counts_anew_without_what_was_held_back(told: Story) -> None:
    under = rows(20, 40, hit_rate=0.6, seed=2)
    quarantined(told, from_s=20, for_s=20)
    told.decide(under)
    other = replace(SPEC, threshold=0.4)
    with told.rings.database.unit("test", at(60)) as unit:
        systems.save(unit, SYSTEM, other, (), 100, "1" * 64)
    counting.run(told.rings, at(61))
    assert counts(told, "n", spec=other) == {"n": 0}
    assert counts(told, "n", slice_="", spec=other) == {"n": under.num_rows - of_source(under)}


def test_an_engine_that_reads_files_itself_is_passed_over_while_something_is_held_back(
    told: Story,
) -> None:
    def never(_listing: object, _spec: object) -> object:
        raise AssertionError("it would count all that is in the files")

    told.rings = replace(told.rings, files_run=never)  # pyright: ignore[reportArgumentType] - never called
    under = rows(20, 40, hit_rate=0.6, seed=2)
    quarantined(told, from_s=20, for_s=20)
    told.decide(under)
    assert counts(told, "n") == {"n": 0}


def test_the_count_of_decisions_is_expected_to_fall_until_it_is_taken_back(told: Story) -> None:
    plan = quarantined(told, from_s=20, for_s=200)
    with told.rings.database.reading() as conn:
        (silence,) = silences.standing(conn, at(21))
    assert [str(one) for one in silence.matchers] == [
        "system=loans",
        "measure=~volume|hourly_volume",
    ]
    assert "nothing that comes from employer=government is counted" in silence.reason
    with told.rings.database.unit("aspen", at(60)) as unit:
        force.take_back(unit, plan, "")
    with told.rings.database.reading() as conn:
        assert silences.standing(conn, at(61)) == []
        (held,) = containment.quarantines(conn, "loans")
    assert (held.since, held.until) == (at(20), at(60))
    after = rows(60, 80, hit_rate=0.6, seed=3)
    told.decide(after)
    assert counts(told, "n") == {"n": of_source(after)}

"""Canaries that are judged: what is said, what is stopped, and that a crash leaves no half."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.fresh import fresh
from tests.jobs.story import POLICY, T0
from tests.profile.made import made
from tests.store import examples
from tests.store.examples import HOUR, NOW
from tocsin.base.slices import EVERYONE, Slice
from tocsin.base.spans import bucket_of
from tocsin.contain.apply import apply
from tocsin.contain.canary import Call
from tocsin.contain.directive import Action, Directive, OnAbort
from tocsin.contain.plan import Plan, PlanState, Step
from tocsin.engine import local
from tocsin.incident.incident import EntryKind, State
from tocsin.jobs import trials
from tocsin.jobs.rings import Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.profile.cell import CellKey, Counts
from tocsin.profile.layout import layout_of
from tocsin.store import containment, incidents, profiles, systems
from tocsin.store import trials as stored

LAYOUT = layout_of(examples.SPEC)
START = bucket_of(NOW, examples.SPEC.bucket_s) + HOUR
"""The first whole bucket of the trial."""
RATE = 0.1
"""The champion's error rate."""


class Trial:
    """A system whose version 2 has a share of the traffic since `NOW`, by a directive."""

    def __init__(self, folder: Path) -> None:
        database = fresh(f"sqlite:///{folder}/tocsin.db")
        with database.unit("test", NOW) as unit:
            systems.save(unit, examples.SYSTEM, examples.SPEC, (), 20_000, "0" * 64)
        lake = Lake(str(folder / "lake"))
        self.rings = Rings(
            database=database,
            lake=lake,
            committer=Committer(lake),
            engine_run=local.run,
            notifiers={},
            clock=lambda: T0,
            base_url="http://localhost",
            secret=b"-",
            policy=POLICY,
        )
        self.incident = examples.opened(database).id
        self.hours = 0

    def begin(self, on_abort: OnAbort, slice_: Slice = EVERYONE) -> Directive:
        step = Step(
            action=Action.CANARY,
            slice=slice_,
            for_=100 * HOUR,
            to_version="2",
            share=0.2,
            on_abort=on_abort,
        )
        plan: Plan = replace(examples.plan(self.incident), steps=(step,))
        (directive,) = apply(plan, plan.hash, NOW, ["dir_1"])
        with self.rings.database.unit("aspen", NOW) as unit:
            containment.save_plan(unit, plan, PlanState.APPLIED, "aspen")
            containment.add_directives(unit, [directive])
        return directive

    def serve(self, hours: int, seed: int, *, harm: float = 0.0, of: str = "sex=f") -> None:
        """Let hours pass in which version 2 errs more often in one slice."""
        rng, cells = np.random.default_rng(seed), dict[CellKey, Counts]()
        for at in (START + (self.hours + k) * HOUR for k in range(hours)):
            for version, n in (("1", 4000), ("2", 1000)):
                parts: list[Counts] = []
                for key in ("sex=f", "sex=m"):
                    rate = RATE + (harm if (version, key) == ("2", of) else 0)
                    parts.append(counts(n, int(rng.binomial(n, rate))))
                    cells[CellKey(version, key, at)] = parts[-1]
                cells[CellKey(version, "", at)] = parts[0] + parts[1]
        with self.rings.database.unit("test", NOW) as unit:
            delta = made(cells, examples.SPEC)
            profiles.advance(unit, examples.SPEC, moves={}, delta=delta)
        self.hours += hours

    @property
    def now(self) -> datetime:
        return START + self.hours * HOUR

    def look(self) -> None:
        trials.run(self.rings, self.now)

    def lines(self) -> list[tuple[EntryKind, str]]:
        with self.rings.database.reading() as conn:
            found = incidents.timeline(conn, self.incident)
        return [(one.kind, one.text) for one in found if "canary" in one.text]

    def held(self) -> list[Directive]:
        with self.rings.database.reading() as conn:
            return containment.in_force(conn, "loans", self.now)


def counts(n: int, wrong: int) -> Counts:
    cell = LAYOUT.zero()
    yes, fp = n // 2, wrong // 2
    fn = wrong - fp
    facts = {"n": n, "n_prediction": n, "n_positive": yes}
    facts |= {"tp": yes - fp, "fp": fp, "tn": n - yes - fn, "fn": fn}
    for name, value in facts.items():
        LAYOUT.get(cell, name)[0] = value
    return cell


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    one = Trial(tmp_path)
    yield one
    one.rings.database.close()


def test_a_canary_that_harms_somebody_is_stopped_and_the_timeline_says_by_what(
    trial: Trial,
) -> None:
    trial.begin(OnAbort.STOP)
    trial.serve(4, 1, harm=0.1)
    trial.look()
    assert trial.held() == []
    ((kind, text),) = trial.lines()
    assert kind is EntryKind.REVERTED
    assert "sex=f" in text
    assert "harm of at least" in text
    with trial.rings.database.reading() as conn:
        assert [p.state for p in containment.plans(conn, trial.incident)] == [PlanState.REVERTED]
        assert stored.called(conn, "dir_1") == {Call.ABORT}
    trial.serve(2, 2, harm=0.1)
    trial.look()
    assert len(trial.lines()) == 1


def test_without_being_told_to_stop_it_people_are_called(trial: Trial) -> None:
    trial.begin(OnAbort.NOTIFY)
    with trial.rings.database.unit("aspen", NOW) as unit:
        one = incidents.get(unit.conn, trial.incident)
        taken = replace(one, state=State.ACKNOWLEDGED, acknowledged_at=NOW, acknowledged_by="aspen")
        incidents.save(unit, taken)
    for _ in range(2):
        trial.serve(4, 1, harm=0.1)
        trial.look()
    assert [one.id for one in trial.held()] == ["dir_1"], "it goes on until somebody decides"
    kinds = [kind for kind, _ in trial.lines()]
    assert kinds == [EntryKind.FINDING, EntryKind.PAGE]
    with trial.rings.database.reading() as conn:
        assert incidents.get(conn, trial.incident).acknowledged_at is None


def test_hold_and_promotion_are_each_said_once(trial: Trial) -> None:
    trial.begin(OnAbort.STOP)
    for k in range(30):
        trial.serve(2, 100 + k)
        trial.look()
        trial.look()
    texts = [text for _, text in trial.lines()]
    assert [text.split(".")[0] for text in texts] == [
        "The canary is being watched",
        "The canary may be promoted",
    ]
    assert [one.id for one in trial.held()] == ["dir_1"], "nothing is promoted by itself"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_harmless_canary_is_not_stopped_at_any_of_many_looks(trial: Trial, seed: int) -> None:
    trial.begin(OnAbort.STOP)
    for k in range(12):
        trial.serve(1, 1000 * seed + k)
        trial.look()
    assert [one.id for one in trial.held()] == ["dir_1"]


def test_a_canary_of_a_slice_is_judged_on_that_slice_alone(trial: Trial) -> None:
    trial.begin(OnAbort.STOP, Slice.of({"sex": "m"}))
    trial.serve(4, 1, harm=0.1, of="sex=f")
    trial.look()
    assert trial.held(), "women are not in this trial"
    trial.serve(12, 1, harm=0.1, of="sex=m")
    trial.look()
    assert not trial.held()


def test_a_slice_that_is_not_counted_apart_is_never_promoted(trial: Trial) -> None:
    trial.begin(OnAbort.STOP, Slice.of({"sex": "m", "region": "atlantis"}))
    trial.serve(40, 1)
    trial.look()
    ((_, text),) = trial.lines()
    assert text.startswith("The canary is being watched")
    assert "not counted apart" in text


def test_before_both_have_decided_nothing_is_said(trial: Trial) -> None:
    trial.begin(OnAbort.STOP)
    trial.look()
    assert trial.lines() == []


@pytest.mark.parametrize("dies_at", range(4))
def test_a_crash_leaves_all_or_nothing_and_the_next_look_does_it(
    trial: Trial, dies_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.begin(OnAbort.STOP)
    trial.serve(4, 1, harm=0.1)
    where = (
        ("look", "call")[dies_at] if dies_at < 2 else ("save_directive", "save_plan")[dies_at - 2]
    )
    module = stored if dies_at < 2 else containment

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, where, die)
        with pytest.raises(KeyboardInterrupt):
            trial.look()
    assert trial.held(), "the directive is as it was"
    assert trial.lines() == []
    trial.look()
    assert not trial.held()
    assert len(trial.lines()) == 1


def test_what_a_person_stopped_meanwhile_is_left(trial: Trial) -> None:
    directive = trial.begin(OnAbort.STOP)
    trial.serve(4, 1, harm=0.1)
    with trial.rings.database.unit("aspen", NOW + timedelta(hours=3)) as unit:
        containment.save_directive(unit, replace(directive, reverted_at=unit.now))
    trial.look()
    assert trial.lines() == []


def test_a_canary_whose_decisions_others_make_is_not_judged_meanwhile(trial: Trial) -> None:
    canary = trial.begin(OnAbort.STOP)
    rules = replace(canary, id="dir_2", action=Action.FALLBACK, to_version=None, share=None)
    part = replace(rules, of_version="2", slice=Slice.of({"sex": "m"}))
    with trial.rings.database.unit("test", NOW) as unit:
        containment.add_directives(unit, [part])
    trial.serve(4, 1, harm=0.1)
    with trial.rings.database.unit("test", NOW) as unit:
        containment.save_directive(unit, replace(part, slice=EVERYONE))
    trial.look()
    assert trial.lines() == []
    with trial.rings.database.unit("test", NOW) as unit:
        containment.save_directive(unit, part)  # women are decided by the canary: it goes on
    trial.look()
    ((kind, _),) = trial.lines()
    assert kind is EntryKind.REVERTED

"""A dial, a system and an incident: what a test of the acts plays with."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from tests.jobs.dial import FIRST, Dial, directive, outlet
from tests.jobs.scene import LENDING, SECOND, Scene
from tocsin.contain.act import Act
from tocsin.contain.apply import revert
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Plan, PlanState, Reach, Step
from tocsin.incident import lifecycle
from tocsin.incident.incident import EntryKind, Incident
from tocsin.incident.update import Telling
from tocsin.ingest.system import Risk
from tocsin.jobs import act as duty
from tocsin.oncall.person import Person
from tocsin.store import acts, containment, incidents
from tocsin.store.acts import ActRow


@dataclass
class Bench:
    """A dial, a system and an incident."""

    stage: Scene
    dial: Dial
    incident: Incident

    def begin(self, id_: str = "dir_1", action: Action = Action.REVIEW) -> Directive:
        one = directive(id_, self.stage.clock(), self.incident.id, action)
        with self.stage.database.unit("aspen", self.stage.clock()) as unit:
            containment.add_directives(unit, [one])
        return one

    def begin_led(self) -> Directive:
        """Let lending lead the incident and put a plan in force in it."""
        stage, now = self.stage, self.stage.clock()
        telling = Telling(people={"lending": Person("lending", (LENDING,))})
        stage.rings = replace(stage.rings, telling=telling)
        outside = tuple(
            one.says(directive("", now, None)) for one in stage.rings.actuators.values()
        )
        step = Step(action=Action.REVIEW, for_=timedelta(hours=1), outside=outside)
        plan = Plan(
            id="plan_1",
            incident=self.incident.id,
            system="loans",
            steps=(step,),
            reach=Reach(share=1.0, decisions_per_hour=10, n=100),
            risk=Risk.HIGH,
            made_at=now,
            made_by="lending",
        )
        one = replace(
            directive("dir_1", now, self.incident.id), plan="plan_1", outside=step.outside
        )
        with stage.database.unit("lending", now) as unit:
            after, entries = lifecycle.acknowledge(
                self.incident, actor="lending", now=now, entry_id=unit.new_id("ent")
            )
            incidents.save(unit, after, entries)
            containment.save_plan(unit, plan, PlanState.APPLIED, approved_by="lending")
            containment.add_directives(unit, [one])
        return one

    def called(self) -> list[str]:
        """Return the calls for people so far; who leads acknowledges each."""
        stage, now = self.stage, self.stage.clock()
        with stage.database.unit("lending", now) as unit:
            told = incidents.timeline(unit.conn, self.incident.id)
            after, entries = lifecycle.acknowledge(
                incidents.get(unit.conn, self.incident.id),
                actor="lending",
                now=now,
                entry_id=unit.new_id("ent"),
            )
            incidents.save(unit, after, entries)
        return [line.text for line in told if line.kind is EntryKind.PAGE]

    def lift(self, one: Directive) -> None:
        with self.stage.database.unit("aspen", self.stage.clock()) as unit:
            containment.save_directive(unit, revert(one, self.stage.clock()))

    def work(self, rounds: int = 3, apart: timedelta = SECOND) -> None:
        for _ in range(rounds):
            self.stage.clock.move(apart)
            duty.run(self.stage.rings, self.stage.clock())

    @property
    def shown(self) -> str:
        return self.dial.file.read_text()

    @property
    def rows(self) -> list[ActRow]:
        with self.stage.database.reading() as conn:
            return acts.of_incident(conn, self.incident.id)

    @property
    def last(self) -> Act:
        return self.rows[-1].act

    @property
    def lines(self) -> list[str]:
        with self.stage.database.reading() as conn:
            told = incidents.timeline(conn, self.incident.id)
        return [line.text for line in told if line.kind is EntryKind.ACTED]


def bench_of(stage: Scene, folder: Path) -> Bench:
    """Return a bench whose dial is the one actuator."""
    file = folder / "dial"
    file.write_text(FIRST)
    dial = Dial(file)
    stage.rings = replace(stage.rings, actuators={"dial": outlet(dial)})
    return Bench(stage, dial, stage.declare_incident())

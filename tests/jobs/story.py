"""A fault told to the duties: approvals of government employees collapse after a pipeline change.

Five-second buckets, twenty decisions a second, 15 % of them about `employer=government`, of whom
60 % are approved normally and 15 % while the income arrives in thousands.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.fresh import fresh
from tocsin.base.slices import Slice
from tocsin.base.spans import Span
from tocsin.contain.act import NO_OUTLETS, Outlets, told
from tocsin.contain.apply import apply
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Plan, PlanState, Reach, Step
from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.detect.stages import SERVING
from tocsin.engine import local
from tocsin.incident import impact, lifecycle
from tocsin.incident.incident import Entry, Incident, Severity
from tocsin.ingest.change import Change, ChangeKind
from tocsin.ingest.rows import OUTCOMES, Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Impact, Risk, System
from tocsin.jobs import profile as counting
from tocsin.jobs.rings import Rings
from tocsin.lake.committer import Committer
from tocsin.lake.delta import Lake
from tocsin.oncall.policy import Contact, Policy
from tocsin.oncall.policy import Step as Rung
from tocsin.profile.blocks import tallies
from tocsin.profile.spec import NumericBins, Spec
from tocsin.store import changes, containment, findings, incidents, stages, systems

T0 = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
FAULT_S = 120
HIT = Slice.of({"employer": "government"})
SYSTEM = System(
    name="loans",
    owner="lending",
    risk=Risk.HIGH,
    slices=("employer",),
    impact=Impact(unit="loan decision", cost_per_error=1_000.0),
    bucket_s=5,
    window_s=60,
)
SPEC = Spec(
    system="loans",
    schema=Schema((Field("income", FieldKind.NUMERIC),), (Attribute("employer"),)),
    numeric=(NumericBins("income", (0.0, 50.0, 100.0), 1.0),),
    categorical=(),
    slices=("employer=government", "employer=private"),
    positive="true",
    threshold=0.5,
    bucket_s=5,
)
REGIONAL = replace(
    SPEC,
    schema=Schema(SPEC.schema.features, (Attribute("employer"), Attribute("region"))),
    slices=(*SPEC.slices, "region=north", "region=south"),
)
"""The same system with a second attribute, see `regional`."""
_CONTACT = Contact("lending", "console", "-")
POLICY = Policy("p", (Rung(timedelta(0), (_CONTACT,)),), (_CONTACT,))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def rows(
    start_s: float,
    end_s: float,
    *,
    hit_rate: float,
    seed: int,
    directive: str | None = None,
    version: str = "v1",
) -> pa.Table:
    """Decide for some seconds; with a directive, government is decided by the fallback."""
    rng = np.random.default_rng(seed)
    n = int((end_s - start_s) * 20)
    times = [at(start_s + (end_s - start_s) * k / n) for k in range(n)]
    hit = rng.random(n) < 0.15
    yes = rng.random(n) < np.where(hit, hit_rate, 0.6)
    fallback = hit & (directive is not None)
    table = pa.table(
        {
            "id": [f"p{start_s:07.1f}-{seed}-{k}" for k in range(n)],
            "at": times,
            "received_at": times,
            "version": [version] * n,
            "score": [None if f else 0.5 for f in fallback],
            "prediction": ["true" if y else "false" for y in yes],
            "latency_ms": [1.0] * n,
            "decided_by": ["fallback" if f else "system" for f in fallback],
            "directive": [directive if f else None for f in fallback],
            "error": [None] * n,
            "capacity_used": [None] * n,
            "mistyped": [None] * n,
            "f_income": [40.0] * n,
            "s_employer": ["government" if h else "private" for h in hit],
        },
    )
    return table.cast(SPEC.schema.predictions())


def regional(table: pa.Table, hit_rate: float | None = None) -> pa.Table:
    """Put every third decision into the north.

    Args:
        table: of `rows`.
        hit_rate: share of approvals of government employees there; None: as the table has it.
    """
    numbers = np.arange(table.num_rows)
    north = numbers % 3 == 0
    table = table.append_column("s_region", pa.array(["north" if n else "south" for n in north]))
    if hit_rate is not None:
        hit = north & (np.array(table["s_employer"].to_pylist()) == "government")
        yes = np.array(table["prediction"].to_pylist()) == "true"
        drawn = np.random.default_rng(7).random(table.num_rows) < hit_rate
        answers = ["true" if y else "false" for y in np.where(hit, drawn, yes)]
        place = table.column_names.index("prediction")
        table = table.set_column(place, "prediction", pa.array(answers))
    return table.cast(REGIONAL.schema.predictions())


def alarm(layer: Layer, measure: str, column: str | None = None) -> Finding:
    return Finding(
        layer=layer,
        measure=measure,
        value=0.15,
        baseline=0.6,
        effect=-0.45,
        interval=(-0.5, -0.4),
        threshold=-0.05,
        n=90,
        n_baseline=900,
        verdict=Verdict.ALARM,
        level=Level.PAGE if column is None else Level.TICKET,
        why=f"{measure} moved",
        column=column,
        slice=HIT,
        evidence=20.0,
        window=Span(at(90), at(150)),
    )


@dataclass
class Story:
    """The rings and what happened so far."""

    rings: Rings

    def decide(self, table: pa.Table) -> None:
        self.rings.lake.append("loans", "predictions", table)
        counting.run(self.rings, at(0))

    def fault(self, until_s: float = 160) -> None:
        """Two minutes of peace, then the change and the fault."""
        self.decide(rows(0, FAULT_S, hit_rate=0.6, seed=1))
        self.decide(rows(FAULT_S, until_s, hit_rate=0.15, seed=2))

    def learn_outcomes(self, table: pa.Table) -> None:
        """Let it turn out that every other decision should have been a yes."""
        label = pa.array(["true" if k % 2 else "false" for k in range(table.num_rows)])
        outcomes = table.select(["id", "at", "received_at"]).append_column("label", label)
        self.rings.lake.append("loans", "outcomes", outcomes.cast(OUTCOMES))
        counting.run(self.rings, at(0))

    def change(self, id_: str, seconds: float, **more: object) -> None:
        facts: dict[str, object] = {"kind": ChangeKind.DEPLOY, **more}
        with self.rings.database.unit("test", at(seconds)) as unit:
            one = Change(id=id_, at=at(seconds), system="loans", title=id_, **facts)  # pyright: ignore[reportArgumentType] - one literal
            changes.add(unit, one)

    def detect(
        self, *seen: Finding, now_s: float = 150, slice_: Slice = HIT, taken: bool = True
    ) -> str:
        """Let detection have spoken and the incident be open and, if `taken`, acknowledged."""
        with self.rings.database.unit("test", at(now_s)) as unit:
            findings.save(
                unit, "loans", at(now_s), seen or [alarm(Layer.PERFORMANCE, "selection_rate")]
            )
            incident, entries = lifecycle.open_(
                id=unit.new_id("inc"),
                number=incidents.next_number(unit),
                system="loans",
                title="Approvals fell",
                severity=Severity.SEV2,
                severity_why="high risk",
                slice_=slice_,
                now=at(now_s),
                entry_ids=[unit.new_id("ent")],
            )
            incidents.add(unit, incident, entries, POLICY, None)
            if taken:
                after, more = lifecycle.acknowledge(
                    incident, actor="lending", now=at(now_s + 3), entry_id=unit.new_id("ent")
                )
                incidents.save(unit, after, more)
        return incident.id

    def began(self, id_: str, began_s: float, now_s: float) -> Incident:
        """Let aspen say when it began."""
        with self.rings.database.unit("aspen", at(now_s)) as unit:
            after, entries = impact.say(
                incidents.get(unit.conn, id_),
                at(began_s),
                "the log says so",
                actor="aspen",
                now=at(now_s),
                entry_id=unit.new_id("ent"),
            )
            incidents.save(unit, after, entries)
        return after

    def approve(
        self,
        incident: str,
        now_s: float,
        *,
        for_s: float = 14_400,
        outlets: Outlets = NO_OUTLETS,
    ) -> Directive:
        """Approve the fallback for the slice; nobody obeys yet."""
        with self.rings.database.unit("lending", at(now_s)) as unit:
            step = Step(action=Action.FALLBACK, slice=HIT, for_=timedelta(seconds=for_s))
            plan = Plan(
                id=unit.new_id("plan"),
                incident=incident,
                system="loans",
                steps=(step,),
                reach=Reach(share=0.15, decisions_per_hour=10_800, n=900),
                risk=Risk.HIGH,
                made_at=at(now_s),
                made_by="lending",
            )
            plan = told(plan, outlets)
            directive = apply(plan, plan.hash, at(now_s), [unit.new_id("dir")])[0]
            containment.save_plan(unit, plan, PlanState.APPLIED, approved_by="lending")
            containment.add_directives(unit, [directive])
        return directive

    def incident(self, id_: str) -> Incident:
        with self.rings.database.reading() as conn:
            return incidents.get(conn, id_)

    def timeline(self, id_: str) -> Sequence[Entry]:
        with self.rings.database.reading() as conn:
            return incidents.timeline(conn, id_)


@contextmanager
def story(folder: Path, spec: Spec = SPEC) -> Generator[Story]:
    """Yield a story before anything has happened; the reference is an hour of peace."""
    database = fresh(f"sqlite:///{folder}/tocsin.db")
    reference = rows(0, 600, hit_rate=0.6, seed=99)
    if spec is REGIONAL:
        reference = regional(reference)
    with database.unit("test", T0) as unit:
        baseline = [tally for _, tally in tallies(reference, spec)]
        systems.save(unit, SYSTEM, spec, baseline, reference.num_rows, "0" * 64)
        stages.beat(unit, SERVING, SYSTEM.name)  # a guard asks what is in force
    lake = Lake(str(folder / "lake"))
    yield Story(
        Rings(
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
    )
    database.close()

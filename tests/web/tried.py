"""Canaries that took part in an incident, judged by the real comparison and kept by the store."""

from datetime import datetime, timedelta

from tocsin.base.slices import EVERYONE
from tocsin.base.spans import bucket_of
from tocsin.contain.canary import Canary, judge
from tocsin.contain.directive import Action, Directive, OnAbort
from tocsin.ingest.trial import Trial
from tocsin.profile.cell import CellKey, Counts
from tocsin.profile.layout import Layout, layout_of
from tocsin.profile.spec import Spec
from tocsin.store import containment, trials
from tocsin.store.unit import Database

USUAL = 0.1
"""The champion's error rate."""


def canary(incident: str, system: str, at: datetime, id_: str, version: str) -> Directive:
    """Return the directive of a canary that stops where it harms."""
    return Directive(
        id=id_,
        system=system,
        action=Action.CANARY,
        slice=EVERYONE,
        to_version=version,
        share=0.1,
        on_abort=OnAbort.STOP,
        incident=incident,
        created_at=at,
        expires_at=at + timedelta(hours=2),
        reverted_at=at + timedelta(hours=1),
    )


def told(spec: Spec, at: datetime, version: str, *, buckets: int, wrong: float) -> Canary:
    """Return the verdict over buckets before `at`; the candidate errs so often in one slice."""
    layout, cells = layout_of(spec), dict[CellKey, Counts]()
    bucket, one = timedelta(seconds=spec.bucket_s), spec.slices[0]
    other = next(k for k in spec.slices if k.split("=")[0] == one.split("=")[0] and k != one)
    for k in range(1, buckets + 1):
        start = bucket_of(at, spec.bucket_s) - k * bucket
        for name, rows in (("2026-11-18", 18_000), (version, 2_000)):
            rates = {one: wrong if name == version else USUAL, other: USUAL}
            parts = {key: _cell(layout, rows, rate) for key, rate in rates.items()}
            for key, counts in ({**parts, "": sum(parts.values(), layout.zero())}).items():
                cells[CellKey(name, key, start)] = counts
    trial = Trial(lasts=4 * bucket)
    return judge(cells, layout, candidate=version, champion="2026-11-18", now=at, trial=trial)


def _cell(layout: Layout, rows: int, rate: float) -> Counts:
    cell, half, bad = layout.zero(), rows // 2, round(rows * rate / 2)
    held = {"n": rows, "n_prediction": rows, "n_positive": half}
    held |= {"tp": half - bad, "fp": bad, "tn": half - bad, "fn": bad}
    for name, value in held.items():
        layout.get(cell, name)[0] = value
    return cell


def took_part(database: Database, incident: str, system: str, spec: Spec, at: datetime) -> None:
    """Keep two canaries of an incident: one stopped for its harm, then one that was proven."""
    minutes = timedelta(minutes=1)
    first = canary(incident, system, at, "dir_canary_1", "2026-11-20")
    second = canary(incident, system, at + 60 * minutes, "dir_canary_2", "2026-11-21")
    with database.unit("tocsin", at) as unit:
        containment.add_directives(unit, [first, second])
    for directive, after, wrong, buckets in (
        (first, 15, USUAL, 1),
        (first, 45, 0.16, 3),
        (second, 90, USUAL, 40),
    ):
        now = directive.created_at + after * minutes
        verdict = told(spec, now, directive.to_version or "", buckets=buckets, wrong=wrong)
        with database.unit("tocsin", now) as unit:
            trials.call(unit, directive, verdict)

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.desks import DESKS, Fault, table, usual
from tests.profile.rows import lake_rows, replaced
from tocsin.base.errors import BadInput
from tocsin.detect.alone import objectives
from tocsin.detect.finding import Finding, Verdict
from tocsin.detect.slo import FAST, LEFT, SLOW, findings
from tocsin.ingest.slo import KPI, Slo
from tocsin.ingest.system import System
from tocsin.profile.kernel import profile
from tocsin.profile.spec import Spec

RIGHT = Slo(name="right-7d", sli="accuracy", target=0.7, period_s=7 * 86400)
R = np.random.default_rng(1)
SPEC = usual(200, R, days=5)[0]


def said(raw: pa.Table, *slos: Slo, spec: Spec = SPEC, timed: bool = True) -> dict[str, Finding]:
    system: System = replace(DESKS, slos=slos)
    counted = profile(lake_rows(raw, spec, system), spec)
    every = objectives(counted, spec, system, timed=timed)
    return {
        f"{f.column} {f.measure}": f for objective in every for f in findings(objective, 1e-4, 1e-3)
    }


def test_what_is_left_of_the_budget_is_that_of_the_rows() -> None:
    raw = table(4000, R, hours=72)
    wrong = float(np.mean([one["sent"] != one["meant"] for one in raw.to_pylist()]))
    found = said(raw, RIGHT)
    left = found[f"right-7d {LEFT}"]
    assert left.verdict is Verdict.OK
    assert left.value == pytest.approx(1 - wrong / 0.3)
    assert left.n == 4000
    assert found[f"right-7d {FAST}"].verdict is Verdict.OK


def test_a_fire_at_the_end_of_the_file_burns() -> None:
    early, late = table(4000, R, hours=72), table(1000, R, Fault(lost=1.0, channel=""), hours=6)
    shifted = [one["at"] + timedelta(hours=72) for one in late.to_pylist()]
    wrong = replaced(replaced(late, "at", shifted), "sent", ["savings"] * 1000)
    raw = pa.concat_tables([early, wrong.cast(early.schema)])
    found = said(raw, replace(RIGHT, target=0.9), RIGHT)
    assert found[f"right-7d {FAST}"].verdict is not Verdict.INSUFFICIENT
    strict = Slo(name="strict", sli="accuracy", target=0.97, period_s=7 * 86400)
    assert said(raw, strict)[f"strict {FAST}"].verdict is Verdict.ALARM


def test_too_short_a_file_judges_what_it_can() -> None:
    raw = table(1000, R, hours=1)
    found = said(raw, replace(RIGHT, period_s=30 * 86400))
    assert found[f"right-7d {SLOW}"].verdict is Verdict.INSUFFICIENT
    assert "of history" in found[f"right-7d {SLOW}"].why
    assert found[f"right-7d {LEFT}"].n == 1000


def test_rows_without_times_tell_the_budget_alone() -> None:
    found = said(table(1000, R), RIGHT, timed=False)
    assert found[f"right-7d {LEFT}"].verdict is not Verdict.INSUFFICIENT
    assert found[f"right-7d {FAST}"].verdict is Verdict.INSUFFICIENT
    assert found[f"right-7d {SLOW}"].verdict is Verdict.INSUFFICIENT


def test_slices_of_one_and_of_two_attributes_are_counted() -> None:
    raw = table(3000, R, hours=30)
    one = replace(RIGHT, name="app", slice="channel=app")
    two = replace(RIGHT, name="both", slice="channel=app&sex=f")
    found = said(raw, one, two)
    rows = raw.to_pylist()
    here = [r for r in rows if r["channel"] == "app"]
    assert found[f"app {LEFT}"].n == len(here)
    assert found[f"both {LEFT}"].n == sum(r["sex"] == "f" for r in here)


def test_what_a_file_cannot_tell_is_said_or_refused() -> None:
    raw = table(500, R)
    sales = Slo(name="sales", sli=KPI, target=0.9, column="orders")
    assert {f.verdict for f in said(raw, sales).values()} == {Verdict.INSUFFICIENT}
    with pytest.raises(BadInput, match="hit_rate is not counted"):
        said(raw, Slo(name="hits", sli="hit_rate", target=0.9))

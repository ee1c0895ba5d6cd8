"""Indicators: the events that an objective counts are those of the rows themselves."""

import numpy as np
import pytest

from tests.profile.rows import LENDING, lake_rows, replaced, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.detect.sli import events
from tocsin.ingest.slo import Slo
from tocsin.profile.blocks import blocks
from tocsin.profile.layout import layout_of

RAW = table(3000, 5)
LATENCY = np.random.default_rng(5).lognormal(3, 1, 3000)
SPEC = spec_of(RAW)
LAYOUT = layout_of(SPEC)


def counted(sli: str, who: str = "", **more: object) -> tuple[float, float]:
    rows = replaced(lake_rows(RAW, SPEC), "latency_ms", LATENCY.tolist())
    rows = rows.cast(lake_rows(RAW, SPEC).schema)
    (window,) = blocks(rows, SPEC, 1)
    slo = Slo(name="x", sli=sli, target=0.9, slice=who, **more)  # pyright: ignore[reportArgumentType] - literals
    return events(LAYOUT, slo).bad_of(window.cells[who])


def test_events_are_those_of_the_rows() -> None:
    right = np.array(RAW["approved"].to_pylist()) == np.array(RAW["repaid"].to_pylist())
    assert counted("accuracy") == (float((~right).sum()), 3000.0)
    yes = np.array(RAW["approved"].to_pylist())
    assert counted("precision") == (float((~right & yes).sum()), float(yes.sum()))
    assert counted("availability") == (0.0, 3000.0)
    missing = RAW["education_years"].null_count
    assert counted("missing", column="education_years") == (float(missing), 3000.0)
    own = np.array(RAW["employer"].to_pylist()) == "self"
    found = counted("accuracy", "employer=self")
    assert found == (float((~right & own).sum()), float(own.sum()))


def test_latency_is_counted_by_the_nearest_border() -> None:
    assert counted("latency", under_ms=30.0) == (float((LATENCY >= 31.6228).sum()), 3000.0)


@pytest.mark.parametrize(
    ("slo", "what"),
    [
        (Slo(name="x", sli="missing", target=0.9, column="purse"), "not counted of purse"),
        (Slo(name="x", sli="accuracy", target=0.9, slice="employer=pirate"), "nobody is counted"),
        (Slo(name="x", sli="accuracy", target=0.9, slice="planet=mars"), "nobody is counted"),
        (
            Slo(name="x", sli="missing", target=0.9, column="income", slice="employer=self&sex=f"),
            "inputs are not counted for",
        ),
    ],
)
def test_what_is_not_counted_is_refused(slo: Slo, what: str) -> None:
    assert LENDING.attributes == ("employer", "sex")
    with pytest.raises(BadInput, match=what):
        events(LAYOUT, slo)

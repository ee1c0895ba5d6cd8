import json
import math
from dataclasses import replace

from tests.detect.test_levels import MISSING, NORTH, SHIFTED, WOMEN, said
from tests.profile.rows import START
from tocsin.base.slices import EVERYONE
from tocsin.detect.check import Checked, report, suspects, verdict
from tocsin.detect.finding import Layer, Origin, Verdict

CHECKED = Checked(
    system="loans",
    origin=Origin(
        reference_sha256="ab",
        current_sha256="ba",
        spec_hash="5ec",
        code="0.1.0",
        config="c0f",
    ),
    reference_rows=1000,
    rows=300,
    start=START,
    end=None,
)


def test_the_report_has_exactly_the_promised_keys() -> None:
    facts = report([MISSING], CHECKED)
    assert set(facts) == {
        "tocsin",
        "config",
        "spec",
        "system",
        "reference",
        "current",
        "verdict",
        "findings",
        "suspects",
    }
    assert facts["reference"] == {"rows": 1000, "sha256": "ab"}
    when = {"from": START.isoformat(), "to": None}
    assert facts["current"] == {"rows": 300, **when, "sha256": "ba"}
    (one,) = json.loads(json.dumps(facts))["findings"]
    assert set(one) == {
        "key",
        "layer",
        "measure",
        "column",
        "slice",
        "value",
        "baseline",
        "effect",
        "interval",
        "threshold",
        "alpha",
        "evidence",
        "method",
        "n",
        "n_baseline",
        "verdict",
        "level",
        "why",
    }
    assert one["slice"] == {"region": "north"}


def test_what_cannot_be_said_is_null_and_never_nan() -> None:
    unsaid = replace(MISSING, value=math.nan, interval=(math.nan, math.inf))
    text = json.dumps(report([unsaid], CHECKED), allow_nan=False)
    (one,) = json.loads(text)["findings"]
    assert one["value"] is None
    assert one["interval"] == [None, None]


def test_one_alarm_makes_the_verdict_alarm() -> None:
    ok = replace(MISSING, verdict=Verdict.OK)
    short = replace(MISSING, verdict=Verdict.INSUFFICIENT)
    assert verdict([ok, MISSING]) is Verdict.ALARM
    assert verdict([short, ok]) is Verdict.OK
    assert verdict([short]) is Verdict.INSUFFICIENT
    assert verdict([]) is Verdict.INSUFFICIENT


def test_suspects_are_the_input_and_the_slice_with_the_strongest_evidence() -> None:
    found = suspects([replace(MISSING, evidence=300.0), replace(SHIFTED, evidence=30.0)])
    assert [(s["rank"], s["kind"], s["what"]) for s in found] == [
        (1, "column", {"column": "income", "slice": {"region": "north"}}),
        (2, "slice", {"region": "north"}),
    ]
    assert found[0]["score"] == 1.0


def test_a_slice_that_moves_as_everyone_does_is_no_suspect() -> None:
    whole = said(Layer.PERFORMANCE, "accuracy", EVERYONE, effect=0.3)
    echo = said(Layer.PERFORMANCE, "accuracy", WOMEN, effect=0.35)
    own = said(Layer.PERFORMANCE, "accuracy", NORTH, effect=0.7)
    assert [s["what"] for s in suspects([whole, echo, own])] == [{"region": "north"}]


def test_scores_are_an_effect_and_no_suspect() -> None:
    assert suspects([said(Layer.DRIFT, "jsd", column="score")]) == []


def test_no_alarm_no_suspects() -> None:
    assert suspects([replace(MISSING, verdict=Verdict.OK)]) == []

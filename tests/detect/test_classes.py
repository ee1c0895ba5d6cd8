from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from tests.detect.desks import DESKS, NAMES, Fault, look, table, usual, window
from tests.detect.looks import alarms
from tests.profile.rows import replaced
from tocsin.base.spans import Span
from tocsin.detect.budget import Asked, Budget
from tocsin.detect.classes import MEASURES, classes, judged_classes, macro_f1, overconfidence
from tocsin.detect.evaluate import evaluate, harm_monitors, other_monitors
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.performance import performance
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec

Scored = Callable[..., "NDArray[np.float64]"]
RECALL = cast("Scored", metrics.recall_score)
PRECISION = cast("Scored", metrics.precision_score)
F1 = cast("Callable[..., float]", metrics.f1_score)
DAILY = Budget.of(1, 86400, 1)


def both(raw: pa.Table) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    return np.array(raw["meant"].to_pylist()), np.array(raw["sent"].to_pylist())


def one(found: list[Finding], measure: str, column: str | None = None, key: str = "") -> Finding:
    (same,) = [f for f in found if (f.measure, f.column, f.slice.key) == (measure, column, key)]
    return same


def counted(raw: pa.Table, spec: Spec) -> NDArray[np.float64]:
    """Return everyone's counts as one row of slices."""
    return window(raw, spec).cells[""].astype(float)[None]


@pytest.mark.parametrize("seed", range(3))
def test_the_measures_are_scikit_learns(seed: int) -> None:
    r = np.random.default_rng(seed)
    spec, baseline = usual(300, r)
    raw = table(4000, r, Fault(lost=0.3, channel=""))
    truth, answer = both(raw)
    seen = look(window(raw, spec), spec, baseline)
    found = performance(seen) + classes(seen, fixed=True)
    assert one(found, "accuracy").value == pytest.approx(float((truth == answer).mean()))
    for score, measure in ((RECALL, "recall"), (PRECISION, "precision")):
        each = score(truth, answer, labels=list(NAMES), average=None)
        for name, value in zip(NAMES, each.tolist(), strict=True):
            assert one(found, measure, name).value == pytest.approx(value)
    assert one(found, "macro_f1").value == pytest.approx(F1(truth, answer, average="macro"))
    sure = raw["sure"].to_numpy()
    gap = float(sure.mean() - (truth == answer).mean())
    assert one(found, "overconfidence").value == pytest.approx(gap, abs=0.005)  # half a bin


@pytest.mark.parametrize("seed", range(3))
def test_macro_f1_varies_as_the_delta_method_says(seed: int) -> None:
    r = np.random.default_rng(seed)
    spec, _ = usual(300, r)
    layout, n = layout_of(spec), 1500
    raw = table(n, r, Fault(lost=0.3, channel=""))
    counts = counted(raw, spec)
    told = macro_f1(layout, counts, judged_classes(layout, counts))
    places = layout.places["confusion"]
    again = np.repeat(counts, 3000, 0)
    again[:, places] = r.multinomial(n, counts[0, places] / n, 3000)
    values = macro_f1(layout, again, judged_classes(layout, counts)).value
    assert float(values.var()) == pytest.approx(float(told.variance[0, 0]) / n, rel=0.12)
    assert float(values.mean()) == pytest.approx(float(told.value[0, 0]), abs=0.003)


def test_confidence_less_accuracy_is_that_of_the_rows() -> None:
    r = np.random.default_rng(4)
    spec, _ = usual(300, r)
    raw = table(3000, r)
    truth, answer = both(raw)
    terms = raw["sure"].to_numpy() - (truth == answer)
    told = overconfidence(layout_of(spec), counted(raw, spec))
    assert float(told.value[0, 0]) == pytest.approx(float(terms.mean()), abs=0.005)
    assert float(told.variance[0, 0]) == pytest.approx(float(terms.var()), rel=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_a_class_lost_in_one_slice_is_found_there(seed: int) -> None:
    r = np.random.default_rng(10 + seed)
    spec, baseline = usual(2000, r)
    faulty = window(table(6000, r, Fault(lost=0.5)), spec)
    found = evaluate(faulty, baseline, spec, DESKS, DAILY, now=None)
    first = found[0]
    assert (first.measure, first.column, first.slice.key) == ("recall", "fraud", "channel=app")
    loud = alarms(found)
    assert {f.column for f in loud if f.measure == "recall"} == {"fraud"}
    assert not [f for f in loud if f.slice.key in ("channel=post", "channel=web")]
    assert one(found, "accuracy", key="channel=app").verdict is Verdict.ALARM


def test_confidence_that_rose_and_a_mix_that_moved_are_told() -> None:
    r = np.random.default_rng(20)
    spec, baseline = usual(1500, r)
    unsure = look(window(table(6000, r, Fault(unsure=0.1)), spec), spec, baseline)
    found = classes(unsure, fixed=True)
    assert one(alarms(found), "overconfidence").value > 0
    assert one(found, "jsd", "label").verdict is Verdict.OK
    moved = Fault(shares=(0.3, 0.3, 0.3, 0.1))
    other = evaluate(window(table(6000, r, moved), spec), baseline, spec, DESKS, DAILY, now=None)
    loud = {(f.measure, f.column) for f in alarms(other) if not f.slice.conditions}
    rarer = ("precision", "cards")  # as wrong as before, and less often asked for
    assert loud == {("jsd", "label"), ("jsd", "prediction"), rarer}


def test_better_answers_are_no_alarm() -> None:
    r = np.random.default_rng(21)
    spec, baseline = usual(600, r, Fault(lost=0.3, channel=""))
    seen = look(window(table(3000, r), spec), spec, baseline)
    assert [f for f in alarms(performance(seen)) if f.measure != "precision"] == []
    assert one(classes(seen, fixed=True), "macro_f1").verdict is Verdict.OK


def test_outcomes_that_still_come_in_are_not_judged() -> None:
    r = np.random.default_rng(22)
    spec, baseline = usual(600, r)
    raw = table(2000, r)
    early = [label if k % 3 else None for k, label in enumerate(raw["meant"].to_pylist())]
    seen = look(window(replaced(raw, "meant", early), spec), spec, baseline)
    young = classes(seen, fixed=False)
    assert {f.verdict for f in young} == {Verdict.INSUFFICIENT}
    assert {f.measure for f in young} == {"jsd", *MEASURES}
    assert all("early ones" in f.why for f in young)
    assert Verdict.OK in {f.verdict for f in classes(seen, fixed=True)}


def test_a_class_that_the_window_lacks_leaves_macro_f1_unsaid() -> None:
    r = np.random.default_rng(23)
    spec, baseline = usual(600, r)
    raw = table(2000, r)
    there = [s != "savings" and m != "savings" for m, s in zip(*both(raw), strict=True)]
    seen = look(window(raw.filter(pa.array(there)), spec), spec, baseline)
    said = one(classes(seen, fixed=True), "macro_f1")
    assert said.verdict is Verdict.INSUFFICIENT
    assert "outcomes of every class" in said.why


def test_without_outcomes_or_confidence_nothing_is_said_of_them() -> None:
    r = np.random.default_rng(24)
    system = replace(DESKS, columns=replace(DESKS.columns, score=None, label=None))
    spec, baseline = usual(300, r, system=system)
    found = evaluate(window(table(500, r), spec, system), baseline, spec, system, DAILY, now=None)
    assert {f.measure for f in found if f.layer is Layer.PERFORMANCE} == set()
    assert {f.column for f in found if f.measure == "jsd"} >= {"prediction", "pages"}
    assert not {"label", "score"} & {f.column for f in found if f.measure == "jsd"}


def test_a_group_that_is_answered_worse_is_unfairly_treated() -> None:
    r = np.random.default_rng(25)
    spec, baseline = usual(1500, r)
    raw = table(6000, r)
    truth, answer = both(raw)
    wrong = (np.array(raw["sex"].to_pylist()) == "f") & (r.random(len(truth)) < 0.3)
    bad = np.where(wrong, np.where(truth == "cards", "loans", "cards"), answer)
    found = evaluate(
        window(replaced(raw, "sent", bad.tolist()), spec), baseline, spec, DESKS, DAILY, now=None
    )
    fair = [f for f in found if f.layer is Layer.FAIRNESS]
    assert {f.measure for f in fair} == {"accuracy_gap", "recall_gap"}
    assert {f.slice.key for f in alarms(fair)} == {"sex=f"}
    hit = np.array(raw["sex"].to_pylist()) == "f"
    gap = float((truth == bad)[~hit].mean() - (truth == bad)[hit].mean())
    assert one(fair, "accuracy_gap", key="sex=f").value == pytest.approx(gap)
    lost = [f for f in fair if f.measure == "recall_gap"]
    assert lost
    for f in lost:
        own = truth == f.column
        by_class = (truth == bad)[own & ~hit].mean() - (truth == bad)[own & hit].mean()
        assert f.value == pytest.approx(float(by_class))
        assert f"whose true class is {f.column!r} were answered so" in f.why


def test_every_question_that_is_asked_is_counted() -> None:
    r = np.random.default_rng(26)
    spec, baseline = usual(600, r)
    faults = Fault(lost=0.5, channel=""), Fault(unsure=0.2)
    asked: set[tuple[Any, ...]] = set()
    for fault in faults:
        found = evaluate(
            window(table(4000, r, fault), spec), baseline, spec, DESKS, DAILY, now=None
        )
        asked |= {(f.layer, f.measure, f.column) for f in found if not f.slice.conditions}
    per_slice = 1 + 2 * len(NAMES) + len(MEASURES) + 1  # estimated
    performed = [key for key in asked if key[0] is Layer.PERFORMANCE]
    assert len(performed) == per_slice - 1  # outcomes are known
    rows, groups = len(spec.slices), 2
    fair = groups * (1 + len(NAMES))
    beside = rows - groups  # accuracy of the slices that are not protected
    health = 5  # failed, timed out, slow, near full capacity, how many came lately
    assert harm_monitors(spec, DESKS) == Asked(
        per_slice + health + 2, (per_slice + health) * rows + fair + beside
    )
    drifts = {key[2] for key in asked if key[1] == "jsd"} - {"channel", "sex"}
    assert drifts == {"pages", "prediction", "score", "label"}
    assert other_monitors(spec, DESKS).slices >= len(drifts) * rows


@pytest.mark.parametrize("wobble", [0.0, 0.02])
def test_without_change_alarms_are_no_more_frequent_than_stated(wobble: float) -> None:
    alpha, beyond, tried = 0.02, 0, 0
    for seed in range(6):
        r = np.random.default_rng(seed)
        spec, baseline = usual(600, r, Fault(wobble=wobble))
        for _ in range(8):
            raw = table(600, r, Fault(wobble=wobble))
            seen = look(window(raw, spec), spec, baseline, alpha)
            found = performance(seen) + classes(seen, fixed=True)
            told = [f for f in found if f.verdict is not Verdict.INSUFFICIENT]
            beyond += sum(f.evidence >= -np.log10(alpha) and f.effect > 0 for f in told)
            tried += len(told)
    assert tried > 900
    assert beyond / tried <= 1.5 * alpha


def test_a_quiet_month_raises_no_alarm() -> None:
    for seed in range(6):
        r = np.random.default_rng(100 + seed)
        spec, baseline = usual(800, r, Fault(wobble=0.01))
        for _ in range(5):
            calm = window(table(800, r, Fault(wobble=0.01)), spec)
            found = evaluate(calm, baseline, spec, DESKS, DAILY, now=None)
            assert alarms(found) == []


def test_a_class_lost_a_little_for_long_is_found_though_no_window_shows_it() -> None:
    r = np.random.default_rng(30)
    spec, baseline = usual(400, r)
    faults = [Fault()] * 5 + [Fault(lost=0.2, channel="")] * 20
    days = [window(table(400, r, fault), spec) for fault in faults]
    start = days[0].span.start
    spans = [Span(start + timedelta(days=k), start + timedelta(days=k + 1)) for k in range(25)]
    days = [replace(day, span=span) for day, span in zip(days, spans, strict=True)]
    *before, last = days
    alone = evaluate(last, baseline, spec, DESKS, DAILY, now=None)
    assert alarms(alone) == []
    found = evaluate(last, baseline, spec, DESKS, DAILY, now=None, history=before[::-1])
    lost = one(found, "recall", "fraud")
    assert (lost.verdict, lost.method) == (Verdict.ALARM, "lasting")
    assert "of true 'fraud' were answered as such for everyone over" in lost.why


def test_wrong_answers_where_two_attributes_meet_are_searched_for() -> None:
    r = np.random.default_rng(31)
    spec, baseline = usual(1500, r)
    raw = table(6000, r)
    truth, answer = both(raw)
    here = np.array(raw["sex"].to_pylist()) == "f"
    here &= np.array(raw["channel"].to_pylist()) == "web"
    bad = np.where(here & (r.random(6000) < 0.4), np.roll(truth, 1), answer)
    found = evaluate(
        window(replaced(raw, "sent", bad.tolist()), spec), baseline, spec, DESKS, DAILY, now=None
    )
    told = one(found, "accuracy", key="channel=web&sex=f")
    assert (told.verdict, told.method) == (Verdict.ALARM, "search")
    assert told.value == pytest.approx(float((bad == truth)[here].mean()))
    whole = one(found, "accuracy")
    assert (whole.verdict, "the others are as before" in whole.why) == (Verdict.OK, True)

"""What another alert explains calls nobody; where in doubt somebody is called."""

import time
from dataclasses import replace

import pytest

from tests.alert.build import alert, finding
from tocsin.alert.inhibit import DEFAULTS, Inhibition, explained, sources
from tocsin.alert.matching import parse_all
from tocsin.alert.notice import Alert
from tocsin.detect.finding import Layer, Level


def inhibited(
    one: Alert, by: list[Alert], rules: tuple[Inhibition, ...] = DEFAULTS
) -> Alert | None:
    return explained([one], by, rules).get(one.fingerprint)


NO_DATA = alert(finding(layer=Layer.HEALTH, measure="silence"))
ACCURACY = alert(finding(measure="accuracy", slice_="region=north"))


def test_where_no_decisions_come_their_accuracy_calls_nobody() -> None:
    assert inhibited(ACCURACY, [NO_DATA]) == NO_DATA
    assert inhibited(NO_DATA, [ACCURACY, NO_DATA]) is None


@pytest.mark.parametrize(
    ("layer", "measure", "inhibits"),
    [
        (Layer.PERFORMANCE, "accuracy", True),
        (Layer.FAIRNESS, "tpr_gap", False),
        (Layer.HEALTH, "error_share", False),
        (Layer.KPI, "turnover_down", False),
        (Layer.SLO, "fast_burn", False),
    ],
)
def test_only_performance_and_drift_are_explained(
    layer: Layer, measure: str, inhibits: bool
) -> None:
    target = alert(finding(layer=layer, measure=measure))
    assert (inhibited(target, [NO_DATA]) is not None) is inhibits


def test_only_the_same_slice_or_a_narrower_one_is_explained() -> None:
    north = alert(finding(layer=Layer.HEALTH, measure="volume", slice_="region=north"))
    for slice_, expected in (
        ("region=north", north),
        ("region=north&sex=f", north),
        ("region=south", None),
        ("", None),
    ):
        target = alert(finding(measure="accuracy", slice_=slice_))
        assert inhibited(target, [north]) == expected, slice_


def test_another_systems_alert_explains_nothing() -> None:
    other = alert(finding(layer=Layer.HEALTH, measure="silence"), system="cards")
    assert inhibited(ACCURACY, [other]) is None


def test_what_calls_nobody_inhibits_nothing_and_needs_no_inhibition() -> None:
    ticket = replace(NO_DATA, finding=replace(NO_DATA.finding, level=Level.TICKET))
    assert sources([ticket, ACCURACY], DEFAULTS) == [ACCURACY]
    quiet = replace(ACCURACY, finding=replace(ACCURACY.finding, level=Level.TICKET))
    assert inhibited(quiet, [NO_DATA]) is None


def test_two_that_explain_one_another_both_call() -> None:
    loop = (
        Inhibition(source=parse_all(["measure=silence"]), target=parse_all(["measure=accuracy"])),
        Inhibition(source=parse_all(["measure=accuracy"]), target=parse_all(["measure=silence"])),
    )
    everyone = alert(finding(measure="accuracy"))
    assert sources([NO_DATA, everyone], loop) == []


def test_what_is_explained_itself_explains_nothing() -> None:
    chain = (
        *DEFAULTS,
        Inhibition(source=parse_all(["measure=accuracy"]), target=parse_all(["layer=slo"])),
    )
    slo = alert(finding(layer=Layer.SLO, measure="fast_burn"))
    everyone = alert(finding(measure="accuracy"))
    loud = sources([NO_DATA, everyone, slo], chain)
    assert inhibited(everyone, loud, chain) == NO_DATA
    assert inhibited(slo, loud, chain) is None
    assert inhibited(slo, sources([everyone, slo], chain), chain) == everyone


def test_a_thousand_alerts_are_soon_sorted() -> None:
    many = [alert(finding(measure="accuracy", slice_=f"region=r{k}")) for k in range(1000)]
    began = time.process_time()
    loud = sources([NO_DATA, *many], DEFAULTS)
    assert loud == [NO_DATA]
    assert len(explained(many, loud, DEFAULTS)) == 1000
    assert time.process_time() - began < 5

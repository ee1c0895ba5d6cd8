"""The fingerprint names the monitor, not the measurement."""

from dataclasses import replace

from tests.alert.build import finding
from tocsin.alert.fingerprint import fingerprint
from tocsin.base.slices import parse


def test_numbers_and_verdicts_do_not_enter() -> None:
    one = finding(value=0.1, evidence=3)
    assert fingerprint("loan", one) == fingerprint("loan", replace(one, value=0.2, evidence=9.0))


def test_system_measure_column_and_slice_do() -> None:
    one = finding(slice_="sex=f")
    others = [
        fingerprint("loan", replace(one, slice=parse("sex=m"))),
        fingerprint("loan", replace(one, measure="accuracy")),
        fingerprint("loan", replace(one, column="income")),
        fingerprint("card", one),
    ]
    assert len({fingerprint("loan", one), *others}) == 5


def test_a_systems_name_cannot_run_into_the_key() -> None:
    one = finding()
    assert fingerprint("a/performance", one) != fingerprint("a", replace(one, measure="x"))
    assert len(fingerprint("a", one)) == 16

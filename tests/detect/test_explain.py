import math
from dataclasses import replace

import pytest

from tests.detect.compared import FAULTY
from tocsin.base.errors import NotFound
from tocsin.detect.check import facts_of
from tocsin.detect.explain import NUMBERS, Explained, differs, wanted
from tocsin.detect.picture import Picture

ONE = FAULTY.findings[0]


def test_a_finding_is_itself() -> None:
    assert differs(facts_of(ONE), facts_of(replace(ONE))) == ()
    unsaid = replace(ONE, value=math.nan)
    assert differs(facts_of(unsaid), facts_of(replace(ONE, value=float("nan")))) == ()


def test_the_last_digit_counts() -> None:
    other = replace(ONE, value=math.nextafter(ONE.value, 1), interval=(ONE.interval[0], 0.5))
    assert differs(facts_of(ONE), facts_of(other)) == ("value", "interval")


def test_every_number_that_is_compared_is_in_a_report() -> None:
    assert set(NUMBERS) <= set(facts_of(ONE))


def test_what_was_not_computed_again_is_not_called_the_same() -> None:
    drawn = Picture(finding=ONE)
    assert Explained(said=ONE, picture=drawn).same
    lost = Explained(said=ONE, picture=drawn, obstacle="epoch 3 is not kept")
    assert not lost.same
    assert lost.verdict == "Not computed again: epoch 3 is not kept"


def test_a_finding_is_named_by_its_number_or_its_key() -> None:
    assert wanted(FAULTY.findings, "1") is ONE
    assert wanted(FAULTY.findings, ONE.key) is ONE
    for name in ("0", str(len(FAULTY.findings) + 1), "missing/education", "²", ""):
        with pytest.raises(NotFound, match="no finding is called"):
            wanted(FAULTY.findings, name)

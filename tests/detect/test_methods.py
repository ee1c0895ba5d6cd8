import numpy as np
import pytest

from tests.profile.rows import LENDING, spec_of, table
from tocsin.base.errors import BadInput
from tocsin.detect.check import verdict
from tocsin.detect.finding import Level, Verdict
from tocsin.detect.methods import NAMES, borrowed, compare, required
from tocsin.detect.raw import Raw, columns

WAS, NOW = table(1500, 1), table(600, 2)
BOTH = columns(WAS, NOW, spec_of(WAS), LENDING)


@pytest.mark.parametrize("name", NAMES)
def test_every_method_speaks_of_some_column_and_never_alarms(name: str) -> None:
    found = compare([name], BOTH, None)
    assert found
    for one in found:
        assert (one.verdict, one.level, one.measure) == (Verdict.OK, Level.INFO, name)
        assert "states no false-alarm rate" in one.why
        assert np.isfinite(one.value)
        assert borrowed(one.measure)


def test_a_peers_word_is_no_verdict_of_ours() -> None:
    assert verdict(compare(["evidently:psi"], BOTH, None)) is Verdict.INSUFFICIENT


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="no method 'evidently:magic'") as error:
        required(["evidently:magic"])
    assert "nannyml:jensen_shannon" in str(error.value.do)
    assert required(["evidently:psi", "evidently:psi"]) == ("evidently:psi",)


def test_a_method_that_fits_no_column_is_refused() -> None:
    numbers = Raw.numbers(np.arange(50.0) / 7)
    with pytest.raises(BadInput, match="meant for no column"):
        compare(["nannyml:chi2"], {"income": (numbers, numbers)}, None)


def test_columns_without_values_and_columns_that_changed_type_are_left_out() -> None:
    numbers, letters = Raw.numbers(np.arange(50.0)), Raw.categories([*"ab"])
    empty = Raw.numbers(np.full(5, np.nan))
    found = compare(
        ["evidently:psi"],
        {"x": (numbers, numbers), "y": (numbers, letters), "z": (numbers, empty)},
        None,
    )
    assert [one.column for one in found] == ["x"]


def test_a_detector_sees_the_reference_first_and_counts_calls_in_the_file() -> None:
    r = np.random.default_rng(1)
    was, now = Raw.numbers(r.normal(size=500)), Raw.numbers(r.normal(10, 1, 500))
    (one,) = compare(["river:adwin"], {"x": (was, now)}, None)
    assert one.value == 1
    assert "first at row" in one.why

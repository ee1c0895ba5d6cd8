import math

import pytest

from tocsin.ingest.system import System, canonical, plain


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", "TRUE", " yes "])
def test_every_way_to_say_yes_is_one_class(value: object) -> None:
    assert canonical(value) == "true"


def test_a_class_that_is_a_word_keeps_it() -> None:
    assert canonical(" Approved ") == "Approved"


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (3.0, "3"), (1e300, str(int(1e300))), (math.inf, "inf"), (False, "false")],
)
def test_a_category_has_one_name_however_it_is_typed(value: object, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize("value", [None, "", math.nan])
def test_an_unknown_category_has_no_name(value: object) -> None:
    assert plain(value) is None


def test_an_attribute_that_is_protected_and_sliced_by_is_one() -> None:
    system = System(name="s", slices=("region", "sex"), protected=("sex", "age"))
    assert system.attributes == ("region", "sex", "age")

"""Matchers take what they say, and no more."""

import time

import pytest

from tests.alert.build import alert, finding
from tocsin.alert.matching import match, parse, parse_all, words
from tocsin.base.errors import BadInput
from tocsin.detect.finding import Layer

NORTH = alert(finding(slice_="region=north&sex=f", measure="accuracy"), system="loans")


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("system=loans", True),
        ("system=loan", False),
        ("system!=loans", False),
        ("layer=performance", True),
        ("measure=~accuracy|auc", True),
        ("measure=~accur", False),  # anchored at both ends
        ("measure=~acc.*", True),
        ("measure!~acc.*", False),
        ("region=north", True),
        ('region="north"', True),
        ("region != south", True),
        ("region=", False),
        ("channel=", True),  # what an alert does not have is empty
        ("channel!=web", True),
        ("channel!=", False),
        ("column=", True),
        ("slice.sex=f", True),
    ],
)
def test_a_matcher_takes_what_it_says(text: str, takes: bool) -> None:
    assert match([parse(text)], words(NORTH)) is takes
    assert parse(str(parse(text))) == parse(text)


def test_all_matchers_must_take_it() -> None:
    assert match(parse_all(["system=loans", "sex=f"]), words(NORTH))
    assert not match(parse_all(["system=loans", "sex=m"]), words(NORTH))


def test_an_attribute_called_like_one_of_our_words_is_reached_by_its_full_name() -> None:
    odd = alert(finding(slice_="layer=top", layer=Layer.DRIFT))
    assert match([parse("layer=drift"), parse("slice.layer=top")], words(odd))


@pytest.mark.parametrize("text", ["", "system", "=loans", "a" * 600, "sys(em=x"])
def test_what_is_no_matcher_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadInput, match=r"matchers\[1\]"):
        parse_all(["system=loans", text])


def test_a_broken_pattern_is_refused() -> None:
    with pytest.raises(BadInput, match="is not a pattern"):
        parse("region=~(north")


@pytest.mark.parametrize("texts", [[], ["region=~.*"], ["region=", "system!=x"]])
def test_what_would_match_everything_is_refused(texts: list[str]) -> None:
    with pytest.raises(BadInput, match="every alert"):
        parse_all(texts)


def test_no_pattern_can_hold_up_paging() -> None:
    matcher = parse("region=~((a+)+)+b")
    began = time.process_time()
    assert not matcher.takes("a" * 5000)
    assert time.process_time() - began < 1

"""A flag gives everybody what the guard would do for them, and is valid by flagd's schema."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.actuator import NOW, directive
from tests.integrations.flagd.evaluate import given as variant_of
from tests.integrations.flagd.schema import complaints
from tocsin.base.slices import EVERYONE, Slice
from tocsin.contain.directive import Action, Directive, ranked
from tocsin.integrations.flagd import wire

VARIANTS = {
    Action.FALLBACK: "rules",
    Action.REVIEW: "people",
    Action.BLOCK: "nobody",
    Action.KILL: "nobody",
    Action.ROLLBACK: "v{version}",
    Action.CANARY: "v{version}",
}
KNOWN = ("v8", "v7", "rules", "people", "nobody")
BASE: wire.Fields = {
    "defaultVariant": "v8",
    "targeting": {"if": [{"==": [{"var": "beta"}, "1"]}, "v7", None]},
}
PLAIN: wire.Fields = {"defaultVariant": "v8"}


def aimed(base: wire.Fields, *directives: Directive) -> wire.Fields:
    fields = wire.aimed(base, directives, VARIANTS, KNOWN)
    flag = {"state": "ENABLED", "variants": {name: name for name in KNOWN}, **fields}
    assert complaints({"flags": {"loans": flag}}) == []
    return fields


def slices() -> st.SearchStrategy[Slice]:
    return st.dictionaries(
        st.sampled_from(["region", "sex"]), st.sampled_from(["a", "b"]), max_size=2
    ).map(Slice.of)


def directives() -> st.SearchStrategy[list[Directive]]:
    one = st.builds(
        directive,
        st.sampled_from([Action.FALLBACK, Action.REVIEW, Action.BLOCK, Action.ROLLBACK]),
        slice=slices(),
        created_at=st.integers(0, 5).map(lambda k: NOW + timedelta(minutes=k)),
    )
    return st.lists(one, min_size=1, max_size=5)


def obeyed(held: Sequence[Directive], person: dict[str, object]) -> str | None:
    """Return what the serving side would do for a person."""
    first = [one for one in ranked(held) if one.slice.matches(person)]
    return wire.variant(first[0], VARIANTS) if first else None


@given(held=directives(), region=st.sampled_from("abc"), sex=st.sampled_from("abc"))
@settings(max_examples=150, deadline=None)
def test_everybody_gets_what_the_guard_would_do_for_them(
    held: list[Directive], region: str, sex: str
) -> None:
    person: dict[str, object] = {"region": region, "sex": sex, "beta": "1"}
    for base, otherwise in ((BASE, "v7"), (PLAIN, "v8")):
        assert variant_of(aimed(base, *held), person) == (obeyed(held, person) or otherwise)


def test_a_kill_switch_is_for_all_whatever_else_there_is() -> None:
    kill = directive(Action.KILL)
    north = directive(Action.REVIEW, slice=Slice.of({"region": "north"}))
    fields = aimed(BASE, north, kill)
    assert fields == {"defaultVariant": "nobody", "targeting": {}}
    assert aimed(PLAIN, kill) == {"defaultVariant": "nobody"}


def test_a_canary_splits_by_weight_and_the_rest_obey_what_is_next() -> None:
    canary = directive(Action.CANARY, slice=Slice.of({"region": "north"}))
    assert aimed(PLAIN, canary)["targeting"] == {
        "if": [
            {"==": [{"var": "region"}, "north"]},
            {"fractional": [["v7", 2000], ["v8", 8000]]},
            None,
        ]
    }
    everyone = directive(Action.FALLBACK, id="dir_2")
    fields = aimed(BASE, canary, everyone)
    assert fields["defaultVariant"] == "rules"
    assert "rules" in json.dumps(fields["targeting"])
    got = [variant_of(fields, {"region": "north"}, str(k)) for k in range(1000)]
    assert 150 < got.count("v7") < 250
    assert set(got) == {"v7", "rules"}
    whole = aimed(PLAIN, replace(canary, share=1.0, slice=EVERYONE))
    assert whole == {"defaultVariant": "v7"}
    part = aimed(PLAIN, replace(canary, slice=EVERYONE))
    assert part == {
        "defaultVariant": "v8",
        "targeting": {"fractional": [["v7", 2000], ["v8", 8000]]},
    }


def test_what_a_flag_cannot_say_is_refused_with_the_reason() -> None:
    canary = directive(Action.CANARY)
    with pytest.raises(wire.CannotSay, match="not one variant of the flag"):
        aimed(BASE, canary)
    with pytest.raises(wire.CannotSay, match="not one variant of the flag"):
        aimed({"defaultVariant": None}, canary)
    north = replace(canary, slice=Slice.of({"region": "north"}))
    women = directive(Action.REVIEW, slice=Slice.of({"sex": "f"}))
    with pytest.raises(wire.CannotSay, match="obeys different things"):
        aimed(
            PLAIN,
            north,
            replace(
                women,
                created_at=NOW - timedelta(1),
                action=Action.CANARY,
                share=0.5,
                to_version="7",
            ),
        )
    with pytest.raises(wire.CannotSay, match="no variant v12"):
        aimed(PLAIN, directive(to_version="12"))


@pytest.mark.parametrize(
    ("band", "inside", "outside"),
    [("<25", [24.9, -3, "20"], [25, None]), ("25–40", [25, 39], [40, 24]), ("≥60", [60, 99], [59])],
)
def test_a_band_holds_for_the_numbers_inside_it(
    band: str, inside: list[object], outside: list[object]
) -> None:
    fields = aimed(PLAIN, directive(Action.REVIEW, slice=Slice.of({"age": band})))
    assert all(variant_of(fields, {"age": age}) == "people" for age in [*inside, band])
    assert all(variant_of(fields, {"age": age}) == "v8" for age in outside)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("flags:", "the file is not JSON"),
        ("[]", "no object `flags`"),
        ('{"flags": {}}', "no flag loans"),
        ('{"flags": {"loans": {"state": "DISABLED"}}}', "not ENABLED"),
        ('{"flags": {"loans": {"state": "ENABLED"}}}', "has no variants"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused(text: str, what: str) -> None:
    with pytest.raises(wire.CannotSay, match=re.escape(what)):
        wire.flag_of(wire.parsed(text), "loans")


@pytest.mark.parametrize("indent", [None, 2, 4, "\t"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_file_keeps_its_looks(indent: int | str | None, end: str) -> None:
    text = json.dumps({"flags": {"é": [1, 2]}}, indent=indent, ensure_ascii=False) + end
    assert wire.printed(wire.parsed(text), text) == text

"""Which directive a decision obeys."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin_client.directives import Action, condition, read_board

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CARE = {"kill": 0, "block": 1, "review": 2, "fallback": 3, "rollback": 4}

SLICES = st.dictionaries(
    st.sampled_from(["region", "sex", "age"]), st.sampled_from(["a", "b", "c"]), max_size=3
)
DIRECTIVES = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 999).map(lambda n: f"dir_{n:03d}"),
            "action": st.sampled_from(sorted(CARE)),
            "slice": SLICES,
            "expires_at": st.integers(-2, 2).map(lambda h: (NOW + timedelta(hours=h)).isoformat()),
        }
    ),
    max_size=8,
    unique_by=lambda d: str(d["id"]),
)


def oracle(directives: list[Any], attributes: dict[str, str]) -> str | None:
    """The rule in other words: sort what is in force and take the first."""
    obeyed = [
        d
        for d in directives
        if datetime.fromisoformat(d["expires_at"]) > NOW
        and (d["action"] == "kill" or set(d["slice"].items()) <= set(attributes.items()))
    ]
    best = max(
        obeyed,
        key=lambda d: (
            (d["action"] == "kill", len(d["slice"]), -CARE[d["action"]], d["id"])
            if d["action"] != "kill"
            else (True, 0, 0, d["id"])
        ),
        default=None,
    )
    return None if best is None else best["id"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(DIRECTIVES, SLICES)
def test_the_most_specific_directive_in_force_wins_then_the_more_careful_then_the_newest(
    directives: list[Any], attributes: dict[str, str]
) -> None:
    board = read_board({"version": 1, "directives": directives})
    chosen = board.choose(attributes, NOW)
    assert (None if chosen is None else chosen.id) == oracle(directives, attributes)


def directive(**facts: Any) -> dict[str, Any]:
    later = (NOW + timedelta(hours=1)).isoformat()
    return {"id": "d", "action": "fallback", "slice": {}, "expires_at": later, **facts}


def test_a_directive_ends_with_the_instant_it_expires() -> None:
    board = read_board({"version": 1, "directives": [directive(expires_at=NOW.isoformat())]})
    assert board.choose({}, NOW - timedelta(microseconds=1)) is not None
    assert board.choose({}, NOW) is None


@pytest.mark.parametrize(
    ("band", "value", "held"),
    [
        ("<25", 24.9, True),
        ("<25", 25, False),
        ("25–40", 25, True),
        ("25–40", "31", True),
        ("25–40", 40, False),
        ("25–40", "25–40", True),
        ("-5–-1", -5, True),
        ("-5–-1", -1, False),
        ("≥60", 60, True),
        ("≥1,250", 1300, True),
        ("≥1,250", 1200, False),
        ("≥0", True, False),
        ("≥0", None, False),
        ("≥0", "unknown", False),
        ("north–south", "north", False),
        ("<b", "a", False),
        ("", "", False),
        ("3", 3.0, True),
        ("true", True, True),
    ],
)
def test_a_band_holds_the_numbers_inside_it(band: str, value: object, held: bool) -> None:
    assert condition("x", band).holds({"x": value}) is held


def test_an_unknown_attribute_meets_no_condition() -> None:
    assert not condition("region", "north").holds({})


def test_an_action_this_client_does_not_know_keeps_the_system_from_deciding() -> None:
    board = read_board({"version": 1, "directives": [directive(action="quarantine")]})
    assert board.directives[0].action is Action.FALLBACK


@pytest.mark.parametrize(
    "broken",
    [
        {},
        "text",
        directive(expires_at=None),
        directive(expires_at="2026-11-20T12:00:00"),
        directive(slice="region=north"),
        directive(id=7),
    ],
)
def test_a_directive_that_cannot_be_read_is_counted_and_hides_no_other(broken: object) -> None:
    board = read_board({"version": 4, "directives": [broken, directive(id="good")]})
    assert [d.id for d in board.directives] == ["good"]
    assert board.unreadable == 1


@pytest.mark.parametrize("answer", [None, [], {"version": 1}, {"directives": []}, {"version": "1"}])
def test_an_answer_of_another_shape_is_refused_whole(answer: object) -> None:
    with pytest.raises(ValueError, match=r"expected|version"):
        read_board(answer)


def told(**facts: Any) -> Any:
    return {"id": "dir_1", "expires_at": (NOW + timedelta(hours=1)).isoformat(), **facts}


def test_a_raised_canary_share_keeps_the_people_it_had_and_outsiders_obey_the_next() -> None:
    rules = told(id="dir_0", action="fallback", slice={"region": "north"})
    people = [str(k) for k in range(2000)]
    taken: dict[float, set[str]] = {}
    for share in (0.1, 0.4, 1.0):
        canary = told(
            action="canary", to_version="v3", share=share, slice={"region": "north", "sex": "f"}
        )
        board = read_board({"version": 1, "directives": [canary, rules]})
        chosen = {p: board.choose({"region": "north", "sex": "f"}, NOW, p) for p in people}
        assert all(found is not None for found in chosen.values())
        taken[share] = {p for p, found in chosen.items() if found and found.id == "dir_1"}
    assert taken[0.1] < taken[0.4] < taken[1.0] == set(people)
    assert 0.07 < len(taken[0.1]) / 2000 < 0.13
    assert 0.35 < len(taken[0.4]) / 2000 < 0.45


def test_shadows_and_thresholds_decide_nothing() -> None:
    shadow = told(id="s", action="shadow", to_version="v3", slice={"region": "north"})
    everyone = told(id="t", action="threshold", threshold=0.7)
    north = told(id="u", action="threshold", threshold=0.9, slice={"region": "north"})
    board = read_board({"version": 1, "directives": [shadow, everyone, north]})
    assert board.choose({"region": "north"}, NOW) is None
    found = board.shadow({"region": "north"}, NOW)
    assert found is not None
    assert found.id == "s"
    assert board.shadow({"region": "south"}, NOW) is None
    moved = [board.threshold({"region": r}, NOW) for r in ("north", "south")]
    assert [one and one.threshold for one in moved] == [0.9, 0.7]
    assert board.threshold({}, NOW + timedelta(hours=1)) is None


@pytest.mark.parametrize("share", [-0.1, 1.1, True, "half"])
def test_a_share_that_is_none_is_not_obeyed_as_another(share: object) -> None:
    board = read_board({"version": 1, "directives": [told(action="canary", share=share)]})
    assert (board.directives, board.unreadable) == ((), 1)


OVERLAPS = Path(__file__).parents[3] / "tests" / "fixtures" / "contain" / "overlaps.json"


@pytest.mark.parametrize("case", json.loads(OVERLAPS.read_text("utf-8")), ids=str)
def test_the_server_and_this_client_agree_on_who_is_in_two_slices(case: dict[str, Any]) -> None:
    sides = [[condition(*pair) for pair in case[side].items()] for side in ("one", "other")]
    told = case["in_both"]
    people = (
        [told] if told else [{**case["one"], **case["other"]}, {**case["other"], **case["one"]}]
    )
    for person in people:
        in_both = all(one.holds(person) for side in sides for one in side)
        assert in_both is (told is not None)


BANDS = st.dictionaries(
    st.sampled_from(["region", "sex", "age"]),
    st.sampled_from(["a", "3", "true", "<25", "25–40", "≥40", ""]),
    max_size=3,
)
KNOWN = st.dictionaries(
    st.sampled_from(["region", "sex", "age", "other"]),
    st.sampled_from(["a", "b", 3, 3.0, True, 30, "30", 25.0, None, float("nan"), "<25", ""]),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(BANDS, st.sampled_from(sorted(CARE)), st.integers(-1, 2)), max_size=12),
    KNOWN,
)
def test_looking_only_at_what_may_be_met_finds_what_looking_at_everything_finds(
    told: list[Any], attributes: dict[str, object]
) -> None:
    directives = [
        {
            "id": f"dir_{k:03d}",
            "action": action,
            "slice": slice_,
            "expires_at": (NOW + timedelta(hours=hours)).isoformat(),
        }
        for k, (slice_, action, hours) in enumerate(told)
    ]
    board = read_board({"version": 1, "directives": directives})
    one_by_one = (d for d in board.directives if d.expires_at > NOW and d.holds(attributes))
    assert board.choose(attributes, NOW) is next(one_by_one, None)

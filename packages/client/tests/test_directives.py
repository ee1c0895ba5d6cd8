"""Which directive a decision obeys."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin_client.directives import Action, read_board

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


VERSIONS = ("v1", "v2", "v3")
SOME = st.lists(
    st.fixed_dictionaries(
        {
            "action": st.sampled_from(["block", "review", "fallback", "rollback"]),
            "slice": SLICES,
            "to_version": st.sampled_from(VERSIONS),
            "of_version": st.sampled_from([None, *VERSIONS]),
        }
    ),
    max_size=8,
)


def split(directives: list[Any]) -> dict[str, Any]:
    """Return the answer of a server: directives of versions in a list of their own."""
    lists: dict[bool, list[Any]] = {False: [], True: []}
    for k, one in enumerate(directives):
        lists[one.get("of_version") is not None].append(told(**{"id": f"dir_{k:03d}", **one}))
    return {"version": 1, "directives": lists[False], "of_versions": lists[True]}


def first(
    directives: list[Any], attributes: dict[str, str], of_version: str | None
) -> tuple[str, str] | None:
    """The rule in other words: of those of one version, or of none, the first by the order.

    Returns its id, and the version that decides under it ("": none does).
    """
    holding = [
        (len(d["slice"]), -CARE[d["action"]], k)
        for k, d in enumerate(directives)
        if d["of_version"] == of_version and set(d["slice"].items()) <= set(attributes.items())
    ]
    if not holding:
        return None
    *_, k = max(holding)
    goes_on = directives[k]["action"] == "rollback"
    return f"dir_{k:03d}", directives[k]["to_version"] if goes_on else ""


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOME, SLICES)
def test_of_a_version_is_asked_after_it_is_known_that_it_would_decide(
    directives: list[Any], attributes: dict[str, str]
) -> None:
    expected, asked = first(directives, attributes, None) or (None, "v2"), set[str]()
    while expected[1] and expected[1] not in asked:
        asked.add(expected[1])
        expected = first(directives, attributes, expected[1]) or (expected[0], "")
    board = read_board(split(directives))
    found = board.narrowed(board.choose(attributes, NOW), attributes, NOW, "v2", VERSIONS)
    assert (found and found.id) == expected[0]


def test_nobody_who_is_decided_otherwise_is_touched_by_a_directive_of_a_version() -> None:
    rules_of_v3 = {"action": "fallback", "of_version": "v3"}
    back, review = {"action": "rollback", "to_version": "v1"}, {"action": "review"}
    canary = {"action": "canary", "to_version": "v3", "share": 1.0}

    def obeyed(*given: Any, own: str = "v2", known: Any = ("v1", "v3")) -> str | None:
        board = read_board(split([rules_of_v3, *given]))
        found = board.narrowed(board.choose({}, NOW), {}, NOW, own, known)
        return found and found.id

    assert obeyed() is None
    assert obeyed(own="v3") == "dir_000"
    assert obeyed(back) == obeyed(review) == "dir_001"
    assert obeyed(review, own="v3") == obeyed(back, own="v3") == "dir_001"
    assert obeyed(canary) == "dir_000"
    assert obeyed(canary, known=()) == "dir_001"  # our own version decides in its place
    assert obeyed(canary, known=None) == "dir_000"
    assert obeyed(back, own="v3", known=()) == "dir_001"  # the rules decide


def test_two_versions_that_send_to_one_another_end() -> None:
    there = {"action": "rollback", "of_version": "v2", "to_version": "v1"}
    back = {"action": "rollback", "of_version": "v1", "to_version": "v2"}
    board = read_board(split([there, back]))
    found = board.narrowed(None, {}, NOW, "v2", VERSIONS)
    assert found is not None
    assert found.to_version == "v2"


def test_beside_a_decision_of_a_version_holds_where_that_version_decides() -> None:
    mine = {"action": "threshold", "threshold": 0.9, "of_version": "v2"}
    anybodys = {"action": "threshold", "threshold": 0.7}
    narrow = {"action": "threshold", "threshold": 0.8, "slice": {"region": "north"}}
    copies = {"action": "shadow", "to_version": "v3", "of_version": "v2"}
    board = read_board(split([mine, anybodys, narrow, copies]))

    def score(region: str, version: str) -> float | None:
        found = board.threshold({"region": region}, NOW, version)
        return found and found.threshold

    # of a version it is more specific than of none, but fewer conditions are less so
    assert (score("south", "v2"), score("south", "v1"), score("south", "")) == (0.9, 0.7, 0.7)
    assert (score("north", "v2"), score("north", "v1")) == (0.8, 0.8)
    assert board.shadow({}, NOW, version="v2") is not None
    assert board.shadow({}, NOW, version="v1") is board.shadow({}, NOW) is None


def test_an_answer_without_the_second_list_is_read_and_its_items_name_their_version() -> None:
    alone = read_board({"version": 1, "directives": [told(action="review")]})
    assert (len(alone.directives), alone.of_versions) == (1, {})
    items = [
        told(action="fallback"),
        told(action="kill", of_version="v2"),
        told(action="canary", of_version="v2"),
        told(action="fallback", of_version=2),
    ]
    board = read_board({"version": 1, "directives": [], "of_versions": items})
    assert (board.directives, board.of_versions, board.unreadable) == ((), {}, 4)
    with pytest.raises(ValueError, match="list of directives"):
        read_board({"version": 1, "directives": [], "of_versions": {}})


def test_why_names_the_version() -> None:
    board = read_board(split([{"action": "review", "of_version": "v2", "slice": {"sex": "f"}}]))
    why = board.of_versions["v2"].directives[0].why
    assert "for sex=f where version v2 would decide until" in why

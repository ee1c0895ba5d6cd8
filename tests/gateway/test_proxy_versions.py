"""Directives of a version, through the whole gateway."""

from tests.gateway.stage import Stage, stage_of


def test_of_two_versions_the_named_one_alone_is_answered_by_the_rules() -> None:
    with stage_of(sticky="income") as stage:
        canary = {"action": "canary", "to_version": "v3", "share": 0.5}
        stage.desk.direct(canary, {"action": "fallback", "of_version": "v3"})
        stage.v1(*range(100, 200))
        rows = stage.desk.taken(100)
    found = {(row["version"], row["decided_by"], row["directive"]) for row in rows}
    assert found == {("v2", "system", None), ("v3", "fallback", "dir_1")}


def test_what_cannot_be_read_is_held_up_only_by_what_holds_for_our_own_version(
    stage: Stage,
) -> None:
    for version, held in (("v3", False), ("v2", True)):
        stage.desk.direct({"action": "block", "of_version": version})
        said = stage.client.post("/v2/models/loans/infer", json={"inputs": "unreadable"}).text
        assert ("everyone is contained" in said) is held

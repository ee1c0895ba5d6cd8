"""Erasures over HTTP: asked for by administrators, told by a receipt."""

from dataclasses import replace

from tests.store.examples import NOW, SPEC, SYSTEM
from tests.web.cast import Stage
from tocsin.ingest.privacy import hashed
from tocsin.store import erasures, systems

PATH = "/v1/systems/loans/erasures"


def test_an_erasure_is_recorded_and_told_without_naming_anybody(stage: Stage) -> None:
    answer = stage.ask("admin", "POST", PATH, {"ids": ["person-1", "person-2"]})
    assert answer.status_code == 202
    asked = answer.json()
    assert (asked["number"], asked["done_at"], asked["asked_by"]) == (2, None, "admin")
    with stage.site.database.unit("erase", NOW) as unit:
        one = erasures.get(unit.conn, "loans", asked["id"])
        assert list(one.ids) == ["person-1", "person-2"]
        erasures.count(unit, one, {"predictions": 1, "outcomes": 0})
        erasures.finish(unit, one)
    told = stage.ask("admin", "GET", f"{PATH}/{asked['id']}")
    assert told.json()["rows"] == {"predictions": 1, "outcomes": 0}
    assert told.json()["done_at"] is not None
    listed = stage.ask("admin", "GET", PATH)
    assert [one["id"] for one in listed.json()["erasures"]] == [asked["id"]]
    assert "person-1" not in answer.text + told.text + listed.text


def test_only_administrators_erase(stage: Stage) -> None:
    for who in ("approver", "responder", "reader", "service"):
        assert stage.ask(who, "POST", PATH, {"ids": ["p1"]}).status_code == 403
    assert stage.ask("admin", "GET", PATH).json() == {"erasures": []}


def test_what_makes_no_sense_is_refused(stage: Stage) -> None:
    assert stage.ask("admin", "POST", PATH, {"ids": []}).status_code == 422
    assert stage.ask("admin", "POST", "/v1/systems/x/erasures", {"ids": ["a"]}).status_code == 404
    assert stage.ask("admin", "GET", f"{PATH}/ers_none").status_code == 404
    assert stage.ask("admin", "GET", "/v1/systems/x/erasures").status_code == 404


def test_ids_that_are_stored_as_hashes_are_erased_by_their_hashes(stage: Stage) -> None:
    with stage.site.database.unit("test", NOW) as unit:
        systems.save(unit, replace(SYSTEM, hashed=("id",)), SPEC, [], 0, "1" * 64)
    asked = stage.ask("admin", "POST", PATH, {"ids": ["p1"]}).json()
    with stage.site.database.reading() as conn:
        one = erasures.get(conn, "loans", asked["id"])
    assert list(one.ids) == [hashed("p1", stage.site.secret)]

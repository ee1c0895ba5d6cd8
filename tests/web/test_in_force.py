from dataclasses import replace

from tests.store import examples
from tests.web.cast import NOW, Stage
from tocsin.store import containment

HELD = replace(
    examples.directive(), created_at=NOW, expires_at=NOW + examples.HOUR, incident=None, plan=None
)


def test_what_is_in_force_is_told_for_all_systems(stage: Stage) -> None:
    over = replace(HELD, id="dir_2", reverted_at=NOW)
    with stage.site.database.unit("test", NOW) as unit:
        containment.add_directives(unit, [HELD, over, replace(HELD, id="dir_3", system="fraud")])
    told = stage.ask("reader", "GET", "/v1/in-force").json()["directives"]
    assert [(one["system"], one["id"]) for one in told] == [("loans", "dir_1"), ("fraud", "dir_3")]
    assert told[0]["slice"] == {"sex": "f"}
    assert told[0]["incident"] is None

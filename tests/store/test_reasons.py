"""Why decisions come before people, told by the directives that sent them."""

from dataclasses import replace

from tests.store.examples import NOW, directive, opened
from tocsin.contain.directive import Action
from tocsin.store import containment
from tocsin.store.reasons import reasons
from tocsin.store.unit import Database


def test_a_reason_names_the_incident_and_the_slice(database: Database) -> None:
    incident = opened(database)
    review = replace(directive(), action=Action.REVIEW)
    with database.unit("test", NOW) as unit:
        containment.add_directives(
            unit,
            [
                replace(review, id="dir_1", incident=incident.id),
                replace(review, id="dir_2", incident=None),
                replace(review, id="dir_3", system="fraud", incident=None),
            ],
        )
    with database.reading() as conn:
        found = reasons(conn, "loans", {"dir_1", "dir_2", "dir_3", "dir_x"})
        assert reasons(conn, "loans", []) == {}
    assert found == {
        "dir_1": f"{incident.name} (Wrong denials) sends {review.slice.label} to people.",
        "dir_2": f"A directive sends {review.slice.label} to people.",
    }

"""Roles within one unit of work: what is stored, told and audited."""

import pytest

from tests.web import story
from tests.web.cast import Stage
from tocsin.base.errors import Conflict, NotFound
from tocsin.incident.incident import Role
from tocsin.incident.joining import FIRST
from tocsin.oncall.person import Contact
from tocsin.oncall.policy import Call
from tocsin.store import audit, incidents, pages
from tocsin.web import roles


def audited(stage: Stage) -> list[tuple[str, dict[str, str]]]:
    with stage.site.database.reading() as conn:
        acts = [row.act for row in audit.recent(conn, 100)]
    wanted = {"incident.assigned", "incident.left"}
    return [(one.action, dict(one.facts)) for one in reversed(acts) if one.action in wanted]


def test_a_role_is_given_and_left_with_a_trace(stage: Stage) -> None:
    id_ = story.declare(stage)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        roles.assign(unit, "1", Role.SCRIBE, "aspen")
        roles.assign(unit, "1", Role.SCRIBE, "aspen")  # no news
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        assert roles.leave(unit, "1", Role.SCRIBE).roles == ()
    with stage.site.database.reading() as conn:
        told = [one.text for one in incidents.timeline(conn, id_)][1:]
    assert told == ["aspen is scribe", "aspen is no longer scribe"]
    assert audited(stage) == [
        ("incident.assigned", {"role": "scribe", "to": "aspen"}),
        ("incident.left", {"role": "scribe", "who": "aspen"}),
    ]


def test_what_cannot_be_changes_nothing(stage: Stage) -> None:
    id_ = story.declare(stage)
    with pytest.raises(NotFound), stage.site.database.unit("aspen", stage.watch()) as unit:
        roles.assign(unit, "9", Role.SCRIBE, "aspen")
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        roles.assign(unit, "1", Role.COMMANDER, "aspen")
    with pytest.raises(Conflict), stage.site.database.unit("aspen", stage.watch()) as unit:
        roles.leave(unit, "1", Role.COMMANDER)
    with stage.site.database.reading() as conn:
        assert incidents.get(conn, id_).commander == "aspen"


def test_an_answer_counts_once(stage: Stage) -> None:
    id_ = story.declare(stage)
    contact = Contact("head", "mail", "head@example.org")
    with stage.site.database.unit("tocsin", stage.watch()) as unit:
        # the built-in matrix: its first ask, a commander
        pages.add(unit, id_, [Call(FIRST, 0, contact, stage.watch())])
        (page,) = (one for one in pages.of_incident(unit.conn, id_) if one.rung == FIRST)
    for _ in range(2):
        with stage.site.database.unit("head", stage.watch()) as unit:
            after = roles.join(unit, pages.get(unit.conn, page.id))
            assert (after.commander or "head") == "head"
    with stage.site.database.reading() as conn:
        told = [one.text for one in incidents.timeline(conn, id_)][1:]
    assert told == ["head leads", "head has acknowledged and leads"]

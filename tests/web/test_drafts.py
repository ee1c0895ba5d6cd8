"""Gathering for a review."""

from tests.web import story
from tests.web.cast import Stage
from tocsin.incident.again import come_back
from tocsin.store import incidents, reviews
from tocsin.web import moves
from tocsin.web.drafts import draft_review


def test_the_draft_tells_what_the_records_tell(stage: Stage) -> None:
    id_ = story.declare(stage)
    story.known(stage, id_)
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans").json()
    order = {"hash": plan["hash"]}
    stage.ask("approver", "POST", f"/v1/plans/{plan['id']}/approve", order)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        review = draft_review(unit, incidents.get(unit.conn, id_))
    assert review.harm.affected == 3
    assert [cause.change for cause in review.causes] == ["chg_1"]
    assert plan["explain"][0] in " ".join(review.summary)
    assert [line.kind for line in review.timeline][:2] == ["opened", "plan"]


def test_an_incident_that_came_back_keeps_the_actions_of_its_first_end(stage: Stage) -> None:
    id_ = story.declare(stage)
    story.known(stage, id_)
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        over = moves.resolve(unit, id_, "put back")
        first = reviews.get(unit.conn, id_)
        again, entries = come_back(over, now=unit.now, entry_id=unit.new_id("ent"), why="came back")
        incidents.save(unit, again, entries)
        moves.resolve(unit, id_, "put back for good")
        second = reviews.get(unit.conn, id_)
        listed = reviews.actions(unit.conn, id_)
    assert first is not None
    assert second is not None
    assert first.actions
    assert second.actions == first.actions
    assert sorted(one.id for one in listed) == sorted(one.id for one in first.actions)
    assert any("for good" in line.text for line in second.timeline)

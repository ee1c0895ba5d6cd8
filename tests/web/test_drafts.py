"""Gathering for a review."""

from tests.web import story
from tests.web.cast import Stage
from tocsin.store import incidents
from tocsin.web.drafts import draft_review


def test_the_draft_tells_what_the_records_tell(stage: Stage) -> None:
    id_ = story.declare(stage)
    story.known(stage, id_)
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans").json()
    order = {"hash": plan["hash"]}
    stage.ask("approver", "POST", f"/v1/plans/{plan['id']}/approve", order)
    with stage.site.database.unit("ada", stage.watch()) as unit:
        review = draft_review(unit, incidents.get(unit.conn, id_))
    assert review.harm.affected == 3
    assert [cause.change for cause in review.causes] == ["chg_1"]
    assert plan["explain"][0] in " ".join(review.summary)
    assert [line.kind for line in review.timeline][:2] == ["opened", "plan"]

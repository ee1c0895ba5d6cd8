"""What people do to incidents, each all or nothing."""

import pytest

from tests.web.cast import Stage
from tocsin.base.errors import Conflict
from tocsin.incident.incident import Severity, State
from tocsin.store import incidents, pages, reviews
from tocsin.web import moves


def test_a_declared_incident_is_guarded_by_a_page_from_its_first_commit(stage: Stage) -> None:
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        one = moves.declare(unit, stage.site, system="loans", title="Wrong", severity=Severity.SEV1)
    with stage.site.database.reading() as conn:
        assert pages.unguarded(conn, stage.watch()) == []
        assert pages.of_incident(conn, one.id)
        assert incidents.policy(conn, one.id) == stage.site.policy


def test_resolving_stores_the_end_the_review_and_its_actions_or_nothing(stage: Stage) -> None:
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        one = moves.declare(unit, stage.site, system="loans", title="Wrong", severity=Severity.SEV2)

    def resolve_and_fail() -> None:
        with stage.site.database.unit("aspen", stage.watch()) as unit:
            moves.resolve(unit, one.id, "over")
            raise Conflict("power cut")

    with pytest.raises(Conflict):
        resolve_and_fail()
    with stage.site.database.reading() as conn:
        assert incidents.get(conn, one.id).state is State.OPEN
        assert reviews.get(conn, one.id) is None
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        moves.resolve(unit, one.id, "over")
    with stage.site.database.reading() as conn:
        assert incidents.get(conn, one.id).state is State.RESOLVED
        review = reviews.get(conn, one.id)
        assert review is not None
        assert {a.id for a in review.actions} == {a.id for a in reviews.actions(conn, one.id)}
        assert review.actions

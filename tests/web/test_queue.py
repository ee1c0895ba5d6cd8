"""The queue's figures over HTTP: what waits, how people agree, how often the system is wrong."""

from dataclasses import replace
from datetime import timedelta

from tests.store.examples import NOW, SYSTEM
from tests.store.test_referrals import asked, given
from tests.web.cast import Stage
from tocsin.contain.referral import UNDO, Kind
from tocsin.ingest.queue import Queue
from tocsin.store import referrals

SINGLE = replace(SYSTEM, queue=Queue(second=0.0))


def test_an_empty_queue_says_that_nothing_is_known(stage: Stage) -> None:
    said = stage.ask("reader", "GET", "/v1/systems/loans/queue").json()
    assert (said["waiting"], said["overdue"], said["first_due_at"]) == (0, 0, None)
    assert (said["wrong"]["share"], said["wrong"]["n"]) == (None, 0)
    assert said["agreement"]["kappa"] is None
    assert stage.ask("reader", "GET", "/v1/systems/nobody/queue").status_code == 404


def test_the_systems_errors_are_weighed_by_the_chance_of_being_chosen(stage: Stage) -> None:
    with stage.site.database.unit("aspen", NOW) as unit:
        kinds = [Kind.ROUTED] * 20 + [Kind.SAMPLED] * 20
        referrals.add(unit, SINGLE, [asked(f"p{k}", kind=kind) for k, kind in enumerate(kinds)])
        for k, kind in enumerate(kinds):
            answer = "not approved" if kind is Kind.ROUTED else "approved"
            one = referrals.of_prediction(unit.conn, "loans", f"p{k}")
            given(unit, one, "aspen", answer, SINGLE)
        referrals.add(unit, SINGLE, [asked("waits")])
    stage.watch.forward(UNDO + timedelta(hours=4))
    said = stage.ask("reader", "GET", "/v1/systems/loans/queue").json()
    assert (said["waiting"], said["overdue"]) == (1, 1)
    wrong = said["wrong"]
    # 20 routed, all wrong, stand for 20 decisions; 20 sampled at 1/4, all right, for 80
    assert (wrong["share"], wrong["n"], wrong["decisions"]) == (0.2, 40, 100)
    low, high = wrong["interval"]
    assert 0.1 < low < 0.2 < high < 0.4
    assert said["slices"]["sex=f"]["share"] == 0.2


def test_pairs_of_people_tell_how_they_agree(stage: Stage) -> None:
    twice = replace(SYSTEM, queue=Queue(second=1.0))
    with stage.site.database.unit("aspen", NOW) as unit:
        referrals.add(unit, twice, [asked(f"p{k}") for k in range(4)])
        for k in range(4):
            one = referrals.of_prediction(unit.conn, "loans", f"p{k}")
            given(unit, one, "aspen", ("approved", "not approved")[k % 2], twice)
    with stage.site.database.unit("beech", NOW + UNDO) as unit:
        for k in range(4):
            one = referrals.of_prediction(unit.conn, "loans", f"p{k}")
            given(
                unit,
                one,
                "beech",
                "approved" if k == 1 else ("approved", "not approved")[k % 2],
                twice,
            )
    stage.watch.forward(2 * UNDO)
    said = stage.ask("reader", "GET", "/v1/systems/loans/queue").json()["agreement"]
    assert (said["n"], said["share"], said["kappa"]) == (4, 0.75, 0.5)
    low, high = said["kappa_interval"]
    assert low < 0.5 < high

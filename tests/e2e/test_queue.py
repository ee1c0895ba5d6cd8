"""A decision goes to a person and back: directive, guard, queue, judgement, answer, outcome."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx

from tests.cli.served import address_of
from tests.jobs.scene import Inbox, no_engine
from tests.store.examples import SPEC, SYSTEM
from tests.web.cast import NOW, Watch, site_at, tokens_of
from tocsin.base.slices import Slice
from tocsin.contain.directive import Action, Directive
from tocsin.contain.referral import UNDO
from tocsin.ingest.queue import Queue
from tocsin.jobs import queue, replies
from tocsin.jobs.rings import Rings
from tocsin.store import containment, systems
from tocsin_client import Judged, Pending, Tocsin


def test_a_decision_under_review_is_judged_by_a_person_and_returns(tmp_path: Path) -> None:
    watch = Watch()
    site = site_at(tmp_path, watch)
    inbox = Inbox("webhook")
    rings = Rings(
        database=site.database,
        lake=site.lake,
        committer=site.committer,
        engine_run=no_engine,
        notifiers={"caller": inbox},
        clock=watch,
        base_url=site.base_url,
        secret=site.secret,
        policy=site.policy,
    )
    loans = replace(SYSTEM, queue=Queue(second=0.0, answers_to="caller"))
    review = Directive(
        id="dir_1",
        system="loans",
        action=Action.REVIEW,
        slice=Slice.of({"sex": "f"}),
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    with site.database.unit("test", NOW) as unit:
        systems.save(unit, loans, SPEC, (), 0, "0" * 64)
        containment.add_directives(unit, [review])
    tokens = tokens_of(site)
    with (
        address_of(site) as url,
        Tocsin(
            url,
            token=tokens["service"],
            system="loans",
            version="v1",
            flush_s=0.02,
            timeout_s=60,
            clock=watch,
        ) as tocsin,
        httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {tokens['responder']}"}, timeout=60
        ) as person,
    ):
        assert tocsin.ready(60)

        @tocsin.guard(advises=True)
        def decide(application: dict[str, object]) -> dict[str, object]:
            return {"score": 0.2, "prediction": "denied", "of": application["sex"]}

        assert decide({"sex": "m", "income": 7}) == {
            "score": 0.2,
            "prediction": "denied",
            "of": "m",
        }
        pending = decide({"sex": "f", "income": 7})
        assert isinstance(pending, Pending)
        assert tocsin.flush(60)
        assert tocsin.answer(pending.prediction_id) is None
        queue.run(rings, watch())  # the row in the lake adds no second one

        taken = person.post("/v1/referrals/next", json={}).json()["referral"]
        assert taken["prediction_id"] == pending.prediction_id
        assert taken["inputs"] == {"income": 7}
        assert taken["why"] == "A directive sends sex=f to people."
        assert taken["own_answer"] is None
        path = f"/v1/referrals/{taken['id']}/judge"
        judged = person.post(path, json={"answer": "approved"}).json()
        assert (judged["result"], judged["own_answer"]) == ("approved", "denied")
        assert person.post("/v1/referrals/next", json={}).json()["referral"] is None

        watch.forward(UNDO)
        assert tocsin.answer(pending.prediction_id) == Judged("approved", 1, NOW)
        replies.deliver(rings, watch())
        assert [one.facts["answer"] for one in inbox.taken] == ["approved"]
        queue.run(rings, watch())
        outcomes = rings.lake.scan("loans", "outcomes", columns=["id", "label"]).to_pylist()
        assert outcomes == [{"id": pending.prediction_id, "label": "approved"}]

"""Two people approve, one breaks the glass, another ratifies; and two who race."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from tests.fresh import fresh
from tests.store import examples
from tests.web import story
from tests.web.cast import Stage, Watch, client_of, site_of, tokens_of
from tests.web.people import TWO, Person, ruled
from tocsin.contain.directive import Action
from tocsin.contain.plan import PlanState
from tocsin.contain.precondition import HEARD_WITHIN
from tocsin.detect.stages import SERVING
from tocsin.store import containment, stages, systems
from tocsin.store.unit import Database


@pytest.fixture
def two(stage: Stage) -> Stage:
    """Two must approve on systems of high risk, as the example is."""
    return ruled(stage)


def proposed(stage: Stage) -> tuple[str, dict[str, str]]:
    """Propose the playbook's plan; return its path and what approving it takes."""
    story.declare(stage)
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans").json()
    assert plan["approvals_needed"] == 2
    return f"/v1/plans/{plan['id']}", {"hash": plan["hash"]}


def in_force(stage: Stage) -> list[dict[str, object]]:
    found: list[dict[str, object]] = stage.ask(
        "service", "GET", "/v1/directives?system=loans"
    ).json()["directives"]
    return found


def lines(stage: Stage) -> list[str]:
    entries = stage.ask("reader", "GET", "/v1/incidents/1/timeline").json()["entries"]
    return [entry["text"] for entry in entries]


def test_the_second_person_puts_it_in_force(two: Stage) -> None:
    aspen, birch = Person(two, "aspen"), Person(two, "birch")
    path, order = proposed(two)
    first = aspen.ask(f"{path}/approve", order).json()
    assert (first["state"], first["approved_by"]) == ("proposed", None)
    assert [one["by"] for one in first["approvals"]] == ["aspen"]
    assert in_force(two) == []
    assert any("1 of 2 approvals, by aspen, and another person must" in line for line in lines(two))
    second = birch.ask(f"{path}/approve", order).json()
    assert (second["state"], second["approved_by"]) == ("applied", "aspen and birch")
    (directive,) = in_force(two)
    assert directive["glass"] is False
    assert any(line.startswith("2 of 2 approvals, by aspen and birch: ") for line in lines(two))


def test_one_person_is_not_two(two: Stage) -> None:
    aspen = Person(two, "aspen")
    path, order = proposed(two)
    aspen.ask(f"{path}/approve", order)
    again = aspen.ask(f"{path}/approve", order)
    assert again.status_code == 409
    assert "another person must" in again.text
    # nor in another browser
    assert Person(two, "aspen").ask(f"{path}/approve", order).status_code == 409
    assert in_force(two) == []


def test_a_token_is_no_person_unless_that_is_allowed(two: Stage) -> None:
    path, order = proposed(two)
    refused = two.ask("approver", "POST", f"{path}/approve", order)
    assert refused.status_code == 403
    assert "a token is none" in refused.text
    alone = {**order, "reason": "fire"}
    assert two.ask("approver", "POST", f"{path}/break-glass", alone).status_code == 403
    allowed = ruled(two, replace(TWO, tokens=True))
    assert allowed.ask("approver", "POST", f"{path}/approve", order).status_code == 200


def test_each_of_them_must_have_read_the_same(two: Stage) -> None:
    aspen, birch = Person(two, "aspen"), Person(two, "birch")
    path, order = proposed(two)
    aspen.ask(f"{path}/approve", order)
    assert birch.ask(f"{path}/approve", {"hash": "0" * 64}).status_code == 409
    assert in_force(two) == []


def test_what_has_run_out_or_is_over_is_not_approved(two: Stage) -> None:
    aspen, birch = Person(two, "aspen"), Person(two, "birch")
    path, order = proposed(two)
    aspen.ask(f"{path}/approve", order)
    two.ask("responder", "POST", "/v1/incidents/1/resolve", {"note": "false alarm"})
    refused = birch.ask(f"{path}/approve", order)
    assert refused.status_code == 409
    assert "is resolved" in refused.text
    two.watch.forward(timedelta(hours=5))
    assert birch.ask(f"{path}/approve", order).status_code == 409


def test_one_breaks_the_glass_and_another_ratifies(two: Stage) -> None:
    aspen, birch = Person(two, "aspen"), Person(two, "birch")
    path, order = proposed(two)
    assert aspen.ask(f"{path}/break-glass", {**order, "reason": " "}).status_code in (400, 422)
    done = aspen.ask(f"{path}/break-glass", {**order, "reason": "nobody else is up"}).json()
    assert (done["state"], done["approved_by"]) == ("applied", "aspen")
    assert done["ratify_by"] is not None
    (directive,) = in_force(two)
    assert directive["glass"] is True
    assert any(
        "aspen broke the glass" in line and "nobody else is up" in line for line in lines(two)
    )
    assert aspen.ask(f"{path}/ratify", order).status_code == 403
    assert birch.ask(f"{path}/ratify", {"hash": "0" * 64}).status_code == 409
    ratified = birch.ask(f"{path}/ratify", order).json()
    assert ratified["ratify_by"] is None
    assert [one["word"] for one in ratified["approvals"]] == ["broke_glass", "ratified"]
    acts = two.ask("admin", "GET", "/v1/audit").json()["acts"]
    broken = next(act for act in acts if act["action"] == "plan.glass_broken")
    assert broken["facts"] == {"by": "aspen", "reason": "nobody else is up"}
    assert any(act["action"] == "plan.ratified" for act in acts)


def test_who_may_not_approve_breaks_no_glass(two: Stage) -> None:
    path, order = proposed(two)
    for verb in ("break-glass", "ratify"):
        body = {**order, "reason": "fire"} if verb == "break-glass" else order
        assert two.ask("responder", "POST", f"{path}/{verb}", body).status_code == 403


CANARY = {"steps": [{"action": "canary", "to_version": "9", "share": 0.1, "for": "8h"}]}
FROZEN = "releases are frozen until"


def canary(stage: Stage) -> tuple[str, dict[str, str]]:
    """Propose a canary; return its plan's path and what approving it takes."""
    story.declare(stage)
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans", CANARY).json()
    return f"/v1/plans/{plan['id']}", {"hash": plan["hash"]}


def frozen(stage: Stage) -> timedelta:
    """Freeze releases; return for how long."""
    made = examples.directive("dir_ice")
    freeze = replace(made, action=Action.FREEZE, expires_at=made.created_at + timedelta(hours=1))
    with stage.site.database.unit("test", stage.watch()) as unit:
        containment.add_directives(unit, [freeze])
    return freeze.expires_at - stage.watch()


def test_what_does_not_hold_is_refused_and_nothing_is_changed(stage: Stage) -> None:
    path, order = canary(stage)
    lasts = frozen(stage)
    told = stage.ask("reader", "GET", path).json()["preconditions"]
    assert [(one["need"], one["held"], one["refuses"]) for one in told] == [
        ("heard", True, False),
        ("announced", False, False),
        ("releases", False, True),
    ]
    before = lines(stage)
    refused = stage.ask("approver", "POST", f"{path}/approve", order)
    assert refused.status_code == 409
    assert FROZEN in refused.text
    assert "has never decided here" not in refused.text, "of that people are warned"
    assert lines(stage) == before
    plan = stage.ask("reader", "GET", path).json()
    assert (plan["state"], plan["approvals"]) == ("proposed", [])
    stage.watch.forward(lasts)
    assert stage.ask("approver", "POST", f"{path}/approve", order).json()["state"] == "applied"


def test_what_nobody_hears_yet_is_put_in_force_for_whoever_asks_next(stage: Stage) -> None:
    story.declare(stage)
    plan = stage.ask("responder", "POST", "/v1/incidents/1/plans").json()
    stage.watch.forward(2 * HEARD_WITHIN)
    path = f"/v1/plans/{plan['id']}"
    heard = stage.ask("reader", "GET", path).json()["preconditions"][0]
    assert (heard["need"], heard["held"], heard["refuses"]) == ("heard", False, False)
    done = stage.ask("approver", "POST", f"{path}/approve", {"hash": plan["hash"]})
    assert done.json()["state"] == "applied"
    assert len(in_force(stage)) == 1


def test_the_first_of_two_may_approve_what_only_has_to_hold_for_the_second(two: Stage) -> None:
    aspen, birch = Person(two, "aspen"), Person(two, "birch")
    path, order = canary(two)
    frozen(two)
    assert aspen.ask(f"{path}/approve", order).status_code == 200
    assert birch.ask(f"{path}/approve", order).status_code == 409
    plan = two.ask("reader", "GET", path).json()
    assert [one["by"] for one in plan["approvals"]] == ["aspen"]


def test_a_broken_glass_passes_over_what_does_not_hold_and_says_so(two: Stage) -> None:
    aspen = Person(two, "aspen")
    path, order = canary(two)
    frozen(two)
    done = aspen.ask(f"{path}/break-glass", {**order, "reason": "it starts at dawn"}).json()
    assert (done["state"], done["preconditions"]) == ("applied", [])
    assert done["ratify_by"] is not None
    (line,) = [line for line in lines(two) if "broke the glass" in line]
    assert "Reason: it starts at dawn." in line
    assert f"Passed over: {FROZEN}" in line


def test_where_one_suffices_the_glass_is_for_what_does_not_hold_only(stage: Stage) -> None:
    path, order = canary(stage)
    alone = {**order, "reason": "it starts at dawn"}
    assert stage.ask("approver", "POST", f"{path}/break-glass", alone).status_code == 409
    frozen(stage)
    done = stage.ask("approver", "POST", f"{path}/break-glass", alone).json()
    # who alone may approve owes nobody a second word
    assert (done["state"], done["ratify_by"]) == ("applied", None)
    assert all(one["glass"] is False for one in in_force(stage))
    assert any("Passed over" in line for line in lines(stage))
    stricter = ruled(stage)  # two must approve from now on
    assert stricter.ask("reader", "GET", path).json()["ratify_by"] is None


def race(stage: Stage, path: str, order: dict[str, str], people: list[Person]) -> list[str]:
    """Let everybody approve at once; return what they were told, the done first."""
    barrier = Barrier(len(people))

    def press(person: Person) -> httpx.Response:
        barrier.wait()
        return person.ask(f"{path}/approve", order)

    with ThreadPoolExecutor(len(people)) as pool:
        told = sorted(pool.map(press, people), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in told] == [200] * 2 + [409] * (len(people) - 2)
    return [answer.text for answer in told]


def test_approvers_who_race_are_counted_once_and_the_late_are_told_who_was_first(
    url: str, tmp_path: Path
) -> None:
    database = fresh(url)
    with closing(database), database.unit("test", examples.NOW) as unit:
        systems.save(unit, examples.SYSTEM, examples.SPEC, (), 20_000, "0" * 64)
        stages.beat(unit, SERVING, examples.SYSTEM.name)
    site = replace(site_of(Database(url), tmp_path, Watch()), approvals=TWO)
    with client_of(site) as client:
        stage = Stage(site, Watch(), client, tokens_of(site))
        people = [Person(stage, f"person-{k}") for k in range(5)]
        path, order = proposed(stage)
        told = race(stage, path, order, people)
        assert len(in_force(stage)) == 1
    with site.database.reading() as conn:
        (stored,) = containment.plans(conn, containment.incident_of(conn, path[10:]) or "")
    assert stored.state is PlanState.APPLIED
    states = sorted(told[:2], key=lambda body: "applied" in body)
    assert '"state":"proposed"' in states[0]
    assert '"state":"applied"' in states[1]
    for late in told[2:]:
        assert f"is applied: {stored.approved_by} approved it at 14:05" in late
    site.committer.close()
    site.database.close()

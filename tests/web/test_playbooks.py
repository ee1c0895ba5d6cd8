from dataclasses import replace
from datetime import timedelta

import pytest

from tests.store import examples
from tests.web import story
from tests.web.cast import Stage
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import CANDIDATE, Playbook, Run, Step
from tocsin.store import incidents, playbooks, systems
from tocsin.web.playbooks import for_failures

INPUT, MINUTE = BUILT_IN[0], timedelta(minutes=1)


def followed(stage: Stage, book: Playbook = INPUT) -> str:
    """Declare an incident that follows a playbook, that for a wrong input."""
    incident = story.declare(stage)
    with stage.site.database.unit("tocsin", stage.watch()) as unit:
        playbooks.start(
            unit,
            Run(
                id="run_1",
                incident=incident,
                playbook=book,
                failure=Failure.INPUT,
                chosen_at=stage.watch() - MINUTE,
                chosen_by="tocsin",
            ),
        )
    return f"/v1/incidents/{incident}"


def test_every_playbook_can_be_read(stage: Stage) -> None:
    told = stage.ask("reader", "GET", "/v1/playbooks").json()["playbooks"]
    assert [one["name"] for one in told] == [one.name for one in BUILT_IN]
    assert told[0]["steps"][0]["mode"] == "click"


def test_a_step_of_people_is_ticked_once_and_stands_on_the_timeline(stage: Stage) -> None:
    place = followed(stage)
    told = stage.ask("responder", "POST", f"{place}/playbook/2", {"note": "ticket 17"}).json()
    step = told["playbook"]["steps"][1]
    assert (step["done"], step["by"], step["note"]) == ("done", "responder", "ticket 17")
    again = stage.ask("responder", "POST", f"{place}/playbook/2")
    assert again.status_code == 409
    lines = stage.ask("reader", "GET", f"{place}/timeline").json()["entries"]
    assert any("did step 2" in one["text"] and "ticket 17" in one["text"] for one in lines)


def test_a_step_with_an_action_makes_its_plan_and_nothing_more(stage: Stage) -> None:
    place = followed(stage)
    told = stage.ask("responder", "POST", f"{place}/playbook/1").json()
    plan = told["playbook"]["steps"][0]["plan"]
    stored = stage.ask("reader", "GET", f"/v1/plans/{plan}").json()
    assert (stored["state"], stored["steps"][0]["action"]) == ("proposed", "fallback")
    assert stored["steps"][0]["slice"] == {"sex": "f"}
    assert stage.ask("reader", "GET", f"{place}/containment").json()["in_force"] == []


def test_a_plan_that_cannot_be_made_leaves_the_step_open(stage: Stage) -> None:
    place = followed(stage)
    stage.ask("responder", "POST", f"{place}/playbook", {"playbook": "bad-release"})
    answer = stage.ask("responder", "POST", f"{place}/playbook/1")
    assert answer.status_code == 409
    assert "no earlier version" in answer.text
    told = stage.ask("reader", "GET", f"{place}/playbook").json()
    assert told["playbook"]["steps"][0]["done"] is None


@pytest.mark.parametrize(
    ("step", "order", "status"),
    [
        (2, {"done": "skipped"}, 400),
        (2, {"done": "skipped", "note": "known"}, 200),
        (99, None, 400),
    ],
)
def test_who_leaves_a_step_out_says_why(
    stage: Stage, step: int, order: object, status: int
) -> None:
    place = followed(stage)
    assert stage.ask("responder", "POST", f"{place}/playbook/{step}", order).status_code == status


def test_the_plan_proposed_first_is_the_playbooks(stage: Stage) -> None:
    place = followed(stage)
    plan = stage.ask("responder", "POST", f"{place}/plans").json()
    assert plan["steps"][0]["action"] == "fallback"


def test_another_playbook_can_be_chosen_by_name(stage: Stage) -> None:
    place = followed(stage)
    told = stage.ask("responder", "POST", f"{place}/playbook", {"playbook": "vendor-model-change"})
    assert (told.json()["failure"], told.json()["chosen_by"]) == ("vendor", "responder")
    unknown = stage.ask("responder", "POST", f"{place}/playbook", {"playbook": "none"})
    assert unknown.status_code == 404


def test_what_is_resolved_has_no_more_steps(stage: Stage) -> None:
    place = followed(stage)
    stage.ask("responder", "POST", f"{place}/resolve", {"note": "over"})
    assert stage.ask("responder", "POST", f"{place}/playbook/2").status_code == 409


def test_an_incident_without_one_says_so(stage: Stage) -> None:
    incident = story.declare(stage)
    assert stage.ask("reader", "GET", f"/v1/incidents/{incident}/playbook").status_code == 404


def test_later_edits_of_the_file_change_nothing(stage: Stage) -> None:
    place = followed(stage)
    object.__setattr__(stage.site, "playbooks", (replace(INPUT, title="new", steps=()),))
    told = stage.ask("reader", "GET", f"{place}/playbook").json()
    assert told["playbook"]["title"] == INPUT.title


def test_a_playbook_that_nobody_keeps_is_the_systems_owners_in_room_and_api(stage: Stage) -> None:
    place = followed(stage)
    with stage.site.database.unit("test", stage.watch()) as unit:
        stored = systems.get(unit.conn, "loans")
        owned = replace(stored.system, owner="lending-team")
        systems.save(unit, owned, stored.spec, (), 20_000, "0" * 64)
    told = stage.ask("reader", "GET", f"{place}/playbook").json()
    assert told["playbook"]["owner"] == "lending-team"
    number = place.rpartition("/")[2]
    assert "owner lending-team" in stage.ask("reader", "GET", f"/incidents/{number}").text
    with stage.site.database.reading() as conn:
        run = playbooks.required(conn, incidents.get(conn, told["incident"]).id)
        assert run.playbook.owner == "", "what was chosen stands as it was"
        kept = replace(run, playbook=replace(run.playbook, owner="platform"))
        assert playbooks.owned(conn, kept, "loans") == kept


def test_whoever_says_what_sort_of_failure_it_is_gets_the_playbook_for_it(stage: Stage) -> None:
    place = followed(stage)
    path = f"{place}/playbook"
    told = stage.ask("responder", "POST", path, {"failure": "vendor"}).json()
    assert (told["failure"], told["playbook"]["name"]) == ("vendor", "vendor-model-change")
    assert told["chosen_by"] == "responder"
    lines = stage.ask("reader", "GET", f"{place}/timeline").json()["entries"]
    said = "responder says it is vendor, and follows the playbook vendor-model-change"
    assert any(one["text"].startswith(said) for one in lines)
    # pressed twice
    again = stage.ask("responder", "POST", path, {"failure": "vendor"})
    assert again.status_code == 409


def test_the_owners_playbook_comes_first_for_what_people_say_too(stage: Stage) -> None:
    ours = replace(BUILT_IN[-1], name="ours", title="what we do")
    site = replace(stage.site, playbooks=(ours, *BUILT_IN))
    owned = replace(examples.SYSTEM, playbook="ours")
    declared = story.declare(stage)
    with stage.site.database.unit("test", stage.watch()) as unit:
        systems.save(unit, owned, examples.SPEC, (), 20_000, "0" * 64)
        inc = incidents.get(unit.conn, declared)
        found = for_failures(unit.conn, site, inc)
    assert set(found) == set(Failure)
    assert {one.name for one in found.values()} == {"ours"}


@pytest.mark.parametrize(
    "order", [{}, {"failure": "vendor", "playbook": "outage"}, {"failure": "bad luck"}]
)
def test_one_thing_is_said_and_a_word_of_ours(stage: Stage, order: dict[str, str]) -> None:
    path = f"{followed(stage)}/playbook"
    assert stage.ask("responder", "POST", path, order).status_code == 422
    assert stage.ask("reader", "POST", path, {"failure": "vendor"}).status_code == 403


def test_a_canary_of_the_playbook_is_planned_once_a_change_names_the_candidate(
    stage: Stage,
) -> None:
    say = "Try the new one"
    step = Step(say=say, action=Action.CANARY, to_version=CANDIDATE, share=0.1)
    place = followed(stage, replace(INPUT, steps=(step,)))
    shown = stage.ask("reader", "GET", f"{place}/playbook").json()["playbook"]["steps"][0]
    assert (shown["to_version"], shown["share"]) == ("candidate", 0.1)
    refused = stage.ask("responder", "POST", f"{place}/playbook/1")
    assert refused.status_code == 409
    assert "no recorded change names a version" in refused.text
    change = {"system": "loans", "kind": "deploy", "title": "two", "version": "2"}
    assert stage.ask("service", "POST", "/v1/changes", change).status_code in (200, 201)
    told = stage.ask("responder", "POST", f"{place}/playbook/1").json()
    plan = told["playbook"]["steps"][0]["plan"]
    stored = stage.ask("reader", "GET", f"/v1/plans/{plan}").json()
    assert "Decide 10 % of sex=f with version 2" in stored["explain"][0]
    held = {one["need"]: one["held"] for one in stored["preconditions"]}
    assert held == {"heard": True, "announced": True, "releases": True}

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import NOON, NORTH
from tocsin.base.errors import BadInput, Conflict
from tocsin.base.slices import EVERYONE
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import (
    CANDIDATE,
    LAST_GOOD,
    Done,
    Mode,
    Playbook,
    Run,
    Step,
    Ticked,
    choose,
)
from tocsin.contain.versions import Good
from tocsin.incident.incident import Severity
from tocsin.ingest.system import Kind

RULES = Step(say="rules", action=Action.FALLBACK, automatic=Severity.SEV2)
CALL = Step(say="call somebody")
BACK = Step(say="back", action=Action.ROLLBACK, everyone=True)
ANY = Playbook(name="any", title="", steps=(CALL,))
INPUT = Playbook(name="input", title="", failures=(Failure.INPUT,), steps=(RULES, CALL, RULES))
GRAVE = Playbook(
    name="grave",
    title="",
    failures=(Failure.INPUT,),
    kinds=(Kind.REGRESSION,),
    from_severity=Severity.SEV1,
    steps=(BACK,),
)


def run(playbook: Playbook, **ticked: Ticked) -> Run:
    return Run(
        id="run_1",
        incident="inc_1",
        playbook=playbook,
        failure=Failure.INPUT,
        chosen_at=NOON,
        chosen_by="tocsin",
        ticked={int(place[1:]): one for place, one in ticked.items()},
    )


DID = Ticked(done=Done.DONE, by="aspen", at=NOON)


@pytest.mark.parametrize(
    ("failure", "kind", "severity", "preferred", "name"),
    [
        (Failure.INPUT, Kind.BINARY, Severity.SEV1, None, "input"),
        (Failure.INPUT, Kind.REGRESSION, Severity.SEV1, None, "grave"),
        (Failure.INPUT, Kind.REGRESSION, Severity.SEV2, None, "input"),
        (Failure.KPI, Kind.BINARY, Severity.SEV1, None, "any"),
        (Failure.INPUT, Kind.BINARY, Severity.SEV1, "any", "any"),
        (Failure.INPUT, Kind.BINARY, Severity.SEV2, "grave", "input"),
    ],
)
def test_the_first_that_fits_is_chosen_and_the_preferred_only_where_it_fits(
    failure: Failure, kind: Kind, severity: Severity, preferred: str | None, name: str
) -> None:
    assert choose((ANY, GRAVE, INPUT), failure, kind, severity, preferred).name == name


def test_where_none_fits_the_last_one_is_for_anything_even_if_it_was_narrowed() -> None:
    narrowed = replace(ANY, from_severity=Severity.SEV2)
    assert choose((INPUT, narrowed), Failure.KPI, Kind.BINARY, Severity.SEV3) == narrowed


def test_automatic_is_only_what_its_owner_allowed_at_this_severity() -> None:
    modes = [RULES.mode(severity) for severity in Severity]
    assert modes == [Mode.AUTOMATIC, Mode.AUTOMATIC, Mode.CLICK, Mode.CLICK]
    assert {CALL.mode(severity) for severity in Severity} == {Mode.MANUAL}
    assert {BACK.mode(severity) for severity in Severity} == {Mode.CLICK}


def test_what_stands_below_a_step_of_people_waits_for_them() -> None:
    assert run(INPUT).due(Severity.SEV1) == [0]
    assert run(INPUT, p0=DID).due(Severity.SEV1) == []
    assert run(INPUT, p0=DID, p1=DID).due(Severity.SEV1) == [2]
    assert run(INPUT).due(Severity.SEV3) == []


def test_a_step_is_done_once_and_must_be_there() -> None:
    with pytest.raises(Conflict, match="done by aspen"):
        run(INPUT, p1=DID).step(1)
    for place in (-1, 3):
        with pytest.raises(BadInput, match="has no step"):
            run(INPUT).step(place)
    assert run(INPUT).step(1) is CALL


def test_an_action_is_planned_for_whom_it_says() -> None:
    rules, back = RULES.planned(NORTH, None), BACK.planned(NORTH, Good("v1"))
    assert rules is not None
    assert back is not None
    assert (rules.slice, rules.for_, rules.reason) == (NORTH, timedelta(hours=4), "rules.")
    assert (back.slice, back.to_version) == (EVERYONE, "v1")
    assert BACK.planned(NORTH, None) is None
    assert CALL.planned(NORTH, Good("v1")) is None


def test_a_quarantine_needs_a_source_that_the_incident_names() -> None:
    step = Step(say="shut it out", action=Action.QUARANTINE)
    made = step.planned(NORTH, None)
    assert made
    assert made.slice == NORTH
    assert step.planned(EVERYONE, None) is None
    assert "names no source" in step.lacks("no version")
    assert Step(say="back", action=Action.ROLLBACK).lacks("no version") == "no version"


TRY = Step(say="try", action=Action.CANARY, share=0.1, to_version=CANDIDATE, on_abort=OnAbort.STOP)


def test_a_candidate_is_tried_as_it_is_found_when_it_is_planned() -> None:
    step = TRY.planned(NORTH, None, "v3")
    assert step is not None
    assert (step.to_version, step.share, step.on_abort) == ("v3", 0.1, OnAbort.STOP)
    assert step.reason == "try. Version v3 is the one that the last recorded change names."
    assert TRY.planned(NORTH, Good("v1")) is None
    assert "no recorded change names a version" in TRY.lacks("no earlier version")


def test_a_version_that_is_written_down_needs_no_finding() -> None:
    back = replace(BACK, to_version="v0").planned(NORTH, Good("v1"), "v3")
    assert back is not None
    assert (back.to_version, back.reason) == ("v0", "back.")


def test_the_last_good_version_may_be_returned_to_bit_by_bit() -> None:
    bit = replace(TRY, to_version=LAST_GOOD)
    step = bit.planned(NORTH, Good("v1"), "v3")
    assert step is not None
    assert step.to_version == "v1"
    assert bit.planned(NORTH, None, "v3") is None
    assert bit.lacks("no earlier version") == "no earlier version"


def test_a_threshold_is_moved_for_whom_the_incident_hits() -> None:
    step = Step(say="ask more", action=Action.THRESHOLD, threshold=0.7).planned(NORTH, None)
    assert step is not None
    assert (step.slice, step.threshold, step.to_version) == (NORTH, 0.7, None)


def test_a_step_may_be_about_the_decisions_of_one_version() -> None:
    step = replace(RULES, of_version="v2").planned(NORTH, None)
    assert step is not None
    assert (step.slice, step.of_version) == (NORTH, "v2")

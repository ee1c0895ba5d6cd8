from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contain.cases import BACK, FALLBACK, NOON, NORTH, plan
from tocsin.contain.apply import apply
from tocsin.contain.directive import OF_VERSION, Action, OnAbort
from tocsin.contain.explain import clock_time, describe_directive, explain, undone, verb, whom
from tocsin.contain.plan import NOT_KNOWN, Reach, Step


def test_each_step_is_one_sentence_in_the_order_of_application() -> None:
    two = plan(FALLBACK, BACK)
    sentences = explain(two)
    assert sentences[0] == (
        "Send region=north to the fallback rules (13 % of traffic, about 410 decisions/h) "
        "until 16:00 UTC."
    )
    assert sentences[1].startswith("Decide everyone with version v1 (")
    directives = apply(two, two.hash, NOON, ("dir_1", "dir_2"))
    for sentence, directive in zip(sentences, directives, strict=True):
        assert directive.slice.label in sentence
        assert clock_time(directive.expires_at, NOON) in sentence


def test_review_and_an_unseen_slice_are_said_as_they_are() -> None:
    quiet = replace(
        plan(replace(FALLBACK, action=Action.REVIEW)),
        reach=Reach(share=0.0, decisions_per_hour=0, n=0),
    )
    assert explain(quiet) == (
        "Send region=north to human review (no traffic seen there lately) until 16:00 UTC.",
    )
    assert explain(replace(quiet, reach=NOT_KNOWN)) == (
        "Send region=north to human review (reach not known) until 16:00 UTC.",
    )


def test_each_step_says_its_own_reach_and_a_canary_that_of_its_share() -> None:
    half = Reach(share=0.5, decisions_per_hour=1_000.0, n=2_000)
    canary = replace(BACK, action=Action.CANARY, share=0.01, reach=half)
    said = explain(plan(replace(FALLBACK, reach=plan().reach), replace(BACK, reach=half), canary))
    assert "(13 % of traffic, about 410 decisions/h)" in said[0]
    assert "(50 % of traffic, about 1,000 decisions/h)" in said[1]
    assert "(0.5 % of traffic, about 10 decisions/h)" in said[2]
    assert "(reach not known)" in explain(plan(FALLBACK, BACK))[1], "of an earlier release"


def test_every_directive_has_words() -> None:
    steps = (FALLBACK, BACK, replace(FALLBACK, action=Action.REVIEW, for_=timedelta(1)))
    full = plan(*steps[:2])
    said = {describe_directive(d) for d in apply(full, full.hash, NOON, ("a", "b"))}
    assert said == {
        "region=north goes to the fallback rules",
        "everyone is decided with version v1",
    }


def test_every_action_has_an_order_and_a_fact_of_its_own() -> None:
    steps = [
        replace(FALLBACK, action=action, to_version="v9", share=0.1, threshold=0.75)
        for action in Action
    ]
    orders = [verb(step) for step in steps]
    plans = [plan(step) for step in steps]
    facts = [describe_directive(apply(one, one.hash, NOON, ("a",))[0]) for one in plans]
    assert len(set(orders)) == len(set(facts)) == len(Action)
    assert all(undone(step) for step in steps)
    assert undone(steps[0]) == "the system decides for region=north again"
    assert undone(replace(FALLBACK, action=Action.FREEZE)) == "new versions may go out again"
    assert "Decide 10 % of region=north with version v9" in orders
    assert "region=north gets a yes from a score of 0.75 on" in facts


def test_a_canary_that_stops_by_itself_says_so_and_is_another_plan() -> None:
    canary = Step(
        action=Action.CANARY, slice=NORTH, for_=timedelta(hours=4), to_version="v2", share=0.2
    )
    stops = replace(canary, on_abort=OnAbort.STOP)
    assert explain(plan(stops))[0].endswith(
        "until 16:00 UTC, or until it is seen to harm somebody."
    )
    assert explain(plan(canary))[0].endswith("until 16:00 UTC.")
    assert plan(stops).hash != plan(canary).hash
    (directive,) = apply(plan(stops), plan(stops).hash, NOON, ["dir_1"])
    assert directive.on_abort is OnAbort.STOP


def test_what_actuators_do_is_said_with_the_step_it_is_for() -> None:
    step = replace(BACK, outside=("registry (mlflow) moves the alias.", "flag (flagd) does."))
    first, second = explain(plan(step, FALLBACK))
    assert first.endswith("UTC. registry (mlflow) moves the alias. flag (flagd) does.")
    assert second.endswith("UTC.")


def test_of_one_version_the_sentence_says_whose_decisions_it_is_about() -> None:
    step = replace(FALLBACK, of_version="v2")
    (said,) = explain(plan(step))
    assert said == (
        "Send region=north to the fallback rules where version v2 would decide (13 % of traffic, "
        "about 410 decisions/h) until 16:00 UTC."
    )
    assert undone(step) == "where it would, version v2 decides for region=north again"
    assert whom(step) == "region=north where version v2 would decide"
    assert whom(FALLBACK) == "region=north"
    beside = replace(BACK, action=Action.SHADOW, of_version="v2", share=0.1)
    assert verb(beside) == (
        "Also put 10 % of everyone to version v1 where version v2 decides; nobody gets its answers"
    )


@pytest.mark.parametrize("action", sorted(OF_VERSION))
def test_every_action_of_a_version_names_it_in_each_of_its_forms(action: Action) -> None:
    step = replace(FALLBACK, action=action, to_version="v1", threshold=0.5, of_version="{v2}")
    one = apply(plan(step), plan(step).hash, NOON, ("a",))[0]
    for said in (verb(step), describe_directive(one), undone(step)):
        assert "version {v2}" in said

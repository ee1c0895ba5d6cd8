from dataclasses import replace
from datetime import timedelta

from tests.contain.cases import BACK, FALLBACK, NOON, plan
from tocsin.contain.directive import Action
from tocsin.contain.plan import Reach


def test_the_hash_changes_with_whatever_will_be_done() -> None:
    original = plan(FALLBACK)
    others = [
        plan(replace(FALLBACK, action=Action.REVIEW)),
        plan(replace(FALLBACK, for_=timedelta(hours=5))),
        plan(FALLBACK, BACK),
        plan(BACK, FALLBACK),
        plan(FALLBACK, made_at=NOON + timedelta(seconds=1)),
        replace(original, system="fraud"),
        replace(original, incident=None),
        plan(replace(FALLBACK, outside=("flag (flagd) does something.",))),
    ]
    hashes = {original.hash, *(other.hash for other in others)}
    assert len(hashes) == 9


def test_the_hash_leaves_out_who_why_and_how_much() -> None:
    original = plan(FALLBACK)
    same = replace(
        original,
        id="plan_2",
        made_by="somebody",
        reach=Reach(share=0.5, decisions_per_hour=1, n=1),
        steps=(replace(FALLBACK, reason="because"),),
    )
    assert same.hash == original.hash


def test_the_hash_holds_shares_and_thresholds_and_older_plans_keep_theirs() -> None:
    canary = replace(BACK, action=Action.CANARY, share=0.1)
    hashes = {plan(replace(canary, share=share)).hash for share in (0.1, 0.2)}
    assert len(hashes) == 2
    assert plan(FALLBACK).hash == (
        "89a84a4376455920e4fe33fc135d54590c612dc64133b89016c48a0a41fab925"
    )


def test_the_reach_of_a_step_is_no_deed() -> None:
    far = Reach(share=0.9, decisions_per_hour=1, n=1)
    assert plan(replace(FALLBACK, reach=far)).hash == plan(FALLBACK).hash


def test_of_an_earlier_release_the_reach_of_the_first_slice_is_known() -> None:
    old = plan(FALLBACK, BACK, replace(FALLBACK, action=Action.SHADOW))
    first, second, third = (old.reach_of(step) for step in old.steps)
    assert first == third == old.reach
    assert not second.known


def test_the_hash_holds_the_version_whose_decisions_it_is_about() -> None:
    hashes = {plan(replace(FALLBACK, of_version=one)).hash for one in (None, "v1", "v2")}
    assert len(hashes) == 3

from dataclasses import replace
from datetime import datetime

import pytest

from tests.store import examples
from tests.web.views.nouns import HOUR, INCIDENT, MINUTE, NOW
from tocsin.base.slices import EVERYONE
from tocsin.base.spans import Span
from tocsin.contain.directive import Action
from tocsin.contain.plan import PlanState
from tocsin.contain.verify import Rate, Recovery, verify
from tocsin.incident.incident import Entry, EntryKind, Incident, State
from tocsin.store.containment import StoredPlan
from tocsin.web.views import room
from tocsin.web.views.marks import Mark
from tocsin.web.views.room import Do, Records
from tocsin.web.views.series import Chart

CHART = Chart(title="", span=Span(NOW - HOUR, NOW), step=HOUR, panels=())
TAKEN = replace(
    INCIDENT, state=State.ACKNOWLEDGED, acknowledged_at=NOW - 14 * MINUTE, commander="oncall"
)
CONTAINED = replace(TAKEN, state=State.CONTAINED, contained_at=NOW - MINUTE)
PLAN = StoredPlan(replace(examples.plan("inc_1"), made_at=NOW), PlanState.PROPOSED, None, NOW)
RUNNING = replace(
    examples.directive(),
    slice=INCIDENT.slice,
    plan=PLAN.plan.id,
    created_at=NOW,
    expires_at=NOW + HOUR,
)
PART = replace(RUNNING, action=Action.CANARY, to_version="v3", share=0.2, obeyed_at=NOW)


def page(incident: Incident, **records: object) -> room.Room:
    empty: dict[str, object] = dict.fromkeys(
        ("entries", "plans", "directives", "verifications", "pages", "complaints"), ()
    )
    known = {**empty, "diagnosis": None, "ledger_total": 0, "reviewed": False, **records}
    return room.room(Records(incident=incident, **known), CHART, now=NOW)  # pyright: ignore[reportArgumentType] - built by name on purpose


@pytest.mark.parametrize(
    ("incident", "records", "say", "first"),
    [
        (INCIDENT, {}, "Take it", Do.ACKNOWLEDGE),
        (TAKEN, {}, "Contain the harm to region=north", Do.PROPOSE),
        (TAKEN, {"plans": [PLAN]}, "Read the plan", Do.APPROVE),
        (TAKEN, {"directives": [RUNNING]}, "Wait for the serving side", Do.REVERT),
        (TAKEN, {"directives": [PART]}, "Contain the harm to region=north: what is", Do.PROPOSE),
        (CONTAINED, {"directives": [RUNNING]}, "Verify that region=north", Do.REVERT),
        (
            replace(CONTAINED, acknowledged_at=None),  # by a playbook alone
            {"directives": [RUNNING]},
            "Take it",
            Do.ACKNOWLEDGE,
        ),
        (CONTAINED, {}, "Containment of region=north has ended", Do.PROPOSE),
        (
            replace(CONTAINED, recovered_at=NOW),
            {"directives": [RUNNING]},
            "Harm has stopped",
            Do.REVERT,
        ),
        (replace(CONTAINED, recovered_at=NOW), {}, "The system decides region=north", Do.RESOLVE),
        (replace(CONTAINED, state=State.RESOLVED), {}, "This incident is over", Do.REVIEW),
    ],
)
def test_the_next_step_follows_from_where_the_incident_stands(
    incident: Incident, records: dict[str, object], say: str, first: Do
) -> None:
    step = page(incident, **records).next
    assert step.say.startswith(say)
    assert step.doing[0] is first


@pytest.mark.parametrize("state", list(State))
def test_what_is_in_force_can_be_taken_back_in_every_state(state: State) -> None:
    one = replace(CONTAINED, state=state)
    assert Do.REVERT in page(one, directives=[RUNNING]).next.doing
    assert Do.REVERT not in page(one).next.doing


def test_an_incident_that_is_over_says_what_is_still_in_force() -> None:
    over = replace(CONTAINED, state=State.RESOLVED)
    assert "1 directive still in force" in page(over, directives=[RUNNING]).next.why
    assert "still in force" not in page(over).next.why


def test_what_has_recovered_and_was_given_back_can_be_contained_again() -> None:
    back = replace(CONTAINED, state=State.ACKNOWLEDGED, recovered_at=NOW)
    assert page(back).next.doing == (Do.RESOLVE, Do.PLAN, Do.PROPOSE)
    assert Do.APPROVE in page(back, plans=[PLAN]).next.doing


@pytest.mark.parametrize("recovered_at", [None, NOW])
def test_what_is_in_force_can_be_extended(recovered_at: datetime | None) -> None:
    held = replace(CONTAINED, recovered_at=recovered_at)
    assert page(held, directives=[RUNNING]).next.doing[-1] is Do.PLAN
    assert Do.APPROVE in page(held, directives=[RUNNING], plans=[PLAN]).next.doing


def test_harm_that_grows_under_containment_is_said() -> None:
    rates = (Rate(600, 1000), Rate(300, 1000), Rate(10, 200))
    looked = verify(*rates, incident="inc_1", measure="selection_rate", at=NOW)
    assert looked.verdict is Recovery.WORSE
    step = page(CONTAINED, directives=[RUNNING], verifications=[looked]).next
    assert step.say == "It got worse for region=north: take it back."


def test_a_plan_is_shown_in_the_words_that_its_hash_approves() -> None:
    shown = page(TAKEN, plans=[PLAN]).proposals[0]
    assert shown.hash == PLAN.plan.hash
    assert shown.sentences[0].startswith("Send sex=f to the fallback rules (8 % of traffic")
    assert (shown.verb, shown.effect) == (
        "Send sex=f to the fallback rules",
        "8 % of traffic, for 4 h",
    )


def test_a_proposal_that_ran_out_is_not_offered() -> None:
    old = replace(PLAN, plan=replace(PLAN.plan, made_at=NOW - 5 * HOUR))
    assert page(TAKEN, plans=[old]).proposals == ()


def test_times_that_have_not_come_say_so() -> None:
    impact, detected, acknowledged, contained, recovered = room.moments(TAKEN)
    assert (detected.after, acknowledged.after) == ("after 14 min", "after 2 min")
    assert impact.at == INCIDENT.impact_from
    assert (contained.at, recovered.at, contained.pending) == (None, None, "not yet")


def test_the_timeline_is_newest_first_and_folds_what_is_old() -> None:
    entries = [
        Entry(
            id=f"ent_{k}",
            incident="inc_1",
            at=NOW + k * MINUTE,
            kind=EntryKind.NOTE if k else EntryKind.OPENED,
            actor="oncall",
            text=str(k),
        )
        for k in range(300)
    ]
    shown = page(TAKEN, entries=entries)
    assert shown.entries[0].entry.text == "299"
    assert len(shown.entries) + len(shown.older) == 300
    assert shown.older[-1].mark is Mark.HARM
    assert shown.entries[0].mark is None


def test_the_chart_begins_well_before_the_impact_and_ends_soon_after_the_end() -> None:
    span = room.chart_span(TAKEN, NOW, 3600)
    assert span.start <= NOW - 12 * HOUR
    over = replace(TAKEN, resolved_at=NOW - 100 * HOUR, impact_from=NOW - 120 * HOUR)
    assert room.chart_span(over, NOW, 3600).end < NOW - 93 * HOUR


def test_what_waits_for_approval_is_not_hidden_by_what_is_in_force() -> None:
    frozen = replace(RUNNING, action=Action.FREEZE, slice=EVERYONE)
    for records in ({"directives": [RUNNING]}, {"directives": [frozen]}):
        step = page(TAKEN, plans=[PLAN], **records).next
        assert Do.APPROVE in step.doing
        assert Do.REVERT in step.doing
    # a freeze changes no decision: the harm goes on
    assert page(TAKEN, directives=[frozen]).next.say.startswith("Contain the harm")

import re
from datetime import date, timedelta

import pytest

from tests.config.test_load import SMALL
from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action, OnAbort
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import CANDIDATE, LAST_GOOD
from tocsin.incident.incident import Severity

OURS = """
playbooks:
  outage:
    failures: [outage]
    owner: platform
    rehearsed: 2026-11-01
    severity: SEV2
    steps:
      - {say: Rules answer, action: fallback, for: 2h, automatic: SEV1}
      - {say: Call the vendor}
"""


def test_own_playbooks_come_first_and_replace_those_of_their_name() -> None:
    found = load(SMALL + OURS, "tocsin.yaml").playbooks
    assert len(found) == len(BUILT_IN)
    first = found[0]
    assert (first.name, first.title, first.failures) == ("outage", "outage", (Failure.OUTAGE,))
    assert first.from_severity is Severity.SEV2
    step = first.steps[0]
    assert (step.action, step.for_, step.automatic) == (
        Action.FALLBACK,
        timedelta(hours=2),
        Severity.SEV1,
    )
    assert found[-1].failures == ()


def test_a_built_in_one_gets_an_owner_and_keeps_its_steps_and_its_place() -> None:
    said = "\nplaybooks: {outage: {owner: platform, rehearsed: 2026-11-01, severity: SEV3}}\n"
    found = load(SMALL + said, "tocsin.yaml").playbooks
    assert [one.name for one in found] == [one.name for one in BUILT_IN]
    (outage,) = [one for one in found if one.owner]
    (known,) = [one for one in BUILT_IN if one.name == "outage"]
    assert (outage.owner, outage.rehearsed) == ("platform", date(2026, 11, 1))
    assert outage.from_severity is Severity.SEV3
    assert (outage.title, outage.failures, outage.steps) == (
        known.title,
        known.failures,
        known.steps,
    )


def test_without_any_the_built_in_ones_stand() -> None:
    assert load(SMALL, "tocsin.yaml").playbooks == BUILT_IN


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OURS.replace("fallback", "explode"), "explode"),
        (OURS.replace("[outage]", "[plague]"), "plague"),
        ("\nplaybooks: {empty: {steps: []}}\n", "'playbooks.empty' has no steps"),
        ("\nplaybooks: {mine: {owner: us}}\n", "amend a built-in one: .*outage"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        load(SMALL + text, "tocsin.yaml")


TRIED = """
playbooks:
  try-it:
    steps:
      - {say: Ask for more, action: threshold, threshold: 0.7}
      - {say: Copies first, action: shadow, to_version: candidate}
      - {say: Then a few, action: canary, to_version: candidate, share: 0.1, on_abort: stop}
      - {say: Or back a few, action: canary, to_version: last good, share: 0.5}
      - {say: Back to one we know, action: rollback, to_version: "2026-10-01", everyone: true}
"""


def test_a_step_carries_the_numbers_and_the_version_that_its_action_needs() -> None:
    steps = load(SMALL + TRIED, "tocsin.yaml").playbooks[0].steps
    assert [(one.threshold, one.share, one.version) for one in steps] == [
        (0.7, None, None),
        (None, None, CANDIDATE),
        (None, 0.1, CANDIDATE),
        (None, 0.5, LAST_GOOD),
        (None, None, "2026-10-01"),
    ]
    assert [one.on_abort for one in steps[2:4]] == [OnAbort.STOP, OnAbort.NOTIFY]


@pytest.mark.parametrize(
    ("was", "then", "says"),
    [
        (", threshold: 0.7", "", "'playbooks.try-it', step 1: threshold with threshold None"),
        ("0.7", "1.7", "threshold"),
        ("share: 0.1", "share: 0", "share"),
        (", share: 0.1", "", "'playbooks.try-it', step 3: canary of a share of None"),
        (", threshold: 0.7", ", threshold: 0.7, share: 0.1", "step 1: threshold of a share of 0.1"),
        (", to_version: candidate, share: 0.1", ", share: 0.1", "step 3: canary without a version"),
        ('"2026-10-01"', "candidate", "step 5 goes back to a candidate"),
        ("to_version: candidate}", "to_version: candidate, on_abort: stop}", "stops by itself"),
        (", action: shadow", "", "step 2 has to_version and no action"),
        ("share: 0.1", "share: 0.1, of_version: v2", "step 3: canary of version 'v2': its share"),
        ("threshold: 0.7", "threshold: 0.7, of_version: candidate", "decisions of 'candidate'"),
        (
            "threshold: 0.7",
            "threshold: 0.7, to_version: last good",
            "step 1: threshold to version 'last good'",
        ),
    ],
)
def test_what_could_never_be_planned_is_refused_with_what_to_do(
    was: str, then: str, says: str
) -> None:
    assert was in TRIED
    with pytest.raises(BadInput, match=says) as caught:
        load(SMALL + TRIED.replace(was, then, 1), "tocsin.yaml")
    assert caught.value.do
    assert re.match(r"tocsin\.yaml:\d+: ", str(caught.value))


def test_every_action_may_be_a_step() -> None:
    more = {
        Action.THRESHOLD: ", threshold: 0.7",
        Action.CANARY: ", share: 0.1, to_version: candidate",
        Action.SHADOW: ", to_version: candidate",
    }
    lines = [f"{{say: Do, action: {one}{more.get(one, '')}}}" for one in Action]
    text = f"\nplaybooks: {{all: {{steps: [{', '.join(lines)}]}}}}\n"
    found = load(SMALL + text, "tocsin.yaml").playbooks[0]
    assert [one.action for one in found.steps] == list(Action)


def test_a_step_may_be_about_the_decisions_of_one_version() -> None:
    text = TRIED.replace("threshold: 0.7", "threshold: 0.7, of_version: v1").replace(
        "everyone: true", "everyone: true, of_version: v1"
    )
    steps = load(SMALL + text, "tocsin.yaml").playbooks[0].steps
    assert [one.of_version for one in steps] == ["v1", None, None, None, "v1"]
    back = "\nplaybooks: {b: {steps: [{say: b, action: rollback, of_version: v1}]}}\n"
    (step,) = load(SMALL + back, "tocsin.yaml").playbooks[0].steps
    assert step.of_version == "v1", "to the last good one, whichever that will be"

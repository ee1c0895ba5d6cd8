from datetime import date, timedelta

import pytest

from tests.config.test_load import SMALL
from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.directive import Action
from tocsin.contain.failure import Failure
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

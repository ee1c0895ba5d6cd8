import pytest

from tocsin.contain.builtin import BUILT_IN
from tocsin.contain.failure import Failure
from tocsin.contain.playbook import Mode, choose
from tocsin.incident.incident import Severity
from tocsin.ingest.system import Kind


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_its_own_playbook_whatever_the_system(failure: Failure) -> None:
    for kind in Kind:
        for severity in Severity:
            found = choose(BUILT_IN, failure, kind, severity)
            assert (failure in found.failures) == (failure is not Failure.UNEXPLAINED)


def test_nothing_is_automatic_unless_a_team_says_so() -> None:
    modes = {step.mode(Severity.SEV1) for one in BUILT_IN for step in one.steps}
    assert modes == {Mode.CLICK, Mode.MANUAL}


def test_names_are_unique_and_the_last_is_for_anything() -> None:
    names = [one.name for one in BUILT_IN]
    assert len(set(names)) == len(names)
    assert BUILT_IN[-1].failures == ()

from datetime import timedelta

import pytest
from pydantic import ValidationError

from tocsin.config.containment import ContainmentForm, approvals
from tocsin.ingest.system import Risk


def test_unless_the_file_says_otherwise_high_risk_needs_two_and_nothing_automatic() -> None:
    rule = approvals(ContainmentForm())
    assert [rule.needed(risk) for risk in (Risk.LOW, Risk.MEDIUM, Risk.HIGH)] == [1, 1, 2]
    assert Risk.HIGH not in rule.automatic
    assert (rule.proposer, rule.tokens) == (True, False)


def test_all_of_it_can_be_said() -> None:
    said = {
        "approvals": {"high": 3, "medium": 2},
        "proposer": False,
        "tokens": True,
        "automatic": ["high"],
        "ratify_within": "30m",
    }
    rule = approvals(ContainmentForm.model_validate(said))
    assert (rule.needed(Risk.MEDIUM), rule.needed(Risk.HIGH)) == (2, 3)
    assert rule.automatic == {Risk.HIGH}
    assert rule.ratify_within == timedelta(minutes=30)


@pytest.mark.parametrize(
    "said", [{"approvals": {"high": 0}}, {"approvals": {"grave": 2}}, {"ratify_within": "0m"}]
)
def test_what_makes_no_sense_is_refused(said: object) -> None:
    with pytest.raises(ValidationError):
        ContainmentForm.model_validate(said)

"""The escalation matrix as the file declares it, and what it may not say."""

from datetime import timedelta

import pytest

from tests.config.test_oncall import TEXT
from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.incident.command import JOINS, NEEDS, Again, Ask, Command, When
from tocsin.incident.incident import Role, Severity
from tocsin.incident.severity import Harm
from tocsin.ingest.system import Risk
from tocsin.oncall.policy import Contact, Step

SEV1, SEV2, SEV3, _ = Severity
MATRIX = """\
command:
  again: {after: 10m, times: 3}
  SEV1:
    lead: {policy: lending}
    tell:
      - {notify: [{person: risk-lead}]}
      - {after: 15m, notify: [{person: desk, channel: hook}]}
    roles: [commander, deputy, scribe]
  SEV2: {lead: {schedule: lending}, roles: []}
  joins:
    - {role: legal, severity: SEV3, risk: [high], harm: [unfair, wrong], protected: true}
    - {role: communications, notify: [{person: lending-lead}], after: 30m}
"""


def told(*asks: Ask) -> list[Ask]:
    return [one for one in asks if one.steps]


def test_without_a_matrix_nobody_else_is_asked_and_roles_are_wanted() -> None:
    command = load(TEXT, "t.yaml").command
    assert told(*command.asks) == []
    assert set(command.asks) == {*NEEDS, *JOINS}
    assert set(Command().asks) == set(command.asks)


def test_a_matrix_says_who_leads_who_is_told_and_who_joins() -> None:
    command = load(TEXT + MATRIX, "t.yaml").command
    lead, first, later, second, comms = told(*command.asks)
    assert command.again == Again(after=timedelta(minutes=10), times=3)
    assert (lead.role, lead.when) == (Role.COMMANDER, When(severity=SEV1, only=True))
    assert [step.after for step in lead.steps] == [timedelta(0), timedelta(minutes=5)]
    assert lead.steps[0].schedules == ("lending",)
    assert first == Ask(when=When(severity=SEV1), steps=(Step(timedelta(0), (), ("risk-lead",)),))
    desk = Step(timedelta(minutes=15), (Contact("desk", "hook", ""),))
    assert later == Ask(when=When(severity=SEV1), steps=(desk,))
    assert second.when == When(severity=SEV2, only=True)
    assert (comms.role, comms.when) == (Role.COMMUNICATIONS, When(severity=SEV2))
    assert comms.steps == (Step(timedelta(minutes=30), (), ("lending-lead",)),)
    silent = {(one.role, one.when) for one in command.asks if not one.steps}
    assert silent == {
        (Role.COMMANDER, When(severity=SEV1)),
        (Role.DEPUTY, When(severity=SEV1)),
        (Role.SCRIBE, When(severity=SEV1)),
        (Role.COMMANDER, When(severity=SEV3)),
        (
            Role.LEGAL,
            When(
                severity=SEV3,
                risks=(Risk.HIGH,),
                harms=(Harm.UNFAIR, Harm.WRONG),
                protected=True,
            ),
        ),
    }
    assert [one.name for one in command.schedules] == ["lending"]
    assert {one.name for one in command.people} == {"lending-lead", "risk-lead"}


def test_every_harm_can_be_named() -> None:
    for harm in Harm:
        text = f"command: {{joins: [{{role: legal, harm: [{harm}]}}]}}\n"
        (join,) = load(TEXT + text, "t.yaml").command.asks[-1:]
        assert join.when.harms == (harm,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SEV1: {lead: {policy: nowhere}}", "nowhere"),
        ("SEV1: {lead: {policy: lending, person: risk-lead}}", "something else"),
        ("SEV1: {lead: {}}", "neither person nor schedule"),
        ("SEV1: {lead: {person: nobody}}", "nobody"),
        ("SEV2: {tell: [{notify: [{schedule: nights}]}]}", "nights"),
        ("SEV2: {roles: [king]}", "SEV2.roles"),
        ("joins: [{severity: SEV1}]", "neither role nor notify"),
        ("joins: [{role: legal, notify: [{person: nobody}]}]", "nobody"),
        ("joins: [{role: legal, harm: [sad]}]", "harm"),
        ("SEV5: {}", "SEV5"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        load(f"{TEXT}command:\n  {text}\n", "t.yaml")
    line = TEXT.count("\n") + 2
    assert says in str(refused.value)
    assert f"t.yaml:{line}" in str(refused.value)

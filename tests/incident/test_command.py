"""The escalation matrix: when its asks hold, and which roles it misses."""

from dataclasses import replace

import pytest

from tests.incident.test_lifecycle import opened
from tocsin.base.slices import parse
from tocsin.incident.command import Ask, Case, Command, When, wanted
from tocsin.incident.incident import Holding, Role, Severity
from tocsin.incident.severity import Harm
from tocsin.ingest.system import Risk, System

SEV1, SEV2, SEV3, SEV4 = Severity
NOTHING = frozenset[str]()


def case(
    severity: Severity = SEV2,
    risk: Risk = Risk.MEDIUM,
    harms: frozenset[Harm] = frozenset(),
    protected: tuple[str, ...] = (),
) -> Case:
    return Case(severity=severity, risk=risk, harms=harms, protected=protected)


@pytest.mark.parametrize(
    ("when", "holds", "fails"),
    [
        (When(severity=SEV2), case(SEV1), case(SEV3)),
        (When(severity=SEV2, only=True), case(SEV2), case(SEV1)),
        (When(severity=SEV2, risks=(Risk.HIGH,)), case(risk=Risk.HIGH), case(risk=Risk.LOW)),
        (
            When(severity=SEV2, harms=(Harm.UNFAIR, Harm.WRONG)),
            case(harms=frozenset({Harm.WRONG, Harm.SUSPICIOUS})),
            case(harms=frozenset({Harm.SUSPICIOUS})),
        ),
        (When(severity=SEV2, protected=True), case(protected=("sex",)), case()),
        (
            When(severity=SEV1, risks=(Risk.HIGH,), protected=True),
            case(SEV1, Risk.HIGH, protected=("sex",)),
            case(SEV1, Risk.HIGH),
        ),
    ],
)
def test_an_ask_holds_when_all_that_it_names_is_so(when: When, holds: Case, fails: Case) -> None:
    assert when.holds(holds)
    assert not when.holds(fails)


def test_why_and_when_are_said_in_words() -> None:
    when = When(severity=SEV2, risks=(Risk.HIGH,), harms=(Harm.UNFAIR,), protected=True)
    seen = case(SEV1, Risk.HIGH, frozenset({Harm.UNFAIR}), ("sex", "age_band"))
    assert when.why(seen) == (
        "SEV1, high risk, unfair harm, sex and age_band are protected attributes"
    )
    assert when.says == "SEV2 or graver, high risk, unfair harm, a protected attribute"
    assert When(severity=SEV1).says == "SEV1"
    assert When(severity=SEV3, only=True).says == "SEV3"
    one = When(severity=SEV2, protected=True)
    assert one.why(case(protected=("sex",))) == "SEV2, sex is a protected attribute"


@pytest.mark.parametrize(
    ("severity", "risk", "missing"),
    [
        (SEV1, Risk.HIGH, "commander deputy communications scribe legal"),
        (SEV1, Risk.MEDIUM, "commander deputy communications scribe"),
        (SEV2, Risk.HIGH, "commander communications"),
        (SEV3, Risk.HIGH, "commander"),
        (SEV4, Risk.HIGH, ""),
    ],
)
def test_the_built_in_matrix_asks_for_more_roles_the_graver_it_is(
    severity: Severity, risk: Risk, missing: str
) -> None:
    found = wanted(Command(), case(severity, risk), opened(severity))
    assert set(found) == {Role(one) for one in missing.split()}


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (case(protected=("sex",)), "SEV2, sex is a protected attribute"),
        (case(harms=frozenset({Harm.UNFAIR})), "SEV2, unfair harm"),
    ],
)
def test_legal_joins_where_people_have_a_right_to_be_treated_alike(one: Case, why: str) -> None:
    assert wanted(Command(), one, opened())[Role.LEGAL] == why
    mild = Case(severity=SEV3, risk=one.risk, harms=one.harms, protected=one.protected)
    assert Role.LEGAL not in wanted(Command(), mild, opened(SEV3))


def test_a_role_that_somebody_holds_is_not_missed() -> None:
    incident = opened(SEV1)
    scribe = Holding(Role.SCRIBE, "beech", incident.detected_at)
    held = replace(incident, commander="aspen", roles=(scribe,))
    assert set(wanted(Command(), case(SEV1), held)) == {Role.DEPUTY, Role.COMMUNICATIONS}


def test_a_case_knows_the_protected_attributes_that_it_involves() -> None:
    command = Command().of(System(name="loans", risk=Risk.HIGH, protected=("sex", "age_band")))
    incident = opened()
    none = command.case(incident, frozenset(), NOTHING)
    assert (none.risk, none.protected) == (Risk.HIGH, ())
    by_alarm = command.case(incident, frozenset(), frozenset({"age_band", "region"}))
    assert by_alarm.protected == ("age_band",)
    sliced = replace(incident, slice=parse("region=north&sex=f"))
    assert command.case(sliced, frozenset(), NOTHING).protected == ("sex",)


def test_the_first_reason_of_the_matrix_is_the_one_that_is_said() -> None:
    command = Command(
        asks=(
            Ask(role=Role.LEGAL, when=When(severity=SEV2, risks=(Risk.HIGH,))),
            Ask(role=Role.LEGAL, when=When(severity=SEV3)),
        )
    )
    assert wanted(command, case(risk=Risk.HIGH), opened())[Role.LEGAL] == "SEV2, high risk"

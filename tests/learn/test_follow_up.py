from dataclasses import replace

import pytest

from tests.learn.cases import (
    DIAGNOSIS,
    FINDINGS,
    SLICE,
    SUSPECT,
    SYSTEM,
    finding,
    incident,
    minutes,
)
from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE
from tocsin.detect.finding import Finding, Layer
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.suspect import SuspectKind
from tocsin.learn.actions import ActionItem, CheckKind
from tocsin.learn.follow_up import follow_up

IDS = ("act_1", "act_2", "act_3", "act_4")


def items(
    findings: tuple[Finding, ...] = FINDINGS, diagnosis: Diagnosis | None = DIAGNOSIS
) -> tuple[ActionItem, ...]:
    return follow_up(incident(), SYSTEM, findings, diagnosis, now=minutes(60), ids=IDS)


def test_cause_harm_and_ledger_are_followed_up_by_their_own_monitors() -> None:
    cause, harm, ledger = items()
    assert (cause.check.layer, cause.check.column, cause.check.slice) == ("drift", "income", SLICE)
    assert (harm.check.measure, harm.check.column) == ("selection_rate", None)
    assert ledger.check.kind is CheckKind.LEDGER


def test_the_alarm_on_the_harmed_slice_comes_before_a_stronger_one_elsewhere() -> None:
    wide = finding(Layer.DRIFT, "psi", "income", slice=EVERYONE, evidence=99.0)
    assert items((*FINDINGS, wide))[0].check.slice == SLICE


def test_an_unexplained_incident_asks_for_changes_to_be_recorded() -> None:
    unknown = replace(SUSPECT, kind=SuspectKind.UNKNOWN)
    last = items((), replace(DIAGNOSIS, suspects=(unknown,)))[-1]
    assert last.check.kind is CheckKind.CHANGE


def test_without_any_evidence_there_are_still_two_items() -> None:
    assert len(items((), None)) >= 2


def test_too_few_ids_are_refused() -> None:
    with pytest.raises(BadInput, match="ids"):
        follow_up(incident(), SYSTEM, (), None, now=minutes(60), ids=("act_1",))

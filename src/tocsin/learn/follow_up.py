"""Proposed action items: each with an owner, a due date and the check that must pass.

stop the cause        the strongest alarm on an input must say `ok`, else a change be recorded
keep the harm away    the harm's own monitor must say `ok` on a window after the incident
put it right          every decision on the ledger must have a remedy
record what changes   only where no recorded change explains the harm
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.base.errors import BadInput
from tocsin.base.phrases import count
from tocsin.contain.measure import harm
from tocsin.detect.finding import Finding, Layer, Verdict
from tocsin.detect.places import OUTPUTS
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.incident.incident import Incident, Severity
from tocsin.ingest.system import System
from tocsin.learn.actions import ActionItem, Check, CheckKind

_SOON, _LATER = timedelta(days=7), timedelta(days=14)


def follow_up(
    incident: Incident,
    system: System,
    findings: Sequence[Finding],
    diagnosis: Diagnosis | None,
    *,
    now: datetime,
    ids: Sequence[str],
) -> tuple[ActionItem, ...]:
    """Return two to four proposed action items.

    Args:
        incident: what they follow from.
        system: whose owner they are given to.
        findings: the alarms said while the incident ran.
        diagnosis: the latest, if any.
        now: when they are opened.
        ids: four new ids; spare ones are not used.

    Raises:
        BadInput: fewer than four ids.
    """
    if len(ids) < 4:
        raise BadInput(f"{len(ids)} ids for up to 4 action items", where="learn.follow_up")
    first = diagnosis.first if diagnosis else None
    proposals = [_cause(incident, findings, first), _harm(incident, findings)]
    if diagnosis is not None and diagnosis.affected:
        what = count(diagnosis.affected, "affected decision")
        proposals.append(
            (f"Put right the {what}", _SOON, Check(kind=CheckKind.LEDGER, target=incident.id))
        )
    if first is None or first.kind is not SuspectKind.CHANGE:
        title = f"Record the changes of {system.name} where they are made, with scope and inputs"
        check = Check(kind=CheckKind.CHANGE, target="feature_pipeline")
        proposals.append((title, _LATER, check))
    owner = system.owner or f"owner of {system.name}"
    haste = 1.0 if incident.severity <= Severity.SEV2 else 2.0
    return tuple(
        ActionItem(
            id=id_,
            incident=incident.id,
            title=title,
            owner=owner,
            opened_at=now,
            due_at=now + due * haste,
            check=check,
        )
        for id_, (title, due, check) in zip(ids, proposals, strict=False)
    )


_Proposal = tuple[str, timedelta, Check]


def _cause(incident: Incident, findings: Sequence[Finding], first: Suspect | None) -> _Proposal:
    inputs = [
        f
        for f in findings
        if f.verdict is Verdict.ALARM
        and f.column
        and f.column not in OUTPUTS
        and f.layer in (Layer.DRIFT, Layer.QUALITY)
        and f.slice.compatible(incident.slice)
    ]
    if inputs:
        # the harmed slice itself first: that is where the fault was proven
        worst = max(inputs, key=lambda f: (f.slice == incident.slice, f.evidence))
        title = (
            f"Refuse {worst.column} for {worst.slice.label} when it arrives unlike its reference"
        )
        return title, _LATER, _monitor(worst)
    change = first if first is not None and first.kind is SuspectKind.CHANGE else None
    named = f"“{change.title}”" if change else "the cause"
    title = f"Undo or repair {named}, and record the change that does it"
    return title, _LATER, Check(kind=CheckKind.CHANGE, target=_kind(change))


def _harm(incident: Incident, findings: Sequence[Finding]) -> _Proposal:
    counted, finding = harm(findings, incident.slice)
    measure = counted.name.replace("_", " ")
    title = f"Show that the {measure} of {incident.slice.label} is back at its baseline and stays"
    if finding is not None:
        return title, _SOON, _monitor(finding)
    check = Check(
        kind=CheckKind.MONITOR,
        layer=Layer.PERFORMANCE.value,
        measure=counted.name,
        slice=incident.slice,
    )
    return title, _SOON, check


def _monitor(finding: Finding) -> Check:
    return Check(
        kind=CheckKind.MONITOR,
        layer=finding.layer.value,
        measure=finding.measure,
        column=finding.column,
        slice=finding.slice,
    )


def _kind(change: Suspect | None) -> str:
    return change.what.get("kind", "deploy") if change else "deploy"

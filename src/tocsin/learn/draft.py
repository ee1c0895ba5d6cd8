"""Draft a review from an incident's records: computed facts only, no blame, nothing invented."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.base.phrases import count, number, percent
from tocsin.base.spans import describe
from tocsin.contain.explain import explain
from tocsin.contain.measure import SELECTION_RATE, harm
from tocsin.contain.plan import Plan, PlanState
from tocsin.contain.verify import Recovery, Verification
from tocsin.detect.finding import Finding
from tocsin.diagnose.blast import rounded
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.suspect import SuspectKind
from tocsin.incident.incident import Entry, EntryKind, Incident
from tocsin.ingest.change import Complaint
from tocsin.ingest.system import System
from tocsin.learn.follow_up import follow_up
from tocsin.learn.lessons import Facts, lessons
from tocsin.learn.response import ResponseBudget, ResponseTimes, response_times
from tocsin.learn.review import Cause, Harm, Line, Mark, Review
from tocsin.learn.tried import Tried

ACTIONS_AT_MOST = 4
"""How many ids `draft` may need for the action items it proposes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All that is known of one incident."""

    incident: Incident
    system: System
    entries: Sequence[Entry]
    diagnosis: Diagnosis | None = None
    findings: Sequence[Finding] = ()
    """The alarms that were said while the incident ran, of any slice."""
    plans: Sequence[tuple[Plan, PlanState]] = ()
    verifications: Sequence[Verification] = ()
    complaints: Sequence[Complaint] = ()
    trials: Sequence[Tried] = ()


def draft(
    records: Records,
    *,
    now: datetime,
    action_ids: Sequence[str],
    budget: ResponseBudget,
) -> Review:
    """Return the review as far as the records tell it.

    Args:
        records: of one incident, resolved or not.
        now: the instant of the draft.
        action_ids: at least `ACTIONS_AT_MOST` new ids.
        budget: how long each step of the response may take.
    """
    incident = records.incident
    times = response_times(incident, records.entries)
    harm_ = _harm(records)
    well, badly, lucky = lessons(
        Facts(
            incident=incident,
            entries=records.entries,
            diagnosis=records.diagnosis,
            plans=records.plans,
            verifications=records.verifications,
            complaints=records.complaints,
            trials=records.trials,
        ),
        times,
        budget,
    )
    return Review(
        incident=incident.id,
        name=incident.name,
        number=incident.number,
        system=incident.system,
        title=incident.title,
        severity=incident.severity.name,
        severity_why=incident.severity_why,
        slice=incident.slice,
        drafted_at=now,
        summary=_summary(records, times, harm_),
        harm=harm_,
        times=times,
        marks=_marks(incident),
        timeline=tuple(
            Line(e.at, e.kind.value, e.actor, e.text)
            for e in sorted(records.entries, key=lambda e: e.at)
        ),
        causes=_causes(records.diagnosis),
        went_well=well,
        went_badly=badly,
        lucky=lucky,
        actions=follow_up(
            incident,
            records.system,
            records.findings,
            records.diagnosis,
            now=now,
            ids=action_ids,
        ),
        trials=tuple(records.trials),
    )


def _harm(records: Records) -> Harm:
    diagnosis, impact, complaints = (
        records.diagnosis,
        records.system.impact,
        len(records.complaints),
    )
    if diagnosis is None:
        nan = math.nan
        return Harm(
            affected=0,
            estimated_errors=nan,
            cost=nan,
            currency=impact.currency,
            unit=impact.unit,
            complaints=complaints,
            text="The reach has not been computed.",
        )
    text = f"{count(diagnosis.affected, impact.unit)} affected"
    if not math.isnan(diagnosis.estimated_errors):
        # without outcomes nobody knows which answers were wrong, only that they were turned
        turned = diagnosis.measure == SELECTION_RATE.name
        how = "answered unlike usual" if turned else "wrong beyond the usual"
        text += f", about {number(round(diagnosis.estimated_errors))} {how}"
        if diagnosis.cost > 0:
            text += f", at about {rounded(diagnosis.cost)} {diagnosis.currency}"
    if complaints:
        text += f"; {count(complaints, 'complaint')}"
    return Harm(
        affected=diagnosis.affected,
        estimated_errors=diagnosis.estimated_errors,
        cost=diagnosis.cost,
        currency=diagnosis.currency,
        unit=diagnosis.unit,
        complaints=complaints,
        text=text + ".",
    )


def _summary(records: Records, times: ResponseTimes, harm_: Harm) -> tuple[str, ...]:
    incident = records.incident
    what = f"{incident.title.rstrip('.')}. It concerned {incident.slice.label} of {incident.system}"
    what += f" since {_time(incident.impact_from)}." if incident.impact_from else "."
    return (what, harm_.text, _noticed(records, times), _done(records))


def _noticed(records: Records, times: ResponseTimes) -> str:
    incident = records.incident
    after = f", {describe(times.mttd)} after it began" if times.mttd is not None else ""
    _, finding = harm(records.findings, incident.slice)
    how = f": {finding.why.rstrip('.')}." if finding else ""
    if finding is None:
        opened = [e for e in records.entries if e.kind is EntryKind.OPENED]
        how = f" by {opened[0].actor}." if opened else "."
    noticed = f"It was noticed at {_time(incident.detected_at)}{after}{how}"
    if times.mtta is None:
        return f"{noticed} Nobody acknowledged it."
    who = incident.acknowledged_by or "somebody"
    return f"{noticed} {who} acknowledged it within {describe(times.mtta)}."


def _done(records: Records) -> str:
    incident = records.incident
    ran = [plan for plan, state in records.plans if state in _RAN]
    said = [sentence for plan in ran for sentence in explain(plan)]
    done = "What was done: " + " ".join(said) if said else "Nothing was contained."
    if incident.contained_at:
        done += f" The serving side obeyed from {_time(incident.contained_at)}."
    verdicts = [v for v in records.verifications if v.verdict is Recovery.RECOVERED]
    if verdicts:
        done += f" Verified: {verdicts[0].text}"
    elif incident.recovered_at:
        done += f" It recovered at {_time(incident.recovered_at)}."
    else:
        done += " Recovery has not been verified."
    return done


_RAN = (PlanState.APPLIED, PlanState.REVERTED, PlanState.EXPIRED)


def _marks(incident: Incident) -> tuple[Mark, ...]:
    instants = (
        ("impact began", incident.impact_from),
        ("detected", incident.detected_at),
        ("acknowledged", incident.acknowledged_at),
        ("contained", incident.contained_at),
        ("recovered", incident.recovered_at),
        ("resolved", incident.resolved_at),
    )
    known = [Mark(name, at) for name, at in instants if at is not None]
    return tuple(sorted(known, key=lambda mark: mark.at))


def _causes(diagnosis: Diagnosis | None) -> tuple[Cause, ...]:
    if diagnosis is None:
        return ()
    return tuple(
        Cause(
            title=_cause_title(s.title, s.kind, s.score),
            why=s.why,
            score=s.score,
            change=s.what.get("id") if s.kind is SuspectKind.CHANGE else None,
        )
        for s in diagnosis.suspects
        # what is all but ruled out is no cause to write down
        if s.score >= 0.01
    )


def _cause_title(title: str, kind: SuspectKind, score: float) -> str:
    if kind in (SuspectKind.CHANGE, SuspectKind.UNKNOWN):
        return f"{title} ({percent(score, 0)})"
    return title


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

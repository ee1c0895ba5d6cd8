"""What went well, what did not, and where we were lucky: each line follows from a record."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.base.phrases import count, number, percent
from tocsin.base.spans import describe
from tocsin.contain.plan import Plan, PlanState
from tocsin.contain.verify import Recovery, Verification
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.suspect import SuspectKind
from tocsin.incident.incident import Entry, EntryKind, Incident
from tocsin.ingest.change import Complaint
from tocsin.learn import tried
from tocsin.learn.response import ResponseBudget, ResponseTimes
from tocsin.learn.tried import Tried

_NAMED = 0.5
_SMALL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The records that lessons are drawn from."""

    incident: Incident
    entries: Sequence[Entry]
    diagnosis: Diagnosis | None
    plans: Sequence[tuple[Plan, PlanState]]
    verifications: Sequence[Verification]
    complaints: Sequence[Complaint]
    trials: Sequence[Tried] = ()


def lessons(
    facts: Facts, times: ResponseTimes, budget: ResponseBudget
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what went well, what did not, and where luck helped."""
    well, badly = _against_budget(times, budget)
    for more, less in (
        _noticing(facts),
        _containing(facts),
        tried.lessons(facts.trials),
        _explaining(facts),
    ):
        well += more
        badly += less
    return tuple(well), tuple(badly), tuple(_lucky(facts))


def _against_budget(times: ResponseTimes, budget: ResponseBudget) -> tuple[list[str], list[str]]:
    steps = (
        ("Detected", "the impact began", times.mttd, budget.mttd),
        ("Acknowledged", "detection", times.mtta, budget.mtta),
        ("Contained", "detection", times.mttc, budget.mttc),
        ("Recovered", "the impact began", times.mttr, budget.mttr),
    )
    well, badly = list[str](), list[str]()
    for done, since, took, allowed in steps:
        if took is None:
            badly.append(f"Not on record: when it was {done.lower()}.")
            continue
        line = f"{done} {describe(took)} after {since}; the budget is {describe(allowed)}."
        (well if took <= allowed else badly).append(line)
    return well, badly


def _noticing(facts: Facts) -> tuple[list[str], list[str]]:
    early = [c for c in facts.complaints if c.at < facts.incident.detected_at]
    pages = sum(entry.kind is EntryKind.PAGE for entry in facts.entries)
    well, badly = list[str](), list[str]()
    if early:
        said = count(len(early), "person", "people")
        badly.append(f"{said} complained before any monitor spoke.")
    if pages == 1:
        well.append("One page was enough.")
    elif pages > 1:
        badly.append(f"{count(pages, 'page')} stand on the timeline before somebody took it.")
    return well, badly


def _containing(facts: Facts) -> tuple[list[str], list[str]]:
    well, badly = list[str](), list[str]()
    verdicts = [v.verdict for v in facts.verifications]
    if Recovery.RECOVERED in verdicts:
        well.append("Recovery was verified on the affected slice, not assumed.")
    if Recovery.WORSE in verdicts:
        badly.append("A containment made it worse before it got better.")
    ended = [e for e in facts.entries if e.kind is EntryKind.EXPIRED]
    resolved = facts.incident.recovered_at
    if any(resolved is None or e.at < resolved for e in ended):
        badly.append("Containment ran out before recovery was verified.")
    never = (PlanState.PROPOSED, PlanState.WITHDRAWN, PlanState.LAPSED)
    if all(state in never for _, state in facts.plans):
        badly.append("No containment plan was ever applied.")
    return well, badly


def _explaining(facts: Facts) -> tuple[list[str], list[str]]:
    first = facts.diagnosis.first if facts.diagnosis else None
    if first is None:
        return [], ["No cause was looked for."]
    if first.kind is SuspectKind.CHANGE and first.score >= _NAMED:
        return [f"The cause was named from the records: {first.title}."], []
    return [], ["No recorded change explains it: what changed was not recorded, or not precisely."]


def _lucky(facts: Facts) -> list[str]:
    lines: list[str] = []
    reach = next((plan.reach for plan, _ in facts.plans if plan.reach.n), None)
    affected = facts.diagnosis.affected if facts.diagnosis else 0
    if reach is not None and 0 < reach.share < _SMALL and affected:
        everyone = number(round(affected / reach.share, -1))
        lines.append(
            f"Only {percent(reach.share, 0)} of the traffic was hit; the same fault on everyone "
            f"would have reached about {everyone} decisions in that time."
        )
    if facts.diagnosis and not facts.complaints and affected:
        lines.append("Nobody had complained; the harm was seen in the counts alone.")
    return lines

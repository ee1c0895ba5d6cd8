"""Conclude: put onset, reach and suspects together into one diagnosis and say it in words."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.base.phrases import percent
from tocsin.base.spans import Span
from tocsin.diagnose.blast import Blast
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.onset import Onset
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.incident.incident import Incident

_SURE, _LIKELY = 0.8, 0.5


def conclude(
    incident: Incident,
    *,
    now: datetime,
    measure: str,
    buckets: Sequence[Span],
    began: Onset | None,
    reach: Blast,
    suspects: Sequence[Suspect],
) -> Diagnosis:
    """Return the diagnosis.

    Args:
        incident: what is diagnosed.
        now: the instant of the diagnosis.
        measure: name of the harm measure.
        buckets: the series that `began` is about, in time order.
        began: the posterior over `buckets`; None where there was no series.
        reach: decisions, errors and cost.
        suspects: in the order in which they are to be shown.
    """
    start, span = None, None
    if began is not None:
        first, last = began.credible()
        start = buckets[began.likeliest].start
        span = Span(buckets[first].start, buckets[last].end)
    return Diagnosis(
        incident=incident.id,
        made_at=now,
        slice=incident.slice,
        measure=measure,
        onset=start,
        onset_span=span,
        affected=reach.affected,
        estimated_errors=reach.wrong,
        errors_interval=reach.interval,
        cost=reach.cost,
        currency=reach.impact.currency,
        unit=reach.impact.unit,
        suspects=tuple(suspects),
        summary=" ".join(
            [_since(incident, measure, start, span), reach.text, _cause(suspects)]
        ).strip(),
    )


def _since(incident: Incident, measure: str, start: datetime | None, span: Span | None) -> str:
    what = f"{measure.replace('_', ' ')} of {incident.slice.label}"
    if start is None or span is None:
        return f"When the {what} changed cannot be said yet."
    return (
        f"The {what} changed at about {start:%Y-%m-%d %H:%M:%S} UTC "
        f"(most likely between {span.start:%H:%M:%S} and {span.end:%H:%M:%S})."
    )


def _cause(suspects: Sequence[Suspect]) -> str:
    causes = [s for s in suspects if s.kind in (SuspectKind.CHANGE, SuspectKind.UNKNOWN)]
    columns = [s for s in suspects if s.kind is SuspectKind.COLUMN]
    if not causes or causes[0].kind is SuspectKind.UNKNOWN:
        hint = f" Look at where {columns[0].title.lower()} comes from." if columns else ""
        return f"No recorded change explains it.{hint}"
    first = causes[0]
    sureness = "Possibly" if first.score < _LIKELY else "Probably"
    if first.score >= _SURE:
        sureness = "Almost certainly"
    return f"{sureness} caused by: {first.title} ({percent(first.score, 0)})."

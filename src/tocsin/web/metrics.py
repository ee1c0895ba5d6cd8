"""Metrics in Prometheus' text form: is the pipeline alive, is anybody waiting for help.

Alert on `tocsin_paging_invariant_broken > 0` (an incident that nobody will be told of, or not in
time; must always be 0) and on `tocsin_stage_stale > 0`.
Source: the exposition format 0.0.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from fastapi import Response

from tocsin.base.spans import Span
from tocsin.contain.act import Phase
from tocsin.detect.stages import Freshness, Stage
from tocsin.incident.incident import Severity
from tocsin.profile.layout import layout_of
from tocsin.profile.window import window
from tocsin.store import (
    acts,
    containment,
    halves,
    incidents,
    invariant,
    pages,
    profiles,
    referrals,
    stages,
    systems,
)
from tocsin.store.acts import ActRow
from tocsin.web.site import SiteDep

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples: labels → value."""

    name: str
    kind: Literal["gauge", "counter"]
    meaning: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def metrics(site: SiteDep) -> Response:
    """Return every metric as it stands."""
    now = site.clock()
    with site.database.reading() as conn:
        body = exposition(read_metrics(conn, now, site.policies))
    return Response(body, media_type=CONTENT_TYPE)


def read_metrics(conn: sa.Connection, now: datetime, declared: Container[str] = ()) -> list[Metric]:
    """Return every metric of the store at `now`; `declared` systems' stages, empty: all."""
    names = systems.names(conn)
    seen = stages.every(conn)
    found = stages.fresh(conn, now, declared)
    return [
        Metric(
            "tocsin_predictions_last_day",
            "gauge",
            "Predictions made in the last 24 hours and counted into profiles.",
            tuple(({"system": name}, _last_day(conn, name, now)) for name in names),
        ),
        Metric(
            "tocsin_halves_waiting",
            "gauge",
            "Halves of logged calls whose other half has not come yet.",
            tuple(({"system": name}, halves.waiting(conn, name)) for name in names),
        ),
        Metric(
            "tocsin_referrals_waiting",
            "gauge",
            "Decisions that wait for a person, within their due time and past it.",
            tuple(
                ({"system": name, "overdue": str(late).lower()}, number)
                for name in names
                for late, number in _referrals(conn, name, now)
            ),
        ),
        Metric(
            "tocsin_dropped",
            "counter",
            "Acknowledged events that became no row, by reason; see /v1/systems/{name}/intake.",
            tuple(
                ({"system": name, "reason": one.reason}, one.number)
                for name in names
                for one in halves.dropped(conn, name)
            ),
        ),
        Metric(
            "tocsin_incidents_open",
            "gauge",
            "Incidents that are not resolved.",
            tuple(_open_incidents(conn)),
        ),
        Metric(
            "tocsin_directives_in_force",
            "gauge",
            "Containment that the serving side must obey now.",
            tuple(({"system": name}, len(containment.in_force(conn, name, now))) for name in names),
        ),
        Metric(
            "tocsin_actuator_failing",
            "gauge",
            "Whether the last act of an actuator failed, or is being tried again.",
            tuple(
                ({"actuator": row.act.actuator, "system": row.act.system}, float(_failing(row)))
                for row in acts.tips(conn)
            ),
        ),
        Metric(
            "tocsin_pages",
            "gauge",
            "Pages in the outbox by state, all incidents together.",
            tuple(
                ({"state": state.value}, number)
                for state, number in pages.count_by_state(conn).items()
            ),
        ),
        Metric(
            "tocsin_pages_unguarded",
            "gauge",
            "Incidents that wait for somebody while no page will ever be sent; must be 0.",
            (({}, len(pages.unguarded(conn, now))),),
        ),
        Metric(
            "tocsin_paging_invariant_broken",
            "gauge",
            "Incidents that wait for somebody without a page to come, or with one that is overdue.",
            (({}, len(invariant.broken(conn, now))),),
        ),
        Metric(
            "tocsin_pages_overdue",
            "gauge",
            "Pages that should have been sent a minute ago and were not.",
            (({}, len(pages.overdue(conn, now - invariant.LATE))),),
        ),
        Metric(
            "tocsin_stage_age_seconds",
            "gauge",
            "Time since a stage of the pipeline last reported.",
            tuple((_place(one), (now - one.at).total_seconds()) for one in seen),
        ),
        Metric(
            "tocsin_stage_stale",
            "gauge",
            "Whether a stage is silent for longer than is allowed; /v1/stages says why.",
            tuple((_its_place(one), float(not one.fresh)) for one in found),
        ),
        Metric(
            "tocsin_stage_silent_seconds",
            "gauge",
            "Time since a stage last succeeded; nothing for one that never did.",
            tuple(
                (_its_place(one), (now - one.since).total_seconds())
                for one in found
                if one.since is not None
            ),
        ),
        Metric(
            "tocsin_stage_failures",
            "gauge",
            "Tries in a row in which a stage failed.",
            tuple((_place(one), one.failures) for one in seen),
        ),
    ]


def _referrals(conn: sa.Connection, name: str, now: datetime) -> Iterator[tuple[bool, int]]:
    found = referrals.waiting(conn, name, now)
    yield False, found.number - found.overdue
    yield True, found.overdue


def _failing(row: ActRow) -> bool:
    return row.act.phase is Phase.FAILED or (not row.act.phase.over and row.error is not None)


def exposition(every: Iterable[Metric]) -> str:
    r"""Return metrics in the text form.

    >>> print(exposition([Metric("up", "gauge", "Alive.", (({"system": 'a"b'}, 1.0),))]), end="")
    # HELP up Alive.
    # TYPE up gauge
    up{system="a\"b"} 1
    """
    lines: list[str] = []
    for metric in every:
        lines += [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [f"{metric.name}{_labels(of)} {value:.15g}" for of, value in metric.samples]
    return "\n".join(lines) + "\n"


def _labels(of: Mapping[str, str]) -> str:
    if not of:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in of.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _its_place(one: Freshness) -> dict[str, str]:
    return {"stage": one.stage, "system": one.system}


def _place(stage: Stage) -> dict[str, str]:
    return {"stage": stage.stage, "system": stage.system}


def _open_incidents(conn: sa.Connection) -> Iterator[tuple[Mapping[str, str], float]]:
    numbers = Counter(incident.severity for incident in incidents.open_ones(conn))
    for severity in Severity:
        yield {"severity": severity.name}, numbers[severity]


def _last_day(conn: sa.Connection, system: str, now: datetime) -> int:
    spec = systems.get(conn, system).spec
    span = Span(now - DAY, now + timedelta(microseconds=1))
    sums = window(profiles.cells(conn, spec, span, slice=""), span).cells
    return layout_of(spec).one(sums[""], "n") if "" in sums else 0

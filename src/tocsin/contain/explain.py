"""A plan in words: exactly what `apply` will do, one sentence a step, in the same order."""

from datetime import datetime

from tocsin.base.phrases import number, percent
from tocsin.contain.directive import Action, Directive
from tocsin.contain.plan import Plan, Reach, Step


def explain(plan: Plan) -> tuple[str, ...]:
    """Return one sentence for each step of `plan`.

    >>> from datetime import UTC, timedelta
    >>> from tocsin.base.slices import Slice
    >>> from tocsin.ingest.system import Risk
    >>> step = Step(action=Action.FALLBACK, slice=Slice.of({"employer": "government"}),
    ...             for_=timedelta(hours=4))
    >>> plan = Plan(id="plan_1", incident=None, system="loans", steps=(step,), risk=Risk.HIGH,
    ...             reach=Reach(share=0.13, decisions_per_hour=410.2, n=820),
    ...             made_at=datetime(2026, 11, 20, 14, 5, tzinfo=UTC), made_by="lending")
    >>> explain(plan)[0]  # doctest: +NORMALIZE_WHITESPACE
    'Send employer=government to the fallback rules (13 % of traffic, about 410 decisions/h)
    until 18:05 UTC.'
    """
    return tuple(_sentence(step, plan) for step in plan.steps)


def verb(step: Step) -> str:
    """Return the step as a button says it: what it does to whom, without reach or end.

    >>> from datetime import timedelta
    >>> verb(Step(action=Action.REVIEW, for_=timedelta(hours=4)))
    'Send everyone to human review'
    """
    who = step.slice.label
    match step.action:
        case Action.FALLBACK:
            return f"Send {who} to the fallback rules"
        case Action.REVIEW:
            return f"Send {who} to human review"
        case Action.ROLLBACK:
            return f"Decide {who} with version {step.to_version}"


def describe_directive(directive: Directive) -> str:
    """Return what a directive in force does, e.g. `region=north goes to human review`."""
    who = directive.slice.label
    match directive.action:
        case Action.FALLBACK:
            return f"{who} goes to the fallback rules"
        case Action.REVIEW:
            return f"{who} goes to human review"
        case Action.ROLLBACK:
            return f"{who} is decided with version {directive.to_version}"


def clock_time(at: datetime, seen_at: datetime) -> str:
    """Return `at` as people read it beside `seen_at`: the date only where it is another day.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> clock_time(noon + timedelta(seconds=30), noon), clock_time(noon + timedelta(days=1), noon)
    ('12:00:30 UTC', '2026-11-21 12:00 UTC')
    """
    day = "" if at.date() == seen_at.date() else "%Y-%m-%d "
    return at.strftime(f"{day}%H:%M:%S UTC" if at.second else f"{day}%H:%M UTC")


def _sentence(step: Step, plan: Plan) -> str:
    until = clock_time(plan.expires_at(step), plan.made_at)
    return f"{verb(step)} ({_reach(plan.reach)}) until {until}."


def _reach(reach: Reach) -> str:
    if not reach.n:
        return "no traffic seen there lately"
    digits = 0 if reach.share >= 0.01 else 1
    pace = number(round(reach.decisions_per_hour))
    return f"{percent(reach.share, digits)} of traffic, about {pace} decisions/h"

"""A plan in words: exactly what `apply` will do, one sentence a step, in the same order."""

from collections.abc import Mapping
from datetime import datetime

from tocsin.base.phrases import number, percent
from tocsin.contain.directive import Action, Directive, OnAbort
from tocsin.contain.plan import Plan, Reach, Step

_AGAIN = "{decider} decides for {who} again"
_SAID: Mapping[Action, tuple[str, str, str]] = {
    Action.FALLBACK: (
        "Send {who} to the fallback rules{where}",
        "{who} goes to the fallback rules{where}",
        _AGAIN,
    ),
    Action.REVIEW: (
        "Send {who} to human review{where}",
        "{who} goes to human review{where}",
        _AGAIN,
    ),
    Action.ROLLBACK: (
        "Decide {who} with version {version}{where}",
        "{who} is decided with version {version}{where}",
        _AGAIN,
    ),
    Action.BLOCK: ("Let nobody decide {who}{where}", "nobody decides {who}{where}", _AGAIN),
    Action.KILL: (
        "Let nobody decide anything, whatever else is in force",
        "nobody decides anything",
        "the system decides again",
    ),
    Action.CANARY: (
        "Decide {part} of {who} with version {version}",
        "{part} of {who} is decided with version {version}",
        "version {version} decides for nobody of {who} any more",
    ),
    Action.SHADOW: (
        "Also put {part} of {who} to version {version}{where}; nobody gets its answers",
        "{part} of {who} is also put to version {version}{where}",
        "nobody is put to version {version} any more{where}",
    ),
    Action.THRESHOLD: (
        "Say yes to {who} from a score of {threshold} on{where}",
        "{who} gets a yes from a score of {threshold} on{where}",
        "the usual threshold holds for {who} again{where}",
    ),
    Action.QUARANTINE: (
        "Count nothing that comes from {who}, neither decisions nor outcomes",
        "nothing that comes from {who} is counted",
        "what comes from {who} counts again",
    ),
    Action.FREEZE: (
        "Let no new version go out",
        "no new version goes out",
        "new versions may go out again",
    ),
    Action.NOTIFY: (
        "Change nothing for {who}, only watch",
        "{who} is watched",
        "nobody is asked to watch {who} any more",
    ),
}
"""What each action does: as an order, as a fact, and as what holds once it is reverted.

`{where}` is which version's decisions it is about, where it is of one.
"""


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
    return _words(step, 0)


def undone(one: Step | Directive) -> str:
    """Return what holds again once it is reverted or over: `new versions may go out again`."""
    return _words(one, 2)


def describe_directive(directive: Directive) -> str:
    """Return what a directive in force does, e.g. `region=north goes to human review`."""
    return _words(directive, 1)


def whom(one: Step | Directive) -> str:
    """Return whom it is about, e.g. `region=north where version v2 would decide`."""
    return f"{one.slice.label}{_where(one)}"


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
    sooner = ", or until it is seen to harm somebody" if step.on_abort is OnAbort.STOP else ""
    said = f"{verb(step)} ({_reach(plan.reach_of(step), step.part)}) until {until}{sooner}."
    return " ".join((said, *step.outside))


def _reach(reach: Reach, part: float) -> str:
    if not reach.known:
        return "reach not known"
    if not reach.n:
        return "no traffic seen there lately"
    share = reach.share * part
    pace = number(round(reach.decisions_per_hour * part))
    return f"{percent(share, 0 if share >= 0.01 else 1)} of traffic, about {pace} decisions/h"


def _where(one: Step | Directive) -> str:
    if one.of_version is None:
        return ""
    return f" where version {one.of_version} {'would decide' if one.action.decides else 'decides'}"


def _words(one: Step | Directive, form: int) -> str:
    of = one.of_version
    return _SAID[one.action][form].format(
        who=one.slice.label,
        where=_where(one),
        decider="the system" if of is None else f"where it would, version {of}",
        version=one.to_version,
        part=percent(1.0 if one.share is None else one.share, 0),
        threshold=f"{one.threshold or 0:g}",
    )

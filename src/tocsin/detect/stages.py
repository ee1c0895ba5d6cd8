"""Freshness of the pipeline's own stages: who watches the watcher.

Every stage leaves signs of life; this tells which of them came too long ago, since when and why.
How long is too long follows the system: what it is counted and looked at by is its bucket, and what
comes from outside comes at a pace of its own, learnt from its pauses.

    stage                      sign of life                  may be silent for
    predictions, outcomes      some were counted             2 buckets + 1.5 usual pauses
    counting                   all that lay there is counted a bucket
    monitors                   a look                        2 buckets
    pipeline duties            a run that succeeded          a quarter of the shortest bucket,
                                                             15 min at most
    escalate, deliver          a run that succeeded          a minute

None is ever given less than a minute.  What never came from outside is not missed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.base.phrases import count
from tocsin.base.spans import describe

PREDICTIONS = "predictions"
OUTCOMES = "outcomes"
COUNTING = "counting"
MONITORS = "detect"
"""The duty of this name leaves a sign for each system that it looked at."""
SERVING = "serving"
"""A guard or a gateway of the system asked what is in force: a sign of theirs, and of no worker."""
HEARTBEAT = "heartbeat"
"""The sign of the last call outside: it follows from the others and is not judged with them."""
ARRIVALS = frozenset({PREDICTIONS, OUTCOMES})
PAGING = frozenset({"hear", "escalate", "deliver"})
REQUIRED = ("profile", "detect", "alert", "escalate", "deliver")
"""Duties without which nobody is told: missed even if they never ran."""
LEAST = timedelta(minutes=1)
LONGEST = timedelta(minutes=15)
"""Longest that a pipeline duty may be silent, however long the buckets are."""
FORGOTTEN_BY_HALF = timedelta(days=7)
"""A pause counts for half after so long: nights and weekends stay known, an outage fades."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage's last sign of life; `failures` counts tries in a row that did not succeed."""

    stage: str
    system: str
    at: datetime
    note: str
    failures: int
    ok_at: datetime | None
    """When it last succeeded; None: never."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether one stage is fresh, since when it was so or is not, and why."""

    stage: str
    system: str
    """Empty: a duty, which serves all systems."""
    fresh: bool
    since: datetime | None
    """Its last sign of success; None: never."""
    allowed: timedelta
    why: str

    @property
    def name(self) -> str:
        """The stage, and of which system."""
        return f"{self.stage} of {self.system}" if self.system else self.stage


@dataclass(frozen=True, slots=True)
class Pace:
    """How rows of one system arrive: its longest usual pause, and how long that was watched."""

    pause: timedelta = timedelta(0)
    watched: timedelta = timedelta(0)

    def after(self, pause: timedelta) -> "Pace":
        """Return the pace once rows came after `pause`.

        >>> week = timedelta(days=7)
        >>> Pace(timedelta(hours=2)).after(week).pause == week
        True
        >>> Pace(2 * week).after(week).pause == week
        True
        """
        known = self.pause * 2 ** -(pause / FORGOTTEN_BY_HALF)
        return Pace(max(pause, known), self.watched + pause)

    def __str__(self) -> str:
        """Return it as the note of a sign of life, which `pace_of` reads.

        In milliseconds: of a sign every half minute a pause forgets less than half a second.
        """
        pause_s, watched_s = self.pause.total_seconds(), self.watched.total_seconds()
        return f"longest pause {pause_s:.3f} s in {watched_s:.0f} s"


def pace_of(stage: Stage | None) -> Pace:
    """Return the pace that the note of a sign of life tells; a new one before the first sign."""
    match stage.note.split() if stage else ():
        case ["longest", "pause", pause_s, "s", "in", watched_s, "s"]:
            return Pace(timedelta(seconds=float(pause_s)), timedelta(seconds=float(watched_s)))
        case _:
            return Pace()


def arrived(before: Stage | None, now: datetime) -> Pace:
    """Return the pace of rows that came now, given the sign of those before."""
    pace = pace_of(before)
    return pace if before is None else pace.after(max(timedelta(0), now - before.at))


def freshness(
    signs: Iterable[Stage],
    buckets: Mapping[str, timedelta],
    now: datetime,
    *,
    least: timedelta = LEAST,
) -> list[Freshness]:
    """Return of every stage whether it is fresh: each system's in order, then duties.

    Args:
        signs: the last sign of life of every stage.
        buckets: systems under watch → the length of their buckets; others' signs are left out.
        now: the instant of looking.
        least: what every stage may be silent for.
    """
    known = {(sign.stage, sign.system): sign for sign in signs}
    found: list[Freshness] = []
    for system in sorted(buckets):
        its = {stage: sign for (stage, of), sign in known.items() if of == system}
        found += _system(system, its, buckets[system], now, least)
    shortest = min(buckets.values(), default=LEAST)
    duties = {stage for stage, of in known if not of} - {HEARTBEAT, *REQUIRED}
    for duty in (*REQUIRED, *sorted(duties)):
        slow = timedelta(0) if duty in PAGING else min(shortest / 4, LONGEST)
        found.append(_duty(duty, known.get((duty, "")), max(least, slow), now))
    return found


def stale(found: Iterable[Freshness]) -> list[Freshness]:
    """Return those that are not fresh."""
    return [one for one in found if not one.fresh]


def silent_duties(signs: Sequence[Stage], now: datetime, allowed: timedelta) -> list[Stage]:
    """Return the duties of which no sign came for `allowed`, for any system, successful or not."""
    others = {*ARRIVALS, COUNTING, HEARTBEAT}
    latest: dict[str, Stage] = {}
    for sign in signs:
        known = latest.get(sign.stage)
        if sign.stage not in others and (known is None or sign.at > known.at):
            latest[sign.stage] = sign
    return [sign for sign in latest.values() if now - sign.at > allowed]


def _system(
    system: str, its: Mapping[str, Stage], bucket: timedelta, now: datetime, least: timedelta
) -> list[Freshness]:
    predictions = its.get(PREDICTIONS)
    return [
        _arrivals(PREDICTIONS, system, predictions, now, bucket=bucket, least=least),
        _arrivals(OUTCOMES, system, its.get(OUTCOMES), now, bucket=bucket, least=least),
        _counting(system, its.get(COUNTING), max(least, bucket), now),
        _looks(system, its.get(MONITORS), predictions, max(least, 2 * bucket), now),
    ]


def _arrivals(
    stage: str,
    system: str,
    sign: Stage | None,
    now: datetime,
    *,
    bucket: timedelta,
    least: timedelta,
) -> Freshness:
    pace = pace_of(sign)
    allowed = max(least, 2 * bucket + 1.5 * pace.pause)
    if sign is None:
        return Freshness(stage, system, True, None, allowed, "none have come yet")
    quiet = now - sign.at
    if quiet <= allowed:
        why = f"came {describe(quiet)} ago"
        return Freshness(stage, system, True, sign.at, allowed, why)
    usual = f"the longest usual pause is {describe(pace.pause)}"
    why = f"none came for {describe(quiet)}; {usual}, and {describe(allowed)} is allowed"
    return Freshness(stage, system, False, sign.at, allowed, why)


def _counting(system: str, sign: Stage | None, allowed: timedelta, now: datetime) -> Freshness:
    if sign is None or sign.ok_at is None:
        return Freshness(COUNTING, system, False, None, allowed, "was never done")
    behind = now - sign.ok_at
    if behind <= allowed:
        why = f"all was counted {describe(behind)} ago"
        return Freshness(COUNTING, system, True, sign.ok_at, allowed, why)
    why = (
        f"what is stored is not all counted for {describe(behind)}; {describe(allowed)} is allowed"
    )
    return Freshness(COUNTING, system, False, sign.ok_at, allowed, why)


def _looks(
    system: str, sign: Stage | None, predictions: Stage | None, allowed: timedelta, now: datetime
) -> Freshness:
    stage = "monitors"
    if predictions is None and sign is None:
        return Freshness(stage, system, True, None, allowed, "there is nothing to look at yet")
    at = sign.ok_at if sign else None
    if at is None and predictions is not None:
        first = predictions.at - pace_of(predictions).watched
        if now - first <= allowed:
            return Freshness(stage, system, True, None, allowed, "the first bucket is not over")
        return Freshness(stage, system, False, None, allowed, "never looked")
    quiet = timedelta.max if at is None else now - at
    if quiet <= allowed:
        return Freshness(stage, system, True, at, allowed, f"looked {describe(quiet)} ago")
    why = "never looked" if at is None else f"last looked {describe(quiet)} ago"
    return Freshness(stage, system, False, at, allowed, f"{why}; {describe(allowed)} is allowed")


def _duty(name: str, sign: Stage | None, allowed: timedelta, now: datetime) -> Freshness:
    if sign is None:
        return Freshness(name, "", False, None, allowed, "no worker has ever reported it")
    if sign.ok_at is not None and now - sign.ok_at <= allowed:
        why = f"ran {describe(now - sign.ok_at)} ago"
        return Freshness(name, "", True, sign.ok_at, allowed, why)
    if sign.failures:
        why = f"failed {count(sign.failures, 'time')} in a row: {sign.note}"
    else:
        why = f"last ran {describe(now - sign.at)} ago; {describe(allowed)} is allowed"
    return Freshness(name, "", False, sign.ok_at, allowed, why)

"""What had to arrive, what did, how late: the promise, judged from outside.

What is due is reckoned here anew from the words of the policy and the times at which the harness
did things, not from what the server wrote; its outbox is asked in addition.

    step k is due `after` from the opening, by a clock that is right; the server's own, put forward,
    may bring it nearer.  Of a step's rounds a later one stands for those before it.
    An alert that another system tells of opens an incident: its first step is due from the telling.
    Once somebody has taken an incident nothing more is due, and nothing more may come.
    Lateness counts from when a page was due, or from the last thing that hindered it: a process or
    database that is back, a try of this page that the provider did not take.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.soak.provider import Call
from tests.soak.stage import Opened, Stage
from tocsin.store import incidents, pages
from tocsin.store.pages import PageRow, PageState

LATEST_S = 15.0
_LADDER = ((0.0, 0, 0, None), (4.0, 2, 0, "head"), (14.0, 2, 1, "head"))
"""Seconds, rung, round, person (None: whoever is on call); then the catch-all."""
_CATCH_ALL = (24.0, 3, "boss")
_EVERY_S = 10.0
_UNDER_WAY_S = 8.0
"""How long after an incident was taken a page of it may still come: it was on its way."""
_EXCUSED_S = 1.0
"""A process is seen to be dead a little later than it died."""


@dataclass(frozen=True, slots=True)
class Due:
    """One call that the policy asks for."""

    incident: str
    rung: int
    round: int
    person: str | None
    at_s: float

    def is_met_by(self, key: str) -> bool:
        """Whether a page with this key is this call, or one that took its place."""
        incident, rung, round_, person, _ = key.split("/")
        same = (incident, int(rung)) == (self.incident, self.rung)
        return same and int(round_) >= self.round and self.person in (None, person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The figures of one run."""

    due: int
    delivered: int
    doubled: int
    unexcused: int
    """Copies without any crash, lost answer or jump of a clock between them."""
    crashes: int
    lost_answers: int
    latest_s: float
    slowest_start_s: float
    wrong: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the promise was."""
        return not self.wrong and self.due == self.delivered and self.latest_s <= LATEST_S


def expected(
    opened: Sequence[Opened], until_s: float, taken: Mapping[str, tuple[float, float]] = {}
) -> list[Due]:
    """Return the calls that are due by `until_s`, of an incident that was taken by then."""
    calls: list[Due] = []
    last_s = until_s
    for one in opened:
        until_s = min(last_s, taken.get(one.id, (last_s, 0.0))[0])
        after_s, rung, person = _CATCH_ALL
        rounds = max(0, int((until_s - one.at_s - after_s) // _EVERY_S) + 1)
        ladder = [*_LADDER, *((after_s + k * _EVERY_S, rung, k, person) for k in range(rounds))]
        calls += [
            Due(one.id, rung, round_, person, (step_s == 0 and one.told_s) or one.at_s + step_s)
            for step_s, rung, round_, person in ladder
            if one.at_s + step_s <= until_s
        ]
    return calls


def judge(stage: Stage, calls: Sequence[Call], until_s: float) -> Count:
    """Return the figures of a run, of what was due by `until_s`."""
    due = expected(stage.opened, until_s, stage.taken)
    arrived: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.arrived:
            arrived[call.key].append(call)
    wrong: list[str] = []
    latest_s = 0.0
    missing = spared = 0
    for one in due:
        first = min(
            (found[0] for key, found in arrived.items() if one.is_met_by(key)),
            key=lambda call: call.at_s,
            default=None,
        )
        if first is None and one.incident in stage.taken:
            spared += 1
            continue
        if first is None:
            missing += 1
            wrong.append(f"nobody was told: rung {one.rung}, round {one.round} of {one.incident}")
            continue
        hindered = _hindrances(stage, calls, one, first)
        late_s = first.at_s - max([one.at_s, *hindered])
        latest_s = max(latest_s, late_s)
        if late_s > LATEST_S:
            wrong.append(f"{late_s:.1f} s late: {first.key}")
    rows = outbox(stage)
    lost = [row.key for row in rows if row.key not in arrived and row.incident not in stage.taken]
    wrong += [
        f"told {call.at_s - stage.taken[incident][1]:.1f} s after it was taken: {key}"
        for key, found in arrived.items()
        for call in found[-1:]
        if (incident := key.partition("/")[0]) in stage.taken
        and call.at_s > stage.taken[incident][1] + _UNDER_WAY_S
    ]
    if not _heard(stage):
        wrong.append("what another system told of opened no incident")
    wrong += [f"in the outbox, never told: {key}" for key in lost]
    wrong += [f"told, not marked so: {row.key}" for row in rows if row.state in pages.LIVE]
    doubled = {key: found for key, found in arrived.items() if len(found) > 1}
    unexcused = [key for key, found in doubled.items() if not _excused(stage, found)]
    wrong += [f"told twice for no reason: {key}" for key in unexcused]
    return Count(
        due=len(due) - spared + len(lost),
        delivered=len(due) - spared - missing,
        doubled=sum(len(found) - 1 for found in doubled.values()),
        unexcused=len(unexcused),
        crashes=len(stage.crashes) + len(stage.database_crashes) // 2,
        lost_answers=sum(call.fault is not None and call.fault.took for call in calls),
        latest_s=latest_s,
        slowest_start_s=max(
            (
                up_s - max(start_s for start_s in stage.starts if start_s <= up_s)
                for up_s in stage.ups()
            ),
            default=0.0,
        ),
        wrong=tuple(wrong),
    )


def _heard(stage: Stage) -> bool:
    return stage.told_s is None or any(one.told_s for one in stage.opened)


def outbox(stage: Stage) -> list[PageRow]:
    """Return the pages that the server itself holds to be due before things were calm."""
    with stage.database.reading() as conn:
        every = [
            row for one in incidents.recent(conn, 1000) for row in pages.of_incident(conn, one.id)
        ]
    return [
        row for row in every if row.due_at <= stage.calm_at and row.state is not PageState.FAILED
    ]


def settled(stage: Stage, calls: Sequence[Call], until_s: float) -> bool:
    """Whether all that was due by `until_s` is done, so that waiting changes nothing."""
    keys = {call.key for call in calls if call.arrived}
    due = [one for one in expected(stage.opened, until_s) if one.incident not in stage.taken]
    heard = _heard(stage) and all(any(one.is_met_by(key) for key in keys) for one in due)
    return heard and not any(row.state in pages.LIVE for row in outbox(stage))


def _hindrances(stage: Stage, calls: Sequence[Call], due: Due, first: Call) -> list[float]:
    vain = [
        call.over_s
        for call in calls
        if call.at_s < first.at_s and not call.arrived and due.is_met_by(call.key)
    ]
    restarts = [*stage.ups(), *stage.database_crashes]
    return [at_s for at_s in (*vain, *restarts) if at_s <= first.at_s]


def _excused(stage: Stage, found: Sequence[Call]) -> bool:
    """Whether something happened between any two copies that makes the second one right."""
    broken = [*stage.crashes, *stage.database_crashes, *(one.at_s for one in stage.jumps)]
    return all(
        before.fault is not None
        or any(before.at_s - _EXCUSED_S <= at_s <= after.at_s + _EXCUSED_S for at_s in broken)
        for before, after in pairwise(found)
    )

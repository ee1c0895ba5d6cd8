"""Which version decides, whether it is new, and which was the last good one.

The last good version is the newest before the present one whose windows were healthy, not simply
the one before: a version that was rolled back yesterday is no place to go.

A version is *good* when it made most decisions of some bucket, at least `DECISIONS` in all, and no
harm began under it: no alarm about performance, fairness, health or an objective that calls for
people.  An alarm goes on for as long as its window reaches back, so only the begin of an episode
counts, and it is put down to the version that made most decisions where the window ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.detect.finding import Finding, Layer, Level, Verdict
from tocsin.profile.cell import Cells

NEW_WITHIN = timedelta(hours=48)
"""A version that began so shortly before the harm is a new one."""
DECISIONS = 100
"""Decisions that a version must have made to be known at all."""
_HARM = frozenset({Layer.PERFORMANCE, Layer.FAIRNESS, Layer.HEALTH, Layer.SLO})


@dataclass(frozen=True, slots=True)
class Good:
    """The version to go back to, and why not a newer one."""

    version: str
    passed_over: tuple[str, ...] = ()
    """Newer versions that were harmful or too short-lived to know, newest first."""

    @property
    def why(self) -> str:
        """One sentence for the approver."""
        said = f"{self.version} is the newest version whose windows were healthy"
        if self.passed_over:
            return f"{said}; passed over: {', '.join(self.passed_over)}."
        return f"{said}."


@dataclass(frozen=True, slots=True)
class Versions:
    """The version that decides now, whether it is new, and what came before it."""

    newest: str | None
    previous: str | None
    is_new: bool
    good: Good | None = None
    """The last good version before it."""
    candidate: str | None = None
    """The version that the last recorded change names, while it has decided nothing here yet."""


def versions(cells: Cells, harmed_from: datetime) -> Versions:
    """Return the newest version of everyone's cells and the one before, by when each began.

    Args:
        cells: of the slice "everyone", over the days before now.
        harmed_from: when the harm began, as far as is known.
    """
    began: dict[str, datetime] = {}
    for key in cells:
        if key.slice == "":
            began[key.version] = min(key.bucket, began.get(key.version, key.bucket))
    order = sorted(began, key=lambda version: (began[version], version))
    if len(order) < 2:
        return Versions(order[0] if order else None, None, is_new=False)
    newest, previous = order[-1], order[-2]
    lead = harmed_from - began[newest]
    # a bucket's start lies up to a bucket before the harm it holds, or a little after
    return Versions(newest, previous, is_new=timedelta(hours=-1) <= lead <= NEW_WITHIN)


def last_good(
    decisions: Mapping[str, Mapping[datetime, int]],
    alarms: Sequence[Finding],
    present: str,
    bucket: timedelta,
) -> Good | None:
    """Return the last good version before `present`; None where none is known.

    Args:
        decisions: how many each version made, by the bucket's begin.
        alarms: said in that time, oldest first.
        present: the version that decides now.
        bucket: length of a bucket.
    """
    began = {version: min(counts) for version, counts in decisions.items() if counts}
    if present not in began:
        return None
    rulers = _rulers(decisions)
    blamed = _blamed(alarms, rulers, bucket)
    passed: list[str] = []
    earlier = sorted(
        (v for v in began if (began[v], v) < (began[present], present)),
        key=lambda v: (began[v], v),
        reverse=True,
    )
    for version in earlier:
        ruled = version in rulers.values()
        known = ruled and sum(decisions[version].values()) >= DECISIONS
        if known and version not in blamed:
            return Good(version, tuple(passed))
        passed.append(version)
    return None


def _rulers(decisions: Mapping[str, Mapping[datetime, int]]) -> dict[datetime, str]:
    """Return the version that made most decisions in each bucket."""
    most: dict[datetime, tuple[int, str]] = {}
    for version, counts in decisions.items():
        for bucket, n in counts.items():
            if n:
                most[bucket] = max((n, version), most.get(bucket, (0, "")))
    return {bucket: version for bucket, (_, version) in most.items()}


def _blamed(
    alarms: Sequence[Finding], rulers: Mapping[datetime, str], bucket: timedelta
) -> set[str]:
    """Return the versions under which an episode of harm began."""
    last: dict[object, datetime] = {}
    blamed: set[str] = set()
    for alarm in alarms:
        harmful = alarm.layer in _HARM and alarm.level is not Level.INFO
        if alarm.verdict is not Verdict.ALARM or not harmful or alarm.window is None:
            continue
        if alarm.version is not None:
            blamed.add(alarm.version)
            continue
        key = (alarm.layer, alarm.measure, alarm.column, alarm.slice.key)
        end, length = alarm.window.end, alarm.window.length
        before = last.get(key)
        last[key] = end
        if before is not None and end - before < length:
            continue  # the same episode: its window still reaches back to where it began
        ended = [begin for begin in rulers if begin < end]
        if ended and end - max(ended) <= 2 * bucket:
            blamed.add(rulers[max(ended)])
    return blamed

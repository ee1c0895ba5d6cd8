"""Alone: what one file says of objectives, with nothing before it and nothing that came in later.

Its rows are events by their own times, up to the end of the last bucket.  Windows that begin before
the first row cannot be judged; what is left of the error budget can, over as much of the period as
the file holds.  Where rows carry no times only that is said, of all of them.  A file holds no KPIs:
objectives of these are said not to be judged.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tocsin.base.slices import Slice, parse
from tocsin.detect.sli import events
from tocsin.detect.slo import Objective, course_of
from tocsin.ingest.slo import KPI, Slo
from tocsin.ingest.system import System
from tocsin.profile.cell import Counts, Profile, Tally
from tocsin.profile.cells import combination, vectors
from tocsin.profile.layout import layout_of
from tocsin.profile.spec import Spec


def objectives(profile: Profile, spec: Spec, system: System, *, timed: bool) -> list[Objective]:
    """Return the objectives of `system` with their events, in its order.

    Args:
        profile: the counts of the file, at least one bucket.
        spec: what gives them their meaning.
        system: whose objectives they are.
        timed: whether rows carry their own times.

    Raises:
        BadInput: an objective is about a measure, column or slice that is not counted.
    """
    starts = [moment.bucket for moment in profile]
    end = max(starts) + timedelta(seconds=spec.bucket_s)
    begun = min(starts) if timed else end
    found: list[Objective] = []
    for slo in system.slos:
        course = course_of({} if slo.sli == KPI else _counted(profile, spec, slo))
        since = end if slo.sli == KPI else begun
        found.append(Objective(slo, spec.bucket_s, since, end, end, course, {}))
    return found


def _counted(profile: Profile, spec: Spec, slo: Slo) -> Mapping[datetime, tuple[float, float]]:
    """Return bad events and all of them by the start of their bucket, whatever the version."""
    what, who = events(layout_of(spec), slo), parse(slo.slice)
    found: dict[datetime, tuple[float, float]] = {}
    for moment, tally in profile.items():
        bad, n = what.bad_of(_of(tally, spec, who))
        before = found.get(moment.bucket, (0.0, 0.0))
        found[moment.bucket] = (before[0] + bad, before[1] + n)
    return found


def _of(tally: Tally, spec: Spec, who: Slice) -> Counts:
    """Return the counts of a slice; of several attributes its outcomes alone."""
    if len(who.conditions) > 1:
        return combination(tally.outcomes, spec, who)
    return vectors(tally, spec).get(who.key, layout_of(spec).zero())

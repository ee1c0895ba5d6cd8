"""People, a schedule with gaps, and a policy that asks it: what several tests play with.

The lending schedule hands over at 14:10 UTC, five minutes after `OPENED`, and has nobody from
20:00 to 06:00 UTC.
"""

from datetime import UTC, date, datetime, time, timedelta

from tocsin.base.spans import Span
from tocsin.oncall.policy import Contact, Person, Policy, Step
from tocsin.oncall.roster import Roster
from tocsin.oncall.rotation import Rotation
from tocsin.oncall.schedule import Hours, Layer, Override, Schedule

OPENED = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE


def person(name: str) -> Person:
    return Person(name, (Contact(name, "mail", f"{name}@example.org"), Contact(name, "hook", "")))


LEAD, DEPUTY, RISK, HEAD = map(person, ("lending-lead", "lending-deputy", "risk-lead", "head"))
LENDING = Schedule(
    "lending",
    (
        Layer(
            Rotation(
                participants=("lending-deputy", "lending-lead"),
                every=timedelta(days=1),
                start=date(2026, 11, 19),  # the deputy's turn ends on the 20th
                hand_off=time(15, 10),
                time_zone="Europe/Berlin",
            ),
            (Hours(time(7), time(21)),),
        ),
    ),
)
POLICY = Policy(
    "lending",
    (
        Step(timedelta(0), (), schedules=("lending",)),
        Step(10 * MINUTE, (), schedules=("lending",)),
        Step(20 * MINUTE, (), people=("risk-lead",)),
    ),
    catch_all=HEAD.contacts,
    repeat_every=10 * MINUTE,
    repeats=1,
    people=(LEAD, DEPUTY, RISK, HEAD),
    schedules=(LENDING,),
)
ROSTER = Roster(
    people={one.name: one for one in POLICY.people},
    schedules={"lending": LENDING},
    policies={"lending": POLICY},
)
NIGHT = OPENED.replace(hour=22, minute=0)


def override(name: str, start: datetime, end: datetime) -> Override:
    return Override(name, Span(start, end), person(name).contacts)

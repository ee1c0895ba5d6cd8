"""What the file says of on-call, as the room's nouns: people, schedules, policies."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import get_args

from tocsin.base.errors import BadInput
from tocsin.config.people import HoursForm, LayerForm, NotifyForm, PolicyForm, ScheduleForm
from tocsin.config.schema import ConfigForm
from tocsin.config.source import Source
from tocsin.config.strict import Weekday
from tocsin.oncall import rotation
from tocsin.oncall.escalation import check
from tocsin.oncall.policy import Contact, Person, Policy, Step
from tocsin.oncall.roster import Roster
from tocsin.oncall.rotation import Rotation
from tocsin.oncall.schedule import Hours, Layer, Schedule
from tocsin.oncall.wall import zone

Path = tuple[int | str, ...]
_DAYS = get_args(Weekday)


def roster(form: ConfigForm, source: Source) -> Roster:
    """Return what `form` declares.

    Raises:
        BadInput: a name that nothing declares, a rotation that could not turn, or a policy that
            could leave somebody untold.
    """
    people = {
        name: Person(name, tuple(Contact(name, way.channel, way.address) for way in ways))
        for name, ways in form.people.items()
    }
    _check_people(form, source)
    schedules = {
        name: _schedule(name, schedule, form, source) for name, schedule in form.schedules.items()
    }
    known = Roster(people=people, schedules=schedules)
    return Roster(
        people=people,
        schedules=schedules,
        policies={
            name: _policy(name, policy, form, known, source)
            for name, policy in form.escalation.items()
        },
    )


def _check_people(form: ConfigForm, source: Source) -> None:
    for name, ways in form.people.items():
        seen = set[str]()
        for i, way in enumerate(ways):
            path = ("people", name, i, "channel")
            _declared(source, path, "channel", way.channel, form.notifiers)
            if way.channel in seen:
                what = f"{name!r} has two contacts on channel {way.channel!r}"
                raise source.error(path, what, "give each contact a channel of its own")
            seen.add(way.channel)


def _schedule(name: str, form: ScheduleForm, config: ConfigForm, source: Source) -> Schedule:
    try:
        zone(form.time_zone)
    except BadInput as error:
        raise source.error(("schedules", name, "time_zone"), error.what, error.do) from None
    layers: list[Layer] = []
    for i, layer in enumerate(form.layers):
        path: Path = ("schedules", name, "layers", i)
        for k, person in enumerate(layer.participants):
            _declared(source, (*path, "participants", k), "person", person, config.people)
        turning = _rotation(layer, form)
        try:
            rotation.check(turning)
        except BadInput as error:
            raise source.error(
                path, f"{'.'.join(map(str, path))}: {error.what}", error.do
            ) from None
        layers.append(Layer(turning, tuple(map(_hours, layer.hours))))
    return Schedule(name, tuple(layers))


def _rotation(form: LayerForm, schedule: ScheduleForm) -> Rotation:
    return Rotation(
        participants=form.participants,
        every=form.every,
        start=form.start,
        hand_off=form.hand_off,
        time_zone=form.time_zone or schedule.time_zone,
        weekday=None if form.weekday is None else _DAYS.index(form.weekday),
    )


def _hours(form: HoursForm) -> Hours:
    return Hours(form.start, form.end, tuple(sorted({_DAYS.index(day) for day in form.days})))


def _policy(
    name: str, form: PolicyForm, config: ConfigForm, known: Roster, source: Source
) -> Policy:
    path: Path = ("escalation", name)
    for i, step in enumerate(form.steps):
        check_told(step.notify, (*path, "steps", i, "notify"), config, source)
    check_told(form.catch_all, (*path, "catch_all"), config, source)
    for i, told in enumerate(form.catch_all):
        if told.schedule is not None:
            what = f"the catch-all of policy {name!r} is a schedule, which may have nobody"
            raise source.error((*path, "catch_all", i), what, "name a person or a contact")
    steps = [step_of(step.after or timedelta(0), step.notify) for step in form.steps]
    asked = {schedule for step in steps for schedule in step.schedules}
    policy = Policy(
        name=name,
        steps=tuple(sorted(steps, key=lambda step: step.after)),
        catch_all=tuple(_every_way(form.catch_all, known)),
        repeat_every=form.repeat_every,
        repeats=form.repeats,
        acknowledge_expires=form.acknowledge_expires,
        people=tuple(known.people.values()),
        schedules=tuple(one for name, one in known.schedules.items() if name in asked),
    )
    check(policy, f"{source.where}: escalation.{name}")
    return policy


def step_of(after: timedelta, every: Sequence[NotifyForm]) -> Step:
    """Return the step that tells `every`, so long after."""
    return Step(
        after,
        tuple(_contacts(every)),
        people=tuple(told.person for told in every if told.person and told.channel is None),
        schedules=tuple(told.schedule for told in every if told.schedule),
    )


def check_told(every: Sequence[NotifyForm], path: Path, config: ConfigForm, source: Source) -> None:
    """Refuse entries that name nobody, or whom nothing declares.

    Raises:
        BadInput: such an entry.
    """
    for i, told in enumerate(every):
        here = (*path, i)
        if told.schedule is not None:
            if told.person or told.channel or told.address:
                what = f"schedule {told.schedule!r} and something else in one entry"
                raise source.error(here, what, "give each an entry of its own")
            _declared(source, (*here, "schedule"), "schedule", told.schedule, config.schedules)
        elif told.person is None:
            what = "an entry that names neither person nor schedule"
            raise source.error(here, what, "write `person: NAME` or `schedule: NAME`")
        elif told.channel is not None:
            _declared(source, (*here, "channel"), "channel", told.channel, config.notifiers)
        elif told.address:
            what = f"person {told.person!r} has an address and no channel"
            raise source.error(here, what, "name the channel, or leave the address out")
        else:
            _declared(source, (*here, "person"), "person", told.person, config.people)


def _contacts(every: Iterable[NotifyForm]) -> Iterator[Contact]:
    for told in every:
        if told.person and told.channel is not None:
            yield Contact(told.person, told.channel, told.address)


def _every_way(every: Iterable[NotifyForm], known: Roster) -> Iterator[Contact]:
    """Yield the contacts of the catch-all: of people all at once, nothing is left to try later."""
    for told in every:
        if told.person and told.channel is None:
            yield from known.person(told.person).contacts
        else:
            yield from _contacts([told])


def _declared(source: Source, path: Path, noun: str, name: str, among: Iterable[str]) -> None:
    if name not in among:
        raise source.undeclared(path, noun, name, among)
